"""A person with a browser, without a browser: pages, forms, buttons, redirects and cookies, as far as login needs them.

    ann = Browser("ann")                                # one cookie jar; another person or place is another Browser
    got = ann.authorize(url)                            # logs in, agrees, and delivers the code to the client
    page = ann.open(f"{base}/connections")              # or step by step
    page = ann.press(page, "Disconnect", reason="old")
    ann.authorize(url, deliver=False)                   # only the URL with the code, for somebody else to use

It does what real browsers do and plain HTTP libraries do not: cookies ignore ports, ``Secure`` ones travel to loopback,
``__Host-`` and ``SameSite`` are kept, ``Sec-Fetch-*`` and ``Origin`` are sent, and ``form-action`` of a page's content
security policy holds for the redirects behind its forms, too. It runs no script.
"""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
from support.oidc_provider import PASSWORD

_MOST_STEPS = 30
_NO = re.compile(r"cancel|deny|decline|reject|disconnect|log ?out|sign ?out|^no$", re.I)
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]", "::1")


class Blocked(Exception):
    """A browser would not go there; the text says why."""


@dataclass
class Form:
    """``fields``: what it has, with its values; ``kinds``: name -> type; ``buttons``: (name, value, text)."""

    action: str
    method: str = "get"
    fields: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)


@dataclass
class Page:
    """What is shown. ``url`` without its fragment."""

    url: str
    status: int
    headers: httpx.Headers
    text: str
    forms: list[Form] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)

    @property
    def words(self) -> str:
        """The text that a person reads."""
        return " ".join(re.sub(r"<(style|script).*?</\1>|<[^>]+>", " ", self.text, flags=re.S).split())


@dataclass
class Cookie:
    """``host``: the only one that gets it (no cookie here has a domain)."""

    name: str
    value: str
    host: str
    path: str
    same_site: str
    http_only: bool
    secure: bool


