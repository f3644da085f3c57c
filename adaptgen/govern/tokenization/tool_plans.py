"""What the tokenizer works out once for a tool, and keeps while the tool is the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from adaptgen.govern.settings.model import Settings
from adaptgen.govern.tokenization.classification import NOT_PERSONAL, Classification, Node, positions
from adaptgen.mcp.protocol import ToolInfo
from adaptgen.model.tables import Json
from adaptgen.runtime.core.caches import IdentityCache
from adaptgen.runtime.pii.tagged_values import canonical
from adaptgen.syntax.json_pointer import pattern_of

if TYPE_CHECKING:
    from adaptgen.govern.tokenization.search_guard import ToolSearches


class ToolTokenizationPlan:
    """``arguments``: the tree of classified arguments; ``takes``: argument -> kind, as agents see it; ``types``:
    JSON Schema types of the arguments; ``release``: the media types that leave although they cannot be searched:
    any file may hold something sensitive."""

    __slots__ = ("_schema", "arguments", "listed", "release", "searches", "sensitive", "takes", "types")

    def __init__(self, tool: ToolInfo | None, release: Iterable[str]) -> None:
        said = tool.arguments if tool is not None else {}
        kinds = {place: canonical(kind) for place, kind in said.items() if canonical(kind) != NOT_PERSONAL}
        self.takes: dict[str, str] = {_shown(place): kind for place, kind in kinds.items()}
        self.arguments: Node = positions({pointer_of(place): kind for place, kind in kinds.items()}).root or Node()
        self.sensitive: Mapping[str, str] = tool.sensitive if tool is not None else {}
        self.release = tuple(release)
        self.types: dict[str, frozenset[str]] = _types(tool.properties if tool is not None else {})
        self.listed: Mapping[str, Json] | None = None
        self.searches: ToolSearches | None = None
        given = tool.wire.get("inputSchema") if tool is not None else None
        self._schema: Mapping[str, Json] = given if isinstance(given, Mapping) else {}

    def position(self, name: str, value: Json, kind_of: Callable[[str], str | None]) -> Node | None:
        """What an argument takes: its classified positions, and, where it searches several kinds, the kind of the
        token that it holds. ``kind_of``: the kind of a text that is a token."""
        places = self.searches.places(name, value, kind_of) if self.searches is not None else {}
        return positions(places).root if places else self.arguments.at(name)

    @property
    def compares(self) -> bool:
        """Whether conditions of ``where`` stay inside the server that answers the call."""
        return self.searches is not None and self.searches.compares

    def schema(self, path: Iterable[str]) -> Mapping[str, Json]:
        """The schema of an argument, or of a member of one, as far as it is plain; ``[]`` for elements."""
        here: Json = self._schema
        for key in path:
            members = here.get("properties") if isinstance(here, Mapping) else None
            if key == "[]":
                here = here.get("items") if isinstance(here, Mapping) else None
            else:
                here = members.get(key) if isinstance(members, Mapping) else None
        return here if isinstance(here, Mapping) else {}

    def released(self, media: str) -> bool:
        """Whether bytes of this media type may leave unsearched."""
        return is_released(media, self.release)

    @property
    def declared(self) -> Classification:
        """Where the tool says that answers hold something."""
        return positions(self.sensitive)


class Plans:
    """The plans of all tools, by what is known of them."""

    def __init__(self, settings: Settings) -> None:
        assert settings.tokenize is not None
        self._settings = settings
        self.of = IdentityCache(20_000, self._plan).get
        """The plan of a tool; a changed tool is another value of ToolInfo."""
        self.unknown = ToolTokenizationPlan(None, settings.tokenize.release)

    def _plan(self, tool: ToolInfo) -> ToolTokenizationPlan:
        return ToolTokenizationPlan(tool, released_types(self._settings, tool.paths))


def is_released(media: str, release: Iterable[str]) -> bool:
    """Whether a media type is among those that leave unsearched."""
    plain = media.partition(";")[0].strip().lower()
    return any(fnmatchcase(plain, one.lower()) for one in release)


def released_types(settings: Settings, paths: Iterable[str]) -> tuple[str, ...]:
    """The media types of answers of a tool that leave unsearched. ``paths``: as ``ToolInfo.paths``."""
    assert settings.tokenize is not None
    named = tuple(paths)
    rules = (rule for glob, rule in settings.tools.items() if any(fnmatchcase(name, glob) for name in named))
    return (*settings.tokenize.release, *(one for rule in rules for one in rule.release))


def pointer_of(place: str) -> str:
    """The JSON Pointer of an argument as settings and hints write it."""
    if place.startswith("/"):
        return place
    parts = [part for part in place.replace("[*]", ".*").split(".") if part] if "[*]" in place else [place]
    return pattern_of(parts)


def _shown(place: str) -> str:
    return place.strip("/").replace("/*", "[*]").replace("/", ".")


def _types(properties: Mapping[str, Json]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for name, one in properties.items():
        said = one.get("type") if isinstance(one, Mapping) else None
        kinds = [said] if isinstance(said, str) else said if isinstance(said, (list, tuple)) else []
        found[str(name)] = frozenset(str(kind) for kind in kinds)
    return found
