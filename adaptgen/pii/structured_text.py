"""Text that says by its structure what it holds: pairs of a name and a value, XML elements, text in base64."""

from __future__ import annotations

import base64
import binascii
import csv
import html
import io
import quopri
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from adaptgen.model.frozen import lazy
from adaptgen.pii.detectors import FOUND, confirm
from adaptgen.syntax.identifiers import singular, vocabulary, words

Kind = Callable[[str, str], str | None]
"""Name and the name of what holds it -> the kind of personal data."""

_NAMES: Final = ("key", "name", "field", "label", "property", "attribute", "question", "header", "column", "title", "k")
_VALUES: Final = ("value", "values", "val", "answer", "content", "text", "data", "string_value", "stringValue", "v")
_PAIR: Final = frozenset(_VALUES)
_FIELD: Final = 131_072
"""Characters of a field of a table."""


def pair_kind(record: Mapping[str, Any], kind: Kind) -> tuple[str, str] | None:
    """The key of the value and its kind, where ``record`` is a pair such as ``{"key": "email", "value": ...}``."""
    if len(record) > 12:
        return None
    spelled = {key: key for key in record}
    if _PAIR.isdisjoint(spelled):
        spelled = {key.lower(): key for key in record}
    if _PAIR.isdisjoint(spelled):
        return None
    for name in _NAMES:
        said = record.get(spelled.get(name, name))
        if not isinstance(said, str) or not 2 < len(said) <= 80:
            continue
        key = next((spelled[one] for one in _VALUES if one in spelled and one != name), None)
        if key is not None and (named := kind(said, "")) is not None and _may_be(named, record[key]):
            return key, named
    return None


def row_kind(row: list[Any], kind: Kind) -> str | None:
    """The kind of the second element of a row of two such as ``["surname", "Zuse"]``; None for other rows."""
    if len(row) != 2 or not isinstance(row[0], str) or not 2 < len(row[0]) <= 80 or isinstance(row[1], (dict, list)):
        return None
    named = kind(row[0], "")
    if named is None or not _may_be(named, row[1]) or (isinstance(row[1], str) and kind(row[1], "") is not None):
        return None
    return named


# Labels.

_LABEL = lazy(
    r"(?<![\w.-])([^\W\d_][\w.-]{1,40}(?: (?i:name|number|no|nr|address|id))?)[\"'*_]{0,3}[ \t]{0,2}"
    r"(?:=>|[:=])[*_]{0,3}[ \t]{0,2}"
)
_LABELLED = lazy(r"\"([^\"\r\n]{1,200})\"|'([^'\r\n]{1,200})'|([^\s\"'(){}\[\]<>,;&|#][^\r\n\"(){}\[\]<>,;&|#]{0,200})")
_LISTS = lazy(r"\(([\w\", .-]{2,300})\)\s?=\s?\(([^()\r\n]{1,1000})\)")
_WORDS = lazy(r"[^\W\d_][\w'’.-]*")
_STATES = vocabulary(
    "required missing invalid empty blank null none nil true false unknown optional taken unique string text field "
    "hidden redacted undefined asc desc ascending descending yes no unavailable na tbd pending anonymous deleted "
    "removed withheld private unspecified undisclosed"
)
_COUNTS = vocabulary("total count distinct unique min max avg sum limit offset page size items results other others")


def is_map(holder: str, record: Mapping[str, Any]) -> bool:
    """Whether ``record``, which is called ``holder``, maps values of a kind to what is known of them, or ids to such
    values: ``surnames: {"zuse": 3}``, ``surnames: {"a1": "Zuse"}``. Members of one thing are called by words."""
    last = words(holder)[-1:]
    if not last or singular(last[0]) == last[0]:
        return False
    return not any(key.casefold() in _COUNTS for key in record)


