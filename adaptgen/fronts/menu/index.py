"""The search index: which of a thousand tools a sentence means.

Words of the name, the path, the tags, the texts and the arguments of a tool count by where they stand (BM25F: Robertson
and Zaragoza, 2009). A question seldom uses the API's words: so a tool also has the plain words that the glossary knows
for what it names, and a word of the question also stands for its synonyms; of all these only the best counts. What is
asked to be done is held against what the tool does, and what the tool names against what was asked about.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from adaptgen.fronts.menu import stems, thesaurus
from adaptgen.model import Json
from adaptgen.words import singular, words

_SATURATION = 1.2
_LENGTH = 0.5
_COVER, _NAMED, _WITHIN, _BESIDE, _PASSING = 0.1, 0.55, 0.3, 0.5, 2.0
_OWNER, _FILED = 0.5, 0.15
_SLIP, _LONG, _JOINED, _GUESS = 5, 30, 0.8, 0.6
"""Letters from which, and up to which, a word may be a slip of the pen; how much what it may have been to be counts."""
_ALIKE = 2
"""Tools that do the same to the same, such as versions of one, before the others are shown."""
_READ = 300
"""Characters of a description beyond its first sentence."""
_ENDS = (slice(-1, None), slice(-2, -1))
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")
_VERSION = re.compile(r"v\d+\w*|api|apis|rest|\d+", re.IGNORECASE)
_AGE = re.compile(r"v?\d+|v|alpha|beta|legacy|old|deprecated")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z`])")
_NAME, _TITLE, _TEXT, _PATH, _TAG, _NEEDED, _ARGUMENT, _GLOSS, _ACT = 3.0, 0.8, 0.8, 0.8, 0.4, 0.2, 0.1, 1.2, 0.8


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


class Index:
    """An index of some tools; it is made once, of all of them, and never changed."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._names: list[str] = []
        self._acts: list[frozenset[str]] = []
        self._lengths: list[float] = []
        self._parts: list[list[str]] = []
        self._heads: list[list[float]] = []
        self._kinds: list[str] = []
        self._age: list[float] = []
        # Word -> (tool, how much it says, which parts of the name it stands for, as bits)
        self._postings: dict[str, list[tuple[int, float, int]]] = defaultdict(list)
        named: dict[str, int] = defaultdict(int)
        for number, entry in enumerate(entries):
            row = _Words(entry)
            for word, (weight, parts) in row.weights.items():
                self._postings[word].append((number, weight, parts))
            self._names.append(entry.name)
            self._kinds.append(row.kind)
            self._age.append(_usual(entry))
            self._acts.append(row.acts)
            self._parts.append(row.parts)
            self._heads.append(row.heads)
            for part in row.parts:
                named[part] += 1
            self._lengths.append(row.length)
        average = sum(self._lengths) / len(self._lengths) if self._lengths else 1.0
        self._lengths = [1 - _LENGTH + _LENGTH * one / average for one in self._lengths]
        # What every second name holds (v1, core) says nothing about a tool.
        total = len(self._names)
        rare = {part: math.log(1 + (total - count + 0.5) / (count + 0.5)) for part, count in named.items()}
        self._asked = [
            [max(rare[part], 1.0) * weight for part, weight in zip(parts, heads, strict=True)]
            for parts, heads in zip(self._parts, self._heads, strict=True)
        ]

    def search(self, query: str, visible: Collection[str], most: int) -> list[str]:
        """The names of at most ``most`` tools among ``visible``, the best first."""
        asked = thesaurus.read(query)
        seen = {number for number, name in enumerate(self._names) if name in visible}
        scores: dict[int, float] = defaultdict(float)
        covered: dict[int, float] = defaultdict(float)
        masks: dict[int, int] = defaultdict(int)
        weight = 0.0
        for unit in asked.units:
            best: dict[int, tuple[float, int]] = {}
            rarest = 0.0
            for word, nearness in (unit.words if self._known(unit.words, seen) else self._guessed(unit, seen)).items():
                # Only what the caller may see counts, so that what it may not see changes nothing.
                found = [row for row in self._postings.get(word, ()) if row[0] in seen]
                if not found:
                    continue
                # A word that many tools have in passing and few mean is as rare as those few.
                most_of_all = max(tf for _, tf, _ in found)
                having = sum((tf / most_of_all) ** _PASSING for _, tf, _ in found)
                rarity = math.log(1 + (len(seen) - having + 0.5) / (having + 0.5))
                rarest = max(rarest, rarity)
                for number, tf, parts in found:
                    value = nearness * rarity * tf / (tf + _SATURATION * self._lengths[number])
                    known = best.get(number)
                    if known is None or value > known[0]:
                        best[number] = (value, parts | (known[1] if known else 0))
                    elif parts & ~known[1]:
                        best[number] = (known[0], known[1] | parts)
            if not best:
                continue
            weight += unit.weight
            for number, (value, parts) in best.items():
                scores[number] += unit.weight * value
                covered[number] += unit.weight * min(1.0, 2 * value / rarest)
                masks[number] |= parts
        ranked = []
        for number, score in scores.items():
            share = covered[number] / weight
            named = self._named(number, masks[number])
            value = score * (_COVER + share) * (_NAMED + named) * asked.fits(self._acts[number]) * self._age[number]
            ranked.append((-value, len(self._names[number]), number))
        ranked.sort()
        # Two ways to do the same stand for all of its versions; the others follow when there is room.
        first: list[str] = []
        others: list[str] = []
        had: dict[tuple[str, frozenset[str]], int] = defaultdict(int)
        for _, _, number in ranked:
            kind = (self._kinds[number], self._acts[number])
            (others if had[kind] >= _ALIKE else first).append(self._names[number])
            had[kind] += 1
            if len(first) >= most:
                break
        return [*first, *others][:most]

    def _known(self, found: Collection[str], seen: Collection[int]) -> bool:
        """Whether a tool that may be seen has one of the words."""
        return any(row[0] in seen for word in found for row in self._postings.get(word, ()))

    def _guessed(self, unit: thesaurus.Unit, seen: Collection[int]) -> Mapping[str, float]:
        """What a word that no tool has was to be: one with a slip of the pen, or two words written as one."""
        word = unit.said
        if not _SLIP <= len(word) <= _LONG:
            return {}
        mine = stems.stem(word)
        found: dict[str, float] = {}
        for other in (*self._postings, *thesaurus.plain()):
            if other[:1] == mine[:1] and abs(len(other) - len(mine)) <= 1 and _slipped(mine, other):
                meant = {**thesaurus.near(other), other: 1.0}
                found |= {one: _GUESS * value for one, value in meant.items() if self._known((one,), seen)}
        if found:
            return found
        parts = [(word[:at], stems.stem(word[at:])) for at in range(3, len(word) - 2)]
        for first, second in parts:
            if self._known((stems.stem(first),), seen) and self._known((second,), seen):
                return {stems.stem(first): _JOINED, second: _JOINED}
        return {}

    def _named(self, number: int, mask: int) -> float:
        """The share of what the tool's name says that was asked about."""
        parts = self._asked[number]
        total = sum(parts)
        return sum(weight for at, weight in enumerate(parts) if mask >> at & 1) / total if total else 0.0


