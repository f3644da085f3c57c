"""Whether what was written is there: APIs format, round, sort and complete values, and that is not a loss."""

from __future__ import annotations

from collections.abc import Mapping

from adaptgen.model import frozen
from adaptgen.model.tables import Json, Update

_EMPTY: tuple[Json, ...] = (None, "", [], {})
_TIME = 10
"""Characters of a date, which may have a time."""


@frozen.value()
class Verdict:
    """``text``: what is wrong, "" for nothing; ``stale``: something still has its old value, which may pass."""

    text: str = ""
    stale: bool = False


def compare_answer(
    changes: Mapping[str, Json],
    before: Mapping[str, Json],
    after: Mapping[str, Json],
    echo: Mapping[str, Json],
    update: Update,
) -> Verdict:
    """Compare the ``changes`` with the record ``before`` and ``after``; ``echo`` is what the write itself answered."""
    old: list[str] = []
    other: list[str] = []
    for name, wanted in changes.items():
        if update.unshown is not None and name in update.unshown:
            continue
        known = name in before or (update.unshown is not None and update.accepts is not None)
        if name not in after:
            if known and wanted not in _EMPTY:
                old.append(name)
            continue
        if is_same(wanted, after[name], before.get(name)):
            continue
        if name in before and after[name] == before[name]:
            old.append(name)
        elif name not in echo or after[name] != echo[name]:
            other.append(name)  # what the API made of the value is what its answer shows
    if not old and not other:
        return Verdict()
    told = [f"{_listed(old)} {_have(old)} not been changed"] if old else []
    told += [f"{_listed(other)} {_have(other)} another value than the one that was written"] if other else []
    text = f"The API accepted the change, but in the record {' and '.join(told)}: somebody else changed it at the "
    return Verdict(f"{text}same time, or the API did not take it. Read the record before you try again.", bool(old))


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names[:8]) + (", …" if len(names) > 8 else "")


def _have(names: list[str]) -> str:
    return "has" if len(names) == 1 else "have"


def is_same(wanted: Json, actual: Json, before: Json = None) -> bool:
    """Whether ``actual`` is what an API makes of ``wanted``; ``before`` is the old value."""
    if wanted == actual:
        return True
    if wanted in _EMPTY:
        return actual in _EMPTY
    if isinstance(wanted, Mapping):
        return isinstance(actual, Mapping) and _members_agree(wanted, actual, before)
    if isinstance(wanted, list):
        return isinstance(actual, list) and _items_agree(wanted, actual)
    if isinstance(actual, Mapping):  # the whole object in place of its id
        return any(is_same(wanted, member) for member in actual.values() if not isinstance(member, (Mapping, list)))
    if isinstance(actual, list) or actual is None:
        return False
    return _scalars_agree(wanted, actual)


def _members_agree(wanted: Mapping[str, Json], actual: Mapping[str, Json], before: Json) -> bool:
    old = before if isinstance(before, Mapping) else {}
    for name, value in wanted.items():
        if name not in actual:
            if name in old and value not in _EMPTY:
                return False
        elif not is_same(value, actual[name], old.get(name)):
            return False
    return True


def _items_agree(wanted: list[Json], actual: list[Json]) -> bool:
    """As sets: APIs sort lists and leave out what is there twice."""
    if len(wanted) * len(actual) > 10_000:
        return len(wanted) == len(actual)
    return all(any(is_same(one, other) for other in actual) for one in wanted) and all(
        any(is_same(one, other) for one in wanted) for other in actual
    )


def _scalars_agree(wanted: Json, actual: Json) -> bool:
    if not isinstance(wanted, bool) and not isinstance(actual, bool):
        try:
            return float(wanted) == float(actual)
        except (TypeError, ValueError, OverflowError):
            pass
    plain = _plain(wanted)
    if plain and plain == _plain(actual):
        return True
    short, long = sorted((str(wanted), str(actual)), key=len)
    is_date = len(short) == _TIME and short[4:5] == "-" and short[7:8] == "-"
    return is_date and long.startswith(short)


def _plain(value: Json) -> str:
    return "".join(char for char in str(value).casefold() if char.isalnum())
