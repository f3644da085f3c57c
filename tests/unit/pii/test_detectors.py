"""Personal data is found in free text however it is written, and what only looks like it is left alone."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.check_digits import iban_digits, luhn_digit

from adaptgen.pii.detectors import FOUND, confirm, find


def found(text: str, *kinds: str) -> list[tuple[str, str]]:
    return [(one.kind, text[one.start : one.end]) for one in find(text, kinds or FOUND[:5])]


# (text, what stands in it), the values by hand; numbers from the issuers' own examples.
PRESENT = [
    ("write to ada.lovelace@example.com, please", ("email", "ada.lovelace@example.com")),
    ("<ada@example.com>", ("email", "ada@example.com")),
    ("mailto:o'brien+x@mail.example.co.uk.", ("email", "o'brien+x@mail.example.co.uk")),
    ("**ada@example.com**", ("email", "ada@example.com")),
    ('"ada l"@example.com', ("email", '"ada l"@example.com')),
    ("ada@[192.0.2.7]", ("email", "ada@[192.0.2.7]")),
    ("ada (at) example (dot) com", ("email", "ada (at) example (dot) com")),
    ("ada [at] example.com", ("email", "ada [at] example.com")),
    ("ada at example dot com", ("email", "ada at example dot com")),
    ("?to=ada%40example.com&x=1", ("email", "ada%40example.com")),
    ("?to=ada%2540example.com&x=1", ("email", "ada%2540example.com")),
    ("?to=ada%40b%C3%BCcher.example&x=1", ("email", "ada%40b%C3%BCcher.example")),
    ("?to=m%25C3%25BCller%2540example.com&x=1", ("email", "m%25C3%25BCller%2540example.com")),
    ("ada&#64;example.com", ("email", "ada&#64;example.com")),
    ("ada&commat;example.com", ("email", "ada&commat;example.com")),
    (r"ada\u0040example.com", ("email", r"ada\u0040example.com")),
    ("ａｄａ＠ｅｘａｍｐｌｅ．ｃｏｍ", ("email", "ａｄａ＠ｅｘａｍｐｌｅ．ｃｏｍ")),
    ("a\u200bda@exam\u200bple.com", ("email", "a\u200bda@exam\u200bple.com")),
    ("müller@straße.de schrieb", ("email", "müller@straße.de")),
    ("联系ada@example.com吧", ("email", "ada@example.com")),
    ("call +49 (0)30 1234567 now", ("phone", "+49 (0)30 1234567")),
    ("+1-202-555-0172", ("phone", "+1-202-555-0172")),
    ("(555) 123-4567", ("phone", "(555) 123-4567")),
    ("555-123-4567 x89", ("phone", "555-123-4567 x89")),
    ("555.123.4567", ("phone", "555.123.4567")),
    ("tel 5551234567", ("phone", "5551234567")),
    ('{"phone":"5551234567"}', ("phone", "5551234567")),
    ("My number is 0049301234567.", ("phone", "0049301234567")),
    ("030/1234567", ("phone", "030/1234567")),
    ("01 42 34 56 78", ("phone", "01 42 34 56 78")),
    ("020 7946 0958", ("phone", "020 7946 0958")),
    ("(11) 98765-4321", ("phone", "(11) 98765-4321")),
    ("%2B49%2030%201234567", ("phone", "%2B49%2030%201234567")),
    ("٠٣٠ ١٢٣ ٤٥٦٧", ("phone", "٠٣٠ ١٢٣ ٤٥٦٧")),
    ("+49\u00a030\u20111234567", ("phone", "+49\u00a030\u20111234567")),
    ("card 4111 1111 1111 1111 exp 12/29", ("card", "4111 1111 1111 1111")),
    ("4111111111111111", ("card", "4111111111111111")),
    ("4111-1111-1111-1111", ("card", "4111-1111-1111-1111")),
    ("4111\u00a01111\u00a01111\u00a01111", ("card", "4111\u00a01111\u00a01111\u00a01111")),
    ("3782-822463-10005", ("card", "3782-822463-10005")),
    ("5555555555554444.", ("card", "5555555555554444")),
    ("DE89 3704 0044 0532 0130 00 bitte", ("iban", "DE89 3704 0044 0532 0130 00")),
    ("iban:de89370400440532013000", ("iban", "de89370400440532013000")),
    ("GB82 WEST 1234 5698 7654 32", ("iban", "GB82 WEST 1234 5698 7654 32")),
    ("NO93 8601 1117 947", ("iban", "NO93 8601 1117 947")),
    ("SSN 078-05-1120", ("national_id", "078-05-1120")),
    ("ssn: 078051120", ("national_id", "078051120")),
    ("12345678Z", ("national_id", "12345678Z")),
    ("X1234567L", ("national_id", "X1234567L")),
    ("RSSMRA85T10A562S", ("national_id", "RSSMRA85T10A562S")),
    ("131052-308T", ("national_id", "131052-308T")),
    ("AB123456C", ("national_id", "AB123456C")),
    ("AB 12 34 56 C", ("national_id", "AB 12 34 56 C")),
    ("529.982.247-25", ("national_id", "529.982.247-25")),
    ("44051401359", ("national_id", "44051401359")),
    ("811228-9874", ("national_id", "811228-9874")),
    ("756.9217.0769.85", ("national_id", "756.9217.0769.85")),
    ("11010519491231002X", ("national_id", "11010519491231002X")),
    ("S1234567D", ("national_id", "S1234567D")),
    ("A123456789", ("national_id", "A123456789")),
    ("12.345.678-5", ("national_id", "12.345.678-5")),
    ("52.414.980-K", ("national_id", "52.414.980-K")),
    ("PETPJ1691T", ("national_id", "PETPJ1691T")),
    ("8 (955) 816-44-95", ("phone", "8 (955) 816-44-95")),
    ("+420 581 357 659", ("phone", "+420 581 357 659")),
    ("1-585-279-2136", ("phone", "1-585-279-2136")),
    ("85.07.30-033.28", ("national_id", "85.07.30-033.28")),
    ("130 692 544", ("national_id", "130 692 544")),
]


@pytest.mark.parametrize(("text", "expected"), PRESENT, ids=[one[0] for one in PRESENT])
def test_it_is_found(text: str, expected: tuple[str, str]) -> None:
    assert expected in found(text)


def test_only_the_kinds_asked_for() -> None:
    text = "ada@example.com 10.0.0.7 2001:db8::7"
    assert found(text, "phone") == []
    assert found(text, "ip_address") == [("ip_address", "10.0.0.7"), ("ip_address", "2001:db8::7")]


def test_a_value_is_confirmed_by_its_form() -> None:
    assert confirm("card", "4111 1111 1111 1111")
    assert not confirm("card", "4111 1111 1111 1112")
    assert confirm("phone", "030 1234567")
    assert not confirm("phone", "none given")
    assert confirm("email", "ada@example.com")
    assert not confirm("email", "ada@example.com!")
    assert confirm("name", "Ada")


@given(st.text(alphabet="0123456789", min_size=13, max_size=15), st.sampled_from(["", " ", "-"]), st.text(max_size=9))
def test_every_visa_card_is_found(digits: str, separator: str, around: str) -> None:
    body = f"4{digits}"[:15].ljust(15, "0")
    number = body + luhn_digit(body)
    if len(set(number)) == 1:
        return
    written = separator.join(number[at : at + 4] for at in range(0, 16, 4))
    text = f"{''.join(one for one in around if not one.isalnum())} x, {written} "
    assert ("card", written) in found(text, "card")


@given(st.text(alphabet="0123456789", min_size=18, max_size=18), st.booleans())
def test_every_german_iban_is_found(account: str, grouped: bool) -> None:
    number = f"DE{iban_digits('DE', account)}{account}"
    written = " ".join(number[at : at + 4] for at in range(0, 22, 4)) if grouped else number
    assert ("iban", written) in found(f"to {written}, today")


@given(st.text())
def test_spans_are_in_order_and_within_the_text(text: str) -> None:
    position = 0
    for one in find(text, FOUND):
        assert position <= one.start < one.end <= len(text)
        position = one.end


@settings(deadline=None, max_examples=10)
@given(
    st.sampled_from(
        [
            "@",
            "a",
            "1",
            "1-",
            "a@",
            "a.a@a.",
            "(at) ",
            "%40",
            "DE89 ",
            "555-123-4567 ",
            "&#64;",
            "1.1.1.",
            "::",
            "AB12 ",
        ]
    )
)
def test_time_grows_with_the_text_alone(unit: str) -> None:
    def seconds(size: int) -> float:
        text = (unit * size)[:size]
        began = time.process_time()
        find(text, FOUND)
        return time.process_time() - began

    small, large = min(seconds(10_000) for _ in range(3)), min(seconds(80_000) for _ in range(2))
    assert large < 30 * small + 0.05
