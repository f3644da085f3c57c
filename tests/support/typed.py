"""Every tool of a server called with typed answers, and what the validators of MCP clients say to the answers.

``plan_calls`` finds arguments by itself: it reads lists, and takes the values that later tools ask for from what came.
Writes are dry runs. A call that the API refuses (``isError``) is no answer; it counts as not called.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonschema
from fastmcp import Client
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

from adaptgen.model.contract_file import OWN_ARGUMENTS
from adaptgen.syntax.identifiers import words
from adaptgen.tool_search.menu_tools import NAMES

ROUNDS = 3
Call = tuple[str, dict[str, Any]]

TYPESCRIPT = """\
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(process.argv[2] + "/");
const module = await import(pathToFileURL(require.resolve("@modelcontextprotocol/client")).href);
const { url, calls } = JSON.parse(readFileSync(process.argv[3], "utf8"));
const client = new module.Client({ name: "typed", version: "1" });
await client.connect(new module.StreamableHTTPClientTransport(new URL(url)));
const { tools } = await client.listTools();
const found = { tools: tools.length, typed: 0, answers: 0, errors: 0, refused: [] };
for (const [name, args] of calls) {
  try {
    const result = await client.callTool({ name, arguments: args });
    if (result.isError) found.errors += 1;
    else { found.answers += 1; found.typed += result.structuredContent === undefined ? 0 : 1; }
  } catch (problem) { found.refused.push(`${name} ${JSON.stringify(args)}: ${String(problem).slice(0, 300)}`); }
}
console.log(JSON.stringify(found));
await client.close();
"""


@dataclass
class Found:
    """What one client saw. ``typed``: answers with structured content; ``refused``: what its validator refused."""

    tools: int = 0
    answers: int = 0
    typed: int = 0
    errors: int = 0
    refused: list[str] = field(default_factory=list)


@dataclass
class Planned:
    """Calls that were tried, and the tools that answered at least one."""

    tools: dict[str, Any]
    calls: list[Call] = field(default_factory=list)
    answered: set[str] = field(default_factory=set)
    last: dict[str, str] = field(default_factory=dict)


async def plan_calls(url: str, given: Mapping[str, Any]) -> Planned:
    """The calls of all tools. ``given``: values of arguments by name."""
    async with Client(url) as client:
        tools = [tool for tool in await client.list_tools() if tool.name not in NAMES]
        planned = Planned({tool.name: tool for tool in tools})
        pool: dict[str, Any] = {}
        asked: set[str] = set()
        for _ in range(ROUNDS):
            for name, tool in planned.tools.items():
                if name in planned.answered:
                    continue
                arguments = _arguments(tool, {**pool, **{_key(one): value for one, value in given.items()}})
                if arguments is None:
                    continue
                result = await client.call_tool_mcp(name, {**arguments, **_wide(tool)})
                planned.last[name] = "" if not result.is_error else str(result.content[0])[:300]
                if not result.is_error:
                    planned.answered.add(name)
                    planned.calls += [(name, {**arguments, **more}) for more in _ways(tool, asked)]
                    _learn(name, result.structured_content, pool)
    return planned


def _properties(tool: Any) -> dict[str, Any]:
    return dict(tool.input_schema.get("properties") or {})


def _wide(tool: Any) -> dict[str, Any]:
    known = _properties(tool)
    return {"dry_run": True} if "dry_run" in known else {"fields": ["*"]} if "fields" in known else {}


def _ways(tool: Any, asked: set[str]) -> Iterator[dict[str, Any]]:
    """What is asked of the runtime besides the tool's own arguments; ``asked``: the types of properties so far."""
    known = _properties(tool)
    if "dry_run" in known:
        yield {"dry_run": True}
        return
    yield {}
    if "fields" in known:
        yield from ({"fields": ["*"]}, {"fields": ["$"]}, {"fields": ["id", "no.such"]})
    if "where" in known:
        view = list(tool.output_schema["properties"]["items"]["items"].get("properties", {"id": {}}))
        yield from ({"limit": 1}, {"count": True}, {"where": {view[0]: {"!=": None}}}, {"sort": f"-{view[0]}"})
        for path in _of_new_types(tool, view, asked):
            yield from ({"count": path}, {"distinct": path}, {"group_by": path, "min": path}, {"sum": path})


def _of_new_types(tool: Any, names: Sequence[str], asked: set[str]) -> list[str]:
    """The properties of a list's records whose types nothing was asked about; their types are added to ``asked``."""
    record = tool.output_schema["properties"]["items"]["items"].get("properties", {})
    properties = []
    for name in names:
        schema = record.get(name, {})
        kind = json.dumps([schema.get("type"), schema.get("format")])
        if kind not in asked:
            asked.add(kind)
            properties.append(name)
    return properties


