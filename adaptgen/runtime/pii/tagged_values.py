"""Values that carry the kind of personal data they are through views, templates and cuts.

They are the strings and numbers of JSON in every other respect, and are encoded as those.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, ClassVar, SupportsIndex

from adaptgen.runtime.core.text import clean


class Tagged:
    """What classified values have in common: the kind of personal data."""

    __slots__ = ()
    kind: ClassVar[str] = ""


class MarkedText(Tagged, str):
    """A classified string. A part of it is all of it: pieces of a value would tell it bit by bit."""

    __slots__ = ()

    def __getitem__(self, key: SupportsIndex | slice) -> str:
        """The whole text."""
        return self


class MarkedInteger(Tagged, int):
    """A classified integer."""

    __slots__ = ()


class MarkedNumber(Tagged, float):
    """Any other classified number."""

    __slots__ = ()


@lru_cache(maxsize=512)
def _types(kind: str) -> tuple[type[str], type[int], type[float]]:
    body = {"__slots__": (), "kind": kind}
    return (
        type("MarkedText", (MarkedText,), dict(body)),
        type("MarkedInteger", (MarkedInteger,), dict(body)),
        type("MarkedNumber", (MarkedNumber,), dict(body)),
    )


def tag(value: Any, kind: str) -> Any:
    """``value`` as one of ``kind``; true, false, null, the empty string and what is not a scalar stay as they are."""
    if isinstance(value, str):
        return _types(kind)[0](clean(value)) if value else value
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return _types(kind)[1](value)
    return _types(kind)[2](value) if isinstance(value, float) else value


def cut(value: str, size: int) -> str:
    """The first ``size`` characters of ``value`` and a mark that there is more; its kind stays with it."""
    if isinstance(value, MarkedText):
        return type(value)(f"{str(value)[:size]}…")
    return f"{value[:size]}…"
