"""The engine: lists the contracts of a server and executes calls of its tools."""

from __future__ import annotations

import hashlib
import logging
import os
import time
from collections.abc import Awaitable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from adaptgen.model.caller import Caller
from adaptgen.model.tables import FORMAT, Contract, Json, Server, Tool, Unpaged
from adaptgen.pii.token_length import canonical
from adaptgen.runtime.core.answer import Answer, Text
from adaptgen.runtime.core.errors import ToolError
from adaptgen.runtime.core.text import clean
from adaptgen.runtime.http.base_urls import check_base_urls
from adaptgen.runtime.pii.call_pii import PiiTracker

if TYPE_CHECKING:
    from adaptgen.pii.search_arguments import SearchArgument
    from adaptgen.runtime.answers.list import ListCall
    from adaptgen.runtime.auth.shared_sessions import SharedSessionStore
    from adaptgen.runtime.calls import Execution
    from adaptgen.runtime.http.client import Transport
    from adaptgen.runtime.http.page import Fetch
    from adaptgen.runtime.overrides import Override
    from adaptgen.runtime.paging.cursor import CursorBox
    from adaptgen.runtime.paging.list_cache import ListCache
    from adaptgen.runtime.pii.classifier import Classifier
    from adaptgen.runtime.queries.name_lookup import Lookups
    from adaptgen.runtime.queries.search_filter import SearchFilter
    from adaptgen.runtime.store.protocol import Store
    from adaptgen.runtime.validation import Arguments
    from adaptgen.runtime.workflow.continuation_state import Continuation, UsedContinuations

_log = logging.getLogger("adaptgen.runtime")
_QUESTIONS = frozenset({"where", "sort", "count", "distinct"})
_REQUESTS = frozenset({"fields", "limit", "cursor", "dry_run"})
"""What an agent asks of the runtime, not of the tool; of lists the questions about all items too."""