def rewrite_labels(text: str, kind: Kind, replace: Callable[[str, str], str]) -> str:
    """``text`` with ``replace(kind, value)`` for values whose label classifies them: ``surname: Zuse``,
    ``?surname=Zuse&page=2``, and the lists of database errors, ``(surname, city)=(Zuse, Ulm)``."""
    if ":" not in text and "=" not in text:
        return text

    def rewrite_list(match: re.Match[str]) -> str:
        names, values = match[1].split(","), match[2].split(",")
        if len(names) != len(values):
            kinds = list(filter(None, (kind(name.strip(' "'), "") for name in names)))
            return f"({match[1]})=({replace(kinds[0], match[2])})" if kinds else match[0]
        for at, (name, value) in enumerate(zip(names, values, strict=True)):
            named, bare = kind(name.strip(' "'), ""), value.strip(" '\"")
            if named is not None and bare:
                values[at] = value.replace(bare, replace(named, bare))
        return f"({match[1]})=({','.join(values)})"

    if ")" in text:
        text = _LISTS.sub(rewrite_list, text)
    parts: list[str] = []
    position = 0
    for label in _LABEL.finditer(text):
        named = kind(label[1], "") if label.start() >= position else None
        value = _LABELLED.match(text, label.end()) if named is not None else None
        if named is None or value is None or value.lastindex is None:
            continue
        start = value.start(value.lastindex)
        size = _value_size(named, value[value.lastindex], quoted=value.lastindex < 3)
        if size:
            parts += (text[position:start], replace(named, text[start : start + size]))
            position = start + size
    return "".join((*parts, text[position:]))


def _value_size(kind: str, value: str, *, quoted: bool) -> int:
    """How many characters of what follows a label are a value of ``kind``; 0 where it is a remark or a state."""
    bare = value.rstrip(" .\t")
    if bare.casefold() in _STATES or bare.casefold() == "n/a" or bare.startswith("tok_"):
        return 0
    if kind != "name":
        return len(bare) if kind not in FOUND and any(map(str.isdigit, bare)) else len(bare) * confirm(kind, bare)
    words = bare.replace("+", " ").split(" ")
    if len(words) == 1 or quoted:
        return len(bare)
    plain = all(_WORDS.fullmatch(word) for word in words)
    return len(bare) if plain and len(words) <= 5 and not words[-1][:1].islower() else 0


def _may_be(kind: str, value: Any) -> bool:
    """Whether ``value`` may be of ``kind``: ``{"name": "Email", "value": "enabled"}`` is a setting."""
    if value is None or isinstance(value, bool):
        return False
    if kind not in FOUND or not isinstance(value, str):
        return True
    return "@" in value or any(map(str.isdigit, value)) or not value.isascii()


# XML.

_TAG = lazy(r"<(/?)([A-Za-z_][\w:.-]{0,80})((?:\s[^<>]{0,2000})?)>")
_ATTRIBUTE = lazy(r"""(?<=\s)([A-Za-z_][\w:.-]{0,80})\s{0,3}=\s{0,3}(?:"([^"<>]{1,500})"|'([^'<>]{1,500})')""")
_CDATA: Final = "<![CDATA["


def is_xml(text: str) -> bool:
    """Whether ``text`` begins as XML or HTML and ends as it."""
    return text[:1] == "<" and ("</" in text or "/>" in text) and ">" in text


def rewrite_xml(text: str, kind: Kind, replace: Callable[[str, str], str]) -> str:
    """``text`` with ``replace(kind, value)`` for what elements and attributes hold whose names classify it. The form
    stays to the letter where nothing is replaced."""
    parts: list[str] = []
    position = 0
    holders: list[str] = []
    for tag in _TAG.finditer(text):
        closing, name, attributes = tag.groups()
        name = name.rpartition(":")[2]
        if closing:
            if holders:
                holders.pop()
            continue
        holder = holders[-1] if holders else ""
        said = _named_by_attribute(text, tag, kind) if attributes else None
        for one in _ATTRIBUTE.finditer(text, tag.start(3), tag.end(3)) if attributes else ():
            group = 2 if one[2] is not None else 3
            named = kind(one[1].rpartition(":")[2], name) or (said if one[1].lower() in _VALUES else None)
            if named is not None and one.start(group) >= position:
                parts += (text[position : one.start(group)], _escaped(replace(named, html.unescape(one[group]))))
                position = one.end(group)
        if attributes.endswith("/"):
            continue
        holders.append(name)
        named = kind(name, holder) or said
        start, end = _content(text, tag.end())
        value = text[start:end].strip()
        if named is not None and value and start >= position:
            start = text.index(value, start)
            plain = value if text[:start].endswith(_CDATA) else html.unescape(value)
            parts += (text[position:start], _escaped(replace(named, plain)))
            position = start + len(value)
    return "".join((*parts, text[position:])) if parts else text


