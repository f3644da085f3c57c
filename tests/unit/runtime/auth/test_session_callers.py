"""Sessions per caller: what is sent for one caller is never sent for another; exchange and signatures."""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import httpx
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adaptgen.model.tables import Auth, Base, Body, Call, Login, Param, Send, Server, SigV4, Tool
from adaptgen.runtime import Caller, Engine, api_client
from adaptgen.runtime.auth.sessions import Sessions
from adaptgen.runtime.aws import api as api_module
from adaptgen.runtime.aws.api import AwsApi

if TYPE_CHECKING:
    from conftest import Api, Make, Received

pytestmark = pytest.mark.asyncio

READ = Tool(name="get_item", call=Call("GET", "/items/{id}"), auth=("crm",))
LOGIN = Login(
    id="login",
    call=Call(
        "POST", "/login",
        body=Body(params=(Param("user", value="{caller.tenant}|{caller.sub}|{caller.role}"), Param("key", value="k"))),
    ),
    save={"access": "$.access"},
)  # fmt: skip
OWN = Auth(
    name="crm", kind="session", per="caller", chain=(LOGIN,),
    send=(Send("header", "X-Token", "{access}"), Send("header", "X-User", "{caller.sub}")),
)  # fmt: skip
CALLERS = [
    Caller(sub, tenant, claims={"role": role})
    for sub in ("ada", "bob", "a|b")
    for tenant in ("bank", "shop")
    for role in ("clerk", "boss")
]


CONTRACT = {
    "description": "", "annotations": {},
    "inputSchema": {"type": "object", "properties": {"id": {}, "fields": {}}, "additionalProperties": False},
}  # fmt: skip


def streamed(status: int, body: Any) -> httpx.Response:
    async def content() -> AsyncIterator[bytes]:
        yield json.dumps(body).encode()

    return httpx.Response(status, content=content(), headers={"Content-Type": "application/json"})


def who(caller: Caller) -> str:
    return f"{caller.tenant}|{caller.sub}|{caller.claims['role']}"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.sampled_from(CALLERS), min_size=1, max_size=6), min_size=1, max_size=6))
async def test_a_request_carries_its_own_callers_session(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, waves: list[list[Caller]]
) -> None:
    monkeypatch.setattr(api_client, "Sessions", functools.partial(Sessions, most=3))
    uses: dict[str, int] = {}
    number = 0

    async def api(request: httpx.Request) -> httpx.Response:
        nonlocal number
        await asyncio.sleep(0)
        if request.url.path == "/login":
            number += 1
            return streamed(200, {"access": f"{number}/{json.loads(request.content)['user']}"})
        token = request.headers["x-token"]
        uses[token] = uses.get(token, 0) + 1
        if uses[token] > 8:  # more than one wave has calls, so that a fresh one serves every replay
            return streamed(401, {})
        return streamed(200, {"id": token.partition("/")[2], "name": request.headers["x-user"]})

    (tmp_path / "all.json").write_text(json.dumps({"get_item": CONTRACT}))
    server = Server(name="crm", bases=(Base("http://crm.test"),), auth=(OWN,), tools=(READ,), contracts=tmp_path)
    engine = Engine(server, environ={}, transport=httpx.MockTransport(api))
    for wave in waves:
        answers = await asyncio.gather(*(engine.call(one, "get_item", {"id": 1}) for one in wave))
        for caller, answer in zip(wave, answers, strict=True):
            assert json.loads(answer.content[0].text) == {"id": who(caller), "name": caller.sub}  # type: ignore[union-attr]
    assert engine._execution is not None
    assert len(engine._execution.auth.sessions._callers) <= 3
    await engine.aclose()


@pytest.mark.parametrize("caller", [Caller("ada", claims={"role": "x"}), Caller("ada", "bank"), Caller("", "bank")])
async def test_what_a_caller_lacks_sends_nothing(api: Api, make: Make, caller: Caller) -> None:
    said = await make(READ, auth=(OWN,)).by(caller).error("get_item", id=1)
    assert "caller." in said
    assert api.received == []


