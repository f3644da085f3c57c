"""The Messages API of Anthropic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from adaptgen.evals.agent.conversation import Message, ToolUse, Usage
from adaptgen.evals.agent.endpoints.base import (
    EndpointError,
    Reply,
    Request,
    as_count,
    as_text,
    named_uses,
    object_arguments,
    stop_of,
)
from adaptgen.evals.agent.endpoints.web import JsonPoster
from adaptgen.model.tables import Json

VERSION = "2023-06-01"
_MAX_TOKENS = 4096
"""The API requires a limit."""


class AnthropicEndpoint:
    """``POST {base}/v1/messages``."""

    def __init__(self, base: str, key: str = "", *, timeout: float = 180.0) -> None:
        headers = {"anthropic-version": VERSION, **({"x-api-key": key} if key else {})}
        self._poster = JsonPoster(f"{base.rstrip('/').removesuffix('/v1')}/v1/messages", headers, key, timeout)

    async def reply(self, request: Request) -> Reply:
        """The next message."""
        return _reply(await self._poster.post(_body(request)))

    async def aclose(self) -> None:
        await self._poster.aclose()


def _body(request: Request) -> dict[str, Json]:
    settings = request.settings
    body: dict[str, Json] = {
        "model": request.model,
        "max_tokens": settings.max_tokens or _MAX_TOKENS,
        "system": request.system,
        "messages": list(_messages(request)),
    }
    if request.tools:
        body["tools"] = [
            {
                "name": tool["name"],
                "description": tool.get("description", ""),
                "input_schema": tool.get("inputSchema", {"type": "object", "properties": {}}),
            }
            for tool in request.tools
        ]
    if settings.temperature is not None:
        body["temperature"] = settings.temperature
    return body | dict(settings.options)


def _messages(request: Request) -> Iterator[Json]:
    for one in request.messages:
        if one.role == "user":
            yield {"role": "user", "content": one.text}
        elif one.role == "assistant":
            # As it came: signed blocks of reasoning must come back unchanged.
            blocks = one.raw if isinstance(one.raw, list) else list(_blocks(one))
            if blocks:  # an empty message is refused
                yield {"role": "assistant", "content": blocks}
        elif one.answers:
            yield {
                "role": "user",
                "content": [
                    {
                        "type": "tool_result",
                        "tool_use_id": answer.id,
                        "content": answer.text,
                        **({"is_error": True} if answer.is_error else {}),
                    }
                    for answer in one.answers
                ],
            }


def _blocks(message: Message) -> Iterator[Json]:
    if message.text.strip():
        yield {"type": "text", "text": message.text}
    for use in message.uses:
        given = use.arguments if not use.problem else {"invalid": use.arguments}
        yield {"type": "tool_use", "id": use.id, "name": use.name, "input": given}


def _reply(answer: Mapping[str, Any]) -> Reply:
    content = answer.get("content")
    if not isinstance(content, list):
        raise EndpointError("the endpoint returns no message: is it a Messages API?")
    blocks = [one for one in content if isinstance(one, dict)]
    found = [_use(one) for one in blocks if one.get("type") == "tool_use"]
    uses = named_uses(found)
    text = "".join(as_text(one.get("text")) for one in blocks if one.get("type") == "text")
    reason = answer.get("stop_reason")
    cut_off = reason in ("max_tokens", "model_context_window_exceeded")
    stop = stop_of(uses, refused=reason == "refusal", cut_off=cut_off)
    # What was changed in reading is not as it came.
    raw = content if list(uses) == found and not any(one.problem for one in uses) else None
    return Reply(Message("assistant", text, uses, raw=raw), _usage(answer.get("usage")), stop)


def _use(block: Mapping[str, Any]) -> ToolUse:
    arguments, problem = object_arguments(block.get("input"))
    return ToolUse(as_text(block.get("id")), as_text(block.get("name")), arguments, problem)


def _usage(found: Any) -> Usage:
    if not isinstance(found, dict):
        return Usage()
    return Usage(
        as_count(found.get("input_tokens")),
        as_count(found.get("output_tokens")),
        as_count(found.get("cache_read_input_tokens")),
        as_count(found.get("cache_creation_input_tokens")),
    )
