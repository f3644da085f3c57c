"""Who is let in, who is not, and what they are told: a resource server against a real authorization server."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import JWSRegistry
from support.idp import METADATA, OIDC, Idp

from adaptgen.diagnostics import AdaptgenError, Where
from adaptgen.govern.identity import authenticator as authenticate
from adaptgen.govern.identity.authenticator import Authenticator
from adaptgen.govern.settings.model import Accept, Authenticate, Claims, Listen, Settings, Upstream, UpstreamAuth
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


@pytest.mark.parametrize("kind", ["EC", "RSA", "OKP"])
async def test_a_token_of_our_issuer_names_its_caller(idp: Idp, kind: str) -> None:
    idp.rotate("k1", kind)
    assert await call(await started(idp), idp.issue()) == Caller("alice")


async def test_claims_become_tenant_groups_and_what_may_travel_on(idp: Idp) -> None:
    rules = Claims(sub="user.id", tenant="org", groups="cognito:groups", keep=("email_verified", "act.sub", "absent"))
    made = await started(idp, caller=rules)
    token = idp.issue(
        user={"id": "u-7"}, org="acme", act={"sub": "agent"}, email_verified=True, **{"cognito:groups": ["a b", "c"]}
    )
    caller = await call(made, token)
    assert caller == Caller("u-7", "acme", ("a b", "c"))
    assert caller.claims == {"email_verified": True, "act.sub": "agent"}


@pytest.mark.parametrize(
    ("claims", "client"),
    [
        ({"client_id": "agent-7", "azp": "other"}, "agent-7"),  # RFC 9068, 2.2
        ({"client_id": None, "azp": "agent-7"}, "agent-7"),  # Keycloak, Auth0, Entra ID (v2.0)
        ({"client_id": None, "appid": "agent-7"}, "agent-7"),  # Entra ID (v1.0)
        ({"client_id": ["a"]}, ""),
    ],
)
async def test_the_client_of_a_token_is_known(idp: Idp, claims: dict[str, Any], client: str) -> None:
    assert (await call(await started(idp), idp.issue(**claims))).client == client


async def test_a_group_claim_of_one_string_is_one_group(idp: Idp) -> None:
    made = await started(idp, caller=Claims(groups="roles"))
    assert (await call(made, idp.issue(roles="sales support"))).groups == ("sales support",)
    made = await started(idp, caller=Claims(groups="scope"))
    assert (await call(made, idp.issue(scope="sales support"))).groups == ("sales", "support")


async def test_the_scheme_is_case_insensitive(idp: Idp) -> None:
    assert await call(await started(idp), idp.issue(), "bEARER") == Caller("alice")


async def test_one_of_several_audiences_is_enough(idp: Idp) -> None:
    assert await call(await started(idp), idp.issue(aud=["https://other.example", RESOURCE]))


async def test_a_token_without_kid_is_verified_by_the_only_key_that_fits(idp: Idp) -> None:
    idp.rotate("rsa", "RSA")
    made = await started(idp)
    assert await call(made, idp.issue(kid=None)) == Caller("alice")
    assert await call(made, idp.issue(kid=None, key=idp.keys["rsa"])) == Caller("alice")


async def test_a_claim_may_be_named_like_a_url(idp: Idp) -> None:
    made = await started(idp, caller=Claims(tenant="https://acme.example/org"))
    assert (await call(made, idp.issue(**{"https://acme.example/org": "acme"}))).tenant == "acme"


async def test_the_issuer_is_found_by_openid_connect_discovery_too(idp: Idp) -> None:
    idp.answers[METADATA] = (404, {}, {})
    idp.answers[OIDC] = (200, {}, {"issuer": idp.url, "jwks_uri": f"{idp.url}/jwks"})
    assert await call(await started(idp), idp.issue())


async def test_the_token_is_kept_for_exchange_alone_and_never_shown(idp: Idp) -> None:
    base = replace(settings(idp), mode="proxy")
    plain = unstarted(replace(base, upstreams={"crm": Upstream(url="https://crm.example")}))
    exchanging = unstarted(
        replace(base, upstreams={"crm": Upstream(url="https://crm.example", auth=UpstreamAuth(kind="exchange"))})
    )
    await plain.start()
    await exchanging.start()
    token = idp.issue()
    assert (await call(plain, token)).token == ""
    caller = await call(exchanging, token)
    assert caller.token == token
    assert token.split(".")[2] not in repr(caller)


# --------------------------------------------------------------------------------------------------------- threats


async def test_a_token_for_another_audience_is_refused(idp: Idp) -> None:
    made = await started(idp)
    for audience in ("https://other.example/mcp", ["https://other.example"], None, RESOURCE + "/", {"a": RESOURCE}):
        assert "audience" in (await refused(made, idp.issue(aud=audience))).text


async def test_alg_none_is_refused(idp: Idp) -> None:
    made = await started(idp)
    for name in ("none", "None", "NONE", ""):
        await refused(made, forged(idp, {"alg": name, "kid": "k1", "typ": "at+jwt"}, None))


async def test_hs256_with_the_public_key_is_refused(idp: Idp) -> None:
    idp.rotate("k1", "RSA")
    made = await started(idp)
    secrets = [idp.keys["k1"].as_pem(private=False), idp.keys["k1"].as_der(private=False)]
    for secret in [*secrets, json.dumps(idp.jwks()["keys"][0]).encode()]:
        problem = await refused(made, forged(idp, {"alg": "HS256", "kid": "k1", "typ": "JWT"}, secret))
        assert "algorithm" in problem.text


async def test_a_symmetric_key_in_the_key_set_serves_nobody(idp: Idp) -> None:
    secret = base64.urlsafe_b64encode(b"x" * 32).rstrip(b"=").decode()
    keys = [*idp.jwks()["keys"], {"kty": "oct", "k": secret, "kid": "shared"}]
    idp.answers["/jwks"] = (200, {}, {"keys": keys})
    made = await started(idp)
    await refused(made, forged(idp, {"alg": "HS256", "kid": "shared"}, b"x" * 32))


async def test_an_unknown_kid_is_refused_and_a_flood_of_them_fetches_once(idp: Idp, clock: Clock) -> None:
    made = await started(idp, clock)
    stranger = ECKey.generate_key("P-256", private=True)
    clock.now += 31
    await asyncio.gather(*(refused(made, idp.issue(kid=f"x{n}", key=stranger)) for n in range(50)))
    assert idp.counts["/jwks"] == 2
    clock.now += 29
    for n in range(50):
        await refused(made, idp.issue(kid=f"y{n}", key=stranger))
    assert idp.counts["/jwks"] == 2


async def test_another_key_under_a_known_kid_is_refused(idp: Idp) -> None:
    made = await started(idp)
    stranger = ECKey.generate_key("P-256", private=True)
    assert "signature" in (await refused(made, idp.issue(key=stranger))).text


async def test_keys_that_a_token_brings_along_are_not_used(idp: Idp) -> None:
    made = await started(idp)
    stranger = ECKey.generate_key("P-256", private=True)
    own = {"jwk": stranger.as_dict(private=False), "jku": f"{idp.url}/stranger"}
    await refused(made, idp.issue(key=stranger, header=own))
    assert idp.counts["/stranger"] == 0


async def test_a_wrong_issuer_is_refused(idp: Idp) -> None:
    made = await started(idp)
    for issuer in ("https://evil.example", idp.url + "/", None, [idp.url]):
        assert "issuer" in (await refused(made, idp.issue(iss=issuer))).text


async def test_an_expired_token_is_refused_also_when_it_was_accepted_before(idp: Idp, clock: Clock) -> None:
    made = await started(idp, clock)
    token = idp.issue(exp=int(clock.now) + 20)
    await call(made, token)
    clock.now += 51
    assert "expired" in (await refused(made, token)).text


@pytest.mark.parametrize("exp", [None, "soon", True, float("inf")])
async def test_a_token_without_a_usable_expiry_is_refused(idp: Idp, exp: Any) -> None:
    await refused(await started(idp), idp.issue(exp=exp))


async def test_nbf_or_iat_in_the_future_is_refused(idp: Idp) -> None:
    made = await started(idp)
    later = int(time.time()) + 60
    for claims in ({"nbf": later}, {"iat": later}):
        assert "not valid yet" in (await refused(made, idp.issue(**claims))).text


@pytest.mark.parametrize("header", [{"crit": ["typ"]}, {"crit": ["b64"], "b64": True}, {"crit": ["x"], "x": 1}])
async def test_a_critical_header_is_refused_though_the_signature_holds(idp: Idp, header: dict[str, Any]) -> None:
    made = await started(idp)
    head, body, _ = forged(idp, {"alg": "ES256", "kid": "k1", "typ": "JWT", **header}, None).split(".")
    signature = JWSRegistry.algorithms["ES256"].sign(f"{head}.{body}".encode(), idp.keys["k1"])
    token = f"{head}.{body}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"
    assert "critical" in (await refused(made, token)).text


@pytest.mark.parametrize("kind", ["logout+jwt", "secevent+jwt", "dpop+jwt", "adaptgen-handover+jwt"])
async def test_tokens_of_another_type_are_refused(idp: Idp, kind: str) -> None:
    await refused(await started(idp), idp.issue(header={"typ": kind}))


@pytest.mark.parametrize(
    "token",
    ["", "x", "a.b", "a.b.c.d", "....", "é.é.é", "[" * 3000 + ".e30.", "W10.e30.", "MQ.e30.", "e30.e30.", "a" * 20_000],
)
async def test_malformed_tokens_are_refused(idp: Idp, token: str) -> None:
    made = await started(idp)
    with pytest.raises(Challenge):
        await call(made, token)


async def test_a_deeply_nested_header_is_refused(idp: Idp) -> None:
    deep = base64.urlsafe_b64encode(b'{"alg":"ES256","kid":"k1","x":' + b"[" * 1000 + b"]" * 1000 + b"}").rstrip(b"=")
    await refused(await started(idp), f"{deep.decode()}.e30.AAAA")


async def test_two_authorization_headers_are_refused(idp: Idp) -> None:
    made = await started(idp)
    token = idp.issue()
    problem = await refused(made, f"{token}, Bearer {token}", 400)
    assert 'error="invalid_request"' in problem.header


async def test_a_token_in_the_query_is_not_looked_at(idp: Idp) -> None:
    made = await started(idp)
    with pytest.raises(Challenge):
        await made({"x-query": idp.issue(), "access_token": idp.issue()}, Context(request_id="r1"))


# --------------------------------------------------------------------------------------------------- keys that change


async def test_a_rotated_key_is_picked_up(idp: Idp, clock: Clock) -> None:
    made = await started(idp, clock)
    idp.rotate("k2")
    clock.now += 31
    assert await call(made, idp.issue(kid="k2")) == Caller("alice")
    assert await call(made, idp.issue(kid="k1")) == Caller("alice")


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


async def test_a_revoked_key_leaves_the_cache(idp: Idp, clock: Clock) -> None:
    made = await started(idp, clock)
    old = idp.issue(exp=int(clock.now) + 3600)
    await call(made, old)
    idp.rotate("k2")
    del idp.keys["k1"]
    clock.now += 31
    await call(made, idp.issue(kid="k2"))  # makes the new key set known
    assert "not known" in (await refused(made, old)).text


async def test_a_revoked_key_ends_without_any_new_one_being_seen(idp: Idp, clock: Clock) -> None:
    made = await started(idp, clock)
    old = idp.issue(exp=int(clock.now) + 3600)
    await call(made, old)
    idp.rotate("k2")
    del idp.keys["k1"]
    clock.now += 601
    await refused(made, old)


async def test_the_last_good_keys_stay_when_the_issuer_is_down(idp: Idp, clock: Clock) -> None:
    made = await started(idp, clock)
    idp.answers["/jwks"] = (500, {}, {})
    clock.now += 1000
    assert await call(made, idp.issue(exp=int(clock.now) + 100)) == Caller("alice")
    idp.answers["/jwks"] = (200, {}, {"keys": []})
    clock.now += 1000
    assert await call(made, idp.issue(exp=int(clock.now) + 100)) == Caller("alice")


async def test_known_keys_do_not_wait_again_for_an_issuer_that_is_down(idp: Idp, clock: Clock) -> None:
    made = await started(idp, clock, jwks=f"{idp.url}/jwks")
    idp.answers["/jwks"] = (500, {}, {})
    clock.now += 1000
    await call(made, idp.issue(exp=int(clock.now) + 100))
    clock.now += 31
    idp.gate = asyncio.Event()  # never opens: the next fetch hangs
    async with asyncio.timeout(4):
        assert await call(made, idp.issue(sub="bob", exp=int(clock.now) + 100)) == Caller("bob")


async def test_a_verdict_is_remembered_without_looking_at_the_keys(idp: Idp, clock: Clock) -> None:
    made = await started(idp, clock)
    token = idp.issue()
    first = await call(made, token)
    assert await call(made, token) is first


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


async def test_a_request_without_token_is_told_where_to_get_one(idp: Idp) -> None:
    made = await started(idp, scopes=("mcp:call",))
    with pytest.raises(Challenge) as caught:
        await made({}, Context(request_id="r1"))
    assert caught.value.status == 401
    assert caught.value.header == (
        'Bearer resource_metadata="https://mcp.bank.example/.well-known/oauth-protected-resource/mcp", scope="mcp:call"'
    )


async def test_an_invalid_token_is_called_so(idp: Idp) -> None:
    problem = await refused(await started(idp), idp.issue(aud="x"))
    assert problem.header == (
        'Bearer resource_metadata="https://mcp.bank.example/.well-known/oauth-protected-resource/mcp", '
        'error="invalid_token", error_description="the access token is for another audience"'
    )


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


async def test_a_dead_key_set_stops_the_start(idp: Idp) -> None:
    await idp.stop()
    assert "cannot be reached" in await located(unstarted(settings(idp)), "issuer")


async def test_metadata_of_another_issuer_stops_the_start(idp: Idp) -> None:
    idp.answers[METADATA] = (200, {}, {"issuer": "https://evil.example", "jwks_uri": f"{idp.url}/jwks"})
    assert "another issuer" in await located(unstarted(settings(idp)), "issuer")
    assert idp.counts["/jwks"] == 0


async def test_metadata_cannot_lead_to_an_address_inside(idp: Idp) -> None:
    idp.answers[METADATA] = (200, {}, {"issuer": idp.url, "jwks_uri": "http://169.254.169.254/latest/meta-data"})
    assert "not https" in await located(unstarted(settings(idp)), "issuer")


async def test_a_key_set_that_redirects_is_refused(idp: Idp) -> None:
    idp.answers["/jwks"] = (302, {"location": f"{idp.url}/elsewhere"}, {})
    assert "redirects" in await located(unstarted(settings(idp, jwks=f"{idp.url}/jwks")), "jwks")
    assert idp.counts["/elsewhere"] == 0


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


async def test_a_key_of_another_kind_does_not_serve_an_algorithm(idp: Idp) -> None:
    idp.keys["rsa"] = RSAKey.generate_key(2048, private=True)
    made = await started(idp)
    await refused(made, forged(idp, {"alg": "ES256", "kid": "rsa"}, b""))


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


async def test_the_iam_principal_is_the_caller() -> None:
    rules = Authenticate(iam=True, caller=Claims(tenant="account", groups="role"))
    made = Authenticator(Settings(authenticate=rules))
    await made.start()
    caller = await made({"authorization": "Bearer x"}, Context(request_id="r1", principal=SESSION))
    assert caller == Caller(SESSION, "123456789012", ("proxy",))
    for principal in ("", "x", "arn:aws:iam", "anonymous"):
        with pytest.raises(Challenge):
            await made({}, Context(request_id="r1", principal=principal))


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


async def test_a_server_behind_without_settings_answers_nobody() -> None:
    with pytest.raises(Challenge):
        await Authenticator(Settings(mode="behind"))({}, Context(request_id="r1", principal=ROLE))


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
