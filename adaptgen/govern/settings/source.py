"""Where the settings come from, and whether they have changed since."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adaptgen.diagnostics import AdaptgenError, Where, error
from adaptgen.govern.settings.load import parse, parse_kill_switch
from adaptgen.govern.settings.model import Settings, Switch
from adaptgen.govern.settings.remote_files import Clients, ConfigSource, FileDocument, Unreadable, clients, document
from adaptgen.text.files import suggest


class Source:
    """The settings at one address.

    ``switch`` is the kill switch of the newest text, also where the rest of it is wrong: it always acts.
    """

    def __init__(self, document: ConfigSource) -> None:
        self.name = document.name
        self.switch: Switch | None = None
        self._document = document
        self._data = b""
        self._settings: Settings | None = None
        self._names: tuple[str, ...] = ()
        self._stamp: Any = None
        self._unreachable = False

    async def load(self) -> Settings:
        """The settings as they are now; AG001 where they cannot be had, else as
        :func:`adaptgen.govern.settings.load.parse`."""
        return await asyncio.to_thread(self._load)

    async def changed(self) -> Settings | None:
        """The settings if they differ from those that were given last, else None. Ask every few seconds.

        Raises:
            AdaptgenError: the new version is broken or cannot be had; said once, until it changes again. What was
                given before still holds.
        """
        return await asyncio.to_thread(self._changed)

    def _load(self) -> Settings:
        self._fetch()
        return self._parse()

    def _changed(self) -> Settings | None:
        try:
            fresh = self._fetch()
            stamp = self._document.stamp(self._names)
        except (AdaptgenError, Unreadable) as why:
            if self._unreachable:
                return None
            self._unreachable = True
            raise (why if isinstance(why, AdaptgenError) else self._away(why)) from None
        self._unreachable = False
        if not fresh and stamp == self._stamp:
            return None
        before = self._settings.hash if self._settings is not None else ""
        found = self._parse()
        return found if found.hash != before else None

    def _fetch(self) -> bool:
        try:
            data = self._document.read()
        except Unreadable as why:
            raise self._away(why) from None
        if data is None:
            return False
        self._data = data
        self.switch, self._names = parse_kill_switch(data, self.name)
        return True

    def _parse(self) -> Settings:
        try:
            # Before the policies are read: what changes while they are shows at the next look.
            self._stamp = self._document.stamp(self._names)
        except Unreadable as why:
            raise self._away(why) from None
        found = parse(self._data, self.name, self._document.policies)
        self._settings = found
        return found

    def _away(self, why: Unreadable) -> AdaptgenError:
        help = "check the address, AWS_REGION, and what this role or user may read"
        if isinstance(self._document, FileDocument):
            help = suggest(self._document.path)
        return error("AG001", f"the settings cannot be read: {why}", Where(self.name), help)


def source(address: str | Path, environ: Mapping[str, str], *, aws: Clients | None = None) -> Source:
    """The source of a file, of ``s3://bucket/key`` or of ``appconfig://application/environment/profile``."""
    return Source(document(str(address), Path(), aws or clients(environ)))
