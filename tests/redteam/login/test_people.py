"""The login of people at the company's identity provider.

The attacks, what must happen, and where they are described:

- a link that the attacker agreed to, opened by the victim (consent fixation): refused: the browser is not the one
  that agreed (MCP Best Practices, Confused Deputy; OAuth State Parameter Validation)
- login CSRF: the attacker's answer in the victim's browser: refused (RFC 9700, 4.7; RFC 6749, 10.12)
- an answer of the provider is used twice: refused (MCP Best Practices (single use))
- state is missing, wrong, or of another login: refused (RFC 9700, 2.1 and 4.7)
- mix-up: iss of another provider, or none although announced: refused (RFC 9207, 2.4; RFC 9700, 4.4)
- a code of the provider that belongs to another login (injection): refused by nonce and PKCE (RFC 9700, 4.5; OpenID
  Connect Core, 3.1.2.1)
- an ID token that is old, of another client, issuer, key, nonce, or unsigned: refused (OpenID Connect Core, 3.1.3.7
  and 16)
- an access token that does not belong to the ID token: refused (OpenID Connect Core, 3.1.3.8; RFC 9700, 4.6)
- a cookie that was stolen, planted or changed: ``__Host-``, HttpOnly, SameSite, sealed (RFC 6265bis, 4.1.3)
"""

from __future__ import annotations

import base64
import secrets
import time
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey
from support.login_scene import BASE, LOOPBACK, Client, Scene, answer_of
from support.openid import CLIENT
from support.scripted_browser import Browser, Page

EVIL = "https://evil.example"


def at_provider(it: Scene, client: Client, browser: Browser, **changes: str) -> str:
    """The URL at the provider to which the browser is sent, behind every page of this server."""
    page = browser.open(client.request(**changes), until=it.provider.url)
    for _ in range(5):
        if page.url.startswith(it.provider.url):
            return page.url
        page = browser.press(page, until=it.provider.url)
    raise AssertionError(page.url)


def ends(it: Scene, page: Page) -> None:
    """The login ended without a code for the client."""
    if page.url.startswith(BASE):
        assert page.status >= 400, (page.status, page.words)
    else:
        assert page.url.startswith(LOOPBACK)
        assert "code" not in answer_of(page)
    assert not it.delivered


def test_the_honest_way_through_the_provider(it: Scene, client: Client) -> None:
    browser = it.browser()
    back = it.provider.authorize(at_provider(it, client, browser))
    page = browser.finish(browser.open(back, until=LOOPBACK), LOOPBACK)
    assert client.token(code=answer_of(page)["code"]).status_code == 200


def test_a_link_that_somebody_else_agreed_to(it: Scene, client: Client) -> None:
    """The attacker agrees, and sends the victim the link to the provider, where the victim is logged in already."""
    link = at_provider(it, client, it.browser("attacker"))
    victim = it.browser("victim")
    ends(it, victim.open(it.provider.authorize(link), until=LOOPBACK))
    # The same for a victim who is in the middle of another login.
    busy = it.browser("victim")
    at_provider(it, it.client(), busy)
    ends(it, busy.open(it.provider.authorize(link), until=LOOPBACK))


def test_an_answer_for_the_attacker_does_not_log_the_victim_in(it: Scene, client: Client) -> None:
    """Login CSRF: what the victim does afterwards would be done in the attacker's name."""
    attacker, victim = it.browser("attacker"), it.browser("victim")
    it.provider.person = {"sub": "mallory", "groups": []}
    answer = it.provider.authorize(at_provider(it, client, attacker))
    mine = it.client()
    at_provider(it, mine, victim)
    ends(it, victim.open(answer, until=LOOPBACK))


def test_an_answer_of_the_provider_counts_once(it: Scene, client: Client) -> None:
    browser = it.browser()
    back = it.provider.authorize(at_provider(it, client, browser))
    kept = dict(browser.cookies)
    browser.finish(browser.open(back, until=LOOPBACK), LOOPBACK)
    asked = len(it.provider.forms)
    browser.cookies = kept
    ends(it, browser.open(back, until=LOOPBACK))
    assert len(it.provider.forms) - asked <= 1, "and the provider refuses its code"


