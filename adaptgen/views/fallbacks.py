"""What identifies and names a record whose fields have no better claim to it.

Ids and names of the usual kind are found by :mod:`adaptgen.views.scoring`; here are the second choices, for
:mod:`adaptgen.views.field_choice`: a table of evidence for each. The strongest row decides, and of several fields that
match it the first.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cached_property, partial

from adaptgen.model.evidence import Row, Table
from adaptgen.pii.field_kinds import kind_of
from adaptgen.syntax.identifiers import singular, vocabulary, words
from adaptgen.views.scoring import IDENTITY, LABEL, OTHER, REFERENCE, Field, hides
from adaptgen.views.vocabulary import HASH, ID, ID_WORDS, LABELS, LINK, NAME_PARTS, NAMES

# What identifies or names a record that has nothing better.
_ID_LAST = ("number", "num", "key", "code", "slug", "sha", "hash", "ref", "reference", "url", "uri", "path")
_ENDS = ("number", "key", "code", "sha", "reference", "url", "uri", "path")
_HASHES = ("hash", "fingerprint")
_GENERIC = {(word,) for word in (*ID, *_ID_LAST, "self", "href", "no", "nr", "num", "name", "type")}
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


class _Record:
    """The fields of a record as a whole."""

    def __init__(self, found: Sequence[Field], identifying: Collection[str], resource: Sequence[str]) -> None:
        self.found, self.resource = found, resource
        self.own = [field for field in found if field.own]
        self.asked = [words(name) for name in sorted(identifying)]

    @cached_property
    def has_own_number(self) -> bool:
        return any(field.spoken in _ID_ALONE for field in self.own)

    @cached_property
    def has_parts(self) -> bool:
        """Whether an object in it is named."""
        return any(field.tier == REFERENCE and len(field.names) > 1 for field in self.found)

    @cached_property
    def own_ids(self) -> list[Field]:
        return [field for field in self.own if set(field.spoken[-1:]) & ID and field.type != "boolean"]

    @cached_property
    def is_plain(self) -> bool:
        """Whether it has an id, and no object in it is named."""
        if any(field.tier == REFERENCE and field.sub < 6 and len(field.names) > 1 for field in self.found):
            return False
        return any(field.tier == IDENTITY and set(field.spoken[-1:]) & ID for field in self.found)

    def best(self, table: Table[_Choice]) -> tuple[Field, Row[_Choice]] | None:
        """The field for which the strongest row of ``table`` matches."""
        near = [field for field in self.found if len(field.names) <= 2 or field.many or field.tier == REFERENCE]
        best = table.strongest_of([_Choice(field, self) for field in near])
        return (best[0].field, best[1]) if best else None


class _Choice:
    """A field of a record that may identify or name it. ``called``: how deep it lies and its name, where that is one
    word; ``end``: the last word of its name, where it is worth showing; a number after it does not count."""

    def __init__(self, field: Field, record: _Record) -> None:
        self.field, self.record = field, record
        self.spoken, self.depth = field.spoken, len(field.names)
        self.single = not field.many and bool(self.spoken) and field.tier != IDENTITY
        self.called = (self.depth, self.spoken[0]) if self.single and len(self.spoken) == 1 else None
        literal = self.spoken[:-1] if self.spoken[-1:] and self.spoken[-1].isdigit() else self.spoken
        self.end = literal[-1] if field.own and literal and (len(literal) == 1 or field.tier is not None) else ""

    @property
    def asked_by_its_end(self) -> bool:
        """`/floating_ips/{floating_ip}` asks for what a record calls `ip`."""
        said, size = self.spoken, len(self.spoken)
        if not self.field.own or not said or said in _GENERIC:
            return False
        return any(size < len(name) and name[-size:] == said and name[0] != "id" for name in self.record.asked)

    @property
    def is_id_of_resource(self) -> bool:
        """`order.id` of an order."""
        field = self.field
        if self.depth != 2 or field.many or self.spoken not in ID_WORDS:
            return False
        return words(field.names[0]) == (*self.record.resource[-1:],)

    @property
    def is_own_id(self) -> bool:
        return self.field in self.record.own_ids

    @property
    def own_text(self) -> bool:
        return self.single and self.depth == 1 and self.field.is_text

    @property
    def is_shown(self) -> bool:
        """Whether it may be shown though it is long: it is of nobody, and no bytes."""
        unsafe = self.field.candidate.format in {"byte", "binary", "password"} or self.field.kind.is_personal
        return not unsafe and self.field.type not in {"object", "array"}

    @property
    def is_told(self) -> bool:
        """`order_description`: a text about something."""
        return self.own_text and len(self.spoken) == 2 and self.spoken[1] in _TOLD

    @property
    def is_address(self) -> bool:
        said = set(self.spoken) - {"1"}
        return self.field.own and "address" in said and said <= _ADDRESS and self.field.tier != IDENTITY

    @property
    def is_name_in_list(self) -> bool:
        """`names[*].text`: its names by language."""
        field = self.field
        if not field.many or self.depth == 1 or set(self.spoken[-1:]) & _NOT_TOLD or not field.is_text:
            return False
        said = words(field.names[0])
        return bool(said) and (singular(said[-1]) in LABELS or said[-1] in {"translations", "localizations"})

    @property
    def is_link(self) -> bool:
        """`mock_url`: what a webhook or a redirection is called by, where nothing in it has a name."""
        if not self.own_text or self.spoken[-1] not in _LINKS or set(self.spoken) & _NO_NAME:
            return False
        return not self.record.has_parts

    @property
    def is_called_like_record(self) -> bool:
        """`/words` are distinguished by their `word`."""
        named = self.own_text and len(self.spoken) == 1 and len(self.spoken[0]) > 2
        return named and self.spoken[0] in self.record.resource

    @property
    def names_person(self) -> bool:
        if self.field.tier != REFERENCE or self.depth == 1 or self.spoken[-1] not in LABELS:
            return False
        return singular((words(self.field.names[0]) or ("",))[-1]) in {"profile", "user", "person"}

    @property
    def is_private_name(self) -> bool:
        """`_private.name`: what only some may see names the record all the same."""
        holder = self.field.names[0]
        if not self.single or self.depth != 2 or self.spoken not in NAMES:
            return False
        return holder.startswith("_") and not hides(holder.lstrip("_"))

    @property
    def is_free_text(self) -> bool:
        given = self.field.candidate
        plain = given.type == "string" and given.format is None and not given.enum and not given.constant
        return plain and self.field.own and self.field.tier == OTHER

    def is_in_address(self, word: str) -> bool:
        near = self.single and self.depth == 2 and word in self.spoken
        return near and words(self.field.names[0])[-1:] == ("address",)


def _is_called(called: tuple[int, str], choice: _Choice) -> bool:
    return choice.called == called


def _ends_in(word: str, choice: _Choice) -> bool:
    return choice.end == word


def _says(word: str, choice: _Choice) -> bool:
    return choice.called == (1, word) and choice.is_shown


def _rows(weight: int, depth: int, names: str) -> tuple[Row[_Choice], ...]:
    """A row for each of ``names`` of a field so deep in the record, the first of ``weight``."""
    return tuple(
        Row(weight - at, f"it is called {name!r}", partial(_is_called, (depth, name)), 3)
        for at, name in enumerate(names.split())
    )


SECOND_IDENTITY: Table[_Choice] = Table(
    "what identifies a record without an id?",
    Row(90, "the path asks for it", lambda c: c.asked_by_its_end, 1),
    Row(80, "it is the id of what is called like the record", lambda c: c.is_id_of_resource, 2),
    Row(70, "it is an id of the record itself", lambda c: c.is_own_id and c.spoken[0] in _ITSELF, 2),
    *(Row(65, f"it is called {name!r}", partial(_is_called, (1, name)), 2) for name in _HASHES),
    Row(60, "it is an id of nothing else", lambda c: c.is_own_id and c.spoken[0] not in _OTHERS, 2),
    Row(50, "it is an id, and there is no number", lambda c: c.is_own_id and not c.record.has_own_number, 2),
    *(Row(40 - at, f"its name ends in {word!r}", partial(_ends_in, word), 3) for at, word in enumerate(_ENDS)),
)
"""``answer``: the place within the tier."""

SECOND_NAME: Table[_Choice] = Table(
    "what names a record without a name?",
    Row(99, "it is called like the record", lambda c: c.is_called_like_record, 1),
    Row(98, "it names the person that the record is about", lambda c: c.names_person, 1),
    Row(97, "it is a name that only some may see", lambda c: c.is_private_name, 3),
    *_rows(90, 1, "message description text comment note content body email"),
    Row(75, "it describes something", lambda c: c.is_told, 3),
    Row(75, "it is a name in a list of names", lambda c: c.is_name_in_list and set(c.spoken) & NAME_PARTS, 3),
    Row(74, "it is the name in one of its languages", lambda c: c.is_name_in_list, 3),
    Row(73, "it is the address", lambda c: c.is_address, 3),
    *_rows(70, 2, "message"),
    *_rows(60, 1, "question topic issuer host domain ip"),
    *_rows(40, 1, "path url action type code"),
    Row(29, "it is a link", lambda c: c.is_link, 3),
    *(
        Row(20 - at, f"it is a part of the address, {word!r}", partial(_Choice.is_in_address, word=word), 3)
        for at, word in enumerate(("full", "address"))
    ),
    Row(10, "it is the only free text of what has an id", lambda c: c.is_free_text and c.record.is_plain, 3),
)
"""``answer``: the place within the tier."""


CONTENT: Table[_Choice] = Table(
    "what does a record say that is read alone?",
    Row(30, "it is called like the record", lambda c: c.is_shown and c.is_called_like_record),
    *(
        Row(20 - at, f"it is called {name!r}", partial(_says, name))
        for at, name in enumerate(("content", "body", "text", "message"))
    ),
)


def find_content(found: Sequence[Field], resource: Sequence[str]) -> str | None:
    """The path of what a record says, apart from what identifies and names it: the text of a message."""
    best = _Record(found, (), resource).best(CONTENT)
    return best[0].path if best else None


def ensure_identity(found: Sequence[Field], identifying: Collection[str], resource: Sequence[str]) -> None:
    """Give a record without an identity its second choice."""
    if any(field.tier == IDENTITY for field in found):
        return
    record = _Record(found, identifying, resource)
    if best := record.best(SECOND_IDENTITY):
        best[0].set(IDENTITY, best[1].answer)
        if best[1].answer == 2 and best[0].own:
            # Nothing says which of several is its own.
            others = [each for each in record.own_ids if each is not best[0] and each.spoken[0] not in _OTHERS]
            others.sort(key=lambda each: each.spoken[0] not in _ITSELF)
            for field in [each for each in others if each.tier is not None][:2]:
                field.set(REFERENCE, 0)
    elif not record.own:
        _ensure_pair(found)


def _ensure_pair(found: Sequence[Field]) -> None:
    """`{"base": {"shot": {"shot_id": 1}}, "target": {"shot": {"shot_id": 2}}}`: its parts identify a pair."""
    ids = [field for field in found if not field.many and field.spoken[-1:] and field.spoken[-1] in ID]
    ids = [field for field in ids if field.spoken[:-1] in {(), words(field.names[-2])}]
    paired = [field for field in ids if sum(field.names[1:] == other.names[1:] for other in ids) > 1]
    for field in paired[:2]:
        field.set(IDENTITY, 3)


def ensure_label(found: Sequence[Field], resource: Sequence[str]) -> None:
    """Give a record without a name its second choice."""
    labels = [field for field in found if field.tier == LABEL]
    if labels:
        _keep_text(found, labels, resource)
        return
    record = _Record(found, (), resource)
    if best := record.best(SECOND_NAME):
        best[0].set(LABEL, best[1].answer)
        if best[1].answer == 3 and set(best[0].spoken[-1:]) & _TOLD:
            # A text about a place does not say which one it is.
            address = next((field for field in found if _Choice(field, record).is_address), None)
            if address is not None and address is not best[0]:
                address.set(REFERENCE, 0)


def _keep_text(found: Sequence[Field], labels: Sequence[Field], resource: Sequence[str]) -> None:
    """Of what is named after something else, keep the text: `new_name` and `sticker_name` are names of something in
    it, and the name of a log record is that of the logger."""
    own = [field for field in found if field.own and len(field.spoken) == 1]
    texts: list[Field] = []
    if all(field.sub >= 2 and not set(field.spoken[:-1]) & set(resource) for field in labels):
        texts = [field for field in own if field.spoken[0] in _SAYS]
    if not texts and ({*resource[-1:]} & _LOGS or any(field.spoken[0] in _LEVELS for field in own)):
        texts = [field for field in own if field.spoken[0] in _MESSAGES and field.tier is None and field.is_text]
    for field in texts[:1]:
        field.set(REFERENCE, 0)


def ensure_substance(found: Sequence[Field]) -> None:
    """Keep the texts of what has neither an identity nor a name: a result such as a log or a quote."""
    for field in found:
        if field.tier is None and len(field.names) <= 2 and kind_of(field.names[-1], type=field.type) is None:
            near = 1 if len(field.names) == 1 else 3
            field.set(OTHER, near if not set(field.spoken) & (LINK | HASH) else 5)
