"""Operations that say nothing of security, documents of one origin, and credentials that stay where they belong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from adaptgen.model.tables import Server
from adaptgen.plan import plan
from adaptgen.runtime.calls import Execution
from adaptgen.source import read_hints, read_under

OK: dict[str, Any] = {"responses": {"200": {"description": "ok"}}}
BEARER = {"type": "http", "scheme": "bearer"}


def get(**more: Any) -> dict[str, Any]:
    return {"get": {**OK, **more}}


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
