"""Answers of the runtime and what the tokenizer makes of them: nothing personal is left, and the budget holds."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from adaptgen.govern.settings.keys import KeyMaterial, KeyRing
from adaptgen.govern.settings.model import Settings, Tokenize
from adaptgen.govern.tokenization.tokenizer import Tokenizer
from adaptgen.mcp.protocol import META_FOUND, META_SENSITIVE, ToolInfo
from adaptgen.model.tables import LOCAL, Call, Tool, Unpaged
from adaptgen.runtime.answers.list import ListCall, answer_list
from adaptgen.runtime.answers.record import answer_detail, show
from adaptgen.runtime.core.answer import Answer, make_result
from adaptgen.runtime.http.response import Response
from adaptgen.runtime.paging.cursor import CursorBox
from adaptgen.runtime.pii.call_pii import PiiTracker
from adaptgen.runtime.pii.classifier import make_classifier
from adaptgen.runtime.store.protocol import MemoryStore

LIST = Tool(name="find", call=Call("GET", "/customers"), page=Unpaged(items="$"), view=("id", "email", "note"))
GET = Tool(name="get", call=Call("GET", "/customers/{id}"), view=("*",))
KINDS = ("email", "phone", "card", "iban", "national_id", "name")

PEOPLE = st.sampled_from(
    [
        {"first_name": "Ada", "last_name": "Lovelace", "email": "ada.lovelace@example.com", "phone": "+1 202-555-0143"},
        {"first_name": "Björn", "last_name": "Ångström", "email": "b@example.org", "phone": "+49 30 1234567"},
        {"first_name": "Jo", "last_name": "Quist", "email": "j.quist+x@example.net", "phone": "+44 20 7946 0958"},
    ]
)


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    one = dict(draw(PEOPLE))
    words = [one["first_name"], one["last_name"].upper(), one["email"], one["phone"], "rang", '"now"', "§ 5", "x" * 90]
    note = " ".join(draw(st.lists(st.sampled_from(words), max_size=10)))
    nested = json.dumps({"contact": {"fullName": f"{one['first_name']} {one['last_name']}", "note": note}})
    return {
        "id": draw(st.integers(1, 99)),
        **one,
        "note": draw(st.sampled_from([note, nested])),
        "owner": {"name": f"{one['first_name']} {one['last_name']}"},
        "tags": ["a", one["email"]],
    }


def tokenizer() -> Tokenizer:
    material = KeyMaterial(
        tokens=KeyRing("k1", {"k1": b"\1" * 64}), surrogates=None, cursors=None, handover=None, audit=None
    )
    return Tokenizer(Settings(tokenize=Tokenize(kinds=KINDS)), material, MemoryStore())


def shielded(tool: Tool, answer: Answer) -> str:
    facts = ToolInfo(name=tool.name, server="crm", own=tool.name, effect="read", open=True, wire={"name": tool.name})
    result = make_result(answer)
    result["_meta"] = {META_SENSITIVE: dict(answer.sensitive), META_FOUND: [list(pair) for pair in answer.found]}
    shown = asyncio.run(tokenizer().result(LOCAL, facts, result)).result
    return str(shown["content"][0]["text"])


def clean_of(text: str, people: list[dict[str, Any]]) -> bool:
    low = text.lower()
    values = {str(one[key]) for one in people for key in ("last_name", "email", "phone")}
    return not any(value.lower() in low for value in values)


def listed(rows: list[Any], fields: list[str] | None, most: int) -> Answer:
    async def fetch(query: Any = None, url: str | None = None) -> Response:
        return Response(200, {}, orjson.dumps(rows), media_type="application/json")

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
                marks=PiiTracker(make_classifier(LIST), kinds=frozenset(KINDS)),
            ),
        )
    )


FIELDS = st.sampled_from(
    [None, ["*"], ["first_name", "note"], ["note"], ["note[0:25]", "note[25:60]"], ["owner.name", "tags[*]", "id"]]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(records(), min_size=1, max_size=20), FIELDS, st.integers(3000, 9000))
def test_lists(rows: list[Any], fields: list[str] | None, most: int) -> None:
    text = shielded(LIST, listed(rows, fields, most))
    assert clean_of(text, rows)
    assert len(text.encode()) <= most


@settings(max_examples=60, deadline=None)
@given(st.lists(records(), min_size=1, max_size=20), st.integers(3000, 9000))
def test_records(rows: list[Any], most: int) -> None:
    marks = PiiTracker(make_classifier(GET), kinds=frozenset(KINDS))
    text = shielded(GET, show(GET, {"customer": rows[0], "others": rows}, fields=None, max_bytes=most, marks=marks))
    assert clean_of(text, rows)
    assert len(text.encode()) <= most


@settings(max_examples=60, deadline=None)
@given(st.lists(records(), min_size=1, max_size=20), st.integers(3000, 9000))
def test_tables(rows: list[Any], most: int) -> None:
    plain = [{key: value for key, value in row.items() if not isinstance(value, (dict, list))} for row in rows]
    response = Response(200, {}, b"\n".join(map(orjson.dumps, plain)), media_type="application/x-ndjson")
    marks = PiiTracker(make_classifier(GET), kinds=frozenset(KINDS))
    text = shielded(GET, answer_detail(GET, response, fields=None, max_bytes=most, marks=marks))
    assert clean_of(text, rows)
    assert len(text.encode()) <= most
