"""Pages without scripts, from templates that escape everything, and the forms that they send."""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlsplit

from adaptgen.mcp.http_messages import HttpAnswer, HttpRequest
from adaptgen.model.frozen import lazy, value
from adaptgen.runtime.core.text import clean
from adaptgen.web.browser.legible import find_illegible, without_stacks

if TYPE_CHECKING:
    from jinja2 import Environment

FORM_BYTES: Final = 64 * 1024
_FIELDS: Final = 50
_FORM_TYPE: Final = "application/x-www-form-urlencoded"
_SHORT: Final = 120
_UNITS: Final = ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
_LONGEST: Final = 20_000
"""Characters of one value on a page: what comes from outside must not make it endless. The page says that it is cut."""
_HOST: Final = lazy(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
_SCHEME: Final = lazy(r"[a-z][a-z0-9+.-]*")

SAFE: Final = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    # Not no-referrer: browsers would then send "Origin: null" with every form (Fetch, 3.1), and same-site forms could
    # not be told from others. Other sites get no referrer this way either.
    "referrer-policy": "same-origin",
}
"""Headers of every answer to a browser."""


@value()
class Frame:
    """The head of a page: where people are, and, for those who are logged in, where else they can go.
    ``base``: where the pages lie."""

    base: str
    logged_in: bool = False

    @property
    def place(self) -> str:
        """The address without its scheme, as browsers show it."""
        return self.base.partition("://")[2]


_FRAME: ContextVar[Frame | None] = ContextVar("frame", default=None)


@contextmanager
def framed(frame: Frame) -> Iterator[None]:
    """All pages that are made within it have this frame, those of errors too."""
    before = _FRAME.set(frame)
    try:
        yield
    finally:
        _FRAME.reset(before)


def page(title: str, template: str, status: int = 200, *, forms_to: Sequence[str] = (), **values: Any) -> HttpAnswer:
    """The page of ``templates/<template>.html``, which extends ``layout.html``. ``values`` are what it shows; each
    is escaped, and loses characters without a shape. Filter ``short`` cuts to one line.

    ``forms_to``: URLs to which the answer to a form of this page may redirect (browsers apply ``form-action`` to
    redirects as well).
    """
    text = (
        _environment()
        .get_template(f"{template}.html")
        .render(title=title, style=_style()[0], frame=_FRAME.get(), **values)
    )
    sources = " ".join(["'self'", *dict.fromkeys(map(form_source, forms_to))])
    policy = (
        f"default-src 'none'; style-src {_style()[1]}; form-action {sources}; base-uri 'none'; frame-ancestors 'none'"
    )
    headers = {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": policy,
        "x-frame-options": "DENY",
        **SAFE,
    }
    return HttpAnswer(status, headers, text.encode())


def problem(status: int, title: str, text: str, help: str = "", *, again: str = "") -> HttpAnswer:
    """A page that says what went wrong, and what the reader can do. Neither may come from an exception that holds
    more than a sentence of ours. ``again``: a URL of this server where they can begin again."""
    return page(title, "problem", status, text=text, help=help, again=again)


def redirect(url: str, *cookies: str) -> HttpAnswer:
    """Another place for the browser. ``url``: absolute, and ours or checked; it is sent as it is."""
    if not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError("not a URL for a header")
    return HttpAnswer(302, {"location": url, **SAFE}, b"", cookies)


async def form_of(request: HttpRequest) -> dict[str, str]:
    """The fields of a form that was sent by POST, one value for each name. A body of another type, with a field
    twice or not in UTF-8 has no fields: no token of it is valid then.

    Raises:
        TooLarge: above 64 KB.
    """
    return _once_each(await form_pairs(request, FORM_BYTES))


def fields_of(data: bytes | str) -> dict[str, str]:
    """The fields of a form or a query, as :func:`form_of`."""
    return _once_each(pairs_of(data))


def _once_each(pairs: list[tuple[str, str]] | None) -> dict[str, str]:
    found = dict(pairs or ())
    return found if len(found) == len(pairs or ()) else {}


async def form_pairs(request: HttpRequest, limit: int) -> list[tuple[str, str]] | None:
    """The fields of a request with a form, also those that occur twice; None for another body. TooLarge."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM_TYPE:
        return None
    return pairs_of(await request.read(limit))


def pairs_of(data: bytes | str) -> list[tuple[str, str]] | None:
    """Names and values of a form or a query; None for what is neither."""
    try:
        text = data.decode("ascii") if isinstance(data, bytes) else data
        return parse_qsl(text, keep_blank_values=True, max_num_fields=_FIELDS, errors="strict")
    except ValueError:  # UnicodeDecodeError too
        return None


def short(text: object, most: int = _SHORT) -> str:
    """One line of text that somebody else wrote, at most that long, which covers no other line."""
    whole = str(text)
    line = " ".join(without_stacks(clean(whole[: 4 * most])).split())
    return line if len(line) <= most and len(whole) <= 4 * most else f"{line[: most - 1]}…"


def spoken(seconds: float) -> str:
    """A duration in the largest unit in which it is whole: ``15 minutes``, ``1 day``."""
    whole = max(round(seconds), 1)
    size, unit = next((size, unit) for size, unit in _UNITS if whole % size == 0)
    many = whole // size
    return f"{many} {unit}{'s' if many > 1 else ''}"


def exact(text: str) -> Any:
    """All of a text that somebody else wrote, for a person who decides on it: nothing is left out or cut, and what
    cannot be seen, or would be taken for something else, is named (its code point; long runs of blanks, their number;
    words of several scripts, these)."""
    from markupsafe import Markup, escape

    parts: list[Any] = []
    start = 0
    for finding in find_illegible(text):
        parts.append(escape(text[start : finding.start]))
        parts.append(Markup("<mark>[{}]</mark>").format(finding.name))
        start = finding.end
    parts.append(escape(text[start:]))
    return Markup("").join(parts)


def form_source(url: str) -> str:
    """The source for ``form-action`` (CSP 3, 2.3.1) that a URL needs: all of https, as the host may redirect to
    another host and Chrome applies the policy to that too; the origin of http; else the scheme (``cursor:…``), also
    where the grammar knows no such host (IPv6).

    Raises:
        ValueError: not an absolute URL.
    """
    parts = urlsplit(url)
    scheme, host, port = parts.scheme, parts.hostname or "", parts.port
    if not _SCHEME.fullmatch(scheme):
        raise ValueError("not an absolute URL")
    if scheme != "http" or not _HOST.fullmatch(host):
        return f"{scheme}:"
    return f"{scheme}://{host}" + (f":{port}" if port else "")


@functools.cache
def _style() -> tuple[Any, str]:
    """The style, which needs no escaping, and its source for the policy (CSP 3, 2.3.1: hash-source)."""
    from markupsafe import Markup

    text = (files(__package__) / "templates" / "style.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return Markup(text), f"'sha256-{digest}'"  # noqa: S704 - a file of this package


@functools.cache
def _environment() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    folder = files(__package__) / "templates"
    made = Environment(
        loader=FunctionLoader(lambda name: (folder / name).read_text(encoding="utf-8")),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["short"] = short
    return made


def _shown(value: Any) -> Any:
    """What a template prints: text without characters that change what a reader sees."""
    if isinstance(value, str) and not hasattr(value, "__html__"):
        left_out = f"… ({len(value) - _LONGEST} more characters are not shown)" if len(value) > _LONGEST else ""
        return clean(value[:_LONGEST]) + left_out
    return value
