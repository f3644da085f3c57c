"""PII tokens: ``tok_<kind>_<key id><base32>``, in small letters, so that neither case nor markdown harms them.

A *sealed* token holds its value, encrypted with AES-SIV (RFC 5297): the same value has the same token in one scope,
and a token that was changed, or that belongs to another scope or kind, does not open. In the *padded* form, which the
tokens of some keys have, its length reveals that of the value in steps of 16 bytes, and it may end with an epoch. A
*short* token is a handle of an entry in the vault. Values are kept as they are: a token restores exactly the value
that it was made from.
"""

from __future__ import annotations

import base64
import binascii
import re
import time
from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache
from hashlib import blake2b
from typing import Final, Literal, TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from adaptgen.govern.settings.keys import KeyRing
from adaptgen.govern.settings.model import KINDS
from adaptgen.model.frozen import lazy, value
from adaptgen.model.tables import Caller
from adaptgen.runtime.pii.tagged_values import HANDLE, HEAD, KEY_WIDTH, SEAL, canonical, padded_size

Scoped: TypeAlias = Literal["tenant", "server", "caller"]

ID: Final = 10
"""Characters of a token that stand for it in the audit: its last ones. They say nothing about the value."""

_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz234567"
_LETTERS: Final = _ALPHABET.encode() + bytes(256 - len(_ALPHABET))
_AT_ONCE: Final = 640
"""Bytes that become base32 at once: whole groups of 5, few enough that their number is handled fast."""
_PLAIN_ID = lazy(rf"[a-z0-9]{{{KEY_WIDTH}}}")
_NUMBER: Final = b"number"
_PADDED: Final = b"padded"
"""What binds a token in the padded form, so that it is never taken for one of the other."""
_SEPARATOR: Final = r"(?:\\{0,2}_|%5[Ff])"


_SCHEME: Final = lazy(r"(?i)mailto:|tel:|&[lg]t;|&quot;|&#39;")


class MalformedToken(Exception):
    """What looks like a token does not open: changed, cut, of another scope, or under a key that is gone."""


class Expired(MalformedToken):
    """A token whose time is over; it was one of this scope."""


@value()
class DecodedToken:
    """The value of a token. ``number``: it was a number in JSON."""

    kind: str
    text: str
    number: bool = False


@value()
class TokenMatch:
    """A token, or what looks like one, in ``text[start:end]``. ``body``: key id and base32, in small letters."""

    start: int
    end: int
    kind: str
    body: str

    @property
    def id(self) -> str:
        """What the audit calls it."""
        return self.body[-ID:]


@lru_cache(maxsize=4096)
def scope(of: Scoped, tenant: str, sub: str, server: str) -> bytes:
    """With whom a token can be used: the associated data that binds it. Lengths keep the parts apart."""
    parts = [of, tenant]
    if of == "server":
        parts.append(server)
    elif of == "caller":
        parts.append(sub)
    return b"".join(b"%d:%s" % (len(part), part) for part in (one.encode("utf-8", "surrogatepass") for one in parts))


def scope_of(of: Scoped, caller: Caller, server: str) -> bytes:
    return scope(of, caller.tenant, caller.sub, server)


def base32(data: bytes) -> str:
    """Base32 (RFC 4648, 6) in small letters without padding."""
    if len(data) > _AT_ONCE:
        return "".join([base32(data[at : at + _AT_ONCE]) for at in range(0, len(data), _AT_ONCE)])
    padding, characters, steps = _spreading(len(data))
    number = int.from_bytes(data, "big") << padding
    for low, high, shift in steps:
        number = (number & low) | ((number & high) << shift)
    return number.to_bytes(characters, "big").translate(_LETTERS).decode()


