"""A server with everything that the conformance suite asks for, on mcp 2.x: what the proxy stands before in tests.

The names, texts and shapes are those of the scenario descriptions in ``@modelcontextprotocol/conformance``. Run as a
program it listens on the loopback port of its first argument.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import struct
import sys
import zlib
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import mcp_types as types
from mcp.server.caching import CacheHint
from mcp.server.lowlevel.server import Server
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler, PromptsListChanged, ToolsListChanged
from mcp.shared.exceptions import MCPError
from mcp.shared.message import ServerMessageMetadata

MODERN = "2026-07-28"
_KEY = secrets.token_bytes(32)
_BUS = InMemorySubscriptionBus()
_LEVELS = ("debug", "info", "notice", "warning", "error", "critical", "alert", "emergency")


def _png() -> str:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    pixel = zlib.compress(b"\x00\xff\x00\x00")
    image = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixel) + chunk(b"IEND", b"")
    return base64.b64encode(image).decode()


def _wav() -> str:
    samples = b"\x80" * 8
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 44, b"WAVE", b"fmt ", 16, 1, 1, 8000, 8000, 1, 8, b"data", 8)
    return base64.b64encode(head + samples).decode()


PNG, WAV = _png(), _wav()
Result = dict[str, Any]
Handler = Callable[[Any, dict[str, Any], Any], Awaitable[Result]]
TOOLS: dict[str, tuple[dict[str, Any], Handler]] = {}


def _text(text: str) -> Result:
    return {"content": [{"type": "text", "text": text}]}


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    if properties:
        schema["required"] = list(properties)
    return schema


def tool(name: str, description: str, schema: dict[str, Any] | None = None) -> Callable[[Handler], Handler]:
    """Registers a handler as the tool ``name``."""

    def register(handler: Handler) -> Handler:
        wire = {"name": name, "description": description, "inputSchema": schema or _object()}
        TOOLS[name] = (wire, handler)
        return handler

    return register


# Plain results


@tool("test_simple_text", "Returns a simple text")
async def _simple(ctx: Any, arguments: Any, params: Any) -> Result:
    return _text("This is a simple text response for testing.")


@tool("test_image_content", "Returns an image")
async def _image(ctx: Any, arguments: Any, params: Any) -> Result:
    return {"content": [{"type": "image", "data": PNG, "mimeType": "image/png"}]}


@tool("test_audio_content", "Returns audio")
async def _audio(ctx: Any, arguments: Any, params: Any) -> Result:
    return {"content": [{"type": "audio", "data": WAV, "mimeType": "audio/wav"}]}


@tool("test_embedded_resource", "Returns an embedded resource")
async def _embedded(ctx: Any, arguments: Any, params: Any) -> Result:
    inner = {
        "uri": "test://embedded-resource",
        "mimeType": "text/plain",
        "text": "This is an embedded resource content.",
    }
    return {"content": [{"type": "resource", "resource": inner}]}


@tool("test_multiple_content_types", "Returns text, an image and a resource")
async def _mixed(ctx: Any, arguments: Any, params: Any) -> Result:
    inner = {
        "uri": "test://mixed-content-resource",
        "mimeType": "application/json",
        "text": json.dumps({"test": "data", "value": 123}),
    }
    return {
        "content": [
            {"type": "text", "text": "Multiple content types test:"},
            {"type": "image", "data": PNG, "mimeType": "image/png"},
            {"type": "resource", "resource": inner},
        ]
    }


@tool("test_error_handling", "Always fails")
async def _error(ctx: Any, arguments: Any, params: Any) -> Result:
    return {**_text("This tool intentionally returns an error for testing"), "isError": True}


# Notifications on the way


async def _log(ctx: Any, text: str) -> None:
    await ctx.session.send_log_message("info", text, related_request_id=ctx.request_id)


@tool("test_tool_with_logging", "Logs three times while it runs")
async def _logging(ctx: Any, arguments: Any, params: Any) -> Result:
    await _log(ctx, "Tool execution started")
    await anyio.sleep(0.05)
    await _log(ctx, "Tool processing data")
    await anyio.sleep(0.05)
    await _log(ctx, "Tool execution completed")
    return _text("Logged three messages.")


@tool("test_logging_tool", "Logs once, if the client wants logs")
async def _logging_once(ctx: Any, arguments: Any, params: Any) -> Result:
    await _log(ctx, "Only for those who asked")
    return _text("Done.")


@tool("test_tool_with_progress", "Reports progress while it runs")
async def _progress(ctx: Any, arguments: Any, params: Any) -> Result:
    for done in (0, 50, 100):
        if done:
            await anyio.sleep(0.05)
        await ctx.session.report_progress(done, 100)
    return _text("Progress reported.")


# What the server asks the client in handshake revisions


def _related(ctx: Any) -> ServerMessageMetadata:
    return ServerMessageMetadata(related_request_id=ctx.request_id)


@tool("test_sampling", "Asks the client's model", _object(prompt={"type": "string"}))
async def _sampling(ctx: Any, arguments: Any, params: Any) -> Result:
    message = types.SamplingMessage(role="user", content=types.TextContent(type="text", text=arguments["prompt"]))
    wanted = types.CreateMessageRequest(params=types.CreateMessageRequestParams(messages=[message], max_tokens=100))
    answer = await ctx.session.send_request(wanted, types.CreateMessageResult, metadata=_related(ctx))
    return _text(f"LLM response: {answer.content.text}")


async def _elicit(ctx: Any, message: str, schema: dict[str, Any]) -> types.ElicitResult:
    asked = types.ElicitRequest(params=types.ElicitRequestFormParams(message=message, requested_schema=schema))
    result: types.ElicitResult = await ctx.session.send_request(asked, types.ElicitResult, metadata=_related(ctx))
    return result


@tool("test_elicitation", "Asks the user", _object(message={"type": "string"}))
async def _elicitation(ctx: Any, arguments: Any, params: Any) -> Result:
    schema = _object(
        username={"type": "string", "description": "User's response"},
        email={"type": "string", "description": "User's email address"},
    )
    answer = await _elicit(ctx, arguments["message"], schema)
    return _text(f"User response: action={answer.action}, content={json.dumps(answer.content)}")


@tool("test_elicitation_sep1034_defaults", "Asks the user, with defaults")
async def _defaults(ctx: Any, arguments: Any, params: Any) -> Result:
    properties = {
        "name": {"type": "string", "default": "John Doe"},
        "age": {"type": "integer", "default": 30},
        "score": {"type": "number", "default": 95.5},
        "status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
        "verified": {"type": "boolean", "default": True},
    }
    answer = await _elicit(ctx, "Please check the defaults", {"type": "object", "properties": properties})
    return _text(f"Elicitation completed: action={answer.action}, content={json.dumps(answer.content)}")


@tool("test_elicitation_sep1330_enums", "Asks the user, with every kind of enum")
async def _enums(ctx: Any, arguments: Any, params: Any) -> Result:
    plain = ["option1", "option2", "option3"]
    titled = [{"const": f"value{n}", "title": f"{word} Option"} for n, word in ((1, "First"), (2, "Second"))]
    properties = {
        "untitledSingle": {"type": "string", "enum": plain},
        "titledSingle": {"type": "string", "oneOf": titled},
        "legacyEnum": {"type": "string", "enum": ["opt1", "opt2"], "enumNames": ["Option One", "Option Two"]},
        "untitledMulti": {"type": "array", "items": {"type": "string", "enum": plain}},
        "titledMulti": {"type": "array", "items": {"anyOf": titled}},
    }
    answer = await _elicit(ctx, "Please choose", {"type": "object", "properties": properties})
    return _text(f"Elicitation completed: action={answer.action}, content={json.dumps(answer.content)}")


# What the server asks the client in 2026-07-28: the result says what is missing (SEP-2322)


def _question(message: str, **properties: dict[str, Any]) -> dict[str, Any]:
    return {"method": "elicitation/create", "params": {"message": message, "requestedSchema": _object(**properties)}}


def _sample(text: str, tokens: int) -> dict[str, Any]:
    messages = [{"role": "user", "content": {"type": "text", "text": text}}]
    return {"method": "sampling/createMessage", "params": {"messages": messages, "maxTokens": tokens}}


ROOTS = {"method": "roots/list", "params": {}}


def _ask(state: str | None = None, **requests: dict[str, Any]) -> Result:
    result: Result = {"resultType": "input_required", "inputRequests": requests}
    return result if state is None else {**result, "requestState": seal(state)}


def seal(state: str) -> str:
    """A state that a client cannot change."""
    mark = hmac.new(_KEY, state.encode(), hashlib.sha256).hexdigest()
    return base64.urlsafe_b64encode(f"{mark}.{state}".encode()).decode()


def opened(sealed: str) -> str:
    """The state again.

    Raises:
        MCPError: it was changed.
    """
    try:
        mark, _, state = base64.b64decode(sealed, altchars=b"-_", validate=True).decode().partition(".")
    except ValueError:
        mark, state = "", ""
    if not hmac.compare_digest(mark, hmac.new(_KEY, state.encode(), hashlib.sha256).hexdigest()):
        raise MCPError(-32602, "The request state was changed")
    return state


def _given(params: Any) -> dict[str, Any]:
    """The client's answers, as plain values."""
    responses = getattr(params, "input_responses", None) or {}
    return {
        key: one.model_dump(by_alias=True, mode="json") if hasattr(one, "model_dump") else one
        for key, one in responses.items()
    }


