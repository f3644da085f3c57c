"""Whatever comes as a token: a caller or a challenge, and nothing else."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import ECKey

from adaptgen.govern.identity.authenticator import TYPES, Authenticator
from adaptgen.govern.identity.identity_assertion import fingerprint
from adaptgen.govern.identity.jwks import KeySet
from adaptgen.govern.identity.jwt import Verifier
from adaptgen.govern.settings.model import Authenticate, Claims, Settings
from adaptgen.mcp.protocol import Challenge, Context
from adaptgen.model.tables import Caller

KEY = ECKey.generate_key("P-256", private=True)
ISSUER, AUDIENCE = "https://idp.example", "https://mcp.bank.example/mcp"
RULES = Authenticate(
    issuer=ISSUER, audience=(AUDIENCE,), caller=Claims(tenant="org.id", groups="groups", keep=("a", "b.c"))
)

scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(max_size=20)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=10,
)
names = st.sampled_from(["iss", "aud", "sub", "exp", "nbf", "iat", "org", "groups", "scope", "scp", "a", "b"])


def keyed() -> Authenticator:
    """An authenticator whose keys are at hand."""
    made = Authenticator(Settings(authenticate=RULES))
    made._verifier = Verifier(KeySet(KEY.as_dict(private=False)), algorithms=RULES.algorithms, types=TYPES)
    return made


def outcome(made: Authenticator, token: str) -> Caller | None:
    async def call() -> Caller | None:
        try:
            return await made({"authorization": f"Bearer {token}"}, Context(request_id="r1"))
        except Challenge as refused:
            headers.append(refused.header)
            return None

    headers: list[str] = []
    caller = asyncio.run(call())
    assert all(one.isascii() and one.isprintable() for one in headers)
    return caller


def encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


@given(changes=st.dictionaries(names, values, max_size=6))
@settings(max_examples=200, deadline=None)
def test_signed_claims_of_any_shape_give_a_caller_or_a_challenge(changes: dict[str, Any]) -> None:
    good = {"iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "exp": time.time() + 60, "org": {"id": "acme"}}
    payload = orjson.dumps({**good, **changes})
    caller = outcome(keyed(), jws.serialize_compact({"alg": "ES256"}, payload, KEY))
    if caller is not None:
        assert caller.sub
        assert caller.sub.isprintable()
        assert all(one and one.isprintable() for one in caller.groups)
    if not changes:
        assert caller == Caller("alice", "acme")


header_names = st.sampled_from(["alg", "kid", "typ", "crit", "b64", "jwk", "jku", "x5c", "x5u", "cty", "zip", "x"])


@given(
    header=st.dictionaries(header_names, values, max_size=5), payload=st.binary(max_size=30), end=st.text(max_size=9)
)
@settings(max_examples=200, deadline=None)
def test_headers_of_any_shape_are_refused_without_a_signature(header: dict[str, Any], payload: bytes, end: str) -> None:
    head = encoded(json.dumps({"alg": "ES256", **header}).encode())
    assert outcome(keyed(), f"{head}.{encoded(payload)}.{end}") is None


@given(token=st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_text_is_refused(token: str) -> None:
    assert outcome(keyed(), token) is None


@pytest.mark.parametrize("at", range(3))
def test_a_token_with_any_part_changed_is_refused(at: int) -> None:
    claims = orjson.dumps({"iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "exp": time.time() + 60, "org": {"id": "x"}})
    parts = jws.serialize_compact({"alg": "ES256"}, claims, KEY).split(".")
    for n in range(len(parts[at])):
        other = "A" if parts[at][n] != "A" else "B"
        changed = [*parts]
        changed[at] = parts[at][:n] + other + parts[at][n + 1 :]
        assert outcome(keyed(), ".".join(changed)) is None


# ------------------------------------------------------------------------------------------------------- handover

arguments = st.dictionaries(st.text(max_size=8), values, max_size=5)


def shuffled(value: Any) -> Any:
    """The same JSON with every object's keys in the opposite order."""
    if isinstance(value, dict):
        return {key: shuffled(value[key]) for key in reversed(value)}
    return [shuffled(one) for one in value] if isinstance(value, list) else value


@given(params=arguments)
def test_the_fingerprint_survives_the_wire_and_any_order_of_keys(params: dict[str, Any]) -> None:
    known = fingerprint("tools/call", params)
    assert fingerprint("tools/call", json.loads(json.dumps(params))) == known
    assert fingerprint("tools/call", orjson.loads(orjson.dumps(params))) == known
    assert fingerprint("tools/call", shuffled(params)) == known
    assert fingerprint("tools/call", {**params, "_meta": {"x": 1}}) == fingerprint("tools/call", params | {"_meta": {}})