@cache
def _spreading(size: int) -> tuple[int, int, tuple[tuple[int, int, int], ...]]:
    """How ``size`` bytes become groups of 5 bits in a byte each: the bits to add, the groups, and for each step what
    stays, what moves and by how much. Halves move apart, then quarters, until every group has its byte: a number as a
    whole in a few operations."""
    characters = -(-size * 8 // 5)
    block = width = 1 << max(0, characters - 1).bit_length()
    steps: list[tuple[int, int, int]] = []
    while block > 1:
        half = block // 2
        low = high = 0
        for at in range(0, width * 8, block * 8):
            low |= ((1 << half * 5) - 1) << at
            high |= ((1 << half * 5) - 1) << (at + half * 5)
        steps.append((low, high, half * 3))
        block = half
    return characters * 5 - size * 8, characters, tuple(steps)


def unbase32(text: str) -> bytes:
    """The bytes of :func:`base32`; MalformedToken unless ``text`` is exactly what those bytes are written as."""
    try:
        data = base64.b32decode(text.upper() + "=" * (-len(text) % 8))
    except (binascii.Error, ValueError):
        raise MalformedToken from None
    if base32(data) != text:
        raise MalformedToken
    return data


class Tokens:
    """Seals and opens, with the keys of ``ring``. ``kinds``: those of the settings; others of the vocabulary are
    recognised too."""

    def __init__(
        self, ring: KeyRing, kinds: Iterable[str], *, epoch: float = 0.0, clock: Callable[[], float] = time.time
    ) -> None:
        """``epoch``: seconds for which a value keeps its token, and after which, at the latest, it ends; 0 for ever."""
        known = sorted({canonical(one) for one in (*kinds, *KINDS)}, key=len, reverse=True)
        names = "|".join(one.replace("_", _SEPARATOR) for one in known)
        self._pattern = re.compile(f"(?i)tok{_SEPARATOR}({names}){_SEPARATOR}([a-z0-9]+)")
        self._known = frozenset(known)
        self._keys: dict[str, list[_Key]] = {}
        for name, secret in ring.all.items():
            self._keys.setdefault(_tag(name), []).append(_Key(secret))
        self._tag = _tag(ring.current)
        self._current = _Key(ring.all[ring.current])
        self._epoch = epoch
        self._clock = clock
        self.padded = ring.current in ring.padded or epoch > 0
        """Whether tokens are made in the padded form. Both forms open under every key."""

    def seal(self, scope: bytes, kind: str, text: str, number: bool = False) -> str:
        """The sealed token of a value. ``kind`` is canonical, ``text`` not empty."""
        given = text.encode("utf-8", "surrogatepass")
        if self.padded:
            ends = self._ends() if self._epoch else 0
            sealed = self._current.siv.encrypt(_padded(given, number, ends), [scope, kind.encode(), _PADDED])
            return f"tok_{kind}_{self._tag}{base32(sealed)}"
        bound = [scope, kind.encode(), _NUMBER] if number else [scope, kind.encode()]
        sealed = self._current.siv.encrypt(given, bound)
        return f"tok_{kind}_{self._tag}{base32(sealed)}"

    def handle(self, scope: bytes, kind: str, text: str, number: bool = False) -> tuple[str, bytes]:
        """The short token of a value, and the sealed value for the vault."""
        given = text.encode("utf-8", "surrogatepass")
        bound = [scope, kind.encode(), _NUMBER if number else b""]
        named = b"".join(b"%d:%s" % (len(part), part) for part in (*bound, given))
        name = blake2b(named, key=self._current.names, digest_size=HANDLE).digest()
        sealed = self._current.siv.encrypt(b"%d" % number + given, [b"vault", scope, kind.encode(), name])
        return f"tok_{kind}_{self._tag}{base32(name)}", sealed

    def open(self, scope: bytes, found: TokenMatch) -> DecodedToken:
        """The value of a sealed token; MalformedToken where it does not open here, Expired where its time is over."""
        data = unbase32(found.body[KEY_WIDTH:])
        if len(data) <= SEAL:
            raise MalformedToken
        kind = found.kind.encode()
        padded, plainly = [scope, kind, _PADDED], ([scope, kind], [scope, kind, _NUMBER])
        forms = (padded, *plainly) if self.padded else (*plainly, padded)
        for key in self._keys.get(found.body[:KEY_WIDTH], ()):
            for bound in forms:
                try:
                    plain = key.siv.decrypt(data, bound)
                except InvalidTag:
                    continue
                if bound is padded:
                    return self._opened(found.kind, plain)
                return DecodedToken(found.kind, plain.decode("utf-8", "surrogatepass"), len(bound) == 3)
        raise MalformedToken

    def _ends(self) -> int:
        """When a token that is made now ends, in seconds since 1970: with the epoch after this one; 0 for never."""
        return int((self._clock() // self._epoch + 2) * self._epoch) if self._epoch else 0

    def _opened(self, kind: str, plain: bytes) -> DecodedToken:
        number, ends = plain[0] == 1, int.from_bytes(plain[1:HEAD], "big")
        if ends and ends <= self._clock():
            raise Expired
        value = plain[HEAD:].rstrip(b"\0")[:-1]
        return DecodedToken(kind, value.decode("utf-8", "surrogatepass"), number)

    def unwrap(self, scope: bytes, found: TokenMatch, sealed: bytes) -> DecodedToken:
        """The value of a short token from its entry in the vault; MalformedToken for the entry of another token or
        scope."""
        name = unbase32(found.body[KEY_WIDTH:])
        for key in self._keys.get(found.body[:KEY_WIDTH], ()):
            try:
                plain = key.siv.decrypt(sealed, [b"vault", scope, found.kind.encode(), name])
            except InvalidTag:
                continue
            return DecodedToken(found.kind, plain[1:].decode("utf-8", "surrogatepass"), plain[:1] == b"1")
        raise MalformedToken

    def find(self, text: str) -> Iterator[TokenMatch]:
        """Everything in ``text`` that looks like a token, wrapped in markdown or not."""
        for match in self._pattern.finditer(text):
            kind = re.sub(_SEPARATOR, "_", match[1]).lower()
            yield TokenMatch(match.start(), match.end(), kind, match[2].lower())

    def sub(self, replacement: str, text: str) -> str:
        """``text`` with every token replaced."""
        return self._pattern.sub(replacement, text)

    def whole(self, text: str) -> TokenMatch | None:
        """The token that ``text`` is."""
        if text[:4] != "tok_" or (match := self._pattern.fullmatch(text)) is None:
            return None
        return TokenMatch(0, len(text), match[1].lower(), match[2].lower())

    def alone(self, text: str) -> TokenMatch | None:
        """The one token in ``text``, however often it is wrapped and repeated; None where there is more."""
        found = list(self.find(text)) if len(text) > 5 else []
        if len({(one.kind, one.body) for one in found}) != 1:
            return None
        return None if any(map(str.isalnum, _SCHEME.sub("", self.sub("", text)))) else found[0]

    def kind_of(self, text: str) -> str | None:
        """The kind of the token that ``text`` is."""
        found = self.alone(text)
        return found.kind if found is not None else None

    @staticmethod
    def is_short(found: TokenMatch) -> bool:
        """Whether it is a handle of the vault, by its length."""
        return len(found.body) == KEY_WIDTH + HANDLE * 8 // 5


class _Key:
    """What is derived from one key of 32 bytes (HKDF, RFC 5869)."""

    __slots__ = ("names", "siv")

    def __init__(self, secret: bytes) -> None:
        self.siv = AESSIV(derived(secret, b"adaptgen pii tokens", 64))
        self.names = derived(secret, b"adaptgen pii handles", 32)


def _padded(value: bytes, number: bool, ends: int) -> bytes:
    """A value with its head, padded in whole steps (ISO/IEC 7816-4)."""
    plain = b"%c%b%b\x80" % (number, ends.to_bytes(HEAD - 1, "big"), value)
    return plain.ljust(padded_size(len(value)), b"\0")


def derived(secret: bytes, purpose: bytes, size: int) -> bytes:
    """``size`` bytes for one purpose from a key (HKDF, RFC 5869)."""
    return HKDF(algorithm=SHA512(), length=size, salt=None, info=purpose).derive(secret)


def _tag(name: str) -> str:
    """A key id in fixed width: itself where it fits, else a part of its hash; several keys may share one."""
    if _PLAIN_ID.fullmatch(name):
        return name
    return base32(blake2b(name.encode(), digest_size=2).digest())[:KEY_WIDTH]
