"""What identifies and names a record whose fields have no better claim to it.

Ids and names of the usual kind are found by :mod:`adaptgen.views.scoring`; here are the second choices, for the ranking
of :mod:`adaptgen.views.ranking`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from adaptgen.pii.field_kinds import kind_of
from adaptgen.syntax.identifiers import singular, vocabulary, words
from adaptgen.views.scoring import IDENTITY, LABEL, OTHER, REFERENCE, Field, hides
from adaptgen.views.vocabulary import HASH, ID, ID_WORDS, LABELS, LINK, NAMES

# What identifies or names a record that has nothing better.
_ID_LAST = ("number", "num", "key", "code", "slug", "sha", "hash", "ref", "reference", "self", "url", "href", "path")
_GENERIC = {(word,) for word in (*ID, *_ID_LAST, "no", "nr", "num", "name", "type")}
_ID_ALONE = {(word,) for word in ("number", "key", "code", "slug", "sha")}
_OTHERS = vocabulary(
    "node parent external owner user account tenant org organization group client team created updated"
)
_ITSELF = vocabulary("entity object record item resource internal unique global self system")
_ADDRESS = vocabulary("display formatted full complete street line address property site short")
_TOLD = vocabulary("description summary message text comment note")
_LINKS = vocabulary("url uri src link href endpoint webhook")
_NO_NAME = vocabulary(
    "self next previous prev first last parent avatar image img icon logo photo picture thumbnail preview poster cover "
    "callback upload download resource meta badge flag"
)
_MESSAGES = vocabulary("message msg text")
_LOGS = vocabulary("log logging event notification alert error warning incident trace")
_LEVELS = vocabulary("level severity loglevel levelname")
_SAYS = vocabulary("message summary text comment")
_NOT_TOLD = vocabulary("language lang locale type code kind id culture")
# (how deep, what): names of what has no name.
_LABEL_LAST = (
    *(
        (1, word)
        for word in ("message", "summary", "description", "text", "comment", "note", "content", "body", "email")
    ),
    *((2, word) for word in ("message", "summary", "text", "full", "formatted")),
    *((1, word) for word in ("caption", "question", "phrase", "term", "keyword", "topic", "formatted", "display")),
    *((1, word) for word in ("issuer", "hostname", "host", "domain", "ip", "file")),
    *((1, word) for word in ("path", "url")),
    *((1, word) for word in ("event", "action", "activity", "type", "kind", "code")),
)
_TEXTS = 9  # of them are texts about the record


def ensure_identity(found: Sequence[Field], identifying: Collection[str], resource: Sequence[str]) -> None:
    if any(one.tier == IDENTITY for one in found):
        return
    own = [one for one in found if len(one.names) == 1 and not one.many]
    # `/floating_ips/{floating_ip}` asks for what a record calls `ip`.
    for name in sorted(identifying):
        asked = words(name)
        for one in own:
            ends = 0 < len(one.spoken) < len(asked) and asked[-len(one.spoken) :] == one.spoken and asked[0] != "id"
            if ends and one.spoken not in _GENERIC:
                one.set(IDENTITY, 1)
                return
    for one in found:
        if len(one.names) == 2 and not one.many and one.spoken in ID_WORDS and words(one.names[0]) == (*resource[-1:],):
            one.set(IDENTITY, 2)
            return
    ids = [one for one in own if one.spoken and one.spoken[-1] in ID and one.candidate.type != "boolean"]
    likely = sorted((one for one in ids if one.spoken[0] not in _OTHERS), key=lambda one: one.spoken[0] not in _ITSELF)
    if likely or (ids and not any(one.spoken in _ID_ALONE for one in own)):
        (likely or ids)[0].set(IDENTITY, 2)
        # Nothing says which of several is its own.
        for one in [one for one in likely[1:] if one.tier is not None][:2]:
            one.set(REFERENCE, 0)
        return
    for last in _ID_LAST:
        for one in own:
            said = one.spoken[:-1] if one.spoken[-1:] and one.spoken[-1].isdigit() else one.spoken
            if said and said[-1] == last and (len(said) == 1 or one.tier is not None):
                one.set(IDENTITY, 3)
                return
    if own:
        return
    # `{"base": {"shot": {"shot_id": 1}}, "target": {"shot": {"shot_id": 2}}}`: a pair is told by what it pairs.
    inner = [one for one in found if not one.many and one.spoken[-1:] and one.spoken[-1] in ID]
    inner = [one for one in inner if one.spoken[:-1] in {(), words(one.names[-2])}]
    alike = [one for one in inner if any(one.names[1:] == other.names[1:] for other in inner if other is not one)]
    for one in alike[:2]:
        one.set(IDENTITY, 3)


def ensure_label(found: Sequence[Field], resource: Sequence[str]) -> None:
    labels = [one for one in found if one.tier == LABEL]
    if labels:
        if all(one.sub >= 2 and not set(one.spoken[:-1]) & set(resource) for one in labels):
            # `new_name` and `sticker_name` are names of something in it, its text is its own.
            for one in found:
                if len(one.names) == 1 == len(one.spoken) and one.spoken[0] in _SAYS and not one.many:
                    one.set(REFERENCE, 0)
                    return
        _keep_message(found, resource)
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
    for one in _second_names(found, resource):
        one.set(LABEL, 3)
        break
    else:
        _first_text(found)
        return
    if set(one.spoken[-1:]) & _TOLD:
        # A text about a place does not say which one it is.
        for place in _addresses(found):
            place.set(REFERENCE, 0)
            return


def _keep_message(found: Sequence[Field], resource: Sequence[str]) -> None:
    """The name of a log record is that of the logger: what happened is in its message."""
    own = [one for one in found if len(one.names) == 1 == len(one.spoken) and not one.many]
    if {*resource[-1:]} & _LOGS or any(one.spoken[0] in _LEVELS for one in own):
        for one in own:
            if one.spoken[0] in _MESSAGES and one.tier is None and one.candidate.type in {"string", None}:
                one.set(REFERENCE, 0)
                return


def _first_text(found: Sequence[Field]) -> None:
    """What has an id, and neither a name nor a part that has one, is told apart by its first free text."""
    belongs = any(one.tier == REFERENCE and one.sub < 6 and len(one.names) > 1 for one in found)
    if not belongs and any(one.tier == IDENTITY and one.spoken[-1:] and one.spoken[-1] in ID for one in found):
        for one in found:
            given = one.candidate
            free = given.type == "string" and given.format is None and not given.enum and not given.constant
            if free and one.tier == OTHER and len(one.names) == 1 and not one.many:
                one.set(LABEL, 3)
                return


def _second_names(found: Sequence[Field], resource: Sequence[str]) -> Iterator[Field]:
    """What names a record without a name, the best first: texts about it, an address, its names by language."""
    single = [one for one in found if not one.many and one.spoken and one.tier != IDENTITY]
    # `_private.name`: what only some may see names the record all the same.
    private = [one for one in single if len(one.names) == 2 and one.names[0].startswith("_") and one.spoken in NAMES]
    yield from (one for one in private if not hides(one.names[0].lstrip("_")))
    for depth, word in _LABEL_LAST[:_TEXTS]:
        yield from (one for one in single if len(one.names) == depth and one.spoken == (word,))
    texts = [one for one in single if len(one.names) == 1 and one.candidate.type in {"string", None}]
    told = [one for one in texts if len(one.spoken) == 2 and one.spoken[1] in _TOLD]
    yield from (one for one in told if one.spoken[0] in resource)
    yield from told
    many = [one for one in found if one.many and len(one.names) > 1 and not set(one.spoken[-1:]) & _NOT_TOLD]
    yield from (one for one in many if _labels(one.names[0]) and one.candidate.type in {"string", None})
    yield from _addresses(found)
    for depth, word in _LABEL_LAST[_TEXTS:]:
        yield from (one for one in single if len(one.names) == depth and one.spoken == (word,))
    # `mock_url`, `target_uri`: what a webhook or a redirection is called by, where it has nothing that is called.
    if not any(one.tier == REFERENCE and len(one.names) > 1 for one in found):
        links = [one for one in texts if one.spoken[-1] in _LINKS and not set(one.spoken) & _NO_NAME]
        yield from sorted(links, key=lambda one: one.spoken[0] not in resource)
    for word in ("formatted", "full", "street", "line", "address"):
        near = [one for one in single if len(one.names) == 2 and words(one.names[0])[-1:] == ("address",)]
        yield from (one for one in near if word in one.spoken)


def _addresses(found: Sequence[Field]) -> Iterator[Field]:
    for one in found:
        said = set(one.spoken) - {"1"}
        if len(one.names) == 1 and not one.many and "address" in said and said <= _ADDRESS and one.tier != IDENTITY:
            yield one


def _labels(name: str) -> bool:
    said = words(name)
    return bool(said) and (singular(said[-1]) in LABELS or said[-1] in {"translations", "localizations"})


def ensure_substance(found: Sequence[Field]) -> None:
    """What neither has an identity nor a name is no record but a result (a log, a quote, a report): keep its texts."""
    for one in found:
        if one.tier is None and len(one.names) <= 2 and kind_of(one.names[-1], type=one.candidate.type) is None:
            near = 1 if len(one.names) == 1 else 3
            one.set(OTHER, near if not set(one.spoken) & (LINK | HASH) else 5)
