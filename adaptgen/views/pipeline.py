"""The default view of a record, chosen in the order of :data:`STEPS`: secrets are out, the budget is set, what is
always shown comes first, bulky and untyped members are out, and the rest is shown while there is room."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from adaptgen.model.evidence import Row, Table
from adaptgen.pii.field_kinds import kind_of
from adaptgen.syntax.identifiers import vocabulary, words
from adaptgen.views.candidates import Candidate
from adaptgen.views.field_choice import KEEP, FieldRanking
from adaptgen.views.scoring import Field, hides, place_of, through
from adaptgen.views.vocabulary import AMOUNT_WORDS, CHANGED, FLAGS, ID, TEXT

_LIST_BYTES: Final = 300
_ALONE_BYTES: Final = 600
_MOST: Final = 18
"""Paths of a view; of a record of more than ``_WIDE`` values a share of them, but at least ``_LEAST``."""
_WIDE: Final = 26
_SHARE, _LEAST = 0.24, 9
_FEW: Final = 8
"""Values of a record that are all shown."""
_SMALL: Final = 12
"""Values of a record read alone whose open objects are shown too."""
_LONG: Final = 160
"""Bytes of a received value that is bulky."""
_ABOUT: Final = vocabulary("description summary excerpt note notes bio about comment abstract")
_TOLD: Final = {("description",), ("summary",)}
_ADDRESSES: Final = vocabulary("url uri endpoint href")
_REQUIRED: Final = 3
"""What it adds to the weight of a row that a value is always there."""
CONTENT: Final = vocabulary("content body text value data message html template payload")
"""What a record calls what it says."""
_SAID: Final = CONTENT | {"key"}
_PAIRS: Final = ((vocabulary("name key label title"), "value"), (vocabulary("host hostname ip address"), "port"))
_OFTEN_ASKED: Final = frozenset({None, "name", "email", "phone", "address"})
"""Kinds of personal data that are shown of a small record; numbers of papers and accounts are not."""
_MINOR: Final = 4
"""Weight up to which a value is shown only where there is little else."""
_NUMBERS: Final = frozenset({"integer", "number"})
_TEXTS: Final = frozenset({"string", None})
_OPEN: Final = frozenset({"object", "array"})
_BYTES: Final = {"date": 13, "date-time": 23, "uuid": 39, "uri": 60, "url": 60}


class ViewDraft:
    """A view in the making. ``candidates``: values that can still be shown; ``kept``: the paths so far; ``room``:
    bytes that are left; ``most``: paths that it may have. ``alone``: the record is not one of a list; ``of``: values
    of the answer around it."""

    def __init__(self, ranking: FieldRanking, *, alone: bool, of: int) -> None:
        self.ranking, self.alone = ranking, alone
        self.candidates = {one.path: one for one in ranking.candidates}
        self.of = max(of, len(self.candidates))
        self.through = through(self.candidates)
        self.kept: dict[str, None] = {}
        self.room, self.most = 0, 0

    def keep(self, path: str) -> None:
        """Show the value at ``path``, if it is one that may be shown."""
        if path in self.candidates and path not in self.kept:
            self.kept[path] = None
            self.room -= _size(self.candidates[path])

    def fits(self, path: str) -> bool:
        """Whether there is room for ``path``."""
        return len(self.kept) < self.most and _size(self.candidates[path]) <= self.room

    def own(self, path: str) -> str:
        """The name of a member of the record itself that is nobody's; "" for others."""
        names = place_of(path).names
        one = self.candidates[path]
        if len(names) != 1 or "[*]" in path or hides(names[0]):
            return ""
        return names[0] if kind_of(names[0], type=one.type, format=one.format) in {None, "name"} else ""


def _size(one: Candidate) -> int:
    """Bytes that a value takes in an answer, estimated where none was received."""
    if one.size is not None:
        return int(one.size) + 1
    if one.type == "boolean" or one.type in _NUMBERS:
        return 6
    each = 80 if set(words(one.path)[-1:]) & _ABOUT else 12 if one.enum else _BYTES.get(one.format or "", 18)
    return each * (3 if "[*]" in one.path or one.type in _OPEN else 1)


