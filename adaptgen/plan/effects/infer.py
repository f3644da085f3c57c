"""What a call does to the service: read, write or delete (RFC 9110, 9.2.1, and what people do instead).

A safe method may still change things in a legacy API (``GET /cancel``), and a POST may only search. Both need
evidence, and where it is thin the call counts as a write: taking a write for a read is the error that harms.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from adaptgen.model.evidence import Row, Table
from adaptgen.model.plan import Basis, Evidence
from adaptgen.model.tables import Effect
from adaptgen.plan.document.schemas import shape
from adaptgen.plan.effects.unsafe_gets import mutation, performed
from adaptgen.plan.effects.verbs import (
    ACTING_PAIRS,
    AFTER_NOUN,
    ASKED_UNSPACED,
    ASKS,
    ASKS_FOR_PAGES,
    ASKS_TOO,
    CHANGE,
    CODES,
    CONSUMES,
    DELETE,
    DETERMINERS,
    DONE_TO,
    DONE_UNSPACED,
    FOREIGN_ACTS,
    HARMLESS,
    JOINS,
    KEEPS,
    MANY,
    NOUNS,
    NOUNS_OF_PAGES,
    OPEN,
    OWN,
    OWN_LIST,
    PERFORM,
    QUIET,
    READ,
    SEARCH_PATH,
    SEARCH_VERB,
    SEEN,
    STATEMENTS,
    THIRD,
    TRIES,
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
    if method == "POST" and (row := POST_READS.strongest(_Post(facts, answers_list))) is not None:
        return "read", row.because
    for spoken in (said.name or said.summary, said.last):
        for word in spoken[: 2 if spoken and spoken[0] in MANY else 1]:
            if word in DELETE:
                return "delete", f"{method}, and its name says {word!r}"
    return "write", method


# --------------------------------------------------------------------------------------------- POST that only asks


class _Post:
    """A POST that may only read. ``said``: its words without those of tools and of courtesy before what is asked
    for."""

    def __init__(self, facts: OperationFacts, answers_list: bool) -> None:
        operation, words_ = facts.operation, facts.words
        self.facts, self.operation, self.answers_list = facts, operation, answers_list
        # `postView` of `/views` makes one.
        noun = words_.last != words_.name[1:] == tuple(map(singular, words_.last))
        post = words_.name[:1] == ("post",) and words_.name[1:2] and words_.name[1] in ASKS and not noun
        alone = words_.name == ("post",) != words_.last  # a tool calls it by its method
        name = words_.name[1:] if post or alone or _method_first(operation, words_.name) else words_.name
        summary, tells = (
            performed(_without(name, _without(words_.last, spoken))) for spoken in (words_.summary, words_.tells)
        )
        if words_.summary == words_.name:
            summary = name
        self.said = replace(words_, name=name, summary=summary, tells=tells, described=performed(words_.described))
        self.in_path = "{" in operation.path

    @property
    def is_named_as_act(self) -> bool:
        """Whether the name alone says that it does something."""
        said = self.facts.words
        last = said.last
        if set(last[-1:]) & PERFORM or singular("".join(last[-1:])) == "return":
            return True  # `/checks/perform` does it, `/payments/{id}/returns` gives it back
        if "return" in {*last[:1], *said.name[:1]} and not self.answers_list:
            return True  # `return_order`; an answer is got
        begun = {*said.name[:1], *said.summary[:1], *said.tells[:1], *last[:1]}
        if TRIES & begun and CODES & {*said.name, *last, *said.summary, *said.tells}:
            return True  # a code for one use is spent by being checked
        if "graphql" in "".join((*said.name, *last, *said.summary, *said.described)):
            return True  # its queries may be mutations
        if any(STATEMENTS & set(words(name)[-1:]) for name in self.inputs) or self.acts_abroad:
            return True  # a statement may change anything
        if any(map(_happens, self.sentences)):
            return True
        if any(map(_acts_too, (self.said.name, last, self.said.summary, self.said.tells))):
            return True
        # It is marked so.
        return last == ("read",) or (len(last) == 1 and last[0] in SEEN and self.in_path)

    @property
    def acts_abroad(self) -> bool:
        """Whether words of another language say that it does something."""
        said = self.said
        spoken = {*said.name, *said.last, *said.summary, *said.described}
        return bool(spoken & FOREIGN_ACTS) or any(part in word for word in spoken for part in DONE_UNSPACED)

    @cached_property
    def sentences(self) -> list[tuple[str, ...]]:
        """The words of each sentence of the description, without addresses and points of lists."""
        plain = re.sub(r"\(?https?://\S+|'s\b", " ", self.operation.description[:1000])
        return [words(part) for part in re.split(r"[.!?]\s+|\n\s*\n", plain) if part[:1].isalpha()]

    @property
    def keeps_something(self) -> bool:
        """Whether an input asks to keep something; ``publish_timestamp`` is a time."""
        called = [words(name) for name in self.inputs]
        return any(name[:1] and name[0] in KEEPS and name[-1] not in {"timestamp", "date", "at"} for name in called)

    @cached_property
    def inputs(self) -> list[str]:
        """The names of all inputs."""
        body = self.operation.body
        inner = shape(self.facts.document, body.schema).properties if body is not None else ()
        return [*(parameter.name for parameter in self.operation.parameters), *inner]

    @property
    def is_answered_later(self) -> bool:
        """Whether its answers are not those of a question."""
        answer = self.facts.answer
        if answer is None or answer.status not in {"200", "2XX", "default"}:
            return True
        return any(response.status in {"201", "202"} for response in self.operation.responses)

    @property
    def pages(self) -> bool:
        """Whether it asks, in its words, for a list that comes in parts or with its total, and for nothing else."""
        facts, said = self.facts, self.said
        if self.keeps_something or self.is_answered_later or not (facts.answer and facts.answer.schema):
            return False
        if self.is_named_as_act:
            return False
        paged = any(place.signs for place in facts.page_inputs if place.place != "header")
        if not self.names_list(paged):
            return False
        if any(set(part) & (CHANGE | DELETE) - THIRD for part in (said.name, said.last)):
            return False
        if any(part and part[0] in WEAK for part in (said.name, said.last, said.summary, said.tells)):
            return False
        if any(_changes(part) - NOUNS or _joined(part) & NOUNS for part in (said.summary, said.described)):
            return False
        return paged or facts.says_part

    def names_list(self, paged: bool) -> bool:
        """Whether its words ask for a list; with an input that pages it, those of its description too: "Gets licenses
        for images", with their total, buys them."""
        said = self.said
        told = [part for part in (said.name, said.summary, said.tells if paged else ()) if part]
        spoken = [part[0] for part in told if not (part[1:] and part[0] in NOUNS_OF_PAGES)]
        if len(said.last) != 1 or singular(said.last[0]) == said.last[0]:
            spoken += said.last
        if any(word in ASKS_FOR_PAGES or word.endswith(("query", "search")) for word in spoken):
            return True
        return any(part in word for word in (*said.name, *said.summary, *said.last) for part in ASKED_UNSPACED)

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
        if self.is_named_as_act or _joined(said.tells) & (CHANGE | DELETE | CONSUMES):
            return False
        return named and searches and not (_changes(said.summary) | _changes(said.name))


