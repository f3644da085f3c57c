"""One run of learning: the experiments in order, what they justify, and the files."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from adaptgen.building.build import build
from adaptgen.building.result import BuildResult
from adaptgen.diagnostics import AdaptgenError
from adaptgen.learning.learned_file import select_lines, write_text
from adaptgen.learning.live import LiveProbe
from adaptgen.learning.model import Line, Notebook
from adaptgen.learning.probe import BudgetSpent, Probe
from adaptgen.source.hints.learned import Learned, parse_learned

Stage = Callable[[BuildResult, Probe, Notebook], Awaitable[None]]

_STAGES: Final = (
    ("login", "adaptgen.learning.login.learn", "learn_login"),
    ("lists", "adaptgen.learning.lists.learn", "learn_lists"),
    ("recorded", "adaptgen.learning.recorded", "learn_recorded"),
    ("answers", "adaptgen.learning.answers.learn", "learn_answers"),
)
_FIELDS: Final = "answers.fields"
_BUDGET: Final = "budget"
"""The question of a row that says what was not asked, since no request was left."""
_DROPPED: Final = 20
"""Lines that a build refuses and that are left out, one after the other."""


@dataclass(slots=True)
class Outcome:
    """What a run came to. ``spent``: it ended for its budget. ``learned`` and ``text``: of ``learned.yaml``, None and
    "" for nothing; ``refused``: lines that a build does not take, with the reason."""

    notebook: Notebook
    spent: bool = False
    text: str = ""
    learned: Learned | None = None
    refused: list[tuple[Line, str]] = field(default_factory=list)


def stages() -> list[tuple[str, Stage]]:
    """The experiments in their order: what a login shows serves all others."""
    found: list[tuple[str, Stage]] = []
    for name, module, function in _STAGES:
        if find_spec(module.rpartition(".")[0]) is not None and find_spec(module) is not None:
            found.append((name, getattr(import_module(module), function)))
    return found


async def run_experiments(
    result: BuildResult,
    probe: Probe,
    notebook: Notebook,
    *,
    begun: Callable[[str], None] = lambda _: None,
    kept: Callable[[], None] = lambda: None,
) -> bool:
    """Every experiment, as far as the budget goes; whether all were done, which no row of the question ``budget``
    denies. ``begun`` takes the name of each stage,
    ``kept`` is called after each."""
    notebook.experiments[:] = [one for one in notebook.experiments if one.question != _BUDGET]
    for name, stage in stages():
        begun(name)
        try:
            await stage(result, probe, notebook)
        except BudgetSpent:
            return False
        finally:
            kept()
        if isinstance(probe, LiveProbe) and probe.budget.spent and not probe.answered:
            break
    return probe.remaining > 0 and not any(one.question == _BUDGET for one in notebook.experiments)


def conclude(spec: Path, notebook: Notebook, out: Path, shown: Path, before: Learned | None = None) -> Outcome:
    """What the notebook justifies, as far as a build takes it. ``shown``: where the file will be; ``before``: what is
    there, of which that stays which could not be tried again."""
    outcome = Outcome(notebook)
    lines: Sequence[Line] = list(select_lines([*untried_lines(before, notebook), *notebook.lines]))
    for _ in range(_DROPPED):
        outcome.text = write_text(lines)
        if not outcome.text:
            return outcome
        outcome.learned = parse_learned(outcome.text.encode(), shown)
        try:
            build(spec, out=out, side_files=False, locked=True, learned=outcome.learned)
            return outcome
        except AdaptgenError as problem:
            wrong = _line_of(problem, outcome, lines)
            if wrong is None:
                raise
            outcome.refused.append((wrong, problem.diagnostics[0].message))
            lines = [one for one in lines if one is not wrong]
    outcome.text, outcome.learned = "", None
    return outcome


def untried_lines(before: Learned | None, notebook: Notebook) -> Iterator[Line]:
    """What an earlier run learned and this one did not try: an outage, a missing variable or a spent budget forgets
    nothing."""
    because = "learned before; it could not be tried again"
    for keys, value in _lines_of(before.raw if before is not None else {}):
        if not _was_tried(notebook, keys):
            yield Line(keys, value, because, "likely")


def _lines_of(raw: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield from ((("auth", name), value) for name, value in raw.get("auth", {}).items())
    for operation, said in raw.get("operations", {}).items():
        for key, value in said.items():
            inner = value.items() if key in ("sensitive", "arguments") else ()
            yield from ((("operations", operation, key, name), one) for name, one in inner)
            if not inner:
                yield ("operations", operation, key), value
    yield from ((("sensitive", path), value) for path, value in raw.get("sensitive", {}).items())


def _was_tried(notebook: Notebook, keys: tuple[str, ...]) -> bool:
    """Whether this run could have found what is said at ``keys``."""
    if keys[0] == "auth":
        return notebook.find("login", "login.works") is not None
    if keys[0] == "sensitive":
        return any(one.question == _FIELDS for one in notebook.experiments)
    question = "paging.style" if keys[2] == "page" else _FIELDS
    found = notebook.find(keys[1], question)
    return found is not None and found.confidence != "unknown"


def _line_of(problem: AdaptgenError, outcome: Outcome, lines: Sequence[Line]) -> Line | None:
    """The line that an error is about: each has a row of its own in the file."""
    learned, where = outcome.learned, problem.diagnostics[0].where
    if learned is None or where is None or where.file != learned.path.as_posix():
        return None
    return next((one for one in lines if learned.where(*one.keys).line == where.line), None)
