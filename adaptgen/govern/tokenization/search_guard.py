"""Which searches agents may run on values that they see as tokens.

Anyone who may search a hidden field by parts of its value learns the value part by part, anyone who may sort by it
learns its order, and anyone who may compare it with 500 guesses learns which token is which name. So a search takes a
token. Clear text needs the right to ``detokenize``, and each different text counts against a budget; the target then
drops what equals it only in part (``runtime.pii.search_filter``).
"""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

from adaptgen.govern.tokenization.token_formats import Tokens
from adaptgen.govern.tokenization.tool_plans import pointer_of
from adaptgen.mcp.protocol import ToolInfo
from adaptgen.model.frozen import lazy
from adaptgen.model.tables import Caller, Json
from adaptgen.pii.field_kinds import kind_of, kind_within
from adaptgen.pii.query_expressions import asks_only, order_fields
from adaptgen.pii.search_arguments import SearchArgument, names_hidden
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.core.caches import IdentityCache
from adaptgen.runtime.pii.tagged_values import canonical
from adaptgen.runtime.queries.filters import EQUALITY, Condition, parse_question
from adaptgen.runtime.store.protocol import Store
from adaptgen.syntax import field_paths as fields
from adaptgen.syntax.identifiers import words
from adaptgen.syntax.json_pointer import escape, matching, pattern

if TYPE_CHECKING:
    from adaptgen.runtime.pii.classifier import Classifier

Permitted = Callable[[str], Awaitable[bool]]

HOUR: Final = 3600.0
_KEPT: Final = 20_000
_NOTHING: Final = "Nothing was executed."
_MOST: Final = 12
_NESTED = lazy(r"(?i)\$(?:filter|orderby|search|apply|compute)\b")


class SearchRefused(ToolError):
    """A search that would reveal hidden values; the text says what to do instead."""


class SearchGuard:
    """Guards the searching arguments of calls. ``kinds``: canonical, those that agents see as tokens; ``secret``: a key
    for what is remembered of guesses; ``budget``: different clear-text values per caller, field and hour."""

    def __init__(self, kinds: frozenset[str], tokens: Tokens, store: Store, secret: bytes, budget: int) -> None:
        self._tokens = tokens
        self._store = store
        self._secret = secret
        self._budget = budget
        searches: IdentityCache[ToolInfo, ToolSearches] = IdentityCache(_KEPT, lambda tool: ToolSearches(tool, kinds))
        self.of = searches.get
        """What the arguments of a tool search; a changed tool is another value of ToolInfo."""

    async def check(
        self, caller: Caller, tool: ToolInfo, arguments: Mapping[str, Json], permitted: Permitted
    ) -> dict[str, bool]:
        """The arguments that search hidden values, and whether they hold clear text.

        Raises:
            SearchRefused: the search would reveal hidden values; nothing was counted.
            StoreError: the shared state cannot be reached.
        """
        searches = self.of(tool)
        if not arguments or not searches.any:
            return {}
        guesses: dict[str, dict[str, None]] = {}
        searched: dict[str, bool] = {}
        for one in searches.arguments:
            value = list(matching(arguments, one.keys))
            if not value:
                continue
            if one.search.role == "order":
                searches.check_order(one, value)
            elif one.search.role == "query":
                searches.check_query(one, value)
            else:
                every = list(_texts(value))
                if not every:
                    continue
                texts = [text for text in every if self._tokens.alone(text) is None]
                searched[one.search.name] = bool(texts)
                if texts:
                    await self._permit(one, permitted, tool)
                elif one.search.role == "range":
                    raise one.refused_range(tool)
                for field in one.hidden if texts else ():
                    guesses.setdefault(field, {}).update(dict.fromkeys(texts))
        searches.check_nested(arguments)
        if searches.compares and isinstance(arguments.get("where"), dict):
            await self._where(searches, arguments["where"], permitted, guesses)
        for field, texts_of in guesses.items():
            await self._charge(caller, tool.server, field, texts_of)
        return searched

    async def _permit(self, one: HiddenSearch, permitted: Permitted, tool: ToolInfo) -> None:
        if one.search.role == "range":
            raise one.refused_range(tool)
        for kind in sorted(one.kinds):
            if not await permitted(kind):
                raise one.refused_text(tool)

    async def _where(
        self,
        searches: ToolSearches,
        where: Mapping[str, Json],
        permitted: Permitted,
        guesses: dict[str, dict[str, None]],
    ) -> None:
        try:
            asked = parse_question({"where": where})
        except ToolError:
            return  # the tool says what is wrong with it
        for condition in asked.where if asked is not None else ():
            for kind, text in searches.compared(condition):
                if self._tokens.alone(text) is not None:
                    continue
                if not await permitted(kind):
                    raise SearchRefused(
                        f"`where.{condition.field.said}` is personal data ({kind}), which you see as tokens: compare "
                        f"it with a token (tok_{kind}_…) and not with clear text. {_NOTHING}"
                    )
                guesses.setdefault(".".join(condition.field.keys), {})[text] = None

    async def _charge(self, caller: Caller, server: str, field: str, texts: Iterable[str]) -> None:
        """Count the texts that were not searched for within the hour. SearchRefused where the budget does not suffice;
        then none of them is counted."""
        bucket = self._name("guesses", caller.tenant, caller.sub, server, *words(field))
        keys = list(dict.fromkeys(f"{bucket}/{self._name(text)}" for text in map(_folded, texts)))
        known = await asyncio.gather(*map(self._store.get, keys))
        fresh = [key for key, value in zip(keys, known, strict=True) if value is None]
        if not fresh:
            return
        wait = HOUR
        if 0 < len(fresh) <= self._budget:
            wait = await self._store.take(
                bucket, rate=self._budget / HOUR, burst=float(self._budget), cost=float(len(fresh))
            )
        if wait > 0:
            again = f" Try again in {max(1, round(wait))} s, or pass" if len(fresh) <= self._budget else " Pass"
            raise SearchRefused(
                f"Agents may search `{_shown(field)}` for {self._budget} different clear-text values an hour, and this "
                f"would be more.{again} tokens, which are not counted. {_NOTHING}"
            )
        await asyncio.gather(*(self._store.put(key, b"", ttl=HOUR) for key in fresh))

    def _name(self, *parts: str) -> str:
        """A key of the store: nothing of what was searched for can be read from it."""
        hashed = blake2b(key=self._secret, digest_size=16)
        for part in parts:
            data = part.encode(errors="surrogatepass")
            hashed.update(len(data).to_bytes(4, "big") + data)
        return f"search/{hashed.hexdigest()}"


