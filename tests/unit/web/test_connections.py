"""The pages of accounts at APIs: whose link it is, the way to the API and back, keys, and taking accounts back."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import pytest_asyncio
from support.governing import FakeTarget, ask, fact
from support.idp import Idp
from support.logins import BASE, Browser, Site, field_of, site, text_of

from adaptgen.mcp.http_messages import HttpAnswer
from adaptgen.mcp.protocol import META_CONNECTION, META_CONNECTIONS, Context, RpcError
from adaptgen.model.tables import Caller

pytestmark = pytest.mark.asyncio

CALLBACK = f"{BASE}/connections/callback/crm/oauth"
KEY = "canary-key-5f0e"
CODE = "canary-code-77aa"
ANN = Caller("ann", "north", ("staff",))
FORBID = """
permit (principal, action, resource);
forbid (principal in Group::"north/guests", action == Action::"crm__read_note", resource);
"""


class Apis(FakeTarget):
    """Two accounts at the server ``crm``. ``kept``: caller and auth -> what was given; ``asked``: what pages asked."""

    def __init__(self) -> None:
        super().__init__(fact("read_note", server="crm"), fact("look", server="plain"))
        self.answers["read_note"] = {"content": [], "isError": True,
                                     "_meta": {META_CONNECTION: {"auth": "oauth", "title": "CRM"}}}  # fmt: skip
        self.kept: dict[tuple[str, str], str] = {}
        self.asked: list[Mapping[str, Any]] = []
        self.down = False

    async def request(self, caller: Caller, method: str, params: Mapping[str, Any], context: Context) -> dict[str, Any]:
        if method != META_CONNECTIONS or params["server"] != "crm":
            raise RpcError(-32601, "Method not found")
        if self.down:
            raise RpcError(-32603, "down <b>")
        action, auth = params["action"], params.get("auth", "")
        if action != "list":
            self.asked.append(params)
        whose = (caller.sub, auth)
        match action:
            case "list":
                kinds = {"oauth": "oauth2", "key": "api_key"}
                return {"connections": [
                    {"auth": name, "title": f"<i>{name}</i>", "kind": kind, "ask": "API key",
                     "connected": (caller.sub, name) in self.kept, "since": "2026-01-02T03:04:05+00:00"}
                    for name, kind in kinds.items()
                ]}  # fmt: skip
            case "begin":
                query = {"redirect_uri": params["redirect_uri"], "state": params["state"]}
                return {"url": f"https://api.example/authorize?{urlencode(query)}", "sealed": f"of {caller.sub}"}
            case "finish":
                if params["sealed"] != f"of {caller.sub}" or params["code"] != CODE:
                    return {"problem": "The API returned no token."}
                self.kept[whose] = params["code"]
                return {"connected": True}
            case "key":
                if params["key"] != KEY:
                    return {"problem": f"The API does not accept {params['key']}."}
                self.kept[whose] = params["key"]
                return {"connected": True}
        return {"disconnected": self.kept.pop(whose, None) is not None, "revoked": False}


@pytest.fixture
def apis() -> Apis:
    return Apis()


@pytest_asyncio.fixture
async def bank(tmp_path: Path, apis: Apis) -> AsyncIterator[Site]:
    idp = Idp()
    await idp.start()
    async with site(tmp_path, idp, target=apis, policies=FORBID) as one:
        yield one
    await idp.stop()


def login(bank: Site, sub: str, groups: tuple[str, ...] = ("staff",)) -> Browser:
    """A browser whose person will be ``sub`` as soon as a page asks for a login."""
    bank.idp.person = {"sub": sub, "name": sub.title(), "groups": list(groups), "org": "north"}
    return Browser(bank)


async def opened(browser: Browser, url: str) -> HttpAnswer:
    return await browser.follow(await browser.get(url))


async def link(bank: Site, caller: Caller = ANN) -> str:
    """The link of a call that lacks the account."""
    result = await ask(bank.governed, caller, "tools/call", {"name": "read_note"})
    return str(result["content"][0]["text"]).rpartition(" ")[2]


async def link_to(browser: Browser, auth: str) -> str:
    """The link of the list of accounts."""
    page = text_of(await opened(browser, f"{BASE}/connections"))
    (row,) = [one for one in page.split("<tr>") if f"&lt;i&gt;{auth}" in one]
    found = re.search(r'href="([^"]+)"', row)
    assert found is not None, row
    return found[1]


async def begun(browser: Browser, url: str) -> dict[str, str]:
    """Go on to the API; the parameters that it gets."""
    page = await opened(browser, url)
    answer = await browser.post(url, {"token": field_of(page, "token")})
    assert answer.status == 200, text_of(answer)
    target = answer.headers["refresh"].removeprefix("0; url=")
    assert f'href="{target}"' in unescape(text_of(answer))
    assert target.startswith("https://api.example/authorize?")
    return dict(parse_qsl(urlsplit(target).query))


def back(given: Mapping[str, str], **more: str) -> str:
    query = {"state": given["state"], "code": CODE, "iss": "https://api.example", **more}
    return f"{given['redirect_uri']}?{urlencode({key: text for key, text in query.items() if text})}"


# ----------------------------------------------------------------------------------------------------- the whole way


async def test_no_page_shows_what_the_api_sent_or_the_person_typed(bank: Site, apis: Apis, tmp_path: Path) -> None:
    browser = login(bank, "ann")
    given = await begun(browser, await link(bank))
    shown = text_of(await browser.get(back(given)))
    url = await link_to(browser, "key")
    token = field_of(await browser.get(url), "token")
    shown += text_of(await browser.post(url, {"token": token, "key": "wrong-" + KEY}))
    shown += text_of(await browser.post(url, {"token": token, "key": KEY}))
    assert ("ann", "key") in apis.kept
    trail = (tmp_path / "audit.jsonl").read_text()
    for secret in (KEY, CODE, "of ann", given["state"]):
        assert secret not in shown
        assert secret not in trail


# -------------------------------------------------------------------------------------------------------- whose link


async def test_who_is_not_logged_in_logs_in_first(bank: Site, apis: Apis) -> None:
    url = await link(bank)
    answer = await Browser(bank).get(url)
    assert answer.status == 302
    assert answer.headers["location"].startswith(bank.idp.url)
    assert (await Browser(bank).post(url, {"token": "x"})).status == 403
    assert (await Browser(bank).post(f"{BASE}/connections", {"server": "crm", "auth": "oauth"})).status == 403
    assert apis.asked == []


# --------------------------------------------------------------------------------------------------------- way back


async def test_an_answer_with_two_states_is_none(bank: Site, apis: Apis) -> None:
    browser = login(bank, "ann")
    given = await begun(browser, await link(bank))
    assert (await browser.get(back(given) + "&state=another")).status == 400
    assert apis.kept == {}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"error": "access_denied", "code": ""}, "The API says: access_denied."),
        ({"error": "access_denied"}, "The API says: access_denied."),
        ({"error": "<script>", "error_description": "<b>call 555", "code": ""}, "The API granted no access."),
        ({"code": ""}, "The API granted no access."),
        ({"error": "invalid_scope"}, "what this server asks for. The API says: invalid_scope."),
        ({"code": "another"}, "The API returned no token."),
    ],
)
async def test_an_api_that_does_not_agree(bank: Site, apis: Apis, more: dict[str, str], words: str) -> None:
    browser = login(bank, "ann")
    given = await begun(browser, await link(bank))
    page = await browser.get(back(given, **more))
    assert page.status == 400
    assert words in text_of(page)
    assert not re.search("script|555", text_of(page))
    assert apis.kept == {}


async def test_the_way_back_takes_no_form(bank: Site) -> None:
    browser = login(bank, "ann")
    await opened(browser, f"{BASE}/connections")
    assert (await browser.post(CALLBACK, {"state": "x", "code": CODE})).status == 405


# ------------------------------------------------------------------------------------------------------------- forms


@pytest.mark.parametrize("key", ["", " ", "two\nlines", "x" * 8193])
async def test_what_is_no_key_is_not_passed_on(bank: Site, apis: Apis, key: str) -> None:
    browser = login(bank, "ann")
    url = await link_to(browser, "key")
    token = field_of(await browser.get(url), "token")
    assert (await browser.post(url, {"token": token, "key": key})).status == 400
    assert apis.asked == []


# ------------------------------------------------------------------------------------------------------- taking back


async def test_an_account_is_disconnected_with_a_form_of_its_own(bank: Site, apis: Apis) -> None:
    apis.kept = {("ann", "oauth"): "1", ("ann", "key"): "2", ("eve", "oauth"): "3"}
    browser = login(bank, "ann")
    page = text_of(await opened(browser, f"{BASE}/connections"))
    first, second = re.findall(r'name="token" value="([^"]*)"', page)
    assert (await browser.post(f"{BASE}/connections", {"token": first, "server": "crm", "auth": "key"})).status == 403
    answer = await browser.post(f"{BASE}/connections", {"token": first, "server": "crm", "auth": "oauth"})
    assert "The account is disconnected here." in text_of(answer)
    assert apis.kept == {("ann", "key"): "2", ("eve", "oauth"): "3"}
    assert second != first


async def test_who_sees_no_tool_of_a_server_connects_nothing_there(bank: Site, apis: Apis) -> None:
    guest = login(bank, "gus", ("guests",))
    assert "None of your tools needs an account of your own." in text_of(await opened(guest, f"{BASE}/connections"))
    ticket = await link(bank, Caller("gus", "north", ("staff",)))  # staff, when it called
    assert (await opened(guest, ticket)).status == 404
    apis.kept = {("gus", "oauth"): "1"}
    page = await opened(guest, f"{BASE}/connections")
    assert text_of(page).count("Disconnect</button>") == 1
    token = field_of(page, "token")
    await guest.post(f"{BASE}/connections", {"token": token, "server": "crm", "auth": "oauth"})
    assert apis.kept == {}


async def test_a_server_that_is_down_is_named_and_nothing_of_its_error(bank: Site, apis: Apis) -> None:
    browser = login(bank, "ann")
    url = await link(bank)
    apis.down = True
    page = text_of(await opened(browser, f"{BASE}/connections"))
    assert "The server crm is not responding" in page
    answer = await opened(browser, url)
    assert answer.status == 502
    assert "down" not in text_of(answer)


@pytest.mark.parametrize("path", ["/connections/", "/connections/a/b", "/connections/x"])
async def test_other_addresses_are_no_pages(bank: Site, path: str) -> None:
    browser = login(bank, "ann")
    await opened(browser, f"{BASE}/connections")
    status = (await browser.get(BASE + path)).status
    assert status == (200 if path == "/connections/" else 410 if path == "/connections/x" else 404)


async def test_the_limits_of_a_caller_hold_on_the_pages(tmp_path: Path, apis: Apis) -> None:
    idp = Idp()
    await idp.start()
    limits = [{"per": ["sub"], "rate": "1/h", "burst": 2}]
    async with site(tmp_path, idp, target=apis, limits=limits) as one:
        browser = login(one, "ann")
        statuses = [(await opened(browser, f"{BASE}/connections")).status for _ in range(3)]
    await idp.stop()
    assert statuses == [200, 200, 403]
