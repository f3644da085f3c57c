"""A server whose people log in at a scripted provider."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from support.idp import Idp
from support.logins import Site, site


@pytest_asyncio.fixture
async def idp() -> AsyncIterator[Idp]:
    one = Idp()
    await one.start()
    yield one
    await one.stop()


@pytest_asyncio.fixture
async def bank(tmp_path: Path, idp: Idp) -> AsyncIterator[Site]:
    idp.expires_in = 3600
    async with site(tmp_path, idp) as one:
        yield one
