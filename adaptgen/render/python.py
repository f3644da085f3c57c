"""Values as Python source: literals that no string can break out of, and model values as tables.

Model values print generically, field by field, without the fields that have their defaults.
"""

from __future__ import annotations

import builtins
import dataclasses
import json
import keyword
import math
import re
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import Any

from adaptgen.model import tables as model
from adaptgen.model.frozen import Inherited
from adaptgen.render import layout
from adaptgen.render.layout import Node
from adaptgen.render.safe import PythonText, one_line, python_escape, show

# Parameters that are nothing but a name are printed as it.
_ROWS: dict[type, frozenset[str]] = {
    model.Call: frozenset(("path_params", "query", "headers", "cookies")),
    model.Body: frozenset(("params",)),
}
# Tables that tools of a module may have in common, if they have so many members. Their width does not matter: a field
# with a longer name changes no other line.
_TABLES = frozenset(
    f"{name}=" for name in ("path_params", "query", "headers", "params", "view", "sensitive", "sensitive_arguments")
)
_MEMBERS = {"(": 8, "{": 3}
# The fields that read well without their names; all others are printed as keywords.
_POSITIONAL: dict[type, int] = {model.Param: 1, model.Call: 2, model.Send: 3, model.Base: 1, model.Refused: 1,
                                model.Toolset: 2}  # fmt: skip
# Python refuses to read or write longer decimal integers, and more than 200 open brackets.
_DECIMAL_BITS = 13_000
_DEEPEST = 60
# Class -> its fields with their defaults (MISSING, equal to nothing else, where a field has none).
_FIELDS: dict[type, tuple[tuple[str, Any], ...]] = {
    kind: tuple(
        (field.name, field.default if field.default_factory is dataclasses.MISSING else field.default_factory())
        for field in dataclasses.fields(kind)
    )
    for kind in vars(model).values()
    if isinstance(kind, type) and dataclasses.is_dataclass(kind)
}

