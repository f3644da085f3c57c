"""Tools of several calls: the steps that hints describe, resolved against the document and checked."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from adaptgen.diagnostics import Diagnostic, error
from adaptgen.model.contract_file import OWN_ARGUMENTS
from adaptgen.model.plan import Evidence
from adaptgen.model.tables import Contract, Effect, Json, Paging, Step, Tool
from adaptgen.pii.search_arguments import SearchArgument
from adaptgen.plan.document import descriptions as describe
from adaptgen.plan.document.operation_refs import Targets
from adaptgen.plan.document.reader import Operation
from adaptgen.plan.effects.infer import find_effect
from adaptgen.plan.paging.infer import find_paging
from adaptgen.plan.tools import contract as contracts
from adaptgen.plan.tools.absorbed_members import address_rows
from adaptgen.plan.tools.pii import find_plain, find_sensitive
from adaptgen.plan.tools.searches import search_evidence, step_searches
from adaptgen.plan.tools.tool import Context, auth_of, own_arguments
from adaptgen.plan.views.default_view import check_step_view, find_view
from adaptgen.plan.workflows.inputs import ITEM, Asked, rows
from adaptgen.plan.workflows.pii import PlannedStep, classified, keys, saved, sensitive
from adaptgen.plan.workflows.rules import all_pages, check_rules, check_state
from adaptgen.source.hints.model import MISSING
from adaptgen.syntax import field_paths as fields
from adaptgen.syntax.templates import placeholders

if TYPE_CHECKING:
    from adaptgen.plan.facts import OperationFacts
    from adaptgen.source.hints.model import StepHint, ToolHint

STRENGTH: tuple[Effect, ...] = ("read", "write", "delete")


def workflow(
    context: Context, targets: Targets, key: str, hint: ToolHint
) -> tuple[Tool, Contract, tuple[Evidence, ...], tuple[Diagnostic, ...]]:
    """The tool ``key`` of several calls, and warnings about the hint.

    Raises:
        AdaptgenError: for a step that names an unknown operation (AG033) or input (AG034), a template that cannot be
            read (AG035) or that names nothing that exists by then (AG037), a view that cannot be read (AG036), a rule
            that cannot be carried out (AG031, AG039).
    """
    maker = _Maker(Asked(context, key, hint), targets)
    steps = tuple(maker.step(index, step) for index, step in enumerate(hint.steps))
    asked = maker.asked
    result = hint.result if hint.result is not MISSING else f"{{{steps[-1].id}}}"
    asked.check(result, asked.where("result"))
    effect = hint.effect if hint.effect is not None else max((step.effect for step in steps), key=STRENGTH.index)
    waits = any(step.until is not None for step in steps)
    hinted = {name: one.searches for name, one in hint.arguments.items() if one.searches is not None}
    searches = dict(sorted({**(asked.searches if effect == "read" else {}), **hinted}.items()))
    kinds = sensitive(result, asked.made) | (saved(asked.made, "saved") if waits else {})
    tool = Tool(
        name=key,
        steps=steps,
        result=result,
        auth=tuple(dict.fromkeys(name for step in steps for name in step.auth)),
        anonymous=all(one.pointer in context.auth.unsaid for one in maker.operations),
        layout=hint.form,
        max_bytes=hint.max_bytes,
        sensitive=classified({**kinds, **hint.sensitive}),
        sensitive_arguments=dict(sorted(asked.sensitive_arguments.items())),
        searches=searches,
        not_sensitive=find_plain(context.hints, hint),
        effect=effect,
        source=maker.operations[0].pointer,
        aliases=tuple(hint.was),
        also=hint.also,
    )
    own = {**({"cursor": OWN_ARGUMENTS["cursor"]} if waits else {}), **own_arguments(tool, None)}
    schema, _ = contracts.input_schema(context.document, asked.arguments(), own)
    text = hint.description or f"{describe.words(key).capitalize()}."
    contract = contracts.contract(key, text, schema, effect, "", "", describe.words(key).capitalize())
    calls = ", ".join(one.key for one in maker.operations)
    evidence = Evidence(key, "steps", f"{len(steps)} calls: {calls}", "the hints say so", tool.source, "hint")
    told = [SearchArgument(name, "search", paths, "a step searches with it") for name, paths in searches.items()]
    return tool, contract, (evidence, *(search_evidence(key, one, tool.source) for one in told)), tuple(maker.notes)


@dataclass(slots=True)
class _Maker:
    asked: Asked
    targets: Targets
    operations: list[Operation] = field(default_factory=list)
    notes: list[Diagnostic] = field(default_factory=list)

    def step(self, index: int, step: StepHint) -> Step:
        asked, context = self.asked, self.asked.context
        where = partial(asked.where, "steps", index)
        operation = self.targets.find(step.call, where("call"))
        document = self.targets.document(step.call, context.document)
        if step.id in {one.id for one in asked.made} or step.id in asked.hint.arguments:
            raise error("AG039", f"the name {step.id!r} stands for two things", where("id"))
        main = document is context.document
        absorbed = {
            (place, name) for pointer, place, name in context.auth.absorbed if main and pointer == operation.pointer
        }
        facts = context.facts_of(operation, document)
        effect, _ = find_effect(facts)
        paging = find_paging(facts, effect)
        check_rules(asked, step, effect, where)
        page, most = all_pages(paging, step, where)
        if page is not None:
            absorbed |= set(paging.absorbed)
        if step.until is not None:
            self.notes += check_state(document, operation, step.until, where)
        call = asked.call(document, operation, facts.body, absorbed, index, step)
        if page is not None and (rows_of := address_rows(page, document, operation)):
            call = replace(call, path_params=(*call.path_params, *rows_of))
        items = step.items or (paging.page.items if paging.page is not None else None)
        names = {param.arg or param.name: None for param in rows(call) if param.value is None}
        kinds, arguments = find_sensitive(facts, paging.page, names, context.hints, None, answer="$")
        asked.sensitive_arguments.update(arguments)
        asked.templated(call)
        for name, paths in step_searches(facts, call, kinds, context.hints).items():
            asked.searches[name] = tuple(dict.fromkeys((*asked.searches.get(name, ()), *paths)))
        if step.view is not None:
            self.notes += check_step_view(document, operation, items, step.view, where)
            self.kept(index, step)
        view = step.view if step.view is not None else self.view(facts, paging.page, index)
        self.operations.append(operation)
        asked.made.append(
            PlannedStep(
                id=step.id,
                operation=operation,
                document=document,
                lists=items is not None,
                each=bool(step.each),
                save=step.save,
                sensitive=kinds,
                root=paging.page.items if paging.page is not None else "$",
                view=view,
            )
        )
        return Step(
            id=step.id,
            call=call,
            auth=auth_of(context, operation, main),
            save=dict(step.save),
            items=items,
            view=view,
            effect=effect,
            when=step.when,
            each=step.each,
            until=step.until,
            page=page,
            max_items=most,
            on_error=step.on_error,
        )

    def kept(self, index: int, step: StepHint) -> None:
        """What a later step takes of each item is in the view of the hint.

        Raises:
            AdaptgenError: AG037.
        """
        assert step.view is not None
        for path in self.taken(index):
            if not any(path == one or path.startswith((f"{one}.", f"{one}[")) or one == "*" for one in step.view):
                message = f"a later step takes {{item.{path}}} of {step.id!r}, whose view does not keep it"
                raise error("AG037", message, self.asked.where("steps", index, "view"), f"add {path} to the view")

    def taken(self, index: int) -> list[str]:
        """The paths that later steps take of each item of this one's answer."""
        id = self.asked.hint.steps[index].id
        found: dict[str, None] = {}
        for later in self.asked.hint.steps[index + 1 :]:
            if later.each.strip("{} ") != id:
                continue
            for name in sorted(placeholders([later.with_, later.when.value if later.when is not None else None])):
                head, _, rest = name.partition(".")
                if head == ITEM and rest:
                    found[rest] = None
        return list(found)

    def view(self, facts: OperationFacts, page: Paging | None, index: int) -> tuple[str, ...] | None:
        """The default view of a step; None (everything) where a template reads into what was not saved."""
        step = self.asked.hint.steps[index]
        rest = self.asked.hint.steps[index + 1 :]
        later: list[Json] = [self.asked.hint.result, *(one.with_ for one in rest), *(one.each for one in rest)]
        later += [one.when.value for one in rest if one.when is not None]
        for name in sorted(placeholders([one for one in later if one is not MISSING])):
            head, _, inner = name.partition(".")
            if head == step.id and inner and inner.split(".")[0] not in step.save:
                return None
        found = find_view(facts, page)
        taken = self.taken(index)
        if found.view is None:
            return None
        if page is not None or found.answer == "$":
            return tuple(dict.fromkeys((*found.view, *taken)))
        inside = keys(found.answer)
        return tuple(fields.text([*inside, *fields.parse(path)]) for path in found.view) if inside else None
