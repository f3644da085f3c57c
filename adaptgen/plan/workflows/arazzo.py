"""Arazzo workflows as tools: one for each workflow of a description that the hints name (Arazzo 1.0.1)."""

from __future__ import annotations

from dataclasses import replace

from adaptgen.diagnostics import Diagnostic, Where, error
from adaptgen.model.plan import Evidence
from adaptgen.model.tables import Contract, Effect, Json, Step, Tool, walk_steps
from adaptgen.plan.document import descriptions as describe
from adaptgen.plan.document import tool_names as naming
from adaptgen.plan.document.inline_schema import inline
from adaptgen.plan.document.operation_refs import Targets
from adaptgen.plan.tools import contract as contracts
from adaptgen.plan.tools.arguments import Argument
from adaptgen.plan.tools.pii import find_plain, find_sensitive
from adaptgen.plan.tools.tool import Context, own_arguments
from adaptgen.plan.views.default_view import find_view
from adaptgen.plan.workflows.arazzo_expressions import Names
from adaptgen.plan.workflows.arazzo_inputs import defaults_of, inputs_of, schema_of
from adaptgen.plan.workflows.arazzo_operations import Calls
from adaptgen.plan.workflows.arazzo_steps import Shared, Workflow
from adaptgen.plan.workflows.pii import classified, sensitive
from adaptgen.plan.workflows.steps import STRENGTH
from adaptgen.source.arazzo import Description
from adaptgen.source.hints.model import Hints, ToolHint

_OTHERS = ("view", "page", "arguments", "answer", "update", "page_size")


def named(hints: Hints) -> list[tuple[str, Description, int, Where]]:
    """The tools of all descriptions: name, description, index of the workflow, and its location."""
    found = []
    for description in hints.workflows:
        for index, one in enumerate(description.root["workflows"]):
            name = naming.legal(naming.snake(one["workflowId"]))
            found.append((name, description, index, description.where("workflows", index, "workflowId")))
    return found


def workflow(
    context: Context, targets: Targets, name: str, description: Description, index: int
) -> tuple[Tool, Contract, tuple[Evidence, ...], tuple[Diagnostic, ...]]:
    """The tool ``name`` of the workflow at ``index``. Hints for that name say more about it.

    Raises:
        AdaptgenError: AG016 for what cannot be carried out, AG033, AG034 and AG037 for what the documents or the
            description do not have; all of them with their place in the description.
    """
    hint = context.hints.tools.get(name) or ToolHint()
    for key in _OTHERS:
        if getattr(hint, key) not in (None, {}, ()):
            help = "hints for a workflow have description, effect, result, sensitive, max_bytes and was"
            where = context.hints.where("tools", name, key)
            raise error("AG039", f"the description says what {name!r} does", where, help)
    schema = schema_of(description, index)
    shared = Shared(description, Calls(context, targets, description))
    names = Names(inputs=_arguments(description, index))
    made = Workflow(shared, index, names)
    steps = made.steps()
    raw = made.raw
    arguments = _schemas(context, schema, names)
    result = made.result()
    if not raw.get("outputs"):
        steps = (*steps[:-1], _viewed(steps[-1], shared))
    strongest: Effect = max((step.effect for step in steps), key=STRENGTH.index)
    effect = hint.effect if hint.effect is not None else strongest
    operations = [facts.operation for facts, _ in shared.steps]
    tool = Tool(
        name=name,
        steps=steps,
        result=result,
        defaults=dict(sorted(defaults_of(schema, names.inputs).items())),
        auth=tuple(dict.fromkeys(auth for step in walk_steps(steps) for auth in step.auth)),
        anonymous=all(one.pointer in context.auth.unsaid for one in operations),
        layout=hint.form,
        max_bytes=hint.max_bytes,
        sensitive=classified({**sensitive(result, made.made), **hint.sensitive}),
        sensitive_arguments=dict(sorted({**made.kinds, **_kinds(context, shared, arguments, hint)}.items())),
        not_sensitive=find_plain(context.hints, hint),
        effect=effect,
        source=_source(context, shared),
        aliases=tuple(hint.was),
        also=hint.also,
    )
    input_schema, _ = contracts.input_schema(context.document, arguments, own_arguments(tool, None))
    said = hint.description or raw.get("description") or raw.get("summary") or f"{describe.words(name).capitalize()}."
    title = describe.clean(raw.get("summary") or describe.words(name).capitalize(), 80)
    contract = contracts.contract(name, describe.clean(said, describe.DESCRIPTION), input_schema, effect, "", "", title)
    calls = ", ".join(one.key for one in operations)
    because = f"{description.path.name} says so"
    evidence = Evidence(name, "steps", f"{len(operations)} calls: {calls}", because, tool.source, "hint")
    return tool, contract, (evidence,), ()


def _arguments(description: Description, index: int) -> dict[str, str]:
    """Input -> argument: those of the workflow, and of the workflows that run before it."""
    known = {one["workflowId"]: at for at, one in enumerate(description.root["workflows"])}
    found = {one: naming.argument(one) for one in inputs_of(description, index)}
    for before in description.root["workflows"][index].get("dependsOn", ()):
        for one in inputs_of(description, known[before]) if before in known else ():
            found.setdefault(one, naming.argument(one))
    return found


def _schemas(context: Context, schema: Json, names: Names) -> list[Argument]:
    """The arguments, with schemas as those of the document get them: within a budget, their texts cleaned."""
    properties, required = schema.get("properties", {}), schema.get("required", [])
    share = contracts.BUDGET // max(len(names.inputs), 4)
    found = []
    for name, argument in names.inputs.items():
        made, _ = inline(context.document, properties.get(name, {}), budget=share, direction="input")
        needed = isinstance(required, list) and name in required
        found.append(Argument(argument, made=made if isinstance(made, dict) else {}, required=needed))
    return found


def _kinds(context: Context, shared: Shared, arguments: list[Argument], hint: ToolHint) -> dict[str, str]:
    """Argument -> kind of personal data, by its name and its schema."""
    if not shared.steps:
        return {}
    schemas = {one.name: one.made for one in arguments}
    facts, _ = shared.steps[0]
    return find_sensitive(facts, None, schemas, context.hints, hint)[1]


def _viewed(step: Step, shared: Shared) -> Step:
    """The last step of a workflow without outputs, whose answer is that of the tool, under the view of its
    operation."""
    if step.call is None:
        return step
    facts, page = shared.steps[-1]
    found = find_view(facts, page)
    if page is None and found.answer != "$":
        return step
    return replace(step, view=found.view, items=page.items if page is not None else None)


def _source(context: Context, shared: Shared) -> str:
    """The pointer of the first operation that the document itself has."""
    own = (facts.operation.pointer for facts, _ in shared.steps if facts.document is context.document)
    return next(own, "")
