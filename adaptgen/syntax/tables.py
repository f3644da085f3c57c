"""Tables that APIs send as text: CSV (RFC 4180), TSV, JSON lines and JSON text sequences (RFC 7464), as records.

No line is lost: one that cannot be read becomes a record of its own, with its number and its text under
:data:`UNREADABLE`. What legacy systems do is understood by evidence: another delimiter than the comma, an Excel
``sep=`` line, titles above the header, columns without a name or with the same one, an undeclared charset.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, Final, Literal

from adaptgen.model.frozen import lazy, value
from adaptgen.syntax.charsets import parameter

Kind = Literal["separated", "tabbed", "lines", "sequence"]

UNREADABLE: Final = "unreadable"
"""The member of a record that stands for a line which could not be read."""

_KINDS: Final[dict[str, Kind]] = {
    "text/csv": "separated",
    "application/csv": "separated",
    "application/x-csv": "separated",
    "text/x-csv": "separated",
    "text/comma-separated-values": "separated",
    "text/x-comma-separated-values": "separated",
    "text/tab-separated-values": "tabbed",
    "text/tsv": "tabbed",
    "application/tsv": "tabbed",
    "application/json-seq": "sequence",
    "application/geo+json-seq": "sequence",
    "application/stream+json": "lines",
}
_LINES: Final = frozenset({"ndjson", "jsonl", "jsonlines", "json-lines", "json-l", "ldjson", "nd-json"})
_ENDINGS: Final[dict[str, Kind]] = {
    ".csv": "separated", ".tsv": "tabbed", ".tab": "tabbed", ".ndjson": "lines", ".jsonl": "lines",
}  # fmt: skip
_DELIMITERS: Final = ",;\t|"
_CELL: Final = 1_000_000
"""Characters of one cell; a quote that is never closed would otherwise take all that follows."""
_AGAIN: Final = 50
"""Broken lines after which quotes no longer reach over the end of a line: each costs a look at all that follows."""
_LOOK: Final = 30
"""Lines that are looked at before the form of a table is known."""
_COLUMNS: Final = 10_000
_NAME: Final = 80
_YEAR: Final = lazy(r"(?:19|20)\d\d(?:-[01]\d)?")


@value()
class Table:
    """``records``: objects by column, or the JSON values of lines. ``unreadable``: the numbers of the lines (from 1;
    of the text in a sequence) that are records of :data:`UNREADABLE`."""

    records: list[Any]
    unreadable: tuple[int, ...] = ()


def kind_of_media(media: str) -> Kind | None:
    """The kind of table that a media type names, None for what is not a table."""
    base = media.partition(";")[0].strip().lower()
    if base in _KINDS:
        return _KINDS[base]
    if base.endswith("+json-seq"):
        return "sequence"
    family, _, subtype = base.partition("/")
    bare = subtype.removeprefix("x-")
    return "lines" if family in ("application", "text") and (bare in _LINES or bare[-7:] == "+ndjson") else None


def kind_of_file(name: str) -> Kind | None:
    """The kind of table that the name of a file says, None for every other one."""
    dot = name.rfind(".")
    return _ENDINGS.get(name[dot:].lower()) if dot >= 0 else None


def read(
    text: str,
    kind: Kind,
    media: str = "",
    *,
    loads: Callable[[str], Any] = json.loads,
    clean: Callable[[str], str] = str.strip,
) -> Table:
    """The records in ``text``. ``media`` may say ``header=present`` or ``header=absent`` (RFC 4180, 3). ``loads`` reads
    JSON and raises ValueError; ``clean`` makes a name of a column fit to be shown.
    """
    text = text.removeprefix("\ufeff")
    if kind in ("lines", "sequence"):
        return _json_lines(text, kind, loads)
    return _separated(text, kind, parameter(media, "header").lower(), clean)


def columns(text: str, kind: Kind, media: str = "") -> tuple[str, ...]:
    """The names in the header of a table; empty where it has none."""
    lines = _physical(text.removeprefix("\ufeff"))
    delimiter, lines = _delimiter(lines[:_LOOK], kind)
    rows = [row for _, row, _ in _rows(lines, delimiter, kind) if row]
    begin = _titles(rows)
    heads = _header(rows[begin:], parameter(media, "header").lower(), str.strip)
    return tuple(heads or ())


def written(records: Sequence[Any], kind: Kind) -> str:
    """Records as text of a kind, commas between values; :func:`read` gives them again."""
    if kind in ("lines", "sequence"):
        mark = "\x1e" if kind == "sequence" else ""
        return "".join(f"{mark}{json.dumps(one, ensure_ascii=False)}\n" for one in records)
    names = list(dict.fromkeys(name for one in records if isinstance(one, dict) for name in one))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, names, delimiter="\t" if kind == "tabbed" else ",", lineterminator="\n")
    writer.writeheader()
    writer.writerows(one for one in records if isinstance(one, dict))
    return text.getvalue()


# ------------------------------------------------------------------------------------------------------- JSON lines


def _json_lines(text: str, kind: Kind, loads: Callable[[str], Any]) -> Table:
    records: list[Any] = []
    broken: list[int] = []
    parts = text.split("\x1e") if kind == "sequence" else text.replace("\x1e", "").split("\n")
    number = 0
    for at, part in enumerate(parts, 1):
        if not part.strip():
            continue
        number = number + 1 if kind == "sequence" else at
        try:
            records.append(loads(part))
        except (ValueError, RecursionError):
            broken.append(number)
            records.append(_unreadable(number, part))
    if broken:
        try:  # one JSON text over many lines, under a media type that is not its own
            whole = loads(text)
        except (ValueError, RecursionError):
            return Table(records, tuple(broken))
        return Table(whole if isinstance(whole, list) else [whole])
    return Table(records)


def _unreadable(number: int, line: str) -> dict[str, Any]:
    return {UNREADABLE: f"line {number}: {line.strip()}"}


# -------------------------------------------------------------------------------------------------- separated values


def _separated(text: str, kind: Kind, header: str, clean: Callable[[str], str]) -> Table:
    lines = _physical(text)
    delimiter, rest = _delimiter(lines, kind)
    skipped = len(lines) - len(rest)
    rows: list[list[str]] = []
    places: list[tuple[int, str]] = []
    torn: dict[int, str] = {}
    for at, row, raw in _rows(rest, delimiter, kind):
        if row is None:
            torn[len(rows)] = raw
        elif not any(row):
            continue
        rows.append(row or [])
        places.append((at + skipped + 1, raw))
    begin = _titles(rows)
    names = _header(rows[begin:], header, clean) if begin not in torn else None
    if names is None:
        begin, width = 0, min(max(map(len, rows), default=0), _COLUMNS)
        names = [f"column {at + 1}" for at in range(width)]
        first = 0
    else:
        first = begin + 1
    records: list[Any] = []
    broken: list[int] = []
    for index, row in enumerate(rows):
        if begin <= index < first:
            continue
        number, raw = places[index]
        if index in torn or index < begin or (len(row) > len(names) and any(row[len(names) :])):
            # Values beyond the header may be one value that was cut at a delimiter: no cell would be where it belongs.
            broken.append(number)
            records.append(_unreadable(number, raw))
        else:
            records.append(dict(zip(names, row, strict=False)))
    return Table(records, tuple(broken))


def _physical(text: str) -> list[str]:
    """The lines with their ends: CR, LF or both, and no other separator that Unicode knows."""
    return list(io.StringIO(text, newline=""))


def _delimiter(lines: list[str], kind: Kind) -> tuple[str, list[str]]:
    """The delimiter, and the lines without the one that names it."""
    if lines and (said := re.fullmatch(r'"?sep=(.)"?\s*', lines[0], re.IGNORECASE)):
        return said[1], lines[1:]
    if kind == "tabbed":
        return "\t", lines
    sample = [line for line in lines[:_LOOK] if line.strip()]
    best, score = ",", (0, 0)
    for one in _DELIMITERS:
        counts = Counter(count for line in sample if (count := _outside(line, one)))
        if counts:
            count, agreeing = max(counts.items(), key=lambda pair: (pair[1], pair[0]))
            if (agreeing, count) > score:
                best, score = one, (agreeing, count)
    return best, lines


def _outside(line: str, delimiter: str) -> int:
    """How often the delimiter is outside quotes."""
    return sum(part.count(delimiter) for part in line.split('"')[::2])


def _rows(lines: Sequence[str], delimiter: str, kind: Kind) -> Iterator[tuple[int, list[str] | None, str]]:
    """Each row with the index of its first line and its text; None for a row that cannot be read."""
    # The limit is the process's: it is only ever raised, so that tables may be read by several threads at once.
    if csv.field_size_limit() < _CELL:
        csv.field_size_limit(_CELL)
    return _read_rows(lines, delimiter, kind)


def _read_rows(lines: Sequence[str], delimiter: str, kind: Kind) -> Iterator[tuple[int, list[str] | None, str]]:
    at = begin = again = 0
    for _ in range(_AGAIN):
        if again > 2 * len(lines):
            break  # in long tables sooner: what was read again may cost no more than the table itself
        reader = csv.reader(islice(lines, at, None), delimiter=delimiter, strict=True)
        try:
            for row in reader:
                end = at + reader.line_num
                if row:
                    yield begin, row, lines[begin] if end == begin + 1 else "".join(lines[begin:end])
                begin = end
            return
        except csv.Error:
            again += at + reader.line_num - begin
            yield begin, _plain(lines[begin], delimiter, kind), lines[begin]
            at = begin = begin + 1
    for index in range(begin, len(lines)):
        try:
            row = next(csv.reader([lines[index]], delimiter=delimiter, strict=True), [])
        except csv.Error:
            yield index, _plain(lines[index], delimiter, kind), lines[index]
        else:
            if row:
                yield index, row, lines[index]


def _plain(line: str, delimiter: str, kind: Kind) -> list[str] | None:
    """A line of a kind that knows no quotes (IANA, text/tab-separated-values)."""
    return line.rstrip("\r\n").split(delimiter) if kind == "tabbed" else None


def _titles(rows: Sequence[Sequence[str]]) -> int:
    """How many rows precede the table: a title is one cell where rows have several."""
    widths = Counter(len(row) for row in rows[:_LOOK])
    usual = max(widths, key=lambda width: (widths[width], width), default=0)
    begin = 0
    while usual > 1 and begin < len(rows) and sum(map(bool, rows[begin])) <= 1:
        begin += 1
    return begin if begin < len(rows) else 0


def _header(rows: Sequence[Sequence[str]], said: str, clean: Callable[[str], str]) -> list[str] | None:
    """The names in the first row, each of them once; None where there is no header, or it looks like data."""
    if not rows or said == "absent" or (said != "present" and _is_data(rows)):
        return None
    given = [clean(cell).strip() for cell in rows[0]]
    while given and not given[-1]:
        given.pop()  # delimiters at the end of a line
    names: dict[str, None] = {}
    taken, numbers = set(given), Counter[str]()
    for at, name in enumerate(given[:_COLUMNS]):
        wish = plain = name or f"column {at + 1}"
        while wish in names or (wish != name and wish in taken):
            numbers[plain] += 1
            wish = f"{plain} {numbers[plain] + 1}"
        names[wish] = None
    return list(names)


def _is_data(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row is a record: it holds what no name holds, or a value that occurs again below it."""
    below = rows[1:_LOOK]
    for at, cell in enumerate(rows[0]):
        text = cell.strip()
        if not text:
            continue
        values = [row[at].strip() for row in below if at < len(row)]
        if "@" in text or len(text) > _NAME or text in values:
            return True
        if not any(map(str.isalpha, text)) and (
            not _YEAR.fullmatch(text) or any(_YEAR.fullmatch(value) for value in values)
        ):
            return True
    return not any(cell.strip() for cell in rows[0])
