"""Which fields hold personal data, by their values and by their names."""

from __future__ import annotations

from collections.abc import Mapping

from adaptgen.learning.answers.fields import Values
from adaptgen.learning.model import Confidence
from adaptgen.learning.records import KINDS
from adaptgen.model.tables import value
from adaptgen.pii import detectors
from adaptgen.pii.field_kinds import leaf_kinds
from adaptgen.pii.secret_formats import find_secrets
from adaptgen.syntax import field_paths as fields

_MOST = 200
_WHOLE = 0.8
"""How much of a text the value found in it must be."""
_PROVED = frozenset({"email", "card", "iban"})
"""Kinds whose form leaves little doubt."""


@value()
class Personal:
    """What a field holds, and why that is said: shapes and counts."""

    path: str
    kind: str
    because: str
    confidence: Confidence


def find_personal(
    found: Mapping[str, Values], known: Mapping[str, str], resource: str, *, moved: bool = False
) -> list[Personal]:
    """The fields that are not ``known`` (path -> kind) as personal, and are. ``moved``: the records are elsewhere than
    declared, so that a build knows nothing of them."""
    covered = {fields.keys_of(path) for path in known}
    made: list[Personal] = []
    for path, one in found.items():
        keys = fields.keys_of(path)
        if any(keys[: len(each)] == each for each in covered):
            continue
        personal = _by_values(one) or (_by_name(one, keys, resource) if moved or one.declared is None else None)
        if personal is not None:
            made.append(personal)
    return made


def _by_values(one: Values) -> Personal | None:
    """The kind of personal data that most of the values are, and how many."""
    texts = one.texts[:_MOST]
    if len(texts) < 2:
        return None
    counts: dict[str, int] = {}
    for text in texts:
        kinds = {span.kind for span in detectors.find(text, KINDS) if span.end - span.start >= _WHOLE * len(text)}
        if not kinds and any(span.end - span.start >= _WHOLE * len(text) for span in find_secrets(text)):
            kinds = {"secret"}
        for kind in kinds:
            counts[kind] = counts.get(kind, 0) + 1
    best = max(counts, key=lambda kind: counts[kind], default=None)
    if best is None or 2 * counts[best] < len(texts):
        return None
    sure = best in _PROVED and counts[best] >= 3 and counts[best] >= 0.9 * len(texts)
    because = f"{counts[best]} of {len(texts)} values have the form"
    return Personal(one.path, best, because, "certain" if sure else "likely")


def _by_name(one: Values, keys: tuple[str, ...], resource: str) -> Personal | None:
    """The kind that the name of a field says, as answers are classified."""
    if not one.texts or not keys:
        return None
    holder = keys[-2] if len(keys) > 1 else resource
    kind = leaf_kinds(keys[-1], holder).text
    return Personal(one.path, kind, "its name says so, and its values are texts", "likely") if kind else None
