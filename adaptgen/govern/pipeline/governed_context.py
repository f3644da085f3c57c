"""The context that a target gets: what it says to the client while it works is tokenized too, and shows none of the
values that the call restored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from adaptgen.mcp.protocol import Context
from adaptgen.model.tables import Caller, Json

if TYPE_CHECKING:
    from adaptgen.govern.tokenization.echoes import RestoredValue
    from adaptgen.govern.tokenization.tokenizer import Tokenizer


class Delegating(Context):
    """A context in front of another one."""

    def __init__(self, context: Context) -> None:
        self.__dict__.update(vars(context))
        self._context = context

    async def notify(self, method: str, params: Mapping[str, Json]) -> None:
        await self._context.notify(method, params)

    async def ask(self, method: str, params: Mapping[str, Json]) -> Mapping[str, Json]:
        return await self._context.ask(method, params)


class RedactingContext(Delegating):
    """A context whose notifications and questions pass the tokenizer."""

    def __init__(self, context: Context, tokenizer: Tokenizer, caller: Caller, server: str) -> None:
        super().__init__(context)
        self._tokenizer = tokenizer
        self._caller = caller
        self._server = server
        self.restored: Sequence[RestoredValue] = ()
        """Values of the call that must not be in what is said."""

    async def notify(self, method: str, params: Mapping[str, Json]) -> None:
        shielded = await self._tokenizer.other(self._caller, self._server, dict(params), self.restored)
        await self._context.notify(method, shielded.result)

    async def ask(self, method: str, params: Mapping[str, Json]) -> Mapping[str, Json]:
        """A question without personal data; the client's answer as it gives it."""
        shielded = await self._tokenizer.other(self._caller, self._server, dict(params), self.restored)
        return await self._context.ask(method, shielded.result)
