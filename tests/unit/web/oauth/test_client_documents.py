"""Clients that are described by a document: which URLs count, where none is fetched, and what it may say."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import BoundedSemaphore, Event
from typing import Any

import pytest
from support.idp import Idp
from support.logins import site, text_of
from support.oauth_clients import HTTPS, OAuthClient, json_of
from support.web import Asked, Said, Web, web

from adaptgen.runtime.store.protocol import MemoryStore
from adaptgen.web.oauth import client_documents
from adaptgen.web.oauth.client_documents import ClientDocuments, Crowded, find_problem, is_public, lifetime

HERE = "http://127.0.0.1:8000/mcp"
"""The resource of a server that is being developed."""
PUBLIC = "https://mcp.bank.example/mcp"


def described(asked: Asked, url: str, **more: Any) -> Said:
    about = {"client_id": f"{url}{asked.target}", "client_name": "Acme", "redirect_uris": [HTTPS], **more}
    return Said({name: one for name, one in about.items() if one is not None})


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


async def read(server: Web, documents: ClientDocuments | None = None, path: str = "/client.json") -> Any:
    made = documents or ClientDocuments()
    return await made.client(f"{server.url}{path}", HERE, (), MemoryStore())


# ---------------------------------------------------------------------------------------------------------------- URLs


@pytest.mark.parametrize(
    "url",
    [
        "http://client.example/client.json",
        "https://client.example",
        "https://client.example/",
        "https://client.example/client.json#x",
        "https://user@client.example/client.json",
        "https://user:secret@client.example/client.json",
        "https://client.example/a/../client.json",
        "https://client.example/./client.json",
        "https://client.example/a/%2e%2E/client.json",
        "https://client.example/..",
        "https://client.example\\@evil.example/client.json",
        "https://client.example:99999/client.json",
        "https:///client.json",
        "ftp://client.example/client.json",
        "https://client.example/ client.json",
        "https://client.example/" + "x" * 500,
        "http://127.0.0.1/client.json",
    ],
)
def test_a_url_that_names_no_client(url: str) -> None:
    assert find_problem(url) is not None


# ----------------------------------------------------------------------------------------------------------- addresses


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.100.100.200",
        "168.63.129.16",
        "0.0.0.0",
        "255.255.255.255",
        "224.0.0.1",
        "240.0.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::",
        "2001:db8::1",
        "::7f00:1",
        "64:ff9b:1::7f00:1",
        "64:ff9b:1:fffe::a00:1",
        "fec0::1",
        "::ffff:0:7f00:1",
        "::5efe:a00:1",
        "2606:4700::5efe:127.0.0.1",
        "2606:4700::200:5efe:5db8:d822",
        "2001:0:7f00:1::",
        "3fff::1",
        "5f00::1",
        "1::1",
        "4000::1",
        "192.88.99.1",
        "not-an-address",
    ],
)
@pytest.mark.asyncio
async def test_no_connection_goes_inside(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not is_public(address)

    async def resolve(host: str, port: int) -> Sequence[str]:
        return ["93.184.216.34", address]  # one of several is enough

    import httpx

    def never(*_: object, **__: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(httpx, "AsyncClient", never)
    documents = ClientDocuments(resolve=resolve)
    assert await documents.client("https://client.example/client.json", PUBLIC, (), MemoryStore()) is None


@pytest.mark.parametrize(
    "address",
    ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::5db8:d822", "2002:5db8:d822::1"],
)
def test_the_public_internet_is_public(address: str) -> None:
    assert is_public(address)


# ----------------------------------------------------------------------------------------------------------- documents


@pytest.mark.asyncio
async def test_a_client_that_would_rather_sign_but_need_not_counts() -> None:
    """As ChatGPT describes itself: https://chatgpt.com/oauth/client.json."""
    methods = {
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
        "jwks_uri": "https://client.example/jwks.json",
    }
    with web(lambda asked: described(asked, server.url, **methods)) as server:
        assert (await read(server)).method == "none"


@pytest.mark.parametrize(
    "more",
    [
        {"client_id": "https://other.example/client.json"},
        {"client_id": None},
        {"client_name": None},
        {"client_name": "\u200b "},
        {"client_secret": "x"},
        {"token_endpoint_auth_method": "client_secret_basic"},
        {"token_endpoint_auth_method": "private_key_jwt"},
        {"token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_methods_supported": ["private_key_jwt"]},
        {"redirect_uris": []},
        {"redirect_uris": ["javascript:alert(1)"]},
    ],
)
@pytest.mark.asyncio
async def test_a_document_that_does_not_count(more: dict[str, Any]) -> None:
    with web(lambda asked: described(asked, server.url, **more)) as server:
        assert await read(server) is None


