"""Collection is off while loading, and then as it was."""

from __future__ import annotations

import gc

import pytest

from adaptgen.collector import gc_paused


def fail() -> None:
    with gc_paused():
        assert not gc.isenabled()
        raise ValueError


def test_collection_comes_back_also_after_an_error() -> None:
    assert gc.isenabled()
    with pytest.raises(ValueError):
        fail()
    assert gc.isenabled()


def test_what_was_off_stays_off() -> None:
    gc.disable()
    try:
        with gc_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_what_was_made_in_the_block_is_old_and_nothing_stays_frozen() -> None:
    gc.unfreeze()  # a server that another test started in this process has frozen what it loaded
    gc.collect()
    with gc_paused():
        made = [[index] for index in range(2000)]
    assert all(any(one is made for one in gc.get_objects(generation=age)) == (age == 2) for age in range(3))
    assert gc.get_freeze_count() == 0
