"""An MCP client of the Python SDK (1.x or 2.x) that logs in by OAuth, steered by lines of JSON on its standard input.

    python login_python.py '{"url": …, "port": …, "mode": "legacy", "metadata": ""}'

Commands: ``{"do": "list"}``, ``{"do": "call", "name": …, "arguments": …}``, ``{"do": "many", "calls": […]}`` (at once),
``{"do": "tokens"}`` and ``{"do": "close"}``. Each is answered by ``{"done": …}`` or ``{"failed": …}``; before it,
``{"authorize": url}`` where a person is needed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from mcp import ClientSession
from mcp.client.auth import OAuthClientProvider
from mcp.shared.auth import OAuthClientMetadata

given = json.loads(sys.argv[1])
redirect = f"http://127.0.0.1:{given['port']}/callback"
came: asyncio.Queue[dict[str, str]] = asyncio.Queue()
if "clock" in given:  # a file with the seconds by which the clock is ahead
    real = time.time
    time.time = lambda: real() + float(Path(given["clock"]).read_text() or 0)


def say(**message: Any) -> None:
    print(json.dumps(message), flush=True)


class Storage:
    """Tokens and registration, as long as the process runs."""

    def __init__(self) -> None:
        self.tokens: Any = None
        self.client: Any = None

    async def get_tokens(self) -> Any:
        return self.tokens

    async def set_tokens(self, tokens: Any) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> Any:
        return self.client

    async def set_client_info(self, client_info: Any) -> None:
        self.client = client_info


async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """The redirect URI: takes the answer of the authorization server."""
    line = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1].decode()
    await came.put({name: values[0] for name, values in parse_qs(urlsplit(line).query).items()})
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nOK")
    await writer.drain()
    writer.close()


async def ask(url: str) -> None:
    say(authorize=url)


async def answered() -> Any:
    got = await came.get()
    if "code" not in got:
        raise RuntimeError(f"refused: {got}")
    try:
        from mcp.client.auth import AuthorizationCodeResult
    except ImportError:  # 1.x
        return got["code"], got.get("state")
    return AuthorizationCodeResult(**{name: got[name] for name in ("code", "state", "iss") if name in got})


def provider(storage: Storage) -> OAuthClientProvider:
    metadata = OAuthClientMetadata(
        client_name="Python client",
        redirect_uris=[redirect],
        grant_types=["authorization_code", "refresh_token"],
        response_types=["code"],
        token_endpoint_auth_method=given.get("auth", "none"),
    )
    more = {"client_metadata_url": given["metadata"]} if given.get("metadata") else {}
    return OAuthClientProvider(given["url"], metadata, storage, ask, answered, **more)


async def no_stream(*args: Any) -> None:
    """Takes the place of the stream on which a server speaks first."""


@contextlib.asynccontextmanager
async def connected(storage: Storage) -> AsyncIterator[Any]:
    """A client or session that has ``list_tools`` and ``call_tool``."""
    try:
        from mcp import Client
        from mcp.client.streamable_http import streamable_http_client
        from mcp.shared._httpx_utils import create_mcp_http_client
    except ImportError:  # 1.x
        from mcp.client.streamable_http import StreamableHTTPTransport, streamablehttp_client

        # It asks for a stream of the server by itself, and again a second later. A clock that a test puts forward while
        # such a request is on its way ends its token, and then the login; a real clock does not jump.
        StreamableHTTPTransport.handle_get_stream = no_stream
        async with (
            streamablehttp_client(given["url"], auth=provider(storage)) as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            yield session
        return
    async with (
        create_mcp_http_client(auth=provider(storage)) as http,
        Client(streamable_http_client(given["url"], http_client=http), mode=given["mode"]) as client,
    ):
        yield client


async def done(client: Any, storage: Storage, command: dict[str, Any]) -> Any:
    if command["do"] == "tokens":
        tokens, registered = storage.tokens, storage.client
        return {**tokens.model_dump(mode="json"), "client": registered.model_dump(mode="json", exclude_none=True)}
    if command["do"] == "list":
        return [tool.name for tool in (await client.list_tools()).tools]
    if command["do"] == "many":
        return await asyncio.gather(*(done(client, storage, {"do": "call", **one}) for one in command["calls"]))
    result = await client.call_tool(command["name"], command["arguments"])
    text = "".join(block.text for block in result.content if block.type == "text")
    return {"text": text, "error": bool(getattr(result, "is_error", None) or getattr(result, "isError", None))}


async def main() -> None:
    storage = Storage()
    server = await asyncio.start_server(listen, "127.0.0.1", given["port"])
    lines: asyncio.Queue[str] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    loop.run_in_executor(None, lambda: [loop.call_soon_threadsafe(lines.put_nowait, line) for line in sys.stdin])
    try:
        async with connected(storage) as client:
            say(done=True)
            while (command := json.loads(await lines.get()))["do"] != "close":
                try:
                    say(done=await done(client, storage, command))
                except Exception as error:
                    say(failed=f"{type(error).__name__}: {error}")
    finally:
        server.close()
    say(done=True)


asyncio.run(main())
