"""``server.json``: how the MCP registry, or one of a company, lists the server (schema of 2025-12-11).

The address of a server is known when it runs, and where it is published its owner decides: both come from the hints
(``server.registry``). Without them the file says what the server is, and in no place that does not exist.
"""

from __future__ import annotations

import json
import re

from adaptgen.model.plan import Plan
from adaptgen.model.tables import Json
from adaptgen.render.safe import one_line

NAME = "server.json"
SCHEMA = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"
_NOBODY = "com.example"
"""A name that belongs to nobody (RFC 2606, 3): registries refuse it until the hints name the owner."""
_LONGEST = 100
"""Characters of title and description."""
_RELEASE = re.compile(r"v?[0-9]+(\.[0-9]+)*([-+._]?[0-9A-Za-z]+([-+._][0-9A-Za-z]+)*)?")
"""One release: the schema refuses ranges, and words such as ``latest``."""
_WILDCARD = re.compile(r"(^|\.)[xX*](\.|$)")


def server_json(plan: Plan) -> str:
    """The text of ``server.json``: valid against the schema whatever the document says."""
    server, listed = plan.server, plan.registry
    value: dict[str, Json] = {
        "$schema": SCHEMA,
        "name": one_line(f"{listed.namespace or _NOBODY}/{server.name}"),
        "title": _short(plan.title or server.title or server.name),
        "description": _short(server.summary or f"The tools of {plan.title or server.name}"),
        "version": _release(one_line(listed.version)),
    }
    if listed.url:
        value["remotes"] = [{"type": "streamable-http", "url": one_line(listed.url)}]
    if listed.image:
        variables = sorted(plan.variables, key=lambda one: (not one.required, one.name))
        value["packages"] = [
            {
                "registryType": "oci",
                "identifier": one_line(listed.image),
                "transport": {"type": "streamable-http", "url": "http://127.0.0.1:8000/mcp"},
                "environmentVariables": [
                    {
                        "name": one_line(one.name),
                        "description": one_line(one.purpose, _LONGEST),
                        "isRequired": one.required,
                        "isSecret": one.secret,
                    }
                    for one in variables
                ],
            }
        ]
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _short(text: str) -> str:
    line = one_line(text)
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1].rstrip() + "…"


def _release(version: str) -> str:
    plain = version.strip()
    fits = len(plain) <= _LONGEST and _RELEASE.fullmatch(plain) and not _WILDCARD.search(plain)
    return plain if fits else "0"
