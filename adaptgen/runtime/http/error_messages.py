"""What a refusal or a failure of the API means, in one short text that an agent can act on.

Error bodies carry strangers' records, inputs, stack traces and HTML pages. Only strings in members that are made for
messages are passed on, short, without classified values, credentials and e-mail addresses that the agent did not pass.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Final

from adaptgen.model.frozen import lazy
from adaptgen.model.tables import Json
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.core.text import clean
from adaptgen.runtime.http.response import Response, read_retry_after
from adaptgen.runtime.pii.call_pii import PiiTracker
from adaptgen.syntax.identifiers import vocabulary

_MESSAGES = ("message", "detail", "error_description", "title", "error", "msg", "reason", "description", "errorMessage")
"""Members that hold a message, the best first (RFC 9457: detail, title; RFC 6749: error_description)."""
_PLURAL = ("errors", "error", "details", "detail", "non_field_errors", "violations", "fieldErrors", "messages")
_OWN = frozenset({"message", "messages", "detail", "details", "error", "errors", "reason"})
_PLACES = ("field", "loc", "path", "pointer", "name", "param", "parameter", "property", "location", "source", "key")
_ENVELOPE = frozenset(
    {*_MESSAGES, *_PLURAL, "success", "ok", "status", "code", "errno", "error_code", "errorCode", "statusCode"}
    | {"status_code", "type", "instance", "timestamp", "request_id", "requestId", "trace_id", "traceId", "path"}
    | {"result", "data", "response", "info", "help", "link", "documentation_url", "more_info", "severity", "exception"}
)
_BAD = frozenset({"error", "fail", "failed", "failure"})
_ONE, _ALL = 200, 500
_UNKNOWN = "It is unknown whether the change was carried out; read the current state before trying again."
_CUT_BASE64 = lazy(r"[A-Za-z0-9+/_-]{16,}…")
"""Possible base64 that was cut: what it holds is unknown."""
_MARKUP = lazy(r"<[a-zA-Z!/]|Traceback|\n\s+at |File \"")
_SMALL = 64 * 1024
_LITTLE, _OTHERS = 4096, 300
_HOLDERS = vocabulary(
    "error errors err fault exception problem detail details status meta info message messages result response "
    "cause reason warning warnings failure failures"
)
"""Members of an error body that say more of the error; any other object may be a record, or what was sent."""
_ECHOES = vocabulary(
    "input inputs value values given received actual sent request requestbody payload data record existing current "
    "body args arguments params parameters query stack stacktrace trace debug sql statement path uri url method "
    "timestamp time date datetime content text raw dump"
)


SHORTEST: Final = 4
"""Characters of a secret below which it could be a part of any other word."""


class Scrub:
    """Removes from texts what must not reach an agent.

    ``secrets``: values of credentials. ``sensitive``: dotted paths of classified fields. ``given``: what the agent
    itself passed, which may be repeated to it. ``marks``: where they are on, fields that no document declares are
    classified by their names, and tokens will stand for what is repeated.
    """

    def __init__(
        self,
        secrets: Iterable[str] = (),
        sensitive: Iterable[str] = (),
        given: Mapping[str, Json] | None = None,
        marks: PiiTracker | None = None,
    ) -> None:
        self._secrets = sorted((one for one in secrets if len(one) >= SHORTEST), key=len, reverse=True)
        self.names = frozenset(re.split(r"[.\[\]\"*]+", path.rstrip('*]["'))[-1].lower() for path in sensitive)
        self._given = given or {}
        self._marks = marks or PiiTracker()

    def text(self, text: str, body: Json = None) -> str:
        """``text`` without credentials, without the classified values that ``body`` holds, without unknown e-mails."""
        from adaptgen.pii.detectors import find
        from adaptgen.pii.structured_text import rewrite_base64
        from adaptgen.runtime.pii.personal_text import make_matcher

        for value in self._secrets:
            text = text.replace(value, "[removed]")
        known = str(self._given)
        classified = ((kind, value) for kind, value in self._classified(body) if value not in known)
        matcher = make_matcher(classified)
        if matcher.values:
            text = _CUT_BASE64.sub("…", text)
            text = matcher.replace(text, lambda *_: "[removed]")
            text = rewrite_base64(text, lambda inner: matcher.replace(inner, lambda *_: "[removed]"))
        addresses = (one for one in find(text, ("email",)) if text[one.start : one.end] not in known)
        return _replaced(text, ((one.start, one.end) for one in addresses), "[e-mail]")

    def may_tell(self, key: str, name: str) -> bool:
        """Whether a value under this key says something of an error, and of no person."""
        from adaptgen.pii.field_kinds import kind_of, names_person

        if name in _ECHOES or key.lower() in self.names:
            return False
        return kind_of(key) is None and not names_person(key)

    def _classified(self, body: Json, depth: int = 0) -> Iterator[tuple[str, str]]:
        if not depth and self._marks.enabled:
            from adaptgen.runtime.pii.structured import structured_values

            yield from self._marks.values(body)
            yield from structured_values(body)
        if depth > 8 or not self.names:
            return
        if isinstance(body, dict):
            for key, value in body.items():
                if str(key).lower() in self.names and isinstance(value, (str, int)) and len(str(value)) >= 3:
                    if not isinstance(value, bool):
                        yield "", str(value)
                else:
                    yield from self._classified(value, depth + 1)
        elif isinstance(body, list):
            for value in body[:100]:
                yield from self._classified(value, depth + 1)


def _replaced(text: str, places: Iterable[tuple[int, int]], by: str) -> str:
    """``text`` with something else at these places, which may overlap."""
    position = 0
    parts: list[str] = []
    for start, end in sorted(places):
        if start >= position:
            parts += (text[position:start], by)
            position = end
    return "".join((*parts, text[position:]))


# ------------------------------------------------------------------------------------------------------- the messages


def describe_error(response: Response, scrub: Scrub) -> str:
    """The API's own words about its failure, "" where it says nothing that can be passed on."""
    kind = response.media_type
    if "json" in kind or response.content[:1] in (b"{", b"["):
        if len(response.content) > _SMALL * 16:
            return ""
        try:
            body = response.json()
        except ToolError:
            return _plain(response, scrub)  # a short text that only claims to be JSON
        return _short(scrub.text(read_message(body, scrub.names), body))
    if kind == "text/plain" and response.status < 500:
        return _plain(response, scrub)
    return ""


