"""Values that travel through clients and browsers: nobody else can read or change them, and they end by themselves."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import secrets
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import orjson

from adaptgen.model.tables import Json

_NONCE: Final = 12
KEY_SIZE: Final = 32
"""Bytes of a key."""
LONGEST: Final = 64 * 1024
"""Characters of a sealed text that is looked at."""


def base64url(data: bytes) -> str:
    """base64url without padding, as JOSE and PKCE have it (RFC 4648, 5; RFC 7636, A)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Seals:
    """Seals and opens. ``keys``, 32 bytes each: the first one seals, each of them opens. AES-SIV (RFC 5297) with a
    random nonce; ``purpose`` is authenticated, so that a code is never taken for a token."""

    def __init__(self, keys: Sequence[bytes], *, clock: Callable[[], float] = time.time) -> None:
        self._keys = tuple(keys)
        self._clock = clock
        self._made: list[Any] = []

    def __repr__(self) -> str:
        return "Seals()"

    def seal(self, purpose: str, value: Mapping[str, Json], seconds: float, *, bound: bytes = b"") -> str:
        """``value`` as text of base64url without padding, which opens for ``seconds``, with the same ``purpose`` and
        ``bound`` only. Member ``exp`` is set: seconds since the epoch."""
        body = orjson.dumps({**value, "exp": int(self._clock() + seconds)})
        nonce = secrets.token_bytes(_NONCE)
        sealed = self._ciphers()[0].encrypt(body, [purpose.encode(), bound, nonce])
        return base64url(nonce + sealed)

    def open(self, purpose: str, text: str, *, bound: bytes = b"") -> dict[str, Json] | None:
        """What was sealed; None where it was not sealed here for this, was changed, or is over."""
        from cryptography.exceptions import InvalidTag

        if len(text) > LONGEST or not text.isascii():
            return None
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        if base64url(raw) != text:
            return None  # one text only for each value: others would be used once more
        nonce, sealed = raw[:_NONCE], raw[_NONCE:]
        if len(sealed) < 17:
            return None
        for cipher in self._ciphers():
            with suppress(InvalidTag):
                value: dict[str, Json] = orjson.loads(cipher.decrypt(sealed, [purpose.encode(), bound, nonce]))
                ends = value.get("exp")
                return value if isinstance(ends, int) and ends > self._clock() else None
        return None

    def within(self, secret: str) -> Seals:
        """Seals whose keys take ``secret`` as well: who has the keys of the settings and what was sealed, but not the
        secret that only a client carries, reads nothing."""
        text = secret.encode()
        keys = [
            hashlib.blake2b(text, key=one, digest_size=32, person=b"adaptgen within").digest() for one in self._keys
        ]
        return Seals(keys, clock=self._clock)

    def name(self, purpose: str, text: str) -> str:
        """A name for ``text`` in the shared state: 32 hex digits, which do not show the text without the key.
        It is the same in every process that has the same first key."""
        return self.names(purpose, text)[0]

    def names(self, purpose: str, text: str) -> tuple[str, ...]:
        """The names for ``text`` with each of the keys, :meth:`name` first: what must not be forgotten while keys are
        replaced is kept under all of them."""
        said = f"{purpose}\0{text}".encode()
        keys = [hashlib.blake2b(one, person=b"adaptgen name").digest() for one in self._keys]
        return tuple(hashlib.blake2b(said, key=one, digest_size=16).hexdigest() for one in keys)

    def _ciphers(self) -> list[Any]:
        if not self._made:
            from cryptography.hazmat.primitives.ciphers.aead import AESSIV

            self._made = [
                AESSIV(hashlib.blake2b(one, digest_size=64, person=b"adaptgen seal").digest()) for one in self._keys
            ]
        return self._made


def read_or_make_key(path: Path) -> bytes:
    """The key of 32 random bytes in a file (mode 0600), made at first use. OSError: it cannot be read or made."""
    key = read_key_file(path)
    if len(key) != KEY_SIZE:
        _place(path, secrets.token_bytes(KEY_SIZE))
        key = read_key_file(path)
    return key


def read_key_file(path: Path) -> bytes:
    """The key in a file, b"" without a file. OSError: it cannot be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def _place(path: Path, key: bytes) -> None:
    """Whole or not at all: another process may make the same file at the same moment; the first one stays."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-")  # mkstemp makes it 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(key)
        if len(read_key_file(path)) == KEY_SIZE:
            return
        path.unlink(missing_ok=True)
        try:
            os.link(name, path)
        except FileExistsError:
            pass
    finally:
        Path(name).unlink(missing_ok=True)
