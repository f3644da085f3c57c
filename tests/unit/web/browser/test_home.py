"""What browsers see at ``/`` and where there is nothing: people find their way, strangers learn nothing."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from support.idp import Idp
from support.logins import BASE, Browser, Site, field_of, site, text_of

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


async def test_a_stranger_learns_the_address_for_clients_and_where_to_log_in(bank: Site) -> None:
    shown = await Browser(bank).get(f"{BASE}/")
    assert shown.status == 200
    assert links(text_of(shown)) == [f"{BASE}/login/in"]
    assert "https://mcp.bank.example/mcp" in text_of(shown)
    assert "fake" not in text_of(shown)
    assert "look" not in text_of(shown)


async def test_who_logs_in_comes_back_and_finds_the_pages(bank: Site) -> None:
    browser = Browser(bank)
    shown = await browser.follow(await browser.get(f"{BASE}/login/in"))
    assert browser.seen[-1] == f"{BASE}/"
    assert "Ann Ek" in text_of(shown)
    assert links(text_of(shown)) == WAYS + WAYS
    assert links(text_of(await browser.get(f"{BASE}/nothing"))) == WAYS


async def test_a_page_without_a_login_has_no_way_to_the_others(bank: Site) -> None:
    browser = Browser(bank)
    asking = await browser.follow(await browser.get(f"{BASE}/login/in"))
    asking = await browser.get(f"{BASE}/login/out")
    left = await browser.post(f"{BASE}/login/out", {"token": field_of(asking, "token")})
    assert "You are logged out" in text_of(left)
    assert links(text_of(left)) == []


@pytest.mark.parametrize(
    ("method", "accept", "status", "page"),
    [
        ("GET", "text/html", 404, True),
        ("HEAD", "text/html", 404, True),
        ("GET", "*/*", 404, False),
        ("POST", "text/html", 404, False),
    ],
)
async def test_only_browsers_that_read_get_a_page_where_there_is_nothing(
    bank: Site, method: str, accept: str, status: int, page: bool
) -> None:
    got = await Browser(bank).send(method, f"{BASE}/nothing", accept=accept)
    assert got.status == status
    assert ("content-security-policy" in got.headers) is page
