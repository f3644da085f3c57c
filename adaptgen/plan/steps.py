"""Tools of several calls: the steps that hints describe, resolved against the document and checked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from adaptgen import fields
from adaptgen.diagnostics import Diagnostic, Where, error
from adaptgen.model import Body, Call, Contract, Effect, Json, Paging, Param, Step, Tool
from adaptgen.plan import contracts, describe, naming
from adaptgen.plan.arguments import Argument, did_you_mean, fixed_value, parameter_slot
from adaptgen.plan.bodies import BodyInputs, Slot, read_body
from adaptgen.plan.effects import find_effect
from adaptgen.plan.inlining import inline
from adaptgen.plan.operations import Operation, accepted
from adaptgen.plan.paging import find_paging
from adaptgen.plan.projection import check_step_view, find_view
from adaptgen.plan.sensitive import find_plain, find_sensitive
from adaptgen.plan.targets import Targets
from adaptgen.plan.tools import Context, own_arguments
from adaptgen.planned import Evidence
from adaptgen.references import Placeholder, TemplateError, escape, parse, placeholders
from adaptgen.sensitivity import kind_of
from adaptgen.source.hints import MISSING

if TYPE_CHECKING:
    from adaptgen.source import Document
    from adaptgen.source.hints import StepHint, ToolHint

_STRENGTH: tuple[Effect, ...] = ("read", "write", "delete")
_STEP = re.compile(r"\.([A-Za-z_][\w-]*)|\['([^']*)'\]|\[\"([^\"]*)\"\]|(\[\*\])")


def workflow(
    context: Context, targets: Targets, key: str, hint: ToolHint
) -> tuple[Tool, Contract, tuple[Evidence, ...], tuple[Diagnostic, ...]]:
    """The tool ``key`` of several calls, and warnings about the hint.

    Raises:
        AdaptgenError: for a step that names an unknown operation (AG033) or input (AG034), a template that cannot be
            read (AG035) or that names nothing that exists by then (AG037), a view that cannot be read (AG036).
    """
    maker = _Maker(context, targets, key, hint)
    steps = tuple(maker.step(index, step) for index, step in enumerate(hint.steps))
    result = hint.result if hint.result is not MISSING else f"{{{steps[-1].id}}}"
    maker.check(result, maker.where("result"))
    strongest = max((step.effect for step in steps), key=_STRENGTH.index)
    effect = hint.effect if hint.effect is not None else strongest
    tool = Tool(
        name=key,
        steps=steps,
        result=result,
        auth=tuple(dict.fromkeys(name for step in steps for name in step.auth)),
        form=hint.form,
        max_bytes=hint.max_bytes,
        sensitive=_classified({**maker.sensitive(result), **hint.sensitive}),
        sensitive_arguments=dict(sorted(maker.sensitive_arguments.items())),
        plain=find_plain(context.hints, hint),
        effect=effect,
        source=maker.made[0].operation.pointer,
        was=tuple(hint.was),
    )
    schema, _ = contracts.input_schema(context.document, maker.arguments(), own_arguments(tool, None))
    text = hint.description or f"{describe.words(key).capitalize()}."
    contract = contracts.contract(key, text, schema, effect, "", "", describe.words(key).capitalize())
    calls = ", ".join(one.operation.key for one in maker.made)
    evidence = Evidence(key, "steps", f"{len(steps)} calls: {calls}", "the hints say so", tool.source)
    return tool, contract, (evidence,), tuple(maker.notes)


@dataclass(slots=True)
class _Made:
    """A step with what the later ones need to know of it."""

    id: str
    operation: Operation
    document: Document
    lists: bool
    save: Mapping[str, str]
    sensitive: Mapping[str, str]
    root: str


@dataclass(slots=True)
class _Maker:
    context: Context
    targets: Targets
    key: str
    hint: ToolHint
    made: list[_Made] = field(default_factory=list)
    found: dict[str, Argument] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    sensitive_arguments: dict[str, str] = field(default_factory=dict)
    notes: list[Diagnostic] = field(default_factory=list)

    def where(self, *keys: str | int) -> Where:
        return self.context.hints.where("tools", self.key, *keys)

    # --------------------------------------------------------------------------------------------------- one step

    def step(self, index: int, step: StepHint) -> Step:
        where = self.where("steps", index, "call")
        operation = self.targets.find(step.call, where)
        document = self.targets.document(step.call, self.context.document)
        if step.id in {one.id for one in self.made} or step.id in self.hint.arguments:
            raise error("AG039", f"the name {step.id!r} stands for two things", self.where("steps", index, "id"))
        main = document is self.context.document
        absorbed = {
            (place, name)
            for pointer, place, name in self.context.auth.absorbed
            if main and pointer == operation.pointer
        }
        body = read_body(document, operation.body) if operation.body else None
        call = self.call(document, operation, body, absorbed, index, step)
        paging = find_paging(document, operation)
        items = step.items or (paging.page.items if paging.page is not None else None)
        effect, _ = find_effect(operation, None, answers_list=paging.page is not None)
        names = {param.arg or param.name: None for param in _rows(call) if param.value is None}
        sensitive, arguments = find_sensitive(
            document, operation, paging.page, names, self.context.hints, None, answer="$"
        )
        self.sensitive_arguments.update(arguments)
        self.templated(call)
        root = paging.page.items if paging.page is not None else "$"
        if step.view is not None:
            at = partial(self.where, "steps", index)
            self.notes += check_step_view(document, operation, items, step.view, at)
        self.made.append(_Made(step.id, operation, document, items is not None, step.save, sensitive, root))
        return Step(
            id=step.id,
            call=call,
            auth=tuple(self.context.auth.by_operation.get(operation.pointer, ())) if main else (),
            save=dict(step.save),
            items=items,
            view=step.view if step.view is not None else self.view(document, operation, paging.page, index),
            effect=effect,
        )

    def templated(self, call: Call) -> None:
        """An argument that a template puts into an input is of the kind of that input, or of its own name."""
        for param in _rows(call):
            for path, template in _templates(param.name, param.value):
                for name in placeholders(template):
                    if name in self.hint.arguments and name not in self.sensitive_arguments:
                        alone = template == f"{{{name}}}"
                        kind = kind_of(name, type="string") or (kind_of(path, type="string") if alone else None)
                        if kind:
                            self.sensitive_arguments[name] = kind

    def view(self, document: Document, operation: Operation, page: Paging | None, index: int) -> tuple[str, ...] | None:
        """The default view of a step; None (everything) where a template reads into what was not saved."""
        step = self.hint.steps[index]
        later = [self.hint.result, *(one.with_ for one in self.hint.steps[index + 1 :])]
        for name in sorted(placeholders([one for one in later if one is not MISSING])):
            head, _, rest = name.partition(".")
            if head == step.id and rest and rest.split(".")[0] not in step.save:
                return None
        found = find_view(document, operation, page)
        if found.view is None or page is not None or found.answer == "$":
            return found.view
        keys = _keys(found.answer)
        return tuple(fields.text([*keys, *fields.parse(path)]) for path in found.view) if keys else None

    def call(
        self,
        document: Document,
        operation: Operation,
        body: BodyInputs | None,
        absorbed: set[tuple[str, str]],
        index: int,
        step: StepHint,
    ) -> Call:
        main = document is self.context.document
        slots = [parameter_slot(document, one) for one in operation.parameters]
        slots = [slot for slot in slots if (slot.place, slot.name) not in absorbed]
        if body is not None and body.inside in step.with_ and body.inside is not None:
            # The wrapped object is given as one value.
            wrapper = Slot("body", Param(body.inside), {}, wish=body.inside)
            body = replace(body, slots=(wrapper,), inside=None, extra=None)
        slots += [slot for slot in body.all() if not slot.read_only] if body else []
        rows: dict[str, list[Param]] = {"path": [], "query": [], "header": [], "cookie": [], "body": []}
        whole: Param | None = None
        extra: str | None = None
        left = dict(step.with_)
        for slot in slots:
            row = self.row(document, slot, left, index)
            if row is None:
                continue
            if body is not None and body.whole is slot:
                whole = row
            elif body is not None and body.extra is slot:
                extra = row.arg or row.name
            else:
                rows[slot.place].append(row)
        for name, template in left.items():
            place = self.hint.arguments[name].place if name in self.hint.arguments else None
            if place is None:
                known = [slot.name for slot in slots]
                help = did_you_mean(name, known) or f"say `in: query` for it under `arguments: {{{name}: …}}`"
                raise error(
                    "AG034", f"{operation.key} has no input {name!r}", self.where("steps", index, "with", name), help
                )
            self.check(template, self.where("steps", index, "with", name))
            rows[place].append(Param(name, value=template))
        rows["query"] += [Param(name, value=escape(value)) for name, value in operation.constants]
        made_body = None
        if body is not None and (rows["body"] or whole or extra):
            made_body = Body(body.media, tuple(rows["body"]), whole, body.inside, extra)
        elif rows["body"]:
            made_body = Body(params=tuple(rows["body"]))
        return Call(
            operation.method,
            operation.path,
            path_params=tuple(rows["path"]),
            query=tuple(rows["query"]),
            headers=tuple(rows["header"]),
            cookies=tuple(rows["cookie"]),
            body=made_body,
            base=self.context.bases.by_operation.get(operation.pointer, "") if main else "",
            accept=accepted(operation),
        )

    def row(self, document: Document, slot: Slot, left: dict[str, Json], index: int) -> Param | None:
        """How the step fills one input: by ``with``, by an argument of the tool, or not at all."""
        wish = naming.argument(slot.wish or slot.name)
        key = slot.name if slot.name in left else wish if wish in left else None
        if key is not None:
            template = left.pop(key)
            self.check(template, self.where("steps", index, "with", key))
            return replace(slot.param, value=template, fill=None)
        name = slot.name if slot.name in self.hint.arguments else wish if wish in self.hint.arguments else None
        if name is None:
            if not slot.required and not slot.param.fill:
                return None
            constant = fixed_value(document, slot)
            if constant is not None:
                return replace(slot.param, value=constant)
            if slot.place == "header" and slot.name.lower() in ("accept", "content-type"):
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

    def check(self, template: Json, where: Where) -> None:
        """Every placeholder names an argument, an earlier step, or what that saved."""
        try:
            names = sorted(placeholders(template))
        except TemplateError as wrong:
            raise error("AG035", str(wrong), where) from None
        steps = {one.id for one in self.made}
        known = {*steps, *self.hint.arguments, *self.found}
        for name in names:
            head = name.split(".")[0]
            if name in self.hint.arguments or head in self.hint.arguments:
                self.used.add(name if name in self.hint.arguments else head)
            elif name not in self.found and head not in known:
                every = sorted(known | {f"{one.id}.{saved}" for one in self.made for saved in one.save})
                help = did_you_mean(name, every) or "declare it under `arguments:`, or save it in an earlier step"
                raise error("AG037", f"nothing is called {name!r} here", where, help)

    def arguments(self) -> list[Argument]:
        """The tool's arguments: those that hints declare, and inputs that a step needs and nothing else gives."""
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

    # -------------------------------------------------------------------------------------------------- sensitivity

    def sensitive(self, result: Json, at: str = "") -> dict[str, str]:
        """The sensitive paths of the result, from those of the steps whose answers stand in it."""
        if isinstance(result, Mapping):
            kinds: dict[str, str] = {}
            for name, value in result.items():
                kinds |= self.sensitive(value, f"{at}.{fields.text([name])}".lstrip(".") if at else fields.text([name]))
            return kinds
        if isinstance(result, list):
            return {path: kind for value in result for path, kind in self.sensitive(value, f"{at}[*]").items()}
        if not isinstance(result, str):
            return {}
        found: dict[str, str] = {}
        parts = parse(result)
        for part in parts:
            if not isinstance(part, Placeholder):
                continue
            head, _, rest = part.name.partition(".")
            one = next((made for made in self.made if made.id == head), None)
            if one is None:
                continue
            if not rest:
                start = f"{at}[*]" if one.lists else at
                found |= {_under(start, path): kind for path, kind in one.sensitive.items()}
            elif rest in one.save:
                found |= _saved(at, one, one.save[rest])
            else:
                found |= {_under(at, below): kind for below, kind in _below(rest, one.sensitive) if below or at}
        # A sentence that names a person is no name: the runtime finds the values in it.
        return {path: kind for path, kind in found.items() if path and (len(parts) == 1 or kind == "secret")}


