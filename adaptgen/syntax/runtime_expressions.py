"""Runtime expressions and simple conditions of Arazzo (1.0.1, 4.6.15 "Criterion Object" and 4.7 "Runtime Expressions").

    $statusCode == 200 && ($response.body#/state == 'DONE' || !$inputs.wait)

The build column reads them to check them, the runtime to decide. Standard library only.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from adaptgen.model.frozen import lazy

ROOTS: Final = ("url", "method", "statusCode")
SOURCES: Final = ("header", "query", "path", "body")
_OPERATORS: Final = ("==", "!=", "<=", ">=", "<", ">")
_TOKEN = lazy(r"\s*(?:(&&|\|\||==|!=|<=|>=|<|>|!|\(|\))|('(?:[^']|'')*')|([^\s()<>=!&|']+))")
_NUMBER = lazy(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")
_STEP = lazy(r"\.([^.\[\]#]+)|\[(\d+)\]|\[['\"]([^'\"]*)['\"]\]")
_DEEPEST: Final = 30


class ConditionError(ValueError):
    """The text is not an expression, or not a condition."""


@dataclass(frozen=True, slots=True)
class Expression:
    """``root``: url, method, statusCode, request, response, inputs, outputs, steps, workflows, components or
    sourceDescriptions. ``source`` and ``name``: of ``$response.header.X`` they are header and X; of
    ``$steps.s.outputs.o`` s and o, of ``$inputs.x`` "" and x. ``pointer``: JSON Pointer behind ``#``; ``path``: what
    the operators ``.`` and ``[]`` go into."""

    text: str
    root: str
    source: str = ""
    name: str = ""
    pointer: str = ""
    path: tuple[str | int, ...] = ()


@lru_cache(maxsize=2048)
def expression(text: str) -> Expression:
    """A runtime expression; ConditionError for anything else."""
    if not text.startswith("$"):
        raise ConditionError(f"{text!r} is not a runtime expression: it starts with no $")
    head, mark, pointer = text[1:].partition("#")
    if mark and not (pointer == "" or pointer.startswith("/")):
        raise ConditionError(f"{text!r}: after # comes a JSON Pointer, which starts with /")
    # The operators may follow a pointer only by being part of it, so they are read before it.
    if head in ROOTS and not mark:
        return Expression(text, head)
    root, dot, rest = head.partition(".")
    if root in ("request", "response") and dot:
        return _message(text, root, rest, pointer, bool(mark))
    if root in ("inputs", "outputs") and rest:
        name, path = _path(text, rest)
        return Expression(text, root, "", name, pointer, path)
    if root in ("steps", "workflows") and rest:
        source, _, rest = rest.partition(".")
        kind, _, rest = rest.partition(".")
        if source and rest and kind in (("outputs",) if root == "steps" else ("outputs", "inputs")):
            name, path = _path(text, rest)
            return Expression(text, root, source if root == "steps" else f"{source}.{kind}", name, pointer, path)
        wanted = "$steps.<step>.outputs.<name>" if root == "steps" else "$workflows.<workflow>.outputs.<name>"
        raise ConditionError(f"{text!r}: expected {wanted}")
    if root in ("components", "sourceDescriptions") and rest:
        source, _, name = rest.partition(".")
        return Expression(text, root, source, name)
    raise ConditionError(f"{text!r} is not a runtime expression")


def _message(text: str, root: str, rest: str, pointer: str, pointed: bool) -> Expression:
    source, _, name = rest.partition(".")
    if source == "body":
        if pointed:
            if name:
                raise ConditionError(f"{text!r}: after body come # and a JSON Pointer")
            return Expression(text, root, "body", "", pointer)
        bracket = re.match(r"body((?:\[[^\]]*\])+.*)?$", rest)
        _, path = _path(text, rest) if bracket or name else ("", ())
        return Expression(text, root, "body", "", "", path)
    source = source.partition("[")[0]
    if source not in SOURCES or not name:
        raise ConditionError(f"{text!r}: expected ${root}.header.<name>, .query.<name>, .path.<name> or .body#/…")
    if root == "response" and source in ("query", "path"):
        raise ConditionError(f"{text!r}: a response has headers and a body")
    return Expression(text, root, source, name)


def _path(text: str, rest: str) -> tuple[str, tuple[str | int, ...]]:
    """The first name in ``rest``, and what the operators ``.`` and ``[]`` go into behind it."""
    at, found = 0, []
    source = f".{rest}"
    while at < len(source):
        step = _STEP.match(source, at)
        if step is None:
            raise ConditionError(f"{text!r} cannot be read at {source[at:]!r}")
        found.append(int(step[2]) if step[2] is not None else step[1] if step[1] is not None else step[3])
        at = step.end()
    return str(found[0]), tuple(found[1:])


# --------------------------------------------------------------------------------------------------------- conditions


@dataclass(frozen=True, slots=True)
class Node:
    """``do``: value, get, not, and, or, or an operator of comparison."""

    do: str
    value: Any = None
    parts: tuple[Node, ...] = ()


@lru_cache(maxsize=2048)
def condition(text: str) -> Node:
    """A simple condition as a tree; ConditionError where it cannot be read."""
    return _Reader(text).all()


def holds(node: Node, get: Callable[[Expression], Any]) -> bool:
    """Whether the condition holds; ``get`` returns the value of an expression, None if it has none."""
    return truth(_value(node, get))


def truth(value: Any) -> bool:
    """Whether a value counts as true."""
    return value not in (None, False, 0, "", [], {})


def expressions(node: Node) -> list[Expression]:
    """Every expression in a condition."""
    own = [node.value] if node.do == "get" else []
    return own + [one for part in node.parts for one in expressions(part)]


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[tuple[str, str]] = []
        self.at = 0
        position = 0
        while position < len(text.rstrip()):
            found = _TOKEN.match(text, position)
            if found is None:
                raise ConditionError(f"{text!r} cannot be read at {text[position:].strip()[:20]!r}")
            operator, quoted, word = found.groups()
            self.tokens.append(("operator", operator) if operator else ("text", quoted) if quoted else ("word", word))
            position = found.end()

    def all(self) -> Node:
        if not self.tokens:
            raise ConditionError("the condition is empty")
        node = self.either(0)
        if self.at < len(self.tokens):
            raise ConditionError(f"{self.text!r}: nothing is expected at {self.tokens[self.at][1]!r}")
        return node

    def next(self, *operators: str) -> str | None:
        if self.at < len(self.tokens):
            kind, text = self.tokens[self.at]
            if kind == "operator" and text in operators:
                self.at += 1
                return text
        return None

    def either(self, depth: int) -> Node:
        parts = [self.both(depth)]
        while self.next("||"):
            parts.append(self.both(depth))
        return parts[0] if len(parts) == 1 else Node("or", parts=tuple(parts))

    def both(self, depth: int) -> Node:
        parts = [self.compared(depth)]
        while self.next("&&"):
            parts.append(self.compared(depth))
        return parts[0] if len(parts) == 1 else Node("and", parts=tuple(parts))

    def compared(self, depth: int) -> Node:
        left = self.operand(depth)
        operator = self.next(*_OPERATORS)
        return left if operator is None else Node(operator, parts=(left, self.operand(depth)))

    def operand(self, depth: int) -> Node:
        if depth > _DEEPEST:
            raise ConditionError("the condition nests too deep")
        if self.next("!"):
            return Node("not", parts=(self.operand(depth + 1),))
        if self.next("("):
            inner = self.either(depth + 1)
            if not self.next(")"):
                raise ConditionError(f"{self.text!r}: a closing parenthesis is missing")
            return inner
        if self.at >= len(self.tokens) or self.tokens[self.at][0] == "operator":
            raise ConditionError(f"{self.text!r}: a value is missing")
        kind, text = self.tokens[self.at]
        self.at += 1
        if kind == "text":
            return Node("value", text[1:-1].replace("''", "'"))
        if text.startswith("$"):
            return Node("get", expression(text))
        if text in ("true", "false", "null"):
            return Node("value", {"true": True, "false": False, "null": None}[text])
        if _NUMBER.fullmatch(text):
            return Node("value", float(text) if re.search(r"[.eE]", text) else int(text))
        raise ConditionError(f"{self.text!r}: {text!r} is not a value; texts are written in single quotes")


def _value(node: Node, get: Callable[[Expression], Any]) -> Any:
    if node.do == "value":
        return node.value
    if node.do == "get":
        return get(node.value)
    if node.do == "not":
        return not truth(_value(node.parts[0], get))
    if node.do == "and":
        return all(truth(_value(part, get)) for part in node.parts)
    if node.do == "or":
        return any(truth(_value(part, get)) for part in node.parts)
    return _compare(node.do, _value(node.parts[0], get), _value(node.parts[1], get))


def _compare(operator: str, left: Any, right: Any) -> bool:
    """As the specification has it: texts compare without regard to case. A text next to a number is read as one (a
    header has texts only); what does not compare is unequal."""
    left, right = _number(left, right), _number(right, left)
    if isinstance(left, str) and isinstance(right, str):
        left, right = left.casefold(), right.casefold()
    same = left == right and isinstance(left, bool) == isinstance(right, bool)
    if operator in ("==", "!="):
        return same == (operator == "==")
    plain = (int, float)
    numbers = isinstance(left, plain) and isinstance(right, plain)
    if not numbers and not (isinstance(left, str) and isinstance(right, str)):
        return False
    if operator in ("<=", ">=") and same:
        return True
    return bool(left < right if operator.startswith("<") else left > right)


def _number(value: Any, other: Any) -> Any:
    plain = isinstance(other, (int, float)) and not isinstance(other, bool)
    if plain and isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return float(value)
    return value
