"""Known values within other text: every way to write them, and nothing else."""

from __future__ import annotations

import html
import time
import unicodedata
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adaptgen.pii.matcher import KnownValue, ValueMatcher


def occurring(matcher: ValueMatcher, texts: list[str]) -> list[KnownValue]:
    """The values that occur in one of ``texts``, searched for as answers are."""
    narrowed = matcher.narrowed(texts)
    found = [] if narrowed is None else [one.known for text in texts for one in narrowed.find(text)]
    return list(dict.fromkeys(found))


def found(text: str, *values: str, kind: str = "name") -> list[str]:
    matcher = ValueMatcher(KnownValue(kind, value) for value in values)
    return [text[one.start : one.end] for one in matcher.find(text)]


def _is_plain(character: str) -> bool:
    return character.isascii() and character.isalnum()


FORMS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "small": str.lower,
    "capitals": str.upper,
    "alternating": lambda name: "".join(one.upper() if at % 2 else one.lower() for at, one in enumerate(name)),
    "snake": lambda name: name.lower().replace(" ", "_"),
    "kebab": lambda name: name.replace(" ", "-"),
    "dotted": lambda name: name.replace(" ", "."),
    "joined": lambda name: name.replace(" ", ""),
    "joined and small": lambda name: name.replace(" ", "").lower(),
    "plus": lambda name: name.replace(" ", "+"),
    "no-break": lambda name: name.replace(" ", "\u00a0"),
    "line break": lambda name: name.replace(" ", "\r\n    "),
    "percent": lambda name: quote(name, safe=""),
    "percent twice": lambda name: quote(quote(name, safe="")),
    "percent, decomposed": lambda name: quote(unicodedata.normalize("NFD", name)),
    "percent, ISO 8859-1": lambda name: quote(name, safe="", encoding="latin-1", errors="ignore"),
    "decimal references": lambda name: "".join(one if _is_plain(one) else f"&#{ord(one)};" for one in name),
    "hexadecimal references": lambda name: "".join(f"&#x{ord(one):X};" for one in name),
    "html": lambda name: html.escape(name).replace(" ", "&nbsp;").replace("ü", "&uuml;").replace("ë", "&euml;"),
    "escapes": lambda name: "".join(one if _is_plain(one) else f"\\u{ord(one):04x}" for one in name),
    "composed": lambda name: unicodedata.normalize("NFC", name),
    "decomposed": lambda name: unicodedata.normalize("NFD", name),
    "without accents": lambda name: unicodedata.normalize("NFD", name).encode("ascii", "ignore").decode(),
    "soft hyphens": lambda name: "\u00ad".join(name),
    "full width": lambda name: "".join(chr(ord(one) + 0xFEE0) if _is_plain(one) else one for one in name),
    "last name first": lambda name: ", ".join(reversed(name.split(" "))),
}  # fmt: skip
AROUND = {
    "alone": "{}",
    "sentence": "See {}, who wrote.",
    "file": "see {}.pdf",
    "path": "/files/{}/2024-05.pdf",
    "query": "https://x.example/?owner={}&page=2",
    "mail": "mailto:{}@example.org",
    "quoted": '"{}"',
    "markdown": "**{}**",
    "key": "user_{}_note",
}


@pytest.mark.parametrize("name", ["Ada Byron", "Zoë Müller", "Anna-Lena Grünwald", "José O'Brien"])
@pytest.mark.parametrize("around", AROUND.values(), ids=AROUND.keys())
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_a_name_is_found_in_every_form_and_place(form: Callable[[str], str], around: str, name: str) -> None:
    written = form(name)
    text = around.format(written)
    assert "".join(found(text, name)).strip('"') == written, text


WORDS = st.text("abcdefghijklmnopqrstuvwxyz", min_size=3, max_size=9).map(str.title)


@given(
    st.lists(WORDS, min_size=2, max_size=4, unique=True),
    st.sampled_from(sorted(FORMS)),
    st.sampled_from(sorted(AROUND)),
)
@settings(max_examples=300, deadline=None)
def test_any_value_of_several_words_is_found(words: list[str], form: str, around: str) -> None:
    value = " ".join(words)
    written = FORMS[form](value) if form != "last name first" else value
    text = AROUND[around].format(written)
    assert found(text, value, kind="other") == [written]


def test_short_values_are_found_as_they_are_written_only() -> None:
    assert found("Li, li, LI, Lithium; Li's", "Li") == ["Li", "Li"]
    assert found("a b c", "a") == []


def test_scripts_that_do_not_part_words() -> None:
    assert found("様山田太郎様 / 김철수는", "山田太郎", "김철수") == ["山田太郎", "김철수"]
    assert found(unicodedata.normalize("NFD", "김철수는 ガギグ社"), "김철수", "ガギグ") == [
        unicodedata.normalize("NFD", "김철수"),
        unicodedata.normalize("NFD", "ガギグ"),
    ]
    assert found("कुमार शर्मा जी", "कुमार शर्मा") == ["कुमार शर्मा"]
    assert found("मिलिए कुमारी से", "कुमार") == []


def test_numbers_are_found_in_other_groups() -> None:
    assert found("call (+49) 30/1234-567 now", "+49 30 1234567", kind="phone") == ["+49) 30/1234-567"]
    assert found("id 49301234567", "+49 30 1234567", kind="phone") == ["49301234567"]
    assert found("ssn123456789 x", "123-45-6789", kind="national_id") == ["123456789"]
    assert found("1234, 10234, 1-2-3-4", "1.2.3.4", kind="ip_address") == ["1-2-3-4"]


@pytest.mark.parametrize(
    "text", ["9" * 1_000_000, "a" * 1_000_000, "ada byro " * 110_000, "tok_" * 250_000, "Ada" * 330_000]
)
@pytest.mark.parametrize("count", [1, 5_000])
def test_time_grows_with_the_text_alone(text: str, count: int) -> None:
    values = [KnownValue("name", f"Ada{at} Byron{at}") for at in range(count)] + [KnownValue("phone", "+49 30 1234567")]
    matcher = ValueMatcher(values)
    begun = time.process_time()
    assert occurring(matcher, [text]) == []
    assert time.process_time() - begun < 5
