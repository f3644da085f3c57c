"""The servers behind the proxy as one target."""

from __future__ import annotations

import os

from adaptgen.govern.identity.identity_assertion import AssertionIssuer
from adaptgen.govern.pipeline.factory import TargetInputs, issuer
from adaptgen.govern.settings.keys import pin_keys
from adaptgen.proxy.proxy_target import UpstreamAggregator
from adaptgen.proxy.tool_pins import FilePins, InMemoryPins, Pins, PinSigner, StorePins
from adaptgen.proxy.upstream_auth import UpstreamAuthenticator
from adaptgen.runtime.aws.assume_role import Roles


def pins_for(given: TargetInputs) -> Pins:
    """Where tools stay pinned: in the shared state, else beside the settings, where a person can review them."""
    keys = pin_keys(given.material)
    signer = PinSigner(keys) if keys else None
    if given.settings.state.store != "memory":
        return StorePins(given.store, signer)
    beside = given.settings.folder
    if beside is not None and os.access(beside, os.W_OK):
        return FilePins(beside / "pins.json", signer)
    return InMemoryPins()


async def start_aggregator(given: TargetInputs, pins: Pins | None = None) -> UpstreamAggregator:
    """The servers of the settings as one target, started. ``pins``: where tools are pinned, if not where the
    settings say.

    Raises:
        AdaptgenError: AG075, at its place, for an upstream that cannot be used.
    """
    settings, environ = given.settings, given.place.environ
    roles = Roles()
    credentials = {
        name: UpstreamAuthenticator(
            one.auth,
            name,
            environ=environ,
            roles=roles,
            where=lambda *at, name=name: settings.where("upstreams", name, "auth", *at),
        )
        for name, one in settings.upstreams.items()
    }
    for one in credentials.values():
        one.check()
    key = given.material.handover
    aggregator = UpstreamAggregator(
        settings.upstreams,
        rules=settings.tools,
        credentials=credentials,
        handover=AssertionIssuer(key, issuer(settings)) if key else None,
        environ=environ,
        where=settings.where,
        pins=pins or pins_for(given),
    )
    await aggregator.start()
    return aggregator
