"""The report as one HTML page that needs nothing else: no script, no font, no picture from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from adaptgen import __version__
from adaptgen.readiness.inspection.report import Estimate, Part, Report
from adaptgen.render.safe import templates

_FIRST = 3
"""Groups of findings that the page puts first."""
_WIDTH = 70
"""Width of the longest bar, in percent of its column."""
_COLOURS = {"high": "poor", "medium": "fair", "low": "soft"}


@dataclass(frozen=True, slots=True)
class Level:
    """What a score means: from ``least`` on."""

    least: int
    range: str
    word: str
    colour: str
    meaning: str


LEVELS = (
    Level(80, "80 to 100", "Ready", "good", "Agents can work with this API as it is generated."),
    Level(50, "50 to 79", "Nearly ready", "fair", "Agents can work with it; some answers or changes need care."),
    Level(0, "0 to 49", "Needs work", "poor", "Agents will often fail here. Start with what comes first below."),
)


@dataclass(frozen=True, slots=True)
class Bar:
    """Two bars, before and after, in the same scale."""

    what: str
    before: str
    after: str
    long: float
    short: float
    ratio: str


def page(report: Report, made: date) -> str:
    """The HTML of a report that is made on this day. Everything in it that comes from the document is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(templates()),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    groups = report.groups()
    return environment.get_template("inspect.html.j2").render(
        report=report,
        made=made,
        release=__version__,
        date=_date,
        groups=groups,
        first=groups[:_FIRST],
        level=_level(report.score),
        levels=LEVELS,
        colours=_COLOURS,
        part_colour=_part_colour,
        bytes=_bars([one for one in report.estimates if one.unit == "bytes"]),
        turns=_bars([one for one in report.estimates if one.unit == "turns"]),
        arc=round(report.score * 3.1416 * 2 * 54 / 100, 1),
        circle=round(3.1416 * 2 * 54, 1),
    )


def _date(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _level(score: float) -> Level:
    return next(one for one in LEVELS if score >= one.least)


def _part_colour(part: Part) -> str:
    return _level(100 * part.points / part.of).colour if part.of else "soft"


def _bars(estimates: list[Estimate]) -> list[Bar]:
    most = max((max(one.before, one.after) for one in estimates), default=1) or 1
    found = []
    for one in estimates:
        ratio = f"1/{one.before / one.after:.0f}" if one.after and one.before > 1.5 * one.after else ""
        longer, shorter = (max(0.5, _WIDTH * (value / most) ** 0.5) for value in (one.before, one.after))
        found.append(Bar(one.what, _number(one.before), _number(one.after), longer, shorter, ratio))
    return found


def _number(value: int) -> str:
    if value >= 10_000_000:
        return f"{value / 1_000_000:,.0f} MB"
    return f"{value / 1000:,.0f} kB" if value >= 10_000 else f"{value:,}"
