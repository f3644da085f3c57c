"""Any sentence and any values, alone or several, with any separators: all of them are found, and nothing else is."""

from __future__ import annotations

import re
import string

import phonenumbers
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


def test_all_ranges_of_cards_are_looked_for() -> None:
    assert set(CARD_RANGES) == set(range(12, 20))
