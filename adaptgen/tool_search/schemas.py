"""Input schemas on their way out, as model providers accept them, and arguments on their way in.

It stands before everything that decides: policies, limits, tokens and the audit see the tool's own names and values.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adaptgen.mcp.advertised_schema import Profile, advertised
from adaptgen.mcp.restored_arguments import ArgumentReader
from adaptgen.model.tables import Json

_KEPT = 20_000
"""Schemas whose advertised form is kept."""


class ToolSchemas:
    """The schemas of a server's tools for clients of one profile; each form is made when it is first wanted."""

    def __init__(self) -> None:
        self._made: dict[tuple[int, Profile], tuple[Any, dict[str, Any]]] = {}
        self._readers: dict[tuple[int, Profile], tuple[Any, ArgumentReader]] = {}

    def listed(self, tool: Mapping[str, Any], profile: Profile = "") -> dict[str, Any]:
        """``tool`` of the inner list, with a schema that the providers of ``profile`` take."""
        schema = tool.get("inputSchema")
        key = (id(schema), profile)
        known = self._made.get(key)
        if known is None:
            if len(self._made) >= _KEPT:
                self._made.clear()
            given = schema if isinstance(schema, Mapping) else {}
            # The schema is kept with its form: as long as it lives, no other has its identity.
            known = self._made[key] = (schema, advertised(given, profile))
        return {**tool, "inputSchema": known[1]}

    def read(self, schema: Json, arguments: Json, profile: Profile) -> Json:
        """``arguments`` as ``schema``, the tool's own, means them."""
        if not isinstance(schema, Mapping) or not isinstance(arguments, dict) or not arguments:
            return arguments
        key = (id(schema), profile)
        known = self._readers.get(key)
        if known is None:
            if len(self._readers) >= _KEPT:
                self._readers.clear()
            known = self._readers[key] = (schema, ArgumentReader(schema, profile))
        try:
            return known[1].read(arguments)
        except RecursionError:
            return arguments  # nested beyond what any check takes, so it is refused as it is
