"""What the answer of a tool of several calls holds of personal data: the union of its steps, at their places."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING

from adaptgen.model.tables import Effect, Json, value
from adaptgen.syntax import field_paths as fields
from adaptgen.syntax.json_pointer import split
from adaptgen.syntax.templates import Placeholder, parse

if TYPE_CHECKING:
    from adaptgen.plan.document.reader import Operation
    from adaptgen.source import Document

_STEP = re.compile(r"\.([A-Za-z_][\w-]*)|\['([^']*)'\]|\[\"([^\"]*)\"\]|(\[\*\])|\[\d+\]")


@value(kw_only=True)
class PlannedStep:
    """A step with what the later ones need to know of it. ``root``: JSONPath of what ``sensitive`` is relative to;
    ``lists``: whether its answer is a list; ``each``: whether it returns a list of answers; ``view``: the paths
    kept."""

    id: str
    operation: Operation | None = None
    document: Document | None = None
    lists: bool = False
    each: bool = False
    save: Mapping[str, str] = field(default_factory=dict)
    sensitive: Mapping[str, str] = field(default_factory=dict)
    root: str = "$"
    view: tuple[str, ...] | None = None
    effect: Effect = "read"


def sensitive(result: Json, steps: Sequence[PlannedStep], at: str = "") -> dict[str, str]:
    """The sensitive paths of a result, from those of the steps whose answers it contains."""
    if isinstance(result, Mapping):
        kinds: dict[str, str] = {}
        for name, value in result.items():
            kinds |= sensitive(value, steps, f"{at}.{fields.text([name])}".lstrip(".") if at else fields.text([name]))
        return kinds
    if isinstance(result, (list, tuple)):
        return {path: kind for value in result for path, kind in sensitive(value, steps, f"{at}[*]").items()}
    if not isinstance(result, str):
        return {}
    found: dict[str, str] = {}
    parts = parse(result)
    for part in parts:
        if not isinstance(part, Placeholder):
            continue
        head, _, rest = part.name.partition(".")
        one = next((made for made in steps if made.id == head), None)
        if one is not None:
            found |= _of_step(one, rest, at)
    # A sentence that names a person is no name: the runtime finds the values in it.
    return {path: kind for path, kind in found.items() if path and (len(parts) == 1 or kind == "secret")}


def saved(steps: Sequence[PlannedStep], at: str) -> dict[str, str]:
    """The sensitive paths of ``{step: {name: value}}`` at ``at``: every value that steps save."""
    found: dict[str, str] = {}
    for one in steps:
        for name in one.save:
            found |= _of_step(one, name, _under(at, fields.text([one.id, name])))
    return found


def classified(kinds: Mapping[str, str]) -> dict[str, str]:
    """In the order of the paths; ``none`` is how hints say that something is not personal."""
    return {path: kinds[path] for path in sorted(kinds) if kinds[path] != "none"}


def _of_step(one: PlannedStep, rest: str, at: str) -> dict[str, str]:
    several = f"{at}[*]" if one.each else at
    if not rest:
        start = f"{several}[*]" if one.lists else several
        return {_under(start, path): kind for path, kind in one.sensitive.items()}
    if rest in one.save:
        return _saved(several, one, one.save[rest])
    inside = next((name for name in one.save if rest.startswith(f"{name}.")), None)
    if inside is not None:
        more = rest[len(inside) + 1 :].split(".")
        place = one.save[inside]
        tail = (
            "".join(f"/{part}" for part in more)
            if place.startswith("#")
            else "".join("[*]" if part.isdecimal() else f".{part}" for part in more)
        )
        return _saved(several, one, place + tail)
    rest = ".".join(part for part in rest.split(".") if not part.isdecimal())
    return {_under(at, below): kind for below, kind in _below(rest, one.sensitive) if below or at}


def _below(start: str, kinds: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The classified paths at and below ``start``, relative to it."""
    for path, kind in kinds.items():
        if not start:
            yield path, kind
        elif path == start:
            yield "", kind
        elif path.startswith((f"{start}.", f"{start}[")):
            yield path[len(start) :].removeprefix("."), kind


def _under(start: str, path: str) -> str:
    if not start or not path:
        return start or path
    return f"{start}{path}" if path.startswith("[") else f"{start}.{path}"


def _saved(at: str, one: PlannedStep, place: str) -> dict[str, str]:
    """What a saved value holds: the sensitive paths at and below its place in the body."""
    if not place.startswith(("$", "#")):
        return {}
    base = keys(one.root) + (["[*]"] if one.root != "$" or one.lists else [])
    here = [step for step in keys(place) if step != "[*]"]
    found = {}
    for path, kind in one.sensitive.items():
        whole = base + [step if isinstance(step, str) else "[*]" for step in fields.parse(path)]
        plain = [step for step in whole if step != "[*]"]
        if plain[: len(here)] == here:
            rest = ".".join(fields.text([step]) for step in plain[len(here) :])
            found[_under(at, rest) if rest else at] = kind
    return found


def keys(place: str) -> list[str]:
    """The keys of a JSONPath or a JSON Pointer, ``[*]`` for the elements of a list."""
    if place.startswith("#"):
        tokens = split(place)
        return ["[*]" if one.isdecimal() else one for one in tokens]
    return [match[1] or match[2] or match[3] or "[*]" for match in _STEP.finditer(place.removeprefix("$"))]
