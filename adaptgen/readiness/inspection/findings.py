"""What an agent will stumble over, each with its evidence and with what a person can write against it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from adaptgen.diagnostics import Diagnostic, Where
from adaptgen.mcp import tool_listing as brief
from adaptgen.mcp.advertised_schema import advertised_tool
from adaptgen.mcp.provider_rules import PROVIDERS, check_tool
from adaptgen.model.plan import Plan
from adaptgen.model.tables import Auth, Tool, Unpaged
from adaptgen.plan.auth.consent import offered_flows
from adaptgen.plan.auth.security_schemes import identifier
from adaptgen.plan.document.reader import Operation, is_json
from adaptgen.plan.document.request_bodies import FORM
from adaptgen.plan.tools.tool import MAY_LOSE
from adaptgen.readiness.inspection.report import SEVERITIES, Finding

if TYPE_CHECKING:
    from adaptgen.source import Document, Hints

BUDGET = 32_000
"""Bytes of the list of tools, beyond which agents search instead."""
_PLAIN = re.compile(r"[A-Za-z_][\w./{}-]*")
_LIMITS = frozenset(
    {"limit", "count", "size", "top", "take", "maxresults", "pagesize", "perpage", "rows", "num", "max"}
)
_POSITIONS = dict.fromkeys(("offset", "skip", "start", "startindex", "from", "startat"), "offset")
_POSITIONS |= dict.fromkeys(("page", "pagenumber", "pageno", "pagenum", "pageindex"), "page")
_ASKING = re.compile(r"(?i)search|query|find|filter|lookup|list|select|report")
_GOVERNANCE = "specs/<name>/governance.yaml: tokenize: {direction: model, kinds: [%s]}"


class Findings:
    """The findings of one planned document. ``operations``: pointer -> operation; ``governed``: there are settings."""

    def __init__(
        self,
        document: Document,
        plan: Plan,
        operations: Mapping[str, Operation],
        diagnostics: Sequence[Diagnostic],
        *,
        hints: Hints,
        governed: bool,
        listed: int,
    ) -> None:
        self._document, self._plan, self._operations = document, plan, operations
        self._diagnostics, self._governed, self._listed = diagnostics, governed, listed
        self._refused = frozenset(name for name, hint in hints.auth.items() if hint.refused is not None)
        self._told = frozenset(name for name, hint in hints.tools.items() if hint.description)
        self._replaced = frozenset(name for name, hint in hints.tools.items() if hint.update == "replace")
        self._methods = {(one.path, one.method) for one in operations.values()}
        self._listed_paths = {
            operations[tool.source].path
            for tool in plan.server.tools
            if tool.page is not None and tool.effect == "read" and tool.source in operations
        }
        self._evidence = plan.first_evidence()

    def find(self) -> list[Finding]:
        """All of them, the gravest first."""
        found = [
            *self.logins(),
            *self.lists(),
            *self.answers(),
            *self.words(),
            *self.names(),
            *self.writes(),
            *self.effects(),
            *self.people(),
            *self.size(),
            *self.providers(),
            *self.document(),
        ]
        return sorted(found, key=lambda one: (SEVERITIES.index(one.severity), one.rule, one.subject, one.message))

    # ---------------------------------------------------------------------------------------------------- the rules

    def logins(self) -> Iterator[Finding]:
        name = self._plan.server.name.upper()
        for auth in self._plan.server.auth:
            because = self.because(auth.name, "auth")
            if auth.optional and auth.name == "credentials":
                fix = f'auth: {{api: {{kind: bearer, token: "${{env:{name}_TOKEN}}"}}}}'
                message = "the document does not say how requests authenticate; credentials of any kind can be given"
                yield Finding("auth", "high", auth.name, message, because, fix, self.where("#/components"))
            elif auth.chain and self._assumes_refusals(auth):
                message = "how the API refuses an ended session is not described; 401 alone is taken for it"
                fix = f"refused: of {auth.name}, in the auth that adaptgen init drafts: status and words of a refusal"
                yield Finding("session", "low", auth.name, message, because, fix)
        if all(auth.consent is None for auth in self._plan.server.auth):
            yield from self.accounts()
        for one in self._diagnostics:
            if one.code == "AG028":
                severity = {"warning": "high"}.get(one.severity, "low" if "not tools" in one.message else "medium")
                yield Finding("login", severity, "login", one.message, "", one.help, one.where)  # type: ignore[arg-type]

    def accounts(self) -> Iterator[Finding]:
        """Consent that the document offers, and that nothing uses."""
        for flow in offered_flows(self._document):
            fix = f"auth: {{{identifier(flow.scheme)}: {{kind: oauth2, grant: authorization_code, per: caller}}}}"
            because = f"the scheme {flow.scheme!r} has authorizationCode"
            where = self.where(f"#/components/securitySchemes/{flow.scheme}")
            message = "each caller could connect an account of its own"
            yield Finding("account", "low", identifier(flow.scheme), message, because, fix, where)

    def _assumes_refusals(self, auth: Auth) -> bool:
        """Whether 401 alone is taken for a session that ended, and neither a person nor the API said so."""
        return auth.name not in self._refused and [one.status for one in auth.refused if not one.body] == [401]

    def lists(self) -> Iterator[Finding]:
        for one in self._diagnostics:
            if one.code == "AG029":
                yield Finding("paging", "medium", "lists", one.message, "", one.help, one.where)
        for tool, operation in self.reads():
            answer = operation.success()
            table = answer is not None and answer.media is not None and "json" not in answer.media
            if not isinstance(tool.page, Unpaged) or tool.page.whole or operation.method != "GET" or table:
                continue
            names = {re.sub(r"[^a-z]", "", one.name.lower()): one.name for one in operation.parameters}
            limit = next((name for folded, name in names.items() if folded in _LIMITS), "")
            because = self.because(tool.name, "paging")
            if limit:
                message = f"the list takes {limit!r}, but the document does not say how to go on after it"
                yield self.of("paging", "high", tool, operation, message, because, _page_fix(tool.name, names, limit))
            elif "{" not in operation.path:
                message = "the document says nothing about paging; the whole list is taken for the answer and sliced"
                fix = _tool(tool.name, "page: {style: none}") + "   # if an answer always holds the whole list"
                yield self.of("paging", "medium", tool, operation, message, because, fix)

    def answers(self) -> Iterator[Finding]:
        for tool, operation in self.reads():
            answer = operation.success()
            if tool.view is None and (answer is None or answer.media is None or "json" in answer.media):
                message = "the answer is not described; its fields are chosen from the first answer that comes"
                because = self.because(tool.name, "view") or "no schema of a successful answer"
                fix = f"view: with the fields that adaptgen call generated/{self._plan.server.name} {tool.name} shows"
                yield self.of("schema", "medium", tool, operation, message, because, fix)

    def words(self) -> Iterator[Finding]:
        for tool, operation in self.tools():
            if tool.name in self._told:
                continue
            if not operation.summary.strip() and not operation.description.strip():
                message = "nothing says what the operation does; agents read a text made from its path"
                fix = _tool(tool.name, 'description: "…"')
                yield self.of("words", "medium", tool, operation, message, "neither summary nor description", fix)
            elif not operation.id:
                fix = f"tools: {{better_name: {{call: {_word(operation.key)}}}}}"
                message = "the name of the tool is made from the path"
                yield self.of("name", "low", tool, operation, message, "no operationId", fix)

    def names(self) -> Iterator[Finding]:
        for tool, operation in self.tools():
            if (better := self._plan.better_names.get(tool.name)) is not None:
                message = f"the rules would call it {better}; the lock keeps the name"
                fix = "adaptgen build --rename, which serves the earlier name on"
                yield self.of("name", "low", tool, operation, message, self.because(tool.name, "name"), fix)

    def writes(self) -> Iterator[Finding]:
        for tool, operation in self.tools():
            evidence = self._evidence.get((tool.name, "update"))
            if tool.name in self._replaced or not self._is_of_a_record(operation):
                continue
            if evidence is not None and evidence.decision == MAY_LOSE:
                message = "the call may replace the whole record: what an agent does not pass may be lost"
                fix = _tool(tool.name, "update: replace") + "   # if it does; a merge needs the GET of this path"
                yield self.of("replace", "high", tool, operation, message, evidence.because, fix)

    def _is_of_a_record(self, operation: Operation) -> bool:
        """Whether a write replaces a record that no PATCH changes in part: not on the path of the list of records, to
        which it adds, and not where it takes a file."""
        body = operation.body
        if body is None or (operation.path, "PATCH") in self._methods or operation.path in self._listed_paths:
            return False
        return body.media == FORM or "*" in body.media or is_json(body.media)

    def effects(self) -> Iterator[Finding]:
        for tool, operation in self.tools():
            because = self.because(tool.name, "effect")
            if operation.method == "GET" and tool.effect != "read":
                message = f"a GET that counts as {tool.effect}: agents need a permission for it"
                fix = _tool(tool.name, "effect: read") + "   # if it only reads"
                yield self.of("effect", "low", tool, operation, message, because, fix)
            elif operation.method == "POST" and tool.effect != "read" and _asks(operation):
                message = "a POST that may only ask counts as a write, since nothing proves that it reads"
                fix = _tool(tool.name, "effect: read") + "   # if it only reads"
                yield self.of("effect", "low", tool, operation, message, because, fix)

    def people(self) -> Iterator[Finding]:
        if self._governed:
            return
        kinds: dict[str, set[str]] = {}
        for tool in self._plan.server.tools:
            for kind in tool.sensitive.values():
                if kind != "secret":
                    kinds.setdefault(kind, set()).add(tool.name)
        if kinds:
            tools = set().union(*kinds.values())
            counts = ", ".join(f"{kind} in {len(names)}" for kind, names in sorted(kinds.items()))
            first = next(one for one in self._plan.server.tools if one.name in tools)
            message = f"{len(tools)} tool{'' if len(tools) == 1 else 's'} can show personal data to the model"
            fix = _GOVERNANCE % ", ".join(sorted(kinds))
            yield Finding("personal data", "high", "server", message, counts, fix, self.where(first.source))

    def size(self) -> Iterator[Finding]:
        if self._listed > BUDGET and self._plan.server.surface == "list":
            message = f"the list of tools takes {self._listed:,} bytes of every conversation"
            fix = "server: {surface: search}   # or hide: what agents do not need"
            yield Finding("size", "medium", "server", message, f"the budget is {BUDGET:,} bytes", fix)

    def providers(self) -> Iterator[Finding]:
        """Tools that a model provider or a client refuses, whatever is advertised of them."""
        calls = {tool.name: operation.key for tool, operation in self.tools()}
        for module in self._plan.modules:
            for contract in module.contracts.values():
                shown = advertised_tool(brief.listed(contract))
                refused = next((one for name in PROVIDERS[:3] for one in check_tool(shown, name)), None)
                if refused is not None:
                    message = f"the tool is refused by some providers or clients: {refused.detail}"
                    call = calls.get(contract.name)
                    fix = f"tools: {{shorter_name: {{call: {_word(call)}}}}}" if call else "give it a shorter name"
                    yield Finding("provider", "medium", contract.name, message, f"the rule {refused.rule}", fix)

    def document(self) -> Iterator[Finding]:
        for one in self._diagnostics:
            if one.code in ("AG028", "AG029", "AG041"):
                continue  # said of the login and of lists
            severity = {"error": "high", "warning": "medium"}.get(one.severity, "low")
            yield Finding(one.code, severity, "document", one.message, "", one.help, one.where)  # type: ignore[arg-type]

    # ------------------------------------------------------------------------------------------------------- inside

    def tools(self) -> Iterator[tuple[Tool, Operation]]:
        for tool in self._plan.server.tools:
            operation = self._operations.get(tool.source) if tool.call is not None else None
            if operation is not None:
                yield tool, operation

    def reads(self) -> Iterator[tuple[Tool, Operation]]:
        return ((tool, operation) for tool, operation in self.tools() if tool.effect == "read")

    def of(
        self, rule: str, severity: str, tool: Tool, operation: Operation, message: str, because: str, fix: str
    ) -> Finding:
        where = self.where(operation.pointer)
        return Finding(rule, severity, tool.name, message, because, fix, where)  # type: ignore[arg-type]

    def because(self, subject: str, aspect: str) -> str:
        found = self._evidence.get((subject, aspect))
        return found.because if found else ""

    def where(self, pointer: str) -> Where:
        return self._document.where(pointer)


def _asks(operation: Operation) -> bool:
    return bool(_ASKING.search(operation.path.rsplit("/", 1)[-1]) or _ASKING.match(operation.id or ""))


def _page_fix(tool: str, names: Mapping[str, str], limit: str) -> str:
    """The hint for a list that takes ``limit``; it names only declared inputs. ``names``: folded -> declared name."""
    for folded, name in names.items():
        if style := _POSITIONS.get(folded):
            size = {"offset": "limit", "page": "size"}[style]
            return _tool(tool, f"page: {{style: {style}, {style}: {_word(name)}, {size}: {_word(limit)}}}")
    return _tool(tool, "page: {style: none}") + f"   # only if {limit} can be as large as the list"


def _tool(name: str, hint: str) -> str:
    return f"tools: {{{name}: {{{hint}}}}}"


def _word(text: str) -> str:
    """A text as YAML in flow style: quoted where it is more than a word."""
    return text if _PLAIN.fullmatch(text) and not set(text) & set("{}") else json.dumps(text)
