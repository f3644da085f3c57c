"""L3: the cases with a model that is asked now, or with the conversations that were recorded."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path

from adaptgen.diagnostics import error
from adaptgen.evals.agent.conversation import Recording, Run, Settings
from adaptgen.evals.agent.judge import judge_case
from adaptgen.evals.agent.loop import Agent, system_text
from adaptgen.evals.agent.tools import ModelTools
from adaptgen.evals.agent.transcripts import (
    PARTS,
    Finding,
    differing,
    find_clear_text,
    parts_of,
    read_recordings,
    record,
    write_recording,
)
from adaptgen.evals.model import Case, CaseScore, Check, EvalResult, State
from adaptgen.evals.recordings import Replay
from adaptgen.evals.run import as_draft
from adaptgen.evals.surface import Surface
from adaptgen.model.tables import value

_CODE = "AG105"


@value()
class LayerResult:
    """What L3 found; ``recordings`` are those that were judged."""

    checks: tuple[Check, ...]
    scores: tuple[CaseScore, ...]
    recordings: tuple[Recording, ...]


def with_model(result: EvalResult, layer: LayerResult) -> EvalResult:
    """``result`` with what L3 found. What both measured is what the model did."""
    scores = {one.case: one for one in result.scores}
    for score in layer.scores:
        before = scores.get(score.case)
        kept = {one.name: getattr(score, one.name) for one in fields(score)}
        if before is not None:
            kept = {name: getattr(before, name) if one is None else one for name, one in kept.items()}
        scores[score.case] = CaseScore(**kept)
    drafts = {one.id for one in result.cases if one.draft}
    checks = [as_draft(one) if one.subject in drafts else one for one in layer.checks]
    return replace(
        result,
        layers=(*result.layers, "L3"),
        checks=(*result.checks, *checks),
        scores=tuple(scores[one.id] for one in result.cases if one.id in scores),
    )


async def run_model(
    cases: Sequence[Case],
    surface: Surface,
    agent: Agent,
    *,
    folder: Path | None = None,
    trials: int = 1,
    concurrency: int = 1,
    network: Replay | None = None,
) -> LayerResult:
    """Every case, ``trials`` times each, with a model. ``folder``: where the conversations are kept; None: nowhere.
    ``network``: the cassettes that take the place of the API, which then answer one case at a time."""
    gate = asyncio.Semaphore(1 if network is not None else concurrency)

    async def one(case: Case) -> tuple[list[Check], CaseScore | None, Recording | None]:
        async with gate:
            return await _run_case(case, surface, agent, folder, trials, network)

    return _collected(await asyncio.gather(*[one(case) for case in cases]))


async def _run_case(
    case: Case, surface: Surface, agent: Agent, folder: Path | None, trials: int, network: Replay | None
) -> tuple[list[Check], CaseScore | None, Recording | None]:
    tools = await ModelTools.of(surface, case.caller, dry=not agent.settings.allow_writes)
    missing, cut = (len(network.missing), len(network.cut)) if network is not None else (0, 0)
    runs = [await agent.converse(case, tools) for _ in range(trials)]
    checks, score = judge_case(case, runs, surface, tools.visible)
    if network is not None:
        unknown = network.missing[missing:]
        # A list that was cut in recording proves no answer wrong.
        unknown += network.cut[cut:] if any(one.state == "failed" for one in checks) else []
        if unknown:
            message = f"the cassettes do not have all of {unknown[0]}, which the model asked for"
            return (
                [Check("L3", case.id, "model.api", "not run", message, case.where, "--live asks the API")],
                None,
                None,
            )
    parts = parts_of(tools.digest, case, agent.model, agent.settings)
    recording = record(parts, case, agent.model, agent.settings, runs, system_text(tools))
    found = [*dict.fromkeys(one for run in runs for one in find_clear_text(case, run))]
    if folder is not None:
        problem = _keep(folder, recording, found)
        state: State = "not run" if problem else "passed"
        help = "tokenize them in the settings (docs/governance.md)" if "in clear" in problem else ""
        checks.append(Check("L3", case.id, "model.recording", state, problem, case.where, help))
    # What is not stored is not shown in a report either.
    return checks, score, None if found else recording


def _keep(folder: Path, recording: Recording, found: Sequence[Finding]) -> str:
    """Store a recording; why it was not stored, or "". ``found``: what it holds in clear."""
    if any(run.ending in ("failed", "budget") for run in recording.runs):
        return "the conversation is not complete, so it was not stored"
    if found:
        said = ", ".join(map(str, found[:3]))
        more = f" and {len(found) - 3} more" if len(found) > 3 else ""
        return f"not stored, since it holds in clear: {said}{more}"
    write_recording(folder, recording)
    return ""


async def replay(
    cases: Sequence[Case],
    surface: Surface,
    folder: Path,
    *,
    meant: tuple[str, Settings] | None = None,
    trials: int = 1,
) -> LayerResult:
    """Every case with its recording, judged anew. ``meant``: the model and its settings; None: those of the recordings,
    which must be of one model.

    Raises:
        AdaptgenError: AG105, a recording cannot be read, or they are of several models.
    """
    recordings = [one for _, one in read_recordings(folder)]
    models = sorted({one.model for one in recordings})
    if meant is None and len(models) > 1:
        shown = ", ".join(models[:5])
        raise error(_CODE, f"there are recordings of several models: {shown}", help="name one: --model NAME --replay")
    by_case: dict[str, list[Recording]] = {}
    for one in recordings:
        by_case.setdefault(one.case, []).append(one)
    return _collected([await _replay_case(case, by_case.get(case.id, []), surface, meant, trials) for case in cases])


async def _replay_case(
    case: Case, found: Sequence[Recording], surface: Surface, meant: tuple[str, Settings] | None, trials: int
) -> tuple[list[Check], CaseScore | None, Recording | None]:
    def check(state: State, message: str = "") -> Check:
        help = "record the case again: adaptgen eval DIR --model NAME" if message else ""
        return Check("L3", case.id, "model.recording", state, message, case.where, help)

    if not found:
        return [check("not run", "it has not been recorded yet")], None, None
    tools = await ModelTools.of(surface, case.caller)
    hash_ = tools.digest
    judged = []
    for one in found:
        model, settings = meant or (one.model, one.settings)
        judged.append((differing(one, parts_of(hash_, case, model, settings)), one))
    changed, recording = min(judged, key=lambda pair: len(pair[0]))
    if changed:
        why = "; ".join(PARTS[name] for name in changed)
        return [check("stale", f"the recording is stale: {why}")], None, None
    if len(recording.runs) < trials:
        message = f"the recording is stale: it has {_count(recording.runs)}, and --trials wants {trials}"
        return [check("stale", message)], None, None
    checks, score = judge_case(case, recording.runs, surface, tools.visible)
    return [check("passed"), *checks], score, recording


def _count(runs: Sequence[Run]) -> str:
    return f"{len(runs)} run" if len(runs) == 1 else f"{len(runs)} runs"


def _collected(
    results: Sequence[tuple[list[Check], CaseScore | None, Recording | None]],
) -> LayerResult:
    return LayerResult(
        tuple(check for checks, _, _ in results for check in checks),
        tuple(score for _, score, _ in results if score is not None),
        tuple(recording for _, _, recording in results if recording is not None),
    )
