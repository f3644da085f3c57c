"""The engine: lists the contracts of a server and executes calls of its tools."""

from __future__ import annotations

import hashlib
import logging
import os
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from adaptgen.diagnostics import AdaptgenError, Diagnostic
from adaptgen.model.contract_file import QUESTIONS
from adaptgen.model.tables import FORMAT, Caller, Contract, Json, Server, Tool, Unpaged, auths_of
from adaptgen.model.toolsets import with_layout
from adaptgen.runtime.core.answer import Answer, NotConnected, Text, ToolError, with_structure
from adaptgen.runtime.core.text import clean
from adaptgen.runtime.pii.call_pii import PiiTracker
from adaptgen.runtime.pii.tagged_values import canonical

if TYPE_CHECKING:
    from adaptgen.pii.search_arguments import SearchArgument
    from adaptgen.runtime.answers.list import ListCall
    from adaptgen.runtime.auth.connections import Connections
    from adaptgen.runtime.auth.session_store import SharedSessionStore
    from adaptgen.runtime.calls import Execution, ToolRequest
    from adaptgen.runtime.file_call import FileCall
    from adaptgen.runtime.files.desk import FileDesk
    from adaptgen.runtime.files.upload_tool import UploadTool
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
    from adaptgen.runtime.workflow.continuation_state import Continuation

_log = logging.getLogger("adaptgen.runtime")
_QUESTIONS = frozenset(QUESTIONS)
_REQUESTS = frozenset({"fields", "limit", "cursor", "dry_run"})
"""What an agent asks of the runtime, not of the tool; of lists the questions about all items too."""


