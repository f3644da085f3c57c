"""Executing tools: one call and its answer, updates, dry runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from adaptgen.model.tables import Caller, Json, Server, Tool
from adaptgen.runtime.answers.record import answer_detail
from adaptgen.runtime.api_client import ApiCall, ApiClient
from adaptgen.runtime.auth.session_files import StateFiles
from adaptgen.runtime.auth.session_store import SharedSessionStore
from adaptgen.runtime.core.answer import Answer
from adaptgen.runtime.core.call_context import downloads
from adaptgen.runtime.http.client import Transport
from adaptgen.runtime.http.page import LARGE, is_json
from adaptgen.runtime.http.request import Request
from adaptgen.runtime.http.response import Response
from adaptgen.runtime.pii.call_pii import PiiTracker
from adaptgen.runtime.store.protocol import Store
from adaptgen.runtime.writes.dry_run import describe_request, make_record_classifier
from adaptgen.runtime.writes.merge_update import CREATED, WOULD_CREATE, MergeUpdate, check_filled
from adaptgen.runtime.writes.record_lock import RecordLocks

if TYPE_CHECKING:
    from adaptgen.runtime.queries.search_filter import SearchFilter


@dataclass(slots=True, kw_only=True)
class ToolRequest:
    """One call of ``tool`` for ``caller``.

    ``arguments`` are the tool's own, checked by its contract; ``fields``, ``limit``, ``cursor``, ``dry_run`` and
    ``questions`` (where, sort, count, sum and others) are what is asked of the runtime. ``max_bytes``: of the answer;
    ``search`` drops what must not be found.
    """

    tool: Tool
    caller: Caller
    arguments: Mapping[str, Json]
    marks: PiiTracker
    max_bytes: int
    fields: Sequence[str] | None = None
    limit: int | None = None
    cursor: str | None = None
    dry_run: bool = False
    questions: Mapping[str, Json] = field(default_factory=dict)
    search: SearchFilter | None = None

    def runtime_arguments(self) -> dict[str, Json]:
        """What is asked of the runtime, as arguments."""
        asked = {"fields": self.fields, "limit": self.limit, "cursor": self.cursor, "dry_run": self.dry_run or None}
        return {**{name: value for name, value in asked.items() if value is not None}, **self.questions}


class Execution(ApiClient):
    """Executes the tools of one call that are not lists."""

    def __init__(
        self,
        server: Server,
        environ: Mapping[str, str],
        transport: Transport | None,
        state: StateFiles | None,
        shared: SharedSessionStore | None = None,
        store: Callable[[], Store | None] = lambda: None,
    ) -> None:
        """``store`` returns the store that several processes share, if there is one."""
        super().__init__(server, environ, transport, state, shared)
        self._locks = RecordLocks(self._common.files.folder, store)
        self._merged = frozenset(tool.call.path for tool in server.tools if tool.update is not None and tool.call)

    async def detail(self, asked: ToolRequest) -> Answer:
        """A tool of one call that is not a list."""
        tool, arguments, marks = asked.tool, asked.arguments, asked.marks
        assert tool.call is not None
        send = ApiCall(self, tool, arguments, marks).send
        note = ""
        if tool.update is not None:
            merge = await self.merge(tool, arguments, marks)
            if asked.dry_run:
                request = await merge.prepare()
                return self.dry(tool, request, marks, note=WOULD_CREATE if merge.creates else "")
            async with self._locks.hold(merge.address, self.server.timeout):
                response = await send(await merge.prepare())
                await merge.confirm(response)
            note = CREATED if merge.creates else ""
        else:
            request = await self.request(tool, arguments)
            if tool.filled:
                check_filled(tool.call, self.inputs(arguments))
            if asked.dry_run:
                return self.dry(tool, request, marks)
            if tool.effect != "read" and tool.call.path in self._merged:
                async with self._locks.hold(request.url, self.server.timeout):
                    response = await send(request)
            else:
                response = await send(request)
        if asked.search is not None:
            asked.search.check(response.json() if is_json(response) else None)
        files = downloads.get()
        if response.file is not None and files is not None:
            return await files.answer(response)
        show = partial(
            answer_detail, tool, response, fields=asked.fields, max_bytes=asked.max_bytes, note=note, marks=marks
        )
        return await asyncio.to_thread(show) if len(response.content) > LARGE and not is_json(response) else show()

    async def merge(self, tool: Tool, arguments: Mapping[str, Json], marks: PiiTracker) -> MergeUpdate:
        """The partial update of a tool."""
        assert tool.call is not None
        assert tool.update is not None
        await self.constants(tool.call)
        await self.constants(tool.update.read)
        call = ApiCall(self, tool, arguments, marks, base=tool.update.read.base)
        classifier = make_record_classifier(tool, self._readers(tool)) if marks.enabled else None

        async def read(request: Request) -> Response:
            response = await call.send(request)
            if classifier is not None:
                marks.observe(response.json(), classifier)
            return response

        bases = self.base(tool.call.base), self.base(tool.update.read.base)
        return MergeUpdate(tool.call, tool.update, self.inputs(arguments), *bases, read)

    def dry(
        self, tool: Tool, request: Request, marks: PiiTracker, auth: Sequence[str] | None = None, note: str = ""
    ) -> Answer:
        """What would be sent, with a mark in place of each credential."""
        request = self.shaped(tool, request, marks.arguments({}))
        shown = self.auth.redacted(request, tool.auth if auth is None else auth)
        return describe_request(shown, self.hidden(tool), marks, note, tool=tool, readers=self._readers(tool))

    async def dry_list(self, asked: ToolRequest) -> Answer:
        """What would be sent for the first page of a list."""
        return self.dry(asked.tool, await self.request(asked.tool, asked.arguments), asked.marks)

    def _readers(self, tool: Tool) -> list[Tool]:
        """The tools that read the record which ``tool`` updates: what they withhold is withheld from it."""
        if tool.update is None:
            return []
        path = tool.update.read.path
        calls = [(one, one.call) for one in self.server.tools if one.page is None]
        return [one for one, call in calls if call is not None and call.method == "GET" and call.path == path]
