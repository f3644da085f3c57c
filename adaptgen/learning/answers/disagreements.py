"""Where the document and the answers say different things, for the owner of the API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from adaptgen.learning.answers.fields import Values, is_covered
from adaptgen.learning.model import Disagreement
from adaptgen.learning.targets import Target
from adaptgen.plan.document.schemas import Leaf

_NUMBERS = frozenset({"integer", "number"})
_FORMS = {"uuid": ("uuid",), "date": ("date",), "date-time": ("date-time", "date")}
_SHOWN = 12


def compare(
    target: Target, found: Mapping[str, Values], declared: Sequence[Leaf] | None, place: str
) -> Iterator[Disagreement]:
    """What is declared of the answer of an operation, and is not so."""
    facts, page = target.facts, target.page
    pointer = facts.answer.pointer if facts.answer is not None else target.operation.pointer
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
        leaf = one.declared
        if leaf is None or not one.known:
            continue
        if leaf.type is not None and not _fits(leaf.type, one.types):
            yield Disagreement(
                target.key, pointer, f"{path} is of type {leaf.type}", f"it is of type {' or '.join(sorted(one.types))}"
            )
        elif leaf.format in ("date", "date-time", "uuid") and one.texts and one.form not in (leaf.format, ""):
            fits = leaf.format in _FORMS.get(one.form, ())
            if not fits:
                yield Disagreement(
                    target.key, pointer, f"{path} has the format {leaf.format}", f"its form is {one.form}"
                )
        elif leaf.enum and one.texts and not {str(each) for each in leaf.enum} >= set(one.texts):
            count = len(set(one.texts) - {str(each) for each in leaf.enum})
            said = f"{count} other values occur"
            yield Disagreement(target.key, pointer, f"{path} is one of {len(leaf.enum)} values", said)


def _fits(declared: str, types: frozenset[str]) -> bool:
    """Whether all values are of the declared type; an integer is a number."""
    allowed = {declared} | ({"integer"} if declared == "number" else set())
    return types <= allowed
