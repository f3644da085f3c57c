"""What a tool of several calls knows of personal data, and how strongly it acts: the union of its steps."""

from __future__ import annotations

from typing import Any

from adaptgen.source.hints.model import ArgumentHint, CallHint, Hints, StepHint, ToolHint

TEXT = {"type": "string"}
OWNER = {"type": "object", "properties": {"mail": TEXT, "login": {"type": "string", "format": "email"}}}
PERSON = {"type": "object", "properties": {"id": TEXT, "last_name": TEXT, "phone": TEXT, "owner": OWNER}}
ANSWER = {"200": {"description": "ok", "content": {"application/json": {"schema": PERSON}}}}
PATHS: dict[str, Any] = {
    "/people": {"get": {"parameters": [{"name": "email", "in": "query", "schema": TEXT}], "responses": ANSWER}},
    "/people/{id}": {
        "patch": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": TEXT}],
            "requestBody": {
                "content": {"application/json": {"schema": {"type": "object", "properties": {"ref": TEXT}}}}
            },
            "responses": ANSWER,
        }
    },
}


def test_kinds_and_effect_are_those_of_all_steps(planned: Any) -> None:
    find = StepHint(
        id="found",
        call=CallHint("GET", "/people"),
        with_={"email": "{who}"},
        save={"id": "$.id", "name": "$.last_name"},
    )
    change = StepHint(
        id="changed", call=CallHint("PATCH", "/people/{id}"), with_={"id": "{found.id}", "ref": "see {secret_phone}"}
    )
    result = {"name": "{found.name}", "owner": "{found.owner}", "told": "{found.name} was changed", "new": "{changed}"}
    names = {name: ArgumentHint() for name in ("who", "secret_phone")}
    hints = Hints(tools={"both": ToolHint(steps=(find, change), arguments=names, result=result)})
    made = planned(PATHS, hints).tools["both"]
    assert made.effect == "write"
    assert made.sensitive == {
        "name": "name",
        "owner.login": "email",
        "owner.mail": "email",
        "new.last_name": "name",
        "new.phone": "phone",
        "new.owner.login": "email",
        "new.owner.mail": "email",
    }
    assert made.sensitive_arguments == {"who": "email", "secret_phone": "phone"}
