"""The network of a replay: requests are answered from cassettes alone, and every request without one is remembered."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from adaptgen.model.tables import Base, Json, Server
from adaptgen.readiness.cassettes import INDEX, MOST_RECORDED, Index, read_index
from adaptgen.readiness.record import needed_references
from adaptgen.text.files import read_file
from adaptgen.text.parse import parse

_Key = tuple[str, str, str, tuple[tuple[str, str], ...], str]
_ORIGIN = "https://api.invalid"


class _Body(httpx.AsyncByteStream):
    """A body that is read as it comes, like one from the network."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._content


class Replay(httpx.AsyncBaseTransport):
    """Answers from ``answers``: those to the same request come in the order of the recording, the last one from then
    on. ``empty``: nothing is recorded; ``missing``: method and path of what nothing answers; ``cut``: of answers whose
    lists may have been longer, as recordings keep their first elements. ``requests``: how many there were."""

    def __init__(self, answers: Mapping[_Key, list[Mapping[str, Any]]]) -> None:
        self._answers = answers
        self._asked: Counter[_Key] = Counter()
        self.empty = not answers
        self.missing: list[str] = []
        self.cut: list[str] = []
        self.requests = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        key = _key(request.method, str(request.url), await request.aread())
        recorded = self._answers.get(key)
        self.requests += 1
        if not recorded:
            self.missing.append(f"{request.method} {request.url.path}")
            return httpx.Response(404, request=request, stream=_Body(b""))
        number = min(self._asked[key], len(recorded) - 1)
        self._asked[key] += 1
        answer = recorded[number]
        headers = [(name, one) for name, values in answer["headers"].items() for one in values]
        body = answer["body"]["string"]
        if _is_cut(_json(body)):
            self.cut.append(f"{request.method} {request.url.path}")
        return httpx.Response(
            answer["status"]["code"],
            headers=headers,
            stream=_Body(body if isinstance(body, bytes) else str(body).encode()),
            request=request,
        )


class Recordings:
    """The cassettes next to the hints of a server; without them nothing is answered."""

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
                asked = one["request"]
                found.setdefault(_key(asked["method"], asked["uri"], str(asked["body"] or "").encode()), []).append(
                    one["response"]
                )
            for key, answers in found.items():
                # Every cassette has its own login: the first is enough.
                self._answers.setdefault(key, answers)

    def environ(self, server: Server) -> Mapping[str, str]:
        """Stand-ins of what the server reads from its environment, also of what was not set for the recording."""
        others = {one.name: "stand-in" for one in needed_references(server) if one.kind == "env"}
        return {"HOME": "/nowhere", **others, **self._index.environ}

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


def _key(method: str, url: str, body: bytes) -> _Key:
    parts = urlsplit(url)
    query = tuple(sorted(parse_qsl(parts.query, keep_blank_values=True)))
    value = _json(body) if method not in ("GET", "HEAD") else None
    sent = json.dumps(value, sort_keys=True) if value is not None else ""
    return method, f"{parts.scheme}://{parts.netloc}", parts.path, query, sent


def _json(body: str | bytes) -> Json:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _is_cut(value: Json) -> bool:
    """Whether a list in an answer is as long as recordings let one be."""
    if isinstance(value, list):
        return len(value) >= MOST_RECORDED or any(map(_is_cut, value))
    return isinstance(value, dict) and any(map(_is_cut, value.values()))
