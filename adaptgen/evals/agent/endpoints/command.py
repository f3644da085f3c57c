"""A program of one's own as the model: it is started for each turn, reads one JSON object and writes one.

In: ``{"model", "system", "tools", "messages", "settings"}``; a message has ``role`` and ``text``, of the model also
``calls`` (``id``, ``name``, ``arguments``), of the tools ``answers`` (``id``, ``text``, ``error``).
Out: ``{"text", "calls": [{"name", "arguments"}], "refused", "usage": {"input", "output"}}``; all may be left out.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import Mapping, Sequence
from typing import Any

from adaptgen.evals.agent.conversation import Message, ToolUse, Usage
from adaptgen.evals.agent.endpoints.base import (
    MOST_BYTES,
    EndpointError,
    Reply,
    Request,
    as_count,
    as_text,
    named_uses,
    object_arguments,
    read_arguments,
    read_json,
    stop_of,
)
from adaptgen.model.tables import Json


class CommandEndpoint:
    """``words``: the program and its arguments. No shell reads them."""

    def __init__(self, words: Sequence[str], *, timeout: float = 180.0) -> None:
        self._words = tuple(words)
        self._timeout = timeout

    async def reply(self, request: Request) -> Reply:
        """The next message. What the program writes to stderr is not kept: it may hold keys."""
        try:
            process = await asyncio.create_subprocess_exec(
                *self._words,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as problem:
            raise EndpointError(f"{self._words[0]} cannot be started: {problem.strerror}") from None
        try:
            async with asyncio.timeout(self._timeout):
                output = await _exchange(process, json.dumps(_body(request)).encode())
                code = await process.wait()
        except TimeoutError:
            raise EndpointError(f"{self._words[0]} did not answer within {self._timeout:g} s") from None
        finally:
            _stop(process)
            await process.wait()
        if code:
            raise EndpointError(f"{self._words[0]} ended with {code}")
        return _reply(output, self._words[0])

    async def aclose(self) -> None:
        """Nothing stays open."""


async def _exchange(process: asyncio.subprocess.Process, content: bytes) -> bytes:
    assert process.stdin is not None
    assert process.stdout is not None
    writing = asyncio.create_task(_write(process.stdin, content))
    try:
        parts: list[bytes] = []
        size = 0
        while part := await process.stdout.read(65_536):
            size += len(part)
            if size > MOST_BYTES:
                raise EndpointError(f"the program wrote more than {MOST_BYTES} bytes")
            parts.append(part)
        await writing
        return b"".join(parts)
    finally:
        writing.cancel()


async def _write(stream: asyncio.StreamWriter, content: bytes) -> None:
    with contextlib.suppress(ConnectionError):  # it need not read everything
        stream.write(content + b"\n")
        await stream.drain()
        stream.close()


def _stop(process: asyncio.subprocess.Process) -> None:
    """End the program and what it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def _body(request: Request) -> dict[str, Json]:
    settings = request.settings
    return {
        "model": request.model,
        "system": request.system,
        "tools": [
            {key: one for key, one in tool.items() if key in ("name", "description", "inputSchema")}
            for tool in request.tools
        ],
        "messages": [_message(one) for one in request.messages],
        "settings": {
            "temperature": settings.temperature,
            "seed": settings.seed,
            "max_tokens": settings.max_tokens,
            **settings.options,
        },
    }


def _message(message: Message) -> dict[str, Json]:
    found: dict[str, Json] = {"role": message.role, "text": message.text}
    if message.uses:
        found["calls"] = [{"id": one.id, "name": one.name, "arguments": one.arguments} for one in message.uses]
    if message.answers:
        found["answers"] = [{"id": one.id, "text": one.text, "error": one.is_error} for one in message.answers]
    return found


def _reply(output: bytes, name: str) -> Reply:
    try:
        found = read_json(output)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise EndpointError(f"{name} did not write one JSON object")
    calls = found.get("calls") or ()
    if not isinstance(calls, (list, tuple)) or not all(isinstance(one, dict) for one in calls):
        raise EndpointError(f"{name} wrote calls that are not a list of objects")
    uses = named_uses([_use(one) for one in calls])
    usage = found.get("usage")
    tokens = Usage(as_count(usage.get("input")), as_count(usage.get("output"))) if isinstance(usage, dict) else Usage()
    stop = stop_of(uses, refused=found.get("refused") is True)
    return Reply(Message("assistant", as_text(found.get("text")), uses), tokens, stop)


def _use(call: Mapping[str, Any]) -> ToolUse:
    given = call.get("arguments", {})
    arguments, problem = read_arguments(given) if isinstance(given, str) else object_arguments(given)
    return ToolUse(as_text(call.get("id")), as_text(call.get("name")), arguments, problem)
