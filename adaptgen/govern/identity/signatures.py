"""Public keys of JWK Sets (RFC 7517) and the signatures of tokens under them (RFC 7515, 7518, 8037, 9864).

Verifying only, and only with public keys: nothing here knows ``none`` or a shared secret. The operations are those of
``cryptography``; of a library for JWT a start would load ten times as much.
"""

from __future__ import annotations

import binascii
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import orjson

KINDS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), ("RSA", ())),
    "ES256": ("EC", ("P-256",)),
    "ES384": ("EC", ("P-384",)),
    "ES512": ("EC", ("P-521",)),
    "EdDSA": ("OKP", ("Ed25519", "Ed448")),
    "Ed25519": ("OKP", ("Ed25519",)),
}
"""Asymmetric signature algorithms -> the type of key and the curves that fit them."""
ALGORITHMS: Final = frozenset(KINDS)
_MEMBERS: Final = {"RSA": ("e", "kty", "n"), "EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x")}
"""What makes a public key, in the order of its thumbprint (RFC 7638, 3.2; RFC 8037, 2)."""
_RSA_BITS: Final = range(2048, 16_385)
_TO_STANDARD: Final = bytes.maketrans(b"-_", b"+/")
_ALPHABET: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@dataclass(frozen=True, slots=True, eq=False)
class PublicKey:
    """``kid`` and ``alg``: as its set says, "" for nothing. ``thumbprint``: of RFC 7638, the same for the same key."""

    kid: str | None
    alg: str | None
    type: Literal["RSA", "EC", "OKP"]
    curve: str
    thumbprint: bytes
    key: Any

    def fits(self, algorithm: str) -> bool:
        """Whether it is one for that algorithm, by its type and by what its set says that it is for."""
        kind, curves = KINDS[algorithm]
        named = self.alg in (None, algorithm, "EdDSA" if kind == "OKP" else None)
        return named and self.type == kind and (not curves or self.curve in curves)

    def verifies(self, algorithm: str, message: bytes, signature: bytes) -> bool:
        """Whether ``signature`` is one of ``message`` under this key. ``algorithm``: one that it fits."""
        from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

        if not self.fits(algorithm):
            return False
        try:
            _VERIFY[self.type](self.key, algorithm, message, signature)
        except (InvalidSignature, UnsupportedAlgorithm, ValueError):
            return False
        return True


def public_key(data: Mapping[str, Any]) -> PublicKey:
    """The public key of a JWK, whose private members are not read; ValueError where it is not one that can verify."""
    kind = data.get("kty")
    if not isinstance(kind, str) or kind not in _MEMBERS:
        raise ValueError("another type of key")
    used = {name: data[name] for name in (*_MEMBERS[kind], "kid", "alg") if name in data}
    if not all(isinstance(value, str) for value in used.values()) or not used.keys() >= set(_MEMBERS[kind]):
        raise ValueError("not a public key")
    from cryptography.exceptions import UnsupportedAlgorithm

    curve = used.get("crv", "") if kind != "RSA" else ""
    try:
        key = _LOAD[kind](used)
    except UnsupportedAlgorithm:  # of the OpenSSL that is there
        raise ValueError("not a key that can be used here") from None
    canonical = orjson.dumps({name: used[name] for name in _MEMBERS[kind]})
    thumbprint = hashlib.sha256(canonical).digest()
    return PublicKey(used.get("kid"), used.get("alg"), kind, curve, thumbprint, key)  # type: ignore[arg-type]


def decode(text: str | bytes) -> bytes:
    """The bytes of base64url without padding (RFC 7515, 2); ValueError for anything else."""
    data = text.encode("ascii") if isinstance(text, str) else text
    standard = data.translate(_TO_STANDARD) + b"=" * (-len(data) % 4)
    found = binascii.a2b_base64(standard) if _ALPHABET.issuperset(data) else b""
    # One text for the same bytes, so that nobody can write a token in another way.
    if binascii.b2a_base64(found, newline=False) != standard:
        raise ValueError("not base64url")
    return found


# ----------------------------------------------------------------------------------------------------- types of keys


def _number(text: str) -> int:
    """An unsigned number (RFC 7518, 2); some who publish keys pad them."""
    return int.from_bytes(decode(text.rstrip("=")), "big")


def _load_rsa(data: Mapping[str, str]) -> Any:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

    modulus, exponent = _number(data["n"]), _number(data["e"])
    if modulus.bit_length() not in _RSA_BITS:
        raise ValueError("too short, or too long")
    return RSAPublicNumbers(exponent, modulus).public_key()


def _load_ec(data: Mapping[str, str]) -> Any:
    from cryptography.hazmat.primitives.asymmetric import ec

    curves: dict[str, Any] = {"P-256": ec.SECP256R1, "P-384": ec.SECP384R1, "P-521": ec.SECP521R1}
    curve = curves.get(data["crv"])
    if curve is None:
        raise ValueError("another curve")
    # Refuses a point that is not on the curve.
    return ec.EllipticCurvePublicNumbers(_number(data["x"]), _number(data["y"]), curve()).public_key()


def _load_okp(data: Mapping[str, str]) -> Any:
    if data["crv"] == "Ed25519":
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        return Ed25519PublicKey.from_public_bytes(decode(data["x"]))
    if data["crv"] == "Ed448":
        from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PublicKey

        return Ed448PublicKey.from_public_bytes(decode(data["x"]))
    raise ValueError("another curve")


def _hash(algorithm: str) -> Any:
    from cryptography.hazmat.primitives import hashes

    kinds: dict[str, Any] = {"256": hashes.SHA256, "384": hashes.SHA384, "512": hashes.SHA512}
    return kinds[algorithm[-3:]]()


def _verify_rsa(key: Any, algorithm: str, message: bytes, signature: bytes) -> None:
    from cryptography.hazmat.primitives.asymmetric import padding

    used = _hash(algorithm)
    if algorithm.startswith("PS"):  # the salt is as long as the hash (RFC 7518, 3.5)
        key.verify(signature, message, padding.PSS(padding.MGF1(used), used.digest_size), used)
    else:
        key.verify(signature, message, padding.PKCS1v15(), used)


def _verify_ec(key: Any, algorithm: str, message: bytes, signature: bytes) -> None:
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    size = (key.curve.key_size + 7) // 8
    if len(signature) != 2 * size:  # both halves, whole (RFC 7518, 3.4)
        raise ValueError("another length")
    halves = (int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big"))
    key.verify(encode_dss_signature(*halves), message, ECDSA(_hash(algorithm)))


def _verify_okp(key: Any, algorithm: str, message: bytes, signature: bytes) -> None:
    key.verify(signature, message)


_LOAD: Final[Mapping[str, Callable[[Mapping[str, str]], Any]]] = {"RSA": _load_rsa, "EC": _load_ec, "OKP": _load_okp}
_VERIFY: Final[Mapping[str, Callable[[Any, str, bytes, bytes], None]]] = {
    "RSA": _verify_rsa,
    "EC": _verify_ec,
    "OKP": _verify_okp,
}
