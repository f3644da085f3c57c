"""An MCP client as the authorization server knows it."""

from __future__ import annotations

import hashlib
from dataclasses import field
from hmac import compare_digest
from typing import Final, Literal

from adaptgen.model.frozen import value
from adaptgen.web.oauth import redirects

NONE: Final = "none"
BASIC: Final = "client_secret_basic"
POST: Final = "client_secret_post"
METHODS: Final = (NONE, BASIC, POST)
CODE: Final = "authorization_code"
REFRESH: Final = "refresh_token"
GRANTS: Final = (CODE, REFRESH)
OFFLINE: Final = "offline_access"


@value()
class Client:
    """``name``: what the client says of itself. ``secret``: SHA-256 of its secret, "" without one. ``assured``: its
    identity is that of the host of its ``client_id``, a document. The methods are those that Authlib asks a client."""

    client_id: str
    name: str
    redirect_uris: tuple[str, ...]
    method: Literal["none", "client_secret_basic", "client_secret_post"] = "none"
    grants: tuple[str, ...] = GRANTS
    secret: str = field(default="", repr=False)
    assured: bool = False

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirects.matches(redirect_uri, self.redirect_uris)

    def get_default_redirect_uri(self) -> str | None:
        """The one that a request means that names none: only where there is one, and its port is known."""
        only = self.redirect_uris[0] if len(self.redirect_uris) == 1 else None
        return only if only is not None and redirects.is_assured(only) else None

    def check_client_secret(self, client_secret: str) -> bool:
        return bool(self.secret) and compare_digest(self.secret, secret_mark(client_secret))

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """A client with a secret may send it either way: clients do not all keep to what they registered."""
        return (method == NONE) == (self.method == NONE)

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        # A client that asked for offline_access has a refresh token, whatever it registered.
        return grant_type in GRANTS

    def get_allowed_scope(self, scope: str | None) -> str:
        return scope or ""


def secret_mark(secret: str) -> str:
    """What is kept of a client secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
