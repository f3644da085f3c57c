"""What the identity provider says of itself (OpenID Connect Discovery, RFC 8414): its endpoints, and their use."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Final

from adaptgen.govern.identity.http_fetch import Fetch, FetchError, place, trusted
from adaptgen.govern.identity.oauth_metadata import discover
from adaptgen.model.tables import Json

_log = logging.getLogger("adaptgen.web")

FRESH: Final = 300.0
"""Seconds for which the metadata is used."""
STALE: Final = 3600.0
"""Seconds for which it is used while it cannot be fetched again."""
PAUSE: Final = 30.0
"""Seconds until that is tried once more,"""
FEW: Final = 3.0
"""and where there is nothing to use."""


class ProviderError(Exception):
    """The provider cannot be reached, or answers nothing usable: nothing is known about the person. The text names
    host and reason. ``upstream``: what to keep in place of the ``upstream`` that was given, where the provider had
    replaced its refresh token already; else None: keep what you have."""

    upstream: Mapping[str, Json] | None = None


class MetadataSource:
    """The metadata of one issuer, fetched when it is needed."""

    def __init__(self, issuer: str, requests: Fetch, clock: Callable[[], float]) -> None:
        self._issuer = issuer
        self._requests = requests
        self._clock = clock
        self._known: Mapping[str, Json] | None = None
        self._fetched = self._due = 0.0
        self._down = ""

    async def get(self) -> Mapping[str, Json]:
        """The metadata.

        Raises:
            ProviderError: it cannot be had.
        """
        now = self._clock()
        if self._known is None and now < self._due:  # a page that is opened often asks once
            raise ProviderError(self._down)
        if self._known is not None and now < self._due and now - self._fetched <= STALE:
            return self._known
        try:
            self._known = await discover(self._issuer, self._requests, openid=True)
            self._fetched, self._due = now, now + FRESH
        except FetchError as problem:
            if self._known is None or now - self._fetched > STALE:
                self._known, self._due, self._down = None, now + FEW, f"{problem}"
                raise ProviderError(self._down) from None
            self._due = now + PAUSE
            _log.warning("the metadata of the identity provider cannot be fetched again: %s", problem)
        return self._known

    async def keys_url(self) -> str:
        """Where its keys are, for :class:`~adaptgen.govern.identity.jwks.KeySource`; FetchError where that cannot be
        known."""
        try:
            found = (await self.get()).get("jwks_uri")
        except ProviderError as problem:
            raise FetchError(f"{problem}") from None
        if not isinstance(found, str):
            raise FetchError("the metadata of the identity provider names no key set (jwks_uri)")
        return found


def endpoint(metadata: Mapping[str, Json], name: str) -> str:
    """The URL of an endpoint; ProviderError where it is missing or must not be used."""
    found = metadata.get(name)
    if not isinstance(found, str):
        raise ProviderError(f"the metadata of {place(str(metadata.get('issuer')))} has no {name}")
    if not found.isascii():
        raise ProviderError(f"the metadata of {place(str(metadata.get('issuer')))} has a {name} that is no URL")
    try:
        return trusted(found)
    except FetchError as problem:
        raise ProviderError(f"{problem}") from None


def takes_secret_in_form(metadata: Mapping[str, Json]) -> bool:
    """Whether the secret of a client travels in the form; by HTTP Basic where nothing is said (Discovery, 3)."""
    ways = metadata.get("token_endpoint_auth_methods_supported")
    if not isinstance(ways, list) or "client_secret_basic" in ways:
        return False
    if "client_secret_post" in ways:
        return True
    issuer = place(str(metadata.get("issuer")))
    raise ProviderError(f"{issuer} accepts no client secret (token_endpoint_auth_methods_supported)")
