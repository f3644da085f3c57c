"""What passes between a model and the tools, in no vendor's form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal, TypeAlias

from adaptgen.model.tables import Json, value

Role: TypeAlias = Literal["user", "assistant", "tool"]
Ending: TypeAlias = Literal["answered", "refused", "turn limit", "loop", "cut off", "budget", "failed"]
"""Why a conversation ended. ``refused``: the endpoint says that the model, or its filter, declined. ``cut off``: the
reply was longer than the endpoint allows. ``failed``: the endpoint could not be used; nothing is known of the model."""


@value()
class ToolUse:
    """One call that the model asked for. ``problem``: why its arguments are not a JSON object; they are its text then.
    ``extra``: what the endpoint wants to see again with it."""

    id: str
    name: str
    arguments: Json
    problem: str = ""
    extra: Mapping[str, Json] = field(default_factory=dict, compare=False)


@value()
class ToolAnswer:
    """What the model read of one call. ``tool``: the server's tool that the call was for, also where a tool of the menu
    led to it, and ``given`` its arguments; "" for a search. ``unknown``: the caller sees no such tool. ``invalid``:
    what is wrong with the arguments. ``dry``: a write that was not sent. ``clear``: kinds of personal data that are in
    the text and are not tokens; such a conversation is not stored."""

    id: str
    text: str
    is_error: bool = False
    tool: str = ""
    given: Mapping[str, Json] = field(default_factory=dict)
    unknown: bool = False
    invalid: str = ""
    dry: bool = False
    clear: tuple[str, ...] = ()


@value()
class Usage:
    """Tokens as the endpoint counts them. ``cached`` and ``cache_written`` are not part of ``input``."""

    input: int = 0
    output: int = 0
    cached: int = 0
    cache_written: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.input + other.input,
            self.output + other.output,
            self.cached + other.cached,
            self.cache_written + other.cache_written,
        )

    @property
    def total(self) -> int:
        return self.input + self.output + self.cached + self.cache_written


@value()
class Message:
    """One message. ``raw``: blocks of the endpoint's own form that it wants to see again (signed reasoning); they are
    not stored and not judged."""

    role: Role
    text: str = ""
    uses: tuple[ToolUse, ...] = ()
    answers: tuple[ToolAnswer, ...] = ()
    raw: Json = field(default=None, compare=False, repr=False)


@value()
class Run:
    """One conversation about one case. ``turns``: replies of the model. ``cost``: None where no prices are known.
    ``state``: for each state of the case the text that its call returned afterwards; empty where no write was sent.
    ``note``: why it ended, for people."""

    messages: tuple[Message, ...]
    ending: Ending
    usage: Usage = Usage()
    turns: int = 0
    cost: float | None = None
    state: tuple[str, ...] = ()
    note: str = ""

    @property
    def bytes(self) -> int:
        """UTF-8 bytes of what the tools returned to the model."""
        return sum(len(answer.text.encode()) for one in self.messages for answer in one.answers)

    @property
    def text(self) -> str:
        """The last text of the model."""
        return next((one.text for one in reversed(self.messages) if one.role == "assistant"), "")


@value()
class Settings:
    """What a recording depends on besides tools, case and model. ``options`` go into the request as they are, such as
    ``{"reasoning_effort": "low"}``."""

    endpoint: str = "openai"
    temperature: float | None = None
    seed: int | None = None
    max_turns: int = 12
    max_tokens: int | None = None
    allow_writes: bool = False
    options: Mapping[str, Json] = field(default_factory=dict)


@value()
class Recording:
    """The conversations of one model about one case. ``parts``: hashes of the tools, the case, the model and the
    settings; ``key`` is the hash of them all. ``system``: what the model read before the question."""

    key: str
    parts: Mapping[str, str]
    case: str
    model: str
    settings: Settings
    runs: tuple[Run, ...]
    system: str = ""