_OTHER = re.compile(r"[^0-9A-Za-z]+")
_CHUNK = re.compile(r"(\d+)")
_LONGEST = 60
# Names that Windows does not give to files, and modules of a generated package.
_DEVICES = frozenset(("con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))))
_BUILTINS = frozenset(dir(builtins))


def string(text: str) -> str:
    """The literal of ``text``, in the quotes that a formatter would choose, invisible characters escaped."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    quote = "'" if text.count('"') > text.count("'") else '"'
    escaped = text.replace("\\", "\\\\").replace(quote, "\\" + quote)
    return f"{quote}{show(escaped, python_escape)}{quote}"


def number(value: int | float) -> str:
    """The literal of a number: integers of any size, infinities and NaN too."""
    if isinstance(value, int):
        if value.bit_length() <= _DECIMAL_BITS:
            return int.__repr__(value)
        return f"{'-' if value < 0 else ''}0x{abs(value):X}"
    if not math.isfinite(value):
        return f'float("{value}")'
    return float.__repr__(value).replace("e+", "e")


def _alike(found: Any, default: Any) -> bool:
    """Equal values of one kind: 1 is not True, and an empty tuple that a tool says itself is not inherited."""
    return all(isinstance(found, kind) == isinstance(default, kind) for kind in (bool, Inherited))


class Printer:
    """Prints values and remembers which names of ``adaptgen.runtime`` they use (``names``), and whether ``loads`` is
    needed (``loads``: a JSON value nested too deep for Python's parser)."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.loads = False

    def model(self, value: Any, replaced: Mapping[str, Node] = {}) -> Node:
        """A call of the class of ``value`` with the fields that differ from their defaults. ``replaced``:
        fields that are printed as other expressions."""
        kind = type(value)
        self.names.add(kind.__name__)
        parts: list[tuple[str, Node]] = []
        positional = _POSITIONAL.get(kind, 0)
        for index, (name, default) in enumerate(_FIELDS[kind]):
            if (node := replaced.get(name)) is not None:
                parts.append((f"{name}=", node))
                continue
            found = getattr(value, name)
            if found is default or (found == default and _alike(found, default)):
                continue
            # A positional field is one only while no field before it was left out.
            bare = index < positional and index == len(parts)
            parts.append(("" if bare else f"{name}=", self._field(kind, name, found)))
        return layout.group(f"{kind.__name__}(", parts, ")")

    def _field(self, kind: type, name: str, found: Any) -> Node:
        if name in _ROWS.get(kind, ()):
            found = tuple(param.name if param == model.Param(param.name) else param for param in found)
        return self.value(found)

    def value(self, value: Any, depth: int = 0) -> Node:
        """The expression of a model value, a tuple of them or a JSON value; mappings sorted by key."""
        if value is None or isinstance(value, bool):
            return layout.atom(repr(value))
        if isinstance(value, str):
            return layout.atom(string(value))
        if isinstance(value, (int, float)):
            return layout.atom(number(value))
        if dataclasses.is_dataclass(value) and type(value).__module__ == model.__name__:
            return self.model(value)
        if depth > _DEEPEST:
            self.loads = True
            return layout.atom(f"loads({string(json.dumps(value, sort_keys=True))})")
        if isinstance(value, tuple):
            items = [("", self.value(item, depth + 1)) for item in value]
            return layout.group("(", items, ")", single=len(items) == 1)
        if isinstance(value, list):
            return layout.group("[", [("", self.value(item, depth + 1)) for item in value], "]")
        if isinstance(value, Mapping):
            members = [(f"{string(str(key))}: ", self.value(value[key], depth + 1)) for key in sorted(value, key=str)]
            return layout.group("{", members, "}")
        raise TypeError(f"{type(value).__name__} is not a value of the model")


def assignment(name: str, node: Node) -> PythonText:
    """``name = …``, always one part a line."""
    return PythonText(layout.lay_out(node, prefix=f"{name} = ", broken=True))


def module_tables(tools: Mapping[str, Node], taken: Container[str]) -> tuple[PythonText, ...]:
    """The assignments of ``tools`` (variable -> expression), after those of the long tables that occur in them more
    than once.

    Such a table is named by a place of it, as ``GET_ITEM_VIEW``: the shortest name. So it changes only with a tool that
    has the same table.
    """
    places: dict[str, list[str]] = {}
    expressions: dict[str, Node] = {}
    for variable, tool in tools.items():
        for prefix, node in layout.groups(tool):
            if prefix in _TABLES and len(node.parts) >= _MEMBERS.get(node.opening, math.inf):
                suffix = f"_{prefix[:-1]}"
                places.setdefault(node.flat, []).append(f"{variable[: _LONGEST - len(suffix)]}{suffix}".upper())
                expressions[node.flat] = node
    shared = sorted((min(sorted(names), key=len), flat) for flat, names in places.items() if len(names) > 1)
    constants = {
        flat: name for (_, flat), name in zip(shared, variable_names((n for n, _ in shared), taken), strict=True)
    }
    return (
        *(assignment(name, expressions[flat]) for flat, name in constants.items()),
        *(assignment(name, layout.with_names(tool, constants)) for name, tool in tools.items()),
    )


def call(name: str, arguments: Iterable[str]) -> Node:
    """A call whose arguments are expressions."""
    return layout.group(f"{name}(", [("", layout.atom(argument)) for argument in arguments], ")")


def names_tuple(target: str, items: Iterable[str], annotation: str) -> PythonText:
    """``TOOLS = (a, b)``: a tuple of names, annotated only when it is empty."""
    return tuple_of(target, [layout.atom(item) for item in items], annotation)


def tuple_of(target: str, items: Sequence[Node], annotation: str) -> PythonText:
    """A tuple of expressions, annotated only when it is empty."""
    if not items:
        return PythonText(f"{target}: {annotation} = ()")
    node = layout.group("(", [("", item) for item in items], ")", single=len(items) == 1)
    return PythonText(layout.lay_out(node, prefix=f"{target} = "))


def imported(module: str, names: Iterable[str]) -> PythonText:
    """``from module import a, b``, exploded when it is too long."""
    line = f"from {module} import "
    ordered = list(names)
    flat = line + ", ".join(ordered)
    if len(flat) <= layout.WIDTH:
        return PythonText(flat)
    return PythonText(f"{line}(\n" + "".join(f"    {name},\n" for name in ordered) + ")")


def docstring(text: str, limit: int = 0) -> PythonText:
    """The text of one line of a docstring."""
    return PythonText(one_line(text, limit).replace("\\", "\\\\").replace('"', "'"))


# ------------------------------------------------------------------------- names of files and variables, from any text


def variable_names(names: Iterable[str], taken: Container[str]) -> list[str]:
    """One variable for each name; no keyword, no builtin, nothing that is ``taken`` and no two the same."""
    return _unique([_OTHER.sub("_", name) for name in names], "tool", lambda stem: stem in taken or stem in _BUILTINS)


def file_names(names: Iterable[str]) -> list[str]:
    """One file stem for each name; lower case, so that no two are the same file where the file system ignores case."""
    return _unique([_OTHER.sub("_", name).lower() for name in names], "module", _DEVICES.__contains__)


def _unique(stems: Iterable[str], word: str, refused: Callable[[str], bool]) -> list[str]:
    result: list[str] = []
    used: set[str] = set()
    for text in stems:
        stem = text.strip("_")[:_LONGEST].rstrip("_") or word
        if stem[0].isdigit():
            stem = f"{word}_{stem}"
        found = f"{stem}_" if keyword.iskeyword(stem) or keyword.issoftkeyword(stem) or refused(stem) else stem
        number = 2
        while found in used or refused(found):
            found = f"{stem}_{number}"
            number += 1
        used.add(found)
        result.append(found)
    return result


def natural_order(name: str) -> tuple[tuple[int, int, str], ...]:
    """Sort key in which ``v2`` comes before ``v10``, as import sorters have it."""
    return tuple((0, int(chunk), "") if chunk.isdigit() else (1, 0, chunk) for chunk in _CHUNK.split(name) if chunk)
