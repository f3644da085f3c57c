"""Whether a text states a fact."""

from __future__ import annotations

from typing import Any

import pytest

from adaptgen.evals.agent.facts import states

STATED: list[tuple[str, Any]] = [
    ("There are 3 open invoices.", 3),
    ("There are three open invoices.", 3),
    ("The total is $1,200.50.", 1200.5),
    ("Die Summe ist 1.200,50 EUR.", 1200.5),
    ("It is 1\u202f200,5.", 1200.5),
    ("**1200.50**", "1200.50"),
    ("The balance is \u2212 5? No: \u22125.", -5),
    ("Due on March 31, 2026.", "2026-03-31"),
    ("Due on 31st of March 2026", "2026-03-31"),
    ("Due 31.03.2026", "2026-03-31T00:00:00Z"),
    ("It is `K-2020-1079`.", "K-2020-1079"),
    ("Status: on hold", "ON_HOLD"),
    ("the customer velvet  media.", "Velvet Media"),
    ("1. Ada\n2. Bob\nIn all: 2", 2),
    ("There are no open invoices.", 0),
    ("(7)", 7),
    ("invoices 7, 8 and 9", 8),
]
NOT_STATED: list[tuple[str, Any]] = [
    ("There are 30 open invoices.", 3),
    ("The total is 1,200.55.", 1200.5),
    ("INV-12 is due.", 12),
    ("Due on 2026-03-31.", 31),
    ("Due on 31.03.2026.", 3),
    ("1. Ada\n2. Bob", 2),
    ("Due at 09:30.", 30),
    ("Due at 09:30.", 9),
    ("Due 3/4/2026", 4),
    ("Due 3/4/2026", 2026),
    ("2026-03-31T10:00:00Z", 10),
    ("No, I cannot say.", 0),
    ("One of the invoices is open.", 1),
    ("Due on March 30, 2026.", "2026-03-31"),
    ("Due on March 31.", "2026-03-31"),
    ("K-2020-10791", "K-2020-1079"),
    ("overdue", "DUE"),
    ("-5", 5),
    ("5%5", 55),
    ("", "x"),
]


@pytest.mark.parametrize(("text", "fact"), STATED)
def test_a_fact_in_any_notation_is_stated(text: str, fact: Any) -> None:
    assert states(text, fact)


@pytest.mark.parametrize(("text", "fact"), NOT_STATED)
def test_what_only_looks_like_a_fact_is_not_stated(text: str, fact: Any) -> None:
    assert not states(text, fact)
