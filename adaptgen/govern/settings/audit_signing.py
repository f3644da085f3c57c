"""Signatures of checkpoints: with the public key, anyone can verify that a trail is what the server wrote.

The MACs of the lines bind them to each other, but anyone who can check a MAC can also make one. A checkpoint is signed
in addition, with Ed25519 (RFC 8032) or by a key in AWS KMS that never leaves it, over its line up to the signature. Its
``prev`` is the MAC of the previous line, so one signature vouches for the whole chain so far.

Where no key for it is configured, a key is derived from the key of the trail. Such a signature proves no more than the
MAC does; a server that others can reach says so when it starts.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn, Protocol

from adaptgen.diagnostics import error
from adaptgen.govern.settings.model import Settings
from adaptgen.model.frozen import lazy
from adaptgen.runtime.core.seals import base64url

FORGED = "has a signature that is not the key's"

_SIGNED = re.compile(rb',"signer":"([0-9a-f]{16})","sig":"([A-Za-z0-9_-]{64,400})"\}\Z')
_PEM = lazy(r"-----BEGIN PUBLIC KEY-----.+?-----END PUBLIC KEY-----", re.S)


class SigningError(Exception):
    """Nothing was signed. The text holds nothing of what was to be signed, and nothing of the key."""


class Signer(Protocol):
    """Signs checkpoints. ``id``: 16 hexadecimal digits, of the SHA-256 of the public key."""

    @property
    def id(self) -> str: ...

    def sign(self, text: bytes) -> bytes:
        """The signature of ``text``; SigningError where none could be made."""


class Ed25519Signer:
    """Signs with a private key in this process."""

    def __init__(self, private: Any) -> None:
        """``private``: an ``Ed25519PrivateKey`` of cryptography."""
        self._private = private
        self.id = key_id(private.public_key())

    def __repr__(self) -> str:
        return f"Ed25519Signer({self.id})"

    def sign(self, text: bytes) -> bytes:
        signature: bytes = self._private.sign(text)
        return signature


class KmsSigner:
    """Signs by AWS KMS (``Sign``): one request a checkpoint, with Ed25519 where the key has it, else with ECDSA."""

    _ALGORITHMS = ("ED25519_SHA_512", "ECDSA_SHA_256")

    def __init__(self, key: str, region: str = "", endpoint: str = "") -> None:
        """Fetch the public key. ``key``: its id, alias or ARN. ``region`` and ``endpoint``: "" for what the environment
        says. SigningError where KMS cannot be reached or the key cannot sign. Blocks, as signing does."""
        self._key = key
        self._place = (region, endpoint)
        answer = self._ask("GetPublicKey", {"KeyId": key})
        offered = answer.get("SigningAlgorithms") or ()
        fitting = [name for name in self._ALGORITHMS if name in offered]
        if not fitting:
            raise SigningError(f"the key signs with none of {', '.join(self._ALGORITHMS)}")
        self._algorithm = fitting[0]
        self.id = key_id(_loaded(_bytes(answer.get("PublicKey"))))

    def _ask(self, operation: str, parameters: Mapping[str, str]) -> Mapping[str, Any]:
        from adaptgen.runtime.aws.background import shared_api, wait
        from adaptgen.runtime.aws.errors import AwsError, failure

        try:
            kms = shared_api("kms", *self._place)
            return wait(lambda: kms.call(operation, parameters))
        except AwsError as problem:
            raise SigningError(f"KMS does not sign: {failure(problem)}") from None

    def sign(self, text: bytes) -> bytes:
        message = base64.b64encode(text).decode("ascii")
        parameters = {"Message": message, "MessageType": "RAW", "SigningAlgorithm": self._algorithm}
        return _bytes(self._ask("Sign", {"KeyId": self._key, **parameters}).get("Signature"))


def _bytes(text: object) -> bytes:
    """Bytes in an answer of KMS; SigningError where they are missing."""
    try:
        return base64.b64decode(str(text or ""), validate=True) if text else _missing()
    except binascii.Error:
        return _missing()


def _missing() -> NoReturn:
    raise SigningError("KMS does not sign: the answer cannot be read")


def signed(body: bytes, signer: Signer) -> bytes:
    """A JSON object with the signature over itself as its last members; SigningError where it could not be signed."""
    signature = base64url(signer.sign(body)).encode()
    return b"".join((body[:-1], b',"signer":"', signer.id.encode(), b'","sig":"', signature, b'"}'))


def check(body: bytes, keys: Mapping[str, Any]) -> str | None:
    """Why a line (without its MAC) is not signed by one of ``keys`` (id -> public key); None where it is."""
    found = _SIGNED.search(body[-600:])
    if found is None:
        return "is not signed"
    key = keys.get(found[1].decode())
    if key is None:
        return "is signed with a key that was not given"
    from cryptography.exceptions import InvalidSignature

    try:
        signature = base64.urlsafe_b64decode(found[2] + b"=" * (-len(found[2]) % 4))
        _verify(key, signature, body[: -len(found[0])] + b"}")
    except (InvalidSignature, binascii.Error, ValueError):
        return FORGED
    return None


def _verify(key: Any, signature: bytes, text: bytes) -> None:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    if isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, text, ec.ECDSA(hashes.SHA256()))
    else:
        key.verify(signature, text)


def derived_signer(seed: bytes) -> Ed25519Signer:
    """A signer from 32 bytes."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519Signer(Ed25519PrivateKey.from_private_bytes(seed))


