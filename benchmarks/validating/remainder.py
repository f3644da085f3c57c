"""What is known not to be valid, and why: ``remainder.json``.

Each entry has ``documents`` (a part of the path, "" for all), ``fault`` (a regular expression on what the validator
says, after the method and path of the operation), ``kind`` and ``reason``. Kinds that no request can help:
``impossible`` (the document contradicts itself: no value satisfies it), ``undefined`` (the specification does not say
how such a value is sent) and ``validator`` (it cannot read what is right). Kinds that count: ``document`` (it can be
satisfied, and does not say so), ``schema`` (the published schema says less than the document, by its budget) and
``open`` (ours, not yet fixed).
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("remainder.json")
BEYOND = ("impossible", "undefined", "validator")
KINDS = (*BEYOND, "document", "schema", "open")


class Remainder:
    """The known remainder; remembers which of its entries were met."""

    def __init__(self, entries: list[dict[str, str]] | None = None) -> None:
        self.entries = json.loads(FILE.read_text("utf-8")) if entries is None else entries
        self.met: Counter[int] = Counter()
        for one in self.entries:
            if one["kind"] not in KINDS or not one["reason"]:
                raise ValueError(f"an entry of {FILE.name} has no kind or reason: {one}")

    def known(self, document: str, faults: list[str]) -> dict[str, str] | None:
        """The entry of the call, if every fault of it is known: the first of a kind that counts, else the first."""
        found: list[dict[str, str]] = []
        for fault in faults:
            index = self._entry(document, fault)
            if index is None:
                return None
            self.met[index] += 1
            found.append(self.entries[index])
        return min(found, key=lambda one: one["kind"] in BEYOND, default=None)

    def _entry(self, document: str, fault: str) -> int | None:
        for index, one in enumerate(self.entries):
            if one["documents"] in document and re.search(one["fault"], fault):
                return index
        return None

    def stale(self) -> list[dict[str, Any]]:
        """Entries that nothing met."""
        return [one for index, one in enumerate(self.entries) if not self.met[index]]
