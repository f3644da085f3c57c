"""What hints change, and how their mistakes are reported."""

from __future__ import annotations

from typing import Any

import pytest

from adaptgen.diagnostics import AdaptgenError
from adaptgen.model.tables import Param
from adaptgen.source.hints.model import ArgumentHint, CallHint, Hints, StepHint, ToolHint

OK: dict[str, Any] = {"responses": {"200": {"description": "ok"}}}
LIST = CallHint("GET", "/contacts")


def query(name: str, **rest: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": {"type": "string"}, **rest}


PATHS: dict[str, Any] = {
    "/contacts": {
        "get": {"parameters": [query("ordering"), query("q"), query("need", required=True)], **OK},
        "post": {"deprecated": True, **OK},
    },
    "/contacts/{id}/": {"get": OK, "delete": {"tags": ["Internal"], **OK}},
}


def tool(**keys: Any) -> Hints:
    return Hints(tools={"find": ToolHint(call=LIST, **keys)})


def code_of(planned: Any, hints: Hints) -> tuple[list[str], str]:
    with pytest.raises(AdaptgenError) as caught:
        planned(PATHS, hints)
    return [one.code for one in caught.value.diagnostics], str(caught.value)


def test_arguments_are_hidden_fixed_renamed_and_described(planned: Any) -> None:
    arguments = {
        "ordering": ArgumentHint(hide=True, value="-created"),
        "q": ArgumentHint(encode="json", name="filter", description="What to look for.", schema={"maxLength": 5}),
        "need": ArgumentHint(value="${env:NEED}"),
        "extra": ArgumentHint(place="query", type="integer", required=True),
    }
    done = planned(PATHS, tool(arguments=arguments))
    assert done.tools["find"].call.query == (
        Param("ordering", value="-created"),
        Param("q", arg="filter", encode="json"),
        Param("need", value="${env:NEED}"),
        Param("extra"),
    )
    properties = done.properties("find")
    assert properties["filter"] == {"type": "string", "maxLength": 5, "description": "What to look for."}
    assert done.contracts["find"].input_schema["required"] == ["extra"]
    assert {one.name: one.fate for one in done.plan.inputs if one.operation == "GET /contacts"} == {
        "ordering": "hidden", "q": "argument", "need": "absorbed"
    }  # fmt: skip
    assert "NEED" in {one.name for one in done.plan.variables}


@pytest.mark.parametrize(
    ("pattern", "gone"),
    [
        ("DELETE /contacts/*", {"delete_contact"}),
        ("* /contacts/{id}/", {"get_contact", "delete_contact"}),
        ("tag:internal", {"delete_contact"}),
        ("deprecated", {"create_contact"}),
    ],
)
def test_hide(planned: Any, pattern: str, gone: set[str]) -> None:
    everything = set(planned(PATHS).tools)
    done = planned(PATHS, Hints(hide=(pattern,)))
    assert everything - set(done.tools) == gone
    assert {one.why for one in done.plan.left_out} == {"hidden"}
    assert len(done.plan.left_out) == len(gone)


@pytest.mark.parametrize(
    ("hints", "code", "help"),
    [
        (Hints(tools={"x": ToolHint(call=CallHint("GET", "/contcts"))}), "AG033", "did you mean 'GET /contacts'"),
        (Hints(tools={"x": ToolHint(call=CallHint("PUT", "/contacts"))}), "AG033", "/contacts has GET, POST"),
        (tool(arguments={"orderng": ArgumentHint(hide=True)}), "AG034", "did you mean 'ordering'"),
        (tool(arguments={"need": ArgumentHint(hide=True)}), "AG039", "value"),
        (Hints(hide=("POST /contact",)), "AG033", "did you mean 'POST /contacts'"),
        (
            Hints(tools={"a": ToolHint(call=LIST, was=("b",)), "b": ToolHint(call=LIST)}),
            "AG038",
            "is the name of the tool",
        ),
    ],
)
def test_mistakes_are_named_with_a_fix(planned: Any, hints: Hints, code: str, help: str) -> None:
    codes, text = code_of(planned, hints)
    assert codes == [code]
    assert help in text


def test_all_mistakes_are_reported_at_once(planned: Any) -> None:
    wrong = {name: ToolHint(call=CallHint("GET", f"/{name}")) for name in ("one", "two")}
    codes, _ = code_of(planned, Hints(hide=("GET /no",), tools=wrong))
    assert codes == ["AG033", "AG033", "AG033"]


def test_a_tool_may_call_an_operation_of_another_document(make: Any, planned: Any) -> None:
    other = make({"/contacts": {"get": {"parameters": [{"$ref": "#/components/parameters/P"}], **OK}}},
                 components={"parameters": {"P": query("elsewhere")}})  # fmt: skip
    call = CallHint("GET", "/contacts", document="other.yaml")
    hints = Hints(tools={"far": ToolHint(call=call)}, documents={"other.yaml": other})
    done = planned(PATHS, hints)
    assert set(done.properties("far")) == {"elsewhere", "fields"}
    # The operation of the same name here stays a tool of its own, and both are proven.
    assert "get_contacts" in done.tools
    names = [one.name for one in done.plan.inputs if one.operation == "GET /contacts"]
    assert sorted(names) == ["elsewhere", "need", "ordering", "q"]


@pytest.mark.parametrize("name", ["limit", "a b", ""])
def test_an_argument_cannot_be_renamed_to_anything(planned: Any, name: str) -> None:
    if not name:
        arguments = {"q": ArgumentHint(name="x"), "ordering": ArgumentHint(name="X")}
    else:
        arguments = {"q": ArgumentHint(name=name)}
    codes, _ = code_of(planned, tool(arguments=arguments))
    assert codes == ["AG039"]


def test_a_value_speaks_of_arguments_that_the_tool_has(planned: Any) -> None:
    done = planned(PATHS, tool(arguments={"ordering": ArgumentHint(value="by {q}")}))
    assert Param("ordering", value="by {q}") in done.tools["find"].call.query
    codes, _ = code_of(planned, tool(arguments={"ordering": ArgumentHint(value="by {nobody}")}))
    assert codes == ["AG037"]


def steps(*made: StepHint, **keys: Any) -> Hints:
    return Hints(tools={"both": ToolHint(steps=made, **keys)})


READ = CallHint("GET", "/contacts/{id}")
FIRST = StepHint(id="first", call=LIST, with_={"need": "1", "q": "{name}"}, save={"id": "$[0].id"})
NAME = {"name": ArgumentHint(type="string", description="Whose.")}


def test_inputs_that_a_step_needs_and_nothing_gives_are_arguments(planned: Any) -> None:
    done = planned(PATHS, steps(StepHint(id="one", call=READ)))
    assert done.contracts["both"].input_schema["required"] == ["id"]
    assert done.tools["both"].result == "{one}"


@pytest.mark.parametrize(
    ("hints", "code"),
    [
        (steps(StepHint(id="a", call=CallHint("GET", "/x"))), "AG033"),
        (steps(StepHint(id="a", call=READ, with_={"ix": "1"})), "AG034"),
        (steps(StepHint(id="a", call=READ, with_={"id": "{unclosed"})), "AG035"),
        (steps(StepHint(id="a", call=READ, with_={"id": "{later.id}"})), "AG037"),
        (steps(StepHint(id="a", call=READ, with_={"id": "{a.id}"})), "AG037"),
        (steps(FIRST, arguments=NAME, result={"x": "{frist}"}), "AG037"),
        (steps(StepHint(id="a", call=READ), StepHint(id="a", call=READ)), "AG039"),
    ],
)
def test_mistakes_in_steps(planned: Any, hints: Hints, code: str) -> None:
    codes, _ = code_of(planned, hints)
    assert codes == [code]


PERSON = {"type": "object", "properties": {"id": {"type": "integer"}, "name": {"type": "string"}}}
PEOPLE: dict[str, Any] = {
    "/people": {"get": {"responses": {"200": {"content": {"application/json": {"schema": {
        "type": "object", "properties": {"people": {"type": "array", "items": PERSON}}}}}}}}},
    "/people/{id}": {"get": {"responses": {"200": {"content": {"application/json": {"schema": PERSON}}}}}},
}  # fmt: skip
EVERYBODY, SOMEBODY = CallHint("GET", "/people"), CallHint("GET", "/people/{id}")


def test_the_view_of_a_step_can_be_read(planned: Any) -> None:
    with pytest.raises(AdaptgenError) as caught:
        planned(PEOPLE, steps(StepHint(id="one", call=EVERYBODY, view=("a[",))))
    assert [one.code for one in caught.value.diagnostics] == ["AG036"]