def ed25519_signer(text: str) -> Ed25519Signer:
    """The signer of ``keys.checkpoints``, an Ed25519 private key in PEM or JWK; ValueError, without any of it, for
    others."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    if text.startswith("{"):
        return derived_signer(_jwk(text))
    loaded = private_pem(text)
    if not isinstance(loaded, Ed25519PrivateKey):
        raise ValueError("not an Ed25519 key")
    return Ed25519Signer(loaded)


def private_pem(text: str) -> Any:
    """A private key in PEM; ValueError, without any of it, for anything else."""
    from cryptography.hazmat.primitives import serialization

    try:
        return serialization.load_pem_private_key(text.encode(), None)
    except Exception as why:  # what the backend raises depends on what the text is; it may quote it
        raise ValueError(f"not a private key in PEM without a password ({type(why).__name__})") from None


def _jwk(text: str) -> bytes:
    """The private bytes of an OKP key (RFC 8037, 2)."""
    try:
        key = json.loads(text)
        if key.get("kty") != "OKP" or key.get("crv") != "Ed25519":
            raise ValueError
        seed = base64.b64decode(key["d"] + "=" * (-len(key["d"]) % 4), altchars=b"-_", validate=True)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ValueError("not a private Ed25519 key as a JWK") from None
    if len(seed) != 32:
        raise ValueError("not a private Ed25519 key as a JWK")
    return seed


def public_keys(text: str) -> dict[str, Any]:
    """Public keys (id -> key) from PEM, one or several.

    Raises:
        ValueError: none is found, or one is neither Ed25519 nor EC.
    """
    found = {}
    for pem in _PEM.findall(text):
        key = _loaded(pem.encode())
        found[key_id(key)] = key
    if not found:
        raise ValueError("no public key in PEM (-----BEGIN PUBLIC KEY-----)")
    return found


def derived_keys(seeds: Iterable[bytes]) -> dict[str, Any]:
    """The public keys (id -> key) of :func:`derived_signer`."""
    return {key_id(key): key for key in (derived_signer(seed)._private.public_key() for seed in seeds)}


def key_id(public: Any) -> str:
    """16 hexadecimal digits of the SHA-256 of a public key's SubjectPublicKeyInfo (RFC 5280, 4.1)."""
    from cryptography.hazmat.primitives import serialization

    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return hashlib.sha256(public.public_bytes(serialization.Encoding.DER, form)).hexdigest()[:16]


def _loaded(data: bytes) -> Any:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

    try:
        pem = data.startswith(b"-----")
        key = serialization.load_pem_public_key(data) if pem else serialization.load_der_public_key(data)
    except Exception as why:
        raise ValueError(f"not a public key ({type(why).__name__})") from None
    if not isinstance(key, (ed25519.Ed25519PublicKey, ec.EllipticCurvePublicKey)):
        raise ValueError("neither an Ed25519 nor an EC key")
    return key


async def checkpoint_signer(settings: Settings, private: str | None) -> Signer | None:
    """The signer that the settings describe; None where they leave it to the trail. ``private``: the resolved
    ``keys.checkpoints``; references in ``settings.audit`` are resolved.

    Raises:
        AdaptgenError: AG077, the key in KMS cannot be used.
    """
    if settings.audit is not None and settings.audit.kms_key:
        try:
            return await asyncio.to_thread(KmsSigner, settings.audit.kms_key)
        except (SigningError, ValueError) as why:
            help = "name an asymmetric key for SIGN_VERIFY, and allow kms:GetPublicKey and kms:Sign"
            raise error("AG077", f"audit.kms_key: {why}", settings.where("audit", "kms_key"), help) from None
    return ed25519_signer(private) if private else None