def _capable(ctx: Any) -> dict[str, Any]:
    declared = ctx.session.client_capabilities
    return declared.model_dump(by_alias=True, exclude_none=True) if declared is not None else {}


NAME: dict[str, Any] = {"name": {"type": "string"}}


@tool("test_input_required_result_elicitation", "Needs the user's name")
async def _needs_name(ctx: Any, arguments: Any, params: Any) -> Result:
    answer = _given(params).get("user_name")
    if not isinstance(answer, dict) or not isinstance(answer.get("content"), dict):
        return _ask(user_name=_question("What is your name?", **NAME))
    return _text(f"Hello, {answer['content'].get('name')}!")


@tool("test_input_required_result_sampling", "Needs the client's model")
async def _needs_model(ctx: Any, arguments: Any, params: Any) -> Result:
    answer = _given(params).get("capital_question")
    if answer is None:
        return _ask(capital_question=_sample("What is the capital of France?", 100))
    return _text(f"The model says: {answer['content']['text']}")


@tool("test_input_required_result_list_roots", "Needs the client's roots")
async def _needs_roots(ctx: Any, arguments: Any, params: Any) -> Result:
    answer = _given(params).get("client_roots")
    if answer is None:
        return _ask(client_roots=ROOTS)
    return _text("Roots: " + ", ".join(str(one["uri"]) for one in answer["roots"]))


