"""The pages where people connect their own accounts at APIs.

The attacks, what must happen, and where they are described:

- a link of another person, or one's own sent to another person: refused, whoever opens it (MCP 2025-11-25, Elicitation,
  Phishing)
- a link that was changed, or made of something else: refused (RFC 8725, 3.12)
- an account that is connected or disconnected by another site: refused (RFC 9700, 4.7)
- the API's answer in another browser, for another person, twice, or with another state: refused (RFC 9700, 4.5 and 4.7)
- mix-up between the authorization servers of two APIs: the code of one never reaches the other (RFC 9700, 4.4)
- a key in a URL, or shown again: neither (RFC 9700, 4.3)
- a client that asks what only the pages may ask: refused (MCP)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from support.governing import FakeTarget, fact
from support.login_scene import BASE, Scene, scene
from support.scripted_browser import Browser, Page

from adaptgen.govern.pipeline.connection_links import make_ticket
from adaptgen.mcp.protocol import META_CONNECTIONS, Context
from adaptgen.model.tables import Caller, Json

ANN, EVE = {"sub": "ann", "name": "Ann", "groups": []}, {"sub": "eve", "name": "Eve", "groups": []}
KEY = "canary-key-of-ann"


class Apis(FakeTarget):
    """Servers ``good`` and ``evil``, each with an API that wants consent (``oauth``) and a key (``key``)."""

    def __init__(self) -> None:
        super().__init__(fact("read_good", server="good"), fact("read_evil", server="evil"))
        self.asked: list[tuple[str, Mapping[str, Json]]] = []

    async def request(self, caller: Caller, method: str, params: Mapping[str, Any], context: Context) -> dict[str, Any]:
        assert method == META_CONNECTIONS
        if params["action"] == "list":
            kinds = {"oauth": "oauth2", "key": "api_key"}
            rows = [{"auth": name, "title": name, "kind": kind, "connected": False} for name, kind in kinds.items()]
            return {"connections": rows}
        self.asked.append((caller.sub, params))
        if params["action"] == "begin":
            query = {"redirect_uri": params["redirect_uri"], "state": params["state"]}
            return {"url": f"https://{params['server']}.example/authorize?{urlencode(query)}", "sealed": "sealed"}
        return {"connected": True, "disconnected": True}


@pytest.fixture
def apis() -> Apis:
    return Apis()


@pytest.fixture
def it(tmp_path: Path, apis: Apis) -> Iterator[Scene]:
    with scene(tmp_path, target=apis) as made:
        yield made


def link(it: Scene, sub: str = "ann", server: str = "good", auth: str = "oauth") -> str:
    """The link that a call of this caller leads to."""
    seals = it.governed[0].handler.parts.seals
    assert seals is not None
    return f"{BASE}/connections/{make_ticket(seals, Caller(sub), server, auth)}"


def person(it: Scene, who: dict[str, Any] = ANN) -> Browser:
    """Somebody who is logged in."""
    it.provider.person = who
    browser = it.browser(who["sub"])
    assert browser.open(f"{BASE}/connections").status == 200
    return browser


def begun(it: Scene, browser: Browser, server: str = "good") -> tuple[str, dict[str, str]]:
    """The person goes on to the API: its URL, and the parameters."""
    page = browser.press(browser.open(link(it, browser.name, server)))
    url = unescape(page.headers["refresh"].partition("url=")[2])
    return url, {name: one[0] for name, one in parse_qs(urlsplit(url).query).items()}


def send(it: Scene, browser: Browser | None, page: Page, **headers: str) -> int:
    """The form of a page, as another site sends it with this browser."""
    form = page.forms[0]
    cookies = browser.cookies.values() if browser is not None else ()
    given = {"cookie": "; ".join(f"{one.name}={one.value}" for one in cookies), **headers}
    url = page.url if not form.action else form.action
    return it.http.post(url, data=form.fields, headers=given).status_code


def test_the_honest_way(it: Scene, apis: Apis) -> None:
    browser = person(it)
    url, query = begun(it, browser)
    assert url.startswith("https://good.example/")
    back = f"{query['redirect_uri']}?{urlencode({'code': 'c', 'state': query['state']})}"
    assert browser.open(back).status == 200
    assert [(who, asked["action"]) for who, asked in apis.asked] == [("ann", "begin"), ("ann", "finish")]


def test_a_link_is_for_one_person(it: Scene, apis: Apis) -> None:
    eve = person(it, EVE)
    for text in (link(it, "ann"), link(it, "ann", auth="key")):
        page = eve.open(text)
        assert page.status == 403
        assert not page.forms
        assert it.http.post(text, data={"key": KEY}).status_code == 403
    # The other way: the attacker's own link, so that the victim's account would serve the attacker.
    ann = person(it)
    assert ann.open(link(it, "eve")).status == 403
    assert apis.asked == []


def test_a_link_is_for_its_tenant(it: Scene, apis: Apis) -> None:
    seals = it.governed[0].handler.parts.seals
    assert seals is not None
    ticket = make_ticket(seals, Caller("ann", "south"), "good", "oauth")
    assert person(it).open(f"{BASE}/connections/{ticket}").status == 403


def test_a_link_that_was_not_made_here(it: Scene, apis: Apis) -> None:
    browser, good = person(it), link(it)
    client = it.client()
    others = [client.id, client.authorize(browser)["code"], "x", good.rpartition("/")[2][:-2] + "AA", "%00", "..%2f.."]
    for text in others:
        page = browser.open(f"{BASE}/connections/{text}")
        assert page.status in (404, 410), text
        assert not page.forms
    assert apis.asked == []


@pytest.mark.parametrize("account", ["nowhere/oauth", "good/unknown"])
def test_a_link_to_what_is_not_there(it: Scene, apis: Apis, account: str) -> None:
    server, _, auth = account.partition("/")
    assert person(it).open(link(it, server=server, auth=auth)).status == 404
    assert apis.asked == []


def test_another_site_connects_and_disconnects_nothing(it: Scene, apis: Apis) -> None:
    ann, eve = person(it), person(it, EVE)
    for url_of in (lambda who: link(it, who), lambda who: link(it, who, auth="key"), lambda _: f"{BASE}/connections"):
        mine, own = eve.open(url_of("eve")), ann.open(url_of("ann"))
        for form in (*mine.forms, *own.forms):
            page = Page(own.url, 200, own.headers, "", [form])
            for origin in ("https://evil.example", "null"):
                assert send(it, ann, page, origin=origin, **{"sec-fetch-site": "cross-site"}) in (400, 403)
        for form in mine.forms:  # with the attacker's token, as if from here
            page = Page(own.url, 200, own.headers, "", [form])
            assert send(it, ann, page, origin=BASE, **{"sec-fetch-site": "same-origin"}) in (400, 403)
        for form in own.forms:  # without a token; or with that of this page, in a browser that is not logged in
            page = Page(own.url, 200, own.headers, "", [form])
            assert send(it, None, page, origin=BASE, **{"sec-fetch-site": "same-origin"}) in (400, 403)
            form.fields["token"] = ""
            assert send(it, ann, page, origin=BASE, **{"sec-fetch-site": "same-origin"}) in (400, 403)
    assert apis.asked == []


def test_the_form_of_one_account_does_not_serve_another(it: Scene, apis: Apis) -> None:
    ann = person(it)
    token = ann.open(link(it, server="evil")).forms[0].fields["token"]
    page = ann.open(link(it, auth="key"))
    page.forms[0].fields |= {"token": token, "key": KEY}
    assert send(it, ann, page, origin=BASE, **{"sec-fetch-site": "same-origin"}) == 403
    assert apis.asked == []


def answered(apis: Apis) -> list[str]:
    """The servers that got a code."""
    return [str(asked["server"]) for _, asked in apis.asked if asked["action"] == "finish"]


def test_the_answer_of_the_api_is_for_the_browser_that_asked(it: Scene, apis: Apis) -> None:
    """Login CSRF: the attacker's code would connect the victim to the attacker's account; and the reverse."""
    ann, eve = person(it), person(it, EVE)
    _, query = begun(it, eve)
    back = f"{query['redirect_uri']}?{urlencode({'code': 'c', 'state': query['state']})}"
    for browser in (ann, it.browser("nobody"), person(it, EVE)):
        assert browser.open(back, until="https://never.example").status == 400
    for wrong in ("", "x", query["state"][:-1]):
        url = f"{query['redirect_uri']}?{urlencode({'code': 'c', 'state': wrong})}"
        assert eve.open(url).status == 400
    assert eve.open(f"{back}&state=other").status == 400
    assert answered(apis) == []
    assert eve.open(back).status == 200
    assert eve.open(back).status == 400, "once"
    assert answered(apis) == ["good"]


def test_the_code_of_one_api_does_not_reach_another(it: Scene, apis: Apis) -> None:
    """Mix-up: the API that was asked (evil) sends the browser on to the other one with its own state. The other one
    (good) sends its code to the redirect URI that is registered there."""
    ann = person(it)
    _, good = begun(it, ann)
    _, evil = begun(it, ann, "evil")
    assert good["redirect_uri"] != evil["redirect_uri"]
    mixed = f"{good['redirect_uri']}?{urlencode({'code': 'of good', 'state': evil['state']})}"
    page = ann.open(mixed)
    assert page.status == 400
    assert answered(apis) == []
    bare = f"{BASE}/connections/callback?{urlencode({'code': 'of good', 'state': evil['state']})}"
    assert ann.open(bare).status in (400, 404, 410)
    assert answered(apis) == []


def test_a_key_is_in_no_url_and_on_no_page(it: Scene, apis: Apis) -> None:
    ann = person(it)
    url = link(it, auth="key")
    assert KEY not in ann.open(f"{url}?key={KEY}").text
    assert apis.asked == []
    page = ann.open(url)
    assert page.forms[0].method == "post"
    done = ann.press(page, key=KEY)
    assert KEY not in done.text + done.url + str(done.headers)
    assert apis.asked[-1][1]["key"] == KEY
    written = "".join(one.read_text("utf-8", "replace") for one in it.folder.rglob("*") if one.is_file())
    assert KEY not in written
    assert KEY not in repr(vars(it.store))


def test_pages_are_not_framed_cached_or_referred(it: Scene) -> None:
    ann = person(it)
    for page in (ann.open(f"{BASE}/connections"), ann.open(link(it)), ann.open(f"{BASE}/connections/x")):
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["referrer-policy"] in ("no-referrer", "same-origin")


def test_a_client_does_not_ask_as_a_page_does(it: Scene, apis: Apis) -> None:
    token = it.client().log_in()["access_token"]
    for action in ("list", "key", "disconnect", "finish"):
        answer = it.call(token, META_CONNECTIONS, action=action, auth="key", server="good", key=KEY)
        assert "error" in answer.json(), answer.text
    assert apis.asked == []
