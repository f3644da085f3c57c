"""Frozen values and regular expressions that cost nothing until they are used.

A build imports a hundred classes of values and a server start forty. ``dataclass(frozen=True)`` compiles four to six
functions for each while it is imported, which would be a fifth of the time of either. Here one function a class is
compiled, its ``__init__``, when a few values of the class have been made; all others are shared. So it is with the many
patterns that the passes of a build know, of which a small document needs few: :func:`lazy`; and with modules of
libraries that nothing here uses: :func:`postpone`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import MISSING, FrozenInstanceError, dataclass, field, fields
from functools import cache
from typing import Any, Final, NoReturn, TypeVar, cast, dataclass_transform

_T = TypeVar("_T")


class Inherited(tuple[str, ...]):
    """What a generated tool leaves out because its server or its toolset says it; until then, nothing."""

    __slots__ = ()


INHERITED: Final = Inherited()


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value(*, kw_only: bool = False) -> Callable[[type[_T]], type[_T]]:
    """A frozen dataclass with slots: compared, hashed and shown by its fields, in their order. A field whose metadata
    has ``convert`` holds what that function makes of an argument; its default is as it is.

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


_FEW: Final = 6
"""Values of a class that are made without a function of its own: most classes have no more in a short process."""


def _first(cls: type[Any]) -> Callable[..., None]:
    """An ``__init__`` for the first values, which puts the compiled one in its own place."""
    made = 0

    def __init__(self: Any, *args: Any, **given: Any) -> None:  # noqa: N807
        nonlocal made
        made += 1
        if made > _FEW or not _fill(self, args, given):
            compiled = _compiled(cls)
            cls.__init__ = compiled
            compiled(self, *args, **given)
        elif hasattr(cls, "__post_init__"):
            self.__post_init__()

    return __init__


def _fill(self: Any, args: tuple[Any, ...], given: Mapping[str, Any]) -> bool:
    """Put arguments into slots as the compiled ``__init__`` does. False, and nothing is done, where that has more to
    do: arguments that are wrong, conversions."""
    found: list[tuple[str, Any]] = []
    positional = named = 0
    for one in fields(self):
        name = one.name
        if "convert" in one.metadata:
            return False
        if one.init and not one.kw_only and positional < len(args):
            if name in given:
                return False
            content, positional = args[positional], positional + 1
        elif one.init and name in given:
            content, named = given[name], named + 1
        elif one.default is not MISSING:
            content = one.default
        elif one.default_factory is not MISSING:
            content = one.default_factory()
        elif one.init:
            return False
        else:
            continue
        found.append((name, content))
    if positional != len(args) or named != len(given):
        return False
    for name, content in found:
        object.__setattr__(self, name, content)
    return True


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
        if convert := one.metadata.get("convert"):
            known[f"_convert_{name}"] = convert
            given = f"{given} if {given} is _d_{name} else _convert_{name}({given})"
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


def changed(made: _T, fields: Mapping[str, Any]) -> _T:
    """A copy of a frozen value with other ``fields``: ``dataclasses.replace`` for a thousand of them."""
    cls: Any = type(made)
    fresh: _T = object.__new__(cls)
    for name, slot in _slots(cls):
        slot.__set__(fresh, fields[name] if name in fields else slot.__get__(made))
    return fresh


@cache
def _slots(cls: type[Any]) -> tuple[tuple[str, Any], ...]:
    return tuple((one.name, getattr(cls, one.name)) for one in fields(cls))


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


def plain(item: Any) -> Any:
    """``item`` as JSON values: a dataclass as its fields by name, a tuple as an array."""
    if hasattr(type(item), "__dataclass_fields__"):
        return {field.name: plain(getattr(item, field.name)) for field in fields(item)}
    return [plain(element) for element in item] if isinstance(item, tuple) else item


class _LazyPattern:
    def __init__(self, text: str, flags: int) -> None:
        self._text, self._flags = text, flags

    def __getattr__(self, name: str) -> Any:
        # Called only for what the instance does not have; the methods of the pattern are kept on it, so that every
        # later use costs what an attribute costs.
        if name.startswith("_"):
            raise AttributeError(name)
        found = getattr(re.compile(self._text, self._flags), name)
        setattr(self, name, found)
        return found


def lazy(text: str, flags: int = 0) -> re.Pattern[str]:
    """``re.compile(text, flags)`` at the first use. It has the methods of a pattern, but ``re`` itself does not accept
    it.

    An error in ``text`` shows at the first use as well, so that a test must come by there.
    """
    return cast("re.Pattern[str]", _LazyPattern(text, flags))


class _Postponing:
    """Finds one module, once, and lets it load when something of it is used."""

    def __init__(self, name: str) -> None:
        self._name = name

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name != self._name:
            return None
        sys.meta_path.remove(self)
        from importlib.machinery import PathFinder
        from importlib.util import LazyLoader

        found = PathFinder.find_spec(name, path, target)
        if found is not None and found.loader is not None:
            found.loader = LazyLoader(found.loader)
        return found


def postpone(name: str) -> None:
    """Let the module ``package.module`` of a library load when something of it is used, and not when its package
    imports it. Call it before that."""
    if name not in sys.modules:
        sys.meta_path.insert(0, _Postponing(name))
