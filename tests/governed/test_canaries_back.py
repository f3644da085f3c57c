"""Tokens on their way back: each reaches the API as exactly the value that it stands for, or does not go at all."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from support.canaries import TOKEN, Canaries
from support.canary_api import FIELDS, Registry, document
from support.generated import generate
from support.watched import WAYS, Agent, Watched, watched
from support.web import Web, web

WRAPPED: tuple[Callable[[str], str], ...] = (
    str,
    str.upper,
    str.title,
    "`{}`".format,
    "**{}**".format,
    "<{}>".format,
    '"{}"'.format,
    " {}\n".format,
    "mailto:{}".format,
    "[{0}](mailto:{0})".format,
    lambda token: token.replace("_", "\\_"),
    lambda token: token.replace("_", "%5F"),
)
ARGUMENT = {kind: name for name, kind in FIELDS.items()}


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The generated server of the registry."""
    return generate(tmp_path_factory.mktemp("registry"), "registry", {"registry.json": document()})


@asynccontextmanager
async def served(way: str, package: Path, folder: Path, **more: Any) -> AsyncIterator[tuple[Watched, Registry, Web]]:
    """The registry with its pipeline."""
    api = Registry(Canaries(), 20)
    with web(api) as answering:
        async with watched(way, folder, package, {"REGISTRY_BASE_URL": answering.url}, **more) as at:
            yield at, api, answering


def both(test: Callable[..., Awaitable[None]]) -> Callable[[str, Path, Path], None]:
    """A test of both ways."""

    @pytest.mark.parametrize("way", WAYS)
    def run(way: str, registry: Path, tmp_path: Path) -> None:
        async def whole() -> None:
            async with served(way, registry, tmp_path) as (at, api, answering):
                await test(at, api, answering)

        asyncio.run(whole())

    return run


async def _restored(agent: Agent, api: Registry, tokens: list[tuple[str, str]]) -> dict[str, str]:
    """What arrives at the API for each token, wrapped in one way or another: as many kinds at once as there are."""
    waiting: dict[str, list[str]] = {}
    for kind, token in tokens:
        waiting.setdefault(kind, []).append(token)
    arrived: dict[str, str] = {}
    while any(waiting.values()):
        some = {kind: waiting[kind].pop() for kind in waiting if waiting[kind]}
        given = {ARGUMENT[kind]: WRAPPED[len(arrived) % len(WRAPPED)](token) for kind, token in some.items()}
        text, failed = await agent.call("save_person", given)
        assert not failed, (given, text)
        arrived |= {token: api.kept[-1][ARGUMENT[kind]] for kind, token in some.items()}
    return arrived


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _same(shown: Any, true: Any, arrived: Mapping[str, str]) -> bool:
    """Whether ``shown`` is ``true`` with tokens in it."""
    if isinstance(true, dict) and isinstance(shown, dict):
        keys = [TOKEN.sub(lambda found: arrived[found[0]], key) for key in shown]
        return keys == list(true) and all(map(_same, shown.values(), true.values(), [arrived] * len(true)))
    if isinstance(true, list) and isinstance(shown, list):
        return len(shown) == len(true) and all(map(_same, shown, true, [arrived] * len(true)))
    if not isinstance(shown, str):
        return bool(shown == true)
    nested = _json(true) if isinstance(true, str) and shown != true else None
    if isinstance(nested, (dict, list, str)):
        return _same(_json(shown), nested, arrived)
    back = TOKEN.sub(lambda found: arrived[found[0]], shown)
    return back.replace("\u200b", "") == str(true).replace("\u200b", "")


@both
async def test_every_token_comes_back_as_exactly_its_value(at: Watched, api: Registry, answering: Web) -> None:
    agent = at.agent()
    shown = []
    for one in api.people:
        text, failed = await agent.call("get_person", {"id": str(one["id"]), "fields": ["*"]})
        assert not failed
        shown.append(json.loads(text))
    tokens = list(dict.fromkeys((found[1], found[0]) for found in TOKEN.finditer(json.dumps(shown))))
    assert len(tokens) > 300
    arrived = await _restored(agent, api, tokens)
    wrong = [one["id"] for one, seen in zip(api.people, shown, strict=True) if not _same(seen, one, arrived)]
    assert wrong == []


