"""The checks as JUnit XML, which CI systems show: a suite for each layer, a test case for each check.

The text comes from documents, answers and models. What XML 1.0 (2.2) does not allow is replaced, everything else is
escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from adaptgen.evals.model import Check, EvalResult, Layer

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CONTROL = re.compile("[\x7f-\x84\x86-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""XML allows them; terminals and viewers obey some of them."""
_LONGEST = 4000
"""Characters of a message; the JSON report has all of it."""


def to_junit(result: EvalResult, made: datetime) -> str:
    """The XML document of a run that began at ``made``. What failed or is stale is a failure, what did not run is
    skipped."""
    root = ET.Element("testsuites")
    for number, layer in enumerate(result.layers):
        root.append(_suite(result, layer, number, made))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, "unicode")}\n'


def _suite(result: EvalResult, layer: Layer, number: int, made: datetime) -> ET.Element:
    checks = [one for one in result.checks if one.layer == layer]
    suite = ET.Element(
        "testsuite",
        {
            "id": str(number),
            "name": layer,
            "package": clean(result.server),
            "timestamp": made.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
            "hostname": "localhost",
            "tests": str(len(checks)),
            "failures": str(sum(one.state in ("failed", "stale") for one in checks)),
            "errors": "0",
            "skipped": str(sum(one.state == "not run" for one in checks)),
            "time": "0",
        },
    )
    properties = ET.SubElement(suite, "properties")
    ET.SubElement(properties, "property", {"name": "surface", "value": clean(result.surface)})
    suite.extend(_tests(result.server, checks))
    ET.SubElement(suite, "system-out")
    ET.SubElement(suite, "system-err")
    return suite


def _tests(server: str, checks: Iterable[Check]) -> Iterable[ET.Element]:
    for check in checks:
        name = {"classname": clean(f"{server}.{check.layer}.{check.subject}"), "name": clean(check.name), "time": "0"}
        test = ET.Element("testcase", name)
        if check.state == "not run":
            ET.SubElement(test, "skipped", {"message": clean(check.message)})
        elif check.state != "passed":
            failure = ET.SubElement(test, "failure", {"type": check.state, "message": clean(check.message)})
            failure.text = clean("\n".join(filter(None, [str(check.where or ""), check.message, check.help])))
        yield test


def clean(text: str) -> str:
    """``text`` as XML can hold it and a viewer can show it."""
    text = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