class Engine:
    """One server, ready to be called.

    ``environ`` is where credentials and addresses are looked up (default: the process environment), ``transport``
    replaces the network (an ``httpx.AsyncBaseTransport``), ``cursor_key`` the 32 bytes that seal cursors, ``state``
    the folder where sessions of ``store="file"`` live, ``state_key`` 32 bytes that seal them (default: the key of the
    environment, else one of this machine), ``store`` where those of ``store="redis"`` and ``"dynamodb"`` do
    (default: what ``ADAPTGEN_STORE_URL`` names), sealed with the cursor key. Nothing is sent or resolved before the
    first call.

    ``classify``: answers say where personal data is in them (``Answer.sensitive``, ``Answer.found``), and are
    measured as they will be with tokens in place of these ``kinds`` (None: of every kind).

    ``files``: how files travel besides base64; the caller closes it. ``released``: whether bytes of a media type, of a
    tool's answer, may leave by a link (None: no file does).
    """

    def __init__(
        self,
        server: Server,
        *,
        environ: Mapping[str, str] | None = None,
        transport: Transport | None = None,
        cursor_key: bytes | None = None,
        state: Path | None = None,
        state_key: bytes | None = None,
        classify: bool = False,
        kinds: Collection[str] | None = None,
        store: Store | None = None,
        files: FileDesk | None = None,
        released: Callable[[Tool, str], bool] | None = lambda tool, media: True,
    ) -> None:
        """Read the contracts.

        Raises:
            AdaptgenError: AG061, the contracts do not fit the tables, or the format is not this runtime's; AG066, a
                certificate is not there; AG026, a default base URL leads to a metadata service; AG073 and AG076,
                sessions are shared, and their key or store is missing.
        """
        from adaptgen.runtime.contracts import load

        if server.format != FORMAT:
            from adaptgen.diagnostics import error

            raise error("AG061", f"the server has format {server.format}; this runtime executes {FORMAT}")
        self.server = server = with_layout(server)
        self._environ = os.environ if environ is None else environ
        self._transport = transport
        self._cursor_key = cursor_key
        self._state, self._state_key = state, state_key
        self._classify = classify
        self._kinds = None if kinds is None else frozenset(map(canonical, kinds))
        self._classifiers: dict[str, Classifier] = {}
        self._shared: SharedSessionStore | None = None
        self._opened: Store | None = None
        self._store = None if store is None or getattr(store, "local", False) else store
        if any(auth.store in ("redis", "dynamodb", "state") for auth in server.auth):
            from adaptgen.runtime.auth.session_store import open_shared

            self._shared, self._opened = open_shared(server.auth, store, self._environ, cursor_key)
        check_base_urls(server, self._environ)
        if server.connection is not None:
            from adaptgen.runtime.http.connection import check_certificates

            check_certificates(server)
        self._contracts = load(server)
        self.files = files
        self.uploads: UploadTool | None = None
        self._released = released
        self._file_arguments: Mapping[str, frozenset[str]] = {}
        self._tools: dict[str, Tool] = {old: tool for tool in server.tools for old in tool.aliases}
        self._tools |= {tool.name: tool for tool in server.tools}
        if files is not None:
            self._add_sources(files)
        self._listed = tuple(self._contracts[name] for name in sorted(self._contracts))
        self._arguments: dict[str, Arguments] = {}
        self._hashes: dict[str, str] = {}
        self._roles: dict[str, dict[str, SearchArgument]] = {}
        self._execution: Execution | None = None
        self._connecting = any(auth.consent is not None for auth in server.auth)
        self._connections: Connections | None = None
        self._box: CursorBox | None = None
        self._kept: ListCache | None = None
        self._lookups: Lookups | None = None
        self._used: dict[bytes, None] = {}

    def list(self, caller: Caller) -> Sequence[Contract]:
        """The contracts of every tool, ordered by name."""
        return self._listed

    def get(self, name: str) -> Contract | None:
        """The contract of the tool that is, or was, called ``name``."""
        tool = self._tools.get(name)
        return self._contracts.get(tool.name) if tool else None

    def revision(self, name: str) -> str:
        """What a tool sends, where to and with which credentials, as a hash: another build or base URL may send the
        same arguments with other constants, elsewhere, or in another name. Overrides are code, which is not looked
        at."""
        found = self._hashes.get(f"{name} revision")
        if found is None:
            tool = self._tools[name]
            bases = [(base, self._environ.get(base.env, "").strip() if base.env else "") for base in self.server.bases]
            sent = (tool.call, tool.auth, tool.steps, tool.defaults, tool.update, tool.lookups, bases)
            found = hashlib.sha256(repr(sent).encode(errors="replace")).hexdigest()[:16]
            self._hashes[f"{name} revision"] = found
        return found

    async def call(self, caller: Caller, tool: str, arguments: Mapping[str, Json]) -> Answer:
        """Execute one tool. A failure of the tool is an answer with ``is_error``, never an exception."""
        known = self._tools.get(tool)
        marks = self._marks(known, arguments, caller) if known is not None else PiiTracker()
        status, unknown, unreachable, connection = None, False, False, None
        files = self._file_call(caller, known)
        try:
            if known is None:
                raise ToolError(self._no_tool(tool))
            checked = self._check(known, arguments)
            execution = self.execution().by(caller)
            if self._connecting and (not _is_dry_run(checked) or _goes_on(known, checked)):
                await execution.auth.require(auths_of(known))
            if files is not None:
                schemas = self._contracts[known.name].input_schema.get("properties", {})
                await files.open(self._file_arguments.get(known.name, frozenset()), checked, schemas)
            if known.lookups:
                checked = await self._looked_up(execution, caller, known, checked)
            request = self._request(caller, known, checked, marks)
            edits = self.server.edits
            acting = edits.acting(known.name) if edits is not None else ()
            try:
                answer = self._overridden(acting, execution, request) if acting else self._run(execution, request)
                return self._typed(known, _with_files(marks.with_status(await answer), files))
            finally:
                if self._kept is not None and known.effect != "read":
                    self._kept.drop(caller)
        except ToolError as problem:
            text, status, unknown = problem.told(tool), problem.status, problem.unknown
            unreachable, connection = problem.unreachable, problem.connection
        except UnicodeEncodeError:
            text = "An argument holds half of a surrogate pair, which is not valid text. Nothing was sent."
        except Exception as problem:  # the last line of defence: an agent gets no stack trace
            trace = _log.isEnabledFor(logging.DEBUG)  # stack traces name arguments
            _log.error("call of %s failed: %s", known.name if known else "?", type(problem).__name__, exc_info=trace)
            text = f"The call failed inside the server ({type(problem).__name__}); trying again does not help."
            unknown = known is not None and known.effect != "read" and marks.status is not None
        finally:
            if files is not None:
                files.close()
        failed = Answer(
            (Text(clean(text)),), is_error=True, status=status, unknown=unknown, unreachable=unreachable,
            connection=connection,
        )  # fmt: skip
        return _with_files(marks.finish(failed), files)

    def _file_call(self, caller: Caller, tool: Tool | None) -> FileCall | None:
        if self.files is None or tool is None:
            return None
        from adaptgen.runtime.file_call import FileCall

        return FileCall(self.files, caller, tool, self._released, plain_names=self._classify)

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

    @property
    def connections(self) -> Connections | None:
        """The accounts that callers connect at the API; None where no auth asks for any."""
        if self._connections is None and self._connecting:
            from adaptgen.runtime.auth.connections import Connections
            from adaptgen.runtime.core.seals import Seals
            from adaptgen.runtime.paging.cursor import read_key

            seals = Seals((self._cursor_key or read_key(self._environ),))
            self._connections = Connections(self.server.auth, self.execution().auth.sessions, seals, self._dropped)
        return self._connections

    def _dropped(self, caller: Caller) -> None:
        if self._kept is not None:
            self._kept.drop(caller)

    # ------------------------------------------------------------------------------------------------------- inside

    def file_arguments(self, tool: str) -> frozenset[str]:
        """The arguments of a tool that take files from elsewhere than the message."""
        takes = self.files is not None and bool(self.files.takes)
        return self._file_arguments.get(tool, frozenset()) if takes else frozenset()

    def _add_sources(self, files: FileDesk) -> None:
        from adaptgen.runtime.file_call import file_arguments, with_sources

        self._file_arguments = {tool.name: found for tool in self.server.tools if (found := file_arguments(tool))}
        if files.slots is not None and self._file_arguments:
            from adaptgen.runtime.files.upload_tool import UploadTool

            self.uploads = UploadTool(files, self.server.name, self._tools)
            files.upload_tool = self.uploads.name
        for name, found in self._file_arguments.items() if files.takes else ():
            self._contracts[name] = with_sources(self._contracts[name], found, files.takes)

    def _typed(self, tool: Tool, answer: Answer) -> Answer:
        """``answer`` with structured content that fits the output schema, where the tool has one."""
        if tool.layout != "structured" or answer.is_error:
            return answer
        return with_structure(answer, tool, self._contracts[tool.name].returns)

    def _no_tool(self, name: str) -> str:
        from adaptgen.mcp.protocol import nearest_tool

        near = nearest_tool(name, self._tools)
        return f"There is no tool `{name[:80]}`{f'; did you mean `{near}`?' if near else '.'}"

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

    def _request(self, caller: Caller, tool: Tool, checked: Mapping[str, Json], marks: PiiTracker) -> ToolRequest:
        from adaptgen.runtime.calls import ToolRequest

        questions = _QUESTIONS & checked.keys() if tool.page is not None else frozenset()
        ours = _REQUESTS | questions
        request = ToolRequest(
            tool=tool,
            caller=caller,
            arguments={name: value for name, value in checked.items() if name not in ours},
            marks=marks,
            max_bytes=tool.max_bytes or self.server.max_bytes,
            fields=checked.get("fields"),
            limit=checked.get("limit"),
            cursor=checked.get("cursor"),
            dry_run=_is_dry_run(checked),
            questions={name: checked[name] for name in sorted(questions)},
        )
        request.search = self._search_filter(request)
        return request

    async def _overridden(self, acting: Sequence[Override], execution: Execution, request: ToolRequest) -> Answer:
        """A tool that the side file replaces, wraps or adds."""
        from adaptgen.runtime.override_calls import OverriddenCall

        tool, caller = request.tool, request.caller

        async def call_plain(arguments: Mapping[str, Json] | None) -> Answer:
            if arguments is None:
                return await self._run(execution, request)
            again = self._check(tool, {**request.runtime_arguments(), **arguments})
            return await self._run(execution, self._request(caller, tool, again, request.marks))

        async def call_other(name: str, arguments: Mapping[str, Json]) -> Answer:
            other = self._tools.get(name)
            if request.dry_run and other is not None and other.effect != "read":
                arguments = {**arguments, "dry_run": True}
            return await self.call(caller, name, arguments)

        async def show_list(altered: Tool, fetch: Fetch, fields: Sequence[str] | None) -> Answer:
            return await self._list(replace(request, tool=altered, fields=fields), fetch, keep=False)

        call = OverriddenCall(execution, request, call_plain, call_other, show_list)
        return await call.answer(acting)

    def _run(self, execution: Execution, request: ToolRequest) -> Awaitable[Answer]:
        """A tool as it was generated."""
        if request.tool.steps:
            return self._steps(execution, request)
        if request.tool.page is None:
            return execution.detail(request)
        if request.dry_run:
            return execution.dry_list(request)
        return self._list(request, execution.fetch(request.tool, request.arguments, request.marks))

    def _list(self, request: ToolRequest, fetch: Fetch, *, keep: bool = True) -> Awaitable[Answer]:
        """``keep``: whether a list that the API returns whole is cached for a moment."""
        call = self._list_call(request)
        if request.search is not None:
            return self._list_searched(request.search, request, fetch, call, keep=keep)
        return self._list_whole(request, fetch, call, keep=keep)

    def _list_whole(self, request: ToolRequest, fetch: Fetch, call: ListCall, *, keep: bool) -> Awaitable[Answer]:
        if request.questions:
            from adaptgen.runtime.queries.query import answer_question

            return answer_question(request.tool, fetch, call, asked=request.questions)
        from adaptgen.runtime.answers.list import answer_list

        kept = None
        if keep and isinstance(request.tool.page, Unpaged):
            kept = partial(self._remembered().entry, request.caller)
        return answer_list(request.tool, fetch, call, kept=kept)

    async def _steps(self, execution: Execution, request: ToolRequest) -> Answer:
        """A tool of several calls."""
        from adaptgen.runtime.api_client import DryRun
        from adaptgen.runtime.workflow.runner import WorkflowRun

        tool, marks = request.tool, request.marks
        carry = self._carry(request)
        try:
            run = WorkflowRun(execution, tool, marks, carry, dry_run=request.dry_run, search=request.search)
            return await run.answer(request.arguments, fields=request.fields, max_bytes=request.max_bytes)
        except DryRun as stopped:
            return execution.dry(tool, stopped.request, marks, stopped.auth, stopped.note)

    def _search_filter(self, request: ToolRequest) -> SearchFilter | None:
        """What must be dropped of what a search finds; see :mod:`adaptgen.runtime.queries.search_filter`."""
        tool, searched = request.tool, request.caller.searched
        if not searched or not request.marks.enabled:
            return None
        from adaptgen.runtime.pii.arguments import search_arguments
        from adaptgen.runtime.queries.search_filter import make_search_filter

        roles = self._roles.get(tool.name)
        if roles is None:
            roles = self._roles[tool.name] = search_arguments(tool, self._contracts[tool.name].input_schema)
        return make_search_filter(tool, roles, searched, request.arguments, request.marks)

    async def _list_searched(
        self, search: SearchFilter, request: ToolRequest, fetch: Fetch, call: ListCall, *, keep: bool
    ) -> Answer:
        """A list without what a search found by a part of a hidden value."""
        from adaptgen.runtime.answers.list import answer_list
        from adaptgen.runtime.queries.query import answer_question
        from adaptgen.runtime.queries.search_filter import NOTE

        found = await search.whole(request.tool, fetch, call.box)
        if found is None:  # the API does not answer a list
            return await self._list_whole(request, fetch, call, keep=keep)
        whole, fetch, why = found
        if not request.questions:
            note = f"Only a part of the list was read: {why}. {NOTE}" if why else NOTE
            return await answer_list(whole, fetch, call, note=note, whole=not why)
        if why:
            raise ToolError(f"Only a part of what the search found could be read: {why}. Search for less.")
        return await answer_question(whole, fetch, call, asked=request.questions)

    def _list_call(self, request: ToolRequest) -> ListCall:
        from adaptgen.runtime.answers.list import ListCall

        return ListCall(
            box=self._sealed(),
            caller=self._whose(request),
            contract_hash=self._hash(request.tool),
            page_size=request.tool.page_size or self.server.page_size,
            max_bytes=request.max_bytes,
            arguments=request.arguments,
            limit=request.limit,
            fields=request.fields,
            cursor=request.cursor,
            marks=request.marks,
        )

    def _carry(self, request: ToolRequest) -> Continuation:
        from adaptgen.runtime.paging.cursor import bind
        from adaptgen.runtime.workflow.continuation_state import Continuation

        tool = request.tool
        steps = self._hashes.get(f"{tool.name} steps", "")
        if not steps:  # they may change while the contract stays
            text = repr((tool.steps, tool.result))
            steps = hashlib.sha256(text.encode(errors="replace")).hexdigest()[:16]
            self._hashes[f"{tool.name} steps"] = steps
        to = bind(tool.name, self._hash(tool) + steps, self._whose(request), request.arguments)
        return Continuation(self._sealed, to, request.cursor, self._used)

    def _whose(self, request: ToolRequest) -> str:
        """Whom cursors, and what is kept for them, belong to: the caller, in the accounts of its own that the tool
        uses now."""
        key = request.caller.key
        if not self._connecting:
            return key
        accounts = self.execution().auth.by(request.caller).accounts(auths_of(request.tool))
        return repr((key, *accounts)) if accounts else key

    def _remembered(self) -> ListCache:
        if self._kept is None:
            from adaptgen.runtime.paging.list_cache import ListCache

            self._kept = ListCache()
        return self._kept

    async def _looked_up(
        self, execution: Execution, caller: Caller, tool: Tool, checked: Mapping[str, Json]
    ) -> dict[str, Json]:
        """The arguments with ids in place of names."""
        from adaptgen.runtime.queries.name_lookup import Lookups, integer_arguments

        if self._lookups is None:
            self._lookups = Lookups(self._tools, self._sealed, time.monotonic)

        def read(lists: Tool) -> tuple[Fetch, PiiTracker]:
            marks = self._marks(lists, {}, caller)
            return execution.fetch(lists, {}, marks), marks

        numbers = integer_arguments(self._contracts[tool.name].input_schema)
        claims = sorted((name, repr(value)) for name, value in caller.claims.items())
        # In another account of the same caller a name may be that of another record.
        accounts = await self._accounts_of_lists(execution, tool) if self._connecting else ()
        whose = repr((caller.key, caller.groups, claims, accounts))
        return await self._lookups.resolved(tool, checked, numbers, whose, read)

    async def _accounts_of_lists(self, execution: Execution, tool: Tool) -> tuple[str, ...]:
        """The caller's own accounts in which the lists are read that have the names of ``tool``."""
        lists = [self._tools[lookup.tool] for lookup in tool.lookups.values()]
        names = dict.fromkeys(name for one in lists for name in auths_of(one))
        for name in names.keys() - auths_of(tool):
            with suppress(NotConnected):  # where a name is looked up, reading the list says so
                await execution.auth.require((name,))
        return execution.auth.accounts(names)

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
            from adaptgen.runtime.store import VARIABLE, store_from

            url = self._environ.get(VARIABLE, "").strip()
            if url and not url.startswith("memory:"):
                try:
                    self._opened = store_from(url)
                except ValueError as problem:
                    raise ToolError(f"{VARIABLE}: {problem}. Nothing was sent.") from None
        return self._store or self._opened

    def _make(self) -> Execution:
        from adaptgen.runtime.auth.session_files import StateFiles, StateKeys
        from adaptgen.runtime.calls import Execution
        from adaptgen.text.files import state_folder

        make = Execution
        if self.server.edits is not None and self.server.edits.shapes:
            from adaptgen.runtime.override_calls import OverriddenCalls

            make = OverriddenCalls
        files = StateFiles(self._state or state_folder(self._environ), StateKeys(self._environ, self._state_key))
        return make(self.server, self._environ, self._transport, files, self._shared, self._between)


