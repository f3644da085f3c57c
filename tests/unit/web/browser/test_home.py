"""What browsers see at ``/`` and where there is nothing: people find their way, strangers learn nothing."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from support.idp import Idp
from support.logins import BASE, Browser, Site, site, text_of

pytestmark = pytest.mark.asyncio
WAYS = [f"{BASE}/connections", f"{BASE}/approvals", f"{BASE}/login/out"]


@pytest_asyncio.fixture
async def bank(tmp_path: Path) -> AsyncIterator[Site]:
    idp = Idp()
    await idp.start()
    async with site(tmp_path, idp) as one:
        yield one
    await idp.stop()


def links(text: str) -> list[str]:
    return re.findall(r'href="([^"]*)"', text)


async def test_who_logs_in_comes_back_and_finds_the_pages(bank: Site) -> None:
    browser = Browser(bank)
    shown = await browser.follow(await browser.get(f"{BASE}/login/in"))
    assert browser.seen[-1] == f"{BASE}/"
    assert "Ann Ek" in text_of(shown)
    assert links(text_of(shown)) == WAYS + WAYS
    assert links(text_of(await browser.get(f"{BASE}/nothing"))) == WAYS
