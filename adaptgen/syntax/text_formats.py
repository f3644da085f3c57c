"""The formats of texts that are checked (JSON Schema 2020-12, 7.3): no stricter than the APIs that declare them.

APIs take a date with a time, a time without a zone, a UUID in braces. What is refused is what no API can mean: the
30th of February, a word for a day. Formats that are not listed, and empty texts, which clear a value, are not checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from adaptgen.model.frozen import lazy

_DATE = lazy(r"(\d{4})-?(\d{2})-?(\d{2})\Z")
_TIME = lazy(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,12})?)? ?(?:[Zz]|[+-]\d{2}(?::?\d{2})?)?\Z")
_UUID = lazy(r"(?:urn:uuid:)?\{?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\}?\Z", re.IGNORECASE)
_EMAIL = lazy(r"[^@\s]+@[^@\s]+")
_NUMBER = lazy(r"-?\d+(?:\.\d+)?\Z")


def is_date(text: str) -> bool:
    """A day of the calendar, alone or with a time."""
    day, _, rest = text.strip().replace("t", "T", 1).partition("T")
    if not rest:
        day, _, rest = day.partition(" ")
    return _is_day(day) and (not rest or _is_time(rest.strip()))


def _is_day(text: str) -> bool:
    found = _DATE.match(text)
    if found is None:
        return False
    from datetime import date

    try:
        date(*map(int, found.groups()))
    except ValueError:
        return False
    return True


def is_moment(text: str) -> bool:
    """A moment (RFC 3339), a day, or a Unix time."""
    return is_date(text) or _NUMBER.match(text.strip()) is not None


def _is_time(text: str) -> bool:
    found = _TIME.match(text.strip())
    if found is None:
        return False
    hour, minute, second = (int(part or 0) for part in found.groups())
    return hour <= 24 and minute < 60 and second <= 60


def _is_address(version: int | None) -> Callable[[str], bool]:
    def fits(text: str) -> bool:
        import ipaddress

        try:
            found = ipaddress.ip_interface(text.strip().strip("[]").partition("%")[0])
        except ValueError:
            return False
        return version is None or found.version == version

    return fits


FORMATS: Final[Mapping[str, tuple[Callable[[str], bool], str]]] = {
    "date": (is_date, "a date such as 2026-01-31"),
    "date-time": (is_moment, "a date and time such as 2026-01-31T09:30:00Z"),
    "time": (_is_time, "a time such as 09:30:00Z"),
    "uuid": (lambda text: _UUID.match(text.strip()) is not None, "a UUID"),
    "email": (lambda text: _EMAIL.search(text) is not None, "an e-mail address"),
    "ipv4": (_is_address(4), "an IPv4 address"),
    "ipv6": (_is_address(6), "an IPv6 address"),
    "uri": (lambda text: not any(char.isspace() for char in text.strip()), "a URI without spaces"),
}
"""Format -> what fits it, and what it is in words."""


def fits(format: str, text: str) -> bool:
    """Whether ``text`` can be of this format."""
    known = FORMATS.get(format)
    return known is None or not text.strip() or known[0](text)
