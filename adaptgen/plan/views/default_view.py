"""The default view of an answer: which paths of a record agents see unless they ask for others."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any

from adaptgen.diagnostics import Diagnostic, Where, error
from adaptgen.model.plan import Evidence
from adaptgen.model.tables import Paging, value
from adaptgen.plan.document.envelope import at, jsonpath
from adaptgen.plan.document.reader import PLACEHOLDER, is_json
from adaptgen.plan.document.schemas import Shape, every_property, join, leaves, shape
from adaptgen.plan.views.identity import identifying, identifying_records, repeats
from adaptgen.plan.views.record_view import HOLDERS, candidates, detail_view, ranking, under
from adaptgen.syntax import field_paths as fields
from adaptgen.syntax.identifiers import singular, words
from adaptgen.views.pipeline import choose_view
from adaptgen.views.scoring import plain
from adaptgen.views.vocabulary import is_wrapper_word

if TYPE_CHECKING:
    from adaptgen.plan.document.reader import Operation
    from adaptgen.plan.facts import OperationFacts
    from adaptgen.source import Document
    from adaptgen.source.hints.model import ToolHint

Json = Any
_WRAPPED = 2  # wrappers around one another


@value()
class ViewPlan:
    """``view``: paths relative to one item or to the payload (None: chosen from the first answer). ``answer``: the
    JSONPath of the payload of an answer that is no list."""

    view: tuple[str, ...] | None
    answer: str = "$"
    evidence: tuple[Evidence, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


def find_view(
    facts: OperationFacts,
    page: Paging | None,
    hint: ToolHint | None = None,
    *,
    where: Callable[..., Where] | None = None,
) -> ViewPlan:
    """The default view of the success answer of an operation; hints win.

    A hinted path that a schema does not declare is a warning only: APIs answer more than they document. ``where``
    returns the place of a key of the tool's hint.

    Raises:
        AdaptgenError: AG036 for a path that cannot be read.
    """
    document, operation, schema = facts.document, facts.operation, facts.schema
    payload = "$" if page is not None or schema is None else _payload(facts, schema)
    if hint is not None and hint.answer is not None:
        if not hint.answer.startswith("$"):
            raise error(
                "AG036", f"answer: {hint.answer!r} is not a JSONPath of the body", _at(where, "answer"), "write $.…"
            )
        payload = hint.answer
    elif hint is not None and hint.view is not None and page is None and schema is not None:
        payload = _viewed(document, at(document, schema, payload), hint.view, payload)
    root = at(document, schema, payload) if schema is not None else None
    record = _item(document, schema, page) if page is not None and schema is not None else root
    if hint is not None and hint.view is not None:
        notes = _check(document, operation, record, hint.view, where)
        made = Evidence(operation.key, "view", ", ".join(hint.view), "the hints say so", operation.pointer, "hint")
        return ViewPlan(tuple(hint.view), payload, (made,), notes)
    if record is None or operation.method == "HEAD":
        return ViewPlan(None, payload)
    view = _list_view(facts, record) if page is not None else detail_view(facts, record)
    if not view:
        return ViewPlan(None, payload)
    because = f"the most telling of {len(leaves(document, record))} declared fields"
    return ViewPlan(view, payload, (Evidence(operation.key, "view", ", ".join(view), because, operation.pointer),))


def _at(where: Callable[..., Where] | None, *keys: str | int) -> Where | None:
    return where(*keys) if where else None


def _item(document: Document, schema: Json, page: Paging) -> Json | None:
    rows = at(document, schema, page.items)
    if rows is None:
        return None
    one = shape(document, rows)
    if one.items is None and len(one.variants) > 1 and not one.properties:
        each = [items for option in one.variants if (items := shape(document, option).items) is not None]
        return {"anyOf": each} if each else None
    if one.items is None and one.properties:
        return rows  # one record is declared in the place of a list
    if one.items is not None and _is_page_again(document, schema, page.items, one.items):
        return None
    return one.items


def _is_page_again(document: Document, schema: Json, items: str, item: Json) -> bool:
    """Whether the records are declared as what holds them, by a slip: ``{"tasks": [{"tasks": […], "total": 3}],
    "total": 3}``. What is a record has an identity or a name, as the nodes of a tree do."""
    above, _, last = items.rpartition(".")
    inner = shape(document, item).properties.keys()
    outer = shape(document, at(document, schema, above or "$")).properties.keys()
    return (
        last in inner
        and len(inner) > 1
        and inner <= outer
        and not ranking(document, candidates(document, item)).is_record
    )


def _payload(facts: OperationFacts, schema: Json) -> str:
    """Through wrappers that hold one object and nothing else but how the call went: ``{"data": {…}, "status": …}``.
    What is next to a record would be out of reach, so anything but wrapper words ends it."""
    keys: tuple[str, ...] = ()
    document, noun = facts.document, facts.resource
    asked = {plain(name) for name in PLACEHOLDER.findall(facts.operation.path)} if facts.names_record else set()
    here = shape(document, schema)
    for _ in range(_WRAPPED):
        key = _wrapped(document, here, noun, asked)
        if key is None:
            break
        keys, here = (*keys, key), shape(document, here.properties[key])
    return jsonpath(keys)


def _viewed(document: Document, payload: Json | None, view: Sequence[str], path: str) -> str:
    """Where the paths of a hinted view are relative to: ``path``, or the member that alone declares them. A hint may
    have been written when that member was opened although a record of its own is next to it."""
    try:
        wanted = [list(fields.parse(one)) for one in view]
    except fields.PathError:
        return path  # said below, with its place
    one = shape(document, payload)
    if payload is None or not one.properties or any(_declared(document, payload, each) for each in wanted):
        return path
    inner = [key for key, node in one.properties.items() if shape(document, node).properties
             and all(_declared(document, node, each) for each in wanted)]  # fmt: skip
    return f"{path}{jsonpath((inner[0],))[1:]}" if len(inner) == 1 else path


def _wrapped(document: Document, one: Shape, noun: tuple[str, ...], asked: Collection[str]) -> str | None:
    """The member that ``one`` only wraps: `data`, `result` and the resource's noun before others. What holds a value
    that the path asks for (``asked``) is a part of the record whatever its name."""
    inner = {key: shape(document, node) for key, node in every_property(document, one).items()}
    objects = [
        key
        for key in one.properties
        if inner[key].properties or (inner[key].variants and inner[key].type in {"object", None})
    ]
    names = {key: tuple(map(singular, words(key))) for key in objects}
    order = [("data",), ("result",), noun, *sorted(HOLDERS)]
    named = [key for wanted in order for key in objects if names[key] == wanted]
    others = [key for key in objects if key not in named and not is_wrapper_word(key)]
    best = next(iter((*named, *others)), None)
    if best is None:
        return None
    beside = [key for key in inner if key != best]
    about = [
        key
        for key in beside
        if is_wrapper_word(key)
        and not (key in objects and names[key] == noun)
        and not any(plain(name) in asked for name in inner[key].properties)
    ]
    return best if len(about) == len(beside) else None


def _list_view(facts: OperationFacts, record: Json) -> tuple[str, ...]:
    document = facts.document
    if grouped := grouped_view(document, record):
        return grouped
    names, about = identifying(facts, record), facts.subject
    found = candidates(document, record)
    repeated = repeats(facts, [one.path for one in found])
    # What repeats what the caller gave tells nothing apart, unless nothing else does (``/users/{user_id}/friends``):
    # then it speaks of other things of the same kind.
    own = [one for one in found if not repeated(one.path)]
    ranked = ranking(document, own, names, about, entry=True)
    if not ranked.is_record:
        ranked = ranking(document, found, names, about, entry=True)
    return choose_view(ranked)


# ------------------------------------------------------------------------------------------------------------ hints


def check_step_view(
    document: Document,
    operation: Operation,
    items: str | None,
    view: tuple[str, ...],
    where: Callable[..., Where],
) -> tuple[Diagnostic, ...]:
    """What is wrong with the hinted view of a step, whose paths are relative to an item of JSONPath ``items``, or to
    the whole answer where it is None.

    Raises:
        AdaptgenError: AG036 for a path that cannot be read.
    """
    answer = operation.success()
    usable = answer is not None and (answer.media is None or is_json(answer.media))
    record = answer.schema if answer is not None and usable else None
    if items is not None and record is not None:
        rows = at(document, record, items)
        record = None if rows is None else shape(document, rows).items
    return _check(document, operation, record, view, where)


def _check(
    document: Document,
    operation: Operation,
    record: Json | None,
    view: tuple[str, ...],
    where: Callable[..., Where] | None,
) -> tuple[Diagnostic, ...]:
    notes = []
    for index, path in enumerate(view):
        try:
            segments = fields.parse(path)
        except ValueError as wrong:
            raise error("AG036", f"the path {path!r} of the view cannot be read: {wrong}", _at(where, "view", index),
                        'write it dotted: organization.name, tags[*].name, ["odd.key"]') from None  # fmt: skip
        if record is not None and not _declared(document, record, list(segments)):
            message = f"the view of {operation.key} names {path!r}, which its answer does not declare"
            notes.append(Diagnostic("AG036", message, _at(where, "view", index), "check the spelling", "warning"))
    return tuple(notes)


def _declared(document: Document, schema: Json, segments: list[Any]) -> bool:
    """Whether the path leads somewhere in ``schema``; open objects may hold anything."""
    one = shape(document, schema)
    if not segments:
        return True
    if one.variants and not one.properties and one.type != "array":
        return any(_declared(document, option, segments) for option in one.variants)
    head, rest = segments[0], segments[1:]
    if isinstance(head, str) and head in one.properties:
        return _declared(document, one.properties[head], rest)
    if one.type == "array":
        return one.items is None or (not isinstance(head, str) and _declared(document, one.items, rest))
    return not one.properties or bool(one.additional) or bool(one.variants)


_DEEP = 3  # groups around a record
_OF_A_GROUP = 2  # values of its own that a group may have


def grouped_view(document: Document, entry: Json) -> tuple[str, ...]:
    """Where the entries of a list have no value of their own and hold one list, perhaps of groups with little but
    another list (``{"brands": [{"name": "B", "atms": [{"id": 1}]}]}``): what is said of the groups, and the fields that
    identify the records; none for other entries."""
    prefix, here = "", entry
    shown: list[str] = []
    for level in range(_DEEP):
        own = [one for one in candidates(document, here) if "[*]" not in one.path]
        if len(own) > (_OF_A_GROUP if level else 0):
            break
        inner = {key: shape(document, node).items for key, node in shape(document, here).properties.items()}
        lists = [key for key, items in inner.items() if items is not None and shape(document, items).properties]
        if len(lists) != 1:
            break
        shown += [under(prefix, one.path) for one in own]
        prefix, here = under(prefix, join("", lists[0]) + "[*]"), inner[lists[0]]
    if not prefix:
        return ()
    found = [one for one in candidates(document, here) if "[*]" not in one.path]
    if not ranking(document, found, entry=True).is_record:
        return ()
    names, about = identifying_records(document, here, prefix)
    telling = choose_view(ranking(document, found, names, about, entry=True))
    return (*shown, *(under(prefix, path) for path in telling))
