"""What the authorization server says of itself (RFC 8414), also where clients look by OpenID Connect Discovery."""

from __future__ import annotations

import orjson

from adaptgen.govern.settings.model import Settings
from adaptgen.mcp.http_messages import HttpAnswer, HttpRequest, json_answer
from adaptgen.model.tables import Json
from adaptgen.web.oauth.clients import GRANTS, METHODS, OFFLINE
from adaptgen.web.routes import METADATA, base_url


def scopes_of(settings: Settings) -> list[str]:
    """The scopes of our tokens: those that calls need. They are granted together, and by consent."""
    return list(settings.authenticate.scopes) if settings.authenticate is not None else []


def server_metadata(settings: Settings) -> dict[str, Json]:
    """The document of RFC 8414, 2."""
    assert settings.login is not None
    base = base_url(settings.listen.resource)
    document: dict[str, Json] = {
        "issuer": base,
        "authorization_endpoint": f"{base}/oauth/authorize",
        "token_endpoint": f"{base}/oauth/token",
        "revocation_endpoint": f"{base}/oauth/revoke",
        "scopes_supported": [*scopes_of(settings), OFFLINE],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": list(GRANTS),
        "token_endpoint_auth_methods_supported": list(METHODS),
        "revocation_endpoint_auth_methods_supported": list(METHODS),
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "client_id_metadata_document_supported": "metadata" in settings.login.clients,
        "protected_resources": [settings.listen.resource],
    }
    if "dynamic" in settings.login.clients:
        document["registration_endpoint"] = f"{base}/oauth/register"
    return document


def discovery_document(settings: Settings) -> dict[str, Json]:
    """The same for clients that ask by OpenID Connect Discovery and check what it requires. No ID tokens are issued: no
    algorithm signs them, the key set is empty, and there is no scope ``openid``."""
    base = base_url(settings.listen.resource)
    return {
        **server_metadata(settings),
        "jwks_uri": f"{base}/oauth/jwks",
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [],
    }


def answer_metadata(request: HttpRequest, settings: Settings) -> HttpAnswer:
    """The answer to a request for one of both, by its path."""
    if request.method not in ("GET", "HEAD"):
        return HttpAnswer(405, {"allow": "GET, HEAD"})
    document = server_metadata(settings) if request.path.startswith(METADATA) else discovery_document(settings)
    return json_answer(orjson.dumps(document), headers={"cache-control": "max-age=300"})