class Browser:
    """``name`` and ``password``: what is typed into login forms; ``authority``: a file of certificates to trust.
    ``http``: what sends requests instead, and follows no redirect. ``visited``: every URL that was asked for."""

    def __init__(
        self, name: str = "ann", password: str = PASSWORD, *, authority: str = "", http: httpx.Client | None = None
    ) -> None:
        self.name, self.password = name, password
        self.visited: list[str] = []
        self.cookies: dict[tuple[str, str, str], Cookie] = {}
        self._http = http or _plain_client(authority)

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    # ------------------------------------------------------------------------------------------------- what people do

    def open(self, url: str, *, until: str = "", site: str | None = None) -> Page:
        """Follow a link: the page behind all redirects, or the answer that redirects to ``until`` (its beginning), with
        that URL as the page's. ``site``: the host of the page that has the link; None where it was typed."""
        return self._go("GET", url, {}, until, site, "*")

    def press(self, page: Page, button: str = "", *, until: str = "", **values: str) -> Page:
        """Submit the form whose button has this text or value; "" for the first that is no refusal."""
        form, (name, value, _) = self.button(page, button)
        filled = {**form.fields, **values, **({name: value} if name else {})}
        assert values.keys() <= form.fields.keys(), (values.keys(), form.fields.keys())
        url = urljoin(page.url, form.action or page.url)
        allowed = _directive(page.headers.get("content-security-policy", ""), "form-action")
        return self._go(form.method.upper(), url, filled, until, urlsplit(page.url).hostname, allowed, page.url)

    def button(self, page: Page, wanted: str = "") -> tuple[Form, tuple[str, str, str]]:
        """A form of the page, and its button."""
        for form in page.forms:
            for one in form.buttons:
                said = f"{one[1]} {one[2]}"
                if wanted.lower() in said.lower() if wanted else not any(_NO.search(word) for word in one[1:]):
                    return form, one
        raise AssertionError(f"no button {wanted!r} on {page.url} ({page.status}): {page.words[:600]}")

    def follow(self, page: Page, text: str) -> Page:
        """Click on a link."""
        found = [href for href, said in page.links if text.lower() in said.lower()]
        assert found, f"no link {text!r} on {page.url}: {page.links}"
        return self.open(urljoin(page.url, found[0]), site=urlsplit(page.url).hostname)

    def finish(self, page: Page, until: str) -> Page:
        """Log in and agree on every page that comes, until a redirect to ``until`` (its beginning)."""
        for _ in range(_MOST_STEPS):
            if page.url.startswith(until):
                return page
            form, _button = self.button(page)
            values = {
                name: self.password if kind == "password" else self.name
                for name, kind in form.kinds.items()
                if kind in ("text", "email", "password") and not form.fields[name]
            }
            before, page = page, self.press(page, until=until, **values)
            if values and page.status == 401:
                raise AssertionError(f"{before.url} does not let {self.name} in: {page.words[:300]}")
        raise AssertionError(f"no end after {_MOST_STEPS} pages; at {page.url}: {page.words[:300]}")

    def authorize(self, url: str, *, deliver: bool = True) -> str:
        """Do all that an authorization request of an OAuth client asks for; the URL to which the client's answer went.
        With ``deliver`` its listener gets it."""
        until = parse_qs(urlsplit(url).query)["redirect_uri"][0]
        page = self.finish(self.open(url, until=until), until)
        if deliver:
            answer = self._http.get(page.url)
            assert answer.status_code < 400, f"the client answers {answer.status_code}: {answer.text[:300]}"
        return page.url

    # ------------------------------------------------------------------------------------------------- what it does

    def _go(
        self, method: str, url: str, form: dict[str, str], until: str, site: str | None, allowed: str, source: str = ""
    ) -> Page:
        """``site``: the host that began this; ``allowed``: where forms of the page before may lead."""
        crossed, posted = False, bool(source)
        for _ in range(_MOST_STEPS):
            if posted and not _matches(url, allowed, source):
                raise Blocked(f"form-action {allowed!r} of {source} forbids {url}")
            if until and url.startswith(until) and not form:
                return Page(url, 302, httpx.Headers(), "")
            host = urlsplit(url).hostname or ""
            crossed = crossed or (site is not None and host != site)
            answer = self._send(method, url, form, crossed, site, source)
            if answer.status_code not in (301, 302, 303, 307, 308) or "location" not in answer.headers:
                return _read(url, answer)
            if answer.status_code not in (307, 308):
                method, form = "GET", {}
            site = site or host
            url = urljoin(url, answer.headers["location"])
        raise AssertionError(f"redirected without an end, now to {url}")

    def _send(
        self, method: str, url: str, form: dict[str, str], crossed: bool, site: str | None, source: str
    ) -> httpx.Response:
        self.visited.append(url)
        parts = urlsplit(url)
        came = "none" if site is None else "cross-site" if crossed else _origin_site(source, url)
        headers = {
            "accept": "text/html,application/xhtml+xml,*/*;q=0.8",
            "sec-fetch-site": came, "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "sec-fetch-user": "?1",
            "upgrade-insecure-requests": "1",
        }  # fmt: skip
        sent = "; ".join(
            f"{one.name}={one.value}"
            for one in sorted(self.cookies.values(), key=lambda one: -len(one.path))
            if one.host == parts.hostname
            and _below(parts.path or "/", one.path)
            and (parts.scheme == "https" or not one.secure or parts.hostname in _LOOPBACK)
            and (not crossed or one.same_site == "none" or (one.same_site == "lax" and method == "GET"))
        )
        if sent:
            headers["cookie"] = sent
        given: dict[str, Any] = {}
        if method == "GET" and form:
            url = str(httpx.URL(url).copy_merge_params(form))
        elif method == "POST":
            before = urlsplit(source)
            headers["origin"] = f"{before.scheme}://{before.netloc}"
            given["data"] = form
        answer = self._http.request(method, url, headers=headers, **given)
        self._http.cookies.clear()
        for line in answer.headers.get_list("set-cookie"):
            self._keep(line, parts.hostname or "", parts.path or "/")
        return answer

    def _keep(self, line: str, host: str, path: str) -> None:
        first, *rest = (part.strip() for part in line.split(";"))
        name, _, value = first.partition("=")
        said = {key.lower(): text for key, _, text in (part.partition("=") for part in rest)}
        at = said.get("path", "") if said.get("path", "").startswith("/") else path.rpartition("/")[0] or "/"
        if name.startswith("__Host-") and ("secure" not in said or "domain" in said or at != "/"):
            raise Blocked(f"a browser does not take {name}: it needs Secure and Path=/, and no Domain")
        if name.startswith("__Secure-") and "secure" not in said:
            raise Blocked(f"a browser does not take {name}: it needs Secure")
        same = said.get("samesite", "lax").lower()
        key = (host, at, name)
        if said.get("max-age", "1").startswith(("0", "-")) or "1970" in said.get("expires", ""):
            self.cookies.pop(key, None)
        else:
            self.cookies[key] = Cookie(name, value, host, at, same, "httponly" in said, "secure" in said)


