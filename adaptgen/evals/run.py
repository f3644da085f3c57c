"""One evaluation: cases of a folder on the tools of a server, layer by layer."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from adaptgen.diagnostics import Where, did_you_mean, error
from adaptgen.evals import static
from adaptgen.evals.cases import read_folder
from adaptgen.evals.model import Case, CaseScore, Check, EvalResult, Layer
from adaptgen.evals.oracle import Oracle
from adaptgen.evals.recordings import Recordings, Replay
from adaptgen.evals.retrieval import Retrieval
from adaptgen.evals.surface import Surface, open_surface
from adaptgen.model.frozen import value
from adaptgen.model.tables import LOCAL, Caller, Server
from adaptgen.readiness.replay import stand_in_secrets

NO_MODEL: Final[tuple[Layer, ...]] = ("L0", "L1", "L2")
"""The layers that need no model."""


@value()
class Wanted:
    """``layers``: those to run; ``only``: patterns of the names of cases, none for all. ``live``: calls go to the API
    of the environment, else to the cassettes; ``writes``: writes are made there."""

    layers: tuple[Layer, ...] = NO_MODEL
    only: tuple[str, ...] = ()
    live: bool = False
    writes: bool = False


def load_cases(folder: Path, default: Caller, only: Sequence[str] = (), shown: str = "") -> tuple[Case, ...]:
    """The cases in ``folder`` whose names fit one of the patterns ``only``.

    Raises:
        AdaptgenError: AG102, there is no such case; else as :func:`adaptgen.evals.cases.read_folder`.
    """
    cases = read_folder(folder, default, shown)
    where = Where(shown or folder.as_posix())
    if not cases:
        raise error("AG102", "there are no cases", where)
    chosen = tuple(one for one in cases if not only or any(fnmatchcase(one.id, pattern) for pattern in only))
    if not chosen:
        help = did_you_mean(only[0], [one.id for one in cases]) or f"cases: {', '.join(one.id for one in cases[:8])}"
        raise error("AG102", f"no case is called {' or '.join(only)}", where, help)
    return chosen


@asynccontextmanager
async def opened(
    server: Server, named: str | None, cassettes: Path | None, wanted: Wanted, environ: Mapping[str, str] = os.environ
) -> AsyncIterator[tuple[Surface, Replay | None]]:
    """The surface of ``server`` under the settings at ``named``, and the network of its replay: None where it is
    live."""
    if wanted.live:
        async with open_surface(server, named, environ=environ) as surface:
            yield surface, None
        return
    recordings = Recordings(cassettes)
    network = recordings.open()
    replayed, environ = recordings.server(server), recordings.environ(server)
    with stand_in_secrets(recordings.secrets):
        async with open_surface(replayed, named, environ=environ, transport=network) as surface:
            yield surface, network


async def evaluate(
    surface: Surface,
    cases: Sequence[Case],
    wanted: Wanted,
    replay: Replay | None,
    progress: Callable[[str], None] = lambda _: None,
) -> EvalResult:
    """The layers of ``wanted`` that need no model. ``replay``: the network of a replay; None: the live API."""
    retrieval = Retrieval(surface)
    oracle = Oracle(surface, retrieval, replay, writes=wanted.writes)
    checks: list[Check] = []
    scores: dict[str, CaseScore] = {}
    if "L0" in wanted.layers:
        checks += static.check(surface)
    if "L1" in wanted.layers:
        for case in cases:
            checks += _reviewed(case, [one async for one in retrieval.check(case)])
    if "L2" in wanted.layers:
        made: dict[str, list[Check]] = {}
        # What changes the API comes last: the answers of the others do not depend on it.
        for case in sorted(cases, key=oracle.changes):
            progress(case.id)
            found = [one async for one in oracle.check(case)]
            made[case.id] = _reviewed(case, [one for one in found if isinstance(one, Check)])
            for score in found:
                if isinstance(score, CaseScore):
                    scores[case.id] = score
        checks += [one for case in cases for one in made[case.id]]
    return EvalResult(
        server=surface.server.name,
        layers=tuple(layer for layer in wanted.layers if layer in NO_MODEL),
        cases=tuple(cases),
        checks=tuple(checks),
        scores=tuple(scores[case.id] for case in cases if case.id in scores),
        surface=await surface.digest(local_caller(surface)),
    )


def local_caller(surface: Surface) -> Caller:
    """Who asks where a case does not say: the local caller of the settings."""
    if surface.settings is None:
        return LOCAL
    local = surface.settings.local
    return Caller(local.sub, local.tenant, local.groups)


def _reviewed(case: Case, checks: Iterable[Check]) -> list[Check]:
    """What fails in an unreviewed case did not run."""
    return [as_draft(one) for one in checks] if case.draft else list(checks)


def as_draft(check: Check) -> Check:
    """A check of an unreviewed case: what fails did not run."""
    return replace(check, state="not run", message=f"a draft: {check.message}") if check.state == "failed" else check
