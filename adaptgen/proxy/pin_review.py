"""What a person reviews of the servers behind the proxy: what is new or has changed, and what is accepted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adaptgen.diagnostics import error
from adaptgen.govern.pipeline.factory import ServingContext, TargetInputs
from adaptgen.govern.settings import keys
from adaptgen.govern.settings.model import Settings
from adaptgen.govern.settings.references import open_store, resolve
from adaptgen.model.frozen import value
from adaptgen.proxy.pin_store import KINDS, TOOLS, Pins, PinState, UntrustedPins
from adaptgen.proxy.start import pins_for, start_aggregator
from adaptgen.runtime.aws.credentials import Credentials
from adaptgen.runtime.store.protocol import StoreError


@value()
class Review:
    """``accepted``: what is pinned now; ``open``: what is not, as sentences; ``suspected``: arguments of third parties
    that may hold personal data, and that the settings say nothing about."""

    accepted: tuple[str, ...]
    open: tuple[str, ...]
    suspected: tuple[str, ...]


class _Reviewed:
    """Pins of which those that cannot be trusted count as not accepted, for the servers that a person names."""

    def __init__(self, pins: Pins, servers: Sequence[str]) -> None:
        self._pins = pins
        self._servers = servers

    async def load(self, server: str) -> PinState:
        try:
            return await self._pins.load(server)
        except UntrustedPins:
            if server not in self._servers:
                raise
            return PinState(others={kind: {} for kind in KINDS if kind != TOOLS}, known=True)

    async def save(self, server: str, memory: PinState) -> None:
        if server in self._servers:
            await self._pins.save(server, memory)


async def review(settings: Settings, environ: Mapping[str, str], accept: Sequence[str]) -> Review:
    """Read every server, and pin what fits one of ``accept`` (``server`` or ``server/name``, both globs) as it is now;
    AdaptgenError where a server or the pins cannot be read, or nothing fits."""
    credentials = Credentials(environ)
    material = await keys.material(settings, credentials)
    store = await open_store(settings, credentials)
    try:
        place = ServingContext(http=True, environ=environ)
        resolved = await resolve(settings, credentials, http=True)
        given = TargetInputs(resolved, material, store, place)
        servers = [one for one in settings.upstreams if any(_concerns(one, glob) for glob in accept)]
        aggregator = await start_aggregator(given, _Reviewed(pins_for(given), servers if accept else ()))
        try:
            accepted = [one for glob in accept for one in await aggregator.accept(glob)]
            left = tuple(one.message for one in aggregator.findings())
            return Review(tuple(accepted), left, tuple(aggregator.suspected()))
        finally:
            await aggregator.aclose()
    except StoreError as problem:
        raise error("AG076", f"{problem}; it is not known what was accepted", settings.where("state")) from None
    finally:
        await store.aclose()


def _concerns(server: str, glob: str) -> bool:
    from fnmatch import fnmatchcase

    return fnmatchcase(server, glob.partition("/")[0])
