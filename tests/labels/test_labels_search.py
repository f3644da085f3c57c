"""The questions that search is measured with: well formed, answered by the documents, not in the documents' words."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from pathlib import Path
from statistics import median
from typing import Any

import pytest
import yaml

LABELS = Path(__file__).with_name("search.jsonl")
FRESH = Path(__file__).with_name("search_fresh.jsonl")
AGENTS = Path(__file__).with_name("search_agents.jsonl")
METHODS = {"get", "put", "post", "delete", "patch", "head", "options", "trace"}
GLUE = set(
    re.findall(
        r"\w+",
        "a an the of to for in on at by with from and or is are was were be been it its this that these those "
        "which what who whose whom how many much my our your i we us me you they them their his her do does "
        "did has have had not no if as than then so can could may might should would will must all any each "
        "every some one once here there now still yet just only into out off up down over under between about "
        "before after while such more most other another own without back again already right ever never let "
        "get got make made put take tell ask give show want come go am ",
    )
)
ENDINGS = (
    *("izations", "ization", "ations", "ation", "ingly", "ments", "ment", "ings", "ing", "ers", "er", "ors", "or"),
    *("ies", "ied", "ion", "ions", "ed", "es", "s", "e", "y"),
)


def questions(labels: Path = LABELS) -> list[dict[str, Any]]:
    return [json.loads(line) for line in labels.read_text("utf-8").splitlines()]


def stems(text: str) -> list[str]:
    """The content words of a text, camelCase taken apart, without their endings."""
    words = re.findall(r"[a-z]+", re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", text).lower())
    ending = re.compile(rf"(?<=...)(?:{'|'.join(ENDINGS)})$")
    return [ending.sub("", word, count=1) for word in words if word not in GLUE]


@pytest.fixture(scope="module")
def operations(testdata: Path) -> dict[str, dict[str, Any]]:
    """document -> "GET /path" -> the operation, read without our own reader."""
    found: dict[str, dict[str, Any]] = {}
    for document in {question["document"] for question in [*questions(), *questions(FRESH), *questions(AGENTS)]}:
        raw = gzip.decompress((testdata / "corpus" / document).read_bytes())
        tree = json.loads(raw) if ".json" in document else yaml.load(raw, Loader=yaml.CSafeLoader)
        found[document] = {
            f"{method.upper()} {path}": operation
            for path, item in tree["paths"].items()
            for method, operation in item.items()
            if method in METHODS
        }
    return found


def test_two_hundred_questions_in_two_halves() -> None:
    asked = questions()
    assert len(asked) == 200
    assert len({question["question"].casefold() for question in asked}) == 200
    documents = [question["document"] for question in asked]
    assert sorted(documents.count(document) for document in set(documents)) == [100, 100]
    for question in asked:
        assert set(question) == {"document", "half", "question", "operations", "reason"}
        assert 3 <= len(question["question"].split()) <= 16
        assert question["reason"]
        assert question["operations"]
        assert len(set(question["operations"])) == len(question["operations"])
        digit = hashlib.sha256(question["question"].encode()).hexdigest()[0]
        assert question["half"] == ("held" if int(digit, 16) >= 8 else "tune"), question["question"]


def test_seventy_five_fresh_questions_about_other_documents() -> None:
    """None to tune on: a fresh question about a document that search was tuned for would make its figure too good."""
    asked = questions(FRESH)
    assert len(asked) == 75
    assert len({question["question"].casefold() for question in asked}) == 75
    documents = [question["document"] for question in asked]
    assert sorted(documents.count(document) for document in set(documents)) == [25, 25, 25]
    assert not set(documents) & {question["document"] for question in questions()}
    for question in asked:
        assert set(question) == {"document", "half", "question", "operations", "reason"}
        assert question["half"] == "fresh", question["question"]
        assert 4 <= len(question["question"].split()) <= 16, question["question"]
        assert question["reason"]
        assert question["operations"]
        assert len(set(question["operations"])) == len(question["operations"])


def test_the_queries_of_agents_are_about_documents_that_search_was_not_made_with() -> None:
    asked = questions(AGENTS)
    assert len(asked) == len({(question["document"], question["query"]) for question in asked}) >= 120
    documents = [question["document"] for question in asked]
    assert sorted(documents.count(document) for document in set(documents)) == [21] * 6
    assert not set(documents) & {question["document"] for question in [*questions(), *questions(FRESH)]}
    assert json.loads(AGENTS.with_name("search_agents_documents.json").read_text("utf-8")).keys() == set(documents)
    for question in asked:
        assert set(question) == {"document", "query", "second", "operations"}
        assert 2 <= len(question["query"].split()) <= 10, question
        assert 1 <= len(question["second"].split()) <= 6, question
        assert question["operations"]


@pytest.mark.slow
@pytest.mark.parametrize("labels", [LABELS, FRESH, AGENTS], ids=["tuned", "fresh", "agents"])
def test_the_operations_exist(operations: dict[str, dict[str, Any]], labels: Path) -> None:
    for question in questions(labels):
        assert set(question["operations"]) <= operations[question["document"]].keys(), question


@pytest.mark.slow
@pytest.mark.parametrize("labels", [LABELS, FRESH], ids=["tuned", "fresh"])
def test_the_questions_avoid_the_words_of_the_documents(operations: dict[str, dict[str, Any]], labels: Path) -> None:
    """At most one content word of the median question is in the path, operationId or summary of its best answer."""
    shared = []
    for question in questions(labels):
        best = question["operations"][0]
        operation = operations[question["document"]][best]
        own = stems(" ".join([best, operation.get("operationId", ""), operation.get("summary", "")]))
        shared.append(len(set(stems(question["question"])) & set(own)))
    assert median(shared) <= 1
