"""``adaptgen policy explain``: which tools a caller sees and may call, and which policy decides it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING

from adaptgen.cli import terminal
from adaptgen.cli.govern import governance
from adaptgen.cli.govern.dev_issuer import split_claims, split_groups
from adaptgen.diagnostics import Where, error
from adaptgen.govern.authorization.cedar_engine import CedarAuthorizer
from adaptgen.govern.authorization.explanation import Call, PolicyEffect, judge, reason
from adaptgen.govern.authorization.permit_terms import combine
from adaptgen.model.tables import Caller, Json, Server

if TYPE_CHECKING:
    from adaptgen.govern.authorization.authorizer import Authorizer, Decision
    from adaptgen.govern.limits.kill_switch import Switch
    from adaptgen.govern.settings.model import Settings
    from adaptgen.mcp.protocol import ToolInfo

_WORDS: Mapping[Call, str] = {"permitted": "yes", "depends": "depends", "refused": "no"}


@dataclass(frozen=True, slots=True)
class GovernedTools:
    """The tools of a server and who decides of them. ``authorizer`` None: the one local caller may do everything."""

    settings: Settings
    tools: Mapping[str, ToolInfo]
    authorizer: Authorizer | None
    switch: Switch


@dataclass(frozen=True, slots=True)
class Explained:
    """One tool as a caller finds it. ``because``: the decision in words."""

    tool: ToolInfo
    visible: bool
    call: Call
    because: str
    policies: tuple[PolicyEffect, ...] = ()

    def to_json(self) -> dict[str, Json]:
        return {
            "name": self.tool.name,
            "effect": self.tool.effect,
            "visible": self.visible,
            "call": self.call,
            "because": self.because,
            "policies": [one.to_json() for one in self.policies],
        }


def run(options: SimpleNamespace) -> int:
    """Print what the caller may do. AG072 where nothing decides, or elsewhere."""
    from adaptgen.transports.load import find_tool, load_server

    server = load_server(options.folder)
    options.no_governance = False
    named = governance.reference(options, server, options.folder, os.environ)
    if named is None:
        help = f"adaptgen govern init {options.folder} writes some; or name them with --governance FILE"
        raise error("AG072", "it has no governance settings, so no policy decides", Where(str(options.folder)), help)
    tool = find_tool(server, options.tool).name if options.tool else ""
    asyncio.run(_explain(options, server, named, tool))
    return 0


async def _explain(options: SimpleNamespace, server: Server, named: str, tool: str) -> None:
    async with governed_tools(server, named, http=bool(options.sub)) as governed:
        caller = _caller(options, governed.settings)
        only = {tool: governed.tools[tool]} if tool else governed.tools
        found = await explain_tools(governed, caller, only)
        decision = await _decide(options, server, governed, caller, tool) if options.arguments else None
    if options.json:
        who = {"sub": caller.sub, "tenant": caller.tenant, "groups": list(caller.groups)}
        whole: dict[str, Json] = {"server": server.name, "settings": named, "mode": _mode(governed), "caller": who}
        whole["tools"] = [one.to_json() for one in found]
        if decision is not None:
            whole["decision"] = _decided(decision)
        terminal.say_json(whole)
    elif tool:
        _show_tool(found[0], caller, decision)
    else:
        _show_all(found, caller, named)
    if _mode(governed) == "log_only" and not options.quiet:
        terminal.print_error("mode is log_only: decisions are logged, and every call passes")


@asynccontextmanager
async def governed_tools(server: Server, named: str, *, http: bool) -> AsyncIterator[GovernedTools]:
    """The tools of ``server`` under the settings at ``named``, decided as the pipeline decides; nothing is served.

    ``http``: for callers that bring a token; else for the local one.
    """
    from adaptgen.govern.limits.kill_switch import switch
    from adaptgen.govern.pipeline.engine_target import Served
    from adaptgen.govern.pipeline.factory import new_authorizer
    from adaptgen.runtime.engine import Engine

    settings = await governance.load(named, os.environ)
    if settings.mode == "behind" or (settings.mode == "proxy" and server.name not in settings.upstreams):
        why = "the proxy decides" if settings.mode == "behind" else f"they have no upstream {server.name}"
        help = "name the settings of its proxy: --governance FILE"
        raise error("AG072", f"these settings decide nothing of {server.name}: {why}", settings.where("mode"), help)
    if settings.authorize is not None and settings.authorize.engine != "cedar":
        help = "aws verifiedpermissions is-authorized asks it"
        where = settings.where("authorize", "engine")
        raise error("AG072", "Verified Permissions decides, and its policies are not here", where, help)
    engine = Engine(server, environ=os.environ, cursor_key=os.urandom(32))
    off = switch(settings, os.environ)
    try:
        off.apply(settings.switch)
        await off.start()
        tools = Served(engine).tools()
        yield GovernedTools(settings, tools, await new_authorizer(settings, tools, http=http), off)
    finally:
        await off.aclose()
        await engine.aclose()


async def explain_tools(governed: GovernedTools, caller: Caller, tools: Mapping[str, ToolInfo]) -> list[Explained]:
    """Each of ``tools`` as ``caller`` finds it."""
    found = []
    authorizer = governed.authorizer
    visible = await authorizer.visible(caller, governed.tools) if authorizer is not None else frozenset(governed.tools)
    for name, tool in tools.items():
        effects: tuple[PolicyEffect, ...] = ()
        call: Call = "permitted"
        because = "without authorize the caller on stdio may call every tool"
        if isinstance(authorizer, CedarAuthorizer):
            effects = authorizer.explain(caller, tool)
            call, deciding = judge(effects)
            because = reason(call, deciding)
        off = governed.switch.refuses(caller, tool)
        if off is not None:
            call, because = "refused", f"switched off: {off}"
        shown = name in visible and not governed.switch.cuts(caller)
        found.append(Explained(tool, shown, call, because, effects))
    return found


def _mode(governed: GovernedTools) -> str:
    return governed.settings.authorize.mode if governed.settings.authorize is not None else "enforce"


def _caller(options: SimpleNamespace, settings: Settings) -> Caller:
    groups, claims = split_groups(options.groups), split_claims(options.claims)
    if not options.sub:
        if groups or options.tenant or claims:
            raise error("AG058", "--groups, --tenant and --claim are of a caller, who needs a name", None, "--sub bob")
        return Caller(settings.local.sub, settings.local.tenant, settings.local.groups)
    return Caller(options.sub, options.tenant, groups, claims)


async def _decide(
    options: SimpleNamespace, server: Server, governed: GovernedTools, caller: Caller, tool: str
) -> Decision:
    """The decision on one call with the arguments of the command line."""
    from adaptgen.cli.run import values
    from adaptgen.govern.authorization.authorizer import Decision
    from adaptgen.govern.authorization.canonical import canonicalize
    from adaptgen.runtime.contracts import load

    given = values.parse_arguments(load(server)[tool], options.arguments)
    facts = governed.tools[tool]
    off = governed.switch.refuses(caller, facts)
    if off is not None:
        return Decision(False, (), f"switched off: {off}")
    if governed.authorizer is None:
        return Decision(True)
    call = canonicalize(facts, given)
    return await governed.authorizer.decide(caller, facts, call.judged, call.paths)


def _decided(decision: Decision) -> dict[str, Json]:
    allowed = decision.allowed and not decision.logged_only
    said: dict[str, Json] = {"permitted": allowed, "policies": list(decision.policies), "because": decision.reason}
    asked = {"approval": decision.approval, "once": decision.once}
    return {**said, **{name: seconds for name, seconds in asked.items() if seconds is not None}}


def _who(caller: Caller) -> str:
    name = f"{caller.tenant}/{caller.sub}" if caller.tenant else caller.sub
    return terminal.clean(f"{name} [{', '.join(caller.groups)}]")


def _show_all(found: Sequence[Explained], caller: Caller, named: str) -> None:
    seen = sum(one.visible for one in found)
    terminal.say(f"{_who(caller)} sees {seen} of {terminal.count(len(found), 'tool')} ({named})")
    rows = [(one.tool.name, "yes" if one.visible else "no", _WORDS[one.call], one.because) for one in found]
    terminal.table(("tool", "sees", "may call", "because"), rows)


def _show_tool(one: Explained, caller: Caller, decision: Decision | None) -> None:
    sees = "sees" if one.visible else "does not see"
    may = {"permitted": "may call it", "depends": "may call it with some arguments", "refused": "may not call it"}
    asked = combine(each.terms for each in one.policies if each.effect == "permit" and each.applies != "never")
    if asked.approval is not None and one.call != "refused":
        may = {**may, one.call: f"{may[one.call]}, once somebody has approved it"}
    # Of policies that permit or forbid, the table says which.
    because = "" if "permitted by" in one.because else f": {terminal.clean(one.because)}"
    terminal.say(f"{_who(caller)} {sees} {one.tool.name} and {may[one.call]}{because}")
    rows = [
        (
            each.id,
            f"{each.effect}s {each.terms}".rstrip(),
            _APPLIES[each.applies],
            "" if each.built_in else f"{each.where.file}:{each.where.line}",
        )
        for each in one.policies
    ]
    terminal.table(("policy", "", "this caller", "at"), rows)
    if decision is not None:
        said = _decided(decision)
        word = "permitted" if said["permitted"] else "refused"
        if decision.approval is not None:
            word = f"permitted after an approval (within {decision.approval:g} s)"
        names = f" by {', '.join(decision.policies)}" if decision.policies else ""
        why = f": {decision.reason}" if decision.reason else ""
        terminal.say(terminal.clean(f"this call is {word}{names}{why}"))


_APPLIES = {"always": "always", "sometimes": "some arguments", "never": "never"}
