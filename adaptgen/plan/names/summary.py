"""What the summary of an operation says for its name: the verb, and what it is done to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adaptgen.model.evidence import Row, Table
from adaptgen.model.tables import value
from adaptgen.plan.document.tool_names import legal, snake
from adaptgen.plan.names import terms
from adaptgen.syntax.identifiers import singular

if TYPE_CHECKING:
    from adaptgen.plan.names.facts import NameFacts

LONGEST = 48
"""Characters of a name from an identifier or a summary; that of a path is shorter."""


def without_own_name(it: NameFacts, words: tuple[str, ...]) -> tuple[str, ...]:
    """``Range gets the keys`` of the operation ``Range`` -> ``gets the keys``."""
    own = {it.parts[it.fixed[-1]] if it.fixed else "", snake(it.operation.id or "").replace("_", "")}
    named = (
        len(words) > 2 and words[0] in own and words[1] not in terms.VERBS and terms.base_verb(words[1]) in terms.VERBS
    )
    return words[1:] if named else words


@value()
class Said:
    """A sentence about an operation. ``verb``: its first word as a verb; ``after``: the word after it."""

    it: NameFacts
    words: tuple[str, ...]
    verb: str
    after: str

    @property
    def method(self) -> str:
        return self.it.operation.method

    @property
    def listed(self) -> bool:
        """Whether a list of verbs knows the verb."""
        return self.verb in terms.VERBS


SAID: Table[Said] = Table(
    "which verb of a sentence begins the name of a tool?",
    Row(100, "many are changed at once", lambda one: one.verb in terms.MANY
        and terms.base_verb(one.after) in terms.STRONG, lambda one: f"{one.verb}_{terms.base_verb(one.after)}"),
    Row(95, "it says two things", lambda one: one.after in ("or", "and"), lambda _: ""),
    Row(90, "it creates below a record", lambda one: (one.method, one.it.role) == ("POST", "update")
        and one.verb in ("add", "create") and one.after in terms.DETERMINERS, lambda one: one.verb),
    Row(85, "what precedes an article is done", lambda one: not one.listed and _is_unlisted_verb(one.it, one.words),
        lambda one: singular(one.words[0])),
    Row(80, "it says no more than the method", lambda one: not one.listed or one.verb in ("perform", "execute")
        or one.verb in terms.SAYS_SAME.get(one.method, ()), lambda _: ""),
    Row(75, "nothing that a GET reads is changed", lambda one: one.method == "GET" and one.verb not in terms.ASKS
        and (one.it.wanted.reads or one.verb not in terms.CHANGES), lambda _: ""),
    Row(70, "the path says it in its words", lambda one: one.it.last[1:][-1:] != [one.verb]
        and any(word.startswith(one.verb) for word in one.it.last), lambda _: ""),
    Row(65, "what changes does not read", lambda one: one.method not in ("GET", "POST", "HEAD")
        and one.verb in terms.SAYS_READ - {"receive"}, lambda _: ""),
    Row(60, "an article follows the verb", lambda one: one.after in terms.DETERMINERS,
        lambda one: terms.READ_BY_POST.get(one.verb, one.verb)),
    Row(55, "it is hardly ever a noun", lambda one: one.verb in terms.SURE and len(one.words) > 2
        and one.words[0] == one.verb and one.after not in terms.THINGS, lambda one: one.verb),
    Row(50, "it reads", lambda one: one.verb in terms.READS, lambda one: terms.READ_BY_POST.get(one.verb, one.verb)),
    Row(45, "what follows the verb joins, or the path has it", lambda one: one.verb in terms.STRONG
        and (one.after in terms.LINKING | {"if", "whether"} or _is_named(one)),
        lambda one: terms.READ_BY_POST.get(one.verb, one.verb)),
)  # fmt: skip


def verb_of(it: NameFacts, words: tuple[str, ...]) -> str:
    """The verb that ``words`` begin with, where it says more than the method does."""
    if len(words) < 2:
        return ""
    one = Said(it, words, terms.base_verb(words[0]), words[1])
    row = SAID.strongest(one)
    found: str = row.answer(one) if row is not None else ""
    return found


def _is_named(one: Said) -> bool:
    """Whether the path has the word that follows the verb, but not the verb with it."""
    known = singular(one.after) in one.it.path_words and f"{one.verb}_{one.after}" not in one.it.parts
    return known and one.words[0] == one.verb


def _is_unlisted_verb(it: NameFacts, words: tuple[str, ...]) -> bool:
    """Whether the first of ``words`` is a verb by its place: ``Reposts a track``."""
    word = singular(words[0])
    return (
        it.operation.method in ("POST", "PUT", "PATCH", "DELETE")
        and words[1] in ("a", "an", "the")
        and len(words) > 2
        and len(word) > 3
        and word.isalpha()
        and word not in terms.NO_ACTS
        and not word.endswith("ing")
        and not any(word[:5] in part for part in it.path_words)
    )


def name_of_summary(it: NameFacts) -> str:
    """The name from the summary: ``Geolocate a given IP address`` -> ``geolocate_ip_address``."""
    said = it.stated[0] or it.stated[1]
    words = [word for word in said if word not in terms.DETERMINERS]
    if it.fixed or not 1 < len(said) <= 8 or not words or terms.GENERIC & set(said[1:]):
        return ""
    verb = terms.base_verb(words[0])
    if verb in terms.VERBS and len(words) > 1:
        verb = terms.METHOD_VERBS[it.operation.method] if verb in terms.SAYS_SAME.get(it.operation.method, ()) else verb
        words = words[1:]
        if verb == "get" and it.role == "list":
            verb = "list"
    elif said[1] in terms.DETERMINERS and len(words) > 1:
        verb, words = words[0], words[1:]
    else:
        verb = it.role or terms.METHOD_VERBS[it.operation.method]
    words = words[:5]
    while len(words) > 1 and words[-1] in terms.LINKING:
        del words[-1]
    name = snake("_".join([verb, *words]))
    return legal(name) if len(name) <= LONGEST and name.count("_") == len(words) else ""


def object_of(it: NameFacts, verb: str) -> list[str]:
    """What the summary says that ``verb`` is done to: ``Link web activity to user`` -> ``web activity``; [] where the
    path is all there is."""
    said = it.stated[0]
    if not said or terms.base_verb(said[0]) != verb:
        return []
    after = [word for word in said[1:] if word not in terms.DETERMINERS]
    if after[:2] == ["list", "of"]:
        del after[:2]
    ends = terms.LINKING | terms.JOINTS
    end = next((index for index, word in enumerate(after) if word in ends or not word.isalpha()), len(after))
    return after[:end] if end <= 3 else []
