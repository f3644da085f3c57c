"""What is searched of one tool: its words by where they stand, what it does, and what its name is about."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from adaptgen.model.tables import Json
from adaptgen.syntax.identifiers import singular, words
from adaptgen.tool_search import actions as deeds
from adaptgen.tool_search import stemmer as stems
from adaptgen.tool_search import thesaurus as lexicon
from adaptgen.tool_search.stop_words import STOP

_NAME, _TITLE, _TEXT, _PATH, _TAG, _NEEDED, _ARGUMENT, _VALUE = 3.0, 0.8, 0.8, 0.8, 0.4, 0.2, 0.1, 0.3
"""How much a word counts by where it stands."""
_SAID, _ACT = 1.5, 0.8
"""How much plain words count that the tables know for what a tool names, and for the verb of its name."""
_ON_PATH, _IN_TAG, _IN_TITLE = 0.9, 0.5, 0.4
"""The share of that for what stands on the path, in a tag, in the title, and not in the name."""
_WITHIN, _BESIDE = 0.3, 0.5
"""The share for a term inside a longer one, and for one that says only where a tool belongs."""
_OWNER, _FILED = 0.5, 0.15
_READ = 300
"""Characters of a description beyond its first sentence."""
_DEEP, _PARTS, _VALUES = 5, 200, 30
"""How deep arguments are looked into, how many schemas of them, and how many values of each."""
_LOOKS = frozenset(("read", "list", "watch"))
_NOTHING = (0.0, 0)
_ENDS = (slice(-1, None), slice(-2, -1))
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")
_VERSION = re.compile(r"v\d+\w*|api|apis|rest|\d+", re.IGNORECASE)
_AGE = re.compile(r"v?\d+|v|alpha|beta|legacy|old|deprecated")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z`])")


@dataclass(frozen=True, slots=True)
class Entry:
    """What is searched of one tool. ``calls``: ``GET /repos/{owner}`` of each of its requests."""

    name: str
    description: str = ""
    title: str = ""
    schema: Mapping[str, Json] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    effect: str = "read"


class IndexedTool:
    """What is searched of one tool.

    ``weights``: stem -> (weight, parts of the name that it stands for, as bits). ``acts``: what the tool does.
    ``parts``: the stems that its name is about; ``heads``: how much each of them is what is called. ``kind``: alike for
    all versions of one tool. ``usual``: how usual it is to want it.
    """

    def __init__(self, entry: Entry) -> None:
        self.weights: dict[str, tuple[float, int]] = {}
        name = list(stems.names(entry.name))
        verb = name[0] if name and name[0] in deeds.VERBS else ""
        self.acts = _acts(entry, name)
        self.parts = list(dict.fromkeys(one for one in (name[1:] if verb else name) if one not in STOP))
        bits = {part: 1 << at for at, part in enumerate(self.parts)}
        paths = [
            [part for part in _PLACEHOLDER.sub(" ", call.partition(" ")[2]).split("/") if _word(part)]
            for call in entry.calls
        ]
        self._add(stems.names(entry.name), _NAME, bits)
        first, rest = _first(entry.description)
        title = stems.said(first)
        self._add(title, _TITLE, bits)
        if entry.title and entry.title.rstrip(".") != first.rstrip("."):
            other = stems.said(entry.title)
            self._add(other, _TITLE / 2, bits)
            title += other
        self._add(stems.said(rest[:_READ]), _TEXT, bits)
        for tag in entry.tags:
            self._add(stems.names(tag), _TAG, bits)
        for parts in paths:
            # The last segments say what is called, those before them where it belongs.
            for at, part in enumerate(reversed(parts)):
                self._add(stems.names(part), _PATH / (1 + 0.5 * at), bits)
        self._ask(entry.schema, bits)
        self.length = math.sqrt(sum(weight for weight, _ in self.weights.values()))
        last, before = ({one for row in paths for part in row[at] for one in stems.names(part)} for at in _ENDS)
        # What is called stands last on the path, what it belongs to before it; the rest of a name says where it is
        # filed.
        self.kind = " ".join(sorted(last | before)) or " ".join(
            one for one in words(entry.name) if not _AGE.fullmatch(one)
        )
        self.heads = [1.0 if part in last or not last else _OWNER if part in before else _FILED for part in self.parts]
        if not any(one == 1.0 for one in self.heads):
            self.heads = [1.0] * len(self.parts)
        beside: dict[str, float] = {}
        for share, found in (
            (_IN_TITLE, [one for one in title if one not in deeds.VERBS]),
            (_IN_TAG, [one for tag in entry.tags for one in stems.names(tag)]),
            (_ON_PATH, [one for row in paths for part in row for one in stems.names(part)]),
        ):
            beside |= dict.fromkeys(found, share)
        self.usual = _usual(entry)
        self._explain(name, frozenset(last), bits, verb, beside)

    def _add(self, found: Iterable[str], weight: float, bits: Mapping[str, int], most: float = 1.5) -> None:
        """Add stems, each at most ``most`` times."""
        counted: dict[str, float] = {}
        for one in found:
            counted[one] = weight if one not in counted else weight * most
        weights = self.weights
        for one, value in counted.items():
            known = weights.get(one)
            if known is None:
                weights[one] = (value, bits.get(one, 0))
            else:
                weights[one] = (known[0] + value, known[1] | bits.get(one, 0))

    def _ask(self, schema: Mapping[str, Json], bits: Mapping[str, int]) -> None:
        """Add the arguments: their names, those inside of them, and the values that they may have."""
        properties, required = schema.get("properties"), schema.get("required")
        needed = set(required) if isinstance(required, list) else set()
        names = set(properties) if isinstance(properties, dict) else set()
        inner, values = _inside(properties)
        self._add(_words(names & needed), _NEEDED, {})
        self._add(_words(names - needed), _ARGUMENT, {})
        self._add(_words(inner), _ARGUMENT, {}, 1.0)
        self._add(_words(values), _VALUE, bits, 1.0)

    def _explain(
        self, name: list[str], last: frozenset[str], bits: Mapping[str, int], verb: str, beside: Mapping[str, float]
    ) -> None:
        """Add what the tables say of what a tool names; of terms inside longer ones only the longer counts."""
        apart = lexicon.apart()
        pieces = [(piece, one) for one in name for piece in apart.get(one, ())]
        if pieces:
            bits = {**{piece: bits.get(one, 0) for piece, one in pieces}, **bits}
        # A term may also name what is done: "role binding create" speaks of add_role_binding too.
        last = last | {piece for piece, one in pieces if one in last}
        own = frozenset((*name, *(piece for piece, _ in pieces), *map(stems.stem, self.acts)))
        has = own | beside.keys()
        known_terms, weights = lexicon.terms(), self.weights
        terms = [term for word in has for term in known_terms.get(word, ()) if term.needs <= has]
        longer = [term.needs for term in terms if len(term.needs) > 1]
        inside = frozenset().union(*longer)
        for term in terms:
            few = len(term.needs) == 1
            if (term.needs <= inside) if few else any(term.needs < other for other in longer):
                share = _WITHIN
            else:
                share = 1.0 if not last or term.needs & last else _BESIDE
            parts = 0
            for need in term.needs:
                parts |= bits.get(need, 0)
            if not term.needs <= own:
                share *= min(beside[need] for need in term.needs if need not in own)
            value = _SAID * share
            for word in term.says:
                known, mine = weights.get(word, _NOTHING)
                weights[word] = (known if known > value else value, mine | parts)
        for word in lexicon.spoken().get(verb, ()):
            known, mine = self.weights.get(word, (0.0, 0))
            self.weights[word] = (max(known, _ACT), mine)


def _acts(entry: Entry, name: list[str]) -> frozenset[str]:
    """What a tool does, in the words of ``deeds``: by the verb of its name, else by its methods."""
    found = {deeds.VERBS[word] for word in name[:1] if word in deeds.VERBS}
    if name[:1] == [stems.stem("watch")] or any("/watch/" in call for call in entry.calls):
        found = {"watch"}
    if not found:
        for call in entry.calls:
            found |= deeds.METHODS.get(call.partition(" ")[0], frozenset())
    if entry.effect == "delete":
        found.add("delete")
    elif entry.effect == "read" and not found & _LOOKS:
        # A POST that filters, and whatever else its verb may be: it shows something and changes nothing.
        found |= {"read", "list"}
    if found & {"delete", "update"} and _many(entry.name):
        found.add("many")
    return frozenset(found)


def _usual(entry: Entry) -> float:
    """How usual it is to want the tool: less where it is deprecated, or asks for nothing but headers."""
    methods = {call.partition(" ")[0] for call in entry.calls}
    asks = bool(methods) and methods <= {"HEAD", "OPTIONS", "TRACE"}
    return (0.7 if entry.description.startswith("Deprecated") else 1.0) * (0.6 if asks else 1.0)


def _many(name: str) -> bool:
    """Whether the tool changes many at once: it names a collection, or ends in a plural."""
    parts = words(name)
    if not parts:
        return False
    return bool({"collection", "all", "bulk", "batch", "many"} & set(parts)) or singular(parts[-1]) != parts[-1]


def _words(names: Iterable[str]) -> Iterator[str]:
    return (one for name in names for one in stems.names(name))


def _word(part: str) -> bool:
    return bool(part.strip()) and not _VERSION.fullmatch(part)


def _first(text: str) -> tuple[str, str]:
    found = _SENTENCE.search(text)
    return (text[: found.start()], text[found.end() :]) if found else (text, "")


def _inside(properties: Any) -> tuple[list[str], list[str]]:
    """The names inside of arguments, and the values that arguments may have; of very large ones only some."""
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
                one = alternatives.pop()
                if not isinstance(one, dict):
                    continue
                seen += 1
                chosen = one.get("enum")
                if isinstance(chosen, list):
                    values |= dict.fromkeys(value for value in chosen[:_VALUES] if isinstance(value, str))
                for key in ("anyOf", "oneOf", "allOf"):
                    if isinstance(one.get(key), list):
                        alternatives += one[key]
                alternatives.append(one.get("items"))
                if depth < _DEEP and "properties" in one:
                    waiting.append((one["properties"], depth + 1))
    return list(names), list(values)
