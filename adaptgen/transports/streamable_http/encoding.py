"""Results as JSON bytes in the shape of a revision."""

from __future__ import annotations

from collections.abc import Mapping

from adaptgen.mcp import json_text, revisions
from adaptgen.model.tables import Json
from adaptgen.runtime.core.caches import LruCache


class Encoder:
    """Encodes results. A list of tools that the desk gives again, the very same object, is not encoded again."""

    def __init__(self, server: Mapping[str, Json]) -> None:
        self._server = server
        # The result is kept beside its bytes: as long as it lives, nothing else has its identity.
        self._lists: LruCache[tuple[int, str], tuple[Mapping[str, Json], bytes]] = LruCache(256)

    def result(self, method: str, result: Mapping[str, Json], version: str) -> bytes:
        """The bytes of ``result`` for a client of ``version``."""
        if method != "tools/list":
            return json_text.encode(revisions.shaped(method, result, version, self._server))
        key = (id(result), version)
        known = self._lists.get(key)
        if known is None:
            body = json_text.encode(revisions.shaped(method, result, version, self._server))
            known = self._lists.put(key, (result, body))
        return known[1]
