"""The labels of documents that are in no other set: well formed, divided by vendor; the operations are there."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

HERE = Path(__file__).parent
SETS = ("login", "paging", "effects", "views")
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
METHODS = {"get", "put", "post", "delete", "patch", "head", "options"}


def rows(name: str) -> list[dict[str, Any]]:
    lines = (HERE / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def operations(row: dict[str, Any]) -> list[str]:
    named = [row["operation"]] if "operation" in row else list(row["login"])
    return [*named, row["refresh"]] if row.get("refresh") else named


def test_each_vendor_has_one_document_and_its_half() -> None:
    documents = rows("unseen_documents")
    assert len({row["document"] for row in documents}) == len(documents)
    vendors = [row["document"].partition("__")[0].lower() for row in documents]
    assert max(Counter(vendors).values()) == 1
    for row, vendor in zip(documents, vendors, strict=True):
        digit = int(hashlib.sha256(vendor.encode()).hexdigest()[0], 16)
        assert row["half"] == ("held" if row["draw"] == 2 and digit >= 8 else "develop"), vendor


@pytest.mark.parametrize("name", SETS)
def test_every_row_is_of_a_document_is_there_once_and_gives_a_reason(name: str) -> None:
    found = rows(f"{name}_unseen")
    halves = {row["document"]: row["half"] for row in rows("unseen_documents")}
    assert all(row["half"] == halves[row["document"]] and row["reason"] for row in found)
    assert max(Counter((row["document"], row.get("operation")) for row in found).values()) == 1


def test_a_login_has_what_a_chain_needs_or_is_marked_untyped() -> None:
    for row in rows("login_unseen"):
        where = row["document"]
        assert bool(row["login"]) is bool(row["credentials"]) is row["chain"], where
        assert bool(row["token"]) or row.get("untyped", False) is row["chain"], where


def test_paging_is_well_formed() -> None:
    for row in rows("paging_unseen"):
        where = f"{row['document']} {row['operation']}"
        assert row["paged"] is (row["style"] != "none"), where
        for way in [row, *row.get("also", [])]:
            assert (way["next"] is not None) is (way["style"] in ("cursor", "link", "next_url")), where


@pytest.mark.slow
def test_the_documents_have_the_operations() -> None:
    folder = os.environ.get("ADAPTGEN_UNSEEN")
    if not folder:
        pytest.skip("ADAPTGEN_UNSEEN names no folder: the labels' documents are there")
    documents: dict[str, set[str]] = {}
    for row in rows("unseen_documents"):
        if not (Path(folder) / row["document"]).is_file():
            continue  # put together from several files, or gone from its repository
        content = (Path(folder) / row["document"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == row["sha256"], row["document"]
        read = json.loads if row["document"].endswith(".json") else partial(yaml.load, Loader=LOADER)
        paths = read(content)["paths"]
        documents[row["document"]] = {
            f"{method.upper()} {path}" for path, item in paths.items() for method in item if method in METHODS
        }
    assert documents
    for row in [row for name in SETS for row in rows(f"{name}_unseen") if row["document"] in documents]:
        assert set(operations(row)) <= documents[row["document"]], row["document"]