class Engine:
    """One server, ready to be called.

    ``environ`` is where credentials and addresses are looked up (default: the process environment), ``transport``
    replaces the network (an ``httpx.AsyncBaseTransport``), ``cursor_key`` the 32 bytes that seal cursors, ``state``
    the folder where sessions of ``store="file"`` live, ``store`` where those of ``store="redis"`` and ``"dynamodb"`` do
    (default: what ``ADAPTGEN_STORE_URL`` names), sealed with the cursor key. Nothing is sent or resolved before the
    first call.

    ``classify``: answers say where personal data stands in them (``Answer.sensitive``, ``Answer.found``), and are
    measured as they will be with tokens in the place of these ``kinds`` (None: of every kind).
    """

    def __init__(
        self,
        server: Server,
        *,
        environ: Mapping[str, str] | None = None,
        transport: Transport | None = None,
        cursor_key: bytes | None = None,
        state: Path | None = None,
        classify: bool = False,
        kinds: Collection[str] | None = None,
        store: Store | None = None,
    ) -> None:
        """Read the contracts.

        Raises:
            AdaptgenError: AG061, the contracts do not fit the tables, or the format is not this runtime's; AG066, a
                certificate is not there; AG026, a default base URL leads to a metadata service; AG073 and AG076,
                sessions are shared, and their key or store is missing.
        """
        from adaptgen.runtime.contracts import load

        if server.format not in (FORMAT, FORMAT - 1):
            from adaptgen.diagnostics import error

            raise error("AG061", f"the server has format {server.format}; this runtime executes {FORMAT}")
        self.server = server
        self._environ = os.environ if environ is None else environ
        self._transport = transport
        self._cursor_key = cursor_key
        self._state = state
        self._classify = classify
        self._kinds = None if kinds is None else frozenset(map(canonical, kinds))
        self._classifiers: dict[str, Classifier] = {}
        self._shared: SharedSessionStore | None = None
        self._opened: Store | None = None
        self._store = None if store is None or getattr(store, "local", False) else store
        if any(auth.store in ("redis", "dynamodb") for auth in server.auth):
            from adaptgen.runtime.auth.shared_sessions import open_shared

            self._shared, self._opened = open_shared(server.auth, store, self._environ, cursor_key)
        check_base_urls(server, self._environ)
        if server.connection is not None:
            from adaptgen.runtime.http.connection import check_certificates

            check_certificates(server)
        self._contracts = load(server)
        self._listed = tuple(self._contracts[name] for name in sorted(self._contracts))
        self._tools: dict[str, Tool] = {old: tool for tool in server.tools for old in tool.aliases}
        self._tools |= {tool.name: tool for tool in server.tools}
        self._arguments: dict[str, Arguments] = {}
        self._hashes: dict[str, str] = {}
        self._roles: dict[str, dict[str, SearchArgument]] = {}
        self._execution: Execution | None = None
        self._box: CursorBox | None = None
        self._kept: ListCache | None = None
        self._lookups: Lookups | None = None
        self._used: UsedContinuations | None = None

    def list(self, caller: Caller) -> Sequence[Contract]:
        """The contracts of every tool, ordered by name."""
        return self._listed

    def get(self, name: str) -> Contract | None:
        """The contract of the tool that is, or was, called ``name``."""
        tool = self._tools.get(name)
        return self._contracts.get(tool.name) if tool else None

    async def call(self, caller: Caller, tool: str, arguments: Mapping[str, Json]) -> Answer:
        """Execute one tool. A failure of the tool is an answer with ``is_error``, never an exception."""
        known = self._tools.get(tool)
        marks = self._marks(known, arguments, caller) if known is not None else PiiTracker()
        status, unknown = None, False
        try:
            if known is None:
                raise ToolError(self._no_tool(tool))
            checked = self._check(known, arguments)
            execution = self.execution().by(caller)
            if known.lookups:
                checked = await self._looked_up(execution, caller, known, checked)
            try:
                return marks.with_status(await self._answer(execution, caller, known, checked, marks))
            finally:
                if self._kept is not None and known.effect != "read":
                    self._kept.drop(caller)
        except ToolError as problem:
            text, status, unknown = problem.told(tool), problem.status, problem.unknown
        except UnicodeEncodeError:
            text = "An argument holds half of a surrogate pair, which is no text. Nothing was sent."
        except Exception as problem:  # the last line of defence: an agent gets no stack trace
            _log.error("call of %s failed: %s", known.name if known else "?", type(problem).__name__, exc_info=_trace())
            text = f"The call failed inside the server ({type(problem).__name__}); trying again does not help."
            unknown = known is not None and known.effect != "read" and marks.status is not None
        return marks.finish(Answer((Text(clean(text)),), is_error=True, status=status, unknown=unknown))

    async def aclose(self) -> None:
        """Finish renewals under way and close pooled connections."""
        if self._execution is not None:
            await self._execution.aclose()
        if self._opened is not None:
            await self._opened.aclose()

    def execution(self) -> Execution:
        """The connections, credentials and sessions that the calls share."""
        if self._execution is None:
            self._execution = self._make()
        return self._execution

    # ------------------------------------------------------------------------------------------------------- inside

    def _no_tool(self, name: str) -> str:
        import difflib

        near = difflib.get_close_matches(name, list(self._tools), 1, 0.6)
        return f"There is no tool `{name[:80]}`{f'; did you mean `{near[0]}`?' if near else '.'}"

    def _marks(self, tool: Tool, arguments: Mapping[str, Json], caller: Caller) -> PiiTracker:
        if not self._classify:
            return PiiTracker()
        from adaptgen.runtime.pii.classifier import classified_values, make_classifier

        known = self._classifiers.get(tool.name)
        if known is None:
            known = self._classifiers[tool.name] = make_classifier(tool)
        kinds = tool.sensitive_arguments
        if tool.page is not None and "where" in arguments:
            from adaptgen.runtime.pii.arguments import argument_kinds as inside

            kinds = inside(tool)
        return PiiTracker(known, classified_values(arguments, kinds), self._kinds, caller.tokens)

    def _answer(
        self, execution: Execution, caller: Caller, tool: Tool, checked: dict[str, Json], marks: PiiTracker
    ) -> Awaitable[Answer]:
        edits = self.server.edits
        if edits is not None and (acting := edits.acting(tool.name)):
            return self._overridden(acting, execution, caller, tool, checked, marks)
        return self._run(execution, caller, tool, checked, marks)

    async def _overridden(
        self,
        acting: Sequence[Override],
        execution: Execution,
        caller: Caller,
        tool: Tool,
        checked: dict[str, Json],
        marks: PiiTracker,
    ) -> Answer:
        """A tool that the side file replaces, wraps or adds."""
        from adaptgen.runtime.override_calls import ListOptions, answer_override
        from adaptgen.runtime.queries import query as asking

        ours = _REQUESTS | _QUESTIONS if tool.page is not None else _REQUESTS
        own = {name: value for name, value in checked.items() if name not in ours}
        requests = {name: value for name, value in checked.items() if name in ours}
        dry_run = _dry(checked)
        searching = self._searching(caller, tool, own, marks)

        async def plain(given: Mapping[str, Json] | None) -> Answer:
            again = dict(checked) if given is None else self._check(tool, {**requests, **given})
            return await self._run(execution, caller, tool, again, marks)

        async def others(name: str, given: Mapping[str, Json]) -> Answer:
            found = self._tools.get(name)
            if dry_run and found is not None and found.effect != "read":
                given = {**given, "dry_run": True}
            return await self.call(caller, name, given)

        call = self._list_call(caller, tool, own, marks, limit=checked.get("limit"), cursor=checked.get("cursor"))

        async def lists(altered: Tool, fetch: Fetch, fields: Sequence[str] | None) -> Answer:
            if searching is not None:
                questions = {name: requests[name] for name in sorted(_QUESTIONS & requests.keys())}
                found = await self._searched(searching, altered, fetch, replace(call, fields=fields), questions)
                if found is not None:
                    return found
            return await asking.answer_question(altered, fetch, replace(call, fields=fields), asked=requests)

        asked = ListOptions(
            fields=checked.get("fields"),
            limit=checked.get("limit"),
            cursor=checked.get("cursor"),
            dry_run=dry_run,
            max_bytes=tool.max_bytes or self.server.max_bytes,
            lists=lists,
            plain=plain,
            others=others,
        )
        return await answer_override(acting, execution, tool, own, caller, marks, asked)

    def _run(
        self, execution: Execution, caller: Caller, tool: Tool, checked: dict[str, Json], marks: PiiTracker
    ) -> Awaitable[Answer]:
        """A tool as it was generated."""
        fields = checked.pop("fields", None)
        limit = checked.pop("limit", None)
        cursor = checked.pop("cursor", None)
        dry_run = _dry(checked)
        checked.pop("dry_run", None)
        max_bytes = tool.max_bytes or self.server.max_bytes
        if tool.steps:
            search = self._searching(caller, tool, checked, marks)
            carry = self._carry(caller, tool, checked, cursor)
            return self._steps(execution, tool, checked, marks, carry, search, fields=fields, dry_run=dry_run)
        if tool.page is None:
            searching = self._searching(caller, tool, checked, marks)
            return execution.detail(
                tool,
                checked,
                fields=fields,
                max_bytes=max_bytes,
                dry_run=dry_run,
                marks=marks,
                inspect=searching.check if searching is not None else None,
            )
        asked = {name: checked.pop(name) for name in sorted(_QUESTIONS & checked.keys())}
        searching = self._searching(caller, tool, checked, marks)
        if dry_run:
            return execution.dry_list(tool, checked, marks)
        call = self._list_call(caller, tool, checked, marks, limit=limit, fields=fields, cursor=cursor)
        fetch = execution.fetch(tool, checked, marks)
        if searching is not None:
            return self._list_searched(searching, tool, fetch, call, asked, caller)
        return self._list(tool, fetch, call, asked, caller)

    def _list(
        self, tool: Tool, fetch: Fetch, call: ListCall, asked: Mapping[str, Json], caller: Caller
    ) -> Awaitable[Answer]:
        if asked:
            from adaptgen.runtime.queries.query import answer_question

            return answer_question(tool, fetch, call, asked=asked)
        from adaptgen.runtime.answers.list import answer_list

        kept = partial(self._remembered().entry, caller) if isinstance(tool.page, Unpaged) else None
        return answer_list(tool, fetch, call, kept=kept)

    async def _steps(
        self,
        execution: Execution,
        tool: Tool,
        checked: dict[str, Json],
        marks: PiiTracker,
        carry: Continuation,
        search: SearchFilter | None,
        *,
        fields: Sequence[str] | None,
        dry_run: bool,
    ) -> Answer:
        """A tool of several calls."""
        from adaptgen.runtime.api_client import DryRun
        from adaptgen.runtime.workflow.runner import WorkflowRun

        max_bytes = tool.max_bytes or self.server.max_bytes
        try:
            run = WorkflowRun(execution, tool, marks, carry, dry_run=dry_run, search=search)
            return await run.answer(checked, fields=fields, max_bytes=max_bytes)
        except DryRun as stopped:
            return execution.dry(tool, stopped.request, marks, stopped.auth, stopped.note)

    def _searching(
        self, caller: Caller, tool: Tool, arguments: Mapping[str, Json], marks: PiiTracker
    ) -> SearchFilter | None:
        """What must be dropped of what a search finds; see :mod:`adaptgen.runtime.queries.search_filter`."""
        if not caller.searched or not marks.enabled:
            return None
        from adaptgen.runtime.pii.arguments import search_arguments, tells_personal
        from adaptgen.runtime.queries.search_filter import make_search_filter

        roles = self._roles.get(tool.name)
        if roles is None:
            roles = self._roles[tool.name] = search_arguments(
                tool, self._contracts[tool.name].input_schema, told=tells_personal(self.server.tools)
            )
        return make_search_filter(tool, roles, caller.searched, arguments, marks)

    async def _list_searched(
        self,
        searching: SearchFilter,
        tool: Tool,
        fetch: Fetch,
        call: ListCall,
        asked: Mapping[str, Json],
        caller: Caller,
    ) -> Answer:
        answer = await self._searched(searching, tool, fetch, call, asked)
        return answer if answer is not None else await self._list(tool, fetch, call, asked, caller)

    async def _searched(
        self, searching: SearchFilter, tool: Tool, fetch: Fetch, call: ListCall, asked: Mapping[str, Json]
    ) -> Answer | None:
        """A list without what a search found by a part of a hidden value; None where the API answers no list."""
        from adaptgen.runtime.answers.list import answer_list
        from adaptgen.runtime.queries import query as asking
        from adaptgen.runtime.queries.search_filter import NOTE

        found = await searching.whole(tool, fetch, call.box)
        if found is None:
            return None
        whole, fetch, why = found
        if not asked:
            note = f"Only a part of the list was read: {why}. {NOTE}" if why else NOTE
            return await answer_list(whole, fetch, call, note=note, whole=not why)
        if why:
            raise ToolError(f"Only a part of what the search found could be read: {why}. Search for less.")
        return await asking.answer_question(whole, fetch, call, asked=asked)

    def _list_call(
        self, caller: Caller, tool: Tool, arguments: Mapping[str, Json], marks: PiiTracker, **asked: Any
    ) -> ListCall:
        from adaptgen.runtime.answers.list import ListCall

        return ListCall(
            box=self._sealed(),
            caller=caller.key,
            contract_hash=self._hash(tool),
            page_size=tool.page_size or self.server.page_size,
            max_bytes=tool.max_bytes or self.server.max_bytes,
            arguments=arguments,
            marks=marks,
            **asked,
        )

    def _carry(self, caller: Caller, tool: Tool, arguments: Mapping[str, Json], cursor: str | None) -> Continuation:
        from adaptgen.runtime.paging.cursor import bind
        from adaptgen.runtime.workflow.continuation_state import Continuation, UsedContinuations

        if self._used is None:
            self._used = UsedContinuations()
        steps = self._hashes.get(f"{tool.name} steps", "")
        if not steps:  # they may change while the contract stays
            text = repr((tool.steps, tool.result)).encode(errors="replace")
            steps = self._hashes[f"{tool.name} steps"] = hashlib.sha256(text).hexdigest()[:16]
        to = bind(tool.name, self._hash(tool) + steps, caller.key, arguments)
        return Continuation(self._sealed, to, cursor, self._used)

    def _remembered(self) -> ListCache:
        if self._kept is None:
            from adaptgen.runtime.paging.list_cache import ListCache

            self._kept = ListCache()
        return self._kept

    async def _looked_up(
        self, execution: Execution, caller: Caller, tool: Tool, checked: Mapping[str, Json]
    ) -> dict[str, Json]:
        """The arguments with ids in the place of names."""
        from adaptgen.runtime.queries.name_lookup import Lookups, integer_arguments

        if self._lookups is None:
            self._lookups = Lookups(self._tools, self._sealed, time.monotonic)

        def read(lists: Tool) -> tuple[Fetch, PiiTracker]:
            marks = self._marks(lists, {}, caller)
            return execution.fetch(lists, {}, marks), marks

        numbers = integer_arguments(self._contracts[tool.name].input_schema)
        claims = sorted((name, repr(value)) for name, value in caller.claims.items())
        return await self._lookups.resolved(tool, checked, numbers, repr((caller.key, caller.groups, claims)), read)

    def _check(self, tool: Tool, arguments: Mapping[str, Json]) -> dict[str, Json]:
        found = self._arguments.get(tool.name)
        if found is None:
            from adaptgen.runtime.validation import Arguments

            found = self._arguments[tool.name] = Arguments(self._contracts[tool.name].input_schema)
        return found.check(arguments)

    def _hash(self, tool: Tool) -> str:
        found = self._hashes.get(tool.name)
        if found is None:
            schema = orjson.dumps(self._contracts[tool.name].input_schema, option=orjson.OPT_SORT_KEYS)
            found = self._hashes[tool.name] = hashlib.sha256(schema).hexdigest()[:16]
        return found

    def _sealed(self) -> CursorBox:
        if self._box is None:
            from adaptgen.runtime.paging.cursor import CursorBox, KeyFormatError, read_key

            try:
                self._box = CursorBox(self._cursor_key or read_key(self._environ))
            except KeyFormatError as problem:
                raise ToolError(f"{problem}.") from None
        return self._box

    def _between(self) -> Store | None:
        """The store that other processes of this server share: that of the sessions, of the settings, or the one that
        the environment names.

        Raises:
            ToolError: what the environment names is not a store.
        """
        if self._shared is not None:
            return self._shared.store
        if self._store is None and self._opened is None:
            from adaptgen.runtime.store.protocol import VARIABLE, store_from

            url = self._environ.get(VARIABLE, "").strip()
            if url and not url.startswith("memory:"):
                try:
                    self._opened = store_from(url)
                except ValueError as problem:
                    raise ToolError(f"{VARIABLE}: {problem}. Nothing was sent.") from None
        return self._store or self._opened

    def _make(self) -> Execution:
        from adaptgen.runtime.calls import Execution

        make = Execution
        if self.server.edits is not None and self.server.edits.shapes:
            from adaptgen.runtime.override_calls import OverriddenCalls

            make = OverriddenCalls
        return make(self.server, self._environ, self._transport, self._state, self._shared, self._between)


def _dry(checked: Mapping[str, Json]) -> bool:
    """Whether nothing may be changed: whatever is no clear "no" must not write."""
    return checked.get("dry_run") not in (None, False, "false", "False", 0)


def _trace() -> bool:
    """Whether the log may hold stack traces: they name arguments, so only where somebody debugs."""
    return _log.isEnabledFor(logging.DEBUG)
