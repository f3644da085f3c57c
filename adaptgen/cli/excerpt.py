"""The line that a diagnostic is about, with a caret under the column.

Documents are shown as they are, secrets of a known form aside. Hints, settings, recordings and hand-written code may
hold any secret under any key, also under one that is misspelt: of them the keys are shown, and of the values what can
be no secret or what the message quotes already. Control characters, and others that no terminal shows, are escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, TypeAlias

from adaptgen.diagnostics import AdaptgenError, Diagnostic, Where, count_columns

HIDDEN = "…"
_TAB = 4
"""Columns of a tab."""
_MARGIN = "    | "
_MOST = 40
"""Excerpts of one run: a file may have thousands of errors."""
_AROUND = 20_000
"""Characters before and after the place in which secrets are looked for: longer than any that is known."""
_LESS_THAN = 20
"""Columns that are too few to show anything."""

Reading: TypeAlias = Literal["document", "settings", "policy", "python"]
Piece: TypeAlias = tuple[str, int]
"""What is shown, and the offset in the line of what it stands for."""

_DOCUMENT = re.compile(r"""(?m)^["']?(?:openapi|swagger|swaggerVersion|asyncapi|arazzo|overlay|paths)\b""")
_JSON_DOCUMENT = re.compile(r'(?<!\\)"(?:openapi|swagger|swaggerVersion|asyncapi)"\s*:')
_ABOUT_SETTINGS = re.compile(r"AG0(?:3[0-9]|6[0-9]|7[0-9]|80)")
_NETWORK = ("address inside a network", "host inside a network")
"""What a document is expected to hold: where its API is."""

_DASHES = re.compile(r"[ \t]*(?:-[ \t]+)*")
_NAME = r"(?:(?:GET|PUT|POST|DELETE|PATCH|HEAD|OPTIONS|TRACE) )?[\w.$/<*@][\w.$/{}<>*@-]*"
_KEY = re.compile(rf"""(?:"(?:[^"\\]|\\.)*"\s*:|(?:'[^']*'|{_NAME})[ \t]*:(?=\s|$))\s*""")
_FLOW_TEXT = re.compile(r"""\s*(?:"(?:[^"\\]|\\.)*"?|'[^']*'?|[^{}\[\],]+)""")
_BLOCK_SCALAR = re.compile(r"[|>][-+0-9]{0,2}\s*(?:#.*)?$")
_HARMLESS = re.compile(
    r"""(?P<quote>["']?)(?:true|false|null|~|-?\d{1,4}(?:\.\d{1,3})?|\d{1,6}(?:ms|s|m|h|d)|\d{1,6}/[smhd]"""
    r"""|\$?\{[\w.:-]+\})(?P=quote)|[|>][-+0-9]{0,2}|[&*!][\w.!-]+"""
)
_WORDS = frozenset(
    (
        *("call", "view", "effect", "style", "page", "limit", "offset", "cursor", "items", "total", "fields", "in"),
        *(
            "mode",
            "engine",
            "policies",
            "per",
            "rate",
            "groups",
            "kinds",
            "kind",
            "direction",
            "scope",
            "sink",
            "store",
        ),
        *("id", "tool", "tools", "name", "type", "format", "hide", "required"),
    )
)
"""Keys of hints and settings whose values are words of the API or of adaptgen."""
_PLAIN = re.compile(r"""["']?[\w.,/{}$@*:<>\[\] -]{1,60}["']?""")
_STRING = re.compile(r"""(?i)[rbuf]{0,2}(?:\"{3}.*|'{3}.*|"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?)|\#.*""")


class Excerpts:
    """The lines of files, each file read once."""

    def __init__(self, columns: int, encoding: str) -> None:
        self._columns = columns
        self._encoding = encoding
        self._shown = 0
        self._files: dict[str, tuple[list[str], Reading]] = {}

    def of(self, found: Diagnostic) -> list[str]:
        """Two lines, the excerpt and the caret; nothing where the place has no line, or nothing of it can be shown."""
        where = found.where
        if where is None or not where.line or not where.column or self._columns < _LESS_THAN:
            return []
        if self._shown == _MOST:
            return []
        lines, reading = self._read(found, where)
        if where.line > len(lines):
            return []
        line = lines[where.line - 1].rstrip()
        if reading == "document" and _ABOUT_SETTINGS.fullmatch(found.code):
            reading = "settings"
        if reading == "settings" and _is_in_block_scalar(lines, where.line - 1):
            return []
        if len(line) > 2 * _AROUND and reading != "document":
            return []  # what is a key depends on all that is before it
        begin = max(0, where.column - _AROUND)
        line = line[begin : begin + 2 * _AROUND]
        self._shown += 1
        dots = HIDDEN if _can_print(HIDDEN, self._encoding) else "..."
        pieces = list(_pieces(line, _hidden(line, reading, _quoted(found)), dots, self._encoding))
        if not any(char.isalnum() for text, _ in pieces for char in text):
            return []
        return _window(pieces, min(where.column - 1 - begin, len(line)), self._columns, dots)

    def _read(self, found: Diagnostic, where: Where) -> tuple[list[str], Reading]:
        if found.line is not None:
            return [*[""] * (where.line - 1), found.line], "document"
        if where.file not in self._files:
            self._files[where.file] = _read(Path(where.file))
        return self._files[where.file]


def _read(path: Path) -> tuple[list[str], Reading]:
    """The lines of a file, none of one that cannot be read as it was."""
    from adaptgen.text.decode import decode
    from adaptgen.text.files import MAX_BYTES

    try:
        known = path.is_file() and path.suffix not in (".jsonl", ".log") and path.stat().st_size <= MAX_BYTES
        text = decode(path.read_bytes(), str(path)).text if known else ""
    except (OSError, ValueError, AdaptgenError):
        text = ""
    # Readers do not agree on whether a carriage return alone ends a line.
    lines = text.split("\n") if text and "\r" not in text else []
    return lines, _reading(path, text)