@pytest.mark.parametrize("state", [None, "", "x", "other login"])
def test_the_state_is_that_of_this_login(it: Scene, client: Client, state: str | None) -> None:
    browser = it.browser()
    url = at_provider(it, client, browser)
    if state == "other login":
        state = dict(one.split("=") for one in at_provider(it, client, it.browser()).split("?")[1].split("&"))["state"]
    it.provider.answer = {"state": state}
    ends(it, browser.open(it.provider.authorize(url), until=LOOPBACK))


@pytest.mark.parametrize("iss", [None, "", EVIL, "https://mcp.bank.example"])
def test_an_answer_of_another_provider(it: Scene, client: Client, iss: str | None) -> None:
    """Mix-up. The provider announces ``iss`` in answers, so an answer without it is not its own."""
    browser = it.browser()
    it.provider.answer = {"iss": iss}
    ends(it, browser.open(it.provider.authorize(at_provider(it, client, browser)), until=LOOPBACK))
    assert not it.provider.forms, "the code was not sent anywhere"


def test_a_code_of_another_login_is_not_injected(it: Scene, client: Client) -> None:
    """The attacker has stolen the victim's code of the provider, and puts it into a login of the attacker's own."""
    stolen = answer_of(it.provider.authorize(at_provider(it, client, it.browser("victim"))))["code"]
    attacker = it.browser("attacker")
    it.provider.answer = {"code": stolen}
    ends(it, attacker.open(it.provider.authorize(at_provider(it, it.client(), attacker)), until=LOOPBACK))


def test_duplicate_parameters_of_an_answer(it: Scene, client: Client) -> None:
    browser = it.browser()
    back = it.provider.authorize(at_provider(it, client, browser))
    ends(it, browser.open(f"{back}&code=other", until=LOOPBACK))


NOW = int(time.time())
WRONG: dict[str, dict[str, Any]] = {
    "another client": {"aud": "another"},
    "many clients": {"aud": [CLIENT, "another"]},
    "many clients, another party": {"aud": [CLIENT, "another"], "azp": "another"},
    "no client": {"aud": None},
    "another issuer": {"iss": EVIL},
    "no issuer": {"iss": None},
    "over": {"exp": NOW - 400, "iat": NOW - 1000},
    "without end": {"exp": None},
    "of tomorrow": {"nbf": NOW + 86400},
    "another nonce": {"nonce": "another"},
    "no nonce": {"nonce": None},
    "nobody": {"sub": None},
    "an empty name": {"sub": ""},
    "a number": {"sub": 7},
    "a list": {"sub": ["ann"]},
    "another access token": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
    "an access token": {"token_use": "access"},
    "groups elsewhere": {"groups": None, "_claim_names": {"groups": "src1"}},
    "unusable groups": {"groups": {"admins": True}},
}


@pytest.mark.parametrize("claims", WRONG.values(), ids=WRONG)
def test_an_id_token_that_is_not_for_this_login(it: Scene, client: Client, claims: dict[str, Any]) -> None:
    it.provider.id_token = claims
    browser = it.browser()
    ends(it, browser.open(it.provider.authorize(at_provider(it, client, browser)), until=LOOPBACK))


@pytest.mark.parametrize("how", ["unsigned", "another key", "the secret", "no token", "no JWT"])
def test_an_id_token_that_the_provider_has_not_signed(it: Scene, client: Client, how: str) -> None:
    provider = it.provider
    browser = it.browser()
    url = at_provider(it, client, browser)
    nonce = dict(one.split("=") for one in url.split("?")[1].split("&"))["nonce"]
    claims = {"iss": provider.issuer, "aud": CLIENT, "sub": "admin", "iat": NOW, "exp": NOW + 600, "nonce": nonce}
    made = {
        "unsigned": lambda: jwt.encode({"alg": "none"}, claims, None, algorithms=["none"]),
        "another key": lambda: provider.issue(key=ECKey.generate_key("P-256", private=True), **claims),
        "the secret": lambda: jwt.encode({"alg": "HS256"}, claims, OctKey.import_key("x" * 40), algorithms=["HS256"]),
        "no token": lambda: None,
        "no JWT": lambda: "ann",
    }[how]
    try:
        token = made()
    except Exception:  # the library makes no unsigned token
        token = "eyJhbGciOiJub25lIn0." + provider.issue(**claims).split(".")[1] + "."
    provider.granted = {"id_token": token}
    ends(it, browser.open(provider.authorize(url), until=LOOPBACK))


