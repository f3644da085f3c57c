"""JSONPath as RFC 9535 has it, with filters and its functions: for conditions that a description states.

``compiled("$[?count(@.pets) > 0]")(value)`` gives the list of values. The paths of hints and tables are read by
``adaptgen.runtime.jsonpath``. Standard library only; what is wrong is found when a query is compiled.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Final

from adaptgen.patterns import lazy

Query = Callable[[Any], list[Any]]

NOTHING: Final = type("Nothing", (), {"__repr__": lambda _: "NOTHING"})()
"""The absence of a value (RFC 9535, 1.1)."""
_NODES: Final = 100_000
_DEEPEST: Final = 40
_NAME = lazy(r"[A-Za-z_\u0080-\U0010ffff][A-Za-z0-9_\u0080-\U0010ffff]*")
_SPACE = lazy(r"[ \t\r\n]*")
_SLICE = lazy(r"(-?\d*)\s*:\s*(-?\d*)\s*(?::\s*(-?\d*))?")
_INTEGER = lazy(r"0|-?[1-9]\d*")
_NUMBER = lazy(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
_COMPARED = ("==", "!=", "<=", ">=", "<", ">")


class QueryError(ValueError):
    """The text is no JSONPath query."""


@lru_cache(maxsize=512)
def compiled(text: str) -> Query:
    """The query as a function from a value to the list of what it selects.

    Raises:
        QueryError: it is not well-formed, or not valid (RFC 9535, 2.1).
    """
    reader = _Reader(text.strip())
    reader.expect("$")
    segments, _ = reader.segments()
    if reader.at < len(reader.text):
        raise reader.wrong("the end was expected")
    return lambda value: _run(segments, value, value)


def safe_pattern(text: str) -> re.Pattern[str]:
    """A regular expression whose search takes no more than a time that grows moderately with the text.

    Raises:
        QueryError: it cannot be read, or repeats what repeats, which may take for ever.
    """
    from re import _parser as parser  # type: ignore[attr-defined]

    try:
        pattern = re.compile(text)
        tree = parser.parse(text)
    except (re.error, RecursionError, OverflowError) as wrong:
        raise QueryError(f"the pattern {text!r} cannot be read: {wrong}") from None
    if _repeats(tree) > 1:
        raise QueryError(f"the pattern {text!r} repeats what repeats already, which may take for ever")
    return pattern


def _repeats(tree: Any) -> int:
    """How deep repetitions without a small bound nest in a parsed pattern."""
    deepest = 0
    for operation, argument in tree:
        name = str(operation)
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            _, most, inner = argument
            deepest = max(deepest, _repeats(inner) + (1 if int(most) > 20 else 0))
        elif name == "SUBPATTERN":
            deepest = max(deepest, _repeats(argument[-1]))
        elif name == "BRANCH":
            deepest = max([deepest, *(_repeats(one) for one in argument[1])])
        elif name in ("ASSERT", "ASSERT_NOT"):
            deepest = max(deepest, _repeats(argument[1]))
        elif name == "ATOMIC_GROUP":
            deepest = max(deepest, _repeats(argument))
    return deepest


# ---------------------------------------------------------------------------------------------------------- running

Selector = Callable[[Any, Any], Iterator[Any]]
Segment = tuple[bool, tuple[Selector, ...]]


def _run(segments: list[Segment], here: Any, root: Any) -> list[Any]:
    nodes = [here]
    for descends, selectors in segments:
        found: list[Any] = []
        for node in nodes:
            for one in _descendants(node) if descends else (node,):
                for selector in selectors:
                    found += selector(one, root)
                if len(found) > _NODES:
                    return found[:_NODES]
        nodes = found
    return nodes


def _descendants(node: Any) -> Iterator[Any]:
    waiting = [node]
    while waiting:
        one = waiting.pop()
        yield one
        if isinstance(one, dict):
            waiting += reversed([inner for inner in one.values() if isinstance(inner, (dict, list))])
        elif isinstance(one, list):
            waiting += reversed([inner for inner in one if isinstance(inner, (dict, list))])


def _named(name: str) -> Selector:
    return lambda node, root: iter((node[name],) if isinstance(node, dict) and name in node else ())


def _members(node: Any, root: Any) -> Iterator[Any]:
    yield from node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()


def _indexed(index: int) -> Selector:
    def select(node: Any, root: Any) -> Iterator[Any]:
        if isinstance(node, list) and -len(node) <= index < len(node):
            yield node[index]

    return select


def _sliced(part: slice) -> Selector:
    return lambda node, root: iter(node[part] if isinstance(node, list) and part.step != 0 else ())


Test = Callable[[Any, Any], bool]
Value = Callable[[Any, Any], Any]


def _filtered(test: Test) -> Selector:
    return lambda node, root: (one for one in _members(node, root) if test(one, root))


def _compared(operator: str, left: Value, right: Value) -> Test:
    def test(node: Any, root: Any) -> bool:
        one, other = left(node, root), right(node, root)
        same = _same(one, other)
        if operator in ("==", "!="):
            return same == (operator == "==")
        if operator in ("<=", ">=") and same:
            return True
        ordered = (_plain(one) and _plain(other)) or (isinstance(one, str) and isinstance(other, str))
        return ordered and bool(one < other if operator[0] == "<" else one > other)

    return test


def _plain(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, bool) or isinstance(other, bool) or one is NOTHING or other is NOTHING:
        return one is other
    return bool(one == other)


# ---------------------------------------------------------------------------------------------------------- reading


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0

    def wrong(self, why: str) -> QueryError:
        return QueryError(f"{self.text!r} is no JSONPath: {why} at character {self.at + 1}")

    def space(self) -> None:
        found = _SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def take(self, *texts: str) -> str | None:
        for text in texts:
            if self.text.startswith(text, self.at):
                self.at += len(text)
                return text
        return None

    def expect(self, text: str) -> None:
        if not self.take(text):
            raise self.wrong(f"{text!r} was expected")

    def match(self, pattern: re.Pattern[str]) -> str | None:
        found = pattern.match(self.text, self.at)
        if found is None or not found.group():
            return None
        self.at = found.end()
        return found.group()

    def segments(self) -> tuple[list[Segment], bool]:
        """The segments, and whether they lead to one node at most (a singular query)."""
        found: list[Segment] = []
        single = True
        while True:
            before = self.at
            self.space()
            if self.take(".."):
                single = False
                if self.take("["):
                    found.append((True, self.selectors()[0]))
                else:
                    found.append((True, (self.short(),)))
            elif self.take("."):
                found.append((False, (self.short(),)))
                single = single and self.text[self.at - 1] != "*"
            elif self.take("["):
                selectors, one = self.selectors()
                found.append((False, selectors))
                single = single and one
            else:
                self.at = before
                return found, single

    def short(self) -> Selector:
        if self.take("*"):
            return _members
        name = self.match(_NAME)
        if name is None:
            raise self.wrong("a name was expected")
        return _named(name)

    def selectors(self) -> tuple[tuple[Selector, ...], bool]:
        found: list[Selector] = []
        single = True
        while True:
            self.space()
            selector, one = self.selector()
            found.append(selector)
            single = single and one
            self.space()
            if self.take("]"):
                return tuple(found), single and len(found) == 1
            self.expect(",")

    def selector(self) -> tuple[Selector, bool]:
        if self.text[self.at : self.at + 1] in ("'", '"'):
            return _named(self.string()), True
        if self.take("*"):
            return _members, False
        if self.take("?"):
            self.space()
            return _filtered(self.either()), False
        part = _SLICE.match(self.text, self.at)
        if part is not None:
            self.at = part.end()
            low, high, step = (int(one) if one not in (None, "") else None for one in part.groups())
            return _sliced(slice(low, high, step)) if step != 0 else (lambda node, root: iter(())), False
        index = self.match(_INTEGER)
        if index is None:
            raise self.wrong("a name, an index, a slice, * or a filter was expected")
        return _indexed(int(index)), True

    def string(self) -> str:
        quote = self.text[self.at]
        end = self.at + 1
        while end < len(self.text) and self.text[end] != quote:
            end += 2 if self.text[end] == "\\" else 1
        inner = self.text[self.at + 1 : end]
        if end >= len(self.text):
            raise self.wrong("a string does not end")
        if quote == "'":
            inner = inner.replace("\\'", "'").replace('"', '\\"')
        try:
            value = json.loads(f'"{inner}"')
        except ValueError:
            raise self.wrong("a string cannot be read") from None
        self.at = end + 1
        return str(value)

    # ------------------------------------------------------------------------------------------------------ filters

    def either(self) -> Test:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self.wrong("it nests too deep")
        tests = [self.both()]
        while self.operator("||"):
            tests.append(self.both())
        self.depth -= 1
        return tests[0] if len(tests) == 1 else lambda node, root: any(test(node, root) for test in tests)

    def both(self) -> Test:
        tests = [self.basic()]
        while self.operator("&&"):
            tests.append(self.basic())
        return tests[0] if len(tests) == 1 else lambda node, root: all(test(node, root) for test in tests)

    def operator(self, *texts: str) -> str | None:
        self.space()
        return self.take(*texts)

    def basic(self) -> Test:
        self.space()
        if self.text.startswith("!", self.at) and not self.text.startswith("!=", self.at):
            self.at += 1
            inner = self.basic()
            return lambda node, root: not inner(node, root)
        if self.take("("):
            test = self.either()
            self.space()
            self.expect(")")
            return test
        left, exists = self.comparable()
        operator = self.operator(*_COMPARED)
        if operator is None:
            if exists is None:
                raise self.wrong("a comparison was expected")
            return exists
        if left is None:
            raise self.wrong("only a query for one value can be compared")
        self.space()
        right, _ = self.comparable()
        if right is None:
            raise self.wrong("only a query for one value can be compared")
        return _compared(operator, left, right)

    def comparable(self) -> tuple[Value | None, Test | None]:
        """A value to compare (None: it gives several), and the test that it is alone (None: it is no test)."""
        if self.text[self.at : self.at + 1] in ("'", '"'):
            text = self.string()
            return (lambda node, root: text), None
        if self.text[self.at : self.at + 1] in ("@", "$"):
            query, single = self.query()
            first = (lambda node, root: next(iter(query(node, root)), NOTHING)) if single else None
            return first, lambda node, root: bool(query(node, root))
        number = self.match(_NUMBER)
        if number is not None:
            value = json.loads(number)
            return (lambda node, root: value), None
        name = self.match(_NAME)
        if name in ("true", "false", "null"):
            constant = {"true": True, "false": False, "null": None}[name]
            return (lambda node, root: constant), None
        if name in ("length", "count", "value", "match", "search"):
            return self.function(name)
        raise self.wrong("a value, a query or a function was expected")

    def query(self) -> tuple[Callable[[Any, Any], list[Any]], bool]:
        absolute = self.take("$") is not None
        if not absolute:
            self.expect("@")
        segments, single = self.segments()
        return (lambda node, root: _run(segments, root if absolute else node, root)), single

    def function(self, name: str) -> tuple[Value | None, Test | None]:
        self.expect("(")
        self.space()
        if name in ("count", "value"):
            query, _ = self.query()
            self.space()
            self.expect(")")
            if name == "count":
                return (lambda node, root: len(query(node, root))), None
            return (lambda node, root: found[0] if len(found := query(node, root)) == 1 else NOTHING), None
        about, _ = self.comparable()
        if about is None:
            raise self.wrong(f"{name}() takes one value")
        if name == "length":
            self.space()
            self.expect(")")
            return (lambda node, root: _length(about(node, root))), None
        self.space()
        self.expect(",")
        self.space()
        if self.text[self.at : self.at + 1] not in ("'", '"'):
            raise self.wrong(f"the pattern of {name}() must stand there as a string")
        pattern = safe_pattern(self.string())
        self.space()
        self.expect(")")
        look = pattern.fullmatch if name == "match" else pattern.search
        return None, lambda node, root: isinstance(text := about(node, root), str) and look(text[:10_000]) is not None


def _length(value: Any) -> Any:
    return len(value) if isinstance(value, (str, list, dict)) else NOTHING
