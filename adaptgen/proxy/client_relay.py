"""Passes on to the client what a server says and asks while it works."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from adaptgen.mcp.protocol import Context, RpcError
from adaptgen.mcp.revisions import LIST_CHANGES, SUBSCRIPTION_KEY
from adaptgen.model.tables import Json

_QUESTIONS = frozenset({"sampling/createMessage", "elicitation/create", "roots/list"})


class ClientRelay:
    """Towards the client of ``context``. ``heard`` is told of lists that have changed; ``only``: the one method that
    is passed on.
    """

    def __init__(self, context: Context, heard: Callable[[str], None] | None, *, only: str = "") -> None:
        self._context = context
        self._heard = heard
        self._only = only

    async def notify(self, method: str, params: Mapping[str, Json]) -> None:
        """A notification. Changes of lists are for the proxy: its clients are told when it has read them."""
        kind = LIST_CHANGES.get(method)
        if kind is not None:
            if self._heard is not None:
                self._heard(kind)
            return
        if self._only and method != self._only:
            return
        if method == "notifications/progress":
            token = self._context.meta.get("progressToken")
            if token is None:
                return
            params = {**params, "progressToken": token}
        await self._context.notify(method, _unsubscribed(params))

    async def ask(self, method: str, params: Mapping[str, Json]) -> Mapping[str, Json]:
        """A question of the three that MCP knows.

        Raises:
            RpcError: another one, or the client cannot be asked.
        """
        if method not in _QUESTIONS:
            raise RpcError(-32601, "Method not found")
        return await self._context.ask(method, params)


def _unsubscribed(params: Mapping[str, Json]) -> Mapping[str, Json]:
    """``params`` without the id of the proxy's own subscription: the front puts the client's in its place."""
    meta = params.get("_meta")
    if not isinstance(meta, dict) or SUBSCRIPTION_KEY not in meta:
        return params
    kept = {key: value for key, value in meta.items() if key != SUBSCRIPTION_KEY}
    return {**params, "_meta": kept}