@tool("test_input_required_result_request_state", "Needs a confirmation, and keeps state")
async def _keeps_state(ctx: Any, arguments: Any, params: Any) -> Result:
    if not _given(params):
        return _ask("confirm", confirm=_question("Please confirm", ok={"type": "boolean"}))
    return _text("state-ok" if opened(params.request_state or "") == "confirm" else "state-wrong")


@tool("test_input_required_result_tampered_state", "Refuses state that was changed")
async def _refuses_state(ctx: Any, arguments: Any, params: Any) -> Result:
    return await _keeps_state(ctx, arguments, params)


@tool("test_input_required_result_multiple_inputs", "Needs three things at once")
async def _needs_three(ctx: Any, arguments: Any, params: Any) -> Result:
    given = _given(params)
    if not {"user_name", "greeting", "client_roots"} <= set(given):
        asked = {"user_name": _question("What is your name?", **NAME), "client_roots": ROOTS}
        return _ask("three", greeting=_sample("Generate a greeting", 50), **asked)
    opened(params.request_state or "")
    return _text(f"{given['greeting']['content']['text']} {given['user_name']['content']['name']}")


@tool("test_input_required_result_multi_round", "Asks twice")
async def _asks_twice(ctx: Any, arguments: Any, params: Any) -> Result:
    given = _given(params)
    if "step1" in given:
        name = given["step1"]["content"]["name"]
        opened(params.request_state or "")
        return _ask(f"two:{name}", step2=_question("Step 2: What is your favorite color?", color={"type": "string"}))
    if "step2" in given:
        name = opened(params.request_state or "").partition(":")[2]
        return _text(f"{name} likes {given['step2']['content']['color']}")
    return _ask("one", step1=_question("Step 1: What is your name?", **NAME))


