"""``dry_run``: the request that a write would send, and that it was not sent.

What it shows passes the same marks as an answer. The body of an update holds what was read: a secret that every read
withholds is withheld here too, and so are secrets in the query, in headers and in forms.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final
from urllib.parse import quote, quote_plus, unquote_plus

from adaptgen.model.frozen import lazy
from adaptgen.model.tables import Json, Tool
from adaptgen.runtime.answers.layout import WITHHELD, Secrets, is_secret, withhold_secrets
from adaptgen.runtime.answers.projection import view
from adaptgen.runtime.auth.credentials_in_requests import REDACTED
from adaptgen.runtime.core.answer import Answer, Text
from adaptgen.runtime.core.text import clean, encode
from adaptgen.runtime.http.body import FORM
from adaptgen.runtime.http.parameters import is_json
from adaptgen.runtime.http.request import Request
from adaptgen.runtime.http.response import Response
from adaptgen.runtime.pii.arguments import resource
from adaptgen.runtime.pii.call_pii import PiiTracker
from adaptgen.runtime.pii.classifier import Classifier
from adaptgen.syntax import field_paths as fields

_TEXT: Final = 4000
_PART: Final = lazy(
    r'(Content-Disposition: form-data; name="([^"\r\n]*)"[^\r\n]*\r\n(?:[^\r\n]+\r\n)*\r\n)(.*?)(?=\r\n--)', re.DOTALL
)
_HEADERS: Final = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})
"""Headers that hold credentials, whatever their value (RFC 9110, 11.6.2; RFC 6265)."""


def describe_request(
    request: Request,
    hidden: Iterable[str] = (),
    marks: PiiTracker | None = None,
    note: str = "",
    *,
    tool: Tool | None = None,
    readers: Sequence[Tool] = (),
) -> Answer:
    """``{"dry_run": true, "method", "url", "headers", "body", "note"}``, with a mark in place of every value in
    ``hidden`` and of every secret.

    Classified values of the arguments are in it as they were given, not percent-encoded, so that ``marks`` can name
    them. ``tool``: the one that would send it; ``readers``: those that read the record that it changes.
    """
    marks = marks or PiiTracker()
    for value in sorted(hidden, key=len, reverse=True):
        _hide(request, value)
    headers = {name: _of_header(name, value) for name, value in request.headers.items() if name.lower() != "accept"}
    if request.cookies:
        headers["Cookie"] = "; ".join(_of_cookie(one) for one in request.cookies)
    shown: dict[str, Json] = {
        "dry_run": True,
        "method": request.method,
        "url": _of_url(request.url),
        "headers": headers,
    }
    if request.stream is not None:
        shown["body"] = f"<{request.stream.size} bytes>"
    elif request.content is not None:
        shown["body"] = _body(request)
    if note:
        shown["note"] = note
    if marks.enabled:
        _bare(shown, [value for _, value in marks.seen])
    if isinstance(shown.get("body"), (dict, list)):
        shown["body"] = _guarded(shown["body"], tool, readers, marks)
    return marks.finish(Answer((Text(encode(shown).decode()),)), shown)


def sensitive_in_body(tool: Tool | None, readers: Sequence[Tool]) -> dict[str, str]:
    """Path -> kind of values in the body of a write, as answers with the record and the arguments declare."""
    if tool is None:
        return {}
    found: dict[str, str] = {}
    for reader in readers:
        found |= reader.sensitive
    found |= {**(tool.update.sensitive if tool.update is not None else {}), **tool.sensitive}
    params = tool.call.body.params if tool.call is not None and tool.call.body is not None else ()
    names = {param.arg or param.name: param.name for param in params}
    for argument, kind in tool.sensitive_arguments.items():
        if argument in names:
            found[fields.text((names[argument],))] = kind
    return found


def _guarded(body: Json, tool: Tool | None, readers: Sequence[Tool], marks: PiiTracker) -> Json:
    """The body with secrets withheld and personal data marked, by what the tools declare and by names."""
    inside = (
        tool.call.body.inside if tool is not None and tool.call is not None and tool.call.body is not None else None
    )
    if inside is not None and isinstance(body, dict) and inside in body:
        return {**body, inside: _guarded_record(body[inside], tool, readers, marks)}
    return _guarded_record(body, tool, readers, marks)


def _guarded_record(record: Json, tool: Tool | None, readers: Sequence[Tool], marks: PiiTracker) -> Json:
    declared = sensitive_in_body(tool, readers)
    if marks.enabled:
        plain = tool.not_sensitive if tool is not None else ()
        about = resource(tool.call) if tool is not None and tool.call is not None else ""
        marked = marks.mark(record, Classifier(declared, plain, resource=about))
        record = marks.arguments({"body": marked})["body"]
    (record,) = Secrets(declared, view(("*",))).hide([record])
    return withhold_secrets(record)


# ------------------------------------------------------------------------------------------------------- credentials


def _of_header(name: str, value: str) -> str:
    return value if value in ("", REDACTED) or not (name.lower() in _HEADERS or is_secret(name)) else WITHHELD


def _of_cookie(pair: str) -> str:
    name, mark, value = pair.partition("=")
    return f"{name}{mark}{WITHHELD}" if is_secret(name) and value != REDACTED else pair


def _of_url(url: str) -> str:
    address, mark, query = url.partition("?")
    return f"{address}{mark}{_of_pairs(query)}"


def _of_pairs(text: str) -> str:
    """Encoded pairs (WHATWG URL, 5.1) without the values of names that say that they are secret."""
    kept = []
    for pair in text.split("&"):
        name, mark, value = pair.partition("=")
        secret = value and value != REDACTED and is_secret(unquote_plus(name))
        kept.append(f"{name}{mark}{WITHHELD if secret else value}")
    return "&".join(kept)


def _of_part(found: re.Match[str]) -> str:
    return f"{found[1]}{WITHHELD if found[3] and is_secret(found[2]) else found[3]}"


# -------------------------------------------------------------------------------------------------------------- text


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
    media = kind.partition(";")[0].strip().lower()
    if media == FORM:
        text = _of_pairs(text)
    elif media.startswith("multipart/"):
        text = _PART.sub(_of_part, text)
    return clean(text) if len(text) <= _TEXT else f"{clean(text[:_TEXT])}… <{len(request.content)} bytes>"


def make_record_classifier(tool: Tool, readers: Sequence[Tool]) -> Classifier:
    """What classifies the answer of an update's read."""
    assert tool.update is not None
    place = tool.update.answer.removeprefix("$").removeprefix(".")
    prefix = [one for one in fields.parse(place) if isinstance(one, str)] if place else []
    return Classifier(sensitive_in_body(tool, readers), tool.not_sensitive, prefix=prefix)
