"""What was read, in memory only: records that later experiments need. Nothing here is ever written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from adaptgen.learning.probe import Probe
from adaptgen.model.tables import Json
from adaptgen.plan.document.operation import Operation

MOST = 400
"""Records of one operation that are kept."""


@dataclass(slots=True)
class Sample:
    """``records`` of one operation, as they came; ``place``: the JSONPath where they were; ``path``: what filled the
    placeholders of its address; ``whole``: these are all records of the list; ``body``: the answer around them."""

    operation: Operation
    records: list[Json]
    place: str = "$"
    path: Mapping[str, Json] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    whole: bool = False
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
