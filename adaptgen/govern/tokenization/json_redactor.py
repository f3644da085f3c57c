"""One answer on its way to the model: what is classified becomes tokens, and every other text is searched.

A value is classified by its position, or by the name of its key. What patterns find in other strings becomes tokens
too, and so does every classified value that occurs in other text of its record. The JSON is changed in place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, Final

from adaptgen.govern.tokenization.classification import NOT_PERSONAL, Classification, Node
from adaptgen.mcp.json_text import ExactNumber, dumps, loads_or_none
from adaptgen.model import frozen
from adaptgen.pii.detectors import FOUND, confirm, find
from adaptgen.pii.field_kinds import LeafKinds, leaf_kinds
from adaptgen.pii.matcher import SHORTEST, TOKEN, KnownValue, ValueMatcher, compact_texts, match_likely
from adaptgen.pii.national_ids import is_card
from adaptgen.pii.structured_text import (
    TELLING_BASE64,
    decode_quoted,
    holds_base64,
    is_map,
    is_xml,
    pair_kind,
    rewrite_base64,
    rewrite_labels,
    rewrite_quoted,
    rewrite_table,
    rewrite_xml,
    row_kind,
    table_header,
)
from adaptgen.runtime.pii.tagged_values import canonical

Replace = Callable[[str, str, bool], str]
"""Kind, value, whether it is a number -> its replacement."""

Place = tuple[Any, Any]
"""A container and a key or index of it."""

_NUMBERS: Final = (int, float, ExactNumber)
_SHORTEST_NUMBER: Final = 5

_NESTED: Final = 6
"""Levels of JSON within strings of JSON that are read; what lies deeper is searched as text."""


_TOGETHER: Final = 16
"""Records of a list that are searched for their values at once, before each is by itself."""


@frozen.value()
class _Record:
    """One record of an answer: where its texts and objects begin and end among those seen, and the values (kind, text)
    that were classified in it."""

    texts: int
    texts_end: int
    objects: int
    objects_end: int
    wanted: list[tuple[str, str]]


class JsonRedactor:
    """``kinds``: those that are replaced, canonical. ``patterns``: those that are searched for in text. ``is_token``
    says whether a whole string is a token already."""

    def __init__(
        self,
        kinds: frozenset[str],
        patterns: frozenset[str],
        replace: Replace,
        is_token: Callable[[str, str], bool],
        names: Classification,
    ) -> None:
        self._kinds = kinds
        self._patterns = patterns
        self._replace = replace
        self.is_token = is_token
        self._said = names
        self._by_name = True
        self._depth = 0
        self._in_record = False
        self._compact: dict[tuple[str, ...], str] = {}
        self._encoded: dict[str, bool] = {}
        self._texts: list[Place] = []
        self._objects: list[dict[str, Any]] = []
        self._names: list[tuple[str, str]] = []
        self._values: dict[tuple[str, str], str] = {}
        self.seen: dict[str, str] = {}
        self.swept = 0

    # ------------------------------------------------------------------------------------------------------- values

    def json(self, value: Any, node: Node | None, *, by_name: bool, found: Iterable[tuple[str, str]] = ()) -> Any:
        """``value`` with everything personal replaced. ``found``: values that may also occur in its text."""
        before = self._by_name
        self._by_name = by_name
        try:
            box = [value]
            self._array(box, _under(node), "")
            self._names += [(canonical(kind), one) for kind, one in found if canonical(kind) in self._kinds]
            self._search_records([self._recorded(0, 0, 0)])
            return box[0]
        finally:
            self._by_name = before
            self._texts.clear()
            self._objects.clear()

    def _token(self, kind: str, value: str, number: bool = False) -> str:
        key = (kind, value)
        token = self._values.get(key)
        if token is None or number:
            if value[:4] == "tok_" and self.is_token(kind, value):
                return value
            token = self._replace(kind, value, number)
            if not number:
                self._values[key] = token
        if len(value) >= (SHORTEST if value[:1].isalpha() else _SHORTEST_NUMBER):
            self._names.append(key)
        return token

    def _object(self, value: dict[str, Any], node: Node | None, holder: str) -> None:
        kinds, by_name = self._kinds, self._by_name
        if by_name and _is_columns(value):
            self._columns(value, node, holder)
        texts = len(self._texts)
        self._objects.append(value)
        pair = pair_kind(value, self._text_kind) if by_name else None
        each = self._kind_of_map(holder, value) if by_name and holder else None
        for key, member in value.items():
            below = None if node is None else node.members.get(key) or node.each
            kind = None if below is None else below.kind
            if kind is None and pair is not None and key == pair[0]:
                kind = pair[1]
            of = type(member)
            if of is str:
                if member:
                    if kind is None and by_name:
                        kind = self._kind_of_text(key, holder, member, each)
                    if kind in kinds:
                        value[key] = self._token(kind, member)
                    else:
                        value[key] = self.text(member)
                        self._texts.append((value, key))
            elif of is dict or of is list:
                value[key] = self._container(member, below, key, kind)
            elif of in _NUMBERS:
                if kind is None and by_name:
                    kind = self._number_kind(key, holder, member)
                value[key] = self._number(member, kind)
        self._personal_keys(value, holder, texts)

    def _kind_of_map(self, holder: str, value: dict[str, Any]) -> str | None:
        """The kind of the texts of a map that is called ``holder``; None for an object of another kind."""
        kind = self._text_kind(holder, "")
        return kind if kind is not None and is_map(holder, value) else None

    def _kind_of_text(self, key: str, holder: str, text: str, each: str | None) -> str | None:
        """The kind of a text by its name, or as one of the texts of a map, which are of the kind ``each``."""
        kind = (self._said.named(key, holder) if self._said.names else None) or key_kinds(key, holder).of_text(text)
        return kind or (each if each is not None and confirm(each, text) else None)

    def _personal_keys(self, value: dict[str, Any], holder: str, texts: int) -> None:
        """Keys that are values themselves, as in ``surnames: {"Zuse": 3}``. A word in small letters is the name of a
        field, unless the holder is called as a map is, and nothing below is a string."""
        named = self._text_kind(holder, "") if self._by_name and holder and value else None
        counted = (
            named is not None and is_map(holder, value) and not any(isinstance(one, str) for one in value.values())
        )
        if named is not None and (counted or not any(_is_field_name(key, named) for key in value)):
            self._keys(value, texts, lambda key: self._token(named, key) if confirm(named, key) else key)
        if any(map(is_odd, value)):
            self._keys(value, texts)

    def _container(self, value: Any, node: Node | None, holder: str, kind: str | None) -> Any:
        """An object or array: all of it, where its own position is classified, else what is in it."""
        if kind is not None and kind != NOT_PERSONAL:
            return self._all(value, kind)
        if type(value) is dict:
            self._object(value, node, holder)
        else:
            self._array(value, node, holder)
        return value

    def _rows(self, value: list[Any]) -> None:
        """Rows of a name and its value: ``["surname", "Zuse"]``."""
        for element in value:
            kind = row_kind(element, self._text_kind) if type(element) is list else None
            if kind is not None:
                element[1] = self._all(element[1], kind)

    def _array(self, value: list[Any], node: Node | None, holder: str) -> None:
        records = not self._in_record and len(value) > 1
        kinds, by_name = self._kinds, self._by_name and bool(holder)
        each, members = (None, None) if node is None else (node.each, node.members or None)
        waiting: list[_Record] = []
        if self._by_name:
            self._rows(value)
        for at, element in enumerate(value):
            below = each if members is None else members.get(str(at)) or each
            kind = None if below is None else below.kind
            of = type(element)
            if of is str:
                if element:
                    if kind is None and by_name:
                        kind = self._said.named(holder, "") or key_kinds(holder, "").of_text(element)
                    if kind in kinds:
                        value[at] = self._token(kind, element)
                    else:
                        value[at] = self.text(element)
                        self._texts.append((value, at))
            elif of is dict or of is list:
                texts, names, objects = len(self._texts), len(self._names), len(self._objects)
                self._in_record = self._in_record or records
                value[at] = self._container(element, below, holder, kind)
                if records:
                    waiting.append(self._recorded(texts, names, objects))
                    self._in_record = False
                    if len(waiting) == _TOGETHER:
                        self._search_records(waiting)
                        waiting.clear()
            elif of in _NUMBERS:
                if kind is None and by_name:
                    kind = self._number_kind(holder, "", element)
                value[at] = self._number(element, kind)
        self._search_records(waiting)

    def _columns(self, value: dict[str, Any], node: Node | None, holder: str) -> None:
        """Rows below their field names: the names classify the columns."""
        rows = None if node is None else node.at("items")
        kinds = self._column_kinds(value["fields"], None if rows is None else rows.each, holder)
        for row in value["items"] if kinds else ():
            if not isinstance(row, list):
                continue
            names = len(self._names)
            for at, said, by_name in kinds:
                cell = row[at] if at < len(row) else None
                if isinstance(cell, str):
                    kind = said or by_name.of_text(cell)
                    row[at] = self._token(kind, cell) if cell and kind in self._kinds else cell
                elif isinstance(cell, (dict, list)):
                    kind = said or by_name.text
                    row[at] = cell if kind is None else self._all(cell, kind)
                elif cell is not None and not isinstance(cell, bool):
                    row[at] = self._number(cell, said or by_name.of_number(cell))
            wanted = self._names[names:]
            del self._names[names:]
            self._search([(row, at) for at in range(len(row))], wanted)
            inner = len(self._objects)
            self._objects += _objects(row)
            self._search_keys(_Record(len(self._texts), len(self._texts), inner, len(self._objects), wanted))
            del self._objects[inner:]

    def _column_kinds(
        self, fields: list[str], row: Node | None, holder: str
    ) -> list[tuple[int, str | None, LeafKinds]]:
        """The columns that names classify: index, the configured kind of the name, and those that the name itself
        implies."""
        kinds: list[tuple[int, str | None, LeafKinds]] = []
        for at, name in enumerate(fields):
            if row is not None and row.column(at):
                continue
            last, before = _path_end(name, holder)
            said, by_name = self._said.named(last, before), key_kinds(last, before)
            if (said or by_name.text) in self._kinds or (by_name.person and not said):
                kinds.append((at, said, by_name))
        return kinds

    def _all(self, value: Any, kind: str) -> Any:
        """Everything below a classified position."""
        if isinstance(value, str):
            if not value or kind not in self._kinds:
                return self.text(value)
            return self._token(kind, value)
        if isinstance(value, dict):
            for key, member in value.items():
                value[key] = self._all(member, kind)
            if any(map(is_odd, value)):
                self._keys(value, len(self._texts))
        elif isinstance(value, list):
            value[:] = [self._all(element, kind) for element in value]
        elif value is not None and not isinstance(value, bool):
            return self._number(value, kind)
        return value

    def _number_kind(self, name: str, holder: str, value: float) -> str | None:
        """The kind of a number by its name."""
        said = self._said.named(name, holder) if self._said.names else None
        return said or key_kinds(name, holder).of_number(value)

    def _number(self, value: float, kind: str | None) -> Any:
        if kind in self._kinds and kind is not None:
            return self._token(kind, dumps(value), True)
        if value >= 10**11 and isinstance(value, int) and "card" in self._patterns:
            digits = str(value)
            if 13 <= len(digits) <= 19 and is_card(digits):
                return self._token("card", digits, True)
        return value

    def _keys(self, value: dict[str, Any], texts: int, change: Callable[[str], str] | None = None) -> None:
        """Keys that are personal themselves; the order stays. ``texts``: where the object's own places begin."""
        change = change or self.text
        members = list(value.items())
        value.clear()
        said: dict[str, str] = {}
        for key, member in members:
            said[key] = change(key)
            value[said[key]] = member
        for at in range(texts, len(self._texts)):
            container, key = self._texts[at]
            if container is value:
                self._texts[at] = value, said[key]

    # --------------------------------------------------------------------------------------------------------- text

    def text(self, text: str) -> str:
        """A string that nothing classifies: JSON in it is walked, the rest is searched by patterns."""
        if len(text) < 6 or (text[0] == "t" and TOKEN.fullmatch(text)):
            return text
        done = self.seen.get(text)
        if done is None:
            names = len(self._names)
            done = self._text(text)
            if len(self._names) == names:
                self.seen[text] = done
        return done

    def _text(self, text: str) -> str:
        first = text[0] if text[0] in '{["' else text.lstrip()[:1]
        if first and first in '{["' and self._depth < _NESTED:
            nested = self._nested(text)
            if nested is not None:
                return nested
        if "\n" in text and (table := self._header(text)) is not None:
            try:
                return rewrite_table(text, table[0], lambda rows: self._table(table[1], rows))
            except ValueError:
                pass  # searched as text, then
        if first == "<" and is_xml(text.lstrip()):
            text = rewrite_xml(text, self._text_kind, self._element)
        if self._depth < _NESTED and self._holds_encoded(text):
            text = rewrite_base64(text, self._decoded)
        text = self.sweep(rewrite_labels(text, self._text_kind, self._element))
        return rewrite_quoted(text, self._decoded) if self._depth < _NESTED else text

    def _header(self, text: str) -> tuple[str, list[str]] | None:
        """Delimiter and names of a table of which a column holds something personal."""
        table = table_header(text)
        return table if table is not None and any(self._text_kind(one, "") for one in table[1]) else None

    def _table(self, names: list[str], rows: list[list[str]]) -> None:
        value = {"fields": names, "items": rows}
        self._columns(value, None, "")
        for row in rows:
            row[:] = [self.text(cell) for cell in row]

    def _decoded(self, text: str) -> str:
        """Text that was in base64 or in quoted-printable."""
        self._depth += 1
        try:
            return self.text(text)
        finally:
            self._depth -= 1

    def _text_kind(self, name: str, holder: str) -> str | None:
        """The kind of a text called ``name`` within ``holder``, where it is replaced."""
        kind = (self._said.named(name, holder) if self._said.names else None) or key_kinds(name, holder).text
        return kind if kind in self._kinds else None

    def _element(self, kind: str, value: str) -> str:
        return value if TOKEN.fullmatch(value) else self._token(kind, value)

    def _nested(self, text: str) -> str | None:
        """``text`` if it is JSON, walked. Where nothing changed it stays to the letter, and is searched as text: a
        key that occurs twice hides its first value from a parser."""
        value = loads_or_none(text)
        if not isinstance(value, (dict, list, str)):
            return None
        before = dumps(value)
        self._depth += 1
        names, self._by_name = self._by_name, True
        texts, objects = len(self._texts), len(self._objects)
        try:
            if isinstance(value, dict):
                self._object(value, None, "")
            elif isinstance(value, list):
                self._array(value, None, "")
            else:
                value = self.text(value)
        finally:
            self._depth -= 1
            self._by_name = names
            del self._texts[texts:]
            del self._objects[objects:]
        after = dumps(value)
        return after if after != before else self.sweep(text)

    def sweep(self, text: str) -> str:
        """``text`` with what patterns find in it replaced."""
        spans = find(text, self._patterns) if self._patterns else ()
        if not spans:
            return text
        parts: list[str] = []
        position = 0
        for start, end, kind in spans:
            parts += (text[position:start], self._replace(kind, text[start:end], False))
            self.swept += 1
            position = end
        parts.append(text[position:])
        return "".join(parts)

    def replace_known(self, known: KnownValue, written: str) -> str:
        """The token of a known value that was found in text, as it is written there."""
        self.swept += 1
        kind, value = key = (known.kind, written)
        token = self._values.get(key)
        if token is None:
            token = self._values[key] = self._replace(kind, value, False)
        return token

    def _recorded(self, texts: int, names: int, objects: int) -> _Record:
        """The record that was just walked. ``texts``, ``names``, ``objects``: where what is in it begins. Its texts
        stay: what holds the record may classify something too, and so may what the view hides."""
        wanted = list(dict.fromkeys(self._names[names:]))
        del self._names[names:]
        return _Record(texts, len(self._texts), objects, len(self._objects), wanted)

    def _search_records(self, records: list[_Record]) -> None:
        """Search the text and the keys of each record for what was classified in it."""
        records = [one for one in records if one.wanted]
        if len(records) > 1 and not self._any_likely(records):
            return
        for one in records:
            self._search(self._texts[one.texts : one.texts_end], one.wanted)
            if one.objects < one.objects_end:
                self._search_keys(one)

    def _any_likely(self, records: list[_Record]) -> bool:
        """Whether a classified value of one of neighbouring records may occur in the text of one of them: in most
        lists none does, and one look is cheaper than many."""
        _, texts, encoded = self._strings(self._texts[records[0].texts : records[-1].texts_end])
        if encoded:
            return True
        objects = self._objects[records[0].objects : records[-1].objects_end]
        keys = {self._compact_keys(tuple(one)) for one in objects}
        wanted = list(dict.fromkeys(value for one in records for value in one.wanted))
        return match_likely(wanted, "\0".join((compact_texts(texts), *keys))) is not None

    def _search(self, places: list[Place], wanted: list[tuple[str, str]]) -> None:
        """Replace every one of ``wanted`` (kind, value) in the strings at ``places``, and in those below these."""
        strings, texts, encoded = self._strings(places)
        if not strings:
            return
        narrowed = match_likely(wanted, compact_texts(texts))
        if narrowed is not None:
            for container, key in strings:
                container[key] = narrowed.replace(container[key], self.replace_known)
        if encoded:
            matcher = ValueMatcher(KnownValue(*one) for one in wanted)
            for container, key in encoded:
                text = rewrite_base64(container[key], lambda text: matcher.replace(text, self.replace_known))
                container[key] = rewrite_quoted(text, lambda text: matcher.replace(text, self.replace_known))

    def _strings(self, places: list[Place]) -> tuple[list[Place], list[str], list[Place]]:
        """The strings at ``places`` and below these that are searched, with their texts, and those that hold
        others, encoded."""
        strings: list[Place] = []
        texts: list[str] = []
        encoded: list[Place] = []
        for place in _leaves(places):
            text = place[0][place[1]]
            if len(text) < SHORTEST or (text[:4] == "tok_" and TOKEN.fullmatch(text)):
                continue
            strings.append(place)
            texts.append(text)
            if len(text) > 7 and self._holds_encoded(text):
                encoded.append(place)
        return strings, texts, encoded

    def _holds_encoded(self, text: str) -> bool:
        """Whether a piece of ``text`` may be base64 of text, or it is quoted-printable. Asked twice of most texts."""
        if len(text) < TELLING_BASE64 and "=" not in text:
            return False
        holds = self._encoded.get(text)
        if holds is None:
            holds = self._encoded[text] = holds_base64(text) or decode_quoted(text) is not None
        return holds

    def _search_keys(self, record: _Record) -> None:
        """Replace what was classified in a record in the keys of maps. A word in small letters is the name of a
        field."""
        objects, texts = self._objects[record.objects : record.objects_end], range(record.texts, record.texts_end)
        narrowed = match_likely(record.wanted, "\0".join({self._compact_keys(tuple(one)) for one in objects}))
        changes: dict[int, dict[str, str]] = {}
        for value in objects if narrowed is not None else ():
            renamed = {key: changed for key in value if (changed := self._key(narrowed, key)) != key}
            if renamed:
                members = list(value.items())
                value.clear()
                value.update((renamed.get(key, key), member) for key, member in members)
                changes[id(value)] = renamed
        for at in texts if changes else ():
            container, key = self._texts[at]
            if id(container) in changes:
                self._texts[at] = container, changes[id(container)].get(key, key)

    def _compact_keys(self, keys: tuple[str, ...]) -> str:
        """What is searched first for values in the keys of an object: most records of an answer have the same."""
        compact = self._compact.get(keys)
        if compact is None:
            compact = self._compact[keys] = compact_texts(keys)
        return compact

    def _key(self, matcher: ValueMatcher | None, key: str) -> str:
        if matcher is None or TOKEN.fullmatch(key):
            return key
        found = matcher.find(key)
        if not found or not any(" " in one.known.text or not key.islower() or not key.isalpha() for one in found):
            return key
        return matcher.replace(key, self.replace_known)


