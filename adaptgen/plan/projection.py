"""The default view of an answer: which paths of a record agents see unless they ask for others."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from adaptgen import fields
from adaptgen.diagnostics import Diagnostic, Where, error
from adaptgen.model import Paging, value
from adaptgen.plan.envelope import at, jsonpath, resource_words
from adaptgen.plan.identifying import identifying, repeats
from adaptgen.plan.operations import is_json
from adaptgen.plan.schemas import Leaf, Shape, identity, join, leaves, memory, shape
from adaptgen.plan.tabular_answer import rows_of
from adaptgen.planned import Evidence
from adaptgen.ranking import Candidate, is_record, rank
from adaptgen.sensitivity import kind_of
from adaptgen.words import singular, vocabulary, words

if TYPE_CHECKING:
    from adaptgen.plan.operations import Operation
    from adaptgen.source import Document
    from adaptgen.source.hints import ToolHint

Json = Any
_WHOLE = 12  # properties of a result that is no record
_SMALL, _PART = 5, 5  # leaves from which a record inside such a result is shown by so many of them
_FRACTION, _WIDE = 0.3, 30  # of the leaves of a record with more than so many
_LISTS = 4  # sibling lists of a detail that are shown by their labels
# Lists that serve the forms of a user interface.
_LOOKUP = vocabulary(
    "country currency timezone language locale choice option permission role_choice link image errors error "
    "warning message"
)
_HOLDERS = {(word,) for word in ("data", "result", "response", "payload", "record", "item", "entity", "object")}
_OUTCOME = vocabulary(
    "status success message messages error errors code ok meta metadata links request id version time timestamp "
    "info warnings detail response result jsonapi included api type server exec execution took elapsed duration"
)


@value()
class ViewPlan:
    """``view``: paths relative to one item or to the payload (None: chosen from the first answer). ``answer``: the
    JSONPath of the payload of an answer that is no list."""

    view: tuple[str, ...] | None
    answer: str = "$"
    evidence: tuple[Evidence, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


def find_view(
    document: Document,
    operation: Operation,
    page: Paging | None,
    hint: ToolHint | None = None,
    *,
    where: Callable[..., Where] | None = None,
) -> ViewPlan:
    """The default view of the success answer of ``operation``; hints win.

    A hinted path that a schema does not declare is a warning only: APIs answer more than they document. ``where``
    gives the place of a key of the tool's hint.

    Raises:
        AdaptgenError: AG036 for a path that cannot be read.
    """
    answer = operation.success()
    usable = answer is not None and (answer.media is None or is_json(answer.media))
    schema = answer.schema if answer is not None and usable else rows_of(document, operation)
    payload = "$" if page is not None or schema is None else _payload(document, schema)
    if hint is not None and hint.answer is not None:
        if not hint.answer.startswith("$"):
            raise error(
                "AG036", f"answer: {hint.answer!r} is no JSONPath of the body", _at(where, "answer"), "write $.…"
            )
        payload = hint.answer
    root = at(document, schema, payload) if schema is not None else None
    record = _item(document, schema, page) if page is not None and schema is not None else root
    if hint is not None and hint.view is not None:
        notes = _check(document, operation, record, hint.view, where)
        made = Evidence(operation.key, "view", ", ".join(hint.view), "the hints say so", operation.pointer)
        return ViewPlan(tuple(hint.view), payload, (made,), notes)
    if record is None or operation.method == "HEAD":
        return ViewPlan(None, payload)
    view = _list_view(document, operation, record) if page is not None else _detail_view(document, operation, record)
    if not view:
        return ViewPlan(None, payload)
    because = f"the most telling of {len(leaves(document, record))} declared fields"
    return ViewPlan(view, payload, (Evidence(operation.key, "view", ", ".join(view), because, operation.pointer),))


def _at(where: Callable[..., Where] | None, *keys: str | int) -> Where | None:
    return where(*keys) if where else None


def _item(document: Document, schema: Json, page: Paging) -> Json | None:
    rows = at(document, schema, page.items)
    return None if rows is None else shape(document, rows).items


def _payload(document: Document, schema: Json) -> str:
    """Through wrappers that hold one object and nothing else but how the call went: ``{"data": {…}, "status": …}``."""
    keys: tuple[str, ...] = ()
    here = shape(document, schema)
    for _ in range(2):
        inner = {key: shape(document, node) for key, node in here.properties.items()}
        objects = [
            key for key, one in inner.items() if one.properties or (one.variants and one.type in {"object", None})
        ]
        others = [key for key in inner if key not in objects]
        about = [key for key in objects if set(words(key)) <= _OUTCOME]
        objects = [key for key in objects if key not in about] or objects
        # `{"success": …, "data": {…}, "refData": {…}}`: of several objects the one that bears a wrapper's name.
        objects = [key for key in objects if words(key) in _HOLDERS] if len(objects) > 1 else objects
        if len(objects) != 1 or not all(set(words(key)) <= _OUTCOME for key in others):
            break
        if any(inner[key].type == "array" for key in others) or "id" in others:
            break
        keys, here = (*keys, objects[0]), inner[objects[0]]
    return jsonpath(keys)


# ------------------------------------------------------------------------------------------------------ the ranking


def candidate(leaf: Leaf) -> Candidate:
    """What the ranking needs to know of a declared leaf."""
    return Candidate(leaf.path, leaf.type, leaf.format, bool(leaf.enum and len(leaf.enum) > 1), leaf.description)


def _candidates(document: Document, record: Json) -> list[Candidate]:
    return [candidate(leaf) for leaf in leaves(document, record) if leaf.path and not leaf.write_only]


def _list_view(document: Document, operation: Operation, record: Json) -> tuple[str, ...]:
    names = identifying(document, operation)
    about = resource_words(operation)
    return rank(_telling(document, operation, record, names), identifying=names, resource=about)


def _telling(document: Document, operation: Operation, record: Json, names: frozenset[str]) -> list[Candidate]:
    """The candidates that do not repeat what the caller gave; all where nothing else identifies
    (``/users/{user_id}/friends``): then they speak of other things of the same kind."""
    found, repeated = _candidates(document, record), repeats(operation)
    own = [one for one in found if not repeated(one.path)]
    return own if is_record(own, identifying=names, resource=resource_words(operation)) else found


def _detail_view(document: Document, operation: Operation, record: Json) -> tuple[str, ...]:
    """The fields of the record, and of each list beside them the labels."""
    names = identifying(document, operation)
    whole = shape(document, record)
    main = _main_object(document, operation, whole)
    found = _candidates(document, record)
    about = resource_words(operation)
    result = main is None and not is_record(found, identifying=names, resource=about)
    if result and (all_of_it := _whole(document, whole)):
        return all_of_it
    if main is None:
        view = rank([one for one in found if "[*]" not in one.path], identifying=names, resource=about)
    else:
        prefix = join("", main)
        inner = _candidates(document, whole.properties[main])
        view = tuple(_under(prefix, path) for path in rank(inner, identifying=names, resource=about))
    most = len(view) + _LISTS  # of a record of thousands of lists no more are looked at
    lists = _lists(document, whole, "", most) + (
        _lists(document, shape(document, whole.properties[main]), main, most) if main else []
    )
    fresh = [path for path in dict.fromkeys(lists) if path not in view]
    # Of a wide record the view stays a fraction.
    room = max(1, int(_FRACTION * len(found)) - len(view)) if len(found) > _WIDE else _LISTS
    return (*view, *fresh[: min(room, _LISTS)])


def _whole(document: Document, one: Shape) -> tuple[str, ...]:
    """Every property of a small result, of records inside it the most telling fields; a large one is left to the
    ranking."""
    keys = [
        key
        for key, node in one.properties.items()
        if not shape(document, node).write_only and kind_of(key, type=shape(document, node).type) != "secret"
    ]
    if len(keys) > _WHOLE:
        return ()
    return tuple(path for key in keys for path in _part(document, key, one.properties[key]))


def _part(document: Document, key: str, node: Json) -> tuple[str, ...]:
    """A property of a result: whole where it is small, else the most telling fields of the records that it holds."""
    inner = shape(document, node)
    each = inner.type == "array"
    record = inner.items if each else node
    found = _candidates(document, record) if record is not None and shape(document, record).properties else []
    if len(found) > _SMALL and is_record(found):
        prefix = join("", key) + ("[*]" if each else "")
        return tuple(_under(prefix, path) for path in rank([one for one in found if "[*]" not in one.path], keep=_PART))
    return (join("", key),)


def _under(prefix: str, path: str) -> str:
    return f"{prefix}{path}" if path.startswith("[") else f"{prefix}.{path}"


def _main_object(document: Document, operation: Operation, whole: Shape) -> str | None:
    """The property that holds the record where the answer wraps it beside other data."""
    inner = {key: shape(document, node) for key, node in whole.properties.items()}
    scalar = [key for key, one in inner.items() if one.type not in {"object", "array"} and not one.properties]
    if any(words(key)[-1:] in {("id",), ("name",), ("title",)} for key in scalar):
        return None
    resource = resource_words(operation)
    named = [
        key for key, one in inner.items()
        if len(one.properties) > 2 and resource and resource[-1] in map(singular, words(key))
    ]  # fmt: skip
    return named[0] if len(named) == 1 else None


def _lists(document: Document, one: Shape, above: str, most: int) -> list[str]:
    """The label of each list of objects among the properties, of ``most`` at most: ``comments[*].name``."""
    found: list[str] = []
    for key, node in one.properties.items():
        if len(found) >= most:
            break
        inner = shape(document, node)
        said = words(key)
        if inner.type != "array" or inner.write_only or not said or singular(said[-1]) in _LOOKUP:
            continue
        path = join(join("", above) if above else "", key) + "[*]"
        item = shape(document, inner.items)
        if item.properties:
            if label := _label(document, inner.items):
                found.append(_under(path, label))
        elif item.type in {"string", "integer"} and item.format not in {"uri", "url"}:
            found.append(path)
    return found


def _label(document: Document, record: Json) -> str:
    """What tells the records of a list apart, "" for nothing; once for all lists of one schema."""
    known, key = memory(document), ("label", identity(record))
    if key not in known:
        inside = [one for one in _candidates(document, record) if "[*]" not in one.path]
        best = rank(inside, keep=3)
        # The node is kept beside the result, so that no other can take its place in memory.
        known[key] = (record, next((each for kind in (_LABELS, _IDS) for each in best if _ends(each, kind)), ""))
    return str(known[key][1])


_LABELS = vocabulary("name title subject label username login comment")
_IDS = vocabulary("number code key id uuid")


def _ends(path: str, kind: frozenset[str]) -> bool:
    return bool(kind & set(words(path.rpartition(".")[2])[-1:]))


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
