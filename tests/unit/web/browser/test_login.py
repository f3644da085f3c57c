"""People log in at the identity provider with their browser, and nobody else's browser, answer or form will do."""

from __future__ import annotations

import logging
import random
import secrets
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import pytest_asyncio
from support.idp import Idp
from support.logins import BASE, Browser, Site, site, text_of

from adaptgen.govern.identity.own_tokens import end_all
from adaptgen.mcp.http_messages import HttpAnswer, HttpRequest, whole
from adaptgen.web.browser.people import Person, people_of

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
    return people_of(browser.site.governed).person(HttpRequest("GET", "/", cookies(browser), whole(b"")))


def cookies(browser: Browser) -> dict[str, str]:
    return {"cookie": "; ".join(f"{name}={text}" for name, text in browser.cookies.items())}


def refusal(answer: HttpAnswer) -> str:
    """Title and status of a page that refuses."""
    page = text_of(answer)
    return f"{answer.status} {page.partition('<h1>')[2].partition('</h1>')[0]}"


async def at_the_provider(browser: Browser, *, keep: bool = False) -> str:
    """The URL with which the provider sends the browser back."""
    answer = await browser.follow(await begin(browser, keep=keep), until=f"{BASE}/login/callback")
    return str(answer.headers["location"])


async def test_a_provider_may_refuse_without_state(bank: Site) -> None:
    """Such an answer belongs to no login: it is shown, repeats nothing, and ends nothing."""
    browser = Browser(bank)
    url = await at_the_provider(browser)
    for query in ("error=access_denied", "error=<b>&state=x", "error=server_error&state="):
        page = await browser.get(f"{BASE}/login/callback?{query}")
        assert refusal(page) == "400 You are not logged in"
        assert "The identity provider refused the login." in text_of(page)
        assert query[6:14] not in text_of(page)
        assert page.cookies == ()
    stranger = await browser.get(f"{BASE}/login/callback?error=access_denied&state={'a' * 32}")
    assert refusal(stranger) == "400 This login cannot continue"
    assert (await browser.get(url)).status == 302  # the login under way goes on


async def test_an_answer_counts_once(bank: Site) -> None:
    browser = Browser(bank)
    url = await at_the_provider(browser)
    cookies = dict(browser.cookies)
    assert (await browser.get(url)).status == 302
    assert refusal(await browser.get(url)) == "400 This login cannot continue"
    browser.cookies = cookies  # a browser that keeps what it was told to drop, and a provider that takes codes twice
    bank.idp.codes["code-1"] = _asked(browser.seen[0])
    assert refusal(await browser.get(url)) == "403 You are not logged in"


def _asked(url: str) -> dict[str, str]:
    return {name: text[0] for name, text in parse_qs(urlsplit(url).query).items()}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param({"state": "x" * 32}, "400 This login cannot continue", id="another state"),
        pytest.param({"iss": "https://evil.example"}, "403 You are not logged in", id="mix-up"),
        pytest.param({"iss": None}, "403 You are not logged in", id="no iss although it is announced"),
        pytest.param({"code": "code-999"}, "403 You are not logged in", id="unknown code"),
        pytest.param({"code": None}, "403 You are not logged in", id="no code"),
        pytest.param({"error": "access_denied<b>"}, "403 You are not logged in", id="the provider refuses"),
    ],
)
async def test_an_answer_that_was_changed_logs_nobody_in(bank: Site, change: dict[str, str], expected: str) -> None:
    browser = Browser(bank)
    url, _, query = (await at_the_provider(browser)).partition("?")
    fields = {name: text[0] for name, text in parse_qs(query).items()} | change
    answer = await browser.get(f"{url}?{urlencode({name: text for name, text in fields.items() if text})}")
    assert refusal(answer) == expected
    assert person(browser) is None
    assert "<b>" not in text_of(answer)


async def test_a_provider_that_is_down_is_said_without_detail(bank: Site) -> None:
    bank.idp.answers["/token"] = (500, {}, b"secret stack trace of the provider")
    browser = Browser(bank)
    answer = await browser.get(await at_the_provider(browser))
    assert refusal(answer) == "503 Nobody can log in now"
    assert "secret" not in text_of(answer)
    assert "127.0.0.1" not in text_of(answer)


def asked(browser: Browser, url: str) -> HttpRequest:
    cookie = "; ".join(f"{name}={text}" for name, text in browser.cookies.items())
    parts = urlsplit(url)
    return HttpRequest("GET", parts.path, {"cookie": cookie}, whole(b""), query=parts.query)


