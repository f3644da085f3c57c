"""Where a code may be sent: which redirect URIs clients may register, and which of them a request may use."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final
from urllib.parse import urlsplit

from adaptgen.model.frozen import lazy
from adaptgen.net.addresses import leads_here, split_url

LONGEST: Final = 1000
"""Characters of one redirect URI."""
LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")

_EXTENSION: Final = r"(?!vscode\.git/)[a-z0-9][a-z0-9-]*\.[a-z0-9][a-z0-9-]*/"
"""An extension of an editor, ``publisher.extension``: not a command of the editor itself, nor its extension for git,
which clones any repository."""
PRIVATE_SCHEMES: Final = {
    "cursor": lazy(r"anysphere\.cursor-mcp/"),  # cursor://anysphere.cursor-mcp/oauth/callback
    "vscode": lazy(_EXTENSION),
    "vscode-insiders": lazy(_EXTENSION),
    "windsurf": lazy(_EXTENSION),
    "warp": lazy(r"mcp/"),  # warp://mcp/oauth2callback
}
"""Private-use schemes of MCP clients that are not a domain in reverse, as RFC 8252, 7.1 wants it: scheme -> how what
follows ``://`` begins where it is for a code. Other URLs of these apps do something else: they install servers and open
repositories. Schemes that are not here must have a dot, or be named in the settings."""
_NEVER: Final = lazy(
    r"about|blob|data|file|filesystem|ftp|javascript|mailto|vbscript|wss?"  # browsers and networks
    r"|x-apple.*|itms(?:-[a-z]+)*|facetime(?:-[a-z]+)*|tel|sms|ms-.*|search|search-ms|microsoft-edge"  # systems
    r"|intent|android-app"
)
"""Schemes that no app of a client can claim."""
_SHOWN: Final = 200

_SCHEME: Final = lazy(r"[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)*")
_WRONG: Final = lazy(r"[^!-~]|[\\*<>\"'`{}|^]")
"""What no redirect URI has: unseen characters, other scripts, wildcards, and what has to be escaped (RFC 3986)."""


def find_problem(uri: str, allowed: Collection[str] = ()) -> str | None:
    """Why no code may be sent to ``uri``, as the end of a sentence about it; None where one may. ``allowed``: hosts,
    and private-use schemes, that the settings permit besides loopback; none for all."""
    if len(uri) > LONGEST:
        return f"is longer than {LONGEST} characters"
    if _WRONG.search(uri):
        return "has characters that a URI may not contain, or a wildcard"
    try:
        parts = split_url(uri)
        host = parts.hostname or ""
    except ValueError:
        return "is not a URI"
    scheme = parts.scheme
    if "#" in uri:
        return "has a fragment"
    if "@" in parts.netloc:
        return "has user information"
    if scheme in ("http", "https"):
        if not host:
            return "has no host"
        if host in LOOPBACK:
            return None
        if scheme == "http":
            return "is neither https nor loopback"
        return None if not allowed or host in allowed else "is on a host that this server does not allow"
    known = "." in scheme or scheme in PRIVATE_SCHEMES or scheme in allowed
    if not _SCHEME.fullmatch(scheme) or not known or _NEVER.fullmatch(scheme):
        return "has a scheme that is neither https, nor http on loopback, nor a private-use one (RFC 8252, 7.1)"
    if not uri[len(scheme) + 1 :].strip("/"):
        return "is only a scheme"
    place = PRIVATE_SCHEMES.get(scheme)
    if place is not None and not (uri[len(scheme) :].startswith("://") and place.match(uri[len(scheme) + 3 :].lower())):
        return "is not where the app with this scheme takes codes"
    return None if not allowed or scheme in allowed else "has a scheme that this server does not allow"


def is_assured(uri: str) -> bool:
    """Whether only one party can get what is sent there: https, and not on the person's own machine, where any program
    may listen on a port or claim a scheme (RFC 8252, 8.6)."""
    parts = urlsplit(uri)
    return parts.scheme == "https" and not leads_here(parts.hostname or "")


def is_loopback_uri(uri: str) -> bool:
    """Whether what is sent there goes to a program that listens on the person's own machine."""
    parts = urlsplit(uri)
    return parts.scheme in ("http", "https") and parts.hostname in LOOPBACK


def host_of(uri: str) -> str:
    """Who gets the code, for people: the host, or the scheme of an app."""
    parts = urlsplit(uri)
    return parts.netloc if parts.scheme in ("http", "https") else f"{parts.scheme}:"


def place_of(uri: str) -> str:
    """The same for who decides: of an app all of the URI, as its scheme does not say what the app does with it."""
    if urlsplit(uri).scheme in ("http", "https"):
        return host_of(uri)
    return uri if len(uri) <= _SHOWN else f"{uri[:_SHOWN]}…"


def matches(uri: str, registered: Sequence[str]) -> bool:
    """Whether a request may use ``uri``: it is exactly one of those that are registered, but for the port of loopback
    (RFC 8252, 7.3; MCP clients use ``localhost`` likewise)."""
    if uri in registered:
        return True
    bare = _without_port(uri)
    return bare is not None and any(bare == _without_port(one) for one in registered)


def _without_port(uri: str) -> tuple[str, str] | None:
    """A loopback URI in two parts around its port, exactly as written; None for others."""
    rest = uri.removeprefix("http://")
    if rest == uri or _WRONG.search(uri):
        return None
    for host in ("127.0.0.1", "[::1]", "localhost"):
        after = rest.removeprefix(host)
        if after == rest:
            continue
        if after.startswith(":"):
            digits = after[1:].partition("/")[0].partition("?")[0]
            if not (digits.isascii() and digits.isdecimal() and int(digits[:6]) < 65536):
                return None
            after = after[1 + len(digits) :]
        if not after or after[0] in "/?":
            return host, after
    return None
