"""Plain-text tables for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

RULE = "─"


def table(
    heads: Sequence[str], rows: Sequence[Sequence[str] | None], *, groups: Sequence[tuple[str, int]] = ()
) -> list[str]:
    """Lines of a table: the first column to the left, the others to the right. A row of None is a rule.

    ``groups``: titles over columns, each with how many it spans, after the first column.
    """
    cells = [heads, *(row for row in rows if row is not None)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(heads))]
    at = 1
    for title, span in groups:
        spare = len(title) - (sum(widths[at : at + span]) + 3 * (span - 1))
        widths[at] += max(spare, 0)
        at += span
    line = RULE * (sum(widths) + 3 * (len(widths) - 1))
    lines = []
    if groups:
        over, at = " " * widths[0], 1
        for title, span in groups:
            over += "   " + title.rjust(sum(widths[at : at + span]) + 3 * (span - 1))
            at += span
        lines.append(over.rstrip())
    lines += [_line(heads, widths), line]
    lines += [line if row is None else _line(row, widths) for row in rows]
    return lines


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = (
        cell.ljust(width) if at == 0 else cell.rjust(width)
        for at, (cell, width) in enumerate(zip(row, widths, strict=True))
    )
    return "   ".join((first, *others)).rstrip()