EXCHANGE = Auth(
    name="crm", kind="exchange", per="caller", send=(Send("header", "Authorization", "Bearer {access}"),),
    chain=(
        Login(
            id="exchange",
            call=Call(
                "POST", "${env:IDP}/token",
                body=Body(
                    media="application/x-www-form-urlencoded",
                    params=(Param("subject_token", value="{caller.token}"),),
                ),
            ),
            save={"access": "$.access_token"},
        ),
    ),
)  # fmt: skip


async def test_the_callers_token_reaches_the_token_endpoint_alone(api: Api, make: Make, reply: Any) -> None:
    def handler(one: Received) -> Any:
        if one.path == "/token":
            return reply(200, {"access_token": "for-" + one.body.decode().partition("=")[2]})
        _, _, subject = one.headers["authorization"].partition("Bearer for-")
        return reply(422, {"message": f"strange {one.headers['authorization']} and {subject}"})

    api.handler = handler
    calls = make(READ, auth=(EXCHANGE,), environ={"IDP": api.url})
    for token in ("caller-secret-1", "caller-secret-1", "caller-secret-2"):
        said = await calls.by(Caller("ada", token=token)).error("get_item", id=1)
        assert "strange" in said
        assert token not in said, "what was exchanged and what for are scrubbed"
    sent = [one for one in api.received if one.path != "/token"]
    assert [one.headers["authorization"] for one in sent] == [f"Bearer for-caller-secret-{n}" for n in (1, 1, 2)]
    assert api.calls("/token") == 2, "a token with other rights has a session of its own"
    assert "without an access token" in await calls.by(Caller("ada")).error("get_item", id=1)
    assert len(sent) == 3


class Sts:
    """Gives keys that tell for whom they are."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        given = dict(parse_qsl(request.content.decode(), strict_parsing=True))
        self.asked.append(given)
        name = f"AKID-{given['RoleSessionName']}"
        ends = (datetime.now(UTC) + timedelta(minutes=15)).isoformat()
        text = (
            f"<AccessKeyId>{name}</AccessKeyId><SecretAccessKey>secret-{name}</SecretAccessKey>"
            f"<SessionToken>token-{name}</SessionToken><Expiration>{ends}</Expiration>"
        )
        return httpx.Response(200, stream=httpx.ByteStream(text.encode()))


async def test_requests_are_signed_for_the_caller(
    api: Api, make: Make, reply: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sts = Sts()
    monkeypatch.setattr(api_module, "AwsApi", partial(AwsApi, transport=httpx.MockTransport(sts)))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")

    def handler(one: Received) -> Any:
        named = one.headers["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
        stamp, token = one.headers["x-amz-date"], one.headers["x-amz-security-token"]
        headers = {name: one.headers[name] for name in named}
        request = AWSRequest("GET", api.url + one.target, headers=headers, data=one.body)
        request.context["timestamp"] = stamp
        name = token.removeprefix("token-")
        signer = SigV4Auth(Credentials(name, f"secret-{name}", token), "execute-api", "eu-west-1")
        expected = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
        assert one.headers["authorization"].endswith(f"Signature={expected}")
        assert f"Credential={name}/" in one.headers["authorization"]
        return reply(200, {"id": name})

    api.handler = handler
    sign = SigV4(region="eu-west-1", role="${env:ROLE}", tags={"org": "tenant", "level": "role"})
    auth = Auth(name="crm", kind="sigv4", per="caller", sign=sign, send=(Send("query", "k", "a b"),))
    calls = make(READ, auth=(auth,), environ={"ROLE": "arn:aws:iam::1:role/r"})
    for caller in (CALLERS[0], CALLERS[0], CALLERS[6]):
        found = await calls.by(caller).ok("get_item", id="x|y z")
        assert found == {"id": f"AKID-{caller.sub}"}
    assert [one["RoleSessionName"] for one in sts.asked] == ["ada", "bob"]
    tags = [sts.asked[0][f"Tags.member.{n}.{part}"] for n in (1, 2) for part in ("Key", "Value")]
    assert tags == ["level", "clerk", "org", "bank"]
    said = await calls.by(Caller("ada", claims={"role": "x"})).error("get_item", id=1)
    assert "'tenant'" in said
    assert len(api.received) == 3
