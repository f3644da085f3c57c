import json
from pathlib import Path

import pytest
from support.learning import list_operation, make_result

from adaptgen.building.build import build
from adaptgen.building.result import BuildResult
from adaptgen.diagnostics import AdaptgenError
from adaptgen.source.hints.learned import parse_learned, schema_text

ITEM = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"}, "name": {"type": "string"}, "colour": {"type": "string"}, "ref": {"type": "string"},
    },
}  # fmt: skip
PATHS = {
    "/things": {
        "get": {
            "operationId": "listThings",
            "parameters": [
                {"name": name, "in": "query", "schema": {"type": "integer"}} for name in ("skip", "take", "owner")
            ],
            "responses": {
                "200": {
                    "description": "",
                    "content": {
                        "application/json": {
                            "schema": {"type": "object", "properties": {"rows": {"type": "array", "items": ITEM}}}
                        }
                    },
                }
            },
        }
    },
    "/parts": {"get": list_operation(operationId="listParts")},
}
LEARNED = """\
adaptgen: 1
auth:
  key: {kind: api_key, header: X-Key, value: "${env:SHOP_API_KEY}"}
operations:
  GET /things:
    # certain: the second page differs
    page: {style: offset, offset: skip, limit: take, items: $.rows, max_size: 50}
    view: [id, colour]
    sensitive: {ref: national_id}
sensitive: {$..colour: person_name}
"""


def with_learned(folder: Path, learned: str = LEARNED, hints: str = "") -> BuildResult:
    result = make_result(folder, PATHS, hints=hints)
    side = folder / "specs" / "shop"
    side.mkdir(exist_ok=True)
    (side / "learned.yaml").write_text(learned)
    return build(result.spec, out=folder / "generated")


def test_hints_win_by_key_whatever_they_call_the_tool(tmp_path: Path) -> None:
    hints = """\
auth: {token: {kind: bearer, token: "${env:T}"}}
sensitive: {$..colour: none}
tools:
  everything:
    call: GET /things
    view: [name]
    sensitive: {ref: none}
"""
    result = with_learned(tmp_path, hints=hints)
    tool = next(one for one in result.plan.server.tools if one.name == "everything")
    assert (tool.view, getattr(tool.page, "max_size", None)) == (("name",), 50)
    assert tool.sensitive == {}
    assert [one.name for one in result.plan.server.auth] == ["token"]


def test_explain_shows_the_line_as_evidence(tmp_path: Path) -> None:
    result = with_learned(tmp_path, hints="tools:\n  everything: {call: GET /things, view: [name]}\n")
    tool = next(one for one in result.operations if one.operation == "GET /things").tools[0]
    learned, hints = ((tmp_path / "specs" / "shop" / name).as_posix() for name in ("learned.yaml", "hints.yaml"))
    assert [(one.basis, one.place) for one in tool.paging.evidence] == [("learned", f"{learned}:7:5")]
    assert [(one.basis, one.place) for one in tool.view.evidence] == [("hint", f"{hints}:2:35")]
    auth = result.summary.auth[0].decisions[0].evidence[0]
    assert (auth.basis, auth.place) == ("learned", f"{learned}:3:3")


def test_an_operation_that_is_gone_is_a_warning(tmp_path: Path) -> None:
    result = with_learned(tmp_path, LEARNED.replace("GET /things:", "GET /thing:"))
    found = next(one for one in result.diagnostics if one.code == "AG096")
    assert (found.severity, found.where.line if found.where else 0, found.help) == (
        "warning", 5, "did you mean 'GET /things'?"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("operations:\n  GET /things:\n    view: name\n", "AG031", 3),
        ("operations:\n  GET /things:\n    effect: read\n", "AG030", 3),
        ("operations:\n  GET /things:\n    arguments:\n      owner: {value: me}\n", "AG030", 4),
        ("operations:\n  things: {}\n", "AG031", 2),
        ("sensitive:\n  $..name: none\n", "AG031", 2),
        ("tools: {}\n", "AG030", 1),
        ("auth:\n  key: {kind: api_key, header: X-Key, value: secret}\n", "AG031", 2),
    ],
)
def test_what_only_people_may_say_is_refused_with_its_place(text: str, code: str, line: int) -> None:
    with pytest.raises(AdaptgenError) as caught:
        parse_learned(text.encode(), Path("learned.yaml"))
    assert [(one.code, one.where.line) for one in caught.value.diagnostics if one.where] == [(code, line)]


def test_an_error_of_planning_has_the_place_of_the_line(tmp_path: Path) -> None:
    with pytest.raises(AdaptgenError) as caught:
        with_learned(tmp_path, LEARNED.replace("style: offset, offset: skip", "style: cursor"))
    where = caught.value.diagnostics[0].where
    assert where is not None
    assert (Path(where.file).name, where.line) == ("learned.yaml", 7)


def test_the_published_schema_is_the_table() -> None:
    published = Path(__file__).parents[4] / "docs" / "learned.schema.json"
    assert published.read_text(encoding="utf-8") == schema_text()
    assert set(json.loads(schema_text())["properties"]) == {"adaptgen", "auth", "operations", "sensitive"}
