"""Sums and groups over the rows of the bundled CRM against SQL on its database, in whole cents: every paging style,
pages that fail in between, items that an API claims and does not return, bounds that cut the reading.

An answer is *exact*, *incomplete* (``complete: false``) or *wrong*: another number without a word.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from figures import Figure, options, report

from adaptgen.demo.crm import Crm

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from support.sums import try_once


def main() -> int:
    """Ask, and print what was found."""
    parser = options(__doc__ or "")
    parser.add_argument("--asked", type=int, default=500, help="questions that are drawn (500)")
    parser.add_argument("--first", type=int, default=0, help="the first seed (0)")
    given = parser.parse_args()
    database = Crm(slow=0.0).state.database
    found = [try_once(database, seed) for seed in range(given.first, given.first + given.asked)]
    counted = Counter(kind for kind, _ in found)
    if not given.json:
        print("\n".join(said for kind, said in found if kind == "wrong"))
    figures = [
        Figure("questions", given.asked, ""),
        Figure("exact to the cent", counted["exact"], ""),
        Figure("incomplete, and said", counted["incomplete"], ""),
        Figure("wrong", counted["wrong"], "", bar=0),
    ]
    return report(figures, given)


if __name__ == "__main__":
    sys.exit(main())
