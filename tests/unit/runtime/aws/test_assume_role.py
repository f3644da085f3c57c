"""Roles: assumed once for each caller, renewed in time, never one caller's keys for another."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from adaptgen.runtime.aws import clients as aws
from adaptgen.runtime.aws.assume_role import Roles, session_name, session_tags
from adaptgen.runtime.core.answer import ToolError

pytestmark = pytest.mark.asyncio


class Sts:
    def __init__(self) -> None:
        self.asked = 0
        self.now = 1_000_000.0

    def assume_role(self, **given: Any) -> dict[str, Any]:
        self.asked += 1
        keys = {"AccessKeyId": f"{self.asked}", "SecretAccessKey": "s", "SessionToken": repr(given.get("Tags"))}
        return {"Credentials": {**keys, "Expiration": datetime.fromtimestamp(self.now + 900, UTC)}}


@pytest.fixture
def sts(monkeypatch: pytest.MonkeyPatch) -> Sts:
    made = Sts()
    monkeypatch.setattr(aws, "client", lambda service, region, endpoint, **limits: made)
    return made


async def test_a_role_is_assumed_once_and_renewed_before_it_ends(sts: Sts) -> None:
    roles = Roles(clock=lambda: sts.now)
    found = await asyncio.gather(*(roles.keys("r", "ada", {"org": "bank"}) for _ in range(10)))
    assert {one.access for one in found} == {"1"}
    sts.now += 839
    assert (await roles.keys("r", "ada", {"org": "bank"})).access == "1"
    sts.now += 2
    assert (await roles.keys("r", "ada", {"org": "bank"})).access == "2"


async def test_keys_are_those_of_role_session_and_tags(sts: Sts) -> None:
    roles = Roles(most=2, clock=lambda: sts.now)
    wanted: list[Any] = [
        ("r", "ada", {"org": "a"}),
        ("r", "ada", {"org": "b"}),
        ("r", "bob", {"org": "a"}),
        ("q", "ada", {}),
    ]
    for role, session, tags in wanted + wanted[:1]:
        keys = await roles.keys(role, session, tags)
        assert keys.token == repr([{"Key": "org", "Value": tags["org"]}] if tags else None)
    assert sts.asked == 5, "two are kept"
    assert len(roles._kept) == 2


async def test_own_keys_come_from_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws, "read_own_keys", lambda: ("AKID", "s", ""))
    assert (await Roles().keys()).access == "AKID"


async def test_a_refusal_names_the_code_and_no_tag(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*given: Any, **more: Any) -> Any:
        raise aws.AwsError("AWS refuses assume_role: AccessDenied", "AccessDenied")

    monkeypatch.setattr(aws, "client", lambda *given, **limits: None)
    monkeypatch.setattr(aws, "call", refuse)
    with pytest.raises(ToolError, match="AccessDenied") as caught:
        await Roles().keys("r", "ada", {"org": "hunter22"})
    assert "hunter22" not in caught.value.text


@pytest.mark.parametrize("value", [None, "", True, ["a"], "a\nb\x00", "<x>", "x" * 257])
async def test_a_tag_is_never_left_out(value: Any) -> None:
    with pytest.raises(ToolError, match="'tenant'"):
        session_tags({"org": "tenant"}, {"tenant": value}.get)


async def test_session_names_differ_when_callers_do() -> None:
    subs = ["ada", "a", "ada b", "ada/b", "ada-b", "ä" * 70, "x" * 64, "x" * 65, "x" * 66]
    names = [session_name(sub) for sub in subs]
    assert len(set(names)) == len(subs)
    assert all(2 <= len(name) <= 64 and name.isascii() for name in names)
    assert names[0] == "ada"
