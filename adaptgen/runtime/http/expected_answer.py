"""What a tool expects of an answer: whether a body is like the declared one, and that JSON is not a web page."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache, partial
from typing import Final
from urllib.parse import quote

from adaptgen.model.tables import Call, Json, Step, Tool
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.http.logged_out import Like, is_bare, wraps
from adaptgen.runtime.http.response import Response
from adaptgen.syntax import hint_jsonpath as jsonpath
from adaptgen.syntax.field_paths import MISSING

WITHHELD: Final = b"[withheld]"


def expected_body(tool: Tool | Step) -> Like | None:
    """Whether a body is like what the tool, or the step, declares; None where it declares something else than JSON."""
    if tool.call is None or not _asks_json(tool.call):
        return None
    answer = tool.payload if isinstance(tool, Tool) else "$"
    items = tool.page.items if tool.page is not None else tool.items if isinstance(tool, Step) else None
    return _layout(items, answer, tool.view or ())


@lru_cache(maxsize=4096)
def _layout(items: str | None, answer: str, view: tuple[str, ...]) -> Like:
    names = {path.replace("[", ".").split(".")[0] for path in view} - {"", "*", "$"}
    plain = frozenset(name for name in names if wraps(name))
    return partial(_is_like, items, answer, frozenset(names - plain), plain)


def _is_like(items: str | None, answer: str, own: frozenset[str], plain: frozenset[str], body: Json) -> bool:
    """``own``: fields of the view that only a record has; ``plain``: those that wrappers have too."""
    if items is not None:
        return isinstance(jsonpath.first(items, body), list) or isinstance(body, list) or not is_bare(body)
    payload = body if answer == "$" else jsonpath.first(answer, body)
    if payload is MISSING or payload is None:
        payload = body
    if isinstance(payload, list):
        return bool(payload) and not is_bare(payload)
    if not isinstance(payload, Mapping):
        return payload is not body or not (own or plain)
    if own:
        return not own.isdisjoint(payload)
    return (bool(plain) and plain <= payload.keys()) or not is_bare(payload)


def _asks_json(call: Call) -> bool:
    return call.accept is None or "json" in call.accept


def declares_json(tool: Tool | Step) -> bool:
    """Whether the document says that the answer is JSON; where it says nothing it may be anything."""
    if tool.call is None or not _asks_json(tool.call):
        return False
    return bool(tool.call.accept or tool.page is not None or tool.view)


def refuse_page(tool: Tool | Step, response: Response, check: str) -> None:
    """An HTML page where JSON is declared is not an answer.

    Raises:
        ToolError: saying what to ``check``.
    """
    if not 200 <= response.status < 300 or not response.content or not is_page(response):
        return
    if declares_json(tool):
        raise ToolError(
            "The API sent an HTML page where JSON was expected: a login page, a gateway, or the website that the base "
            f"URL leads to. Check {check}.",
            status=response.status,
        )


def is_page(response: Response) -> bool:
    """Whether an answer is an HTML page, whatever its type says."""
    head = response.content[:512].lstrip().lower()
    if head.startswith((b"<!doctype html", b"<html")):
        return True
    return response.media_type in ("text/html", "application/xhtml+xml") and head[:1] not in (b"{", b"[")


@lru_cache(maxsize=256)
def _forms(token: str) -> tuple[bytes, ...]:
    """A token as JSON and URLs hold it."""
    forms = {token, json.dumps(token)[1:-1], token.replace("/", "\\/"), quote(token, safe="")}
    return tuple(form.encode(errors="replace") for form in sorted(forms, key=len, reverse=True))


def withhold_tokens(response: Response, tokens: Iterable[str]) -> Response:
    """The answer without the tokens of the server's own sessions, in the forms in which JSON and URLs hold them."""
    content = response.content
    tokens = list(tokens)
    if response.file is not None and response.file.holds([form for token in tokens for form in _forms(token)]):
        raise ToolError("The file that the API sent holds a token of this server's session; it is withheld.")
    headers = dict(response.headers)
    for token in sorted(set(tokens), key=len, reverse=True):
        for form in _forms(token):
            if form in content:
                content = content.replace(form, WITHHELD)
            # The rest of a header stays: an address of the next page repeats the query with its key.
            text = form.decode()
            headers = {name: value.replace(text, "[withheld]") for name, value in headers.items()}
    if content is response.content and headers == response.headers:
        return response
    return replace(response.unread(), content=content, headers=headers)
