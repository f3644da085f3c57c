"""The steps of an Arazzo workflow as steps of a tool (Arazzo 1.0.1, 4.6.5 to 4.6.14)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from adaptgen.diagnostics import Where, did_you_mean, error
from adaptgen.model.tables import Body, Flow, Json, Param, Step, Then
from adaptgen.plan.effects.infer import find_effect
from adaptgen.plan.paging.infer import find_paging
from adaptgen.plan.tools.pii import find_sensitive
from adaptgen.plan.tools.tool import auth_of
from adaptgen.plan.workflows.arazzo_expressions import Locate, Names
from adaptgen.plan.workflows.arazzo_inputs import defaults_of, inputs_of, schema_of
from adaptgen.plan.workflows.arazzo_operations import Calls
from adaptgen.plan.workflows.pii import PlannedStep, sensitive
from adaptgen.source.arazzo import CODE, Description
from adaptgen.syntax.json_pointer import escape
from adaptgen.syntax.templates import escape_json

if TYPE_CHECKING:
    from adaptgen.model.tables import Paging
    from adaptgen.plan.facts import OperationFacts

MOST = 200
"""Steps of one tool, those of other workflows included."""
_DEEPEST = 10
_ID = re.compile(r"[A-Za-z0-9_-]+")
_STRENGTH = ("read", "write", "delete")


@dataclass(slots=True)
class Shared:
    """What the workflows of one tool have in common. ``steps``: the calls, and how the answer of each is paged."""

    description: Description
    calls: Calls
    steps: list[tuple[OperationFacts, Paging | None]] = field(default_factory=list)
    count: int = 0


@dataclass(slots=True)
class Workflow:
    """One workflow in the making. ``index``: its place in the description; ``above``: the workflows around it;
    ``kinds``: its inputs, by their names in templates, that hold personal data."""

    shared: Shared
    index: int
    names: Names
    above: tuple[str, ...] = ()
    kinds: dict[str, str] = field(default_factory=dict)
    made: list[PlannedStep] = field(default_factory=list)

    @property
    def raw(self) -> Mapping[str, Any]:
        """As the description has it."""
        found: Mapping[str, Any] = self.shared.description.root["workflows"][self.index]
        return found

    def where(self, *keys: str | int) -> Where:
        """The place of a key of the workflow."""
        return self.shared.description.where("workflows", self.index, *keys)

    # ------------------------------------------------------------------------------------------------------- steps

    def steps(self) -> tuple[Step, ...]:
        """All steps, those that it depends on first.

        Raises:
            AdaptgenError: AG016, AG033, AG034, AG037.
        """
        found = [self.before(at, name) for at, name in enumerate(self.raw.get("dependsOn", ()))]
        for at, raw in enumerate(self.raw["steps"]):
            id, where = raw["stepId"], self.where("steps", at, "stepId")
            if not _ID.fullmatch(id):
                raise error(CODE, f"the name {id!r} of a step is of letters, digits, _ and -", where)
            if id in self.names.steps:
                raise error(CODE, f"two steps are called {id!r}", where)
            self.names.steps[id] = self.free(id)
        for at, raw in enumerate(self.raw["steps"]):
            found.append(self.step(at, raw))
        return tuple(found)

    def free(self, id: str) -> str:
        """The name of a step in the tool: its own, unless an input or another step has it."""
        taken = {*self.names.inputs.values(), *self.names.steps.values()}
        name = id
        while name in taken:
            name += "_step"
        return name

    def before(self, at: int, name: str) -> Step:
        """A workflow that must run before: its inputs are those of the same names."""
        where = self.where("dependsOn", at)
        index = self.named(name, where)
        inner = self.inner(index)
        key = f"$workflows.{name}"  # no step is called so
        id = self.names.steps[key] = self.free(name)
        self.names.workflows[name] = key
        given = {one: f"{{{self.names.inputs[one]}}}" for one in inner.names.inputs if one in self.names.inputs}
        self.needs(inner, given, where)
        outputs = {one: (f"#/{escape(one)}", "") for one in inner.raw.get("outputs", {})}
        return self.nested(inner, id, key, given, outputs)

    def step(self, at: int, raw: Mapping[str, Any]) -> Step:
        where = partial(self.where, "steps", at)
        shared = self.shared
        shared.count += 1
        if shared.count > MOST:
            raise error(CODE, f"the workflow has more than {MOST} steps with those that it calls", where("stepId"))
        name = raw["stepId"]
        id = self.names.steps[name]
        parameters = self.parameters(raw, where)
        if "workflowId" in raw:
            if "requestBody" in raw or "successCriteria" in raw:
                key = "requestBody" if "requestBody" in raw else "successCriteria"
                raise error(CODE, f"a step that is a workflow has no {key}", where(key))
            index = self.named(raw["workflowId"], where("workflowId"))
            given = {one: template for (_, one), (template, _) in parameters.items()}
            inner = self.inner(index)
            for (_, one), (_, at_) in parameters.items():
                if one not in inner.names.inputs:
                    help = did_you_mean(one, sorted(inner.names.inputs))
                    raise error("AG034", f"the workflow {raw['workflowId']!r} has no input {one!r}", at_, help)
            self.needs(inner, given, where("workflowId"))
            outputs = self.outputs(raw, where, inner=True)
            for one in inner.raw.get("outputs", {}):
                outputs.setdefault(one, (f"#/{escape(one)}", ""))
            made = self.nested(inner, id, name, given, outputs)
            then = self.follows(raw, where, "onSuccess", "successActions")
            otherwise = self.follows(raw, where, "onFailure", "failureActions")
            return replace(made, then=then, otherwise=otherwise)
        return self.call(raw, where, id, parameters)

    def call(
        self, raw: Mapping[str, Any], where: Locate, id: str, parameters: Mapping[tuple[str, str], tuple[Json, Where]]
    ) -> Step:
        shared = self.shared
        operation, document, main = shared.calls.find(raw, where)
        body, replaced = self.body(raw, where)
        call = shared.calls.request(operation, document, main, parameters, body, where)
        outputs = self.outputs(raw, where, inner=False)
        context = shared.calls.context
        facts = context.facts_of(operation, document)
        effect, _ = find_effect(facts)
        paging = find_paging(facts, effect)
        kinds, _ = find_sensitive(facts, paging.page, {}, context.hints, None, answer="$")
        self.kinds |= shared.calls.classified(call, self.names, self.kinds)
        shared.steps.append((facts, paging.page))
        # Conditions of this step may name its own outputs no more than later steps may name them by then.
        success = tuple(
            self.names.check(one, partial(where, "successCriteria", at))
            for at, one in enumerate(raw.get("successCriteria", ()))
        )
        self.keep(raw["stepId"], outputs)
        save = {name: place for name, (place, alias) in outputs.items() if not alias}
        root = paging.page.items if paging.page is not None else "$"
        self.made.append(
            PlannedStep(id=id, operation=operation, document=document, save=save, sensitive=kinds, root=root,
                 lists=paging.page is not None, effect=effect)
        )  # fmt: skip
        return Step(
            id=id,
            call=call,
            auth=auth_of(context, operation, main),
            save=save,
            effect=effect,
            replace=replaced,
            success=success,
            then=self.follows(raw, where, "onSuccess", "successActions"),
            otherwise=self.follows(raw, where, "onFailure", "failureActions"),
        )

    # ---------------------------------------------------------------------------------------------- inner workflows

    def named(self, id: str, where: Where) -> int:
        """The place of a workflow in the description."""
        if id.startswith("$"):
            raise error(CODE, f"{id} is a workflow of another description", where, "put the workflow into this one")
        known = [one["workflowId"] for one in self.shared.description.root["workflows"]]
        if id not in known:
            raise error("AG037", f"there is no workflow {id!r}", where, did_you_mean(id, known))
        if id in (*self.above, self.raw["workflowId"]):
            raise error(CODE, f"the workflow {id!r} leads back to itself", where)
        if len(self.above) >= _DEEPEST:
            raise error(CODE, f"workflows call each other more than {_DEEPEST} deep", where)
        return known.index(id)

    def inner(self, index: int) -> Workflow:
        """A workflow inside of this one."""
        declared = inputs_of(self.shared.description, index)
        names = Names(inputs={one: one for one in declared})
        return Workflow(self.shared, index, names, (*self.above, self.raw["workflowId"]))

    def needs(self, inner: Workflow, given: Mapping[str, Json], where: Where) -> None:
        """Everything that an inner workflow requires is given."""
        required = schema_of(self.shared.description, inner.index).get("required", ())
        for one in required if isinstance(required, list) else ():
            if one not in given:
                raise error("AG034", f"the workflow {inner.raw['workflowId']!r} needs the input {one!r}", where)

    def nested(
        self, inner: Workflow, id: str, name: str, given: Mapping[str, Json], outputs: Mapping[str, tuple[str, str]]
    ) -> Step:
        steps = inner.steps()
        result = inner.result()
        defaults = defaults_of(schema_of(self.shared.description, inner.index), inner.names.inputs)
        given = {**escape_json(defaults), **given}
        for one, template in given.items():
            if isinstance(template, str) and template[1:-1] in self.names.inputs.values() and one in inner.kinds:
                self.kinds.setdefault(template[1:-1], inner.kinds[one])
        save = {one: place for one, (place, alias) in outputs.items() if not alias}
        self.keep(name, outputs)
        effect = max((step.effect for step in steps), key=_STRENGTH.index)
        self.made.append(PlannedStep(id=id, save=save, sensitive=sensitive(result, inner.made), effect=effect))
        return Step(id=id, save=save, effect=effect, flow=Flow(steps=steps, given=given, result=result))

    # ----------------------------------------------------------------------------------------------- what it gives

    def result(self) -> Json:
        """The outputs of the workflow as a template; those of a workflow without any are its last step's answer."""
        outputs = self.raw.get("outputs", {})
        if not outputs:
            return f"{{{self.names.steps[self.raw['steps'][-1]['stepId']]}}}"
        return {name: self.names.placeholder(text, self.where("outputs", name)) for name, text in outputs.items()}

    def outputs(self, raw: Mapping[str, Any], where: Locate, *, inner: bool) -> dict[str, tuple[str, str]]:
        """Output -> its place in the answer, or the template that it repeats."""
        return {
            name: self.names.place(text, where("outputs", name), inner=inner)
            for name, text in raw.get("outputs", {}).items()
        }

    def keep(self, step: str, outputs: Mapping[str, tuple[str, str]]) -> None:
        """From now on the outputs of a step can be named."""
        self.names.outputs[step] = {name: alias for name, (_, alias) in outputs.items()}

    # -------------------------------------------------------------------------------------------------- parameters

    def parameters(self, raw: Mapping[str, Any], where: Locate) -> dict[tuple[str, str], tuple[Json, Where]]:
        """(place, name) -> template: those of the step over those of the workflow."""
        found: dict[tuple[str, str], tuple[Json, Where]] = {}
        own = [(one, partial(where, "parameters", at)) for at, one in enumerate(raw.get("parameters", ()))]
        of_all = [(one, partial(self.where, "parameters", at)) for at, one in enumerate(self.raw.get("parameters", ()))]
        for one, at in [*of_all, *own]:
            one = self.reusable(one, "parameters", at)
            if "name" not in one or "value" not in one:
                raise error(CODE, "a parameter has a name and a value", at())
            if "workflowId" not in raw and "in" not in one:
                help = "in: path, query, header or cookie"
                raise error(CODE, f"the parameter {one['name']!r} says not where it goes", at(), help)
            found[one.get("in", ""), one["name"]] = (self.names.template(one["value"], at("value")), at())
        return found

    def body(self, raw: Mapping[str, Any], where: Locate) -> tuple[Body | None, dict[str, Json]]:
        """The body that a step sends, and what is replaced in it."""
        said = raw.get("requestBody")
        if said is None:
            return None, {}
        payload = said.get("payload")
        template = self.names.template(payload, where("requestBody", "payload")) if payload is not None else None
        replaced: dict[str, Json] = {}
        for at, one in enumerate(said.get("replacements", ())):
            target = one["target"].removeprefix("#")
            place = where("requestBody", "replacements", at, "target")
            if target and (not target.startswith("/") or target.startswith("//")):
                raise error(CODE, f"{one['target']!r} is not a JSON Pointer", place, "XPath cannot be carried out")
            replaced[f"#{target}"] = self.names.template(
                one["value"], where("requestBody", "replacements", at, "value")
            )
        if template is None and not replaced:
            return None, {}
        whole = Param("body", value={} if template is None else template)
        return Body(said.get("contentType", ""), whole=whole), replaced

    # ------------------------------------------------------------------------------------------------ what follows

    def follows(self, raw: Mapping[str, Any], where: Locate, own: str, of_all: str) -> tuple[Then, ...]:
        """The actions after a step; those of the workflow under names that the step does not use come last."""
        listed = [(one, partial(where, own, at)) for at, one in enumerate(raw.get(own, ()))]
        listed += [(one, partial(self.where, of_all, at)) for at, one in enumerate(self.raw.get(of_all, ()))]
        found: dict[str, Then] = {}
        for one, at in listed:
            one = self.reusable(one, of_all, at)
            for key in ("name", "type"):
                if key not in one:
                    raise error(CODE, f"an action has a {key}", at())
            if one["name"] not in found:
                found[one["name"]] = self.then(one, at)
        return tuple(found.values())

    def then(self, one: Mapping[str, Any], at: Locate) -> Then:
        do = one["type"]
        if "workflowId" in one:
            message = f"{do} cannot lead to another workflow"
            raise error(CODE, message, at("workflowId"), "make the workflow a step, and lead to that")
        to = one.get("stepId", "")
        if to:
            if to not in [step["stepId"] for step in self.raw["steps"]]:
                known = [step["stepId"] for step in self.raw["steps"]]
                raise error("AG037", f"there is no step {to!r}", at("stepId"), did_you_mean(to, known))
            if do == "end":
                raise error(CODE, "an action of type end leads nowhere", at("stepId"))
        elif do == "goto":
            raise error(CODE, "an action of type goto names a step", at())
        checks = tuple(
            self.names.check(raw, partial(at, "criteria", i)) for i, raw in enumerate(one.get("criteria", ()))
        )
        after = float(one.get("retryAfter", 0))
        limit = int(one.get("retryLimit", 1))
        if after > 60:
            raise error(CODE, f"an agent does not wait {after:g} s", at("retryAfter"), "60 s at most")
        return Then(do=do, to=self.names.steps.get(to, ""), checks=checks, after=after, limit=limit)

    def reusable(self, one: Mapping[str, Any], kind: str, at: Locate) -> Mapping[str, Any]:
        """What a Reusable Object refers to, with its own value."""
        text = one.get("reference")
        if text is None:
            return one
        components = self.shared.description.root.get("components", {}).get(kind, {})
        prefix = f"$components.{kind}."
        name = text.removeprefix(prefix)
        if not text.startswith(prefix) or name not in components:
            help = did_you_mean(name, sorted(components)) or f"write {prefix}<name>"
            raise error("AG037", f"there is no {text!r}", at("reference"), help)
        found = dict(components[name])
        if "reference" in found:
            raise error(CODE, f"{text} is a reference itself", at("reference"))
        if "value" in one:
            found["value"] = one["value"]
        return found
