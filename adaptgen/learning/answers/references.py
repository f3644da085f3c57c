"""Small lists whose names can stand for ids: arguments of other operations point to them.

A name alone proves nothing, and neither do small numbers that happen to be ids: an argument must be called after the
list, and the field of that name in other records must hold nothing but ids of the list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from adaptgen.learning.answers.fields import Values
from adaptgen.learning.model import Confidence
from adaptgen.learning.records import Sample
from adaptgen.learning.targets import Target
from adaptgen.model.tables import Call, Json, Tool, value
from adaptgen.pii.field_kinds import kind_of
from adaptgen.plan.document.envelope import resource_words
from adaptgen.syntax.identifiers import singular, words

MOST = 300
"""Records of a list whose names can be looked up."""
_LABELS = ("name", "title", "label", "display_name", "code", "symbol", "slug", "key", "description")
_LONG = 80
_SEVERAL = 3
"""Different ids that must be in a list before a field points to it: fewer are there by chance."""
_ENDS = frozenset({"id", "ids", "uuid", "guid", "key", "code", "ref", "pk", "no", "number", "slug"})


@value()
class Names:
    """A small list: its ids, in memory only, and what people call its items."""

    target: Target
    id: str
    labels: tuple[str, ...]
    ids: frozenset[str]
    whole: Confidence
    resource: tuple[str, ...]


@value()
class Reference:
    """An argument of an operation that takes an id of ``names``."""

    tool: Tool
    argument: str
    names: Names
    because: str
    confidence: Confidence


def find_names(
    lists: Mapping[str, tuple[Target, Sample, str | None, Mapping[str, Values], Sequence[str]]],
) -> list[Names]:
    """The small lists that are read whole, with an id and a label that is not personal."""
    found = []
    for target, sample, identity, values, personal in lists.values():
        tool = target.tool
        count = len(sample.records)
        if (
            tool is None
            or identity is None
            or sample.whole == "unknown"
            or not 2 <= count <= MOST
            or target.placeholders
        ):
            continue
        labels = [one for one in _labels(values, count) if one not in personal and one != identity]
        if labels:
            ids = frozenset(str(one[identity]) for one in sample.records if isinstance(one, dict))
            resource = tuple(map(singular, resource_words(target.operation)))
            found.append(Names(target, identity, tuple(labels[:1]), ids, sample.whole, resource))
    return found


def _labels(values: Mapping[str, Values], count: int) -> list[str]:
    """The short texts that differ from record to record, by what labels are called."""
    ranked = []
    for path, one in values.items():
        if "." in path or "[" in path or one.records < count or len(one.texts) < count:
            continue
        if len(set(one.texts)) < 0.9 * count or one.bytes > _LONG or one.form:
            continue
        last = words(path)[-1:]
        folded = "_".join(words(path))
        known = next((rank for rank, label in enumerate(_LABELS) if folded == label or last == (label,)), None)
        if known is not None and kind_of(path, type="string") in (None, "name"):
            ranked.append((known, path))
    return [path for _, path in sorted(ranked)]


def find_references(
    tools: Sequence[Tool], names: Sequence[Names], values: Sequence[tuple[str, Mapping[str, Values]]]
) -> Iterator[Reference]:
    """The arguments that point to one of ``names``. ``values``: by list, what its records hold."""
    for tool in tools:
        if tool.call is None or tool.steps:
            continue
        for argument in _inputs(tool.call):
            for one in names:
                if one.target.tool is tool or not _is_called_after(argument, one.resource):
                    continue
                if _own_record(tool.call, argument, one):
                    continue
                seen = _pointing(argument, one, values)
                if seen is not None and seen[1] >= _SEVERAL:
                    where, count = seen
                    because = f"{argument} in the records of {where} holds ids of {one.target.key} only"
                    sure: Confidence = "certain" if one.whole == "certain" else "likely"
                    yield Reference(tool, argument, one, f"{because} ({count} different ones)", sure)
                    break


def _inputs(call: Call) -> list[str]:
    """The inputs that agents fill."""
    rows = [*call.path_params, *call.query, *(call.body.params if call.body is not None else ())]
    return [one.name for one in rows if one.value is None and one.encode is None and one.fill is None]


def _own_record(call: Call, argument: str, names: Names) -> bool:
    """Whether an argument names the record of the list itself that the operation is about."""
    return call.path.rstrip("/").startswith(names.target.operation.path.rstrip("/") + "/{" + argument + "}")


def _is_called_after(argument: str, resource: tuple[str, ...]) -> bool:
    """Whether an input is called after a list: ``category_id``, ``category`` and ``parentCategoryId`` after
    ``categories``."""
    said = tuple(map(singular, words(argument)))
    bare = said[:-1] if len(said) > 1 and said[-1] in _ENDS else said
    return bool(resource) and len(bare) >= len(resource) and bare[-len(resource) :] == resource


def _pointing(
    argument: str, names: Names, values: Sequence[tuple[str, Mapping[str, Values]]]
) -> tuple[str, int] | None:
    """The list in whose records the field of this name holds ids of ``names`` and nothing else, and how many different
    ones; None where one holds something else, or none has such a field."""
    folded = words(argument)
    best: tuple[str, int] | None = None
    for key, found in values:
        if key == names.target.key:
            continue
        for path, one in found.items():
            if words(path.replace("[*]", "").rpartition(".")[2]) != folded or not one.known:
                continue
            ids = {str(each) for each in one.known if isinstance(each, (str, int)) and not isinstance(each, bool)}
            if not ids or len(ids) != len({str(each) for each in one.known}) or not ids <= names.ids:
                return None
            if best is None or len(ids) > best[1]:
                best = key, len(ids)
    return best


def to_hint(reference: Reference) -> dict[str, Json]:
    """The value of ``arguments: {<input>: …}``."""
    names = reference.names
    assert names.target.tool is not None
    said = {"tool": names.target.tool.name, "id": names.id, "labels": list(names.labels)}
    return {"names": said}
