"""Files that refer to one another become one document."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from adaptgen.diagnostics import AdaptgenError
from adaptgen.source import FILES, Document, read


def tree(folder: Path, **files: str) -> Document:
    """Writes ``files`` (``__`` is a slash, the last ``_`` a dot) and reads ``api.yaml``."""
    for name, text in files.items():
        stem, _, suffix = name.replace("__", "/").rpartition("_")
        path = folder / f"{stem}.{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return read(folder / "api.yaml")


def said(document: Document) -> list[tuple[str, str, int, int]]:
    return [
        (one.code, Path(one.where.file).name, one.where.line, one.where.column)
        for one in document.diagnostics
        if one.where
    ]


def test_fragments_and_whole_files_are_bundled(tmp_path: Path) -> None:
    document = tree(
        tmp_path,
        api_yaml="openapi: 3.0.3\npaths:\n  /a:\n    $ref: paths/a.yml\ncomponents:\n  schemas: {S: {type: string}}\n",
        paths__a_yml="get:\n  parameters:\n    - $ref: '../shared/p.json#/limit'\n  responses: {}\n",
        shared__p_json='{"limit": {"name": "limit", "schema": {"$ref": "#/size"}},'
        ' "size": {"$ref": "../api.yaml#/components/schemas/S"}}',
    )
    assert document.diagnostics == ()
    item = document.deref(document.root["paths"]["/a"])
    parameter = document.deref(item["get"]["parameters"][0])
    assert parameter["name"] == "limit"
    assert document.deref(parameter["schema"]) == {"type": "string"}
    assert sorted(document.root[FILES]) == ["paths/a.yml", "shared/p.json"]
    assert [name for name, _ in document.inputs] == ["api.yaml", "paths/a.yml", "shared/p.json"]
    assert document.inputs[0][1] == hashlib.sha256((tmp_path / "api.yaml").read_bytes()).hexdigest()
    assert document.where("#/x-adaptgen-files/shared~1p.json/size").file == (tmp_path / "shared/p.json").as_posix()


def test_a_map_that_stands_in_its_own_file_is_read_in_place(tmp_path: Path) -> None:
    document = tree(
        tmp_path,
        api_yaml="openapi: 3.0.3\npaths: {$ref: paths.yaml}\n",
        paths_yaml="/a: {get: {x: {$ref: '#/s'}}}\ns: {type: string}\n",
    )
    assert document.deref(document.get("#/paths/~1a/get/x")) == {"type": "string"}


def test_prose_in_a_file_of_its_own_is_a_text(tmp_path: Path) -> None:
    document = tree(
        tmp_path, api_yaml="openapi: 3.0.3\ninfo:\n  description: {$ref: intro.md}\n", intro_md="# Hello: [world\n"
    )
    assert document.root["info"]["description"] == "# Hello: [world\n"


@pytest.mark.parametrize(
    ("ref", "code"),
    [
        ("https://example.com/a.yaml#/x", "AG011"),
        ("//example.com/a.yaml", "AG011"),
        ("file:///etc/passwd", "AG011"),
        ("../secret.yaml", "AG011"),
        ("sub/../../secret.yaml", "AG011"),
        ("%2e%2e/secret.yaml", "AG011"),
        ("/etc/passwd", "AG011"),
        ("link.yaml", "AG011"),
        ("missing.yaml", "AG010"),
        ("#/components/schemas/Missing", "AG010"),
        ("#anchor", "AG010"),
        ("other.yaml#/missing", "AG010"),
    ],
)
def test_references_that_cannot_be_followed_are_reported(tmp_path: Path, ref: str, code: str) -> None:
    folder = tmp_path / "specs"
    folder.mkdir()
    (tmp_path / "secret.yaml").write_text("a: 1\n", encoding="utf-8")
    (folder / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    document = tree(
        folder, api_yaml=f"openapi: 3.0.3\ncomponents:\n  schemas:\n    A:\n      $ref: '{ref}'\n", other_yaml="a: 1\n"
    )
    assert said(document) == [(code, "api.yaml", 5, 7)]
    with pytest.raises(LookupError):
        document.deref(document.root["components"]["schemas"]["A"])


def test_a_broken_part_is_reported_and_the_rest_is_read(tmp_path: Path) -> None:
    document = tree(
        tmp_path,
        api_yaml="openapi: 3.0.3\npaths:\n  /a: {$ref: bad.yaml}\n  /b: {get: {}}\n",
        bad_yaml="get: [\n",
    )
    assert said(document) == [("AG002", "bad.yaml", 2, 1)]
    assert document.root["paths"]["/b"] == {"get": {}}


def test_a_part_that_means_the_entry_document_is_understood(tmp_path: Path) -> None:
    document = tree(
        tmp_path,
        api_yaml="openapi: 3.0.3\npaths:\n  /a: {$ref: a.yaml}\ncomponents: {schemas: {S: {type: string}}}\n",
        a_yaml="get: {x: {$ref: '#/components/schemas/S'}}\n",
    )
    assert document.deref(document.deref(document.root["paths"]["/a"])["get"]["x"]) == {"type": "string"}
    assert said(document) == [("AG020", "a.yaml", 1, 11)]


def test_a_bare_name_is_that_of_a_definition(tmp_path: Path) -> None:
    document = tree(
        tmp_path,
        api_yaml="swagger: 2.0\npaths: {}\ndefinitions:\n  A:\n    pet: {$ref: Pet}\n  Pet: {type: object}\n",
    )
    assert document.get("#/components/schemas/A/pet") == {"$ref": "#/components/schemas/Pet"}
    assert said(document) == [("AG020", "api.yaml", 5, 11)]


def test_references_to_themselves_are_reported(tmp_path: Path) -> None:
    document = tree(
        tmp_path,
        api_yaml="openapi: 3.0.3\ncomponents:\n  schemas:\n    A:\n      $ref: '#/components/schemas/A'\n",
    )
    assert said(document) == [("AG012", "api.yaml", 5, 7)]


# ---------------------------------------------------------------------------------------------------- versions


def test_openapi_3_2_is_read_with_a_warning(tmp_path: Path) -> None:
    assert said(tree(tmp_path, api_yaml="info: {}\nopenapi: 3.2.0\n")) == [("AG020", "api.yaml", 2, 1)]


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("swaggerVersion: '1.2'\n", "AG004", 1),
        ("a: 1\nopenapi: 4.0.0\n", "AG004", 2),
        ("openapi: three\n", "AG004", 1),
        ("asyncapi: 2.0.0\n", "AG004", 1),
        ("paths: {}\n", "AG004", 1),
        ("- 1\n", "AG004", 1),
        ("hello\n", "AG004", 1),
        ("null\n", "AG004", 1),
    ],
)
def test_other_documents_are_refused(tmp_path: Path, text: str, code: str, line: int) -> None:
    with pytest.raises(AdaptgenError) as caught:
        tree(tmp_path, api_yaml=text)
    (one,) = caught.value.diagnostics
    assert one.where is not None
    assert (one.code, one.where.line) == (code, line)
    assert one.help


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.yaml", tmp_path):
        with pytest.raises(AdaptgenError) as caught:
            read(path)
        assert caught.value.diagnostics[0].code == "AG001"
