"""Marks of items: how a cursor remembers the last item given, and how it is found again in a list that changed.

An item is known by its identity (``id`` and the like); one without is known by all of it, or, where it changed since,
by the fields that look like names and keys, if these fit one item only.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Final

import orjson

from adaptgen.model.tables import Json
from adaptgen.runtime.paging.cursor import CursorBox

_EXACT: Final = ("id", "_id", "uuid", "guid", "pk", "uid", "Id", "ID", "UUID", "Uuid", "@id", "objectId")
_LIKE: Final = ("_id", "Id", "ID", "_uuid", "_key", "_code", "name", "slug", "key", "code")


class ItemFingerprints:
    """Keyed marks; the key is the box's, so that a mark says nothing to anybody else."""

    def __init__(self, box: CursorBox) -> None:
        self._box = box

    def of(self, item: Json) -> str:
        """The mark of an item: ``i`` and a hash of its identity, or ``w`` and hashes of its ids and its whole."""
        known = identity(item)
        if known is not None:
            return "i" + self._hash(list(known), 6)
        return "w" + self._hash(_ids(item), 3) + self._hash(item, 6)

    def find(self, items: Sequence[Json], mark: str, expected: int) -> int | None:
        """The index of the item with ``mark``: ``expected`` if it is there, else where it alone can be, else None."""
        if 0 <= expected < len(items) and self.of(items[expected]) == mark:
            return expected
        marks = [self.of(item) for item in items]
        whole = [position for position, one in enumerate(marks) if one == mark]
        if len(whole) == 1:
            return whole[0]
        if not whole and mark.startswith("w"):
            ids = [position for position, one in enumerate(marks) if one[:5] == mark[:5]]
            if len(ids) == 1 and _ids(items[ids[0]]):
                return ids[0]
        return None

    def _hash(self, value: Json, size: int) -> str:
        try:
            data = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
        except TypeError:  # integers beyond 64 bits, halves of surrogate pairs
            data = json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
        return base64.b64encode(self._box.digest(data, size)).decode()


def identity(item: Json) -> tuple[str, Json] | None:
    """The name and value of the field that identifies an item, or None."""
    if not isinstance(item, dict):
        return None
    for name in _EXACT:
        value = item.get(name)
        if isinstance(value, (str, int)) and not isinstance(value, bool) and value != "":
            return name, value
    return None


def _ids(item: Json) -> list[Json]:
    """The fields that may name an item; other fields may change from one reading to the next."""
    if not isinstance(item, dict):
        return []
    return [
        [name, value]
        for name, value in sorted(item.items())
        if isinstance(value, (str, int)) and not isinstance(value, bool) and name.endswith(_LIKE)
    ]


def is_same_page(one: Sequence[Json], other: Sequence[Json]) -> bool:
    """Whether two pages hold the same items, by identity where they have one, else by all of them."""
    return len(one) == len(other) and all(map(_alike, one, other))


def _alike(one: Json, other: Json) -> bool:
    known = identity(one)
    return known == identity(other) if known is not None else bool(one == other)
