"""Free text of which agents may ask for parts (``notes[0:200]``), without cutting personal data in two.

A piece of an address that no pattern recognises would be shown as it is, and the next piece too.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import SupportsIndex

from adaptgen.runtime.shielding import held


class Guarded(str):
    """A string whose slices hold every piece of personal data whole or not at all.

    ``seen``: classified values of the records at hand (kind, value), which count as much as what patterns find.
    """

    __slots__ = ("_seen",)
    _seen: Iterable[tuple[str, str]]

    def __new__(cls, text: str, seen: Iterable[tuple[str, str]] = ()) -> Guarded:
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
        places = held(text, self._seen)
        for _ in range(3):  # what was left out may uncover another
            for low, high in places:
                if low < start < high:
                    start = high
                if low < end < high:
                    end = low
        return text[start:end] if start < end else ""