async def test_a_refresh_token_is_asked_for_with_consent_where_it_needs_that(bank: Site) -> None:
    """OpenID Connect Core, 11: a provider may ignore ``offline_access`` without ``prompt=consent``."""
    bank.idp.only_with_consent = True
    browser = Browser(bank)
    await browser.follow(await begin(browser, "/oauth/authorize", keep=True), until=f"{BASE}/oauth")
    prompts = [
        _asked(url).get("prompt") for url in browser.seen if "/authorize?" in url and url.startswith(bank.idp.url)
    ]
    assert prompts == [None, "consent"]
    found = await people_of(bank.governed).identified(asked(browser, browser.seen[-1]))
    assert found is not None
    assert found.renewable


async def test_long_identities_take_two_cookies_and_endless_ones_are_refused(bank: Site) -> None:
    browser = Browser(bank)
    groups = [str(uuid.UUID(bytes=random.Random(n).randbytes(16))) for n in range(200)]
    assert bank.idp.person is not None
    bank.idp.person["groups"] = groups
    await log_in(browser)
    found = person(browser)
    assert isinstance(found, Person)
    assert found.caller.groups == tuple(groups)
    assert all(len(name) + len(text) < 4030 for name, text in browser.cookies.items())
    bank.idp.person["groups"] = [secrets.token_hex(64) for _ in range(75)]
    assert refusal(await log_in(browser)) == "403 You cannot log in"


# ---------------------------------------------------------------------------------------------------------------- forms


async def test_operators_end_the_logins_of_a_persons_browsers(bank: Site) -> None:
    browser = Browser(bank)
    await log_in(browser)
    await end_all(bank.governed.store, person=("south", "ann"))
    assert "Ann Ek" in text_of(await browser.get(f"{BASE}/login/out"))
    await end_all(bank.governed.store, person=("north", "ann"))
    assert "You are not logged in" in text_of(await browser.get(f"{BASE}/login/out"))
    assert "Ann Ek" in text_of(await log_in(browser))


async def test_a_form_needs_the_token_of_this_login_and_purpose(bank: Site) -> None:
    people = people_of(bank.governed)
    browser, other = Browser(bank), Browser(bank)
    await log_in(browser)
    await log_in(other)
    mine, theirs = person(browser), person(other)
    assert isinstance(mine, Person)
    assert isinstance(theirs, Person)
    request = HttpRequest("POST", "/x", {"origin": BASE, **cookies(browser)}, whole(b""))
    token = people.form_token(mine, "do/this")
    assert await people.check_form(request, mine, "do/this", token)
    assert not await people.check_form(request, mine, "do/that", token)
    assert not await people.check_form(request, theirs, "do/this", token)
    assert not await people.check_form(request, mine, "do/this", "")
    assert not await people.check_form(HttpRequest("GET", "/x", {"origin": BASE}, whole(b"")), mine, "do/this", token)
    assert (await browser.post("/login/out", {})).status == 403
    await end_all(bank.governed.store, person=("north", "ann"))
    assert not await people.check_form(request, mine, "do/this", token), (
        "the fields of a form may come long after its head"
    )


async def test_a_form_after_the_login_has_ended_is_answered_with_a_link(bank: Site) -> None:
    """Its policy lets a form go to this server alone, and the provider is another place."""
    answer = await people_of(bank.governed).log_in(HttpRequest("POST", "/x", {}, whole(b"")), "/x?a=1&b=2")
    assert refusal(answer) == "403 You are not logged in"
    assert f'<a href="{BASE}/x?a=1&amp;b=2">Try again</a>' in text_of(answer)
    assert answer.cookies == ()


async def test_who_is_cut_off_is_logged_in_nowhere(tmp_path: Path, idp: Idp) -> None:
    switched = tmp_path / "switch.yaml"
    switched.write_text("{}")
    async with site(tmp_path, idp, switch={"source": "switch.yaml", "every": 0.1}) as bank:
        browser = Browser(bank)
        await log_in(browser)
        assert person(browser) is not None
        url = await at_the_provider(Browser(bank))
        switched.write_text("callers: [north/ann]\n")
        switch = bank.governed.handler.parts.switch
        assert switch is not None
        await switch.refresh()
        assert person(browser) is None
        assert refusal(await begin(browser)) == "403 Your access is switched off"
        assert refusal(await log_in(Browser(bank))) == "403 Your access is switched off"
        assert refusal(await Browser(bank).get(url)) == "400 This login cannot continue"


async def test_what_keeps_people_out_is_in_the_log(bank: Site, caplog: pytest.LogCaptureFixture) -> None:
    bank.idp.answers["/.well-known/openid-configuration"] = (500, {}, b"")
    people_of(bank.governed)._provider = None
    with caplog.at_level(logging.WARNING, "adaptgen"):
        answer = await begin(Browser(bank))
    assert refusal(answer) == "503 Nobody can log in now"
    assert "answers 500 to the request for its metadata" in caplog.text
