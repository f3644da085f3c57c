"""Makes the proxy's target from its settings: credentials, pins, what replicas share."""

from __future__ import annotations

import os

from adaptgen.govern.identity.identity_assertion import AssertionIssuer
from adaptgen.govern.pipeline.factory import TargetInputs, issuer
from adaptgen.govern.settings.keys import pin_keys, session_keys
from adaptgen.proxy.pin_store import FilePins, InMemoryPins, Pins, PinSigner, StorePins
from adaptgen.proxy.proxy_target import UpstreamAggregator
from adaptgen.proxy.upstream_auth import UpstreamAuthenticator
from adaptgen.runtime.auth.session_store import SharedSessionStore
from adaptgen.runtime.aws.assume_role import Roles


def pins_for(given: TargetInputs) -> Pins:
    """Where tools stay pinned: in the shared state, else next to the settings, where they can be reviewed."""
    keys = pin_keys(given.material)
    signer = PinSigner(keys) if keys else None
    if given.settings.state.store != "memory":
        return StorePins(given.store, signer)
    beside = given.settings.folder
    if beside is not None and os.access(beside, os.W_OK):
        return FilePins(beside / "pins.json", signer)
    return InMemoryPins()


def sessions_for(given: TargetInputs) -> SharedSessionStore | None:
    """Where replicas share their sessions with servers; None where no other process sees the state, or no key outlives
    this one."""
    keys = session_keys(given.material)
    return None if getattr(given.store, "local", False) or not keys else SharedSessionStore(given.store, *keys)


async def start_aggregator(given: TargetInputs, pins: Pins | None = None) -> UpstreamAggregator:
    """The servers of the settings as one target, started; AG075, at its place, for one that cannot be used. ``pins``:
    where tools are pinned, if not where the settings say."""
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
        shared=sessions_for(given),
    )
    await aggregator.start()
    return aggregator
