"""What Authlib checks: requests for codes and for tokens by RFC 6749, PKCE by RFC 7636, how clients authenticate.

Authlib is synchronous, and looks things up while it checks. What it may ask for is fetched before: a
:class:`ProtocolServer` lives for one request, and knows the client and the code or refresh token of that one. Nothing
is used up or issued here.
"""

from __future__ import annotations

import base64
import binascii
import logging
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import unquote_plus

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import (
    AuthorizationServer,
    InvalidClientError,
    InvalidRequestError,
    OAuth2Payload,
    OAuth2Request,
)
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, RefreshTokenGrant
from authlib.oauth2.rfc7636 import CodeChallenge

from adaptgen.model.frozen import lazy, value
from adaptgen.web.oauth.clients import METHODS, Client

__all__ = ["CodeData", "OAuth2Error", "ProtocolServer", "RefreshData", "credentials", "request_of"]

logging.getLogger("authlib").setLevel(logging.WARNING)  # below, it logs clients and what they send

CHALLENGE: Final = lazy(r"[A-Za-z0-9_-]{43}")
"""base64url of a SHA-256 (RFC 7636, 4.2)."""


class _Payload(OAuth2Payload):  # type: ignore[misc]  # Authlib has no types
    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._lists: dict[str, list[str]] = {}
        for name, text in pairs:
            self._lists.setdefault(name, []).append(text)

    @property
    def data(self) -> dict[str, str]:
        # An empty parameter is an omitted one (RFC 6749, 3.1 and 3.2).
        return {name: values[0] for name, values in self._lists.items() if values[0]}

    @property
    def datalist(self) -> dict[str, list[str]]:
        return self._lists


class _Request(OAuth2Request):  # type: ignore[misc]
    @property
    def form(self) -> dict[str, str]:
        data: dict[str, str] = self.payload.data
        return data

    args = form


def request_of(method: str, url: str, pairs: Iterable[tuple[str, str]], headers: Mapping[str, str]) -> Any:
    """A request for Authlib. ``headers``: lower case."""
    made = _Request(method, url, headers={name.title(): text for name, text in headers.items()})
    made.payload = _Payload(pairs)
    return made


def credentials(headers: Mapping[str, str], form: Mapping[str, str]) -> str:
    """The ``client_id`` of a request to the token endpoint.

    Raises:
        OAuth2Error: none, or it authenticates in two ways (RFC 6749, 2.3).
    """
    scheme, _, text = headers.get("authorization", "").partition(" ")
    if not scheme:
        return form.get("client_id", "")
    if scheme.lower() != "basic":
        raise InvalidClientError(description="Only HTTP Basic is accepted here.", status_code=401)
    try:
        name, colon, _ = base64.b64decode(text.strip(), validate=True).decode("ascii").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        colon = name = ""
    client_id = unquote_plus(name)
    if not colon or not client_id:
        raise InvalidClientError(description="The Authorization header is malformed.", status_code=401)
    if "client_secret" in form or form.get("client_id", client_id) != client_id:
        raise InvalidRequestError("The client authenticates in more than one way.")
    return client_id


@value()
class CodeData:
    """What a code is bound to; the members that Authlib reads."""

    client_id: str
    redirect_uri: str
    code_challenge: str
    scope: str
    code_challenge_method: str = "S256"

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope


@value()
class RefreshData:
    """The same of a refresh token."""

    client_id: str
    scope: str

    def check_client(self, client: Client) -> bool:
        return self.client_id == client.client_id

    def get_scope(self) -> str:
        return self.scope


class _CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    def query_authorization_code(self, code: str, client: Client) -> CodeData | None:
        found: CodeData | None = self.server.code
        return found if found is not None and found.client_id == client.client_id else None


class _RefreshGrant(RefreshTokenGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    def authenticate_refresh_token(self, refresh_token: str) -> RefreshData | None:
        found: RefreshData | None = self.server.refresh
        return found


class _OnlyS256(CodeChallenge):  # type: ignore[misc]
    """Authlib takes a missing method for ``plain``, and a request without any challenge (RFC 9700, 2.1.1)."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        data = grant.request.payload.data
        if data.get("code_challenge_method") != "S256":
            raise InvalidRequestError("PKCE is required: code_challenge_method must be S256.")
        if not CHALLENGE.fullmatch(data.get("code_challenge", "")):
            raise InvalidRequestError("PKCE is required: code_challenge must be a SHA-256 in base64url.")


class ProtocolServer(AuthorizationServer):  # type: ignore[misc]
    """Checks one request."""

    def __init__(
        self, client: Client | None, *, code: CodeData | None = None, refresh: RefreshData | None = None
    ) -> None:
        super().__init__()
        self.client = client
        self.code = code
        self.refresh = refresh
        self.register_grant(_CodeGrant, [_OnlyS256(required=True)])
        self.register_grant(_RefreshGrant)

    def query_client(self, client_id: str) -> Client | None:
        return self.client if self.client is not None and self.client.client_id == client_id else None

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def create_oauth2_request(self, request: Any) -> Any:
        return request

    def check_authorization(self, request: Any) -> str:
        """The redirect URI of a request for a code.

        Raises:
            OAuth2Error: with ``redirect_uri`` where the client may get the error, without where it must not.
        """
        redirect_uri: str = self.get_consent_grant(request).redirect_uri
        return redirect_uri

    def check_token(self, request: Any) -> Client:
        """The client of a request for tokens that may get them. OAuth2Error."""
        self.get_token_grant(request).validate_token_request()
        client: Client = request.client
        return client

    def check_client(self, request: Any) -> Client:
        """The client that sends a request, authenticated. OAuth2Error."""
        client: Client = self.authenticate_client(request, METHODS)
        return client
