"""The kill switch: servers, tools, callers and clients that are switched off, and reading only, within seconds."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from adaptgen.diagnostics import AdaptgenError, Where, error
from adaptgen.govern.settings import model as vocabulary
from adaptgen.govern.settings.load import parse_switch
from adaptgen.govern.settings.model import Settings
from adaptgen.govern.settings.remote_files import Clients, ConfigSource, Unreadable, clients, document
from adaptgen.mcp.protocol import ToolInfo
from adaptgen.model.tables import Caller


class Switch:
    """What the settings switch off, plus what the source that they name does.

    A source that breaks while the server runs changes nothing: what it said last, and what the settings say, holds.
    ``problem`` says what is wrong with it, "" where nothing is.
    """

    def __init__(
        self, rules: vocabulary.Switch, source: ConfigSource | None = None, where: Where | None = None
    ) -> None:
        """``where`` is the place of ``source`` in the settings."""
        self.problem = ""
        self._rules = rules
        self._extra = vocabulary.Switch()
        self._source = source
        self._where = where
        self._every = rules.every
        self._read_at = float("-inf")
        self._lock = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._compile()

    async def start(self) -> None:
        """Read the source, and go on reading it every few seconds. AG070 where it cannot be had or understood: a switch
        that does not work must not seem to."""
        if self._source is None:
            return
        await self.refresh()
        if self.problem:
            raise error("AG070", f"the source of the kill switch: {self.problem}", self._where,
                        "make the file: an empty one switches nothing off")  # fmt: skip
        self._task = asyncio.create_task(self._watch(), name="adaptgen-switch")

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            await self.refresh()

    async def fresh(self) -> None:
        """Read the source if that is due. For a process that sleeps between requests, where no timer runs."""
        if self._source is not None and time.monotonic() - self._read_at > self._every:
            await self.refresh()

    async def refresh(self) -> None:
        source = self._source
        if source is None:
            return
        async with self._lock:
            try:
                text = await asyncio.to_thread(source.read)
                if text is not None:
                    self._extra = await asyncio.to_thread(parse_switch, text, source.name)
                    self._compile()
                    self.problem = ""
                elif self.problem.startswith(_AWAY):
                    self.problem = ""
            except Unreadable as why:
                self.problem = f"{_AWAY} ({why})"
            except AdaptgenError as why:
                self.problem = "; ".join(
                    f"{one.where}: {one.message}" if one.where else one.message for one in why.diagnostics
                )
            self._read_at = time.monotonic()

    def apply(self, rules: vocabulary.Switch) -> None:
        """Act on what a newer text of the settings switches off, whatever else that text says."""
        self._rules = rules
        self._compile()

    def _compile(self) -> None:
        both = (self._rules, self._extra)
        self._servers = _pattern(name for one in both for name in one.servers)
        self._tools = _pattern(name for one in both for name in one.tools)
        self._callers = _pattern(name for one in both for name in one.callers)
        self._clients = _pattern(name for one in both for name in one.clients)
        self._read_only = any(one.read_only for one in both)

    def cuts(self, caller: Caller) -> bool:
        """Whether ``caller`` is cut off, or the client that acts for it: it gets nothing, not even lists."""
        known = self._callers
        named = known is not None and bool(known(caller.sub) or known(f"{caller.tenant}/{caller.sub}"))
        return named or self._cuts_client(caller)

    def _cuts_client(self, caller: Caller) -> bool:
        return self._clients is not None and bool(caller.client and self._clients(caller.client))

    def refuses(self, caller: Caller, tool: ToolInfo) -> str | None:
        """Why ``caller`` cannot use ``tool`` now, in a few words that it may read; None where it can."""
        if self.cuts(caller):
            return "this client" if self._cuts_client(caller) else "this caller"
        if self._servers is not None and self._servers(tool.server):
            return f"the server {tool.server}"
        if self._tools is not None and any(map(self._tools, (*tool.paths, tool.name))):
            return f"the tool {tool.name}"
        if self._read_only and tool.effect != "read":
            return "everything but reading"
        return None

    async def aclose(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


_AWAY = "it cannot be read"
SOURCE = "ADAPTGEN_SWITCH"
"""The variable with the source of a deployment: its settings in a bundle cannot be changed without another."""


def switch(settings: Settings, environ: Mapping[str, str], *, aws: Clients | None = None) -> Switch:
    """The switch of the settings; its source is relative to them. Where they name none, ``ADAPTGEN_SWITCH`` may."""
    rules = settings.switch
    address = rules.source or environ.get(SOURCE, "")
    if not address:
        return Switch(rules)
    source = document(address, settings.folder or Path(), aws or clients(environ))
    return Switch(rules, source, settings.where("switch", "source") if rules.source else None)


def _pattern(names: Iterable[str]) -> Callable[[str], object] | None:
    """A test for names of which ``*`` stands for any text."""
    given = sorted(set(names))
    if not given:
        return None
    return re.compile("|".join(".*".join(map(re.escape, one.split("*"))) for one in given), re.DOTALL).fullmatch
