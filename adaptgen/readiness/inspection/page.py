"""The report as one HTML page that needs nothing else: no script, no font, no picture from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

from adaptgen.readiness.inspection.report import Estimate, Finding, Report
from adaptgen.render.safe import templates

_WIDTH = 420
"""Width of the longest bar, in pixels."""


@dataclass(frozen=True, slots=True)
class Bar:
    """Two bars, before and after, in the same scale."""

    what: str
    before: str
    after: str
    long: float
    short: float
    ratio: str


def page(report: Report) -> str:
    """The HTML of a report. Everything in it that comes from the document is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(templates()),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    groups: dict[str, list[Finding]] = {}
    for one in report.findings:
        groups.setdefault(one.rule, []).append(one)
    return environment.get_template("inspect.html.j2").render(
        report=report,
        groups=groups,
        bytes=_bars([one for one in report.estimates if one.unit == "bytes"]),
        turns=_bars([one for one in report.estimates if one.unit == "turns"]),
        arc=round(report.score * 3.1416 * 2 * 54 / 100, 1),
        circle=round(3.1416 * 2 * 54, 1),
    )


def _bars(estimates: list[Estimate]) -> list[Bar]:
    most = max((max(one.before, one.after) for one in estimates), default=1) or 1
    found = []
    for one in estimates:
        ratio = f"1/{one.before / one.after:.0f}" if one.after and one.before > 1.5 * one.after else ""
        longer, shorter = (max(2.0, _WIDTH * (value / most) ** 0.5) for value in (one.before, one.after))
        found.append(Bar(one.what, _number(one.before), _number(one.after), longer, shorter, ratio))
    return found


def _number(value: int) -> str:
    if value >= 10_000_000:
        return f"{value / 1_000_000:,.0f} MB"
    return f"{value / 1000:,.0f} kB" if value >= 10_000 else f"{value:,}"
