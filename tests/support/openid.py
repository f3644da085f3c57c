"""An OpenID provider that a test scripts, down to what no honest one does; browsers are sent to it without a network.

The server asks it over loopback (metadata, keys, tokens, userinfo); a browser that goes to its authorization endpoint
is answered by :meth:`Provider.authorize`.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from support.idp import METADATA, OIDC, Idp

CLIENT = "proxy-at-the-company"
SECRET = "secret-canary-of-the-proxy"


class Provider(Idp):
    """``suffix``: of the issuer, behind the origin. ``gone``: the person is let in no more, nor refreshed.

    ``metadata``, ``id_token``, ``access_token``: members and claims; ``answer``: parameters of the authorization
    response; ``granted``: members of the token endpoint's answer. Each is added to the usual ones or replaces one; None
    takes one away; ``at_hash`` is made for "right". ``rotates``: refresh tokens are replaced, and a replaced one is
    refused. ``scope``: the scope without which there is no refresh token; "" for none.
    """

    def __init__(self, suffix: str = "") -> None:
        super().__init__()
        self.suffix = suffix
        self.clients = {CLIENT: SECRET}
        self.reset()

    def reset(self) -> None:
        """Say and know what it did at the beginning; its keys stay."""
        self.forms.clear()
        self.answers.clear()
        self.id_token, self.metadata, self.userinfo = {}, {}, {}
        self.person = {"sub": "ann", "name": "Ann Example", "groups": ["staff"]}
        self.gone = False
        self.access_token: dict[str, Any] = {}
        self.answer: dict[str, str | None] = {}
        self.granted: dict[str, Any] = {}
        self.rotates = True
        self.scope = ""
        self.asked: list[dict[str, str]] = []
        """The authorization requests."""
        self.issued: list[str] = []
        """Every code and token that was given out: none may be seen anywhere."""

    @property
    def issuer(self) -> str:
        """As its tokens and its metadata name it."""
        return self.url + self.suffix

    def authorize(self, url: str) -> str:
        """Where the browser goes after the person has logged in: the redirect URI, with a code or an error."""
        query = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
        self.asked.append(query)
        code = secrets.token_urlsafe(16)
        self.issued.append(code)
        self.codes[code] = query
        said: dict[str, Any] = {"error": "access_denied"} if self.gone else {"code": code}
        said |= {"state": query.get("state"), "iss": self.issuer, **self.answer}
        return f"{query['redirect_uri']}?{urlencode(_kept(said))}"

    # ------------------------------------------------------------------------------------------------------- serving

    def _answer(
        self, method: str, target: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], Any]:
        base = self.suffix.rstrip("/")
        if target == base + OIDC or (not base and target == METADATA):
            return 200, {}, self._discovery()
        return super()._answer(method, target.removeprefix(base), headers, body)

    def _discovery(self) -> dict[str, Any]:
        base = self.issuer.rstrip("/")
        said = {
            "issuer": self.issuer,
            **{f"{name}_endpoint": f"{base}/{path}" for name, path in _ENDPOINTS.items()},
            "jwks_uri": f"{base}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "authorization_response_iss_parameter_supported": True,
        }
        return _kept({**said, **self.metadata})

    def _logged_in(self, client: str, form: dict[str, str]) -> tuple[int, dict[str, str], Any]:
        known = self.refresh_tokens.get(form.get("refresh_token", ""))
        asked = known or self.codes.get(form.get("code", "")) or {}
        status, headers, _ = super()._logged_in(client, form)
        if status != 200 or self.gone:
            return 400, {}, {"error": "invalid_grant"}
        person = {"iss": self.issuer, **(self.person or {})}
        nonce = asked.get("nonce") if known is None else None
        id_token = {**person, "aud": client, "nonce": nonce, **self.id_token}
        access = {**person, "aud": "https://other.bank.example", **self.access_token}
        token = self.granted.get("access_token") or self.issue(**access)
        if id_token.get("at_hash") == "right":
            half = hashlib.sha256(token.encode()).digest()[:16]
            id_token["at_hash"] = base64.urlsafe_b64encode(half).rstrip(b"=").decode()
        given: dict[str, Any] = {
            "access_token": token,
            "id_token": self.issue(header={"typ": "JWT"}, **id_token),
            "token_type": "Bearer",
            "expires_in": self.expires_in,
        }
        if self.scope and self.scope not in asked.get("scope", "").split():
            pass
        elif known is None or self.rotates:
            given["refresh_token"] = secrets.token_urlsafe(24)
            self.refresh_tokens[given["refresh_token"]] = asked
        else:
            self.refresh_tokens[form["refresh_token"]] = asked
        given = _kept({**given, **self.granted})
        self.issued += [given[one] for one in ("access_token", "id_token", "refresh_token") if one in given]
        return 200, headers, given


_ENDPOINTS = {"authorization": "authorize", "token": "token", "userinfo": "userinfo"}


def _kept(said: dict[str, Any]) -> dict[str, Any]:
    return {name: one for name, one in said.items() if one is not None}
