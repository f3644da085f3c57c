"""The lock keeps the names of tools; a rename serves the earlier name on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from adaptgen.cli import main
from adaptgen.diagnostics import AdaptgenError
from adaptgen.output import lock
from adaptgen.transports.load import load_server

POLICY = 'permit (principal, action == Action::"shop__get_info", resource);\n'


def answer(schema: dict[str, Any]) -> dict[str, Any]:
    return {"responses": {"200": {"description": "ok", "content": {"application/json": {"schema": schema}}}}}


RECORD = {"type": "object", "properties": {"id": {"type": "integer"}, "name": {"type": "string"}}}
PATHS: dict[str, Any] = {
    "/orders": {"get": answer({"type": "array", "items": RECORD})},
    "/system/info": {"get": answer(RECORD)},
}


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "specs" / "shop").mkdir(parents=True)
    return tmp_path


def build(paths: dict[str, Any], *options: str, hints: str = "") -> dict[str, tuple[str, ...]]:
    """Name -> earlier names of each tool that a build gives."""
    info = {"title": "Shop", "version": "1"}
    root = {"openapi": "3.0.3", "info": info, "servers": [{"url": "https://shop.example"}], "paths": paths}
    Path("specs/shop.json").write_text(json.dumps(root))
    if hints:
        Path("specs/shop/hints.yaml").write_text(hints)
    assert main(["build", "specs/shop.json", "--quiet", *options]) == 0
    return {tool.name: tool.aliases for tool in load_server(Path("generated/shop")).tools}


def rewrite_lock(names: dict[str, Any]) -> None:
    path = Path("generated/shop") / lock.NAME
    path.write_text(json.dumps({**json.loads(path.read_text()), "names": names}))


def test_a_name_that_the_hints_give_to_another_operation_is_theirs(
    workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its policies would mean another operation from now on, so the build says it."""
    build(PATHS)
    hints = "tools:\n  get_system_info: {call: GET /orders}\n"
    assert build(PATHS, hints=hints) == {"get_system_info": ("list_orders",), "get_system_info_by_get": ()}
    said = capsys.readouterr().err
    assert "specs/shop/hints.yaml:2:3: warning AG038: 'get_system_info' was the tool of GET /system/info" in said


def test_a_lock_of_before_without_names_keeps_those_of_the_tables(workplace: Path) -> None:
    build(PATHS)
    text = json.loads(Path("generated/shop/adaptgen.lock").read_text())
    del text["names"]
    Path("generated/shop/adaptgen.lock").write_text(json.dumps(text))
    record = {**PATHS, "/orders": {"get": answer(RECORD)}}
    assert build(record) == {"list_orders": (), "get_system_info": ()}


@pytest.mark.parametrize(
    "names",
    [{"GET /orders": "a b"}, {"GET /orders": "x", "GET /system/info": "X"}, {"GET /orders": []}, {"GET /orders": 3},
     {"GET /orders": ["x", 3]}, ["x"], {"GET /orders": "../x"}],
)  # fmt: skip
def test_names_that_no_tool_can_have_are_refused(workplace: Path, names: Any) -> None:
    build(PATHS)
    rewrite_lock(names)
    with pytest.raises(AdaptgenError, match="AG050"):
        lock.read(Path("generated/shop"))


def test_policies_hold_for_the_new_name_and_the_build_says_so(
    workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("cedarpy")
    build(PATHS)
    rewrite_lock({"GET /orders": "list_orders", "GET /system/info": "get_info"})
    policies = Path("specs/shop/policies")
    policies.mkdir()
    (policies / "own.cedar").write_text(POLICY)
    assert build(PATHS) == {"list_orders": (), "get_info": ()}
    capsys.readouterr()
    assert build(PATHS, "--rename") == {"list_orders": (), "get_system_info": ("get_info",)}
    said = capsys.readouterr().err
    assert (
        "the policies name shop__get_info, which is now shop__get_system_info: they also apply to shop__get_system_info"
        in said
    )


def test_explain_and_init_have_the_names_that_are_served(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    build(PATHS)
    capsys.readouterr()
    assert main(["explain", "generated/shop", "list_orders"]) == 0
    reasons = capsys.readouterr().out
    build(PATHS)
    capsys.readouterr()
    assert main(["explain", "generated/shop", "list_orders"]) == 0
    assert capsys.readouterr().out == reasons
    rewrite_lock({"GET /orders": "find_orders"})
    build(PATHS)
    capsys.readouterr()

    assert main(["explain", "generated/shop", "find_orders", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["tools"][0]["name"]["value"] == "find_orders"
    assert main(["explain", "generated/shop", "find_orders"]) == 0
    assert "adaptgen.lock keeps the name that it had" in capsys.readouterr().out
    assert main(["init", "specs/shop.json"]) == 0
    assert "list_orders" not in Path("specs/shop/hints.yaml").read_text()


def test_diff_has_the_names_that_are_served(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    build(PATHS)
    rewrite_lock({"GET /orders": "find_orders"})
    build(PATHS)
    Path("specs/shop/policies").mkdir()
    Path("specs/shop/policies/own.cedar").write_text(
        'permit (principal, action == Action::"shop__find_orders", resource);'
    )
    Path("next").mkdir()
    new = json.loads(Path("specs/shop.json").read_text())
    del new["paths"]["/orders"]
    Path("next/shop.json").write_text(json.dumps(new))
    Path("specs/shop").rename("next/shop")
    capsys.readouterr()

    main(["diff", "specs/shop.json", "next/shop.json"])
    said = capsys.readouterr().out
    assert "find_orders" in said
    assert "list_orders" not in said
    assert "a policy names this tool, which no longer exists" in said