def _named_by_attribute(text: str, tag: re.Match[str], kind: Kind) -> str | None:
    """The kind that an attribute says of an element: ``<field name="surname">``."""
    for attribute in _ATTRIBUTE.finditer(text, tag.start(3), tag.end(3)):
        if attribute[1].lower() in _NAMES:
            return kind(attribute[2] or attribute[3], "")
    return None


def _content(text: str, start: int) -> tuple[int, int]:
    """Where the text of an element is that begins at ``start``."""
    if text.startswith(_CDATA, start):
        end = text.find("]]>", start)
        return start + len(_CDATA), end if end >= 0 else len(text)
    end = text.find("<", start)
    return start, end if end >= 0 else len(text)


def _escaped(text: str) -> str:
    return html.escape(text, quote=True)


# Tables.

_DELIMITERS: Final = ",;\t|"


def table_header(text: str, *, sure: bool = False) -> tuple[str, list[str]] | None:
    """The delimiter and the names of a table with a header; None for other text. ``sure``: its media type says so."""
    line, _, rest = text.lstrip("\ufeff").partition("\n")
    if not rest.strip() or len(line) > 20_000:
        return None
    delimiter = max(_DELIMITERS, key=line.count)
    if delimiter not in line:
        return (",", [line.strip().strip('"')]) if sure else None
    try:
        names = [one.strip() for one in next(csv.reader([line], delimiter=delimiter))]
        second = next(csv.reader(io.StringIO(rest), delimiter=delimiter), [])
    except csv.Error:
        return None
    plain = all(name and len(name) <= 64 and not name.endswith((".", "!", "?")) for name in names)
    return (delimiter, names) if sure or (plain and len(second) == len(names) > 1) else None


# Base64.

_HEX = lazy(r"(?:[0-9a-f]{2}){8,}|(?:[0-9A-F]{2}){8,}")
_BASE64 = lazy(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{8,}={0,2}(?![A-Za-z0-9+/_=-])")


TELLING_BASE64: Final = 12
"""Characters of a piece, in a row, that make a text one that may hold base64; or one that ends in ``=``."""
_SIGNS: Final = bytes(
    at if chr(at) in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_-" else 32 for at in range(256)
)
_CLOSED = lazy(r"[A-Za-z0-9+/_-]{6}=|=[A-Za-z0-9+/_-]{8}")


def rewrite_table(text: str, delimiter: str, change: Callable[[list[list[str]]], None]) -> str:
    """The table with its rows (below the header) changed in place; quotes only where they are needed. ValueError where
    the rows cannot be read."""
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    end = "\r\n" if "\r\n" in text else "\n"
    try:
        csv.field_size_limit(max(_FIELD, len(text)))
        rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter))
    except csv.Error:
        raise ValueError("no table") from None
    change(rows[1:])
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=delimiter, lineterminator=end).writerows(rows)
    whole = written.getvalue()
    return mark + (whole if text.endswith("\n") else whole.removesuffix(end))


def rewrite_base64(text: str, change: Callable[[str], str]) -> str:
    """``text`` in which every piece of base64 that holds text is what ``change`` makes of that text, encoded again."""
    if not holds_base64(text):
        return text

    def rewritten(match: re.Match[str]) -> str:
        written = match[0]
        inner = decode_base64(written)
        if inner is None:
            return written
        changed = change(inner)
        if changed == inner:
            return written
        if _HEX.fullmatch(written):
            return changed.encode().hex()
        encoded = base64.b64encode(changed.encode()).decode()
        if "-" in written or "_" in written:
            encoded = encoded.replace("+", "-").replace("/", "_")
        return encoded if written.endswith("=") or len(written) % 4 == 0 else encoded.rstrip("=")

    return _BASE64.sub(rewritten, text)


