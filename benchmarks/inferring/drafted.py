"""What the generator makes of labelled operations: each document is read once, only the labelled ones are planned."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from adaptgen.plan.auth import AuthPlan
from adaptgen.plan.document import schemas
from adaptgen.plan.document.base_urls import Bases
from adaptgen.plan.document.reader import operations
from adaptgen.plan.tools import tool as tools
from adaptgen.source import EMPTY, Document, read

ROOT = Path(__file__).parent.parent.parent
DEEP = 4  # names of a leaf that the labels of views count


def labels(name: str, half: str | None) -> list[dict[str, Any]]:
    """The labels of ``tests/labels/<name>.jsonl``; ``half``: "held", "develop" or None for both; "directory held" and
    "unseen held" and the like: those of ``<name>_directory.jsonl`` and ``<name>_unseen.jsonl``."""
    apart, _, part = (half or "").rpartition(" ")
    lines = path_of(name, apart).read_text("utf-8").splitlines()
    every = map(json.loads, lines)
    return [label for label in every if not part or (label.get("half") or half_of(label["document"])) == part]


def path_of(name: str, apart: str) -> Path:
    """The file of a set of labels; ``apart``: "directory", "unseen" or ""."""
    return ROOT / "tests" / "labels" / f"{name}_{apart}.jsonl".replace("_.", ".")


def half_of(document: str) -> str:
    """The half that a document belongs to, by the digest of its path; in a directory of documents by its vendor's, so
    that no vendor is in both."""
    decides = document if document.endswith(".gz") else document.partition("/")[0].removesuffix(".json")
    return "held" if int(hashlib.sha256(decides.encode()).hexdigest()[0], 16) >= 8 else "develop"


def by_document(labels: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Path of a document -> its labels. A document that nobody brought is left out, and said to be."""
    found: dict[str, list[dict[str, Any]]] = {}
    for label in labels:
        found.setdefault(label["document"], []).append(label)
    missing = [path for path in found if "__" in path and not _file(path).is_file()]
    for path in missing:
        print(f"left out: {path} is not in its folder", file=sys.stderr)
        del found[path]
    return found


@cache
def verdicts(name: str, half: str | None) -> list[Any]:
    """What the module ``name`` judges of each label of a half; each document is read once."""
    module = import_module(f"inferring.{name}")
    found: list[Any] = []
    for path, given in by_document(module.labels_of(half)).items():
        with opened(path) as document:
            found += module.judged(document, given)
    return found


def drafted(document: Document, given: Iterable[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], Any]]:
    """Each label of ``document`` with what is understood of its operation's tool, or with None where there is no such
    operation."""
    every, _, _ = operations(document)
    context = tools.Context(document, EMPTY, AuthPlan((), {}), Bases(()), {})
    known: dict[str, Any] = {}
    for one in every:
        known.setdefault(one.key, one)
    for label in given:
        one = known.get(label["operation"])
        yield label, tools.analyse(context, context.facts_of(one)) if one is not None else None


@contextmanager
def opened(path: str) -> Iterator[Document]:
    """The document ``path`` of the corpus (``.gz``), of the unseen ones or of the directory; what was read of its
    schemas is forgotten afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        if path.endswith(".gz"):
            spec = Path(folder) / Path(path).name.removesuffix(".gz")
            spec.write_bytes(gzip.decompress((_corpus() / path).read_bytes()))
        else:
            spec = _file(path)
        document = read(spec)
        yield document
        schemas.forget(document)


def _file(path: str) -> Path:
    unseen = Path(os.environ.get("ADAPTGEN_UNSEEN", "")) / path
    return unseen if "__" in path else _directory() / path


def _corpus() -> Path:
    data = os.environ.get("ADAPTGEN_TESTDATA")
    if not data:
        raise SystemExit("ADAPTGEN_TESTDATA names no folder with test data")
    return Path(data) / "corpus"


def _directory() -> Path:
    data = os.environ.get("ADAPTGEN_DIRECTORY")
    if not data:
        raise SystemExit("ADAPTGEN_DIRECTORY names no folder that holds api/, the documents of a directory")
    return Path(data) / "api"
