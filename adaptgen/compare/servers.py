"""What changed for agents between two servers: tools are paired by name, then by operation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields, replace

from adaptgen.compare import tools
from adaptgen.compare.model import LEVELS, Change, Surface, ToolSnapshot
from adaptgen.diagnostics import Where
from adaptgen.model.tables import Auth, Base, Tool, calls_of


def compare_servers(old: Surface, new: Surface) -> tuple[Change, ...]:
    """The changes, the worst first, then by subject."""
    found = [*new.findings, *_tools(old, new), *_auth(old, new), *_server(old, new)]
    served = {one.tool.name for one in new.tools.values()}
    # Why a hinted tool is gone was found while planning; once is enough.
    unfit = {one.subject for one in new.findings} - served
    found = [one for one in found if not (one.kind == "tool-gone" and one.subject in unfit)]
    return order_changes(replace(one, server=new.name) for one in dict.fromkeys(found))


def order_changes(changes: Iterable[Change]) -> tuple[Change, ...]:
    """The worst first, then by server and subject."""
    return tuple(
        sorted(changes, key=lambda one: (LEVELS.index(one.level), one.server, one.subject, one.kind, one.text))
    )


def server_appeared(new: Surface) -> Change:
    """A server that was not there."""
    text = f"a new server with {len(new.tools)} tool{'' if len(new.tools) == 1 else 's'}"
    return Change("additive", new.name, "server-new", text, new.where, server=new.name)


def server_disappeared(old: Surface) -> Change:
    """A server that no longer exists."""
    return Change("breaking", old.name, "server-gone", "the server is gone", old.where, server=old.name)


def _tools(old: Surface, new: Surface) -> Iterator[Change]:
    gone = {name: seen for name, seen in old.tools.items() if name not in new.tools}
    fresh = {name: seen for name, seen in new.tools.items() if name not in old.tools}
    for name in sorted(old.tools.keys() & new.tools.keys()):
        yield from tools.changes(old.tools[name], new.tools[name])
        yield from _names(old.tools[name], new.tools[name], fresh)
    for before, after in sorted(_renamed(gone, fresh).items()):
        was, now = gone.pop(before), fresh.pop(after)
        yield _rename(was, now)
        yield from tools.changes(was, now)
        yield from _names(was, now, {})
    for name, seen in sorted(gone.items()):
        served = next((one for one in new.tools.values() if name in one.tool.aliases), None)
        if served is not None:
            yield _rename(seen, served)
        else:
            # In a document that is compared with its later state, the operation is not there to be pointed at.
            where = new.where if seen.tool.source and seen.where.file == new.where.file else seen.where
            yield Change("breaking", name, "tool-gone", "the tool is gone", where, seen.tool.source)
    for name, seen in sorted(fresh.items()):
        text = f"a new tool ({_effect(seen.tool)})"
        yield Change("additive", name, "tool-new", text, seen.where, seen.tool.source)


def _effect(tool: Tool) -> str:
    return {"read": "reads", "write": "writes", "delete": "deletes"}.get(tool.effect, tool.effect)


def _renamed(gone: dict[str, ToolSnapshot], fresh: dict[str, ToolSnapshot]) -> dict[str, str]:
    """Old name -> new name of the tools of one operation: the same pointer, the same requests, or the old name among
    those that are still served. Only what is unique counts."""
    pairs: dict[str, str] = {}
    for same in (_still_served, _same_operation, _same_calls):
        left = [one for name, one in sorted(gone.items()) if name not in pairs]
        free = [one for name, one in sorted(fresh.items()) if name not in pairs.values()]
        for was in left:
            found = [now for now in free if same(was.tool, now.tool)]
            if len(found) == 1 and sum(1 for one in left if same(one.tool, found[0].tool)) == 1:
                pairs[was.tool.name] = found[0].tool.name
    return pairs


def _still_served(was: Tool, now: Tool) -> bool:
    return was.name in now.aliases


def _same_operation(was: Tool, now: Tool) -> bool:
    return bool(was.source) and was.source == now.source


def _same_calls(was: Tool, now: Tool) -> bool:
    """Tools of steps, and documents whose pointers moved while method and path stayed."""
    first, second = _lines(was), _lines(now)
    return bool(first) and first == second


def _lines(tool: Tool) -> list[str]:
    calls = calls_of(tool)
    return [f"{one.method} {one.path}" for one in calls if one is not None]


def _rename(was: ToolSnapshot, now: ToolSnapshot) -> Change:
    before, after = was.tool.name, now.tool.name
    if before in now.tool.aliases:
        text = f"is the new name of {before}, which is still served"
        return Change("additive", after, "tool-renamed", text, now.where, now.tool.source)
    text = f"is the new name of {before}; agents that know the old one fail"
    names = ", ".join((*now.tool.aliases, before))
    call = _lines(now.tool)
    said = f"call: {_quoted(call[0])}, " if now.tool.call and call else ""
    hint = f"{after}: {{{said}was: [{names}]}}"
    return Change("breaking", after, "tool-renamed", text, now.where, now.tool.source, hint)


def _quoted(call: str) -> str:
    """In a flow mapping of YAML a brace or comma ends a plain text."""
    return f'"{call}"' if any(char in call for char in "{}[],:#") else call


def _names(was: ToolSnapshot, now: ToolSnapshot, fresh: dict[str, ToolSnapshot]) -> Iterator[Change]:
    for name in sorted(set(was.tool.aliases) - set(now.tool.aliases) - {now.tool.name} - fresh.keys()):
        text = f"the earlier name {name} is no longer served"
        yield Change("breaking", now.tool.name, "tool-renamed", text, now.where, now.tool.source)


# -------------------------------------------------------------------------------------------------------- auth, server


def _auth(old: Surface, new: Surface) -> Iterator[Change]:
    before = {one.name: one for one in old.server.auth}
    after = {one.name: one for one in new.server.auth}
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) == after.get(name):
            continue
        where = new.auth.get(name, new.where)
        yield from _account(name, before.get(name), after.get(name), where)
        text = "is new" if name not in before else "is gone" if name not in after else _auth_differs(old, new, name)
        yield Change("review", f"auth {name}", "auth", text, where)


def _account(name: str, was: Auth | None, now: Auth | None, where: Where | None) -> Iterator[Change]:
    """Whether calls are made in the caller's own name: what agents, and those who look at the API's log, notice."""
    before, after = was is not None and was.consent is not None, now is not None and now.consent is not None
    if after and not before:
        text = "calls fail until the caller has connected an account of its own; then they are made in its name"
        yield Change("breaking", f"auth {name}", "account", text, where)
    elif before and not after and now is not None:
        text = "calls are no longer made in the caller's own name, but with the account of the server"
        yield Change("review", f"auth {name}", "account", text, where)


def _auth_differs(old: Surface, new: Surface, name: str) -> str:
    first = next(one for one in old.server.auth if one.name == name)
    second = next(one for one in new.server.auth if one.name == name)
    names = [one.name for one in fields(Auth) if getattr(first, one.name) != getattr(second, one.name)]
    users = sum(1 for one in new.tools.values() if name in one.tool.auth)
    return f"differs in {', '.join(names)}; {users} tool{' uses' if users == 1 else 's use'} it"


def _server(old: Surface, new: Surface) -> Iterator[Change]:
    before, after = old.server, new.server
    same_file = old.where.file == new.where.file

    def review(kind: str, text: str) -> Change:
        return Change("review", new.name, kind, text, new.where)

    if before.bases != after.bases:
        yield review("destination", f"the API is at {_bases(after.bases)}, not at {_bases(before.bases)}")
    if before.governance != after.governance and same_file:
        yield review("governance", f"governance: {before.governance or 'none'} → {after.governance or 'none'}")
    if before.name != after.name and same_file:
        yield review("server-renamed", f"the server was called {before.name}: policies and clients name it")
    if before.connection != after.connection:
        yield review("connection", "the API is reached in another way (connection: certificates, proxy, limits)")
    if before.overrides != after.overrides and same_file:
        yield review("overrides", f"hand edits: {before.overrides or 'none'} → {after.overrides or 'none'}")
    for word in ("title", "page_size", "max_bytes", "timeout"):
        if getattr(before, word) != getattr(after, word):
            text = f"{word}: {getattr(before, word)} → {getattr(after, word)}"
            yield Change("unchanged", new.name, "server", text, new.where)


def _bases(bases: tuple[Base, ...]) -> str:
    return ", ".join(one.url or f"${{env:{one.env}}}" for one in bases) or "no address"
