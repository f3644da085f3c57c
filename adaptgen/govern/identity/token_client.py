"""Access tokens from a token endpoint: client credentials (RFC 6749, 4.4) and token exchange (RFC 8693), kept."""

from __future__ import annotations

import base64
import logging
import time
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import quote_plus, urlencode

import orjson

from adaptgen.govern.identity.http_fetch import Fetch, FetchError, place
from adaptgen.model.frozen import lazy
from adaptgen.runtime.core.caches import ExpiringCache, margin

_log = logging.getLogger("adaptgen.govern")

LIMIT: Final = 64 * 1024
"""Bytes of an answer."""
TIMEOUT: Final = 10.0
KEPT: Final = 2000
"""Tokens kept, the least recently used go first."""
UNKNOWN: Final = 60.0
"""Seconds of a token that does not say how long it is good (``expires_in`` is only recommended)."""
LONGEST: Final = 3600.0
PAUSE: Final = 5.0
"""Seconds after a failure in which the same token is not asked for again."""
EXCHANGE: Final = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN: Final = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105

_TOKEN: Final = lazy(r"[A-Za-z0-9._~+/-]+=*")
"""b64token of RFC 6750, 2.1: nothing else is valid in a header."""
_ERROR: Final = lazy(r"[a-z_]{1,40}")


class GrantError(Exception):
    """There is no token. The text names the endpoint and the OAuth error code, never a credential."""


class AccessTokenCache:
    """The tokens of one client at one token endpoint, by a key of the caller's choice. One request each, however many
    wait for it.
    """

    def __init__(
        self,
        url: str,
        client_id: str,
        client_secret: str,
        requests: Fetch,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._url = url
        self._client = client_id
        self._secret = client_secret
        self._requests = requests
        self._clock = clock
        self._in_form = not client_secret
        self._tokens: ExpiringCache[bytes, str] = ExpiringCache(KEPT, pause=PAUSE, failure=GrantError, clock=clock)

    def __repr__(self) -> str:
        return f"Tokens({place(self._url)})"

    async def get(self, key: bytes, form: Mapping[str, str], *, until: float | None = None) -> str:
        """The token that ``form`` asks for, kept under ``key`` until it expires, or ``until`` (seconds since the
        epoch) where that is earlier.

        Raises:
            GrantError: the endpoint returns no token.
        """
        return await self._tokens.get(key, lambda: self._obtain(form, until))

    def forget(self, key: bytes) -> bool:
        """Drop a token that was refused. False where it is so new that another one would not help."""
        return self._tokens.forget(key)

    async def _obtain(self, form: Mapping[str, str], until: float | None) -> tuple[str, float]:
        try:
            token, seconds = await self._granted(form)
        except GrantError as problem:
            _log.warning("%s", problem)
            raise
        end = self._clock() + seconds - margin(seconds)
        return token, end if until is None else min(end, until)

    async def _granted(self, form: Mapping[str, str]) -> tuple[str, float]:
        status, body = await self._post(form)
        if status in (400, 401) and not self._in_form and error_code(body) == "invalid_client":
            self._in_form = True  # the endpoint may know client_secret_post alone (RFC 6749, 2.3.1)
            status, body = await self._post(form)
            if status in (400, 401):
                self._in_form = False
        if status != 200:
            code = error_code(body)
            raise GrantError(f"{place(self._url)} returns no token: {code or f'status {status}'}")
        return self._read(body)

    async def _post(self, form: Mapping[str, str]) -> tuple[int, bytes]:
        headers, content = token_request(form, self._client, self._secret, in_form=self._in_form)
        try:
            status, _, body = await self._requests("POST", self._url, headers, content, limit=LIMIT, timeout=TIMEOUT)
        except FetchError as problem:
            raise GrantError(f"no token: {problem}") from None
        return status, body

    def _read(self, body: bytes) -> tuple[str, float]:
        """Token and lifetime in seconds (RFC 6749, 5.1)."""
        answer = json_object(body)
        token, kind, seconds = (answer.get(name) for name in ("access_token", "token_type", "expires_in"))
        if not isinstance(token, str) or not _TOKEN.fullmatch(token):
            raise GrantError(f"{place(self._url)} answers without a usable access_token")
        if not isinstance(kind, str) or kind.lower() != "bearer":
            raise GrantError(f"the token of {place(self._url)} is not a bearer token")
        if isinstance(seconds, str) and seconds.isdecimal() and len(seconds) < 12:
            seconds = int(seconds)  # as some do
        if seconds is None:
            return token, UNKNOWN
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not seconds > 0:
            raise GrantError(f"the token of {place(self._url)} has expired already")
        return token, float(min(seconds, LONGEST))


def token_request(
    form: Mapping[str, str], client_id: str, client_secret: str, *, in_form: bool
) -> tuple[dict[str, str], bytes]:
    """Headers and body of a request to a token endpoint; the client authenticates by HTTP Basic, or ``in_form``, where
    a client without a secret only says who it is (RFC 6749, 2.3.1)."""
    sent = dict(form)
    headers = {"content-type": "application/x-www-form-urlencoded"}
    if in_form:
        sent |= {"client_id": client_id} | ({"client_secret": client_secret} if client_secret else {})
    else:
        pair = f"{quote_plus(client_id)}:{quote_plus(client_secret)}".encode()
        headers["authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    return headers, urlencode(sent).encode()


def json_object(body: bytes) -> dict[str, object]:
    try:
        answer = orjson.loads(body)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def error_code(body: bytes) -> str:
    """The error code of RFC 6749, 5.2; nothing else of the answer is repeated."""
    code = json_object(body).get("error")
    return code if isinstance(code, str) and _ERROR.fullmatch(code) else ""
