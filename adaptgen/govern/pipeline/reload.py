"""Notices that the settings or the tools have changed, and lets the pipeline work with them from then on.

A version that cannot be put to work is reported and left; what served before goes on serving. Only its kill switch
acts all the same.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from adaptgen.diagnostics import AdaptgenError, error
from adaptgen.govern.audit.trail import AuditError
from adaptgen.govern.pipeline.factory import DynamicTarget

if TYPE_CHECKING:
    from adaptgen.govern.audit.trail import AuditLog
    from adaptgen.govern.pipeline.factory import ComponentFactory
    from adaptgen.govern.pipeline.pipeline import Pipeline
    from adaptgen.govern.settings.model import Settings
    from adaptgen.govern.settings.source import Source

_log = logging.getLogger("adaptgen.govern")

EVERY = 1.0
"""Seconds between two looks."""


_FIXED = ("mode", "state", "audit", "trace", "metrics", "files")
"""Sections that are read at start alone."""


def _restart(before: Settings, after: Settings) -> None:
    """Refuse what cannot be taken over while serving (AG070, at the section)."""
    changed = [name for name in _FIXED if getattr(before, name) != getattr(after, name)]
    if changed:
        raise error("AG070", f"{' and '.join(changed)} cannot change while serving", after.where(changed[0]),
                    "restart to take it over")  # fmt: skip


class Watch:
    """One task that looks every second; :meth:`look` does it once."""

    def __init__(
        self, source: Source, settings: Settings, factory: ComponentFactory, handler: Pipeline, trail: AuditLog | None
    ) -> None:
        self._source = source
        self._settings = settings
        self._factory = factory
        self._handler = handler
        self._trail = trail
        self._failure = ""
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Look again and again until :meth:`aclose`."""
        self._heed()
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def aclose(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            await self.look_quietly()

    async def look_quietly(self) -> None:
        """:meth:`look`; whatever it meets is reported, and what served before goes on serving."""
        try:
            await self.look()
        except Exception as problem:  # the watch must outlive whatever it meets
            self._failed(type(problem).__name__)

    async def look(self) -> bool:
        """Take over what has changed; whether something was taken over."""
        try:
            changed = await self._source.changed()
        except AdaptgenError as problem:
            if self._source.switch is not None:
                self._factory.switch_only(self._source.switch)
            self._failed(str(problem))
            return False
        settings = changed or self._settings
        if changed is None and self._factory.target.tools() is self._handler.adopted:
            return False
        made = None
        try:
            if changed is not None:
                _restart(self._settings, changed)
                self._factory.read_again(changed)
                made = await self._factory.new_target(changed)
            target = made[1] if made is not None else self._factory.target
            tools = target.tools()
            parts = await self._factory.parts(settings, tools)
        except AdaptgenError as problem:
            if made is not None:
                await made[1].aclose()
            if changed is not None:
                self._factory.switch_only(changed.switch)
            self._failed(str(problem))
            return False
        if made is not None:
            self._factory.take(made)
            self._heed()
        if self._source.switch is not None:
            # The settings in effect may be older than a broken text whose kill switch acts.
            self._factory.switch_only(self._source.switch)
        self._settings = settings
        self._handler.adopt(parts, tools, target)
        self._failure = ""
        if self._trail is not None:
            try:
                self._trail.reloaded(parts.settings.hash)
            except AuditError:
                pass  # every call finds out for itself, and is refused
        _log.warning("governance: new %s in effect", "settings" if changed is not None else "tools")
        return True

    def _heed(self) -> None:
        """A target whose tools change says so before clients hear of it."""
        target = self._factory.target
        if isinstance(target, DynamicTarget):
            target.changed = self.look

    def _failed(self, text: str) -> None:
        # Said once, not every second; a diagnostic names places and keys, never values.
        if text != self._failure:
            self._failure = text
            _log.error("governance: the new version is not used, the last good one serves on: %s", text)
            if self._trail is not None:
                try:
                    self._trail.write({"event": "reload_failed", "settings": self._handler.parts.settings.hash})
                except AuditError:
                    pass
