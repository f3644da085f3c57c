"""The keys of governance: looked up at start, random where only this machine can reach the server; never shown."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from adaptgen.diagnostics import AdaptgenError, Diagnostic, Where, error
from adaptgen.govern.settings.audit_signing import ed25519_signer, private_pem
from adaptgen.govern.settings.key_files import REFERENCE, read_key_file
from adaptgen.govern.settings.model import SECRECY, Settings
from adaptgen.govern.settings.references import look_up
from adaptgen.model.frozen import lazy
from adaptgen.runtime.aws.credentials import Credentials
from adaptgen.syntax.templates import references_in

_Key = TypeVar("_Key", bytes, str)

SIZE = 32
"""Bytes of a symmetric key."""

_SOME = 8
"""A random key of 32 bytes holds fewer different bytes than this with a probability below 2^-150."""

_NEW_ES256 = "openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt"
_NEW_ED25519 = "openssl genpkey -algorithm ed25519"

_OTHER_CURVE = "not a key on the curve P-256, which ES256 needs"

_HEX = lazy(r"[0-9A-Fa-f]{64}")
_BASE64 = lazy(r"[A-Za-z0-9+/_-]{43}=?")


@dataclass(frozen=True, slots=True, repr=False)
class KeyRing:
    """Keys by their ids: ``current`` seals, every one of ``all`` opens. ``padded``: those whose tokens reveal the
    length of a value in steps of 16 bytes only."""

    current: str
    all: Mapping[str, bytes]
    padded: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        return f"Ring(current={self.current!r}, ids={sorted(self.all)})"


@dataclass(frozen=True, slots=True, repr=False)
class KeyMaterial:
    """The keys that the settings use, 32 bytes each; ``handover`` is a private ES256 key, and
    ``checkpoints`` a private Ed25519 key, as PEM or JWK text.

    ``ephemeral`` names the keys that are random and end with the process.
    """

    tokens: KeyRing | None = None
    surrogates: bytes | None = None
    cursors: bytes | None = None
    handover: str | None = None
    audit: bytes | None = None
    checkpoints: str | None = None
    pins: bytes | None = None
    ephemeral: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Material(ephemeral={self.ephemeral})"


async def material(
    settings: Settings, credentials: Credentials, *, ephemeral: KeyMaterial | None = None
) -> KeyMaterial:
    """The keys of ``settings``; those that it uses and does not name are random, or those of ``ephemeral``.

    Whether random keys suffice is for :func:`adaptgen.govern.settings.load.check_target` to say.

    Raises:
        AdaptgenError: AG071 for a reference without a value, AG073 for an invalid key; all at once, each at its
            place, without any part of its value.
    """
    reader = _Reader(settings, credentials)
    given = settings.keys
    credentials.begin(references_in(given))

    async def key(template: str, *at: str) -> bytes | None:
        return await reader.key(template, symmetric, "32 random bytes: openssl rand -base64 32", *at)

    tokens = None
    if given.tokens is not None:
        found = {name: await key(one, "tokens", "all", name) for name, one in given.tokens.all.items()}
        known = {name: key for name, key in found.items() if key is not None}
        tokens = KeyRing(given.tokens.current, known, frozenset(given.tokens.padded))
    surrogates = await key(given.surrogates, "surrogates")
    cursors = await key(given.cursors, "cursors")
    audit = await key(given.audit, "audit")
    pins = await key(given.pins, "pins")
    handover = await reader.key(given.handover, _es256_key, _NEW_ES256, "handover")
    checkpoints = await reader.key(given.checkpoints, _ed25519_key, _NEW_ED25519, "checkpoints")
    if reader.found:
        raise AdaptgenError(*reader.found)
    random = tuple(name for name in _used(settings) if not getattr(given, name))
    before = ephemeral if ephemeral is not None else KeyMaterial()
    kept = {name: getattr(before, name) for name in random if name in before.ephemeral}
    if "tokens" in random:
        tokens = kept.get("tokens") or KeyRing("k1", {"k1": os.urandom(SIZE)}, frozenset({"k1"}))
    if "cursors" in random:
        cursors = kept.get("cursors") or os.urandom(SIZE)
    if "audit" in random:
        audit = kept.get("audit") or os.urandom(SIZE)
    if "handover" in random:
        handover = kept.get("handover") or _new_private()
    return KeyMaterial(tokens, surrogates, cursors, handover, audit, checkpoints, pins, random)


def _used(settings: Settings) -> list[str]:
    """The keys that may be random. What a random surrogate key wrote into an API could never be read again."""
    used = []
    if settings.mode != "behind" and settings.tokenize is not None and settings.tokenize.direction == "model":
        used.append("tokens")
    if settings.mode != "proxy":
        used.append("cursors")
    elif any(one.handover for one in settings.upstreams.values()):
        used.append("handover")
    if settings.audit is not None and settings.audit.sink != "none":
        used.append("audit")
    return used


def pin_keys(material: KeyMaterial) -> list[bytes]:
    """The keys that authenticate pins, those that sign first; none where no key outlives the process."""
    return _derived(material, ("pins", "audit", "tokens", "surrogates", "handover", "cursors"), b"adaptgen pins")


def session_keys(material: KeyMaterial) -> list[bytes]:
    """The keys that seal MCP sessions, the one that seals first; none where no key outlives the process. A session
    belongs to its caller, whose token is asked for besides: without a key for secrecy, another key of the settings
    does."""
    return _secrecy(material, b"adaptgen sessions") or _derived(
        material, ("surrogates", "audit", "pins"), b"adaptgen sessions"
    )


def jwks_keys(material: KeyMaterial) -> list[bytes]:
    """The keys that authenticate key sets of issuers in the state, the one that writes first; none where no key
    outlives the process."""
    return _derived(material, ("audit", "cursors", "tokens", "handover", "surrogates", "pins"), b"adaptgen key sets")


def web_keys(material: KeyMaterial) -> list[bytes]:
    """The keys that seal what clients and browsers of the authorization server carry (codes, tokens, cookies, links),
    the one that seals first; none where no such key outlives the process. Whoever has one of them can be anybody."""
    return _secrecy(material, b"adaptgen web")


def once_keys(material: KeyMaterial) -> list[bytes]:
    """The keys under which a write is noted that is done once, the one that seals first; none where no key outlives the
    process. They are all of them: whichever key is replaced, the write must not be done again."""
    return _derived(material, ("tokens", "cursors", "audit", "handover", "surrogates", "pins"), b"adaptgen web")


def _secrecy(material: KeyMaterial, purpose: bytes) -> list[bytes]:
    """Keys derived from one key of the settings, and its earlier ones: the first of :data:`SECRECY` that lasts. Not
    from others as well: each of them would open everything, also for those who have it to verify a trail."""
    found = (_derived(material, (name,), purpose) for name in SECRECY)
    return next(filter(None, found), [])


def _derived(material: KeyMaterial, names: tuple[str, ...], purpose: bytes) -> list[bytes]:
    """A key of each lasting one, derived so that it is good for nothing but ``purpose``."""
    secrets: list[bytes] = []
    for name in names:
        key = getattr(material, name)
        if key is None or name in material.ephemeral:
            continue
        if isinstance(key, KeyRing):
            secrets += [key.all[key.current], *(one for id, one in sorted(key.all.items()) if id != key.current)]
        else:
            secrets.append(key.encode() if isinstance(key, str) else key)
    # Two names in the settings may be one key.
    return [hmac.digest(secret, purpose, "sha256") for secret in dict.fromkeys(secrets)]


class _Reader:
    def __init__(self, settings: Settings, credentials: Credentials) -> None:
        self.settings = settings
        self.credentials = credentials
        self.found: list[Diagnostic] = []

    async def text(self, template: str, *at: str) -> str:
        """The value of a template; "" where it is missing, which is reported."""
        try:
            if file := REFERENCE.fullmatch(template):
                return self._file(file[1], self.settings.where("keys", *at))
            return (await look_up(self.settings, ("keys", *at), template, self.credentials)).strip()
        except AdaptgenError as problem:
            self.found += problem.diagnostics
            return ""

    def _file(self, name: str, where: Where | None) -> str:
        folder = self.settings.folder
        if folder is None and not Path(name).is_absolute():
            raise error("AG071", f"these settings have no folder in which {name} could be", where, "an absolute path")
        return read_key_file((folder or Path()) / name, where).strip()

    async def key(self, template: str, parse: Callable[[str], _Key], help: str, *at: str) -> _Key | None:
        """The key that ``parse`` reads from the value of a template; None where it is missing, which is reported."""
        text = await self.text(template, *at) if template else ""
        try:
            return parse(text) if text else None
        except ValueError as why:
            message = f"{'.'.join(('keys', *at))}: {why}"
            self.found.append(Diagnostic("AG073", message, self.settings.where("keys", *at), help))
            return None


def key_files(settings: Settings) -> dict[Path, str]:
    """The key files that the settings name -> which key each holds (``tokens``, ``cursors``, …)."""
    given = settings.keys
    named = [(name, getattr(given, name)) for name in (*_SYMMETRIC, *_NEW)]
    named += [("tokens", one) for one in (given.tokens.all.values() if given.tokens is not None else ())]
    found = [(name, REFERENCE.fullmatch(template)) for name, template in named]
    return {(settings.folder or Path()) / file[1]: name for name, file in found if file}


def new_key(name: str) -> str:
    """A new key of the kind that ``keys.NAME`` takes, as text for a key file."""
    return _NEW.get(name, _new_symmetric)().strip() + "\n"


def check_key(name: str, text: str) -> None:
    """ValueError, without any part of it, where ``text`` is not a key of the kind that ``keys.NAME`` takes."""
    parse: Callable[[str], object] = {"handover": _es256_key, "checkpoints": _ed25519_key}.get(name, symmetric)
    parse(text.strip())


def symmetric(text: str) -> bytes:
    """A key of 32 bytes from base64, base64url or hex; ValueError, without any part of it, for anything else."""
    text = text.strip()
    key = b""
    if _HEX.fullmatch(text):
        key = bytes.fromhex(text)
    else:
        try:
            plain = text.rstrip("=").replace("-", "+").replace("_", "/")
            key = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
        except (binascii.Error, ValueError):
            raise ValueError("it is neither base64 nor hex") from None
        if len(key) < SIZE:
            raise ValueError(f"it is too short: {len(key)} bytes, and {SIZE} are needed") from None
        if len(key) > SIZE or not _BASE64.fullmatch(text):
            raise ValueError(f"it is not the base64 or hex of {SIZE} bytes")
    if len(set(key)) < _SOME:
        raise ValueError("it is not random")
    return key


def _new_private() -> str:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    made = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return made.decode()


def _new_ed25519() -> str:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    made = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return made.decode()


def _new_symmetric() -> str:
    return base64.b64encode(os.urandom(SIZE)).decode()


_SYMMETRIC = ("surrogates", "cursors", "audit", "pins")
_NEW: Mapping[str, Callable[[], str]] = {"handover": _new_private, "checkpoints": _new_ed25519}
"""The keys that are pairs of keys -> what makes one."""


def _es256_key(text: str) -> str:
    """``text``, a private key for ES256 (RFC 7518, 3.4: ECDSA on P-256); ValueError, without any part of it, for
    others."""
    if text.startswith("{"):
        try:
            key = json.loads(text)
        except ValueError:
            raise ValueError("not a JWK") from None
        if key.get("kty") != "EC" or key.get("crv") != "P-256":
            raise ValueError(_OTHER_CURVE)
        if not all(isinstance(key.get(name), str) for name in ("x", "y", "d")):
            raise ValueError("not a private key")
        return text
    from cryptography.hazmat.primitives.asymmetric import ec

    loaded = private_pem(text)
    if not isinstance(loaded, ec.EllipticCurvePrivateKey) or not isinstance(loaded.curve, ec.SECP256R1):
        raise ValueError(_OTHER_CURVE)
    return text


def _ed25519_key(text: str) -> str:
    ed25519_signer(text)
    return text