@pytest.mark.asyncio
async def test_the_log_says_why_a_document_does_not_count(caplog: pytest.LogCaptureFixture) -> None:
    with web(lambda asked: described(asked, server.url, client_name=None)) as server:
        await read(server)
    assert f"the document of a client at {server.url} cannot be used: it has no client_name" in caplog.text


ANSWERS: dict[str, Callable[[Said], Said]] = {
    "missing": lambda said: Said(said.body, 404),
    "redirect": lambda said: Said(b"", 302, {"Location": "/other.json"}),
    "html": lambda said: Said(said.body, 200, {"Content-Type": "text/html"}),
    "large": lambda said: Said({**said.body, "x": "x" * 6000}),
    "no json": lambda said: Said(b"{"),
    "no object": lambda said: Said([said.body]),
}


@pytest.mark.parametrize("kind", sorted(ANSWERS))
@pytest.mark.asyncio
async def test_an_answer_that_is_no_document(kind: str) -> None:
    with web(lambda asked: ANSWERS[kind](described(asked, server.url))) as server:
        assert await read(server) is None
        assert len(server.seen) == 1  # nothing is followed


@pytest.mark.asyncio
async def test_a_document_is_kept_within_bounds() -> None:
    clock = Clock()
    documents = ClientDocuments(clock=clock)
    with web(lambda asked: described(asked, server.url)) as server:
        for later, count in ((0, 1), (59, 1), (61, 2)):
            clock.now = 100.0 + later
            assert await read(server, documents) is not None
            assert len(server.seen) == count


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("", 60),
        ("no-store", 60),
        ("max-age=0", 60),
        ("public, max-age=600", 600),
        ("max-age=600, no-cache", 60),
        ("s-maxage=700", 60),
        ("max-age=99999999", 3600),
    ],
)
def test_the_lifetime_follows_http_within_bounds(said: str, seconds: float) -> None:
    assert lifetime({"cache-control": said}) == seconds


@pytest.mark.asyncio
async def test_one_host_does_not_use_up_the_turns_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_documents, "OF_A_HOST", (0.001, 1.0))
    store, documents = MemoryStore(), ClientDocuments()
    with web(lambda asked: described(asked, server.url)) as server:
        assert await documents.client(f"{server.url}/0", HERE, (), store) is not None
        with pytest.raises(Crowded):
            await documents.client(f"{server.url}/1", HERE, (), store)
        other = server.url.replace("127.0.0.1", "localhost")
        await documents.client(f"{other}/1", HERE, (), store)
        assert [one.path for one in server.seen] == ["/0", "/1"]


@pytest.mark.asyncio
async def test_waiting_for_others_says_nothing_about_a_document(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_documents, "TIMEOUT", 0.05)
    store, documents = MemoryStore(), ClientDocuments()
    for _ in range(8):
        await documents._turns.acquire()
    with web(lambda asked: described(asked, server.url)) as server:
        with pytest.raises(Crowded):
            await documents.client(f"{server.url}/0", HERE, (), store)
        documents._turns.release()
        monkeypatch.setattr(client_documents, "TIMEOUT", 3.0)
        assert await documents.client(f"{server.url}/0", HERE, (), store) is not None


