"""Governed calls in bulk, while everything that can happen happens: ``python benchmarks/soak.py --calls 100000``.

Sixteen workers call a generated server through the proxy. The API behind it is killed twice and started anew, the
issuer's signing keys and the token keys rotate, Redis is killed and comes back without its data, and one caller is cut
off by the kill switch and let in again. Every answer must be right, or one that is specified for what happens; no write
may be executed twice; the audit trails must verify; the memory of the processes must not grow.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import re
import signal
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))
sys.path.insert(0, str(HERE))

from figures import Figure, options, report  # noqa: E402
from governed.issuer import Issuer, issuer  # noqa: E402
from soaking.events import Events  # noqa: E402
from soaking.ledger import Ledger, Wrong, slope  # noqa: E402
from soaking.people import DOMAIN  # noqa: E402
from soaking.place import Place, running  # noqa: E402
from soaking.worker import CREW, Worker  # noqa: E402

WARM = 10_000
"""Calls after which memory is watched. Runs that go not five times as far are not judged by it: until some ten thousand
calls more were answered the heap still grows between what it holds, which stays the same."""
KINDS = {
    "refused": "refused as policies, kinds and tenants demand",
    "limit": "over a limit",
    "off": "switched off",
    "state": "shared state away",
    "away": "API away, not sent",
    "broken": "connection to the API broken",
    "slow": "API too slow",
    "busy": "API answered 503",
}
_AMISS = re.compile(r"Traceback|never retrieved|never awaited|Warning: | failed: |Unclosed")


async def watched(place: Place, ledger: Ledger, samples: dict[str, list[tuple[int, float]]]) -> None:
    """Memory by calls, a hundred times over the run."""
    step = 1
    while True:
        await ledger.reached(step / 100)
        step += 1
        for name, values in samples.items():
            if not place.alive(name):
                raise Wrong(f"the process {name} has ended: {place.said(name)[-2000:]}")
            values.append((ledger.calls, place.memory(name)))


async def worked(place: Place, one: Issuer, ledger: Ledger, samples: dict[str, list[tuple[int, float]]]) -> None:
    """All calls and all events."""
    crew = [Worker(number, place.proxy_port, one, ledger) for number in range(len(CREW))]
    async with asyncio.TaskGroup() as group:
        watching = group.create_task(watched(place, ledger, samples))
        working = [group.create_task(worker.work()) for worker in crew]
        group.create_task(Events(place, ledger, one, crew).run())
        await asyncio.wait(working)
        watching.cancel()


def audited(place: Place) -> int:
    """Lines of both audit trails, once all processes have ended.

    Raises:
        Wrong: a trail does not verify, or something on disk holds an address in clear.
    """
    lines = 0
    for name in ("front", "shop"):
        found = place.verified(name)
        if found:
            raise Wrong(f"the audit trail of {name}: {found[:2000]}")
        for path in (place.folder / name).iterdir():
            data = path.read_bytes()
            if DOMAIN.encode() in data:
                raise Wrong(f"an address in clear in {name}/{path.name}")
            lines += data.count(b"\n") if path.name == "audit.jsonl" else 0
        said = [line for line in place.said(name).splitlines() if _AMISS.search(line)]
        if said:
            raise Wrong(f"{name} says: " + "\n".join(said[:10]))
    return lines


def soak(given: argparse.Namespace, folder: Path) -> tuple[list[Figure], str]:
    """The figures, and what is wrong ("" for nothing)."""
    ledger = Ledger(given.calls)
    samples: dict[str, list[tuple[int, float]]] = {"front": [], "shop": []}
    wrong, executed, unsure, lines = "", 0, 0, 0
    with issuer() as one:
        with running(folder, one) as place:
            began = time.monotonic()
            try:
                asyncio.run(worked(place, one, ledger, samples))
            except* Wrong as problems:
                wrong = "\n".join(map(str, problems.exceptions))
            seconds = time.monotonic() - began
        (folder / "memory.json").write_text(json.dumps(samples))
        if not wrong:
            try:
                executed, unsure = ledger.balance(folder / "api")
                lines = audited(place)
            except Wrong as problem:
                wrong = str(problem)
    counts = ledger.counts
    figures = [
        Figure("calls", ledger.calls, "calls"),
        Figure("rate", ledger.calls / seconds, "calls/s"),
        Figure("events", counts["events"], "events"),
        Figure("answers neither right nor specified", float(bool(wrong)), "answers", bar=0),
        Figure("right", counts["ok"], "answers"),
        *(Figure(text, counts[kind], "answers") for kind, text in KINDS.items()),
        Figure("401 while signing keys rotated", counts["401"], "answers"),
        Figure("old tokens resolved after the rotation", counts["old tokens resolved"], "tokens"),
        Figure("writes executed", executed, "writes"),
        Figure("outcomes reported as unknown", counts["unknown outcomes"], "writes"),
        Figure("of them executed", unsure, "writes"),
        Figure("audit lines that verify", lines, "lines"),
    ]
    judged = given.calls >= 5 * WARM
    after = max(WARM if given.calls >= 2 * WARM else 0, given.calls / 10)
    for name, values in samples.items():
        shown = "proxy" if name == "front" else "server"
        steady = [sample for sample in values if sample[0] >= after]
        if values:
            figures.append(Figure(f"{shown}: memory at the end", values[-1][1], "MB"))
        bar = 1.0 if judged else None
        figures.append(Figure(f"{shown}: growth per 10,000 calls", slope(steady), "MB", bar=bar))
    return figures, wrong


def main() -> int:
    """The soak as a command."""
    parser = options(__doc__ or "")
    parser.add_argument("--calls", type=int, default=100_000, help="how many calls (default: %(default)s)")
    parser.add_argument("--keep", type=Path, help="a folder for everything that is written, kept afterwards")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the processes must end with this one
    with contextlib.ExitStack() as stack:
        if given.keep:
            given.keep.mkdir(parents=True)
        folder = given.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="soak-")))
        # What is built along the way is no figure.
        with contextlib.redirect_stdout(sys.stderr):
            figures, wrong = soak(given, folder.resolve())
        code = report(figures, given)
    if wrong:
        print(wrong, file=sys.stderr)
        return 1
    return code


if __name__ == "__main__":
    sys.exit(main())
