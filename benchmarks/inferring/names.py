"""Names of tools against the labels: names that a good engineer would give. A name agrees when it has the same words
in the same order, where verbs of one meaning are one, and the number of the last noun counts after a verb of reading
only. A word that neither the operation nor an accepted name has is noise."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from inferring.drafted import labels, verdicts

from adaptgen.plan import plan
from adaptgen.plan.document.reader import operations
from adaptgen.plan.document.tool_names import snake
from adaptgen.source import EMPTY, Document
from adaptgen.syntax.identifiers import singular

_SAME = {
    **dict.fromkeys(("list", "fetch", "show", "retrieve", "read", "find"), "get"),
    **dict.fromkeys(("replace", "edit", "modify"), "update"),
    **dict.fromkeys(("add", "post"), "create"),
    **dict.fromkeys(("remove", "destroy"), "delete"),
}
_JOINTS = frozenset(("a", "an", "by", "for", "from", "in", "of", "the", "to", "with"))
_USUAL = frozenset(("get", "update", "create", "delete"))


def measure(half: str | None) -> list[tuple[str, str]]:
    """The figures of one half ("held", "develop") or of both (None)."""
    return [(what, f"{part} of {whole}") for what, (part, whole) in shares(verdicts("names", half)).items()]


def misses(half: str | None) -> list[str]:
    """One line for each name that is not an accepted one."""
    return [
        f"{name}, not {' or '.join(label['names'][:3])}: {label['document']} {label['operation']}: "
        f"{label['operationId'] or '-'}, {label['summary'] or '-'}"
        for label, name in verdicts("names", half)
        if not agrees(label, name)
    ]


def labels_of(half: str | None) -> list[dict[str, Any]]:
    return labels("names", half)


def judged(document: Document, given: Iterable[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], str]]:
    """Each label with the name of its operation's tool; "" where it is none."""
    given = list(given)
    every, _, _ = operations(document)
    built, _ = plan(document, EMPTY, Path(given[0]["document"]).name.partition(".")[0])
    named = {tool.source: tool.name for module in built.modules for tool in module.tools}
    known = {one.key: named.get(one.pointer, "") for one in reversed(every)}
    for label in given:
        yield label, known.get(label["operation"], "")


def shares(found: Iterable[tuple[dict[str, Any], str]]) -> dict[str, tuple[int, int]]:
    """The figures as parts of wholes, the higher the better."""
    pairs = list(found)
    return {
        "names that an engineer would give": (sum(agrees(*pair) for pair in pairs), len(pairs)),
        "names without noise": (sum(not noise(*pair) for pair in pairs), len(pairs)),
    }


def agrees(label: dict[str, Any], name: str) -> bool:
    """Whether ``name`` is one of the accepted names."""
    return _words(name) in [_words(one) for one in label["names"]]


def noise(label: dict[str, Any], name: str) -> list[str]:
    """The words of ``name`` that neither the operation nor an accepted name has, and those that it has twice."""
    said = " ".join((label["operation"], label["operationId"] or "", label["summary"], *label["names"]))
    known = {singular(word) for word in re.split(r"[_\W]+", f"{snake(said)} {said.lower()}")}
    words = [singular(word) for word in name.split("_")]
    odd = [word for word in words[1:] if word not in known | _JOINTS and not any(word in one for one in known)]
    return odd + [word for word in {*words} if words.count(word) > 1 and word not in _JOINTS]


def _words(name: str) -> list[str]:
    verb, *rest = [word for word in name.split("_") if word not in _JOINTS]
    verb = _SAME.get(verb, verb)
    found = "".join([verb, *map(singular, rest)])
    return [found, "many" if verb == "get" and rest and singular(rest[-1]) != rest[-1] else ""]
