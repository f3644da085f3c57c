"""Values as Python source: literals that no string can break out of, and model values as tables.

Model values print generically, field by field, without the fields that have their defaults.
"""

from __future__ import annotations

import dataclasses
import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from adaptgen.model import tables as model
from adaptgen.render import layout
from adaptgen.render.layout import Node
from adaptgen.render.safe import PythonText, one_line, python_escape, show

# The fields that read well without their names; all others are printed as keywords.
_POSITIONAL: dict[type, int] = {model.Param: 1, model.Call: 2, model.Send: 3, model.Base: 1, model.Refused: 1}
# Python refuses to read or write longer decimal integers, and more than 200 open brackets.
_DECIMAL_BITS = 13_000
_DEEPEST = 60
# Class -> its fields with their defaults (MISSING, equal to nothing else, where there is none).
_FIELDS: dict[type, tuple[tuple[str, Any], ...]] = {
    kind: tuple(
        (field.name, field.default if field.default_factory is dataclasses.MISSING else field.default_factory())
        for field in dataclasses.fields(kind)
    )
    for kind in vars(model).values()
    if isinstance(kind, type) and dataclasses.is_dataclass(kind)
}
_SECOND = re.compile(r"#(?!/)")
_DIRECTIVE = re.compile(r"^[!\w-]*\s*:")


def string(text: str) -> str:
    """The literal of ``text``, in the quotes that a formatter would choose, invisible characters escaped."""
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


class Printer:
    """Prints values and remembers which names of ``adaptgen.runtime`` they use (``names``), and whether ``loads`` is
    needed (``loads``: a JSON value nested too deep for Python's parser)."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.loads = False

    def assigned(self, name: str, value: Any, replaced: Mapping[str, Node] = {}) -> PythonText:
        """``name = Class(…)``, always one field a line."""
        return PythonText(layout.lay_out(self.model(value, replaced), prefix=f"{name} = ", broken=True))

    def model(self, value: Any, replaced: Mapping[str, Node] = {}) -> Node:
        """A call of the class of ``value`` with the fields that differ from their defaults. ``replaced`` gives
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
            if found is default or (found == default and isinstance(found, bool) == isinstance(default, bool)):
                continue
            # A positional field is one only while no field before it was left out.
            bare = index < positional and index == len(parts)
            parts.append(("" if bare else f"{name}=", self.value(found)))
        return layout.group(f"{kind.__name__}(", parts, ")")

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
        raise TypeError(f"{type(value).__name__} is no value of the model")


def names_tuple(target: str, items: Iterable[str], annotation: str) -> PythonText:
    """``TOOLS = (a, *b.TOOLS)``: a tuple of names, annotated only when it is empty."""
    parts = [("", layout.atom(item)) for item in items]
    if not parts:
        return PythonText(f"{target}: {annotation} = ()")
    return PythonText(layout.lay_out(layout.group("(", parts, ")", single=len(parts) == 1), prefix=f"{target} = "))


def imported(module: str, names: Iterable[str]) -> PythonText:
    """``from module import a, b``, exploded when it is too long."""
    line = f"from {module} import "
    ordered = list(names)
    flat = line + ", ".join(ordered)
    if len(flat) <= layout.WIDTH:
        return PythonText(flat)
    return PythonText(f"{line}(\n" + "".join(f"    {name},\n" for name in ordered) + ")")


def comment(text: str) -> PythonText:
    """A one-line comment. A ``#`` in it that starts no JSON pointer is percent-encoded, so that tools see no second
    comment (``# noqa``); a colon that would make it a directive (``# type:``, ``# fmt:``) as well."""
    line = _SECOND.sub("%23", one_line(text))
    return PythonText("# " + _DIRECTIVE.sub(lambda found: found[0].replace(":", "%3A"), line))


def docstring(text: str, limit: int = 0) -> PythonText:
    """The text of one line of a docstring."""
    return PythonText(one_line(text, limit).replace("\\", "\\\\").replace('"', "'"))
