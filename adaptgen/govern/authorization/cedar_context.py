"""Arguments of a call as Cedar can hold them, by the types of the tool's schema (``adaptgen.cedar_schema``).

=========  ==========================================================================================================
integer    Long: 64 bits, else the call is refused
number     decimal: at most four digits after the point and 922,337,203,685,477 before it, else the call is refused
null       absent, in sets too
array      Set: order and repetitions are lost
object     a record of the properties that the schema declares
=========  ==========================================================================================================

A value is read as the tool will read it (``"5"`` for 5, see ``runtime.validation``). What fits no type of Cedar, or not
the declared one, refuses the call where a policy reads that argument, because a rule on a value that is not there
would not apply: a ``forbid`` above 1,000 must not be escaped by ``1e30`` or by ``1000.00001``. Arguments that no
policy reads are neither lowered nor judged. ``__entity``, ``__extn`` and ``__expr`` are refused anywhere: in JSON,
Cedar takes them for entities and calls (https://docs.cedarpolicy.com/auth/entities-syntax.html).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Context, Decimal, InvalidOperation

import orjson

from adaptgen.cedar_schema import RESERVED, Record, SetOf, Type
from adaptgen.model.frozen import lazy
from adaptgen.model.tables import Json

_INTEGER = lazy(r"-?(?:0|[1-9][0-9]*)\Z")
_NUMBER = lazy(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?\Z")
_SMALLEST, _LARGEST = -(2**63), 2**63 - 1
_FIXED = 10_000
_LONGEST = 40
# No digit of a text of that length may be rounded away before it is judged.
_EXACT = Context(prec=2 * _LONGEST)


class UnrepresentableValue(Exception):
    """An argument that no policy can judge. The text names it, never its value."""


def context(
    record: Record,
    arguments: Mapping[str, Json],
    read: frozenset[str] | None,
    paths: Sequence[str] = (),
    creates: bool | None = None,
    more: Mapping[str, Json] | None = None,
) -> str:
    """The JSON text of ``{"input": …, "paths": …}``. ``read``: the names that policies read (None: all). ``creates``:
    whether the call creates, None for tools that do not both change and create. UnrepresentableValue names the
    argument. ``more``: what there is in place of paths."""
    refuse_reserved(arguments)
    lowered: dict[str, Json] = {}
    for name, kind in record.attributes.items():
        if read is not None and name not in read:
            continue
        value = arguments.get(name)
        if value is not None:
            lowered[name] = lower(kind, value, name)
        elif name in record.required:
            raise UnrepresentableValue(f"argument `{name}` is missing")
    for name in read or ():
        if name not in record.attributes and arguments.get(name) is not None:
            raise UnrepresentableValue(f"argument `{name}` has no type that policies could read")
    if more is not None:
        return encoded({"input": lowered, **more})
    told: dict[str, Json] = {"input": lowered, "paths": list(paths)}
    return encoded(told if creates is None else {**told, "creates": creates})


def encoded(value: Json) -> str:
    """JSON text for Cedar; UnrepresentableValue for unpaired surrogates, which no JSON parser has to accept (RFC 8259,
    8.2)."""
    try:
        return orjson.dumps(value).decode()
    except TypeError as problem:
        raise UnrepresentableValue("an argument holds text that is not Unicode") from problem


def refuse_reserved(arguments: Mapping[str, Json]) -> None:
    """Raises :class:`UnrepresentableValue` where a key, at any depth, has a special meaning in Cedar."""
    open_ends: list[Json] = [arguments]
    while open_ends:
        one = open_ends.pop()
        if isinstance(one, Mapping):
            if not RESERVED.isdisjoint(one):
                raise UnrepresentableValue("an argument holds a key that is reserved for policies")
            open_ends += [member for member in one.values() if isinstance(member, (Mapping, list))]
        else:
            open_ends += [member for member in one if isinstance(member, (Mapping, list))]


def lower(kind: Type, value: Json, where: str) -> Json:
    """``value`` (not null) as Cedar's JSON writes a value of type ``kind``, else UnrepresentableValue."""
    if isinstance(kind, SetOf):
        if not isinstance(value, list):
            raise UnrepresentableValue(f"argument `{where}` is not an array")
        return [lower(kind.element, one, where) for one in value if one is not None]
    if isinstance(kind, Record):
        return _record(kind, value, where)
    if kind == "String":
        return _string(value, where)
    if kind == "Long":
        return _long(value, where)
    if kind == "Bool":
        return _bool(value, where)
    return {"__extn": {"fn": "decimal", "arg": _decimal(value, where)}}


def _record(kind: Record, value: Json, where: str) -> Json:
    if not isinstance(value, Mapping):
        raise UnrepresentableValue(f"argument `{where}` is not an object")
    lowered: dict[str, Json] = {}
    for name, one in kind.attributes.items():
        member = value.get(name)
        if member is not None:
            lowered[name] = lower(one, member, f"{where}.{name}")
        elif name in kind.required:
            raise UnrepresentableValue(f"argument `{where}.{name}` is missing")
    return lowered


def _string(value: Json, where: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    raise UnrepresentableValue(f"argument `{where}` is not a string")


def _long(value: Json, where: str) -> int:
    if isinstance(value, str) and len(value) <= _LONGEST and _INTEGER.match(value.strip()):
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise UnrepresentableValue(f"argument `{where}` is not a whole number")
    if not _SMALLEST <= value <= _LARGEST:
        raise UnrepresentableValue(f"argument `{where}` is too large for a policy to judge")
    return value


def _bool(value: Json, where: str) -> bool:
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    if not isinstance(value, bool):
        raise UnrepresentableValue(f"argument `{where}` is neither true nor false")
    return value


def _decimal(value: Json, where: str) -> str:
    if isinstance(value, str) and len(value) <= _LONGEST and _NUMBER.match(value.strip()):
        value = value.strip()
    elif isinstance(value, bool) or not isinstance(value, (int, float)):
        raise UnrepresentableValue(f"argument `{where}` is not a number")
    elif isinstance(value, int) and not _SMALLEST <= value <= _LARGEST:
        raise UnrepresentableValue(f"argument `{where}` is too large for a policy to judge")
    try:
        # repr of a float is the shortest text that reads as this float: what the caller wrote, and what is sent on.
        exact = Decimal(value if isinstance(value, str) else repr(value))
        if not exact.is_finite() or abs(exact) > _LARGEST:
            raise UnrepresentableValue(f"argument `{where}` is too large for a policy to judge")
        scaled = _EXACT.multiply(exact, Decimal(_FIXED))
        whole = int(scaled)
    except InvalidOperation as problem:
        raise UnrepresentableValue(f"argument `{where}` is not a number that a policy can judge") from problem
    if whole != scaled:
        raise UnrepresentableValue(f"argument `{where}` has more than four digits after the point")
    if not _SMALLEST <= whole <= _LARGEST:
        raise UnrepresentableValue(f"argument `{where}` is too large for a policy to judge")
    sign = "-" if whole < 0 else ""
    return f"{sign}{abs(whole) // _FIXED}.{abs(whole) % _FIXED:04d}"
