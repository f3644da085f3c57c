"""What tools are called: guessable (``list_contacts``), unique, and stable.

Stable means: the lock of an earlier build keeps its names (``Names.keep``), and a new name depends on its own
operation, and on others only where two would be the same or where they share a record's path. Of two that would be the
same, the one with the shorter path keeps the name and the others are distinguished by their parents on the path, never
by counting.

A name is a verb and what it is done to. Both are decided by rows of evidence: ``NAME`` says where the name comes from,
``VERB`` which verb begins a name that is made from the path.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from adaptgen.mcp.provider_rules import short_name
from adaptgen.model.evidence import Row, Table
from adaptgen.model.tables import value
from adaptgen.plan.document.reader import Operation
from adaptgen.plan.document.tool_names import VERSION, digest, legal, placeholders, singular_words, snake
from adaptgen.plan.names import terms
from adaptgen.plan.names.facts import NameFacts, Wanted
from adaptgen.plan.names.identifier import name_of_identifier
from adaptgen.plan.names.path import VERB, path_name
from adaptgen.plan.names.summary import object_of

RESERVED_TOOLS = frozenset(("search_tools", "describe_tool", "call_read_tool", "call_write_tool"))
BY_ID = "its operationId names it"
LOCKED = "adaptgen.lock keeps the name that it had"
_NOTHING: Mapping[str, str] = {}
_PARENTS = 8
"""Segments of a path that may be added to distinguish equal names; a digest does the rest."""


@value()
class NameLock:
    """The names of an earlier build: the key (``GET /contacts``) or pointer of an operation -> the name of its tool,
    then the names before it, which are served on. ``rename``: the names are decided anew, and the earlier ones served
    on."""

    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rename: bool = False

    def of(self, operation: Operation) -> tuple[str, ...]:
        """The names of one operation; () where it had none."""
        return self.names.get(operation.key) or self.names.get(operation.pointer) or ()


NO_LOCK = NameLock()


NAME: Table[NameFacts] = Table(
    "what is a tool called?",
    Row(90, "an extension of the document names it", lambda it: it.wanted.wish, lambda it: it.wanted.wish),
    Row(80, BY_ID, lambda it: it.identified, lambda it: it.identified),
    Row(70, "its path has no word, its summary names it", lambda it: it.summarized, lambda it: it.summarized),
    Row(60, "the last segment of its path is what is done", lambda it: it.acts, lambda it: path_name(it)),
    Row(10, "its path names what it is about", lambda it: True, lambda it: path_name(it)),
)  # fmt: skip


def decide_name(facts: NameFacts) -> tuple[str, str]:
    """The name of an operation, and why. Others may have the name already."""
    row = NAME.strongest(facts)
    assert row is not None
    because = row.because
    if row.weight <= 10 and (verb := VERB.strongest(facts)) is not None:
        because = f"{because}; {verb.because}"
    return row.answer(facts), because


@dataclass(slots=True)
class Names:
    """Gives names that are unique regardless of case. ``taken`` maps the folded name to its owner; ``because`` the
    pointer of an operation to the reason for its name."""

    server: str
    taken: dict[str, str] = field(default_factory=dict)
    because: dict[str, str] = field(default_factory=dict)
    former: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Owner -> the names that its tool had before, which are served on: tools of hints by name, others by pointer."""

    def reserve(self, name: str, owner: str) -> str | None:
        """Take ``name`` for ``owner``; returns the owner that has it already, if there is one."""
        known = self.taken.get(name.lower())
        if known is None:
            self.taken[name.lower()] = owner
        return known

    def give(
        self, wanted: Sequence[Wanted], keep: Collection[str] = (), locked: Mapping[str, str] = _NOTHING
    ) -> dict[str, str]:
        """Pointer of each operation -> its name; those of ``keep`` may be longer than clients take. ``locked``: names
        that operations have already, by pointer."""
        order = sorted(
            wanted, key=lambda one: (one.operation.path.count("/"), one.operation.key, one.operation.pointer)
        )
        facts = [NameFacts(one, self.server) for one in order]
        decided = {it.operation.pointer: decide_name(it) for it in facts}
        free = dict(decided)
        decided |= {pointer: (name, LOCKED) for pointer, name in locked.items()}
        _unite_nouns(facts, decided)
        self.because |= {pointer: because for pointer, (_, because) in decided.items()}
        if locked:
            _unite_nouns(facts, free)
            self.because |= {it.operation.pointer: self.reason(it, free, locked) for it in facts}
        # Names meant for tools first, then identifiers: an author who wrote a good one meant it.
        # Of two identifiers, the one that says no more than the name has it.
        facts.sort(key=lambda it: (it.operation.pointer not in locked, not it.wanted.wish, not it.identified,
                                   it.identified and name_of_identifier(it, whole=True) != it.identified))  # fmt: skip
        names: dict[str, str] = {}
        paths = {it.operation.pointer: it.parts for it in facts}
        for it in facts:
            pointer = it.operation.pointer
            first = decided[pointer][0]
            has = self.taken.get(first.lower(), "")
            beside = has.rpartition("/")[0] == pointer.rpartition("/")[0]
            for candidate in candidates(it, first, twin=paths.get(has) == it.parts, beside=beside):
                if candidate.lower() not in RESERVED_TOOLS and self.reserve(candidate, pointer) in (None, pointer):
                    names[pointer] = candidate
                    break
        return {pointer: name if name in keep else self.short(name) for pointer, name in names.items()}

    def reason(self, it: NameFacts, free: Mapping[str, tuple[str, str]], locked: Mapping[str, str]) -> str:
        """Why a tool has its name. The lock is the reason only of a name that the rules would not choose. ``free``:
        what they choose without the lock."""
        pointer = it.operation.pointer
        name, because = free[pointer]
        if pointer not in locked:
            return self.because[pointer]
        return because if locked[pointer] in map(self.short, candidates(it, name)) else LOCKED

    def keep_former(self, owner: str, names: Sequence[str]) -> None:
        """Serve ``names`` on, unless another tool has them, or search does."""
        own = (name for name in names if name.lower() not in RESERVED_TOOLS)
        self.former[owner] = tuple(name for name in own if self.reserve(name, owner) in (None, owner))

    def short(self, name: str) -> str:
        """``name``, or a shorter one where clients would refuse it."""
        short = short_name(name)
        if short == name or self.reserve(short, name) not in (None, name):
            return name
        return short


