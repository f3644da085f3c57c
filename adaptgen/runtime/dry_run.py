"""``dry_run``: the request that a write would send, and that it was not sent."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote, quote_plus

from adaptgen.model import Json
from adaptgen.runtime.answer import Answer, Text
from adaptgen.runtime.classify import Classifier
from adaptgen.runtime.marks import Marks
from adaptgen.runtime.request import Request
from adaptgen.runtime.response import Response
from adaptgen.runtime.sending import REDACTED
from adaptgen.runtime.serialize import is_json
from adaptgen.runtime.text import clean, encode

_TEXT = 4000


def described(request: Request, hidden: Iterable[str] = (), marks: Marks | None = None, note: str = "") -> Answer:
    """``{"dry_run": true, "method", "url", "headers", "body", "note"}``, with a mark in place of every value in
    ``hidden``.

    Classified values of the arguments stand in it as they were given, not percent-encoded, so that ``marks`` can name
    them.
    """
    marks = marks or Marks()
    for value in sorted(hidden, key=len, reverse=True):
        _hide(request, value)
    headers = {name: value for name, value in request.headers.items() if name.lower() != "accept"}
    if request.cookies:
        headers["Cookie"] = "; ".join(request.cookies)
    shown: dict[str, Json] = {"dry_run": True, "method": request.method, "url": request.url, "headers": headers}
    if request.content is not None:
        shown["body"] = _body(request)
    if note:
        shown["note"] = note
    if marks.on:
        _bare(shown, [value for _, value in marks.seen])
        if isinstance(shown.get("body"), (dict, list)):
            shown["body"] = marks.arguments({"body": marks.mark(shown["body"], Classifier({}))})["body"]
    return marks.finish(Answer((Text(encode(shown).decode()),)), shown)


def _bare(shown: dict[str, Json], values: Iterable[str]) -> None:
    """Write values as they are where the request holds them percent-encoded (RFC 3986, 2.1)."""
    for value in sorted(values, key=len, reverse=True):
        for form in {quote(value, safe=""), quote(value, safe="@"), quote(value), quote_plus(value)} - {value}:
            shown["url"] = shown["url"].replace(form, value)
            shown["headers"] = {name: text.replace(form, value) for name, text in shown["headers"].items()}
            if isinstance(shown.get("body"), str):
                shown["body"] = shown["body"].replace(form, value)


def _hide(request: Request, value: str) -> None:
    """Take ``value`` out of a request, however it was encoded there."""
    for form in {value, quote(value, safe=""), quote_plus(value), encode(value).decode()[1:-1]}:
        request.url = request.url.replace(form, REDACTED)
        request.headers = {name: text.replace(form, REDACTED) for name, text in request.headers.items()}
        request.cookies = [text.replace(form, REDACTED) for text in request.cookies]
        if request.content is not None:
            request.content = request.content.replace(form.encode(), REDACTED.encode())


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
