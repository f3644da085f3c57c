"""Who is let in, who is not, and what they are told: a resource server against a real authorization server."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio
from joserfc.jws import JWSRegistry
from support.idp import Idp

from adaptgen.diagnostics import AdaptgenError, Where
from adaptgen.govern.identity import authenticator as authenticate
from adaptgen.govern.identity.authenticator import Authenticator
from adaptgen.govern.settings.model import Accept, Authenticate, Claims, Listen, Settings
from adaptgen.mcp.protocol import Challenge, Context
from adaptgen.model.tables import LOCAL, Caller

pytestmark = pytest.mark.asyncio

RESOURCE = "https://mcp.bank.example/mcp"
ROLE = "arn:aws:iam::123456789012:role/team/proxy"
SESSION = "arn:aws:sts::123456789012:assumed-role/proxy/i-0abc"


class Clock:
    """Wall-clock time that a test moves."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


@pytest_asyncio.fixture
async def idp() -> AsyncIterator[Idp]:
    one = Idp()
    await one.start()
    yield one
    for made in MADE:
        await made.aclose()
    MADE.clear()
    await one.stop()


MADE: list[Authenticator] = []


def unstarted(rules: Settings, clock: Callable[[], float] = time.time) -> Authenticator:
    MADE.append(Authenticator(rules, clock=clock))
    return MADE[-1]


@pytest.fixture
def clock() -> Clock:
    return Clock()


def where(*keys: str | int) -> Where:
    return Where("governance.yaml:" + ".".join(map(str, keys)))


def settings(idp: Idp | None, **rules: Any) -> Settings:
    given = {"issuer": idp.url if idp else "", "audience": (RESOURCE,), **rules}
    return Settings(authenticate=Authenticate(**given), listen=Listen(resource=RESOURCE), where=where)


async def started(idp: Idp, clock: Clock | None = None, **rules: Any) -> Authenticator:
    made = unstarted(settings(idp, **rules), clock or time.time)
    await made.start()
    return made


async def call(authenticator: Authenticator, token: str, scheme: str = "Bearer") -> Caller:
    return await authenticator({"authorization": f"{scheme} {token}"}, Context(request_id="r1"))


async def refused(authenticator: Authenticator, token: str, status: int = 401) -> Challenge:
    with pytest.raises(Challenge) as caught:
        await call(authenticator, token)
    assert caught.value.status == status
    for part in token.split("."):
        assert len(part) < 5 or part not in caught.value.header + caught.value.text
    return caught.value


def forged(idp: Idp, header: dict[str, Any], sign: bytes | None) -> str:
    """A token with this header, over the claims of a good one; HMAC under ``sign``."""

    def encoded(value: bytes) -> str:
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()

    body = idp.issue().split(".")[1]
    signed = f"{encoded(json.dumps(header).encode())}.{body}"
    mac = hmac.new(sign, signed.encode(), hashlib.sha256).digest() if sign is not None else b""
    return f"{signed}.{encoded(mac)}"


# ------------------------------------------------------------------------------------------------------------- let in


# --------------------------------------------------------------------------------------------------------- threats


@pytest.mark.parametrize("exp", [None, "soon", True, float("inf")])
async def test_a_token_without_a_usable_expiry_is_refused(idp: Idp, exp: Any) -> None:
    await refused(await started(idp), idp.issue(exp=exp))


@pytest.mark.parametrize("header", [{"crit": ["typ"]}, {"crit": ["b64"], "b64": True}, {"crit": ["x"], "x": 1}])
async def test_a_critical_header_is_refused_though_the_signature_holds(idp: Idp, header: dict[str, Any]) -> None:
    made = await started(idp)
    head, body, _ = forged(idp, {"alg": "ES256", "kid": "k1", "typ": "JWT", **header}, None).split(".")
    signature = JWSRegistry.algorithms["ES256"].sign(f"{head}.{body}".encode(), idp.keys["k1"])
    token = f"{head}.{body}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"
    assert "critical" in (await refused(made, token)).text


@pytest.mark.parametrize(
    "token",
    ["", "x", "a.b", "a.b.c.d", "....", "é.é.é", "[" * 3000 + ".e30.", "W10.e30.", "MQ.e30.", "e30.e30.", "a" * 20_000],
)
async def test_malformed_tokens_are_refused(idp: Idp, token: str) -> None:
    made = await started(idp)
    with pytest.raises(Challenge):
        await call(made, token)


async def test_two_authorization_headers_are_refused(idp: Idp) -> None:
    made = await started(idp)
    token = idp.issue()
    problem = await refused(made, f"{token}, Bearer {token}", 400)
    assert 'error="invalid_request"' in problem.header


# --------------------------------------------------------------------------------------------------- keys that change


