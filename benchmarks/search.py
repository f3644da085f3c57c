"""How well the search of a large API serves: the tool within two calls of a model, and recall of one call.

``search_agents.py`` has the queries as a model writes them and the rule for its second call; ``--check`` holds that the
tool is missing in at most 10 % within two calls and that an answer keeps 3,000 bytes, an index 300 ms, a search 10 ms.

The older questions are whole sentences that avoid the words of the documents; they show what one call finds without a
model that reads the answer. Those of ``tests/labels/search.jsonl`` have the halves ``tune`` and ``held``; of those of
``search_fresh.jsonl`` only the sum is printed, and no time is taken of these smaller documents. The documents are built
anew from ``ADAPTGEN_TESTDATA/corpus``.

With ``ADAPTGEN_DIRECTORY``, the folder that holds ``api/``, the questions of ``search_directory.jsonl`` are asked too.
Their halves are divided by vendor: only sums are printed, and misses of ``directory develop`` alone.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from corpus import ROOT, unpack
from figures import Figure, median, options, report
from search_agents import READ, Found, measure

LABELS = [ROOT / "tests/labels/search.jsonl", ROOT / "tests/labels/search_fresh.jsonl"]
DIRECTORY = ROOT / "tests/labels/search_directory.jsonl"
HALVES = ["tune", "held", "fresh"]
APART = ["directory develop", "directory held"]
SUMS = ["fresh", *APART]  # halves of which only sums are told
MISSED = 10
"""Queries of agents, in percent, whose tool may be missing in both answers: the bar."""
SHOWN = ["tune", "directory develop"]  # halves whose misses may be seen


def entries(path: Path) -> tuple[list[Any], dict[str, str]]:
    """What is searched of a document, and operation (``GET /path``) -> tool."""
    from adaptgen.building.build import build
    from adaptgen.source import EMPTY
    from adaptgen.tool_search.document import entry

    with tempfile.TemporaryDirectory() as folder:
        made = build(unpack(path, Path(folder)), hints=EMPTY, name="server", side_files=False).plan
    found = [entry(tool, module.contracts[tool.name]) for module in made.modules for tool in module.tools]
    named = {f"{t.call.method} {t.call.path}": t.name for m in made.modules for t in m.tools if t.call is not None}
    return found, named


def share(hits: list[bool]) -> float:
    """The hits in percent."""
    return 100 * sum(hits) / len(hits)


def apart(question: dict[str, Any]) -> dict[str, Any]:
    """A question about the directory, in a half that is named after it."""
    return {**question, "half": f"directory {question['half']}"}


def two_calls(found: dict[str, list[Found]]) -> list[Figure]:
    """The figures of queries as a model writes them."""
    figures = []
    every = [row for rows in found.values() for row in rows]
    for document, rows in {**found, "all": every}.items():
        figures.append(
            Figure(f"two calls, {document}: found in the first", share([row.call == 1 for row in rows]), "%")
        )
        missed = share([row.call == 3 for row in rows])
        bar = MISSED if document == "all" else None
        figures.append(Figure(f"two calls, {document}: missed", missed, "%", bar=bar))
    figures.append(Figure("two calls, all words said: missed", share([row.knowing == 3 for row in every]), "%"))
    figures.append(Figure("two calls, longest answer", max(row.longest for row in every), "bytes", bar=READ))
    return figures


def main() -> int:
    from adaptgen.tool_search.bm25 import Index

    parser = options(__doc__ or "")
    parser.add_argument("--half", choices=[*HALVES, *APART], help="only these questions")
    parser.add_argument("--misses", action="store_true", help="show what fails of tune and directory develop")
    given = parser.parse_args()
    data = os.environ.get("ADAPTGEN_TESTDATA")
    if not data:
        print("ADAPTGEN_TESTDATA is not set: the documents are not at hand", file=sys.stderr)
        return 0
    directory = os.environ.get("ADAPTGEN_DIRECTORY")
    halves = [given.half] if given.half else [*HALVES, *APART]
    if not directory:
        print("ADAPTGEN_DIRECTORY is not set: the questions about the directory are skipped", file=sys.stderr)
        halves = [half for half in halves if half not in APART]
    lines = [line for labels in LABELS for line in labels.read_text("utf-8").splitlines() if line.strip()]
    asked = [json.loads(line) for line in lines]
    asked += [apart(json.loads(line)) for line in DIRECTORY.read_text("utf-8").splitlines()]
    questions = [one for one in asked if one["half"] in halves]
    first: dict[tuple[str, str], list[bool]] = defaultdict(list)
    among: dict[tuple[str, str], list[bool]] = defaultdict(list)
    indexed: list[float] = []
    searched: list[float] = []
    for document in sorted({one["document"] for one in questions}):
        if document.endswith(".json"):  # those of the corpus are named without what follows, or end in .gz
            path = Path(directory or "") / "api" / document
        else:
            path = next(found for found in (Path(data) / "corpus").rglob("*.gz") if document in str(found))
        rows, tools = entries(path)
        begun = time.process_time()
        index = Index(rows)
        built = 1000 * (time.process_time() - begun)
        timed = any(one["document"] == document and one["half"] not in SUMS for one in questions)
        indexed += [built] * timed
        names = frozenset(row.name for row in rows)
        index.search("warm up", names, 5)
        for one in questions:
            if one["document"] != document:
                continue
            wanted = {tools.get(operation, operation) for operation in one["operations"]}
            begun = time.process_time()
            found = index.search(one["question"], names, 5).names
            searched += [1000 * (time.process_time() - begun)] * timed
            key = (one["half"], document)
            first[key].append(bool(wanted & set(found[:1])))
            among[key].append(bool(wanted & set(found)))
            if given.misses and one["half"] in SHOWN and not wanted & set(found):
                print(f"{document}: {one['question']}\n    wanted {sorted(wanted)[:4]}\n    found  {found}")
    figures = []
    for half in halves:
        keys = [key for key in sorted(among) if key[0] == half]
        for key in keys if half not in SUMS else ():
            figures.append(Figure(f"{half}, {key[1]}: recall@1", share(first[key]), "%"))
            figures.append(Figure(f"{half}, {key[1]}: recall@5", share(among[key]), "%"))
        for rank, hits in ((1, first), (5, among)):
            total = [hit for key in keys for hit in hits[key]]
            figures.append(Figure(f"{half}: recall@{rank}", share(total), "%"))
    both = [hit for key, hits in among.items() if key[0] in ("tune", "held") for hit in hits]
    if len({half for half in halves if half not in SUMS}) == 2:
        figures.append(Figure("the 200: missed at 5", 100 - share(both), "%"))
    if searched and indexed:
        figures.append(Figure("index, slowest", max(indexed), "ms", bar=300))
        figures.append(Figure("search, median", median(searched), "ms", bar=10))
    if not given.half:
        figures += two_calls(measure(Path(data) / "corpus", given.misses))
    return report(figures, given)


if __name__ == "__main__":
    raise SystemExit(main())
