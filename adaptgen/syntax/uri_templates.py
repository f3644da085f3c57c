"""Matching of URIs by RFC 6570 templates, in time that grows with the lengths of both and nothing else.

A template of a stranger must not choose how long matching takes, so nothing here backtracks: all offsets that can be
reached after a part of the template are one integer, a bit each, and every part turns it into the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from types import EllipsisType

from adaptgen.model.frozen import lazy

LONGEST = 2048
"""Characters of a URI that can match at all."""
LONGEST_TEMPLATE = 1024
"""Characters of a template that can be matched with."""
_EXPRESSION = lazy(r"\{([+#./;?&]?)[^{}]*\}")


@dataclass(frozen=True, slots=True)
class UriTemplate:
    """A template. A simple expression stands for at least one character and no slash; one with an operator for any
    text. ``parts``: literals, and None for a simple expression, ... for one with an operator.
    """

    text: str
    parts: tuple[str | EllipsisType | None, ...]

    @staticmethod
    def parse(text: str) -> UriTemplate:
        """The template that ``text`` writes; ValueError where it is too long."""
        if len(text) > LONGEST_TEMPLATE:
            raise ValueError(f"a URI template has {LONGEST_TEMPLATE} characters at most")
        parts: list[str | EllipsisType | None] = []
        at = 0
        for expression in _EXPRESSION.finditer(text):
            if expression.start() > at:
                parts.append(text[at : expression.start()])
            parts.append(... if expression[1] else None)
            at = expression.end()
        if at < len(text):
            parts.append(text[at:])
        return UriTemplate(text, tuple(parts))

    def matches(self, uri: str) -> bool:
        """Whether ``uri`` is one of those that the template stands for."""
        if len(uri) > LONGEST or not self._may_match(uri):
            return False
        masks = _masks(uri)
        within_segment = ((1 << len(uri)) - 1) & ~masks.get("/", 0)
        everything = (1 << len(uri) + 1) - 1
        reached = 1
        for part in self.parts:
            if part is None:
                reached = _one_or_more(reached, within_segment)
            elif isinstance(part, str):
                for character in part:
                    reached = (reached & masks.get(character, 0)) << 1
            else:
                reached = everything & -(reached & -reached)  # from the first offset on, all of them
            if not reached:
                return False
        return bool(reached >> len(uri) & 1)

    def _may_match(self, uri: str) -> bool:
        """A look at both ends, which rules most templates out."""
        if not self.parts:
            return not uri
        first, last = self.parts[0], self.parts[-1]
        if isinstance(first, str) and not uri.startswith(first):
            return False
        return not isinstance(last, str) or uri.endswith(last)


@lru_cache(maxsize=8)
def _masks(uri: str) -> dict[str, int]:
    """The offsets of each character, a bit each."""
    masks: dict[str, int] = {}
    for at, character in enumerate(uri):
        masks[character] = masks.get(character, 0) | 1 << at
    return masks


def _one_or_more(reached: int, among: int) -> int:
    """The offsets after one or more characters of ``among``: an addition carries through each run of them."""
    begins = reached & among
    return (((((among + begins) ^ among) | begins) & among) << 1) if begins else 0
