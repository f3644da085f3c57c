"""Generated tools say only what is special: the rest is said once, by their server and their toolset.

``Server(toolsets=…)`` completes its tools here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from adaptgen.model.frozen import INHERITED, Inherited, changed

if TYPE_CHECKING:
    from adaptgen.model.tables import Call, Server, Step, Tool, Update

_EVERYTHING = ("*",)
"""An update accepts all that was read; left out, it accepts what its body has."""


def with_layout(server: Server) -> Server:
    """``server`` with its layout in the tools that have none."""
    if server.layout is None:
        return server
    tools = (changed(tool, {"layout": server.layout}) if tool.layout is None else tool for tool in server.tools)
    return replace(server, tools=tuple(tools))


def completed(server: Server) -> Iterator[Tool]:
    """The tools of the toolsets, with all that they leave out."""
    only = _only_auth(server)
    for toolset in server.toolsets:
        tags = (toolset.tag,) if toolset.tag else ()
        for tool in toolset.tools:
            yield _completed(tool, only, server.not_sensitive, tags)


def _completed(tool: Tool, only: tuple[str, ...], not_sensitive: tuple[str, ...], tags: tuple[str, ...]) -> Tool:
    fields: dict[str, Any] = {}
    if isinstance(tool.auth, Inherited):
        fields["auth"] = only
    if isinstance(tool.not_sensitive, Inherited):
        fields["not_sensitive"] = not_sensitive
    if isinstance(tool.tags, Inherited):
        fields["tags"] = tags
    if not tool.source and tool.call is not None:
        fields["source"] = pointer_of(tool.call)
    if tool.update is not None:
        fields["update"] = replace(tool.update, accepts=_accepted(tool.update, tool.call))
    if tool.steps:
        fields["steps"] = tuple(_step(step, only) for step in tool.steps)
    return changed(tool, fields)


def _step(step: Step, only: tuple[str, ...]) -> Step:
    auth = only if isinstance(step.auth, Inherited) and step.call is not None else step.auth
    flow = step.flow and replace(step.flow, steps=tuple(_step(inner, only) for inner in step.flow.steps))
    return replace(step, auth=auth, flow=flow)


def _accepted(update: Update, call: Call | None) -> tuple[str, ...] | None:
    if update.accepts is None:
        return _in_body(call)
    return None if update.accepts == _EVERYTHING else update.accepts


def _in_body(call: Call | None) -> tuple[str, ...]:
    return tuple(param.name for param in call.body.params) if call is not None and call.body is not None else ()


def _only_auth(server: Server) -> tuple[str, ...]:
    return (server.auth[0].name,) if len(server.auth) == 1 else ()


def pointer_of(call: Call) -> str:
    """The JSON Pointer of the operation that ``call`` is, as OpenAPI 3 lays paths out."""
    path = call.path.replace("~", "~0").replace("/", "~1")
    return f"#/paths/{path}/{call.method.lower()}"


# ------------------------------------------------------------------------------------------------------- writing them


def shared_not_sensitive(tools: Iterable[Tool]) -> tuple[str, ...]:
    """What most of ``tools`` say is not sensitive, for their server to say."""
    return _most_common(tool.not_sensitive for tool in tools)


def shared_tag(tools: Iterable[Tool]) -> str:
    """The tag that most of ``tools`` have as their only one; "" where most have others."""
    tags = _most_common(tool.tags for tool in tools)
    return tags[0] if len(tags) == 1 else ""


def _most_common(values: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    counted: Counter[tuple[str, ...]] = Counter(map(tuple, values))
    return min(counted, key=lambda value: (-counted[value], value)) if counted else ()


def shortened(tool: Tool, server: Server, tag: str) -> Tool:
    """``tool`` without what its ``server`` and its toolset, that of ``tag``, say."""
    only = _only_auth(server)
    fields: dict[str, Any] = {
        "auth": _unless(only, tool.auth),
        "not_sensitive": _unless(server.not_sensitive, tool.not_sensitive),
        "tags": _unless((tag,) if tag else (), tool.tags),
    }
    if tool.call is not None and tool.source == pointer_of(tool.call):
        fields["source"] = ""
    if tool.update is not None:
        accepts = tool.update.accepts
        short = _EVERYTHING if accepts is None else None if accepts == _in_body(tool.call) else accepts
        if accepts is not None and short == _EVERYTHING:
            short *= 2  # only a property that is called `*`, said twice
        fields["update"] = replace(tool.update, accepts=short)
    if tool.steps:
        fields["steps"] = tuple(_shortened_step(step, only) for step in tool.steps)
    return changed(tool, fields)


def _unless(said: tuple[str, ...], own: tuple[str, ...]) -> tuple[str, ...]:
    return INHERITED if own == said else tuple(own)


def _shortened_step(step: Step, only: tuple[str, ...]) -> Step:
    auth = _unless(only, step.auth) if step.call is not None else INHERITED
    flow = step.flow and replace(step.flow, steps=tuple(_shortened_step(inner, only) for inner in step.flow.steps))
    return replace(step, auth=auth, flow=flow)
