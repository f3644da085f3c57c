"""Sealed cursors: where a list goes on, readable by this server only and bound to the call that it continues.

AES-SIV (RFC 5297) with the tool, its contract, the caller and the arguments as associated data; a moment of expiry
inside. Four short keyed marks in front say which of those four differs, so that the agent knows what to change;
they decide nothing: a cursor that opens is authentic as a whole.

A cursor is written in letters alone. Base64 would now and then hold what looks like a telephone or an identity number,
or a short name between two dashes; anyone who searches answers for personal data would put a token in its place.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import string
import time
import zlib
from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import Any, Final

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from adaptgen.mcp.json_text import loads_exact
from adaptgen.model.frozen import value
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.http.parameters import to_json

KEY_VARIABLE: Final = "ADAPTGEN_CURSOR_KEY"
LIFETIME: Final = 24 * 3600.0
"""Seconds that a cursor can be used."""

_VERSION: Final = b"\x01"
_MARKS: Final = 4
_SHORTEST: Final = 1 + _MARKS + 16 + 6 + 1
"""Bytes of a cursor with a state of one byte: version, marks, tag, expiry and form."""
_LONGEST: Final = 64 * 1024
_LETTERS: Final = string.ascii_letters
_VALUES: Final = {letter: value for value, letter in enumerate(_LETTERS)}
_BLOCK: Final = 7
_LENGTHS: Final = (0, 2, 3, 5, 6, 8, 9, 10)
"""Letters that as many bytes take: 52 to the tenth is just above 256 to the seventh."""
_AGAIN: Final = "or leave `cursor` out to start from the beginning."
_UNREADABLE: Final = f"The cursor cannot be read. Pass `next_cursor` of the previous answer exactly as it was, {_AGAIN}"
_OTHER: Final = (
    "The tool has changed since this cursor was given. Leave `cursor` out to start from the beginning.",
    f"This cursor belongs to another tool. Use it with the tool that gave it, {_AGAIN}",
    "This cursor cannot be used here. Leave `cursor` out to start from the beginning.",
    "This cursor continues a call with other arguments. Repeat the arguments of that call exactly (only `limit` and "
    f"`fields` may change), {_AGAIN}",
)


class KeyFormatError(ValueError):
    """The text is not a key of 32 bytes."""


def read_key(environ: Mapping[str, str]) -> bytes:
    """The 32 bytes of ``ADAPTGEN_CURSOR_KEY`` (base64 or hex), or random ones for this process.

    Raises:
        KeyFormatError: the variable holds something else; the message does not repeat it.
    """
    text = environ.get(KEY_VARIABLE, "").strip()
    if not text:
        return os.urandom(32)
    for read in (bytes.fromhex, _base64):
        try:
            key = read(text)
        except (ValueError, binascii.Error):
            continue
        if len(key) == 32:
            return key
    raise KeyFormatError(f"{KEY_VARIABLE} must be 32 bytes in base64 or hex")


def _base64(text: str) -> bytes:
    plain = text.replace("-", "+").replace("_", "/").rstrip("=")
    return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)


@value()
class Bound:
    """What a cursor is bound to. ``arguments``: as the tool receives them, without cursor, fields and limit."""

    tool: str
    contract: str
    caller: str
    arguments: bytes

    def parts(self) -> list[bytes]:
        """The associated data, the order of the messages that name them."""
        return [self.contract.encode(), self.tool.encode(), self.caller.encode(), self.arguments]


def bind(tool: str, contract: str, caller: str, arguments: Mapping[str, Any]) -> Bound:
    """The binding of a call; the order of arguments and arguments that are null make no difference."""
    given = {name: value for name, value in arguments.items() if value is not None}
    try:
        canonical = orjson.dumps(given, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        canonical = json.dumps(given, sort_keys=True, separators=(",", ":")).encode()
    return Bound(tool, contract, caller, canonical)


class CursorBox:
    """Seals and opens the states of lists with one key of 32 bytes. ``clock`` returns seconds since the epoch."""

    def __init__(self, key: bytes, *, lifetime: float = LIFETIME, clock: Callable[[], float] = time.time) -> None:
        if len(key) < 32:
            raise KeyFormatError("a cursor key has 32 bytes")
        self._siv = AESSIV(blake2b(key, digest_size=64, person=b"adaptgen cursor").digest())
        self._hash_key = blake2b(key, digest_size=32, person=b"adaptgen anchor").digest()
        self._lifetime = lifetime
        self._clock = clock

    def digest(self, data: bytes, size: int) -> bytes:
        """A keyed hash of ``size`` bytes, the same for the same key."""
        return blake2b(data, key=self._hash_key, digest_size=size).digest()

    def seal(self, state: Any, to: Bound) -> str:
        """The cursor of ``state``, a JSON value."""
        body = to_json(state)
        packed = zlib.compress(body, 9)
        plain = b"z" + packed if len(packed) < len(body) else b"j" + body
        ends = int(self._clock() + self._lifetime).to_bytes(5, "big")
        parts = to.parts()
        sealed = self._siv.encrypt(ends + plain, [_VERSION, *parts])
        return _written(_VERSION + self._marks(parts) + sealed)

    def open(self, cursor: str, to: Bound) -> Any:
        """The state in ``cursor``.

        Raises:
            ToolError: it was changed, has expired, or belongs to another call; the text says what to do.
        """
        data = _read(cursor.strip())
        if len(data) < _SHORTEST or data[:1] != _VERSION:
            raise ToolError(_UNREADABLE)
        parts = to.parts()
        marks, expected = data[1 : 1 + _MARKS], self._marks(parts)
        if marks != expected:
            differing = [position for position in range(_MARKS) if marks[position] != expected[position]]
            raise ToolError(_UNREADABLE if len(differing) == _MARKS else self._why(differing))
        try:
            plain = self._siv.decrypt(data[1 + _MARKS :], [_VERSION, *parts])
        except InvalidTag:
            raise ToolError(_UNREADABLE) from None
        if int.from_bytes(plain[:5], "big") < self._clock():
            raise ToolError("The cursor has expired. Leave `cursor` out to start from the beginning.")
        # A token of the API may be a number of more than 64 bits.
        body = zlib.decompress(plain[6:]) if plain[5:6] == b"z" else plain[6:]
        return loads_exact(body.decode())

    @staticmethod
    def _why(differing: list[int]) -> str:
        """Another tool has another contract and other arguments too, so the widest difference is named."""
        for position in (2, 1, 0, 3):
            if position in differing:
                return _OTHER[position]
        return _UNREADABLE

    def _marks(self, parts: list[bytes]) -> bytes:
        return b"".join(self.digest(bytes([position]) + part, 1) for position, part in enumerate(parts))


def _written(data: bytes) -> str:
    """``data`` in letters: each block a number to the base 52, its lowest digit first."""
    letters: list[str] = []
    for at in range(0, len(data), _BLOCK):
        block = data[at : at + _BLOCK]
        number = int.from_bytes(block, "big")
        for _ in range(_LENGTHS[len(block)]):
            number, value = divmod(number, 52)
            letters.append(_LETTERS[value])
    return "".join(letters)


def _read(text: str) -> bytes:
    """What was written; b"" where it cannot have been. One text for each value, so a changed one never reads alike."""
    data: list[bytes] = []
    try:
        for at in range(0, min(len(text), _LONGEST + 1), 10):
            block = text[at : at + 10]
            number = 0
            for letter in reversed(block):
                number = number * 52 + _VALUES[letter]
            data.append(number.to_bytes(_LENGTHS.index(len(block)), "big"))
    except (KeyError, ValueError, OverflowError):
        return b""
    return b"".join(data) if len(text) <= _LONGEST else b""
