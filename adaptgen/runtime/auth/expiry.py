"""When an access token ends: as the login says, else by the ``exp`` of a token that is a JWT (RFC 7519, 4.1.4)."""

from __future__ import annotations

import base64
import binascii
import json
import math
import time
from collections.abc import Iterable
from datetime import UTC, datetime

from adaptgen.model.tables import Expires, Json
from adaptgen.runtime.http.response import Response, read_server_time
from adaptgen.syntax import hint_jsonpath as jsonpath

_UNITS = {"s": 1.0, "ms": 0.001, "min": 60.0, "iso": 1.0}


def find_end(expires: Expires | None, response: Response, tokens: Iterable[Json]) -> tuple[float, float] | None:
    """The moment when a token ends (seconds since the epoch on our clock) and its lifetime in seconds, or None.

    Moments are compared with the server's clock where it sends a ``Date``, so that a wrong clock does no harm.
    """
    now = time.time()
    lifetime: float | None = None
    if expires is not None:
        body = response.json()
        if expires.after is not None:
            lifetime = _number(jsonpath.first(expires.after, body), expires.unit)
            if lifetime is not None and lifetime <= 0:
                lifetime = None  # how services say that a token does not end; one that is over would not be sent
        elif expires.at is not None:
            moment = _moment(jsonpath.first(expires.at, body), expires.unit)
            lifetime = None if moment is None else moment - read_server_time(response.headers)
    if lifetime is None:
        for token in tokens:
            claims = jwt_claims(token)
            exp = claims.get("exp")
            end = _number(exp, "s") if isinstance(exp, (int, float)) else None
            if end is not None:
                lifetime = end - read_server_time(response.headers)
                break
    return None if lifetime is None else (now + lifetime, lifetime)


def _number(value: Json, unit: str) -> float | None:
    try:
        number = float(value) * _UNITS[unit]
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and not isinstance(value, bool) else None


def _moment(value: Json, unit: str) -> float | None:
    number = _number(value, unit)
    if number is not None:
        return number
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def jwt_claims(token: Json) -> dict[str, Json]:
    """The claims of a JWT, not verified (it is ours to send, not to trust); {} for anything else."""
    if not isinstance(token, str) or token.count(".") != 2:
        return {}
    payload = token.split(".")[1]
    try:
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, binascii.Error):
        return {}
    return claims if isinstance(claims, dict) else {}
