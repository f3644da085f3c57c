"""What a build understood, as plain values: every decision on each operation, its evidence and how sure it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from adaptgen.diagnostics import Diagnostic
from adaptgen.model.frozen import plain, value
from adaptgen.model.plan import Basis, Evidence, LeftOut, Plan
from adaptgen.model.tables import Auth, Tool
from adaptgen.plan.document import vendor_extensions
from adaptgen.plan.document.reader import Operation, operations
from adaptgen.plan.document.schemas import forget
from adaptgen.plan.names.rules import BY_ID

if TYPE_CHECKING:
    from adaptgen.source import Document, Hints
    from adaptgen.source.hints.model import ToolHint

FORMAT = 1
"""Of the JSON. A higher number means that a key changed its meaning or went; new keys may come at any time."""

Certainty: TypeAlias = Literal["certain", "likely", "assumed"]
Exposure: TypeAlias = Literal["tool", "hidden", "absorbed", "broken"]

_CERTAINTY: Mapping[Basis, Certainty] = {
    "hint": "certain",
    "learned": "certain",
    "document": "certain",
    "inference": "likely",
    "default": "assumed",
}
_UNSURE_FIRST: tuple[Certainty, ...] = ("assumed", "likely", "certain")
_EXPOSURE: Mapping[str, Exposure] = {"hidden": "hidden", "login": "absorbed", "broken": "broken"}
_HINT_KEYS = {"effect": "effect", "paging": "page", "view": "view", "argument": "arguments", "search": "arguments",
              "sensitive": "sensitive", "update": "update", "steps": "steps"}  # fmt: skip
"""Aspect -> the key of a tool's hints that decides it."""
_OWN = frozenset((*_HINT_KEYS, "name")) - {"argument", "search", "sensitive", "update", "steps"}
"""Aspects that a summary of a tool has a field for."""
_AUTH = frozenset({"auth", "login", "refresh", "csrf"})


@value()
class Reason:
    """One piece of evidence. ``place``: ``file:line:column`` of what says so, "" where no single line does."""

    because: str
    basis: Basis
    place: str = ""
    pointer: str = ""


@value()
class Decision:
    """One thing that was decided. ``value``: the decision; None for nothing, such as the paging of what is no
    list. ``certainty``: ``certain`` (hints say it or the document declares it), ``likely`` (inferred), ``assumed``
    (nothing speaks about it), the least of all its evidence."""

    aspect: str
    value: str | tuple[str, ...] | None
    evidence: tuple[Reason, ...] = ()
    certainty: Certainty = "assumed"


@value(kw_only=True)
class ToolSummary:
    """What was understood of one tool. ``details``: further decisions, on arguments, searches, updates and steps."""

    name: Decision
    effect: Decision
    auth: Decision
    paging: Decision
    view: Decision
    details: tuple[Decision, ...] = ()


@value()
class InputSummary:
    """Where one declared input went, as in :class:`adaptgen.model.plan.Input`."""

    place: str
    name: str
    fate: str
    by: str
    required: bool


@value(kw_only=True)
class OperationSummary:
    """What was understood of one operation, such as ``GET /customers``.

    ``exposure``: ``tool``, ``hidden`` (by hints or an extension), ``absorbed`` (a login sends it) or ``broken``.
    ``tools``: empty unless it is a tool, several where hints make several of it. ``document``: the other document of
    the hints that declares it, "" for the server's own.
    """

    operation: str
    pointer: str
    place: str
    exposure: Decision
    tools: tuple[ToolSummary, ...] = ()
    inputs: tuple[InputSummary, ...] = ()
    document: str = ""


@value()
class AuthSummary:
    """One way to authenticate. ``kind`` as in :class:`adaptgen.model.tables.Auth`; ``calls``: the requests of a login
    in their order."""

    name: str
    kind: str
    calls: tuple[str, ...]
    decisions: tuple[Decision, ...]


