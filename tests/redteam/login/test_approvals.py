"""The pages where people approve what others asked for.

The attacks, what must happen, and where they are described:

- a link that was guessed or changed, or opened by somebody whom no policy permits, or of another tenant: nothing of the
  request is shown (OWASP ASVS 4.1; RFC 9700, 4.9)
- approving one's own request: refused where the policy says so, also with another browser (separation of duties)
- approving by another site, by a GET, by the program that asked, or with the form of another request: refused
- a call that differs from the one that was approved by one character: not executed
- an approval that is used twice: executed once
- arguments that are code, or text that is not what it looks like: shown as it is (OAuth 2.1, 7.11)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.governing import FakeTarget, fact
from support.login_scene import BASE, Scene, scene
from support.scripted_browser import Browser, Page

POLICIES = """
@approval("1h") permit (principal, action == Action::"fake__change", resource);
permit (principal, action == Action::"fake__look", resource);
permit (principal, action == Action::"approve", resource) when { principal.groups.contains("leads") };
forbid (principal, action == Action::"approve", resource) when { context.own };
permit (principal, action == Action::"detokenize", resource) when { context.tool == "fake__change" };
"""
LEA = {"sub": "lea", "name": "Lea", "groups": ["leads"], "org": "acme"}
ANN = {"sub": "ann", "name": "Ann", "groups": ["support"], "org": "acme"}


@pytest.fixture
def it(tmp_path: Path) -> Iterator[Scene]:
    with scene(tmp_path, policies=POLICIES, authenticate={"caller": {"tenant": "org", "groups": "groups"}}) as made:
        yield made


def token_of(it: Scene, who: dict[str, Any] = ANN) -> str:
    it.provider.person = who
    return str(it.client().log_in(it.browser(who["sub"]))["access_token"])


def call(it: Scene, token: str, **arguments: str) -> str:
    """What the call of the write answers."""
    answer = it.call(token, "tools/call", name="change", arguments=arguments)
    return str(answer.json()["result"]["content"][0]["text"])


def link_in(text: str) -> str:
    found = re.search(rf"{BASE}/approvals/[0-9a-f]{{32}}", text)
    assert found, text
    return found[0]


def person(it: Scene, who: dict[str, Any]) -> Browser:
    it.provider.person = who
    browser = it.browser(who["sub"])
    assert browser.open(f"{BASE}/approvals").status == 200
    return browser


def done(it: Scene) -> int:
    """How often the write was executed."""
    return sum(1 for _, name, _ in it.target.calls if name == "change")


def test_the_honest_way(it: Scene) -> None:
    token = token_of(it)
    url = link_in(call(it, token, text="pay 10"))
    assert done(it) == 0
    lea = person(it, LEA)
    page = lea.open(url)
    assert "pay 10" in page.words
    assert lea.press(page, "approve").status == 200
    assert "done" in call(it, token, text="pay 10")
    call(it, token, text="pay 10")
    assert done(it) == 1, "once"


@pytest.mark.parametrize(
    "who",
    [
        ANN,
        {"sub": "bob", "groups": [], "org": "acme"},
        {"sub": "eve", "groups": ["leads"], "org": "evil"},
        {"sub": "ann", "groups": ["leads"], "org": "acme"},
    ],
    ids=["the caller", "without a permit", "of another tenant", "the caller, who is a lead"],
)
def test_who_may_not_approve_learns_nothing(it: Scene, who: dict[str, Any]) -> None:
    url = link_in(call(it, token_of(it), text="canary-argument"))
    browser = person(it, who)
    page = browser.open(url)
    unknown = browser.open(f"{BASE}/approvals/{'0' * 32}")
    assert (page.status, page.words) == (unknown.status, unknown.words) == (403, page.words)
    assert "canary-argument" not in page.text + browser.open(f"{BASE}/approvals").text
    assert not page.forms
    lea = person(it, LEA)
    form = lea.open(url).forms[0].fields
    assert post(it, browser, url, {**form, "decision": "approve"}) == 403
    assert "done" not in call(it, token_of(it), text="canary-argument")


def post(it: Scene, browser: Browser | None, url: str, fields: dict[str, str], **headers: str) -> int:
    """A form, sent with the cookies of a browser."""
    cookies = browser.cookies.values() if browser is not None else ()
    given = {"cookie": "; ".join(f"{one.name}={one.value}" for one in cookies), "sec-fetch-site": "same-origin"}
    return it.http.post(url, data=fields, headers={"origin": BASE, **given, **headers}).status_code


def test_a_link_that_was_changed(it: Scene) -> None:
    url = link_in(call(it, token_of(it), text="a"))
    lea = person(it, LEA)
    for other in (
        url[:-1] + ("0" if url[-1] != "0" else "1"),
        url + "0",
        url[:-1],
        url.upper(),
        f"{url}/",
        f"{url}%00",
    ):
        page = lea.open(other.replace(BASE.upper(), BASE))
        assert page.status in (403, 404), other
        assert not page.forms


def test_another_site_and_the_program_itself_do_not_approve(it: Scene) -> None:
    token = token_of(it)
    url = link_in(call(it, token, text="a"))
    lea = person(it, LEA)
    fields = {**lea.open(url).forms[0].fields, "decision": "approve"}
    assert post(it, lea, url, fields, origin="https://evil.example", **{"sec-fetch-site": "cross-site"}) in (400, 403)
    assert post(it, lea, url, fields, origin="null", **{"sec-fetch-site": "cross-site"}) in (400, 403)
    assert post(it, lea, url, {**fields, "token": ""}) == 403
    assert post(it, None, url, fields) == 403, "the token of the form alone"
    assert post(it, None, url, fields, authorization=f"Bearer {token}") == 403
    other = person(it, {**LEA, "sub": "lou"})
    assert post(it, other, url, fields) == 403, "the form of somebody else"
    lea.open(f"{url}?decision=approve&token={fields['token']}")
    assert it.http.head(url).status_code in (302, 303)
    assert "done" not in call(it, token, text="a")
    assert done(it) == 0


def test_a_form_is_for_the_request_that_it_shows(it: Scene) -> None:
    token = token_of(it)
    small, large = (link_in(call(it, token, text=text)) for text in ("pay 1", "pay 1000000"))
    assert small != large
    lea = person(it, LEA)
    fields = {**lea.open(small).forms[0].fields, "decision": "approve"}
    assert post(it, lea, large, fields) == 403
    assert post(it, lea, small, fields) == 200
    call(it, token, text="pay 1000000")
    assert done(it) == 0
    for altered in ("pay 1 ", "pay  1", "Pay 1", "pay 1\u200b", "pay １"):
        call(it, token, text=altered)
    assert done(it) == 0
    call(it, token, text="pay 1", email="x@y.example")
    assert done(it) == 0
    call(it, token_of(it, {**ANN, "sub": "bob"}), text="pay 1")
    assert done(it) == 0, "an approval is for its caller"
    call(it, token, text="pay 1")
    assert done(it) == 1


def test_an_approval_is_not_given_twice(it: Scene) -> None:
    """The form of a request that was executed does not approve the next one of the same call."""
    token = token_of(it)
    url = link_in(call(it, token, text="a"))
    lea = person(it, LEA)
    fields = {**lea.open(url).forms[0].fields, "decision": "approve"}
    assert post(it, lea, url, fields) == 200
    call(it, token, text="a")
    call(it, token, text="a")  # opens it again
    assert post(it, lea, url, fields) in (403, 409)
    call(it, token, text="a")
    assert done(it) == 1


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "</pre><form action=https://evil.example><button>approve</button></form>",
        "pay 10\u202e0001",
        "pay\u200b\u2060\ufeff 10",
        "{{ 7 * 7 }}",
        "\x1b[2Kpay 1",
    ],
    ids=ascii,
)
def test_arguments_are_shown_as_they_are(it: Scene, text: str) -> None:
    url = link_in(call(it, token_of(it), text=text))
    page: Page = person(it, LEA).open(url)
    assert page.status == 200
    assert "<script" not in page.text.lower()
    assert "<img" not in page.text.lower()
    assert len(page.forms) == 1
    assert not re.search(r"[\u202a-\u202e\u2066-\u2069\u200b\u2060\ufeff\x1b]", page.text), "nothing unseen"
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    if "\u200b" in text or "\u202e" in text:
        assert re.search(r"u200b|U\+200B|u202e|U\+202E", page.text), "what cannot be seen is named"


def test_a_third_party_does_not_say_what_its_tool_is_called(tmp_path: Path) -> None:
    """The title is its own to choose, and its description may be long: the page names the tool that is called, and
    what is approved is not pushed away."""
    wire = {
        "name": "change",
        "title": "Read the weather (forecast) of weather: read",
        "description": "Reads the weather.\n" * 2000,
        "inputSchema": {"type": "object", "properties": {"text": {"type": "string"}}},
    }
    target = FakeTarget(fact("look"), fact("change", effect="write", trusted=False, wire=wire))
    with scene(
        tmp_path, policies=POLICIES, target=target, authenticate={"caller": {"tenant": "org", "groups": "groups"}}
    ) as it:
        url = link_in(call(it, token_of(it), text="pay 10"))
        lea = person(it, LEA)
        page = lea.open(url)
        assert "change on fake (write)" in page.words
        assert "forecast" not in page.words
        assert "forecast" not in lea.open(f"{BASE}/approvals").words
        assert re.search(r'<pre class="long">Reads', page.text)
