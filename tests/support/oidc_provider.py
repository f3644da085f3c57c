"""A company's identity provider on loopback: npm ``oidc-provider`` (certified for OpenID Connect), changed as it runs.

    with oidc_provider.running(folder) as idp:          # raises Unavailable without node and npm: skip with its text
        idp.client("adaptgen", f"{base}/login/callback", secret=SECRET)     # confidential; authorization code, refresh
        idp.person("ann", groups=["support"], tenant="acme")                # the password is PASSWORD
        ...                                             # settings: issuer idp.url, keys idp.url + "/jwks"
        idp.person("ann", groups=[])                    # other claims from the next login or refresh on
        idp.forget("ann")                               # no account any more: a refresh is refused
        idp.set(access=5, advance=60)                   # lifetimes in seconds; ``advance`` puts its clock forward
        assert idp.counts["grant.refresh_token"] == 1   # what was done; ``idp.issued``: every token that was given out

People log in with an HTML form (fields ``login`` and ``password``; buttons ``do=login``, ``do=cancel``), and consent,
where they are asked, with another (``do=consent``): :mod:`support.scripted_browser` does both.

As the issuer of an API's access tokens: ``start(folder, resources={"https://api.example": "read write"})`` and
``idp.client("api-client", redirect, audience="https://api.example")``. Tokens for a resource are JWTs (RS256; ``aud``:
the resource; with ``groups`` and ``tenant``); a client asks for it with ``resource``, or has it as its ``audience``.
"""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from support import npm
from support.npm import node_of
from support.services import Service, free_port, launch, plain_environ

VERSION = "9.13.3"
PASSWORD = "correct horse"
SECRET = "a-secret-of-the-proxy-at-the-company"
OPTIONS: dict[str, Any] = {
    "access": 300,  # seconds of an access token
    "id_token": 3600,
    "refresh": 86400,  # of a refresh token that is not used
    "session": 86400,  # of the login of a browser
    "advance": 0,  # seconds by which its clock is ahead
    "rotate": True,  # each refresh gives a new refresh token; a used one ends the whole grant
    "consent": False,  # ask the people; a company's administrator has usually agreed for them
    "strict_offline": False,  # refresh tokens for scope offline_access with prompt=consent only (OIDC Core, section 11)
    "thin": False,  # an ID token has no claims but sub; they are at userinfo
    "claims": ["groups", "tenant"],  # what scope openid gives, and access tokens for a resource hold
    "resources": {},  # resource -> scopes
    "audiences": {},  # client id -> its resource where it names none
    "broken": {},  # path -> the HTTP status that it answers, as in an outage
}


@dataclass
class OidcProvider:
    """A running one. ``url``: the issuer; ``service``: its process, whose URL is for tests alone."""

    service: Service
    url: str

    def person(self, who: str, /, *, password: str = PASSWORD, **claims: Any) -> None:
        """Someone who can log in, or other claims of one who is known; ``who`` is the ``sub``."""
        self.service.json("PUT", f"/_test/people/{quote(who, safe='')}", {"password": password, "claims": claims})

    def forget(self, name: str) -> None:
        """Close an account."""
        self.service.json("DELETE", f"/_test/people/{quote(name, safe='')}")

    def client(self, name: str, *redirects: str, secret: str = SECRET, audience: str = "", **metadata: Any) -> None:
        """Register an application; without ``secret`` a public one. A known one is replaced."""
        given: dict[str, Any] = {"redirect_uris": list(redirects), **metadata}
        if secret:
            given |= {"client_secret": secret, "token_endpoint_auth_method": "client_secret_basic"}
        else:
            given |= {"token_endpoint_auth_method": "none"}
        given |= metadata
        self.service.json("PUT", f"/_test/clients/{quote(name, safe='')}", given)
        if audience:
            self._audiences[name] = audience
            self.set(audiences=self._audiences)

    def set(self, **options: Any) -> None:
        """Change some of :data:`OPTIONS`."""
        assert options.keys() <= OPTIONS.keys(), options.keys() - OPTIONS.keys()
        self.service.json("PUT", "/_test/options", options)

    @property
    def counts(self) -> Counter[str]:
        """Requests by path, ``login``, ``consent``, events such as ``grant.refresh_token`` and ``grant.error``."""
        return Counter(self._state()["counts"])

    @property
    def issued(self) -> list[dict[str, str]]:
        """Tokens that were given out: kind, value, sub, client."""
        found: list[dict[str, str]] = self._state()["issued"]
        return found

    @property
    def asked(self) -> list[dict[str, str]]:
        """The parameters of each authorization request."""
        found: list[dict[str, str]] = self._state()["asked"]
        return found

    def stop(self) -> None:
        """End it, by its pid."""
        self.service.stop()

    def __post_init__(self) -> None:
        self._audiences: dict[str, str] = {}

    def _state(self) -> Any:
        return self.service.json("GET", "/_test/state")


def start(folder: Path, *, certificate: Path | None = None, **options: Any) -> OidcProvider:
    """One on a free port, without people and clients. ``certificate``: of :mod:`support.certificates`, with its key,
    for an issuer with https.

    Raises:
        Unavailable: there is no npm, or the package cannot be had.
    """
    assert options.keys() <= OPTIONS.keys(), options.keys() - OPTIONS.keys()
    node = node_of(22)
    modules = npm.packages("oidc-provider", {"oidc-provider": VERSION})
    port, control = free_port(), free_port()
    url = f"{'https' if certificate else 'http'}://127.0.0.1:{port}"
    given = {**OPTIONS, **options, "port": port, "issuer": url, "control": control}
    given["certificate"] = str(certificate or "")
    command = [node, str(Path(__file__).with_suffix(".mjs")), str(modules), json.dumps(given)]
    service = launch(
        "oidc-provider", command, url=f"http://127.0.0.1:{control}", ready="/_test/state",
        environ=plain_environ(folder), folder=folder, seconds=60,
    )  # fmt: skip
    return OidcProvider(service, url)


@contextlib.contextmanager
def running(folder: Path, *, certificate: Path | None = None, **options: Any) -> Iterator[OidcProvider]:
    """One for the length of a ``with`` block."""
    idp = start(folder, certificate=certificate, **options)
    try:
        yield idp
    finally:
        idp.stop()
