"""The name from a path: ``verb_resource``."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from adaptgen.model.evidence import Row, Table
from adaptgen.plan.document.tool_names import plural, singular_words, snake
from adaptgen.plan.effects.deeds import marks_as
from adaptgen.plan.names import terms
from adaptgen.plan.names.identifier import collapse
from adaptgen.plan.names.summary import object_of
from adaptgen.syntax.identifiers import singular

if TYPE_CHECKING:
    from adaptgen.plan.names.facts import NameFacts


VERB: Table[NameFacts] = Table(
    "what verb does the name of a tool begin with?",
    Row(90, "a segment of its path before the last one is a verb", lambda it: it.led,
        lambda it: it.parts[it.fixed[-2]]),
    Row(85, "its operationId ends with what a framework calls the method", lambda it: it.framework_verb,
        lambda it: it.framework_verb),
    Row(80, "its summary or description begins with this verb", lambda it: it.stated_verb, lambda it: it.stated_verb),
    Row(10, "it does what is usual for its method", lambda it: True,
        lambda it: it.role or terms.METHOD_VERBS[it.operation.method]),
)  # fmt: skip


def path_name(it: NameFacts, parents: int = 0) -> str:
    """``verb_resource`` from method, summary and path: ``GET /posts/{id}/comments`` -> ``list_post_comments``.

    A parent that is one record (followed by a placeholder) always belongs to the name, and so do those of a segment
    that says nothing alone (``/orders/history``); ``parents`` more segments are added to distinguish equal names.
    """
    parts, fixed = it.parts, it.fixed
    if not fixed:
        return f"{it.role or it.operation.method.lower()}_{'item' if parts else 'root'}"
    decided = VERB.strongest(it)
    assert decided is not None
    verb, words = decided.answer(it), it.last
    above = [parts[index] for index in (fixed[:-2] if it.led else fixed[:-1])]
    if verb == "list" and not plural(words[-1]):
        verb, words = _list_of(it, words)
    nested = it.nested and not it.led
    context = [singular_words(above[-1])] if nested else []
    extra = [singular_words(part) for part in above[: len(above) - len(context)]]
    told = object_of(it, verb) if verb == it.stated_verb and not parents and not it.acts else []
    if told and len(words[-1]) > 4 and not _path_says(it, words):
        return "_".join([verb, *context, *told])  # "Mark an item as starred" of `/starred/{item}`
    if it.acts:
        return _action_name(it, above, context, extra[len(extra) - parents :] if parents else [])
    if it.filters and above:
        owner = above[-1] if it.role == "list" else singular_words(above[-1])
        return "_".join([it.role or verb, *extra[len(extra) - 1 - parents : -1], owner, "by", *words])
    return _record_name(it, verb, words, above, context, parents)


def _path_says(it: NameFacts, words: Sequence[str]) -> bool:
    """Whether the summary has a word of the path's last segment, or a part of one."""
    said = [singular(word) for word in it.stated[0] if len(word) > 2]
    return any(singular(word)[:5] in one or one in word for word in words for one in said)


def _record_name(it: NameFacts, verb: str, words: list[str], above: list[str], context: list[str], parents: int) -> str:
    """The name of what is done to the records that the path names."""
    extra = [singular_words(part) for part in above[: len(above) - len(context)]]
    if words == ["new"] and above and it.operation.method == "POST":
        words, above, extra = above[-1].split("_"), above[:-1], extra[:-1]
    words = _without_verb(words, verb)
    if context and verb == it.stated_verb and words[-1] != verb and words[-1][:5] == verb.removeprefix("un")[:5]:
        words = words[:-1]  # "Unsubscribe from an issue" of `/issues/{id}/subscription`
    if it.kindred:
        words, context = [*words, above[-1]], []
    elif not context:
        together = above and _said_together(it, words[-1], above[-1])  # `/genres/movie`: "List movie genres"
        more = 1 if together else _vague(words, above)
        described = [*words, above[-1]] if together else _described(it, words, above, more)
        if more and described:
            owned = len(it.fixed) > more + 1 and it.fixed[-2 - more] + 1 < it.fixed[-1 - more]
            before = extra[len(extra) - more - parents - owned : len(extra) - more] if parents or owned else []
            return "_".join([verb, *before, *described])
        parents += more or (bool(above) and above[-1] not in verb.split("_") and _owns(it, words, above[-1]))
    extra = extra[len(extra) - parents :] if parents else []
    last = "_".join(words) if _takes_many(it, verb) else singular_words("_".join(words))
    return "_".join(collapse("_".join([verb, *extra, *context, last]).split("_")))


