"""Clients that are described by a document at a URL of theirs (Client ID Metadata Documents).

The attacks, what must happen, and where they are described:

- a URL that leads inside: private, link-local, loopback, also as a number, inside of IPv6, or behind a name: no
  connection at all (CIMD, 6.5; RFC 9728, 7.7; MCP Best Practices, SSRF)
- a name that is public when it is checked and private when it is connected (DNS rebinding): the connection goes to
  the address that was checked (MCP Best Practices, DNS Resolution Considerations)
- a redirect to the inside: not followed (CIMD, 4)
- a document that is slow, huge, or no JSON: refused (CIMD, 6.6)
- a document that speaks for another client, or has a secret: refused (CIMD, 4.1)
- a flood of documents: the server does not ask the internet for each (RFC 7591, 5; MCP Best Practices, SSRF)
- a document that changes after consent: the person is asked again where the code goes elsewhere (CIMD, 6.3)
- what the inside answers is told to the attacker: no word of it (MCP Best Practices, SSRF)
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from support.login_scene import BASE, WEB, Client, Scene
from support.scripted_browser import Page

from adaptgen.mcp.http_messages import HttpRequest, whole
from adaptgen.web.oauth import client_documents

ID = "https://client.example/client.json"
PUBLIC = "93.184.216.34"
Answer = Callable[[httpx.Request], Any]


def document(**changes: Any) -> dict[str, Any]:
    """A document that is fine, but for the changes; None takes a member away."""
    given = {"client_id": ID, "client_name": "Example", "redirect_uris": [WEB], **changes}
    given.setdefault("token_endpoint_auth_method", "none")
    return {name: one for name, one in given.items() if one is not None}


class Internet:
    """What names resolve to, and what hosts answer. ``connected``: address, Host and name of the certificate, of each
    connection."""

    def __init__(self) -> None:
        self.names: dict[str, list[str]] = {}
        self.answer: Answer = lambda _: httpx.Response(200, json=document())
        self.connected: list[tuple[str, str, str]] = []
        self.resolved: list[str] = []

    async def resolve(self, host: str, port: int) -> list[str]:
        """As a resolver does; names that nobody has said are public."""
        self.resolved.append(host)
        found = self.names.get(host)
        if found is not None:
            return [found.pop(0)] if host.startswith("rebinding") else found
        try:
            return [socket.inet_ntoa(socket.inet_aton(host))]  # numbers, as getaddrinfo reads them
        except OSError:
            return ["127.0.0.1" if host.rstrip(".").endswith("localhost") else PUBLIC]

    async def handle(self, request: httpx.Request) -> httpx.Response:
        """One request for a document."""
        name = str(request.extensions.get("sni_hostname", ""))
        self.connected.append((request.url.host, request.headers["host"], name))
        said = self.answer(request)
        got: httpx.Response = await said if asyncio.iscoroutine(said) else said
        if not got.is_closed:
            return got

        async def body() -> AsyncIterator[bytes]:
            yield got.content

        return httpx.Response(got.status_code, headers=got.headers, content=body())


@pytest.fixture
def net(monkeypatch: pytest.MonkeyPatch) -> Internet:
    made = Internet()

    class Documents(httpx.AsyncClient):
        """Those that fetch documents; others reach the identity provider as ever."""

        def __init__(self, **given: Any) -> None:
            if given.get("trust_env") is False:
                assert given.get("follow_redirects", False) is False
                given |= {"transport": httpx.MockTransport(made.handle), "verify": False}
            super().__init__(**given)

    monkeypatch.setattr(httpx, "AsyncClient", Documents)
    monkeypatch.setattr(client_documents, "_resolve", made.resolve)
    monkeypatch.setattr(client_documents, "MIN_AGE", 0.0)
    monkeypatch.setattr(client_documents, "FAILED", 0.0)
    monkeypatch.setattr(client_documents, "FETCHES", (1e6, 1e6))
    monkeypatch.setattr(client_documents, "OF_A_HOST", (1e6, 1e6))
    return made


@pytest.fixture
def it(started: Scene, net: Internet, monkeypatch: pytest.MonkeyPatch) -> Scene:
    started.reset()
    started.store._buckets.clear()  # a flood of another test
    for server in started.servers:
        assert server._web is not None
        server._web._made.clear()  # with the resolver of this test
    return started


def asked(it: Scene, id: str = ID, redirect: str = WEB) -> Page:
    return it.browser().open(Client(it, id, redirect).request(), until="https://never.example")


def unknown(it: Scene, page: Page, *words: str) -> None:
    """The client is not known, and nothing says why."""
    assert page.status == 400, page.words
    assert not it.provider.asked
    for word in words:
        assert word not in page.text


def test_an_honest_document_works(it: Scene, net: Internet) -> None:
    client = Client(it, ID, WEB)
    page = it.browser().open(client.request(), until=WEB)
    assert "client.example" in page.words
    assert "Example" in page.words
    assert it.call(client.log_in()["access_token"]).status_code == 200
    assert set(net.connected) == {(PUBLIC, "client.example", "client.example")}


INSIDE = [
    "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "127.0.0.1", "127.8.8.8", "0.0.0.0", "169.254.169.254",
    "169.254.170.2", "100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192", "192.0.2.1", "198.18.0.1",
    "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1",
    "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a00:1", "2002:a00:1::", "::7f00:1", "2001:db8::1",
    "fe80::1%eth0", "not an address",
]  # fmt: skip


# Not with "::" in their names: xdist would take each for a group of its own.
@pytest.mark.parametrize("address", INSIDE, ids=lambda one: one.replace(":", "-"))
def test_a_name_that_leads_inside_is_not_connected(it: Scene, net: Internet, address: str) -> None:
    for found in ([address], [PUBLIC, address], [address, PUBLIC]):
        net.names["client.example"] = found
        unknown(it, asked(it))
    assert net.connected == []


WRITTEN = [
    "https://127.0.0.1/client.json", "https://127.1/client.json", "https://2130706433/client.json",
    "https://0x7f000001/client.json", "https://0177.0.0.1/client.json", "https://0/client.json",
    "https://10.0.0.1/client.json", "https://192.168.1.1:8443/client.json", "https://3232235777/client.json",
    "https://169.254.169.254/latest/meta-data", "https://2852039166/latest", "https://0xa9fea9fe/latest",
    "https://[::1]/client.json", "https://[::ffff:169.254.169.254]/client.json", "https://[::ffff:7f00:1]/client.json",
    "https://[fd00:ec2::254]/client.json", "https://[64:ff9b::a9fe:a9fe]/client.json", "https://[fe80::1%25eth0]/x",
    "https://localhost/client.json", "https://LOCALHOST/client.json", "https://localhost./client.json",
    "https://x.localhost/client.json", "https://metadata.google.internal/x", "https://METADATA.google.internal./x",
    "https://169.254.169.254.nip.io/client.json", "https://①②⑦.⓪.⓪.①/client.json", "https://127。0。0。1/client.json",
    "http://client.example/client.json", "http://169.254.169.254/latest", "file:///etc/passwd", "ftp://client.example/x",
    "gopher://client.example/x", "https://user@client.example/client.json", "https://client.example:x/client.json",
    "https://user:word@client.example/client.json", "https://client.example/client.json#x", "https://client.example",
    "https://client.example/", "https://client.example/a/../client.json", "https://client.example/%2e%2e/client.json",
    "https://client.example\\@10.0.0.1/client.json", "https:///client.json", "https://client.example/\nclient.json",
    "https://client.example/" + "a" * 3000, "HTTPS://client.example/client.json", "https://",
]  # fmt: skip


@pytest.mark.parametrize("id", WRITTEN, ids=lambda one: one[:60].replace(":", "-"))
def test_a_url_that_leads_inside_is_not_connected(it: Scene, net: Internet, id: str) -> None:
    net.answer = lambda _: httpx.Response(200, json=document(client_id=id))
    unknown(it, asked(it, id)) if not id.startswith("HTTPS") else asked(it, id)
    assert all(address == PUBLIC for address, _, _ in net.connected)
    assert net.connected == [] or id.startswith("HTTPS")


def test_the_connection_goes_to_the_address_that_was_checked(it: Scene, net: Internet) -> None:
    """DNS rebinding: public when it is asked for first, and inside from then on."""
    net.names["rebinding.example"] = [PUBLIC, "169.254.169.254", "10.0.0.1"]
    id = "https://rebinding.example/client.json"
    net.answer = lambda _: httpx.Response(200, json=document(client_id=id))
    asked(it, id)  # the document is fetched before the login, and again after it: the second time it is refused
    assert net.connected == [(PUBLIC, "rebinding.example", "rebinding.example")]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(it: Scene, net: Internet, status: int) -> None:
    where = {"location": "https://169.254.169.254/latest"}
    net.answer = lambda _: httpx.Response(status, headers=where, json=document())
    unknown(it, asked(it))
    assert {one[0] for one in net.connected} == {PUBLIC}


@pytest.mark.parametrize("status", [201, 203, 204, 206, 304, 400, 401, 404, 500])
def test_only_200_is_an_answer(it: Scene, net: Internet, status: int) -> None:
    net.answer = lambda _: httpx.Response(status, json=document())
    unknown(it, asked(it))


@pytest.mark.parametrize("kind", ["text/html", "text/plain", "application/javascript", "image/png", "", "json"])
def test_another_type_is_no_document(it: Scene, net: Internet, kind: str) -> None:
    net.answer = lambda _: httpx.Response(200, content=json.dumps(document()), headers={"content-type": kind})
    unknown(it, asked(it))


def test_a_huge_document_is_not_read(it: Scene, net: Internet) -> None:
    read = 0

    async def parts() -> Any:
        nonlocal read
        for _ in range(1000):
            read += 1024
            yield b" " * 1024

    headers = {"content-type": "application/json"}
    net.answer = lambda _: httpx.Response(200, content=parts(), headers=headers)
    unknown(it, asked(it))
    assert read < 64 * 1024
    net.answer = lambda _: httpx.Response(200, json=document(x="a" * 8000))
    unknown(it, asked(it))


def test_a_slow_document_does_not_hold_the_server(it: Scene, net: Internet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_documents, "TIMEOUT", 0.1)

    async def never(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(30)
        raise AssertionError

    net.answer = never
    unknown(it, asked(it))
    assert it.call(None).status_code == 401


WRONG: dict[str, Any] = {
    "another client": document(client_id="https://other.example/client.json"),
    "a slash": document(client_id=ID + "/"),
    "capitals": document(client_id=ID.replace("client.example", "CLIENT.example")),
    "a query": document(client_id=ID + "?"),
    "no client": document(client_id=None),
    "a number": document(client_id=7),
    "a secret": document(client_secret="x"),
    "a secret that ends": document(client_secret_expires_at=0),
    "a shared secret": document(token_endpoint_auth_method="client_secret_basic"),
    "a shared key": document(token_endpoint_auth_method="client_secret_jwt"),
    "nowhere to go": document(redirect_uris=None),
    "nowhere at all": document(redirect_uris=[]),
    "code to run": document(redirect_uris=["javascript:alert(1)"]),
    "no TLS": document(redirect_uris=["http://client.example/callback"]),
    "a list": [document()],
    "a text": "x",
    "null": None,
}


@pytest.mark.parametrize("said", WRONG.values(), ids=WRONG)
def test_a_document_that_is_wrong(it: Scene, net: Internet, said: Any) -> None:
    net.answer = lambda _: httpx.Response(200, json=said)
    unknown(it, asked(it))


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe{}", b"[" * 4000, b"{}{}", b"<html>"], ids=range(6))
def test_what_is_no_json_is_no_document(it: Scene, net: Internet, body: bytes) -> None:
    net.answer = lambda _: httpx.Response(200, content=body, headers={"content-type": "application/json"})
    unknown(it, asked(it), "html>x")


def test_what_the_inside_answers_is_not_told(it: Scene, net: Internet) -> None:
    net.answer = lambda _: httpx.Response(200, json={"AccessKeyId": "AKIA-canary", "client_id": "x"})
    unknown(it, asked(it), "canary", "AccessKeyId")
    first = asked(it).words
    net.answer = lambda _: httpx.Response(404)
    assert asked(it).words == first, "and not by another sentence either: no map of the inside"


def test_only_registered_places_that_cannot_harm_get_the_code(it: Scene, net: Internet) -> None:
    assert asked(it, redirect="https://evil.example/callback").status == 400
    for redirect in ("javascript:alert(1)", "http://client.example/callback"):
        net.answer = lambda _, uri=redirect: httpx.Response(200, json=document(redirect_uris=[WEB, uri]))  # type: ignore[misc]
        unknown(it, asked(it, redirect=redirect))


def test_a_document_that_changes_asks_again_where_the_code_goes_elsewhere(it: Scene, net: Internet) -> None:
    client, victim = Client(it, ID, WEB), it.browser("victim")
    client.authorize(victim)
    assert victim.open(client.request(), until=WEB).url.startswith(WEB), "remembered"
    net.answer = lambda _: httpx.Response(200, json=document(redirect_uris=["https://evil.example/callback"]))
    assert victim.open(client.request(), until=WEB).status == 400
    client.redirect = "https://evil.example/callback"
    page = victim.open(client.request(), until=client.redirect)
    assert page.forms
    assert "evil.example" in page.words


def test_the_host_of_the_document_is_shown(it: Scene, net: Internet) -> None:
    """A document may call itself anything; its host is what is known (CIMD, 6.4)."""
    id = "https://evil.example/client.json"
    net.answer = lambda _: httpx.Response(
        200, json=document(client_id=id, client_name="Claude", client_uri="https://claude.example")
    )
    page = asked(it, id)
    assert "evil.example" in page.words
    assert "claude.example" not in page.words


def test_a_flood_of_documents_is_not_passed_on(it: Scene, net: Internet, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sends browsers here must not make the server attack others."""
    monkeypatch.setattr(client_documents, "FETCHES", (0.001, 10.0))
    it.run(it.store.delete("oauth/documents"))
    net.answer = lambda request: httpx.Response(404)
    for n in range(15):
        assert asked(it, f"https://victim.example/{n}.json").status in (400, 429, 503)
    assert len(net.connected) <= 11


def test_one_sender_does_not_shut_out_all_new_clients(
    it: Scene, net: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_documents, "FETCHES", (0.001, 10.0))  # a fifth: two documents
    net.answer = lambda request: httpx.Response(200, json=document(client_id=f"https://{request.headers['host']}/c"))

    def status(host: str, source: str) -> int:
        path, _, query = Client(it, f"https://{host}/c", WEB).request().removeprefix(BASE).partition("?")
        asked = HttpRequest("GET", path, {"host": "mcp.bank.example"}, whole(b""), query=query, source=source)
        return it.run(it.servers[0].handle(asked)).status

    flood = [status(f"h{n}.evil.example", "203.0.113.9") for n in range(30)]
    assert flood == [302, 302, *[503] * 28]
    assert status("client.example", "203.0.113.10") == 302
