"""Several documents as one: references, paths that two of them have, security, places, and what each is called with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from adaptgen.model.plan import Plan
from adaptgen.plan import plan
from adaptgen.source import Document, read_hints, read_under

OK: dict[str, Any] = {"responses": {"200": {"description": "ok"}}}


def written(folder: Path, name: str, paths: dict[str, Any], **more: Any) -> None:
    spec = {"openapi": "3.0.3", "info": {"title": name, "version": "1"}, "paths": paths, **more}
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(spec, sort_keys=False))


def joined(folder: Path, hints: str = "documents: {other: other.yaml}\n") -> tuple[Document, Plan]:
    (folder / "hints.yaml").write_text(hints)
    said = read_hints(folder / "hints.yaml")
    document = read_under(folder / "main.yaml", said)
    return document, plan(document, said, "shop")[0]


def calls(made: Plan) -> set[tuple[str, str, str]]:
    return {(one.call.method, one.call.path, one.call.base) for one in made.server.tools if one.call is not None}


def test_every_document_is_called_where_it_is(tmp_path: Path) -> None:
    written(tmp_path, "main", {"/a": {"get": OK}, "/same": {"get": OK}}, servers=[{"url": "https://a.example"}])
    written(tmp_path, "other", {"/b": {"get": OK}, "/same": {"get": OK}}, servers=[{"url": "https://b.example/v1"}])
    _, made = joined(tmp_path)
    assert calls(made) == {
        ("GET", "/a", ""), ("GET", "/same", ""), ("GET", "/b", "other"), ("GET", "/same", "other"),
    }  # fmt: skip
    assert [(base.name, base.url, base.env) for base in made.server.bases] == [
        ("", "https://a.example", "SHOP_BASE_URL"),
        ("other", "https://b.example/v1", "SHOP_OTHER_BASE_URL"),
    ]


def test_a_write_is_not_paired_with_the_read_of_another_document(tmp_path: Path) -> None:
    answer = {
        "200": {"description": "ok", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/T"}}}}
    }
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/T"}}}}
    components = {
        "schemas": {"T": {"type": "object", "properties": {"id": {"type": "integer"}, "a": {"type": "string"}}}}
    }
    written(tmp_path, "main", {"/t/{id}": {"get": {"responses": answer}}}, components=components)
    written(tmp_path, "other", {"/t/{id}": {"put": {"requestBody": body, **OK}}}, components=components)
    _, made = joined(tmp_path)
    assert [tool.update for tool in made.server.tools] == [None, None]


def test_references_lead_into_their_own_document(tmp_path: Path) -> None:
    def schema(title: str) -> dict[str, Any]:
        return {"schemas": {"Row": {"title": title, "$ref": "#/components/schemas/Inner"}, "Inner": {"title": title}}}

    answer = {"200": {"$ref": "#/components/responses/R"}}
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Row"}}}
    responses = {"R": {"description": "ok", "content": content}}
    for name in ("main", "other"):
        written(
            tmp_path, name, {f"/{name}": {"get": {"responses": answer}}},
            components={**schema(name), "responses": responses},
        )  # fmt: skip
    document, _ = joined(tmp_path)
    for name in ("main", "other"):
        response = document.deref(document.root["paths"][f"/{name}"]["get"]["responses"]["200"])
        row = document.deref(response["content"]["application/json"]["schema"])
        assert row["title"] == name


def test_credentials_of_one_document_are_not_sent_to_another(tmp_path: Path) -> None:
    key = {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}
    token = {"key": {"type": "http", "scheme": "bearer"}}
    written(tmp_path, "main", {"/a": {"get": OK}}, components={"securitySchemes": key}, security=[{"key": []}])
    written(tmp_path, "other", {"/b": {"get": OK}}, components={"securitySchemes": token}, security=[{"key": []}])
    written(tmp_path, "open", {"/c": {"get": OK}})
    _, made = joined(tmp_path, "documents: {other: other.yaml, open: open.yaml}\n")
    sent = {tool.call.path: tool.auth for tool in made.server.tools if tool.call is not None}
    assert sent == {"/a": ("key",), "/b": ("other_key",), "/c": ()}


def test_a_place_is_that_in_its_own_file(tmp_path: Path) -> None:
    written(tmp_path, "main", {"/a": {"get": OK}})
    written(tmp_path, "other", {"/a": {"get": OK}})
    document, _ = joined(tmp_path)
    assert str(document.where("#/paths/~1a#other/get/responses")) == f"{tmp_path}/other.yaml:8:7"
    assert str(document.where("#/paths/~1a/get/responses")) == f"{tmp_path}/main.yaml:8:7"


def test_every_document_is_an_input(tmp_path: Path) -> None:
    written(tmp_path, "main", {"/a": {"get": OK}})
    (tmp_path / "more").mkdir()
    written(tmp_path / "more", "other", {"/b": {"$ref": "item.yaml"}})
    (tmp_path / "more" / "item.yaml").write_text(yaml.safe_dump({"get": OK}))
    document, made = joined(tmp_path, "documents: {other: more/other.yaml}\n")
    assert [name for name, _ in document.inputs] == ["main.yaml", "more/item.yaml", "more/other.yaml"]
    assert ("GET", "/b", "other") in calls(made)


def test_the_base_of_a_document_is_what_the_hints_say(tmp_path: Path) -> None:
    written(tmp_path, "main", {"/a": {"get": OK}}, servers=[{"url": "https://a.example"}])
    written(tmp_path, "other", {"/b": {"get": OK}}, servers=[{"url": "https://b.example"}])
    hints = 'server: {base_url: "https://main.example"}\ndocuments: {other: {file: other.yaml, base_url: "${env:B}"}}\n'
    _, made = joined(tmp_path, hints)
    assert [(base.name, base.url) for base in made.server.bases] == [
        ("", "https://main.example"),
        ("other", "${env:B}"),
    ]
    assert ("GET", "/b", "other") in calls(made)
