"""Which words of an error body reach an agent. The bodies are those of real services (names changed)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import orjson
import pytest

from adaptgen.runtime.http.error_messages import Scrub, make_refusal
from adaptgen.runtime.http.response import Response
from adaptgen.runtime.pii.call_pii import PiiTracker
from adaptgen.runtime.pii.classifier import Classifier


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


def test_the_record_in_a_412_stays_where_it_is() -> None:
    body = {
        "code": 412,
        "errno": 114,
        "error": "Precondition Failed",
        "message": "Resource was modified meanwhile",
        "details": {"existing": {"id": "7", "phone": "555-1234", "message": "private note"}},
    }
    text = told(body, status=412)
    assert "Resource was modified meanwhile" in text
    assert "555-1234" not in text
    assert "private" not in text


def test_the_input_that_a_422_echoes_stays_where_it_is() -> None:
    body = {"detail": [{"type": "int_parsing", "loc": ["query", "limit"], "msg": "not a number", "input": "hunter22"}]}
    text = told(body)
    assert "query.limit: not a number" in text
    assert "hunter22" not in text


def test_classified_values_and_unknown_addresses_are_removed() -> None:
    body = {"message": "Ada (ssn 123-45-6789, ada@x.example) clashes with bob@x.example", "ssn": "123-45-6789"}
    text = told(body, scrub=Scrub((), ["person.ssn"], {"email": "bob@x.example"}))
    assert "Ada (ssn [removed], [e-mail]) clashes with bob@x.example" in text


def test_a_classified_name_is_removed_in_every_case_and_by_its_words() -> None:
    body = {"message": "ADA BYRON and Byron clash, o'ada@x.example too", "person": "Ada Byron"}
    text = told(body, scrub=Scrub((), ["person"], marks=PiiTracker(Classifier({"person": "name"}))))
    assert "[removed] and [removed] clash" in text
    assert "o'ada" not in text


def test_an_address_at_the_edge_of_a_cut_is_not_told_in_part() -> None:
    text = told({"message": f"{'x' * 190} ada.lovelace@example.com is taken"})
    assert "ada" not in text


def test_credentials_are_removed() -> None:
    assert "tok-123456" not in told({"message": "bad token tok-123456"}, scrub=Scrub(["tok-123456"]))


def test_a_message_in_a_classified_member_is_not_told() -> None:
    assert "secret story" not in told({"description": "secret story"}, scrub=Scrub((), ["description"]))


def test_markup_and_traces_inside_json_are_dropped() -> None:
    body = {"message": "<b>boom</b>", "detail": 'Traceback (most recent call last):\n  File "x.py"'}
    phrase = HTTPStatus(422).phrase  # "Unprocessable Entity" before Python 3.13, as in RFC 4918
    assert told(body) == (f"The API answered 422 {phrase}. Correct the arguments; the same call will be refused again.")


def test_long_messages_are_cut() -> None:
    assert len(told({"errors": [{"message": f"{n} " + "x" * 900} for n in range(50)]})) < 700


@pytest.mark.parametrize(("status", "shown"), [(404, True), (500, False)])
def test_plain_text_of_a_refusal_is_told_of_a_failure_not(status: int, shown: bool) -> None:
    assert ("no route" in told(b"no route", status=status, media="text/plain")) is shown


# ------------------------------------------------------------------------------------------- everything that it said


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"reasonCode": "E17", "hint": "use v2"}, ": reasonCode: E17; hint: use v2."),
        ({"Message": "No quota", "Limit": 5}, ": Message: No quota; Limit: 5."),
        ({"message": "quota", "limit": 5}, ": quota. "),
        ({"message": "quota", "limit": 5, "code": "Q1"}, " It also says: limit: 5; code: Q1."),
        (
            {"fault": {"faultstring": "Bad key", "detail": {"errorcode": "o.v2"}}},
            "faultstring: Bad key; errorcode: o.v2",
        ),
        ({"errors": [{"extra": "A"}, {"extra": "B"}]}, "extra: A; extra: B"),
        ({"info": {"allowed": 3.5}}, "allowed: 3.5"),
    ],
)
def test_every_short_value_is_told_known_names_first(body: Any, words: str) -> None:
    assert words in told(body)


@pytest.mark.parametrize(
    "body",
    [
        {"reason_code": 4, "phone": "+49 170 555", "password": "+49 170 555", "ssn": "+49 170 555"},
        {"code": 4, "record": {"note": "+49 170 555"}, "input": "+49 170 555", "user": {"tag": "+49 170 555"}},
        {"code": 4, "first_name": "+49 170 555"},
        {"code": 4, "note": "+49 170 555" + "x" * 300},
        {"code": 4, "trace": "+49 170 555", "stack": "at +49 170 555", "big": ["+49 170 555"]},
        {"code": 4, "remark": "<b>+49 170 555</b>"},
        {"code": 4, "remark": "+49 170 555", "filler": "y" * 5000},
    ],
)
def test_what_may_be_personal_or_a_record_is_not(body: Any) -> None:
    assert "555" not in told(body)


def test_secrets_and_classified_values_are_removed_from_the_other_values_too() -> None:
    body = {"code": 4, "remark": "for tok-123456 and Ada Byron", "person": "Ada Byron"}
    text = told(body, scrub=Scrub(["tok-123456"], ["person"], marks=PiiTracker(Classifier({"person": "name"}))))
    assert "remark: for [removed] and [removed]" in text


@pytest.mark.parametrize("status", [400, 500])
def test_a_short_text_under_a_json_type_is_told(status: int) -> None:
    assert "quota exceeded for plan" in told(b"quota exceeded for plan", status=status)
    assert "boom" not in told(b"<b>boom</b>", status=status)
    assert "boom" not in told(b"Traceback (most recent call last)\nboom", status=status)


def test_a_403_on_the_path_of_a_record_may_mean_that_there_is_none() -> None:
    response = Response(403, {}, b"{}", media_type="application/json")
    assert "or it does not exist" in make_refusal(response, Scrub(), reads=True, addressed=True).text
    assert "or it does not exist" not in make_refusal(response, Scrub(), reads=True).text
