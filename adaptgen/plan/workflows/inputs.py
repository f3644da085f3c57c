"""What the steps of a tool ask for: the inputs of each call, filled by templates, and the arguments that are left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from adaptgen.diagnostics import Where, did_you_mean, error
from adaptgen.model.tables import Body, Call, Json, Param
from adaptgen.pii.field_kinds import kind_of
from adaptgen.plan.document import tool_names as naming
from adaptgen.plan.document.inline_schema import inline
from adaptgen.plan.document.reader import Operation, accepted
from adaptgen.plan.document.request_bodies import BodyInputs, Slot
from adaptgen.plan.tools import contract as contracts
from adaptgen.plan.tools.arguments import Argument, fixed_value, hold_separators, is_negotiated, parameter_slot
from adaptgen.plan.tools.tool import Context
from adaptgen.plan.workflows.pii import PlannedStep
from adaptgen.syntax.templates import TemplateError, escape, placeholders

if TYPE_CHECKING:
    from adaptgen.source import Document
    from adaptgen.source.hints.model import StepHint, ToolHint

ITEM = "item"
"""What ``each`` calls the item at hand."""


@dataclass(slots=True)
class Asked:
    """The inputs of a tool of steps. ``made``: the steps before; ``found``: arguments by what the documents say of
    them; ``used``: those that something takes."""

    context: Context
    key: str
    hint: ToolHint
    made: list[PlannedStep] = field(default_factory=list)
    found: dict[str, Argument] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    sensitive_arguments: dict[str, str] = field(default_factory=dict)
    searches: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def where(self, *keys: str | int) -> Where:
        """The place of a key of the tool."""
        return self.context.hints.where("tools", self.key, *keys)

    def call(
        self,
        document: Document,
        operation: Operation,
        body: BodyInputs | None,
        absorbed: set[tuple[str, str]],
        index: int,
        step: StepHint,
    ) -> Call:
        """The request of a step; what neither ``with`` nor the document sets becomes an argument.

        Raises:
            AdaptgenError: AG034, AG035, AG037.
        """
        main = document is self.context.document
        slots = [parameter_slot(document, one) for one in operation.parameters]
        slots = [slot for slot in slots if (slot.place, slot.name) not in absorbed]
        body = _given_whole(body, step)
        slots += [slot for slot in body.all() if not slot.read_only] if body else []
        rows: dict[str, list[Param]] = {"path": [], "query": [], "header": [], "cookie": [], "body": []}
        whole: Param | None = None
        extra: str | None = None
        left = dict(step.with_)
        for slot in slots:
            row = self.row(document, slot, left, index, item=bool(step.each))
            if row is None:
                continue
            if body is not None and body.whole is slot:
                whole = row
            elif body is not None and body.extra is slot:
                extra = row.arg or row.name
            else:
                rows[slot.place].append(row)
        for name, template in left.items():
            where = self.where("steps", index, "with", name)
            place = self.hint.arguments[name].place if name in self.hint.arguments else None
            if place is None:
                known = [slot.name for slot in slots]
                help = did_you_mean(name, known) or f"say `in: query` for it under `arguments: {{{name}: …}}`"
                raise error("AG034", f"{operation.key} has no input {name!r}", where, help)
            self.check(template, where, item=bool(step.each))
            rows[place].append(Param(name, value=template))
        made_body = None
        if body is not None and (rows["body"] or whole or extra):
            made_body = Body(body.media, tuple(rows["body"]), whole, body.inside, extra)
        elif rows["body"]:
            made_body = Body(params=tuple(rows["body"]))
        return call_of(operation, rows, made_body, self.context if main else None)

    def row(
        self, document: Document, slot: Slot, left: dict[str, Json], index: int, *, item: bool = False
    ) -> Param | None:
        """How the step fills one input: by ``with``, by an argument of the tool, or not at all."""
        wish = naming.argument(slot.wish or slot.name)
        key = slot.name if slot.name in left else wish if wish in left else None
        if slot.place == "path":
            alone = str(left[key])[1:-1] if key is not None else ""
            hint = next(
                (self.hint.arguments[one] for one in (alone, slot.name, wish) if one in self.hint.arguments), None
            )
            slot = hold_separators(document, slot, hint)
        if key is not None:
            template = left.pop(key)
            self.check(template, self.where("steps", index, "with", key), item=item)
            return replace(slot.param, value=template, fill=None)
        name = slot.name if slot.name in self.hint.arguments else wish if wish in self.hint.arguments else None
        if name is None:
            if not slot.required and not slot.param.fill:
                return None
            constant = fixed_value(document, slot)
            if constant is not None:
                return replace(slot.param, value=constant)
            if is_negotiated(slot):
                return None
            name = wish
        self.used.add(name)
        if name not in self.found:
            made = slot.made
            if made is None:
                made, _ = inline(document, slot.schema, budget=contracts.BUDGET // 4, direction="input")
            made = made if isinstance(made, dict) else {}
            self.found[name] = Argument(name, None, slot.required, slot.description, slot.place, slot.name, made)
        return replace(slot.param, arg=name if name != slot.name else None)

    # ------------------------------------------------------------------------------------------ templates, arguments

    def templated(self, call: Call) -> None:
        """An argument that a template puts into an input is of the kind of that input, or of its own name."""
        for param in rows(call):
            for path, template in templates_in(param.name, param.value):
                for name in placeholders(template):
                    if name in self.hint.arguments and name not in self.sensitive_arguments:
                        alone = template == f"{{{name}}}"
                        kind = kind_of(name, type="string") or (kind_of(path, type="string") if alone else None)
                        if kind:
                            self.sensitive_arguments[name] = kind

    def check(self, template: Json, where: Where, *, item: bool = False) -> None:
        """Every placeholder names an argument, an earlier step, or what that saved; ``item``: or the item at hand.

        Raises:
            AdaptgenError: AG035 for a template that cannot be read, AG037 for a name that nothing has by then.
        """
        try:
            names = sorted(placeholders(template))
        except TemplateError as wrong:
            raise error("AG035", str(wrong), where) from None
        steps = {one.id for one in self.made}
        known = {*steps, *self.hint.arguments, *self.found}
        for name in names:
            head = name.split(".")[0]
            if item and head == ITEM:
                continue
            if name in self.hint.arguments or head in self.hint.arguments:
                self.used.add(name if name in self.hint.arguments else head)
            elif name not in self.found and head not in known:
                every = sorted(known | {f"{one.id}.{saved}" for one in self.made for saved in one.save})
                help = did_you_mean(name, every) or "declare it under `arguments:`, or save it in an earlier step"
                raise error("AG037", f"nothing is called {name!r} here", where, help)

    def arguments(self) -> list[Argument]:
        """The tool's arguments: those that hints declare, and inputs that a step needs and nothing else sets."""
        result: list[Argument] = []
        for name, hint in self.hint.arguments.items():
            if name not in self.used or hint.hide:
                continue
            known = self.found.get(name) or Argument(name, required=True, made={"type": "string"})
            made = {"type": hint.type} if hint.type else dict(known.made)
            result.append(
                replace(
                    known,
                    made=made,
                    required=hint.required if hint.required is not None else known.required,
                    description=hint.description or known.description,
                    extras=dict(hint.schema) if hint.schema else {},
                )
            )
        return result + [one for name, one in self.found.items() if name not in self.hint.arguments]


