"""What happens while the workers work, by how far they are."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

from governed.issuer import Issuer

from soaking.client import Connection
from soaking.documents import SWITCH_EVERY
from soaking.ledger import Ledger, Wrong
from soaking.place import Place
from soaking.worker import MAL, Worker

_DOWN = 0.8
"""Seconds for which a killed process stays away; a store that is away for longer than its clients wait is noticed."""
_PATIENCE = 60.0


class Events:
    """Kills, rotations and switches."""

    def __init__(self, place: Place, ledger: Ledger, issuer: Issuer, crew: Sequence[Worker]) -> None:
        self._place = place
        self._ledger = ledger
        self._issuer = issuer
        self._crew = crew

    async def run(self) -> None:
        """All of them, in order.

        Raises:
            Wrong: one has no effect.
        """
        plan: tuple[tuple[float, Callable[[], Awaitable[None]]], ...] = (
            (0.10, self._api),
            (0.22, self._token_keys),
            (0.34, self._cut),
            (0.46, self._redis),
            (0.56, self._let_in),
            (0.66, self._signing_keys),
            (0.80, self._api),
        )
        for share, event in plan:
            await self._ledger.reached(share)
            async with asyncio.timeout(_PATIENCE):
                await event()
            self._ledger.counts["events"] += 1
        self._ledger.over = True

    async def _api(self) -> None:
        with self._ledger.disturbed("api"):
            self._place.kill("api")
            await asyncio.sleep(_DOWN)
            await asyncio.to_thread(self._place.start_api)

    async def _redis(self) -> None:
        """It forgets everything: limits, handovers that were used, the session of the API."""
        with self._ledger.disturbed("redis"):
            self._place.kill("redis")
            await asyncio.sleep(_DOWN)
            await asyncio.to_thread(self._place.start_redis)

    async def _token_keys(self) -> None:
        self._place.govern("k2")
        await self._ledger.rotated.wait()

    async def _cut(self) -> None:
        self._switched = self._ledger.disturbed("switch")
        self._switched.__enter__()
        self._ledger.cut = (time.monotonic(), float("inf"))
        self._place.switch(f'callers: ["{MAL.tenant}/{MAL.sub}"]\n')
        await self._ledger.seen("off")

    async def _let_in(self) -> None:
        self._ledger.cut = (self._ledger.cut[0], time.monotonic())
        self._place.switch("")
        await asyncio.sleep(SWITCH_EVERY)
        self._switched.__exit__(None, None, None)

    async def _signing_keys(self) -> None:
        """Most workers fetch a new access token at once; the others notice when theirs are refused."""
        with self._ledger.disturbed("signing"):
            self._issuer.rotate()
            for worker in self._crew[2:]:
                worker.renew()
            probe, token = Connection(self._place.proxy_port), self._issuer.token("probe", "readers", org="north")
            try:
                while True:
                    said = await probe.call(token, "shop__find_orders", {"ref": "none"})
                    if said.status == 200:
                        break
                    if said.status != 401:
                        raise Wrong(f"after the issuer's keys changed: {said.raw!r}")
                    await asyncio.sleep(0.25)
            finally:
                probe.close()
            self._ledger.noticed = time.monotonic()
