"""How the proxy authenticates to the servers behind it: real token endpoints, STS, and an independent signer."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import Any

import boto3
import pytest
import pytest_asyncio
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.server import ThreadedMotoServer
from support.idp import EXCHANGE, Idp

from adaptgen.diagnostics import AdaptgenError, Where
from adaptgen.govern.settings.model import UpstreamAuth
from adaptgen.mcp.protocol import RpcError
from adaptgen.model.tables import LOCAL, Caller
from adaptgen.proxy.upstream_auth import UpstreamAuthenticator

URL = "https://abc.lambda-url.eu-west-1.on.aws/mcp"
BODY = b'{"jsonrpc":"2.0"}'


class Clock:
    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture
async def idp() -> AsyncIterator[Idp]:
    one = Idp()
    await one.start()
    yield one
    for made in MADE:
        await made.aclose()
    MADE.clear()
    await one.stop()


MADE: list[UpstreamAuthenticator] = []


def outward(idp: Idp, clock: Clock, kind: Any = "oauth2", **more: Any) -> UpstreamAuthenticator:
    auth = UpstreamAuth(
        **{"kind": kind, "token_url": f"{idp.url}/token", "client_id": "m2m", "client_secret": "s3cret", **more}
    )
    MADE.append(UpstreamAuthenticator(auth, "crm", clock=clock))
    return MADE[-1]


async def sent(one: UpstreamAuthenticator, caller: Caller | None = LOCAL) -> str:
    return (await one.headers(caller, "POST", URL, BODY))["authorization"]


async def refused(one: UpstreamAuthenticator, caller: Caller | None = LOCAL) -> str:
    with pytest.raises(RpcError) as caught:
        await one.headers(caller, "POST", URL, BODY)
    shown = f"{caught.value} {caught.value.__cause__}"
    assert "s3cret" not in shown
    return str(caught.value.__cause__)


# ----------------------------------------------------------------------------------------------------------- simple


@pytest.mark.asyncio
async def test_none_adds_nothing_and_bearer_its_own_token() -> None:
    alice = Caller("alice", token="the-callers-own")
    assert await UpstreamAuthenticator(UpstreamAuth()).headers(alice, "POST", URL, BODY) == {}
    bearer = UpstreamAuthenticator(UpstreamAuth(kind="bearer", token="static"))
    assert await bearer.headers(alice, "POST", URL, BODY) == {"authorization": "Bearer static"}
    assert "static" not in repr(bearer)


# --------------------------------------------------------------------------------------------- client credentials


@pytest.mark.asyncio
async def test_client_credentials_are_used_until_shortly_before_they_expire(idp: Idp, clock: Clock) -> None:
    one = outward(idp, clock, scopes=("mcp", "read"), audience="crm", resource="https://crm.example")
    assert await sent(one) == "Bearer own-1"
    assert idp.forms[0] == {
        "grant_type": "client_credentials",
        "scope": "mcp read",
        "audience": "crm",
        "resource": "https://crm.example",
    }
    clock.now += 269
    assert await sent(one, Caller("bob")) == "Bearer own-1"
    clock.now += 2
    assert await sent(one) == "Bearer own-2"


@pytest.mark.asyncio
async def test_a_failure_is_remembered_for_a_moment(idp: Idp, clock: Clock) -> None:
    one = outward(idp, clock, client_secret="wr0ng")
    assert "invalid_client" in await refused(one)
    asked = idp.counts["/token"]
    await refused(one)
    assert idp.counts["/token"] == asked
    clock.now += 6
    idp.clients["m2m"] = "wr0ng"
    assert (await sent(one)).startswith("Bearer own-")


@pytest.mark.asyncio
async def test_a_token_that_does_not_say_how_long_it_is_good_is_kept_a_minute(idp: Idp, clock: Clock) -> None:
    idp.expires_in = None
    one = outward(idp, clock)
    await sent(one)
    clock.now += 53
    assert await sent(one) == "Bearer own-1"
    clock.now += 2
    assert await sent(one) == "Bearer own-2"


@pytest.mark.asyncio
async def test_a_refused_token_is_renewed_but_not_again_and_again(idp: Idp, clock: Clock) -> None:
    one = outward(idp, clock)
    assert not one.renew(LOCAL)
    await sent(one)
    assert not one.renew(LOCAL)
    clock.now += 6
    assert one.renew(LOCAL)
    assert await sent(one) == "Bearer own-2"


@pytest.mark.asyncio
async def test_an_endpoint_that_wants_the_secret_in_the_form_gets_it_there(idp: Idp, clock: Clock) -> None:
    seen: list[bytes] = []

    async def posting(method: str, url: str, headers: Any, body: bytes, *, limit: int, timeout: float) -> Any:
        seen.append(body)
        if "authorization" in headers:
            return 401, {}, b'{"error": "invalid_client"}'
        return 200, {}, b'{"access_token": "t", "token_type": "bearer", "expires_in": "300"}'

    auth = UpstreamAuth(kind="oauth2", token_url="https://idp.example/token", client_id="m2m", client_secret="a b&c")
    one = UpstreamAuthenticator(auth, "crm", requests=posting, clock=clock)
    assert await sent(one) == "Bearer t"
    assert seen[1] == b"grant_type=client_credentials&client_id=m2m&client_secret=a+b%26c"
    clock.now += 301
    await sent(one)
    assert len(seen) == 3


@pytest.mark.parametrize(
    "answer",
    [
        (200, {}, b"x"),
        (200, {}, []),
        (200, {}, {"token_type": "Bearer"}),
        (200, {}, {"access_token": "a\r\nX-Evil: 1", "token_type": "Bearer"}),
        (200, {}, {"access_token": "t", "token_type": "DPoP"}),
        (200, {}, {"access_token": "t"}),
        (200, {}, {"access_token": "t", "token_type": "Bearer", "expires_in": 0}),
        (200, {}, {"access_token": "t" * 70_000, "token_type": "Bearer"}),
        (302, {"location": "https://evil.example"}, {}),
        (500, {}, {}),
        (400, {}, {"error": "<script>s3cret"}),
    ],
)
@pytest.mark.asyncio
async def test_answers_that_are_no_token_are_refused(idp: Idp, clock: Clock, answer: Any) -> None:
    idp.answers["/token"] = answer
    await refused(outward(idp, clock))


# -------------------------------------------------------------------------------------------------------- exchange


@pytest.mark.asyncio
async def test_the_callers_token_is_exchanged_and_does_not_travel(idp: Idp, clock: Clock) -> None:
    token = idp.issue()
    one = outward(idp, clock, "exchange", audience="crm", scopes=("mcp",))
    header = await sent(one, Caller("alice", token=token))
    assert header == f"Bearer for-{len(token)}-1"
    assert token not in header
    assert idp.forms == [
        {
            "grant_type": EXCHANGE,
            "subject_token": token,
            "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "requested_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "audience": "crm",
            "scope": "mcp",
        }
    ]


@pytest.mark.asyncio
async def test_tokens_and_secrets_are_in_no_log(idp: Idp, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    alice = Caller("alice", token=idp.issue())
    issued = await sent(outward(idp, clock, "exchange"), alice)
    await refused(outward(idp, clock, "exchange", client_secret="wr0ng"), alice)
    for part in (*alice.token.split("."), issued.removeprefix("Bearer "), "s3cret", "wr0ng"):
        assert part not in caplog.text
    assert "invalid_client" in caplog.text


@pytest.mark.asyncio
async def test_a_caller_without_a_token_gets_nobodys(idp: Idp, clock: Clock) -> None:
    one = outward(idp, clock, "exchange")
    assert "no token to exchange" in await refused(one, LOCAL)
    assert not idp.forms


# ----------------------------------------------------------------------------------------------------------- sigv4


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "session")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    yield
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


@pytest.mark.parametrize(
    "url", [URL, "https://host.example:8443/a%20b//c/./d?b=2&a=1&a=%C3%A9", "http://127.0.0.1:80/"]
)
@pytest.mark.asyncio
async def test_botocore_would_sign_the_same(keys: None, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    one = UpstreamAuthenticator(
        UpstreamAuth(kind="sigv4", service="lambda"), "crm", environ={"AWS_REGION": "eu-west-1"}
    )
    headers = await one.headers(LOCAL, "POST", url, BODY)
    stamp = datetime.strptime(headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ")
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: stamp)
    request = AWSRequest("POST", url, data=BODY)
    credentials = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "session")
    SigV4Auth(credentials, "lambda", "eu-west-1").add_auth(request)
    assert headers == dict(request.headers.items())


@pytest.fixture
def sts(keys: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """STS of moto; the list holds role, session name and tags of each AssumeRole."""
    from moto.sts.responses import TokenResponse

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    asked: list[Any] = []
    real = TokenResponse.assume_role

    def assume_role(self: TokenResponse) -> Any:
        tags = {one["Key"]: one["Value"] for one in self._get_param("Tags") or []}
        asked.append((self._get_param("RoleArn"), self._get_param("RoleSessionName"), tags))
        return real(self)

    monkeypatch.setattr(TokenResponse, "assume_role", assume_role)
    yield asked
    server.stop()


ROLE = "arn:aws:iam::123456789012:role/crm-caller"
QUIET = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


def tagged(**tags: str) -> UpstreamAuthenticator:
    return UpstreamAuthenticator(UpstreamAuth(kind="sigv4", region="eu-west-1", role=ROLE, tags=tags), "crm")


async def access_key(one: UpstreamAuthenticator, caller: Caller | None) -> str:
    header = (await one.headers(caller, "POST", URL, BODY))["Authorization"]
    return header.partition("Credential=")[2].partition("/")[0]


class TestRole:
    """The role that is assumed for a caller."""

    pytestmark = QUIET

    @pytest.mark.asyncio
    async def test_it_is_assumed_once_for_each_caller_with_its_tags(self, sts: list[Any]) -> None:
        one = tagged(tenant="tenant", branch="org.branch")
        alice = Caller("alice@acme.example", "acme", claims={"org": {"branch": "zurich"}})
        bob = Caller("bob<script>", "acme", claims={"org": {"branch": "geneva"}})
        mine = await access_key(one, alice)
        assert await access_key(one, alice) == mine
        assert await access_key(one, bob) != mine
        [first, second] = sts
        assert first == (ROLE, "alice@acme.example", {"tenant": "acme", "branch": "zurich"})
        assert second[2] == {"tenant": "acme", "branch": "geneva"}
        assert re.fullmatch(r"bob-script--[0-9a-f]{16}", second[1])

    @pytest.mark.parametrize("branch", [None, "", "a;b", "x" * 300, ["a", "b"]])
    @pytest.mark.asyncio
    async def test_a_tag_that_cannot_be_given_stops_the_call(self, sts: list[Any], branch: Any) -> None:
        with pytest.raises(RpcError) as caught:
            await access_key(tagged(branch="branch"), Caller("alice", claims={"branch": branch}))
        assert "x" * 300 not in f"{caught.value.__cause__}"
        assert not sts

    @pytest.mark.asyncio
    async def test_its_keys_are_in_no_log(self, sts: list[Any], caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level("DEBUG")
        headers = await tagged(tenant="tenant").headers(Caller("alice", "acme-bank"), "POST", URL, BODY)
        assert sts
        assert headers["X-Amz-Security-Token"] not in caplog.text
        assert "wJalrXUtnFEMI" not in caplog.text
        assert "acme-bank" not in caplog.text

    @pytest.mark.asyncio
    async def test_the_proxy_itself_is_nobodys_session(self, sts: list[Any]) -> None:
        await access_key(tagged(tenant="tenant"), None)
        assert sts == [(ROLE, "adaptgen-proxy", {})]


# ----------------------------------------------------------------------------------------------------------- start


@pytest.mark.parametrize(
    ("auth", "key"),
    [
        ({"kind": "bearer"}, "token"),
        ({"kind": "bearer", "token": "a\r\nb"}, "token"),
        ({"kind": "oauth2", "client_id": "m2m"}, "token_url"),
        ({"kind": "oauth2", "client_id": "m2m", "token_url": "http://idp.example/token"}, "token_url"),
        ({"kind": "exchange", "token_url": "https://idp.example/token"}, "client_id"),
        ({"kind": "sigv4"}, "region"),
        ({"kind": "sigv4", "region": "eu-west-1", "tags": {"tenant": "tenant"}}, "tags"),
    ],
)
def test_settings_that_cannot_work_are_found_where_they_stand(auth: dict[str, Any], key: str) -> None:
    one = UpstreamAuthenticator(UpstreamAuth(**auth), "crm", where=lambda *keys: Where(".".join(keys)))
    with pytest.raises(AdaptgenError) as caught:
        one.check()
    [found] = caught.value.diagnostics
    assert (found.code, str(found.where)) == ("AG075", f"upstreams.crm.auth.{key}")


def test_settings_that_can_work_pass() -> None:
    for auth in (
        UpstreamAuth(),
        UpstreamAuth(kind="bearer", token="t"),
        UpstreamAuth(kind="oauth2", token_url="https://idp.example/token", client_id="m2m", client_secret="s"),
        UpstreamAuth(kind="sigv4", region="eu-west-1", role=ROLE, tags={"tenant": "tenant"}),
    ):
        UpstreamAuthenticator(auth, "crm").check()
