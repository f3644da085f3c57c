"""What clients and browsers carry for us cannot be read, changed, used for something else, or kept too long."""

from __future__ import annotations

import pytest

from adaptgen.runtime.core.seals import Seals

OLD, NEW = bytes(range(32)), bytes(range(1, 33))


def test_a_value_opens_with_its_purpose_and_binding_only() -> None:
    seals = Seals([NEW], clock=lambda: 1000.0)
    text = seals.seal("code", {"sub": "ann"}, 60, bound=b"client")
    assert seals.open("code", text, bound=b"client") == {"sub": "ann", "exp": 1060}
    assert seals.open("token", text, bound=b"client") is None
    assert seals.open("code", text, bound=b"other") is None
    assert "ann" not in text


def test_a_value_ends() -> None:
    now = [1000.0]
    seals = Seals([NEW], clock=lambda: now[0])
    text = seals.seal("code", {}, 60)
    now[0] = 1059.9
    assert seals.open("code", text) is not None
    now[0] = 1060.0
    assert seals.open("code", text) is None


def test_an_earlier_key_opens_and_does_not_seal() -> None:
    before = Seals([OLD]).seal("code", {"n": 1}, 60)
    both = Seals([NEW, OLD])
    assert both.open("code", before) is not None
    assert Seals([OLD]).open("code", both.seal("code", {"n": 1}, 60)) is None


@pytest.mark.parametrize(
    "change", [lambda t: t + "=", lambda t: t[:-1], lambda t: ("B" if t[0] == "A" else "A") + t[1:], lambda t: t + "A"]
)
def test_a_changed_text_does_not_open(change: object) -> None:
    seals = Seals([NEW])
    text = seals.seal("code", {"n": 1}, 60)
    assert callable(change)
    assert seals.open("code", change(text)) is None


def test_every_length_has_one_text() -> None:
    """The last letter of base64 may hold bits that mean nothing. Another letter there is another text: refused."""
    seals = Seals([NEW])
    for length in range(3):
        text = seals.seal("code", {"n": "x" * length}, 60)
        others = [text[:-1] + letter for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"]
        assert [one for one in others if seals.open("code", one)] == [text]


def test_names_tell_nothing_and_differ_by_purpose() -> None:
    seals = Seals([NEW, OLD])
    assert seals.name("code", "abc") == Seals([NEW]).name("code", "abc")
    assert seals.name("code", "abc") != seals.name("token", "abc")
    assert seals.name("code", "abc") != Seals([OLD]).name("code", "abc")


def test_a_secret_within_is_part_of_the_key() -> None:
    seals = Seals([b"a" * 32])
    sealed = seals.within("code-1").seal("code", {"sub": "ann"}, 60)
    assert seals.open("code", sealed) is None
    assert seals.within("code-2").open("code", sealed) is None
    assert Seals([b"b" * 32]).within("code-1").open("code", sealed) is None
    assert Seals([b"b" * 32, b"a" * 32]).within("code-1").open("code", sealed) is not None
    assert seals.within("code-1").name("x", "y") != seals.name("x", "y")
