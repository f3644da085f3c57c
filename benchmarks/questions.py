"""The twenty questions of ``tests/questions`` on the bundled CRM: how many are answered right, in how many turns, with
how many bytes, beside one tool per endpoint.

Answers are judged by what is written beside the question, which a test holds against the database by SQL.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

from figures import Figure, options, report

from adaptgen.demo.building import build
from adaptgen.demo.crm import Crm, running

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from support.asked import ask, lines, right, sides


def main() -> int:
    """Ask, print the table and the figures."""
    given = options(__doc__ or "").parse_args()
    with running(Crm(slow=0.0)) as crm, tempfile.TemporaryDirectory() as folder:
        asked = ask(crm, build(Path(folder)))
    if not given.json:
        print("\n".join(lines(asked)), end="\n\n")
    wrong = [name for name, one in asked.items() if not right(name, one)]
    turns = [(len(raw.turns), len(served.turns)) for raw, served in sides(asked)]
    raw, served = (sum(conversation.size for conversation in side) for side in zip(*sides(asked), strict=True))
    found = [
        Figure(f"of {len(asked)} questions, not answered", len(wrong), "", bar=0),
        Figure("turns for one question", statistics.mean(ours for _, ours in turns), "",
               statistics.mean(theirs for theirs, _ in turns), "one tool per endpoint", 1.5),
        # A cursor holds when it ends, compressed: its length differs by a letter from run to run.
        Figure("bytes of all, to the hundred", round(served, -2), "B", round(raw, -2), "one tool per endpoint",
               raw / 20),
    ]  # fmt: skip
    return report(found, given)


if __name__ == "__main__":
    sys.exit(main())
