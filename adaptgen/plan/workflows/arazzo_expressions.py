"""What the runtime expressions of a workflow stand for in a tool (Arazzo 1.0.1, 4.7): names of templates, places in
answers, and the conditions of steps."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from adaptgen.diagnostics import Where, did_you_mean, error
from adaptgen.model.tables import Check, Json
from adaptgen.source.arazzo import CODE
from adaptgen.syntax import json_pointer
from adaptgen.syntax import runtime_expressions as conditions
from adaptgen.syntax.runtime_expressions import ConditionError, Expression
from adaptgen.syntax.templates import escape, escape_json

_EMBEDDED = re.compile(r"\{(\$[^{}]*)\}")
_QUOTED = re.compile(r"('(?:[^']|'')*')")
_MEMBER = re.compile(r"[^.{}\s]+")
Locate = Callable[..., Where]


@dataclass(slots=True)
class Names:
    """What a workflow can name. ``inputs``: input -> name of the argument; ``steps``: step -> its name in the tool, in
    order, with the ``outputs`` of each (output -> template of an alias, "" for a saved value);
    ``workflows``: workflow that ran before -> the step that ran it."""

    inputs: Mapping[str, str] = field(default_factory=dict)
    steps: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    workflows: dict[str, str] = field(default_factory=dict)

    # ---------------------------------------------------------------------------------------------------- templates

    def template(self, value: Json, where: Where) -> Json:
        """A value of a parameter, of a payload or of an output as a template: expressions alone or in braces."""
        if isinstance(value, dict):
            return {key: self.template(one, where) for key, one in value.items()}
        if isinstance(value, list):
            return [self.template(one, where) for one in value]
        if not isinstance(value, str):
            return escape_json(value)
        if value.startswith("$") and _is_expression(value):
            return self.placeholder(value, where)
        parts = _EMBEDDED.split(value)
        return "".join(self.placeholder(part, where) if index % 2 else escape(part) for index, part in enumerate(parts))

    def placeholder(self, text: str, where: Where) -> str:
        """``$inputs.pet`` -> ``{pet}``, ``$steps.find.outputs.id`` -> ``{find.id}``.

        Raises:
            AdaptgenError: AG016, AG037.
        """
        found = self.read(text, where)
        if found.root == "inputs":
            name = self.input(found, where)
        elif found.root in ("steps", "workflows"):
            step, output = self.output(found, where)
            alias = self.outputs[step][output]
            name = alias[1:-1] if alias else f"{self.steps[step]}.{output}"
        else:
            help = "save it as an output of the step, and name that"
            raise error(CODE, f"{text} has no value where this is filled in", where, help)
        return "{" + ".".join([name, *_members(found, where)]) + "}"

    def input(self, found: Expression, where: Where) -> str:
        """The argument of an input."""
        if found.name not in self.inputs:
            help = did_you_mean(found.name, sorted(self.inputs)) or "declare it under inputs:"
            raise error("AG037", f"the workflow has no input {found.name!r}", where, help)
        return self.inputs[found.name]

    def output(self, found: Expression, where: Where) -> tuple[str, str]:
        """The step and the output that an expression names."""
        step = found.source
        if found.root == "workflows":
            workflow, _, kind = found.source.partition(".")
            if workflow not in self.workflows or kind != "outputs":
                message = f"{found.text} names a workflow that did not run before this one"
                raise error(CODE, message, where, "name it under dependsOn:")
            step = self.workflows[workflow]
        if step not in self.steps or step not in self.outputs:
            known = sorted(one for one in self.outputs if not one.startswith("$"))
            raise error("AG037", f"no step {step!r} has run by then", where, did_you_mean(step, known))
        if found.name not in self.outputs[step]:
            help = did_you_mean(found.name, sorted(self.outputs[step])) or "name it under outputs: of the step"
            raise error("AG037", f"the step {step!r} has no output {found.name!r}", where, help)
        return step, found.name

    # ------------------------------------------------------------------------------------------------------- places

    def place(self, text: str, where: Where, *, inner: bool) -> tuple[str, str]:
        """The place of a step's output in its answer, and ""; or "" and the template that it repeats.
        ``inner``: the step is a workflow, whose outputs are its answer."""
        found = self.read(text, where)
        if found.root in ("inputs", "steps", "workflows"):
            return "", self.placeholder(text, where)
        if inner:
            if found.root != "outputs":
                raise error(CODE, f"a step that is a workflow has no {text}", where, "it has $outputs.<name>")
            return "#" + _pointer([found.name]) + found.pointer + _pointer(found.path), ""
        if found.root == "statusCode":
            return "status", ""
        if found.root in ("url", "method"):
            return found.root, ""
        if found.root == "response" and found.source == "header":
            return f"header:{found.name}", ""
        if found.root == "response":
            return "#" + found.pointer + _pointer(found.path), ""
        raise error(CODE, f"{text} cannot be an output", where, "outputs are read from $response")

    # --------------------------------------------------------------------------------------------------- conditions

    def check(self, raw: Mapping[str, Any], where: Locate) -> Check:
        """A criterion as the runtime decides it.

        Raises:
            AdaptgenError: AG016, AG037.
        """
        kind = raw.get("type", "simple")
        kind = kind["type"] if isinstance(kind, dict) else kind
        text = raw["condition"]
        at = where("condition")
        if kind == "xpath":
            raise error(CODE, "xpath cannot be carried out: answers are JSON", where("type"), "write it as jsonpath")
        try:
            if kind == "simple":
                for one in conditions.expressions(conditions.condition(text)):
                    self.known(one, at)
                text = "".join(
                    part if index % 2 else self.renamed(part) for index, part in enumerate(_QUOTED.split(text))
                )
                conditions.condition(text)
                return Check(text)
        except ConditionError as wrong:
            raise error(CODE, str(wrong), at) from None
        from adaptgen.syntax import jsonpath as queries

        try:
            (queries.pattern if kind == "regex" else queries.compiled)(text)
        except queries.QueryError as wrong:
            raise error(CODE, str(wrong), at) from None
        if not isinstance(raw.get("context"), str):
            raise error(CODE, f"a condition of type {kind} needs a context", at, "context: $response.body")
        self.known(self.read(raw["context"], where("context")), where("context"))
        return Check(text, self.renamed(raw["context"]), kind)

    def known(self, found: Expression, where: Where) -> None:
        """What a condition names is there when it is decided."""
        if found.root == "inputs":
            self.input(found, where)
        elif found.root in ("steps", "workflows"):
            step, output = self.output(found, where)
            if self.outputs[step][output]:
                message = f"{found.text} repeats another value, which a condition cannot name"
                raise error(CODE, message, where, f"name {self.outputs[step][output]} itself")
        elif found.root in ("components", "sourceDescriptions"):
            raise error(CODE, f"{found.text} has no value in a condition", where)

    def renamed(self, text: str) -> str:
        """A condition with the names that its steps and inputs have in the tool."""
        for workflow, step in self.workflows.items():
            own = rf"\$workflows\.{re.escape(workflow)}\.outputs\."
            text = re.sub(own, f"$steps.{self.steps[step]}.outputs.", text)
        for old, new in self.steps.items():
            if old != new and not old.startswith("$"):
                text = re.sub(rf"\$steps\.{re.escape(old)}\.outputs\.", f"$steps.{new}.outputs.", text)
        for old, new in self.inputs.items():
            if old != new:
                text = re.sub(rf"\$inputs\.{re.escape(old)}(?![\w-])", f"$inputs.{new}", text)
        return text

    def read(self, text: str, where: Where) -> Expression:
        """A runtime expression.

        Raises:
            AdaptgenError: AG016.
        """
        try:
            return conditions.expression(text)
        except ConditionError as wrong:
            raise error(CODE, str(wrong), where) from None


def _is_expression(text: str) -> bool:
    """Whether a whole text is meant as an expression: ``$5`` is a price."""
    try:
        conditions.expression(text)
    except ConditionError:
        root = re.match(r"\$(\w+)", text)
        return root is not None and root[1] in (
            "url", "method", "statusCode", "request", "response", "inputs", "outputs", "steps", "workflows",
            "components", "sourceDescriptions",
        )  # fmt: skip
    return True


def _members(found: Expression, where: Where) -> list[str]:
    """The members of a value that an expression goes into."""
    tokens = json_pointer.split(found.pointer)
    members = [*tokens, *map(str, found.path)]
    for one in members:
        if not _MEMBER.fullmatch(one):
            help = "save it as an output of its own"
            raise error(CODE, f"{found.text}: the member {one!r} cannot be named here", where, help)
    return members


def _pointer(path: Any) -> str:
    return "".join(f"/{json_pointer.escape(str(one))}" for one in path)
