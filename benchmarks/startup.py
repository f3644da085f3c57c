"""What the command line costs before it does anything: CPU of fresh processes, medians, the variants interleaved.

``--before CHECKOUT`` measures another checkout beside this one (``git worktree add ../before REVISION``): the bar is
1.3 times its ``adaptgen --help``. Without it the reference is a Python that only starts.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from figures import Figure, median, options, report

ROOT = Path(__file__).parent.parent
BUILD = "build specs/crm.yaml --quiet"
COMMANDS = ("--help", "build --help", "bild", BUILD)
MAIN = "import sys; from adaptgen.cli import main; sys.exit(main(sys.argv[1:]))"


def cpu(code: str, words: list[str], checkout: Path) -> float:
    """Milliseconds of CPU, user and system, of one process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-c", code, *words]  # -c imports from the working folder
    subprocess.run(command, cwd=checkout, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000


def measure(variants: Mapping[str, Path], runs: int, out: str) -> dict[tuple[str, str], list[float]]:
    """(command, variant) -> the CPU of each run. A build finds everything up to date."""
    taken: dict[tuple[str, str], list[float]] = {}
    for run in range(runs + 1):
        for command in COMMANDS:
            for name, checkout in variants.items():
                words = [*command.split(), *(["--out", f"{out}/{name}"] if command == BUILD else [])]
                taken.setdefault((command, name), []).append(cpu(MAIN, words, checkout))
        taken.setdefault(("", "python"), []).append(cpu("", [], ROOT))
        if run == 0:  # it made the bytecode, and the output that the next builds find
            taken.clear()
    return taken


def main() -> int:
    parser = options(__doc__.partition("\n")[0])
    parser.add_argument("--before", metavar="CHECKOUT", type=Path, help="another checkout to compare with")
    parser.add_argument("--runs", type=int, default=21)
    given = parser.parse_args()
    variants = {"ours": ROOT, **({"before": given.before.resolve()} if given.before else {})}
    with tempfile.TemporaryDirectory() as out:
        taken = measure(variants, given.runs, out)
    figures = []
    for command in COMMANDS:
        reference = median(taken[command, "before"] if given.before else taken["", "python"])
        bar = 1.3 * reference if given.before and command == "--help" else None
        named = "before" if given.before else "python"
        figures.append(Figure(f"adaptgen {command}", median(taken[command, "ours"]), "ms", reference, named, bar))
    return report(figures, given)


if __name__ == "__main__":
    raise SystemExit(main())
