"""The keys of governance: decoded or refused at their place without a word of them, random where nothing is named."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from adaptgen.diagnostics import AdaptgenError, Where
from adaptgen.govern.settings.keys import KeyMaterial, material
from adaptgen.govern.settings.load import parse
from adaptgen.govern.settings.model import Settings
from adaptgen.runtime.aws.credentials import Credentials

pytestmark = pytest.mark.asyncio

KEY = hashlib.sha256(b"one").digest()
OTHER = hashlib.sha256(b"other").digest()


def settings(text: str) -> Settings:
    return parse(f"adaptgen: 1\n{text}".encode(), "g.yaml")


async def refused(text: str, **environ: str) -> list[tuple[str, Where | None, str]]:
    with pytest.raises(AdaptgenError) as caught:
        await material(settings(text), Credentials(environ))
    return [(one.code, one.where, one.message) for one in caught.value.diagnostics]


@pytest.mark.parametrize(
    "text",
    [
        KEY.hex(),
        KEY.hex().upper(),
        base64.b64encode(KEY).decode(),
        base64.b64encode(KEY).decode().rstrip("="),
        base64.urlsafe_b64encode(KEY).decode() + "\n",
    ],
)
async def test_a_key_is_32_bytes_in_hex_or_base64(text: str) -> None:
    assert (await material(settings("keys: {cursors: '${env:C}'}"), Credentials({"C": text}))).cursors == KEY


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("c2hvcnQ", "it is too short: 5 bytes, and 32 are needed"),
        ("not a key at all!", "it is neither base64 nor hex"),
        (base64.b64encode(KEY + b"1").decode(), "it is not the base64 or hex of 32 bytes"),
        ("00" * 32, "it is not random"),
    ],
)
async def test_a_key_that_is_none_is_located_and_not_shown(text: str, why: str) -> None:
    found = await refused("keys:\n  audit: '${env:A}'\n", A=text)
    assert found == [("AG073", Where("g.yaml", 3, 3), f"keys.audit: {why}")]


async def test_every_key_that_cannot_be_had_is_reported_at_once() -> None:
    text = "keys: {tokens: {current: k1, all: {k1: '${env:K1}', k2: '${env:K2}'}}, cursors: '${env:C}'}"
    found = await refused(text, K1="short", C=KEY.hex())
    assert [one[:2] for one in found] == [("AG073", Where("g.yaml", 2, 36)), ("AG071", Where("g.yaml", 2, 53))]
    assert "K2" in found[1][2]


async def test_no_representation_shows_a_key() -> None:
    text = "keys: {tokens: {current: k1, all: {k1: '${env:K}'}}, cursors: '${env:K}'}\n"
    found = await material(settings(text), Credentials({"K": KEY.hex()}))
    assert found.tokens is not None
    assert repr(found.tokens) == "Ring(current='k1', ids=['k1'])"
    assert repr(found) == "Material(ephemeral=())"


async def test_what_the_settings_use_and_do_not_name_is_random_for_one_process() -> None:
    one = settings("tokenize: {kinds: email}\naudit: stderr\n")
    first, second = await material(one, Credentials({})), await material(one, Credentials({}))
    assert first.ephemeral == ("tokens", "cursors", "audit")
    assert first.tokens is not None
    assert second.tokens is not None
    assert first.tokens.all[first.tokens.current] != second.tokens.all[second.tokens.current]
    assert len({first.cursors, second.cursors, first.audit, second.audit}) == 4
    assert (first.surrogates, first.handover) == (None, None)


async def test_random_keys_outlive_a_change_of_the_settings() -> None:
    first = await material(settings("tokenize: {kinds: email}\n"), Credentials({}))
    text = "tokenize: {kinds: phone}\nkeys: {cursors: '${env:C}'}\n"
    later = await material(settings(text), Credentials({"C": OTHER.hex()}), ephemeral=first)
    assert later.tokens == first.tokens
    assert later.cursors == OTHER
    assert later.ephemeral == ("tokens",)


async def test_a_random_key_never_replaces_one_that_was_named() -> None:
    named = KeyMaterial(cursors=KEY)
    found = await material(settings(""), Credentials({}), ephemeral=named)
    assert found.cursors not in (KEY, None)


async def test_a_server_behind_a_proxy_gets_no_random_token_key() -> None:
    text = (
        "mode: behind\naccept: {issuer: i, audience: crm, jwks: https://p.example/jwks}\n"
        "tokenize: {kinds: email}\nkeys: {cursors: '${env:C}'}\n"
    )
    found = await material(settings(text), Credentials({"C": KEY.hex()}))
    assert (found.tokens, found.handover, found.ephemeral) == (None, None, ())


def _pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


HANDOVER = "mode: proxy\nupstreams: {crm: {url: 'https://crm.example/mcp', handover: crm}}\n"


async def test_a_handover_key_is_an_es256_key() -> None:
    text = HANDOVER + "keys: {handover: '${env:H}'}\n"
    pem = _pem(ec.generate_private_key(ec.SECP256R1()))
    jwk = json.dumps({"kty": "EC", "crv": "P-256", "x": "eA", "y": "eQ", "d": "ZA"})
    assert (await material(settings(text), Credentials({"H": pem}))).handover == pem.strip()
    assert (await material(settings(text), Credentials({"H": jwk}))).handover == jwk
    for wrong in (
        _pem(ec.generate_private_key(ec.SECP384R1())),
        _pem(rsa.generate_private_key(public_exponent=65537, key_size=2048)),
        json.dumps({"kty": "EC", "crv": "P-256", "x": "eA", "y": "eQ"}),
        "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----",
    ):
        ((code, where, message),) = await refused(text, H=wrong)
        assert (code, where) == ("AG073", Where("g.yaml", 4, 8))
        assert wrong[30:60] not in message


async def test_a_proxy_without_a_handover_key_makes_one() -> None:
    found = await material(settings(HANDOVER), Credentials({}))
    assert found.handover is not None
    key = serialization.load_pem_private_key(found.handover.encode(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert isinstance(key.curve, ec.SECP256R1)
    assert found.ephemeral == ("handover",)