def templates_in(name: str, template: Json) -> Iterator[tuple[str, str]]:
    """Every string of a template with the name of what it fills."""
    if isinstance(template, Mapping):
        for key, value in template.items():
            yield from templates_in(str(key), value)
    elif isinstance(template, (list, tuple)):
        for value in template:
            yield from templates_in(name, value)
    elif isinstance(template, str):
        yield name, template


def call_of(
    operation: Operation, placed: Mapping[str, Sequence[Param]], body: Body | None, context: Context | None
) -> Call:
    """The call of an operation with parameters by place and what its path fixes. ``context``: None for an operation of
    another document, which has one base."""
    constants = [Param(name, value=escape(value)) for name, value in operation.constants]
    return Call(
        operation.method,
        operation.path,
        path_params=tuple(placed["path"]),
        query=(*placed["query"], *constants),
        headers=tuple(placed["header"]),
        cookies=tuple(placed["cookie"]),
        body=body,
        base=context.bases.by_operation.get(operation.pointer, "") if context else "",
        accept=accepted(operation),
    )


def rows(call: Call) -> list[Param]:
    body = [*call.body.params, *([call.body.whole] if call.body.whole else [])] if call.body else []
    return [*call.path_params, *call.query, *call.headers, *call.cookies, *body]


def _given_whole(body: BodyInputs | None, step: StepHint) -> BodyInputs | None:
    """The body, with the object that it wraps as one value where the step gives it so."""
    if body is None or body.inside is None or body.inside not in step.with_:
        return body
    wrapper = Slot("body", Param(body.inside), {}, wish=body.inside)
    return replace(body, slots=(wrapper,), inside=None, extra=None)
