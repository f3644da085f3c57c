"""The usual way: one MCP tool per endpoint, the raw body as its answer.

This is what a plain generator makes of ``specs/crm.yaml``: every parameter is an argument, the session id and the CSRF
token too, since the document declares them as headers, and logging in is a tool like any other. It is written to be a
fair opponent: bodies are handed on as they came, once, without pretty-printing or a structured copy.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from fastmcp import FastMCP
from fastmcp.exceptions import ToolError
from fastmcp.tools.base import Tool, ToolResult
from mcp_types import TextContent
from pydantic import PrivateAttr

from adaptgen.model.tables import Json

_METHODS = ("get", "post", "put", "patch", "delete")
_JSON_SCHEMA = ("type", "format", "enum", "items", "default", "minimum", "maximum", "description")

SESSION = "X-CRM-Session"


class EndpointTool(Tool):
    """One operation as a tool. ``_places``: argument -> where the request wants it."""

    _base: str = PrivateAttr()
    _method: str = PrivateAttr()
    _path: str = PrivateAttr()
    _places: dict[str, str] = PrivateAttr()

    async def run(self, arguments: dict[str, Any]) -> ToolResult:
        """Send the request; the body of the answer is the answer, of a ToolError where it is not a success."""
        given: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "header": {}, "body": {}}
        for name, value in arguments.items():
            given[self._places.get(name, "query")][name] = value
        url = self._base + self._path.format(**given["path"])
        if given["query"]:
            url += "?" + urlencode({name: _plain(value) for name, value in given["query"].items()})
        headers = {name: str(value) for name, value in given["header"].items()}
        body = json.dumps(given["body"]["body"]).encode() if "body" in given["body"] else None
        if body is not None:
            headers["Content-Type"] = "application/json"
        text = await asyncio.to_thread(_send, Request(url, body, headers, method=self._method))  # noqa: S310  http
        return ToolResult(content=[TextContent(type="text", text=text)])


def _send(request: Request) -> str:
    try:
        with urlopen(request, timeout=30) as answer:  # noqa: S310  loopback
            text: bytes = answer.read()
    except HTTPError as problem:
        with problem:
            raise ToolError(f"HTTP {problem.code}: {problem.read().decode(errors='replace')}") from None
    return text.decode(errors="replace")


def _plain(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)


def naive_server(document: Mapping[str, Json], base: str) -> FastMCP[Any]:
    """A FastMCP server with one tool per operation of a Swagger 2.0 ``document``, served at the URL ``base``."""
    mcp: FastMCP[Any] = FastMCP("naive")
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                parameters = [*item.get("parameters", []), *item[method].get("parameters", [])]
                mcp.add_tool(_tool(document, method, path, item[method], parameters, base))
    return mcp


def tool_name(method: str, path: str, operation: Mapping[str, Json]) -> str:
    """The operationId, else method and path."""
    made = re.sub(r"\W+", "_", f"{method}{path}").strip("_")
    return str(operation.get("operationId") or made)


def _tool(
    document: Mapping[str, Json],
    method: str,
    path: str,
    operation: Mapping[str, Json],
    parameters: list[Json],
    base: str,
) -> EndpointTool:
    properties: dict[str, Json] = {}
    places: dict[str, str] = {}
    required: list[str] = []
    if operation.get("security") != []:
        properties[SESSION], places[SESSION] = {"type": "string"}, "header"
        required.append(SESSION)
    for written in parameters:
        parameter = _resolve(document, written)
        body = parameter["in"] == "body"
        name = "body" if body else parameter["name"]
        properties[name] = _inline(document, parameter["schema"]) if body else _schema(parameter)
        places[name] = parameter["in"] if parameter["in"] in ("path", "query", "header", "body") else "body"
        if parameter.get("required"):
            required.append(name)
    about = "\n\n".join(text for text in (operation.get("summary"), operation.get("description")) if text)
    tool = EndpointTool(
        name=tool_name(method, path, operation),
        description=about or f"{method.upper()} {path}",
        parameters={"type": "object", "properties": properties, "required": required},
    )
    tool._base, tool._method, tool._path, tool._places = base, method.upper(), path, places
    return tool


def _schema(parameter: Mapping[str, Json]) -> Json:
    kept = {key: parameter[key] for key in _JSON_SCHEMA if key in parameter}
    return {**kept, "type": "string"} if kept.get("type") == "file" else kept


def _resolve(document: Mapping[str, Json], node: Json) -> Json:
    while isinstance(node, dict) and "$ref" in node:
        target: Json = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def _inline(document: Mapping[str, Json], node: Json) -> Json:
    """The schema without references. The CRM's schemas do not recur."""
    node = _resolve(document, node)
    if isinstance(node, dict):
        return {key: _inline(document, value) for key, value in node.items()}
    return [_inline(document, value) for value in node] if isinstance(node, list) else node
