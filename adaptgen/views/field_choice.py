"""The default view: which few fields of a record an agent needs to see first.

Identity, label, status, amount, date, code or reference, then other short fields. Numbered families (``udf_01`` …),
links, hashes, audit columns, secrets, personal data, repeated reference data and long texts are left out; all of them
stay reachable through the ``fields`` argument. The same ranking serves schemas, at build time, and received data, at
run time, where the schema is missing or open.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cached_property

from adaptgen.syntax.identifiers import vocabulary
from adaptgen.views.candidates import Candidate, candidates_from
from adaptgen.views.fallbacks import ensure_identity, ensure_label, ensure_substance, find_content
from adaptgen.views.scoring import (
    AMOUNT,
    DATE,
    IDENTITY,
    LABEL,
    OTHER,
    REFERENCE,
    STATUS,
    Field,
    has_identity,
    plain,
    score_fields,
)
from adaptgen.views.vocabulary import NAMES

__all__ = ["Candidate", "FieldRanking", "candidates_from", "is_record", "rank"]


KEEP = 8
"""How many paths a default view has unless somebody asks for more or fewer."""
_CAPS = {IDENTITY: 2, LABEL: 3, STATUS: 2, AMOUNT: 2, DATE: 2, REFERENCE: 3, OTHER: 8}

# What is shown beside the view where it may identify too.
_KEYS = vocabulary("id uuid guid number no nr key code slug ref reference identifier")
_NAMES = vocabulary("name title label subject username login symbol caption event action")
_TOLD = vocabulary("description summary")
_ELSE = vocabulary("parent previous next original related linked root first last")
_FOR_PEOPLE = vocabulary("display public short human friendly readable")
_DOUBT, _WIDE = 3, 30
# Flags that hold for nearly no record that a list gives: they tell nothing apart.
_RARE = vocabulary("archived deleted disabled hidden locked suspended draft cancelled canceled")


def rank(
    candidates: Sequence[Candidate],
    *,
    keep: int = KEEP,
    identifying: Collection[str] = (),
    resource: Sequence[str] = (),
    entry: bool = False,
) -> tuple[str, ...]:
    """The paths of the default view, at most ``keep``, the most telling first.

    ``identifying``: names of fields that identify the record beyond ``id`` (``contact_id``, the path parameters of
    its sub-resources). ``resource``: the words of what the records are, in the singular. One or two places are kept
    for status. The order of ``candidates`` decides between equals, so equal input has equal output. Empty when
    nothing is worth showing.
    """
    return FieldRanking(candidates, identifying, resource, entry=entry).rank(keep)


def is_record(
    candidates: Sequence[Candidate],
    *,
    identifying: Collection[str] = (),
    resource: Sequence[str] = (),
    entry: bool = False,
) -> bool:
    """Whether the fields have an identity or a name among them: a record, and not a result such as a log or a sum."""
    return FieldRanking(candidates, identifying, resource, entry=entry).is_record


class FieldRanking:
    """What :func:`rank` and :func:`is_record` say of the same fields, which are scored once."""

    def __init__(
        self, candidates: Sequence[Candidate], identifying: Collection[str], resource: Sequence[str], *, entry: bool
    ) -> None:
        self.candidates, self.identifying, self.resource, self.entry = candidates, identifying, resource, entry
        self._views: dict[int, tuple[str, ...]] = {}

    @cached_property
    def is_record(self) -> bool:
        if has_identity(self.candidates, self._names):
            return True
        return any(tier in {IDENTITY, LABEL} for _, tier, _ in self._scored)

    def rank(self, keep: int) -> tuple[str, ...]:
        if keep not in self._views:
            for field, tier, sub in self._scored:
                field.set(tier, sub)
            self._views[keep] = _ranked([field for field, _, _ in self._scored], self.resource, keep)
        return self._views[keep]

    @property
    def fields(self) -> list[Field]:
        """The fields as the last :meth:`rank` left them."""
        return [field for field, _, _ in self._scored]

    @cached_property
    def says(self) -> tuple[str, ...]:
        """The path of what a record says that is read alone; empty where no field has such a name."""
        content = find_content([field for field, _, _ in self._scored], self.resource)
        return (content,) if content else ()

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(plain(name) for name in self.identifying)

    @cached_property
    def _scored(self) -> list[tuple[Field, int | None, int]]:
        """The fields, each with its tier and place before they are weighed against one another."""
        found = score_fields(self.candidates, self._names, self.resource, entry=self.entry)
        ensure_identity(found, self.identifying, self.resource)
        return [(field, field.tier, field.sub) for field in found]


def _ranked(found: Sequence[Field], resource: Sequence[str], keep: int) -> tuple[str, ...]:
    ensure_label(found, resource)
    _tell_apart(found, resource)
    if not any(one.tier in {IDENTITY, LABEL} for one in found):
        ensure_substance(found)
    chosen = sorted((one for one in found if one.tier is not None), key=Field.order)
    kept: list[Field] = []
    later: list[Field] = []
    counts: dict[int, int] = {}
    halves: set[tuple[tuple[str, ...], frozenset[str]]] = set()
    for one in chosen:
        tier = one.tier if one.tier is not None else OTHER
        cap = _CAPS[tier] + (2 if one.given else 0)
        target = kept if counts.get(tier, 0) < cap else later
        half = one.kind.half
        # The halves of one name count once.
        if half is None or half[0] not in halves:
            counts[tier] = counts.get(tier, 0) + 1
        if half is not None:
            halves.add(half[0])
        target.append(one)
    kept += [one for one in later if one.tier in {IDENTITY, LABEL, STATUS, AMOUNT}]
    shown = _with_status(kept, keep)
    shown += _other_halves(found, shown)
    return tuple(one.path for one in sorted([*shown, *_also(found, shown, resource, keep)], key=Field.order))


def _with_status(found: list[Field], keep: int) -> list[Field]:
    states = [one for one in found if one.tier == STATUS][: 2 if keep > 4 else 1]
    rest = [one for one in found if one not in states]
    return (rest[: max(keep - len(states), 1)] + states)[: max(keep, 1)]


def _also(found: Sequence[Field], shown: Sequence[Field], resource: Sequence[str], keep: int) -> list[Field]:
    """Keys and names of the record that the view has left out: they can identify it too. A wide record has less room,
    so that its view stays a fraction of it."""
    room = min(_DOUBT, max(0, int(0.3 * len(found)) - keep)) if len(found) > _WIDE else _DOUBT
    own = [field for field in found if field.own and field.spoken and field not in shown]
    ours = [field for field in own if _is_ours(field.spoken, resource)]
    own = [field for field in own if len(field.spoken) == 1 or field.spoken[0] in resource or field in ours]
    keys = [field for field in own if field.spoken[-1] in _KEYS and field.type != "boolean"]
    keys.sort(key=lambda field: len(field.spoken) > 1 and field not in ours)
    named = any(field.tier == LABEL and field.sub <= 1 for field in shown)
    texts = _NAMES if named else _NAMES | _TOLD
    names = [field for field in own if field.spoken[-1] in texts and field.is_text]
    chosen = [*keys[:2], *names[:2]][:room]
    for field in chosen:
        if field.tier is None:
            field.set(OTHER, 9)
    return chosen


def _is_ours(said: tuple[str, ...], resource: Sequence[str]) -> bool:
    """Whether a name of several words is the record's: `client_order_id` is an order's id by another, `display_id`
    what people call it by, `order_type_id` the id of something else."""
    if len(said) == 2 and said[0] in _FOR_PEOPLE:
        return True
    return said[-2:-1] == tuple(resource[-1:]) and not set(said) & _ELSE


_NO_PERSON = {("title",), ("company", "name")}


def _other_halves(found: Sequence[Field], shown: Sequence[Field]) -> list[Field]:
    """The last name where a view shows the first only, and the other way round."""
    given = {half for one in shown if (half := one.kind.half)}
    missing = {(whose, "last" if side == "first" else "first"): side for whose, side in given}
    added = []
    for one in found:
        half = one.kind.half
        if half in missing and half not in given and one not in shown:
            given.add(half)
            one.set(*next((each.tier, each.sub) for each in shown if each.kind.half == (half[0], missing[half])))
            added.append(one)
    return added


def _tell_apart(found: Sequence[Field], resource: Sequence[str]) -> None:
    """Where a record has a name, what else it has names of comes later, and where it has a status, so do flags."""
    labels = [field for field in found if field.tier == LABEL]
    _settle_names(labels, resource)
    called = any(field.given and field.tier == IDENTITY and field.spoken in NAMES for field in found)
    if called or any(field.tier == LABEL and field.sub <= 1 for field in labels):
        for field in labels:
            if field.tier == LABEL and field.sub >= 2:
                field.set(REFERENCE, 2)
    _demote_flags([field for field in found if field.tier == STATUS])


def _settle_names(labels: Sequence[Field], resource: Sequence[str]) -> None:
    halves = {half[1] for field in labels if (half := field.kind.half) and not half[0][0]}
    for field in labels:
        if field.sub >= 2 and resource and field.spoken[:1] == (resource[-1],) and "file" not in field.spoken:
            # `dag_display_name` is the name of a dag, `bundle_name` is not.
            field.set(LABEL, 1)
        elif {"first", "last"} <= halves and len(field.names) == 1 and field.spoken in _NO_PERSON:
            # Of a person it is the form of address.
            field.set(REFERENCE, 1)


def _demote_flags(states: Sequence[Field]) -> None:
    stated = any(field.sub <= 1 for field in states)
    for field in states:
        if field.sub == 2 and field.candidate.constant:
            field.tier = None
        elif field.sub == 2 and (stated or set(field.spoken[-1:]) & _RARE):
            field.set(OTHER, 4)