def _arguments(tool: Any, pool: Mapping[str, Any]) -> dict[str, Any] | None:
    """Values for the required arguments; None where one is not known."""
    found: dict[str, Any] = {}
    for name in tool.input_schema.get("required") or ():
        schema = _properties(tool).get(name, {})
        if schema.get("enum"):
            found[name] = schema["enum"][0]
        elif _key(name) in pool:
            found[name] = pool[_key(name)]
        elif "dry_run" in _properties(tool):
            found[name] = _sample(schema)
        else:
            return None
    if "dry_run" in _properties(tool):  # an update without a change is refused
        free = {name: one for name, one in _properties(tool).items() if name not in {*found, *OWN_ARGUMENTS}}
        texts = {name: one for name, one in free.items() if one.get("type") == "string" and not _is_date(name)}
        for name, schema in list(texts.items())[:1] or list(free.items())[:1]:
            found[name] = schema["enum"][0] if schema.get("enum") else _sample(schema)
    return found


def _is_date(name: str) -> bool:
    """A short list of tools leaves formats out."""
    return bool({"date", "on", "at"} & set(words(name)))


def _sample(schema: Mapping[str, Any]) -> Any:
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    samples = {"integer": 1, "number": 1.5, "boolean": True, "array": [], "object": {}}
    if {"filename", "text"} <= (schema.get("properties") or {}).keys():
        return {"filename": "a.txt", "text": "a"}
    formats = {"date": "2026-01-31", "date-time": "2026-01-31T00:00:00Z", "email": "a@example.org"}
    return samples.get(str(kind), formats.get(str(schema.get("format")), "a"))


def _key(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def _learn(tool: str, value: Any, pool: dict[str, Any]) -> None:
    """Remember the values of an answer by their names; the id of a thing also by the thing's name."""
    items = value.get("items", [value]) if isinstance(value, dict) else []
    items = items if isinstance(items, list) else []
    noun = words(tool)[-1].removesuffix("s")
    for item in items[:1]:
        for name, one in item.items() if isinstance(item, dict) else ():
            if isinstance(one, (str, int)) and not isinstance(one, bool) and one != "":
                pool.setdefault(_key(name), one)
                if _key(name) == "id":
                    pool.setdefault(f"{noun}id", one)


async def by_fastmcp(url: str, planned: Planned) -> Found:
    """The client of FastMCP, which makes Python values of typed answers."""
    found = Found()
    async with Client(url) as client:
        found.tools = len(await client.list_tools())
        for name, arguments in planned.calls:
            try:
                result = await client.call_tool(name, arguments, raise_on_error=False)
            except Exception as problem:
                found.refused.append(f"{name} {arguments}: {problem!r:.300}")
                continue
            found.errors += result.is_error
            found.answers += not result.is_error
            found.typed += result.structured_content is not None
    return found


async def by_mcp(url: str, planned: Planned) -> Found:
    """The client of the Python SDK, which validates with jsonschema; every schema is checked as well."""
    found = Found(len(planned.tools))
    async with streamable_http_client(url) as streams, ClientSession(streams[0], streams[1]) as session:
        await session.initialize()
        for tool in (await session.list_tools()).tools:
            jsonschema.Draft202012Validator.check_schema(tool.output_schema or {})
        for name, arguments in planned.calls:
            try:
                result = await session.call_tool(name, arguments)
            except Exception as problem:
                found.refused.append(f"{name} {arguments}: {problem!r:.300}")
                continue
            found.errors += bool(result.is_error)
            found.answers += not result.is_error
            found.typed += result.structured_content is not None
            if not result.is_error:
                schema = planned.tools[name].output_schema
                if not jsonschema.Draft202012Validator(schema).is_valid(result.structured_content):
                    found.refused.append(f"{name} {arguments}: not valid")
    return found


def by_typescript(url: str, planned: Planned, modules: Path, folder: Path) -> Found:
    """The client of the TypeScript SDK, which validates with ajv. ``modules``: the folder of ``node_modules``."""
    script, calls = folder / "typed.mjs", folder / "calls.json"
    script.write_text(TYPESCRIPT)
    calls.write_text(json.dumps({"url": url, "calls": planned.calls}))
    node = shutil.which("node") or "node"
    done = subprocess.run(
        [node, str(script), str(modules), str(calls)], capture_output=True, text=True, timeout=600, check=False
    )
    if done.returncode:
        raise AssertionError(done.stderr[-2000:])
    return Found(**json.loads(done.stdout))


def summary(name: str, planned: Planned, found: Mapping[str, Found]) -> Sequence[str]:
    """A line for each client."""
    return [
        f"{name:<10} {client:<11} {len(planned.answered)} of {len(planned.tools)} tools called, "
        f"{one.typed} typed answers, {one.errors} errors, {len(one.refused)} refused"
        for client, one in found.items()
    ]
