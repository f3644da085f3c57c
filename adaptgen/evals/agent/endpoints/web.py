"""A JSON request to a model over HTTPS, or HTTP on this machine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from adaptgen.evals.agent.endpoints.base import MOST_BYTES, TIMEOUT, EndpointError, as_text, read_json, scrub
from adaptgen.govern.identity.http_fetch import Fetch, FetchError, place
from adaptgen.runtime.http.response import read_retry_after

_AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
"""What passes: too many requests, a conflict with another one, a failure of the server or of what is before it."""


class JsonPoster:
    """Posts JSON to one address. ``headers`` hold the key, which no error shows."""

    def __init__(self, url: str, headers: Mapping[str, str], secret: str, timeout: float = TIMEOUT) -> None:
        self._url = url
        self._headers = {"content-type": "application/json", **headers}
        self._secret = secret
        self._timeout = timeout
        self._fetch = Fetch()

    async def post(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """The object that the endpoint returns.

        Raises:
            EndpointError: it cannot be reached, refuses, or returns something else.
        """
        try:
            content = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
        except (UnicodeEncodeError, ValueError):
            content = json.dumps(body, separators=(",", ":"), default=str).encode()
        try:
            status, headers, answer = await self._fetch(
                "POST", self._url, self._headers, content, limit=MOST_BYTES, timeout=self._timeout
            )
        except FetchError as problem:
            text = str(problem)
            raise EndpointError(scrub(text, [self._secret]), again="cannot be reached" in text) from None
        found = _object(answer)
        if status >= 400 or found is None:
            wrong = f"answers {status}" if status >= 400 else "returns no JSON object"
            said = scrub(_said(found), [self._secret])
            what = f"{place(self._url)} {wrong}{f': {said}' if said else ''}"
            lower = {name.lower(): value for name, value in headers.items()}
            raise EndpointError(what, again=status in _AGAIN or status < 400, after=read_retry_after(lower))
        return found

    async def aclose(self) -> None:
        """Close the connections."""
        await self._fetch.aclose()


def _object(content: bytes) -> Mapping[str, Any] | None:
    try:
        found = read_json(content)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _said(found: Mapping[str, Any] | None) -> str:
    """The endpoint's own words: ``{"error": {"message"}}``, ``{"error"}`` or ``{"message"}``."""
    problem = (found or {}).get("error")
    if isinstance(problem, Mapping):
        return as_text(problem.get("message"))
    return as_text(problem) or as_text((found or {}).get("message"))
