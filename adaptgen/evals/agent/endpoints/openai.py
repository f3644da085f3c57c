"""Chat completions as OpenAI defines them and many servers speak them."""

from __future__ import annotations

import json
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
    read_arguments,
    stop_of,
)
from adaptgen.evals.agent.endpoints.web import JsonPoster
from adaptgen.model.tables import Json


class OpenAiEndpoint:
    """``POST {base}/chat/completions``."""

    def __init__(self, base: str, key: str = "", *, timeout: float = 180.0) -> None:
        headers = {"authorization": f"Bearer {key}"} if key else {}
        self._poster = JsonPoster(f"{base.rstrip('/')}/chat/completions", headers, key, timeout)

    async def reply(self, request: Request) -> Reply:
        """The next message."""
        return _reply(await self._poster.post(_body(request)))

    async def aclose(self) -> None:
        await self._poster.aclose()


def _body(request: Request) -> dict[str, Json]:
    settings = request.settings
    body: dict[str, Json] = {"model": request.model, "messages": list(_messages(request))}
    if request.tools:  # an empty list is refused
        body["tools"] = [
            {
                "type": "function",
                "function": {
                    "name": tool["name"],
                    "description": tool.get("description", ""),
                    "parameters": tool.get("inputSchema", {"type": "object", "properties": {}}),
                },
            }
            for tool in request.tools
        ]
    if settings.temperature is not None:
        body["temperature"] = settings.temperature
    if settings.seed is not None:
        body["seed"] = settings.seed
    if settings.max_tokens is not None:
        body["max_tokens"] = settings.max_tokens
    return body | dict(settings.options)


def _messages(request: Request) -> Iterator[Json]:
    yield {"role": "system", "content": request.system}
    for one in request.messages:
        if one.role == "user":
            yield {"role": "user", "content": one.text}
        elif one.role == "assistant":
            calls = [
                {
                    **use.extra,
                    "id": use.id,
                    "type": "function",
                    "function": {"name": use.name, "arguments": _written(use)},
                }
                for use in one.uses
            ]
            yield {"role": "assistant", "content": one.text or None, **({"tool_calls": calls} if calls else {})}
        for answer in one.answers:
            yield {"role": "tool", "tool_call_id": answer.id, "content": answer.text}


def _written(use: ToolUse) -> str:
    # Servers parse what is sent back: arguments that are no JSON make them refuse the whole conversation.
    given = use.arguments if not use.problem else {"invalid": use.arguments}
    return json.dumps(given, ensure_ascii=False)


def _reply(answer: Mapping[str, Any]) -> Reply:
    choices = answer.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else None
    message = choice.get("message") if choice is not None else None
    if choice is None or not isinstance(message, dict):
        raise EndpointError("the endpoint returns no message: is it a chat completions endpoint?")
    calls = message.get("tool_calls")
    uses = named_uses([_use(one) for one in calls if isinstance(one, dict)] if isinstance(calls, list) else [])
    refusal = as_text(message.get("refusal"))
    finish = choice.get("finish_reason")
    refused = bool(refusal) or finish == "content_filter"
    stop = stop_of(uses, refused=refused, cut_off=finish == "length")
    return Reply(
        Message("assistant", _text(message.get("content")) or refusal, uses),
        _usage(answer.get("usage")),
        stop,
    )


def _use(call: Mapping[str, Any]) -> ToolUse:
    function = call.get("function")
    function = function if isinstance(function, dict) else {}
    given = function.get("arguments")
    # A few servers send the object itself.
    arguments, problem = (given, "") if isinstance(given, dict) else read_arguments(as_text(given))
    extra = {name: one for name, one in call.items() if name not in ("id", "type", "function", "index")}
    return ToolUse(as_text(call.get("id")), as_text(function.get("name")), arguments, problem, extra)


def _text(content: Any) -> str:
    """A text, or the texts of a list of parts."""
    if isinstance(content, list):
        return "".join(as_text(one.get("text")) for one in content if isinstance(one, dict))
    return as_text(content)


def _usage(found: Any) -> Usage:
    if not isinstance(found, dict):
        return Usage()
    details = found.get("prompt_tokens_details")
    cached = as_count(details.get("cached_tokens")) if isinstance(details, dict) else 0
    asked = as_count(found.get("prompt_tokens"))
    return Usage(max(asked - cached, 0), as_count(found.get("completion_tokens")), min(cached, asked))
