"""``adaptgen learn``: run the experiments, write what they justify, say what could not be known."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from shlex import quote
from types import SimpleNamespace
from typing import TYPE_CHECKING

from adaptgen.building.build import build
from adaptgen.building.spec_files import SpecFiles
from adaptgen.cli import terminal
from adaptgen.diagnostics import AdaptgenError, Diagnostic, Where

if TYPE_CHECKING:
    from adaptgen.building.result import BuildResult
    from adaptgen.learning.live import LiveProbe
    from adaptgen.learning.probe import Probe
    from adaptgen.learning.run import Outcome
    from adaptgen.learning.state import State
    from adaptgen.source.hints.learned import Learned

_OUT = Path("generated")
_SHOWN = 12
_KEPT = 20
"""Requests after which the experiments are written."""
INTERRUPTED = 130


def run(options: SimpleNamespace) -> int:
    """Learn; 1 where --check finds a difference, or where nothing could be asked."""
    from adaptgen.learning.replay import DryProbe, ReplayProbe
    from adaptgen.readiness.drafting.traffic import read_traffic

    result = build(options.spec, side_files=False, locked=True, learned=False, progress=terminal.progress)
    if options.dry_run:
        return _run_dry(options, result, DryProbe(result))
    if options.offline is not None:
        return _run(options, result, ReplayProbe(result, read_traffic(options.offline)), None)
    return _run_live(options, result)


def _run_dry(options: SimpleNamespace, result: BuildResult, probe: Probe) -> int:
    from adaptgen.learning.model import Notebook
    from adaptgen.learning.replay import DryProbe
    from adaptgen.learning.run import run_experiments

    assert isinstance(probe, DryProbe)
    asyncio.run(run_experiments(result, probe, Notebook()))
    asked = list(dict.fromkeys(probe.asked))
    if options.json:
        terminal.say_json({"requests": options.requests, "asked": asked})
        return 0
    for one in asked[: options.requests]:
        terminal.say(terminal.clean(one))
    more = "what follows depends on the answers; "
    terminal.say(f"{terminal.count(len(asked), 'question')} to begin with; {more}{options.requests} requests at most")
    return 0


def _run_live(options: SimpleNamespace, result: BuildResult) -> int:
    from adaptgen.learning.live import LiveProbe
    from adaptgen.runtime.core.answer import ToolError

    state = _state(options, result)
    left = options.requests - state.spent
    if left <= 0:
        state.spent, left = 0, options.requests
    probe = LiveProbe(result, os.environ, requests=options.requests, spent=options.requests - left)
    try:
        probe.api.base("")
    except ToolError as problem:
        where = Where(options.spec.as_posix())
        raise AdaptgenError(Diagnostic("AG097", f"the API cannot be tried: {problem.text}", where)) from None
    return _run(options, result, probe, state)


def _state(options: SimpleNamespace, result: BuildResult) -> State:
    """The run that was interrupted, or a new one."""
    from adaptgen.learning.state import NAME, State, digest_of, read_state

    digest = digest_of(result.inputs)
    if options.restart or options.check:
        return State(digest)
    before = read_state(SpecFiles(options.spec).folder / NAME)
    if before is None or before.status == "complete":
        return State(digest)
    if before.document != digest:
        _note(options, "the document or its hints changed since the run that was interrupted: this one begins anew")
        return State(digest)
    if before.status == "spent":
        before.spent = 0
    _note(options, f"continues after {terminal.count(len(before.notebook.experiments), 'experiment')}")
    return before


def _run(options: SimpleNamespace, result: BuildResult, probe: Probe, state: State | None) -> int:
    from adaptgen.learning.live import LiveProbe
    from adaptgen.learning.run import conclude
    from adaptgen.learning.state import NAME, State, digest_of, withhold
    from adaptgen.source.hints.learned import read_learned

    files = SpecFiles(options.spec)
    state = state or State(digest_of(result.inputs))
    live = probe if isinstance(probe, LiveProbe) else None
    writes = not options.check

    def keep() -> None:
        state.spent = live.budget.spent if live is not None else 0
        withhold(state.notebook, live.secrets() if live is not None else ())
        if writes and live is not None:
            state.write(files.folder / NAME)

    progress = _Progress(live, options, keep)
    try:
        done = asyncio.run(_attend(result, probe, state, progress, keep))
    except (KeyboardInterrupt, asyncio.CancelledError):
        progress.end()
        keep()
        terminal.print_error(f"interrupted after {terminal.count(state.spent, 'request')}: the same command continues")
        return INTERRUPTED
    progress.end()
    state.status = "complete" if done else "spent"
    keep()
    before = read_learned(files.learned) if files.learned.is_file() else None
    outcome = conclude(options.spec, state.notebook, _OUT, files.learned, before)
    outcome.spent = not done
    return _finish(options, result, outcome, state, before, answered=live is None or live.answered)


async def _attend(
    result: BuildResult, probe: Probe, state: State, progress: _Progress, keep: Callable[[], None]
) -> bool:
    """Run the experiments; SIGTERM ends them as Ctrl-C does."""
    from adaptgen.learning.live import LiveProbe
    from adaptgen.learning.run import run_experiments

    task = asyncio.current_task()
    assert task is not None
    with suppress(NotImplementedError, RuntimeError, ValueError):
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        return await run_experiments(result, probe, state.notebook, begun=progress.begin, kept=keep)
    finally:
        if isinstance(probe, LiveProbe):
            await probe.aclose()


def _finish(
    options: SimpleNamespace,
    result: BuildResult,
    outcome: Outcome,
    state: State,
    before: Learned | None,
    *,
    answered: bool,
) -> int:
    """Write and print what came of it. ``answered``: whether the API answered at all."""
    from adaptgen.learning.report import as_json, compare, disagreements_text
    from adaptgen.output.write import cannot_write, write_file

    files = SpecFiles(options.spec)
    drift = compare(outcome.learned, before) if answered else []
    if not options.check and outcome.text and answered:
        write_file(files.learned, outcome.text.encode())
    if options.report is not None:
        text = disagreements_text(result.plan.title, outcome.notebook.disagreements, result.document.path.as_posix())
        if options.report == "-":
            terminal.say(text.rstrip("\n"))
        else:
            try:
                write_file(Path(options.report), text.encode())
            except OSError as failure:
                raise cannot_write(Path(options.report), failure) from failure
    status = {"requests": state.spent, "complete": not outcome.spent, "drift": drift}
    if options.json:
        terminal.say_json(as_json(outcome.notebook, server=result.plan.server.name, **status))
    elif not answered:
        terminal.say("the API did not answer: nothing was learned, and no file was changed")
    elif options.report != "-":
        _show(options, outcome, state, drift)
    if options.check or not answered:
        return 1 if drift or not answered else 0
    if not options.json and outcome.text:
        terminal.next_steps([f"adaptgen build {quote(str(options.spec))}"], options.quiet)
    return 0


def _show(options: SimpleNamespace, outcome: Outcome, state: State, drift: list[str]) -> None:
    from adaptgen.learning.report import summarize

    if options.check:
        for one in drift:
            terminal.say(terminal.clean(f"differs: {one}"))
        terminal.say(f"{terminal.count(len(drift), 'difference')} to learned.yaml" if drift else "learned.yaml holds")
        return
    if not options.quiet:
        for experiment in [one for one in outcome.notebook.experiments if one.confidence == "unknown"][:_SHOWN]:
            terminal.say(terminal.clean(f"not known: {experiment.subject}: {experiment.conclusion}"))
        for line, why in outcome.refused:
            terminal.say(terminal.clean(f"left out: {' > '.join(line.keys)}: {why}"))
    for text in summarize(outcome.notebook):
        terminal.say(text)
    files = SpecFiles(options.spec)
    if outcome.text:
        lines = terminal.count(sum(row.lstrip().startswith("#") for row in outcome.text.splitlines()) - 2, "line")
        terminal.say(f"{files.learned}: {lines}; {terminal.count(state.spent, 'request')}")
    else:
        terminal.say(f"nothing was learned; {terminal.count(state.spent, 'request')}")
    if outcome.spent:
        again = f"adaptgen learn {quote(str(options.spec))} --requests {options.requests}"
        terminal.say(f"the budget of {options.requests} requests is spent; to go on: {again}")


def _note(options: SimpleNamespace, text: str) -> None:
    if not options.quiet and not options.json:
        terminal.print_error(text)


class _Progress:
    """One line on a terminal: the stage, and how many requests were sent."""

    def __init__(self, live: LiveProbe | None, options: SimpleNamespace, keep: Callable[[], None]) -> None:
        """``keep`` is called now and then: a process that is killed loses little."""
        self._live, self._keep = live, keep
        self._shows = sys.stderr.isatty() and not options.quiet and not options.json
        self._stage = ""
        if live is not None:
            live.budget.told = self._count

    def begin(self, stage: str) -> None:
        """Another stage begins."""
        self._stage = stage
        self._draw()

    def end(self) -> None:
        """Take the line away."""
        if self._shows:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def _count(self) -> None:
        if self._live is not None and self._live.budget.spent % _KEPT == 0:
            self._keep()
        self._draw()

    def _draw(self) -> None:
        if self._shows:
            spent = f", {self._live.budget.spent} of {self._live.budget.requests} requests" if self._live else ""
            sys.stderr.write(f"\r\x1b[K{self._stage}{spent}…")
            sys.stderr.flush()
