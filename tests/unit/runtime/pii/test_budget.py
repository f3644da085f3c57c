"""Budgets are bytes of what the agent receives: with tokens in the place of personal data."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adaptgen.model.tables import Call, Tool, Unpaged
from adaptgen.pii.detectors import FOUND, find
from adaptgen.pii.matcher import KnownValue, ValueMatcher
from adaptgen.runtime.answers.list import ListCall, answer_list
from adaptgen.runtime.answers.record import answer_detail, show
from adaptgen.runtime.core.answer import Answer
from adaptgen.runtime.http.response import Response
from adaptgen.runtime.paging.cursor import CursorBox
from adaptgen.runtime.pii.call_pii import PiiTracker
from adaptgen.runtime.pii.classifier import make_classifier
from adaptgen.runtime.pii.tagged_values import token_length

LIST = Tool(
    name="find_customers", call=Call("GET", "/customers"), page=Unpaged(items="$"), view=("id", "email", "note")
)
GET = Tool(name="get_customer", call=Call("GET", "/customers/{id}"), view=("*",))

FIRST = st.sampled_from(["Ada", "Grace", "Al", "Björn", "Hedy", "Niels"])
LAST = st.sampled_from(["Lovelace", "Hopper", "Ångström", "Lamarr", "Bohr"])
NOTES = st.lists(
    st.sampled_from(
        ["called", "Ada", "grace HOPPER", "bob@example.org", "+1 202-555-0143", "Bohr", "§", '"quoted"', "x" * 120]
    ),
    max_size=12,
).map(" ".join)
RECORD = st.fixed_dictionaries(
    {
        "id": st.integers(1, 10**6),
        "first_name": FIRST,
        "last_name": LAST,
        "email": st.builds(lambda a, n: f"{a.lower()}{n}@example.com", LAST, st.integers(1, 9999)),
        "phones": st.lists(st.sampled_from(["+1-555-0100", "030 1234567"]), max_size=3),
        "note": NOTES,
    }
)


def tokenized(answer: Answer) -> int:
    """Bytes of the answer's text once every classified, found or detected value is a token: done by hand."""
    value = orjson.loads(answer.content[0].text)  # type: ignore[union-attr]

    def token(kind: str, text: str) -> str:
        return "t" * token_length(kind, len(text.encode()))

    def replaced(text: str) -> str:
        places = [(one.start, one.end, one.kind) for one in find(text, FOUND)]
        matcher = ValueMatcher(KnownValue(*pair) for pair in answer.found)
        places += [(start, end, known.kind) for start, end, known in matcher.find(text)]
        taken: list[tuple[int, int, str]] = []
        for place in sorted(places, key=lambda one: one[0] - one[1]):
            if all(place[1] <= other[0] or place[0] >= other[1] for other in taken):
                taken.append(place)
        for start, end, kind in sorted(taken, reverse=True):
            text = text[:start] + token(kind, text[start:end]) + text[end:]
        return text

    def walk(here: Any, pointers: dict[str, str]) -> Any:
        if "" in pointers and here not in (None, ""):
            return token(pointers[""], str(here))
        if isinstance(here, dict):
            return {key: walk(member, below(pointers, key, None)) for key, member in here.items()}
        if isinstance(here, list):
            return [walk(member, below(pointers, str(at), "*")) for at, member in enumerate(here)]
        return replaced(here) if isinstance(here, str) else here

    def below(pointers: dict[str, str], *steps: str | None) -> dict[str, str]:
        found = {}
        for pointer, kind in pointers.items():
            head, _, rest = pointer[1:].partition("/")
            if head in steps:
                found[f"/{rest}" if rest else ""] = kind
        return found

    return len(orjson.dumps(walk(value, dict(answer.sensitive))))


def listed(records: list[Any], fields: list[str] | None, most: int) -> Answer:
    async def fetch(query: Any = None, url: str | None = None) -> Response:
        return Response(200, {}, orjson.dumps(records), media_type="application/json")

    return asyncio.run(
        answer_list(
            LIST,
            fetch,
            ListCall(
                fields=fields,
                box=CursorBox(b"k" * 32),
                caller="local",
                contract_hash="c1",
                page_size=50,
                max_bytes=most,
                marks=PiiTracker(make_classifier(LIST)),
            ),
        )
    )


FIELDS = st.sampled_from([None, ["*"], ["first_name", "note"], ["id", "phones[*]"], ["note[0:40]", "email"]])


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(RECORD, min_size=1, max_size=40), FIELDS, st.integers(2000, 9000))
def test_a_list_with_tokens_in_it_stays_within_its_bytes(records: list[Any], fields: Any, most: int) -> None:
    assert tokenized(listed(records, fields, most)) <= most


@settings(max_examples=60, deadline=None)
@given(st.lists(RECORD, min_size=1, max_size=30), st.integers(2000, 9000))
def test_a_record_with_tokens_in_it_stays_within_its_bytes(records: list[Any], most: int) -> None:
    answer = show(
        GET, {"people": records, "id": 7}, fields=None, max_bytes=most, marks=PiiTracker(make_classifier(GET))
    )
    assert tokenized(answer) <= most


@settings(max_examples=60, deadline=None)
@given(st.lists(RECORD, min_size=1, max_size=60), st.integers(2000, 9000))
def test_a_table_with_tokens_in_it_stays_within_its_bytes(records: list[Any], most: int) -> None:
    lines = b"\n".join(orjson.dumps(one) for one in records)
    response = Response(200, {}, lines, media_type="application/x-ndjson")
    answer = answer_detail(GET, response, fields=None, max_bytes=most, marks=PiiTracker(make_classifier(GET)))
    assert tokenized(answer) <= most


@pytest.mark.parametrize("size", [200, 5000, 60_000])
def test_text_with_tokens_in_it_stays_within_its_bytes(size: int) -> None:
    text = ("ask bob@example.org now, " * (size // 25))[:size]
    answer = answer_detail(
        GET,
        Response(200, {}, text.encode(), media_type="text/plain"),
        fields=None,
        max_bytes=3000,
        marks=PiiTracker(make_classifier(GET)),
    )
    shown = answer.content[0].text  # type: ignore[union-attr]
    grown = sum(token_length(one.kind, one.end - one.start) - (one.end - one.start) for one in find(shown, FOUND))
    assert len(shown.encode()) + grown <= 3000
    assert not shown.split("…")[0].rstrip().endswith(("bob", "bob@", "bob@example"))
