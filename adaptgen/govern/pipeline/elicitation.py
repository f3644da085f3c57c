"""Asks the person behind a client to open a page of ours, in the way that the client's revision of MCP has for it.

What a client says of the page is never trusted: whether somebody has connected an account, or has approved a call, is
found out where that is kept. A response only decides whether the client is asked again.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Final

from adaptgen.mcp.json_text import as_object
from adaptgen.mcp.protocol import Context, RpcError, failed_result
from adaptgen.model.tables import Json

URL_REQUIRED: Final = -32042
"""URLElicitationRequiredError (2025-11-25, Elicitation, Error Handling)."""
_SINCE: Final = "2025-11-25"
"""The first revision with URL mode."""
_PREFIX: Final = "adaptgen:"
"""Begins the keys of our requests for input, so that a server behind the proxy does not get our responses."""


def ask_to_open(context: Context, url: str, message: str, *, id: str) -> dict[str, Json]:
    """The answer to a call that needs a person first, of which nothing was executed.

    For clients that open links (capability ``elicitation.url``) it is an InputRequiredResult in 2026-07-28, and
    RpcError -32042 in 2025-11-25; for all others an error text with the link. ``message`` says in a sentence why;
    ``id`` is the same at the next call for the same reason. A client that was asked already gets a text: one that asks
    its person again and again would make no progress.
    """
    if not _opens_links(context):
        return failed_result(f"{message} {_NEXT} Give the person this link: {url}")
    if not context.modern:
        elicitation: dict[str, Json] = {
            "mode": "url",
            "elicitationId": f"{id}.{secrets.token_urlsafe(12)}",
            "url": url,
            "message": message,
        }
        raise RpcError(URL_REQUIRED, message, {"elicitations": [elicitation]})
    match response_to(context, id):
        case "accept":
            return failed_result(
                f"{message} The person has not finished on the page yet. {_NEXT} Give the person this link: {url}"
            )
        case "decline":
            return failed_result(
                f"{message} The person declined to open the page. Nothing was executed. Do not repeat the call unless "
                "the person asks for it."
            )
        case "cancel":
            return failed_result(f"{message} The person dismissed the request. {_NEXT}")
    request: dict[str, Json] = {
        "method": "elicitation/create",
        "params": {"mode": "url", "url": url, "message": message},
    }
    return {"resultType": "input_required", "inputRequests": {_PREFIX + id: request}}


_NEXT: Final = "Nothing was executed. Repeat the call when the person has completed the page."


def response_to(context: Context, id: str) -> str:
    """What the client says became of the request ``id``: ``accept``, ``decline`` or ``cancel``; "" where it says
    nothing. It proves nothing."""
    response = as_object(as_object(context.params.get("inputResponses")).get(_PREFIX + id))
    action = response.get("action")
    return action if isinstance(action, str) and action in ("accept", "decline", "cancel") else ""


def without_our_responses(params: Mapping[str, Json]) -> dict[str, Json]:
    """``params`` without responses to our own requests: a server behind the proxy gets those to its requests only."""
    kept = dict(params)
    if isinstance(given := params.get("inputResponses"), Mapping):
        kept["inputResponses"] = {key: value for key, value in given.items() if not key.startswith(_PREFIX)}
        if not kept["inputResponses"]:
            del kept["inputResponses"]
    return kept


def _opens_links(context: Context) -> bool:
    """Whether the client says that it shows people links; ``elicitation: {}`` means forms alone."""
    return context.version >= _SINCE and "url" in as_object(context.capabilities.get("elicitation"))
