"""Marks of items: the same item has the same mark, however the API writes it."""

from __future__ import annotations

import pytest

from adaptgen.model.tables import Json
from adaptgen.runtime.paging.cursor import CursorBox
from adaptgen.runtime.paging.item_marks import ItemFingerprints


@pytest.mark.parametrize("value", [1, 12345678901234567890123, "\ud800"])
def test_the_order_of_keys_does_not_change_the_mark_of_an_item_without_an_id(value: Json) -> None:
    marks = ItemFingerprints(CursorBox(bytes(32)))
    assert marks.of({"size": value, "title": "a"}) == marks.of({"title": "a", "size": value})
