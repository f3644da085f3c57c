"""A reverse proxy in front of a service that keeps what was asked: method and path of every request."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from learning.service import Asked, Said

HOP = frozenset({"host", "connection", "content-length", "accept-encoding", "transfer-encoding", "keep-alive"})


class Recorder:
    """Hands every request on to ``target``; in answers the address of the service becomes its own (``url``)."""

    def __init__(self, target: str) -> None:
        self._target = urlsplit(target)
        self._origin = f"{self._target.scheme}://{self._target.netloc}"
        self.url = ""
        self.seen: list[Asked] = []

    @property
    def base(self) -> str:
        """The base URL of the service, through this proxy."""
        return self.url + self._target.path

    def writes(self, *logins: str) -> list[str]:
        """The requests that are neither GET nor HEAD, but for a POST to the login."""
        kept = [one for one in self.seen if one.method not in ("GET", "HEAD")]
        return [f"{one.method} {one.path}" for one in kept if one.method != "POST" or one.path not in logins]

    def __call__(self, asked: Asked) -> Said:
        self.seen.append(asked)
        headers = {name: value for name, value in asked.headers.items() if name not in HOP}
        connection = http.client.HTTPConnection(str(self._target.hostname), self._target.port, timeout=60)
        try:
            connection.request(asked.method, asked.target, asked.body or None, headers)
            reply = connection.getresponse()
            body = reply.read().replace(self._origin.encode(), self.url.encode())
            kept = {
                name: value.replace(self._origin, self.url)
                for name, value in reply.getheaders()
                if name.lower() not in HOP
            }
            return Said(body, reply.status, kept)
        finally:
            connection.close()


def fetch(url: str, headers: Mapping[str, str] | None = None) -> tuple[Any, Mapping[str, str]]:
    """JSON and headers of a GET that a test makes by hand."""
    place = urlsplit(url)
    connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=60)
    try:
        target = place.path + (f"?{place.query}" if place.query else "")
        connection.request("GET", target, headers={"Accept": "application/json", **(headers or {})})
        reply = connection.getresponse()
        text = reply.read()
        if reply.status != 200:
            raise AssertionError(f"GET {url}: {reply.status} {text[:200]!r}")
        return json.loads(text), {name.lower(): value for name, value in reply.getheaders()}
    finally:
        connection.close()
