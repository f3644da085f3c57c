"""Values in a path: what would lead to another operation than the one that was authorized is refused.

A value is one segment (RFC 3986, 3.3) and is sent percent-encoded. Many servers, and proxies before them, decode a path
before they route it, some of them twice; so what counts is what a value becomes at any depth of decoding. ``/`` and
``\\`` end a segment as soon as anybody decodes. ``;``, ``?`` and ``#`` as they are have their uses (``C#``, ``a;b``)
and are data where they are encoded (RFC 3986, 2.2; Servlet containers take path parameters off before they decode), so
they are refused only where they come out of a second decoding, which no value needs, and next to a dot segment
(``..;``). ``%`` alone, spaces, letters of all scripts, ``@``, ``:``, ``,`` and dots within a word are allowed.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from adaptgen.model.frozen import lazy
from adaptgen.runtime.core.answer import ToolError

_PLAIN: Final = lazy(r"[A-Za-z0-9_~ @:,!$&'()*+=.-]*")
_RUN: Final = lazy(r"(?:%[0-9A-Fa-f]{2})+")
_WIDE: Final = lazy(r"%[uU]([0-9A-Fa-f]{4})")
_OVERLONG: Final = re.compile(rb"[\xc0\xc1][\x80-\xbf]|\xe0[\x80-\x9f][\x80-\xbf]|\xf0[\x80-\x8f][\x80-\xbf]{2}")
"""More bytes than a character needs (RFC 3629, 3): some decoders read ``C0 AF`` as ``/``."""
_ALIKE: Final = {"\u2044": "/", "\u2215": "/", "\u29f8": "/", "\u2216": "\\", "\u29f5": "\\"}
"""What converters to 8-bit character sets read as a separator, besides what NFKC makes of full-width forms."""
SEPARATORS: Final = "/\\;?#"
_DEPTH: Final = 8
_SPLIT: Final = lazy(r"[/\\;]")


class SeparatorError(ToolError):
    """A value that would leave its place in the path. ``hint``: the line of the hints that permits it, for a tool."""

    def __init__(self, text: str, name: str = "", separators: str = "") -> None:
        super().__init__(text)
        self._name = name
        self._separators = separators

    def told(self, tool: str) -> str:
        """The text, with the line of the hints that permits the value."""
        if not self._separators:
            return self.text
        import json

        holds = json.dumps(self._separators)
        name = self._name if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", self._name) else json.dumps(self._name)
        line = f"tools: {{{tool}: {{arguments: {{{name}: {{holds: {holds}}}}}}}}}"
        return f"{self.text} If its values do hold one, the operator of this server writes into hints.yaml: {line}"


def check_path_value(text: str, holds: str, argument: str, name: str) -> None:
    """Refuse a value that would lead to another operation. ``holds``: separators that it may hold; ``name``: the
    parameter's.

    Raises:
        SeparatorError: naming the argument and what it may not hold.
    """
    if _PLAIN.fullmatch(text) and text.strip(" ") not in (".", ".."):
        return
    wanted: list[str] = []
    seen = text
    for depth in range(_DEPTH):
        wanted += _separators(seen, holds, argument, decoded=depth > 0)
        decoded = _decoded(seen, argument)
        if decoded == seen:
            break
        seen = decoded
    else:
        raise SeparatorError(f"Argument `{argument}` is percent-encoded too many times. Give the plain value.")
    if wanted:
        found = dict.fromkeys(wanted)
        listed = " or ".join(f"`{one}`" for one in found)
        form = "" if all(one in text for one in found) else ", in no encoding"
        allowed = "".join(one for one in SEPARATORS if one in holds or one in found)
        raise SeparatorError(
            f"Argument `{argument}` may not hold {listed}{form}: it is one part of the address, and another operation "
            f"could be reached. Nothing was sent. Give the plain value.",
            name,
            allowed,
        )


def _separators(seen: str, holds: str, argument: str, *, decoded: bool) -> list[str]:
    """The separators of a value at one depth that it may not hold."""
    folded = unicodedata.normalize("NFKC", seen)
    alike = "".join(_ALIKE.get(char, char) for char in seen)
    for form in dict.fromkeys((seen, folded, alike)):
        for part in _SPLIT.split(form):
            if part.strip() in (".", ".."):
                raise SeparatorError(
                    f"Argument `{argument}` may not contain `{part.strip()}` as a path segment: it would address "
                    "another resource. Give the plain value."
                )
        if any(unicodedata.category(char) in ("Cc", "Zl", "Zp") for char in form):
            raise SeparatorError(f"Argument `{argument}` contains control characters, which an address cannot have.")
    dangerous = SEPARATORS if decoded else "/\\"
    return [one for one in dangerous if one not in holds and (one in folded or one in alike)]


def _decoded(text: str, argument: str) -> str:
    """``text`` decoded once, as the most lenient server does; a full-width percent sign is one, once normalised."""
    text = text.replace("\uff05", "%").replace("\ufe6a", "%")
    if "%" not in text:
        return text
    wide = _WIDE.sub(lambda found: chr(int(found[1], 16)), text)
    return _RUN.sub(lambda found: _characters(found[0], argument), wide)


def _characters(run: str, argument: str) -> str:
    data = bytes.fromhex(run.replace("%", ""))
    if _OVERLONG.search(data):
        raise SeparatorError(
            f"Argument `{argument}` holds bytes that encode a character in a longer form than it has, which servers "
            "read differently. Give the plain value."
        )
    return data.decode("utf-8", "replace")
