"""What hints say of how a step runs, held against the document and against itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from adaptgen.diagnostics import Diagnostic, Where, error
from adaptgen.model.tables import Effect, Json, Paging, Until
from adaptgen.plan.document.envelope import at
from adaptgen.plan.document.reader import is_json
from adaptgen.plan.document.schemas import shape
from adaptgen.plan.workflows.inputs import ITEM, Asked
from adaptgen.plan.workflows.pii import PlannedStep
from adaptgen.syntax.templates import Placeholder, TemplateError, parse

if TYPE_CHECKING:
    from adaptgen.plan.document.reader import Operation
    from adaptgen.plan.paging.infer import PagingPlan
    from adaptgen.source import Document
    from adaptgen.source.hints.model import StepHint

_EVERY = (0.1, 60.0)
_AT_MOST = (1.0, 600.0)


def check_rules(asked: Asked, step: StepHint, effect: Effect, where: Callable[..., Where]) -> None:
    """``when``, ``each`` and ``until`` of a step can be carried out. ``where`` locates a key of the step.

    Raises:
        AdaptgenError: AG031, AG035, AG037, AG039.
    """
    if step.each:
        _each(asked, step, where("each"))
    if step.when is not None:
        asked.check(step.when.value, where("when"), item=bool(step.each))
    if step.until is not None:
        _until(step, step.until, effect, where)
    if step.all_pages and effect != "read":
        help = "say `effect: read` of its tool, or leave `all_pages` out"
        raise error("AG039", "`all_pages` would repeat a call that changes something", where("all_pages"), help)


def all_pages(found: PagingPlan, step: StepHint, where: Callable[..., Where]) -> tuple[Paging | None, int | None]:
    """How every page of a step is read, and the items at most; None for an answer that is no list: it is one page.

    Raises:
        AdaptgenError: AG039 for a template that fills what paging fills.
    """
    if not step.all_pages or found.page is None:
        return None, None
    filled = sorted(name for _, name in found.absorbed if name in step.with_)
    if filled:
        message = f"`all_pages` fills {filled[0]!r} itself"
        raise error("AG039", message, where("with", filled[0]), "leave one of them out")
    page = found.page if step.items is None else replace(found.page, items=step.items)
    return page, None if step.all_pages is True else int(step.all_pages)


def check_state(
    document: Document, operation: Operation, until: Until, where: Callable[..., Where]
) -> list[Diagnostic]:
    """A warning where the document declares other states than the hint waits for."""
    found = declared(document, operation, until.path)
    states = shape(document, found).enum if found is not None else None
    if not states:
        return []
    known = ", ".join(map(str, states))
    return [
        Diagnostic("AG039", f"{operation.key} declares no state {value!r}", where("until", key), known, "warning")
        for key, values in (("is", until.is_), ("fails", until.fails))
        for value in values
        if value not in states
    ]


def declared(document: Document, operation: Operation, path: str) -> Json | None:
    """The schema of what a JSONPath leads to in the answer of an operation; None where it is unknown."""
    answer = operation.success()
    if answer is None or answer.schema is None or (answer.media is not None and not is_json(answer.media)):
        return None
    return at(document, answer.schema, path)


def _each(asked: Asked, step: StepHint, where: Where) -> None:
    try:
        parts = parse(step.each)
    except TemplateError as wrong:
        raise error("AG035", str(wrong), where) from None
    if len(parts) != 1 or not isinstance(parts[0], Placeholder):
        raise error("AG035", "`each` names one list", where, 'write it like "{contacts}"')
    if ITEM in asked.hint.arguments or any(one.id == ITEM for one in asked.made) or step.id == ITEM:
        raise error(
            "AG039", f"{ITEM!r} is what `each` calls the item at hand", where, "rename the argument or the step"
        )
    asked.check(step.each, where)
    why = _no_list(asked, parts[0].name)
    if why:
        raise error("AG039", f"`each` goes through a list, and {parts[0].name!r} is {why}", where)


def _no_list(asked: Asked, name: str) -> str:
    """What a name stands for, where that is certainly no list."""
    head, _, rest = name.partition(".")
    argument = asked.hint.arguments.get(name)
    if argument is not None:
        known = asked.found.get(name)
        kind = argument.type or (known.made.get("type") if known is not None and known.made else None) or "string"
        return "" if kind == "array" or (known is not None and not argument.type) else f"an argument of type {kind}"
    one = next((made for made in asked.made if made.id == head), None)
    if one is None or one.each or one.operation is None or one.document is None:
        return ""
    if not rest:
        return "" if one.lists else _kind(one, "$")
    if rest in one.save:
        return _kind(one, one.save[rest])
    return ""


def _kind(one: PlannedStep, path: str) -> str:
    assert one.operation is not None
    assert one.document is not None
    found = declared(one.document, one.operation, path) if path.startswith("$") else None
    kind = shape(one.document, found).type if found is not None else None
    return f"declared as {kind}" if kind not in (None, "array") else ""


def _until(step: StepHint, until: Until, effect: Effect, where: Callable[..., Where]) -> None:
    if effect != "read":
        help = "let another step change it, and this one ask how far it is"
        raise error("AG039", "`until` would repeat a call that changes something", where("until"), help)
    for other in ("each", "all_pages"):
        if getattr(step, other):
            raise error("AG039", f"a step has `until` or `{other}`, not both", where(other), "make two steps of it")
    for key, values in (("is", until.is_), ("fails", until.fails)):
        if any(isinstance(value, (dict, list)) for value in values):
            raise error("AG031", f"until.{key} is a value, or a list of values", where("until", key))
    if not until.is_:
        raise error("AG031", "until.is names no value, so it would never end", where("until", "is"))
    both = [value for value in until.is_ if value in until.fails]
    if both:
        raise error("AG039", f"{both[0]!r} cannot be the end and a failure", where("until", "fails"))
    for key, value, (least, most) in (("every", until.every, _EVERY), ("at_most", until.at_most, _AT_MOST)):
        if not least <= value <= most:
            raise error("AG031", f"until.{key} is from {least:g} s to {most:g} s, not {value:g} s", where("until", key))
    if until.every > until.at_most:
        raise error("AG039", "`every` is longer than `at_most`", where("until", "every"))