async def test_tokens_that_come_while_keys_are_fetched_wait_for_them(idp: Idp, clock: Clock) -> None:
    made = await started(idp, clock, jwks=f"{idp.url}/jwks")
    idp.rotate("k2")
    clock.now += 31
    idp.gate = asyncio.Event()
    waiting = [asyncio.create_task(call(made, idp.issue(kid="k2", sub=f"u{n}"))) for n in range(10)]
    while idp.counts["/jwks"] < 2:
        await asyncio.sleep(0)
    idp.gate.set()
    assert {caller.sub for caller in await asyncio.gather(*waiting)} == {f"u{n}" for n in range(10)}
    assert idp.counts["/jwks"] == 2


async def test_the_last_good_keys_stay_when_the_issuer_is_down(idp: Idp, clock: Clock) -> None:
    made = await started(idp, clock)
    idp.answers["/jwks"] = (500, {}, {})
    clock.now += 1000
    assert await call(made, idp.issue(exp=int(clock.now) + 100)) == Caller("alice")
    idp.answers["/jwks"] = (200, {}, {"keys": []})
    clock.now += 1000
    assert await call(made, idp.issue(exp=int(clock.now) + 100)) == Caller("alice")


async def test_the_verdicts_are_bounded(idp: Idp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authenticate, "VERDICTS", 3)
    made = await started(idp)
    tokens = [idp.issue(sub=f"u{n}") for n in range(5)]
    callers = [await call(made, token) for token in tokens]
    assert [await call(made, token) is caller for token, caller in list(zip(tokens, callers, strict=True))[2:]] == [
        True,
        True,
        True,
    ]
    assert await call(made, tokens[0]) is not callers[0]


# ----------------------------------------------------------------------------------------------------------- challenges


async def test_a_missing_scope_is_named(idp: Idp) -> None:
    made = await started(idp, scopes=("mcp:list", "mcp:call"))
    problem = await refused(made, idp.issue(scope="mcp:list openid"), 403)
    assert problem.header == (
        'Bearer resource_metadata="https://mcp.bank.example/.well-known/oauth-protected-resource/mcp", '
        'error="insufficient_scope", error_description="the access token lacks a scope", scope="mcp:list mcp:call"'
    )
    assert await call(made, idp.issue(scp=["mcp:list", "mcp:call"]))


async def test_missing_claims_are_named(idp: Idp) -> None:
    made = await started(idp, caller=Claims(tenant="org"))
    assert "'org'" in (await refused(made, idp.issue(), 403)).text
    assert "'sub'" in (await refused(made, idp.issue(sub=None, org="acme"), 401)).text


@pytest.mark.parametrize("sub", ["", "a\nb", "x" * 600, 7, ["alice"]])
async def test_subjects_that_are_no_identifiers_are_refused(idp: Idp, sub: Any) -> None:
    await refused(await started(idp), idp.issue(sub=sub))


@pytest.mark.parametrize("groups", [7, {"a": 1}, ["a", 7], ["a", ""], ["a\nb"], ["x" * 600]])
async def test_groups_that_are_no_identifiers_are_refused(idp: Idp, groups: Any) -> None:
    made = await started(idp, caller=Claims(groups="groups"))
    assert "'groups'" in (await refused(made, idp.issue(groups=groups), 403)).text


async def test_the_metadata_says_what_rfc_9728_wants(idp: Idp) -> None:
    made = await started(idp, scopes=("mcp:call",))
    assert made.metadata() == {
        "resource": RESOURCE,
        "authorization_servers": [idp.url],
        "bearer_methods_supported": ["header"],
        "scopes_supported": ["mcp:call"],
    }


# -------------------------------------------------------------------------------------------------------------- start


async def located(made: Authenticator, key: str) -> str:
    with pytest.raises(AdaptgenError) as caught:
        await made.start()
    [found] = caught.value.diagnostics
    assert found.code == "AG074"
    assert str(found.where) == f"governance.yaml:authenticate.{key}"
    return found.message


@pytest.mark.parametrize(
    ("rules", "key"),
    [
        ({"audience": ()}, "audience"),
        ({"audience": ("",)}, "audience"),
        ({"issuer": ""}, "issuer"),
        ({"issuer": "http://idp.example"}, "issuer"),
        ({"jwks": "http://10.0.0.1/jwks"}, "jwks"),
        ({"jwks": "https://user@idp.example/jwks"}, "jwks"),
        ({"algorithms": ("HS256",)}, "algorithms"),
        ({"algorithms": ("none",)}, "algorithms"),
        ({"algorithms": ()}, "algorithms"),
    ],
)
async def test_bad_settings_stop_the_start_where_they_stand(idp: Idp, rules: dict[str, Any], key: str) -> None:
    await located(unstarted(settings(idp, **rules)), key)
    assert not idp.counts


async def test_an_oversize_key_set_is_refused(idp: Idp) -> None:
    idp.answers["/jwks"] = (200, {}, b'{"keys": [' + b" " * 300_000 + b"]}")
    assert "larger" in await located(unstarted(settings(idp)), "issuer")