@pytest.mark.asyncio
async def test_a_well_known_document_that_cannot_be_fetched_counts_as_published(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def unreachable(host: str, port: int) -> Sequence[str]:
        raise OSError

    documents = ClientDocuments(resolve=unreachable)
    claude, other = "https://claude.ai/oauth/mcp-oauth-client-metadata", "https://claude.ai/oauth/other"
    found = await documents.client(claude, PUBLIC, (), MemoryStore())
    assert found is not None
    assert (found.name, found.redirect_uris) == ("Claude", ("https://claude.ai/api/mcp/auth_callback",))
    assert await documents.client(other, PUBLIC, (), MemoryStore()) is None
    assert await ClientDocuments(resolve=unreachable).client(claude, PUBLIC, ("chatgpt.com",), MemoryStore()) is None
    monkeypatch.setattr(client_documents, "OF_A_HOST", (0.001, 0.5))  # also while too many are asked for
    assert await ClientDocuments(resolve=unreachable).client(claude, PUBLIC, (), MemoryStore()) == found


# ------------------------------------------------------------------------------------------------------------- the way


@pytest.mark.asyncio
async def test_a_described_client_gets_tokens_and_outlives_its_host(
    tmp_path: Path, idp: Idp, monkeypatch: pytest.MonkeyPatch
) -> None:
    idp.expires_in = 3600
    async with site(tmp_path, idp, resource="http://127.0.0.1:8000/mcp") as one:
        client = OAuthClient(one)
        grants = ["authorization_code", "refresh_token"]
        with web(lambda asked: described(asked, server.url, grant_types=grants)) as server:
            client.registered = {"client_id": f"{server.url}/client.json"}
            page = await client.open()
            assert "is identified by a document at" in text_of(page)
            answer = await client.redeem(client.answer(await client.decide(page))["code"])
            assert answer.status == 200, answer.body
            # Documents are known by their host: the consent is remembered.
            assert (await client.open()).status == 303

        async def never(*_: object) -> None:
            raise AssertionError("a document was asked for")

        monkeypatch.setattr(ClientDocuments, "client", never)
        assert (await client.refresh(json_of(answer)["refresh_token"])).status == 200


@pytest.mark.asyncio
async def test_documents_can_be_switched_off(tmp_path: Path, idp: Idp) -> None:
    async with site(tmp_path, idp, resource="http://127.0.0.1:8000/mcp", login={"clients": ["dynamic"]}) as one:
        client = OAuthClient(one)
        with web(lambda asked: described(asked, server.url)) as server:
            client.registered = {"client_id": f"{server.url}/client.json"}
            assert (await client.browser.get(client.url())).status == 400
            assert server.seen == []


@pytest.mark.asyncio
async def test_one_sender_does_not_use_up_the_turns_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_documents, "FETCHES", (0.001, 5.0))  # a fifth of five
    store, documents = MemoryStore(), ClientDocuments()
    with web(lambda asked: described(asked, server.url)) as server:
        assert await documents.client(f"{server.url}/0", HERE, (), store, "one") is not None
        for n in range(9):
            with pytest.raises(Crowded):
                await documents.client(f"{server.url}/one{n}", HERE, (), store, "one")
        for n in range(4):
            assert await documents.client(f"{server.url}/{n}", HERE, (), store, f"other{n}") is not None


@pytest.mark.asyncio
async def test_a_crowd_leaves_nothing_in_the_state(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_documents, "FETCHES", (0.001, 1.0))
    store, documents = MemoryStore(), ClientDocuments()
    assert await documents.client("https://first.invalid/c", PUBLIC, (), store) is None
    assert repr(store) == "MemoryStore(2)"  # all, and that host
    for n in range(5):
        with pytest.raises(Crowded):
            await documents.client(f"https://h{n}.invalid/c", PUBLIC, (), store)
    assert repr(store) == "MemoryStore(2)"


@pytest.mark.asyncio
async def test_a_name_server_that_does_not_answer_holds_up_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_documents, "TIMEOUT", 0.05)
    monkeypatch.setattr(client_documents, "_LOOKUPS", BoundedSemaphore(2))
    documents, store, real, answers = ClientDocuments(), MemoryStore(), socket.getaddrinfo, Event()

    def hanging(host: Any, *given: Any, **more: Any) -> Any:
        if str(host).endswith(".dead.example"):
            assert answers.wait(20)
            raise socket.gaierror(socket.EAI_AGAIN, "")
        return real(host, *given, **more)

    monkeypatch.setattr(socket, "getaddrinfo", hanging)
    before = threading.active_count()
    for n in range(2):
        assert await documents.client(f"https://h{n}.dead.example/c", PUBLIC, (), store) is None
    with pytest.raises(Crowded):
        await documents.client("https://h2.dead.example/c", PUBLIC, (), store)
    async with asyncio.timeout(5):  # the pool of the loop is free
        await asyncio.gather(*(asyncio.to_thread(lambda: None) for _ in range(40)))
        assert await asyncio.get_running_loop().getaddrinfo("localhost", 80)
    assert all(one.daemon for one in threading.enumerate() if one.name == "client-document")
    answers.set()
    for _ in range(100):
        if not any(one.name == "client-document" for one in threading.enumerate()):
            break
        await asyncio.sleep(0.02)
    assert threading.active_count() >= before
    assert await documents.client("https://h3.dead.example/c", PUBLIC, (), store) is None  # there is room again


@pytest.mark.parametrize(
    "client_id",
    [
        "HTTPS://bad.example/c.json",
        "https://BAD.example/c.json",
        "https://bad.example:443/c.json",
        "https://bad.example:0443/c.json",
        "https://bad.example:/c.json",
        "https://bad.example./c.json",
        "https://bad%2Eexample/c.json",
        "https://a..example/c.json",
        f"https://{'a' * 64}.example/c.json",
        "https://93.184.55330/c.json",
        "https://0x5db8d822/c.json",
        "https://[2606:2800:0220::1]/c.json",
    ],
)
def test_a_client_has_one_spelling(client_id: str) -> None:
    """Operators switch it off by that one."""
    assert find_problem("https://bad.example/c.json") is None
    assert find_problem("https://bad.example:8443/c.json") is None
    assert find_problem("https://[2606:2800:220::1]/c.json") is None
    assert find_problem(client_id) is not None
