"""The forms of one result: what they add up, and that no text of a document or a model breaks them."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from adaptgen.diagnostics import Where
from adaptgen.evals.agent.conversation import Message, Recording, Run, Settings, ToolAnswer, ToolUse
from adaptgen.evals.model import Case, CaseScore, Check, EvalResult
from adaptgen.evals.reports.json_report import to_json
from adaptgen.evals.reports.junit import to_junit
from adaptgen.evals.reports.page import page
from adaptgen.evals.reports.summary import confusion, pass_k, percent, summarize
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


def test_summary_counts_each_layer_and_takes_the_worst_state() -> None:
    summary = summarize(_result())
    assert [(one.layer, one.passed, one.failed, one.stale, one.not_run) for one in summary.layers] == [
        ("L0", 0, 1, 0, 0),
        ("L2", 1, 0, 0, 1),
        ("L3", 0, 1, 1, 0),
    ]
    assert [(row.case.id, row.state) for row in summary.cases] == [("open", "failed"), ("late", "stale")]
    assert [one.name for one in summary.others] == ["static.units"]


def test_totals_are_means_and_sums_of_what_is_known() -> None:
    totals = summarize(_result()).totals
    assert (totals.precision, totals.recall, totals.arguments) == (0.75, 0.75, 0.75)
    assert (totals.turns, totals.bytes, totals.tokens, totals.cost) == (4, 1000, 1200, 0.25)


def test_pass_k_is_the_chance_that_k_runs_in_a_row_pass() -> None:
    # 3 of 4 and 4 of 4 runs: two in a row C(3,2)/C(4,2) = 3/6, three in a row C(3,3)/C(4,3) = 1/4, four 0.
    assert pass_k([(3, 4), (4, 4)]) == ((1, 0.875), (2, 0.75), (3, 0.625), (4, 0.5))


def test_a_share_is_whole_only_when_everything_passed() -> None:
    assert [percent(one) for one in (0.9999, 1.0, 0.29, 0)] == [99, 100, 29, 0]


def test_confusion_has_expected_rows_and_called_columns() -> None:
    matrix = confusion(_result().scores)
    assert matrix.expected == ("get", "list_invoices")
    assert matrix.called == ("list_invoices", "list_orders", "")
    assert matrix.counts == ((0, 0, 1), (1, 1, 0))


def test_json_has_the_stable_keys() -> None:
    report: Any = json.loads(json.dumps(to_json(_result())))
    assert [*report] == ["format", "server", "surface", "share", "layers", "totals", "cases", "checks", "confusion"]
    assert report["share"] == 0.2
    assert report["layers"]["L3"] == {"passed": 0, "failed": 1, "stale": 1, "not_run": 0}
    assert report["totals"]["pass_k"] == {"1": 0.5, "2": 0.0}
    assert report["cases"][0]["scores"]["trials"] == {"passed": 1, "runs": 2}
    assert report["cases"][0]["caller"] == {"sub": "ann", "tenant": None, "groups": ["sales"]}
    assert report["checks"][2] == {
        "layer": "L3",
        "subject": "open",
        "name": "model.answer",
        "state": "failed",
        "message": "the answer is wrong",
        "help": "",
        "file": "cases.yaml",
        "line": 3,
        "column": 1,
    }
    assert {"expected": "get", "called": None, "count": 1} in report["confusion"]


# ---------------------------------------------------------------------------------------------------------------- JUnit

# What Ant, Jenkins and GitLab read, after the schema of Apache Ant's JUnit reports.
SCHEMA = """
<grammar xmlns="http://relaxng.org/ns/structure/1.0" datatypeLibrary="http://www.w3.org/2001/XMLSchema-datatypes">
<start><element name="testsuites"><zeroOrMore><ref name="suite"/></zeroOrMore></element></start>
<define name="suite"><element name="testsuite">
  <attribute name="id"><data type="int"/></attribute><attribute name="package"><data type="token"/></attribute>
  <attribute name="name"><data type="token"><param name="minLength">1</param></data></attribute>
  <attribute name="hostname"><data type="token"><param name="minLength">1</param></data></attribute>
  <attribute name="timestamp"><data type="dateTime">
    <param name="pattern">[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}</param></data></attribute>
  <attribute name="tests"><data type="int"/></attribute><attribute name="failures"><data type="int"/></attribute>
  <attribute name="errors"><data type="int"/></attribute><attribute name="skipped"><data type="int"/></attribute>
  <attribute name="time"><data type="decimal"/></attribute>
  <element name="properties"><zeroOrMore><element name="property">
    <attribute name="name"><data type="token"/></attribute><attribute name="value"><text/></attribute>
  </element></zeroOrMore></element>
  <zeroOrMore><ref name="case"/></zeroOrMore>
  <element name="system-out"><text/></element><element name="system-err"><text/></element>