def _owns(it: NameFacts, words: Sequence[str], parent: str) -> bool:
    """Whether the segment before the last belongs to the name: what is in the singular is a part of the collection
    before it (``/decisions/stream``), and the summary may name it (``/qrcode/text``: "Text QR code")."""
    if parent in terms.NAMESPACES or {*map(singular, parent.split("_"))} <= {*map(singular, words)}:
        return False
    said = [singular(word) for word in it.stated[0]]
    pairs = {*said, *("".join(pair) for pair in pairwise(said))}
    own = snake(it.operation.id or "").split("_") == [parent, words[0]]  # `gsiDispatch`
    named = own or singular(parent.replace("_", "")) in pairs or {*map(singular, parent.split("_"))} <= {*said}
    part = len(words) < 3 and not plural(words[-1]) and not it.on_item
    return named or (plural(parent) and part)


def _said_together(it: NameFacts, last: str, parent: str) -> bool:
    """Whether the summary has the last segment, in the singular, right before the one above it."""
    said = [singular(word) for word in it.stated[0]]
    return not plural(last) and not it.on_item and (last, singular(parent)) in pairwise(said)


def _list_of(it: NameFacts, words: list[str]) -> tuple[str, list[str]]:
    """The verb and the words for a list under a path in the singular: in the plural where the summary has it, and of
    one record where it has not and the path ends with an id."""
    several = next((word for word in it.stated[0] if plural(word) and singular(word) == words[-1]), "")
    return "get" if it.on_item and not several else "list", [*words[:-1], several or words[-1]]


def _takes_many(it: NameFacts, verb: str) -> bool:
    """Whether ``verb`` is about several records: a path of records, and no word of a single one."""
    one_record = verb == "create" or (verb == it.stated_verb and set(it.stated[0][1:2]) & {"a", "an", "the"})
    return verb in ("list", "search", "find", "query") or not (it.on_item or one_record)


def _action_name(it: NameFacts, above: list[str], context: list[str], extra: list[str]) -> str:
    """The name of what the last segment of the path does: ``/orders/{id}/cancel`` -> ``cancel_order``."""
    words = it.last
    if len(words) > 1:
        if not context and above and set(words[1:]) <= terms.VAGUE - terms.ADJECTIVES:
            context = above[-1:]  # `/item/search-stats`
        if words[0] == "on" or not (context or extra):
            bare = above and not extra and set(words[1:]) <= terms.VERBS | terms.VAGUE  # `/notifications/mark-read`
            return "_".join([*words, *extra, *context, *(above[-1:] if bare and not context else [])])
        return "_".join([words[0], *extra, *context, *words[1:]])
    noun = context or above[-1:] or object_of(it, words[0])
    if mark := marks_as(it.operation):
        return "_".join(["mark", *(extra if context else extra[:-1]), *noun, mark])
    return "_".join([words[0], *(extra if context else extra[:-1]), *noun])


def _without_verb(words: list[str], verb: str) -> list[str]:
    """The words of a segment without its verb: ``/reports.get_chart``, ``/chats.invite``, ``/deleteimage``."""
    if verb in words[1:-1]:
        words = words[words.index(verb) :]
    if len(words) > 1 and words[-1] == verb:
        words = words[:-1]
    return words[1:] if len(words) > 1 and words[0] == verb else words


def _described(it: NameFacts, words: list[str], above: list[str], more: int) -> list[str]:
    """The last segments the other way round where they only describe the ``more``-th above: ``/movies/upcoming`` ->
    ``upcoming movies``; [] elsewhere."""
    described = [*above[len(above) - more :][1:], "_".join(words)]
    if not more or not all(one in terms.ADJECTIVES or one.endswith("able") for one in described):
        return []
    return [*(one for one in reversed(described) if one != "all" or it.role != "list"), above[-more]]