@tool("test_input_required_result_capabilities", "Asks only for what the client can do")
async def _asks_what_it_can(ctx: Any, arguments: Any, params: Any) -> Result:
    can = _capable(ctx)
    possible = {
        "sampling": _sample("What is the capital of France?", 100),
        "elicitation": _question("What is your name?", **NAME),
        "roots": ROOTS,
    }
    return _ask(**{key: one for key, one in possible.items() if key in can})


@tool("test_missing_capability", "Works only with clients that can sample")
async def _needs_sampling(ctx: Any, arguments: Any, params: Any) -> Result:
    if "sampling" not in _capable(ctx):
        raise MCPError(-32021, "This tool needs sampling", {"requiredCapabilities": {"sampling": {}}})
    return _text("The client can sample.")


@tool("test_streaming_elicitation", "Reports progress, then asks")
async def _streams(ctx: Any, arguments: Any, params: Any) -> Result:
    await ctx.session.report_progress(1, 2)
    return _ask(user_name=_question("What is your name?", **NAME))


# Lists that change


EXTRA = {"tools": False, "prompts": False}


@tool("test_trigger_tool_change", "Adds or removes a tool")
async def _change_tools(ctx: Any, arguments: Any, params: Any) -> Result:
    EXTRA["tools"] = not EXTRA["tools"]
    await _BUS.publish(ToolsListChanged())
    return _text("The list of tools changed.")


@tool("test_trigger_prompt_change", "Adds or removes a prompt")
async def _change_prompts(ctx: Any, arguments: Any, params: Any) -> Result:
    EXTRA["prompts"] = not EXTRA["prompts"]
    await _BUS.publish(PromptsListChanged())
    return _text("The list of prompts changed.")


SCHEMA_2020 = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}


@tool("json_schema_2020_12_tool", "Tool with JSON Schema 2020-12 features", SCHEMA_2020)
async def _schema_2020(ctx: Any, arguments: Any, params: Any) -> Result:
    return _text("Valid.")


# Prompts


def _says(*contents: dict[str, Any]) -> Result:
    return {"messages": [{"role": "user", "content": one} for one in contents]}


def _prompts() -> list[dict[str, Any]]:
    two = [{"name": name, "description": f"{name} of two", "required": True} for name in ("arg1", "arg2")]
    uri = [{"name": "resourceUri", "description": "URI of the resource", "required": True}]
    listed: list[dict[str, Any]] = [
        {"name": "test_simple_prompt", "description": "A prompt without arguments"},
        {"name": "test_prompt_with_arguments", "description": "A prompt with arguments", "arguments": two},
        {"name": "test_prompt_with_embedded_resource", "description": "A prompt with a resource", "arguments": uri},
        {"name": "test_prompt_with_image", "description": "A prompt with an image"},
        {"name": "test_input_required_result_prompt", "description": "A prompt that asks first"},
    ]
    if EXTRA["prompts"]:
        listed.append({"name": "test_extra_prompt", "description": "Comes and goes"})
    return listed


async def _prompt(ctx: Any, params: Any) -> Any:
    given: dict[str, str] = params.arguments or {}
    image = {"type": "image", "data": PNG, "mimeType": "image/png"}
    match params.name:
        case "test_simple_prompt" | "test_extra_prompt":
            return _says({"type": "text", "text": "This is a simple prompt for testing."})
        case "test_prompt_with_arguments":
            text = f"Prompt with arguments: arg1='{given.get('arg1')}', arg2='{given.get('arg2')}'"
            return _says({"type": "text", "text": text})
        case "test_prompt_with_embedded_resource":
            inner = {
                "uri": given.get("resourceUri", "test://example-resource"),
                "mimeType": "text/plain",
                "text": "Embedded resource content for testing.",
            }
            ask = {"type": "text", "text": "Please process the embedded resource above."}
            return _says({"type": "resource", "resource": inner}, ask)
        case "test_prompt_with_image":
            return _says(image, {"type": "text", "text": "Please analyze the image above."})
        case "test_input_required_result_prompt":
            answer = _given(params).get("user_context")
            if answer is None:
                return _ask(user_context=_question("What context should the prompt use?", context={"type": "string"}))
            return _says({"type": "text", "text": f"Context: {answer['content']['context']}"})
    raise MCPError(-32602, f"Unknown prompt: {params.name}")


# Resources


