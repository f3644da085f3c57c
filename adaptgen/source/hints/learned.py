"""``learned.yaml``: what ``adaptgen learn`` found out by trying, under the hints that people write.

The keys are those of hints, by operation. What only people may say (effects, constants) is not among them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from adaptgen.config.checker import Checker, dotted
from adaptgen.config.json_schema import published
from adaptgen.config.types import Key, MapOf, Number, Table
from adaptgen.diagnostics import AdaptgenError, Where
from adaptgen.source.hints import values as hint_values
from adaptgen.source.hints.kinds import HINTS_DIALECT
from adaptgen.source.hints.model import AuthHint, Hints, Texts, ToolHint
from adaptgen.source.hints.names import check_auth
from adaptgen.source.hints.table import ARGUMENT, AUTH, SENSITIVE, TOOL
from adaptgen.text.decode import decode
from adaptgen.text.files import read_file
from adaptgen.text.locations import SourceMap
from adaptgen.text.parse import parse

_OF_ARGUMENT = ("names", "enum", "format", "type", "pattern", "minimum", "maximum", "searches")
_OF_TOOL = ("view", "page", "answer", "sensitive")

OPERATION = Table({
    **{key: TOOL.keys[key] for key in _OF_TOOL},
    "arguments": Key(MapOf(Table({key: ARGUMENT.keys[key] for key in _OF_ARGUMENT})), "By the name of the input"),
})  # fmt: skip

LEARNED = Table({
    "adaptgen": Key(Number(1, 1), "The format of this file"),
    "auth": Key(MapOf(AUTH, key="auth"), "How requests authenticate, as in hints"),
    "operations": Key(MapOf(OPERATION, key="call"), "By operation, such as GET /contacts: keys of a tool in hints"),
    "sensitive": Key(SENSITIVE, "Path -> kind of personal data, for the whole server"),
})  # fmt: skip


@dataclass(frozen=True, eq=False, kw_only=True)
class Learned:
    """The whole file. ``operations``: by the key of the operation; ``raw``: as it is written."""

    path: Path
    digest: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict)
    auth: Mapping[str, AuthHint] = field(default_factory=dict)
    operations: Mapping[str, ToolHint] = field(default_factory=dict)
    sensitive: Texts = field(default_factory=dict)
    locate: Callable[..., Where] | None = field(default=None, repr=False)

    def where(self, *keys: str | int) -> Where:
        """The place of a key path, or of its nearest ancestor that exists."""
        return self.locate(*keys) if self.locate is not None else Where(self.path.as_posix())

    def keys(self, operation: str) -> frozenset[str]:
        """The keys that are said of an operation."""
        return frozenset(self.raw.get("operations", {}).get(operation, ()))

    def under(self, operation: str, hint: ToolHint | None) -> ToolHint | None:
        """The hint of a tool of ``operation`` with what was learned where it says nothing."""
        learned = self.operations.get(operation)
        if learned is None:
            return hint
        own = hint or ToolHint()
        return replace(
            own,
            page=own.page or learned.page,
            view=learned.view if own.view is None else own.view,
            answer=learned.answer if own.answer is None else own.answer,
            sensitive={**learned.sensitive, **own.sensitive},
            arguments={**learned.arguments, **own.arguments},
        )


def read_learned(path: Path) -> Learned:
    """Read the file.

    Raises:
        AdaptgenError: every error of the file at once, each with its place (AG001 to AG005, AG030, AG031, AG035 to
            AG037, AG039).
    """
    return parse_learned(read_file(path, path.as_posix()), path)


def parse_learned(data: bytes, path: Path) -> Learned:
    """The same from its bytes; ``path`` is where messages say that it is."""
    shown = path.as_posix()
    parsed = parse(data, shown, strict=True)
    raw = {} if parsed.value is None else parsed.value
    places = SourceMap(shown, parsed.syntax, decode(data, shown))
    checker = Checker(places.where, HINTS_DIALECT)
    checker.read(raw, LEARNED, ())
    if not checker.errors:
        for name, auth in raw.get("auth", {}).items():
            check_auth(auth, ("auth", name), checker)
        _check_kinds(raw, checker)
    if checker.errors:
        raise AdaptgenError(*checker.errors)
    return Learned(
        path=path,
        digest=hashlib.sha256(data).hexdigest(),
        raw=raw,
        auth={name: hint_values.auth(one) for name, one in raw.get("auth", {}).items()},
        operations={key: hint_values.tool(one) for key, one in raw.get("operations", {}).items()},
        sensitive=raw.get("sensitive", {}),
        locate=places.where,
    )


def _check_kinds(raw: Mapping[str, Any], checker: Checker) -> None:
    """That something is not personal is for people to say."""
    places: list[tuple[tuple[str, ...], Mapping[str, str]]] = [(("sensitive",), raw.get("sensitive", {}))]
    operations = raw.get("operations", {})
    places += [(("operations", key, "sensitive"), one.get("sensitive", {})) for key, one in operations.items()]
    for at, said in places:
        for path in (path for path, kind in said.items() if kind == "none"):
            checker.report(f"{dotted((*at, path))} cannot be 'none' here", (*at, path), "say so in hints.yaml")


def merge_learned(hints: Hints, learned: Learned) -> Hints:
    """``hints`` with what was learned where they say nothing. Ways to authenticate are taken as a whole: requests would
    carry a learned one in addition to a written one."""
    auth = {} if hints.auth else learned.auth
    return replace(
        hints,
        auth=hints.auth or auth,
        sensitive={**learned.sensitive, **hints.sensitive},
        learned=learned,
        locate=partial(_locate, learned, hints, frozenset(auth), frozenset(learned.sensitive.keys() - hints.sensitive)),
    )


def _locate(learned: Learned, hints: Hints, auth: frozenset[str], sensitive: frozenset[str], keys: list[str]) -> Where:
    if (keys[:1] == ["auth"] and keys[1:2] and keys[1] in auth) or (
        keys[:1] == ["sensitive"] and keys[1:2] and keys[1] in sensitive
    ):
        return learned.where(*keys)
    return hints.where(*keys)


def schema_text() -> str:
    """The published file, ``docs/learned.schema.json``."""
    return published(LEARNED, HINTS_DIALECT, "What adaptgen learned", "What adaptgen learned of an API (learned.yaml)")
