"""``dry_run``: the request that a write would send, and that it was not sent."""

from __future__ import annotations

from adaptgen.model import Json
from adaptgen.runtime.answer import Answer, Text
from adaptgen.runtime.request import Request
from adaptgen.runtime.response import Response
from adaptgen.runtime.serialize import is_json
from adaptgen.runtime.text import clean, encode

_TEXT = 4000


def described(request: Request) -> Answer:
    """``{"dry_run": true, "method", "url", "headers", "body"}``; ``request`` holds no credential any more."""
    headers = {name: value for name, value in request.headers.items() if name.lower() != "accept"}
    if request.cookies:
        headers["Cookie"] = "; ".join(request.cookies)
    shown: dict[str, Json] = {"dry_run": True, "method": request.method, "url": request.url, "headers": headers}
    if request.content is not None:
        shown["body"] = _body(request)
    return Answer((Text(encode(shown).decode()),))


def _body(request: Request) -> Json:
    assert request.content is not None
    kind = next((value for name, value in request.headers.items() if name.lower() == "content-type"), "")
    if is_json(kind):
        return Response(200, {}, request.content).json()
    try:
        text = request.content.decode()
    except UnicodeDecodeError:
        return f"<{len(request.content)} bytes>"
    return clean(text) if len(text) <= _TEXT else f"{clean(text[:_TEXT])}… <{len(request.content)} bytes>"
