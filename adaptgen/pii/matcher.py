"""Where known values are in other text: whole, and whatever their case, accents, encoding and what joins their words.

``Ada Byron`` is found in ``ada_byron.pdf``, ``AdaByron``, ``ADA-BYRON``, ``Ada%20Byron``, ``Ada&#32;Byron`` and
``Byron, Ada``; and each word of a name, where it is written as in the name or in capitals: in small letters it may be
any word. Time grows with the text and with the values, not with their product.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import permutations
from typing import Final, NamedTuple

from adaptgen.model.frozen import lazy
from adaptgen.pii.normalize import is_read_as_written, normalize_words
from adaptgen.pii.person_names import name_parts
from adaptgen.pii.scan_budget import spend

SHORTEST: Final = 2
"""Characters of the shortest value that is searched for in other text."""

TOKEN: Final = lazy(r"tok_(?:[a-z0-9]+_){1,4}[a-z0-9]{2}[a-z2-7]{16,}")
"""Tokens, in which nothing is searched for."""

_LONGEST: Final = 512
"""Letters and digits of a value that are compared."""
_FEW: Final = 24
"""Forms that are looked for one by one before a text is taken apart."""
_MOST_PROBED: Final = 20_000_000
"""Characters of a text times values, above which they are not looked for one by one."""
_LEAST_JOINED: Final = 5
"""Letters and digits of the shortest value whose words may be written together."""
_TELLING: Final = 7
"""Letters and digits of the shortest number that is looked for within identifiers too."""
_FEWEST_DIGITS: Final = 4
"""Digits among the letters of an identifier whose groups are looked for in any way."""
_COMBINED: Final = 6
"""Names of one word that are looked for written together, first and last name for example."""

_SYLLABLES = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_IDEOGRAPHS = "\u2e80-\U0003ffff"
_MARKED = "\u0900-\u0963\u0966-\u0dff"
"""Scripts whose signs of vowels are not letters to ``re``."""
_UNIT = lazy(
    rf"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[{_SYLLABLES}]|(?![\W_])[{_IDEOGRAPHS}]"
    rf"|(?:[{_MARKED}]|(?![{_SYLLABLES}{_IDEOGRAPHS}A-Za-z0-9])[^\W_])+"
)
"""A word, and a part of an identifier such as ``invoiceAdaByron2``; a character of scripts that do not part words."""
_UNPARTED = lazy(f"[{_SYLLABLES}{_IDEOGRAPHS}]")
_GAP = lazy(r"\s{1,40}|[\s_.+'’´`,/\\:@~*|-]{1,3}")
_LOOSE_GAP = lazy(r"[\s_.+/()-]{1,3}")
_COMPACT = bytes(ord(chr(at).lower()) for at in range(128)) + bytes(range(128, 256))
_NOT_COMPACT = bytes(at for at in range(128) if not chr(at).isalnum())
_NOT_OF_UNIT = lazy(rf"(?:[^\w{_SYLLABLES}{_MARKED}]|_)+")
_ASCII_WORD = lazy("[a-z0-9]+")

_NUMBERS: Final = frozenset({"phone", "card", "iban", "national_id", "account", "bank_account", "birth_date"})
"""Kinds whose groups of digits are written in any way."""


class KnownValue(NamedTuple):
    """A classified value."""

    kind: str
    text: str


class Occurrence(NamedTuple):
    """``text[start:end]`` is a form of ``known``, or of a word of it."""

    start: int
    end: int
    known: KnownValue


class _Form(NamedTuple):
    """A way to write a value. ``compact``: its letters and digits, in small letters; ``cuts``: where in these something
    may be between; ``fixed``: where something must; ``written``: the same as it has to be written, "" for any case;
    ``strict``: not within an identifier such as ``invoiceAdaByron``; ``loose``: its digits are grouped in any way;
    ``tight``: nothing is between; ``lead`` and ``tail``: other characters that the value begins and ends with.
    """

    compact: str
    cuts: frozenset[int]
    gaps: tuple[str, ...]
    fixed: frozenset[int]
    written: str
    strict: bool
    loose: bool
    tight: bool
    lead: str
    tail: str


class ValueMatcher:
    """Finds every one of ``values`` in texts."""

    def __init__(self, values: Iterable[KnownValue]) -> None:
        self.values = tuple(dict.fromkeys(values))
        self._forms: dict[str, list[tuple[_Form, KnownValue]]] | None = None
        self._heads: frozenset[str] = frozenset()
        self._sizes: tuple[int, ...] = ()

    def find(self, text: str) -> list[Occurrence]:
        """Every occurrence in ``text``, in order; they do not overlap. Where two do, the longer one counts."""
        if len(text) < SHORTEST or not self.values:
            return []
        spend(len(text))
        forms = self._compiled()
        read = normalize_words(text)
        if len(forms) <= _FEW:
            whole = _compacted(read.text)
            if not any(compact in whole for compact in forms):
                return []
        tokens = [match.span() for match in TOKEN.finditer(text)] if "tok_" in text else []
        found: list[Occurrence] = []
        for start, end, known in _longest(self._matches(read.text, forms)):
            first, last = read.span(start, end)
            if not _overlaps(tokens, first, last):
                found.append(Occurrence(first, last, known))
        return found

    def replace(self, text: str, replacement: Callable[[KnownValue, str], str]) -> str:
        """``text`` with ``replacement(known, occurrence)`` in place of every occurrence."""
        found = self.find(text)
        if not found:
            return text
        parts: list[str] = []
        position = 0
        for start, end, known in found:
            parts += (text[position:start], replacement(known, text[start:end]))
            position = end
        return "".join((*parts, text[position:]))

    def narrowed(self, texts: Iterable[str]) -> ValueMatcher | None:
        """A matcher for the values that may occur in one of ``texts``; None where none does. Most values do not, and
        this check costs a fraction of a search."""
        whole = compact_texts(texts)
        if len(whole) * len(self.values) > _MOST_PROBED:
            return self
        return match_likely(self.values, whole)

    def _compiled(self) -> dict[str, list[tuple[_Form, KnownValue]]]:
        if self._forms is not None:
            return self._forms
        forms: dict[str, list[tuple[_Form, KnownValue]]] = {}
        single: dict[str, KnownValue] = {}
        for known in self.values:
            for form in _forms(known.kind, known.text):
                forms.setdefault(form.compact, []).append((form, known))
            if known.kind == "name" and known.text.isalpha() and 3 <= len(known.text) <= 30:
                single[known.text] = known
        if 2 <= len(single) <= _COMBINED:
            for first, second in permutations(single, 2):
                combined = _form(f"{first} {second}", tight=True)
                if combined is not None:
                    forms.setdefault(combined.compact, []).append((combined, single[second]))
        self._heads = frozenset(one[:3] for one in forms)
        self._sizes = tuple(sorted({len(one) for one in forms}))
        self._forms = forms
        return forms

    def _matches(
        self, text: str, forms: dict[str, list[tuple[_Form, KnownValue]]]
    ) -> Iterator[tuple[int, int, KnownValue]]:
        """Every match in ``text``, which is normalised."""
        heads, sizes = self._heads, self._sizes
        units = [match.span() for match in _UNIT.finditer(text)]
        words = [text[start:end].lower() for start, end in units]
        compact = "".join(words)
        offsets: list[int] = []
        offset = 0
        for word in words:
            offsets.append(offset)
            offset += len(word)
        short = bool(sizes) and sizes[0] < 3
        for at, offset in enumerate(offsets):
            head = compact[offset : offset + 3]
            if head not in heads and not (short and head[:2] in heads):
                continue
            for size in sizes:
                there = forms.get(compact[offset : offset + size])
                if there is not None and len(compact) - offset >= size:
                    end = _end(units, offsets, offset + size)
                    for form, known in there:
                        if _fits(text, units, offsets, at, end, form):
                            start = units[at][0]
                            start -= len(form.lead) if form.lead and text.endswith(form.lead, 0, start) else 0
                            yield start, end + (len(form.tail) if text.startswith(form.tail, end) else 0), known


def _end(units: list[tuple[int, int]], offsets: list[int], offset: int) -> int:
    """Where in the text the match ends that ends at ``offset`` of its letters and digits."""
    last = bisect_right(offsets, offset - 1) - 1
    return units[last][0] + offset - offsets[last]


def _fits(text: str, units: list[tuple[int, int]], offsets: list[int], first: int, end: int, form: _Form) -> bool:
    """Whether the match of ``form`` that begins with the unit ``first`` has only allowed text between its words."""
    start = units[first][0]
    if not (_is_edge(text, start, strict=form.strict) and _is_edge(text, end, strict=form.strict)):
        return False
    apart: set[int] = set()
    origin = offsets[first]
    at = first + 1
    while at < len(units) and units[at][0] < end:
        if units[at][0] > units[at - 1][1]:
            cut = offsets[at] - origin
            gap = text[units[at - 1][1] : units[at][0]]
            if form.tight or not _may_stand_between(gap, cut, form):
                return False
            apart.add(cut)
        at += 1
    if not form.fixed <= apart:
        return False
    if not form.written:
        return True
    written = (
        text[start:end]
        if not apart
        else "".join(text[units[one][0] : min(units[one][1], end)] for one in range(first, at))
    )
    return written == form.written or (len(written) > SHORTEST and written == form.written.upper())


def _may_stand_between(gap: str, cut: int, form: _Form) -> bool:
    if cut in form.cuts and (gap in form.gaps or _GAP.fullmatch(gap) is not None):
        return True
    return form.loose and _LOOSE_GAP.fullmatch(gap) is not None


def _is_edge(text: str, at: int, *, strict: bool) -> bool:
    """Whether a word may begin or end at ``at``: not within a word, or, unless ``strict``, where an identifier such as
    ``invoiceAdaByron2`` begins a new one."""
    if at <= 0 or at >= len(text):
        return True
    before, after = text[at - 1], text[at]
    if not (_is_of_word(before) and _is_of_word(after)) or _UNPARTED.match(before) or _UNPARTED.match(after):
        return True
    if strict:
        return False
    if before.isdigit() != after.isdigit() or (before.islower() and after.isupper()):
        return True
    return before.isupper() and after.isupper() and text[at + 1 : at + 2].islower()


def _is_of_word(character: str) -> bool:
    return character.isalnum() or (not character.isascii() and unicodedata.category(character)[0] == "M")


def _longest(matches: Iterable[tuple[int, int, KnownValue]]) -> Iterator[tuple[int, int, KnownValue]]:
    """Of matches that overlap, the one that begins first, then the longest."""
    position = 0
    for start, end, known in sorted(matches, key=lambda one: (one[0], -one[1])):
        if start >= position:
            yield start, end, known
            position = end


def _overlaps(spans: list[tuple[int, int]], start: int, end: int) -> bool:
    if not spans:
        return False
    at = bisect_right(spans, (end,)) - 1
    return any(first < end and start < last for first, last in spans[max(0, at - 1) : at + 2])


def _compacted(text: str) -> str:
    """The letters and digits of a normalised text, in small letters."""
    if text.isascii():
        return text.encode().translate(_COMPACT, _NOT_COMPACT).decode()
    return _NOT_OF_UNIT.sub("", text).lower()


def compact_texts(texts: Iterable[str]) -> str:
    """What :func:`match_likely` looks at: the letters and digits of ``texts``, as they are read."""
    joined = "\0".join(texts)
    return _compacted(joined if is_read_as_written(joined) else normalize_words(joined).text)


def match_likely(values: Sequence[tuple[str, str]], whole: str) -> ValueMatcher | None:
    """A matcher for those of ``values`` (kind, text) that may occur in texts that are ``whole`` when compact; None
    where none does."""
    if not whole:
        return None
    if len(whole) * len(values) > _MOST_PROBED:
        return ValueMatcher(KnownValue(*one) for one in values)
    likely: list[KnownValue] = []
    for kind, text in values:
        for probe in _probes(kind, text):
            if probe in whole:
                likely.append(KnownValue(kind, text))
                break
    return ValueMatcher(likely) if likely else None


@lru_cache(maxsize=16384)
def _probes(kind: str, value: str) -> tuple[str, ...]:
    """Letters and digits of which one part is in every text that holds a form of the value."""
    if not value.isascii():
        spelled = _spelled(value)
        again = _probes(kind, spelled) if spelled != value else ()
        value = normalize_words(value).text.lower()
        words = _UNIT.findall(value)
    else:
        again = ()
        if kind != "name" or value.isalpha():
            whole = _compacted(value)[:_LONGEST]
            return (whole,) if len(whole) >= SHORTEST else ()
        words = _ASCII_WORD.findall(value.lower())
    whole = "".join(words)[:_LONGEST]
    if kind != "name" or len(words) < 2:
        return (whole, *again) if len(whole) >= SHORTEST else again
    long = tuple(word for word in words if len(word) >= 3)
    return (*(long or (whole,)), *again)


@lru_cache(maxsize=16384)
def _forms(kind: str, value: str) -> tuple[_Form, ...]:
    """The forms that a value is searched for in."""
    whole = _form(value.strip(), loose=kind in _NUMBERS)
    if whole is None:
        return ()
    forms = [whole]
    if kind == "name" and " " in value:
        parts = name_parts(value)
        others: list[str] = []
        if len(parts) >= 2:
            others += [f"{parts[0]} {parts[-1]}", f"{parts[-1]} {parts[0]}", f"{parts[-1]} {' '.join(parts[:-1])}"]
        words = value.split()
        if 2 < len(words) <= _COMBINED:  # "de la Cruz, Ana" for "Ana de la Cruz"
            others += [" ".join(words[cut:] + words[:cut]) for cut in range(1, len(words))]
        forms += filter(None, (_form(one) for one in dict.fromkeys(others)))
        forms += filter(None, (_form(one, exact=True) for one in parts))
    if not value.isascii() and (spelled := _spelled(value)) != value:
        forms += _forms(kind, spelled)
    return tuple(dict.fromkeys(forms))


def _form(value: str, *, exact: bool = False, loose: bool = False, tight: bool = False) -> _Form | None:
    text = normalize_words(value).text
    units = [match.span() for match in _UNIT.finditer(text)]
    compact = "".join(text[start:end] for start, end in units)[:_LONGEST]
    if len(compact) < SHORTEST:
        return None
    cuts: dict[int, str] = {}
    fixed: set[int] = set()
    offset = 0
    several = False
    for at, (start, end) in enumerate(units):
        if at:
            gap = text[units[at - 1][1] : start]
            cuts[offset] = gap
            several = several or bool(gap)
            numeric = compact[offset - 1 : offset + 1].isdigit()
            if gap and not loose and (numeric or len(compact) < _LEAST_JOINED) and not tight:
                fixed.add(offset)
        offset += end - start
        if offset >= _LONGEST:
            break
    short = len(compact) == SHORTEST
    digits = sum(map(str.isdigit, compact))
    telling = several or (len(compact) >= _TELLING and any(map(str.isdigit, compact)))
    return _Form(
        compact=compact.lower(),
        cuts=frozenset(cuts),
        gaps=tuple(dict.fromkeys(cuts.values())),
        fixed=frozenset(fixed),
        written=compact if exact or short else "",
        strict=not telling,
        loose=loose and (digits >= _TELLING or (digits >= _FEWEST_DIGITS and len(compact) > _TELLING)),
        tight=tight,
        lead=text[: units[0][0]],
        tail=text[units[-1][1] :],
    )


_UMLAUTS: Final = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "å": "aa", "Å": "Aa", "ø": "oe", "Ø": "Oe"}
)


def _spelled(value: str) -> str:
    """``value`` as it is spelled where there are no umlauts."""
    return unicodedata.normalize("NFC", value).translate(_UMLAUTS)