def rewrite_quoted(text: str, change: Callable[[str], str]) -> str:
    """``text`` in quoted-printable (RFC 2045, 6.7) as what ``change`` makes of the text that it holds, encoded again
    where that is another one. Call it behind the readings of ``text`` itself: ``phone=7399517792`` is
    quoted-printable by chance. Lines are not broken, since that would break tokens."""
    plain = decode_quoted(text)
    if plain is None or (changed := change(plain)) == plain:
        return text
    return _UNPRINTABLE.sub(lambda match: b"=%02X" % match[0][0], changed.encode()).decode("ascii")


def decode_quoted(text: str) -> str | None:
    """The text that ``text`` holds in quoted-printable; None where it holds none, or where a sign of equality is no
    escape."""
    if "=" not in text or not text.isascii() or _QUOTED.fullmatch(text) is None:
        return None
    decoded = quopri.decodestring(text.encode()).decode("utf-8", "replace")
    return decoded if "\ufffd" not in decoded and _is_text(decoded) else None


_QUOTED = lazy(r"(?:[^=]|=[0-9A-Fa-f]{2}|=[ \t]*\r?\n)*")
_UNPRINTABLE = re.compile(rb"[^\t\r\n -<>-~]")


def decode_base64(text: str) -> str | None:
    """The text in ``text`` where that is base64 or hex of some; None where it is a word, an id, or other bytes."""
    bare = text.rstrip("=")
    if _HEX.fullmatch(text):
        decoded = bytes.fromhex(text).decode("utf-8", "replace")
        return decoded if "\ufffd" not in decoded and _is_text(decoded) else None
    if len(bare) % 4 == 1 or bare.islower() or bare.isupper() or bare.isdigit():
        return None
    standard = bare.replace("-", "+").replace("_", "/") + "=" * (-len(bare) % 4)
    try:
        decoded = base64.b64decode(standard, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    return decoded if _is_text(decoded) else None


def base64_texts(text: str) -> Iterator[str]:
    """The texts that pieces of ``text`` hold in base64."""
    for match in _BASE64.finditer(text):
        inner = decode_base64(match[0])
        if inner is not None:
            yield inner


def holds_base64(text: str) -> bool:
    """Whether a piece of ``text`` may be base64 of text."""
    return next(_base64(text), None) is not None


def base64_size(text: str) -> int:
    """Characters of ``text`` that may be base64 of text."""
    return sum(map(len, _base64(text)))


def _base64(text: str) -> Iterator[bytes]:
    if len(text) < 8:
        return
    pieces = text.encode("utf-8", "replace").translate(_SIGNS).split()
    if not pieces or (max(map(len, pieces)) < TELLING_BASE64 and ("=" not in text or _CLOSED.search(text) is None)):
        return
    for piece in pieces:
        if len(piece) >= 8 and decode_base64(piece.decode()) is not None:
            yield piece


def _is_text(text: str) -> bool:
    return text.isprintable() or all(one.isprintable() or one in "\t\r\n" for one in text)


ALWAYS: Final = 65_536
"""Characters above which an answer takes long, whatever it holds."""
NEVER: Final = 16_384
"""Characters up to which none does."""
DENSE: Final = 5_000
"""Characters that may be of numbers, as they are or encoded, above which an answer takes long."""

_OF_NUMBERS: Final = b"0123456789" + bytes(range(128, 256))
_ESCAPE: Final = 6
"""Characters that an escape may be written with."""


def takes_long(value: Any) -> bool:
    """Whether the search of ``value`` would keep an event loop waiting."""
    texts: list[str] = []
    size = 0
    pending = [value]
    while pending:
        member = pending.pop()
        if isinstance(member, str):
            size += len(member)
            texts.append(member)
        elif isinstance(member, dict):
            texts += member
            size += sum(map(len, member))
            pending += member.values()
        elif isinstance(member, (list, tuple)):
            pending += member
        else:
            size += 1
        if size > ALWAYS:
            return True
    return size > NEVER and _is_dense(texts)


def _is_dense(texts: list[str]) -> bool:
    data = "\n".join(texts).encode("utf-8", "replace")
    dense = len(data) - len(data.translate(None, _OF_NUMBERS)) + _ESCAPE * data.count(b"\\")
    return dense > DENSE or dense + sum(map(base64_size, texts)) > DENSE
