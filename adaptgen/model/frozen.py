"""Frozen values: dataclasses whose methods cost nothing until a value is made.

A build imports a hundred classes of values and a server start forty. ``dataclass(frozen=True)`` compiles four to six
functions for each while it is imported, which would be a fifth of the time of either. Here one function a class is
compiled, its ``__init__``, when the first value of the class is made; all others are shared.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, FrozenInstanceError, dataclass, field, fields
from typing import Any, NoReturn, TypeVar, dataclass_transform

_T = TypeVar("_T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value(*, kw_only: bool = False) -> Callable[[type[_T]], type[_T]]:
    """A frozen dataclass with slots: compared, hashed and shown by its fields, in their order.

    ``dataclasses.fields`` and ``dataclasses.replace`` work on it, as do ``copy`` and ``pickle``. Such a class has no
    bases that are dataclasses and no ``InitVar``.
    """

    def make(cls: type[_T]) -> type[_T]:
        for name, method in _SHARED.items():
            setattr(cls, name, method)
        made = dataclass(init=False, repr=False, eq=False, slots=True, kw_only=kw_only)(cls)
        # After the dataclass, which makes the class anew: it must not take this for a method that the class defines.
        setattr(made, "__init__", _first(made))  # noqa: B010 - assigning it is an error for type checkers
        return made

    return make


def _first(cls: type[Any]) -> Callable[..., None]:
    """An ``__init__`` that puts the compiled one in its own place."""

    def __init__(self: Any, *args: Any, **given: Any) -> None:  # noqa: N807
        compiled = _compiled(cls)
        cls.__init__ = compiled
        compiled(self, *args, **given)

    return __init__


def _compiled(cls: type[Any]) -> Callable[..., None]:
    """``__init__`` as its signature says: each argument goes into its slot, which a frozen class cannot assign."""
    known: dict[str, Any] = {}
    positional, keyword, lines = ["self"], ["*"], []
    for one in fields(cls):
        name = one.name
        default, given = "", name
        if one.default is not MISSING:
            known[f"_d_{name}"] = one.default
            default = f"=_d_{name}"
        elif one.default_factory is not MISSING:
            known[f"_d_{name}"], known["_missing"] = one.default_factory, MISSING
            default, given = "=_missing", f"_d_{name}() if {name} is _missing else {name}"
        if one.init:
            (keyword if one.kw_only else positional).append(f"{name}{default}")
        elif default:
            given = f"_d_{name}" if one.default is not MISSING else f"_d_{name}()"
        else:
            continue
        known[f"_set_{name}"] = getattr(cls, name).__set__
        lines.append(f" _set_{name}(self, {given})")
    if hasattr(cls, "__post_init__"):
        lines.append(" self.__post_init__()")
    signature = ", ".join(positional + (keyword if len(keyword) > 1 else []))
    # Only the names of fields, which are identifiers of a class body, become code; whoever watches sees this module.
    text = f"def __init__({signature}):\n" + "\n".join(lines or [" pass"])
    exec(compile(text, __file__, "exec"), known)  # noqa: S102
    made: Callable[..., None] = known["__init__"]
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    made.__module__ = cls.__module__
    return made


_COMPARED: dict[type[Any], tuple[str, ...]] = {}


def _compared(cls: type[Any]) -> tuple[str, ...]:
    names = _COMPARED.get(cls)
    if names is None:
        names = _COMPARED[cls] = tuple(one.name for one in fields(cls) if one.compare)
    return names


def _equal(self: Any, other: Any) -> bool:
    cls = type(self)
    return type(other) is cls and all(getattr(self, name) == getattr(other, name) for name in _compared(cls))


def _hash(self: Any) -> int:
    return hash(tuple([getattr(self, name) for name in _compared(type(self))]))


def _repr(self: Any) -> str:
    # What a class keeps out of its text (``repr=False``) may be secret.
    shown = ", ".join(f"{one.name}={getattr(self, one.name)!r}" for one in fields(self) if one.repr)
    return f"{type(self).__qualname__}({shown})"


def _no_setting(self: Any, name: str, value: object) -> NoReturn:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _no_deleting(self: Any, name: str) -> NoReturn:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, name) for name in self.__dataclass_fields__]


def _restored(self: Any, state: list[Any]) -> None:
    for name, value in zip(self.__dataclass_fields__, state, strict=True):
        object.__setattr__(self, name, value)


_SHARED = {
    "__eq__": _equal,
    "__hash__": _hash,
    "__repr__": _repr,
    "__setattr__": _no_setting,
    "__delattr__": _no_deleting,
    "__getstate__": _state,
    "__setstate__": _restored,
}
