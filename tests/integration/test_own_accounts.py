"""Everybody's own account at a real API: connected with a browser, renewed by several processes, ended at once."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import ElicitResult
from support.account_places import (
    API_SECRET,
    IDP_SECRET,
    LIFETIME,
    REPLICAS,
    Caller,
    Place,
    account_of,
    alone,
    link_of,
    replicated,
)
from support.replicas import KEY
from support.services import Unavailable

from adaptgen.cli import main

pytestmark = [pytest.mark.slow, pytest.mark.network, pytest.mark.timeout(300)]

CALLERS, ROUNDS, AT_ONCE = 20, 6, 3
"""Each round every access token is over, and each caller calls several times at once, at whichever replica."""


@contextlib.contextmanager
def callers(place: Place, count: int) -> Iterator[list[Caller]]:
    made = [Caller(place, f"caller-{at:02}") for at in range(count)]
    for one in made:
        place.company.person(one.name, tenant="acme", groups=["staff"], name=one.name.title())
        place.accounts.person(one.account)
        one.log_in()
    with contextlib.ExitStack() as stack:
        for one in made:
            stack.enter_context(one.browser)
        yield made


def secrets_of(place: Place, people: Iterable[Caller]) -> set[str]:
    """What nothing may show: every token that was given out, codes, secrets of clients."""
    tokens = {one["value"] for provider in (place.company, place.accounts) for one in provider.issued}
    return {IDP_SECRET, API_SECRET, *tokens, *(code for one in people for code in one.secrets)}


def shown(secrets: Iterable[str], written: dict[str, bytes]) -> list[str]:
    return [name for name, data in written.items() if any(one.encode() in data for one in secrets)]


def tokens_of(place: Place, *whose: Caller) -> list[str]:
    """The refresh tokens that the API's provider gave out, oldest first."""
    accounts = {one.account for one in whose}
    return [one["value"] for one in place.accounts.issued if one["kind"] == "refresh_token" and one["sub"] in accounts]


async def is_active(client: httpx.AsyncClient, place: Place, token: str) -> bool:
    """What the provider says of a token (RFC 7662)."""
    url = f"{place.accounts.url}/token/introspection"
    answer = await client.post(url, data={"token": token}, auth=("notes-client", API_SECRET))
    return bool(answer.json()["active"])


async def connect(client: httpx.AsyncClient, one: Caller) -> None:
    link = link_of(await one.call(client))
    assert link.startswith(f"{one.place.base}/connections/"), one.answers[-1]
    page = await asyncio.to_thread(one.connect, link)
    assert page.status == 200, page.words
    assert "Go back to your client and repeat the request." in page.words


async def give_key(client: httpx.AsyncClient, one: Caller) -> None:
    """Connect the account of a key, which the person types into the page."""
    key = f"key-of-{one.account}-canary"
    one.secrets.add(key)
    page = await asyncio.to_thread(one.browser.open, link_of(await one.call(client, "get_key_account")))
    page = await asyncio.to_thread(lambda: one.browser.press(page, "Connect", key=key))
    assert "Go back to your client" in page.words
    assert account_of(await one.call(client, "get_key_account")) == f"{one.account}-canary"


def test_twenty_callers_and_three_replicas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    began = time.monotonic()
    try:
        with replicated(tmp_path) as place, callers(place, CALLERS) as people:
            asyncio.run(twenty_callers(place, people, monkeypatch, began))
    except Unavailable as reason:
        pytest.skip(str(reason))