@value(kw_only=True)
class ServerSummary:
    """What was understood of a whole server. ``document``: the path; ``version``: the declared one of OpenAPI.
    ``workflows``: tools of several calls. ``server``: decisions on base URLs and on how tools are listed."""

    name: str
    title: str
    document: str
    version: str
    server: tuple[Decision, ...]
    auth: tuple[AuthSummary, ...]
    operations: tuple[OperationSummary, ...]
    workflows: tuple[ToolSummary, ...]
    diagnostics: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As JSON values: a table for every class of this module, under the names of its fields."""
        return {"adaptgen": FORMAT, **plain(self)}


def summarize(plan: Plan, document: Document, hints: Hints, diagnostics: Iterable[Diagnostic] = ()) -> ServerSummary:
    """The summary of ``plan``, which was made from ``document`` and ``hints``."""
    try:
        return _Summarizer(plan, document, hints).server(diagnostics)
    finally:
        for read in (document, *hints.documents.values()):
            forget(read)


def evidence_of(plan: Plan, tool: Tool) -> tuple[Evidence, ...]:
    """What planning says of one tool: under its name, its ways to authenticate, or its operation."""
    pointer = tool.source.removeprefix("#")
    others = {other.name for other in plan.server.tools}
    return tuple(
        item
        for item in plan.evidence
        if item.subject in (tool.name, *tool.auth)
        # An operation may serve several tools; what is said of it under no tool's name is said of all.
        or (pointer and item.pointer.removeprefix("#").startswith(pointer) and item.subject not in others)
    )


def decide(aspect: str, decision: str | tuple[str, ...] | None, reasons: Iterable[Reason]) -> Decision:
    """A decision as sure as the least sure of its evidence."""
    reasons = tuple(reasons)
    certainties = {_CERTAINTY[reason.basis] for reason in reasons}
    return Decision(aspect, decision, reasons, next((word for word in _UNSURE_FIRST if word in certainties), "assumed"))


class _Summarizer:
    def __init__(self, plan: Plan, document: Document, hints: Hints) -> None:
        self.plan, self.document, self.hints = plan, document, hints
        self.auths = {auth.name: auth for auth in plan.server.auth}
        self.own = {operation.pointer: operation for operation in operations(document)[0]}
        self.left_out = {entry.pointer: entry for entry in plan.left_out}
        self.names = {tool.name for tool in plan.server.tools}
        self.sources = {tool.name: tool.source for tool in plan.server.tools}
        self.by_subject: dict[str, list[Evidence]] = {}
        for item in plan.evidence:
            self.by_subject.setdefault(item.subject, []).append(item)

    def server(self, diagnostics: Iterable[Diagnostic]) -> ServerSummary:
        plan = self.plan
        whole = [self.decision(item) for item in plan.evidence if item.subject in ("server", "tools")]
        return ServerSummary(
            name=plan.server.name,
            title=plan.title,
            document=self.document.path.as_posix(),
            version=self.document.version,
            server=tuple(whole),
            auth=tuple(self.auth(auth) for auth in plan.server.auth),
            operations=tuple(self.operations()),
            workflows=tuple(self.tool(tool, None, self.document) for tool in plan.server.tools if tool.steps),
            diagnostics=tuple(map(str, diagnostics)),
        )

    def auth(self, auth: Auth) -> AuthSummary:
        calls = tuple(f"{step.call.method} {step.call.path}" for step in auth.chain)
        evidence = self.by_subject.get(auth.name, ())
        return AuthSummary(
            auth.name, auth.kind, calls, tuple(self.decision(item, ("auth", auth.name)) for item in evidence)
        )

    # -------------------------------------------------------------------------------------------------- operations

    def operations(self) -> Iterable[OperationSummary]:
        tools: dict[tuple[str, str], list[Tool]] = {}
        for tool in self.plan.server.tools:
            if tool.call is not None and not tool.steps:
                tools.setdefault((self.other_document(tool), tool.source), []).append(tool)
        inputs: dict[str, list[InputSummary]] = {}
        for declared in self.plan.inputs:
            row = InputSummary(declared.place, declared.name, declared.fate, declared.by, declared.required)
            inputs.setdefault(declared.operation, []).append(row)
        for pointer, operation in self.own.items():
            served = tools.pop(("", pointer), [])
            yield OperationSummary(
                operation=operation.key,
                pointer=pointer,
                place=self.place(pointer),
                exposure=self.exposure(pointer, served),
                tools=tuple(self.tool(tool, operation, self.document) for tool in served),
                inputs=tuple(inputs.get(operation.key, ())),
            )
        for pointer, entry in self.left_out.items():
            if pointer not in self.own:
                exposure = self.exposure(pointer, [])
                yield OperationSummary(
                    operation=entry.operation, pointer=pointer, place=self.place(pointer), exposure=exposure
                )
        yield from (self.foreign(name, pointer, served) for (name, pointer), served in tools.items())

    def foreign(self, name: str, pointer: str, tools: list[Tool]) -> OperationSummary:
        """An operation of another document that the hints name."""
        document = self.hints.documents[name]
        operation = next(declared for declared in operations(document)[0] if declared.pointer == pointer)
        return OperationSummary(
            operation=operation.key,
            pointer=pointer,
            place=str(document.where(pointer)),
            exposure=self.exposure("", tools),
            tools=tuple(self.tool(tool, operation, document) for tool in tools),
            document=name,
        )

    def other_document(self, tool: Tool) -> str:
        hint = self.hints.tools.get(tool.name)
        return hint.call.document or "" if hint is not None and hint.call is not None else ""

    def exposure(self, pointer: str, tools: list[Tool]) -> Decision:
        entry = self.left_out.get(pointer)
        if not tools and entry is not None:
            return decide("exposure", _EXPOSURE[entry.why], [self.left_out_because(entry)])
        called = [tool.name for tool in tools if self.calls(self.hints.tools.get(tool.name))]
        if called:
            because = "the hints make a tool of it"
            return decide("exposure", "tool", [Reason(because, "hint", self.hinted("tools", called[0], "call"))])
        because = "every operation that is neither hidden nor part of a login becomes a tool"
        return decide("exposure", "tool", [Reason(because, "document", self.place(pointer), pointer)])

    def left_out_because(self, entry: LeftOut) -> Reason:
        if entry.why == "broken":
            return Reason(entry.reason, "document", self.place(entry.pointer), entry.pointer)
        if entry.why == "hidden":
            pattern = entry.reason.removeprefix("hide: ")
            written = pattern != entry.reason and pattern in self.hints.hide
            place = self.hinted("hide", self.hints.hide.index(pattern)) if written else self.place(entry.pointer)
            return Reason(entry.reason, "hint", place, entry.pointer)
        evidence = self.by_subject.get(entry.reason.removeprefix("serves the auth "), ())
        basis = evidence[0].basis if evidence else "inference"
        return Reason(entry.reason, basis, self.place(entry.pointer), entry.pointer)

    @staticmethod
    def calls(hint: ToolHint | None) -> bool:
        return hint is not None and hint.call is not None

    # ------------------------------------------------------------------------------------------------------- tools

    def tool(self, tool: Tool, operation: Operation | None, document: Document) -> ToolSummary:
        evidence = self.by_subject.get(tool.name, ())
        return ToolSummary(
            name=decide("name", tool.name, [self.named(tool, operation, document)]),
            effect=decide("effect", tool.effect, self.reasons(tool, "effect") or [Reason(*self.effect_of_steps(tool))]),
            auth=decide("auth", tool.auth, self.authenticated(tool, operation)),
            paging=self.paging(tool),
            view=self.view(tool),
            details=tuple(self.decision(item, self.keys(item)) for item in evidence if item.aspect not in _OWN),
        )

    def reasons(self, tool: Tool, aspect: str) -> list[Reason]:
        evidence = self.by_subject.get(tool.name, ())
        return [self.reason(item, self.keys(item)) for item in evidence if item.aspect == aspect]

    @staticmethod
    def effect_of_steps(tool: Tool) -> tuple[str, Basis]:
        return ("its steps", "inference") if tool.steps else ("its operation", "default")

    def paging(self, tool: Tool) -> Decision:
        evidence = [item for item in self.by_subject.get(tool.name, ()) if item.aspect == "paging"]
        reasons = [self.reason(item, self.keys(item)) for item in evidence]
        if tool.page is None and not reasons:
            because = "only what reads is paged" if tool.effect != "read" else "the answer is not a list"
            return decide("paging", None, [Reason(because, "inference")])
        return decide("paging", evidence[-1].decision if tool.page is not None and evidence else None, reasons)

    def view(self, tool: Tool) -> Decision:
        reasons = self.reasons(tool, "view")
        if tool.view is None and not reasons:
            reasons = [Reason("the fields of the answer are not declared: the first answer decides", "default")]
        return decide("view", tool.view, reasons)

    def named(self, tool: Tool, operation: Operation | None, document: Document) -> Reason:
        hint = self.hints.tools.get(tool.name)
        if operation is None or self.calls(hint):
            return Reason("the hints name it", "hint", self.hinted("tools", tool.name))
        if vendor_extensions.read_extensions(document, operation).name == tool.name:
            return Reason(
                "an extension of the document names it", "hint", self.place(operation.pointer), operation.pointer
            )
        decided = next((item for item in self.by_subject.get(tool.name, ()) if item.aspect == "name"), None)
        because, basis = (decided.because, decided.basis) if decided else ("method and path", "inference")
        if because == BY_ID:
            pointer = f"{operation.pointer}/operationId"
            return Reason(f"the operationId {operation.id!r}", "document", self.place(pointer), pointer)
        return Reason(because, basis, self.place(operation.pointer), operation.pointer)

    def authenticated(self, tool: Tool, operation: Operation | None) -> list[Reason]:
        reasons: list[Reason] = []
        if operation is not None and operation.security is not None:
            because = "its security is declared" if operation.security else "it is declared as public"
            pointer = f"{operation.pointer}/security" if "security" in operation.raw else "#/security"
            reasons.append(Reason(because, "document", self.place(pointer), pointer))
        for name in tool.auth:
            evidence = (item for item in self.by_subject.get(name, ()) if item.aspect in _AUTH)
            reasons += [self.reason(item, ("auth", name)) for item in evidence]
        return reasons or [Reason("nothing says that it needs credentials", "default")]

    # ---------------------------------------------------------------------------------------------------- evidence

    def decision(self, item: Evidence, keys: tuple[str, ...] = ()) -> Decision:
        return decide(item.aspect, item.decision, [self.reason(item, keys)])

    def reason(self, item: Evidence, keys: tuple[str, ...] = ()) -> Reason:
        """``keys``: where hints decide it."""
        place = ""
        if item.basis == "hint" and keys and keys[1] in self.hinted_names(keys[0]):
            place = self.hinted(*keys)
        elif item.basis == "learned":
            place = self.learned(*keys)
        return Reason(item.because, item.basis, place or self.place(item.pointer), item.pointer)

    def hinted_names(self, key: str) -> Mapping[str, object]:
        return self.hints.tools if key == "tools" else self.hints.auth

    def learned(self, *keys: str) -> str:
        """The place in ``learned.yaml`` of what is said under the keys of a hint."""
        if keys[:1] != ("tools",) or self.hints.learned is None:
            return self.hinted(*keys)
        operation = self.own[self.sources[keys[1]]].key
        return str(self.hints.learned.where("operations", operation, *keys[2:]))

    @staticmethod
    def keys(item: Evidence) -> tuple[str, ...]:
        key = _HINT_KEYS.get(item.aspect)
        return ("tools", item.subject, *((key,) if key else ()))

    def hinted(self, *keys: str | int) -> str:
        return str(self.hints.where(*keys))

    def place(self, pointer: str) -> str:
        return str(self.document.where(pointer)) if pointer else ""
