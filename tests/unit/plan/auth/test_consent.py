"""Hints of accounts that callers connect themselves: what the document adds, and what is refused, at its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

import adaptgen
from adaptgen.compare.inputs import find_changes
from adaptgen.diagnostics import AdaptgenError
from adaptgen.model.tables import Auth, Send
from adaptgen.readiness.inspection.inspect import inspect

FLOW = {
    "authorizationUrl": "https://id.example/authorize",
    "tokenUrl": "https://id.example/token",
    "scopes": {"notes.read": "", "notes.write": ""},
}
HINT = {"kind": "oauth2", "grant": "authorization_code", "per": "caller"}


def build(folder: Path, hint: dict[str, Any], flow: dict[str, Any] | None = FLOW, name: str = "notes") -> Auth:
    flows = {"type": "oauth2", "flows": {"authorizationCode": flow} if flow else {}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Notes\nof \u202epeople", "version": "1"},
        "servers": [{"url": "https://notes.example/v1"}],
        "security": [{"notes": ["notes.read"]}],
        "components": {"securitySchemes": {"notes": flows}},
        "paths": {"/notes": {"get": {"operationId": "list_notes", "responses": {"200": {"description": ""}}}}},
    }
    (folder / "notes.yaml").write_text(yaml.safe_dump(document))
    (folder / "notes").mkdir(exist_ok=True)
    (folder / "notes" / "hints.yaml").write_text(yaml.safe_dump({"auth": {name: hint}}))
    built = adaptgen.build(folder / "notes.yaml")
    problems = [one for one in built.diagnostics if one.severity == "error"]
    if problems:
        raise AdaptgenError(*problems)
    (auth,) = built.plan.server.auth
    return auth


def refused(folder: Path, hint: dict[str, Any], **more: Any) -> list[tuple[str, int]]:
    with pytest.raises(AdaptgenError) as caught:
        build(folder, hint, **more)
    return [(one.code, one.where.line if one.where else 0) for one in caught.value.diagnostics]


def test_a_token_endpoint_of_the_api_moves_along_with_it(tmp_path: Path) -> None:
    flow = {**FLOW, "tokenUrl": "https://notes.example/v1/token", "authorizationUrl": "/v1/authorize"}
    auth = build(tmp_path, HINT, flow)
    assert auth.consent is not None
    assert auth.consent.exchange is not None
    assert (auth.consent.exchange.call.path, auth.consent.authorization_url) == ("/token", "/authorize")


@pytest.mark.parametrize(
    ("hint", "send"),
    [
        ({"kind": "api_key", "header": "X-Key"}, Send("header", "X-Key", "{key}")),
        ({"kind": "api_key", "query": "key"}, Send("query", "key", "{key}")),
        ({"kind": "bearer"}, Send("header", "Authorization", "Bearer {key}")),
        ({"kind": "basic"}, Send("header", "Authorization", "{key}", basic=True)),
    ],
)
def test_a_key_is_sent_where_it_belongs(tmp_path: Path, hint: dict[str, Any], send: Send) -> None:
    auth = build(tmp_path, {**hint, "per": "caller", "ask": "Your key"})
    assert auth.send == (send,)
    assert auth.consent is not None
    assert (auth.consent.ask, auth.consent.exchange, auth.refresh) == ("Your key", None, None)


@pytest.mark.parametrize(
    ("hint", "codes"),
    [
        ({**HINT, "per": "server"}, ["AG135"]),
        ({"kind": "oauth2", "grant": "authorization_code"}, ["AG135"]),
        ({"kind": "bearer", "ask": True}, ["AG135"]),
        ({"kind": "session", "per": "caller", "ask": True}, ["AG135"]),
        ({"kind": "bearer", "grant": "authorization_code", "per": "caller"}, ["AG135"]),
        ({"kind": "bearer", "per": "caller", "ask": True, "token": "${env:T}"}, ["AG135"]),
        ({"kind": "api_key", "header": "X", "per": "caller", "ask": True, "value": "${env:T}"}, ["AG135"]),
        ({"kind": "bearer", "token": "${env:T}", "pkce": False}, ["AG135"]),
        ({**HINT, "start": {"refresh": "${env:R}"}}, ["AG135"]),
        ({**HINT, "save": {"token": "$.token"}}, ["AG135"]),
        ({"kind": "bearer", "token": "${env:T}", "save": {"access": "$.token"}}, ["AG135"]),
        ({**HINT, "token_url": "http://id.example/token"}, ["AG137"]),
        ({**HINT, "authorization_url": "javascript:alert(1)"}, ["AG137"]),
        ({**HINT, "revocation_url": "https://u:p@id.example/revoke"}, ["AG137"]),
        ({**HINT, "issuer": "netatmo"}, ["AG137"]),
        ({**HINT, "issuer": "http://id.example"}, ["AG137"]),
        ({**HINT, "issuer": "https://id.example/?tenant=1"}, ["AG137"]),
        ({**HINT, "issuer": "https://id.example/#a"}, ["AG137"]),
    ],
)
def test_what_does_not_go_together_is_refused_at_its_line(
    tmp_path: Path, hint: dict[str, Any], codes: list[str]
) -> None:
    found = refused(tmp_path, hint)
    assert [code for code, _ in found] == codes
    assert all(line > 1 for _, line in found)


def test_addresses_that_nobody_says_are_asked_for(tmp_path: Path) -> None:
    assert [code for code, _ in refused(tmp_path, HINT, flow=None)] == ["AG136"]


@pytest.mark.parametrize("url", ["http://id.example/token", "https://169.254.169.254/token"])
def test_an_address_of_the_document_must_be_safe(tmp_path: Path, url: str) -> None:
    assert [code for code, _ in refused(tmp_path, HINT, flow={**FLOW, "tokenUrl": url})] == ["AG137"]


def plan(folder: Path, hints: dict[str, Any], **more: Any) -> Auth:
    """The auth of a document with ``more`` members, as the hints have it."""
    document = {"openapi": "3.1.0", "info": {"title": "Notes", "version": "1"}, "paths": {}, **more}
    (folder / "notes.yaml").write_text(yaml.safe_dump(document))
    (folder / "notes").mkdir(exist_ok=True)
    (folder / "notes" / "hints.yaml").write_text(yaml.safe_dump({"auth": {"notes": HINT}, **hints}))
    (auth,) = adaptgen.build(folder / "notes.yaml").plan.server.auth
    return auth


def components(**flow: Any) -> dict[str, Any]:
    flows = {"authorizationCode": {**FLOW, **flow}}
    return {"securitySchemes": {"notes": {"type": "oauth2", "flows": flows}}}


def operation(id: str, *ways: list[str]) -> dict[str, Any]:
    security = [{"notes": one} for one in ways]
    return {"operationId": id, "security": security, "responses": {"200": {"description": ""}}}


@pytest.mark.parametrize(
    ("server", "declared", "called"),
    [
        ("https://n.example/v1", "/v1/token", "/token"),
        ("https://n.example/v1", "/oauth/token", "https://n.example/oauth/token"),
        ("https://n.example/v1", "token", "/token"),
        ("https://n.example", "/oauth/token", "/oauth/token"),
        ("/api/v3", "/api/v3/token", "/token"),
        ("/api/v3", "/oauth/token", "/oauth/token"),
    ],
)
def test_a_relative_address_is_resolved_as_openapi_has_it(
    tmp_path: Path, server: str, declared: str, called: str
) -> None:
    given = components(tokenUrl=declared, authorizationUrl=declared.replace("token", "agree"))
    auth = plan(tmp_path, {}, servers=[{"url": server}], components=given, paths={"/me": {"get": operation("get_me")}})
    assert auth.consent is not None
    assert auth.consent.exchange is not None
    assert (auth.consent.exchange.call.path, auth.consent.authorization_url) == (
        called,
        called.replace("token", "agree"),
    )


def test_a_document_of_openid_connect_says_where_the_addresses_are(tmp_path: Path) -> None:
    url = "https://id.example/.well-known/openid-configuration"
    scheme = {"securitySchemes": {"who": {"type": "openIdConnect", "openIdConnectUrl": url}}}
    with pytest.raises(AdaptgenError) as caught:
        plan(tmp_path, {}, components=scheme, servers=[{"url": "https://n.example"}])
    (found,) = caught.value.diagnostics
    assert found.code == "AG136"
    assert f"{url} has them (authorization_endpoint, token_endpoint)" in found.help


def test_a_change_to_accounts_of_people_is_shown_as_one(tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    for folder, hint in ((before, {"kind": "bearer"}), (after, HINT)):
        folder.mkdir()
        build(folder, hint)
        for name, text in adaptgen.build(folder / "notes.yaml").files.items():
            path = folder / "generated" / "notes" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    told = [one for one in find_changes(str(before), str(after)) if one.kind == "account"]
    assert [(one.level, one.subject) for one in told] == [("breaking", "auth notes")]
    assert "calls fail until the caller has connected an account of its own" in told[0].text
    back = [one for one in find_changes(str(after), str(before)) if one.kind == "account"]
    assert [one.level for one in back] == ["review"]


@pytest.mark.parametrize(("url", "offered"), [("https://id.example/token", True), ("http://id.example/token", False)])
def test_the_draft_offers_what_a_hint_could_take(tmp_path: Path, url: str, offered: bool) -> None:
    build(tmp_path, {"kind": "bearer"}, {**FLOW, "tokenUrl": url})
    (tmp_path / "notes" / "hints.yaml").unlink()
    found = inspect(adaptgen.build(tmp_path / "notes.yaml")).findings
    assert [one.subject for one in found if one.rule == "account"] == ["notes"] * offered


def left_out(folder: Path, auth: dict[str, Any], **hints: Any) -> tuple[dict[str, Any], list[str]]:
    """What tools send, and what is said of it, of a document with several ways in."""
    ways = {
        "/me": [{"notes": ["me"], "gateway": []}],
        "/all": [{"notes": ["me"]}, {"token": []}],
        "/key": [{"gateway": []}],
        "/anyone": [{"notes": ["me"]}, {}],
    }
    schemes = {
        **components()["securitySchemes"],
        "token": {"type": "http", "scheme": "bearer"},
        "gateway": {"type": "apiKey", "in": "header", "name": "X-Gateway"},
    }
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Notes", "version": "1"},
        "servers": [{"url": "https://n.example"}],
        "components": {"securitySchemes": schemes},
        "paths": {
            path: {
                "get": {"operationId": f"get_{path[1:]}", "security": way, "responses": {"200": {"description": ""}}}
            }
            for path, way in ways.items()
        },
    }
    (folder / "notes.yaml").write_text(yaml.safe_dump(document))
    (folder / "notes").mkdir(exist_ok=True)
    (folder / "notes" / "hints.yaml").write_text(yaml.safe_dump({"auth": auth, **hints}))
    built = adaptgen.build(folder / "notes.yaml")
    sent = {tool.name: tool.auth for tool in built.plan.server.tools}
    return sent, [f"{one.severity}: {one.message}; {one.help}" for one in built.diagnostics if one.code == "AG039"]


def test_of_two_accounts_in_one_header_one_is_asked_for(tmp_path: Path) -> None:
    token = {"kind": "bearer", "per": "caller", "ask": True}
    key = {"kind": "api_key", "header": "X-Gateway", "value": "${env:KEY}"}
    sent, said = left_out(tmp_path, {"notes": HINT, "token": token, "gateway": key})
    assert sent == {
        "get_me": ("gateway", "notes"), "get_all": ("notes",), "get_key": ("gateway",), "get_anyone": ("notes",),
    }  # fmt: skip
    assert said == []


@pytest.mark.parametrize(
    ("flow", "lacking"),
    [
        ({"tokenUrl": None}, "the token_url of 'notes'"),
        ({"authorizationUrl": "javascript:alert(1)"}, "the authorization_url of 'notes'"),
        ({"tokenUrl": FLOW["authorizationUrl"]}, "the authorization_url and the token_url of 'notes'"),
    ],
)
def test_the_address_that_a_document_lacks_is_named(tmp_path: Path, flow: dict[str, Any], lacking: str) -> None:
    with pytest.raises(AdaptgenError) as caught:
        plan(tmp_path, {}, components=components(**flow), servers=[{"url": "https://n.example"}])
    assert [one.message for one in caught.value.diagnostics] == [f"the document does not say {lacking}"]
    hint = {**HINT, "token_url": "https://id.example/t", "authorization_url": "https://id.example/a"}
    assert plan(tmp_path, {"auth": {"notes": hint}}, components=components(**flow)).consent is not None


@pytest.mark.parametrize(
    ("written", "help"),
    [
        ("no", "write false, without quotes"),
        ("false", "write false, without quotes"),
        ("On", "write true, without quotes"),
        ("S265", "did you mean 'S256'?"),
        ("plain", "write one of these words"),
    ],
)
def test_a_flag_that_is_written_as_a_text_is_named(tmp_path: Path, written: str, help: str) -> None:
    with pytest.raises(AdaptgenError) as caught:
        build(tmp_path, {**HINT, "pkce": written})
    (one,) = caught.value.diagnostics
    assert (one.message, one.help) == (f"auth.notes.pkce must be S256, true or false, not {written!r}", help)


@pytest.mark.parametrize("hint", [HINT, {"kind": "api_key", "header": "X-Key", "per": "caller", "ask": True}])
@pytest.mark.parametrize("store", ["memory", "file"])
def test_accounts_in_the_memory_of_one_process_are_a_warning(tmp_path: Path, hint: dict[str, Any], store: str) -> None:
    build(tmp_path, {**hint, "store": store})
    warned = [one for one in adaptgen.build(tmp_path / "notes.yaml").diagnostics if "in the memory" in one.message]
    assert [(one.code, one.severity) for one in warned] == ([("AG039", "warning")] if store == "memory" else [])
