"""JSON with comments (JSONC), edited in place: what is not changed stays as it is written, comments included.

Editors read their settings as JSON (RFC 8259) with ``//`` and ``/* */`` comments and a comma after the last member.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Json: TypeAlias = Any

_SPACE = re.compile(r"(?:[ \t\r\n\ufeff]|//[^\r\n]*|/\*(?s:.*?)\*/)*")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"')
_SCALAR = re.compile(r"true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_DEEPEST = 200


class NotJsonc(ValueError):
    """The text is not JSON with comments. ``at``: the offset of the fault."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


@dataclass(slots=True)
class Node:
    """A value: its text is ``text[start:end]``. ``members``: those of an object, in order."""

    value: Json
    start: int
    end: int
    members: list[Member] = field(default_factory=list)


@dataclass(slots=True)
class Member:
    """A member of an object. ``start``: where its name begins; ``comma``: the offset after its comma, 0 without one."""

    name: str
    start: int
    node: Node
    comma: int = 0


def parse(text: str) -> Node:
    """The value that ``text`` holds; an empty text, or one of comments alone, holds an empty object at its end.

    Raises:
        NotJsonc: it is not JSON with comments, or a name occurs twice in one object.
    """
    at = _skip(text, 0)
    if at == len(text):
        return Node({}, at, at)
    node = _value(text, at, 0)
    if (rest := _skip(text, node.end)) != len(text):
        raise NotJsonc("something follows the value", rest)
    return node


def get(text: str, path: Sequence[str]) -> Json:
    """The value at a path of names; None without one."""
    value = parse(text).value
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def put(text: str, path: Sequence[str], value: Json) -> str:
    """``text`` with ``value`` at a path of names; objects on the way are added.

    Raises:
        NotJsonc: as :func:`parse`; or something on the way is not an object.
    """
    node = parse(text)
    if node.start == node.end:  # nothing but space and comments
        made: Json = value
        for name in reversed(path):
            made = {name: made}
        return f"{text}{_dump(made, '', _unit(text), _line_end(text))}{_line_end(text)}"
    for depth, name in enumerate(path):
        if not isinstance(node.value, dict):
            raise NotJsonc(f"{'/'.join(path[:depth]) or 'the file'} is not an object", node.start)
        found = next((one for one in node.members if one.name == name), None)
        if found is None:
            made = value
            for inner in reversed(path[depth + 1 :]):
                made = {inner: made}
            return _added(text, node, name, made)
        node = found.node
    indent = _indent(text, node.start)
    return text[: node.start] + _dump(value, indent, _unit(text), _line_end(text)) + text[node.end :]


def drop(text: str, path: Sequence[str]) -> str:
    """``text`` without the member at a path of names; unchanged without one.

    Raises:
        NotJsonc: as :func:`parse`.
    """
    node = parse(text)
    for name in path[:-1]:
        found = next((one for one in node.members if one.name == name), None)
        if found is None:
            return text
        node = found.node
    at = next((at for at, one in enumerate(node.members) if one.name == path[-1]), None)
    if at is None:
        return text
    member = node.members[at]
    start, end = member.start, member.comma or member.node.end
    line = text.rfind("\n", 0, start) + 1
    if not text[line:start].strip():
        start = max(line - 1 - (text[line - 2 : line - 1] == "\r"), 0) if line else 0
    text = text[:start] + text[end:]
    if not member.comma and at:  # it was the last: the one before it needs no comma now
        before = node.members[at - 1]
        text = text[: before.node.end] + text[before.node.end : before.comma].replace(",", "") + text[before.comma :]
    return text


# -------------------------------------------------------------------------------------------------------------- reading


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    end = found.end() if found else at
    if text.startswith("/*", end):
        raise NotJsonc("a comment does not end", end)
    return end


def _value(text: str, at: int, depth: int) -> Node:
    if depth > _DEEPEST:
        raise NotJsonc(f"values nest deeper than {_DEEPEST}", at)
    if text.startswith("{", at):
        return _object(text, at, depth)
    if text.startswith("[", at):
        return _array(text, at, depth)
    found = _STRING.match(text, at) or _SCALAR.match(text, at)
    if found is None:
        raise NotJsonc("a value is missing" if at == len(text) else f"{text[at]!r} begins no value", at)
    try:
        return Node(json.loads(found[0]), at, found.end())
    except ValueError:
        raise NotJsonc("a string with an unknown escape", at) from None