async def twenty_callers(place: Place, people: list[Caller], monkeypatch: pytest.MonkeyPatch, began: float) -> None:
    started = time.monotonic() - began
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        # Another one's link is good for nobody else.
        link = link_of(await people[0].call(client))
        page = await asyncio.to_thread(people[1].browser.open, link)
        assert page.status == 403
        assert people[0].name not in page.text

        for at in range(0, CALLERS, 5):
            await asyncio.gather(*(connect(client, one) for one in people[at : at + 5]))
        found: Counter[str] = Counter()
        for at in range(ROUNDS):
            place.accounts.set(advance=(at + 1) * 10 * LIFETIME)
            results = await asyncio.gather(*(one.call(client) for one in people * AT_ONCE))
            for one, result in zip(people * AT_ONCE, results, strict=True):
                who = account_of(result)
                found["right" if who == one.account else "mixed" if who else "lost"] += 1
        counts = place.accounts.counts
        print(f"\n{CALLERS} callers, {sum(found.values())} calls: {dict(found)}; "
              f"{counts['grant.refresh_token']} refreshes, {counts['grant.revoked']} grants revoked")  # fmt: skip
        assert found == {"right": CALLERS * ROUNDS * AT_ONCE}
        assert counts["grant.refresh_token"] >= CALLERS * ROUNDS
        assert (counts["grant.revoked"], counts["grant.error"]) == (0, 0)

        # Who disconnects is asked for the account again by every replica, at once.
        gone, ended, passed, *kept = people
        place.accounts.set(advance=(ROUNDS + 1) * 10 * LIFETIME)
        page, refused = await asyncio.to_thread(gone.accounts), place.api.json("GET", "/seen")["refused"]
        racing = [asyncio.ensure_future(gone.call(client)) for _ in range(2 * REPLICAS)]
        while (await client.get(f"{place.api.url}/seen")).json()["refused"] == refused:
            pass  # until the account is being renewed
        assert "disconnected" in (await asyncio.to_thread(gone.browser.press, page, "Disconnect")).words
        after = await asyncio.gather(*(gone.call(client) for _ in range(2 * REPLICAS)))
        assert all(map(link_of, after))
        done = sum(map(bool, map(account_of, await asyncio.gather(*racing))))
        print(f"{done} of {len(racing)} calls during the disconnection done")
        before = place.api.json("GET", "/seen")
        await asyncio.to_thread(revoke, place, monkeypatch, ended, str(place.package), "--governance", place.settings)
        await asyncio.to_thread(revoke, place, monkeypatch, passed, str(place.folder / "proxy0" / "governance.yaml"))
        again = [await one.call(client) for one in (gone, ended, passed) for _ in range(2 * REPLICAS)]
        assert [bool(link_of(one)) for one in again] == [True] * len(again)
        assert place.api.json("GET", "/seen") == before
        assert not any([await is_active(client, place, token) for token in tokens_of(place, gone, ended, passed)])
        assert all([await is_active(client, place, tokens_of(place, one)[-1]) for one in kept])
        assert [account_of(await one.call(client)) for one in kept] == [one.account for one in kept]
        assert await with_a_real_client(gone) == gone.account
        await give_key(client, gone)

    for one in place.relays:
        assert len(one.served) == REPLICAS
    everything = secrets_of(place, people)
    written = {**place.written(), "client": "\n".join(text for one in people for text in one.answers).encode()}
    spans = sum(name.startswith("trace") for name in written)
    print(f"{len(everything)} secrets in none of {len(written)} places ({sum(map(len, written.values())):,} bytes, "
          f"{spans} batches of spans); {started:.0f} s to start, {time.monotonic() - began:.0f} s in all")  # fmt: skip
    assert spans
    assert len(shown([people[2].name], written)) >= 2 * REPLICAS  # what is not secret is found
    assert b'"reason":"connection"' in b"".join(data for name, data in written.items() if name.endswith(".jsonl"))
    assert shown(everything, written) == []
    monkeypatch.setenv("ADAPTGEN_AUDIT_KEY", KEY)
    for path in place.folder.rglob("audit.jsonl"):
        assert await asyncio.to_thread(main, ["audit", "verify", "--running", str(path)]) == 0


def revoke(place: Place, monkeypatch: pytest.MonkeyPatch, whose: Caller, *where: str | Path) -> None:
    """As an operator, with the settings of the server or of the proxy."""
    for name, text in place.environ.items():
        monkeypatch.setenv(name, text)
    assert main(["connections", "revoke", *map(str, where), "--sub", whose.name, "--tenant", "acme"]) == 0


async def with_a_real_client(one: Caller) -> str:
    """What a client of the Python SDK gets, whose person opens the link and comes back."""

    async def elicited(context: Any, params: Any) -> ElicitResult:
        page = await asyncio.to_thread(one.connect, params.url)
        return ElicitResult(action="accept" if page.status == 200 else "cancel")

    headers = {"authorization": f"Bearer {one.token}"}
    async with (
        httpx2.AsyncClient(headers=headers, trust_env=False, timeout=60) as http,
        Client(
            streamable_http_client(one.place.url, http_client=http), mode="2026-07-28", elicitation_callback=elicited
        ) as client,
    ):
        result = await client.call_tool(f"{one.place.prefix}get_account", {})
    return str(json.loads(result.content[0].text)["account"])


def test_a_server_alone_and_a_key(tmp_path: Path) -> None:
    try:
        with alone(tmp_path) as place, callers(place, 2) as people:
            asyncio.run(server_alone(place, people))
    except Unavailable as reason:
        pytest.skip(str(reason))


async def server_alone(place: Place, people: list[Caller]) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        for one in people:
            await connect(client, one)
        place.accounts.set(advance=10 * LIFETIME)
        assert [account_of(await one.call(client)) for one in people] == [one.account for one in people]
        for one in people:
            await give_key(client, one)
            assert account_of(await one.call(client)) == one.account
        for _ in ("the key", "the account"):
            await asyncio.to_thread(people[0].disconnect)
        for tool in ("get_account", "get_key_account"):
            assert [link_of(await one.call(client, tool)) != "" for one in people] == [True, False]
    written = {**place.written(), "client": "\n".join(text for one in people for text in one.answers).encode()}
    assert shown(secrets_of(place, people), written) == []
