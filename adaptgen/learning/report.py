"""What a run says: Markdown for the owner of the API, and values for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from adaptgen.building.result import BuildResult
from adaptgen.learning.learned_file import SECTIONS, nested, select_lines
from adaptgen.learning.model import Disagreement, Notebook
from adaptgen.model.frozen import plain
from adaptgen.model.tables import Json
from adaptgen.plan.document.reader import operations
from adaptgen.readiness.drafting.lines import flow
from adaptgen.source.hints.learned import Learned


def disagreements_text(title: str, found: Sequence[Disagreement], document: str) -> str:
    """The disagreements between a document and its API, as Markdown."""
    lines = [f"# {_cell(title)}: what the document says and the API does", ""]
    if not found:
        return "\n".join([*lines, f"Nothing in {_cell(document)} was found to be otherwise.", ""])
    lines += [f"{len(found)} findings in {_cell(document)}, each by trying the API, reading only.", ""]
    lines += ["| where | the document says | the API does |", "|---|---|---|"]
    for one in sorted(found, key=lambda each: (each.subject, each.pointer, each.declared)):
        where = f"{one.subject} ({one.pointer})" if one.pointer else one.subject
        lines.append(f"| {_cell(where)} | {_cell(one.declared)} | {_cell(one.observed)} |")
    return "\n".join([*lines, ""])


def _cell(text: str) -> str:
    """Text of a document in a cell of Markdown: one line, nothing that a renderer would carry out."""
    plain_text = "".join(one if one.isprintable() else " " for one in " ".join(text.split()))[:300]
    for mark in "\\`*_[]<>|":
        plain_text = plain_text.replace(mark, f"\\{mark}" if mark not in "<>" else {"<": "&lt;", ">": "&gt;"}[mark])
    return plain_text


def as_json(notebook: Notebook, **more: Any) -> dict[str, Any]:
    """A run as ``--json`` prints it."""
    return {
        **more,
        "experiments": [plain(one) for one in notebook.experiments],
        "lines": [plain(one) for one in notebook.lines],
        "disagreements": [plain(one) for one in notebook.disagreements],
    }


def summarize(notebook: Notebook) -> list[str]:
    """A few lines for people: what was found, and what could not be."""
    counts = Counter(one.confidence for one in notebook.experiments)
    said = [f"{counts['certain']} certain", f"{counts['likely']} likely", f"{counts['unknown']} not known"]
    lines = [f"{len(notebook.experiments)} experiments: {', '.join(said)}"]
    if notebook.disagreements:
        lines.append(f"{len(notebook.disagreements)} disagreements between the document and the API: --report")
    return lines


def draft_lines(result: BuildResult, notebook: Notebook) -> dict[str, list[tuple[str, str]]]:
    """Tool -> lines of hints with their evidence, for a draft that people edit. A line without a hint only says what
    was seen."""
    tools = {one.source: one.name for one in result.plan.server.tools if one.call is not None and not one.steps}
    names = {one.key: tools[one.pointer] for one in operations(result.document)[0] if one.pointer in tools}
    found: dict[str, list[tuple[str, str]]] = {}
    kept = [one for one in select_lines(notebook.lines) if one.keys[0] == "operations" and one.keys[1] in names]
    because: dict[tuple[str, str], list[str]] = {}
    for one in kept:
        said = f"{one.keys[-1]}: {one.because}" if len(one.keys) > 3 else one.because
        because.setdefault((one.keys[1], one.keys[2]), []).append(said)
    for key, said_of in nested(kept).get("operations", {}).items():
        lines = found.setdefault(names[key], [])
        lines += [(f"{name}: {flow(value)}", "; ".join(because[key, name])) for name, value in said_of.items()]
    for row in notebook.experiments:
        if row.subject in names and row.question == "answers.fields":
            found.setdefault(names[row.subject], []).append(("", row.conclusion))
    return found


_DEPTH: Mapping[tuple[str, ...], int] = {("operations",): 3}
"""How deep the keys of a section go that are compared as a whole."""


def compare(now: Learned | None, before: Learned | None) -> list[str]:
    """The key paths at which two files differ, dotted: what drifted."""
    return sorted(_differences(_content(now), _content(before), ()))


def _content(learned: Learned | None) -> Mapping[str, Json]:
    return {key: value for key, value in (learned.raw if learned else {}).items() if key in SECTIONS}


def _differences(now: Json, before: Json, at: tuple[str, ...]) -> Iterator[str]:
    if (at == () or isinstance(now or before, Mapping)) and len(at) < _DEPTH.get(at[:1], 2):
        now, before = now or {}, before or {}
        for key in {**now, **before}:
            yield from _differences(now.get(key), before.get(key), (*at, str(key)))
    elif now != before:
        yield " > ".join(at)
