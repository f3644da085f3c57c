"""``adaptgen eval``: the cases of a server, checked layer by layer."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

from adaptgen.cli import terminal
from adaptgen.cli.govern import governance
from adaptgen.diagnostics import error

if TYPE_CHECKING:
    from adaptgen.evals.agent.conversation import Recording
    from adaptgen.evals.model import EvalResult
    from adaptgen.evals.reports.comparison import Comparison
    from adaptgen.evals.run import Wanted


def run(options: SimpleNamespace) -> int:
    """Exit code 0, or 1 where a check failed or too few passed."""
    from adaptgen.cli.understand.evaluation_against import show_comparison
    from adaptgen.cli.understand.evaluation_table import show_evaluation
    from adaptgen.evals.model import LAYERS
    from adaptgen.evals.run import NO_MODEL, Wanted

    # The log of httpx holds every URL with its query; what is refused on purpose is no news.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    if options.fail_on == "regression" and not options.against:
        raise error("AG058", "--fail-on regression compares with another server", None, "--against REV|DIR")
    if options.allow_writes and not options.live:
        raise error("AG058", "--allow-writes is of a live API", None, "--live --allow-writes")
    layers = tuple(one for one in LAYERS if one in (options.layers or NO_MODEL) and one != "L3")
    wanted = Wanted(layers, tuple(options.only), options.live, options.allow_writes)
    with terminal.progress(f"{options.folder}: evaluating"):
        result, recordings = asyncio.run(evaluated(options, wanted))
    comparison = _compared(options, wanted, result) if options.against else None
    if options.json:
        from adaptgen.evals.reports.comparison import comparison_json
        from adaptgen.evals.reports.json_report import to_json

        differences = {"against": comparison_json(comparison)} if comparison is not None else {}
        terminal.say_json({**to_json(result), **differences})
    else:
        show_evaluation(result)
        if comparison is not None:
            show_comparison(comparison)
    _write(options, result, recordings, comparison)
    if options.fail_on == "regression":
        failed = comparison is not None and comparison.is_regression
    else:
        failed = any(one.state in ("failed", "stale") for one in result.checks)
    under = options.fail_under is not None and result.share * 100 < options.fail_under
    if under and not options.json:
        terminal.say(terminal.paint(f"less than {options.fail_under} % of the checks passed", "error"))
    return 1 if failed or under else 0


async def evaluated(
    options: SimpleNamespace, wanted: Wanted, other: Path | None = None
) -> tuple[EvalResult, tuple[Recording, ...]]:
    """The result for the folder, the cases and the settings that the command names, and the conversations with a
    model. ``other``: another generated folder for the same cases, with its own recordings of models."""
    from adaptgen.cli.understand.evaluation_model import evaluate_model, wants_model
    from adaptgen.evals import FOLDER
    from adaptgen.evals.agent.layer import with_model
    from adaptgen.evals.agent.transcripts import FOLDER as TRANSCRIPTS
    from adaptgen.evals.run import evaluate, load_cases, local_caller, opened
    from adaptgen.output.lock import side_folder
    from adaptgen.transports.load import load_server

    folder = other or Path(options.folder)
    server = load_server(folder)
    named = governance.reference(options, server, folder, os.environ)
    beside = side_folder(Path(options.folder))
    place = options.cases or (beside / FOLDER if beside is not None else None)
    if place is None:
        raise error("AG102", "its lock does not say from what it was built", None, "name the cases: --cases DIR")
    cassettes = beside / "cassettes" if beside is not None else None
    async with opened(server, named, cassettes, wanted) as (surface, replay):
        cases = load_cases(place, local_caller(surface), wanted.only, _shown(place))
        result = await evaluate(surface, cases, wanted, replay)
        if not wants_model(options, place):
            return result, ()
        own = side_folder(folder) if other is not None else None
        kept = own / FOLDER / TRANSCRIPTS if own is not None else place / TRANSCRIPTS
        layer = await evaluate_model(options, cases, surface, kept, os.environ, keep=other is None, network=replay)
        return with_model(result, layer), layer.recordings


def _compared(options: SimpleNamespace, wanted: Wanted, result: EvalResult) -> Comparison:
    """The same cases on the other server."""
    from adaptgen.cli.understand.evaluation_against import other_server
    from adaptgen.evals.reports.comparison import compare
    from adaptgen.output.lock import side_folder

    folder = Path(options.folder)
    with (
        other_server(options.against, folder, side_folder(folder)) as other,
        terminal.progress(f"{options.against}: evaluating"),
    ):
        before, _ = asyncio.run(evaluated(options, wanted, other))
    if options.model and not options.replay:
        # Conversations with the other server are not kept, so whether they could be is not compared.
        result = replace(result, checks=tuple(one for one in result.checks if one.name != "model.recording"))
    return compare(before, result, options.against)


def _shown(path: Path) -> str:
    """As a person names it: relative to the folder that they are in."""
    whole = path.resolve()
    here = Path.cwd()
    return (whole.relative_to(here) if whole.is_relative_to(here) else path).as_posix()


def _write(
    options: SimpleNamespace, result: EvalResult, recordings: Sequence[Recording], comparison: Comparison | None
) -> None:
    from adaptgen.output.write import cannot_write, write_file

    texts: dict[Path, str] = {}
    if options.junit is not None:
        from adaptgen.evals.reports.junit import to_junit

        texts[options.junit] = to_junit(result, _now())
    if options.html is not None:
        from adaptgen.evals.reports.page import page

        texts[options.html] = page(result, _now(), recordings, comparison)
    for path, text in texts.items():
        try:
            write_file(path, text.encode())
        except OSError as failure:
            raise cannot_write(path, failure) from failure
        if not options.json:
            terminal.say(f"{path}: written")


def _now() -> datetime:
    """The moment of the report; SOURCE_DATE_EPOCH sets it where reports are to be reproducible."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    return datetime.fromtimestamp(int(epoch), UTC) if epoch.isdigit() else datetime.now(UTC)
