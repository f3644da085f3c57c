"""What the detectors do in order not to try every pattern at every character finds the same."""

from __future__ import annotations

import random

from adaptgen.pii import detectors

_PIECES = (
    *("12345678Z", "AB 12 34 56 C", "X1234567L", "RSSMRA85T10A562S", "131052-308T", "S1234567D", "A123456789"),
    *("1234567WA", "ABCPE1234F", "2 81 05 2A 123 456 12", "11010519491231002X", "12.345.678-K", "12345678 9 ZZ1"),
    *("passport", "no", "-", " ", ",", ".", "1", "22", "4711", "é", "_", "ABCDEFG", "ABCDEF", "x", "12345678-z"),
)
_WORDS = tuple(
    word.replace("[eé]", "é").replace("[ií]", "í").replace("-?", "-")
    for words in (detectors._PHONE_WORDS, detectors._ID_WORDS)
    for word in words[3:-1].split("|")
)


def test_identifiers_with_letters_are_the_ones_of_the_whole_pattern() -> None:
    chance = random.Random(5)
    for _ in range(4000):
        text = "".join(
            chance.choice(_PIECES) + chance.choice(["", " ", "-", ", "]) for _ in range(chance.randint(1, 7))
        )
        whole = [match.span() for match in detectors._LETTERED.finditer(text)]
        assert [match.span() for match in detectors._lettered(text)] == whole, text


def test_every_word_that_announces_a_number_is_looked_at() -> None:
    chance = random.Random(7)
    others = ("hello", "invoice", "my", "is", "hotel:", "9", "_", "x", "cellphone", "wa.me/", "tel:")
    for _ in range(4000):
        words = (chance.choice((*_WORDS, *others)) for _ in range(chance.randint(1, 4)))
        near = "".join(word + chance.choice([" ", ": ", "", "-", "_", " no. "]) for word in words)[-40:]
        for text in (near, near.upper(), near.title()):
            if detectors._PHONE_BEFORE.search(text) or detectors._ID_BEFORE.search(text):
                assert detectors._may_announce(text), text
