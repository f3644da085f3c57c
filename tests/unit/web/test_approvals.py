"""The pages of approvals: who sees a request, what they see of it, and the forms that decide."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from support.governing import FakeTarget, ask, fact
from support.idp import Idp
from support.logins import BASE, Browser, Site, field_of, site, text_of

from adaptgen.govern.approvals.requests import Requests
from adaptgen.model.tables import Caller

pytestmark = pytest.mark.asyncio

ANN = Caller("ann", "north", ("staff",))
LEA = {"sub": "lea", "name": "Lea <i>", "groups": ["leads"], "org": "north"}
POLICIES = """
@approval("1h") permit (principal, action == Action::"fake__pay", resource);
permit (principal in Group::"north/leads", action == Action::"approve", resource);
forbid (principal, action == Action::"approve", resource) when { context.own };
"""


@pytest_asyncio.fixture
async def bank(tmp_path: Path) -> AsyncIterator[Site]:
    pay = fact(
        "pay",
        effect="write",
        names=("text", "email"),
        arguments={"email": "email"},
        calls=("POST /payments",),
        wire={
            "name": "pay",
            "title": "Pay <b>now</b>",
            "description": "Pays.",
            "inputSchema": {"type": "object", "properties": {"text": {}, "email": {"type": "string"}}},
        },
    )
    idp = Idp()
    idp.person = dict(LEA)
    await idp.start()
    async with site(tmp_path, idp, target=FakeTarget(pay), policies=POLICIES) as one:
        yield one
    await idp.stop()


async def call(bank: Site, **arguments: Any) -> str:
    answer = await ask(bank.governed, ANN, "tools/call", {"name": "pay", "arguments": arguments})
    return str(answer["content"][0]["text"])


async def asked(bank: Site, **arguments: Any) -> str:
    """The link for a call."""
    text = await call(bank, **arguments)
    found = re.search(rf"{BASE}/approvals/[0-9a-f]{{32}}", text)
    assert found is not None, text
    return found[0]


async def browser_of(bank: Site, person: dict[str, Any], url: str) -> tuple[Browser, Any]:
    bank.idp.person = person
    browser = Browser(bank)
    return browser, await browser.follow(await browser.get(url))


def done(bank: Site) -> int:
    return len(bank.governed.handler.target.calls)  # type: ignore[attr-defined]


async def test_an_approver_logs_in_sees_the_call_and_approves_it_once(bank: Site, tmp_path: Path) -> None:
    link = await asked(bank, text="hello")
    browser, shown = await browser_of(bank, LEA, link)

    text = text_of(shown)
    assert shown.status == 200
    assert "Pay &lt;b&gt;now&lt;/b&gt;" in text
    assert "<code>POST /payments</code>" in text
    assert "<code>ann</code> of <code>north</code>" in text
    assert unescape(re.findall(r'<pre dir="auto">(.*?)</pre>', text)[0]) == '"hello"'

    form = {"token": field_of(shown, "token"), "decision": "approve", "reason": "invoice 7"}
    assert "Approved" in text_of(await browser.post(link, form))
    assert await call(bank, text="hello") == "done"
    assert done(bank) == 1
    lines = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    (approval,) = (line for line in lines if line.get("step") == "approved")
    assert (approval["caller"]["sub"], approval["approver"]["sub"], approval["reason"]) == ("ann", "lea", "invoice 7")


async def test_a_request_made_under_another_key_says_what_has_changed(
    bank: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = await asked(bank, text="hello")
    monkeypatch.setattr(Requests, "id_of", lambda *_: "0" * 32)
    _, shown = await browser_of(bank, LEA, link)
    assert "The tool, or a key of this server, has changed" in text_of(shown)
    assert 'name="decision"' not in text_of(shown)


async def test_who_approves_their_own_call_is_sent_back_to_the_client(bank: Site, tmp_path: Path) -> None:
    (tmp_path / "all.cedar").write_text(POLICIES.partition("forbid")[0])
    assert await bank.governed.watch.look()
    answer = await ask(
        bank.governed, Caller("lea", "north", ("leads",)), "tools/call", {"name": "pay", "arguments": {"text": "hello"}}
    )
    found = re.search(rf"{BASE}/approvals/[0-9a-f]{{32}}", answer["content"][0]["text"])
    assert found is not None
    browser, shown = await browser_of(bank, LEA, found[0])
    decided = text_of(await browser.post(found[0], {"token": field_of(shown, "token"), "decision": "approve"}))
    assert "Go back to your client and repeat the call." in decided
    assert "Let them know" not in decided


@pytest.mark.parametrize(
    ("change", "headers"),
    [
        ({"token": ""}, {}),
        ({"token": "AAAA"}, {}),
        ({"decision": "yes"}, {}),
        ({}, {"origin": "https://evil.example"}),
        ({}, {"sec_fetch_site": "cross-site"}),
        ({}, {"content_type": "text/plain"}),
    ],
)
async def test_forms_of_others_decide_nothing(bank: Site, change: dict[str, str], headers: dict[str, str]) -> None:
    link = await asked(bank, text="hello")
    browser, shown = await browser_of(bank, LEA, link)
    sent = await browser.post(link, {"token": field_of(shown, "token"), "decision": "approve", **change}, **headers)

    assert sent.status == 403
    assert (await call(bank, text="hello")).startswith("Not executed")
    assert done(bank) == 0


async def test_the_form_of_one_request_or_person_does_not_fit_another(bank: Site) -> None:
    one, two = await asked(bank, text="one"), await asked(bank, text="two")
    browser, shown = await browser_of(bank, LEA, one)
    other, _ = await browser_of(bank, {**LEA, "sub": "bob"}, one)
    form = {"token": field_of(shown, "token"), "decision": "approve"}

    assert (await browser.post(two, form)).status == 403
    assert (await other.post(one, form)).status == 403
    assert (await Browser(bank).post(one, form)).status == 403
    assert (await browser.post(one, form)).status == 200


async def test_what_cannot_be_seen_is_named_and_nothing_is_cut(bank: Site) -> None:
    marks = "a" + "\u0301" * 300
    value = f"to \u202eevil\u2066 <script>alert(1)</script>\x1b[2J{marks}" + " " * 400 + "x" * 13_000 + "END"
    shown = (await browser_of(bank, LEA, await asked(bank, text=value)))[1]
    text = text_of(shown)

    assert "<script>" not in text
    assert "\u202e" not in text
    assert "<mark>[U+202E]</mark>evil<mark>[U+2066]</mark>" in text
    assert "<mark>[296 more marks]</mark><mark>[400 blanks]</mark>" in text
    assert "x" * 13_000 + "END" in text
    assert "default-src 'none'" in shown.headers["content-security-policy"]


async def test_the_list_has_what_the_person_may_approve(bank: Site) -> None:
    first, second = await asked(bank, text="one"), await asked(bank, text="two")
    browser, listed = await browser_of(bank, LEA, f"{BASE}/approvals")
    assert re.findall(r'href="([^"]*/approvals/[^"]*)"', text_of(listed)) == [second, first]
    assert [unescape(one) for one in re.findall(r"text: <code>(.*?)</code>", text_of(listed))] == ['"two"', '"one"']
    assert "write on fake, requested by ann of north" in text_of(listed)
    assert "Open it to see" not in text_of(listed)

    shown = await browser.get(first)
    await browser.post(first, {"token": field_of(shown, "token"), "decision": "deny"})
    assert re.findall(r'href="([^"]*/approvals/[^"]*)"', text_of(await browser.get(f"{BASE}/approvals"))) == [second]
    assert "was denied" in await call(bank, text="one")


@pytest.mark.parametrize("path", ["/approvals/..", "/approvals/ABC", "/approvals/a/b"])
async def test_other_addresses_are_no_pages(bank: Site, path: str) -> None:
    assert (await Browser(bank).get(BASE + path)).status == 404
