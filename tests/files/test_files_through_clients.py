"""50 MB up and down through processes, by the clients of the MCP SDK: the right bytes, and bounded memory."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx
import pytest
from fastmcp import Client
from fastmcp.client.transports import ClientTransport, StdioTransport, StreamableHttpTransport
from joserfc.jwk import ECKey
from support import aws
from support.file_api import FileApi, content, sha
from support.file_clients import (
    MB,
    call,
    command,
    environ,
    fetch,
    over_http,
    over_stdio,
    peak,
    run,
    serving_http,
    upload,
)
from support.governing import KEYS, settings
from support.handing import RESOURCE, behind, issuing, keys_of_proxy, proxying, serving
from support.services import Service
from support.web import Web

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")]

SIZE = 50 * MB
ALLOWED = 25.0
"""MB that a server may grow by while a file passes; base64 of 50 MB alone is 67 MB."""


@pytest.fixture(scope="module")
def large() -> bytes:
    """The file."""
    return content(SIZE)


@pytest.fixture
def folder(tmp_path: Path, large: bytes) -> Path:
    """An allowed folder with the file in it."""
    made = tmp_path / "allowed"
    made.mkdir()
    (made / "large.pdf").write_bytes(large)
    (tmp_path / "secret.pdf").write_bytes(large[:1000])
    (made / "link.pdf").symlink_to(tmp_path / "secret.pdf")
    return made


def test_stdio(package: Path, api: tuple[Web, FileApi], folder: Path, tmp_path: Path, large: bytes) -> None:
    async def session() -> None:
        serve = command(package, "--files", str(folder))
        async with over_stdio(serve, environ(tmp_path, api[0].url), tmp_path) as (client, pid):
            await call(client, "get_note")
            await call(client, "upload_document", file={"text": "x", "filename": "x.txt"})
            before = peak(pid)
            got = await call(client, "upload_document", title="T", file={"source": str(folder / "large.pdf")})
            assert (got["sha256"], got["size"], got["named"], got["chunked"]) == (sha(large), SIZE, "large.pdf", False)
            link = await call(client, "download_document", name="back.pdf", size=SIZE)
            assert (link.type, link.size, link.mime_type, link.name) == (
                "resource_link",
                SIZE,
                "application/pdf",
                "back.pdf",
            )
            path = Path(unquote(urlsplit(str(link.uri)).path))
            assert (path.parent, sha(path.read_bytes())) == (folder, sha(large))
            again = await call(client, "download_document", name="back.pdf", size=SIZE)
            assert str(again.uri).endswith("back%20(2).pdf") or str(again.uri).endswith("back%20%282%29.pdf")
            assert peak(pid) - before < ALLOWED
            asked = len(api[0].seen)
            for source in (tmp_path / "secret.pdf", folder / "link.pdf", folder / ".." / "secret.pdf", "/dev/zero"):
                refused = await client.call_tool("upload_document", {"file": {"source": str(source)}})
                assert refused.is_error, source
            assert len(api[0].seen) == asked

    run(session())


def test_http(package: Path, api: tuple[Web, FileApi], folder: Path, tmp_path: Path, large: bytes) -> None:
    async def session(url: str, pid: int) -> None:
        async with over_http(url) as client:
            (folder / "small.pdf").write_bytes(large[:1000])
            await call(client, "upload_document", file={"source": await upload(client, folder / "small.pdf")})
            before = peak(pid)
            source = await upload(client, folder / "large.pdf")
            got = await call(client, "upload_document", file={"source": source})
            assert (got["sha256"], got["size"], got["named"], got["chunked"]) == (sha(large), SIZE, "large.pdf", False)
            link = await call(client, "download_document", name="back.pdf", size=SIZE)
            assert httpx.head(str(link.uri)).headers["content-length"] == str(SIZE)
            assert await fetch(str(link.uri)) == (sha(large), SIZE)
            assert peak(pid) - before < ALLOWED
            offer = await call(client, "create_upload", filename="a.png", size=1000)
            wrong = httpx.put(offer["upload"]["url"], content=large[:1000], headers=offer["upload"]["headers"])
            assert wrong.status_code == 415
            refused = await client.call_tool("create_upload", {"filename": "a.pdf", "size": 200 * MB})
            assert refused.is_error
            path = await client.call_tool("upload_document", {"file": {"source": str(folder / "large.pdf")}})
            assert path.is_error

    with serving_http(command(package, "--files", str(folder)), environ(tmp_path, api[0].url)) as (url, pid):
        run(session(url, pid))


@pytest.mark.parametrize("era", ["legacy", "2026-07-28"])
@pytest.mark.parametrize("kind", ["stdio", "http"])
def test_fastmcp(package: Path, api: tuple[Web, FileApi], folder: Path, tmp_path: Path, kind: str, era: str) -> None:
    """The other client, in both eras."""
    data = content(MB)
    (folder / "a.pdf").write_bytes(data)
    serve, around = command(package, "--files", str(folder)), environ(tmp_path, api[0].url)

    async def session(transport: ClientTransport) -> None:
        async with Client(transport, mode=era) as client:
            names = {tool.name for tool in await client.list_tools()}
            assert ("create_upload" in names) is (kind == "http")
            source = str(folder / "a.pdf") if kind == "stdio" else await upload(client.session, folder / "a.pdf")
            got = (await client.call_tool("replace_raw", {"file": {"source": source}})).content[0]
            assert json.loads(got.text)["sha256"] == sha(data)
            (link,) = (await client.call_tool("download_document", {"name": "b.pdf", "size": MB})).content
            assert (link.type, link.size) == ("resource_link", MB)
            if kind == "http":
                assert await fetch(str(link.uri)) == (sha(data), MB)

    if kind == "stdio":
        run(session(StdioTransport(serve[0], serve[1:], env=around, keep_alive=False)))
        return
    with serving_http(serve, around) as (url, _):
        run(session(StreamableHttpTransport(url)))


def test_access_tokens(package: Path, api: tuple[Web, FileApi], tmp_path: Path) -> None:
    """A slot takes the credentials of the endpoint, of the caller whose it is, and nothing less."""
    data = content(5000)
    with ExitStack() as stack:
        issuer = stack.enter_context(issuing())
        claims = {"sub": "sub", "tenant": "org", "groups": "groups"}
        rules = {"issuer": issuer.url, "audience": RESOURCE, "jwks": f"{issuer.url}/jwks", "caller": claims}
        path = settings(tmp_path, files={"inline": 10}, tokenize=None, authenticate=rules)
        arguments = ("serve", package, "--http", "127.0.0.1:0", "--governance", path)
        server = stack.enter_context(serving(tmp_path, *arguments, FILES_BASE_URL=api[0].url, **KEYS))
        ada, bob = (issuer.token(sub) for sub in ("ada", "bob"))
        elsewhere = issuer.token("ada", org="shop")
        offer = json.loads(server.call("create_upload", {"filename": "a.pdf", "size": 5000}, ada)[0])
        url, kind = offer["upload"]["url"], offer["upload"]["headers"]

        def put(token: str) -> httpx.Response:
            return httpx.put(url, content=data, headers={**kind, **({"authorization": token} if token else {})})

        refused = [put(one) for one in ("", "Bearer nonsense", f"Bearer {bob}", f"Bearer {elsewhere}")]
        assert [one.status_code for one in refused] == [401, 401, 404, 404]
        assert "www-authenticate" in refused[0].headers
        assert put(f"Bearer {ada}").status_code == 201
        assert server.call("replace_raw", {"file": {"source": offer["source"]}}, bob)[1]
        got = json.loads(server.call("replace_raw", {"file": {"source": offer["source"]}}, ada)[0])
        assert got["sha256"] == sha(data)


# ---------------------------------------------------------------------------------------------------------------- S3


@pytest.fixture
def moto(tmp_path: Path) -> Iterator[Service]:
    """An AWS with one bucket."""
    folder = tmp_path / "moto"
    folder.mkdir()
    service = aws.start(folder)
    try:
        where = {"LocationConstraint": aws.REGION}
        aws.client(service, "s3").create_bucket(Bucket="crm-files", CreateBucketConfiguration=where)
        yield service
    finally:
        service.stop()


def test_a_bucket(package: Path, api: tuple[Web, FileApi], moto: Service, tmp_path: Path, large: bytes) -> None:
    """Signed URLs, checked as S3 checks them as far as moto does, and by what they sign."""
    file = tmp_path / "large.pdf"
    file.write_bytes(large)
    rules = {"store": "s3://crm-files/agents", "endpoint": moto.url, "region": aws.REGION}
    tokenize = {"kinds": ["email"], "release": ["application/pdf"]}
    path = settings(tmp_path, files=rules, tokenize=tokenize, trace="console")
    more = {**KEYS, **aws.KEYS}
    for name in ("AWS_SESSION_TOKEN", "AWS_PROFILE"):
        more.setdefault(name, "")
    more = {name: value for name, value in more.items() if value}

    async def session(url: str, pid: int) -> tuple[str, str]:
        async with over_http(url) as client:
            (tmp_path / "small.pdf").write_bytes(large[:1000])
            await call(client, "upload_document", file={"source": await upload(client, tmp_path / "small.pdf")})
            before = peak(pid)
            source = await upload(client, file)
            got = await call(client, "upload_document", file={"source": source})
            assert (got["sha256"], got["size"], got["named"]) == (sha(large), SIZE, "large.pdf")
            link = await call(client, "download_document", name="back.pdf", size=SIZE)
            assert await fetch(str(link.uri)) == (sha(large), SIZE)
            assert peak(pid) - before < ALLOWED
            offer = await call(client, "create_upload", filename="a.pdf", size=1000)
            signed = dict(one.split("=", 1) for one in urlsplit(offer["upload"]["url"]).query.split("&"))
            assert unquote(signed["X-Amz-SignedHeaders"]).split(";") == [
                "content-length", "content-type", "host", "if-none-match",
            ]  # fmt: skip
            assert signed["X-Amz-Expires"] == "900"
            early = await client.call_tool("upload_document", {"file": {"source": offer["source"]}})
            assert early.is_error
            return offer["upload"]["url"], str(link.uri)

    serve = command(package, "--governance", str(path))
    errors: list[str] = []
    with serving_http(serve, environ(tmp_path, api[0].url, **more), errors) as (url, pid):
        put, got = run(session(url, pid))
    trail = (tmp_path / "audit.jsonl").read_text() + errors[0]
    assert "create_upload" in errors[0] or "tools/call" in errors[0]
    for secret in (urlsplit(put).query, urlsplit(got).query, "X-Amz", "large.pdf", "back.pdf"):
        assert secret not in trail
    bucket = aws.client(moto, "s3")
    keys = [one["Key"] for one in bucket.list_objects_v2(Bucket="crm-files")["Contents"]]
    assert len(keys) == 3
    assert all(key.startswith(("agents/up/", "agents/down/")) for key in keys)
    assert "pdf" not in json.dumps(keys)


def test_a_bucket_of_a_server_behind_a_proxy(
    package: Path, api: tuple[Web, FileApi], moto: Service, tmp_path: Path, large: bytes
) -> None:
    """The proxy decides and tokenizes, the file goes past it, and its slot is its caller's still."""
    key = ECKey.generate_key("P-256", private=True)
    file = tmp_path / "large.pdf"
    file.write_bytes(large)
    rules = {"store": "s3://crm-files/agents", "endpoint": moto.url, "region": aws.REGION}
    named = behind(tmp_path / "server", key, "files", files=rules)
    around = {"FILES_BASE_URL": api[0].url, "T_CURSORS": KEYS["T_CURSORS"], **aws.KEYS}
    with ExitStack() as stack:
        issuer = stack.enter_context(issuing())
        arguments = ("serve", package, "--http", "127.0.0.1:0", "--governance", named)
        server = stack.enter_context(serving(tmp_path / "server", *arguments, **around))
        upstreams = {"files": {"url": server.url, "handover": "files"}}
        path = proxying(tmp_path / "proxy", server.url, issuer.url, upstreams=upstreams)
        proxy = stack.enter_context(serving(tmp_path / "proxy", "proxy", path, **keys_of_proxy(key)))
        proxy.token = issuer.token("ada")
        said, _ = proxy.call("files__create_upload", {"filename": "large.pdf", "size": SIZE})
        offer = json.loads(said)
        sent = httpx.put(offer["upload"]["url"], content=large, headers=offer["upload"]["headers"], timeout=60)
        assert sent.status_code == 200, sent.text
        given = {"file": {"source": offer["source"]}}
        said, refused = proxy.call("files__upload_document", given, issuer.token("bob"))
        assert (refused, "upload slot is not known" in said, api[0].seen) == (True, True, [])
        got = json.loads(proxy.call("files__upload_document", given)[0])
        assert (got["sha256"], got["size"]) == (sha(large), SIZE)
        said, _ = proxy.call("files__download_document", {"name": "a.pdf", "size": SIZE})
        assert "larger than 16 MB" in said
        guest = issuer.token("eve", groups=["guests"])
        assert proxy.call("files__create_upload", {"filename": "a", "size": 1}, guest)[1]
