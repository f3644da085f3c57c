"""Values that text repeats, joined, cased, accented, encoded: nobody sees one, and each token is that of its value."""

from __future__ import annotations

import asyncio
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from support.canaries import TOKEN, Canaries
from support.canary_api import FIELDS
from support.canary_forms import People, document
from support.generated import generate
from support.watched import WAYS, Agent, Watched, watched
from support.web import web

KINDS = {kind: name for name, kind in FIELDS.items()}
_GLUED = re.compile(r"invoicetok_\w+")
"""A token within an identifier, where nobody can tell its end: it is not read as another one, but refused."""


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The generated server."""
    return generate(tmp_path_factory.mktemp("people"), "registry", {"registry.json": document()})


async def _seen(agent: Agent, api: People) -> list[dict[str, Any]]:
    """Every record with all fields; then with the classified ones hidden, in errors, and as it would be sent."""
    rows = await agent.rows("list_people", fields=["*"], limit=100)
    await agent.rows("list_people", fields=["id", "more"], limit=100)
    for one in api.people[:: max(2, len(api.people) // 60)]:
        text, failed = await agent.call("get_person", {"id": str(one["id"])})
        assert failed, text
    return rows


async def _wrong(agent: Agent, api: People, rows: list[dict[str, Any]]) -> list[Any]:
    """Tokens that do not reach the API as their value."""
    wrong: list[Any] = []
    for start in range(0, len(rows), 50):
        part = rows[start : start + 50]
        given = {"people": [{name: row[name] for name in FIELDS} for row in part]}
        text, failed = await agent.call("save_people", {**given, "dry_run": True})
        assert not failed, text
        text, failed = await agent.call("save_people", given)
        assert not failed, text
        sent = api.kept[-1]["people"]
        true = api.people[start : start + 50]
        wrong += [
            (one, {name: own[name] for name in FIELDS})
            for one, own in zip(sent, true, strict=True)
            if one != {name: own[name] for name in FIELDS}
        ]
    return wrong


async def _mistaken(agent: Agent, api: People, canaries: Canaries, rows: list[dict[str, Any]]) -> list[Any]:
    """Tokens within texts that do not reach the API as a value of the same record."""
    mistaken: list[Any] = []
    tokens: list[tuple[str, str, int]] = []
    for at, row in enumerate(rows):
        text = _GLUED.sub(" ", json.dumps(row["more"]))
        kinds = {found[0]: found[1].lower() for found in TOKEN.finditer(text)}
        tokens += [(token, kind, at) for token, kind in kinds.items() if kind in KINDS]
    for start in range(0, len(tokens), 100):
        part = tokens[start : start + 100]
        text, failed = await agent.call("save_people", {"people": [{KINDS[kind]: token} for token, kind, _ in part]})
        assert not failed, text
        for (token, kind, at), sent in zip(part, api.kept[-1]["people"], strict=True):
            value = sent[KINDS[kind]]
            own = set(canaries.leaks(json.dumps(api.people[at])))
            if not set(canaries.leaks(value)) <= own or TOKEN.search(value):
                mistaken.append((token, value))
    assert len(tokens) > len(rows)
    return mistaken


async def _whole(at: Watched, api: People, canaries: Canaries) -> dict[str, Any]:
    agent = at.agent()
    rows = await _seen(agent, api)
    wrong = [*await _wrong(agent, api, rows), *await _mistaken(agent, api, canaries, rows)]
    places = {"agent": "\n".join(at.seen), **at.left()}
    leaked = {place: canaries.leaks(text) for place, text in places.items()}
    return {"leaked": {place: found for place, found in leaked.items() if found}, "wrong": wrong}


Ran = tuple[People, Canaries, dict[str, Any]]


def _run(way: str, package: Path, folder: Path, count: int, step: int, first: int = 0) -> Ran:
    canaries = Canaries()
    api = People(canaries, count, step, first)

    async def whole() -> dict[str, Any]:
        with web(api) as answering:
            async with watched(way, folder, package, {"REGISTRY_BASE_URL": answering.url}) as at:
                return await _whole(at, api, canaries)

    return api, canaries, asyncio.run(whole())


def test_no_form_of_a_value_is_seen(people: Path, tmp_path: Path) -> None:
    """Every 37th combination: each way to write a value, each encoding and each place is among them."""
    api, _, result = _run("embedded", people, tmp_path, 30, 37)
    assert api.taken >= len(api.forms)
    assert result == {"leaked": {}, "wrong": []}


COUNT, STEP = (785, 2) if os.environ.get("ADAPTGEN_CANARIES") == "all" else (140, 9)
"""Records and share of the combinations: all of them take minutes."""


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_no_form_of_many_values_is_seen(way: str, people: Path, tmp_path: Path) -> None:
    """With ``ADAPTGEN_CANARIES=all`` ten thousand values, each way with a half of all combinations."""
    api, canaries, result = _run(way, people, tmp_path, COUNT, STEP, WAYS.index(way))
    assert len(canaries) > 12 * COUNT
    assert api.taken >= len(api.forms)
    assert result == {"leaked": {}, "wrong": []}
