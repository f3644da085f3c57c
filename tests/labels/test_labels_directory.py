"""The labels of a public directory's documents: well formed, divided by vendor; the documents have the operations."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
SETS = {"login": 100, "paging": 200, "effects": 250, "search": 60}
STYLES = {"offset", "page", "cursor", "link", "header", "next_url", "none"}


def rows(name: str) -> list[dict[str, Any]]:
    lines = (HERE / f"{name}_directory.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def vendor(document: str) -> str:
    return document.partition("/")[0].removesuffix(".json")


@pytest.mark.parametrize("name", SETS)
def test_halves_are_divided_by_vendor_and_both_are_large(name: str) -> None:
    found = rows(name)
    assert len(found) >= SETS[name]
    for row in found:
        digit = int(hashlib.sha256(vendor(row["document"]).encode()).hexdigest()[0], 16)
        assert row["half"] == ("held" if digit >= 8 else "develop"), row["document"]
    assert 0.4 <= sum(row["half"] == "held" for row in found) / len(found) <= 0.6


@pytest.mark.parametrize("name", SETS)
def test_every_row_is_there_once_and_gives_a_reason(name: str) -> None:
    found = rows(name)
    keys = [(row["document"], row.get("operation"), row.get("question")) for row in found]
    assert max(Counter(keys).values()) == 1
    assert all(row["reason"] for row in found)


def test_paging_is_well_formed_and_a_third_is_not_paged() -> None:
    found = rows("paging")
    assert len({vendor(row["document"]) for row in found}) >= 60
    assert 0.3 <= sum(not row["paged"] for row in found) / len(found) <= 0.5
    for row in found:
        where = f"{row['document']} {row['operation']}"
        assert row["paged"] is (row["style"] != "none"), where
        assert row["items"].startswith("$"), where
        assert row["place"] in ("query", "body", "header"), where
        for way in [row, *row.get("also", [])]:
            assert way["style"] in STYLES, where
            assert (way["next"] is not None) is (way["style"] in ("cursor", "link", "next_url")), where
            own = {"offset": "offset", "page": "page", "cursor": "cursor"}.get(way["style"])
            assert own is None or own in way["parameters"], where


def test_login_is_well_formed_and_has_chains_and_decoys() -> None:
    found = rows("login")
    assert sum(row["chain"] for row in found) >= 35
    assert len({vendor(row["document"]) for row in found}) == len(found)
    for row in found:
        where = row["document"]
        assert bool(row["login"]) is bool(row["token"]) is bool(row["credentials"]) is row["chain"], where
        assert not (row["chain"] and row.get("undocumented")), where
        tokens = row["token"] if isinstance(row["token"], list) else [row["token"]] if row["token"] else []
        assert all(token.startswith(("$", "cookie:", "header:")) for token in tokens), where
        assert not isinstance(row["token"], list) or len(tokens) == len(row["login"]), where


def test_effects_have_what_is_hard() -> None:
    found = Counter((row["operation"].partition(" ")[0], row["effect"]) for row in rows("effects"))
    assert {effect for _, effect in found} == {"read", "write", "delete"}
    assert found["POST", "read"] >= 60
    assert found["GET", "write"] + found["GET", "delete"] >= 35


@pytest.mark.slow
@pytest.mark.parametrize("name", SETS)
def test_the_documents_have_the_operations(name: str) -> None:
    data = os.environ.get("ADAPTGEN_DIRECTORY")
    if not data:
        pytest.skip("ADAPTGEN_DIRECTORY names no folder that holds api/: the labels' documents are there")
    for row in rows(name):
        paths = json.loads((Path(data) / "api" / row["document"]).read_text(encoding="utf-8"))["paths"]
        named = [row["operation"]] if "operation" in row else [*row.get("login", ()), *row.get("operations", ())]
        for operation in named:
            method, path = operation.split(" ", 1)
            assert method.lower() in paths[path], f"{row['document']}: {operation}"
