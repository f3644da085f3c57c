"""The whole plan: from operations and hints to tools, modules, the proof and what is said about all of it."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from adaptgen.collector import gc_paused
from adaptgen.diagnostics import AdaptgenError, Diagnostic, Where, did_you_mean, ordered
from adaptgen.model.plan import Basis, Evidence, Input, LeftOut, Plan, Registry, Variable
from adaptgen.model.tables import Contract, Server, Tool, Unpaged, calls_of
from adaptgen.plan.auth import AuthPlan
from adaptgen.plan.auth.origins import find_agreed, find_declared, find_trusted
from adaptgen.plan.auth.plan import find_auth, optional_variables
from adaptgen.plan.document import exposure as surface
from adaptgen.plan.document import schemas
from adaptgen.plan.document.base_urls import Bases, find_bases
from adaptgen.plan.document.contradictions import contradiction
from adaptgen.plan.document.descriptions import about_api, clean
from adaptgen.plan.document.exposure import ExposedTool
from adaptgen.plan.document.operation_refs import Targets
from adaptgen.plan.document.reader import Operation, mapping, operations, sendable, text
from adaptgen.plan.facts import OperationFacts, read_facts
from adaptgen.plan.names.facts import Wanted
from adaptgen.plan.names.rules import BY_ID, LOCKED, NO_LOCK, NameLock, Names
from adaptgen.plan.paging.infer import hint_of_part
from adaptgen.plan.tools import name_lookups as lookups
from adaptgen.plan.tools import tool as tools
from adaptgen.plan.tools.coverage_proof import InputCoverage, inputs_of
from adaptgen.plan.tools.pii import clear_texts
from adaptgen.plan.tools.tool import Analysis, BuiltTool, Context
from adaptgen.syntax.templates import TemplateError, references

if TYPE_CHECKING:
    from adaptgen.source import Document
    from adaptgen.source.arazzo import Description
    from adaptgen.source.hints.model import Hints, ToolHint

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
T = TypeVar("T")


def plan(document: Document, hints: Hints, name: str, lock: NameLock = NO_LOCK) -> tuple[Plan, tuple[Diagnostic, ...]]:
    """Plan the server ``name``: its tools, what was inferred from what evidence, and where every input went. ``lock``:
    the names of an earlier build, which stay.

    Returns the plan and the warnings and notes.

    Raises:
        AdaptgenError: for every error in the hints at once, and AG040 where an input would be lost though a request
            could carry it.
    """
    try:
        with gc_paused():
            return _Planner(document, hints, name, lock).plan()
    finally:
        for one in (document, *hints.documents.values()):
            schemas.forget(one)


class _Planner:
    def __init__(self, document: Document, hints: Hints, name: str, lock: NameLock) -> None:
        self.document, self.hints, self.name = document, hints, hints.name or name
        self.operations, self.left_out, found = operations(document)
        self.declared = len(self.operations) + len(self.left_out)
        self.diagnostics: list[Diagnostic] = list(found)
        if not self.operations:
            message = "the document declares no operation, so the server has no tools of its own"
            where = Where(document.path.as_posix())
            self.diagnostics.append(Diagnostic("AG020", message, where, "webhooks do not become tools", "warning"))
        self.errors: list[Diagnostic] = []
        self.evidence: list[Evidence] = []
        self.names, self.lock = Names(self.name), lock
        self.better: dict[str, str] = {}
        self.targets = Targets(hints, self.operations)

    def plan(self) -> tuple[Plan, tuple[Diagnostic, ...]]:
        bases = find_bases(self.document, self.hints, self.operations, self.name)
        auth = find_auth(self.document, self.operations, self.hints, self.name, bases)
        siblings: dict[str, dict[str, Operation]] = defaultdict(dict)
        for operation in self.operations:
            siblings[tools.family(operation)].setdefault(operation.method, operation)
        credentials: dict[str, dict[tuple[str, str], str]] = defaultdict(dict)
        for (pointer, place, parameter), owner in auth.absorbed.items():
            credentials[pointer][place, parameter] = owner
        facts = {operation.pointer: read_facts(self.document, operation) for operation in self.operations}
        context = Context(self.document, self.hints, auth, bases, siblings, credentials, facts)

        drafts = self.drafts(context, auth)
        self.stop()
        emitted = self.emit(drafts)
        emitted += self.workflows(context)
        emitted = self.named_ids(emitted)
        emitted, inputs = self.prove(auth, emitted)
        self.pinned(emitted)
        self.stop()
        self.diagnostics += self.shortened(emitted)
        self.diagnostics += self.paged_by_hand(emitted, facts)
        self.diagnostics += self.may_lose(emitted)
        self.diagnostics += self.may_be_personal()
        self.diagnostics += self.outdated()
        modules = surface.modules(surface.tagged([one for one, _ in emitted], self.operations))
        ordered_tools = tuple(tool for module in modules for tool in module.tools)
        hints = self.hints
        shown, because = surface.resolved(hints.surface, modules)
        self.evidence += because
        all_bases = (*bases.bases, *auth.bases)
        server = Server(
            name=self.name,
            title=self.title(),
            summary=self.summary(auth),
            bases=all_bases,
            declared=find_declared(hints, all_bases),
            trusted=find_trusted(hints),
            credentials=find_agreed(hints, all_bases, (*auth.auths, *auth.instead)),
            auth=tuple(auth.auths),
            instead=auth.instead,
            tools=tuple(sorted(ordered_tools, key=lambda tool: tool.name)),
            connection=hints.connection,
            surface=shown,
            pin=hints.pin,
        )
        said: dict[str, Any] = {"page_size": hints.page_size, "max_bytes": hints.max_bytes, "timeout": hints.timeout}
        said["layout"] = hints.form
        server = replace(server, **{key: value for key, value in said.items() if value is not None})
        evidence = dict.fromkeys((*bases.evidence, *auth.evidence, *self.evidence))
        result = Plan(
            server=server,
            modules=modules,
            inputs=tuple(inputs),
            evidence=tuple(sorted(evidence, key=lambda one: (one.aspect, one.subject, one.decision, one.because))),
            left_out=tuple(sorted(self.left_out, key=lambda one: (one.operation, one.pointer))),
            variables=self.variables((*bases.variables, *auth.variables), ordered_tools, server),
            operations=self.declared,
            title=server.title,
            source=self.document.path.name,
            names=self.locked_names(emitted),
            better_names=self.better,
            registry=self.registry(),
        )
        return result, tuple(ordered((*self.diagnostics, *bases.diagnostics, *auth.diagnostics)))

    def summary(self, auth: AuthPlan) -> str:
        """What the API is, where the document says more than its title; how to log in is not an agent's business."""
        info = mapping(self.document.root.get("info"))
        absorbed = {name for _, _, name in auth.absorbed}
        absorbed |= {one.path for one in self.operations if one.pointer in auth.login_operations}
        said = about_api(text(info.get("summary")) or text(info.get("description")), sorted(absorbed), 300)
        return "" if said.lower().rstrip(".") == self.title().lower() else said

    def title(self) -> str:
        info = mapping(self.document.root.get("info"))
        return clean(self.hints.title or text(info.get("title")), 80) or self.name

    def registry(self) -> Registry:
        said = self.hints.registry
        return replace(said, version=said.version or text(mapping(self.document.root.get("info")).get("version")))

    def stop(self) -> None:
        if self.errors:
            raise AdaptgenError(*ordered(self.errors))

    def attempt(self, work: Callable[[], T]) -> T | None:
        """The result of ``work``; an error of the hints is kept, so that all of them are reported together."""
        try:
            return work()
        except AdaptgenError as wrong:
            self.errors.extend(wrong.diagnostics)
            return None

    # ------------------------------------------------------------------------------------------ what becomes a tool

    def drafts(self, context: Context, auth: AuthPlan) -> list[tuple[Analysis, str]]:
        """Every operation that becomes a tool, with the name that hints give it ("": not yet named)."""
        hinted: list[tuple[Analysis, str]] = []
        spoken_for: set[str] = set()
        for key, hint in sorted(self.hints.tools.items()):
            if hint.call is None or hint.steps:
                continue
            made = self.attempt(partial(self.hinted, context, key, hint))
            if made is not None:
                hinted.append((made, key))
                if made.context is context:
                    spoken_for.add(made.operation.pointer)
        for index, found in surface.check_hide(self.operations, self.hints.hide):
            located = Diagnostic(found.code, found.message, self.hints.where("hide", index), found.help, found.severity)
            (self.errors if found.severity == "error" else self.diagnostics).append(located)
        plain: list[Analysis] = []
        for operation in self.operations:
            if operation.pointer in spoken_for or self.leaves_out(context.facts[operation.pointer], auth):
                continue
            plain.append(tools.analyse(context, context.facts[operation.pointer]))
        payloads: dict[str, str | None] = {}
        for one in [*plain, *(made for made, _ in hinted)]:
            if one.operation.method == "GET" and one.context is context:
                payloads[one.operation.pointer] = tools.payload_of(one)
        for operation in self.operations:
            # A GET that is no tool itself (hidden, a login) can still be read before a write.
            if operation.method == "GET" and operation.pointer not in payloads:
                payloads[operation.pointer] = tools.payload_of(tools.analyse(context, context.facts[operation.pointer]))
        for one in [*plain, *(made for made, _ in hinted)]:
            self.attempt(partial(tools.assign_role, one, payloads))
        own = [(made.operation, key) for made, key in hinted if made.context is context]
        return [*hinted, *self.named(context, plain, payloads, own)]

    def hinted(self, context: Context, key: str, hint: ToolHint) -> Analysis:
        assert hint.call is not None
        where = self.hints.where("tools", key)
        if not _NAME.fullmatch(key):
            message = f"{key!r} is not a valid tool name"
            raise AdaptgenError(Diagnostic("AG031", message, where, "letters, digits, _ and -, at most 64"))
        at = self.hints.where("tools", key, "call")
        operation = self.targets.find(hint.call, at)
        if reason := broken(operation):
            raise AdaptgenError(Diagnostic("AG021", f"{operation.key} cannot become a tool: {reason}", at))
        if hint.call.document:
            context = self.foreign(context, self.hints.documents[hint.call.document], operation)
        if (owner := self.names.reserve(key, key)) is not None:
            raise AdaptgenError(Diagnostic("AG038", f"two tools are called {key!r} ({owner})", where))
        return tools.analyse(context, context.facts_of(operation), key, hint)

    def foreign(self, context: Context, document: Document, operation: Operation) -> Context:
        """The context of an operation of another document of the hints: it logs in like the rest of the server."""
        auth = AuthPlan(context.auth.auths, {operation.pointer: tools.auth_of(context, operation, False)})
        return Context(document, self.hints, auth, Bases(context.bases.bases), {})

    def named(
        self,
        context: Context,
        plain: list[Analysis],
        payloads: Mapping[str, str | None],
        hinted: list[tuple[Operation, str]],
    ) -> list[tuple[Analysis, str]]:
        """Names for all others. A hint without ``call`` is about the tool that has its name, or had it."""
        about = {key: hint for key, hint in self.hints.tools.items() if hint.call is None and not hint.steps}
        for name, _, _, where in self.described():
            about.pop(name, None)
            if (owner := self.names.reserve(name, name)) is not None:
                self.errors.append(Diagnostic("AG038", f"two tools are called {name!r} ({owner})", where))
        for key, hint in self.hints.tools.items():
            for old in hint.was:
                if (owner := self.names.reserve(old, key)) not in (None, key):
                    message = f"{old!r} is the name of the tool {owner!r}"
                    self.errors.append(Diagnostic("AG038", message, self.hints.where("tools", key, "was")))
            if hint.steps and (owner := self.names.reserve(key, key)) is not None:
                message = f"two tools are called {key!r} ({owner})"
                self.errors.append(Diagnostic("AG038", message, self.hints.where("tools", key)))
        given = self.give_names(plain, about, hinted)
        found: list[tuple[Analysis, str]] = []
        for one in plain:
            name = given[one.operation.pointer]
            key = next((key for key in (name, *self.names.former.get(name, ())) if key in about), "")
            if key:
                hint, facts = about.pop(key), one.facts
                made = self.attempt(partial(tools.analyse, context, facts, key, hint))
                if made is None:
                    continue
                tools.assign_role(made, payloads)
                one = made
            found.append((one, name))
        for key in sorted(about):
            message = f"the tool {key!r} has neither `call` nor `steps`, and there is no tool of that name"
            help = did_you_mean(key, sorted(given.values())) or "add `call: METHOD /path`"
            self.errors.append(Diagnostic("AG037", message, self.hints.where("tools", key), help))
        return found

    def give_names(
        self, plain: list[Analysis], about: Mapping[str, ToolHint], hinted: list[tuple[Operation, str]]
    ) -> dict[str, str]:
        """Pointer -> name of each operation: the locked one if nothing else has it, else what the rules decide. Earlier
        names are remembered under the name of the tool."""
        names, lock = self.names, self.lock
        for operation, key in hinted:
            names.keep_former(key, [name for name in lock.of(operation) if name != key])
        wanted = [Wanted(one.operation, one.role, one.facts.extensions.name, one.effect == "read") for one in plain]
        anew = Names(self.name, dict(names.taken))
        before = {one.operation.pointer: earlier for one in plain if (earlier := lock.of(one.operation))}
        locked: dict[str, str] = {}
        for pointer, earlier in before.items():
            if names.reserve(earlier[0], pointer) is None and not lock.rename:
                locked[pointer] = earlier[0]
        for pointer, earlier in before.items():
            names.keep_former(pointer, earlier)
        for one in plain:
            self.diagnostics += self.taken_over(one.operation, before.get(one.operation.pointer, ()))
        given = names.give(wanted, about, locked)
        if locked:
            ideal = anew.give(wanted, about)
            self.better = {name: ideal[pointer] for pointer, name in locked.items() if ideal[pointer] != name}
        for pointer, name in given.items():
            names.former[name] = tuple(old for old in names.former.pop(pointer, ()) if old != name)
        for one in plain:
            name, pointer = given[one.operation.pointer], one.operation.pointer
            because = names.because[pointer]
            basis: Basis = "document" if because in (LOCKED, BY_ID) else "inference"
            self.evidence.append(Evidence(name, "name", name, because, pointer, basis))
        return given

    def taken_over(self, operation: Operation, earlier: tuple[str, ...]) -> Iterator[Diagnostic]:
        """A warning for each name of a tool that the hints now assign to another operation."""
        for name in earlier:
            owner = self.names.taken.get(name.lower(), "")
            if owner != operation.pointer and owner in self.hints.tools:
                message = f"{name!r} was the tool of {operation.key}: policies and settings now mean {owner!r} by it"
                help = "check them, or choose a name that no tool had"
                yield Diagnostic("AG038", message, self.hints.where("tools", owner), help, "warning")

    def leaves_out(self, facts: OperationFacts, auth: AuthPlan) -> bool:
        """Whether the operation becomes no tool; remembers why."""
        operation = facts.operation
        if pattern := surface.hidden_by(operation, self.hints.hide):
            self.left_out.append(LeftOut(operation.key, operation.pointer, "hidden", f"hide: {pattern}"))
        elif reason := facts.extensions.hidden:
            self.left_out.append(LeftOut(operation.key, operation.pointer, "hidden", reason))
        elif (login := auth.login_operations.get(operation.pointer)) is not None:
            self.left_out.append(LeftOut(operation.key, operation.pointer, "login", f"serves the auth {login}"))
        elif reason := auth.likely.get(operation.pointer, ""):
            self.left_out.append(LeftOut(operation.key, operation.pointer, "login", reason))
        elif reason := broken(operation):
            self.left_out.append(LeftOut(operation.key, operation.pointer, "broken", reason))
            where = self.document.where(operation.pointer)
            message = f"{operation.key} was left out: {reason}"
            self.diagnostics.append(Diagnostic("AG021", message, where, severity="warning"))
        else:
            return False
        return True

    # ------------------------------------------------------------------------------------------------------- tools

    def emit(self, drafts: list[tuple[Analysis, str]]) -> list[tuple[ExposedTool, BuiltTool | None]]:
        emitted: list[tuple[ExposedTool, BuiltTool | None]] = []
        for one, name in drafts:
            built = self.attempt(partial(tools.build_tool, one, name))
            if built is None:
                continue
            self.evidence += built.evidence
            self.diagnostics += built.diagnostics
            if (tool := self.remembered(built.tool)) is not built.tool:
                built = replace(built, tool=tool)
            emitted.append((ExposedTool(built.tool, built.contract, one.operation, one.context.document), built))
        return emitted

    def shortened(self, emitted: list[tuple[ExposedTool, BuiltTool | None]]) -> list[Diagnostic]:
        """One note on all tools whose schemas were cut; it is not located, since reading line marks costs seconds on
        large documents."""
        cut = sorted(built.tool.name for _, built in emitted if built is not None and built.cut)
        if not cut:
            return []
        named = ", ".join(cut[:5]) + (", …" if len(cut) > 5 else "")
        message = f"the input schemas of {len(cut)} tools were cut ({named}); what was cut takes any value"
        return [Diagnostic("AG024", message, Where(self.document.path.as_posix()), severity="note")]

    def paged_by_hand(
        self, emitted: list[tuple[ExposedTool, BuiltTool | None]], facts: Mapping[str, OperationFacts]
    ) -> list[Diagnostic]:
        """One note on all reads whose position and size stay arguments."""
        hints: dict[str, str] = {}
        for built in (built for _, built in emitted if built is not None):
            tool = built.tool
            unpaged = tool.page is None or (isinstance(tool.page, Unpaged) and not tool.page.whole)
            if tool.effect == "read" and not tool.steps and unpaged and tool.source in facts:
                hints |= {tool.name: hint} if (hint := hint_of_part(facts[tool.source])) else {}
        if not hints:
            return []
        names = sorted(hints)
        named = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
        message = (
            f"position and size stay arguments of {len(names)} tools ({named}): agents page these lists themselves"
        )
        help = f"if it is a list: tools: {{{names[0]}: {{{hints[names[0]]}}}}}"
        return [Diagnostic("AG029", message, Where(self.document.path.as_posix()), help, "note")]

    def may_lose(self, emitted: list[tuple[ExposedTool, BuiltTool | None]]) -> list[Diagnostic]:
        """One note on all writes that may lose what they are not given, and about which the hints say nothing."""
        names = []
        for built in (built for _, built in emitted if built is not None):
            hint = self.hints.tools.get(built.tool.name)
            loses = any(evidence.decision == tools.MAY_LOSE for evidence in built.evidence)
            if loses and (hint is None or hint.update is None):
                names.append(built.tool.name)
        if not names:
            return []
        names.sort()
        named = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
        message = f"fields that a call does not pass may be lost: {named}"
        help = f"say which it is: tools: {{{names[0]}: {{update: replace}}}}, or add the GET of its path"
        return [Diagnostic("AG023", message, Where(self.document.path.as_posix()), help, "note")]

    def may_be_personal(self) -> list[Diagnostic]:
        """One question on all texts that are next to personal data and that nothing classifies."""
        said = {path.rpartition(".")[2] for tool in self.hints.tools.values() for path in tool.sensitive}
        said |= {path.rpartition(".")[2] for path in self.hints.sensitive}
        clear = clear_texts(self.document).items()
        rows = [(name, left) for name, texts in clear if (left := [text for text in texts if text not in said])]
        if not rows:
            return []
        objects = [f"{name} ({', '.join(texts[:3])}{', …' if len(texts) > 3 else ''})" for name, texts in rows[:3]]
        more = f" and {len(rows) - 3} more" if len(rows) > 3 else ""
        message = f"texts next to personal data stay in clear: {', '.join(objects)}{more}"
        first = json.dumps(f"$..{rows[0][1][0]}", ensure_ascii=False)
        help = f"if they are personal, write sensitive: {{{first}: name}}, else none in place of the kind"
        return [Diagnostic("AG041", message, Where(self.document.path.as_posix()), help, "note")]

    def outdated(self) -> Iterator[Diagnostic]:
        """A warning for each operation that was learned and that the document does not have."""
        learned, known = self.hints.learned, {one.key for one in self.operations}
        for key in (one for one in (learned.operations if learned else ()) if one not in known):
            assert learned is not None
            where = learned.where("operations", key)
            help = did_you_mean(key, known) or "learn again, or delete the line"
            yield Diagnostic("AG096", f"the document does not have the operation {key}", where, help, "warning")

    def described(self) -> list[tuple[str, Description, int, Where]]:
        """The workflows of the descriptions that the hints name. Few documents have any, and what plans them is a tenth
        of all modules: it is imported where it is needed, as are the steps of hints."""
        if not self.hints.workflows:
            return []
        from adaptgen.plan.workflows import arazzo

        return arazzo.named(self.hints)

    def workflows(self, context: Context) -> list[tuple[ExposedTool, BuiltTool | None]]:
        found: list[tuple[ExposedTool, BuiltTool | None]] = []
        for key, hint in sorted(self.hints.tools.items()):
            if not hint.steps:
                continue
            from adaptgen.plan.workflows import steps

            made = self.attempt(partial(steps.workflow, context, self.targets, key, hint))
            if made is not None:
                found.append(self.workflow(*made))
        for name, description, index, _ in self.described():
            from adaptgen.plan.workflows import arazzo

            short = name if name in self.hints.tools else self.names.short(name)
            said = (context, self.targets, short, description, index)
            one = self.attempt(partial(arazzo.workflow, *said))
            if one is not None:
                found.append(self.workflow(*one))
        return found

    def workflow(
        self, tool: Tool, contract: Contract, evidence: tuple[Evidence, ...], notes: tuple[Diagnostic, ...]
    ) -> tuple[ExposedTool, BuiltTool | None]:
        self.evidence += evidence
        self.diagnostics += notes
        return ExposedTool(self.remembered(tool), contract, None), None

    def remembered(self, tool: Tool) -> Tool:
        """``tool`` with the names that it had, which are served on."""
        earlier = (*tool.aliases, *self.names.former.get(tool.name, ()))
        return replace(tool, aliases=tuple(dict.fromkeys(earlier))) if earlier else tool

    def locked_names(self, emitted: list[tuple[ExposedTool, BuiltTool | None]]) -> dict[str, tuple[str, ...]]:
        """Operation -> the name of its only tool, and the earlier ones that no hint serves."""
        found: dict[str, list[Tool]] = defaultdict(list)
        for one, _ in emitted:
            if one.operation is not None and one.document is self.document:
                found[one.operation.key].append(one.tool)
        hinted = {old for hint in self.hints.tools.values() for old in hint.was}
        return {
            key: (group[0].name, *(old for old in group[0].aliases if old not in hinted))
            for key, group in found.items()
            if len(group) == 1
        }

    def pinned(self, emitted: list[tuple[ExposedTool, BuiltTool | None]]) -> None:
        """Every name under ``pin`` must be that of a tool, now or before."""
        names = {name for one, _ in emitted for name in (one.tool.name, *one.tool.aliases)}
        for index, name in enumerate(self.hints.pin):
            if name not in names:
                help = did_you_mean(name, sorted(names)) or "the README of the server names its tools"
                message = f"there is no tool {name!r} to pin"
                self.errors.append(Diagnostic("AG037", message, self.hints.where("pin", index), help))

    def named_ids(
        self, emitted: list[tuple[ExposedTool, BuiltTool | None]]
    ) -> list[tuple[ExposedTool, BuiltTool | None]]:
        """The tools, with arguments that take names where hints say so."""
        found = self.attempt(lambda: lookups.looked_up([one for one, _ in emitted], self.hints, self.document))
        if found is None:
            return emitted
        self.evidence += found[1]
        return [(one, built) for one, (_, built) in zip(found[0], emitted, strict=True)]

    def prove(
        self, auth: AuthPlan, emitted: list[tuple[ExposedTool, BuiltTool | None]]
    ) -> tuple[list[tuple[ExposedTool, BuiltTool | None]], list[Input]]:
        """Every declared input of every emitted operation and its fate; without the operations whose bodies nobody can
        fill in. AG040 for every other input that is lost."""
        hidden = {
            (built.tool.name, place, name) for _, built in emitted if built is not None for place, name in built.hidden
        }
        auths = {one.name: one for one in auth.auths}
        inputs: list[Input] = []
        gone: set[str] = set()
        for operation, document, group in _by_operation(emitted):
            credentials = auth.absorbed if document is self.document else {}
            proof = InputCoverage(document, auths, credentials, frozenset(hidden))
            covered = inputs_of(proof, operation, [(one.tool, one.contract) for one in group])
            lost = [one for one in covered if one.fate == "lost"]
            if reason := contradiction(document, operation, lost):
                gone |= self.give_up(operation, document, [one.tool.name for one in group], reason)
                continue
            inputs += covered
            self.errors += [_lost_input(one, document.where(operation.pointer)) for one in lost]
        for one, built in emitted if gone else ():
            if one.tool.name in gone and built is not None:
                self.evidence = [
                    said
                    for said in self.evidence
                    if said not in built.evidence and (said.subject, said.aspect) != (one.tool.name, "name")
                ]
                self.diagnostics = [said for said in self.diagnostics if said not in built.diagnostics]
        remaining = [(one, built) for one, built in emitted if one.tool.name not in gone]
        return remaining, sorted(inputs, key=lambda one: one.operation)

    def give_up(self, operation: Operation, document: Document, names: list[str], reason: str) -> set[str]:
        """Leave out a finished operation and its tools ``names``; an error where hints ask for one of them."""
        where = document.where(operation.pointer)
        asked = [name for name in names if name in self.hints.tools]
        for name in asked:
            message = f"{operation.key} cannot become a tool: {reason}"
            self.errors.append(Diagnostic("AG021", message, self.hints.where("tools", name)))
        if not asked:
            self.left_out.append(LeftOut(operation.key, operation.pointer, "broken", reason))
            message = f"{operation.key} was left out: {reason}"
            self.diagnostics.append(Diagnostic("AG021", message, where, severity="warning"))
        return set(names)

    def variables(self, known: tuple[Variable, ...], made: tuple[Tool, ...], server: Server) -> tuple[Variable, ...]:
        """The environment variables of bases and auth, and those that values in the hints of tools refer to."""
        optional = optional_variables(server)
        decided = optional | {base.env for base in server.bases}
        found = {
            one.name: replace(one, required=one.name not in optional) if one.name in decided else one
            for one in reversed(known)
        }
        if (said := self.hints.connection) is not None:
            for text in (said.ca, said.client_cert, said.proxy):
                found |= {one: Variable(one, "reaches the API") for one in _references(text) if one not in found}
        for tool in made:
            for call in calls_of(tool):
                rows = [*call.path_params, *call.query, *call.headers, *call.cookies]
                rows += call.body.params if call.body else ()
                for row in rows:
                    for one in _references(row.value):
                        found.setdefault(one, Variable(one, f"used by {tool.name}"))
        return tuple(found[name] for name in sorted(found))


