"""Operations that say nothing of security, documents of one origin, and credentials that stay where they belong."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from adaptgen.model.tables import Base, Server
from adaptgen.plan import plan
from adaptgen.plan.auth import AuthPlan
from adaptgen.plan.auth.plan import find_auth
from adaptgen.runtime.calls import Execution
from adaptgen.source import read_hints, read_under
from adaptgen.source.hints.model import EMPTY, Hints

OK: dict[str, Any] = {"responses": {"200": {"description": "ok"}}}
BEARER = {"type": "http", "scheme": "bearer"}
KEY = {"type": "apiKey", "in": "header", "name": "X-Key"}


def found(api: SimpleNamespace, paths: dict[str, Any], schemes: dict[str, Any], **root: Any) -> AuthPlan:
    made, operations = api.document(paths, components={"securitySchemes": schemes}, **root)
    return find_auth(made, list(operations.values()), root.get("hints", EMPTY), "crm")


def names(made: AuthPlan) -> dict[str, tuple[str, ...]]:
    return {key.split("/")[2].replace("~1", "/"): value for key, value in made.by_operation.items()}


def get(**more: Any) -> dict[str, Any]:
    return {"get": {**OK, **more}}


@pytest.mark.parametrize("said", [{}, {"security": [{}]}, {"security": [{"unknown": []}]}])
def test_what_says_nothing_gets_the_one_way_in(api: SimpleNamespace, said: dict[str, Any]) -> None:
    paths = {"/a": get(security=[{"b": []}]), "/c": get(**said), "/d": get(**said), "/open": get(security=[])}
    made = found(api, paths, {"b": BEARER})
    assert names(made) == {"/a": ("b",), "/c": ("b",), "/d": ("b",)}
    assert {one.rpartition("/paths/")[2] for one in made.unsaid} == {"~1c/get", "~1d/get"}


def test_the_one_way_in_may_be_a_login(api: SimpleNamespace) -> None:
    paths = {"/login": {"post": api.login()}, "/a": get(security=[{"b": []}]), **{f"/r{n}": get() for n in range(9)}}
    made = found(api, paths, {"b": BEARER})
    assert set(names(made).values()) == {("crm_session",)}
    assert len(made.by_operation) == 10


def test_of_several_ways_none_is_guessed(api: SimpleNamespace) -> None:
    paths = {"/a": get(security=[{"b": []}]), "/b": get(security=[{"k": []}]), "/c": get()}
    assert "/c" not in names(found(api, paths, {"b": BEARER, "k": KEY}))


def test_another_server_gets_no_credential_that_is_not_its_own(api: SimpleNamespace) -> None:
    other = [{"url": "https://files.example"}]
    paths = {"/a": get(security=[{"b": []}]), "/f": {**get(security=[{"b": []}]), "servers": other}}
    made = found(api, paths, {"b": BEARER}, servers=[{"url": "https://api.example/v1"}])
    assert names(made) == {"/a": ("b",)}
    (note,) = made.diagnostics
    assert (note.code, note.severity) == ("AG027", "warning")
    assert "trusted_origins: [https://files.example]" in note.help


@pytest.mark.parametrize("trusted", ["https://files.example", "HTTPS://files.example:443/"])
def test_the_hints_may_trust_it(api: SimpleNamespace, trusted: str) -> None:
    other = [{"url": "https://files.example"}]
    paths = {"/a": get(security=[{"b": []}]), "/f": {**get(security=[{"b": []}]), "servers": other}}
    made, operations = api.document(
        paths, components={"securitySchemes": {"b": BEARER}}, servers=[{"url": "https://api.example/v1"}]
    )
    hints = Hints(trusted_origins=(trusted,))
    assert set(names(find_auth(made, list(operations.values()), hints, "crm"))) == {"/a", "/f"}


def test_another_path_of_the_same_origin_is_the_same_server(api: SimpleNamespace) -> None:
    paths = {"/a": get(security=[{"b": []}]), "/f": {**get(), "servers": [{"url": "https://API.example:443/v2"}]}}
    made = found(api, paths, {"b": BEARER}, servers=[{"url": "https://api.example/v1"}])
    assert set(names(made)) == {"/a", "/f"}


def test_a_credential_that_only_another_server_takes_is_its_own(api: SimpleNamespace) -> None:
    other = [{"url": "https://files.example"}]
    paths = {"/a": get(security=[{"k": []}]), "/f": {**get(security=[{"b": []}]), "servers": other}}
    made = found(api, paths, {"b": BEARER, "k": KEY}, servers=[{"url": "https://api.example/v1"}])
    assert names(made) == {"/a": ("k",), "/f": ("b",)}


# ------------------------------------------------------------------------------------------------ several documents


def joined(folder: Path, main: str, other: str, hints: str = "", **said: Any) -> Server:
    for name, url in (("main", main), ("billing", other)):
        spec = {
            "openapi": "3.0.3", "info": {"title": name, "version": "1"}, "servers": [{"url": url}],
            "components": {"securitySchemes": {"b": BEARER}}, "security": [{"b": []}],
            "paths": {f"/{name}": {"get": OK}},
        }  # fmt: skip
        (folder / f"{name}.yaml").write_text(yaml.safe_dump({**spec, **(said.get(name) or {})}))
    (folder / "hints.yaml").write_text(f"documents: {{billing: billing.yaml}}\n{hints}")
    read = read_hints(folder / "hints.yaml")
    return plan(read_under(folder / "main.yaml", read), read, "shop")[0].server


def where(server: Server, **environ: str) -> dict[str, str]:
    execution = Execution(server, environ, None, None)
    return {tool.call.path: execution.base(tool.call.base) for tool in server.tools if tool.call is not None}


@pytest.mark.parametrize(
    ("environ", "main", "billing"),
    [
        ({}, "https://shop.example/v1", "https://shop.example/billing/v2"),
        ({"SHOP_BASE_URL": "http://127.0.0.1:9/v1"}, "http://127.0.0.1:9/v1", "http://127.0.0.1:9/billing/v2"),
        ({"SHOP_BASE_URL": "http://t.example/x/v1/"}, "http://t.example/x/v1", "http://t.example/x/billing/v2"),
        ({"SHOP_BASE_URL": "http://t.example"}, "http://t.example", "http://t.example/billing/v2"),
        (
            {"SHOP_BILLING_BASE_URL": "http://t.example/billing/v2"},
            "http://t.example/v1",
            "http://t.example/billing/v2",
        ),
        (
            {"SHOP_BASE_URL": "http://a.example", "SHOP_BILLING_BASE_URL": "http://b.example"},
            "http://a.example",
            "http://b.example",
        ),
    ],
)
def test_documents_of_one_origin_follow_one_base_url(
    tmp_path: Path, environ: dict[str, str], main: str, billing: str
) -> None:
    server = joined(tmp_path, "https://shop.example/v1", "https://shop.example/billing/v2")
    assert where(server, **environ) == {"/main": main, "/billing": billing}
    assert all(tool.auth == ("b",) for tool in server.tools)


def test_documents_of_other_origins_stay_where_they_are(tmp_path: Path) -> None:
    server = joined(tmp_path, "https://shop.example/v1", "https://billing.example/v2")
    found = where(server, SHOP_BASE_URL="http://127.0.0.1:9")
    assert found == {"/main": "http://127.0.0.1:9", "/billing": "https://billing.example/v2"}
    assert {tool.call.path: tool.auth for tool in server.tools if tool.call} == {"/main": ("b",), "/billing": ()}


@pytest.mark.parametrize(
    "hint",
    [
        "server: {trusted_origins: [https://billing.example]}",
        "documents: {billing: {file: billing.yaml, base_url: https://billing.example/v2}}",
        'auth: {b: {kind: bearer, token: "${env:T}"}}',
    ],
)
def test_a_hint_says_that_both_belong_together(tmp_path: Path, hint: str) -> None:
    if hint.startswith("documents"):
        server = joined(tmp_path, "https://shop.example/v1", "https://billing.example/v2")
        (tmp_path / "hints.yaml").write_text(hint)
        read = read_hints(tmp_path / "hints.yaml")
        server = plan(read_under(tmp_path / "main.yaml", read), read, "shop")[0].server
    else:
        server = joined(tmp_path, "https://shop.example/v1", "https://billing.example/v2", hint)
    assert {tool.call.path: tool.auth for tool in server.tools if tool.call} == {"/main": ("b",), "/billing": ("b",)}


@pytest.mark.parametrize(("origin", "auth"), [("https://shop.example", ("b",)), ("https://billing.example", ())])
def test_a_document_without_security_gets_the_login_of_its_own_origin_only(
    tmp_path: Path, origin: str, auth: tuple[str, ...]
) -> None:
    silent = {"security": None, "components": {}}
    server = joined(tmp_path, "https://shop.example/v1", f"{origin}/v2", billing=silent)
    assert {tool.call.path: tool.auth for tool in server.tools if tool.call} == {"/main": ("b",), "/billing": auth}


def test_bases_of_servers_generated_before_stay_as_they_are() -> None:
    bases = (Base("https://a.example", "A_URL"), Base("https://a.example/b", "B_URL", "b"))
    execution = Execution(Server(name="old", bases=bases), {"A_URL": "http://t.example"}, None, None)
    assert (execution.base(""), execution.base("b")) == ("http://t.example", "https://a.example/b")


@pytest.mark.parametrize(
    ("url", "called"),
    [
        ("https://api.example/v1/oauth/token", "/oauth/token"),
        ("https://api.example/oauth/token", "https://api.example/oauth/token"),
        ("https://idp.example/v1/token", "https://idp.example/v1/token"),
        ("https://api.example/v11/token", "https://api.example/v11/token"),
    ],
)
def test_a_token_url_below_the_base_url_goes_where_the_base_goes(api: SimpleNamespace, url: str, called: str) -> None:
    oauth = {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": url, "scopes": {}}}}
    made = found(api, {"/a": get(security=[{"o": []}])}, {"o": oauth}, servers=[{"url": "https://api.example/v1/"}])
    assert made.auths[0].chain[0].call.path == called