async def test_a_slow_key_set_is_given_up(idp: Idp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adaptgen.govern.identity.jwks.TIMEOUT", 0.05)

    async def silence(_: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    idp.answers["/jwks"] = silence
    assert "did not answer within" in await located(unstarted(settings(idp)), "issuer")


async def test_a_key_set_of_weak_keys_is_refused(idp: Idp) -> None:
    modulus = base64.urlsafe_b64encode(b"\xff" * 128).rstrip(b"=").decode()
    idp.answers["/jwks"] = (200, {}, {"keys": [{"kty": "RSA", "n": modulus, "e": "AQAB", "kid": "k1"}]})
    assert "no public key" in await located(unstarted(settings(idp)), "issuer")


async def test_a_key_for_encryption_verifies_nothing(idp: Idp) -> None:
    idp.rotate("k2")
    [first, second] = idp.jwks()["keys"]
    idp.answers["/jwks"] = (200, {}, {"keys": [first, {**second, "use": "enc"}]})
    await refused(await started(idp), idp.issue(kid="k2"))


async def test_nobody_but_this_machine_comes_in_without_authentication() -> None:
    made = Authenticator(Settings(listen=Listen(http="0.0.0.0:8000"), where=where))
    with pytest.raises(AdaptgenError, match="AG078"):
        await made.start()


# ------------------------------------------------------------------------------------------------- without tokens


async def test_without_authentication_the_caller_is_local() -> None:
    made = Authenticator(Settings())
    await made.start()
    assert await made({}, Context(request_id="r1")) == LOCAL
    assert made.metadata() is None


@pytest.mark.parametrize("principal", [ROLE, SESSION])
async def test_a_server_behind_answers_the_role_of_its_proxy(principal: str) -> None:
    accept = Accept(issuer="proxy", audience="crm", jwks={}, principal=ROLE)
    made = Authenticator(Settings(mode="behind", accept=accept))
    await made.start()
    assert await made({}, Context(request_id="r1", principal=principal)) == Caller("proxy")


@pytest.mark.parametrize(
    "principal",
    [
        "",
        "arn:aws:sts::123456789012:assumed-role/proxy2/i-0abc",
        "arn:aws:sts::999999999999:assumed-role/proxy/i-0abc",
        "arn:aws:sts::123456789012:federated-user/proxy",
        "arn:aws:iam::123456789012:role/proxy",
    ],
)
async def test_a_server_behind_answers_nobody_else(principal: str) -> None:
    accept = Accept(issuer="proxy", audience="crm", jwks={}, principal=ROLE)
    made = Authenticator(Settings(mode="behind", accept=accept))
    with pytest.raises(Challenge) as caught:
        await made({}, Context(request_id="r1", principal=principal))
    assert caught.value.status == 403


COGNITO = {"aud": None, "client_id": "app1", "token_use": "access"}


@pytest.mark.parametrize(
    ("rules", "claims", "accepted"),
    [
        pytest.param({"client_ids": ("app1",)}, COGNITO, True, id="named client"),
        pytest.param({"client_ids": ("app1",)}, {**COGNITO, "token_use": None}, True, id="no token_use"),
        pytest.param({"client_ids": ("app1",), "audience": ()}, COGNITO, True, id="clients alone"),
        pytest.param({}, COGNITO, False, id="no client named"),
        pytest.param({"client_ids": ("app2",)}, COGNITO, False, id="another client"),
        pytest.param({"client_ids": ("app1",)}, {**COGNITO, "client_id": None}, False, id="no client in it"),
        pytest.param({"client_ids": ("app1",)}, {**COGNITO, "client_id": ["app1"]}, False, id="a list of clients"),
        pytest.param({"client_ids": ("app1",)}, {**COGNITO, "client_id": None, "azp": "app1"}, False, id="azp"),
        pytest.param(
            {"client_ids": ("app1",)}, {**COGNITO, "aud": "https://other.example"}, False, id="other audience"
        ),
        pytest.param({"client_ids": ("app1",)}, {**COGNITO, "aud": []}, False, id="empty audience"),
        pytest.param({"client_ids": ("app1",)}, {**COGNITO, "aud": ""}, False, id="no text as audience"),
        pytest.param({"client_ids": ("app1",), "audience": ()}, {**COGNITO, "aud": "app1"}, False, id="client as aud"),
        pytest.param(
            {"client_ids": ("app1",)}, {**COGNITO, "aud": RESOURCE, "client_id": "x"}, True, id="our audience"
        ),
        pytest.param({"client_ids": ("app1",)}, {**COGNITO, "token_use": "id"}, False, id="ID token without aud"),
        pytest.param({"audience": ("app1",)}, {"aud": "app1", "token_use": "id"}, False, id="ID token with aud"),
    ],
)
async def test_a_token_without_audience_counts_by_its_client(
    idp: Idp, rules: dict[str, Any], claims: dict[str, Any], accepted: bool
) -> None:
    """Access tokens of Cognito name no audience; its ID tokens have the same header."""
    guard = await started(idp, **rules)
    headers = {"authorization": f"Bearer {idp.issue(header={'typ': 'JWT'}, **claims)}"}
    if accepted:
        assert (await guard(headers, Context(request_id="1"))).sub == "alice"
        return
    with pytest.raises(Challenge) as refused:
        await guard(headers, Context(request_id="1"))
    assert refused.value.status == 401
