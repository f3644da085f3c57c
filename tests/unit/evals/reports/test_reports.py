"""The forms of one result: what they add up, and that no text of a document or a model breaks them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

from adaptgen.diagnostics import Where
from adaptgen.evals.agent.conversation import Message, Recording, Run, Settings, ToolAnswer, ToolUse
from adaptgen.evals.model import Case, CaseScore, Check, EvalResult
from adaptgen.evals.reports.junit import to_junit
from adaptgen.evals.reports.page import page
from adaptgen.model.tables import Caller

MADE = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
HOSTILE = "\x1b[31m</script><img src=//evil.example/x onerror=alert(1)> & \x00 \ud800 \u202e ]]> {{ 7 * 7 }}"


def _case(name: str, question: str = "Which invoices are open?") -> Case:
    return Case(name, question, Caller("ann", groups=("sales",)), where=Where("cases.yaml", 3, 1))


def _result(text: str = "the answer is wrong") -> EvalResult:
    return EvalResult(
        "crm",
        ("L0", "L2", "L3"),
        (_case("open", text), _case("late")),
        (
            Check("L0", "list_invoices", "static.units", "failed", text),
            Check("L2", "open", "oracle.answer", "passed"),
            Check("L3", "open", "model.answer", "failed", text, Where("cases.yaml", 3, 1)),
            Check("L3", "late", "model.recording", "stale", "the tools changed"),
            Check("L2", "late", "oracle.answer", "not run", "no connection"),
        ),
        (
            CaseScore("open", 0.5, 1.0, 0.75, 3, 900, 1200, 0.25, (("list_invoices", "list_orders"),), (1, 2)),
            CaseScore("late", 1.0, 0.5, None, 5, 100, None, None, (("list_invoices", "list_invoices"), ("get", ""))),
        ),
        "ab" * 32,
    )


# ---------------------------------------------------------------------------------------------------------------- JUnit


def test_junit_counts_stale_as_a_failure_and_what_did_not_run_as_skipped() -> None:
    root = ET.fromstring(to_junit(_result(), MADE))
    counts = {one.get("name"): (one.get("tests"), one.get("failures"), one.get("skipped")) for one in root}
    assert counts == {"L0": ("1", "1", "0"), "L2": ("2", "0", "1"), "L3": ("2", "2", "0")}
    stale = root.find("testsuite/testcase[@name='model.recording']/failure")
    assert stale is not None
    assert stale.get("type") == "stale"
    assert [one.get("classname") for one in root.iter("testcase")][2] == "crm.L2.late"


def test_junit_shows_hostile_text_without_control_characters() -> None:
    text = to_junit(_result(HOSTILE), MADE)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202e]", text)
    shown = ET.fromstring(text).find("testsuite/testcase/failure")
    assert shown is not None
    assert "</script><img src=//evil.example/x onerror=alert(1)> & " in str(shown.get("message"))


# ----------------------------------------------------------------------------------------------------------------- page


class Elements(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def _recording(text: str) -> Recording:
    messages = (
        Message("user", text),
        Message("assistant", text, (ToolUse("1", text, {text: text}), ToolUse("2", "x", text, "not JSON"))),
        Message("tool", answers=(ToolAnswer("1", text, True, "list_invoices"), ToolAnswer("2", text, dry=True))),
        Message("assistant", text),
    )
    return Recording("k", {}, "open", text, Settings(), (Run(messages, "answered", turns=2, note=text),))


def test_page_is_inert_whatever_texts_hold() -> None:
    text = page(_result(HOSTILE), MADE, [_recording(HOSTILE)])
    elements = Elements(text)
    assert not {"script", "img", "link", "iframe", "object", "form", "base"} & {tag for tag, _ in elements.tags}
    assert not [one for _, attributes in elements.tags for one in attributes if one.startswith("on")]
    assert not [one for _, attributes in elements.tags for one in ("src", "href", "action") if one in attributes]
    assert "49" not in re.sub(r"#\w+", "", text.partition("<main>")[2]).split()
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202e]", text)
    assert "default-src 'none'" in text
