"""Of a call that failed, governance knows whether it may have changed something before that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from adaptgen.govern.approvals.guard import outcome_of
from adaptgen.govern.pipeline.engine_target import Served
from adaptgen.mcp.protocol import Context
from adaptgen.model.tables import Body, Call, Flow, Param, Step, Tool
from adaptgen.runtime import Caller

if TYPE_CHECKING:
    from conftest import Api, Make

pytestmark = pytest.mark.asyncio

PAY = Call("POST", "/pay", body=Body(whole=Param("body", value="{item}")))
FIRST = Call("POST", "/pay", body=Body(whole=Param("body", value="{to}")))
EACH = Step(id="pay", call=PAY, each="{to}", effect="write")
TWICE = (Step(id="a", call=FIRST, effect="write"), Step(id="b", call=FIRST, effect="write"))
SAVED = Step(id="a", call=FIRST, effect="write", items="$.rows")


@pytest.mark.parametrize(
    ("steps", "answers", "outcome"),
    [
        ((EACH,), [200, 400], "unknown"),  # one item was paid
        ((EACH,), [400], "nothing"),
        (TWICE, [200, 404], "unknown"),
        (TWICE, [404], "nothing"),
        ((Step(id="f", flow=Flow(steps=TWICE, given={"to": "{to}"}, result={"a": "{a}"})),), [200, 409], "unknown"),
        ((SAVED,), [200], "unknown"),  # paid, and the answer is not as described
        (TWICE[:1], [303, 404], "unknown"),  # paid, and its result is elsewhere
        (TWICE[:1], [307, 404], "nothing"),
        (TWICE[:1], [429], "nothing"),
        (TWICE[:1], [500], "unknown"),
    ],
)
async def test_what_may_have_changed_is_not_repeated(
    api: Api, make: Make, reply: Any, steps: tuple[Step, ...], answers: list[int], outcome: str
) -> None:
    waiting = iter(answers)

    def answer(one: Any) -> Any:
        status = next(waiting)
        return reply(status, {"id": 1}, {"location": "/paid"} if status in (303, 307) else {})

    api.handler = answer
    target = Served(make(Tool(name="t", steps=steps, effect="write")).engine)
    facts = target.tools()["t"]
    assert len(facts.calls) <= 1
    result = await target.call(Caller("ann"), facts, {"to": ["1", "2"]}, Context(request_id="r"))
    assert result["isError"]
    assert outcome_of(facts, result) == outcome
