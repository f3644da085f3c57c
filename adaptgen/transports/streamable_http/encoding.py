"""Results as JSON bytes in the shape of a revision."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping

from adaptgen.mcp import json_text, revisions
from adaptgen.model.tables import Json


class Encoder:
    """Encodes results. A list of tools that the desk gives again, the very same object, is not encoded again."""

    def __init__(self, server: Mapping[str, Json]) -> None:
        self._server = server
        # The result is kept beside its bytes: as long as it lives, nothing else has its identity.
        self._lists: OrderedDict[tuple[int, str], tuple[Mapping[str, Json], bytes]] = OrderedDict()

    def result(self, method: str, result: Mapping[str, Json], version: str) -> bytes:
        """The bytes of ``result`` for a client of ``version``."""
        if method != "tools/list":
            return json_text.encode(revisions.shaped(method, result, version, self._server))
        key = (id(result), version)
        known = self._lists.get(key)
        if known is None:
            body = json_text.encode(revisions.shaped(method, result, version, self._server))
            known = self._lists[key] = (result, body)
            if len(self._lists) > 256:
                self._lists.popitem(last=False)
        return known[1]
