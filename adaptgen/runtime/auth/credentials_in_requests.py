"""Credentials in requests: headers, query parameters, cookies, and HTTP Basic (RFC 7617)."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from urllib.parse import quote_plus

from adaptgen.model.frozen import lazy
from adaptgen.model.tables import Json, Login, Param, Send
from adaptgen.runtime.aws.credentials import Credentials
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.http.request import Request
from adaptgen.syntax.templates import Reference, fill, references

REDACTED = "[redacted]"
WORDS = ("Bearer ", "", "Token ", "ApiKey ", "JWT ")
"""What comes before a credential in ``Authorization`` (RFC 6750, 2.1), and what services want instead, the likeliest
first."""
_PAIR = lazy(r"((?:\$\{[^{}]*\}|[^:{}])*):(.*)")
_FORM = lazy(r"(?:\S+ )?(\{\w+\}|\$\{\w+:\w+\})")


def other_forms(sends: Sequence[Send], words: Sequence[str] = WORDS[:2]) -> Iterator[tuple[Send, ...]]:
    """``sends`` with another one of ``words`` before the credential in ``Authorization``, each in turn."""
    for at, send in enumerate(sends):
        matched = _FORM.fullmatch(send.as_) if send.name.lower() == "authorization" and not send.basic else None
        for word in words if matched else ():
            if matched and (form := f"{word}{matched[1]}") != send.as_:
                yield (*sends[:at], replace(send, as_=form), *sends[at + 1 :])


def client_forms(login: Login) -> tuple[Login, ...]:
    """A call of an OAuth 2.0 client (RFC 6749, 2.3.1), whose secret goes by HTTP Basic, and the same call in the forms
    that other token endpoints want: with the secret in the body, and with a pair that is not form-encoded."""
    body = login.call.body
    if len(login.send) != 1 or not login.send[0].encoded or body is None:
        return (login,)
    (send,) = login.send
    pair = _PAIR.fullmatch(send.as_)
    if pair is None:
        return (login,)
    params = (*body.params, Param("client_id", value=pair[1]), Param("client_secret", value=pair[2]))
    call = replace(login.call, body=replace(body, params=params))
    return (login, replace(login, call=call, send=()), replace(login, send=(replace(send, encoded=False),)))


def select_sends(
    sends: Sequence[Send], request: Request, credentials: Credentials, *, optional: bool = False
) -> list[Send]:
    """The sends that this request takes. ``optional``: without those that lack a variable, one for each place."""
    taken: list[Send] = []
    for send in sends:
        if send.only is not None and (send.only == "read") != request.reads:
            continue
        if optional:
            if credentials.missing(references(send.as_)):
                continue
            if any((send.place, send.name.lower()) == (one.place, one.name.lower()) for one in taken):
                continue
        taken.append(send)
    return taken


def add_credentials(
    request: Request,
    sends: Sequence[Send],
    saved: Mapping[str, Json],
    credentials: Credentials,
    *,
    optional: bool = False,
) -> None:
    """Put credentials into ``request``, over arguments of the same name.

    Raises:
        ToolError: a saved value is missing, or a credential is not allowed in a header; the text does not show it.
    """
    for send in select_sends(sends, request, credentials, optional=optional):
        try:
            text = fill(send.as_, saved, _encoding(credentials) if send.encoded else credentials.resolve)
        except KeyError as missing:
            raise ToolError(
                f"The session has no {missing.args[0]!r}, which the {send.place} {send.name} needs."
            ) from None
        text = text if isinstance(text, str) else str(text)
        if send.basic:
            text = "Basic " + base64.b64encode(text.encode()).decode()
        add_credential(request, send, text)


def _encoding(credentials: Credentials) -> Callable[[Reference], str]:
    return lambda reference: quote_plus(credentials.resolve(reference))


def add_credential(request: Request, send: Send, text: str) -> None:
    """Put ``text`` where ``send`` says."""
    if send.place == "query":
        request.set_query({send.name: text})  # the address of a next page may repeat it, withheld
    elif send.place == "cookie":
        _printable(text, send)
        request.cookies = [one for one in request.cookies if not one.startswith(f"{send.name}=")]
        request.cookies.append(f"{send.name}={text.replace(';', '%3B')}")
    else:
        _printable(text, send)
        name = send.name.lower()
        for given in [one for one in request.headers if one.lower() == name]:
            del request.headers[given]
        request.headers[send.name] = text


def _printable(text: str, send: Send) -> None:
    if not text.isascii() or not text.isprintable():
        named = " and ".join(sorted(str(one) for one in references(send.as_))) or send.name
        raise ToolError(f"The credential for {send.name} holds characters that no HTTP header may hold; check {named}.")
