"""Hints: the design's own example, every kind of error with its place, and the published schema."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from adaptgen.diagnostics import AdaptgenError, Where
from adaptgen.model.tables import Cursor, Offset, Until, When
from adaptgen.source import EMPTY, Hints, read_hints
from adaptgen.source.hints import table as hint_table
from adaptgen.source.hints.model import (
    MISSING,
    ArgumentHint,
    AuthHint,
    CallHint,
    ExpiresHint,
    LoginHint,
    PageHint,
    RefusedHint,
    SendHint,
    StepHint,
)
from adaptgen.text.parse import parse

# The example of the design, in the two parts "supported" and "not supported yet".
SUPPORTED = """\
adaptgen: 1
server: {name: crm, base_url: "${env:CRM_BASE_URL}", surface: auto}
connection: {timeout: 10s}
auth:
  crm_session:
    kind: session
    per: server
    store: memory
    start: {refresh: "${secret:crm#refresh}"}
    chain:
      - {id: login, call: POST /session, with: {user: "${secret:crm#user}", password: "${secret:crm#password}"},
         save: {access: $.data.access, refresh: $.data.refresh}, expires: {after: $.data.expires, unit: ms}}
      - {id: csrf, call: GET /csrf, send: [{header: Authorization, as: "Bearer {access}"}], save: {csrf: $.result}, cookies: keep}
    send: [{header: Authorization, as: "Bearer {access}"}, {header: X-CSRF-Token, as: "{csrf}", only: write}]
    refresh: {call: POST /refresh, send: [{header: Authorization, as: "Bearer {refresh}"}], save: {access: $.access, refresh: $.refresh}, then: [csrf]}
    refused: [401, {status: 403, body: {detail: "*login again*"}}, {status: 200, body: {error.code: SESSION_EXPIRED}}]
defaults: {page_size: 25, max_bytes: 9000}
sensitive: {"$..ssn": national_id}
tools:
  find_contacts:
    call: GET /api/contacts/
    description: Find contacts by name or e-mail address.
    view: [id, first_name, last_name, organization.name]
    page: {style: offset, limit: limit, offset: offset, items: $.results, total: $.count}
    arguments: {ordering: {hide: true, value: -created_at}, q: {encode: json}}
    effect: read
  account_overview:
    arguments: {account_id: {type: string, description: Which account.}}
    steps:
      - {id: account, call: "GET /api/accounts/{pk}/", with: {pk: "{account_id}"}, save: {org: $.organization.id}}
      - {id: contacts, call: GET /api/contacts/, with: {organization: "{account.org}"}, view: [id, first_name]}
    result: {account: "{account}", contacts: "{contacts}"}