def _object(text: str, start: int, depth: int) -> Node:
    members: list[Member] = []
    known: dict[str, Json] = {}
    at = _skip(text, start + 1)
    while not text.startswith("}", at):
        if members and not members[-1].comma:
            raise NotJsonc("a comma is missing", at)
        found = _STRING.match(text, at)
        if found is None:
            raise NotJsonc("a name in double quotes is missing", at)
        name = json.loads(found[0])
        if name in known:
            raise NotJsonc(f"{name!r} occurs twice", at)
        colon = _skip(text, found.end())
        if not text.startswith(":", colon):
            raise NotJsonc("a colon is missing", colon)
        member = Member(name, at, _value(text, _skip(text, colon + 1), depth + 1))
        members.append(member)
        known[name] = member.node.value
        at = _skip(text, member.node.end)
        if text.startswith(",", at):
            member.comma = at + 1
            at = _skip(text, at + 1)
    return Node(known, start, at + 1, members)


def _array(text: str, start: int, depth: int) -> Node:
    items: list[Json] = []
    at = _skip(text, start + 1)
    comma = True
    while not text.startswith("]", at):
        if not comma:
            raise NotJsonc("a comma is missing", at)
        item = _value(text, at, depth + 1)
        items.append(item.value)
        at = _skip(text, item.end)
        if comma := text.startswith(",", at):
            at = _skip(text, at + 1)
    return Node(items, start, at + 1)


# -------------------------------------------------------------------------------------------------------------- writing


def _added(text: str, node: Node, name: str, value: Json) -> str:
    unit, line_end = _unit(text), _line_end(text)
    outer = _indent(text, node.start)
    if not node.members:
        inner = outer + unit
        made = f"{line_end}{inner}{json.dumps(name, ensure_ascii=False)}: {_dump(value, inner, unit, line_end)}"
        inside = text[node.start + 1 : node.end - 1]
        if inside.strip():  # comments
            inside = inside.rstrip()
            return text[: node.start + 1] + inside + made + line_end + outer + text[node.end - 1 :]
        return text[: node.start + 1] + made + line_end + outer + text[node.end - 1 :]
    last = node.members[-1]
    own_line = "\n" in text[node.start : last.start]
    inner = _indent(text, last.start) if own_line else outer + unit
    made = f"{line_end}{inner}{json.dumps(name, ensure_ascii=False)}: {_dump(value, inner, unit, line_end)}"
    end = last.comma or last.node.end
    # A comment on the line of the last member belongs to it.
    rest = re.compile(r"(?:[ \t]|/\*[^\r\n]*?\*/)*(?://[^\r\n]*)?").match(text, end)
    after = rest.end() if rest else end
    comma = "" if last.comma else ","
    tail = text[after:] if own_line else line_end + outer + text[after:].lstrip(" \t")
    return text[:end] + comma + text[end:after] + made + tail


def _dump(value: Json, indent: str, unit: str, line_end: str) -> str:
    """JSON text whose lines after the first begin with ``indent``; a list of scalars on one line."""
    return line_end.join(_lines(value, indent, unit))


def _lines(value: Json, indent: str, unit: str) -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        yield "{"
        for at, (name, item) in enumerate(value.items()):
            lines = list(_lines(item, indent + unit, unit))
            lines[0] = f"{indent}{unit}{json.dumps(name, ensure_ascii=False)}: {lines[0]}"
            lines[-1] += "," if at < len(value) - 1 else ""
            yield from lines
        yield f"{indent}}}"
    elif isinstance(value, list) and any(isinstance(item, (Mapping, list)) for item in value):
        yield "["
        for at, item in enumerate(value):
            lines = list(_lines(item, indent + unit, unit))
            lines[0] = f"{indent}{unit}{lines[0]}"
            lines[-1] += "," if at < len(value) - 1 else ""
            yield from lines
        yield f"{indent}]"
    else:
        yield json.dumps(value, ensure_ascii=False)


def _indent(text: str, at: int) -> str:
    """What the line of an offset begins with."""
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _unit(text: str) -> str:
    """One level of indentation, as the text has it."""
    found = re.search(r"^([ \t]+)\S", text, re.MULTILINE)
    return found[1] if found else "  "


def _line_end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"
