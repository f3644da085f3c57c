"""The network of a replay: requests are answered from cassettes alone, and every request without one is remembered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from adaptgen.model.tables import Base, Server
from adaptgen.readiness.cassettes import INDEX, Index, read_index
from adaptgen.text.files import read_file
from adaptgen.text.parse import parse

_Key = tuple[str, str, str, tuple[tuple[str, str], ...]]
_ORIGIN = "https://api.invalid"


class Replay(httpx.AsyncBaseTransport):
    """Answers from ``answers``: those to the same request come in the order of the recording, the last one from then
    on. ``missing``: method and path of what nothing answers."""

    def __init__(self, answers: Mapping[_Key, list[Mapping[str, Any]]]) -> None:
        self._answers = answers
        self._asked: Counter[_Key] = Counter()
        self.missing: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        key = _key(request.method, str(request.url))
        recorded = self._answers.get(key)
        if not recorded:
            self.missing.append(f"{request.method} {request.url.path}")
            return httpx.Response(404, request=request)
        number = min(self._asked[key], len(recorded) - 1)
        self._asked[key] += 1
        answer = recorded[number]
        headers = [(name, one) for name, values in answer["headers"].items() for one in values]
        body = answer["body"]["string"]
        return httpx.Response(
            answer["status"]["code"],
            headers=headers,
            content=body if isinstance(body, bytes) else str(body).encode(),
            request=request,
        )


class Recordings:
    """The cassettes next to the hints of a server; none where there are none."""

    def __init__(self, folder: Path | None) -> None:
        self._index = Index()
        self._answers: dict[_Key, list[Mapping[str, Any]]] = {}
        if folder is None or not (folder / INDEX).is_file():
            return
        self._index = read_index(folder)
        for path in sorted(folder.glob("*.yaml")):
            found: dict[_Key, list[Mapping[str, Any]]] = {}
            document: Any = parse(read_file(path, path.as_posix()), path.as_posix()).value
            for one in document["interactions"]:
                found.setdefault(_key(one["request"]["method"], one["request"]["uri"]), []).append(one["response"])
            for key, answers in found.items():
                # Every cassette has its own login: the first is enough.
                self._answers.setdefault(key, answers)

    @property
    def environ(self) -> Mapping[str, str]:
        """Stand-ins of what the server reads from its environment."""
        return {"HOME": "/nowhere", **self._index.environ}

    @property
    def secrets(self) -> Mapping[str, str]:
        """Stand-ins of what it reads from stores of secrets."""
        return self._index.secrets

    def server(self, server: Server) -> Server:
        """``server`` with the addresses of the recording: nothing of it leads anywhere."""
        bases = tuple(Base(self._index.bases.get(one.name, _ORIGIN), name=one.name) for one in server.bases)
        return replace(server, bases=bases, connection=None)

    def open(self) -> Replay:
        """A network whose recordings begin anew."""
        return Replay(self._answers)


def _key(method: str, url: str) -> _Key:
    parts = urlsplit(url)
    query = tuple(sorted(parse_qsl(parts.query, keep_blank_values=True)))
    return method, f"{parts.scheme}://{parts.netloc}", parts.path, query
