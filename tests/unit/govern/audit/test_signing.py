"""Signatures of checkpoints: made with Ed25519 or by KMS, and checked with the public key alone."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from support import aws
from support.services import Service

from adaptgen.govern.audit.sinks import FileSink
from adaptgen.govern.audit.trail import AuditError, AuditLog
from adaptgen.govern.settings import audit_signing
from adaptgen.govern.settings.audit_signing import KmsSigner, SigningError, check, ed25519_signer, public_keys, signed

BODY = b'{"event":"checkpoint","seq":4}'


def pem(key: Any) -> str:
    form = serialization.PrivateFormat.PKCS8
    return str(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode())


def public_pem(key: Any) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return str(key.public_key().public_bytes(serialization.Encoding.PEM, form).decode())


KEY = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def test_a_jwk_is_the_same_key() -> None:
    seed = base64.urlsafe_b64encode(bytes(range(32))).rstrip(b"=").decode()
    jwk = json.dumps({"kty": "OKP", "crv": "Ed25519", "d": seed, "x": "unused"})
    assert ed25519_signer(jwk).id == ed25519_signer(pem(KEY)).id


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hunter2",
        pem(ec.generate_private_key(ec.SECP256R1())),
        public_pem(KEY),
        '{"kty": "OKP", "crv": "Ed25519", "d": "AAAA"}',
        '{"kty": "OKP", "crv": "X25519", "d": "AAAA"}',
        '{"kty": "OKP", "crv": "Ed25519"}',
        '["OKP"]',
    ],
)
def test_what_is_not_a_private_ed25519_key_is_refused_without_a_part_of_it(text: str) -> None:
    with pytest.raises(ValueError, match=r"^not a") as refused:
        ed25519_signer(text)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (BODY, "is not signed"),
        (signed(BODY, ed25519_signer(pem(KEY))).replace(b'"seq":4', b'"seq":5'), audit_signing.FORGED),
        (signed(BODY, audit_signing.derived_signer(bytes(32))), "is signed with a key that was not given"),
    ],
)
def test_what_the_key_did_not_sign_shows(line: bytes, why: str) -> None:
    assert check(line, public_keys(public_pem(KEY))) == why
    assert check(signed(BODY, ed25519_signer(pem(KEY))), public_keys(public_pem(KEY))) is None


def test_public_keys_are_read_from_one_text() -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    assert len(public_keys(public_pem(KEY) + "\n" + public_pem(other))) == 2
    with pytest.raises(ValueError, match="no public key"):
        public_keys(pem(KEY))


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    running = aws.start(tmp_path_factory.mktemp("aws"))
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture
def place(service: Service, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """Region and address of KMS."""
    for name, value in aws.KEYS.items():
        monkeypatch.setenv(name, value)
    return aws.REGION, service.url


def test_kms_signs_and_the_key_stays_there(service: Service, place: tuple[str, str]) -> None:
    kms = aws.client(service, "kms")
    made = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/audit", TargetKeyId=made)
    signer = KmsSigner("alias/audit", *place)
    der = kms.get_public_key(KeyId=made)["PublicKey"]
    text = serialization.load_der_public_key(der).public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    keys = public_keys(text.decode())
    assert list(keys) == [signer.id]
    assert check(signed(BODY, signer), keys) is None
    assert check(signed(BODY, signer).replace(b'"seq":4', b'"seq":5'), keys) == audit_signing.FORGED


def test_a_key_in_kms_that_cannot_sign_is_refused(service: Service, place: tuple[str, str]) -> None:
    kms = aws.client(service, "kms")
    made = kms.create_key()["KeyMetadata"]["KeyId"]
    for name in (made, "alias/nobody"):
        with pytest.raises(SigningError, match=r"^(KMS does not sign|the key signs with none)"):
            KmsSigner(name, *place)


def test_a_trail_that_cannot_be_signed_is_not_written(tmp_path: Path) -> None:
    class Broken:
        id = "0" * 16

        def sign(self, text: bytes) -> bytes:
            raise SigningError("KMS does not sign: ThrottlingException")

    with pytest.raises(AuditError, match="cannot be signed: KMS does not sign: ThrottlingException"):
        AuditLog(bytes(range(32)), FileSink(tmp_path / "audit.jsonl"), signer=Broken())
