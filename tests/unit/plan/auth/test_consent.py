"""Hints of accounts that callers connect themselves: what the document adds, and what is refused, at its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

import adaptgen
from adaptgen.compare.inputs import find_changes
from adaptgen.diagnostics import AdaptgenError
from adaptgen.model.tables import Auth, Expires, Send
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


def test_two_accounts_at_an_api_have_titles_of_their_own(tmp_path: Path) -> None:
    build(tmp_path, HINT)
    by_key = {"kind": "api_key", "header": "X-Key", "per": "caller", "ask": True}
    hints = {"auth": {"notes": HINT, "by_key": by_key, "named": {**by_key, "title": "Keys"}}}
    (tmp_path / "notes" / "hints.yaml").write_text(yaml.safe_dump(hints))
    made = adaptgen.build(tmp_path / "notes.yaml").plan.server.auth
    titles = {one.name: one.consent.title for one in made if one.consent is not None}
    assert titles == {"notes": "Notes of people: notes", "by_key": "Notes of people: by_key", "named": "Keys"}


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
    assert (auth.consent.exchange.call.path, auth.consent.authorization_url) == ("/token", "/authorize")


@pytest.mark.parametrize(
    ("more", "send", "sent"),
    [
        ({}, (), {"client_id": "me"}),
        (
            {"client_secret": "${env:S}"},
            (Send("header", "Authorization", "me:${env:S}", basic=True, encoded=True),),
            {},
        ),
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


def test_tokens_are_asked_for_and_read_as_the_hints_say(tmp_path: Path) -> None:
    read = {"access": "$.data.token"}
    auth = build(tmp_path, {**HINT, "body_format": "json", "save": read, "expires": {"at": "$.until", "unit": "iso"}})
    assert auth.consent is not None
    for login in (auth.consent.exchange, auth.refresh):
        assert login is not None
        assert login.call.body is not None
        assert login.call.body.media == "application/json"
        assert login.save == {"access": "$.data.token", "refresh": "$.refresh_token"}
        assert login.expires == Expires(at="$.until", unit="iso")


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


@pytest.mark.parametrize("word", ["user", "person", "sub"])
def test_another_word_for_the_caller_does_not_lead_to_a_shared_session(tmp_path: Path, word: str) -> None:
    with pytest.raises(AdaptgenError) as caught:
        build(tmp_path, {**HINT, "per": word})
    assert "did you mean 'caller'?" in [one.help for one in caught.value.diagnostics]


def test_addresses_that_nobody_says_are_asked_for(tmp_path: Path) -> None:
    assert [code for code, _ in refused(tmp_path, HINT, flow=None)] == ["AG136"]


@pytest.mark.parametrize("url", ["http://id.example/token", "https://169.254.169.254/token"])
def test_an_address_of_the_document_must_be_safe(tmp_path: Path, url: str) -> None:
    assert [code for code, _ in refused(tmp_path, HINT, flow={**FLOW, "tokenUrl": url})] == ["AG137"]


def test_a_hostile_document_gets_nothing_into_a_template(tmp_path: Path) -> None:
    flow = {**FLOW, "scopes": {"${env:SECRET}": "", "a b": "", "ok": ""}, "tokenUrl": "https://id.example/{code}"}
    assert [code for code, _ in refused(tmp_path, HINT, flow=flow)] == ["AG136"]


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


SCOPED = {
    "/notes": {
        "get": operation("list_notes", ["all"], ["notes", "extra"], ["notes"]),
        "delete": operation("delete_notes", ["admin"]),
    },
    "/me": {"get": operation("get_me", ["me"], ["all"])},
    "/people": {"get": operation("list_people", ["me", "people"])},
}


def test_of_several_ways_in_one_is_asked_for(tmp_path: Path) -> None:
    consent = plan(tmp_path, {}, paths=SCOPED, components=components(), servers=[{"url": "https://n.example"}]).consent
    assert consent is not None
    assert consent.scopes == ("admin", "all", "me", "people")  # no "notes": one of the two is enough


def test_scopes_of_hidden_operations_are_asked_for_where_a_tool_has_them(tmp_path: Path) -> None:
    given = {"paths": SCOPED, "components": components(), "servers": [{"url": "https://n.example"}]}
    consent = plan(tmp_path, {"hide": ["DELETE /*", "GET /people"]}, **given).consent
    assert consent is not None
    assert consent.scopes == ("all", "me")
    steps = [{"id": "found", "call": "GET /people"}]
    tool = {"description": "People.", "steps": steps, "result": "{found}"}
    consent = plan(tmp_path, {"hide": ["DELETE /*", "GET /people"], "tools": {"who": tool}}, **given).consent
    assert consent is not None
    assert consent.scopes == ("all", "me", "people")


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


KEY_LEFT_OUT = (
    "the document asks for 'gateway', which the hints leave out; "
    "add gateway to auth; with per: caller and ask: true it is each caller's"
)


def test_a_credential_that_the_hints_leave_out_is_named(tmp_path: Path) -> None:
    sent, said = left_out(tmp_path, {"notes": HINT})
    assert set(sent.values()) == {("notes",)}
    assert said == [f"warning: GET /key and 1 more: {KEY_LEFT_OUT}"]
    assert left_out(tmp_path, {"notes": HINT}, hide=["GET /key"])[1] == [f"warning: GET /me: {KEY_LEFT_OUT}"]
    key = {"kind": "api_key", "header": "X-Gateway", "value": "${env:KEY}"}
    sent, said = left_out(tmp_path, {"notes": HINT, "gateway": key})
    assert (sent["get_me"], sent["get_key"], said) == (("gateway", "notes"), ("gateway",), [])


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


def test_the_name_of_an_auth_is_explained_as_one(tmp_path: Path) -> None:
    with pytest.raises(AdaptgenError) as caught:
        build(tmp_path, HINT, name="My Auth")
    (one,) = caught.value.diagnostics
    assert one.message == "auth.My Auth: 'My Auth' is not a name of letters, digits and _, such as crm_login"
    assert one.help == (
        "name the auth with letters, digits and _, as adaptgen build shows a security scheme: My Auth is my_auth"
    )


@pytest.mark.parametrize("hint", [HINT, {"kind": "api_key", "header": "X-Key", "per": "caller", "ask": True}])
@pytest.mark.parametrize("store", ["memory", "file"])
def test_accounts_in_the_memory_of_one_process_are_a_warning(tmp_path: Path, hint: dict[str, Any], store: str) -> None:
    build(tmp_path, {**hint, "store": store})
    warned = [one for one in adaptgen.build(tmp_path / "notes.yaml").diagnostics if "in the memory" in one.message]
    assert [(one.code, one.severity) for one in warned] == ([("AG039", "warning")] if store == "memory" else [])
