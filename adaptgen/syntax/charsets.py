"""The text of an answer whose charset is declared in several places, in one of them wrongly, or nowhere."""

from __future__ import annotations

import codecs
import re
from typing import Final

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins like that of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LATIN: Final = frozenset({"ascii", "iso8859-1", "cp1252"})
"""Names under which systems send windows-1252 (WHATWG Encoding, 4.2)."""
_NOT_ON_THE_WIRE: Final = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"})
"""Codecs of Python that APIs do not send, and UTF-7, which hides markup."""
_HEAD: Final = 1024
"""Bytes in which HTML declares its charset (WHATWG HTML, 13.2.3.2)."""
_DECLARATION: Final = (
    rb"""\A\s*<\?xml[^>]{0,200}?\sencoding\s*=\s*["']([\w.:-]{1,40})["']"""
    rb"""|<meta\s[^>]{0,200}?charset\s*=\s*["']?([\w.:-]{1,40})"""
)


def decode(content: bytes, content_type: str = "", *, cut: bool = False) -> str:
    """``content`` as text: by its byte order mark, the charset of ``content_type`` (RFC 9110, 8.3.2), the declaration
    of XML or HTML, as UTF-8, or as windows-1252, which is what systems that declare nothing else write.

    No byte is replaced: what a declared charset of several bytes does not hold is shown as ``\\xNN``. ``cut``: more
    bytes follow, so the last character may be incomplete.
    """
    for mark, name in _MARKS:
        if content.startswith(mark):
            return content[len(mark) :].decode(name, "backslashreplace")
    declared = _codec(parameter(content_type, "charset")) or _codec(_in_markup(content))
    if declared is not None and declared not in _LATIN:
        text = _strict(content, declared, cut)
        if text is not None:
            return text
    if declared not in ("iso8859-1", "cp1252"):
        text = _strict(content, "utf-8", cut)
        if text is not None:
            return text
    if declared is not None and declared not in ("utf-8", *_LATIN):
        return content.decode(declared, "backslashreplace")
    return _strict(content, "cp1252", cut) or content.decode("latin-1")


def parameter(content_type: str, name: str) -> str:
    """A parameter of a media type (RFC 9110, 8.3.1), "" where it is not there."""
    for text in content_type.split(";")[1:]:
        key, _, value = text.partition("=")
        if key.strip().lower() == name:
            return value.strip().strip("\"'")
    return ""


def _codec(label: str) -> str | None:
    """The name of the codec for a charset; None for an unknown one."""
    try:
        name = codecs.lookup(label).name if label else ""
        "".encode(name or "undefined")  # codecs between bytes are no charsets
    except (LookupError, UnicodeError, ValueError):
        return None
    return None if name in _NOT_ON_THE_WIRE else name


def _in_markup(content: bytes) -> str:
    head = content[:_HEAD]
    if not head.lstrip().startswith(b"<"):
        return ""
    match = re.search(_DECLARATION, head, re.IGNORECASE)
    return (match[1] or match[2]).decode("ascii", "ignore") if match is not None else ""


def _strict(content: bytes, codec: str, cut: bool) -> str | None:
    try:
        return codecs.getincrementaldecoder(codec)().decode(content, final=not cut)
    except (LookupError, UnicodeError):  # a codec that reads no pieces
        return None
