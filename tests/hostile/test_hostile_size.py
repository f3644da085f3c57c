"""Documents that explode: references, aliases, depth, length and numbers cost bounded time and memory."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.harmless import harmless
from support.limited import Done, build

from adaptgen import plan, render, source
from adaptgen.plan.document.descriptions import plain

SECONDS = 25
MEGABYTES = 500
"""Of processor time and memory: more than any of these takes (most: 0.5 s, 45 MB; the longest: 6 s), also on a machine
that is busy, and far less than an explosion."""


def document(schemas: Any, schema: Any, **more: Any) -> dict[str, Any]:
    """Operations that take and give ``schema`` in every place."""
    answer = {"200": {"description": "x", "content": {"application/json": {"schema": schema}}}}
    listed = {
        "200": {"description": "x", "content": {"application/json": {"schema": {"type": "array", "items": schema}}}}
    }
    body = {"content": {"application/json": {"schema": schema}}}
    query = {"name": "q", "in": "query", "style": "deepObject", "schema": schema}
    path = {
        "get": {"operationId": "getX", "parameters": [query], "responses": answer},
        "post": {"operationId": "postX", "requestBody": body, "responses": listed},
        "put": {"operationId": "putX", "requestBody": body, "responses": {"200": {"description": "x"}}},
    }
    return {
        "openapi": "3.0.3",
        "info": {"title": "T", "version": "1"},
        "servers": [{"url": "https://a.example"}],
        "paths": {"/x": path},
        "components": {"schemas": schemas},
        **more,
    }


def ref(number: int) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/A{number}"}


WAYS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "properties": lambda one: {"type": "object", "properties": {"a": one, "b": one, "c": one}},
    "required": lambda one: {"type": "object", "properties": {"a": one, "b": one}, "required": ["a", "b"]},
    "allOf": lambda one: {"allOf": [one, one]},
    "allOf and properties": lambda one: {"allOf": [one, {"properties": {"a": one}}]},
    "oneOf": lambda one: {"oneOf": [one, {"properties": {"x": one}}]},
    "anyOf": lambda one: {"anyOf": [one, one, {"type": "object"}]},
    "items": lambda one: {"type": "array", "items": one},
    "prefixItems": lambda one: {"type": "array", "prefixItems": [one, one]},
    "additionalProperties": lambda one: {"type": "object", "additionalProperties": one},
    "not": lambda one: {"not": one, "properties": {"a": one}},
    "all at once": lambda one: {"allOf": [one, {"oneOf": [one, one]}], "properties": {"a": one}},
    "reference": lambda one: one,
    "a text with properties": lambda one: {"allOf": [{"type": "string"}, one]},
    "a list and what is in it": lambda one: {"allOf": [{"type": "array", "items": one}, one]},
    "a list with alternatives": lambda one: {"type": "array", "items": one, "oneOf": [one, {"properties": {"x": one}}]},
    "an object or a list": lambda one: {"type": ["array", "object"], "items": one, "anyOf": [{"items": one}, one]},
}


def bounded(done: Done) -> None:
    """Built, or refused with a place; in time, in memory, without a crash."""
    assert done.code in (0, 2), (done.code, done.said[-500:])
    assert "internal error" not in done.said, done.said[-500:]
    assert done.seconds < SECONDS
    assert done.megabytes < MEGABYTES


def planned(folder: Path, tree: Any) -> None:
    """Read, planned and rendered in this process; whatever comes out is harmless."""
    (folder / "s.json").write_text(json.dumps(tree))
    begun = time.process_time()
    made, _ = plan.plan(source.read(folder / "s.json"), source.EMPTY, "s")
    harmless(render.render(made, spec="specs/s.json", side="specs/s"))
    assert time.process_time() - begun < SECONDS


ways = st.lists(st.sampled_from(sorted(WAYS)), min_size=1, max_size=4)


@pytest.mark.timeout(120)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ways=ways, levels=st.integers(1, 40), back=st.one_of(st.none(), st.integers(0, 40)))
def test_schemas_that_explode(tmp_path: Path, ways: list[str], levels: int, back: int | None) -> None:
    """Every level refers to the next one several times; perhaps the last one to a level above."""
    schemas = {f"A{number}": WAYS[ways[number % len(ways)]](ref(number + 1)) for number in range(levels)}
    schemas[f"A{levels}"] = {"type": "object", "properties": {"id": {"type": "string"}}} if back is None else ref(back)

    planned(tmp_path, document(schemas, ref(0)))


@pytest.mark.parametrize(("ways", "levels", "back"), [
    (["oneOf", "an object or a list", "all at once"], 5, 0),
    (["all at once", "oneOf", "an object or a list"], 3, 0),
    (["all at once", "oneOf", "an object or a list"], 3, None),
    (["a list and what is in it", "prefixItems"], 3, None),
])  # fmt: skip
def test_schemas_that_once_lost_an_input(tmp_path: Path, ways: list[str], levels: int, back: int | None) -> None:
    """Alternatives of themselves; objects whose alternatives are lists; elements after the first ones."""
    test_schemas_that_explode.hypothesis.inner_test(tmp_path, ways, levels, back)  # type: ignore[attr-defined]


@pytest.mark.slow
@pytest.mark.timeout(3000)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ways=ways, levels=st.integers(1, 3000), back=st.one_of(st.none(), st.integers(0, 3000)))
def test_long_chains_of_schemas(tmp_path: Path, ways: list[str], levels: int, back: int | None) -> None:
    schemas = {f"A{number}": WAYS[ways[number % len(ways)]](ref(number + 1)) for number in range(levels)}
    schemas[f"A{levels}"] = {"type": "object"} if back is None else ref(back)

    planned(tmp_path, document(schemas, ref(0)))


@pytest.mark.timeout(60)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tree=st.recursive(
    st.sampled_from(["#", "#/components", "#/components/schemas/A", "#/paths/~1x", "#/components/schemas/A/$ref",
                     "#/components/schemas/A/properties/a", "#/components/schemas", "#/no/where"]).map(
                         lambda one: {"$ref": one}),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda all: {"allOf": all}),
        st.lists(inner, max_size=3).map(lambda all: {"oneOf": all, "type": "object"}),
        st.dictionaries(st.sampled_from("ab"), inner, max_size=2).map(lambda all: {"properties": all}),
        inner.map(lambda one: {"items": one}), inner.map(lambda one: {"additionalProperties": one}),
    ), max_leaves=8))  # fmt: skip
def test_schemas_that_refer_to_what_holds_them(tmp_path: Path, tree: Any) -> None:
    planned(tmp_path, document({"A": tree}, {"$ref": "#/components/schemas/A"}))


def yaml(more: str) -> bytes:
    return f'openapi: 3.0.3\ninfo: {{title: t, version: "1"}}\nservers: [{{url: "https://a.example"}}]\n{more}'.encode()


def laughs(kind: str, count: int) -> str:
    """Billion laughs, as lists or mappings, with ``count`` levels."""
    inside = (
        (lambda n: ", ".join([f"*a{n}"] * 9))
        if kind == "[]"
        else lambda n: ", ".join(f"k{at}: *a{n}" for at in range(9))
    )
    return (
        "x-a0: &a0 {k: v}\n"
        + "".join(f"x-a{n}: &a{n} {kind[0]}{inside(n - 1)}{kind[1]}\n" for n in range(1, count))
        + "paths: {}\n"
    )


def merges() -> str:
    keys = ", ".join(f"k{number}: v" for number in range(2000))
    return f"x-a: &a {{{keys}}}\n" + "".join(f"x-{number}: {{<<: *a}}\n" for number in range(20_000)) + "paths: {}\n"


def aliased(levels: int) -> str:
    """Schemas that are one node in many places, though no file says ``$ref``."""
    lines = "".join(
        f"    A{n}: &a{n} {{type: object, properties: {{a: *a{n - 1}, b: *a{n - 1}}}}}\n" for n in range(1, levels)
    )
    answer = f'{{"200": {{content: {{application/json: {{schema: *a{levels - 1}}}}}}}}}'
    schemas = f"components:\n  schemas:\n    A0: &a0 {{type: string}}\n{lines}"
    return f"{schemas}paths:\n  /x: {{get: {{responses: {answer}}}}}\n"


DEEP = 100_000
EXPLODING: dict[str, bytes] = {
    "laughing lists": yaml(laughs("[]", 20)),
    "laughing mappings": yaml(laughs("{}", 20)),
    "an alias inside of itself": yaml("paths: &p\n  /x: *p\n"),
    "merged mappings": yaml(merges()),
    "aliases for schemas": yaml(aliased(17)),
    "deep lists of JSON": b'{"openapi": "3.0.3", "x": ' + b"[" * DEEP + b"]" * DEEP + b"}",
    "deep objects of JSON": b'{"openapi": "3.0.3", "x": ' + b'{"a":' * DEEP + b"1" + b"}" * DEEP + b"}",
    "deep lists of YAML": b"openapi: 3.0.3\nx: " + b"[" * DEEP,
    "deep mappings of YAML": b"openapi: 3.0.3\nx:\n" + b"".join(b" " * n + b"a:\n" for n in range(1, 4000)),
    "deep entries of YAML": b"openapi: 3.0.3\nx:\n  " + b"- " * DEEP + b"a",
    "endless question marks": b"openapi: 3.0.3\nx: " + b"? " * DEEP,
    "a string without an end": b'{"openapi": "3.0.3", "x": "' + b"\\" * 2_000_001,
    "a ring of 5,000": json.dumps(document({f"A{n}": ref((n + 1) % 5000) for n in range(5000)}, ref(0))).encode(),
    "a chain of 5,000": json.dumps(
        document({**{f"A{n}": ref(n + 1) for n in range(5000)}, "A5000": {}}, ref(0))
    ).encode(),
    "numbers of 4,000 digits": json.dumps(
        document({}, {"type": "integer", "maximum": 10**3999, "default": 10**3999, "enum": [10**3999, -(10**3999)],
                      "multipleOf": 5e-324, "maxLength": 10**3999})
    ).encode(),
    "numbers of 100,000 digits": b'{"openapi": "3.0.3", "x": ' + b"9" * 100_000 + b"}",
    "numbers of YAML": yaml(f"x-a: {'9' * 100_000}\nx-b: 0x{'f' * 100_000}\nx-c: 1e999\nx-d: .inf\npaths: {{}}\n"),
    "variables in variables": json.dumps(
        document({}, {}, servers=[{"url": "https://a.example/{v0}", "variables": {
            f"v{n}": {"default": f"{{v{n + 1}}}{{v{n + 1}}}"} for n in range(5000)}}])
    ).encode(),
    "5,000 properties of itself": json.dumps(
        document({"A0": {"type": "object", "properties": {f"p{n}": ref(0) for n in range(5000)}}}, ref(0))
    ).encode(),
    "5,000 ways to log in": json.dumps(
        document({}, {}, security=[{f"s{n}": []} for n in range(5000)], components={"securitySchemes": {
            f"s{n}": {"type": "apiKey", "in": "header", "name": f"X-{n}"} for n in range(5000)}})
    ).encode(),
    "200,000 values": json.dumps(document({}, {"enum": [f"v{n}" for n in range(200_000)]})).encode(),
    "10,000 properties": json.dumps(
        document({}, {"properties": {f"v{n}": {} for n in range(10_000)}, "required": [f"v{n}" for n in range(10_000)]})
    ).encode(),
    "50,000 times the same key": b'{"openapi": "3.0.3", "paths": {' + b", ".join([b'"/x": {}'] * 50_000) + b"}}",
    "20,000 files that are not there": json.dumps(
        document({f"A{n}": {"$ref": f"no{n}.yaml#/x"} for n in range(20_000)}, ref(0))
    ).encode(),
    "a pointer of 100,000 steps": json.dumps(
        document({"A0": {"$ref": "#" + "/components/.." * 100_000}}, ref(0))
    ).encode(),
    "the same name 1,000 times": json.dumps(
        document({}, {}, paths={"/x" + "/-" * n: {"get": {"operationId": "same"}} for n in range(1000)})
    ).encode(),
    "70 MB": b"openapi: 3.0.3\nx: " + b"a" * 70_000_000,
}  # fmt: skip
REFUSED = ("laughing", "an alias", "deep", "numbers of 100,000", "70 MB")
QUICK = ("laughing lists", "deep lists of JSON", "deep mappings of YAML", "a ring of 5,000")


@pytest.mark.parametrize(
    "name", [one if one in QUICK else pytest.param(one, marks=pytest.mark.slow) for one in sorted(EXPLODING)]
)
def test_what_explodes_is_refused_or_built_in_time(tmp_path: Path, name: str) -> None:
    data = EXPLODING[name]

    done = build(tmp_path, "s.json" if data[:1] == b"{" else "s.yaml", data)

    bounded(done)
    if name.startswith(REFUSED):
        assert done.code == 2, done.said[-500:]
        assert "AG005" in done.said


UNITS = [
    *("a", "A", "Ab", "aA", "_", "-", ".", "a.", "/", "{", "{a}", "}", "[", "(", "<", "<a ", "<!--", "<script>", "!["),
    *("[a](", '[a](b "', "data:a/b;", "&", "&lt;", "&#", "|", "- ", "#", "# ", ">", "`", "*", "**", " ", "\n", "\t"),
    *("1", "0.", "'", '"', "%", "%2", "\\", "?a=b&", ":a", ";", ", ", "\u0300", "\u200b", "\ufdfa", "é", "$", "${env:"),
    *("A. ", "a@", "://", "http://", "e-mail", "id", "token "),
]
PLACES = {
    "description",
    "summary",
    "title",
    "name",
    "operationId",
    "tag",
    "property",
    "enum",
    "pattern",
    "url",
    "media",
}


def lengthy(text: str, places: set[str]) -> dict[str, Any]:
    """A document with a long text in some places."""

    def at(place: str, other: str) -> str:
        return text if place in places else other

    schema = {
        "type": "object",
        "description": at("description", "d"),
        "properties": {
            at("property", "p"): {
                "type": "string",
                "enum": [at("enum", "e")],
                "default": at("enum", "e"),
                "pattern": at("pattern", "p"),
                "format": at("pattern", "p"),
            },
            "x": {"type": "string", "pattern": at("pattern", "p"), "title": at("title", "t")},
        },
    }
    made = document({}, schema, servers=[{"url": "https://a.example/" + at("url", "b")}])
    made["info"]["title"] = at("title", "t")
    made["paths"]["/x"]["get"]["parameters"].append(
        {"name": at("name", "n"), "in": "query", "description": at("description", "d"), "schema": {"type": "string"}}
    )
    for operation in made["paths"]["/x"].values():
        operation |= {
            "summary": at("summary", "s"),
            "description": at("description", "d"),
            "tags": [at("tag", "t")],
            "operationId": at("operationId", operation["operationId"]),
        }
        operation["responses"]["200"]["content"] = {at("media", "application/json"): {"schema": schema}}
    made["paths"]["/" + (text[:9000] if "url" in places else "y")] = {"get": {"responses": {}}}
    return made


@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("unit", UNITS)
def test_no_long_text_is_slow(tmp_path: Path, unit: str) -> None:
    """100,000 characters of every shape in every place: what is worse than linear takes minutes."""
    bounded(build(tmp_path, "s.json", json.dumps(lengthy(unit * (100_000 // len(unit)) + "x", PLACES)).encode()))


@pytest.mark.timeout(60)
@settings(max_examples=80, deadline=None)
@given(st.lists(st.sampled_from(UNITS), min_size=1, max_size=3), st.sampled_from(["", "x", "x\n", ">", ")"]))
def test_a_text_is_cleaned_in_time(units: list[str], end: str) -> None:
    """20,000 characters, which is all that is read of a description."""
    unit = "".join(units)
    begun = time.process_time()
    text = plain(unit * (20_000 // len(unit)) + end)
    assert time.process_time() - begun < 5
    assert len(text) <= 20_002 * 18  # a ligature may stand for a phrase


def test_a_file_is_not_read_beyond_its_limit(tmp_path: Path) -> None:
    """A sparse file of 20 GB takes no memory on the disk, and would take all of it when read."""
    tree = document({"A": {"$ref": "huge.yaml#/x"}}, {"$ref": "#/components/schemas/A"})
    (tmp_path / "specs").mkdir()
    with (tmp_path / "specs" / "huge.yaml").open("wb") as huge:
        huge.truncate(20 << 30)

    done = build(tmp_path, "s.json", json.dumps(tree).encode())

    bounded(done)
    assert "AG005" in done.said


def test_what_is_no_file_is_not_opened(tmp_path: Path) -> None:
    """A pipe would be read for ever, and so would a device behind a link."""
    import os

    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "zero.yaml").symlink_to("/dev/zero")
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    (tmp_path / "up").symlink_to("..")
    refs = ["pipe.yaml#/x", "zero.yaml#/x", "loop.yaml#/x", "up/s.json#/x", "up/up/up/passwd"]
    tree = document({f"A{number}": {"$ref": one} for number, one in enumerate(refs)}, ref(0))
    (tmp_path / "s.json").write_text(json.dumps(tree))

    found = source.read(tmp_path / "s.json")

    assert {one.code for one in found.diagnostics} <= {"AG010", "AG011"}
    assert len(found.diagnostics) == len(refs)


@pytest.mark.parametrize("levels", [60, 90])
def test_what_nests_as_deep_as_is_read_can_be_planned(tmp_path: Path, levels: int) -> None:
    schema = reduce(lambda inner, _: {"type": "object", "properties": {"p": inner}}, range(levels), {"type": "string"})

    planned(tmp_path, document({"A0": schema}, ref(0)))
