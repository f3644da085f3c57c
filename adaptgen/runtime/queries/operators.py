"""The comparisons of ``where``, and objects in it that are conditions on the fields of an object or of one element."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from adaptgen.model.tables import Json
from adaptgen.syntax import field_paths as fields

OPERATORS: Final = ("=", "!=", ">", ">=", "<", "<=", "contains", "in")
_ALIASES: Final = {"==": "=", "eq": "=", "ne": "!=", "<>": "!=", "gt": ">", "gte": ">=", "ge": ">=", "lt": "<",
                   "lte": "<=", "le": "<="}  # fmt: skip
_DEEPEST: Final = 8


def read_operator(name: str) -> str:
    """The operator that ``name`` spells, or ``name`` in lower case."""
    plain = name.strip().lower().removeprefix("$")
    return _ALIASES.get(plain, plain)


def flatten_conditions(where: Mapping[str, Json]) -> dict[str, Json]:
    """``where`` with a path for each condition: ``{"owner": {"name": "Ada"}}`` is ``{"owner.name": "Ada"}``. An object
    in which any key is an operator is a comparison, and stays.
    """
    return dict(_conditions("", where, 0))


def _names_fields(said: Mapping[str, Json]) -> bool:
    """Whether the keys of an object are names of fields and no operators."""
    names = [str(key) for key in said]
    fit = all(name[:1].isalpha() or name[:1] == "_" for name in names)
    return bool(names) and fit and not any(read_operator(name) in OPERATORS for name in names)


def _conditions(start: str, where: Mapping[str, Json], depth: int) -> Iterator[tuple[str, Json]]:
    for name, said in where.items():
        # The first names are paths; those within an object are keys as the record has them, or paths below it.
        path = fields.join(start, str(name)) if start else str(name)
        if isinstance(said, Mapping) and depth < _DEEPEST and _names_fields(said):
            yield from _conditions(path, said, depth + 1)
        else:
            yield path, said
