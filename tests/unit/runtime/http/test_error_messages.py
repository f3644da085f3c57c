"""Which words of an error body reach an agent. The bodies are those of real services (names changed)."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from adaptgen.runtime.http.error_messages import Scrub, make_refusal
from adaptgen.runtime.http.response import Response


def told(body: Any, *, status: int = 422, scrub: Scrub | None = None, media: str = "application/json") -> str:
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    return make_refusal(Response(status, {}, content, media_type=media), scrub or Scrub(), reads=True).text


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"message": "No such thing"}, "No such thing"),
        ({"detail": "Not found."}, "Not found"),
        (
            {"title": "Bad input", "detail": "age must be positive", "type": "about:blank"},
            "age must be positive; Bad input",
        ),
        ({"error": "invalid_grant", "error_description": "The token is spent"}, "The token is spent; invalid_grant"),
        ({"error": {"code": 3, "message": "quota"}}, "quota"),
        ({"errors": [{"field": "email", "message": "is taken"}]}, "email: is taken"),
        ({"errors": {"email": ["is taken"]}}, "email: is taken"),
        ({"email": ["Enter a valid address."], "age": ["Required."]}, "email: Enter a valid address; age: Required"),
        ({"message": "Bad query.", "errors": [{"field": "since", "message": "no date."}]}, "Bad query; since: no date"),
        ({"non_field_errors": ["Start is after end."]}, "Start is after end"),
        ({"error": True, "errors": {"name": ["too short"]}}, "name: too short"),
        ({"errors": [{"source": {"pointer": "/data/x"}, "detail": "wrong"}]}, "/data/x: wrong"),
        # Names that only end in the name of a message.
        (
            {
                "exception_message": "Invalid request.",
                "exception_detail": [{"loc": ["body", "state", 0], "msg": "no state", "input": "hunter22"}],
                "request_body": {"message": "hunter22"},
            },
            "Invalid request; body.state.0: no state",
        ),
        ({"errorMessages": ["No such issue"], "errors": {}}, "No such issue"),
        ({"MyErrorMessage": "Nope"}, "Nope"),
    ],
)
def test_messages_are_found(body: Any, words: str) -> None:
    assert f": {words}. Correct the arguments" in told(body)


def test_a_message_in_a_classified_member_is_not_told() -> None:
    assert "secret story" not in told({"description": "secret story"}, scrub=Scrub((), ["description"]))


@pytest.mark.parametrize(("status", "shown"), [(404, True), (500, False)])
def test_plain_text_of_a_refusal_is_told_of_a_failure_not(status: int, shown: bool) -> None:
    assert ("no route" in told(b"no route", status=status, media="text/plain")) is shown


# ------------------------------------------------------------------------------------------- everything that it said
