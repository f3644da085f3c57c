import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from support.passes import find_paging, find_sensitive

import adaptgen
from adaptgen.source.hints.model import EMPTY, Hints, ToolHint

TEXT = {"type": "string"}


def obj(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def sensitive(
    api: SimpleNamespace,
    path: str,
    schema: Any,
    arguments: Any = (),
    hints: Hints = EMPTY,
    tool: ToolHint | None = None,
) -> tuple[dict[str, str], dict[str, str]]:
    made, found = api.document({path: {"get": api.answer(schema)}})
    operation = found[f"GET {path}"]
    return find_sensitive(made, operation, find_paging(made, operation).page, arguments, hints, tool)


def listed(**properties: Any) -> dict[str, Any]:
    return {"type": "array", "items": obj(**properties)}


def test_a_text_that_is_described_as_a_private_key_is_a_secret(api: SimpleNamespace) -> None:
    key = {"type": "string", "description": "The private key in PEM format"}
    kind = {**key, "enum": ["RSA", "EC"]}
    assert sensitive(api, "/pairs", listed(pem=key, kind=kind, zone=TEXT))[0] == {"pem": "secret"}


def referring(schema: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{schema}"}


@pytest.mark.parametrize(
    ("properties", "schemas", "expected"),
    [
        # One schema, two places: of a person in both.
        (
            {"created_by": referring("Entry"), "assignees": {"type": "array", "items": referring("Entry")}},
            {"Entry": obj(id=TEXT, name=TEXT)},
            {"created_by.name": "name", "assignees[*].name": "name"},
        ),
        # The schema itself is called a person, or a thing.
        ({"lead": referring("UserSummary")}, {"UserSummary": obj(name=TEXT)}, {"lead.name": "name"}),
        ({"watched": referring("ProjectRef")}, {"ProjectRef": obj(name=TEXT, email=TEXT)}, {"watched.email": "email"}),
        # People and things share a schema: each place says which.
        (
            {"author": referring("Named"), "country": referring("Named")},
            {"Named": obj(id=TEXT, name=TEXT)},
            {"author.name": "name"},
        ),
        # Next to an address or a number of a person.
        ({"entry": obj(name=TEXT, mobile=TEXT)}, {}, {"entry.name": "name", "entry.mobile": "phone"}),
        ({"company": obj(name=TEXT, email=TEXT)}, {}, {"company.email": "email"}),
        # Descriptions count.
        ({"label": {**TEXT, "description": "Full name of the user"}}, {}, {"label": "name"}),
        ({"label": {**TEXT, "description": "The user's e-mail address, verified"}}, {}, {"label": "email"}),
        ({"label": {**TEXT, "description": "Date of birth of the patient"}}, {}, {"label": "birth_date"}),
        ({"label": {**TEXT, "description": "Full name of the episode"}}, {}, {}),
        ({"label": {**TEXT, "description": "Name of the user's company"}}, {}, {}),
        ({"label": {**TEXT, "description": "The e-mail template"}}, {}, {}),
        ({"label_id": {**TEXT, "description": "E-mail of the user"}}, {}, {}),
    ],
)
def test_a_field_is_classified_once_by_its_schema_and_by_what_is_said_of_it(
    api: SimpleNamespace, properties: dict[str, Any], schemas: dict[str, Any], expected: dict[str, str]
) -> None:
    made, found = api.document({"/things": {"get": api.answer(listed(**properties))}}, components={"schemas": schemas})
    operation = found["GET /things"]
    assert find_sensitive(made, operation, find_paging(made, operation).page, (), EMPTY, None)[0] == expected


def test_a_hint_says_that_a_name_is_nobodys(api: SimpleNamespace) -> None:
    hints = Hints(path=None, sensitive={"$..name": "none"})  # type: ignore[arg-type]
    assert sensitive(api, "/entries", listed(name=TEXT, mobile=TEXT), hints=hints)[0] == {"mobile": "phone"}


def test_texts_next_to_personal_data_are_asked_about(tmp_path: Path) -> None:
    entry = listed(email=TEXT, remark=TEXT, email_status=TEXT, state={**TEXT, "enum": ["a"]}, id=TEXT)
    answer = {"200": {"description": "ok", "content": {"application/json": {"schema": entry}}}}
    spec = {
        "openapi": "3.0.3",
        "info": {"title": "T", "version": "1"},
        "paths": {"/rows": {"get": {"responses": answer}}},
    }
    (tmp_path / "t.json").write_text(json.dumps(spec))
    messages = [one.message for one in adaptgen.build(tmp_path / "t.json").diagnostics if one.code == "AG041"]
    assert messages == ["texts next to personal data stay in clear: row (remark)"]
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "hints.yaml").write_text('sensitive: {"$..remark": none}')
    assert "AG041" not in {one.code for one in adaptgen.build(tmp_path / "t.json").diagnostics}