def _plain_client(authority: str) -> httpx.Client:
    trust = ssl.create_default_context(cafile=authority or None)
    return httpx.Client(follow_redirects=False, trust_env=False, timeout=30, verify=trust)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self._form: Form | None = None
        self._button: tuple[str, str] | None = None
        self._link: str | None = None
        self._said = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name, kind = given.get("name", ""), given.get("type", "text").lower()
        if tag == "form":
            self._form = Form(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self._form)
        elif tag == "a" and "href" in given:
            self._link, self._said = given["href"], ""
        elif self._form is None:
            return
        elif tag == "button":
            self._button, self._said = (name, given.get("value", "")), ""
        elif tag == "input" and kind == "submit":
            self._form.buttons.append((name, given.get("value", ""), given.get("value", "")))
        elif tag in ("input", "textarea", "select") and name:
            if kind in ("checkbox", "radio") and "checked" not in given:
                return
            self._form.fields[name] = given.get("value", "on" if kind == "checkbox" else "")
            self._form.kinds[name] = kind

    def handle_data(self, data: str) -> None:
        self._said += data

    def handle_endtag(self, tag: str) -> None:
        text = " ".join(self._said.split())
        if tag == "form":
            self._form = None
        elif tag == "button" and self._button is not None and self._form is not None:
            self._form.buttons.append((*self._button, text))
            self._button = None
        elif tag == "a" and self._link is not None:
            self.links.append((self._link, text))
            self._link = None


def _read(url: str, answer: httpx.Response) -> Page:
    page = Page(url.partition("#")[0], answer.status_code, answer.headers, answer.text)
    if "html" in answer.headers.get("content-type", ""):
        reader = _Reader()
        reader.feed(answer.text)
        page.forms, page.links = reader.forms, reader.links
    return page


def _below(path: str, at: str) -> bool:
    return path == at or (path.startswith(at) and (at.endswith("/") or path[len(at)] == "/"))


def _origin_site(source: str, url: str) -> str:
    return "same-origin" if not source or urlsplit(source)[:2] == urlsplit(url)[:2] else "same-site"


def _directive(policy: str, name: str) -> str:
    for part in policy.split(";"):
        found, _, sources = part.strip().partition(" ")
        if found == name:
            return sources.strip() or "'none'"
    return "*"


def _matches(url: str, allowed: str, source: str) -> bool:
    """Whether a source list of a content security policy has a URL (CSP 3, 6.7.2.8)."""
    parts = urlsplit(url)
    for one in allowed.split():
        wanted = urlsplit(one)
        if one == "*" or (one.endswith(":") and one[:-1] == parts.scheme):
            return True
        if one == "'self'" and urlsplit(source)[:2] == parts[:2]:
            return True
        host, _, port = wanted.netloc.rpartition(":") if ":" in wanted.netloc else (wanted.netloc, "", "")
        fits = host == parts.hostname and port in ("*", str(parts.port or ""))
        if wanted.netloc and wanted.scheme == parts.scheme and fits:
            return not wanted.path.strip("/") or parts.path == wanted.path
    return False
