"""What changes for agents where the steps of a tool run otherwise."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from adaptgen.compare.model import ToolSnapshot
from adaptgen.compare.tools import changes
from adaptgen.diagnostics import Where
from adaptgen.model.tables import Call, Check, Contract, Flow, Step, Then, Tool, Unpaged, Until, When

STEP = Step(id="a", call=Call("GET", "/a"))


def seen(step: Step) -> ToolSnapshot:
    contract = Contract(name="t", description="", input_schema={"type": "object"}, annotations={})
    return ToolSnapshot(Tool(name="t", steps=(step,), result="{a}"), contract, Where("x"))


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("when", When(value="{x}"), "another condition"),
        ("each", "{x}", "another list"),
        ("until", Until(path="$.s", is_=(1,)), "waits for something else"),
        ("page", Unpaged(), "reads every page"),
        ("max_items", 5, "another number of items"),
        ("on_error", "omit", "with a failure"),
        ("success", (Check("true"),), "under other conditions"),
        ("then", (Then(do="end"),), "followed by something else"),
        ("otherwise", (Then(do="end"),), "where it fails"),
    ],
)
def test_each_rule_is_to_be_reviewed(field: str, value: Any, said: str) -> None:
    (found,) = changes(seen(STEP), seen(dataclasses.replace(STEP, **{field: value})))
    assert (found.level, found.kind) == ("review", "steps")
    assert said in found.text


def test_steps_inside_of_steps_are_compared() -> None:
    inner = [dataclasses.replace(STEP, id="i", on_error=one) for one in ("fail", "null")]
    old, new = (Step(id="o", flow=Flow(steps=(one,))) for one in inner)
    assert [one.text for one in changes(seen(old), seen(new))] == ["step i does something else with a failure"]