def _is_dry_run(arguments: Mapping[str, Json]) -> bool:
    # Whatever is not a clear "no" must not write.
    return arguments.get("dry_run") not in (None, False, "false", "False", 0)


def _goes_on(tool: Tool, arguments: Mapping[str, Json]) -> bool:
    """Whether even a dry run depends on what was read earlier, or will be continued."""
    return bool(tool.lookups or tool.steps or arguments.get("cursor"))


def _with_files(answer: Answer, files: FileCall | None) -> Answer:
    return replace(answer, files=tuple(files.receipts)) if files is not None and files.receipts else answer


def check_base_urls(server: Server, environ: Mapping[str, str]) -> None:
    """Refuse default base URLs that are link-local or lead to a metadata service. What the operator sets in the
    environment is the operator's word, and not judged.

    Raises:
        AdaptgenError: AG026 for each.
    """
    findings: list[Diagnostic] = []
    for base in server.bases:
        if not base.url or (base.env and environ.get(base.env, "").strip()) or _is_plain(base.url):
            continue
        from adaptgen.net.addresses import UrlProblem, is_metadata_url

        if is_metadata_url(base.url):
            text = f"the base URL {base.url} {UrlProblem.METADATA}; calls would reach the credentials of this machine"
            help = (
                f"set {base.env} to the address of the API" if base.env else "change server.base_url, and build again"
            )
            findings.append(Diagnostic("AG026", text, None, help))
    if findings:
        raise AdaptgenError(*findings)


def _is_plain(url: str) -> bool:
    """Whether a look is enough: a name under a top-level domain, as nearly all are, or the target of a reference."""
    host = url.partition("://")[2].partition("/")[0].partition(":")[0]
    ending = host.rpartition(".")[2]
    ordinary = host.isascii() and ending.isalpha() and ending != "io" and "data" not in host and "%" not in host
    return "${" in host or (ordinary and "@" not in url and "\\" not in url)
