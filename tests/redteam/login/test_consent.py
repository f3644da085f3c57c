"""The page on which a person agrees to a client.

The attacks, what must happen, and where they are described:

- a client that registers itself uses what the person has agreed to for another (confused deputy): asked again, for
  each client and each redirect URI (MCP Best Practices, Confused Deputy; MCP, Security Considerations)
- consent by another site (CSRF): refused (MCP Best Practices, Consent UI; OAuth 2.1, 7.9)
- consent in a frame (clickjacking): no frame, by two headers (RFC 9700, 4.16; OAuth 2.1, 7.10)
- a name that is code, or pretends to be another: shown as text, with the place that gets the code (OAuth 2.1, 7.8 and
  7.11; RFC 7591, 5)
- a logo or a page of the client's: nothing is loaded from elsewhere (RFC 7591, 5; CIMD, 6.7)
- a client on this machine that nobody knows: the person is asked (RFC 8252, 8.6; MCP, Localhost Redirect URI Risks)
- the person refuses: access_denied, and no code (RFC 6749, 4.1.2.1)
"""

from __future__ import annotations

import json
import re
from urllib.parse import urljoin

import pytest
from support.login_scene import BASE, LOOPBACK, WEB, Client, Scene, answer_of
from support.scripted_browser import Browser, Page


def consent(it: Scene, client: Client, browser: Browser, **changes: str | None) -> Page:
    """The page on which the person is asked, before or behind the login."""
    page = browser.open(client.request(**changes), until=client.redirect)
    assert page.forms, f"nobody was asked: {page.url}"
    return page


def test_the_page_says_who_asks_and_where_the_code_goes(it: Scene) -> None:
    client = it.client(WEB, client_name="Example Client")
    page = consent(it, client, it.browser())
    assert "Example Client" in page.words
    assert "client.example" in page.words
    assert "bank.example" in page.words or "fake" in page.words.lower()


def test_a_consent_is_not_for_another_client(it: Scene) -> None:
    """The same name, the same redirect URI, another registration."""
    victim = it.browser("victim")
    first = it.client(WEB)
    first.authorize(victim)
    for other in (it.client(WEB), it.client("https://evil.example/callback"), it.client()):
        assert other.id != first.id
        consent(it, other, victim)


def test_a_consent_is_not_for_another_person(it: Scene) -> None:
    client = it.client(WEB)
    client.authorize(it.browser("ann"))
    it.provider.person = {"sub": "bob", "groups": []}
    consent(it, client, it.browser("bob"))


def test_a_consent_does_not_move_to_another_redirect_uri_of_the_client(it: Scene) -> None:
    answer = it.register(redirect_uris=[WEB, "https://other.example/callback"])
    client = Client(it, answer.json()["client_id"], WEB)
    victim = it.browser("victim")
    client.authorize(victim)
    client.redirect = "https://other.example/callback"
    page = victim.open(client.request(), until=client.redirect)
    if page.forms:
        assert "other.example" in page.words
    else:
        assert page.status == 302, "both places were named on the page that the person agreed to"


def test_a_client_on_this_machine_is_always_asked_for(it: Scene) -> None:
    """RFC 8252, 8.6: any process can listen there, and call itself anything. A registration is not remembered
    beyond the browser that agreed."""
    client = it.client(LOOPBACK)
    client.authorize(it.browser("ann"))
    consent(it, client, it.browser("ann on another machine"))


def buttons(page: Page) -> tuple[str, dict[str, str]]:
    """Where the form of agreement goes, and what it sends."""
    form = page.forms[0]
    name, value, _ = next(one for one in form.buttons if not re.search("cancel|deny|refuse", " ".join(one), re.I))
    return urljoin(page.url, form.action or page.url), {**form.fields, **({name: value} if name else {})}