def _plain(response: Response, scrub: Scrub) -> str:
    if len(response.content) > _ONE:
        return ""
    text = response.text().strip()
    return "" if not text or "\n" in text or _MARKUP.search(text) else _short(scrub.text(text))


def describe_others(response: Response, scrub: Scrub, words: str) -> str:
    """The other short values of a small error body, by their names: codes, hints, limits, ids of the request.

    What repeats the request or holds a record is left out, and so is what its name says is personal or secret.
    """
    if len(response.content) > _LITTLE:
        return ""
    try:
        body = response.json()
    except ToolError:
        return ""
    found: dict[str, None] = {}
    size = 0
    for name, value in _values(body, scrub):
        if value in words or value == str(response.status):
            continue
        one = f"{name}: {value}"
        size += len(one)
        if size > _OTHERS:
            break
        found[one] = None
    return scrub.text("; ".join(found), body)


def _values(body: Json, scrub: Scrub, depth: int = 0) -> Iterator[tuple[str, str]]:
    if isinstance(body, list):
        for one in body[:3]:
            if isinstance(one, dict):
                yield from _values(one, scrub, depth + 1)
    elif isinstance(body, dict) and depth <= 4:
        for key, value in list(body.items())[:40]:
            name = re.sub(r"[^a-z0-9]", "", str(key).lower())
            if isinstance(value, (dict, list)):
                if name in _HOLDERS:
                    yield from _values(value, scrub, depth + 1)
            elif (
                isinstance(value, (str, int, float)) and not isinstance(value, bool) and scrub.may_tell(str(key), name)
            ):
                text = _line(str(value)) if len(str(value)) <= _ONE else ""
                if text:
                    yield _cut(_line(str(key)), 40), text


def read_message(body: Json, hidden: frozenset[str] = frozenset()) -> str:
    """The messages in an error body, joined by ``; ``."""
    found = list(dict.fromkeys(_said(body, hidden)))
    if not found and isinstance(body, dict):
        found = list(dict.fromkeys(_said(_renamed(body, hidden), hidden, depth=1)))
    # An envelope repeats itself: {"error": "Bad Request", "message": "Bad Request: no name"}.
    kept = [one for one in found if not any(one != other and one in other for other in found)]
    return "; ".join([*(one.rstrip(".") for one in kept[:-1]), *kept[-1:]])


