"""Arguments that name things of another list: who gives a name has that list read, and must be permitted to read it.

A refusal that tells the nearest names would otherwise be a way to read a list that is forbidden.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from adaptgen.mcp.protocol import ToolInfo
from adaptgen.model.tables import Json
from adaptgen.runtime.queries.ids import is_id

if TYPE_CHECKING:
    from adaptgen.govern.pipeline.components import Components
    from adaptgen.model.caller import Caller


def named(tool: ToolInfo, arguments: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """Argument and list tool for every argument of a call whose name may be looked up."""
    for name, said in tool.lookups.items():
        lists = said.get("tool") if isinstance(said, Mapping) else None
        keep = said.get("keep") if isinstance(said, Mapping) else None
        value = arguments.get(name)
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str) and one.strip() and one not in (keep or ()) and not is_id(one):
                yield name, str(lists)
                break


async def refusal(
    parts: Components,
    caller: Caller,
    tool: ToolInfo,
    arguments: Mapping[str, Json],
    tools: Mapping[tuple[str, str], ToolInfo],
) -> tuple[str, tuple[str, ...]] | None:
    """Why a call is refused, and the policies that refuse it, because a list may not be read for its names. ``tools``:
    by server and name there."""
    for name, own in named(tool, arguments):
        lists = tools.get((tool.server, own))
        allowed = lists is not None
        policies: tuple[str, ...] = ()
        if lists is not None and parts.switch is not None:
            allowed = parts.switch.refuses(caller, lists) is None
        if lists is not None and allowed and parts.authorizer is not None:
            decision = await parts.authorizer.decide(caller, lists, {})
            allowed, policies = decision.allowed, decision.policies
        if not allowed:
            text = f"Not permitted: what `{name}` names is looked up with {own}, which you may not call."
            return f"{text} Nothing was executed.", policies
    return None
