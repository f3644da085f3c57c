"""What governed servers learn of the answers of steps: the positions of personal data, whatever way they took."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

import pytest

from adaptgen.model.tables import Call, Offset, Param, Step, Tool, Until

if TYPE_CHECKING:
    from conftest import Api, Make, Received

pytestmark = pytest.mark.asyncio

MAIL = "ada@example.org"


def tool(*steps: Step, **more: Any) -> Tool:
    return Tool(name="t", steps=steps, **more)


async def test_what_steps_answer_for_each_item_is_classified(api: Api, make: Make, reply: Any) -> None:
    def answer(one: Received) -> Any:
        if one.path == "/people":
            return reply(200, {"rows": [{"id": 1}, {"id": 2}]})
        return reply(200, [{"email": f"p{one.path[-1]}@example.org", "contact": MAIL}])

    api.handler = answer
    people = Step(id="people", call=Call("GET", "/people"), items="$.rows")
    inner = Call("GET", "/mail/{id}", path_params=(Param("id", value="{item.id}"),))
    mail = Step(id="mail", call=inner, each="{people}", items="$", save={"first": "$[0].email"})
    result = {"mail": "{mail}", "first": "{mail.first}"}
    made = tool(people, mail, result=result, sensitive={"mail[*][*].contact": "email"})
    answered = await make(made, classify=True).answer("t")
    assert answered.sensitive == {"/mail/*/*/email": "email", "/mail/*/*/contact": "email", "/first/*": "email"}


async def test_every_page_is_classified(api: Api, make: Make, reply: Any) -> None:
    def answer(one: Received) -> Any:
        offset = int(one.query.get("offset", ["0"])[0])
        rows = [{"id": id, "email": f"p{id}@example.org"} for id in range(offset, min(offset + 2, 3))]
        return reply(200, {"rows": rows})

    api.handler = answer
    page = Offset(offset="offset", limit="limit", items="$.rows")
    step = Step(id="all", call=Call("GET", "/all"), items="$.rows", page=page)
    answered = await make(tool(step, result={"all": "{all}"}), classify=True).answer("t")
    assert answered.sensitive == {"/all/*/email": "email"}
    assert len(json.loads(answered.content[0].text)["all"]) == 3  # type: ignore[union-attr]


JOB = Step(id="job", call=Call("GET", "/job"), save={"id": "$.id", "who": "$.requested_by", "key": "$.secret"})
DONE = Step(
    id="done",
    call=Call("GET", "/done", query=(Param("id", value="{job.id}"),)),
    until=Until(path="$.state", is_=("DONE",), every=0.001, at_most=0.0005),
)
WAITING = tool(
    JOB,
    DONE,
    result={"who": "{job.who}", "note": "for {job.who}"},
    sensitive={"who": "email", "saved.job.who": "email", "saved.job.key": "secret"},
)
SCHEMA = {"t": {"cursor": {"type": "string"}}}


class Job:
    def __init__(self, reply: Any) -> None:
        self.reply, self.state = reply, "RUNNING"

    def __call__(self, one: Received) -> Any:
        if one.path == "/job":
            return self.reply(200, {"id": 7, "requested_by": MAIL, "secret": "s3cr3t-value"})
        return self.reply(200, {"state": self.state})


async def test_what_a_waiting_tool_saved_is_classified_and_secrets_stay(api: Api, make: Make, reply: Any) -> None:
    api.handler = Job(reply)
    answered = await make(WAITING, classify=True, schemas=SCHEMA).answer("t")
    text = answered.content[0].text  # type: ignore[union-attr]
    assert answered.sensitive == {"/saved/job/who": "email"}
    assert json.loads(text)["saved"]["job"]["id"] == 7
    assert "s3cr3t-value" not in text


async def test_what_a_cursor_carried_is_classified_again(api: Api, make: Make, reply: Any) -> None:
    job = api.handler = Job(reply)
    named = dataclasses.replace(JOB, save={"id": "$.id", "who": "$.email"})
    made = dataclasses.replace(WAITING, steps=(named, DONE), sensitive={})
    inner = job.__call__

    def answer(one: Received) -> Any:
        return reply(200, {"id": 7, "email": MAIL}) if one.path == "/job" else inner(one)

    api.handler = answer
    calls = make(made, classify=True, schemas=SCHEMA)
    cursor = json.loads((await calls.answer("t")).content[0].text)["next_cursor"]  # type: ignore[union-attr]
    job.state = "DONE"
    answered = await calls.answer("t", cursor=cursor)
    assert json.loads(answered.content[0].text) == {"who": MAIL, "note": f"for {MAIL}"}  # type: ignore[union-attr]
    assert answered.sensitive == {"/who": "email"}
    assert ("email", MAIL) in answered.found