def _said(body: Json, hidden: frozenset[str], depth: int = 0) -> Iterator[str]:
    if depth > 4:
        return
    if isinstance(body, str):
        text = _line(body)
        if text:
            yield text
    elif isinstance(body, list):
        for one in body[:5]:
            yield from _said(one, hidden, depth + 1)
    elif isinstance(body, dict):
        place = _place(body) if depth else ""
        own = [_line(body[name]) for name in _MESSAGES if isinstance(body.get(name), str) and name not in hidden]
        texts = [one for one in own if one][: 2 if not depth else 1]
        for text in texts:
            yield f"{place}: {text}" if place and place not in text else text
        for name in _PLURAL:
            value = body.get(name)
            if isinstance(value, list) or (isinstance(value, dict) and name in ("error", "errors", "detail")):
                yield from _said(value, hidden, depth + 1) if not _by_field(value) else _fields(value, hidden)
        if not depth and not texts and _by_field(body):
            yield from _fields(body, hidden)


_LAST_WORD = lazy(r".*(?:[A-Za-z0-9]_|[a-z0-9](?=[A-Z]))([A-Z]?[a-z]+)\Z")


def _renamed(body: Mapping[str, Json], hidden: frozenset[str]) -> dict[str, Json]:
    """The members whose names end in the name of a message (``exception_message``, ``errorDetails``), under that."""
    found: dict[str, Json] = {}
    for key, value in body.items():
        end = _LAST_WORD.search(key)
        if end and end.group(1).lower() in _OWN and key.lower() not in hidden:
            found.setdefault(end.group(1).lower(), value)
    return found


def _by_field(body: Json) -> bool:
    """``{"email": ["Not a valid address."], …}``: messages by the field that they are about."""
    return (
        isinstance(body, dict)
        and 0 < len(body) <= 40
        and all(isinstance(value, list) and all(isinstance(one, str) for one in value) for value in body.values())
    )


def _fields(body: Json, hidden: frozenset[str]) -> Iterator[str]:
    for name, texts in list(body.items())[:6]:
        if texts and str(name).lower() not in _PLURAL:
            yield f"{_cut(_line(str(name)), 60)}: {_line(' '.join(texts[:2]))}"
        elif texts:
            yield _line(" ".join(texts[:2]))


def _place(error: Mapping[str, Json]) -> str:
    for name in _PLACES:
        value = error.get(name)
        if isinstance(value, str) and value:
            return _cut(_line(value), 80)
        if isinstance(value, list) and value and all(isinstance(one, (str, int)) for one in value):
            return _cut(".".join(map(str, value[:6])), 80)
        if isinstance(value, dict) and isinstance(value.get("pointer"), str):
            return _cut(_line(value["pointer"]), 80)
    return ""


def _line(text: str) -> str:
    """A message as one line; "" for markup and stack traces."""
    if _MARKUP.search(text):
        return ""
    text = " ".join(clean(text).split())
    return text if len(text) <= _ONE else _cut(text, _ONE - 1) + "…"


def _cut(text: str, size: int) -> str:
    """The first ``size`` characters, without the beginning of what no pattern knows by half."""
    if len(text) <= size:
        return text
    from adaptgen.runtime.pii.personal_text import SliceSafeText

    return SliceSafeText(text)[:size]


def _short(text: str) -> str:
    return text if len(text) <= _ALL else _cut(text, _ALL - 1) + "…"


# -------------------------------------------------------------------------------------------------------- the verdicts


SERVICE: Final = "the server's account"
OWN: Final = "the caller's own account"
OWN_KEY: Final = "the key that the caller entered"
"""In whose name a request was sent."""


def check_success(
    response: Response, scrub: Callable[[], Scrub], *, reads: bool, addressed: bool = False, whose: str = SERVICE
) -> None:
    """Nothing for an answer; an exception for a refusal, a failure, or an answer 200 that reports an error.

    ``reads``: whether the request changed nothing, whatever became of it; ``addressed``: whether its path names a
    record, which may not exist; ``whose``: :data:`SERVICE`, :data:`OWN` or :data:`OWN_KEY`.

    Raises:
        ToolError: with the API's status, and when to try again where the API says so.
    """
    if 200 <= response.status < 300:
        if _reports_error(response):
            words, more = _words(response, scrub())
            raise ToolError(
                f"The API answered {response.status} but reports an error{f': {words}' if words else ''}.{more}",
                status=response.status,
            )
        return
    raise make_refusal(response, scrub(), reads=reads, addressed=addressed, whose=whose)