class HiddenSearch:
    """An argument that searches hidden fields."""

    __slots__ = ("hidden", "keys", "kinds", "search")

    def __init__(self, search: SearchArgument, hidden: Mapping[str, str]) -> None:
        self.search = search
        self.hidden = hidden
        self.kinds = frozenset(hidden.values())
        self.keys = pattern(pointer_of(search.name))

    @property
    def said(self) -> str:
        """Its name, as an agent writes it."""
        return _shown(".".join("*" if one is None else one for one in self.keys).replace(".*", "[*]"))

    def refused_text(self, tool: ToolInfo) -> SearchRefused:
        """Clear text, and no right to it."""
        kinds = sorted(self.kinds)
        tokens = " or ".join(f"tok_{kind}_…" for kind in kinds[:4])
        compare = ""
        if _compares(tool):
            compare = f' `where` takes tokens too, and any path: {{"{_shown(min(self.hidden))}": "tok_{kinds[0]}_…"}}.'
        hint = ""
        if tool.trusted and not self.search.name.startswith("/"):
            hint = f" (Operators: hints `tools.{tool.own}.arguments.{self.said}.searches` name what it searches.)"
        return SearchRefused(
            f"`{self.said}` searches personal data ({', '.join(kinds)}), which you see as tokens: pass a token, whole "
            f"and alone ({tokens}), and not clear text.{compare} {_NOTHING}{hint}"
        )

    def refused_range(self, tool: ToolInfo) -> SearchRefused:
        """A comparison by more than equality."""
        kinds = ", ".join(sorted(self.kinds))
        return SearchRefused(
            f"`{self.said}` asks what lies before or behind a value of personal data ({kinds}), which you see as "
            f"tokens: tokens have no order. Leave it out. {_NOTHING}"
        )


