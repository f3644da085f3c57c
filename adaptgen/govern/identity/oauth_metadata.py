"""OAuth metadata: what we say of ourselves (RFC 9728) and what the issuer says of itself (RFC 8414, OpenID Connect)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

import orjson

from adaptgen.govern.identity.http_fetch import Fetch, FetchError, place, trusted
from adaptgen.mcp.protocol import Challenge
from adaptgen.model.tables import Json

LIMIT = 128 * 1024
"""Bytes of an issuer's metadata."""
TIMEOUT = 5.0


def protected_resource(resource: str, issuers: Sequence[str], scopes: Sequence[str]) -> dict[str, Json]:
    """The Protected Resource Metadata of a server whose public URL is ``resource`` (RFC 9728, 2)."""
    document: dict[str, Json] = {
        "resource": resource,
        "authorization_servers": list(issuers),
        "bearer_methods_supported": ["header"],
    }
    if scopes:
        document["scopes_supported"] = list(scopes)
    return document


def metadata_url(resource: str) -> str:
    """The URL of that document: the well-known part goes between host and path (RFC 9728, 3.1)."""
    parts = urlsplit(resource)
    path = parts.path.rstrip("/")
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{parts.netloc}/.well-known/oauth-protected-resource{path}{query}"


def challenge(status: int, text: str, *, resource: str = "", error: str = "", scopes: Sequence[str] = ()) -> Challenge:
    """A refusal with its WWW-Authenticate header (RFC 6750, 3; RFC 9728, 5.1; MCP authorization).

    ``text`` goes to the caller also as ``error_description``, where there is an ``error``: a request without any
    token gets none (RFC 6750, 3.1).
    """
    parameters = []
    if resource:
        parameters.append(("resource_metadata", metadata_url(resource)))
    if error:
        parameters += [("error", error), ("error_description", text)]
    if scopes:
        parameters.append(("scope", " ".join(scopes)))
    quoted = ", ".join(f'{name}="{_quotable(value)}"' for name, value in parameters)
    return Challenge(status, f"Bearer {quoted}" if quoted else "Bearer", text)


def _quotable(text: str) -> str:
    """Only what RFC 6750, 3 allows inside the quotes."""
    return "".join("'" if one == '"' else one if " " <= one <= "~" and one != "\\" else "?" for one in text)


def well_known(issuer: str) -> list[str]:
    """Where an issuer may keep its metadata, in the order of the MCP specification."""
    parts = urlsplit(issuer)
    origin, path = f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/")
    found = [
        f"{origin}/.well-known/oauth-authorization-server{path}",
        f"{origin}/.well-known/openid-configuration{path}",
    ]
    if path:
        found.append(f"{origin}{path}/.well-known/openid-configuration")
    return found


async def discover(issuer: str, requests: Fetch, *, openid: bool = False) -> Mapping[str, Json]:
    """The metadata of ``issuer``: the first of its well-known documents that exists. ``openid``: those of OpenID
    Connect Discovery come first; the others need not say what a login needs (``userinfo_endpoint``).

    Raises:
        FetchError: it is missing, or the ``issuer`` in it is not exactly the one asked for (RFC 8414, 3.3).
    """
    trusted(issuer)
    for url in reversed(well_known(issuer)) if openid else well_known(issuer):
        status, _, body = await requests("GET", url, {}, b"", limit=LIMIT, timeout=TIMEOUT)
        if 400 <= status < 500:
            continue
        if status != 200:
            raise FetchError(f"{place(url)} answers {status} to the request for its metadata")
        document = parsed(body, "metadata", url)
        if document.get("issuer") != issuer:
            name = document.get("issuer")
            near = isinstance(name, str) and name.rstrip("/").lower() == issuer.rstrip("/").lower()
            help = f": write exactly {name}" if near else ""
            raise FetchError(f"the metadata at {place(url)} is that of another issuer, not of {issuer}{help}")
        return document
    help = ": an issuer is written without /.well-known/…" if "/.well-known/" in issuer else ""
    raise FetchError(f"{place(issuer)} has no metadata (RFC 8414 or OpenID Connect Discovery){help}")


def parsed(body: bytes, what: str, url: str) -> Mapping[str, Json]:
    """A JSON object; FetchError for anything else."""
    try:
        document = orjson.loads(body)
    except ValueError:
        raise FetchError(f"the {what} of {place(url)} is not JSON") from None
    if not isinstance(document, dict):
        raise FetchError(f"the {what} of {place(url)} is not a JSON object")
    return document
