"""Personal data on its way in and out: tokens for the model, or surrogates for the API.

Every answer passes here, also those of errors, prompts and resources: what is classified or found becomes a token,
what cannot be searched is withheld. Whatever fails here fails the call; nothing leaves because a step was skipped.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from adaptgen.govern.settings.keys import KeyMaterial
from adaptgen.govern.settings.model import Settings
from adaptgen.govern.tokenization.argument_checks import Path, find_token_places
from adaptgen.govern.tokenization.classification import Classification, Node, positions
from adaptgen.govern.tokenization.content_blocks import ContentRedactor
from adaptgen.govern.tokenization.detokenize import Restored, restore
from adaptgen.govern.tokenization.echoes import RestoredValue, hide_echoes
from adaptgen.govern.tokenization.json_redactor import JsonRedactor
from adaptgen.govern.tokenization.search_guard import SearchGuard
from adaptgen.govern.tokenization.surrogates import Surrogates
from adaptgen.govern.tokenization.token_formats import ID, MalformedToken, TokenMatch, Tokens, derived, scope_of
from adaptgen.govern.tokenization.tool_plans import Plans, ToolTokenizationPlan
from adaptgen.govern.tokenization.tool_schemas import advertised
from adaptgen.govern.tokenization.vault import Vault
from adaptgen.mcp.json_text import dumps, loads
from adaptgen.mcp.protocol import META, META_FOUND, META_SENSITIVE, ToolInfo
from adaptgen.model.frozen import value
from adaptgen.model.tables import Caller, Json
from adaptgen.pii.detectors import FOUND
from adaptgen.pii.scan_budget import ScanBudgetExceeded, scan
from adaptgen.pii.structured_text import takes_long
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.pii.tagged_values import canonical
from adaptgen.runtime.store.protocol import Store

if TYPE_CHECKING:
    from adaptgen.govern.tokenization.aws_detectors import AwsPiiDetectors
    from adaptgen.runtime.pii.token_sizes import Form

__all__ = ["Restored", "Shielded", "Tokenizer"]

_TOO_LARGE: Final = (
    "The answer is withheld: searching it for personal data takes too long. Ask for less: filter, name the fields that "
    "are needed, or ask for fewer records."
)
_TOO_DEEP: Final = "The answer nests too deep to be searched."
_NOWHERE: Final = positions({})


@value()
class Shielded:
    """A result that may leave. ``tokens``: how many values were replaced, ``swept`` of them found in text; ``ids``: of
    the tokens, for the audit."""

    result: dict[str, Json]
    tokens: int = 0
    ids: tuple[str, ...] = ()
    swept: int = 0


class Tokenizer:
    """One for the settings as they are; it holds no state but caches. ToolError: an answer that cannot be searched must
    not leave. StoreError: the vault cannot be reached."""

    def __init__(self, settings: Settings, material: KeyMaterial, store: Store) -> None:
        """``settings.tokenize`` is set; ``material`` holds the keys of its direction."""
        chosen = settings.tokenize
        assert chosen is not None
        self._scope = chosen.scope
        self._short = chosen.form == "short"
        self._kinds = frozenset(canonical(kind) for kind in chosen.kinds)
        self._patterns = self._kinds & frozenset(FOUND) if chosen.sweep else frozenset()
        self._plans = Plans(settings)
        self._tokens: Tokens | None = None
        if material.tokens is not None:
            self._tokens = Tokens(material.tokens, self._kinds, epoch=0.0 if self._short else chosen.epoch)
        self._vault = None if self._tokens is None else Vault(store, self._tokens, chosen.expires)
        self._guard: SearchGuard | None = None
        if material.tokens is not None and self._tokens is not None and chosen.direction == "model":
            secret = derived(material.tokens.all[material.tokens.current], b"adaptgen search guesses", 32)
            self._guard = SearchGuard(self._kinds, self._tokens, store, secret, chosen.guesses)
        self._detectors = chosen.detectors
        self._second: AwsPiiDetectors | None = None
        self._surrogates: Surrogates | None = None
        if chosen.direction == "api":
            assert material.surrogates is not None
            self._surrogates = Surrogates(material.surrogates, store, self._kinds, self._patterns)

    @property
    def form(self) -> Form:
        """The form of new tokens: needed to measure an answer in advance."""
        if self._short:
            return "short"
        return "padded" if self._tokens is not None and self._tokens.padded else "sealed"

    # ----------------------------------------------------------------------------------------------------- arguments

    async def arguments(
        self,
        caller: Caller,
        tool: ToolInfo,
        arguments: Mapping[str, Json],
        permitted: Callable[[str], Awaitable[bool]],
    ) -> Restored:
        """The arguments as the tool gets them: tokens restored, or (direction ``api``) values replaced by surrogates.

        A token is restored only in an argument that is classified with its kind, and only where ``permitted(kind)``.
        One that is elsewhere, mangled or not permitted is a ToolError that names the argument. Restored values are not
        yet validated.
        """
        plan = self._plans.of(tool)
        scope = scope_of(self._scope, caller, tool.server)
        if self._surrogates is not None:
            return await self._surrogates.arguments(scope, plan, arguments)
        assert self._tokens is not None
        assert self._vault is not None
        if self._guard is not None:
            plan.searches = self._guard.of(tool)
        return await restore(self._tokens, self._vault, scope, plan, arguments, permitted)

    async def searches(
        self,
        caller: Caller,
        tool: ToolInfo,
        arguments: Mapping[str, Json],
        permitted: Callable[[str], Awaitable[bool]],
    ) -> dict[str, bool]:
        """The arguments, as given, that search what agents see as tokens, and whether they hold clear text.
        SearchRefused says what to do instead where they would reveal hidden values."""
        return {} if self._guard is None else await self._guard.check(caller, tool, arguments, permitted)

    # ------------------------------------------------------------------------------------------------------- answers

    async def result(
        self, caller: Caller, tool: ToolInfo, result: dict[str, Json], restored: Sequence[RestoredValue] = ()
    ) -> Shielded:
        """CallToolResult (or another result of tools/call) without personal data; the same form. ``restored``: values
        of the call that must not be in it."""
        plan = self._plans.of(tool)
        result, sensitive, found, spoken = _own(result)
        scope = scope_of(self._scope, caller, tool.server)
        if self._surrogates is not None:
            return await self._reveal(scope, result)
        declared = positions(sensitive) if tool.trusted else positions({**plan.sensitive, **sensitive})
        by_name = not (tool.trusted and spoken)
        return await self._shield(scope, result, declared, plan, by_name=by_name, found=found, restored=restored)

    async def other(
        self,
        caller: Caller,
        server: str,
        result: dict[str, Json],
        restored: Sequence[RestoredValue] = (),
        *,
        error: bool = False,
    ) -> Shielded:
        """Anything else that leaves (prompts, resources, completions, notifications, the data of errors), swept.
        ``restored``: values of the call under way; ``error``: their pieces are looked for as well."""
        result, sensitive, found, _ = _own(result)
        scope = scope_of(self._scope, caller, server)
        if self._surrogates is not None:
            return await self._reveal(scope, result)
        return await self._shield(
            scope,
            result,
            positions(sensitive),
            self._plans.unknown,
            by_name=True,
            found=found,
            restored=restored,
            error=error,
        )

    async def text(self, caller: Caller, text: str, server: str = "", restored: Sequence[RestoredValue] = ()) -> str:
        """The text of an error, swept."""
        shielded = await self.other(caller, server, {"text": text}, restored, error=True)
        return str(shielded.result["text"])

    async def shown_arguments(
        self,
        viewer: Caller,
        tool: ToolInfo,
        arguments: Mapping[str, Json],
        permitted: Callable[[str], Awaitable[bool]],
    ) -> dict[str, Json]:
        """The restored arguments of somebody else's call as ``viewer`` may see them: values of the kinds that are not
        ``permitted`` are tokens. Of direction ``api``, arguments hold surrogates already."""
        shown: dict[str, Json] = loads(dumps(arguments))
        tokens = self._tokens
        if self._surrogates is not None or tokens is None:
            return shown
        hidden = frozenset([kind for kind in sorted(self._kinds) if not await permitted(kind)])
        plan = self._plans.of(tool)
        if self._guard is not None:
            plan.searches = self._guard.of(tool)
        classified = Node()
        for name, one in shown.items():
            node = plan.position(name, one, tokens.kind_of)
            if node is not None:
                classified.members[name] = node
        scope = scope_of(self._scope, viewer, tool.server)
        walk = JsonRedactor(
            hidden,
            self._patterns & hidden,
            lambda kind, value, number: tokens.seal(scope, kind, value, number),
            lambda kind, value: False,
            _NOWHERE,
        )

        def walked() -> dict[str, Json]:
            found: dict[str, Json] = walk.json(shown, classified, by_name=not tool.trusted)
            return found

        try:
            shown = await scan(walked, apart=takes_long({"value": shown}))
            if self._detectors:
                shown = (await self._second_opinion({"arguments": shown}, walk, hidden))["arguments"]
        except (RecursionError, ScanBudgetExceeded):
            raise ToolError(_TOO_LARGE) from None
        return shown

    def token_places(self, arguments: Mapping[str, Json]) -> list[Path]:
        tokens = self._tokens
        if tokens is None:
            return []
        return list(find_token_places(arguments, lambda text: next(tokens.find(text), None) is not None))

    def listed(self, tool: ToolInfo) -> Mapping[str, Json]:
        """The Tool as agents see it: its schemas take tokens where they are accepted. Not to be changed; the same
        object while the tool is the same."""
        plan = self._plans.of(tool)
        if plan.listed is None:
            plan.listed = advertised(tool, self._kinds, plan, api=self._surrogates is not None)
            if self._guard is not None:
                plan.listed = self._guard.of(tool).described(plan.listed)
        return plan.listed

    async def erase(
        self, caller: Caller, server: str = "", *, token: str = "", kind: str = "", value: str = ""
    ) -> None:
        """Forget what a short token stands for, by the token or by kind and value; it resolves no more."""
        if self._vault is not None:
            scope = scope_of(self._scope, caller, server)
            await self._vault.erase(scope, token=token, kind=canonical(kind) if kind else "", value=value)

    # --------------------------------------------------------------------------------------------------------- inside

    async def _shield(
        self,
        scope: bytes,
        result: dict[str, Json],
        declared: Classification,
        plan: ToolTokenizationPlan,
        *,
        by_name: bool,
        found: list[tuple[str, str]],
        restored: Sequence[RestoredValue] = (),
        error: bool = False,
    ) -> Shielded:
        tokens, vault = self._tokens, self._vault
        assert tokens is not None
        assert vault is not None
        made: dict[str, None] = {}
        entries: dict[str, bytes] = {}

        def seal(kind: str, value: str, number: bool) -> str:
            if self._short:
                token, entries[token] = tokens.handle(scope, kind, value, number)
            else:
                token = tokens.seal(scope, kind, value, number)
            made[token[-ID:]] = None
            counted[0] += 1
            return token

        def is_token(kind: str, value: str) -> bool:
            whole = tokens.whole(value)
            return whole is not None and whole.kind == kind and self._opens(scope, whole)

        counted = [0]
        walk = JsonRedactor(self._kinds, self._patterns, seal, is_token, declared)
        blocks = ContentRedactor(walk, plan, declared, by_name, found)
        apart = takes_long(result)
        try:
            shielded = await scan(lambda: blocks.result(result), apart=apart)
        except RecursionError:
            raise ToolError(_TOO_DEEP) from None
        except ScanBudgetExceeded:
            raise ToolError(_TOO_LARGE) from None
        if self._detectors:
            shielded = await self._second_opinion(shielded, walk)
        if restored:
            try:
                shielded = await scan(lambda: hide_echoes(shielded, restored, seal, error=error), apart=apart)
            except ScanBudgetExceeded:
                raise ToolError(_TOO_LARGE) from None
        if entries:
            await vault.keep(scope, entries)
        return Shielded(shielded, counted[0], tuple(made), walk.swept)

    def _opens(self, scope: bytes, found: TokenMatch) -> bool:
        """Whether a string that looks like a token is one of ours; a handle is taken at its word, it holds nothing."""
        assert self._tokens is not None
        if self._tokens.is_short(found):
            return True
        try:
            self._tokens.open(scope, found)
        except MalformedToken:
            return False
        return True

    async def _second_opinion(
        self, result: dict[str, Json], walk: JsonRedactor, kinds: frozenset[str] | None = None
    ) -> dict[str, Json]:
        from adaptgen.govern.tokenization.aws_detectors import AwsPiiDetectors

        if self._second is None:
            self._second = AwsPiiDetectors(self._detectors, self._kinds)
        return await self._second.shielded(result, walk, kinds)

    async def _reveal(self, scope: bytes, result: dict[str, Json]) -> Shielded:
        assert self._surrogates is not None
        revealed, ids = await self._surrogates.reveal(scope, result)
        return Shielded(revealed, len(ids), ids)


def _own(result: dict[str, Json]) -> tuple[dict[str, Json], dict[str, str], list[tuple[str, str]], bool]:
    """The result as our own copy without the two keys that are for the tokenizer, what these say, and whether the
    server of the result speaks our language at all."""
    meta = result.get("_meta")
    copy = loads(dumps(result)) if _has_more(result) else dict(result)
    if not isinstance(meta, dict):
        return copy, {}, [], False
    spoken = any(key.startswith(META) for key in meta)
    sensitive, found = meta.get(META_SENSITIVE), meta.get(META_FOUND)
    kept = {key: value for key, value in meta.items() if key not in (META_SENSITIVE, META_FOUND)}
    if kept:
        copy["_meta"] = loads(dumps(kept))
    else:
        del copy["_meta"]
    kinds = {str(place): str(kind) for place, kind in sensitive.items()} if isinstance(sensitive, dict) else {}
    pairs = [
        (str(pair[0]), str(pair[1]))
        for pair in (found if isinstance(found, (list, tuple)) else ())
        if isinstance(pair, (list, tuple)) and len(pair) == 2
    ]
    return copy, kinds, pairs, spoken


def _has_more(result: dict[str, Json]) -> bool:
    """Whether the result holds more than text, so that changing it in place could reach what others hold."""
    blocks = result.get("content")
    if not isinstance(blocks, list) or not result.keys() <= {"content", "_meta", "resultType", "isError"}:
        return True
    return not all(
        isinstance(block, dict) and block.keys() == {"type", "text"} and isinstance(block["text"], str)
        for block in blocks
    )
