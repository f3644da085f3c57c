"""People log in at the identity provider with their browser, and nobody else's browser, answer or form will do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from support.idp import Idp
from support.logins import Browser, Site, site, text_of

from adaptgen.mcp.http_messages import HttpAnswer, HttpRequest, whole
from adaptgen.web.browser.people import people_of

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def idp() -> AsyncIterator[Idp]:
    one = Idp()
    await one.start()
    yield one
    await one.stop()


@pytest_asyncio.fixture
async def bank(tmp_path: Path, idp: Idp) -> AsyncIterator[Site]:
    async with site(tmp_path, idp) as one:
        yield one


async def begin(browser: Browser, back: str = "/login/out", *, keep: bool = False) -> HttpAnswer:
    """What a page answers to somebody who is not logged in."""
    cookie = "; ".join(f"{name}={text}" for name, text in browser.cookies.items())
    request = HttpRequest("GET", "/", {"cookie": cookie}, whole(b""))
    answer = await people_of(browser.site.governed).log_in(request, back, keep=keep)
    for line in answer.cookies:
        name, _, text = line.partition(";")[0].partition("=")
        browser.cookies[name] = text
    return answer


async def log_in(browser: Browser, back: str = "/login/out", *, keep: bool = False) -> HttpAnswer:
    return await browser.follow(await begin(browser, back, keep=keep))


def person(browser: Browser) -> object:
    cookie = "; ".join(f"{name}={text}" for name, text in browser.cookies.items())
    return people_of(browser.site.governed).person(HttpRequest("GET", "/", {"cookie": cookie}, whole(b"")))


async def test_a_person_logs_in(bank: Site) -> None:
    browser = Browser(bank)
    page = await log_in(browser)
    assert page.status == 200
    assert "Ann Ek" in text_of(page)
    found = people_of(bank.governed).person(
        HttpRequest("GET", "/", {"cookie": "; ".join(f"{n}={t}" for n, t in browser.cookies.items())}, whole(b""))
    )
    assert found is not None
    assert (found.caller.sub, found.caller.tenant, found.caller.groups) == ("ann", "north", ("staff",))
    assert found.caller.token == ""
    assert found.ends - found.since == pytest.approx(3600, abs=2)
    assert [one for one in browser.cookies if "login-" in one] == []
