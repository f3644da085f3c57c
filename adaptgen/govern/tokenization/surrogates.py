"""Surrogates: what the API gets in place of personal data, and what comes back for them.

They stay in the API's records, so their key does not rotate without a job that replaces them. What they look like is
in :mod:`adaptgen.govern.tokenization.surrogate_formats`; sealed ones hold their value, all others are handles of the
store, which are taken once for one value in one scope and then last.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from adaptgen.govern.tokenization.classification import NOT_PERSONAL, Node
from adaptgen.govern.tokenization.detokenize import Restored
from adaptgen.govern.tokenization.surrogate_formats import Form, candidates, form, normal, sealed_email, unsealed
from adaptgen.govern.tokenization.token_formats import ID, MalformedToken, derived, unbase32
from adaptgen.govern.tokenization.tool_plans import ToolTokenizationPlan
from adaptgen.mcp.json_text import dumps, loads
from adaptgen.model.tables import Json
from adaptgen.pii.detectors import find
from adaptgen.pii.field_kinds import kind_within
from adaptgen.pii.matcher import SHORTEST, KnownValue, ValueMatcher
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.pii.tagged_values import canonical
from adaptgen.runtime.store.protocol import Store

_TRIES: Final = 64
"""Handles that are tried for one value, when others have taken them."""


class Surrogates:
    """``kinds``: those that the API does not get; ``patterns``: those that free text is searched for. StoreError where
    the store cannot be reached."""

    def __init__(self, key: bytes, store: Store, kinds: frozenset[str], patterns: frozenset[str]) -> None:
        self._siv = AESSIV(derived(key, b"adaptgen surrogates", 64))
        self._names = derived(key, b"adaptgen surrogate handles", 32)
        self._store = store
        self._kinds = kinds
        self._patterns = patterns

    # ----------------------------------------------------------------------------------------------- towards the API

    async def arguments(self, scope: bytes, plan: ToolTokenizationPlan, arguments: Mapping[str, Json]) -> Restored:
        """The arguments with surrogates in place of what is personal; the given mapping stays as it is. ToolError names
        an argument that has no room for one."""
        made: dict[tuple[str, str, Form], str] = {}
        outward = _Protect(self, scope, plan, made)
        replaced = {
            name: await outward.value(one, plan.arguments.at(name), (str(name),)) for name, one in arguments.items()
        }
        if made:
            replaced = {name: await outward.repeated(one, (str(name),)) for name, one in replaced.items()}
        ids = tuple(dict.fromkeys(one[-ID:] for one in made.values()))
        return Restored(replaced if made else arguments, ids, len(made))

    async def make(self, scope: bytes, kind: str, value: str, wanted: Form) -> str:
        """The surrogate of a value, the same every time; ToolError where all handles of this form are taken."""
        plain = value.encode("utf-8", "surrogatepass")
        if wanted.sealed:
            surrogate = sealed_email(self._siv.encrypt(plain, [scope, b"sealed"]))
            if wanted.fits(surrogate):
                return surrogate
        shaped = wanted.shape.encode()
        for count in range(_TRIES):
            parts = (scope, kind.encode(), shaped, plain, b"%d" % count)
            named = b"".join(b"%d:%s" % (len(part), part) for part in parts)
            surrogate = wanted.write(blake2b(named, key=self._names, digest_size=32).digest(), value)
            place = self._place(scope, surrogate)
            entry = self._siv.encrypt(kind.encode() + b"\0" + plain, [scope, place.encode()])
            if await self._store.add(place, entry) or await self._store.get(place) == entry:
                return surrogate
        raise ToolError("No surrogate is left for a value of this form. Nothing was executed.")

    @staticmethod
    def _place(scope: bytes, surrogate: str) -> str:
        return "sur:" + blake2b(scope + b"\0" + normal(surrogate).encode(), digest_size=20).hexdigest()

    # --------------------------------------------------------------------------------------------------- and back

    async def reveal(self, scope: bytes, result: dict[str, Json]) -> tuple[dict[str, Json], tuple[str, ...]]:
        """The result with every surrogate of this scope replaced by its value; and the ids of those surrogates."""
        inward = _Reveal(self, scope)
        try:
            revealed = await inward.value(result)
        except RecursionError:
            raise ToolError("The answer nests too deep to be searched.") from None
        return revealed, tuple(dict.fromkeys(inward.ids))

    async def value_of(self, scope: bytes, surrogate: str) -> str | None:
        """The value behind a surrogate in this scope; None for other text."""
        if (sealed := unsealed(surrogate)) is not None:
            try:
                return self._siv.decrypt(unbase32(sealed), [scope, b"sealed"]).decode("utf-8", "surrogatepass")
            except (MalformedToken, InvalidTag):
                return None
        place = self._place(scope, surrogate)
        entry = await self._store.get(place)
        if entry is None:
            return None
        try:
            plain = self._siv.decrypt(entry, [scope, place.encode()])
        except InvalidTag:
            return None
        return plain.partition(b"\0")[2].decode("utf-8", "surrogatepass")


class _Protect:
    def __init__(
        self, surrogates: Surrogates, scope: bytes, plan: ToolTokenizationPlan, made: dict[tuple[str, str, Form], str]
    ) -> None:
        self._surrogates = surrogates
        self._scope = scope
        self._plan = plan
        self._made = made

    async def value(self, value: Json, node: Node | None, path: tuple[str, ...], kind: str | None = None) -> Json:
        if node is not None and node.kind is not None:
            kind = node.kind
        elif kind is None:
            named = kind_within(path[-1], path[-2] if len(path) > 1 else "", type=_type(value))
            kind = canonical(named) if named and path[-1] != "[]" else None
        wanted = kind if kind in self._surrogates._kinds else None
        if isinstance(value, str):
            if not value or (kind == NOT_PERSONAL and not self._surrogates._patterns):
                return value
            if wanted is not None:
                return await self._one(wanted, value, path)
            return await self._text(value, node, path)
        if isinstance(value, dict):
            below = kind if node is not None and node.kind is not None else None
            return {
                await self._sweep(str(key), path): await self.value(
                    one, node.at(key) if node else None, (*path, key), below
                )
                for key, one in value.items()
            }
        if isinstance(value, (list, tuple)):
            return [
                await self.value(one, node.at(str(at)) if node else None, (*path, "[]"), kind)
                for at, one in enumerate(value)
            ]
        if wanted is not None and value is not None and not isinstance(value, bool):
            return loads(await self._one(wanted, dumps(value), path, number=True))
        return value

    async def repeated(self, value: Json, path: tuple[str, ...]) -> Json:
        """``value`` with surrogates also where its text repeats what is classified elsewhere in the arguments."""
        if isinstance(value, str):
            if len(value) < SHORTEST or "enum" in self._plan.schema(path):
                return value
            matcher = ValueMatcher(KnownValue(kind, one) for kind, one, _ in self._made if _is_telling(one))
            surrogates: dict[tuple[str, str], str] = {}
            for start, end, (kind, _) in matcher.find(value):
                written = value[start:end]
                wished = form(kind, written, {}, number=False)
                if wished is None:
                    raise ToolError(f"`{'.'.join(path)}` holds personal data ({kind}). Nothing was executed.")
                surrogates[kind, written] = await self._make(kind, written, wished)
            return matcher.replace(value, lambda known, written: surrogates[known.kind, written])
        if isinstance(value, dict):
            return {key: await self.repeated(one, (*path, key)) for key, one in value.items()}
        if isinstance(value, list):
            return [await self.repeated(one, (*path, "[]")) for one in value]
        return value

    async def _one(self, kind: str, value: str, path: tuple[str, ...], *, number: bool = False) -> str:
        schema = self._plan.schema(path)
        wanted = form(kind, value, schema, number=number)
        if wanted is None:
            name = ".".join(path)
            raise ToolError(f"`{name}` cannot hold a surrogate for personal data ({kind}). Nothing was executed.")
        return await self._make(kind, value, wanted)

    async def _make(self, kind: str, value: str, wanted: Form) -> str:
        key = (kind, value, wanted)
        if key not in self._made:
            self._made[key] = await self._surrogates.make(self._scope, kind, value, wanted)
        return self._made[key]

    async def _text(self, text: str, node: Node | None, path: tuple[str, ...]) -> str:
        if text.lstrip()[:1] in ("{", "["):
            try:
                nested = loads(text)
            except ValueError:
                return await self._sweep(text, path)
            changed = await self.value(nested, node, path)
            return text if changed == nested else dumps(changed)
        return await self._sweep(text, path)

    async def _sweep(self, text: str, path: tuple[str, ...]) -> str:
        parts: list[str] = []
        position = 0
        for start, end, kind in find(text, self._surrogates._patterns):
            wanted = form(kind, text[start:end], {}, number=False)
            if wanted is None:
                raise ToolError(f"`{'.'.join(path)}` holds personal data ({kind}). Nothing was executed.")
            parts += (text[position:start], await self._make(kind, text[start:end], wanted))
            position = end
        return "".join((*parts, text[position:]))


class _Reveal:
    def __init__(self, surrogates: Surrogates, scope: bytes) -> None:
        self._surrogates = surrogates
        self._scope = scope
        self._known: dict[str, str | None] = {}
        self.ids: list[str] = []

    async def value(self, value: Any) -> Any:
        if isinstance(value, str):
            return await self._text(value)
        if isinstance(value, dict):
            return {await self._plain(str(key)): await self.value(one) for key, one in value.items()}
        if isinstance(value, (list, tuple)):
            return [await self.value(one) for one in value]
        if isinstance(value, int) and not isinstance(value, bool) and value > 10**6:
            text = await self._plain(str(value))
            return value if text == str(value) else _number(text)
        return value

    async def _text(self, text: str) -> str:
        if len(text) < 7 or next(candidates(text), None) is None:
            return text
        if text.lstrip()[:1] in ("{", "[", '"'):
            try:
                return dumps(await self.value(loads(text)))
            except ValueError:
                pass
        return await self._plain(text)

    async def _plain(self, text: str) -> str:
        parts: list[str] = []
        position = 0
        for start, end in candidates(text):
            if start < position:
                continue
            found = text[start:end]
            if found not in self._known:
                self._known[found] = await self._surrogates.value_of(self._scope, found)
            value = self._known[found]
            if value is None:
                continue
            self.ids.append(normal(found)[-ID:])
            parts += (text[position:start], value)
            position = end
        return "".join((*parts, text[position:]))


def _is_telling(value: str) -> bool:
    """Whether a value is looked for in other text: a short number is everywhere."""
    return len(value) >= (SHORTEST if value[:1].isalpha() else 5)


def _number(text: str) -> Any:
    try:
        return loads(text)
    except ValueError:
        return text


def _type(value: Json) -> str | None:
    if isinstance(value, bool):
        return "boolean"
    return "string" if isinstance(value, str) else "number" if isinstance(value, (int, float)) else None
