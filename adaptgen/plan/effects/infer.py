"""What a call does to the service: read, write or delete (RFC 9110, 9.2.1, and what people do instead).

A safe method may still change things in a legacy API (``GET /cancel``), and a POST may only search. Both need
evidence, and where it is thin the call counts as a write: taking a write for a read is the error that harms.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from adaptgen.model.evidence import RULES_OUT, Row, Table
from adaptgen.model.plan import Basis, Evidence
from adaptgen.model.tables import Effect
from adaptgen.plan.document.schemas import shape
from adaptgen.plan.effects.unsafe_gets import mutation, performed
from adaptgen.plan.effects.verbs import (
    ASKED,
    ASKS,
    CHANGE,
    CODES,
    COMPUTES,
    CONSUMES,
    DELETE,
    JOINS,
    KEEPS,
    LASTING,
    MANY,
    OWN_LIST,
    PERFORM,
    SEARCH_PATH,
    SEARCH_VERB,
    SEEN,
    TESTS,
    THIRD,
    WEAK,
)
from adaptgen.syntax.identifiers import singular, words

if TYPE_CHECKING:
    from adaptgen.plan.document.reader import Operation
    from adaptgen.plan.facts import OperationFacts
    from adaptgen.source.hints.model import ToolHint

_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_FIRST_SEARCH = {(word,) for word in SEARCH_VERB}


def find_effect(facts: OperationFacts, hint: ToolHint | None = None) -> tuple[Effect, Evidence]:
    """The effect of an operation and why. An answer that is declared as a list of records is the second half of the
    evidence that a POST only reads; an input that asks to keep something is evidence against it."""
    operation = facts.operation
    hinted = hint.effect if hint is not None else None
    if hinted in {"read", "write", "delete"}:
        return hinted, _evidence(operation, hinted, "the hints say so", "hint")
    answers_list = facts.answers_list or (hint is not None and hint.page is not None)
    effect, because = _inferred(facts, answers_list)
    if effect == "read" and facts.extensions.writes:
        return "write", _evidence(operation, "write", "an extension says that it is not read-only", "hint")
    # The method alone is what HTTP says of the effect (RFC 9110, 9.2.1).
    return effect, _evidence(operation, effect, because, "document" if because == operation.method else "inference")


def _inferred(facts: OperationFacts, answers_list: bool) -> tuple[Effect, str]:
    operation, said = facts.operation, facts.words
    method = operation.method
    if method in _SAFE:
        verb, source = mutation(operation, said)
        if verb:
            return ("delete" if verb in DELETE else "write"), f"{method}, but {source} says {verb!r}"
        return "read", method
    if method == "DELETE":
        return "delete", method
    if method == "POST" and (because := _only_reads(_Post(facts, answers_list))):
        return "read", because
    for spoken in (said.name or said.summary, said.last):
        for word in spoken[: 2 if spoken and spoken[0] in MANY else 1]:
            if word in DELETE:
                return "delete", f"{method}, and its name says {word!r}"
    return "write", method


# --------------------------------------------------------------------------------------------- POST that only asks


class _Post:
    """A POST that may only read. ``said``: its words without those of tools and of courtesy before what is asked for;
    ``called``: the verb of asking that its name or its path begins with; ``told``: those of its summary and
    description."""

    def __init__(self, facts: OperationFacts, answers_list: bool) -> None:
        operation, words_ = facts.operation, facts.words
        self.facts, self.operation, self.answers_list = facts, operation, answers_list
        name = words_.name[1:] if _method_first(operation, words_.name) else words_.name
        self.said = replace(words_, name=name, summary=performed(words_.summary), tells=performed(words_.tells))
        self.in_path = "{" in operation.path

    def asking(self, spoken: tuple[str, ...]) -> str:
        """The verb of asking that the words begin with, through ``perform`` and the like; empty where there is none."""
        if len(spoken) > 1 and spoken[0] in PERFORM and singular(spoken[1]) in ASKED:
            return spoken[1]
        if spoken[:1] == ("filter",):
            return ""  # what is filtered may be kept as another
        return spoken[0] if spoken and spoken[0] in (ASKS if self.in_path else ASKS | COMPUTES) else ""

    @cached_property
    def called(self) -> str:
        # `/estimates` and `/views` are what a POST makes one of.
        names = [name for name in (self.said.name, self.said.last) if len(name) != 1 or singular(name[0]) == name[0]]
        return next(filter(None, map(self.asking, names)), "")

    @cached_property
    def told(self) -> list[str]:
        return list(filter(None, map(self.asking, (self.said.summary, self.said.tells))))

    @property
    def tests(self) -> bool:
        return self.called in TESTS

    @property
    def is_procedure(self) -> bool:
        """`/getLevels`, called `getLevels`."""
        last = self.facts.words.last
        return len(last) > 1 and bool(self.asking(self.said.name)) and bool(self.asking(last))

    @property
    def is_named_as_act(self) -> bool:
        """Whether the name alone says that it does something."""
        said = self.facts.words
        last = said.last
        if set(last[-1:]) & PERFORM or singular("".join(last[-1:])) == "return":
            return True  # `/checks/perform` does it, `/payments/{id}/returns` gives it back
        if TESTS & {*said.name[:1], *said.summary[:1], *last[:1]} and CODES & {*said.name, *last, *said.summary}:
            return True  # a code for one use is spent by being checked
        # It is marked so.
        return last == ("read",) or (len(last) == 1 and last[0] in SEEN and self.in_path)

    @property
    def speaks_of_change(self) -> bool:
        said, change = self.said, CHANGE | DELETE | LASTING | CONSUMES
        for spoken in (said.name, said.last, said.summary, () if said.harmless else said.described):
            if set(spoken) & change or {("check", "in"), ("check", "out")} & set(pairwise(spoken)):
                return True
        return any(spoken and spoken[0] in WEAK for spoken in (said.name, said.last, said.summary, said.tells))

    @property
    def keeps_something(self) -> bool:
        """Whether an input asks to keep something."""
        names = [parameter.name for parameter in self.operation.parameters]
        if self.operation.body is not None:
            names += shape(self.facts.document, self.operation.body.schema).properties
        return any(words(name)[:1] and words(name)[0] in KEEPS for name in names)

    @property
    def is_answered_later(self) -> bool:
        """Whether its answers are not those of a question."""
        answer = self.facts.answer
        if answer is None or answer.status not in ({"200", "204"} if self.tests else {"200", "2XX", "default"}):
            return True
        return any(response.status in {"201", "202"} for response in self.operation.responses)

    @property
    def searches(self) -> bool:
        said = self.facts.words
        last = said.last
        verb = said.name[:1] or said.summary[:1]
        named = bool(last) and (last[0] in SEARCH_PATH or last[-1] in SEARCH_PATH or last == ("list",))
        searches = bool(verb) and (verb[0] in SEARCH_VERB or verb[0] in last)
        # `reviewList`, `Tickets_Query`: the name ends in what the path ends in, or the summary tells.
        searches = searches or said.name[-len(last) :] == last or said.summary[:1] in _FIRST_SEARCH
        if (said.summary[:1] and said.summary[0] in WEAK) or (last == ("list",) and said.name[:1] == ("post",)):
            return False  # `POST /list` called `postList` makes one
        return named and searches and not (_changes(said.summary) | _changes(said.name))


ONLY_ASKS: Table[_Post] = Table(
    "does a POST only ask?",
    Row(RULES_OUT, "its name says that it does something", lambda post: post.is_named_as_act),
    Row(RULES_OUT, "it speaks of a change", lambda post: post.speaks_of_change),
    Row(RULES_OUT, "an input asks to keep something", lambda post: post.keeps_something),
    Row(RULES_OUT, "it has not answered with 200", lambda post: post.is_answered_later),
    # What is stored is tested, and its state with it.
    Row(RULES_OUT, "it tests a record", lambda post: post.tests and post.in_path and post.operation.body is None),
    Row(1, "its name asks", lambda post: bool(post.called)),
    Row(1, "its summary or description asks", lambda post: len(post.told)),
    Row(1, "its path is a procedure that asks", lambda post: post.is_procedure),
    Row(
        1,
        "its summary asks, and it answers a list",
        lambda post: post.answers_list and bool(set(post.said.summary[:1]) & OWN_LIST),
    ),
    Row(1, "it says that it changes nothing", lambda post: bool(post.said.harmless)),
    Row(
        -1,
        "its answer has no body",
        lambda post: not post.tests and not (post.facts.answer and post.facts.answer.schema),
    ),
)
"""Two of what it is called and what is told about it must agree that it asks."""

POST_READS: Table[_Post] = Table(
    "does a POST only read?",
    Row(
        30,
        "POST that searches: its path and its name say so, and it answers a list",
        lambda post: post.answers_list and post.searches,
    ),
    Row(20, "POST that is a dry run", lambda post: "".join(post.facts.words.last) == "dryrun"),
    Row(10, "POST that only asks", lambda post: ONLY_ASKS.score(post).total > 1),
)


def _only_reads(post: _Post) -> str:
    """Why a POST only reads; empty where it does not."""
    row = POST_READS.strongest(post)
    if row is None or row.weight > 10:
        return row.because if row else ""
    verbs = [post.called, *post.told] if post.called else post.told
    return f"{row.because}: {' and '.join(dict.fromkeys(verbs))} say so"


def _changes(spoken: tuple[str, ...]) -> set[str]:
    """The verbs of changing among the words; ``sends`` after another word is a noun, but not after ``and``."""
    alone = {word for before, word in pairwise(("and", *spoken)) if before in JOINS or word not in THIRD}
    return alone & (CHANGE | DELETE)


def _method_first(operation: Operation, name: tuple[str, ...]) -> bool:
    """Whether a tool has made the name of the method and the path: ``post_characters_names``."""
    path = words(operation.path)
    return len(name) > 1 and name[0] == operation.method.lower() not in path and name[1] in path


def _evidence(operation: Operation, effect: str, because: str, basis: Basis) -> Evidence:
    return Evidence(operation.key, "effect", effect, because, operation.pointer, basis)