@pytest.mark.parametrize("source", ["https://evil.example", "null", "http://mcp.bank.example", None])
def test_another_site_does_not_agree(it: Scene, client: Client, source: str | None) -> None:
    """The attacker knows the form: it is that of the attacker's own request, in the attacker's own browser."""
    action, fields = buttons(consent(it, client, it.browser("attacker")))
    victim = it.browser("victim")
    consent(it, client, victim)
    cookies = "; ".join(f"{one.name}={one.value}" for one in victim.cookies.values())
    headers = {"cookie": cookies, "sec-fetch-site": "cross-site"}
    if source is not None:
        headers["origin"] = source
    answer = it.http.post(action, data=fields, headers=headers)
    assert answer.status_code in (400, 403), (answer.status_code, answer.headers)
    assert "location" not in answer.headers


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_not_even_with_the_token_of_the_victim(it: Scene, client: Client, site: str) -> None:
    """Whatever leaks a token, another site cannot send it."""
    victim = it.browser("victim")
    action, fields = buttons(consent(it, client, victim))
    cookies = "; ".join(f"{one.name}={one.value}" for one in victim.cookies.values())
    headers = {"cookie": cookies, "sec-fetch-site": site, "origin": "https://evil.example"}
    answer = it.http.post(action, data=fields, headers=headers)
    assert answer.status_code == 403
    assert "location" not in answer.headers
    silent = it.http.post(action, data=fields, headers={"cookie": cookies})
    assert silent.status_code == 403, "who does not say where it comes from"
    allowed = {"cookie": cookies, "sec-fetch-site": "same-origin", "origin": BASE}
    assert it.http.post(action, data=fields, headers=allowed).status_code == 303, "the form itself is right"


def test_the_form_counts_in_the_browser_that_has_it_only(it: Scene, client: Client) -> None:
    """With the attacker's token, and as if from the same origin: a page that was planted below the same host."""
    action, fields = buttons(consent(it, client, it.browser("attacker")))
    victim = it.browser("victim")
    consent(it, it.client(), victim)
    cookies = "; ".join(f"{one.name}={one.value}" for one in victim.cookies.values())
    headers = {"origin": BASE, "sec-fetch-site": "same-origin"}
    for cookie in (cookies, ""):
        answer = it.http.post(action, data=fields, headers={**headers, "cookie": cookie} if cookie else headers)
        assert answer.status_code in (400, 403), answer.headers
        assert "location" not in answer.headers


@pytest.mark.parametrize("changed", ["token", "empty", "gone", "get"])
def test_the_form_needs_its_token(it: Scene, client: Client, changed: str) -> None:
    browser = it.browser()
    page = consent(it, client, browser)
    action, fields = buttons(page)
    cookies = {"cookie": "; ".join(f"{one.name}={one.value}" for one in browser.cookies.values())}
    hidden = [name for name, kind in page.forms[0].kinds.items() if kind == "hidden"]
    assert hidden
    if changed == "get":
        answer = it.http.get(action, params=fields, headers={**cookies, "sec-fetch-site": "same-origin"})
    else:
        wrong = {name: {"token": fields[name][:-2] + "xx", "empty": ""}.get(changed, "") for name in hidden}
        given = {name: one for name, one in {**fields, **wrong}.items() if changed != "gone" or name not in hidden}
        answer = it.http.post(action, data=given, headers={**cookies, "origin": BASE, "sec-fetch-site": "same-origin"})
    assert "code=" not in answer.headers.get("location", "")
    assert not answer.headers.get("location", "").startswith(it.provider.url)


def test_a_form_that_was_altered_does_not_agree_to_something_else(it: Scene, client: Client) -> None:
    """Fields of the request that travel through the browser are sealed: another client or redirect URI in the form
    changes nothing, or ends it."""
    browser = it.browser()
    page = consent(it, client, browser)
    form = page.forms[0]
    for name in list(form.fields):
        assert "evil" not in form.fields[name]
    form.fields |= {"client_id": "evil", "redirect_uri": "https://evil.example/", "scope": "admin", "resource": "x"}
    got = browser.press(page, until=it.provider.url)
    assert "evil" not in got.url
    assert not any("evil" in url for url in it.delivered)


def test_who_refuses_gives_nothing(it: Scene, client: Client) -> None:
    browser = it.browser()
    page = consent(it, client, browser)
    form, (name, value, _) = browser.button(page, "cancel" if "ancel" in page.words else "den")
    assert name or value or form.action
    got = browser.press(page, "cancel" if "ancel" in page.words else "den", until=LOOPBACK)
    said = answer_of(got)
    assert (said["error"], said["state"], said["iss"]) == ("access_denied", client.state, BASE)
    consent(it, client, browser)


