"""The tools of one caller as a model is shown them, and what becomes of its calls."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, Final

from adaptgen.evals.agent.conversation import ToolAnswer, ToolUse
from adaptgen.evals.surface import Called, Surface
from adaptgen.model.tables import Caller, Json
from adaptgen.runtime.pii.arguments import resource
from adaptgen.runtime.pii.classifier import Classifier
from adaptgen.tool_search import menu_tools, messages

_WRONG_ARGUMENTS: Final = re.compile(r"Argument|The arguments are wrong")
"""How each text begins that says what is wrong with arguments."""


class ModelTools:
    """``listed``: what the model is shown; ``visible``: the names of all tools that it may call, which a search also
    finds; ``instructions``: what the server says of itself. ``dry``: no write is sent."""

    def __init__(
        self,
        surface: Surface,
        caller: Caller,
        listed: tuple[Mapping[str, Any], ...],
        visible: frozenset[str],
        dry: bool = True,
    ) -> None:
        self._surface = surface
        self._caller = caller
        self._dry = dry
        self.listed = listed
        self.visible = visible
        self.instructions = surface.menu.about().instructions
        names = {str(tool["name"]) for tool in listed}
        self._menu = frozenset(name for name in menu_tools.NAMES & names if surface.find(name) is None)

    @classmethod
    async def of(cls, surface: Surface, caller: Caller, *, dry: bool = True) -> ModelTools:
        """The tools of a caller."""
        return cls(surface, caller, tuple(await surface.list(caller)), await surface.visible(caller), dry)

    @property
    def digest(self) -> str:
        """A hash of all that a model can learn of the tools: the list, what a search finds, and the instructions."""
        found = {name: self._surface.tools[name] for name in sorted(self.visible) if name in self._surface.tools}
        hidden = {name: [tool.wire, tool.tags, tool.also, tool.fields] for name, tool in found.items()}
        return digest([self.instructions, list(self.listed), hidden if self._menu else sorted(hidden)])

    async def call(self, use: ToolUse) -> ToolAnswer:
        """The answer to one call of the model."""
        name, given, problem = self._aim(use)
        tool = self._surface.find(name) if name else None
        own = tool.name if tool is not None else name
        unknown = bool(name) and own not in self.visible
        if use.problem:
            text = f"{use.problem[:1].upper()}{use.problem[1:]}: write one JSON object. Nothing was executed."
            return ToolAnswer(use.id, text, True, own, {}, unknown, use.problem)
        arguments = use.arguments if isinstance(use.arguments, dict) else {}
        called = await self._surface.call(self._caller, use.name, arguments, dry=self._dry)
        invalid = problem or (called.text if called.is_error and _WRONG_ARGUMENTS.match(called.text) else "")
        clear = self._clear(called)
        return ToolAnswer(use.id, called.text, called.is_error, own, given, unknown, invalid, called.dry, clear)

    def _clear(self, called: Called) -> tuple[str, ...]:
        """The kinds of classified values in an answer that are not tokens."""
        kinds = {kind for kind, _ in called.personal}
        if self._surface.settings is None and called.executed:
            # Without settings nothing is tokenized, and the engine does not say where classified values are.
            kinds |= self._classified(called)
        return tuple(sorted(kinds - self._surface.tokenized))

    def _classified(self, called: Called) -> set[str]:
        tool = next((one for one in self._surface.server.tools if one.name == called.executed), None)
        if tool is None:
            return set()
        about = resource(tool.call) if tool.call is not None else ""
        classifier = Classifier(tool.sensitive, tool.not_sensitive, resource=about)
        seen: dict[tuple[str, str], None] = {}
        items = called.answer.get("items") if isinstance(called.answer, dict) else None
        for one in items if isinstance(items, list) else [called.answer]:
            classifier.mark(one, seen)
        return {kind for kind, _ in seen}

    async def check(self, name: str, arguments: Mapping[str, Json]) -> Called:
        """A call that the case makes, not the model."""
        return await self._surface.call(self._caller, name, arguments, dry=True)

    def _aim(self, use: ToolUse) -> tuple[str, Mapping[str, Json], str]:
        """The server's tool that a call is for ("" for a search), its arguments, and what is wrong with the call."""
        arguments = use.arguments if isinstance(use.arguments, dict) else {}
        if use.name not in self._menu:
            return use.name or "(no name)", arguments, ""
        if use.name not in (menu_tools.READ, menu_tools.WRITE):
            return "", arguments, ""
        name, inner = arguments.get("name"), arguments.get("arguments", {})
        inner = messages.parsed(inner) if isinstance(inner, str) else inner
        wrong = "" if isinstance(inner, dict) or inner is None else "the arguments are not a JSON object"
        return name if isinstance(name, str) else "", inner if isinstance(inner, dict) else {}, wrong


def digest(content: Json) -> str:
    """The SHA-256 of a value, whatever the order of its keys."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=True, separators=(",", ":"), default=list)
    return hashlib.sha256(text.encode()).hexdigest()
