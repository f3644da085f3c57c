"""The API of the soak: ``python -m soaking.api PORT FOLDER``; killed at any moment and started anew, it goes on.

Before it answers a write it appends ``ref execution`` to ``executed.log``, which is also its database: one line is one
execution. Sessions live some seconds and in memory alone; a refresh token is good once, and ``refreshed.log`` remembers
those that were used across restarts. Some answers are slow, some never come in time, some writes are refused, and of
some the connection breaks, before they are executed or after.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import secrets
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from soaking.people import PEOPLE, email

LIFETIME = 3
"""Seconds of a session."""
PATIENCE = 2.0
"""Seconds that the server waits for an answer; those that never come in time take longer."""
USER, PASSWORD = "soak", "a password of the soak"

Answer = tuple[int, Any]


class Broken(Exception):
    """The connection breaks instead of an answer."""


class Log:
    """Lines that are in the file when :meth:`add` returns, whoever kills the process then."""

    def __init__(self, path: Path) -> None:
        self.lines = path.read_text().splitlines() if path.exists() else []
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def add(self, line: str) -> None:
        os.write(self._file, line.encode() + b"\n")


class Api:
    """Everything but HTTP."""

    def __init__(self, folder: Path) -> None:
        self._executed = Log(folder / "executed.log")
        self._refreshed = Log(folder / "refreshed.log")
        self._used = {line.split()[-1] for line in self._refreshed.lines}
        self._orders: dict[str, list[dict[str, Any]]] = {}
        self._count = 0
        for line in self._executed.lines:
            ref, _, customer, amount = line.split()
            self._book(ref, int(customer), int(amount))
        self._sessions: dict[str, float] = {}
        self._refresh: dict[str, bool] = {}
        self._random = random.Random()
        self._emails = {one["email"]: one for one in PEOPLE}

    async def answer(self, method: str, path: str, query: dict[str, str], token: str, body: bytes) -> Answer:
        """One request."""
        if path == "/health":
            return 200, {"ok": True}
        if path == "/login":
            given = json.loads(body)
            right = given.get("user") == USER and given.get("password") == PASSWORD
            return self._opened() if right else (401, {"message": "wrong user or password"})
        if path == "/refresh":
            return self._renewed(str(json.loads(body).get("refresh")))
        if self._sessions.get(token, 0) < time.time():
            return 401, {"message": "the session has ended"}
        late = await self._pause()
        if late and method == "GET":
            await asyncio.sleep(PATIENCE * 1.5)
        if path == "/customers":
            found = [one for one in PEOPLE if query.get("city") in (None, one["city"])]
            start, size = int(query.get("offset", 0)), int(query.get("limit", 20))
            return 200, {"items": found[start : start + size], "total": len(found)}
        if path == "/customers/search":
            one = self._emails.get(query.get("email", ""))
            return 200, {"items": [one] if one else [], "total": 1 if one else 0}
        if path == "/orders" and method == "GET":
            orders = self._orders.get(query.get("ref", ""), [])
            return 200, {"items": orders, "total": len(orders)}
        if path == "/orders":
            return await self._order(json.loads(body), late)
        return 404, {"message": "nothing is here"}

    async def _pause(self) -> bool:
        """Some answers take a moment. Whether this one takes too long; it does so when everything is done."""
        draw = self._random.random()
        if draw < 0.01:
            await asyncio.sleep(self._random.uniform(0.05, 0.3))
        return draw > 0.998

    def _opened(self) -> Answer:
        now = time.time()
        self._sessions = {token: ends for token, ends in self._sessions.items() if ends > now}
        access, refresh = secrets.token_urlsafe(16), secrets.token_urlsafe(16)
        self._sessions[access] = now + LIFETIME
        self._refresh[refresh] = True
        return 200, {"access": access, "refresh": refresh, "expires_in": LIFETIME}

    def _renewed(self, token: str) -> Answer:
        if token in self._used:
            self._refreshed.add(f"again {token}")
        if not self._refresh.pop(token, False):
            return 401, {"message": "this refresh token is not known"}
        self._used.add(token)
        self._refreshed.add(f"once {token}")
        return self._opened()

    async def _order(self, given: dict[str, Any], late: bool) -> Answer:
        customer, ref, amount = int(given["customer_id"]), str(given["ref"]), int(given["amount"])
        if given.get("contact") != email(customer):
            return 422, {"message": "the contact is not that of the customer"}
        if self._random.random() < 0.005:
            return 503, {"message": "too much to do"}
        # Writes take their time before and after, so that there is always one under way for a kill to hit.
        await asyncio.sleep(self._random.uniform(0, 0.03))
        draw = self._random.random()
        if draw < 0.003:
            raise Broken
        self._executed.add(f"{ref} {secrets.token_hex(8)} {customer} {amount}")
        order = self._book(ref, customer, amount)
        if draw > 0.994:
            raise Broken
        await asyncio.sleep(PATIENCE * 1.5 if late else self._random.uniform(0, 0.03))
        return 201, order

    def _book(self, ref: str, customer: int, amount: int) -> dict[str, Any]:
        self._count += 1
        order = {
            "id": self._count,
            "ref": ref,
            "customer_id": customer,
            "amount": amount,
            "contact": email(customer),
            "state": "open",
        }
        self._orders.setdefault(ref, []).append(order)
        return order


async def served(api: Api, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """The requests of one connection."""
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            method, target, _ = head[0].split(" ", 2)
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            path, _, query = target.partition("?")
            token = headers.get("authorization", "").removeprefix("Bearer ")
            status, value = await api.answer(method, path, dict(parse_qsl(query)), token, body)
            data = json.dumps(value).encode()
            more = "retry-after: 1\r\n" if status == 503 else ""
            writer.write(
                f"HTTP/1.1 {status} .\r\ncontent-type: application/json\r\n{more}"
                f"content-length: {len(data)}\r\n\r\n".encode()
                + data
            )
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    except Broken:
        writer.transport.abort()
    finally:
        writer.close()


async def main() -> None:
    api = Api(Path(sys.argv[2]))
    server = await asyncio.start_server(lambda r, w: served(api, r, w), "127.0.0.1", int(sys.argv[1]))
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
