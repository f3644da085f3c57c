"""The order in which stacks are made, as a value: first what others need, and again what could not know everything.

A server permits the role of its proxy, and AWS refuses a permission for a role that does not exist: so a new proxy
comes first, without the URLs of its servers, then the servers, then the proxy again with them. Where everything is
known, each stack comes once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeAlias

from adaptgen.model.frozen import value
from adaptgen.ship.fleet.links import Link, Wanted, resource_of
from adaptgen.ship.fleet.members import Member
from adaptgen.ship.fleet.naming import partition_of, role_name

Known: TypeAlias = Mapping[tuple[str, Wanted], str]
"""What is known of members: (name, what) -> value."""

_NOWHERE: Final = "https://not-known-yet.invalid/mcp"
"""A URL that leads nowhere (RFC 6761, 6.4)."""
_OUTPUTS: Final[tuple[Wanted, ...]] = ("Url", "FunctionArn", "RoleArn")


@value()
class Step:
    """One stack is brought to what is known by then. ``later``: what is not; it gets a value that leads nowhere, and
    another step."""

    member: Member
    later: tuple[Link, ...] = ()


def outputs_of(member: Member, outputs: Mapping[str, str]) -> dict[tuple[str, Wanted], str]:
    """What the outputs of the stack of ``member`` say. The role of a stack that was made without the name that it is to
    have does not count: it is going to be replaced."""
    found: dict[tuple[str, Wanted], str] = {(member.name, name): outputs[name] for name in _OUTPUTS if name in outputs}
    wanted = member.stage.parameters.get("RoleName") or role_name(member.stage.stack, member.stage.region)
    if not outputs.get("RoleArn", "").endswith(f"/{wanted}"):
        found.pop((member.name, "RoleArn"), None)
    return found


def said_by(members: Iterable[Member]) -> dict[tuple[str, Wanted], str]:
    """What settings and stage files say: the public URLs."""
    return {(one.name, "Resource"): text for one in members if (text := resource_of(one))}


def make_plan(members: Sequence[Member], links: Sequence[Link], known: Known) -> tuple[Step, ...]:
    """The steps from what is ``known``."""
    servers = [one for one in members if not one.is_proxy]
    proxies = [one for one in members if one.is_proxy]
    early = [one for one in proxies if _comes_first(one, links, known)]
    there = set(known)
    steps: list[Step] = []
    for member in (*early, *servers, *(one for one in proxies if one not in early)):
        later = tuple(link for link in links if link.member == member.name and not _is_known(link, there))
        steps.append(Step(member, later))
        there |= {(member.name, name) for name in _OUTPUTS}
        there.add((member.name, "PublicKeys"))
    return (*steps, *(Step(step.member) for step in steps if step.later))


def _comes_first(proxy: Member, links: Sequence[Link], known: Known) -> bool:
    """Whether a server needs what only the stack of the proxy can say."""
    needed = [one for one in links if one.source == proxy.name and one.member != proxy.name]
    return any(one.wanted in ("RoleArn", "Resource") and not _is_known(one, known) for one in needed)


def _is_known(link: Link, there: Iterable[tuple[str, Wanted]]) -> bool:
    found = set(there)
    if link.wanted == "PublicKeys":
        return True  # made before the first stack
    if link.wanted == "Resource":
        return (link.source, "Resource") in found or (link.source, "Url") in found
    return (link.source, link.wanted) in found


def value_of(link: Link, known: Known) -> str | None:
    """The value of a link; None where it is not known yet."""
    found = known.get((link.source, link.wanted))
    if found is None and link.wanted == "Resource":
        found = known.get((link.source, "Url"))
    return found


def parameters_of(member: Member, links: Iterable[Link], known: Known, members: Mapping[str, Member]) -> dict[str, str]:
    """The parameters of ``member`` that come from links, and the name of its role where others name it; what is not
    known leads nowhere."""
    stage = member.stage
    found = {"RoleName": role_name(stage.stack, stage.region)} if len(members) > 1 else {}
    for link in links:
        if link.member == member.name:
            text = value_of(link, known)
            found[link.parameter] = _placeholder(link, members[link.source]) if text is None else text
    return {name: text for name, text in found.items() if name not in stage.parameters}


def _placeholder(link: Link, source: Member) -> str:
    stage = source.stage
    partition = partition_of(stage.region)
    match link.wanted:
        case "RoleArn":
            return f"arn:{partition}:iam::{stage.account}:role/{role_name(stage.stack, stage.region)}"
        case "FunctionArn":
            return f"arn:{partition}:lambda:{stage.region}:{stage.account}:function:not-known-yet"
        case "PublicKeys":
            return '{"keys":[]}'
        case _:
            return _NOWHERE