def _reports_error(response: Response) -> bool:
    """An envelope that says "error" and carries nothing else: ``{"error": …}``, ``{"success": false, …}``."""
    content = response.content
    if len(content) > _SMALL or content.lstrip()[:1] != b"{":
        return False
    if not any(mark in content for mark in (b'rror"', b'rrors"', b'"success"', b'"ok"', b'"status"')):
        return False
    try:
        body = response.json()
    except ToolError:
        return False
    if not isinstance(body, dict) or body.get("success") is True or body.get("ok") is True:
        return False
    if any(value not in (None, "", [], {}) and key not in _ENVELOPE for key, value in body.items()):
        return False
    if any(body.get(name) not in (None, "", [], {}) for name in ("result", "data", "response")):
        return False
    if body.get("success") is False or body.get("ok") is False:
        return True
    if any(_tells(body.get(name)) for name in ("error", "errors")):
        return True
    status = body.get("status")
    return isinstance(status, str) and status.lower() in _BAD and any(body.get(name) for name in ("message", "detail"))


def _tells(error: Json) -> bool:
    if isinstance(error, list):
        return bool(error)
    if isinstance(error, dict):
        return any(error.get(name) for name in (*_MESSAGES, "code", "type"))
    return isinstance(error, str) and error.lower() not in ("", "none", "ok", "0", "false", "no error", "success")


def make_refusal(
    response: Response, scrub: Scrub, *, reads: bool, addressed: bool = False, whose: str = SERVICE
) -> ToolError:
    """The error for a status that is not a success."""
    status = response.status
    words, more = _words(response, scrub)
    name = _name(status)
    wait = read_retry_after(response.headers)
    head = f"The API answered {status}{f' {name}' if name else ''}"
    text = f"{head}: {words}." if words else f"{head}."
    advice = _forbidden(response, addressed, whose) if status == 403 else _advice(status, wait, reads)
    text = f"{text} {advice}".rstrip() + more
    return ToolError(text, status=status, retry_after=wait, unknown=advice == _UNKNOWN)


def _forbidden(response: Response, addressed: bool, whose: str) -> str:
    if whose == OWN and "insufficient_scope" in response.headers.get("www-authenticate", ""):  # RFC 6750, 3.1
        return (
            f"It says that {whose} lacks a scope; trying again does not help. The caller can disconnect the account "
            "and connect it again, agreeing to everything; otherwise the operator adds the scope in the hints."
        )
    more = " If the key may be wrong, the caller can disconnect it and enter another one." if whose == OWN_KEY else ""
    if addressed:
        return f"This is not permitted for {whose}, or it does not exist: check the ids.{more}"
    return f"This is not permitted for {whose}; trying again does not help.{more}"


def _words(response: Response, scrub: Scrub) -> tuple[str, str]:
    """The messages of an answer, and a sentence with its other values."""
    words = describe_error(response, scrub).rstrip(".")
    more = describe_others(response, scrub, words).rstrip(".")
    if not words:
        return more, ""
    return words, f" It also says: {more}." if more else ""


def _name(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _advice(status: int, wait: float | None, reads: bool) -> str:
    when = f"Try again in {max(1, round(wait))} s." if wait is not None else "Try again later."
    if status == 429:
        return f"There were too many requests. {when}"
    if status >= 500:
        if not reads and not (status == 503 and wait is not None):
            return _UNKNOWN
        return when if status in (502, 503, 504) else "The API itself failed; trying again later may help."
    return {
        400: "Correct the arguments; the same call will be refused again.",
        401: "The server is not allowed to do this with its credentials.",
        404: "There is nothing under these arguments; check the ids.",
        405: "The API does not offer this; trying again does not help.",
        408: when,
        409: "It conflicts with the current state; read it first.",
        410: "It no longer exists.",
        412: "It was changed meanwhile and nothing was written; read it again and repeat the change.",
        413: "Send less.",
        415: "The API does not take this kind of content.",
        422: "Correct the arguments; the same call will be refused again.",
        428: "The API wants a condition (If-Match); read it first.",
    }.get(status, "The API redirects to a page, not to data." if 300 <= status < 400 else "")
