"""Personal data in text that is not JSON but says what it is: XML elements and attributes, YAML, forms, headers."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from urllib.parse import unquote_plus

from adaptgen.pii.field_kinds import kind_within

_ELEMENT = re.compile(r"<([\w:.-]{1,80})(?:\s[^<>]{0,500})?>\s*(?:<!\[CDATA\[)?([^<>\]]{1,300})")
_ATTRIBUTE = re.compile(r"([\w:.-]{1,80})\s?=\s?(?:\"([^\"<>]{1,300})\"|'([^'<>]{1,300})')")
_LINE = re.compile(r"(?m)^[ \t>*-]{0,20}[\"']?([\w][\w .-]{0,60}?)[\"']?[ \t]?[:=][ \t]?([^\r\n]{1,300})$")
_PAIR = re.compile(r"(?:^|[&?\s])([\w.\[\]%-]{1,80})=([^&\s]{1,300})")
_MOST = 5000


def find_named(text: str) -> Iterator[tuple[str, str]]:
    """Kind and value of what stands in ``text`` under a name that says what it is, in the form that it has there."""
    for pattern in (_ELEMENT, _ATTRIBUTE, _LINE, _PAIR):
        for count, found in enumerate(pattern.finditer(text)):
            if count > _MOST:
                break
            name, value = found[1].rpartition(":")[2], next(one for one in found.groups()[1:] if one is not None)
            kind = kind_within(name, "", type="string")
            value = value.strip().strip("\"',")
            if kind is None or not value:
                continue
            for form in {value, html.unescape(value), unquote_plus(value)}:
                yield kind, form
