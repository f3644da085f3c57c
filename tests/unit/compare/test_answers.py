"""What a change of an answer means for readers: the rows of the table in docs/regenerate.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from adaptgen.compare.inputs import find_changes


def document(shape: Any) -> str:
    """An API of one operation that answers ``shape``."""
    answer = {"description": "ok", "content": {"application/json": {"schema": shape}}}
    return yaml.safe_dump({
        "openapi": "3.1.0",
        "info": {"title": "Ships", "version": "1"},
        "servers": [{"url": "https://ships.example"}],
        "paths": {"/ships/{id}": {"get": {
            "operationId": "getShip",
            "summary": "One ship",
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
            "responses": {"200": answer},
        }}},
    })  # fmt: skip


def ship(**other: Any) -> Any:
    """A ship with ``mast`` in its default view, as ``other`` says it."""
    required = other.pop("required", ["id", "name"])
    properties = {"id": {"type": "integer"}, "name": {"type": "string"}, **other}
    return {"type": "object", "required": required, "properties": {k: v for k, v in properties.items() if v}}


def cat(age: str, own: str) -> Any:
    """One kind of cat, with a field ``own``."""
    return {"type": "object", "properties": {"age": {"type": age}, own: {"type": "string"}}}


HINTS = 'adaptgen: 1\ntools: {get_ship: {call: "GET /ships/{id}", view: [id, name, mast]}}\n'
ROWS = [
    # the field before, the field after, the level where it is shown by default, the level where it is not
    ("another type", {"type": "integer"}, {"type": "string"}, "breaking", "breaking"),
    ("a wider type", {"type": "integer"}, {"type": "number"}, "breaking", "breaking"),
    ("one more type", {"type": "integer"}, {"type": ["integer", "string"]}, "breaking", "breaking"),
    ("an alternative", {"type": "integer"}, {"oneOf": [{"type": "integer"}, {"type": "string"}]}, "breaking",
     "breaking"),
    ("another type in one alternative", {"oneOf": [cat("integer", "a"), cat("integer", "b")]},
     {"oneOf": [cat("integer", "a"), cat("string", "b")]}, "breaking", "breaking"),
    ("another order of alternatives", {"oneOf": [cat("integer", "a"), cat("string", "b")]},
     {"oneOf": [cat("string", "b"), cat("integer", "a")]}, "", ""),
    ("another type next to alternatives",
     {"properties": {"x": {"type": "integer"}}, "anyOf": [cat("integer", "a"), cat("integer", "b")]},
     {"properties": {"x": {"type": "string"}}, "anyOf": [cat("integer", "a"), cat("integer", "b")]},
     "breaking", "breaking"),
    ("any value", {"type": "integer"}, {"description": "what it is"}, "breaking", "breaking"),
    ("a narrower type", {"type": "number"}, {"type": "integer"}, "unchanged", "unchanged"),
    ("fewer types", {"type": ["integer", "string"]}, {"type": "integer"}, "unchanged", "unchanged"),
    ("null as well", {"type": "string"}, {"type": ["string", "null"]}, "breaking", "review"),
    ("null no longer", {"type": ["string", "null"]}, {"type": "string"}, "unchanged", "unchanged"),
    ("another format", {"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}, "breaking",
     "review"),
    ("no format", {"type": "string", "format": "date"}, {"type": "string"}, "review", "review"),
    ("larger integers", {"type": "integer", "format": "int32"}, {"type": "integer", "format": "int64"}, "review",
     "review"),
    ("one more value", {"type": "string", "enum": ["a"]}, {"type": "string", "enum": ["a", "b"]}, "review", "review"),
    ("any text", {"type": "string", "enum": ["a"]}, {"type": "string"}, "review", "review"),
    ("one value less", {"type": "string", "enum": ["a", "b"]}, {"type": "string", "enum": ["a"]}, "unchanged",
     "unchanged"),
    ("items of another type", {"type": "array", "items": {"type": "integer"}},
     {"type": "array", "items": {"type": "string"}}, "breaking", "breaking"),
    ("one value becomes a list", {"type": "string"}, {"type": "array", "items": {"type": "string"}}, "breaking",
     "breaking"),
    ("a record becomes a text", {"type": "object", "properties": {"a": {"type": "string"}}}, {"type": "string"},
     "breaking", "breaking"),
    ("other words", {"type": "string", "description": "a"}, {"type": "string", "description": "b"}, "", ""),
    ("other bounds", {"type": "integer", "maximum": 5}, {"type": "integer"}, "", ""),
]  # fmt: skip


@pytest.fixture
def compare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)

    def run(old: Any, new: Any, hints: str) -> set[tuple[str, str]]:
        for side, shape in (("old", old), ("new", new)):
            folder = tmp_path / side
            (folder / "ships").mkdir(parents=True)
            (folder / "ships.yaml").write_text(document(shape))
            (folder / "ships" / "hints.yaml").write_text(hints)
        return {(one.level, one.text) for one in find_changes("old/ships.yaml", "new/ships.yaml")
                if one.kind.startswith("field-") and one.kind != "field-new"}  # fmt: skip

    return run


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_a_field_that_agents_have_to_ask_for(row: Any, compare: Any) -> None:
    found = compare(ship(mast=row[1]), ship(mast=row[2]), HINTS.replace(", mast", ""))
    assert {level for level, _ in found} == ({row[4]} if row[4] else set())


@pytest.mark.parametrize(
    ("view", "required", "level"),
    [(", mast", [], "breaking"), ("", ["mast"], "breaking"), ("", [], "review")],
    ids=["shown", "required", "optional"],
)
def test_a_field_that_is_gone(view: str, required: list[str], level: str, compare: Any) -> None:
    old, new = ship(mast={"type": "string"}, required=required), ship(required=[])
    found = compare(old, new, HINTS.replace(", mast", view))
    assert {one for one, _ in found} == {level}


def test_an_answer_that_is_no_longer_declared_is_breaking(compare: Any) -> None:
    assert {level for level, _ in compare(ship(), {}, "adaptgen: 1\n")} == {"breaking"}


def test_a_schema_of_itself_ends(compare: Any) -> None:
    itself = "#/paths/~1ships~1{id}/get/responses/200/content/application~1json/schema"
    old = ship(mast={"type": "string"}, next={"$ref": itself})
    new = ship(mast={"type": "integer"}, next=old["properties"]["next"])
    assert "breaking" in {level for level, _ in compare(old, new, HINTS)}


def wide(amount: str, deepest: str = "string", layers: int = 6) -> str:
    """An account of 6 layers of 8 objects each (8 ** 6 are 262,144), and next to it an amount."""
    schemas: dict[str, Any] = {
        f"L{layer}": {"properties": {f"f{n}": {"$ref": f"#/components/schemas/L{layer + 1}"} for n in range(8)}}
        for layer in range(layers)
    }
    schemas[f"L{layers}"] = {"properties": {"end": {"type": deepest}}}
    account = {"$ref": "#/components/schemas/L0"}
    properties = {"id": {"type": "integer"}, "account": account, "amount": {"type": amount}}
    text: dict[str, Any] = yaml.safe_load(document({"type": "object", "properties": properties}))
    return yaml.safe_dump(text | {"components": {"schemas": schemas}})


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        pytest.param(
            wide("integer"),
            wide("string"),
            {("breaking", "the field amount of the answer: type integer → string")},
            # and nothing to review: what lies deeper is the same
            id="near the root",
        ),
        pytest.param(
            wide("integer"),
            wide("integer", "integer"),
            {("review", "the answer: only its first 5 levels were compared, since the schema is large: "
              "what lies deeper may differ too")},
            id="deeper",
        ),
        # The sixth level was read of one of them only: what only one side has read is no difference.
        pytest.param(
            wide("integer", layers=4),
            wide("integer", layers=6),
            {("review", "the answer: only its first 5 levels were compared, since the schema is large: "
              "what lies deeper may differ too")},
            id="read less deep",
        ),
        pytest.param(wide("integer"), wide("integer"), set(), id="the same"),
    ],
)  # fmt: skip
def test_a_large_answer_is_compared_near_its_root(
    before: str, after: str, shown: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("old").mkdir()
    Path("ships").mkdir()
    Path("ships/hints.yaml").write_text('adaptgen: 1\ntools: {get_ship: {call: "GET /ships/{id}", view: [id, amount]}}')
    Path("old/ships.yaml").write_text(before)
    Path("ships.yaml").write_text(after + "# the same, in another file\n")
    assert {(one.level, one.text) for one in find_changes("old/ships.yaml", "ships.yaml")} == shown
