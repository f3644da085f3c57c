"""What search knows of one tool: its words with weights, its actions, and the nouns of its name."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import field
from typing import Any

from adaptgen.mcp.protocol import ToolInfo
from adaptgen.model import frozen
from adaptgen.model.frozen import lazy
from adaptgen.model.tables import Contract, Json, Tool
from adaptgen.syntax.identifiers import singular, words
from adaptgen.tool_search import english
from adaptgen.tool_search.english import STOP

_NAME, _ALSO, _TITLE, _TEXT, _PATH, _TAG, _NEEDED, _ARGUMENT, _VALUE, _FIELD = (
    3.0, 1.5, 0.8, 0.8, 0.8, 0.4, 0.2, 0.1, 0.3, 0.1
)  # fmt: skip
"""Weights of a word by its place; ``_FIELD``: a field of the answer."""
_OWNER, _FILED = 0.5, 0.15
_READ = 300
"""Characters of a description after its first sentence."""
_DEEP, _PARTS, _VALUES = 5, 200, 30
"""Depth and number of the argument schemas that are read, and of the values of each."""
_LOOKS = frozenset(("read", "list", "watch"))
_NOTHING = (0.0, 0)
_ENDS = (slice(-1, None), slice(-2, -1))
_PLACEHOLDER = lazy(r"\{[^{}]*\}")
_VERSION = lazy(r"v\d+\w*|api|apis|rest|\d+", re.IGNORECASE)
_AGE = lazy(r"v?\d+|v|alpha|beta|legacy|old|deprecated")
_SENTENCE = lazy(r"(?<=[.!?])\s+(?=[A-Z`])")


@frozen.value()
class Entry:
    """The texts of one tool. ``calls``: ``GET /repos/{owner}`` of each of its requests. ``also``: other words.
    ``fields``: paths of its answer."""

    name: str
    description: str = ""
    title: str = ""
    schema: Mapping[str, Json] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    effect: str = "read"
    also: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()


def calls(tool: Tool) -> tuple[str, ...]:
    """``GET /repos/{owner}`` of each of its requests."""
    requests = (tool.call, *(step.call for step in tool.steps))
    return tuple(dict.fromkeys(f"{call.method} {call.path}" for call in requests if call is not None))


def entry(tool: Tool, contract: Contract) -> Entry:
    """The texts of a generated tool."""
    return Entry(
        name=tool.name,
        description=contract.description,
        title=str(contract.annotations.get("title") or ""),
        schema=contract.input_schema,
        tags=tool.tags,
        calls=calls(tool),
        effect=tool.effect,
        also=tool.also,
        fields=tool.view or (),
    )


def entry_of(facts: ToolInfo) -> Entry:
    """The texts of a tool that governance knows."""
    wire = facts.wire
    schema = wire.get("inputSchema")
    description, title = wire.get("description"), wire.get("title")
    return Entry(
        name=facts.name,
        description=description if isinstance(description, str) else "",
        title=title if isinstance(title, str) else "",
        schema=schema if isinstance(schema, dict) else {},
        tags=facts.tags,
        calls=facts.calls,
        effect=facts.effect,
        also=facts.also,
        fields=facts.fields,
    )


class IndexedTool:
    """One tool in the index.

    ``weights``: stem -> (weight, parts of the name that have it, as bits). ``acts``: its actions. ``parts``: the stems
    of its name without the verb; ``heads``: the weight of each. ``kind``: the same for all versions of a tool.
    ``usual``: below 1 for tools that are rarely wanted.
    """

    def __init__(self, entry: Entry) -> None:
        self.weights: dict[str, tuple[float, int]] = {}
        name = list(english.name_stems(entry.name))
        verb = name[0] if name and name[0] in english.VERBS else ""
        self.acts = _acts(entry, name)
        self.parts = list(dict.fromkeys(part for part in (name[1:] if verb else name) if part not in STOP))
        bits = {part: 1 << at for at, part in enumerate(self.parts)}
        paths = [_segments(call) for call in entry.calls]
        self._add(name, _NAME, bits)
        self._add_texts(entry, bits)
        self._add((stem for text in entry.also for stem in english.text_stems(text)), _ALSO, {})
        self._add(_words(entry.fields[:_PARTS]), _FIELD, {}, 1.0)
        for tag in entry.tags:
            self._add(english.name_stems(tag), _TAG, bits)
        for path in paths:
            # The last segment names the thing, those before it the owner.
            for at, segment in enumerate(reversed(path)):
                self._add(segment, _PATH / (1 + 0.5 * at), bits)
        self._add_arguments(entry.schema, bits)
        self.length = math.sqrt(sum(weight for weight, _ in self.weights.values()))
        last, before = ({word for path in paths for segment in path[at] for word in segment} for at in _ENDS)
        # The path ends with the thing, after its owner; the other words of a name are a category.
        self.kind = " ".join(sorted(last | before)) or " ".join(
            word for word in words(entry.name) if not _AGE.fullmatch(word)
        )
        self.heads = _heads(self.parts, last, before)
        self.usual = _usual(entry)

    def _add(self, stems: Iterable[str], weight: float, bits: Mapping[str, int], most: float = 1.5) -> None:
        """Add stems, each at most ``most`` times."""
        counted: dict[str, float] = {}
        for stem in stems:
            counted[stem] = weight if stem not in counted else weight * most
        weights = self.weights
        for stem, value in counted.items():
            before, parts = weights.get(stem, _NOTHING)
            weights[stem] = (before + value, parts | bits.get(stem, 0))

    def _add_texts(self, entry: Entry, bits: Mapping[str, int]) -> None:
        """Add the description and the title."""
        first, rest = _first(entry.description)
        self._add(english.text_stems(first), _TITLE, bits)
        if entry.title and entry.title.rstrip(".") != first.rstrip("."):
            self._add(english.text_stems(entry.title), _TITLE / 2, bits)
        self._add(english.text_stems(rest[:_READ]), _TEXT, bits)

    def _add_arguments(self, schema: Mapping[str, Json], bits: Mapping[str, int]) -> None:
        """Add the arguments: their names, nested names and enum values."""
        properties, required = schema.get("properties"), schema.get("required")
        needed = set(required) if isinstance(required, list) else set()
        names = set(properties) if isinstance(properties, dict) else set()
        inner, values = _inside(properties)
        self._add(_words(names & needed), _NEEDED, {})
        self._add(_words(names - needed), _ARGUMENT, {})
        self._add(_words(inner), _ARGUMENT, {}, 1.0)
        self._add(_words(values), _VALUE, bits, 1.0)


def _segments(call: str) -> list[tuple[str, ...]]:
    """The stems of each segment of the path of ``GET /repos/{owner}``, without parameters and versions."""
    path = _PLACEHOLDER.sub(" ", call.partition(" ")[2])
    return [english.name_stems(part) for part in path.split("/") if part.strip() and not _VERSION.fullmatch(part)]


def _heads(parts: list[str], last: Set[str], before: Set[str]) -> list[float]:
    """The weight of each part of the name: the thing, its owner, or a category; all 1 if no part is in the path."""
    heads = [1.0 if part in last or not last else _OWNER if part in before else _FILED for part in parts]
    return heads if 1.0 in heads else [1.0] * len(parts)


def _acts(entry: Entry, name: list[str]) -> frozenset[str]:
    """The actions of a tool: from the verb of its name, else from its methods."""
    acts = {english.VERBS[word] for word in name[:1] if word in english.VERBS}
    if name[:1] == [english.stem("watch")] or any("/watch/" in call for call in entry.calls):
        acts = {"watch"}
    if not acts:
        for call in entry.calls:
            acts |= english.METHODS.get(call.partition(" ")[0], frozenset())
    if entry.effect == "delete":
        acts.add("delete")
    elif entry.effect == "read" and not acts & _LOOKS:
        # A POST that filters, for example: whatever its verb, it only reads.
        acts |= {"read", "list"}
    if acts & {"delete", "update"} and _many(entry.name):
        acts.add("many")
    return frozenset(acts)


def _usual(entry: Entry) -> float:
    """How often the tool is wanted: less if it is deprecated or only asks for headers."""
    methods = {call.partition(" ")[0] for call in entry.calls}
    asks = bool(methods) and methods <= {"HEAD", "OPTIONS", "TRACE"}
    return (0.7 if entry.description.startswith("Deprecated") else 1.0) * (0.6 if asks else 1.0)


def _many(name: str) -> bool:
    """Whether the tool changes many at once: its name has a collection or ends in a plural."""
    parts = words(name)
    if not parts:
        return False
    return bool({"collection", "all", "bulk", "batch", "many"} & set(parts)) or singular(parts[-1]) != parts[-1]


def _words(names: Iterable[str]) -> Iterator[str]:
    return (stem for name in names for stem in english.name_stems(name))


def _first(text: str) -> tuple[str, str]:
    match = _SENTENCE.search(text)
    return (text[: match.start()], text[match.end() :]) if match else (text, "")


def _inside(properties: Any) -> tuple[list[str], list[str]]:
    """The nested names and the enum values of arguments, up to a bound."""
    names: dict[str, None] = {}
    values: dict[str, None] = {}
    waiting: list[tuple[Any, int]] = [(properties, 0)]
    seen = 0
    while waiting and seen < _PARTS:
        these, depth = waiting.pop()
        for name, schema in these.items() if isinstance(these, dict) else ():
            if depth:
                names[name] = None
            alternatives = [schema]
            while alternatives and seen < _PARTS:
                part = alternatives.pop()
                if not isinstance(part, dict):
                    continue
                seen += 1
                chosen = part.get("enum")
                if isinstance(chosen, list):
                    values |= dict.fromkeys(value for value in chosen[:_VALUES] if isinstance(value, str))
                for key in ("anyOf", "oneOf", "allOf"):
                    if isinstance(part.get(key), list):
                        alternatives += part[key]
                alternatives.append(part.get("items"))
                if depth < _DEEP and "properties" in part:
                    waiting.append((part["properties"], depth + 1))
    return list(names), list(values)
