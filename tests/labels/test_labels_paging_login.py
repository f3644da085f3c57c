"""The labelled sets are well formed and as large as the figures claim; their documents and operations exist."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

HERE = Path(__file__).parent
STYLES = {"offset", "page", "cursor", "link", "header", "next_url", "none"}
NAMES = {"limit", "offset", "page", "size", "cursor", "first"}


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (HERE / name).read_text(encoding="utf-8").splitlines()]


def held(document: str) -> bool:
    return int(hashlib.sha256(document.encode()).hexdigest()[0], 16) >= 8


def ways(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield row
    yield from row.get("also", [])


def test_paging_is_large_enough_and_has_no_duplicates() -> None:
    found = rows("paging.jsonl")
    per_document = Counter(row["document"] for row in found)
    assert len(found) >= 170
    assert len(per_document) >= 60
    assert max(per_document.values()) <= 5
    assert len({(row["document"], row["operation"]) for row in found}) == len(found)


def test_login_is_large_enough_and_has_no_duplicates() -> None:
    found = rows("login.jsonl")
    assert len(found) >= 66
    assert len({row["document"] for row in found}) == len(found)
    assert 0.35 <= sum(row["chain"] for row in found) / len(found) <= 0.65


@pytest.mark.parametrize("name", ["paging.jsonl", "login.jsonl"])
def test_both_halves_hold_two_fifths(name: str) -> None:
    found = rows(name)
    assert 0.4 <= sum(held(row["document"]) for row in found) / len(found) <= 0.6


def test_paging_is_well_formed() -> None:
    for row in rows("paging.jsonl"):
        where = f"{row['document']} {row['operation']}"
        assert row["paged"] is (row["style"] != "none"), where
        assert row["reason"], where
        assert row["items"].startswith("$"), where
        for way in ways(row):
            assert way["style"] in STYLES, where
            assert set(way["parameters"]) <= NAMES, where
            assert (way["next"] is not None) is (way["style"] in ("cursor", "link", "header", "next_url")), where
            own = {"offset": "offset", "page": "page", "cursor": "cursor"}.get(way["style"])
            assert own is None or own in way["parameters"], where
        assert row["place"] in ("query", "body") or row["place"].startswith("inside:"), where


def test_login_is_well_formed() -> None:
    for row in rows("login.jsonl"):
        where = row["document"]
        assert row["reason"], where
        assert bool(row["login"]) is bool(row["token"]) is bool(row["credentials"]) is row["chain"], where
        assert not (row["chain"] and row.get("undocumented")), where
        tokens = row["token"] if isinstance(row["token"], list) else [row["token"]] if row["token"] else []
        assert all(token.startswith(("$", "cookie:", "header:")) for token in tokens), where


@pytest.mark.slow
def test_the_documents_have_the_operations() -> None:
    data = os.environ.get("ADAPTGEN_TESTDATA")
    if not data:
        pytest.skip("ADAPTGEN_TESTDATA names no folder with test data: the labels' documents are there")
    wanted: dict[str, set[str]] = {}
    for row in rows("paging.jsonl"):
        wanted.setdefault(row["document"], set()).add(row["operation"])
    for row in rows("login.jsonl"):
        wanted.setdefault(row["document"], set()).update(row["login"])
    for document, operations in wanted.items():
        raw = gzip.decompress((Path(data) / "corpus" / document).read_bytes())
        paths = (json.loads(raw) if document.endswith(".json.gz") else yaml.load(raw, yaml.CBaseLoader))["paths"]
        for operation in operations:
            method, path = operation.split(" ", 1)
            assert method.lower() in paths[path], f"{document}: {operation}"
