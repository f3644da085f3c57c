"""What every desk may take for granted of a request's params."""

from __future__ import annotations

from adaptgen.mcp.jsonrpc import INVALID_PARAMS, Request
from adaptgen.mcp.protocol import RpcError
from adaptgen.mcp.revisions import NAMED


def parameters(request: Request) -> None:
    """
    Raises:
        RpcError: -32602 where the name, the arguments, the cursor or ``_meta`` is of a wrong type.
    """
    params = request.params
    key = NAMED.get(request.method)
    if key is not None and not isinstance(params.get(key), str):
        raise RpcError(INVALID_PARAMS, f"params.{key} must be a string")
    for name, kind, text in (
        ("arguments", dict, "an object"),
        ("_meta", dict, "an object"),
        ("cursor", str, "a string"),
    ):
        given = params.get(name)
        if given is not None and not isinstance(given, kind):
            raise RpcError(INVALID_PARAMS, f"params.{name} must be {text}")
    token = request.meta.get("progressToken")
    if token is not None and (isinstance(token, bool) or not isinstance(token, int | str)):
        raise RpcError(INVALID_PARAMS, "the progress token must be a string or an integer")