hide: ["POST /api/auth/*", "tag:internal", deprecated]
"""  # noqa: E501


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


def test_the_example_of_the_design_is_read(tmp_path: Path) -> None:
    hints = read(tmp_path, SUPPORTED)
    assert (hints.name, hints.base_url, hints.timeout) == ("crm", "${env:CRM_BASE_URL}", 10.0)
    assert (hints.page_size, hints.max_bytes) == (25, 9000)
    assert hints.sensitive == {"$..ssn": "national_id"}
    assert hints.hide == ("POST /api/auth/*", "tag:internal", "deprecated")
    bearer = SendHint(place="header", name="Authorization", as_="Bearer {access}")
    assert hints.auth["crm_session"] == AuthHint(
        kind="session",
        start={"refresh": "${secret:crm#refresh}"},
        chain=(
            LoginHint(
                id="login",
                call=CallHint("POST", "/session"),
                with_={"user": "${secret:crm#user}", "password": "${secret:crm#password}"},
                save={"access": "$.data.access", "refresh": "$.data.refresh"},
                expires=ExpiresHint(after="$.data.expires", unit="ms"),
            ),
            LoginHint(
                id="csrf", call=CallHint("GET", "/csrf"), send=(bearer,), save={"csrf": "$.result"}, cookies=True
            ),
        ),
        send=(bearer, SendHint(place="header", name="X-CSRF-Token", as_="{csrf}", only="write")),
        refresh=LoginHint(
            id="refresh",
            call=CallHint("POST", "/refresh"),
            send=(SendHint(place="header", name="Authorization", as_="Bearer {refresh}"),),
            save={"access": "$.access", "refresh": "$.refresh"},
            then=("csrf",),
        ),
        refused=(
            RefusedHint(status=401),
            RefusedHint(status=403, body={"detail": "*login again*"}),
            RefusedHint(status=200, body={"error.code": "SESSION_EXPIRED"}),
        ),
    )
    find = hints.tools["find_contacts"]
    assert find.call == CallHint("GET", "/api/contacts/")
    assert find.view == ("id", "first_name", "last_name", "organization.name")
    assert find.page == PageHint(style="offset", limit="limit", offset="offset", items="$.results", total="$.count")
    assert find.arguments == {
        "ordering": ArgumentHint(hide=True, value="-created_at"),
        "q": ArgumentHint(encode="json"),
    }
    assert (find.effect, find.form, find.result) == ("read", None, MISSING)
    overview = hints.tools["account_overview"]
    assert overview.steps == (
        StepHint(
            id="account",
            call=CallHint("GET", "/api/accounts/{pk}/"),
            with_={"pk": "{account_id}"},
            save={"org": "$.organization.id"},
        ),
        StepHint(
            id="contacts",
            call=CallHint("GET", "/api/contacts/"),
            with_={"organization": "{account.org}"},
            view=("id", "first_name"),
        ),
    )
    assert overview.result == {"account": "{account}", "contacts": "{contacts}"}


CALLERS = """\
auth:
  api: {kind: exchange, store: redis, token_url: https://idp.example/t, audience: crm, resource: https://crm.example, scopes: [a]}
  aws: {kind: sigv4, region: eu-west-1, role: "arn:aws:iam::1:role/r", tags: {org: tenant}}
  own: {kind: api_key, per: caller, header: X-User, value: "${env:K}:{caller.sub}:{caller.cost.centre}"}
"""  # noqa: E501


def test_auth_that_depends_on_the_caller_is_read(tmp_path: Path) -> None:
    auth = read(tmp_path, CALLERS).auth
    assert [one.per for one in auth.values()] == ["caller"] * 3
    assert (auth["api"].store, auth["api"].audience, auth["api"].resource) == ("redis", "crm", "https://crm.example")
    assert auth["aws"].tags == {"org": "tenant"}
    jsonschema.validate(parse(CALLERS.encode(), "h").value, json.loads(hint_table.schema_text()))


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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("auth:\n  key: {kind: api_key, header: X-API-Key, value: '${env:K}'}", {"header": "X-API-Key"}),
        ("auth:\n  key: {kind: basic, username: '${env:U}', password: '${env:P}'}", {"username": "${env:U}"}),
        ("auth:\n  key: {kind: bearer, token: '${env:T}'}", {"token": "${env:T}"}),
        (
            "auth:\n  key: {kind: oauth2, grant: client_credentials, token_url: 'https://x.example/t',"
            " client_id: c, client_secret: '${env:S}', scopes: [a, b]}",
            {"scopes": ("a", "b"), "grant": "client_credentials", "token_url": "https://x.example/t"},
        ),
    ],
)
def test_short_forms_of_auth(tmp_path: Path, text: str, expected: dict[str, Any]) -> None:
    auth = read(tmp_path, text).auth["key"]
    assert {key: getattr(auth, key) for key in expected} == expected
    assert auth.refused is None


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


def test_all_errors_are_told_at_once(tmp_path: Path) -> None:
    found = refused(tmp_path, "sever: 1\npin: {}\ndefaults: {page_size: x}\n")
    assert [code for code, *_ in found] == ["AG030", "AG031", "AG031"]


def test_an_empty_file_says_nothing(tmp_path: Path) -> None:
    hints = read(tmp_path, "# nothing yet\n")
    assert (hints.tools, hints.auth, hints.hide) == (EMPTY.tools, EMPTY.auth, EMPTY.hide)
    assert [name for name, _ in hints.inputs] == ["hints.yaml"]


def test_places_are_those_of_the_file(tmp_path: Path) -> None:
    hints = read(tmp_path, SUPPORTED)
    file = (tmp_path / "hints.yaml").as_posix()
    assert hints.where("tools", "find_contacts", "view", 1) == Where(file, 23, 16)
    assert hints.where("tools", "missing").line == 19
    assert EMPTY.where("tools") == Where("hints")


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


def test_the_published_schema_is_fresh() -> None:
    published = Path(__file__).parents[4] / "docs" / "hints.schema.json"
    assert published.read_text(encoding="utf-8") == hint_table.schema_text(), (
        "schema_text() of adaptgen.source.hints.table"
    )


def test_the_schema_accepts_what_the_checker_accepts() -> None:
    schema = json.loads(hint_table.schema_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(parse(SUPPORTED.encode(), "h").value, schema)


@pytest.mark.parametrize("text", ["sever: 1", "defaults: {page_size: 0}", "hide: [{}]"])
def test_the_schema_refuses_what_the_checker_refuses(text: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(parse(text.encode(), "h").value, json.loads(hint_table.schema_text()))


def test_page_hints_can_say_all_that_the_model_can() -> None:
    """A size is a query parameter where it is declared as one: no key says that."""
    said = {one.name for one in dataclasses.fields(PageHint)} | {"size_in_query"}
    for model in (Offset, Cursor):
        assert {one.name for one in dataclasses.fields(model)} <= said


STEPS = """\
tools:
  t:
    steps:
      - {id: a, call: GET /a, when: "{deep}", all_pages: true}
      - {id: b, call: GET /b, when: {value: "{n}", is: 1, is_not: [2, null]}, each: "{a}", all_pages: {max: 7}, on_error: null}
      - {id: c, call: GET /c, until: {path: $.state, is: [DONE, READY], fails: FAILED, every: 500ms, at_most: 2m}}
"""  # noqa: E501


def test_the_rules_of_steps_are_read(tmp_path: Path) -> None:
    first, second, third = read(tmp_path, STEPS).tools["t"].steps
    assert (first.when, first.all_pages, first.on_error) == (When(value="{deep}"), True, "fail")
    assert second.when == When(value="{n}", is_=(1,), is_not=(2, None))
    assert (second.each, second.all_pages, second.on_error) == ("{a}", 7, "null")
    until = Until(path="$.state", is_=("DONE", "READY"), fails=("FAILED",), every=0.5, at_most=120.0)
    assert third.until == until
    jsonschema.validate(parse(STEPS.encode(), "h").value, json.loads(hint_table.schema_text()))


@pytest.mark.parametrize(
    ("keys", "code", "said"),
    [
        ("until: {path: $.state}", "AG031", "needs 'is'"),
        ("until: {path: state, is: DONE}", "AG036", "is not a JSONPath"),
        ("until: {path: $.state, is: DONE, every: often}", "AG031", "a duration such as 10s"),
        ("all_pages: {max: 0}", "AG031", "at least 1"),
        ("all_pages: {max: 1000000}", "AG031", "at most 10000"),
        ("all_pages: {}", "AG031", "needs 'max'"),
        ("on_error: ignore", "AG031", "fail, omit or null"),
        ("when: {is: 1}", "AG031", "needs 'value'"),
        ('each: "{open"', "AG035", "open brace"),
    ],
)
def test_rules_of_another_shape(tmp_path: Path, keys: str, code: str, said: str) -> None:
    found = refused(tmp_path, f"tools: {{t: {{steps: [{{id: a, call: GET /x, {keys}}}]}}}}\n")
    assert [one[0] for one in found] == [code]
    assert said in found[0][3]