# ------------------------------------------------------------------------------------------------------------- steps


def _leave_out_secrets(draft: ViewDraft) -> None:
    """Secrets by name, format or description."""
    for path, one in list(draft.candidates.items()):
        if one.secret or _kind(path, one) == "secret":
            del draft.candidates[path]


def _leave_out_free_text(draft: ViewDraft) -> None:
    """Notes and descriptions of a record that has personal data of its own: they can repeat of others what tokens hide.
    What names the record, or is its content, stays."""
    kinds = {_kind(path, one) for path, one in draft.candidates.items() if len(place_of(path).names) == 1}
    if kinds <= {None}:
        return
    shown = {*draft.ranking.rank(KEEP), *draft.ranking.says}
    for path, one in list(draft.candidates.items()):
        last = words(path.replace("[*]", ""))[-1:]
        if path not in shown and one.type in _TEXTS and not one.enum and set(last) & (TEXT | _ABOUT):
            del draft.candidates[path]


def _kind(path: str, one: Candidate) -> str | None:
    return kind_of(path.replace("[*]", "").rpartition(".")[2], type=one.type, format=one.format)


def _set_budget(draft: ViewDraft) -> None:
    """Bytes for one record: more for one that is read alone."""
    draft.room = _ALONE_BYTES if draft.alone else _LIST_BYTES
    draft.most = _MOST if draft.of <= _WIDE else min(_MOST, max(_LEAST, int(_SHARE * draft.of)))


def _keep_always(draft: ViewDraft) -> None:
    """What identifies, names and qualifies the record, and all of a small one."""
    for path in draft.ranking.rank(min(KEEP, draft.most)):
        draft.keep(path)
    if len(draft.candidates) <= _FEW:
        for path, one in draft.candidates.items():
            if is_plain(one) and (draft.alone or "[*]" not in path[:-3]):
                draft.keep(path)
    mail = [field for field in draft.ranking.fields if field.kind.is_mail]
    for field in mail[:1]:  # what people are found by
        draft.keep(field.path)


def _keep_content(draft: ViewDraft) -> None:
    """What a record says that is read alone; small open objects."""
    told = [field.path for field in draft.ranking.fields if field.own and field.is_text and field.spoken in _TOLD]
    for path in (*draft.ranking.says, *told) if draft.alone else ():
        draft.keep(path)
    for path, one in draft.candidates.items():
        if one.type in _OPEN and path not in draft.through and _is_open_content(draft, path, one):
            draft.keep(path)


def _keep_pairs(draft: ViewDraft) -> None:
    """The value next to a name, and the port next to a host."""
    for path in list(draft.kept):
        holder, _, name = path.rpartition(".")
        for ends, beside in _PAIRS:
            if set(words(name)[-1:]) & ends:
                draft.keep(f"{holder}.{beside}" if holder else beside)


def _is_open_content(draft: ViewDraft, path: str, one: Candidate) -> bool:
    """Whether an open object of the record is small, what the record says, or called like the record."""
    name = draft.own(path)
    if not name:
        return False
    if draft.alone and (set(words(name)[-1:]) & CONTENT or len(draft.candidates) <= _SMALL):
        return True
    return (one.small and draft.fits(path)) or words(name) == tuple(draft.ranking.resource)


def _leave_out_bulky(draft: ViewDraft) -> None:
    """Open objects, lists of unknown values, long texts and links in objects."""
    for path, one in list(draft.candidates.items()):
        if path not in draft.kept and one.type in _OPEN:
            del draft.candidates[path]


def _fill_room(draft: ViewDraft) -> None:
    """The rest by :data:`MORE`, what is required first."""
    rest = [(field, row.weight) for field in draft.ranking.fields if (row := MORE.strongest(field))]
    rest.sort(key=lambda each: (-each[1] - _REQUIRED * each[0].candidate.required, each[0].order()))
    for field, weight in rest:
        if weight <= _MINOR and len(draft.kept) >= KEEP:
            continue
        if field.many and len(field.names) > 1 and not draft.alone:
            continue
        if field.path in draft.candidates and field.path not in draft.kept and draft.fits(field.path):
            draft.keep(field.path)


