"""Which keys of an answer are names of fields. Keys of a map are data, perhaps personal, and are never written."""

from __future__ import annotations

import re
from typing import Final

from adaptgen.pii import detectors
from adaptgen.syntax.field_paths import parse as segments

KINDS: Final = ("email", "phone", "card", "iban", "national_id")
_NUMBERED: Final = re.compile(r"\d{4}|@.+\.|[0-9a-f]{8}-[0-9a-f]{4}", re.IGNORECASE)
"""What no name of a field holds, and keys of maps do: numbers of records, addresses, UUIDs."""
_LONGEST: Final = 60


def is_name(key: object) -> bool:
    """Whether a key looks like the name of a field."""
    if not isinstance(key, str):
        return True
    return 0 < len(key) <= _LONGEST and not _NUMBERED.search(key) and not detectors.find(key, KINDS)


def is_field(path: str, count: int, records: int) -> bool:
    """Whether a path that the document does not have is one of fields: keys of maps occur in few records, or look like
    identifiers."""
    return count >= 2 and 2 * count >= records and all(map(is_name, segments(path)))
