"""Bytes to text: encodings, byte order marks and control characters. What had to be repaired is said (AG006)."""

from __future__ import annotations

import bisect
import re
from dataclasses import dataclass, field

from adaptgen.diagnostics import AdaptgenError, Diagnostic, Where, error
from adaptgen.model.frozen import lazy
from adaptgen.text.files import MAX_BYTES, too_large

LONG_LINE = 500
"""Characters of a line from which on a column alone does not help a person to find the place: minified JSON."""


@dataclass(frozen=True)
class Limits:
    """What a text may cost. ``depth``: collections inside of one another; every later stage walks them by recursion.
    ``expanded``: nodes that aliases may add to those that are written ("billion laughs").
    """

    depth: int = 200
    expanded: int = 500_000


DOCUMENT = Limits()
"""The limits of a description of an API, and of what people write for a build."""

_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe\x00\x00", "utf-32"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))

# Neither YAML 1.2 (section 5.1, c-printable) nor JSON (RFC 8259, section 7) lets these stand in a text. U+0085, next
# line, is printable in YAML 1.2. Surrogates come from bytes that are no UTF-8 (PEP 383).
_FORBIDDEN = lazy("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass
class SourceText:
    """A file as text, and what was repaired to get it. ``exact``: nothing is repaired; what would be is an error."""

    text: str
    file: str
    diagnostics: list[Diagnostic] = field(default_factory=list)
    limits: Limits = DOCUMENT
    exact: bool = False
    ends: list[int] | None = field(default=None, repr=False)  # the line breaks, once someone asks for a line

    def where(self, offset: int) -> Where:
        """The line and column of a character, both from 1."""
        if self.ends is None:
            self.ends = [match.start() for match in re.finditer("\n", self.text)]
        line = bisect.bisect_left(self.ends, offset)
        return Where(self.file, line + 1, offset - (self.ends[line - 1] if line else -1))

    def has_long_line(self, offset: int) -> bool:
        """Whether the line of a character is longer than :data:`LONG_LINE`."""
        line = self.where(offset).line
        ends = self.ends or []
        end = ends[line - 1] if line <= len(ends) else len(self.text)
        return end - (ends[line - 2] if line > 1 else -1) - 1 > LONG_LINE

    def repaired(self, problem: str, reading: str, where: Where, help: str = "") -> None:
        """Report ``problem`` and how it was read (AG006); in a text that is read exactly it is an AdaptgenError
        (AG002)."""
        if self.exact:
            raise error("AG002", problem, where, help)
        self.diagnostics.append(Diagnostic("AG006", problem + reading, where, help, "warning"))


def decode_exactly(data: bytes, file: str, max_bytes: int, limits: Limits) -> SourceText:
    """The text of a file that is UTF-8 (else AG002), not too large (AG005), and of which nothing is repaired."""
    if len(data) > max_bytes:
        raise too_large(len(data), file, max_bytes)
    try:
        return SourceText(data.decode("utf-8-sig"), file, limits=limits, exact=True)
    except UnicodeDecodeError as broken:
        line = data.count(b"\n", 0, broken.start) + 1
        raise error("AG002", "the text is not UTF-8", Where(file, line, 1), "save it as UTF-8") from None


def decode(data: bytes, file: str) -> SourceText:
    """The text of a file: UTF-8, or UTF-16 and UTF-32 with a byte order mark.

    Bytes that are not UTF-8 and C1 control characters are what is left of Windows-1252 (a typographic quote, a dash)
    and are read as such. Other control characters become U+FFFD.

    Raises:
        AdaptgenError: AG005 if the file is too large, AG002 if it is empty or no text.
    """
    if len(data) > MAX_BYTES:
        raise too_large(len(data), file)
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    if encoding == "utf-8":
        text = data.decode("utf-8", "surrogateescape").removeprefix("\ufeff")
    else:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError as broken:
            raise error(
                "AG002", f"the text is not {encoding.upper()}, as its first bytes say: {broken}", Where(file)
            ) from None
    if not text or text.isspace():
        raise error("AG002", "the file is empty", Where(file), "put the document there, or delete the file")
    result = SourceText(text.replace("\r\n", "\n"), file)
    forbidden = [match.start() for match in _FORBIDDEN.finditer(result.text)]
    if not forbidden:
        return result
    if "\x00" in result.text[:1024]:
        raise _binary(data, file)
    kinds = sorted({_name(result.text[at]) for at in forbidden})
    result.text = _FORBIDDEN.sub(_repair, result.text)
    count = "1 character" if len(forbidden) == 1 else f"{len(forbidden)} characters"
    shown = ", ".join(kinds[:4]) + (", …" if len(kinds) > 4 else "")
    problem = f"{count} that a text may not hold ({shown})"
    result.repaired(problem, " were replaced", result.where(forbidden[0]), "save the file as UTF-8")
    return result


_BINARY = {b"PK\x03\x04": "a ZIP archive", b"\x1f\x8b": "a gzip archive", b"%PDF": "a PDF file", b"\x89PNG": "an image"}


def _binary(data: bytes, file: str) -> AdaptgenError:
    head = data[:512]
    if head.count(0) * 3 > len(head) and not any(head[0 if head[0] == 0 else 1 :: 2].strip(b"\0")):
        help = "save it as UTF-8"
        return error("AG002", "the text is UTF-16 without a byte order mark", Where(file), help)
    what = next((name for begin, name in _BINARY.items() if data.startswith(begin)), "binary, not text")
    help = "take the document out of it" if "archive" in what else "name the file of the document: YAML or JSON"
    return error("AG002", f"the file is {what}", Where(file), help)


def _name(char: str) -> str:
    code = ord(char)
    return f"byte {code - 0xDC00:#04x}" if 0xDC80 <= code <= 0xDCFF else f"U+{code:04X}"


def _repair(match: re.Match[str]) -> str:
    code = ord(match[0])
    byte = code - 0xDC00 if 0xDC80 <= code <= 0xDCFF else code
    if 0x80 <= byte <= 0xFF:
        return bytes([byte]).decode("cp1252", "replace")
    return "\ufffd"