@both
async def test_tokens_find_records_by_path_and_query(at: Watched, api: Registry, answering: Web) -> None:
    agent = at.agent()
    rows = await agent.rows("list_people", fields=list(FIELDS))
    for one, row in zip(api.people[:8], rows, strict=False):
        for name in FIELDS:
            found = await agent.rows("list_people", fields=["id"], **{name: row[name]})
            assert {"id": one["id"]} in found or isinstance(one[name], int)
        text, failed = await agent.call("get_mailbox", {"email": row["email"]})
        assert (json.loads(text)["email"], failed) == (row["email"], False)


@both
async def test_a_token_elsewhere_is_refused_and_nothing_is_sent(at: Watched, api: Registry, answering: Web) -> None:
    agent, other = at.agent(), at.agent("eve", tenant="other")
    row = (await agent.rows("list_people", fields=["*"]))[0]
    answering.seen.clear()
    for name, kind in FIELDS.items():
        token = row[name]
        for wrong in (*(one for one in FIELDS if FIELDS[one] != kind), "note", "color"):
            for wrap in WRAPPED:
                text, failed = await agent.call("save_person", {wrong: wrap(token)})
                assert failed, (wrong, token, text)
            text, failed = await agent.call("save_people", {"people": [{wrong: f"see {token}"}]})
            assert failed, (wrong, text)
        for tool, given in (
            ("save_person", {name: token}),
            ("list_people", {name: token}),
            ("save_people", {"people": [{name: token}]}),
        ):
            text, failed = await other.call(tool, given)
            assert failed, (tool, text)
        for given in ({"note": f"call {token}"}, {"people": [{token: "x"}]}, {token: "x"}):
            text, failed = await agent.call("save_people", given)
            assert failed, text
        for mangled in (token[:-1], f"{token}a", token[:20] + token[21:], re.sub("k1", "k9", token, count=1)):
            text, failed = await agent.call("save_person", {name: mangled})
            assert failed, (mangled, text)
        for tool in ("get_person", "get_file", "get_broken"):
            argument = {"get_person": "id", "get_file": "number", "get_broken": "how"}[tool]
            text, failed = await agent.call(tool, {argument: token})
            assert failed, (tool, text)
    assert answering.seen == []
    assert api.canaries.leaks("\n".join(at.seen)) == []


@both
async def test_nothing_that_was_restored_is_read_back_in_clear(at: Watched, api: Registry, answering: Web) -> None:
    """The API repeats what it got: in the answer, in lists, in failures."""
    agent = at.agent()
    shown = await agent.rows("list_people", fields=["*"])
    written = [row for row, one in zip(shown, api.people, strict=True) if isinstance(one["card_number"], str)][:8]
    for row in written:
        given = {name: row[name] for name in FIELDS}
        text, failed = await agent.call("save_person", {**given, "note": "x"})
        assert not failed
        assert json.loads(text)["full_name"] == given["full_name"]
        text, failed = await agent.call("save_person", {**given, "dry_run": True})
        assert not failed
        assert json.loads(text)["body"] == given
        text, failed = await agent.call("save_people", {"people": [given]})
        assert not failed
        await agent.call("update_broken", {"how": "echo-email", **given})
        await agent.call("get_mailbox", {"email": row["email"]})
    rows = await agent.rows("list_people", fields=["*"])
    first = {name: written[0][name] for name in FIELDS}
    assert {name: rows[len(api.people)][name] for name in FIELDS} == first
    assert api.canaries.leaks("\n".join(at.seen)) == []
    assert api.canaries.leaks("\n".join(at.left().values())) == []
