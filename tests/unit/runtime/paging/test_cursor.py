"""Sealed cursors open only unchanged, in time, and for the call that they continue."""

from __future__ import annotations

import base64

import pytest

from adaptgen.pii.detectors import FOUND, find
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.paging.cursor import CursorBox, KeyFormatError, bind, read_key

STATE = [50, 3, 25, 25, 1, "i12345678", 250]
CALL = bind("find_contacts", "c1", "local", {"name": "Ada", "limit_to": 3})


def box(now: float = 1_000_000.0) -> CursorBox:
    return CursorBox(bytes(range(32)), clock=lambda: now)


def test_a_cursor_opens_to_its_state_and_is_short() -> None:
    sealed = box().seal(STATE, CALL)
    assert box().open(sealed, CALL) == STATE
    assert 60 <= len(sealed) <= 120


@pytest.mark.parametrize("state", [0, {}, [], {"a": 1}])
def test_the_smallest_states_survive(state: object) -> None:
    assert box().open(box().seal(state, CALL), CALL) == state


def test_changing_any_letter_is_noticed() -> None:
    sealed = box().seal(STATE, CALL)
    for position in range(len(sealed)):
        for letter in "aZ":
            changed = sealed[:position] + letter + sealed[position + 1 :]
            if changed != sealed:
                with pytest.raises(ToolError):
                    box().open(changed, CALL)


def test_a_cursor_is_letters_alone_whatever_its_length_so_that_it_is_never_taken_for_personal_data() -> None:
    for length in range(200):
        state = [length, "x" * length]
        sealed = box().seal(state, CALL)
        assert sealed.isascii()
        assert sealed.isalpha()
        assert find(sealed, FOUND) == []
        assert box().open(sealed, CALL) == state


@pytest.mark.parametrize("cursor", ["", "x", "AAAA", "not base64 !", "é" * 80, "A" * 5000, "a" * 100_000, "==="])
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(ToolError, match="cannot be read"):
        box().open(cursor, CALL)


def test_cutting_a_cursor_is_noticed() -> None:
    sealed = box().seal(STATE, CALL)
    for length in range(len(sealed)):
        with pytest.raises(ToolError):
            box().open(sealed[:length], CALL)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (bind("find_accounts", "c2", "local", {}), "another tool"),
        (bind("find_contacts", "c1", "local", {"name": "Bob"}), "other arguments"),
        (bind("find_contacts", "c1", "local", {}), "other arguments"),
        (bind("find_contacts", "c1", "someone", {"name": "Ada", "limit_to": 3}), "cannot be used here"),
        (bind("find_contacts", "c2", "local", {"name": "Ada", "limit_to": 3}), "tool has changed"),
    ],
)
def test_another_call_is_refused_with_what_to_do(other: object, said: str) -> None:
    with pytest.raises(ToolError, match=said) as caught:
        box().open(box().seal(STATE, CALL), other)  # type: ignore[arg-type]
    assert "eave `cursor` out" in caught.value.text


def test_order_and_nulls_of_arguments_make_no_difference() -> None:
    again = bind("find_contacts", "c1", "local", {"limit_to": 3, "tag": None, "name": "Ada"})
    assert box().open(box().seal(STATE, CALL), again) == STATE


def test_a_cursor_ends_after_a_day() -> None:
    sealed = box(1_000_000).seal(STATE, CALL)
    assert box(1_000_000 + 86_399).open(sealed, CALL) == STATE
    with pytest.raises(ToolError, match="expired"):
        box(1_000_000 + 86_402).open(sealed, CALL)


def test_another_key_does_not_open_it() -> None:
    with pytest.raises(ToolError, match="cannot be read"):
        CursorBox(b"x" * 32).open(box().seal(STATE, CALL), CALL)


def test_a_long_page_token_of_the_api_survives() -> None:
    state = ["https://api.test/things?" + "&".join(f"filter{n}=value" for n in range(60)), 3]
    assert box().open(box().seal(state, CALL), CALL) == state


def test_the_key_comes_in_base64_or_hex() -> None:
    key = bytes(range(200, 232))
    for text in (key.hex(), base64.b64encode(key).decode(), base64.urlsafe_b64encode(key).rstrip(b"=").decode()):
        assert read_key({"ADAPTGEN_CURSOR_KEY": text}) == key


def test_without_a_key_each_process_has_its_own() -> None:
    assert read_key({}) != read_key({})
    assert len(read_key({})) == 32


@pytest.mark.parametrize("text", ["short", "zz" * 32, base64.b64encode(b"16 bytes of key!").decode()])
def test_a_bad_key_is_named_and_not_repeated(text: str) -> None:
    with pytest.raises(KeyFormatError, match="ADAPTGEN_CURSOR_KEY") as caught:
        read_key({"ADAPTGEN_CURSOR_KEY": text})
    assert text not in str(caught.value)
