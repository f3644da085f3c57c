"""The keys of governance: decoded or refused at their place without a word of them, random where nothing is named."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from adaptgen.diagnostics import AdaptgenError, Where
from adaptgen.govern.settings.keys import material
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


async def test_no_representation_shows_a_key() -> None:
    text = "keys: {tokens: {current: k1, all: {k1: '${env:K}'}}, cursors: '${env:K}'}\n"
    found = await material(settings(text), Credentials({"K": KEY.hex()}))
    assert found.tokens is not None
    assert repr(found.tokens) == "Ring(current='k1', ids=['k1'])"
    assert repr(found) == "Material(ephemeral=())"


async def test_random_keys_outlive_a_change_of_the_settings() -> None:
    first = await material(settings("tokenize: {kinds: email}\n"), Credentials({}))
    text = "tokenize: {kinds: phone}\nkeys: {cursors: '${env:C}'}\n"
    later = await material(settings(text), Credentials({"C": OTHER.hex()}), ephemeral=first)
    assert later.tokens == first.tokens
    assert later.cursors == OTHER
    assert later.ephemeral == ("tokens",)


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
