"""An event of Lambda as an HTTP request: Function URLs and HTTP APIs (payload 2.0), REST APIs (payload 1.0)."""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from adaptgen.mcp.http_messages import HttpRequest, folded, whole
from adaptgen.mcp.json_text import as_object
from adaptgen.model.frozen import value
from adaptgen.transports.streamable_http.server import KEYS, WELL_KNOWN
from adaptgen.web.routes import module_of

ENDPOINT = "/mcp"
GATEWAY = 28.5
"""Seconds after which API Gateway is about to give up (it does after 29 or 30), whatever the function still has."""
MARGIN = 0.5
"""Seconds of the function's time that are kept for sending what was traced, and the answer."""
_OPEN = ("/healthz", "/ping", KEYS)


class NoRequest(Exception):
    """The event is not an HTTP request that can be read."""


@value()
class Event:
    """``host``: the name under which the platform received it; ``version``: of the payload, ``1.0`` or ``2.0``;
    ``left``: seconds until the function is killed; ``body``: decoded.
    """

    http: HttpRequest
    version: str
    host: str
    left: float
    body: bytes


def read(event: object, left: float, prefixes: Iterable[str] = ()) -> Event:
    """The request that ``event`` stands for, with ``left`` seconds to answer it.

    ``prefixes``: what public URLs have before the paths that are served here (``/crm`` of a base path mapping), in
    addition to the stage of the API.

    Raises:
        NoRequest: not an HTTP request.
    """
    if not isinstance(event, Mapping) or not isinstance(event.get("requestContext"), Mapping):
        raise NoRequest
    about: Mapping[str, Any] = event["requestContext"]
    second = event.get("version") == "2.0"
    http = as_object(about.get("http")) if second else event
    method, path = http.get("method" if second else "httpMethod"), event.get("rawPath" if second else "path")
    if not isinstance(method, str) or not isinstance(path, str):
        raise NoRequest
    headers, twice = folded(_lines(event))
    body = _body(event)
    host = str(about.get("domainName") or "")
    budget = left if ".lambda-url." in host else min(left, GATEWAY)
    request = HttpRequest(
        method.upper(),
        _routed(path, [f"/{about.get('stage')}", *prefixes]),
        headers,
        whole(body),
        twice,
        streaming=False,
        principal=_principal(about, event.get("version", "1.0")),
        deadline=time.monotonic() + budget - min(MARGIN, budget * 0.2),
        query=_query(event),
        source=str(as_object(http if second else about.get("identity")).get("sourceIp") or "")[:64],
    )
    return Event(request, "2.0" if second else "1.0", host, left, body)


def prefix(resource: str) -> str:
    """What the path of the public URL has before ``/mcp``."""
    path = urlsplit(resource).path.rstrip("/")
    return path.removesuffix(ENDPOINT) if path.endswith(ENDPOINT) else ""


def _lines(event: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    several = as_object(event.get("multiValueHeaders"))
    if several:
        for name, values in several.items():
            for value in values if isinstance(values, list) else ():
                yield name, str(value)
    else:
        for name, value in as_object(event.get("headers")).items():
            if value is not None:
                yield name, str(value)
    cookies = event.get("cookies")
    if isinstance(cookies, list) and cookies:
        yield "cookie", "; ".join(map(str, cookies))


def _body(event: Mapping[str, Any]) -> bytes:
    body = event.get("body")
    if not body:
        return b""
    if not isinstance(body, str):
        raise NoRequest
    try:
        if event.get("isBase64Encoded"):
            return base64.b64decode(body, validate=True)
        return body.encode()
    except (binascii.Error, ValueError):
        raise NoRequest from None


def _principal(about: Mapping[str, Any], version: object) -> str:
    """The IAM principal that signed the request; the platform has checked it. Payload 2.0 has it in ``authorizer.iam``
    and payload 1.0 in ``identity``: what the other place holds there, an authorizer of the user's own may have said."""
    signed: Mapping[str, Any] = {}
    if version == "2.0":
        signed = as_object(as_object(about.get("authorizer")).get("iam"))
    elif version == "1.0":
        signed = as_object(about.get("identity"))
    found = signed.get("userArn")
    return found if isinstance(found, str) else ""


def _query(event: Mapping[str, Any]) -> str:
    """The query string: as it came in payload 2.0, put together again from that of 1.0."""
    raw = event.get("rawQueryString")
    if isinstance(raw, str):
        return raw
    several = as_object(event.get("multiValueQueryStringParameters"))
    pairs = [(name, str(one)) for name, values in several.items() if isinstance(values, list) for one in values]
    if not several:
        pairs = [(name, str(one)) for name, one in as_object(event.get("queryStringParameters")).items()]
    return urlencode(pairs)


def _routed(path: str, prefixes: Iterable[str]) -> str:
    """``path`` without the prefix of a stage or a mapping: events have it in some kinds of APIs and not in others. The
    first segment of both may be one that is served here, too (``/login/mcp``)."""
    for one in prefixes:
        rest = path.removeprefix(one) if path.startswith(f"{one}/") else ""
        if _served(rest) or rest.startswith(f"{ENDPOINT}/") or (rest == "/" and not _served(path)):
            return rest
    return path


def _served(path: str) -> bool:
    if path.rstrip("/") == ENDPOINT or path in _OPEN or path == WELL_KNOWN or path.startswith(f"{WELL_KNOWN}/"):
        return True
    return module_of(path) is not None
