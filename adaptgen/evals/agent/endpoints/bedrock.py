"""Amazon Bedrock's Converse, through boto3, which finds credentials, region and address."""

from __future__ import annotations

import asyncio
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
    scrub,
    stop_of,
)
from adaptgen.model.tables import Json
from adaptgen.runtime.http.response import read_retry_after

_AGAIN = frozenset(
    ("ThrottlingException", "ServiceUnavailableException", "ModelNotReadyException", "InternalServerException",
     "ModelTimeoutException", "TooManyRequestsException")
)  # fmt: skip
_REFUSED = frozenset(("guardrail_intervened", "content_filtered"))
_CUT_OFF = frozenset(("max_tokens", "model_context_window_exceeded"))
_BLANK = "(empty)"
"""Converse refuses blank text."""


class BedrockEndpoint:
    """``region`` and ``endpoint``: "" for what the environment says."""

    def __init__(self, region: str = "", endpoint: str = "", *, timeout: float = 180.0) -> None:
        self._region, self._endpoint, self._timeout = region, endpoint, timeout
        self._client: Any = None

    async def reply(self, request: Request) -> Reply:
        """The next message."""
        return _reply(await asyncio.to_thread(self._converse, _parameters(request)))

    def _converse(self, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        from adaptgen.runtime.aws import clients

        try:
            if self._client is None:
                self._client = clients.client(
                    "bedrock-runtime", self._region, self._endpoint, timeout=self._timeout, attempts=1
                )
            found: Mapping[str, Any] = self._client.converse(**parameters)
        except clients.AwsError as problem:
            raise EndpointError(str(problem)) from None
        except Exception as problem:
            raise _explained(problem, *clients.refusal(problem)) from None
        return found

    async def aclose(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()


def _explained(problem: Exception, code: str, said: str) -> EndpointError:
    meta = getattr(problem, "response", {}).get("ResponseMetadata", {})
    status = meta.get("HTTPStatusCode", 0)
    if not status:
        # Nothing was answered. What botocore says of a request may hold parts of it.
        name = type(problem).__name__
        return EndpointError(f"Bedrock cannot be asked ({name})", again=name in _NO_ANSWER)
    headers = {str(name).lower(): str(value) for name, value in meta.get("HTTPHeaders", {}).items()}
    again = code in _AGAIN or status == 429 or status >= 500
    text = f"Bedrock answers {status} {code}: {scrub(said, [])}"
    return EndpointError(text, again=again, after=read_retry_after(headers))


_NO_ANSWER = frozenset(
    ("EndpointConnectionError", "ConnectionClosedError", "ReadTimeoutError", "ConnectTimeoutError", "ConnectionError")
)


def _parameters(request: Request) -> dict[str, Any]:
    settings = request.settings
    found: dict[str, Any] = {
        "modelId": request.model,
        "system": [{"text": request.system}],
        "messages": list(_messages(request)),
    }
    inference: dict[str, Any] = {}
    if settings.temperature is not None:
        inference["temperature"] = settings.temperature
    if settings.max_tokens is not None:
        inference["maxTokens"] = settings.max_tokens
    if inference:
        found["inferenceConfig"] = inference
    if request.tools:
        found["toolConfig"] = {"tools": [{"toolSpec": _tool(one)} for one in request.tools]}
    if settings.options:
        found["additionalModelRequestFields"] = dict(settings.options)
    return found


def _tool(tool: Mapping[str, Any]) -> dict[str, Any]:
    schema = tool.get("inputSchema", {"type": "object", "properties": {}})
    description = {"description": tool["description"]} if tool.get("description") else {}
    return {"name": tool["name"], **description, "inputSchema": {"json": schema}}


def _messages(request: Request) -> Iterator[dict[str, Any]]:
    for one in request.messages:
        if one.role == "user":
            yield {"role": "user", "content": [{"text": one.text or _BLANK}]}
        elif one.role == "assistant":
            blocks = one.raw if isinstance(one.raw, list) else list(_blocks(one))
            yield {"role": "assistant", "content": blocks or [{"text": _BLANK}]}
        elif one.answers:
            yield {
                "role": "user",
                "content": [
                    {
                        "toolResult": {
                            "toolUseId": answer.id,
                            "content": [{"text": answer.text if answer.text.strip() else _BLANK}],
                            "status": "error" if answer.is_error else "success",
                        }
                    }
                    for answer in one.answers
                ],
            }


def _blocks(message: Message) -> Iterator[Json]:
    if message.text.strip():
        yield {"text": message.text}
    for use in message.uses:
        given = use.arguments if not use.problem else {"invalid": use.arguments}
        yield {"toolUse": {"toolUseId": use.id, "name": use.name, "input": given}}


def _reply(answer: Mapping[str, Any]) -> Reply:
    output = answer.get("output")
    message = output.get("message") if isinstance(output, Mapping) else None
    content = message.get("content") if isinstance(message, Mapping) else None
    if not isinstance(content, list):
        raise EndpointError("Bedrock returns no message")
    calls = [one["toolUse"] for one in content if isinstance(one.get("toolUse"), Mapping)]
    found = [_use(one) for one in calls]
    uses = named_uses(found)
    text = "".join(as_text(one.get("text")) for one in content)
    reason = answer.get("stopReason")
    stop = stop_of(uses, refused=reason in _REFUSED, cut_off=reason in _CUT_OFF)
    sound = list(uses) == found and not any(one.problem for one in uses)
    blank = any("text" in one and not as_text(one["text"]).strip() for one in content)
    raw = content if sound and not blank else None
    return Reply(Message("assistant", text, uses, raw=raw), _usage(answer.get("usage")), stop)


def _use(call: Mapping[str, Any]) -> ToolUse:
    arguments, problem = object_arguments(call.get("input"))
    return ToolUse(as_text(call.get("toolUseId")), as_text(call.get("name")), arguments, problem)


def _usage(found: Any) -> Usage:
    if not isinstance(found, Mapping):
        return Usage()
    return Usage(
        as_count(found.get("inputTokens")),
        as_count(found.get("outputTokens")),
        as_count(found.get("cacheReadInputTokens")),
        as_count(found.get("cacheWriteInputTokens")),
    )
