"""Limits: who shares a bucket with whom, and what a refusal leaves behind."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adaptgen.govern.limits.rate_limiter import Limiter
from adaptgen.govern.settings.model import Limit
from adaptgen.mcp.protocol import ToolInfo
from adaptgen.model.tables import Caller
from adaptgen.runtime.store.protocol import MemoryStore

pytestmark = pytest.mark.asyncio

ADA = Caller("ada", "bank", ("sales", "risk"))
BOB = Caller("bob", "bank", ("risk",))
EVE = Caller("ada", "other", ("sales",))
NOBODY = Caller("nobody", "bank")


def facts(own: str = "find", server: str = "crm") -> ToolInfo:
    return ToolInfo(f"{server}__{own}", server, own, "read", True, {})


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def limiter(*limits: Limit, clock: Clock | None = None) -> Limiter:
    return Limiter(limits, MemoryStore(clock=clock or Clock()))


async def test_every_group_of_a_caller_pays() -> None:
    one = limiter(Limit(per=("group",), rate=1, burst=2))
    assert await one.take(ADA, facts()) == 0
    assert await one.take(BOB, facts()) == 0
    assert await one.take(BOB, facts()) > 0, "risk has given two"
    assert await one.take(ADA, facts()) > 0, "so ada, who is in risk too, is refused"
    assert await one.take(Caller("zoe", "bank", ("sales",)), facts()) == 0, "and sales was given its token back"
    assert [await one.take(NOBODY, facts()) > 0 for _ in range(3)] == [False, False, True]


async def test_limits_name_tools_and_groups_by_globs() -> None:
    one = limiter(
        Limit(per=("sub",), rate=1, burst=1, tools=("crm/delete_*",)),
        Limit(per=("sub",), rate=1, burst=1, groups=("risk",)),
    )
    assert [await one.take(EVE, facts("find")) for _ in range(3)] == [0, 0, 0]
    assert [await one.take(EVE, facts("delete_x")) > 0 for _ in range(2)] == [False, True]
    assert [await one.take(BOB, facts("find")) > 0 for _ in range(2)] == [False, True]


@given(
    calls=st.lists(st.tuples(st.sampled_from([ADA, BOB, EVE, NOBODY]), st.floats(0, 3)), max_size=60),
    rate=st.floats(0.1, 5),
    burst=st.integers(1, 5),
)
async def test_nobody_gets_more_than_rate_and_burst(calls: list[tuple[Caller, float]], rate: float, burst: int) -> None:
    clock = Clock()
    one = limiter(Limit(per=("sub",), rate=rate, burst=burst), clock=clock)
    given_to: dict[Caller, list[float]] = {}
    for caller, later in calls:
        clock.now += later
        if await one.take(caller, facts()) == 0:
            given_to.setdefault(caller, []).append(clock.now)
    for times in given_to.values():
        for first in range(len(times)):
            for last in range(first, len(times)):
                assert last - first + 1 <= burst + rate * (times[last] - times[first]) + 1e-3