def _show_unions(draft: ViewDraft) -> None:
    """What is a value in one alternative and an object or a list in another is shown as itself."""
    for path in draft.through:
        inside = [each for each in draft.kept if each.startswith((f"{path}.", f"{path}["))]
        if path in draft.candidates and (path in draft.kept or inside or (draft.own(path) and draft.fits(path))):
            draft.kept = {path if each in inside else each: None for each in draft.kept} | {path: None}


STEPS: Final[tuple[Callable[[ViewDraft], None], ...]] = (
    _leave_out_secrets,
    _leave_out_free_text,
    _set_budget,
    _keep_always,
    _keep_content,
    _keep_pairs,
    _leave_out_bulky,
    _fill_room,
    _keep_pairs,
    _show_unions,
)


def choose_view(ranking: FieldRanking, *, alone: bool = False, of: int = 0) -> tuple[str, ...]:
    """The paths of the default view of a record, the most telling first. ``alone``: it is not one of a list; ``of``:
    how many values the answer has that holds it, where they are more than its own."""
    draft = ViewDraft(ranking, alone=alone, of=of)
    for step in STEPS:
        step(draft)
    return tuple(draft.kept)


def is_plain(one: Candidate) -> bool:
    """Whether a value of a small record is shown: it is not in a link, part of a tree, long, or a number that only
    some may know."""
    if one.type in _OPEN and not one.path.isidentifier():
        return False  # one of a tree
    if one.size is not None and one.size > _LONG:
        return False
    keys = one.path.replace("[*]", "").split(".")
    return not any(map(hides, keys)) and kind_of(keys[-1], type=one.type, format=one.format) in _OFTEN_ASKED


def _is_own(field: Field) -> bool:
    return field.own and not field.kind.is_personal


def _is_value(field: Field) -> bool:
    return field.own and field.tier is not None and field.type != "boolean"


def _is_inside(field: Field, *, many: bool) -> bool:
    """Whether it is a plain value of an object (``many``: of a list of them) in the record."""
    if field.many != many or len(field.names) != 2 or not field.spoken or field.type == "boolean":
        return False
    if hides(field.names[0]) or field.kind.is_personal:
        return False
    if field.kind.is_noise and not set(field.spoken[-1:]) & CONTENT:
        return False
    return not set(field.spoken) & (CHANGED | ID)


MORE: Table[Field] = Table(
    "what else is worth showing?",
    Row(12, "it says something about the record", lambda f: f.own and f.is_text and set(f.spoken[-1:]) & _ABOUT),
    Row(11, "it is a currency", lambda f: f.own and f.kind.last == "currency"),
    Row(11, "it is an address of mail", lambda f: f.own and f.is_text and f.kind.personal == "email"),
    Row(10, "it is the flag of a state", lambda f: f.own and f.type == "boolean" and f.kind.last in FLAGS),
    Row(9, "it is an amount", lambda f: _is_own(f) and f.kind.last in AMOUNT_WORDS and f.kind.narrow < 3),
    Row(8, "it is a value called by one word", lambda f: _is_value(f) and f.kind.narrow == 1),
    Row(7, "it says when it was changed", lambda f: _is_own(f) and f.kind.is_date and set(f.spoken) & CHANGED),
    Row(6, "it is a value called by two words", lambda f: _is_value(f) and f.kind.narrow == 2),
    Row(6, "it is what an entry of a list says", lambda f: _is_inside(f, many=True) and set(f.spoken[-1:]) & _SAID),
    Row(5, "it names or qualifies something in the record", lambda f: not f.own and f.tier is not None),
    Row(4, "it is a number in an object", lambda f: _is_inside(f, many=False) and f.kind.is_number),
    Row(4, "it is a value of the record", lambda f: _is_value(f)),
    Row(3, "it is a value in an object", lambda f: _is_inside(f, many=False)),
    Row(6, "it is an address", lambda f: f.own and set(f.spoken[-1:]) & _ADDRESSES),
    Row(2, "it is a flag", lambda f: f.own and f.tier is not None and f.kind.narrow < 3),
    Row(1, "it is a value in a list", lambda f: _is_inside(f, many=True)),
)