POST_READS: Table[_Post] = Table(
    "does a POST only read?",
    Row(
        30,
        "POST that searches: its path and its name say so, and it answers a list",
        lambda post: post.answers_list and post.searches,
    ),
    Row(25, "POST that asks for a list in parts or with its total", lambda post: post.pages),
    Row(20, "POST that is a dry run", lambda post: "".join(post.facts.words.last) == "dryrun"),
)
"""Words alone do not make a read: a write taken for a read harms, a read taken for a write costs a line of hints."""


def _without(last: tuple[str, ...], spoken: tuple[str, ...]) -> tuple[str, ...]:
    """A sentence without the name of the operation as its subject: "Range gets the keys in the range"."""
    size = len(last)
    verbal = (
        last and spoken[:size] == last and spoken[size : size + 1] and spoken[size] in ASKS and spoken[size][-1] == "s"
    )
    return spoken[size:] if verbal else spoken


def _joined(spoken: tuple[str, ...]) -> set[str]:
    """The words that begin a sentence or follow after ``and``."""
    return {word for before, word in pairwise(("and", *spoken)) if before in JOINS}


def _acts_too(spoken: tuple[str, ...]) -> bool:
    """Whether the words add an act to what is asked, whatever its verb: ``previewAndCommit``, "Gets and locks tasks",
    "Plays a sound", "Get a new address"."""
    first, objects = spoken[:1], {*DETERMINERS, "it", "them"}
    if ACTING_PAIRS & set(pairwise(spoken)) or (spoken[1:3] == ("a", "new") and spoken[0] in OWN_LIST):
        return True
    if spoken[1:] and spoken[0].endswith("s") and spoken[0] not in ASKS_TOO and spoken[1] in objects:
        return True
    asks = bool(first) and first[0] in ASKS - {"list", "lists"}
    return any(
        (at == 1 and asks) or (after and after[0] in objects)
        for at in range(1, len(spoken) - 1)
        if spoken[at] in {"and", "then"} and spoken[at + 1] not in ASKS_TOO | DETERMINERS
        for after in (spoken[at + 2 : at + 3],)
    )


def _happens(spoken: tuple[str, ...]) -> bool:
    """Whether a sentence says that something is done or happens: "Replaces older ones", "The gate opens", "The ticket
    is stamped". What ends in ``s`` may be a verb, where no more follows than after one."""
    asks = -1  # where it asks: what follows is asked for, but not after "and"
    for at, (word, after) in enumerate(pairwise((*spoken, ""))):
        verbal = at == 0 or (1 < at < 6 and spoken[0] in {"the", "each", "every", "a", "an", "new"})
        third = word.endswith("s") and not word.endswith(("ss", "us", "is")) and after not in AFTER_NOUN
        if verbal and third and (asks < 1 or spoken[at - 1] in JOINS):
            if not {word, word[:-1], word.removesuffix("es")} & (QUIET | {"this", "as", "its", "always"}):
                return True
            asks = at if word in READ | ASKS else asks
        if word == "gets" and after in OWN and spoken[0] in {"each", "it", "all"}:
            return True
        if word in {"is", "are", "be", "been", "gets"} and not OPEN.intersection(spoken[:at]):
            done = spoken[at + 2 : at + 3] if after.endswith("ly") or after in JOINS | {"only", "now"} else (after,)
            if any((one.endswith("ed") or one in DONE_TO) and one not in HARMLESS for one in done):
                return True
    return False


def _changes(spoken: tuple[str, ...]) -> set[str]:
    """The verbs of changing among the words; ``sends`` after another word is a noun, but not after ``and``."""
    alone = {word for word in spoken if word not in THIRD} | _joined(spoken)
    return alone & (CHANGE | DELETE | CONSUMES)


def _method_first(operation: Operation, name: tuple[str, ...]) -> bool:
    """Whether a tool has made the name of the method and the path: ``post_characters_names``."""
    path = words(operation.path)
    named = name[1:2] and (name[1] in path or "".join(name[1:]) in path)
    return bool(named) and name[0] == operation.method.lower() not in path


def _evidence(operation: Operation, effect: str, because: str, basis: Basis) -> Evidence:
    return Evidence(operation.key, "effect", effect, because, operation.pointer, basis)