def test_cookies_cannot_be_planted_read_or_sent_by_others(it: Scene, client: Client) -> None:
    browser = it.browser()
    client.authorize(browser)
    assert browser.cookies
    for cookie in browser.cookies.values():
        assert cookie.name.startswith("__Host-"), "no other host can plant it (RFC 6265bis, 4.1.3.2)"
        assert cookie.http_only
        assert cookie.same_site in ("lax", "strict")
        text = cookie.value.rpartition(".")[2]
        assert b'"ann"' not in base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_a_cookie_that_was_changed_is_none(it: Scene, client: Client) -> None:
    browser = it.browser()
    client.authorize(browser)
    asked = len(it.provider.asked)
    for cookie in browser.cookies.values():
        value = cookie.value
        cookie.value = value[:-2] + ("AA" if value[-2:] != "AA" else "BB")
    at_provider(it, client, browser)
    assert asked <= len(it.provider.asked) + 1, "the person has to log in again"


def test_a_login_that_the_person_gives_up_ends_at_the_client(it: Scene, client: Client) -> None:
    it.provider.gone = True
    browser = it.browser()
    page = browser.open(it.provider.authorize(at_provider(it, client, browser)), until=LOOPBACK)
    ends(it, page)


def test_one_login_does_not_make_the_server_ask_without_end(it: Scene, client: Client) -> None:
    browser = it.browser()
    back = it.provider.authorize(at_provider(it, client, browser))
    kept, asked = dict(browser.cookies), len(it.provider.forms)
    for n in range(20):
        browser.cookies = dict(kept)
        ends(it, browser.open(back.replace("code=", f"code=x{n}"), until=LOOPBACK))
    assert len(it.provider.forms) - asked == 5


def test_many_logins_leave_the_browser_with_what_a_gateway_takes(it: Scene) -> None:
    """API Gateway refuses requests with more than 10,240 bytes of headers: nobody could log in, or out, for minutes."""
    it.provider.person = {"sub": "ann", "groups": [secrets.token_hex(18) for _ in range(120)]}
    browser, client = it.browser("busy"), it.client()
    client.authorize(browser)
    for _ in range(6):
        at_provider(it, client, browser, state="s" * 1900)
        held = {name: one.value for name, one in browser.cookies.items() if one.value}
        assert len("; ".join(f"{name}={text}" for name, text in held.items())) < 9000
    page = browser.finish(browser.open(client.request(), until=LOOPBACK), LOOPBACK)
    assert "code" in answer_of(page)


def test_who_logs_out_everywhere_ends_every_client(it: Scene, client: Client) -> None:
    """After a laptop was stolen, its owner can end what is on it, without an operator."""
    browser = it.browser("owner")
    tokens = client.token(
        code=answer_of(browser.finish(browser.open(client.request(), until=LOOPBACK), LOOPBACK))["code"]
    )
    access, refresh = tokens.json()["access_token"], tokens.json()["refresh_token"]
    assert it.call(access).status_code == 200

    page = browser.press(browser.open(f"{BASE}/login/out"), "Log out everywhere")
    assert "No client acts for you" in page.words
    assert it.call(access).status_code == 401
    assert client.refresh(refresh).json()["error"] == "invalid_grant"
    again = browser.finish(browser.open(client.request(), until=LOOPBACK), LOOPBACK)
    assert client.token(code=answer_of(again)["code"]).status_code == 200


def test_a_link_logs_nobody_out_everywhere(it: Scene) -> None:
    browser = it.browser("owner")
    browser.finish(browser.open(f"{BASE}/login/in"), f"{BASE}/")
    for site in ("evil.example", ""):
        browser.open(f"{BASE}/login/out?where=everywhere", site=site)
    assert "You are logged in" in browser.open(f"{BASE}/").words