def _vague(words: Sequence[str], above: Sequence[str]) -> int:
    """How many parents the last segment needs in order to say something."""
    count = 0
    while count < len(above) and (set(words) <= terms.VAGUE or words[0].endswith("able")):
        count += 1
        words = above[-count].split("_")
    return count


def is_action(it: NameFacts) -> bool:
    """Whether the last segment of a path is what is done."""
    row = ACT.strongest(it) if it.operation.method in ("POST", "GET", "PUT", "PATCH") else None
    return row is not None and bool(row.answer(it))


def _is_verb_before_id(it: NameFacts) -> bool:
    """Whether the segment before the last placeholder is a verb: ``/users/{id}/follow/{other}``."""
    known = terms.ASKS if it.operation.method == "GET" else terms.STRONG
    alone = len(it.last) == 1 and it.last[0] in known and len(it.fixed) > 1
    return it.last[0] in terms.VERBS and (alone or it.says(it.last[0], clearly=True))


def _names_what_is_got(it: NameFacts) -> bool:
    """Whether the last segment of a GET is a noun that looks like a verb: ``getVlmMonitor``."""
    if it.operation.method != "GET":
        return False
    known = it.last[0] in terms.ASKS | terms.SAYS_READ
    got = snake(it.operation.id or "").partition("_")[0] in terms.SAYS_READ - set(it.last)
    said = it.stated[0] and terms.base_verb(it.stated[0][0]) in terms.SAYS_READ and it.last[0] in terms.SESSIONS
    reads = it.wanted.reads and not it.says(it.last[0]) and (said or not known)
    return reads or (got and (len(it.last) > 1 or not known))


def _is_what_is_created(it: NameFacts) -> bool:
    """Whether the last segment of a path is a record that is spelled like a verb: "Create a new watch"."""
    said = [word for word in it.stated[0] if word not in terms.DETERMINERS | {"new"}] or [""]
    created = it.operation.method == "POST" and said[0] in ("create", "add") and said[1:] == it.last
    return created or (it.asks_for_many and plural(said[-1]) and singular(said[-1]) == it.last[-1])


def _is_commanded(it: NameFacts) -> bool:
    """Whether a collection of acts is above the last segment, or it is an event: ``/orders/on-notify``."""
    event = it.last[0] == "on" and len(it.last) > 1
    return it.operation.method != "GET" and (event or it.parts[max(it.fixed[-1] - 1, 0)] in terms.ACTS)


ACT: Table[NameFacts] = Table(
    "is the last segment of a path what is done?",
    Row(90, "a placeholder follows it", lambda it: it.on_item, _is_verb_before_id),
    Row(85, "the summary creates one, or asks for them", _is_what_is_created, lambda _: False),
    Row(80, "it is what a GET gets", _names_what_is_got, lambda _: False),
    Row(70, "it is one of several acts, or an event", _is_commanded, lambda _: True),
    Row(60, "the summary begins with it, or the verb reads", lambda it: it.last[0] in terms.STRONG
        and (it.operation.method != "GET" or len(it.last) == 1 or it.last[0] in terms.ASKS | terms.SAYS_READ
             or it.says(it.last[0], clearly=True)), lambda _: True),
    Row(55, "it begins with what is rather a verb", lambda it: it.operation.method == "POST" and len(it.last) > 1
        and it.last[0] in terms.RATHER_VERBS and not plural(it.last[-1]), lambda _: True),
    Row(50, "the summary begins with it", lambda it: it.says(it.last[0], clearly=True)
        and it.operation.method in (("POST", "PUT", "PATCH") if it.last[0] in terms.VERBS else ("POST",)),
        lambda _: True),
    Row(40, "it is a verb below a record, if a noun too", lambda it: it.last[0] in terms.RECORDS and len(it.last) == 1
        and it.operation.method != "GET" and it.nested, lambda _: True),
)  # fmt: skip
