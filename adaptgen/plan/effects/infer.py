"""What a call does to the service: read, write or delete (RFC 9110, 9.2.1, and what people do instead).

A safe method may still change things in a legacy API (``GET /cancel``), and a POST may only search. Both need
evidence, and where it is thin the call counts as a write: taking a write for a read is the error that harms.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from adaptgen.model.plan import Basis, Evidence
from adaptgen.model.tables import Effect
from adaptgen.plan.document.operation_words import OperationWords
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
    if method == "POST":
        if answers_list and _only_searches(said):
            return "read", "POST that searches: its path and its name say so, and it answers a list"
        if because := _only_asks(facts, answers_list):
            return "read", because
    for spoken in (said.name or said.summary, said.last):
        for word in spoken[: 2 if spoken and spoken[0] in MANY else 1]:
            if word in DELETE:
                return "delete", f"{method}, and its name says {word!r}"
    return "write", method


# --------------------------------------------------------------------------------------------- POST that only asks


def _only_searches(said: OperationWords) -> bool:
    last = said.last
    verb = said.name[:1] or said.summary[:1]
    named = bool(last) and (last[0] in SEARCH_PATH or last[-1] in SEARCH_PATH or last == ("list",))
    searches = bool(verb) and (verb[0] in SEARCH_VERB or verb[0] in last)
    # `reviewList`, `Tickets_Query`: the name ends in what the path ends in, or the summary tells.
    searches = searches or said.name[-len(last) :] == last or said.summary[:1] in _FIRST_SEARCH
    if (said.summary[:1] and said.summary[0] in WEAK) or (last == ("list",) and said.name[:1] == ("post",)):
        return False  # `POST /list` called `postList` makes one
    return named and searches and not (_changes(said.summary) | _changes(said.name))


def _changes(spoken: tuple[str, ...]) -> set[str]:
    """The verbs of changing among the words; ``sends`` after another word is a noun, but not after ``and``."""
    alone = {word for before, word in pairwise(("and", *spoken)) if before in JOINS or word not in THIRD}
    return alone & (CHANGE | DELETE)


def _only_asks(facts: OperationFacts, answers_list: bool) -> str:
    """Why a POST only reads: what it is called and what is told about it agree that it asks, nothing speaks of a
    change, no input asks to keep something, and it answers 200 with a body. Empty where that is not so."""
    operation = facts.operation
    if "".join(facts.words.last) == "dryrun":
        return "POST that is a dry run"
    if _is_named_as_act(operation, facts.words):
        return ""
    said = _asked_for(operation, facts.words)
    asking = partial(_asking, computes="{" not in operation.path)
    # `/estimates` and `/views` are what a POST makes one of.
    names = [name for name in (said.name, said.last) if len(name) != 1 or singular(name[0]) == name[0]]
    called = next(filter(None, map(asking, names)), "")
    told = list(filter(None, map(asking, (said.summary, said.tells))))
    # A procedure as the path: `/getLevels`, called `getLevels`.
    procedure = len(said.last) > 1 and bool(asking(said.name)) and bool(asking(said.last))
    listed = answers_list and bool(set(said.summary[:1]) & OWN_LIST)
    witnesses = len(told) + bool(called) + procedure + listed + said.harmless
    if witnesses < 2 or _speaks_of_change(said) or _keeps_something(facts):
        return ""
    if not _answers_at_once(facts, tests=called in TESTS, sure=witnesses > 2):
        return ""
    return f"POST that only asks: {' and '.join(dict.fromkeys([called, *told] if called else told))} say so"


def _is_named_as_act(operation: Operation, said: OperationWords) -> bool:
    """Whether the name alone says that a POST does something."""
    last = said.last
    if set(last[-1:]) & PERFORM or singular("".join(last[-1:])) == "return":
        return True  # `/checks/perform` does it, `/payments/{id}/returns` gives it back
    if TESTS & {*said.name[:1], *said.summary[:1], *last[:1]} and CODES & {*said.name, *last, *said.summary}:
        return True  # a code for one use is spent by being checked
    # It is marked so.
    return last == ("read",) or (len(last) == 1 and last[0] in SEEN and "{" in operation.path)


def _asked_for(operation: Operation, said: OperationWords) -> OperationWords:
    """The words without those of tools and of courtesy before what is asked for."""
    name = said.name[1:] if _method_first(operation, said.name) else said.name
    return replace(said, name=name, summary=performed(said.summary), tells=performed(said.tells))


def _speaks_of_change(said: OperationWords) -> bool:
    change = CHANGE | DELETE | LASTING | CONSUMES
    for spoken in (said.name, said.last, said.summary, () if said.harmless else said.described):
        if set(spoken) & change or {("check", "in"), ("check", "out")} & set(pairwise(spoken)):
            return True
    return any(spoken and spoken[0] in WEAK for spoken in (said.name, said.last, said.summary, said.tells))


def _answers_at_once(facts: OperationFacts, *, tests: bool, sure: bool) -> bool:
    """Whether the answer is that of a question: 200 with a body, or without one of what only tests or is ``sure``."""
    operation, answer = facts.operation, facts.answer
    if answer is None or (answer.schema is None and not tests and not sure):
        return False
    if answer.status not in ({"200", "204"} if tests else {"200", "2XX", "default"}):
        return False
    if tests and "{" in operation.path and operation.body is None:
        return False  # what is stored is tested, and its state with it
    return not any(response.status in {"201", "202"} for response in operation.responses)


def _keeps_something(facts: OperationFacts) -> bool:
    """Whether an input asks to keep something."""
    names = [parameter.name for parameter in facts.operation.parameters]
    if facts.operation.body is not None:
        names += shape(facts.document, facts.operation.body.schema).properties
    return any(words(name)[:1] and words(name)[0] in KEEPS for name in names)


def _asking(spoken: tuple[str, ...], *, computes: bool) -> str:
    """The verb of asking that the words begin with, through ``perform`` and the like; empty where there is none."""
    if len(spoken) > 1 and spoken[0] in PERFORM and singular(spoken[1]) in ASKED:
        return spoken[1]
    if spoken[:1] == ("filter",):
        return ""  # what is filtered may be kept as another
    return spoken[0] if spoken and spoken[0] in (ASKS | COMPUTES if computes else ASKS) else ""


def _method_first(operation: Operation, name: tuple[str, ...]) -> bool:
    """Whether a tool has made the name of the method and the path: ``post_characters_names``."""
    path = words(operation.path)
    return len(name) > 1 and name[0] == operation.method.lower() not in path and name[1] in path


def _evidence(operation: Operation, effect: str, because: str, basis: Basis) -> Evidence:
    return Evidence(operation.key, "effect", effect, because, operation.pointer, basis)
