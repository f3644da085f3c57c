"""The result as one HTML page that needs nothing else: no script, no font, no picture from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from adaptgen import __version__
from adaptgen.evals.agent.conversation import Recording
from adaptgen.evals.model import EvalResult
from adaptgen.evals.reports.comparison import Comparison, figures
from adaptgen.evals.reports.summary import percent, summarize
from adaptgen.model.tables import Json
from adaptgen.render.safe import templates

_LONGEST = 20_000
"""Characters of one text of a transcript; the recording has all of it."""
_COLOURS = {"passed": "good", "failed": "poor", "stale": "fair", "not run": "soft"}
_LAYERS = {
    "L0": ("Static", "The list of tools itself: what providers accept and what a reader understands."),
    "L1": ("Retrieval", "Whether the list, or a search, shows an expected tool."),
    "L2": ("Oracle", "Whether the expected calls work for this caller and return the right answer."),
    "L3": ("Model", "What a model did with the tools."),
}


def page(
    result: EvalResult,
    made: datetime,
    recordings: Sequence[Recording] = (),
    comparison: Comparison | None = None,
) -> str:
    """The HTML of a run of this moment, with the conversations of ``recordings``. Everything in it that comes from
    documents, answers and models is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(templates()),
        autoescape=True,
        finalize=_printable,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    by_case: dict[str, list[Recording]] = {}
    for one in recordings:
        by_case.setdefault(one.case, []).append(one)
    return environment.get_template("eval.html.j2").render(
        result=result,
        summary=summarize(result),
        made=made,
        release=__version__,
        percent=percent,
        colours=_COLOURS,
        layers=_LAYERS,
        recordings=by_case,
        comparison=comparison,
        figures=figures,
        shown=_shown,
        figure=_figure,
        share=_share,
    )


def _printable(value: object) -> object:
    """What is written into the page, without characters that only control terminals and the direction of text."""
    if not isinstance(value, str):
        return value
    return "".join(char if char.isprintable() or char in "\n\t" else "\N{REPLACEMENT CHARACTER}" for char in value)


def _shown(value: Json) -> str:
    """A text of a transcript, JSON as one line."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text):,} characters)"


def _figure(value: float | None) -> str:
    """A number as people read it; "" for none."""
    if value is None:
        return ""
    return f"{value:,.4f}".rstrip("0").rstrip(".") if isinstance(value, float) else f"{value:,}"


def _share(value: float | None) -> str:
    return "" if value is None else f"{percent(value)} %"
