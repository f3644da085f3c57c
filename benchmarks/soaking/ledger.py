"""The books of the soak: what was answered, what may be answered now, and whether the API's log agrees in the end."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

Outcome = Literal["ok", "unknown", "refused"]

GRACE = 3.0
"""Seconds after the end of a disturbance in which its traces may still be seen."""


class Wrong(Exception):
    """An answer that is neither right nor specified, or a book that does not balance; the text shows it."""


class Ledger:
    """``calls`` is how many tool calls were answered, ``counts`` how, by kind."""

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted
        self.calls = 0
        self.counts: Counter[str] = Counter()
        self.refs: dict[str, Outcome] = {}
        self.rotated = asyncio.Event()
        """Set once answers hold tokens of the new key: those of the old one are older than the rotation."""
        self.noticed = float("inf")
        """When the proxy was seen to use the new keys of the issuer: tokens signed before are refused from then on."""
        self.cut: tuple[float, float] = (float("inf"), float("inf"))
        """From when to when the caller is switched off."""
        self.over = False
        self._tokens: dict[tuple[str, str, int], str] = {}
        self._owners: dict[str, tuple[str, int]] = {}
        self._disturbed: dict[str, list[list[float]]] = {}
        self._waiting: list[tuple[float, asyncio.Event]] = []

    # -------------------------------------------------------------------------------------------------------- progress

    def count(self, kind: str) -> None:
        """One call was answered with ``kind``."""
        self.calls += 1
        self.counts[kind] += 1
        while self._waiting and self._waiting[0][0] <= self.calls:
            self._waiting.pop(0)[1].set()

    async def reached(self, share: float) -> None:
        """Wait until that share of the calls was answered."""
        event = asyncio.Event()
        calls = share * self.wanted
        if self.calls < calls:
            self._waiting.append((calls, event))
            self._waiting.sort(key=lambda one: one[0])
            await event.wait()

    async def seen(self, kind: str) -> None:
        """Wait until something was counted under this name."""
        while not self.counts[kind]:
            await self.reached((self.calls + 1) / self.wanted)

    @property
    def done(self) -> bool:
        """Whether the workers may go home: enough calls, and everything happened."""
        return self.over and self.calls >= self.wanted

    # ---------------------------------------------------------------------------------------------------- disturbances

    @contextmanager
    def disturbed(self, what: str) -> Iterator[None]:
        """In this block, and for a moment after it, answers may speak of ``what``."""
        window = [time.monotonic(), float("inf")]
        self._disturbed.setdefault(what, []).append(window)
        yield
        window[1] = time.monotonic() + GRACE

    def may(self, what: str, began: float) -> bool:
        """Whether a call that began then may have met ``what``."""
        now = time.monotonic()
        return any(start <= now and began <= end for start, end in self._disturbed.get(what, ()))

    # ---------------------------------------------------------------------------------------------------------- tokens

    def token(self, tenant: str, token: str, person: int) -> None:
        """An answer shows this token where the customer's address is.

        Raises:
            Wrong: it was another one before, or it stands for somebody else.
        """
        key = token[len("tok_email_") :][:2]
        if not token.startswith("tok_email_k"):
            raise Wrong(f"no token of an e-mail address: {token}")
        known = self._tokens.setdefault((tenant, key, person), token)
        owner = self._owners.setdefault(token, (tenant, person))
        if known != token or owner != (tenant, person):
            raise Wrong(f"the token of customer {person} of {tenant} was {known} and is {token}, of {owner}")
        if key == "k2":
            self.rotated.set()

    def tokens(self, tenant: str) -> list[tuple[str, int]]:
        """Those that were shown to a tenant, with the customers that they stand for."""
        return [(token, person) for token, (whose, person) in self._owners.items() if whose == tenant]

    # ------------------------------------------------------------------------------------------------------------- end

    def balance(self, folder: Path) -> tuple[int, int]:
        """Compare with what the API executed: (writes executed, of those whose outcome was reported as unknown).

        Raises:
            Wrong: something was executed twice, or not as reported.
        """
        executed: Counter[str] = Counter()
        for line in (folder / "executed.log").read_text().splitlines():
            executed[line.split()[0]] += 1
        for ref, times in executed.items():
            if times > 1 or ref not in self.refs:
                raise Wrong(f"the order {ref} was executed {times} times; reported: {self.refs.get(ref)}")
        unsure = 0
        for ref, outcome in self.refs.items():
            times = executed[ref]
            unsure += outcome == "unknown" and times
            if (outcome == "ok" and times != 1) or (outcome == "refused" and times):
                raise Wrong(f"the order {ref} was reported as {outcome}, and executed {times} times")
        again = [line for line in (folder / "refreshed.log").read_text().splitlines() if line.startswith("again")]
        if again:
            raise Wrong(f"{len(again)} refresh tokens were used twice")
        return executed.total(), unsure


def slope(samples: list[tuple[int, float]]) -> float:
    """The growth of ``(calls, MB)`` per 10,000 calls, by least squares."""
    if len(samples) < 3:
        return 0.0
    middle = sum(x for x, _ in samples) / len(samples)
    level = sum(y for _, y in samples) / len(samples)
    spread = sum((x - middle) ** 2 for x, _ in samples)
    return sum((x - middle) * (y - level) for x, y in samples) / spread * 10_000 if spread else 0.0
