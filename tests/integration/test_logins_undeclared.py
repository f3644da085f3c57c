"""Small services whose login answers what their document does not declare, each called through a generated server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.generated import call, engine, generate
from support.web import Asked, Said, web

from adaptgen.readiness.doctor import Check, examine
from adaptgen.readiness.record import record
from adaptgen.transports.load import load_server

TEXT = {"type": "string"}
ITEM = {"type": "object", "properties": {"id": {"type": "integer"}, "name": TEXT}}
ENVIRON = {"SHOP_USERNAME": "svc", "SHOP_PASSWORD": "hunter22"}
CREDENTIALS = {"username": "svc", "password": "hunter22"}
DENIED = Said({"detail": "not logged in"}, 401)


def obj(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


def taking(schema: Any, media: str = "application/json") -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {media: {"schema": schema}}}}


def answering(schema: Any) -> dict[str, Any]:
    return {"responses": {"200": {"description": "ok", "content": {"application/json": {"schema": schema}}}}}


def document(login: dict[str, Any], path: str = "/login", **root: Any) -> bytes:
    made = {
        "openapi": "3.0.3",
        "info": {"title": "Shop", "version": "1"},
        "paths": {
            path: {
                "post": {"operationId": "login", "security": [], "responses": {"204": {"description": "ok"}}, **login}
            },
            "/items/{id}": {
                "get": {
                    "operationId": "get_item",
                    "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
                    **answering(ITEM),
                }
            },
            "/items": {"post": {"operationId": "add_item", **taking(obj(name=TEXT)), **answering(ITEM)}},
        },
        **root,
    }
    return json.dumps(made).encode()


async def use(folder: Path, spec: bytes, service: Callable[[Asked], Said], environ: dict[str, str] = ENVIRON) -> None:
    """Read and write through the generated server."""
    with web(service) as api:
        shop = engine(generate(folder, "shop", {"shop.json": spec}), {**environ, "SHOP_BASE_URL": api.url})
        try:
            assert (await call(shop, "get_item", id=1))[0] == {"id": 1, "name": "pen"}
            assert (await call(shop, "add_item", name="pen"))[0] == {"id": 1, "name": "pen"}
        finally:
            await shop.aclose()


PLAIN = taking(obj(username=TEXT, password=TEXT))
PEN = Said({"id": 1, "name": "pen"})


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "answer",
    [
        Said({"result": {"user": {"id": 7}, "access_token": "secret-token-number-1"}, "otp_token": "not-this-one"}),
        Said(b"secret-token-number-1", 200, {"Content-Type": "text/plain"}),
        Said({"ok": True}, 200, {"X-Auth-Token": "secret-token-number-1"}),
        Said({"token": {"id": 7}}, 201, {"X-Subject-Token": "secret-token-number-1"}),
        Said(b"", 204, {"Set-Cookie": "auth_token=secret-token-number-1; HttpOnly"}),
    ],
    ids=["a nested member", "the whole answer", "a header", "a header of its own", "a cookie"],
)
async def test_a_token_that_is_not_declared(tmp_path: Path, answer: Said) -> None:
    def service(asked: Asked) -> Said:
        if asked.path == "/login":
            return answer if asked.json() == CREDENTIALS else DENIED
        return PEN if asked.headers.get("authorization") == "Bearer secret-token-number-1" else DENIED

    await use(tmp_path, document(PLAIN), service)


@pytest.mark.asyncio
async def test_a_session_that_is_only_a_cookie(tmp_path: Path) -> None:
    def service(asked: Asked) -> Said:
        if asked.path == "/login":
            return Said(b"", 204, {"Set-Cookie": "sid=abc123def; Path=/"})
        return (
            PEN if asked.headers.get("cookie") == "sid=abc123def" and "authorization" not in asked.headers else DENIED
        )

    await use(tmp_path, document(PLAIN), service)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "answer",
    [
        Said({"authenticated": False}, 200, {"Set-Cookie": "visit=1; Path=/"}),
        Said(b"", 302, {"Set-Cookie": "visit=1; Path=/", "Location": "/login?error"}),
    ],
    ids=["a plain no", "back to the login"],
)
async def test_a_cookie_of_a_refused_login_is_no_session(tmp_path: Path, answer: Said) -> None:
    with web(lambda asked: answer if asked.path == "/login" else PEN) as api:
        shop = engine(generate(tmp_path, "shop", {"shop.json": document(PLAIN)}), {**ENVIRON, "SHOP_BASE_URL": api.url})
        try:
            for _ in range(2):
                with pytest.raises(AssertionError, match=r"was refused\. Check SHOP_PASSWORD and SHOP_USERNAME"):
                    await call(shop, "get_item", id=1)
        finally:
            await shop.aclose()
    assert [asked.path for asked in api.seen] == ["/login"], "it is not tried again"


@pytest.mark.asyncio
@pytest.mark.parametrize("member", [False, True])
async def test_a_csrf_token_is_sent_with_writes(tmp_path: Path, member: bool) -> None:
    def service(asked: Asked) -> Said:
        if asked.path == "/login":
            cookies = "sid=abc123def; Path=/" if member else "XSRF-TOKEN=forge%3D1; Path=/"
            return Said({"csrfToken": "forge=1"} if member else {"ok": True}, 200, {"Set-Cookie": cookies})
        sent = asked.headers.get("x-xsrf-token")
        return PEN if sent == ("forge=1" if asked.method == "POST" else None) else DENIED

    await use(tmp_path, document(PLAIN), service)


@pytest.mark.asyncio
async def test_a_login_in_a_nested_body(tmp_path: Path) -> None:
    """JSON:API: three levels, with a constant type."""
    attributes = obj(email=TEXT, password=TEXT)
    body = obj(data=obj(type={"type": "string", "enum": ["sessions"]}, attributes=attributes))
    wanted = {"data": {"type": "sessions", "attributes": {"email": "svc", "password": "hunter22"}}}

    def service(asked: Asked) -> Said:
        if asked.path == "/sessions":
            if asked.json() != wanted:
                return DENIED
            return Said({"data": {"type": "sessions", "attributes": {"token": "secret-token-number-1"}}})
        return PEN if asked.headers.get("authorization") == "Bearer secret-token-number-1" else DENIED

    await use(tmp_path, document(taking(body), "/sessions"), service)


@pytest.mark.asyncio
async def test_a_form_with_a_password_alone(tmp_path: Path) -> None:
    spec = document(taking({"type": "object", "properties": {"password": TEXT}}, "application/x-www-form-urlencoded"))

    def service(asked: Asked) -> Said:
        if asked.path == "/login":
            return Said({"authToken": "secret-token-number-1"}) if asked.body == b"password=hunter22" else DENIED
        return PEN if asked.headers.get("authorization") == "Bearer secret-token-number-1" else DENIED

    await use(tmp_path, spec, service, {"SHOP_PASSWORD": "hunter22"})


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Said({"status": "ok"}), "neither a token nor a cookie was found"),
        (Said({"mfa_required": True}), "a second step, such as a code by mail, which needs a person"),
    ],
)
async def test_nothing_found_is_said(tmp_path: Path, answer: Said, expected: str) -> None:
    asked: list[str] = []

    def service(request: Asked) -> Said:
        asked.append(request.path)
        return answer

    with pytest.raises(AssertionError, match=expected):
        await use(tmp_path, document(PLAIN), service)
    assert asked == ["/login"]


# ------------------------------------------------------------------------------------------- what the doctor tries


def examined(folder: Path, spec: bytes, service: Callable[[Asked], Said]) -> list[Check]:
    """What the doctor finds with the server that is generated from ``spec``."""
    package = generate(folder, "shop", {"shop.json": spec})
    with web(service) as api:
        environ = {**ENVIRON, "SHOP_BASE_URL": api.url, "ADAPTGEN_STATE": str(folder / "state")}
        return asyncio.run(examine(load_server(package), environ))


LIST = {"get": {"operationId": "list_items", **answering({"type": "array", "items": ITEM})}}


def with_list() -> bytes:
    made = json.loads(document(PLAIN))
    made["paths"]["/items"] |= LIST
    return json.dumps(made).encode()


@pytest.mark.parametrize("form", ["token", "Token token", "cookie"])
def test_the_doctor_tries_the_alternative(tmp_path: Path, form: str) -> None:
    """The document declares Basic, which the API refuses."""
    made = json.loads(document(PLAIN))
    made |= {"components": {"securitySchemes": {"b": {"type": "http", "scheme": "basic"}}}, "security": [{"b": []}]}
    made["paths"]["/items"] |= LIST

    def service(asked: Asked) -> Said:
        if asked.path == "/login":
            return Said(b"", 204, {"Set-Cookie": "sid=abcdef12"}) if form == "cookie" else Said({"key": "key-number-1"})
        if form == "cookie":
            return Said([PEN.body]) if asked.headers.get("cookie") == "sid=abcdef12" else DENIED
        return (
            Said([PEN.body]) if asked.headers.get("authorization") == form.replace("token", "key-number-1") else DENIED
        )

    checks = examined(tmp_path, json.dumps(made).encode(), service)
    (way,) = [one for one in checks if "the API accepts" in one.text]
    assert "POST /login" in way.text
    assert way.fix.startswith('auth: {shop_session: {kind: session, chain: [{id: login, call: "POST /login"')
    expected = {"token": '"{access}"', "Token token": '"Token {access}"', "cookie": '"Bearer {access}"'}[form]
    assert f"header: Authorization, as: {expected}" in way.fix
    (tmp_path / "specs" / "shop" / "hints.yaml").write_text(f"adaptgen: 1\n{way.fix}\n")
    again = examined(tmp_path, json.dumps(made).encode(), service)
    assert [one.text for one in again if one.ok is False] == []


@pytest.mark.asyncio
async def test_a_cookie_next_to_another_csrf_token_does_not_replace_it(tmp_path: Path) -> None:
    """The cookie holds the secret that the token is made from, and is renewed by each answer."""

    def service(asked: Asked) -> Said:
        if asked.path == "/login":
            return Said({"csrfToken": "made-from-it"}, 200, {"Set-Cookie": "_csrf=first; Path=/"})
        if asked.method == "GET":
            return Said(PEN.body, 200, {"Set-Cookie": "_csrf=second; Path=/"})
        return PEN if asked.headers.get("x-csrf-token") == "made-from-it" else DENIED

    await use(tmp_path, document(PLAIN), service)


@pytest.mark.asyncio
@pytest.mark.parametrize("value", ["two\r\nX-Lines: 1", "x" * 9000, "é"])
async def test_a_csrf_token_that_no_header_can_hold_is_none(tmp_path: Path, value: str) -> None:
    def service(asked: Asked) -> Said:
        if asked.path == "/login":
            return Said({"token": "secret-token-number-1", "csrf": value})
        return DENIED if "x-csrf-token" in asked.headers else PEN

    await use(tmp_path, document(PLAIN), service)


@pytest.mark.asyncio
async def test_a_step_after_a_login_that_gave_only_a_cookie(tmp_path: Path) -> None:
    made = json.loads(document(PLAIN))
    made["paths"]["/csrf"] = {"get": {"operationId": "csrf", **answering(obj(token=TEXT))}}

    def service(asked: Asked) -> Said:
        if asked.path == "/login":
            return Said(b"", 204, {"Set-Cookie": "sid=abc123def; Path=/"})
        if "authorization" in asked.headers or asked.headers.get("cookie") != "sid=abc123def":
            return DENIED
        if asked.path == "/csrf":
            return Said({"token": "forge-1"})
        return PEN if asked.method == "GET" or asked.headers.get("x-csrf-token") == "forge-1" else DENIED

    await use(tmp_path, json.dumps(made).encode(), service)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "answer",
    [
        Said(b"INVALID_CREDENTIALS", 200, {"Content-Type": "text/plain"}),
        Said(b"\xff" * 20, 200, {"Content-Type": "text/plain; charset=idna"}),
    ],
    ids=["a message", "a charset that cannot be read"],
)
async def test_an_answer_that_is_not_a_token(tmp_path: Path, answer: Said) -> None:
    with pytest.raises(AssertionError, match="neither a token nor a cookie"):
        await use(tmp_path, document(PLAIN), lambda asked: answer if asked.path == "/login" else PEN)


@pytest.mark.parametrize(
    "answer",
    [
        Said(b"secret-token-number-1", 200, {"Content-Type": "text/plain"}),
        Said({"ok": True}, 200, {"X-Auth-Token": "secret-token-number-1"}),
        Said({"token": "secret-token-number-1"}, 200, {"Set-Cookie": "sid=cookie-secret-1"}),
    ],
    ids=["the whole answer", "a header", "a member, and a cookie"],
)
def test_a_cassette_holds_no_token_that_was_searched_for(tmp_path: Path, answer: Said) -> None:
    package = generate(tmp_path, "shop", {"shop.json": with_list()})
    rolled = Said([PEN.body], 200, {"Set-Cookie": "sid=cookie-secret-2", "X-Auth-Token": "secret-token-number-2"})
    with web(lambda asked: answer if asked.path == "/login" else rolled) as api:
        made = asyncio.run(record(load_server(package), {**ENVIRON, "SHOP_BASE_URL": api.url}))
    text = made.cassettes["list_items"]
    assert [secret for secret in ("secret-token", "cookie-secret") if secret in text] == []
    # What the login returned is there, under another value, so that a replay can log in.
    assert "fake-secret-3" in text
    assert ("set-cookie" in text, "x-auth-token" in text) == (True, "X-Auth-Token" in answer.headers)


def test_the_doctor_sends_no_login_to_another_origin(tmp_path: Path) -> None:
    made = json.loads(with_list())
    made |= {"components": {"securitySchemes": {"b": {"type": "http", "scheme": "basic"}}}, "security": [{"b": []}]}
    made["servers"] = [{"url": "https://api.example.com"}]
    made["paths"]["/items"]["servers"] = [{"url": "https://other.example.com"}]
    asked: list[str] = []

    def elsewhere(one: Asked) -> Said:
        asked.append(one.headers.get("authorization", ""))
        return DENIED

    def home(one: Asked) -> Said:
        return Said({"token": "secret-token-number-1"}) if one.path == "/login" else DENIED

    package = generate(tmp_path, "shop", {"shop.json": json.dumps(made).encode()})
    with web(home) as api, web(elsewhere) as other:
        server = load_server(package)
        (name,) = [base.env for base in server.bases if base.name]
        environ = {**ENVIRON, "SHOP_BASE_URL": api.url, name: other.url, "ADAPTGEN_STATE": str(tmp_path / "state")}
        asyncio.run(examine(server, environ))
    assert asked
    assert [one for one in asked if "secret-token" in one] == []