def _is_field_name(key: str, kind: str) -> bool:
    return key.isascii() and (key[:1].islower() or key.isdigit()) and (kind not in FOUND or not confirm(kind, key))


def _leaves(places: Iterable[Place]) -> list[Place]:
    leaves: list[Place] = []
    below: list[Place] = []
    for place in places:
        value = place[0][place[1]]
        if isinstance(value, str):
            leaves.append(place)
        elif isinstance(value, dict):
            below += [(value, key) for key in value]
        elif isinstance(value, list):
            below += [(value, at) for at in range(len(value))]
    return leaves + _leaves(below) if below else leaves


def _objects(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, list):
        return [one for element in value if isinstance(element, (dict, list)) for one in _objects(element)]
    if isinstance(value, dict):
        return [value, *_objects(list(value.values()))]
    return []


def _under(node: Node | None) -> Node | None:
    if node is None:
        return None
    above = Node()
    above.each = node
    return above


def _is_columns(value: dict[str, Any]) -> bool:
    fields = value.get("fields")
    return (
        isinstance(fields, list)
        and isinstance(value.get("items"), list)
        and all(isinstance(one, str) for one in fields)
    )


@lru_cache(maxsize=8192)
def _path_end(path: str, holder: str) -> tuple[str, str]:
    keys = [part for part in path.replace("[*]", "").replace("[]", "").split(".") if part]
    return (keys[-1] if keys else path), (keys[-2] if len(keys) > 1 else holder)


@lru_cache(maxsize=32768)
def key_kinds(key: str, holder: str) -> LeafKinds:
    """What is called ``key`` within ``holder``, by its JSON type, in the kinds of tokens."""
    one = leaf_kinds(key, holder)
    text, number, digits = (canonical(kind) if kind else None for kind in (one.text, one.number, one.digits))
    return LeafKinds(text, number, digits, one.person, one.least)


@lru_cache(maxsize=32768)
def is_odd(key: str) -> bool:
    """Whether a key may be personal itself."""
    return len(key) > 5 and ("@" in key or not key.isascii() or "%" in key or sum(map(str.isdigit, key)) > 5)
