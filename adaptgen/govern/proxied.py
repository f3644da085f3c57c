"""The servers behind the proxy as one target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adaptgen.govern.assemble import Given
from adaptgen.govern.handover import Handover
from adaptgen.govern.mirror import Mirror
from adaptgen.govern.outward import Outward
from adaptgen.runtime.roles import Roles

if TYPE_CHECKING:
    from adaptgen.govern.desk import Target


async def mirrored(given: Given) -> Target:
    """The mirror of every upstream of the settings, started.

    Raises:
        AdaptgenError: AG075, at its place, for an upstream that cannot be used.
    """
    settings, environ = given.settings, given.place.environ
    roles = Roles()
    outward = {
        name: Outward(
            one.auth,
            name,
            environ=environ,
            roles=roles,
            where=lambda *at, name=name: settings.where("upstreams", name, "auth", *at),
        )
        for name, one in settings.upstreams.items()
    }
    for one in outward.values():
        one.check()
    key = given.material.handover
    # The issuer of handovers is the proxy's public URL; on loopback it may have none.
    issuer = settings.listen.resource or f"http://{settings.listen.http}/mcp"
    mirror = Mirror(
        settings.upstreams,
        rules=settings.tools,
        outward=outward,
        handover=Handover(key, issuer) if key else None,
        environ=environ,
        where=settings.where,
    )
    await mirror.start()
    return mirror
