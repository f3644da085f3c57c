"""A model that follows a script, as a real HTTP server on loopback that speaks three wire forms: chat completions, the
Messages API and Bedrock's Converse. Each checks what it is sent by the rules that its vendor documents."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from support.web import Asked, Said, Web, web


@dataclass(frozen=True)
class Turn:
    """What the model says in one turn. ``calls``: (name, arguments); arguments that are a text go out as they are.
    ``fails``: statuses that the server answers before, each with its headers. ``stop``: the reason to stop, in the
    words of the wire form."""

    text: str = ""
    calls: Sequence[tuple[str, Any]] = ()
    fails: Sequence[tuple[int, Mapping[str, str]]] = ()
    stop: str = ""


@dataclass
class ScriptedModel:
    """``scripts``: question -> its turns; the last one is repeated. A question may hold more text than the key.
    ``think``: what the model says to a body of chat completions, in place of scripts."""

    scripts: Mapping[str, Sequence[Turn]]
    think: Callable[[Any], Turn] | None = None
    requests: list[Any] = field(default_factory=list)
    failed: Counter[tuple[str, int]] = field(default_factory=Counter)
    url: str = ""
    server: Web | None = None

    def turn(self, question: str, number: int) -> Turn | Said:
        """The turn of a question, or a failure that comes before it."""
        turns = next(turns for key, turns in self.scripts.items() if key in question)
        turn = turns[min(number, len(turns) - 1)]
        at = self.failed[question, number]
        if at < len(turn.fails):
            self.failed[question, number] += 1
            status, headers = turn.fails[at]
            return Said({"error": {"message": "try later"}}, status, headers)
        return turn

    def answer(self, asked: Asked) -> Said:
        body = asked.json()
        self.requests.append(body)
        path = asked.path
        try:
            if path == "/v1/chat/completions":
                return self._openai(body)
            if path == "/v1/messages":
                assert asked.headers["anthropic-version"] == "2023-06-01"
                return self._anthropic(body)
            if path.startswith("/model/") and path.endswith("/converse"):
                assert "authorization" in asked.headers
                return self._bedrock(body)
        except (AssertionError, KeyError, TypeError) as wrong:
            return Said({"error": {"message": f"refused: {type(wrong).__name__} {wrong}"}}, 400)
        return Said({"error": {"message": f"no {path}"}}, 404)

    def _openai(self, body: Any) -> Said:
        system, *rest = body["messages"]
        assert system["role"] == "system"
        assert rest[0]["role"] == "user"
        assert all(one["function"]["parameters"]["type"] == "object" for one in body["tools"])
        waiting: list[str] = []
        for one in rest:
            if one["role"] == "tool":
                waiting.remove(one["tool_call_id"])
                assert isinstance(one["content"], str)
            else:
                assert not waiting, "a tool call has no answer"
            for call in one.get("tool_calls", ()):
                assert isinstance(json.loads(call["function"]["arguments"]), dict)
                waiting.append(call["id"])
        number = sum(one["role"] == "assistant" for one in rest)
        turn = self.turn(rest[0]["content"], number) if self.think is None else self.think(body)
        if isinstance(turn, Said):
            return turn
        calls = [
            {"id": f"c{len(rest)}-{n}", "type": "function", "function": {"name": name, "arguments": _text(given)}}
            for n, (name, given) in enumerate(turn.calls)
        ]
        message = {"role": "assistant", "content": turn.text or None, **({"tool_calls": calls} if calls else {})}
        finish = turn.stop or ("tool_calls" if calls else "stop")
        details = {"cached_tokens": 20}
        usage = {"prompt_tokens": 100, "completion_tokens": 10, "prompt_tokens_details": details}
        return Said({"choices": [{"index": 0, "message": message, "finish_reason": finish}], "usage": usage})

    def _anthropic(self, body: Any) -> Said:
        assert body["max_tokens"] > 0
        assert isinstance(body["system"], str)
        assert all(one["input_schema"]["type"] == "object" for one in body["tools"])
        waiting: list[str] = []
        for number, one in enumerate(body["messages"]):
            assert one["role"] == ("user", "assistant")[number % 2]
            blocks = one["content"] if isinstance(one["content"], list) else [{"type": "text", "text": one["content"]}]
            assert blocks
            for block in blocks:
                assert block["type"] != "text" or block["text"].strip()
            answered = [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"]
            assert answered == waiting
            waiting = [block["id"] for block in blocks if block["type"] == "tool_use"]
            assert all(isinstance(block["input"], dict) for block in blocks if block["type"] == "tool_use")
        turn = self.turn(body["messages"][0]["content"], len(body["messages"]) // 2)
        if isinstance(turn, Said):
            return turn
        content: list[Any] = [{"type": "thinking", "thinking": "hm", "signature": "c2ln"}]
        content += [{"type": "text", "text": turn.text}] if turn.text else []
        content += [
            {"type": "tool_use", "id": f"t{len(body['messages'])}-{n}", "name": name, "input": _value(given)}
            for n, (name, given) in enumerate(turn.calls)
        ]
        usage = {"input_tokens": 80, "cache_read_input_tokens": 20, "output_tokens": 10}
        stop = turn.stop or ("tool_use" if turn.calls else "end_turn")
        return Said({"type": "message", "role": "assistant", "content": content, "stop_reason": stop, "usage": usage})

    def _bedrock(self, body: Any) -> Said:
        assert all(one["toolSpec"]["inputSchema"]["json"]["type"] == "object" for one in body["toolConfig"]["tools"])
        waiting: list[str] = []
        for number, one in enumerate(body["messages"]):
            assert one["role"] == ("user", "assistant")[number % 2]
            blocks = one["content"]
            assert all(block.get("text", "x").strip() for block in blocks)
            assert [block["toolResult"]["toolUseId"] for block in blocks if "toolResult" in block] == waiting
            waiting = [block["toolUse"]["toolUseId"] for block in blocks if "toolUse" in block]
        turn = self.turn(body["messages"][0]["content"][0]["text"], len(body["messages"]) // 2)
        if isinstance(turn, Said):
            names = {429: "ThrottlingException", 503: "ServiceUnavailableException"}
            name = names.get(turn.status, "ValidationException")
            return Said({"message": "try later"}, turn.status, {"x-amzn-ErrorType": name, **turn.headers})
        content: list[Any] = [{"text": turn.text}] if turn.text else []
        content += [
            {"toolUse": {"toolUseId": f"b{len(body['messages'])}-{n}", "name": name, "input": _value(given)}}
            for n, (name, given) in enumerate(turn.calls)
        ]
        return Said(
            {
                "output": {"message": {"role": "assistant", "content": content}},
                "stopReason": turn.stop or ("tool_use" if turn.calls else "end_turn"),
                "usage": {"inputTokens": 80, "outputTokens": 10, "totalTokens": 110, "cacheReadInputTokens": 20},
                "metrics": {"latencyMs": 1},
            }
        )


def _text(given: Any) -> str:
    return given if isinstance(given, str) else json.dumps(given)


def _value(given: Any) -> Any:
    if not isinstance(given, str):
        return given
    try:
        return json.loads(given)
    except ValueError:
        return given


@contextmanager
def scripted_model(
    scripts: Mapping[str, Sequence[Turn]], think: Callable[[Any], Turn] | None = None
) -> Iterator[ScriptedModel]:
    """The model for the length of a block."""
    model = ScriptedModel(scripts, think)
    with web(model.answer) as server:
        model.server, model.url = server, server.url
        yield model
