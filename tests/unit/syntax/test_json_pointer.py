"""Patterns of JSON Pointers (RFC 6901): which values of a document they mean, and references into it."""

from __future__ import annotations

from adaptgen.syntax.json_pointer import local

DOCUMENT = {
    "people": [{"name": "Ada", "a/b": 1}, {"name": "Grace", "a/b": 2}],
    "*": "a literal asterisk",
    "by~id": {"7": {"name": "Alan"}, "8": {"name": "Kurt"}},
}


def test_a_local_reference_that_leads_nowhere_is_none() -> None:
    assert local(DOCUMENT, "#/people/0/a~1b") == 1
    assert local(DOCUMENT, "#/people/9") is None
    assert local(DOCUMENT, "other.json#/people") is None
    assert local(DOCUMENT, "#anchor") is None