def _unite_nouns(facts: Sequence[NameFacts], decided: dict[str, tuple[str, str]]) -> None:
    """One noun per record: ``get_X``, ``update_X`` and ``delete_X`` of one path, whatever their identifiers call it."""
    groups: dict[str, list[tuple[NameFacts, str, str]]] = defaultdict(list)
    for it in facts:
        verb, _, noun = decided[it.operation.pointer][0].partition("_")
        ours = verb in ("get", "update", "replace", "delete") and not it.wanted.wish
        if noun and ours and it.on_item and it.fixed:
            groups[it.operation.written].append((it, verb, noun))
    for group in groups.values():
        counts = Counter(noun for _, _, noun in group)
        if len(counts) < 2 or len({verb for _, verb, _ in group}) < len(group):
            continue
        # The noun of the lock, of the path, that most of them have, or of the reading one.
        locked = {noun for it, _, noun in group if decided[it.operation.pointer][1] == LOCKED}
        read = {noun for _, verb, noun in group if verb == "get"}
        own = singular_words("_".join(group[0][0].last))
        whole = {noun: noun.rpartition("_") for noun in counts}
        vague = {
            noun for noun, (head, _, tail) in whole.items() if head in counts and tail in terms.VAGUE
        }  # `get_order_details`
        usual = max(
            counts, key=lambda noun: (noun in locked, noun not in vague, counts[noun], noun == own, noun in read)
        )
        for it, verb, noun in group:
            if noun != usual and decided[it.operation.pointer][1] != LOCKED:
                because = "the other operations on its path call the record so"
                decided[it.operation.pointer] = (f"{verb}_{usual}", because)


def candidates(it: NameFacts, name: str, twin: bool = False, beside: bool = False) -> Iterable[str]:
    """Names of an operation, the best first; the last ones no other operation can have. ``twin``: one with the same
    path in another version has ``name`` already; ``beside``: one with the same path and another method has it."""
    if name:
        yield legal(name)
    versions = [
        snake(part) for part in it.operation.path.split("/") if VERSION.fullmatch(part) and part not in it.parts
    ]
    if twin and versions:
        yield legal(f"{name}_{versions[-1]}")
    if it.acts and it.nested and (told := object_of(it, it.last[0])) and not {*told} & {*name.split("_")}:
        yield legal("_".join([name, *told]))  # "Delete records" of `/collections/{id}/delete`
    if it.identified and (whole := name_of_identifier(it, whole=True)):
        yield whole
    if beside and it.acts:
        yield legal(f"{name}_by_{it.operation.method.lower()}")
    for parents in range(min(len(it.parts), _PARENTS) + 1):
        yield legal(path_name(it, parents))
    # The same words on both paths: versions, parameters and methods tell them apart, at last a digest.
    operation, base = it.operation, it.identified or it.wanted.wish or path_name(it)
    if (part := snake(operation.written.partition("#")[2])) and len(part) <= 24:
        yield legal(f"{base}_{part}")
    if versions:
        yield legal(f"{base}_{versions[-1]}")
    named = [snake(name) for name in placeholders(operation.path)]
    if named and named[-1]:
        yield legal(f"{base}_by_{named[-1]}")
        yield legal(f"{base}_by_{'_and_'.join(named)}")
    if form := re.search(r"\.(\w{2,5})$", operation.path):
        yield legal(f"{base}_{snake(form[1])}")
    yield legal(f"{base}_by_{operation.method.lower()}")
    yield legal(base, digest(operation.key))
    yield legal(base, digest(operation.pointer + operation.key))
