"""A scripted OpenID provider: what it says of itself, of people and in tokens is what a test wants, also wrong things.

The server asks it over loopback (metadata, keys, tokens, userinfo); a browser that goes to its authorization endpoint
is answered by :meth:`Provider.authorize`.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from support.idp import OIDC, Idp

CLIENT = "proxy-at-the-company"
SECRET = "secret-canary-of-the-proxy"


class Provider(Idp):
    """``person``: claims of the one who logs in next, and as the tokens of a refresh have them; None: nobody is let in,
    and nobody refreshed. ``suffix``: of the issuer, behind the origin. ``says``: members of the metadata, added or
    (None) taken away. ``id_token``, ``access_token``, ``answer``: claims of the tokens, parameters of the authorization
    response; added, replaced or (None) taken away. ``granted``: the same of the token endpoint's answer. ``rotates``:
    refresh tokens are replaced, and a replaced one is refused.
    """

    def __init__(self, suffix: str = "") -> None:
        super().__init__()
        self.suffix = suffix
        self.clients = {CLIENT: SECRET}
        self.person: dict[str, Any] | None = {"sub": "ann", "name": "Ann Example", "groups": ["staff"]}
        self.says: dict[str, Any] = {}
        self.id_token: dict[str, Any] = {}
        self.access_token: dict[str, Any] = {}
        self.answer: dict[str, str | None] = {}
        self.granted: dict[str, Any] = {}
        self.rotates = True
        self.userinfo: dict[str, Any] | None = None
        self.asked: list[dict[str, str]] = []
        """The authorization requests."""
        self.issued: list[str] = []
        """Every code and token that was given out: none may be seen anywhere."""
        self._codes: dict[str, dict[str, str]] = {}
        self._refresh: dict[str, dict[str, str]] = {}

    @property
    def issuer(self) -> str:
        """As its tokens and its metadata name it."""
        return self.url + self.suffix

    def metadata(self) -> dict[str, Any]:
        """OpenID Connect Discovery, 3."""
        base = self.issuer.rstrip("/")
        said = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{base}/authorize",
            "token_endpoint": f"{base}/token",
            "userinfo_endpoint": f"{base}/userinfo",
            "jwks_uri": f"{base}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
            **self.says,
        }
        return _kept(said)

    def authorize(self, url: str) -> str:
        """Where the browser goes after the person has logged in: the redirect URI, with a code or an error."""
        query = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
        self.asked.append(query)
        code = secrets.token_urlsafe(16)
        self.issued.append(code)
        self._codes[code] = query
        said: dict[str, Any] = {"code": code} if self.person is not None else {"error": "access_denied"}
        said |= {"state": query.get("state"), "iss": self.issuer, **self.answer}
        return f"{query['redirect_uri']}?{urlencode(_kept(said))}"

    # ------------------------------------------------------------------------------------------------------- serving

    def _answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], Any]:
        base = self.suffix.rstrip("/")
        if path == base + OIDC:
            return 200, {}, self.metadata()
        if path == base + "/userinfo":
            return 200, {}, self.userinfo if self.userinfo is not None else self.person
        if base and path.startswith(base):
            path = path[len(base) :]
        return super()._answer(method, path, headers, body)

    def _token(self, headers: dict[str, str], form: dict[str, str]) -> tuple[int, dict[str, str], Any]:
        given = base64.b64decode(headers.get("authorization", "").removeprefix("Basic ")).decode()
        name, _, secret = given.partition(":")
        client = unquote(name) or form.get("client_id", "")
        if self.clients.get(client) != (unquote(secret) or form.get("client_secret")):
            return 401, {}, {"error": "invalid_client"}
        kind = form["grant_type"]
        if kind not in ("authorization_code", "refresh_token"):
            return super()._token(headers, form)
        self.forms.append(form)
        if kind == "authorization_code":
            asked = self._codes.pop(form.get("code", ""), None)
            if asked is None or not _proven(asked, form) or asked["redirect_uri"] != form.get("redirect_uri"):
                return 400, {}, {"error": "invalid_grant"}
        else:
            known = form.get("refresh_token", "")
            asked = self._refresh.pop(known, None) if self.rotates else self._refresh.get(known)
        if asked is None or self.person is None or asked.get("client_id") != client:
            return 400, {}, {"error": "invalid_grant"}
        return 200, {}, self._granted(asked, kind)

    def _granted(self, asked: dict[str, str], kind: str) -> dict[str, Any]:
        assert self.person is not None
        person = {"sub": "ann", **self.person}
        nonce = {"nonce": asked["nonce"]} if kind == "authorization_code" and "nonce" in asked else {}
        id_token = self.issue(
            **{"iss": self.issuer, "aud": asked["client_id"], **person, **nonce, **self.id_token}, header={"typ": "JWT"}
        )
        access = self.issue(**{"iss": self.issuer, "aud": "https://other.bank.example", **person, **self.access_token})
        given: dict[str, Any] = {"access_token": access, "id_token": id_token, "token_type": "Bearer"}
        given["expires_in"] = self.expires_in
        if kind == "authorization_code" or self.rotates:
            fresh = secrets.token_urlsafe(24)
            self._refresh[fresh] = asked
            given["refresh_token"] = fresh
        given = _kept({**given, **self.granted})
        self.issued += [given[one] for one in ("access_token", "id_token", "refresh_token") if one in given]
        return given


def _proven(asked: dict[str, str], form: dict[str, str]) -> bool:
    """PKCE (RFC 7636, 4.6)."""
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    return asked.get("code_challenge") == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _kept(said: dict[str, Any]) -> dict[str, Any]:
    return {name: one for name, one in said.items() if one is not None}
