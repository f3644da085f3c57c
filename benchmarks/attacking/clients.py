"""Hostile clients before authentication: ``python -m attacking.clients KIND PORT COUNT SECONDS``.

Each opens its connection, sends what its kind sends for as long as the server takes it, and stays until the end.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator

POST = b"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAccept: */*\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
PIECE = 16 * 1024
AGAIN = 3.0
"""Seconds after which a client that was sent away comes again."""


async def idle() -> AsyncIterator[bytes]:
    """Nothing at all."""
    yield b""


async def unfinished_heads() -> AsyncIterator[bytes]:
    """60 KB of a head without its end."""
    yield POST
    for _ in range(60):
        yield b"X: " + b"x" * 1000 + b"\r\n"


async def one_endless_header() -> AsyncIterator[bytes]:
    """A header line without an end."""
    yield POST + b"X: "
    while True:
        yield b"x" * PIECE


async def many_headers() -> AsyncIterator[bytes]:
    """Headers of four bytes."""
    yield POST
    while True:
        yield b"a:b\r\n" * 3000


async def trailers() -> AsyncIterator[bytes]:
    """Trailers without an end."""
    yield CHUNKED + b"2\r\n{}\r\n0\r\n"
    while True:
        yield b"X: " + b"x" * 1000 + b"\r\n"


async def one_endless_trailer() -> AsyncIterator[bytes]:
    """One trailer without an end."""
    yield CHUNKED + b"2\r\n{}\r\n0\r\nX: "
    while True:
        yield b"x" * PIECE


async def chunk_extensions() -> AsyncIterator[bytes]:
    """Chunks of one byte with a long extension."""
    yield CHUNKED
    while True:
        yield b"1;" + b"x" * 4000 + b"\r\n \r\n"


async def slow_bodies() -> AsyncIterator[bytes]:
    """A byte from time to time."""
    yield POST + b"Content-Length: 4000000\r\n\r\n"
    while True:
        yield b" "
        await asyncio.sleep(0.2)


async def early_answers() -> AsyncIterator[bytes]:
    """A body that nobody asked for, after the answer too."""
    yield POST + b"Content-Length: 4000000000\r\n\r\n"
    while True:
        yield b"x" * PIECE


async def pipelines() -> AsyncIterator[bytes]:
    """Requests without waiting for an answer, of which none is read."""
    while True:
        yield b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 300


KINDS = {
    kind.__name__: kind
    for kind in (
        idle,
        unfinished_heads,
        one_endless_header,
        many_headers,
        trailers,
        one_endless_trailer,
        chunk_extensions,
        slow_bodies,
        early_answers,
        pipelines,
    )
}


async def attack(kind: str, port: int, count: int, seconds: float) -> int:
    """How many of ``count`` connections were open at some time."""
    opened = 0
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds

    async def client() -> None:
        nonlocal opened
        while loop.time() < end:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                opened += 1
                writer.transport.pause_reading()  # type: ignore[attr-defined]
                try:
                    async for piece in KINDS[kind]():
                        writer.write(piece)
                        await writer.drain()
                        await asyncio.sleep(0.01)
                    await asyncio.sleep(max(end - loop.time(), 0))
                finally:
                    writer.transport.abort()
            await asyncio.sleep(AGAIN)

    clients = [asyncio.create_task(client()) for _ in range(count)]
    await asyncio.wait(clients, timeout=seconds)
    for task in clients:
        task.cancel()
    await asyncio.gather(*clients, return_exceptions=True)
    return opened


if __name__ == "__main__":
    print(asyncio.run(attack(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))))
