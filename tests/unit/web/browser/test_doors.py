"""Logging in works through every way in which requests arrive: ASGI, and the events of Lambda with stages and
mappings."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from support.idp import Idp
from support.lambda_runtime import http_event, rest_event
from support.logins import Browser, Carry, by_asgi, by_lambda, field_of, site, text_of

from adaptgen.mcp.http_messages import HttpRequest, whole
from adaptgen.web.browser.people import People, people_of

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def idp() -> AsyncIterator[Idp]:
    one = Idp()
    await one.start()
    yield one
    await one.stop()


FUNCTION = "abc.lambda-url.eu-west-1.on.aws"
GATEWAY = "abc.execute-api.eu-west-1.amazonaws.com"
DOORS = {
    "asgi": (by_asgi, "https://mcp.bank.example/mcp"),
    "asgi on loopback": (by_asgi, "http://127.0.0.1:8000/mcp"),
    "Function URL": (by_lambda(http_event, "", FUNCTION), f"https://{FUNCTION}/mcp"),
    "HTTP API": (by_lambda(http_event, "", GATEWAY), f"https://{GATEWAY}/mcp"),
    "HTTP API with a stage": (by_lambda(http_event, "prod", GATEWAY), f"https://{GATEWAY}/prod/mcp"),
    "REST API": (by_lambda(rest_event, "prod", GATEWAY), f"https://{GATEWAY}/prod/mcp"),
    "HTTP API with a mapping": (by_lambda(http_event, "", "mcp.bank.example"), "https://mcp.bank.example/crm/mcp"),
    "REST API with a mapping": (by_lambda(rest_event, "live", "mcp.bank.example"), "https://mcp.bank.example/crm/mcp"),
}


@pytest.mark.parametrize("door", DOORS)
async def test_a_person_logs_in_and_out(tmp_path: Path, idp: Idp, door: str) -> None:
    carry, resource = DOORS[door]
    assert idp.person is None
    groups = [f"{n:032x}" for n in range(0, 400, 2)]  # two cookies
    idp.person = {"sub": "ann", "name": "Ann Ek", "org": "north", "groups": groups}
    listen = {"hosts": ["mcp.bank.example", FUNCTION, GATEWAY]}
    async with site(tmp_path, idp, resource=resource, listen=listen) as one:
        browser = await logged_in(Browser(one, carry=carry))
        page = await browser.get(f"{one.base}/login/out")
        assert "Ann Ek" in text_of(page)
        head = await browser.send("HEAD", f"{one.base}/login/out")
        assert (head.status, text_of(head)) == (200, "")
        done = await browser.post(f"{one.base}/login/out", {"token": field_of(page, "token")}, origin=origin(one.base))
        assert "You are logged out" in text_of(done)
        assert browser.cookies == {}


def origin(base: str) -> str:
    return "/".join(base.split("/")[:3])


async def logged_in(browser: Browser) -> Browser:
    answer = await people_of(browser.site.governed).log_in(HttpRequest("GET", "/", {}, whole(b"")), "/login/out?a=b")
    for line in answer.cookies:
        name, _, text = line.partition(";")[0].partition("=")
        browser.cookies[name] = text
    page = await browser.follow(answer)
    assert page.status == 200
    assert browser.seen[-1] == f"{browser.site.base}/login/out?a=b"
    return browser


async def test_another_name_of_this_machine_leads_to_the_one_that_the_provider_knows(tmp_path: Path, idp: Idp) -> None:
    async with site(tmp_path, idp, resource="http://127.0.0.1:8000/mcp") as one:
        people = people_of(one.governed)

        async def to(host: str) -> str:
            return (await people.log_in(HttpRequest("GET", "/", {"host": host}, whole(b"")), "/x")).headers["location"]

        assert await to("localhost:8000") == "http://127.0.0.1:8000/x"
        for host in ("127.0.0.1:8000", "127.0.0.1:9000", "inner.example"):
            assert (await to(host)).startswith(idp.url)


@pytest.mark.parametrize("carry", [by_asgi, by_lambda(http_event, "", FUNCTION), by_lambda(rest_event, "p", FUNCTION)])
async def test_what_is_not_served_is_refused(tmp_path: Path, idp: Idp, carry: Carry) -> None:
    async with site(tmp_path, idp) as one:
        browser = Browser(one, carry=carry)
        base = one.base
        assert (await browser.get("https://evil.example/login/out")).status == 421
        assert (await browser.send("OPTIONS", f"{base}/login/out")).status == 405
        assert (await browser.send("PUT", f"{base}/login/out")).status == 403
        assert (await browser.send("PUT", f"{base}/login/out", sec_fetch_site="same-origin")).status == 405
        assert (await browser.send("HEAD", f"{base}/login/callback")).status == 405
        assert (await browser.get(f"{base}/login/nowhere")).status == 404
        large = {"x": "y" * (64 * 1024)}
        assert (await browser.post(f"{base}/login/out", large)).status == 413
        several = await browser.get(f"{base}/login/out", origin="https://evil.example")
        assert "access-control-allow-origin" not in several.headers


async def test_people_see_a_page_and_programs_json(
    tmp_path: Path, idp: Idp, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with site(tmp_path, idp) as one:
        browser = Browser(one)

        def fail(*_: object) -> None:
            raise RuntimeError("the refresh token is secret-123")

        monkeypatch.setattr(People, "person", fail)
        page = await browser.get(f"{one.base}/login/out")
        assert (page.status, page.headers["content-type"]) == (500, "text/html; charset=utf-8")
        assert "Internal error" in text_of(page)
        assert page.headers["cache-control"] == "no-store"
        answer = await browser.get(f"{one.base}/login/out", accept="application/json")
        assert (answer.status, answer.headers["content-type"]) == (500, "application/json")
        shown = text_of(page) + text_of(answer) + "".join(capsys.readouterr())
        assert "secret-123" not in shown
