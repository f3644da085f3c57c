"""The labels of effects and views: well formed, balanced, and about operations and fields that the documents have."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import yaml

HERE = Path(__file__).parent


def lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (HERE / name).read_text("utf-8").splitlines()]


def held(document: str) -> bool:
    return int(hashlib.sha256(document.encode()).hexdigest()[0], 16) >= 8


def test_effects_are_many_and_mixed() -> None:
    labels = lines("effects.jsonl")
    assert all(set(label) == {"document", "operation", "effect", "reason"} and label["reason"] for label in labels)
    assert len({(label["document"], label["operation"]) for label in labels}) == len(labels) >= 520
    per_document = Counter(label["document"] for label in labels)
    assert len(per_document) >= 80
    assert max(per_document.values()) <= 8
    kinds = Counter((label["operation"].split()[0], label["effect"]) for label in labels)
    assert kinds["POST", "read"] >= 100
    assert kinds["GET", "write"] >= 15
    assert {effect for _, effect in kinds} == {"read", "write", "delete"}
    assert 0.4 < sum(held(label["document"]) for label in labels) / len(labels) < 0.6


def test_views_are_many_and_large() -> None:
    labels = lines("views.jsonl")
    keys = {"document", "operation", "item", "identify", "useful", "noise", "leafs", "reason"}
    assert all(set(label) == keys and label["reason"] for label in labels)
    assert len({(label["document"], label["operation"]) for label in labels}) == len(labels) >= 110
    assert max(Counter(label["document"] for label in labels).values()) <= 3
    assert sum(label["leafs"] > 30 for label in labels) >= 60
    assert all(label["leafs"] >= 8 and 1 <= len(label["identify"]) <= 3 for label in labels)
    assert all(len(label["useful"]) <= 5 for label in labels)


def test_fresh_views_are_many_and_apart() -> None:
    """A fresh label of what rules were already tuned to would make the final figure too good."""
    labels = lines("views_fresh.jsonl")
    keys = {"document", "operation", "item", "identify", "useful", "noise", "leafs", "reason"}
    assert all(set(label) - {"seen_document"} == keys and label["reason"] for label in labels)
    assert all(label.get("seen_document", True) is True for label in labels)
    tuned = lines("views.jsonl")
    fresh = {(label["document"], label["operation"]) for label in labels}
    assert len(fresh) == len(labels) >= 100
    assert not fresh & {(label["document"], label["operation"]) for label in tuned}
    named = {label["document"] for label in tuned}
    assert all((label["document"] in named) == ("seen_document" in label) for label in labels)
    of_seen = Counter((label["document"], "seen_document" in label) for label in labels)
    assert all(count <= (2 if seen else 4) for (_, seen), count in of_seen.items())
    assert sum(label["leafs"] > 30 for label in labels) >= 55
    assert all(label["leafs"] >= 8 and 1 <= len(label["identify"]) <= 3 for label in labels)
    assert all(len(label["useful"]) <= 5 for label in labels)


def vendor(document: str) -> str:
    return document.partition("/")[0].removesuffix(".json")


def test_views_of_the_directory_are_many_and_of_many() -> None:
    """A vendor in both halves, or with many documents, would make a figure say less than it seems to."""
    labels = lines("views_directory.jsonl")
    keys = {"document", "half", "operation", "item", "identify", "useful", "noise", "leafs", "reason"}
    assert all(set(label) == keys and label["reason"] for label in labels)
    assert len({(label["document"], label["operation"]) for label in labels}) == len(labels) >= 200
    assert all(label["half"] == ("develop", "held")[held(vendor(label["document"]))] for label in labels)
    assert 0.4 < sum(label["half"] == "held" for label in labels) / len(labels) < 0.6
    documents = {label["document"] for label in labels}
    assert len({vendor(document) for document in documents}) == len(documents) >= 150
    assert max(Counter(label["document"] for label in labels).values()) <= 2
    assert sum("[*]" in label["item"] for label in labels) >= 120
    assert sum(label["leafs"] > 30 for label in labels) >= 60
    assert all(label["leafs"] >= 4 and 1 <= len(label["identify"]) <= 3 for label in labels)
    assert all(len(label["useful"]) <= 5 for label in labels)


class Tree(yaml.CSafeLoader):
    """YAML as plain values: a lone `=` is text."""


Tree.add_constructor("tag:yaml.org,2002:value", lambda loader, node: loader.construct_scalar(node))


class Document:
    """One document, read without our own reader."""

    def __init__(self, path: Path) -> None:
        raw = path.read_bytes()
        raw = gzip.decompress(raw) if path.suffix == ".gz" else raw
        self.tree = json.loads(raw) if raw.lstrip()[:1] == b"{" else yaml.load(raw, Loader=Tree)

    def target(self, node: Any) -> Any:
        while isinstance(node, dict) and str(node.get("$ref", "")).startswith("#/"):
            found = self.tree
            for key in unquote(node["$ref"])[2:].split("/"):
                key = key.replace("~1", "/").replace("~0", "~")
                found = found[int(key)] if isinstance(found, list) else found[key]
            node = found
        return node if isinstance(node, dict) else {}

    def operation(self, name: str) -> dict[str, Any] | None:
        method, _, path = name.partition(" ")
        found = self.target(self.tree["paths"].get(path)).get(method.lower())
        return found if isinstance(found, dict) else None

    def answers(self, operation: dict[str, Any]) -> Iterator[Any]:
        for status, response in operation["responses"].items():
            response = self.target(response)
            if str(status).startswith("2"):
                yield from ([response["schema"]] if "schema" in response else ())
                yield from (media["schema"] for media in response.get("content", {}).values() if "schema" in media)

    def parts(self, schemas: list[Any]) -> list[dict[str, Any]]:
        """The schemas and what they are composed of."""
        found: list[dict[str, Any]] = []
        for schema in schemas:
            schema = self.target(schema)
            found.append(schema)
            for key in ("allOf", "anyOf", "oneOf"):
                found += self.parts(schema.get(key) or [])
        return found

    def step(self, schemas: list[Any], name: str) -> list[Any]:
        key = "items" if name == "[*]" else "properties"
        found = [part[key] for part in self.parts(schemas) if isinstance(part.get(key), dict)]
        return found if name == "[*]" else [properties[name] for properties in found if name in properties]


def missing(folder: Path, labels: list[dict[str, Any]]) -> list[str]:
    """The operations and fields of labels that their documents do not have."""
    views: dict[str, list[dict[str, Any]]] = {}
    for label in labels:
        views.setdefault(label["document"], []).append(label)
    absent = []
    for name, found in sorted(views.items()):
        document = Document(folder / name)
        for label in found:
            operation = document.operation(label["operation"])
            if operation is None:
                absent.append(f"{name} {label['operation']}")
                continue
            identify = [[entry] if isinstance(entry, str) else entry for entry in label.get("identify", ())]
            fields = [path for entry in identify for path in entry]
            for field in (*fields, *label.get("useful", ())):
                schemas = list(document.answers(operation))
                for step in ".".join((label["item"], field)).replace("[*]", ".[*]").split("."):
                    if step:
                        schemas = document.step(schemas, step) or document.step(document.step(schemas, "[*]"), step)
                if not schemas:
                    absent.append(f"{name} {label['operation']} {label['item']} {field}")
    return absent


@pytest.mark.slow  # reads every document of the corpus that is named
def test_the_documents_have_what_is_labelled(testdata: Path) -> None:
    """A label of an operation or a field that is not there would be counted against the rules, whatever they do."""
    labels = [*lines("effects.jsonl"), *lines("views.jsonl"), *lines("views_fresh.jsonl")]
    assert missing(testdata / "corpus", labels) == []


@pytest.mark.slow  # reads every document of the directory that is named
def test_the_documents_of_the_directory_have_what_is_labelled() -> None:
    folder = os.environ.get("ADAPTGEN_DIRECTORY")
    if not folder:
        pytest.skip("ADAPTGEN_DIRECTORY names no folder that holds api/")
    assert missing(Path(folder) / "api", lines("views_directory.jsonl")) == []
