"""Small services with sessions that end, refuse and split in the ways that real ones do, from the document to the call:
each works, or the message names what to write."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.web import Asked, Said, Web, web

from adaptgen.cli import main
from adaptgen.runtime import LOCAL, Engine
from adaptgen.transports.load import load_server

TEXT = {"type": "string"}
ITEM = {"type": "object", "properties": {"id": {"type": "integer"}, "name": TEXT, "price": {"type": "number"}}}
LIST = {"type": "object", "properties": {"items": {"type": "array", "items": ITEM}}}
PAGE = b"<!doctype html><html><form action=/login><input name=user><input type=password name=p></form></html>"
HTML = {"Content-Type": "text/html; charset=utf-8"}
LOGIN = {
    "operationId": "login",
    "security": [],
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"type": "object", "required": ["username", "password"],
                           "properties": {"username": TEXT, "password": TEXT}}
            }
        },
    },
    "responses": {"200": {"description": "ok", "content": {"application/json": {"schema": {
        "type": "object", "properties": {"access_token": TEXT}}}}}},
}  # fmt: skip
BEARER = {"token": {"type": "http", "scheme": "bearer"}}


def answers(schema: Any) -> dict[str, Any]:
    return {"responses": {"200": {"description": "ok", "content": {"application/json": {"schema": schema}}}}}


PATHS: dict[str, Any] = {
    "/login": {"post": LOGIN},
    "/items": {
        "get": {"operationId": "list_items", **answers(LIST)},
        "post": {
            "operationId": "add_item",
            "requestBody": {"content": {"application/json": {"schema": ITEM}}},
            **answers(ITEM),
        },
    },
    "/items/{id}": {
        "get": {
            "operationId": "get_item",
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
            **answers(ITEM),
        }
    },
}


def document(paths: dict[str, Any] = PATHS, **root: Any) -> dict[str, Any]:
    made = {
        "openapi": "3.0.3",
        "info": {"title": "Shop", "version": "1"},
        "components": {"securitySchemes": BEARER},
        "security": [{"token": []}],
        "paths": paths,
    }
    return {**made, **root}


class Shop:
    """Issues numbered tokens and takes the last one; ``dead`` answers what comes with another."""

    def __init__(self, dead: Callable[[Asked], Said]) -> None:
        self.dead = dead
        self.number = 0
        self.written = 0

    def __call__(self, asked: Asked) -> Said:
        if asked.method == "POST" and asked.path.endswith("/login"):
            if asked.json() != {"username": "svc", "password": "hunter22"}:
                return Said({"success": False, "message": "Wrong password"})
            self.number += 1
            return Said({"access_token": f"token-number-{self.number}"})
        if asked.path.endswith("/login"):
            return Said(PAGE, 200, HTML)
        if asked.headers.get("authorization") != f"Bearer token-number-{self.number}":
            return self.dead(asked)
        if asked.method == "POST":
            self.written += 1
        one = {"id": 1, "name": "Ada", "price": 2.5}
        return Said({"items": [one]} if asked.path.endswith("/items") and asked.method == "GET" else one)


class Bench:
    """Servers built from documents, over services on loopback."""

    def __init__(self, folder: Path, stack: ExitStack, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.stack, self.capsys = folder, stack, capsys
        self.said = ""

    def serve(self, service: Callable[[Asked], Any]) -> Web:
        return self.stack.enter_context(web(service))

    def build(self, spec: dict[str, Any], hints: str = "", **others: dict[str, Any]) -> Path:
        (self.folder / "shop").mkdir(exist_ok=True)
        (self.folder / "shop.yaml").write_text(yaml.safe_dump(spec))
        for name, other in others.items():
            (self.folder / "shop" / f"{name}.yaml").write_text(yaml.safe_dump(other))
        (self.folder / "shop" / "hints.yaml").write_text(hints or "{}\n")
        code = main(["build", str(self.folder / "shop.yaml"), "--out", str(self.folder / "generated")])
        said = self.capsys.readouterr()
        self.said = said.out + said.err
        assert code == 0, self.said
        return self.folder / "generated" / "shop"

    def engine(self, folder: Path, **environ: str) -> Engine:
        return Engine(load_server(folder), environ=environ, state=self.folder / "state")


@pytest.fixture
def bench(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Bench]:
    with ExitStack() as stack:
        yield Bench(tmp_path, stack, capsys)


def calls(engine: Engine, *asked: tuple[str, dict[str, Any]]) -> list[tuple[bool, str]]:
    """Whether each call failed, and what it answered; a callable in the place of a call is called."""

    async def run() -> list[tuple[bool, str]]:
        found = []
        try:
            for name, given in asked:
                if callable(name):
                    name(**given)
                    continue
                answer = await engine.call(LOCAL, name, given)
                found.append((answer.is_error, answer.content[0].text))  # type: ignore[union-attr]
        finally:
            await engine.aclose()
        return found

    return asyncio.run(run())


ACCOUNT = {"SHOP_USERNAME": "svc", "SHOP_PASSWORD": "hunter22"}

DEAD: dict[str, Callable[[Asked], Said]] = {
    "200 in words": lambda _: Said({"status": "error", "message": "Your session has expired"}),
    "200 in a code": lambda _: Said({"errorCode": 40101, "error": "TOKEN_INVALID"}),
    "200 in another language": lambda _: Said({"code": -1, "msg": "请先登录"}),
    "200 with a login page": lambda _: Said(PAGE, 200, HTML),
    "403": lambda _: Said({"detail": "Authentication credentials were not provided."}, 403),
    "403 without a word": lambda _: Said(b"", 403),
    "403 with a page": lambda _: Said(b"<html><h1>Forbidden</h1></html>", 403, HTML),
    "redirect to a login page": lambda _: Said(b"", 302, {"Location": "/login"}),
    "redirect to a login elsewhere": lambda _: Said(b"", 302, {"Location": "https://sso.invalid/saml/login"}),
}


@pytest.mark.parametrize("how", DEAD)
def test_a_dead_session(bench: Bench, how: str, caplog: pytest.LogCaptureFixture) -> None:
    service = bench.serve(shop := Shop(DEAD[how]))
    engine = bench.engine(bench.build(document()), SHOP_BASE_URL=service.url, **ACCOUNT)

    def end() -> None:
        shop.number += 1

    with caplog.at_level(logging.WARNING, "adaptgen.runtime"):
        found = calls(
            engine, ("list_items", {}), (end, {}), ("get_item", {"id": 1}), (end, {}), ("list_items", {}),  # type: ignore[arg-type]
        )  # fmt: skip
    assert [failed for failed, _ in found] == [False, False, False], found
    assert '"Ada"' in found[1][1]
    lines = [one.getMessage() for one in caplog.records if "refused: [401, " in one.getMessage()]
    assert lines, "the operator is told the line"
    # The line is one that can be written as it stands.
    line = lines[0].rpartition("write in the hints: ")[2]
    bench.build(document(), f"{line}\n")
    assert f'refused: ["{how}"]' not in bench.said


@pytest.mark.parametrize("how", DEAD)
def test_a_change_in_a_dead_session_is_never_made_twice(bench: Bench, how: str) -> None:
    service = bench.serve(shop := Shop(DEAD[how]))
    engine = bench.engine(bench.build(document()), SHOP_BASE_URL=service.url, **ACCOUNT)

    def end() -> None:
        shop.number += 1

    found = calls(engine, ("list_items", {}), (end, {}), ("add_item", {"name": "x"}), ("add_item", {"name": "y"}))  # type: ignore[arg-type]
    (_, first), (failed_first, text), (failed_second, _) = found
    assert first
    assert shop.written == [failed_first, failed_second].count(False)
    if failed_first and how != "redirect to a login elsewhere" and "403" not in how:
        assert "was not repeated" in text


def test_a_login_that_is_refused_with_200(bench: Bench) -> None:
    service = bench.serve(Shop(DEAD["403"]))
    environ = {**ACCOUNT, "SHOP_PASSWORD": "hunter23"}
    engine = bench.engine(bench.build(document()), SHOP_BASE_URL=service.url, **environ)
    found = calls(engine, ("list_items", {}), ("list_items", {}), ("get_item", {"id": 1}))
    assert all(failed and "SHOP_PASSWORD and SHOP_USERNAME" in text for failed, text in found), found
    assert "Wrong password" in found[0][1]
    assert len(service.seen) == 1, "wrong credentials are tried once"


@pytest.mark.parametrize("status", [200, 403, 503])
def test_a_gateway_in_front(bench: Bench, status: int) -> None:
    page = b"<html><head><title>Access gateway</title></head><body>Request blocked. Ray ID 7f</body></html>"
    service = bench.serve(lambda asked: Said(page, status, HTML))
    engine = bench.engine(bench.build(document()), SHOP_BASE_URL=service.url, **ACCOUNT)
    found = calls(engine, *[("list_items", {})] * 5)
    assert all(failed for failed, _ in found)
    assert all("Ray ID" not in text for _, text in found)
    assert "page" in found[0][1] or "503" in found[0][1]
    assert "tried again in" in found[-1][1]
    assert len(service.seen) == 1, "it backs off"


def test_a_website_in_the_place_of_the_api(bench: Bench) -> None:
    page = b"<!DOCTYPE html><html><body><div id=root></div></body></html>"
    service = bench.serve(
        lambda asked: Said({"access_token": "t"}) if asked.method == "POST" else Said(page, 200, HTML)
    )
    engine = bench.engine(bench.build(document()), SHOP_BASE_URL=service.url, **ACCOUNT)
    (failed, text), (failed_too, text_too) = calls(engine, ("list_items", {}), ("get_item", {"id": 1}))
    assert failed
    assert failed_too
    assert "SHOP_BASE_URL" in text
    assert "SHOP_BASE_URL" in text_too


# ------------------------------------------------------------------------------------------------------- two bases


def billing(url: str, security: bool = True) -> dict[str, Any]:
    paths = {"/invoices": {"get": {"operationId": "list_invoices", **answers(LIST)}}}
    made = document(paths, servers=[{"url": url}])
    if not security:
        del made["security"], made["components"]
    return made


@pytest.mark.parametrize("security", [True, False])
def test_two_documents_of_one_origin_follow_one_base_url(bench: Bench, security: bool) -> None:
    service = bench.serve(shop := Shop(DEAD["403"]))
    hints = "documents: {billing: billing.yaml}\n"
    own = document(servers=[{"url": "https://shop.invalid/api"}])
    folder = bench.build(own, hints, billing=billing("https://shop.invalid/billing/v2", security))

    def answer(asked: Asked) -> Any:
        return {"items": []} if asked.path == "/billing/v2/invoices" else shop(asked)

    service.answer = answer
    engine = bench.engine(folder, SHOP_BASE_URL=f"{service.url}/api", **ACCOUNT)
    found = calls(engine, ("list_items", {}), ("list_invoices", {}))
    assert [failed for failed, _ in found] == [False, False], found
    assert [one.path for one in service.seen] == ["/api/login", "/api/items", "/billing/v2/invoices"]
    assert service.seen[-1].headers["authorization"] == "Bearer token-number-1"


def test_a_document_of_another_origin_gets_no_token_unless_the_hints_trust_it(bench: Bench) -> None:
    main_service = bench.serve(Shop(DEAD["403"]))

    def other(asked: Asked) -> Said:
        known = asked.headers.get("authorization", "").startswith("Bearer token-number")
        return Said({"items": []}) if known else Said({"message": "who are you?"}, 401)

    other_service = bench.serve(other)
    own = document(servers=[{"url": main_service.url}])
    documents = "documents: {billing: billing.yaml}\n"
    named = {**ACCOUNT, "SHOP_BASE_URL": main_service.url}
    engine = bench.engine(bench.build(own, documents, billing=billing(other_service.url)), **named)
    line = f"trusted_origins: [{other_service.url}]"
    assert line in bench.said, "the build names the line"
    (ok, _), (failed, _) = calls(engine, ("list_items", {}), ("list_invoices", {}))
    assert (ok, failed) == (False, True)
    assert all("authorization" not in one.headers for one in other_service.seen)
    trusted = bench.engine(
        bench.build(own, f"{documents}server: {{{line}}}\n", billing=billing(other_service.url)), **named
    )
    assert [failed for failed, _ in calls(trusted, ("list_invoices", {}))] == [False]


# -------------------------------------------------------------------------------------------- tokens of two kinds


def test_a_login_and_a_key_each_go_where_they_belong(bench: Bench) -> None:
    schemes = {**BEARER, "key": {"type": "apiKey", "in": "header", "name": "X-Report-Key"}}
    report = {"get": {"operationId": "list_reports", "security": [{"key": []}], **answers(LIST)}}
    spec = document({**PATHS, "/reports": report}, components={"securitySchemes": schemes})
    shop = Shop(DEAD["403"])

    def answer(asked: Asked) -> Any:
        if asked.path != "/reports":
            return shop(asked)
        good = asked.headers.get("x-report-key") == "key-of-reports"
        return Said({"items": []}) if good else Said({"message": "bad key"}, 401)

    service = bench.serve(answer)
    folder = bench.build(spec)
    good = bench.engine(folder, SHOP_BASE_URL=service.url, SHOP_API_KEY="key-of-reports", **ACCOUNT)
    assert [failed for failed, _ in calls(good, ("list_items", {}), ("list_reports", {}))] == [False, False]
    assert "authorization" not in service.seen[-1].headers
    wrong = bench.engine(folder, SHOP_BASE_URL=service.url, SHOP_API_KEY="key-of-others", **ACCOUNT)
    (ok, _), (failed, text) = calls(wrong, ("list_items", {}), ("list_reports", {}))
    assert (ok, failed) == (False, True)
    assert "SHOP_API_KEY" in text
    assert "SHOP_PASSWORD" not in text
    assert "key-of-others" not in text


def test_a_token_that_was_given_and_one_that_was_fetched(bench: Bench) -> None:
    service = bench.serve(shop := Shop(DEAD["403"]))
    shop.number = 5
    folder = bench.build(document())
    alone = bench.engine(folder, SHOP_BASE_URL=service.url, SHOP_TOKEN="token-number-5")
    dead = bench.engine(folder, SHOP_BASE_URL=service.url, SHOP_TOKEN="token-number-4")
    both = bench.engine(folder, SHOP_BASE_URL=service.url, SHOP_TOKEN="token-number-4", **ACCOUNT)
    assert [failed for failed, _ in calls(alone, ("list_items", {}))] == [False]
    ((failed, text),) = calls(dead, ("list_items", {}))
    assert failed
    assert "SHOP_TOKEN" in text
    assert "SHOP_PASSWORD and SHOP_USERNAME to log in" in text
    assert [failed for failed, _ in calls(both, ("list_items", {}))] == [False]


# ------------------------------------------------------------------------------------------------ no security at all


def test_operations_that_say_nothing_of_security_get_the_login(bench: Bench) -> None:
    paths = json.loads(json.dumps(PATHS))
    paths["/items"]["get"]["security"] = [{"token": []}]
    paths["/open"] = {"get": {"operationId": "get_open", "security": [], **answers(ITEM)}}
    spec = document(paths)
    del spec["security"]
    service = bench.serve(Shop(DEAD["403"]))
    folder = bench.build(spec)
    found = calls(bench.engine(folder, SHOP_BASE_URL=service.url, **ACCOUNT), ("get_item", {"id": 1}), ("get_open", {}))
    assert [failed for failed, _ in found] == [False, False], found
    sent = [(one.path, "authorization" in one.headers) for one in service.seen]
    assert sent == [("/login", False), ("/items/1", True), ("/open", False), ("/open", True)]


@pytest.mark.parametrize(
    ("hints", "expected"),
    [
        ("auth: {s: {kind: session, chain: [{id: a, call: POST /login, with: {username: u}, save: {t: $.access_token}}"
         "], send: [{header: Authorization, as: 'Bearer {t}'}]}}", "requires 'password', but nothing fills it"),
        ("auth: {s: {kind: session, chain: [{id: a, call: POST /login, with: {username: u, password: '${env:P}'}, "
         "save: {t: $.access_token}}]}}", "sends nothing with its requests"),
    ],
)  # fmt: skip
def test_a_login_that_cannot_work_is_an_error_of_the_build(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], hints: str, expected: str
) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop.yaml").write_text(yaml.safe_dump(document()))
    (tmp_path / "shop" / "hints.yaml").write_text(f"{hints}\n")
    assert main(["build", str(tmp_path / "shop.yaml"), "--out", str(tmp_path / "generated")]) == 2
    assert expected in capsys.readouterr().err


# --------------------------------------------------------------------------------------------------------- the doctor


@pytest.fixture
def doctor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    def run(folder: Path, **environ: str) -> tuple[int, str]:
        for name, value in {"ADAPTGEN_STATE": str(tmp_path / "state"), **environ}.items():
            monkeypatch.setenv(name, value)
        code = main(["doctor", str(folder)])
        return code, capsys.readouterr().out

    return run


def test_the_doctor_reads_one_operation_of_each_kind_of_security(bench: Bench, doctor: Callable[..., Any]) -> None:
    schemes = {**BEARER, "key": {"type": "apiKey", "in": "header", "name": "X-Report-Key"}}
    paths = {
        **PATHS,
        "/reports": {"get": {"operationId": "list_reports", "security": [{"key": []}], **answers(LIST)}},
        "/open": {"get": {"operationId": "get_open", "security": [], **answers(ITEM)}},
    }
    service = bench.serve(Shop(DEAD["403"]))
    folder = bench.build(document(paths, components={"securitySchemes": schemes}))
    code, text = doctor(folder, SHOP_BASE_URL=service.url, SHOP_API_KEY="wrong-key-1", **ACCOUNT)
    assert code == 1
    assert "ok     read         list_items" in text
    assert "wrong  read         list_reports" in text
    assert "open: GET" in text


def test_the_doctor_counts_the_logins_of_its_earlier_runs(bench: Bench, doctor: Callable[..., Any]) -> None:
    service = bench.serve(lambda asked: Said({"message": "wrong password"}, 401))
    folder = bench.build(document())
    for _ in range(5):
        code, text = doctor(folder, SHOP_BASE_URL=service.url, SHOP_USERNAME="svc", SHOP_PASSWORD="a-wrong-one")
        assert code == 1
    assert len(service.seen) <= 3
    assert "tried again in" in text
    service.answer = Shop(DEAD["403"])
    assert doctor(folder, SHOP_BASE_URL=service.url, **ACCOUNT)[0] == 0, "another password is tried at once"


def test_the_doctor_is_content_with_a_token(bench: Bench, doctor: Callable[..., Any]) -> None:
    service = bench.serve(shop := Shop(DEAD["403"]))
    shop.number = 1
    code, text = doctor(bench.build(document()), SHOP_BASE_URL=service.url, SHOP_TOKEN="token-number-1")
    assert code == 0, text
    assert "token-number" not in text
