"""Tokens in arguments: restored where they belong, refused everywhere else.

A token is restored only in an argument that is classified with its kind, and only where it is the whole value.
Otherwise anyone who may write a text could write a token into it and read the value back in clear, or a part of it in a
message.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Literal

from adaptgen.govern.tokenization.classification import Node
from adaptgen.govern.tokenization.echoes import RestoredValue
from adaptgen.govern.tokenization.token_formats import DecodedToken, Expired, MalformedToken, TokenMatch, Tokens
from adaptgen.govern.tokenization.tool_plans import ToolTokenizationPlan
from adaptgen.govern.tokenization.vault import Vault
from adaptgen.mcp.json_text import dumps, loads_or_none
from adaptgen.model.frozen import value
from adaptgen.model.tables import Json
from adaptgen.runtime.core.answer import ToolError

Permitted = Callable[[str], Awaitable[bool]]


@value()
class Restored:
    """``arguments`` as the tool gets them; ``tokens``: ids of the tokens that were in them, for the audit; ``hits``:
    how many were replaced; ``kinds``: of each of them; ``values``: what is never shown again."""

    arguments: Mapping[str, Json]
    tokens: tuple[str, ...] = ()
    hits: int = 0
    kinds: tuple[str, ...] = ()
    values: tuple[RestoredValue, ...] = ()


class Unrestored(ToolError):
    """A token is not restored: ``miss`` where it cannot be read, ``refused`` where it may not be."""

    def __init__(self, text: str, outcome: Literal["miss", "refused"], kind: str) -> None:
        super().__init__(text)
        self.outcome: Literal["miss", "refused"] = outcome
        self.kind = kind


async def restore(
    tokens: Tokens,
    vault: Vault,
    scope: bytes,
    plan: ToolTokenizationPlan,
    arguments: Mapping[str, Json],
    permitted: Permitted,
) -> Restored:
    """The arguments with their tokens replaced by what these stand for; the given mapping stays as it is.

    Raises:
        ToolError: a token that is mangled, not permitted, or in the wrong place; the text names the argument.
        StoreError: the vault cannot be reached.
    """
    restoring = _Restoring(tokens, vault, scope, plan, permitted)
    restored = {
        name: await restoring.value(one, plan.position(name, one, tokens.kind_of), (str(name),))
        for name, one in arguments.items()
    }
    if not restoring.ids:
        return Restored(arguments)
    return Restored(
        restored,
        tuple(dict.fromkeys(restoring.ids)),
        len(restoring.ids),
        tuple(restoring.kinds),
        tuple(dict.fromkeys(restoring.values)),
    )


class _Restoring:
    def __init__(
        self, tokens: Tokens, vault: Vault, scope: bytes, plan: ToolTokenizationPlan, permitted: Permitted
    ) -> None:
        self._tokens = tokens
        self._vault = vault
        self._scope = scope
        self._plan = plan
        self._permitted = permitted
        self._verdicts: dict[str, bool] = {}
        self.ids: list[str] = []
        self.kinds: list[str] = []
        self.values: list[RestoredValue] = []

    async def value(self, value: Json, node: Node | None, path: tuple[str, ...], kind: str | None = None) -> Json:
        """``kind``: what the argument above is classified with."""
        kind = node.kind if node is not None and node.kind is not None else kind
        if isinstance(value, str):
            return await self._text(value, node, path, kind)
        if isinstance(value, dict):
            for key in value:
                if next(self._tokens.find(str(key)), None) is not None:
                    raise ToolError(f"`{_name(path)}`: a token cannot be the name of a field. Nothing was executed.")
            return {
                key: await self.value(member, node.at(key) if node else None, (*path, key), kind)
                for key, member in value.items()
            }
        if isinstance(value, (list, tuple)):
            return [
                await self.value(element, node.at(str(at)) if node else None, (*path, "[]"), kind)
                for at, element in enumerate(value)
            ]
        return value

    async def _text(self, text: str, node: Node | None, path: tuple[str, ...], kind: str | None) -> Json:
        if len(text) < 6:
            return text
        found = list(self._tokens.find(text))
        if not found:
            return text
        if kind is None and node is not None and (node.members or node.each):
            nested = loads_or_none(text)
            if nested is not None:
                return dumps(await self.value(nested, node, path))
        opened = [await self._open(one, path, kind) for one in found]
        if self._tokens.alone(text) is None:
            raise ToolError(
                f"`{_name(path)}`: a token must be the whole argument, or a whole element of a list, and here there is "
                "other text next to it. Pass the token alone. Nothing was executed."
            )
        self.values.append(RestoredValue(found[0].kind, opened[0].text, _field(path)))
        return self._typed(opened[0], path)

    async def _open(self, found: TokenMatch, path: tuple[str, ...], kind: str | None) -> DecodedToken:
        if kind != found.kind:
            raise Unrestored(_misplaced(path, found.kind, kind, self._plan), "refused", found.kind)
        try:
            if self._tokens.is_short(found):
                opened = await self._vault.open(self._scope, found)
            else:
                opened = self._tokens.open(self._scope, found)
        except Expired:
            raise Unrestored(
                f"The token in `{_name(path)}` has expired: read the record again for its current token. "
                f"Nothing was executed.",
                "miss",
                found.kind,
            ) from None
        except MalformedToken:
            raise Unrestored(
                f"The token in `{_name(path)}` cannot be read. Copy the token exactly as it was given, in one piece "
                f"and whole; if it is old, read the record again. Nothing was executed.",
                "miss",
                found.kind,
            ) from None
        if path[0] == "where" and self._plan.compares:
            # Only the server compares it, with what it holds: neither the API nor the agent gets it.
            self.ids.append(found.id)
            self.kinds.append(found.kind)
            return opened
        verdict = self._verdicts.get(found.kind)
        if verdict is None:
            verdict = self._verdicts[found.kind] = await self._permitted(found.kind)
        if not verdict:
            raise Unrestored(
                f"Not permitted: this tool may not be given the value behind a token of the kind {found.kind} "
                f"(`{_name(path)}`). Nothing was executed.",
                "refused",
                found.kind,
            )
        self.ids.append(found.id)
        self.kinds.append(found.kind)
        return opened

    def _typed(self, opened: DecodedToken, path: tuple[str, ...]) -> Json:
        """A number again where it was one, or where the argument can only be one."""
        types = self._plan.types.get(path[0], _ANY) if len(path) == 1 else _ANY
        wants = bool(types) and not types & {"string"} and bool(types & {"number", "integer"})
        if (opened.number and not (types and "string" in types)) or wants:
            number = loads_or_none(opened.text)
            if isinstance(number, (int, float)) and not isinstance(number, bool):
                return number
        return opened.text


_ANY: Final[frozenset[str]] = frozenset()


def _field(path: tuple[str, ...]) -> str:
    """The last name in a path: of an argument, or of the field that ``where`` compares."""
    named = path[1] if path[0] == "where" and len(path) > 1 else next(one for one in reversed(path) if one != "[]")
    return named.rpartition(".")[2] or named


def _name(path: tuple[str, ...]) -> str:
    """An argument as a person writes it; nothing of it can leave the quotes."""
    joined = ".".join(path).replace(".[]", "[]")
    return "".join(one if one.isprintable() and one != "`" else "?" for one in joined)[:120]


def _misplaced(path: tuple[str, ...], found: str, kind: str | None, plan: ToolTokenizationPlan) -> str:
    takes = f"it takes tokens of the kind {kind}" if kind is not None else "it takes no tokens"
    others = [name for name, one in plan.takes.items() if one == found]
    where = f" Of this tool, {', '.join(f'`{one}`' for one in others)} takes it." if others else ""
    return f"`{_name(path)}` cannot hold a token of the kind {found}: {takes}.{where} Nothing was executed."
