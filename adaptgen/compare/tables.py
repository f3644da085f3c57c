"""Generated tables read as data. Nothing is imported or executed: a revision from anywhere may be looked at.

A table is an assignment of a call of a class of ``adaptgen.model.tables`` whose arguments are literals, or constants of
its module, as the renderer prints them. Anything else in a module is passed over.
"""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from adaptgen.diagnostics import AdaptgenError, Where, error
from adaptgen.model import tables as model

_CLASSES: dict[str, type] = {
    name: kind for name, kind in vars(model).items() if isinstance(kind, type) and dataclasses.is_dataclass(kind)
}
_FIELDS = {name: tuple(one.name for one in dataclasses.fields(kind)) for name, kind in _CLASSES.items()}
_REBUILD = "build it again with adaptgen build, or name a revision that was built"


class _Unreadable(Exception):
    def __init__(self, node: ast.AST) -> None:
        self.line, self.column = getattr(node, "lineno", 0), getattr(node, "col_offset", -1) + 1


@dataclass(frozen=True, slots=True)
class Table:
    """One assignment: its value and the line of it."""

    value: Any
    line: int


def read_tables(text: str, kind: type, shown: str, *, skip: frozenset[str] = frozenset()) -> Iterator[Table]:
    """The tables of class ``kind`` in a module. ``shown``: how the file is named in errors. ``skip``: fields that are
    no literals and stay at their defaults.

    Raises:
        AdaptgenError: AG055, the module is not Python, or a table holds something that is not a literal.
    """
    try:
        constants: dict[str, Any] = {}
        for node in ast.parse(text).body:
            match node:
                case ast.Assign(value=ast.Call(func=ast.Name(id=name)) as call) if name == kind.__name__:
                    yield Table(_made(call, constants, skip), node.lineno)
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Dict() as members):
                    constants[name] = _value(members, {})
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Tuple() as items):
                    with contextlib.suppress(_Unreadable):  # a tuple of tables, such as TOOLS
                        constants[name] = _value(items, {})
    except _Unreadable as odd:
        raise _wrong("this is not a table of adaptgen", Where(shown, odd.line, odd.column)) from None
    except SyntaxError as odd:
        raise _wrong("this is not Python", Where(shown, odd.lineno or 0, odd.offset or 0)) from None
    except (ValueError, TypeError, RecursionError, MemoryError):
        raise _wrong("its tables cannot be read", Where(shown)) from None


def _wrong(message: str, where: Where) -> AdaptgenError:
    return error("AG055", message, where, _REBUILD)


def _made(call: ast.Call, constants: Mapping[str, Any], skip: frozenset[str] = frozenset()) -> Any:
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    if name == "float" and len(call.args) == 1 and isinstance(call.args[0], ast.Constant):
        return float(str(call.args[0].value))
    if name == "loads" and len(call.args) == 1 and isinstance(call.args[0], ast.Constant):
        return json.loads(str(call.args[0].value))
    if name not in _CLASSES or len(call.args) > len(_FIELDS[name]):
        raise _Unreadable(call)
    given = {field: _value(argument, constants) for field, argument in zip(_FIELDS[name], call.args, strict=False)}
    for keyword in call.keywords:
        # A field of another format of the tables says nothing here.
        if keyword.arg in _FIELDS[name] and keyword.arg not in skip:
            given[keyword.arg] = _value(keyword.value, constants)
    try:
        return _CLASSES[name](**given)
    except TypeError:  # a field without a default is missing
        raise _Unreadable(call) from None


def _value(node: ast.expr, constants: Mapping[str, Any]) -> Any:
    match node:
        case ast.Name(id=name) if name in constants:
            return constants[name]
        case ast.Constant(value=value) if value is None or isinstance(value, (bool, int, float, str)):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=value)) if isinstance(value, (int, float)):
            return -value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Call() as call):
            return -_made(call, constants)
        case ast.Tuple(elts=items):
            return tuple(_value(item, constants) for item in items)
        case ast.List(elts=items):
            return [_value(item, constants) for item in items]
        case ast.Dict(keys=keys, values=values) if None not in keys:
            pairs = zip(keys, values, strict=True)
            return {_value(key, constants): _value(value, constants) for key, value in pairs if key is not None}
        case ast.Call():
            return _made(node, constants)
    raise _Unreadable(node)


def tags_of(text: str) -> dict[str, str]:
    """Module -> tag of the toolsets in ``tools/__init__.py``."""
    tags: dict[str, str] = {}
    try:
        for node in ast.walk(ast.parse(text)):
            match node:
                case ast.Call(
                    func=ast.Name(id="Toolset"),
                    args=[ast.Constant(value=str(tag)), ast.Attribute(value=ast.Name(id=module))],
                ):
                    tags[module] = tag
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    return tags