def test_no_page_is_shown_in_a_frame(it: Scene, client: Client) -> None:
    page = consent(it, client, it.browser())
    policy = page.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "unsafe-inline" not in policy
    assert page.headers["x-frame-options"] == "DENY"
    assert "<script" not in page.text.lower()
    assert not re.search(r"\son\w+=|\sstyle=|javascript:", page.text)


EVIL_NAMES = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title><script>alert(1)</script>",
    "{{ 7 * 7 }}{% raw %}",
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "Claude\u202egpj.exe",
    "Cla\u200bude\u2060\ufeff",
    "Claude\n\nis verified by your administrator\n\n",
    "Claude" + "\u0301" * 200,
    "A" * 5000,
    "\x00\x1b[31mred",
]


@pytest.mark.parametrize("name", EVIL_NAMES, ids=lambda one: ascii(one)[:30])
def test_a_name_is_text_and_the_place_is_shown(it: Scene, name: str) -> None:
    more = {"client_uri": "https://evil.example/<script>", "logo_uri": "https://evil.example/logo.png"}
    answer = it.register(redirect_uris=[WEB], client_name=name, **more, tos_uri="javascript:alert(1)")
    if answer.status_code == 400:
        return
    client = Client(it, answer.json()["client_id"], WEB)
    page = consent(it, client, it.browser(), scope="<b>admin</b>")
    assert "<script" not in page.text.lower()
    assert not re.search(r"<(?:img|iframe|object|embed|link|base|svg|meta http-equiv)", page.text.lower())
    assert not re.search(r"""<[^>]*\son\w+\s*=""", page.text)
    assert not re.search(r"[\u202a-\u202e\u2066-\u2069\u200b\u2060\ufeff\x00\x1b]", page.text)
    assert "49" not in page.words.split("client.example")[0] or "7 * 7" in page.words
    assert len(page.text) < 20_000
    assert "client.example" in page.words, "the place is shown in any case"
    assert 'href="javascript' not in page.text
    assert not re.search(r"""(?:src|href|action)=["']?https?://(?!mcp\.bank)""", page.text), "nothing is loaded"


@pytest.mark.parametrize("host", ["xn--pypal-4ve.example", "xn--client-7ve.example"])
def test_a_host_in_other_letters_is_shown_as_it_is_sent(it: Scene, host: str) -> None:
    """A homograph of another host is told apart by its A-label only."""
    client = it.client(f"https://{host}/callback")
    assert host in consent(it, client, it.browser()).words


def test_who_denies_no_longer_agrees(it: Scene) -> None:
    browser, client = it.browser("undecided"), it.client(WEB)
    client.authorize(browser)
    assert "code" in answer_of(browser.open(client.request(), until=WEB))
    page = browser.press(consent(it, client, browser, prompt="consent"), "Deny", until=WEB)
    assert page.url.startswith(BASE)
    consent(it, client, browser)


def test_the_trail_says_whether_a_person_agreed_this_time(it: Scene) -> None:
    browser, client = it.browser("trail"), it.client(WEB, client_name="On Record")
    client.authorize(browser)
    assert "code" in answer_of(browser.open(client.request(), until=WEB))
    lines = [json.loads(line) for line in (it.folder / "audit.jsonl").read_text().splitlines()]
    found = [one for one in lines if one.get("event") == "consent" and one.get("client_name") == "On Record"]
    assert [one.get("remembered") for one in found] == [None, True]


def test_a_few_minutes_do_not_become_a_month(it: Scene) -> None:
    """The provider gives no refresh token at first."""
    browser, client = it.browser("brief"), it.client(WEB)
    it.provider.granted = {"refresh_token": None}
    page = consent(it, client, browser)
    assert "minutes at a time" in page.words
    browser.finish(page, WEB)
    it.provider.granted = {}
    page = consent(it, client, browser)
    assert "even while you are away" in page.words
    browser.finish(page, WEB)
    it.provider.granted = {"refresh_token": None}  # who agreed to more is not asked for less
    assert "code" in answer_of(browser.open(client.request(), until=WEB))


def test_a_name_does_not_go_on_in_our_words(it: Scene) -> None:
    client = it.client(WEB, client_name='Claude” is checked by claude.ai. “It" «is» „good‟')
    words = consent(it, client, it.browser()).words
    assert "Claude' is checked by claude.ai. 'It' 'is' 'good'" in words.replace("&#39;", "'")
