"""Names of roles on AWS, the same ones at every run; and whose a stack is: two fleets in one account
must not take each other's stacks."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from adaptgen.diagnostics import error
from adaptgen.ship.deployments.ownership import fleet_of, is_made_of
from adaptgen.ship.fleet.links import upstreams_of
from adaptgen.ship.fleet.members import Member
from adaptgen.ship.stack.stack import describe


def fleets_of(members: Sequence[Member]) -> dict[str, str]:
    """The name of each member -> the stack of its proxy; its own stack for a server without one."""
    found = {one.name: one.stage.stack for one in members}
    for proxy in members:
        if proxy.is_proxy:
            found |= {server.name: proxy.stage.stack for _, _, server in upstreams_of(proxy, members)}
    return found


def check_owner(member: Member, fleet: str, stack: Mapping[str, Any]) -> None:
    """AG119 where ``stack``, as AWS describes it, belongs to another fleet than ``fleet``, or was not made of this
    server: an update would replace all that it has. One that was deployed by itself is taken over."""
    owner = fleet_of(stack)
    where, help = member.stage.where("stack"), f"stack: another name, in {member.stage.file}"
    stack_name = member.stage.stack
    if owner and owner != fleet:
        message = f"the stack {stack_name} belongs to the fleet of {owner}, and {member.name} to that of {fleet}"
        raise error("AG119", message, where, help)
    if not owner and not is_made_of(describe(member.deployable), stack):
        message = f"the stack {stack_name} is not one of {member.name}: adaptgen did not make it"
        raise error("AG119", message, where, help)


# ----------------------------------------------------------------------------------------------------------- names

ROLE = 64
"""Characters of the name of a role (quota of IAM)."""
_DIGEST = 8


def role_name(stack: str, region: str) -> str:
    """The name of the role of a stack. Roles belong to the whole account and stacks to one region, so that it names
    both."""
    return shorten(f"{stack}-{region}", ROLE)


def shorten(name: str, most: int) -> str:
    """``name``, or its beginning and a hash where it is longer than ``most``: two long names stay two."""
    if len(name) <= most:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:_DIGEST]
    return f"{name[: most - _DIGEST - 1].rstrip('-')}-{digest}"


def partition_of(region: str) -> str:
    """The partition of AWS that a region belongs to: the second part of every ARN there."""
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"
