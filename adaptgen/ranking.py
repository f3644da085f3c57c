"""The default view: which few fields of a record an agent needs to see first.

Identity, label, status, amount, date, code or reference, then other short fields. Numbered families (``udf_01`` …),
links, hashes, audit columns, secrets, personal data, repeated reference data and long texts are left out; all of them
stay reachable through the ``fields`` argument. The same ranking serves schemas, at build time, and received data, at
run time, where the schema is missing or open.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from adaptgen.candidates import Candidate, candidates_from
from adaptgen.judging import (
    AMOUNT,
    DATE,
    HASH,
    ID,
    ID_WORDS,
    IDENTITY,
    LABEL,
    LABELS,
    LINK,
    OTHER,
    REFERENCE,
    STATUS,
    Field,
    judged,
    plain,
)  # fmt: skip
from adaptgen.sensitivity import kind_of
from adaptgen.words import singular, vocabulary, words

__all__ = ["Candidate", "candidates_from", "is_record", "rank"]


_CAPS = {IDENTITY: 2, LABEL: 3, STATUS: 2, AMOUNT: 2, DATE: 2, REFERENCE: 3, OTHER: 8}

# What identifies or names a record that has nothing better.
_ID_LAST = ("number", "key", "code", "slug", "sha", "hash", "ref", "reference", "self", "url", "href", "path")
_GENERIC = {(word,) for word in (*ID, *_ID_LAST, "no", "nr", "num", "name", "type")}
_ID_ALONE = {(word,) for word in ("number", "key", "code", "slug", "sha")}
_OTHERS = vocabulary(
    "node parent external owner user account tenant org organization group client team created updated"
)
# (how deep, what): names of what has no name.
_LABEL_LAST = (
    *(
        (1, word)
        for word in ("message", "summary", "description", "text", "comment", "note", "email", "body", "content")
    ),
    *((2, word) for word in ("message", "summary", "text", "full", "formatted")),
    *((1, word) for word in ("caption", "question", "phrase", "term", "keyword", "topic", "formatted", "display")),
    *((1, word) for word in ("hostname", "host", "domain", "ip", "file")),
    *((1, word) for word in ("path", "url")),
    *((1, word) for word in ("event", "action", "activity", "type", "kind", "code")),
)
# What is shown beside the view where it may identify too.
_KEYS = vocabulary("id uuid guid number no nr key code slug ref reference identifier")
_NAMES = vocabulary("name title label subject username login symbol caption event action")
_TOLD = vocabulary("description summary")
_DOUBT, _WIDE = 3, 30
# Flags that hold for nearly no record that a list gives: they tell nothing apart.
_RARE = vocabulary("archived deleted disabled hidden locked suspended draft cancelled canceled")


def rank(
    candidates: Sequence[Candidate], *, keep: int = 8, identifying: Collection[str] = (), resource: Sequence[str] = ()
) -> tuple[str, ...]:
    """The paths of the default view, at most ``keep``, the most telling first.

    ``identifying``: names of fields that identify the record beyond ``id`` (``contact_id``, the path parameters of
    its sub-resources). ``resource``: the words of what the records are, in the singular. One or two places are kept
    for status. The order of ``candidates`` decides between equals, so equal input gives equal output. Empty when
    nothing is worth showing.
    """
    found = judged(candidates, frozenset(plain(one) for one in identifying))
    _ensure_identity(found, identifying, resource)
    _ensure_label(found, resource)
    _tell_apart(found, resource)
    if not any(one.tier in {IDENTITY, LABEL} for one in found):
        _ensure_substance(found)
    chosen = sorted((one for one in found if one.tier is not None), key=Field.order)
    kept: list[Field] = []
    later: list[Field] = []
    counts: dict[int, int] = {}
    for one in chosen:
        tier = one.tier if one.tier is not None else OTHER
        cap = _CAPS[tier] + (2 if one.given else 0)
        target = kept if counts.get(tier, 0) < cap else later
        counts[tier] = counts.get(tier, 0) + 1
        target.append(one)
    kept += [one for one in later if one.tier in {IDENTITY, LABEL, STATUS, AMOUNT}]
    shown = _with_status(kept, keep)
    return tuple(one.path for one in sorted([*shown, *_also(found, shown, resource, keep)], key=Field.order))


def is_record(
    candidates: Sequence[Candidate], *, identifying: Collection[str] = (), resource: Sequence[str] = ()
) -> bool:
    """Whether the fields have an identity or a name among them: a record, and not a result such as a log or a sum."""
    found = judged(candidates, frozenset(plain(one) for one in identifying))
    _ensure_identity(found, identifying, resource)
    return any(one.tier in {IDENTITY, LABEL} for one in found)


def _with_status(found: list[Field], keep: int) -> list[Field]:
    states = [one for one in found if one.tier == STATUS][: 2 if keep > 4 else 1]
    rest = [one for one in found if one not in states]
    return (rest[: max(keep - len(states), 1)] + states)[: max(keep, 1)]


def _also(found: Sequence[Field], shown: Sequence[Field], resource: Sequence[str], keep: int) -> list[Field]:
    """What may identify the record too, where the view has left it out: keys and names of its own. A wide record has
    less room, so that its view stays a fraction of it."""
    room = min(_DOUBT, max(0, int(0.3 * len(found)) - keep)) if len(found) > _WIDE else _DOUBT
    own = [one for one in found if one not in shown and len(one.names) == 1 and not one.many and one.spoken]
    own = [one for one in own if len(one.spoken) == 1 or one.spoken[0] in resource]
    keys = [one for one in own if one.spoken[-1] in _KEYS and one.candidate.type != "boolean"]
    named = any(one.tier == LABEL and one.sub <= 1 for one in shown)
    texts = _NAMES if named else _NAMES | _TOLD
    names = [one for one in own if one.spoken[-1] in texts and one.candidate.type in {"string", None}]
    chosen = [*keys[:2], *names[:2]][:room]
    for one in chosen:
        if one.tier is None:
            one.set(OTHER, 9)
    return chosen


def _ensure_identity(found: Sequence[Field], identifying: Collection[str], resource: Sequence[str]) -> None:
    if any(one.tier == IDENTITY for one in found):
        return
    own = [one for one in found if len(one.names) == 1 and not one.many]
    # `/floating_ips/{floating_ip}` asks for what a record calls `ip`.
    for name in sorted(identifying):
        asked = words(name)
        for one in own:
            ends = 0 < len(one.spoken) < len(asked) and asked[-len(one.spoken) :] == one.spoken
            if ends and one.spoken not in _GENERIC:
                one.set(IDENTITY, 1)
                return
    for one in found:
        if len(one.names) == 2 and not one.many and one.spoken in ID_WORDS and words(one.names[0]) == (*resource[-1:],):
            one.set(IDENTITY, 2)
            return
    ids = [one for one in own if one.spoken and one.spoken[-1] in ID and one.candidate.type != "boolean"]
    likely = [one for one in ids if one.spoken[0] not in _OTHERS]
    if likely or (ids and not any(one.spoken in _ID_ALONE for one in own)):
        (likely or ids)[0].set(IDENTITY, 2)
        return
    for last in _ID_LAST:
        for one in own:
            said = one.spoken[:-1] if one.spoken[-1:] and one.spoken[-1].isdigit() else one.spoken
            if said and said[-1] == last and (len(said) == 1 or one.tier is not None):
                one.set(IDENTITY, 3)
                return


def _ensure_label(found: Sequence[Field], resource: Sequence[str]) -> None:
    if any(one.tier == LABEL for one in found):
        return
    for one in found:
        # `/words` are told apart by their `word`.
        own = len(one.names) == 1 == len(one.spoken) and not one.many and one.candidate.type in {"string", None}
        if own and one.tier != IDENTITY and one.spoken[0] in resource and len(one.spoken[0]) > 2:
            one.set(LABEL, 1)
            return
    nested = [one for one in found if one.tier == REFERENCE and len(one.names) > 1 and one.spoken[-1] in LABELS]
    about = [one for one in nested if singular((words(one.names[0]) or ("",))[-1]) in {"profile", "user", "person"}]
    if about:
        about[0].set(LABEL, 1)
        return
    for depth, word in _LABEL_LAST:
        for one in found:
            if len(one.names) == depth and not one.many and one.spoken == (word,) and one.tier != IDENTITY:
                one.set(LABEL, 3)
                return


def _tell_apart(found: Sequence[Field], resource: Sequence[str]) -> None:
    """Where a record has a name, what else it has names of comes later, and where it has a status, so do flags."""
    for one in found:
        # `dag_display_name` is the name of a dag, `bundle_name` is not.
        if (
            one.tier == LABEL
            and one.sub >= 2
            and resource
            and one.spoken[0] == resource[-1]
            and "file" not in one.spoken
        ):
            one.set(LABEL, 1)
    if any(one.tier == LABEL and one.sub <= 1 for one in found):
        for one in found:
            if one.tier == LABEL and one.sub >= 2:
                one.set(REFERENCE, 2)
    stated = any(one.tier == STATUS and one.sub <= 1 for one in found)
    for one in found:
        if one.tier == STATUS and one.sub == 2:
            if one.candidate.constant:
                one.tier = None
            elif stated or set(one.spoken[-1:]) & _RARE:
                one.set(OTHER, 4)


def _ensure_substance(found: Sequence[Field]) -> None:
    """What neither has an identity nor a name is no record but a result (a log, a quote, a report): keep its texts."""
    for one in found:
        if one.tier is None and len(one.names) <= 2 and kind_of(one.names[-1], type=one.candidate.type) is None:
            near = 1 if len(one.names) == 1 else 3
            one.set(OTHER, near if not set(one.spoken) & (LINK | HASH) else 5)