class ToolSearches:
    """What is hidden of what the arguments of one tool search."""

    def __init__(self, tool: ToolInfo, kinds: frozenset[str]) -> None:
        self.tool = tool
        self._kinds = kinds
        self._sensitive = {_path(path): kind for path, kind in tool.sensitive.items()}
        searches = dict(tool.searches)
        if tool.effect == "read":
            for place, said_kind in tool.arguments.items():
                if place not in searches and not place.startswith("/where/"):
                    said = place.removeprefix("$.").replace("[*]", "") if not place.startswith("/") else place
                    name = said.rsplit("/", 1)[-1]
                    searches[place] = SearchArgument(place, "match", (name,), said_kind)
        self.arguments = tuple(
            HiddenSearch(one, hidden)
            for one in searches.values()
            if (hidden := {path: kind for path in one.fields if (kind := self._hidden(path, one)) is not None})
        )
        self.compares = _compares(tool)
        self.any = bool(self.arguments) or self.compares
        self._classifier: Classifier | None = None

    def _hidden(self, path: str, one: SearchArgument) -> str | None:
        said = self._sensitive.get(_path(path)) or self.tool.arguments.get(one.name)
        if said is None and path not in self.tool.plain and f"$..{path.rsplit('.', 1)[-1]}" not in self.tool.plain:
            said = kind_of(path, type="string") or kind_within(path, self.tool.resource, type="string")
        kind = canonical(said) if said else None
        return kind if kind in self._kinds else None

    def described(self, wire: Mapping[str, Json]) -> Mapping[str, Json]:
        """The Tool as agents see it, with what a searching argument takes said at it."""
        schema = wire.get("inputSchema")
        properties = schema.get("properties") if isinstance(schema, Mapping) else None
        said = {
            one.search.name: " or ".join(f"tok_{kind}_…" for kind in sorted(one.kinds)[:4])
            for one in self.arguments
            if one.search.role == "search" and isinstance(properties, Mapping) and one.search.name in properties
        }
        if not said or not isinstance(schema, Mapping) or not isinstance(properties, Mapping):
            return wire
        changed = dict(properties)
        for name, tokens in said.items():
            text = str(properties[name].get("description") or "").rstrip()
            dot = "." if text and not text.endswith((".", "!", "?")) else ""
            description = f"{text}{dot} Takes a token ({tokens}) in place of clear text.".lstrip()
            changed[name] = {**properties[name], "description": description}
        return {**wire, "inputSchema": {**schema, "properties": changed}}

    def token_kinds(self, argument: str) -> frozenset[str]:
        for one in self.arguments:
            if one.search.name == argument and one.search.role in ("search", "match"):
                return one.kinds
        return frozenset()

    def places(self, name: str, value: Json, kind_of: Callable[[str], str | None]) -> dict[str, str]:
        """Where the value of an argument holds tokens that it takes: pointer into the value -> kind."""
        if name == "where" and self.compares:
            return self._in_where(value) if isinstance(value, dict) else {}
        kinds = self.token_kinds(name)
        if isinstance(value, str):
            kind = kind_of(value)
            return {"": kind} if kind in kinds and kind is not None else {}
        if isinstance(value, (list, tuple)):
            found = {f"/{at}": kind_of(one) for at, one in enumerate(value) if isinstance(one, str)}
            return {place: kind for place, kind in found.items() if kind is not None and kind in kinds}
        return {}

    def _in_where(self, where: Mapping[str, Json]) -> dict[str, str]:
        found: dict[str, str] = {}
        for path in where:
            try:
                keys = tuple(one for one in fields.parse(str(path)) if isinstance(one, str))
            except fields.PathError:
                continue
            # The text is a name, so that what may be the name of a person takes the token of one.
            if keys and (kind := self.kind_at(keys, "Ada Lovelace") or self.kind_at(keys, 12345)):
                found["/" + escape(str(path))] = kind
        return found

    def check_order(self, one: HiddenSearch, value: Json) -> None:
        """Raises :class:`SearchRefused` where it names a hidden field."""
        for name in order_fields(value):
            if (hit := self._names_hidden(one, name)) is not None:
                raise SearchRefused(
                    f"`{one.said}` orders by `{_shown(hit)}`, which you see as a token: the order would reveal its "
                    f"values. Leave it out, or order by a field that is shown. {_NOTHING}"
                )

    def check_query(self, one: HiddenSearch, value: list[Json]) -> None:
        """Raises :class:`SearchRefused` where an expression may refer to a hidden field."""
        public = [path for path in one.search.fields if path not in one.hidden]
        spoken = {words(path) for path in public}

        def is_public(name: str) -> bool:
            return words(name) in spoken and not hides(name)

        def hides(name: str) -> bool:
            return self._names_hidden(one, name) is not None

        for each in value:
            if each in (None, "", [], {}) or isinstance(each, (bool, int, float)):
                continue
            if not asks_only(each, is_public, hides):
                about = (
                    f" It may ask about {', '.join(f'`{_shown(path)}`' for path in public[:_MOST])}." if public else ""
                )
                compare = " Compare tokens with `where`." if self.compares else ""
                kinds = ", ".join(sorted(one.kinds))
                raise SearchRefused(
                    f"`{one.said}` is an expression that may search personal data ({kinds}), which you see as tokens."
                    f"{about}{compare} {_NOTHING}"
                )

    def check_nested(self, arguments: Mapping[str, Json]) -> None:
        """Raises :class:`SearchRefused` where a text holds an expression of its own, as in ``$expand`` of OData 4
        (URL Conventions, 5.1.3): ``owner($filter=startswith(email,'a'))``."""
        if self.tool.effect != "read" or not any(canonical(kind) in self._kinds for kind in self._sensitive.values()):
            return
        known = {one.search.name for one in self.arguments} | self.tool.searches.keys()
        for name, value in arguments.items():
            if name not in known and isinstance(value, str) and "$" in value and _NESTED.search(value):
                raise SearchRefused(
                    f"`{_shown(name)}` holds an expression that may search personal data, which you see as tokens. "
                    f"{_NOTHING}"
                )

    def _names_hidden(self, one: HiddenSearch, name: str) -> str | None:
        if f"$..{name}" in self.tool.plain or name in self.tool.plain:
            return None
        return names_hidden(name, list(one.hidden), self.tool.resource, one.hidden)

    # --------------------------------------------------------------------------------------------------------- where

    def compared(self, condition: Condition) -> Iterator[tuple[str, str]]:
        """Kind and text of what a condition of ``where`` compares hidden values with; SearchRefused unless it is by
        equality."""
        for test in condition.tests:
            for wanted in test.wanted:
                if wanted.value is None or isinstance(wanted.value, bool) or wanted.value == "":
                    continue
                kind = self.kind_at(condition.field.keys, wanted.value)
                if kind is None:
                    continue
                if test.operator not in EQUALITY:
                    raise SearchRefused(
                        f"`where.{condition.field.said}` is personal data ({kind}): only =, != and in compare it, with "
                        f"a whole value or the token that stands for it. {_NOTHING}"
                    )
                yield kind, str(wanted.value)

    def kind_at(self, keys: tuple[str, ...], value: Json) -> str | None:
        """The kind that ``value`` would be under these keys of a record; None where agents would see it."""
        from adaptgen.runtime.pii.classifier import Classifier
        from adaptgen.runtime.pii.tagged_values import Tagged

        if self._classifier is None:
            sensitive = {_path(path): kind for path, kind in self.tool.sensitive.items()}
            self._classifier = Classifier(sensitive, self.tool.plain, resource=self.tool.resource)
        # Whether a text is a name is seen by its capitals, and compared without them.
        for leaf in (value, value.title()) if isinstance(value, str) else (value, str(value)):
            record: Any = leaf
            for key in reversed(keys):
                record = {key: record}
            record = self._classifier.mark(record, {})
            for key in keys:
                record = record[key]
            if isinstance(record, Tagged) and canonical(record.kind) in self._kinds:
                return canonical(record.kind)
        return None


def _compares(tool: ToolInfo) -> bool:
    """Whether ``where`` is ours: a list of a server that adaptgen generated."""
    return tool.trusted and {"where", "distinct", "cursor"} <= tool.properties.keys()


def _path(path: str) -> str:
    try:
        return ".".join(one for one in fields.parse(path) if isinstance(one, str))
    except fields.PathError:
        return path


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, (list, tuple)):
        for element in value:
            yield from _texts(element)
    elif isinstance(value, Mapping):
        for key, member in value.items():
            yield str(key)
            yield from _texts(member)
    elif value is not None and not isinstance(value, bool) and value != "":
        yield str(value)


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _shown(name: str) -> str:
    return "".join(one if one.isprintable() and one != "`" else "?" for one in name)[:80]