def _by_operation(
    emitted: list[tuple[ExposedTool, BuiltTool | None]],
) -> Iterator[tuple[Operation, Document, list[ExposedTool]]]:
    """The tools of each operation."""
    groups: dict[tuple[int, str], list[ExposedTool]] = defaultdict(list)
    for one, _ in emitted:
        if one.operation is not None:
            groups[id(one.document), one.operation.pointer].append(one)
    for group in groups.values():
        operation, document = group[0].operation, group[0].document
        assert operation is not None
        assert document is not None
        yield operation, document, group


def _lost_input(one: Input, where: Where) -> Diagnostic:
    message = f"the {one.place} input {one.name!r} of {one.operation} would be lost"
    return Diagnostic("AG040", message, where, "this is an error of adaptgen; `hide` the operation to go on without it")


def broken(operation: Operation) -> str:
    """Why no tool can be made of the operation, or ""."""
    rest = re.sub(r"\{[^{}]+\}", "", operation.path)
    if "{" in rest or "}" in rest:
        return "its path template has unbalanced or empty braces"
    if re.search(r"[\x00-\x1f\x7f]", operation.path):
        return "its path holds control characters"
    if not operation.path.startswith("/"):
        return "its path is an absolute URL; servers are declared elsewhere"
    for one in operation.parameters:
        if one.required and not sendable(one.place, one.name):
            return f"no request can carry the required {one.place} {one.name!r}"
    return ""


def _references(value: object) -> list[str]:
    if value is None:
        return []
    try:
        return sorted(one.name for one in references(value) if one.kind == "env")
    except TemplateError:
        return []