class _Words:
    """The words of one tool: ``weights`` has stem -> (weight, parts of the name as bits)."""

    def __init__(self, entry: Entry) -> None:
        self.weights: dict[str, tuple[float, int]] = {}
        name = list(stems.names(entry.name))
        verb = name[0] if name and name[0] in thesaurus.VERBS else ""
        self.acts = _acts(entry, name)
        self.parts = list(dict.fromkeys(one for one in (name[1:] if verb else name) if one not in thesaurus.STOP))
        bits = {part: 1 << at for at, part in enumerate(self.parts)}
        paths = [
            [part for part in _PLACEHOLDER.sub(" ", call.partition(" ")[2]).split("/") if _word(part)]
            for call in entry.calls
        ]
        self._add(stems.names(entry.name), _NAME, bits)
        first, rest = _first(entry.description)
        if entry.title and entry.title.rstrip(".") != first.rstrip("."):
            self._add(stems.said(entry.title), _TITLE / 2, bits)
        self._add(stems.said(first), _TITLE, bits)
        self._add(stems.said(rest[:_READ]), _TEXT, bits)
        for tag in entry.tags:
            self._add(stems.names(tag), _TAG, bits)
        for parts in paths:
            # The last segments say what is called, those before them where it belongs.
            for at, part in enumerate(reversed(parts)):
                self._add(stems.names(part), _PATH / (1 + 0.5 * at), bits)
        properties, required = entry.schema.get("properties"), entry.schema.get("required")
        needed = set(required) if isinstance(required, list) else set()
        for argument in properties if isinstance(properties, dict) else ():
            self._add(stems.names(argument), _NEEDED if argument in needed else _ARGUMENT, {})
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
        self._explain(name, frozenset(last), bits, verb)

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

    def _explain(self, name: list[str], last: frozenset[str], bits: Mapping[str, int], verb: str) -> None:
        """Add what the glossary says of what the name names; of terms inside longer ones only the longer counts."""
        apart = thesaurus.apart()
        pieces = [(piece, one) for one in name for piece in apart.get(one, ())]
        if pieces:
            bits = {**{piece: bits.get(one, 0) for piece, one in pieces}, **bits}
        # A term may also name what is done: "role binding create" speaks of add_role_binding too.
        last = last | {piece for piece, one in pieces if one in last}
        has = frozenset((*name, *(piece for piece, _ in pieces), *map(stems.stem, self.acts)))
        terms = [term for word in has for term in thesaurus.terms().get(word, ()) if term.needs <= has]
        for term in terms:
            if any(term.needs < other.needs for other in terms):
                share = _WITHIN
            else:
                share = 1.0 if not last or term.needs & last else _BESIDE
            parts = 0
            for need in term.needs:
                parts |= bits.get(need, 0)
            for word in term.says:
                known, mine = self.weights.get(word, (0.0, 0))
                self.weights[word] = (max(known, _GLOSS * share), mine | parts)
        for word in thesaurus.verbs().get(verb, ()):
            known, mine = self.weights.get(word, (0.0, 0))
            self.weights[word] = (max(known, _ACT), mine)


def _acts(entry: Entry, name: list[str]) -> frozenset[str]:
    """What a tool does, in the words of ``thesaurus.ACTS``: by the verb of its name, else by its methods."""
    found = {thesaurus.VERBS[word] for word in name[:1] if word in thesaurus.VERBS}
    if name[:1] == [stems.stem("watch")] or any("/watch/" in call for call in entry.calls):
        found = {"watch"}
    if not found:
        for call in entry.calls:
            found |= thesaurus.METHODS.get(call.partition(" ")[0], frozenset())
    if entry.effect == "delete":
        found.add("delete")
    if found & {"delete", "update"} and _many(entry.name):
        found.add("many")
    return frozenset(found)


def _slipped(one: str, other: str) -> bool:
    """Whether a letter too many, missing, wrong, or two swapped turn one word into the other."""
    at = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    a, b = one[at:], other[at:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[:2][::-1] and a[2:] == b[2:])


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


def _word(part: str) -> bool:
    return bool(part.strip()) and not _VERSION.fullmatch(part)


def _first(text: str) -> tuple[str, str]:
    found = _SENTENCE.search(text)
    return (text[: found.start()], text[found.end() :]) if found else (text, "")