</element></define>
<define name="case"><element name="testcase">
  <attribute name="name"><data type="token"/></attribute><attribute name="classname"><data type="token"/></attribute>
  <attribute name="time"><data type="decimal"/></attribute>
  <optional><choice>
    <element name="skipped"><optional><attribute name="message"><text/></attribute></optional></element>
    <element name="failure"><attribute name="type"><text/></attribute><attribute name="message"><text/></attribute>
      <text/></element>
  </choice></optional>
</element></define>
</grammar>
"""


@pytest.mark.parametrize("text", ["the answer is wrong", HOSTILE, "x" * 100_000, ""])
def test_junit_fits_the_schema_whatever_a_message_holds(text: str) -> None:
    etree = pytest.importorskip("lxml.etree")
    schema = etree.RelaxNG(etree.fromstring(SCHEMA))
    document = etree.fromstring(to_junit(_result(text), MADE).encode())
    assert schema.validate(document), schema.error_log


def test_junit_counts_stale_as_a_failure_and_what_did_not_run_as_skipped() -> None:
    root = ET.fromstring(to_junit(_result(), MADE))
    counts = {one.get("name"): (one.get("tests"), one.get("failures"), one.get("skipped")) for one in root}
    assert counts == {"L0": ("1", "1", "0"), "L2": ("2", "0", "1"), "L3": ("2", "2", "0")}
    stale = root.find("testsuite/testcase[@name='model.recording']/failure")
    assert stale is not None
    assert stale.get("type") == "stale"
    assert [one.get("classname") for one in root.iter("testcase")][2] == "crm.L2.late"


def test_what_to_do_is_in_every_form() -> None:
    check = Check("L0", "list_invoices", "static.units", "failed", "no unit", None, "name the currency")
    result = EvalResult("crm", ("L0",), (), (check,))
    report: Any = to_json(result)
    assert report["checks"][0]["help"] == "name the currency"
    assert "name the currency" in to_junit(result, MADE)
    assert "name the currency" in page(result, MADE)


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


def test_page_shows_the_confusion_matrix_as_a_table_with_headings() -> None:
    text = page(_result(), MADE)
    table = text[text.index("Which tool was called for which") :].partition("</table>")[0]
    assert "<caption>" in table
    assert table.count('scope="col"') == 4
    assert table.count('scope="row"') == 2
    # A wrong call is not shown by its colour alone.
    assert '1 <span class="poor">wrong</span>' in table
    assert "no tool" in table


def test_page_shows_each_transcript_at_its_case() -> None:
    text = page(_result(), MADE, [_recording("What is open?")])
    case = text[text.index("open: the answer is wrong") : text.index("late: Which invoices")]
    assert case.count("Transcript of") == 1
    assert "Transcript of What is open?" in case
    assert "nothing was sent" in case
    assert "an error" in case
    assert "not JSON" in case


def test_a_result_without_cases_has_a_page_and_a_report() -> None:
    empty = EvalResult("crm", ("L0",), (), ())
    assert "100 % of checks passed" in page(empty, MADE)
    assert to_json(empty)["cases"] == []
    assert ET.fromstring(to_junit(empty, MADE)).find("testsuite/testcase") is None
