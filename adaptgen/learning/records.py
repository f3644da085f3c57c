"""Records that were read, in memory only, and which of their keys are names of fields.

Keys of a map are data, perhaps personal: they are never written, and neither is a record."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from weakref import WeakKeyDictionary

from adaptgen.learning.model import Confidence
from adaptgen.learning.probe import Probe
from adaptgen.model.tables import Json
from adaptgen.pii import detectors
from adaptgen.pii.person_names import name_parts
from adaptgen.pii.secret_formats import find_secrets, looks_random
from adaptgen.plan.document.operation import Operation
from adaptgen.syntax.field_paths import parse as segments

MOST = 400
"""Records of one operation that are kept."""


@dataclass(slots=True)
class Sample:
    """``records`` of one operation, as they came; ``place``: the JSONPath where they were; ``path``: what filled the
    placeholders of its address; ``whole``: how sure it is that these are all records of
    the list; ``body``: the answer around them."""

    operation: Operation
    records: list[Json]
    place: str = "$"
    path: Mapping[str, Json] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    whole: Confidence = "unknown"
    answers: int = 1
    body: Json = None


@dataclass(slots=True)
class Samples:
    """By the key of the operation."""

    lists: dict[str, Sample] = field(default_factory=dict)

    def keep(self, sample: Sample) -> None:
        """Keep ``sample``, unless one with more records is known."""
        known = self.lists.get(sample.operation.key)
        if known is None or len(sample.records) >= len(known.records):
            sample.records = sample.records[:MOST]
            self.lists[sample.operation.key] = sample

    def under(self, path: str) -> Iterator[Sample]:
        """The samples of the list at ``path``."""
        wanted = path.rstrip("/")
        for one in self.lists.values():
            if one.operation.path.rstrip("/") == wanted and one.operation.method == "GET":
                yield one


_KNOWN: WeakKeyDictionary[Probe, Samples] = WeakKeyDictionary()


def samples_of(probe: Probe) -> Samples:
    """What ``probe`` has read so far: it ends with the probe."""
    return _KNOWN.setdefault(probe, Samples())


KINDS: Final = ("email", "phone", "card", "iban", "national_id")
_NUMBERED: Final = re.compile(r"\d{4}|\w@.+\.|[0-9a-f]{8}-[0-9a-f]{4}", re.IGNORECASE)
"""What no name of a field holds, and keys of maps do: numbers of records, addresses, UUIDs."""
_LONGEST: Final = 60


def is_name(key: object) -> bool:
    """Whether a key looks like the name of a field."""
    if not isinstance(key, str):
        return True
    return (
        0 < len(key) <= _LONGEST and key.isprintable() and not _NUMBERED.search(key) and not detectors.find(key, KINDS)
    )


def resembles_data(key: object) -> bool:
    """Whether a key that no document declares may be the name of a person, or made by a generator: a token, a hash."""
    return isinstance(key, str) and (bool(name_parts(key)) or bool(find_secrets(key)) or looks_random(key))


def is_field(path: str, count: int, records: int) -> bool:
    """Whether a path that the document does not have is one of fields: keys of maps occur in few records, or look like
    identifiers."""
    return (
        count >= 2 and 2 * count >= records and all(is_name(one) and not resembles_data(one) for one in segments(path))
    )
