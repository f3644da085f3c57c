"""One operation to one tool: what the passes found out about it, put together as a table and a contract."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from adaptgen.diagnostics import Diagnostic, Where, error
from adaptgen.model.contract_file import OWN_ARGUMENTS, names_added
from adaptgen.model.frozen import changed
from adaptgen.model.plan import Evidence
from adaptgen.model.tables import Call, Contract, Effect, Json, Tool, Unpaged, Update, value
from adaptgen.plan.document import descriptions as describe
from adaptgen.plan.document import vendor_extensions as extensions
from adaptgen.plan.document.base_urls import Bases
from adaptgen.plan.document.reader import Operation, accepted, is_json
from adaptgen.plan.document.request_bodies import BodyInputs
from adaptgen.plan.document.schemas import leaves, shape
from adaptgen.plan.document.tool_names import PLACEHOLDER
from adaptgen.plan.effects.deeds import Deed, find_deed, tell_target
from adaptgen.plan.effects.infer import find_effect
from adaptgen.plan.effects.verbs import CHANGES_RECORD
from adaptgen.plan.facts import OperationFacts, read_facts
from adaptgen.plan.paging.infer import PagingPlan, find_paging
from adaptgen.plan.tools import absorbed_members as paging_members
from adaptgen.plan.tools import contract as contracts
from adaptgen.plan.tools import merge_updates as updates
from adaptgen.plan.tools.arguments import Inputs, decide
from adaptgen.plan.tools.pii import find_plain, find_sensitive, record_of
from adaptgen.plan.tools.searches import find_searches, search_evidence
from adaptgen.plan.views.default_view import ViewPlan, find_view
from adaptgen.source.hints.model import ToolHint
from adaptgen.syntax.tables import kind_of_media

if TYPE_CHECKING:
    from adaptgen.plan.auth import AuthPlan
    from adaptgen.source import Document
    from adaptgen.source.hints.model import Hints

MAY_LOSE = "may lose what is not given"
_PLAIN_ROLES = {"GET": "get", "DELETE": "delete", "HEAD": "check", "OPTIONS": "describe", "TRACE": "trace"}


@value()
class Context:
    """What is known of a document before any tool is made. ``siblings``: family -> method -> operation.
    ``credentials``: pointer of an operation -> (place, name) -> the auth that sends this input."""

    document: Document
    hints: Hints
    auth: AuthPlan
    bases: Bases
    siblings: Mapping[str, Mapping[str, Operation]]
    credentials: Mapping[str, Mapping[tuple[str, str], str]] = field(default_factory=dict)
    facts: Mapping[str, OperationFacts] = field(default_factory=dict)

    def facts_of(self, operation: Operation, document: Document | None = None) -> OperationFacts:
        """What is understood of ``operation``, of this or of another ``document`` of the hints."""
        if (document is None or document is self.document) and operation.pointer in self.facts:
            return self.facts[operation.pointer]
        return read_facts(document or self.document, operation)


def auth_of(context: Context, operation: Operation, main: bool) -> tuple[str, ...]:
    """How a call logs in; that of an operation of another document (``main`` False) as the rest of the server does."""
    if main:
        return tuple(context.auth.by_operation.get(operation.pointer, ()))
    public = operation.security is not None and not any(operation.security)
    return () if public else tuple(one.name for one in context.auth.auths)


@dataclass(slots=True)
class Analysis:
    """An operation that becomes a tool, and what was found out about it. ``key``: its name in the hints, or "";
    ``notes``: what agents must know of how it writes; ``deed``: what its words say that it does.
    ``learned``: the keys of ``hint`` that were learned; ``where`` returns the place of a key."""

    context: Context
    facts: OperationFacts
    key: str
    hint: ToolHint | None
    paging: PagingPlan
    view: ViewPlan
    effect: Effect
    evidence: list[Evidence]
    role: str = ""
    read: Operation | None = None
    payload: str = "$"
    merges: str = ""
    patches: bool = False
    deed: Deed = ""
    notes: str = ""
    learned: frozenset[tuple[str, ...]] = frozenset()
    where: Callable[..., Where] = Where

    @property
    def operation(self) -> Operation:
        return self.facts.operation

    @property
    def body(self) -> BodyInputs | None:
        return self.facts.body


@value()
class BuiltTool:
    """A finished tool. ``hidden``: (place, name) of the inputs that hints hide. ``cut``: the schema was too large."""

    tool: Tool
    contract: Contract
    evidence: tuple[Evidence, ...]
    diagnostics: tuple[Diagnostic, ...]
    hidden: tuple[tuple[str, str], ...] = ()
    cut: bool = False


def family(operation: Operation) -> str:
    """What the operations on one resource have in common: the path, whatever its parameters are called, and
    the document where several have the path."""
    return f"{PLACEHOLDER.sub('{}', operation.path)}#{operation.written.partition('#')[2]}"


def locator(hints: Hints, *base: str) -> Callable[..., Where]:
    """``where`` for the keys below ``base`` in the hints."""
    return lambda *keys: hints.where(*base, *keys)


def analyse(context: Context, facts: OperationFacts, key: str = "", hint: ToolHint | None = None) -> Analysis:
    """Decide what an operation does, how it pages and what is shown of its answer.

    Raises:
        AdaptgenError: for what is wrong in ``hint``.
    """
    operation = facts.operation
    hint, said, where = with_learned(context, facts, key, hint)
    hint = extensions.under(facts.extensions, hint)
    page_where = partial(where, "page") if hint else None
    effect, because = find_effect(facts, hint)
    paging = find_paging(facts, effect, hint.page if hint else None, where=page_where)
    if effect != "read" and paging.page is not None:
        if not isinstance(paging.page, Unpaged) and not facts.extensions.writes:
            message = f"{operation.key} does not only read, and an operation that changes something is not a list"
            help = "add effect: read, if it only reads"
            raise error("AG039", message, where("page"), help)
        paging = PagingPlan(None)
    view = find_view(facts, paging.page, hint, where=where if hint else None)
    found = (*_as_learned(paging.evidence, said, "page"), *_as_learned(view.evidence, said, "view"), because)
    return Analysis(context, facts, key, hint, paging, view, effect, list(found), learned=said, where=where)


def with_learned(
    context: Context, facts: OperationFacts, key: str, hint: ToolHint | None
) -> tuple[ToolHint | None, frozenset[tuple[str, ...]], Callable[..., Where]]:
    """The hint of an operation with what was learned under it, the keys that were learned, and where each is."""
    hints, operation, where = context.hints, facts.operation.key, locator(context.hints, "tools", key)
    learned = hints.learned
    # A document that is read beside this one has operations of the same keys.
    own = context.facts.get(facts.operation.pointer) is facts
    if learned is None or not own or operation not in learned.operations:
        return hint, frozenset(), where
    said: set[tuple[str, ...]] = {
        (one,) for one in ("page", "view", "answer") if hint is None or getattr(hint, one) is None
    }
    for one in ("arguments", "sensitive"):
        names = getattr(learned.operations[operation], one).keys() - (getattr(hint, one) if hint else {})
        said |= {(one, name) for name in names}
    kept = frozenset(one for one in said if one[0] in learned.keys(operation))

    def find(*keys: str | int) -> Where:
        found = keys[:1] in kept or keys[:2] in kept
        return learned.where("operations", operation, *keys) if found else where(*keys)

    return learned.under(operation, hint), kept, find


def _as_learned(found: Iterable[Evidence], said: Set[tuple[str, ...]], *keys: str) -> tuple[Evidence, ...]:
    """The evidence of a decision, by whom it was said: by hints, or by what was learned."""
    if keys not in said:
        return tuple(found)
    more = {"because": "learned by trying", "basis": "learned"}
    return tuple(changed(one, more) if one.basis == "hint" else one for one in found)


def assign_role(one: Analysis, payloads: Mapping[str, str | None]) -> None:
    """Decide the role, and whether a write merges. ``payloads``: pointer of a GET -> JSONPath of what it answers,
    None for lists.

    Raises:
        AdaptgenError: AG039 for a hint that wants a merge where there is nothing to merge with.
    """
    operation, context = one.operation, one.context
    methods = context.siblings.get(family(operation), {})
    writes = operation.method in ("PUT", "PATCH", "POST") and one.effect != "read"
    one.deed = find_deed(operation)
    read = methods.get("GET")
    is_list = read is not None and payloads.get(read.pointer) is None
    if read is not None and not is_list and writes:
        one.read, one.payload = read, payloads[read.pointer] or "$"
        _decide_merge(one, read, methods)
    if one.hint and one.hint.update == "merge" and not (one.merges or one.patches):
        reason = updates.why_no_merge(operation, read, is_list, one.body)
        message = f"{operation.key} cannot merge: {reason}"
        raise error("AG039", message, one.where("update"), "leave `update` out")
    if one.paging.page is not None:
        one.role = "list" if operation.method == "GET" else "search"
    elif writes:
        one.role = updates.role_of(operation, methods, one.deed, bool(one.merges))
    elif operation.method == "POST":
        one.role = "search"
    else:
        one.role = _PLAIN_ROLES.get(operation.method, "call")


def _decide_merge(one: Analysis, read: Operation, methods: Mapping[str, Operation]) -> None:
    """Whether a write is made of what ``read`` answers and what the agent passes."""
    wanted = one.hint.update if one.hint else None
    if wanted == "replace":
        return
    patches = updates.patches(one.operation, read, one.body)
    if one.operation.method == "PATCH":
        one.patches = patches
        return
    alone = "PATCH" not in methods and (one.operation.method == "PUT" or "PUT" not in methods)
    if wanted == "merge" or (alone and updates.is_of_whole_record(one.operation, one.deed)):
        one.merges = updates.can_merge(one.context.document, one.operation, read, one.body, one.payload)
    if not one.merges and wanted == "merge" and patches:
        one.merges = "the hints say so"


def build_tool(one: Analysis, name: str) -> BuiltTool:
    """The table and the contract.

    Raises:
        AdaptgenError: for what is wrong in the hint.
    """
    operation, hint, context = one.operation, one.hint, one.context
    document = context.document
    absorbed = dict(one.paging.absorbed)
    for key, auth in context.credentials.get(operation.pointer, {}).items():
        absorbed[key] = f"auth {auth}"
    left = paging_members.left(document, operation, one.body, one.paging.page)
    absorbed |= left.absorbed
    record = _record_to_merge(one)
    loose = updates.supplied(document, one.body, record) if one.body is not None and record else frozenset[str]()
    hinted_arguments = hint.arguments if hint else {}
    where = partial(one.where, "arguments")
    inputs = decide(document, left.operation, left.body, absorbed, hinted_arguments, where, name, loose=loose)
    left.complete(inputs)
    call = _call(operation, inputs, context.bases)
    schemas = {argument.name: argument.schema for argument in inputs.arguments}
    sensitive, sensitive_arguments = find_sensitive(
        one.facts, one.paging.page, schemas, context.hints, hint, answer=one.view.answer
    )
    update = _update(one, name, call, record, sensitive)
    hinted = hint or ToolHint()
    tool = Tool(
        name=name,
        call=call,
        auth=tuple(context.auth.by_operation.get(operation.pointer, ())),
        view=one.view.view,
        payload=one.view.answer,
        page=one.paging.page,
        update=update,
        layout=hinted.form,
        page_size=hinted.page_size,
        max_bytes=hinted.max_bytes,
        sensitive=dict(sorted(sensitive.items())),
        sensitive_arguments=dict(sorted(sensitive_arguments.items())),
        not_sensitive=find_plain(context.hints, hint),
        effect=one.effect,
        source=operation.pointer,
        aliases=tuple(hinted.was),
        also=hinted.also,
        tags=describe.tags(operation),
        filled=one.role == "create" and updates.must_be_filled(document, operation, one.body, inputs, name),
        anonymous=operation.pointer in context.auth.unsaid and operation.pointer in context.auth.by_operation,
    )
    schema, cut = contracts.input_schema(document, inputs.arguments, own_arguments(tool, operation))
    # What the document calls it ("Save contract", "Replace …") is the write without the merge.
    title = describe.words(name).capitalize() if one.merges else describe.title(operation, name)
    if operation.method == "DELETE" and not inputs.arguments:
        one.notes = tell_target(operation)
    text = description(one, name)
    contract = contracts.contract(name, text, schema, one.effect, operation.method, one.role, title)
    searching = find_searches(one.facts, tool, schema, hint, {row.name: row.input for row in inputs.arguments})
    if searching:
        tool = changed(tool, {"searches": {search.name: search.fields for search in searching}})
    contract = changed(contract, {"returns": find_types(one.facts, tool)})
    evidence = [*(changed(said, {"subject": name}) for said in one.evidence), *inputs.evidence]
    evidence += [search_evidence(name, search, operation.pointer) for search in searching]
    evidence += _update_evidence(one, name)
    hidden = tuple(sorted(key for key, (kind, _) in inputs.fates.items() if kind == "hidden"))
    return BuiltTool(tool, contract, tuple(evidence), one.view.diagnostics, hidden, cut)


def find_types(facts: OperationFacts, tool: Tool) -> dict[str, str]:
    """Path of the view -> type, as the document declares it."""
    record = record_of(facts, tool.page, tool.payload) if tool.view else None
    if record is None:
        return {}
    declared = {leaf.path: leaf.type for leaf in leaves(facts.document, record) if leaf.type}
    return {path: kind for path in tool.view or () if (kind := declared.get(path))}


def _record_to_merge(one: Analysis) -> updates.Known | None:
    """What the GET of an update is declared to return."""
    if not (one.merges or one.patches) or one.read is None or one.body is None:
        return None
    return updates.known(one.context.document, one.read, one.body, one.payload)


def _may_lose(one: Analysis, name: str) -> bool:
    """Whether a write that does not merge stands for the whole record, by its words or by its name."""
    if one.operation.method not in ("PUT", "POST") or one.effect == "read":
        return False
    if name.partition("_")[0] in CHANGES_RECORD:
        return True
    return one.role in ("update", "replace") and one.deed not in ("act", "create")


def _update(
    one: Analysis, name: str, call: Call, record: updates.Known | None, sensitive: Mapping[str, str]
) -> Update | None:
    """How an update reads and writes; what agents must know of it goes into the notes."""
    operation, context = one.operation, one.context
    if record is None or one.read is None or one.body is None:
        if _may_lose(one, name):
            wanted = one.hint.update if one.hint else None
            one.notes = updates.warns_of_loss(operation, context.siblings.get(family(operation), {}), one.body, wanted)
        return None
    update = updates.update(context.document, operation, one.read, call, one.body, record, patch=one.patches)
    one.notes = updates.notes(context.document, one.body, record, update)
    return replace(update, sensitive=_read_sensitive(context, one.read, update.answer, sensitive))


def _update_evidence(one: Analysis, name: str) -> list[Evidence]:
    pointer = one.operation.pointer
    if one.merges:
        return [Evidence(name, "update", "merges what it is given", one.merges, pointer)]
    because = "a PATCH with JSON, and a GET of the same path"
    if one.patches:
        return [Evidence(name, "update", "sends only what it is given", because, pointer)]
    because = "no GET of the same path answers what it takes, or its words or the hints are against a merge"
    return [Evidence(name, "update", MAY_LOSE, because, pointer)] if one.notes else []


def _read_sensitive(context: Context, read: Operation, answer: str, known: Mapping[str, str]) -> dict[str, str]:
    """What is personal or secret in the record that an update reads, where ``known`` does not say the same."""
    hints = (hint for hint in context.hints.tools.values() if hint.call is not None)
    own = next(
        (hint for hint in hints if hint.call and (hint.call.method, hint.call.path) == ("GET", read.written)), None
    )
    facts = context.facts_of(read)
    own, _, _ = with_learned(context, facts, "", own)
    found, _ = find_sensitive(facts, None, (), context.hints, own, answer=answer)
    return {path: kind for path, kind in sorted(found.items()) if known.get(path) != kind}


def _call(operation: Operation, inputs: Inputs, bases: Bases) -> Call:
    return Call(
        operation.method,
        operation.path,
        path_params=tuple(inputs.path),
        query=tuple(inputs.query),
        headers=tuple(inputs.headers),
        cookies=tuple(inputs.cookies),
        body=inputs.body,
        base=bases.by_operation.get(operation.pointer, ""),
        accept=accepted(operation),
    )


def own_arguments(tool: Tool, operation: Operation | None) -> dict[str, Json]:
    """The arguments that the runtime adds: paging and fields to what reads, a dry run to what writes."""
    names = names_added(tool)
    if tool.effect == "read" and tool.page is None and operation is not None:
        media = answer.media if (answer := operation.success()) is not None else None
        structured = media is None or is_json(media) or bool(kind_of_media(media))
        if not structured or operation.method in ("HEAD", "OPTIONS", "TRACE"):
            names = ()
    return {name: OWN_ARGUMENTS[name] for name in names}


def description(one: Analysis, name: str) -> str:
    """What agents read about the tool."""
    answers = describe.answers(one.view.view, one.paging.page is not None) if one.effect == "read" else ""
    if one.hint and one.hint.description:
        said = one.hint.description
        fits = one.view.view and "`fields`" not in said and len(said) + len(answers) < describe.DESCRIPTION
        return f"{said if said.rstrip()[-1:] in '.!?:' else f'{said.rstrip()}.'} {answers}" if fits else said
    operation = one.operation
    if one.merges and operation.summary:
        # What the document says about a full replace ("missing fields are cleared") does not hold for this tool.
        operation = replace(operation, description="")
    text, _ = describe.summary(operation, name, _paging_names(one.paging))
    parts = ["Deprecated." if operation.deprecated else "", text]
    parts += [one.notes, answers]
    return " ".join(filter(None, parts))


def _paging_names(paging: PagingPlan) -> set[str]:
    """The parameters that paging absorbs, and the member of the answer that has the next value."""
    token = getattr(paging.page, "next", "")
    steps = re.findall(r"[^.\[\]'\"]+", token) if token.startswith("$") else [token.removeprefix("header:")]
    return {*(name for _, name in paging.absorbed), *steps[-1:]}


def payload_of(one: Analysis) -> str | None:
    """JSONPath of the record that a GET answers; None for lists and for answers that are not a JSON object."""
    if one.paging.page is not None:
        return None
    answer = one.facts.answer
    if answer is not None and answer.media is not None and not is_json(answer.media):
        return None
    if answer is not None and shape(one.context.document, answer.schema).type == "array":
        return None
    return one.view.answer
