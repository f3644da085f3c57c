"""What an endpoint is asked and replies, and when it is asked again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Literal, Protocol, TypeAlias

from adaptgen.evals.agent.conversation import Message, Settings, ToolUse, Usage
from adaptgen.model.tables import Json, value

Stop: TypeAlias = Literal["end", "tools", "refused", "cut off"]

ATTEMPTS: Final = 5
LONGEST_PAUSE: Final = 60.0
"""Seconds that are waited before a request is sent again; an endpoint that wants more time is given up."""
MOST_BYTES: Final = 16 * 1024 * 1024
"""Bytes of a reply."""
TIMEOUT: Final = 180.0
"""Seconds for one reply."""
_DEPTH: Final = 64
_LONGEST_TEXT: Final = 200
"""Characters of an error of an endpoint that are shown."""


@value()
class Request:
    """``tools``: as ``tools/list`` returns them."""

    model: str
    system: str
    tools: tuple[Mapping[str, Json], ...]
    messages: tuple[Message, ...]
    settings: Settings


@value()
class Reply:
    """What a model said."""

    message: Message
    usage: Usage
    stop: Stop


def stop_of(uses: Sequence[ToolUse], *, refused: bool = False, cut_off: bool = False) -> Stop:
    """Why a model stopped: a refusal and an answer that was cut off come before what it asked for until then."""
    if refused:
        return "refused"
    if cut_off:
        return "cut off"
    return "tools" if uses else "end"


class EndpointError(Exception):
    """The endpoint did not reply. The text holds no key and no part of the request. ``again``: whether the same request
    may help; ``after``: the seconds that the endpoint wants to be left alone, where it says so."""

    def __init__(self, text: str, *, again: bool = False, after: float | None = None) -> None:
        super().__init__(text)
        self.again = again
        self.after = after


class Endpoint(Protocol):
    """One place where models are asked."""

    async def reply(self, request: Request) -> Reply:
        """The next message of the model, or EndpointError."""

    async def aclose(self) -> None:
        """Close connections."""


Pause: TypeAlias = Callable[[float], Awaitable[None]]


async def ask(endpoint: Endpoint, request: Request, pause: Pause = asyncio.sleep) -> Reply:
    """The reply of an endpoint, asked again where that may help: after the time that it names, else after 1, 2, 4 and
    8 seconds.

    Raises:
        EndpointError: there is no reply.
    """
    for attempt in range(ATTEMPTS):
        try:
            return await endpoint.reply(request)
        except EndpointError as problem:
            wait = 2.0**attempt if problem.after is None else problem.after
            if not problem.again or attempt == ATTEMPTS - 1 or wait > LONGEST_PAUSE:
                raise
            await pause(wait)
    raise AssertionError("unreachable")


def read_arguments(text: str) -> tuple[Json, str]:
    """Arguments that a model wrote as text: the object, or the text and what is wrong with it."""
    try:
        found = read_json(text or "{}")
    except (ValueError, RecursionError):
        return text, "the arguments are not JSON"
    if isinstance(found, dict) and _is_deep(found):
        return text, "the arguments nest too deep"
    return (found, "") if isinstance(found, dict) else (text, "the arguments are not a JSON object")


def read_json(text: str | bytes) -> Any:
    """A JSON value, without the numbers that are not JSON (NaN)."""
    return json.loads(text, parse_constant=_refuse)


def _refuse(name: str) -> Json:
    raise ValueError(name)


def _is_deep(value: Any) -> bool:
    """Whether a value nests deeper than any contract does."""
    level = [value]
    for _ in range(_DEPTH):
        level = [one for each in level for one in (each.values() if isinstance(each, dict) else each)
                 if isinstance(one, (dict, list))]  # fmt: skip
        if not level:
            return False
    return True


def object_arguments(given: Any) -> tuple[Json, str]:
    """Arguments that came as a value: the object, or their text and what is wrong with it."""
    if isinstance(given, dict):
        return (given, "") if not _is_deep(given) else ("", "the arguments nest too deep")
    if isinstance(given, list) and _is_deep(given):
        return "", "the arguments nest too deep"
    return json.dumps(given, ensure_ascii=False, default=str), "the arguments are not a JSON object"


def named_uses(uses: Sequence[ToolUse]) -> tuple[ToolUse, ...]:
    """Calls with ids that differ: some servers leave them out, or repeat one in a reply."""
    seen: set[str] = set()
    named: list[ToolUse] = []
    for number, one in enumerate(uses):
        identity = one.id if one.id and one.id not in seen else f"call_{number + 1}"
        while identity in seen:
            identity += "_"
        seen.add(identity)
        named.append(one if identity == one.id else ToolUse(identity, one.name, one.arguments, one.problem, one.extra))
    return tuple(named)


def as_count(found: Any) -> int:
    """A number of tokens that an endpoint states."""
    return found if isinstance(found, int) and not isinstance(found, bool) and found > 0 else 0


def as_text(found: Any) -> str:
    return found if isinstance(found, str) else ""


def scrub(text: str, secrets: Sequence[str]) -> str:
    """One line of an endpoint's own words, short, without keys: those in use, and whatever looks like one."""
    from adaptgen.pii.secret_formats import find_secrets

    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, "…")
    for one in reversed(find_secrets(text)):
        text = f"{text[: one.start]}…{text[one.end :]}"
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= _LONGEST_TEXT else f"{line[:_LONGEST_TEXT]}…"