RESOURCES = [
    {"uri": "test://static-text", "name": "Static text", "description": "A text", "mimeType": "text/plain"},
    {"uri": "test://static-binary", "name": "Static binary", "description": "An image", "mimeType": "image/png"},
    {"uri": "test://watched-resource", "name": "Watched", "description": "May change", "mimeType": "text/plain"},
]
TEMPLATES = [
    {
        "uriTemplate": "test://template/{id}/data",
        "name": "Template",
        "description": "Data of one id",
        "mimeType": "application/json",
    }
]


async def _read(ctx: Any, params: Any) -> Any:
    uri = str(params.uri)
    plain = {"uri": uri, "mimeType": "text/plain"}
    if uri == "test://static-text":
        return {"contents": [{**plain, "text": "This is the content of the static text resource."}]}
    if uri == "test://static-binary":
        return {"contents": [{"uri": uri, "mimeType": "image/png", "blob": PNG}]}
    if uri == "test://watched-resource":
        return {"contents": [{**plain, "text": "Watched."}]}
    if uri.startswith("test://template/") and uri.endswith("/data"):
        key = uri.removeprefix("test://template/").removesuffix("/data")
        text = json.dumps({"id": key, "templateTest": True, "data": f"Data for ID: {key}"})
        return {"contents": [{"uri": uri, "mimeType": "application/json", "text": text}]}
    raise MCPError(-32602, "Resource not found", {"uri": uri})


# The server


async def _list_tools(ctx: Any, params: Any) -> Any:
    listed = [wire for wire, _ in TOOLS.values()]
    if EXTRA["tools"]:
        listed = [*listed, {"name": "test_extra_tool", "description": "Comes and goes", "inputSchema": _object()}]
    return {"tools": listed}


async def _call_tool(ctx: Any, params: Any) -> Any:
    if params.name not in TOOLS:
        raise MCPError(-32602, f"Unknown tool: {params.name}")
    return await TOOLS[params.name][1](ctx, params.arguments or {}, params)


async def _list_prompts(ctx: Any, params: Any) -> Any:
    return {"prompts": _prompts()}


async def _list_resources(ctx: Any, params: Any) -> Any:
    return {"resources": RESOURCES}


async def _list_templates(ctx: Any, params: Any) -> Any:
    return {"resourceTemplates": TEMPLATES}


async def _complete(ctx: Any, params: Any) -> Any:
    words = [one for one in ("paris", "park", "party", "test1", "test2") if one.startswith(params.argument.value)]
    return {"completion": {"values": words, "total": len(words), "hasMore": False}}


async def _nothing(ctx: Any, params: Any) -> Any:
    return {}


Answer = Callable[[Any, Any], Awaitable[Any]]


def _typed(answer: Answer) -> Answer:
    """Results say of which type they are, in the revision that knows types."""

    async def typed(ctx: Any, params: Any) -> Any:
        result = await answer(ctx, params)
        return {"resultType": "complete", **result} if ctx.protocol_version >= MODERN else result

    return typed


def server() -> Server[Any]:
    """The server, with all tools, prompts and resources."""
    made: Server[Any] = Server(
        "conformance-fixture",
        version="1.0.0",
        cache_hints={
            method: CacheHint(ttl_ms=0, scope="private")
            for method in (
                *("tools/list", "prompts/list", "resources/list", "resources/templates/list"),
                *("resources/read", "server/discover"),
            )
        },
        on_list_tools=_typed(_list_tools),
        on_call_tool=_typed(_call_tool),
        on_list_prompts=_typed(_list_prompts),
        on_get_prompt=_typed(_prompt),
        on_list_resources=_typed(_list_resources),
        on_list_resource_templates=_typed(_list_templates),
        on_read_resource=_typed(_read),
        on_subscribe_resource=_nothing,
        on_unsubscribe_resource=_nothing,
        on_subscriptions_listen=ListenHandler(_BUS),
        on_completion=_typed(_complete),
    )
    made.add_request_handler("logging/setLevel", types.SetLevelRequestParams, _nothing)
    return made


def main(port: int) -> None:
    """Serve on the loopback ``port`` until the process ends."""
    import uvicorn
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    async def healthy(request: Request) -> Response:
        return Response("ok")

    app = server().streamable_http_app(custom_starlette_routes=[Route("/healthz", healthy)])
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    main(int(sys.argv[1]))
