"""Sealed cursors open only unchanged, in time, and for the call that they continue."""

from __future__ import annotations

import pytest

from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.paging.cursor import CursorBox, bind

STATE = [50, 3, 25, 25, 1, "i12345678", 250]
CALL = bind("find_contacts", "c1", "local", {"name": "Ada", "limit_to": 3})


def box(now: float = 1_000_000.0) -> CursorBox:
    return CursorBox(bytes(range(32)), clock=lambda: now)


def test_changing_any_letter_is_noticed() -> None:
    sealed = box().seal(STATE, CALL)
    for position in range(len(sealed)):
        for letter in "aZ":
            changed = sealed[:position] + letter + sealed[position + 1 :]
            if changed != sealed:
                with pytest.raises(ToolError):
                    box().open(changed, CALL)


def test_cutting_a_cursor_is_noticed() -> None:
    sealed = box().seal(STATE, CALL)
    for length in range(len(sealed)):
        with pytest.raises(ToolError):
            box().open(sealed[:length], CALL)


def test_a_cursor_ends_after_a_day() -> None:
    sealed = box(1_000_000).seal(STATE, CALL)
    assert box(1_000_000 + 86_399).open(sealed, CALL) == STATE
    with pytest.raises(ToolError, match="expired"):
        box(1_000_000 + 86_402).open(sealed, CALL)
