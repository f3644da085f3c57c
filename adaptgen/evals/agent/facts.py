"""Whether a text states a fact: a number in any notation, a day in any order of its parts, a word in any case.

A fact counts only as a whole: 12 is not in 120, in 12.5 or in INV-12. What is found shows that the text states the
fact, not that everything else in it is right.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from typing import Final

from adaptgen.model.tables import Json

_SPACES: Final = re.compile(r"\s+")
_MARKUP: Final = re.compile(r"[*`]|(?<!\w)_{1,2}(?=\w)|(?<=\w)_{1,2}(?!\w)")
_MARKERS: Final = re.compile(r"(?m)^\s*(?:#+\s*)?\d{1,3}[.)]\s")
"""The numbers of a list."""
_NUMBER: Final = re.compile(
    r"(?<![\w.,-])(?<!\d[:/])[-+\u2212]?(?:\d{1,3}(?:[\u00a0\u202f'\u2019,.]\d{3})+|\d+)(?:[.,]\d+)?(?![\w]|[.,:/-]\d)"
)
"""A number that is not part of a word, a day or a time of day."""
_WORDS: Final = {
    "none": 0, "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,
}  # fmt: skip
_NOTHING: Final = re.compile(r"\b(?:there (?:is|are|was|were)|has|have|had|found|finds|returns|returned) no\b")
_PART: Final = re.compile(r"\b(?:one of|no one|one by one)\b")
_MONTHS: Final = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip


def states(text: str, fact: Json) -> bool:
    """Whether ``text`` states ``fact``."""
    plain = _plain(text)
    if isinstance(fact, bool) or fact is None:
        return True  # a text has no word for them that is sure
    if isinstance(fact, (int, float)):
        return any(math.isclose(one, fact, rel_tol=1e-9, abs_tol=1e-9) for one in _numbers(plain, float(fact)))
    wanted = str(fact)
    return any(_holds(plain, one) for one in (wanted, *_days(wanted))) or _is_number_in(plain, wanted)


def _plain(text: str) -> str:
    """The text without what only marks it up."""
    return _MARKUP.sub("", unicodedata.normalize("NFC", text))


def _holds(text: str, wanted: str) -> bool:
    """Whether a text occurs in another as whole words, whatever its capitals, blanks and separators in it."""
    for fold in (str, _without_separators):
        needle = _SPACES.sub(" ", fold(unicodedata.normalize("NFC", wanted))).strip().casefold()
        hay = _SPACES.sub(" ", fold(text)).casefold()
        start = hay.find(needle) if needle else -1
        while start >= 0:
            end = start + len(needle)
            if not (_joins(hay[start - 1 : start], needle[0]) or _joins(hay[end : end + 1], needle[-1])):
                return True
            start = hay.find(needle, start + 1)
    return False


def _joins(outside: str, inside: str) -> bool:
    return bool(outside) and outside.isalnum() and inside.isalnum()


def _without_separators(text: str) -> str:
    # ON_HOLD is written as "on hold".
    return re.sub(r"(?<=[^\W\d])[_-](?=[^\W\d])", " ", text)


def _is_number_in(text: str, wanted: str) -> bool:
    """An amount that the API sends as text, such as "1200.00"."""
    if not re.fullmatch(r"-?\d{1,15}\.\d+", wanted):
        return False
    return any(math.isclose(one, float(wanted), rel_tol=1e-9, abs_tol=1e-9) for one in _numbers(text, float(wanted)))


def _numbers(text: str, wanted: float) -> Iterator[float]:
    text = _MARKERS.sub("\n", text) if "\n" in text else text
    for found in _NUMBER.finditer(text):
        yield from _readings(found[0])
    if wanted in _WORDS.values():
        text = _PART.sub(" ", _NOTHING.sub(" zero ", text.casefold()))
        for word in re.findall(r"(?<![\w-])[a-z]+(?![\w-])", text):
            if word in _WORDS:
                yield float(_WORDS[word])


def _readings(written: str) -> Iterator[float]:
    """What a number may mean: a comma or a point that may divide thousands, or begin a fraction."""
    sign = -1.0 if written[0] in "-\u2212" else 1.0
    bare = re.sub(r"[ \u00a0\u202f'\u2019+\u2212-]", "", written)
    for thousands, point in ((",", "."), (".", ",")):
        if re.fullmatch(rf"\d{{1,3}}(?:{re.escape(thousands)}\d{{3}})+(?:{re.escape(point)}\d+)?", bare) or (
            re.fullmatch(rf"\d+(?:{re.escape(point)}\d+)?", bare)
        ):
            yield sign * float(bare.replace(thousands, "").replace(point, "."))


def _days(fact: str) -> Iterator[str]:
    """The ways to write a day."""
    try:
        day = date.fromisoformat(fact[:10]) if re.fullmatch(r"\d{4}-\d{2}-\d{2}(?:T00:00.*)?", fact) else None
    except ValueError:
        day = None
    if day is None:
        return
    yield day.isoformat()
    month = _MONTHS[day.month - 1]
    for name in (month, month[:3], f"{month[:3]}.", "sept" if day.month == 9 else month):
        for number in (f"{day.day}", f"{day.day:02d}", _ordinal(day.day)):
            yield f"{number} {name} {day.year}"
            yield f"{number} of {name} {day.year}"
            yield f"{name} {number}, {day.year}"
            yield f"{name} {number} {day.year}"
    yield f"{day.day:02d}.{day.month:02d}.{day.year}"
    yield f"{day.day}.{day.month}.{day.year}"
    yield f"{day.year}/{day.month:02d}/{day.day:02d}"


def _ordinal(number: int) -> str:
    ends = {1: "st", 2: "nd", 3: "rd"}
    return f"{number}{'th' if 10 < number < 14 else ends.get(number % 10, 'th')}"
