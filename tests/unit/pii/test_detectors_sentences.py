"""Any sentence and any values, alone or several, with any separators: all of them are found, and nothing else is."""

from __future__ import annotations

import random
import re
import string

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.canaries import Canaries
from support.check_digits import iban_digits, luhn_digit

from adaptgen.pii.detectors import FOUND, find, iban_sizes
from adaptgen.pii.national_ids import CARD_RANGES

REGIONS = re.findall(
    "..",
    "USCAGBIEDEATCHFRBENLLUESPTITGRPLCZSKHUROBGDKSENOFIISEELVLTUARUTRILAESAEGZANGKE"
    "INPKBDCNJPKRTWHKSGMYIDTHVNPHAUNZBRARCLCOPEMX",
)
BEFORE = (
    "",
    "invoice no 12 paid from ",
    "see ",
    "(",
    '"',
    "Hello, it is 10:30 on 2024-05-01; ",
    "de 12 at 5, ",
    "Account: ",
)
AFTER = ("", ".", ", thanks", ")", '"', " is mine", "; 3 items", "!", "\nSecond line 42")
BETWEEN = (" and ", ", ", "; ", " / ", "\n", " | ", " or ", ". Then ")
SEPARATORS = ("", " ", "-", ".", "\u00a0")


def _joined(text: str, sizes: tuple[int, ...], separator: str) -> str:
    groups, at = [], 0
    for size in sizes:
        groups.append(text[at : at + size])
        at += size
    return separator.join([*filter(None, groups), *([text[at:]] if text[at:] else [])])


@st.composite
def ibans(draw: st.DrawFn) -> str:
    country = draw(st.sampled_from(sorted(iban_sizes())))
    account = draw(st.text(string.digits, min_size=(size := iban_sizes()[country] - 4), max_size=size))
    number = country + iban_digits(country, account) + account
    return _joined(number, (4,) * 8, draw(st.sampled_from(SEPARATORS)))


@st.composite
def cards(draw: st.DrawFn) -> str:
    size = draw(st.sampled_from((15, 16, 19)))
    head = draw(st.sampled_from({15: ("34", "37"), 16: ("4", "51", "2221", "6011", "3528"), 19: ("4", "62")}[size]))
    digits = draw(st.text(string.digits, min_size=size - len(head) - 1, max_size=size - len(head) - 1))
    body = head + digits
    sizes = (4, 6, 5) if size == 15 else (4, 4, 4, 4, 3)
    return _joined(body + luhn_digit(body), sizes, draw(st.sampled_from(SEPARATORS)))


@st.composite
def emails(draw: st.DrawFn) -> str:
    word = st.text(string.ascii_letters + string.digits, min_size=1, max_size=9)
    local = draw(st.sampled_from("._-+")).join(draw(st.lists(word, min_size=1, max_size=3)))
    host = ".".join(draw(st.lists(st.text(string.ascii_lowercase, min_size=2, max_size=9), min_size=1, max_size=3)))
    top = draw(st.sampled_from(("com", "co.uk", "museum", "de", "xn--p1ai", "example")))
    at = draw(st.sampled_from(("@", "%40", "&#64;", "&commat;", " (at) ", "\uff20")))
    return f"{local}{at}{host}.{top}"


def _number(region: str, form: int) -> str:
    return phonenumbers.format_number(phonenumbers.example_number(region), form)


@st.composite
def phones(draw: st.DrawFn) -> str:
    region = draw(st.sampled_from(REGIONS))
    if draw(st.booleans()):
        form = draw(
            st.sampled_from((phonenumbers.PhoneNumberFormat.INTERNATIONAL, phonenumbers.PhoneNumberFormat.E164))
        )
        return _number(region, form)
    label = draw(st.sampled_from(("Tel. ", "phone: ", "Phone number is ", "call ", "Mobile ", "fax=", "Telefon: ")))
    return label + _number(region, phonenumbers.PhoneNumberFormat.NATIONAL)


def identifiers() -> st.SearchStrategy[str]:
    canaries = Canaries(7)
    return st.sampled_from([canaries.national_id() for _ in range(300)])


VALUES = st.one_of(ibans(), cards(), emails(), phones(), st.deferred(identifiers))


@given(
    st.lists(VALUES, min_size=1, max_size=3), st.sampled_from(BEFORE), st.sampled_from(AFTER), st.sampled_from(BETWEEN)
)
@settings(max_examples=300, deadline=None)
def test_every_value_of_a_sentence_is_found(values: list[str], before: str, after: str, between: str) -> None:
    text = before + between.join(values) + after
    rest = list(text)
    for start, end, _ in find(text, FOUND):
        rest[start:end] = "\0" * (end - start)
    at = len(before)
    for value in values:
        left = "".join(rest[at : at + len(value)])
        assert "\0" in left, (text, value)
        assert not any(map(str.isdigit, left)), (text, value, left)
        at += len(value) + len(between)


ORDINARY = [
    "order 100234 shipped 2024-05-01, total 1,234.56 EUR",
    "build 20240501.3 of version 12.4.1-rc2 (commit 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b)",
    "id 1700000000000 at 1700000000, 1700000000.123",
    "550e8400-e29b-41d4-a716-446655440000 took 12345678 ns",
    "2024-01-02T03:04:05.123Z to 2024-01-02T04:04:05+02:00",
    "invoice INV-2024-000123 over 9.999.999,00 and 10 000 000 units",
    "ISBN 978-3-16-148410-0, EAN 4006381333931",
    "pages 12-34, 56-78; rooms 101, 102, 103; 4 x 4 x 4",
    "coordinates 52.520008, 13.404954 and 48.8566 2.3522",
    "0x7ffeefbff5c8 0b1010 1e10 3.14159265358979",
    "tracking 1Z999AA10123456784, SKU AB-1234-CD-99",
    "ports 8080, 8443 and 5432; ratio 16:9; chapter 3.2.1.4",
    "quarter 2024-Q3 week 2024-W18 year 2023/2024",
    "no 12 to de 44, be 99, it 25: rows 1 2 3 4 5 6 7 8 9 10 11 12",
    "bytes 1048576 of 4294967296, 99.99% up",
]


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_numbers_are_left_alone(text: str) -> None:
    assert [text[start:end] for start, end, _ in find(text, FOUND[:5])] == []


def test_few_numbers_by_chance_are_taken_for_personal_data() -> None:
    """Bare numbers as APIs have them: ids, amounts, timestamps in all sizes."""
    chance = random.Random(5)
    limits = {7: 0.0, 8: 0.0, 9: 0.0, 10: 0.0, 12: 0.03, 13: 0.03, 14: 0.03, 16: 0.06}
    for size, limit in limits.items():
        texts = [f"id {chance.randrange(10 ** (size - 1), 10**size)} done" for _ in range(1000)]
        assert sum(bool(find(text, FOUND)) for text in texts) <= 1000 * limit, size


def test_all_ranges_of_cards_are_looked_for() -> None:
    assert set(CARD_RANGES) == set(range(12, 20))
