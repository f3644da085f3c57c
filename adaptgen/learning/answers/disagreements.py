"""Where the document and the answers say different things, for the owner of the API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from adaptgen.learning.answers.fields import Values, is_covered
from adaptgen.learning.model import Disagreement
from adaptgen.learning.targets import Target
from adaptgen.model.tables import Json
from adaptgen.plan.document.schemas import Leaf
from adaptgen.source import Document
from adaptgen.syntax import field_paths as fields
from adaptgen.syntax.json_pointer import escape

_NUMBERS = frozenset({"integer", "number"})
_FORMS = {"uuid": ("uuid",), "date": ("date",), "date-time": ("date-time", "date")}
_SHOWN = 12


def compare(
    target: Target, found: Mapping[str, Values], declared: Sequence[Leaf] | None, place: str
) -> Iterator[Disagreement]:
    """What is declared of the answer of an operation, and is not so."""
    facts, page = target.facts, target.page
    pointer = _pointer(target, "$") if page is None else _pointer(target, page.items)
    if page is not None and place != page.items and facts.schema not in (None, {}, True):
        yield Disagreement(target.key, pointer, f"the records are at {page.items}", f"they are at {place}")
    if declared is None:
        return
    missing = [path for path, one in found.items() if not is_covered(path, declared) and one.declared is None]
    if missing:
        more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        said = f"answers have {', '.join(missing[:_SHOWN])}{more}"
        yield Disagreement(target.key, pointer, "not declared", said)
    for path, one in found.items():
        for said, seen in _differences(one):
            yield Disagreement(target.key, _pointer(target, place, path), f"{path} {said}", seen)


def _differences(one: Values) -> Iterator[tuple[str, str]]:
    """What is declared of a field, and what its values are instead: types, forms and counts."""
    leaf = one.declared
    if leaf is None or not one.known:
        return
    if leaf.type is not None and not _fits(leaf.type, one.types):
        yield f"is of type {leaf.type}", f"it is of type {' or '.join(sorted(one.types))}"
    elif leaf.format in ("date", "date-time", "uuid") and one.form and leaf.format not in _FORMS.get(one.form, ()):
        yield f"has the format {leaf.format}", f"its form is {one.form}"
    elif leaf.enum and one.texts and (others := set(one.texts) - {str(each) for each in leaf.enum}):
        yield f"is one of {len(leaf.enum)} values", f"{len(others)} other values occur"


def _pointer(target: Target, place: str, path: str = "") -> str:
    """Where the document declares what is at ``path`` in the records at ``place``: as deep as it can be followed."""
    facts = target.facts
    answer = facts.answer
    if answer is None:
        return target.operation.pointer
    here = answer.pointer
    node: Json = answer.schema
    if answer.media is not None and isinstance(node, Mapping):
        here = f"{here}/content/{escape(answer.media)}/schema"
    page = target.page
    keys = [*_keys(place), *(["[*]"] if page is not None else []), *_keys(path)]
    for key in keys:
        here, node = _follow(facts.document, here, node)
        if not isinstance(node, Mapping):
            break
        step = ("items", None) if key == "[*]" else ("properties", key)
        inner = node.get(step[0])
        if step[1] is not None:
            inner = inner.get(step[1]) if isinstance(inner, Mapping) else None
        if inner is None:
            break
        here += f"/{step[0]}" + (f"/{escape(step[1])}" if step[1] is not None else "")
        node = inner
    return here


def _follow(document: Document, here: str, node: Json) -> tuple[str, Json]:
    """The node that a local reference leads to, and where it is."""
    for _ in range(10):
        reference = node.get("$ref") if isinstance(node, Mapping) else None
        if not isinstance(reference, str) or not reference.startswith("#/"):
            break
        try:
            here, node = reference, document.deref({"$ref": reference})
        except LookupError:
            break
    return here, node


def _keys(path: str) -> list[str]:
    """The keys of a path or of a JSONPath; ``[*]`` for every element."""
    try:
        return [one if isinstance(one, str) else "[*]" for one in fields.parse(path.removeprefix("$").lstrip("."))]
    except fields.PathError:
        return []


def _fits(declared: str, types: frozenset[str]) -> bool:
    """Whether all values are of the declared type; an integer is a number."""
    allowed = {declared} | ({"integer"} if declared == "number" else set())
    return types <= allowed
