"""``adaptgen call``: one call of one tool, printed as an agent would see it."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

from adaptgen.cli import terminal
from adaptgen.cli.govern import governance
from adaptgen.cli.run import keys, serve, values
from adaptgen.cli.tabular import show_answer
from adaptgen.model.tables import LOCAL, Json, Server
from adaptgen.runtime.core.answer import make_result


def run(options: SimpleNamespace) -> int:
    """Exit code 0, or 1 when the tool answers with an error."""
    from adaptgen.runtime.engine import Engine
    from adaptgen.transports.load import find_tool

    # The log of httpx holds every URL with its query.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    server, named = governance.open_server(options, os.environ)
    tool = find_tool(server, options.tool)
    files = serve.open_files(options.files, governed=named is not None, http=False)
    engine = Engine(server, cursor_key=keys.stored_key(os.environ), files=files)
    contract = engine.get(tool.name)
    if contract is None:
        raise LookupError(tool.name)
    stdin = sys.stdin.read() if list(options.arguments) == ["-"] else None
    given = values.parse_arguments(contract, options.arguments, stdin)

    lacking: list[str] = []

    async def once() -> Mapping[str, Json]:
        if named is not None:
            return await _governed(server, named, tool.name, given)
        try:
            answer = await engine.call(LOCAL, tool.name, given)
            lacking.extend(answer.connection[:1] if answer.connection is not None else ())
            return make_result(answer)
        finally:
            await engine.aclose()

    with terminal.progress(f"calling {tool.name}"):
        result = asyncio.run(once())
    if options.json:
        terminal.say_json(_whole(result))
    else:
        _show(result)
    if not result.get("isError"):
        return 0
    if named is None and Path(options.folder).is_dir():
        # What an agent reads says nothing of this command line.
        text = str(result["content"][0].get("text", ""))
        looks, what = f"doctor {options.folder}", "checks variables, address, login and one read"
        if lacking:
            looks, what = f"connect {options.folder} --auth {lacking[0]}", "connects your own account at the API"
        elif text.startswith("Argument"):
            looks, what = f"explain {options.folder} {tool.name}", "shows the arguments"
        terminal.print_error(f"    help: adaptgen {looks} {what}")
    return 1


async def _governed(server: Server, named: str, tool: str, given: Mapping[str, Json]) -> Mapping[str, Json]:
    """The call as the local caller of the settings, who may do and see what they say."""
    from adaptgen.govern.pipeline.assemble import govern_server
    from adaptgen.govern.pipeline.factory import ServingContext
    from adaptgen.mcp.protocol import Context

    governed = await govern_server(named, server, ServingContext())
    try:
        context = Context(request_id=uuid.uuid4().hex)
        caller = await governed.handler.authenticate({}, context)
        return await governed.handler.request(caller, "tools/call", {"name": tool, "arguments": dict(given)}, context)
    finally:
        await governed.aclose()


def _show(result: Mapping[str, Json]) -> None:
    """As an agent reads it; on a terminal JSON as tables and lines."""
    if terminal.for_people() and not result.get("isError") and (value := _json_of(result)) is not None:
        show_answer(value)
        return
    for block in result["content"]:
        if block["type"] == "text":
            terminal.say(block["text"])
        else:
            terminal.say(f"[{_described(block)}]")
    if "structuredContent" in result:
        terminal.say(_compact(result["structuredContent"]))


def _described(block: Mapping[str, Json]) -> str:
    """What a block is that is not text."""
    resource = block.get("resource", block)
    size = resource.get("size") or len(resource.get("data") or resource.get("blob") or "") * 3 // 4
    name = f" {resource['uri']}" if "uri" in resource else ""
    return f"{resource.get('mimeType', block['type'])}{name}, {terminal.count(size, 'byte')}"


def _json_of(result: Mapping[str, Json]) -> Json:
    """The object or array that an answer is; None for any other."""
    if "structuredContent" in result:
        return result["structuredContent"]
    texts = [block["text"] for block in result["content"] if block["type"] == "text"]
    if len(texts) != 1 or len(result["content"]) != 1:
        return None
    try:
        value = json.loads(texts[0])
    except ValueError:
        return None
    return value if isinstance(value, (dict, list)) else None


def _whole(result: Mapping[str, Json]) -> Json:
    """An answer as one JSON value: itself, or what it says. An error: ``{"error": …}``."""
    said = [_described(block) for block in result["content"] if block["type"] != "text"]
    text = "\n".join(block["text"] for block in result["content"] if block["type"] == "text")
    if result.get("isError"):
        return {"error": text}
    value = _json_of(result)
    return value if value is not None else {"text": text, **({"files": said} if said else {})}


def _compact(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