def _reading(path: Path, text: str) -> Reading:
    if path.suffix == ".py":
        return "python"
    if path.suffix == ".cedar":
        return "policy"
    if text.lstrip()[:1] == "<":
        return "document"
    begin = text.lstrip()[:1]
    is_document = _JSON_DOCUMENT.search(text) if begin in ("{", "[") else _DOCUMENT.search(text)
    return "document" if is_document else "settings"


# ------------------------------------------------------------------------------------------------------- what is hidden


def _quoted(found: Diagnostic) -> frozenset[str]:
    """What the message says in quotation marks, and so need not be hidden."""
    return frozenset(re.findall(r"'([^']+)'", found.message) + re.findall(r'"([^"]+)"', found.message))


def _hidden(line: str, reading: Reading, quoted: frozenset[str]) -> list[tuple[int, int]]:
    """The parts of a line that are not shown, in order."""
    if reading in ("document", "policy"):
        from adaptgen.pii.secret_formats import find_secrets

        return [(one.start, one.end) for one in find_secrets(line) if one.form not in _NETWORK]
    if reading == "python":
        return [match.span() for match in _STRING.finditer(line) if match[0].strip("\"'") not in quoted]
    return [(start, end) for key, start, end in _values(line) if not _may_show(key, line[start:end], quoted)]


def _may_show(key: str, value: str, quoted: frozenset[str]) -> bool:
    from adaptgen.pii.secret_formats import find_random, find_secrets

    if _HARMLESS.fullmatch(value):
        return True
    if find_secrets(value):
        return False
    is_word = key in _WORDS and bool(_PLAIN.fullmatch(value)) and not [*find_random(value)]
    return is_word or value.strip("\"'") in quoted


def _values(line: str) -> Iterator[tuple[str, int, int]]:
    """All of a line of YAML or JSON but its keys and punctuation, with the key before it. A value of block style goes
    to the end of the line, whatever is in it."""
    dashes = _DASHES.match(line)
    at = dashes.end() if dashes else 0
    key = _KEY.match(line, at)
    at = key.end() if key else at
    if not (line[at : at + 1] in ("{", "[", "}", "]") or (key and key[0].startswith('"'))):
        if at < len(line):
            yield _name(key), at, len(line)
        return
    before = ":" if key else ","
    name = _name(key)
    while at < len(line):
        if line[at] in "{}[],":
            before = line[at]
            at += 1
        elif before in "{," and (key := _KEY.match(line, at + len(line[at:]) - len(line[at:].lstrip()))):
            before, at, name = ":", key.end(), _name(key)
        elif text := _FLOW_TEXT.match(line, at):
            value = text[0].strip()
            start = at + text[0].index(value)
            if value:
                before = "value"
                yield name, start, start + len(value)
            at = text.end()
        else:
            at += 1


def _name(key: re.Match[str] | None) -> str:
    return key[0].strip().rstrip(":").strip(" \"'") if key else ""


def _is_in_block_scalar(lines: list[str], at: int) -> bool:
    """Whether a line is text of a scalar that begins with ``|`` or ``>`` further up."""
    indent = len(lines[at]) - len(lines[at].lstrip(" "))
    for line in reversed(lines[max(0, at - 2000) : at]):
        inner = len(line) - len(line.lstrip(" "))
        if line.strip() and inner < indent:
            if _BLOCK_SCALAR.search(line):
                return True
            indent = inner
    return False


# ---------------------------------------------------------------------------------------------------- how it is printed


def _pieces(line: str, hidden: list[tuple[int, int]], dots: str, encoding: str) -> Iterator[Piece]:
    """The line in pieces of one character, or of dots that stand for what is hidden."""
    at = 0
    for start, end in hidden:
        yield from _characters(line, at, start, encoding)
        yield dots, start
        at = end
    yield from _characters(line, at, len(line), encoding)


def _characters(line: str, start: int, end: int, encoding: str) -> Iterator[Piece]:
    for at in range(start, end):
        char = line[at]
        if char == "\t":
            yield ("→" if _can_print("→", encoding) else ">").ljust(_TAB), at
        elif char == " " or (char.isprintable() and _can_print(char, encoding)):
            yield char, at
        else:
            yield char.encode("unicode_escape").decode(), at


def _can_print(char: str, encoding: str) -> bool:
    try:
        char.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _window(pieces: list[Piece], column: int, columns: int, dots: str) -> list[str]:
    """As much around the column as fits, and the caret below it."""
    caret = next((index for index, (_, at) in enumerate(pieces) if at > column), len(pieces)) - 1
    if pieces and column > pieces[-1][1] and pieces[-1][0] != dots:
        caret = len(pieces)
    caret = max(caret, 0)
    room = columns - len(_MARGIN) - 2 * len(dots)
    sizes = [count_columns(text) for text, _ in pieces]
    first = last = caret
    used = 0
    # Two thirds of what is shown lie before the place, and the rest of the room goes to where there is more.
    for share in (room * 2 // 3, room):
        while first > 0 and used + sizes[first - 1] <= share:
            first -= 1
            used += sizes[first]
        while last < len(pieces) and used + sizes[last] <= room:
            used += sizes[last]
            last += 1
    begin = dots if first else ""
    text = "".join(piece for piece, _ in pieces[first:last])
    spaces = len(begin) + sum(sizes[first:caret])
    end = dots if last < len(pieces) else ""
    return [f"{_MARGIN}{begin}{text}{end}".rstrip(), f"{_MARGIN}{' ' * spaces}^"]
