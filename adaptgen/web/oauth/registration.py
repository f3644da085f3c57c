"""Dynamic registration (RFC 7591) without a register: the ``client_id`` is what was registered, sealed."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from ipaddress import IPv6Network, ip_address
from typing import Any, Final

from adaptgen.govern.settings.table import limit
from adaptgen.model.tables import Json
from adaptgen.runtime.core.seals import Seals
from adaptgen.runtime.store.protocol import Store
from adaptgen.web.browser.pages import short
from adaptgen.web.oauth import redirects
from adaptgen.web.oauth.clients import BASIC, CODE, GRANTS, METHODS, NONE, Client, secret_mark

LARGEST: Final = 16 * 1024
"""Bytes of a request to register."""
REDIRECTS: Final = 10
"""Redirect URIs of one client."""
_LONGEST_ID: Final = 2500
"""Characters of a ``client_id``: it is part of URLs."""
_NAME: Final = 100
SHARE: Final = 0.2
"""Of a rate for all senders, what one of them gets."""
_LASTS: Final = 10 * 365 * 86400.0


class Refusal(Exception):
    """A client that is not accepted: an error code of RFC 7591, 3.2.2, and a sentence without what was sent."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


async def wait_for(store: Store, seals: Seals, rate: str, source: str) -> float:
    """The seconds until another client may register; 0.0, and it counts, where one may now. ``source``: the address
    that asks, "" where it is not known. One of them gets a share, so that it does not shut out the others."""
    rule = limit(rate=rate, per=())
    if source:
        key = f"oauth/registrations/{seals.name('source', network_of(source))}"
        wait = await store.take(key, rate=rule.rate * SHARE, burst=max(rule.burst * SHARE, 1.0))
        if wait:
            return wait
    return await store.take("oauth/registrations", rate=rule.rate, burst=rule.burst)


def network_of(source: str) -> str:
    """What one sender has: an IPv4 address, or 64 bits of an IPv6 address."""
    try:
        address = ip_address(source)
    except ValueError:
        return source
    return source if address.version == 4 else str(IPv6Network((int(address) >> 64 << 64, 64)))


def register(seals: Seals, asked: object, allowed: Sequence[str]) -> dict[str, Json]:
    """What was registered (RFC 7591, 3.2.1), which need not be what was asked for.

    Raises:
        Refusal: nothing usable was asked for.
    """
    if not isinstance(asked, dict):
        raise Refusal("invalid_client_metadata", "the metadata is not a JSON object")
    described = described_client("", asked, allowed)
    secret = "" if described.method == NONE else secrets.token_urlsafe(32)
    now = int(time.time())
    held: dict[str, Json] = {
        "n": described.name,
        "r": list(described.redirect_uris),
        "m": described.method,
        "g": list(described.grants),
        "s": secret_mark(secret) if secret else "",
        "i": now,
    }
    client_id = seals.seal("client", held, _LASTS)
    if len(client_id) > _LONGEST_ID:
        raise Refusal("invalid_client_metadata", "the metadata is too long")
    web = all(redirects.is_assured(one) for one in described.redirect_uris)
    answer: dict[str, Json] = {
        "client_id": client_id,
        "client_id_issued_at": now,
        "redirect_uris": list(described.redirect_uris),
        "token_endpoint_auth_method": described.method,
        "grant_types": list(described.grants),
        "response_types": ["code"],
        "application_type": "web" if web else "native",
    }
    if described.name:
        answer["client_name"] = described.name
    if secret:
        answer |= {"client_secret": secret, "client_secret_expires_at": 0}
    return answer


def registered(seals: Seals, client_id: str) -> Client | None:
    """The client that was registered here under this id; None for any other text."""
    held = seals.open("client", client_id)
    if held is None:
        return None
    data: dict[str, Any] = held
    return Client(client_id, data["n"], tuple(data["r"]), data["m"], tuple(data["g"]), data["s"])


def described_client(
    client_id: str, about: Mapping[str, Any], allowed: Sequence[str], default: str = BASIC, *, lenient: bool = False
) -> Client:
    """The client that metadata (RFC 7591, 2) describes. ``default``: how it authenticates where it does not say.
    ``lenient``: redirect URIs to which no code can be sent are left out.

    Raises:
        Refusal: no code could ever be sent to it, or it cannot authenticate here.
    """
    uris = about.get("redirect_uris")
    if not isinstance(uris, list) or not uris or not all(isinstance(one, str) for one in uris):
        raise Refusal("invalid_redirect_uri", "redirect_uris must be a list of URIs, and not empty")
    if len(uris) > REDIRECTS:
        raise Refusal("invalid_redirect_uri", f"there are more than {REDIRECTS} redirect URIs")
    # What the settings allow no code to be sent to is left out below: it may be of a variant of the client.
    problems = [redirects.find_problem(one, allowed) and redirects.find_problem(one) for one in uris]
    if not lenient:
        for number, problem in enumerate(problems, 1):
            if problem is not None:
                raise Refusal("invalid_redirect_uri", f"redirect URI {number} {problem}")
    usable = [uri for uri in uris if redirects.find_problem(uri, allowed) is None]
    if not usable:
        raise Refusal("invalid_redirect_uri", "this server sends codes to none of the redirect URIs")
    method = about.get("token_endpoint_auth_method", default)
    if method not in METHODS:
        text = f"token_endpoint_auth_method must be one of {', '.join(METHODS)}"
        raise Refusal("invalid_client_metadata", text)
    grants = _words(about, "grant_types", CODE)
    if CODE not in grants or "code" not in _words(about, "response_types", "code"):
        raise Refusal("invalid_client_metadata", "only authorization_code with response type code is served")
    name = about.get("client_name")
    return Client(
        client_id,
        short(name, _NAME) if isinstance(name, str) else "",
        tuple(dict.fromkeys(usable)),
        method,
        tuple(one for one in GRANTS if one in grants),
    )


def _words(about: Mapping[str, Any], name: str, default: str) -> list[str]:
    found = about.get(name, [default])
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise Refusal("invalid_client_metadata", f"{name} must be a list of texts")
    return found or [default]
