"""Hints: the design's own example, every kind of error with its place, and the published schema."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from adaptgen.diagnostics import AdaptgenError
from adaptgen.model.tables import Cursor, Offset
from adaptgen.source import Hints, read_hints
from adaptgen.source.hints.model import (
    MISSING,
    ArgumentHint,
    CallHint,
    PageHint,
)


def read(folder: Path, text: str) -> Hints:
    path = folder / "hints.yaml"
    path.write_text(text, encoding="utf-8")
    return read_hints(path)


def refused(folder: Path, text: str) -> list[tuple[str, int, int, str, str]]:
    with pytest.raises(AdaptgenError) as caught:
        read(folder, text)
    return [
        (one.code, one.where.line, one.where.column, one.message, one.help)
        for one in caught.value.diagnostics
        if one.where
    ]


@pytest.mark.parametrize(
    ("auth", "code", "key", "said"),
    [
        ('{kind: bearer, token: "${env:T}{caller.sub}"}', "AG037", "token:", "add per: caller"),
        ('{kind: bearer, per: caller, token: "${env:T}{caller.token}"}', "AG037", "token:", "kind: exchange"),
        ('{kind: bearer, per: caller, token: "${env:T}{caller}"}', "AG037", "token:", "{caller.sub}"),
        ("{kind: exchange, per: server, token_url: https://i/t}", "AG039", "per:", "leave per: out"),
        ("{kind: sigv4, tags: {org: tenant}}", "AG039", "tags:", "add role"),
    ],
)
def test_what_may_be_said_of_callers(tmp_path: Path, auth: str, code: str, key: str, said: str) -> None:
    text = f"auth: {{a: {auth}}}\n"
    ((found, _, column, _, help),) = refused(tmp_path, text)
    assert (found, column) == (code, text.index(key) + 1)
    assert said in help


def test_the_form_of_an_answer_and_an_argument_that_is_not_declared(tmp_path: Path) -> None:
    text = "tools:\n  t:\n    call: get /x\n    result: objects\n    page: none\n"
    text += "    arguments: {a: {in: body, type: integer, minimum: 1, value: null}}\n"
    tool = read(tmp_path, text).tools["t"]
    assert (tool.form, tool.result, tool.call) == ("objects", MISSING, CallHint("GET", "/x"))
    assert tool.page == PageHint(style="none")
    assert tool.arguments["a"] == ArgumentHint(place="body", type="integer", schema={"minimum": 1}, value=None)


@pytest.mark.parametrize(
    "text",
    [
        "auth: hunter2",
        "auth:\n  a: hunter2",
        "auth:\n  a: {kind: session, chain: hunter2}",
        "auth:\n  a: {kind: session, chain: [{id: login, call: POST /x, with: hunter2}]}",
        "source: {url: https://h/x, headers: hunter2}",
        "tools:\n  t: {steps: [{id: a, call: GET /x, all_pages: hunter2}]}",
    ],
)
def test_a_text_in_the_place_of_a_structure_is_not_shown(tmp_path: Path, text: str) -> None:
    found = refused(tmp_path, text)
    assert "not a text" in found[0][3]
    assert "hunter2" not in str(found)


@pytest.mark.parametrize(
    ("text", "code", "line", "column", "help"),
    [
        ("sever: {name: x}", "AG030", 1, 1, "did you mean 'server'?"),
        ("server:\n  nam: x", "AG030", 2, 3, "did you mean 'name'?"),
        ("base_url: http://x", "AG030", 1, 1, "it belongs under server"),
        ("tools:\n  t:\n    call: GET /x\n    veiw: [a]", "AG030", 4, 5, "did you mean 'view'?"),
        ("tools:\n  t:\n    page:\n      styl: none", "AG030", 4, 7, "did you mean 'style'?"),
        ("auth:\n  a:\n    kind: bearr", "AG031", 3, 5, "did you mean 'bearer'?"),
        ("auth:\n  a: {token: '${env:X}'}", "AG031", 2, 3, ""),
        ("defaults:\n  page_size: many", "AG031", 2, 3, ""),
        ("defaults:\n  page_size: 0", "AG031", 2, 3, ""),
        ("adaptgen: 2", "AG031", 1, 1, ""),
        ("server:\n  name: 12", "AG031", 2, 3, "put it in quotes"),
        ("connection:\n  timeout: soon", "AG031", 2, 3, "units: ms, s, m, h"),
        ("connection:\n  timeout: 1d", "AG031", 2, 3, "units: ms, s, m, h"),
        ("connection:\n  timeout: 2h", "AG031", 2, 3, ""),
        ("tools:\n  t:\n    view: id", "AG031", 3, 5, ""),
        ("tools:\n  t:\n    call: FETCH /x", "AG031", 3, 5, ""),
        ("tools:\n  t:\n    call: GET x", "AG031", 3, 5, ""),
        ("tools:\n  my tool:\n    call: GET /x", "AG031", 2, 3, ""),
        (
            "tools:\n  t:\n    call: GET /x\n    result: {a: 1}",
            "AG031", 4, 5, "only a tool with steps has a template of its answer",
        ),
        ("hide:\n  - depricated", "AG031", 2, 5, "did you mean 'deprecated'?"),
        ("server:\n  base_url: ${evn:X}", "AG035", 2, 3, ""),
        ("tools:\n  t:\n    steps:\n      - {id: a, call: GET /x, with: {b: ['{']}}", "AG035", 4, 42, ""),
        ("tools:\n  t:\n    view: [a, 'b[']", "AG036", 3, 15, "write it like organization.name or tags[*].name"),
        ("tools:\n  t:\n    answer: data", "AG036", 3, 5, ""),
        ("tools:\n  t:\n    answer: $.a[", "AG036", 3, 5, "write it like $.data.items"),
        ("tools:\n  t:\n    page: {items: '$..[?(@.'}", "AG036", 3, 12, "write it like $.data.items"),
        ("sensitive:\n  'a..b': name", "AG036", 2, 3, "write it like organization.name or tags[*].name"),
        (
            "auth:\n  a:\n    kind: session\n    chain: [{id: l, call: POST /l, save: {access: $.a}}]\n"
            "    send: [{header: X, as: '{acces}'}]",
            "AG037", 5, 24, "did you mean 'access'?",
        ),
        (
            "auth:\n  a:\n    kind: session\n    chain: [{id: login, call: POST /l}]\n"
            "    refresh: {call: POST /r, then: [logn]}",
            "AG037", 5, 37, "did you mean 'login'?",
        ),
        ("auth:\n  a: {kind: bearer, token: abc}", "AG031", 2, 21, "write ${env:NAME} and set the variable"),
        (
            "auth:\n  a:\n    kind: session\n    chain:\n"
            "      - {id: l, call: POST /l, with: {user: me, password: abc}}",
            "AG031", 5, 49, "write ${env:NAME} and set the variable",
        ),
        ("auth:\n  a: {kind: session, send: [{as: x}]}", "AG031", 2, 29, ""),
        ("auth:\n  a: {kind: session, send: [{as: x, header: A, query: b}]}", "AG031", 2, 29, ""),
        ("tools:\n  t:\n    call: GET /x\n    steps: [{id: a, call: GET /x}]", "AG039", 3, 5, "make the call a step"),
        ("tools:\n  t:\n    steps: [{id: a, call: GET /x}, {id: a, call: GET /y}]", "AG039", 3, 37, ""),
        ("tools:\n  t: {call: GET /x}\n  t: {call: GET /y}", "AG003", 3, 3, "keep one of them"),
        ("tools: [", "AG002", 2, 1, "correct the YAML there"),
        ("- a", "AG031", 1, 1, ""),
    ],
)  # fmt: skip
def test_errors_have_a_place_and_a_way_out(
    tmp_path: Path, text: str, code: str, line: int, column: int, help: str
) -> None:
    ((found_code, found_line, found_column, _, found_help),) = refused(tmp_path, text + "\n")
    assert (found_code, found_line, found_column) == (code, line, column)
    if help:
        assert found_help == help


def test_calls_of_other_documents_bring_them(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "auth.yaml").write_text("openapi: 3.1.0\npaths: {$ref: p.yaml}\n", encoding="utf-8")
    (tmp_path / "parts" / "p.yaml").write_text("/token: {post: {}}\n", encoding="utf-8")
    text = "auth:\n  a:\n    kind: session\n    chain:\n"
    text += "      - {id: one, document: parts/auth.yaml, call: POST /token}\n"
    text += "      - {id: two, call: {document: parts/auth.yaml, call: POST /token}}\n"
    hints = read(tmp_path, text)
    one, two = hints.auth["a"].chain
    assert one.call == two.call == CallHint("POST", "/token", "parts/auth.yaml")
    assert hints.documents["parts/auth.yaml"].get("#/paths/~1token/post") == {}
    assert [name for name, _ in hints.inputs] == ["hints.yaml", "parts/auth.yaml", "parts/p.yaml"]


def test_another_document_that_is_missing_is_named_where_it_is_named(tmp_path: Path) -> None:
    ((code, line, column, message, _),) = refused(
        tmp_path, "tools:\n  t:\n    document: other.yaml\n    call: GET /x\n"
    )
    assert (code, line, column) == ("AG001", 3, 5)
    assert "other.yaml" in message


def test_page_hints_can_say_all_that_the_model_can() -> None:
    """A size is a query parameter where it is declared as one: no key says that."""
    said = {one.name for one in dataclasses.fields(PageHint)} | {"size_in_query"}
    for model in (Offset, Cursor):
        assert {one.name for one in dataclasses.fields(model)} <= said
