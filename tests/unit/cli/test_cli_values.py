"""Words of the command line become typed arguments."""

from __future__ import annotations

from typing import Any

import pytest

from adaptgen.cli.run.values import parse_arguments
from adaptgen.diagnostics import AdaptgenError
from adaptgen.model.tables import Contract

SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "age": {"type": "integer"},
        "rate": {"type": "number"},
        "active": {"type": "boolean"},
        "maybe": {"type": ["integer", "null"]},
        "either": {"anyOf": [{"type": "integer"}, {"type": "string"}]},
        "tags": {"type": "array", "items": {"type": "string"}},
        "ids": {"type": "array", "items": {"type": "integer"}},
        "fields": {"type": "array", "items": {"type": "string"}},
        "filter": {"type": "object"},
        "state": {"enum": ["open", "closed"]},
        "there": {"$ref": "#/$defs/Count"},
        "any": {},
    },
    "$defs": {"Count": {"type": "integer"}},
    "additionalProperties": False,
}
CONTRACT = Contract(name="find", description="", input_schema=SCHEMA)


@pytest.mark.parametrize(
    ("words", "given"),
    [
        (["name=Ada"], {"name": "Ada"}),
        (["name=007"], {"name": "007"}),
        (["name=a=b"], {"name": "a=b"}),
        (["name="], {"name": ""}),
        (["age=-7"], {"age": -7}),
        (["rate=1.5"], {"rate": 1.5}),
        (["rate=2"], {"rate": 2}),
        (["active=true"], {"active": True}),
        (["active=False"], {"active": False}),
        (["maybe=null"], {"maybe": None}),
        (["maybe=3"], {"maybe": 3}),
        (["either=3"], {"either": "3"}),
        (["tags=a"], {"tags": ["a"]}),
        (["tags=a,b"], {"tags": ["a,b"]}),
        (["tags=a", "tags=b"], {"tags": ["a", "b"]}),
        (['tags=["a","b"]'], {"tags": ["a", "b"]}),
        (["ids=1", "ids=2"], {"ids": [1, 2]}),
        (["fields=id,name"], {"fields": ["id", "name"]}),
        (['filter={"a": [1]}'], {"filter": {"a": [1]}}),
        (["state=open"], {"state": "open"}),
        (["there=4"], {"there": 4}),
        (["any=4"], {"any": 4}),
        (["any=four"], {"any": "four"}),
        (["either:=3"], {"either": 3}),
        (['{"name": "Ada"}'], {"name": "Ada"}),
        ([], {}),
    ],
)
def test_values_take_the_type_of_the_schema(words: list[str], given: dict[str, Any]) -> None:
    assert parse_arguments(CONTRACT, words) == given


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nam=Ada"], "did you mean 'name'"),
        (["zzz=1"], "arguments: name, age"),
        (["name"], "not key=value"),
        (["=x"], "not key=value"),
        (["age=seven"], "not of type integer"),
        (["rate=NaNo"], "not of type number"),
        (["active=yes"], "not of type boolean"),
        (["filter=a"], "not JSON"),
        (["either:=x"], "not JSON"),
        (["{"], "not JSON"),
        (["-"], "not JSON"),
    ],
)
def test_what_does_not_fit_is_told(words: list[str], said: str) -> None:
    with pytest.raises(AdaptgenError, match="AG064") as caught:
        parse_arguments(CONTRACT, words)
    assert said in str(caught.value)


def test_an_open_schema_takes_further_arguments() -> None:
    contract = Contract(name="find", description="", input_schema={"type": "object"})
    assert parse_arguments(contract, ["x=1"]) == {"x": 1}
