"""Roles: assumed once for each caller, renewed in time, never one caller's keys for another."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from html import escape
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from adaptgen.runtime.aws import api as api_module
from adaptgen.runtime.aws.api import AwsApi
from adaptgen.runtime.aws.assume_role import Roles, session_name
from adaptgen.runtime.core.answer import ToolError

pytestmark = pytest.mark.asyncio


class Sts:
    """Answers AssumeRole as the API reference of STS shows it; the keys tell what they were asked for."""

    def __init__(self) -> None:
        self.asked = 0
        self.now = 1_000_000.0
        self.refuse = ""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        form = dict(parse_qsl(request.content.decode(), strict_parsing=True))
        assert form["Action"] == "AssumeRole"
        assert "/eu-west-1/sts/aws4_request" in request.headers["authorization"]
        if self.refuse:
            return answer(403, f"<ErrorResponse><Error><Code>{self.refuse}</Code></Error></ErrorResponse>")
        tags = [f"{form[f'Tags.member.{n}.Key']}={form[f'Tags.member.{n}.Value']}" for n in (1, 2)
                if f"Tags.member.{n}.Key" in form]  # fmt: skip
        ends = datetime.fromtimestamp(self.now + int(form["DurationSeconds"]), UTC).isoformat().replace("+00:00", "Z")
        return answer(
            200,
            f"""<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
          <AssumeRoleResult><AssumedRoleUser><Arn>x</Arn></AssumedRoleUser><Credentials>
            <AccessKeyId>{self.asked}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>
            <SessionToken>{escape(",".join(tags))}</SessionToken><Expiration>{ends}</Expiration>
          </Credentials></AssumeRoleResult></AssumeRoleResponse>""",
        )


def answer(status: int, text: str) -> httpx.Response:
    """As it comes from the network: not read yet."""
    return httpx.Response(status, stream=httpx.ByteStream(text.encode()))


@pytest.fixture
def sts(monkeypatch: pytest.MonkeyPatch) -> Sts:
    made = Sts()
    monkeypatch.setattr(api_module, "AwsApi", partial(AwsApi, transport=httpx.MockTransport(made)))
    for name, text in {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "s", "AWS_REGION": "eu-west-1"}.items():
        monkeypatch.setenv(name, text)
    return made


async def test_keys_are_those_of_role_session_and_tags(sts: Sts) -> None:
    roles = Roles(most=2, clock=lambda: sts.now)
    wanted: list[Any] = [
        ("r", "ada", {"org": "a"}),
        ("r", "ada", {"org": "b & <c>"}),
        ("r", "bob", {"org": "a"}),
        ("q", "ada", {}),
    ]
    for role, session, tags in wanted + wanted[:1]:
        keys = await roles.keys(role, session, tags)
        assert keys.token == (f"org={tags['org']}" if tags else "")
    assert sts.asked == 5, "two are kept"
    assert len(roles._kept) == 2


async def test_own_keys_come_from_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    assert (await Roles().keys()).access == "AKID"


async def test_a_refusal_names_the_code_and_no_tag(sts: Sts) -> None:
    sts.refuse = "AccessDenied"
    with pytest.raises(ToolError, match="AccessDenied") as caught:
        await Roles().keys("r", "ada", {"org": "hunter22"})
    assert "hunter22" not in caught.value.text
    assert sts.asked == 1, "a refusal is not asked for again"


async def test_session_names_differ_when_callers_do() -> None:
    subs = ["ada", "a", "ada b", "ada/b", "ada-b", "ä" * 70, "x" * 64, "x" * 65, "x" * 66]
    names = [session_name(sub) for sub in subs]
    assert len(set(names)) == len(subs)
    assert all(2 <= len(name) <= 64 and name.isascii() for name in names)
    assert names[0] == "ada"