def _classified(kinds: Mapping[str, str]) -> dict[str, str]:
    """In the order of the paths; ``none`` is how hints say that something is not personal."""
    return {path: kinds[path] for path in sorted(kinds) if kinds[path] != "none"}


def _below(start: str, kinds: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The classified paths at and below ``start``, relative to it."""
    for path, kind in kinds.items():
        if path == start:
            yield "", kind
        elif path.startswith((f"{start}.", f"{start}[")):
            yield path[len(start) :].removeprefix("."), kind


def _under(start: str, path: str) -> str:
    if not start or not path:
        return start or path
    return f"{start}{path}" if path.startswith("[") else f"{start}.{path}"


def _saved(at: str, one: _Made, saved: str) -> dict[str, str]:
    """What a saved value holds: the sensitive paths at and below its JSONPath."""
    base = _keys(one.root) + (["[*]"] if one.root != "$" or one.lists else [])
    here = [step for step in _keys(saved) if step != "[*]"]
    found = {}
    for path, kind in one.sensitive.items():
        whole = base + [step if isinstance(step, str) else "[*]" for step in fields.parse(path)]
        plain = [step for step in whole if step != "[*]"]
        if plain[: len(here)] == here:
            rest = ".".join(fields.text([step]) for step in plain[len(here) :])
            found[_under(at, rest) if rest else at] = kind
    return found


def _keys(jsonpath: str) -> list[str]:
    return [match[1] or match[2] or match[3] or "[*]" for match in _STEP.finditer(jsonpath.removeprefix("$"))]


def _templates(name: str, template: Json) -> Iterator[tuple[str, str]]:
    """Every string of a template with the name of what it fills."""
    if isinstance(template, Mapping):
        for key, value in template.items():
            yield from _templates(str(key), value)
    elif isinstance(template, (list, tuple)):
        for value in template:
            yield from _templates(name, value)
    elif isinstance(template, str):
        yield name, template


def _rows(call: Call) -> list[Param]:
    body = [*call.body.params, *([call.body.whole] if call.body.whole else [])] if call.body else []
    return [*call.path_params, *call.query, *call.headers, *call.cookies, *body]
