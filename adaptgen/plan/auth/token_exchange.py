"""OAuth 2.0 Token Exchange (RFC 8693): the caller's token against one for the API."""

from __future__ import annotations

from adaptgen.model.tables import Auth, Body, Call, Expires, Login, Param, Send
from adaptgen.plan.auth.security_schemes import reference

_ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105


def exchange_session(
    name: str,
    called: str,
    url: str,
    *,
    client_id: str | None = None,
    client_secret: str | None = None,
    scopes: tuple[str, ...] = (),
    audience: str | None = None,
    resource: str | None = None,
) -> Auth:
    """A session of each caller, begun with the caller's token as the subject token (2.1). The server authenticates by
    HTTP Basic (RFC 6749, 2.3.1). All values are templates; without them the environment gives the client's."""
    params = [
        Param("grant_type", value="urn:ietf:params:oauth:grant-type:token-exchange"),
        Param("subject_token", value="{caller.token}"),
        Param("subject_token_type", value=_ACCESS_TOKEN),
    ]
    if audience:
        params.append(Param("audience", value=audience))
    if resource:
        params.append(Param("resource", value=resource))
    if scopes:
        params.append(Param("scope", value=" ".join(scopes)))
    client = client_id or reference(name, "CLIENT_ID")
    secret = client_secret or reference(name, "CLIENT_SECRET")
    login = Login(
        id="exchange",
        call=Call(
            "POST",
            url,
            body=Body(media="application/x-www-form-urlencoded", params=tuple(params)),
            accept="application/json",
        ),
        send=(Send("header", "Authorization", f"{client}:{secret}", basic=True),),
        save={"access": "$.access_token"},
        expires=Expires(after="$.expires_in"),
    )
    sent = (Send("header", "Authorization", "Bearer {access}"),)
    return Auth(name=called, kind="exchange", chain=(login,), send=sent, per="caller")
