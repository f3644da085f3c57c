"""``learned.yaml``: the lines that experiments justify, each after its evidence.

Names come from answers of an API, which may be hostile: keys and values are JSON in one line of YAML, and evidence is
one line of printable text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from adaptgen.diagnostics import AdaptgenError
from adaptgen.learning.model import Line
from adaptgen.learning.records import is_name
from adaptgen.model.tables import Json
from adaptgen.readiness.drafting.lines import flow, one_line
from adaptgen.source.hints.learned import parse_learned
from adaptgen.syntax.field_paths import parse as segments

SECTIONS: Final = ("auth", "operations", "sensitive")
_ADDRESS: Final = re.compile(r"\w@\w")
"""What an e-mail address has, and no name of a field: a path divides at its points."""
_HEAD: Final = """\
# What the API showed when it was tried: adaptgen learn writes this file, and every build reads it.
# hints.yaml wins. Each line comes after its evidence; "likely" means that something else would fit too.
adaptgen: 1
"""


def write_text(lines: Iterable[Line]) -> str:
    """The file; "" without a line. Lines of no confidence, and those that cannot be read back, are left out."""
    kept = list(select_lines(lines))
    if not kept:
        return ""
    parts = [_HEAD]
    for section in SECTIONS:
        own = sorted((one for one in kept if one.keys[0] == section), key=lambda one: one.keys)
        if own:
            parts.append(f"{section}:\n")
            parts += _section(own)
    return "".join(parts)


def select_lines(lines: Iterable[Line]) -> Iterator[Line]:
    """The lines that may be written: one for each key path, the last one of it."""
    last = {one.keys: one for one in lines if one.confidence != "unknown"}
    for one in last.values():
        if one.keys and one.keys[0] in SECTIONS and _is_plain(one) and _reads(one):
            yield one


def _section(lines: Sequence[Line]) -> Iterator[str]:
    above: tuple[str, ...] = ()
    for one in lines:
        for depth, key in enumerate(one.keys[1:-1], 1):
            if one.keys[: depth + 1] != above[: depth + 1]:
                yield f"{'  ' * depth}{_key(key)}:\n"
        indent = "  " * (len(one.keys) - 1)
        word = "" if one.confidence == "certain" else "likely: "
        yield f"{indent}# {_sentence(word + one.because)}\n"
        yield f"{indent}{_key(one.keys[-1])}: {flow(one.value)}\n"
        above = one.keys


def _key(text: str) -> str:
    return text if re.fullmatch(r"[a-z_]+", text) else json.dumps(text)


def _sentence(text: str) -> str:
    return one_line(text)


def _is_plain(line: Line) -> bool:
    """Whether no key, and no path in the value, could be data."""
    # What a way to authenticate is called comes from the document: the title of an API may have a number.
    own = {"auth": (), "operations": line.keys[3:]}.get(line.keys[0], line.keys[1:])
    names = [*_names(own)]
    if line.keys[-1] in ("sensitive", "arguments") and isinstance(line.value, Mapping):
        names += [*_names(line.value)]
    if line.keys[-1] == "view" and isinstance(line.value, Sequence):
        names += [*_names(line.value)]
    if line.keys[-1] == "page" and isinstance(line.value, Mapping):
        names += [*_names(str(one) for one in line.value.values())]
    return all(is_name(one) and not (isinstance(one, str) and _is_data(one)) for one in names)


def _is_data(text: str) -> bool:
    return not text.isprintable() or _ADDRESS.search(text) is not None


def _names(paths: Iterable[Any]) -> Iterator[object]:
    for path in paths:
        try:
            yield from segments(str(path).removeprefix("$").lstrip("."))
        except ValueError:
            yield path


def _reads(line: Line) -> bool:
    try:
        parse_learned(json.dumps(nested([line])).encode(), Path("learned.json"))
    except (AdaptgenError, TypeError, ValueError):
        return False
    return True


def nested(lines: Iterable[Line]) -> dict[str, Json]:
    """The values of the lines as the file has them."""
    whole: dict[str, Json] = {}
    for one in lines:
        inner = whole
        for key in one.keys[:-1]:
            inner = inner.setdefault(key, {})
        inner[one.keys[-1]] = one.value
    return whole
