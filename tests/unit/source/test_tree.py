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


def test_names_are_percent_decoded(tmp_path: Path) -> None:
    (tmp_path / "a b%c.yaml").write_text("x/y: {type: string}\n", encoding="utf-8")
    document = tree(
        tmp_path, api_yaml="openapi: 3.0.3\ncomponents:\n  schemas:\n    A: {$ref: 'a%20b%25c.yaml#/x~1y'}\n"
    )
    assert document.deref(document.root["components"]["schemas"]["A"]) == {"type": "string"}


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


def test_discriminator_mappings_are_references(tmp_path: Path) -> None:
    document = tree(
        tmp_path,
        api_yaml="openapi: 3.0.3\ncomponents:\n  schemas:\n    P:\n      discriminator:\n"
        "        propertyName: k\n        mapping: {cat: models/cat.yaml, dog: Dog}\n    Dog: {type: object}\n",
        models__cat_yaml="type: object\n",
    )
    mapping = document.root["components"]["schemas"]["P"]["discriminator"]["mapping"]
    assert mapping == {"cat": "#/x-adaptgen-files/models~1cat.yaml", "dog": "Dog"}


@pytest.mark.parametrize(
    "text",
    [
        "x-any: {$ref: other.yaml}",
        "paths: {/a: {get: {example: {$ref: other.yaml}}}}",
        "components: {schemas: {A: {enum: [{$ref: other.yaml}], default: {$ref: other.yaml}, const: {$ref: o.yaml}}}}",
        "components: {schemas: {A: {properties: {$ref: {type: string}}}}}",
    ],
)
def test_data_that_looks_like_a_reference_is_left_alone(tmp_path: Path, text: str) -> None:
    document = tree(tmp_path, api_yaml=f"openapi: 3.0.3\n{text}\n", other_yaml="a: 1\n")
    assert document.diagnostics == ()
    assert FILES not in document.root


def test_a_property_named_like_a_keyword_is_a_schema(tmp_path: Path) -> None:
    document = tree(
        tmp_path,
        api_yaml="openapi: 3.0.3\ncomponents: {schemas: {A: {properties: {example: {$ref: other.yaml}}}}}\n",
        other_yaml="type: string\n",
    )
    assert document.get("#/components/schemas/A/properties/example")["$ref"] == "#/x-adaptgen-files/other.yaml"


def test_what_an_extension_holds_is_bundled_when_it_is_referred_to(tmp_path: Path) -> None:
    document = tree(
        tmp_path,
        api_yaml="openapi: 3.0.3\nx-parts: {A: {$ref: a.yaml}}\ncomponents: {schemas: {A: {$ref: '#/x-parts/A'}}}\n",
        a_yaml="type: string\n",
    )
    assert document.deref({"$ref": "#/components/schemas/A"}) == {"type": "string"}


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


def test_a_folder_above_is_fine_while_it_lies_below_the_entry(tmp_path: Path) -> None:
    document = tree(
        tmp_path,
        api_yaml="openapi: 3.0.3\ncomponents: {schemas: {A: {$ref: a/b/c.yaml}}}\n",
        a__b__c_yaml="$ref: ../../d.yaml\n",
        d_yaml="type: string\n",
    )
    assert document.deref({"$ref": "#/components/schemas/A"}) == {"type": "string"}


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


def test_recursive_schemas_are_no_cycle(tmp_path: Path) -> None:
    document = tree(
        tmp_path,
        api_yaml="openapi: 3.0.3\ncomponents: {schemas: {A: {properties: {a: {$ref: '#/components/schemas/A'}}}}}\n",
    )
    assert document.diagnostics == ()


# ---------------------------------------------------------------------------------------------------- versions


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("swagger: 2.0\npaths: {}\n", "2.0"),
        ('swagger: "2.0"\npaths: {}\n', "2.0"),
        ("openapi: 3.0\npaths: {}\n", "3.0"),
        ("openapi: 3.0.3\ncomponents: {}\n", "3.0.3"),
        ("openapi: 3.1.0\nwebhooks: {}\n", "3.1.0"),
    ],
)
def test_versions_are_understood(tmp_path: Path, text: str, version: str) -> None:
    document = tree(tmp_path, api_yaml=text)
    assert (document.version, document.diagnostics) == (version, ())


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
