"""The identity that a proxy hands over: accepted once, for one request of one server."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from support.idp import Idp

from adaptgen.diagnostics import AdaptgenError, Where
from adaptgen.govern.identity.identity_assertion import AssertionIssuer, AssertionVerifier, fingerprint
from adaptgen.govern.settings.model import Accept
from adaptgen.mcp.protocol import Challenge, RpcError
from adaptgen.model.tables import Caller
from adaptgen.runtime.store.protocol import Store, StoreError

pytestmark = pytest.mark.asyncio

ALICE = Caller("alice", "acme", ("sales",), {"region": "eu"}, "the-callers-own-token", client="agent-7")
PARAMS = {"name": "get_contact", "arguments": {"id": 7, "note": "é\u2028", "amount": 1.0}}


class Once:
    """The part of a store that matters here: what was added stays."""

    def __init__(self) -> None:
        self.kept: dict[str, float | None] = {}
        self.values: dict[str, bytes] = {}
        self.lost = self.denies = False

    async def add(self, key: str, value: bytes, *, ttl: float | None = None) -> bool:
        if self.lost:
            raise StoreError("the store is away")
        fresh = key not in self.kept
        self.kept[key] = ttl
        if fresh:
            self.values[key] = value
        return fresh and not self.denies

    async def get(self, key: str) -> bytes | None:
        return self.values.get(key)


class Clock:
    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def key() -> ECKey:
    return ECKey.generate_key("P-256", private=True)


@pytest.fixture
def proxy(key: ECKey, clock: Clock) -> AssertionIssuer:
    return AssertionIssuer(key.as_pem(private=True), "proxy", clock=clock)


@pytest.fixture
def store() -> Any:
    return Once()


@pytest_asyncio.fixture
async def server(proxy: AssertionIssuer, store: Store, clock: Clock) -> AssertionVerifier:
    made = AssertionVerifier(Accept(issuer="proxy", audience="crm", jwks=proxy.jwks()), store, clock=clock)
    await made.start()
    return made


async def refused(
    server: AssertionVerifier, token: str, params: Mapping[str, Any] = PARAMS, method: str = "tools/call"
) -> str:
    with pytest.raises(Challenge) as caught:
        await server.open(token, method, params)
    assert caught.value.status == 401
    return caught.value.text


def signed(key: Any, proxy: AssertionIssuer, header: dict[str, Any] | None = None, **more: Any) -> str:
    """A handover like a good one, with these claims and header members changed (None: left out)."""
    now = int(time.time())
    claims = {
        "iss": "proxy",
        "aud": "crm",
        "sub": "alice",
        "iat": now,
        "exp": now + 30,
        "jti": "j" * 20,
        "call": fingerprint("tools/call", PARAMS),
        **more,
    }
    head = {"alg": "ES256", "typ": "adaptgen-handover+jwt", "kid": proxy.jwks()["keys"][0]["kid"], **(header or {})}  # type: ignore[index, call-overload]
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(head, kept, key, algorithms=[head["alg"]])


# -------------------------------------------------------------------------------------------------------- accepted


async def test_params_that_went_over_the_wire_still_fit(proxy: AssertionIssuer, server: AssertionVerifier) -> None:
    params = {**PARAMS, "arguments": {"b": 2**70, "a": [0.1, 1e300, None, "\U0001f600", {"z": 1, "y": -0.0}]}}
    token = proxy.sign(ALICE, "crm", "tools/call", params)
    assert await server.open(token, "tools/call", json.loads(json.dumps(params)))


# --------------------------------------------------------------------------------------------------------- refused


async def test_a_replayed_handover_is_refused(proxy: AssertionIssuer, server: AssertionVerifier) -> None:
    token = proxy.sign(ALICE, "crm", "tools/call", PARAMS)
    await server.open(token, "tools/call", PARAMS)
    assert "used before" in await refused(server, token)


async def test_a_store_that_denies_what_it_has_done_refuses_nobody(
    proxy: AssertionIssuer, server: AssertionVerifier, store: Any
) -> None:
    store.denies = True  # its first answer was lost, and the command was sent again
    token = proxy.sign(ALICE, "crm", "tools/call", PARAMS)
    assert (await server.open(token, "tools/call", PARAMS)).sub == "alice"
    assert "used before" in await refused(server, token)


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": 3600},
        {"exp": None},
        {"iat": None},
        {"iat": 60, "exp": 90},
        {"jti": None},
        {"jti": "short"},
        {"jti": ["j" * 20]},
        {"call": None},
        {"sub": None},
        {"sub": ""},
        {"groups": "admins"},
        {"claims": []},
    ],
)
async def test_a_signed_handover_with_wrong_claims_is_refused(
    key: ECKey, proxy: AssertionIssuer, server: AssertionVerifier, claims: dict[str, Any]
) -> None:
    # Numbers are seconds from now: minutes may lie between the reading of this file and the test.
    now = int(time.time())
    moved = {name: now + one if isinstance(one, int) else one for name, one in claims.items()}
    await refused(server, signed(key, proxy, **moved))


async def test_a_lost_store_lets_nobody_in(proxy: AssertionIssuer, server: AssertionVerifier, store: Any) -> None:
    store.lost = True
    with pytest.raises(RpcError):
        await server.open(proxy.sign(ALICE, "crm", "tools/call", PARAMS), "tools/call", PARAMS)


async def test_before_it_has_keys_a_server_accepts_nobody(proxy: AssertionIssuer, store: Store) -> None:
    made = AssertionVerifier(Accept(issuer="proxy", audience="crm", jwks=proxy.jwks()), store)
    await refused(made, proxy.sign(ALICE, "crm", "tools/call", PARAMS))


# ------------------------------------------------------------------------------------------------------------ keys


@pytest.mark.parametrize("wrong", ["public", "curve", "rsa", "text", "none"])
async def test_another_key_is_refused_without_being_shown(key: ECKey, wrong: str) -> None:
    given: Any = {
        "public": key.as_pem(private=False),
        "curve": ECKey.generate_key("P-384", private=True).as_pem(private=True),
        "rsa": RSAKey.generate_key(2048, private=True).as_pem(private=True),
        "text": "hunter22",
        "none": None,
    }[wrong]
    with pytest.raises(ValueError, match="the handover key is not an ES256 private key") as caught:
        AssertionIssuer(given, "proxy")
    assert caught.value.__cause__ is None


async def test_nothing_of_the_key_is_in_the_repr(proxy: AssertionIssuer, key: ECKey) -> None:
    assert str(key.as_dict(private=True)["d"]) not in repr(proxy)


# ----------------------------------------------------------------------------------------------------------- start


@pytest_asyncio.fixture
async def idp() -> AsyncIterator[Idp]:
    one = Idp()
    await one.start()
    yield one
    await one.stop()


async def test_the_keys_come_from_a_file_beside_the_settings(
    proxy: AssertionIssuer, store: Store, tmp_path: Path
) -> None:
    (tmp_path / "proxy.jwks").write_text(json.dumps(proxy.jwks()))
    server = AssertionVerifier(Accept(issuer="proxy", audience="crm", jwks="proxy.jwks"), store, base=tmp_path)
    await server.start()
    assert await server.open(proxy.sign(ALICE, "crm", "tools/call", PARAMS), "tools/call", PARAMS) == ALICE


async def test_the_keys_come_from_a_url_and_follow_a_rotation(idp: Idp, store: Store, clock: Clock) -> None:
    old = AssertionIssuer(ECKey.generate_key("P-256", private=True), "proxy", clock=clock)
    new = AssertionIssuer(ECKey.generate_key("P-256", private=True), "proxy", clock=clock)
    idp.answers["/jwks"] = (200, {}, old.jwks())
    server = AssertionVerifier(Accept(issuer="proxy", audience="crm", jwks=f"{idp.url}/jwks"), store, clock=clock)
    await server.start()
    assert await server.open(old.sign(ALICE, "crm", "tools/call", PARAMS), "tools/call", PARAMS)
    idp.answers["/jwks"] = (200, {}, new.jwks())
    clock.now += 31
    assert await server.open(new.sign(ALICE, "crm", "tools/call", PARAMS), "tools/call", PARAMS)
    await server.aclose()


@pytest.mark.parametrize(
    "jwks",
    [
        "",
        "absent.jwks",
        "broken.jwks",
        "list.jwks",
        {},
        {"keys": []},
        7,
        "http://10.0.0.1/jwks",
        {"keys": [{"kty": "oct"}]},
    ],
)
async def test_keys_that_cannot_be_used_stop_the_start(store: Store, tmp_path: Path, jwks: Any) -> None:
    (tmp_path / "broken.jwks").write_text("{")
    (tmp_path / "list.jwks").write_text("[]")
    server = AssertionVerifier(
        Accept(issuer="proxy", audience="crm", jwks=jwks),
        store,
        base=tmp_path,
        where=lambda *keys: Where(f"governance.yaml:{'.'.join(keys)}"),
    )
    with pytest.raises(AdaptgenError) as caught:
        await server.start()
    [found] = caught.value.diagnostics
    assert (found.code, str(found.where)) == ("AG074", "governance.yaml:accept.jwks")


@pytest.mark.parametrize("missing", ["issuer", "audience"])
async def test_an_issuer_and_an_audience_are_needed(proxy: AssertionIssuer, store: Store, missing: str) -> None:
    accept = Accept(**{"issuer": "proxy", "audience": "crm", "jwks": proxy.jwks(), missing: ""})
    with pytest.raises(AdaptgenError, match="AG074"):
        await AssertionVerifier(accept, store).start()
