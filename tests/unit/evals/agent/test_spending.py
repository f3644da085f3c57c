"""Prices and budgets."""

from __future__ import annotations

from pathlib import Path

import pytest

from adaptgen.diagnostics import AdaptgenError
from adaptgen.evals.agent.conversation import Usage
from adaptgen.evals.agent.spending import Price, read_budget, read_prices


def test_cost_is_by_the_million_and_by_the_kind_of_token(tmp_path: Path) -> None:
    file = tmp_path / "prices.yaml"
    file.write_text("m: {input: 3, output: 15, cached: 0.3}\n'vendor/other:1': {input: 1, output: 2}\n")
    prices = read_prices(file)
    # 3 + 15 + 0.3 + 3 (written into a cache at the price of input)
    assert prices["m"].of(Usage(1_000_000, 1_000_000, 1_000_000, 1_000_000)) == pytest.approx(21.3)
    assert prices["vendor/other:1"] == Price(1, 2, 1, 1)


@pytest.mark.parametrize(
    ("text", "line"), [("m: {input: 3}", 1), ("\nm: {input: -1, output: 2}", 2), ("m: {input: 1, output: 2, in: 3}", 1)]
)
def test_a_wrong_table_is_an_error_with_its_place(tmp_path: Path, text: str, line: int) -> None:
    file = tmp_path / "prices.yaml"
    file.write_text(text)
    with pytest.raises(AdaptgenError) as problem:
        read_prices(file)
    (first, *_) = problem.value.diagnostics
    assert first.code == "AG104"
    assert first.where is not None
    assert first.where.line == line


def test_a_budget_is_money_or_tokens() -> None:
    price = Price(1, 1, 1, 1)
    assert read_budget("2.50", price).cost == 2.5
    assert read_budget("200k tokens", None).tokens == 200_000
    assert read_budget("5000tokens", None).tokens == 5000
    for text, prices in (("2.50", None), ("200k", price), ("much", price), ("-1", price)):
        with pytest.raises(AdaptgenError, match="AG104"):
            read_budget(text, prices)
