"""Whether updates lose data: every merging update of a corpus, and one record that many change at once.

For each document of a corpus (``ADAPTGEN_TESTDATA/corpus``, or the folders given) that has merging updates: build it,
and change one property of a record with each of them, giving everything optional as well. The mock holds the record,
returns a part of it where it is asked with anything that the read need not have, and replaces it by what a PUT sends.
What is lost is counted by property; a success whose change is not in the record is false.

The names and texts of all writes are compared with what they do: an ``update_…`` that may lose a field says so, and
none contradicts the first verb of its summary, or a 201.

Then 50 callers in two processes change one record of a small service without ETags, each a property of its own, with
the shared state in Redis where there is one, and in files.

``--sample`` updates of each document, spread evenly (0: all). ``--documents``: so many documents, in the order of their
hashes (0: all). ``--check`` holds the bars.
"""

from __future__ import annotations

import concurrent.futures
import hashlib
import logging
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))
sys.path.insert(0, str(HERE))

from corpus import entries, unpack  # noqa: E402
from figures import Figure, options, report  # noqa: E402
from updating.corpus_updates import Outcome, update_all  # noqa: E402
from updating.parallel import CALLERS, Unavailable, change_at_once  # noqa: E402

REFUSED = 5.0
"""Percent of the updates that may be refused: their documents contradict themselves."""


def of_document(path: Path, sample: int) -> Outcome:
    """The updates of one document."""
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as own:
        folder = Path(own)
        return update_all(unpack(path, folder), folder / "generated" / "server", sample)


def over_corpus(paths: list[Path], sample: int) -> list[Figure]:
    """The figures of the documents."""
    total = Outcome()
    documents = 0
    with concurrent.futures.ProcessPoolExecutor(os.cpu_count()) as pool:
        for path, found in zip(paths, pool.map(of_document, paths, [sample] * len(paths)), strict=True):
            documents += bool(found.updates)
            total.add(found)
            for line in found.lost + found.false + found.silent + found.contradicting:
                print(f"{path.name}: {line}", file=sys.stderr)
    for reason, count in Counter(total.refused).most_common(12):
        print(f"refused {count}: {reason}", file=sys.stderr)
    share = 100 * len(total.refused) / max(total.updates, 1)
    return [
        Figure("documents with merging updates", documents, ""),
        Figure("merging updates made", total.updates, ""),
        Figure("  of these with an optional input of the read, such as a selection of fields", total.selecting, ""),
        Figure("fields lost", len(total.lost), "", bar=0),
        Figure("successes that were none", len(total.false), "", bar=0),
        Figure("updates that may lose what they were not given, and do not say so", len(total.silent), "", bar=0),
        Figure("names and texts against the summary or a 201", len(total.contradicting), "", bar=0),
        Figure("refused, nothing written", share, "%", bar=REFUSED),
    ]


def at_once() -> list[Figure]:
    """The figures of one record that many change."""
    figures = []
    for kind in ("redis", "files"):
        with tempfile.TemporaryDirectory() as folder:
            try:
                found = change_at_once(Path(folder), kind)
            except Unavailable as why:
                print(f"skipped {kind}: {why}", file=sys.stderr)
                continue
        figures += [
            Figure(f"{kind}: changes of one record at once, in two processes", found.calls, ""),
            Figure(f"{kind}: fields lost", found.lost, "", bar=0),
            Figure(f"{kind}: successes that were none", found.false, "", bar=0),
            Figure(f"{kind}: changes that were refused", found.refused, "", bar=CALLERS // 10),
            Figure(f"{kind}: seconds", found.seconds, "s"),
        ]
    return figures


def main() -> int:
    parser = options(__doc__ or "")
    parser.add_argument("folders", nargs="*")
    parser.add_argument("--sample", type=int, default=20, help="updates of each document, 0: all; default: 20")
    parser.add_argument("--documents", type=int, default=0, help="so many documents; default: all")
    parser.add_argument("--only", default="", help="only documents whose path holds this")
    given = parser.parse_args()
    paths = [path for path, kind in entries(given.folders).items() if kind != "edge-broken" and given.only in str(path)]
    if given.documents:
        paths.sort(key=lambda path: hashlib.sha256(path.name.encode()).hexdigest())
        paths = paths[: given.documents]
    paths.sort(key=lambda path: -path.stat().st_size)
    return report(over_corpus(paths, given.sample) + at_once(), given)


if __name__ == "__main__":
    raise SystemExit(main())
