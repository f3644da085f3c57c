"""Whether a caller may do something: what every engine of policies answers.

Nothing is permitted without a policy, unless the settings say ``default: read``: then tools are whose facts say
``open`` on servers that are ours, those that only read. Nothing else is: no write, no tool of a third party, no prompt
or resource, no ``detokenize``. A ``forbid`` wins over everything. Whatever cannot be decided is refused.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Literal, TypeAlias

from adaptgen import cedar_schema as cedar
from adaptgen.mcp.protocol import ToolInfo
from adaptgen.model.frozen import value
from adaptgen.model.tables import Caller, Json

Default: TypeAlias = Literal["none", "read"]
"""What needs no policy."""
Other: TypeAlias = Literal["prompt", "resource", "completion"]

NO_POLICY = "no policy permits it"
FORBIDDEN = "a policy forbids it"


@value()
class Decision:
    """``policies``: the identifiers of those that decided. ``reason``: why not, without any value of an argument.

    ``logged_only``: it would have been refused; the settings say ``mode: log_only``. ``approval``: it must be approved
    first, within that many seconds; ``once``: the same write is done once in that many seconds (see ``permit_terms``).
    """

    allowed: bool
    policies: tuple[str, ...] = ()
    reason: str = ""
    logged_only: bool = False
    approval: float | None = None
    once: float | None = None


class Authorizer(ABC):
    """Decides by policies. Safe to use from one event loop; no method but ``load`` raises for what callers send.

    ``claims``: the names of the claims that policies may read.
    """

    def __init__(self, claims: Iterable[str], mode: Literal["enforce", "log_only"], default: Default) -> None:
        self._claims = tuple(dict.fromkeys(claims))
        self._mode = mode
        self._default = default

    @abstractmethod
    async def load(self, policies: Mapping[str, str], tools: Mapping[str, ToolInfo]) -> None:
        """Take policies (path -> text) into force, for these tools (by the name that callers use).

        Raises:
            AdaptgenError: AG072, located; what was in force stays in force.
        """

    @abstractmethod
    async def visible(self, caller: Caller, tools: Mapping[str, ToolInfo]) -> frozenset[str]:
        """The names (keys) of the tools of which some call could be permitted."""

    async def sees(self, caller: Caller, name: str, tools: Mapping[str, ToolInfo]) -> bool:
        """Whether ``name`` is among the :meth:`visible` ones."""
        return name in await self.visible(caller, tools)

    @abstractmethod
    async def decide(
        self,
        caller: Caller,
        tool: ToolInfo,
        input: Mapping[str, Json],
        paths: Sequence[str] = (),
        *,
        creates: bool = False,
    ) -> Decision:
        """Whether the caller may call ``tool`` with these arguments, as they will be sent on. ``paths``: the fields
        that they name. ``creates``: the call creates a record, of a tool that changes one where there is one."""

    async def detokenize(self, caller: Caller, tool: ToolInfo, kind: str) -> Decision:
        """Whether tokens of ``kind`` may be restored in arguments of ``tool`` for the caller."""
        context = {"tool": tool.action, "effect": tool.effect, "kind": kind}
        return await self._special(caller, cedar.DETOKENIZE, tool.server, context)

    async def other(self, caller: Caller, server: str, what: Other, name: str) -> Decision:
        """Whether the caller may get a prompt, read a resource (``name``: its URI) or complete for one."""
        return await self._special(caller, what, server, {"name": name})

    async def approve(self, approver: Caller, tool: ToolInfo, input: Mapping[str, Json], *, own: bool) -> Decision:
        """Whether ``approver`` may approve a call of ``tool`` with these arguments; ``own``: one that they made
        themselves. By default nobody may: an engine that cannot ask for approvals cannot say who gives them."""
        return Decision(False, (), NO_POLICY)

    @property
    def asks_for_approval(self) -> bool:
        """Whether a policy in force asks for approvals."""
        return False

    @property
    def asks_once(self) -> bool:
        """Whether a policy in force has the same write done once."""
        return False

    @abstractmethod
    async def _special(self, caller: Caller, action: str, server: str, context: Mapping[str, str]) -> Decision:
        """Decide an action that is not a tool."""

    def _refused(self, reason: str, deciding: tuple[str, ...] = ()) -> Decision:
        return self._enforced(Decision(False, deciding, reason))

    def _enforced(self, decision: Decision) -> Decision:
        """The decision as the mode has it: a refusal that is only logged allows."""
        if decision.allowed or self._mode == "enforce":
            return decision
        return replace(decision, allowed=True, logged_only=True)


def action(tool: ToolInfo) -> cedar.Action:
    schema = tool.wire.get("inputSchema")
    return cedar.Action(
        id=tool.action,
        server=tool.server,
        effect=tool.effect,
        open=tool.open and tool.trusted,
        input=cedar.input_record(schema if isinstance(schema, Mapping) else {}),
        creates=tool.creates,
        was=tool.actions_before,
    )


def action_groups(tool: ToolInfo) -> tuple[str, ...]:
    """The groups of the action of a tool, as :func:`action` has them."""
    return cedar.action_groups(tool.effect, tool.server, open=tool.open and tool.trusted)
