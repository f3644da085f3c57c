"""What ``adaptgen learn`` finds out about mock APIs, against what is true of them.

Each API is drawn by a seed from the labelled documents, and its document partly contradicts it
(``benchmarks/learning``). ``learn`` tries it on loopback; the service counts requests and writes. Then the server is
built with what was learned, and each list is read to its end through it: every record exactly once.

    python benchmarks/learn.py --seeds 0-49 [--misses] [--check]
    python benchmarks/learn.py --held            # the seeds of the final figure: nobody looks at their misses
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

from figures import options
from learning.run import Report, learn_seed

HELD = range(100000, 100300)
BAR = 0.98


def print_reports(reports: list[Report], misses: bool) -> None:
    """Rows of found and missed by kind, and below them what must not be."""
    found, all_ = Counter[str](), Counter[str]()
    for report in reports:
        found.update(kind for kind, right in report.kinds if right)
        all_.update(kind for kind, _ in report.kinds)
    print("| behaviour | found | of | share |\n|---|---|---|---|")
    for kind in sorted(all_):
        print(f"| {kind} | {found[kind]} | {all_[kind]} | {found[kind] / all_[kind]:.1%} |")
    print(f"| all | {found.total()} | {all_.total()} | {share(reports):.1%} |")
    requests = [report.requests for report in reports] or [0]
    print(f"APIs: {len(reports)}, seconds for one: {statistics.median(report.seconds for report in reports):.1f}")
    print(f"requests: median {statistics.median(requests):.0f}, most {max(requests)}")
    print(f"writes: {sum(len(report.writes) for report in reports)}")
    print(f"logins: most {max(report.logins for report in reports)}")
    print(f"personal values and secrets kept: {sum(len(report.kept) for report in reports)}")
    print(f"false conclusions called certain: {sum(len(report.false) for report in reports)}")
    print(f"false conclusions called likely: {sum(len(report.doubtful) for report in reports)}")
    print(f"lists read to the end exactly once: {sum(r.read for r in reports)} of {sum(r.lists for r in reports)}")
    print(f"lists called complete that were not: {sum(len(report.cut) for report in reports)}")
    print(f"learning failed: {sum(bool(report.failed) for report in reports)}")
    if misses:
        for report in reports:
            for line in report.lines():
                print(line)


def share(reports: list[Report]) -> float:
    """The share of behaviours found."""
    kinds = [right for report in reports for _, right in report.kinds]
    return sum(kinds) / len(kinds) if kinds else 0.0


def holds(reports: list[Report]) -> bool:
    """Whether nothing is wrong and enough was found."""
    never = any(report.writes or report.kept or report.false or report.failed for report in reports)
    return not never and share(reports) >= BAR and all(report.requests <= 200 for report in reports)


def run() -> int:
    """Learns each API and prints the figures."""
    parser = options(__doc__ or "")
    parser.add_argument("--seeds", default="0-49", help="the first and the last seed (default: %(default)s)")
    parser.add_argument("--held", action="store_true", help="the seeds that are held back, without their misses")
    parser.add_argument("--misses", action="store_true", help="print what was not found, and what is wrong")
    parser.add_argument("--jobs", type=int, default=2)
    chosen = parser.parse_args()
    first, _, last = chosen.seeds.partition("-")
    seeds = HELD if chosen.held else range(int(first), int(last or first) + 1)
    if not chosen.held and set(seeds) & set(HELD):
        parser.error("these seeds are held back: use --held")
    begun = time.monotonic()
    with ProcessPoolExecutor(chosen.jobs) as pool:
        reports = list(pool.map(learn_seed, seeds))
    if chosen.json:
        print(json.dumps({"share": share(reports), "seconds": time.monotonic() - begun}))
    else:
        print_reports(reports, chosen.misses and not chosen.held)
    return int(chosen.check and not holds(reports))


if __name__ == "__main__":
    sys.exit(run())
