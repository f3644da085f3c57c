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


def params(auth: Auth) -> dict[str, Any]:
    assert auth.consent is not None
    assert auth.consent.exchange is not None
    body = auth.consent.exchange.call.body
    assert body is not None
    return {one.name: one.value for one in body.params}


def test_addresses_and_scopes_come_from_the_document(tmp_path: Path) -> None:
    auth = build(tmp_path, HINT)
    consent = auth.consent
    assert consent is not None
    assert (auth.kind, auth.per, auth.store, auth.chain) == ("oauth2", "caller", "state", ())
    assert (consent.authorization_url, consent.scopes) == ("https://id.example/authorize", ("notes.read",))
    assert consent.client_id == "${env:NOTES_CLIENT_ID}"
    assert consent.title == "Notes of people"
    assert auth.send == (Send("header", "Authorization", "Bearer {access}"),)
    assert auth.refresh is not None
    assert auth.refresh.call.path == "https://id.example/token"
    assert params(auth) == {
        "grant_type": "authorization_code", "code": "{code}", "redirect_uri": "{redirect_uri}",
        "code_verifier": "{verifier}", "client_id": "${env:NOTES_CLIENT_ID}",
    }  # fmt: skip


def test_hints_win_over_the_document(tmp_path: Path) -> None:
    hint = {**HINT, "token_url": "https://other.example/token", "scopes": ["a", "b"], "title": "My notes"}
    auth = build(tmp_path, hint, {**FLOW, "refreshUrl": "https://id.example/renew"})
    assert auth.consent is not None
    assert auth.consent.scopes == ("a", "b")
    assert auth.consent.title == "My notes"
    assert auth.refresh is not None
    assert auth.refresh.call.path == "https://other.example/token"  # not the document's: they belong together


def test_a_token_endpoint_of_the_api_moves_along_with_it(tmp_path: Path) -> None:
    flow = {**FLOW, "tokenUrl": "https://notes.example/v1/token", "authorizationUrl": "/v1/authorize"}
    auth = build(tmp_path, HINT, flow)
    assert auth.consent is not None
    assert auth.consent.exchange is not None
    assert (auth.consent.exchange.call.path, auth.consent.authorization_url) == ("/token", "/v1/authorize")


@pytest.mark.parametrize(
    ("more", "send", "sent"),
    [
        ({}, (), {"client_id": "me"}),
        ({"client_secret": "${env:S}"}, (Send("header", "Authorization", "me:${env:S}", basic=True),), {}),
        ({"client_secret": "${env:S}", "client_auth": "post"}, (), {"client_id": "me", "client_secret": "${env:S}"}),
    ],
)
def test_the_client_proves_itself(tmp_path: Path, more: dict[str, str], send: Any, sent: dict[str, str]) -> None:
    auth = build(tmp_path, {**HINT, "client_id": "me", "revocation_url": "https://id.example/revoke", **more})
    assert auth.consent is not None
    for login in (auth.consent.exchange, auth.consent.revoke, auth.refresh):
        assert login is not None
        assert login.send == send
        assert login.call.body is not None
        own = {one.name: one.value for one in login.call.body.params if one.name.startswith("client_")}
        assert own == sent


def test_a_resource_is_asked_for_at_both_endpoints(tmp_path: Path) -> None:
    auth = build(tmp_path, {**HINT, "resource": "https://notes.example/v1", "audience": "notes", "pkce": False})
    assert auth.consent is not None
    assert auth.consent.params == {"audience": "notes", "resource": "https://notes.example/v1"}
    assert params(auth)["resource"] == "https://notes.example/v1"
    assert "code_verifier" not in params(auth)


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
        ({**HINT, "token_url": "http://id.example/token"}, ["AG137"]),
        ({**HINT, "authorization_url": "javascript:alert(1)"}, ["AG137"]),
        ({**HINT, "revocation_url": "https://u:p@id.example/revoke"}, ["AG137"]),
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


def test_a_hostile_document_gets_nothing_into_a_template(tmp_path: Path) -> None:
    flow = {**FLOW, "scopes": {"${env:SECRET}": "", "a b": "", "ok": ""}, "tokenUrl": "https://id.example/{code}"}
    assert [code for code, _ in refused(tmp_path, HINT, flow=flow)] == ["AG136"]


def test_the_readme_says_how_to_connect(tmp_path: Path) -> None:
    build(tmp_path, HINT)
    text = adaptgen.build(tmp_path / "notes.yaml").files["README.md"]
    assert "Each caller acts with its own account of Notes of people." in text
    assert "adaptgen connect generated/notes --auth notes" in text


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
