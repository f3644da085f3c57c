"""What every benchmark prints: figures side by side with a reference measured in the same run."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Figure:
    """One measured figure: ours, the reference of the same run, and the bar (``ours`` must not exceed it)."""

    name: str
    ours: float
    unit: str
    reference: float | None = None
    reference_name: str = ""
    bar: float | None = None

    @property
    def met(self) -> bool:
        """Whether the bar holds; a figure without a bar always does."""
        return self.bar is None or self.ours <= self.bar


def median(values: Sequence[float]) -> float:
    """The middle of some measurements: this is what stands noise best."""
    return statistics.median(values)


def options(description: str) -> argparse.ArgumentParser:
    """The options that all benchmarks share."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument("--check", action="store_true", help="exit 1 when a bar is missed")
    return parser


def report(figures: Sequence[Figure], given: argparse.Namespace) -> int:
    """Prints the figures and gives the exit code."""
    if given.json:
        print(json.dumps({figure.name: {**asdict(figure), "met": figure.met} for figure in figures}, indent=2))
    else:
        rows = [("figure", "ours", "reference", "", "bar", "")]
        for one in figures:
            reference = "" if one.reference is None else f"{one.reference:,.2f} {one.unit}"
            bar = "" if one.bar is None else f"<= {one.bar:,.2f} {one.unit}"
            verdict = "" if one.bar is None else "met" if one.met else "MISSED"
            rows.append((one.name, f"{one.ours:,.2f} {one.unit}", reference, one.reference_name, bar, verdict))
        widths = [max(len(row[column]) for row in rows) for column in range(6)]
        for row in rows:
            print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    missed = [figure.name for figure in figures if not figure.met]
    if given.check and missed:
        print("missed: " + ", ".join(missed), file=sys.stderr)
        return 1
    return 0
