"""Bodies that mix lists, objects and texts: understood where a request can carry them, else left out alone."""

from __future__ import annotations

from typing import Any

import pytest

from adaptgen.diagnostics import AdaptgenError
from adaptgen.source.hints.model import CallHint, Hints, ToolHint

OBJECT = {"type": "object", "properties": {"a": {"type": "string"}}}
OTHER = {"type": "object", "properties": {"b": {"type": "integer"}}}
LIST = {"type": "array", "items": OBJECT}
TEXT = {"allOf": [{"type": "string"}, OBJECT]}


def paths(schema: Any) -> dict[str, Any]:
    body = {"content": {"application/json": {"schema": schema}}}
    return {
        "/good": {"get": {"responses": {"200": {"description": "ok"}}}},
        "/bad": {"post": {"requestBody": body, "responses": {"200": {"description": "ok"}}}},
    }


@pytest.mark.parametrize(
    "schema",
    [
        {"allOf": [LIST, {"oneOf": [OBJECT, OTHER]}]},
        {"allOf": [{"oneOf": [OBJECT, OTHER]}, LIST]},
        {**OTHER, "anyOf": [LIST, OBJECT]},
    ],
)
def test_a_list_beside_objects_is_one_more_alternative(planned: Any, schema: Any) -> None:
    done = planned(paths(schema))
    fates = {one.name: one.fate for one in done.plan.inputs}
    assert fates["[*].a"] == "argument"
    assert set(fates.values()) == {"argument"}


def test_only_the_operation_that_contradicts_itself_is_left_out(planned: Any) -> None:
    done = planned(paths({"type": "object", "properties": {"x": TEXT, "y": {"type": "string"}}}))
    assert {tool.source for tool in done.tools.values()} == {"#/paths/~1good/get"}
    assert [(one.operation, one.why) for one in done.plan.left_out] == [("POST /bad", "broken")]
    (said,) = [one for one in done.diagnostics if one.code == "AG021"]
    assert said.severity == "warning"
    assert said.where is not None
    assert "'x.a'" in said.message
    assert done.plan.operations == 2
    assert not [one for one in done.plan.evidence if one.pointer == "#/paths/~1bad/post"]


def test_a_hint_that_asks_for_it_is_refused(planned: Any) -> None:
    with pytest.raises(AdaptgenError) as caught:
        planned(paths(TEXT), hints=Hints(tools={"make": ToolHint(call=CallHint("POST", "/bad"))}))
    assert [one.code for one in caught.value.diagnostics] == ["AG021"]
