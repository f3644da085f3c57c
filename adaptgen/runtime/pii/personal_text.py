"""Where free text holds personal data, and strings that are not cut inside of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import SupportsIndex, TypeAlias

from adaptgen.pii.detectors import FOUND, find
from adaptgen.pii.matcher import SHORTEST, KnownValue, ValueMatcher

Pair: TypeAlias = tuple[str, str]
"""Kind and value."""


def find_personal(text: str, seen: Iterable[Pair], kinds: Collection[str] | None = None) -> list[tuple[int, int]]:
    """Where ``text`` holds what patterns find (of ``kinds``; None for all), and forms of the values of ``seen``."""
    places = [(one.start, one.end) for one in find(text, FOUND if kinds is None else kinds)] if len(text) > 5 else []
    matcher = make_matcher(seen).narrowed([text])
    return places if matcher is None else places + [(one.start, one.end) for one in matcher.find(text)]


def make_matcher(seen: Iterable[Pair]) -> ValueMatcher:
    """The matcher of classified values."""
    return ValueMatcher(KnownValue(kind, value) for kind, value in seen if len(value) >= SHORTEST)


_REACH = 1_000
"""Characters around a cut in which patterns are searched for: more than a value has."""


class SliceSafeText(str):
    """A string whose slices hold every piece of personal data whole or not at all.

    ``seen``: classified values of the records at hand (kind, value), which count as much as what patterns find.
    """

    __slots__ = ("_seen",)
    _seen: Iterable[Pair]

    def __new__(cls, text: str, seen: Iterable[Pair] = ()) -> SliceSafeText:
        """The text; ``seen`` is read when it is cut."""
        made = super().__new__(cls, text)
        made._seen = seen
        return made

    def __getitem__(self, key: SupportsIndex | slice) -> str:
        """A character, or a part without the pieces at its edges."""
        text = str(self)
        if isinstance(key, slice):
            start, end, _ = key.indices(len(text))
        else:
            start = range(len(text))[key]
            end = start + 1
        places = self._held_around(text, start, end)
        for _ in range(3):  # what was left out may uncover another
            for low, high in places:
                if low < start < high:
                    start = high
                if low < end < high:
                    end = low
        return text[start:end] if start < end else ""

    def _held_around(self, text: str, start: int, end: int) -> list[tuple[int, int]]:
        """What is held near the two cuts: no more of a long text is read."""
        seen = list(self._seen)
        reach = _REACH + max((len(value) for _, value in seen), default=0)
        places: list[tuple[int, int]] = []
        for cut in {start, end} - {0, len(text)}:
            first = max(0, cut - reach)
            places += [(low + first, high + first) for low, high in find_personal(text[first : cut + reach], seen)]
        return places
