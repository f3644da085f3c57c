"""Frozen values behave as the dataclasses that they stand for."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from dataclasses import dataclass, field
from typing import Any

import pytest

from adaptgen.model.frozen import value


@value()
class Ours:
    """A class with every kind of field."""

    a: int
    b: str = "b"
    c: list[int] = field(default_factory=list)
    hidden: str = field(default="secret", repr=False, compare=False)
    late: int = field(default=7, init=False)
    named: int = field(default=1, kw_only=True)


@dataclass(frozen=True, slots=True)
class Theirs:
    """The same as the standard library makes it."""

    a: int
    b: str = "b"
    c: list[int] = field(default_factory=list)
    hidden: str = field(default="secret", repr=False, compare=False)
    late: int = field(default=7, init=False)
    named: int = field(default=1, kw_only=True)


@value(kw_only=True)
class Pair:
    """A hashable class that checks what it is given."""

    x: int
    y: int = 0

    def __post_init__(self) -> None:
        if self.x < 0:
            raise ValueError("negative")


MADE: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((1,), {}),
    ((1, "x", [2]), {"named": 3}),
    ((), {"a": 1, "hidden": "h"}),
    ((), {}),
    ((1, "x", [2], "h", 5), {}),
    ((1,), {"late": 2}),
    ((1,), {"unknown": 2}),
]


@pytest.mark.parametrize(("args", "given"), MADE)
def test_arguments_are_taken_and_refused_as_by_a_dataclass(args: tuple[Any, ...], given: dict[str, Any]) -> None:
    ours, theirs = (_attempt(made, args, given) for made in (Ours, Theirs))
    assert str(ours) == str(theirs).replace("Theirs", "Ours")


def _attempt(made: type[Any], args: tuple[Any, ...], given: dict[str, Any]) -> object:
    try:
        return made(*args, **given)
    except TypeError as refused:
        return refused


def test_a_value_cannot_be_changed() -> None:
    one = Pair(x=1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.x = 2  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        del one.x  # type: ignore[misc]
    with pytest.raises(AttributeError):
        one.z = 3  # type: ignore[attr-defined]
    assert one.x == 1


def test_replace_copy_and_pickle_make_values_of_their_own() -> None:
    one = Pair(x=1, y=2)
    assert dataclasses.replace(one, y=3) == Pair(x=1, y=3)
    with pytest.raises(ValueError, match="negative"):
        dataclasses.replace(one, x=-1)
    assert copy.copy(one) == copy.deepcopy(one) == pickle.loads(pickle.dumps(one)) == one


def _fresh() -> type[Any]:
    @value()
    class Point:
        x: int
        y: int = 2
        tags: list[str] = field(default_factory=list)
        where: str = field(default="", kw_only=True)
        seen: bool = field(default=False, init=False)

    return Point


@pytest.mark.parametrize(
    ("args", "named"),
    [
        ((), {}),
        ((1, 2, [], "here"), {}),
        ((1,), {"x": 1}),
        ((1, 2), {"y": 2}),
        ((1,), {"z": 1}),
        ((1,), {"seen": True}),
        ((1, 2), {"x": 3}),
    ],
)
@pytest.mark.parametrize("before", [0, 20])
def test_arguments_that_are_wrong_are_refused_from_the_first_value_on(
    args: tuple[Any, ...], named: dict[str, Any], before: int
) -> None:
    point = _fresh()
    for _ in range(before):
        point(1)
    with pytest.raises(TypeError):
        point(*args, **named)
