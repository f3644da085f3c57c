"""Where the default view shows what says nothing: the ranking of received records, which is that of the run time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from adaptgen.learning.answers.fields import BULKY, ENOUGH, MANY, Values
from adaptgen.model.tables import Json, Tool
from adaptgen.runtime.answers.layout import choose_from
from adaptgen.syntax import field_paths as fields

_CONSTANT = "always the same, so it comes last"


def better_view(
    tool: Tool,
    place: str,
    records: Sequence[Json],
    found: Mapping[str, Values],
    identity: str | None,
    kinds: Mapping[str, str],
) -> tuple[list[str], str] | None:
    """The view without what says nothing and with what identifies, and why; None where the view of the build is as
    good, or is chosen from the first answer anyway. ``place``: where the records are; ``kinds``: path -> kind of
    personal data, of which none is added."""
    if tool.view is None or "*" in tool.view or not records:
        return None
    if place != (tool.page.items if tool.page is not None else tool.payload):
        return _new_view(tool, place, records, found, identity, kinds)
    if len(records) < ENOUGH:
        return None
    dull = {path: "a secret" if kinds.get(path) == "secret" else _dull(path, found, len(records)) for path in tool.view}
    kept = [path for path, why in dull.items() if not why]
    constant = [path for path, why in dull.items() if why == _CONSTANT]
    reasons = _grouped(dull)
    if identity is not None and identity not in kept:
        reasons.setdefault("added, as it identifies the record", []).append(identity)
        kept.insert(0, identity)
    if not reasons or not kept:
        return None
    ranked, _ = choose_from(tool, records)
    usual = [path for path in ranked if path in found and path not in dull and path not in (*kept, *kinds)]
    more = [path for path in usual if not _dull(path, found, len(records))]
    kept += more[: max(len(tool.view) - len(kept) - len(constant), 0)]
    kept += constant  # a state, an enum or a reference may differ tomorrow
    if kept == list(tool.view):
        return None
    because = "; ".join(f"{why}: {', '.join(paths[:8])}" for why, paths in reasons.items())
    return kept, f"{because}; seen in {len(records)} records"


def _grouped(dull: Mapping[str, str]) -> dict[str, list[str]]:
    """Why fields say nothing -> those fields."""
    reasons: dict[str, list[str]] = {}
    for path, why in dull.items():
        if why:
            reasons.setdefault(why, []).append(path)
    return reasons


def _new_view(
    tool: Tool,
    place: str,
    records: Sequence[Json],
    found: Mapping[str, Values],
    identity: str | None,
    kinds: Mapping[str, str],
) -> tuple[list[str], str] | None:
    """The view of records that are elsewhere than declared: of the fields that they have."""
    ranked, _ = choose_from(replace(tool, view=None), records)
    because = f"the records are at {place}, where the document declares no fields"
    if tool.page is None:
        # The view of the build is of the whole answer: what it shows of these records, and what they have besides.
        within = f"{within_answer(place)}."
        own = [one.removeprefix(within) for one in tool.view or () if one.startswith(within)]
        usual = [one for one in ranked if one not in kinds]
        chosen = list(dict.fromkeys([*own, *usual]))[: max(len(tool.view or ()), len(own))]
        because = f"the view of the records at {place}, not of the answer around them"
    else:
        chosen = [one for one in tool.view or () if one in found] or list(ranked)
    chosen = [one for one in chosen if one in found and kinds.get(one) != "secret"]
    dull = {one: _dull(one, found, len(records)) for one in chosen}
    chosen = [one for one in chosen if not dull[one]] + [one for one in chosen if dull[one] == _CONSTANT]
    first = [identity] if identity is not None and identity not in chosen else []
    return ([*first, *chosen], because) if chosen else None


def within_answer(place: str) -> str:
    """The field path of the records at a JSONPath; "" for the answer itself."""
    return f"{place.removeprefix('$').removeprefix('.')}[*]" if place != "$" else ""


def _dull(path: str, found: Mapping[str, Values], records: int) -> str:
    """Why a path of a view says nothing."""
    one = found.get(path)
    if one is None:
        below = any(other.startswith((f"{path}.", f"{path}[")) for other in found)
        top = fields.keys_of(path)[:1]
        above = any(fields.keys_of(other) == top and other != path for other in found)
        return "" if below or above else "in no record"
    if one.is_null:
        return "always empty"
    if one.is_constant and records >= MANY:
        return _CONSTANT
    return "bulky" if one.bytes > BULKY else ""
