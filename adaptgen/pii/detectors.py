"""Personal data in free text: e-mail addresses, telephone numbers, payment cards, IBANs, national identifiers, IPs.

Text is read as a person reads it: full-width and other Unicode digits, blanks that do not break, zero-width characters
and percent-encoding (RFC 3986, 2.1) change nothing. What has check digits is proved by python-stdnum, how far an
international telephone number goes by phonenumbers; both are imported when there is something to prove. Every pattern
is bounded and long texts are read piece by piece, so the time grows with the text alone. A name cannot be found in
this way; ``adaptgen.pii.field_kinds`` knows fields that hold one.
"""

from __future__ import annotations

import ipaddress
import re
from bisect import bisect_left
from collections.abc import Collection, Iterator
from functools import cache, lru_cache
from typing import NamedTuple

from adaptgen.model.frozen import lazy
from adaptgen.pii.national_ids import BARE, GROUPED, LETTERED, LUHN, SEPARATORS, Check, is_card
from adaptgen.pii.normalize import is_read_as_written, normalize
from adaptgen.pii.scan_budget import spend

FOUND = ("email", "iban", "card", "national_id", "phone", "ip_address")
"""The kinds that can be found; the first is the most certain."""


class Span(NamedTuple):
    """``text[start:end]`` is a value of ``kind``."""

    start: int
    end: int
    kind: str


_NEAR = lazy(r"[0-9](?:[^0-9]{0,6}[0-9]){5}|[0-9]{4}[A-Za-z]")
_AMOUNT = lazy(r"-?[0-9]{1,10}(?:\.[0-9]{1,4})?")
_STAMP = lazy(r"[12]\d{3}-[01]\d-[0-3]\d(?:[T ][0-2]\d:[0-5]\d(?::[0-6]\d(?:\.\d{1,9})?)?(?:Z| ?[-+]\d\d:?\d\d)?)?")
_UUID = lazy(r"(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_DATES = lazy(
    r"[0-9](?<![0-9A-Za-z].)(?:\d{3}([-./])[01]?\d\1[0-3]?\d|\d?([-./])[0-3]?\d\2(?:19|20)\d\d)"
    r"(?:[T ,]{1,2}[0-2]?\d[:.][0-5]\d(?:[:.][0-6]\d(?:\.\d{1,9})?)?)?(?![0-9A-Za-z])"
)


def find(text: str, kinds: Collection[str]) -> list[Span]:
    """The values of these kinds in ``text``, in order; they do not overlap. Unknown kinds are passed over.

    Where two readings overlap, the one whose form proves more wins (:data:`FOUND`), then the longer one.
    """
    if len(text) < 6:
        return []
    if is_read_as_written(text):
        at = "@" in text or _hidden_at(text)
        near = _NEAR.search(text) is not None
        if not (at or near or ("ip_address" in kinds and ":" in text)) or _is_of_machine(text):
            return []
        return _in_piece(text, kinds, at, near) if len(text) <= _PIECE else _spans(text, kinds)
    if text.isascii() and (_STAMP.fullmatch(text) or _UUID.fullmatch(text)):
        return []
    read = normalize(text)
    return [Span(*read.span(one.start, one.end), one.kind) for one in _spans(read.text, kinds)]


def _is_of_machine(text: str) -> bool:
    """Whether ``text``, in ASCII, is an amount, a time or a UUID as a whole."""
    size = len(text)
    return (
        (size <= 16 and _AMOUNT.fullmatch(text) is not None)
        or (size <= 40 and text[0] in "12" and _STAMP.fullmatch(text) is not None)
        or (size == 36 and _UUID.fullmatch(text) is not None)
    )


_PIECE = 32_768
"""Characters of a text that are searched at once: no call of a pattern keeps other threads waiting for long."""
_CONTEXT = 800
"""Characters around a piece that are read with it: more than a value has."""


def _spans(text: str, kinds: Collection[str]) -> list[Span]:
    if len(text) <= _PIECE + 2 * _CONTEXT:
        return _in_piece(text, kinds, "@" in text or _hidden_at(text), _NEAR.search(text) is not None)
    spans: list[Span] = []
    for start in range(0, len(text), _PIECE):
        begin = max(0, start - _CONTEXT)
        piece = text[begin : start + _PIECE + _CONTEXT]
        last = spans[-1].end if spans else 0
        at, near = "@" in piece or _hidden_at(piece), _NEAR.search(piece) is not None
        for low, high, kind in _in_piece(piece, kinds, at, near):
            if low + begin >= max(last, start) and low + begin < start + _PIECE:
                spans.append(Span(low + begin, high + begin, kind))
    return spans


def _in_piece(text: str, kinds: Collection[str], at: bool, near: bool) -> list[Span]:
    """``at``: something in it may be the sign of an e-mail address; ``near``: digits are near each other."""
    spend(len(text))
    taken: list[Span] = []
    if at and "email" in kinds:
        for start, end in _emails(text):
            _keep(taken, start, end, "email")
    if near:
        if "iban" in kinds:
            for start, end in _ibans(text):
                _keep(taken, start, end, "iban")
        wanted = frozenset(kind for kind in ("card", "national_id", "phone") if kind in kinds)
        for start, end, kind in _numbers(text, wanted) if wanted else ():
            _keep(taken, start, end, kind)
    if "ip_address" in kinds and ("." in text or ":" in text):
        for start, end in _ips(text):
            _keep(taken, start, end, "ip_address")
    return taken


def _keep(taken: list[Span], start: int, end: int, kind: str) -> None:
    """Put in order what overlaps with nothing that is there."""
    at = bisect_left(taken, (start,))
    if (at == 0 or taken[at - 1].end <= start) and (at == len(taken) or taken[at].start >= end):
        taken.insert(at, Span(start, end, kind))


# E-mail addresses (RFC 5321, RFC 6531), also as people hide them from machines.

_AT_WORDS = (
    "at)", "at]", "at}", "at>", "at )", "at ]", " at ", "AT)", "AT]", "AT}", " AT ", "(@", "[@", "arroba", "ät",
)  # fmt: skip


def _hidden_at(text: str) -> bool:
    if "at" not in text and "AT" not in text and "ät" not in text and "(@" not in text and "[@" not in text:
        return "arroba" in text
    return any(map(text.__contains__, _AT_WORDS))


_AT = lazy(r"(?i) ?[(\[{<] ?(?:@|at|arroba|ät) ?[)\]}>] ?| at (?=[\w-]{1,63} (?:dot|punkt) [a-z])| ?@ ?")
_LOCAL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}")
_LOCAL_NEAR = re.compile(r"[A-Za-z0-9_.!#$%&'*+/=?^`{|}~\u00a1-\u2e7f-]{1,64}")
_DOT = r"(?:\.| ?[(\[{] ?(?:dot|punkt|\.) ?[)\]}] ?| dot | punkt )"
_HOST = lazy(
    rf"(?i)[a-z0-9_-]{{1,63}}(?:{_DOT}[a-z0-9_-]{{1,63}}){{0,8}}?{_DOT}(?:xn--[a-z0-9-]{{2,59}}|[a-z]{{2,24}}(?![a-z0-9]))(?:{_DOT}(?:xn--[a-z0-9-]{{2,59}}|[a-z]{{2,24}}(?![a-z0-9@-]))){{0,4}}"
)
_HOST_WIDE = lazy(rf"(?i)[\w-]{{1,63}}(?:{_DOT}[\w-]{{1,63}}){{0,8}}{_DOT}[^\W\d_]{{2,24}}")
_HOST_LITERAL = lazy(r"\[(?:\d{1,3}(?:\.\d{1,3}){3}|IPv6:[0-9A-Fa-f:.]{2,45})\]")


def _emails(text: str) -> Iterator[tuple[int, int]]:
    for match in _AT.finditer(text):
        at, behind = match.span()
        start = _local(text, at)
        if start == at:
            continue
        host = _HOST_LITERAL.match(text, behind) or _HOST.match(text, behind)
        if host is None or (host.end() < len(text) and text[host.end()].isalpha() and text[host.end()] < "\u2e80"):
            host = _HOST_WIDE.match(text, behind)
        if host is not None and (at + 1 == behind or match[0].strip() != "@"):
            yield start, host.end()


def _local(text: str, at: int) -> int:
    """Where the local part that ends at ``at`` begins."""
    if text[at - 1 : at] == '"':
        quote = text.rfind('"', max(0, at - 66), at - 1)
        return quote if quote >= 0 and "\n" not in text[quote:at] else at
    first = max(0, at - 65)
    backwards = text[first:at][::-1]
    wide = backwards[:1] >= "\u2e80"
    match = (_LOCAL if wide else _LOCAL_NEAR).match(backwards)
    if match is None:
        return at
    local = match[0][::-1]
    cut = max(local.rfind("?"), local.rfind("&"), local.rfind("/")) + 1
    key, equals, _ = local[cut:].rpartition("=")
    if equals and key.replace("_", "").isalnum():
        cut += len(key) + 1
    while cut < len(local) and local[cut] in "'`*|~{}.!#$^%-":
        cut += 1
    return at - len(local) + cut


# IBANs (ISO 13616).

_IBAN = lazy(r"[A-Za-z](?<![0-9A-Za-z].)[A-Za-z][ \-._]?[0-9][ \-._]?[0-9](?=[ \-._/]{0,3}[0-9A-Za-z])")
_IBAN_PART = lazy(r"[ \-._/]{0,3}([0-9A-Za-z]{1,34})")
_BBAN = lazy(r"([0-9]+)!?[a-z]")


@cache
def iban_sizes() -> dict[str, int]:
    """Country -> characters of its IBANs, from the registry that python-stdnum carries."""
    from stdnum import numdb

    registry = numdb.get("iban")
    sizes: dict[str, int] = {}
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    for country in (first + second for first in letters for second in letters):
        info = registry.info(country)[0][1]
        if "bban" in info:
            sizes[country] = 4 + sum(int(one) for one in _BBAN.findall(info["bban"]))
    return sizes


@cache
def _mod_97() -> Check:
    from stdnum.iso7064 import mod_97_10

    valid: Check = mod_97_10.is_valid
    return valid


def is_iban(plain: str) -> bool:
    """Whether ``plain``, in capitals without separators, is an IBAN."""
    return iban_sizes().get(plain[:2]) == len(plain) and plain[2:4].isdigit() and _mod_97()(plain[4:] + plain[:4])


def _ibans(text: str) -> Iterator[tuple[int, int]]:
    position = 0
    sizes: dict[str, int] | None = None
    for match in _IBAN.finditer(text):
        sizes = sizes or iban_sizes()
        if match.start() < position:
            continue
        size = sizes.get(match[0][:2].upper(), 0)
        if not size:
            continue
        plain = "".join([one for one in match[0] if one.isalnum()]).upper()
        end = match.end()
        while len(plain) < size and (part := _IBAN_PART.match(text, end)) is not None:
            taken = part[1][: size - len(plain)]
            plain += taken.upper()
            end = part.start(1) + len(taken)
        if len(plain) == size and not text[end : end + 1].isalnum() and plain.isascii() and is_iban(plain):
            yield match.start(), end
            position = end


# Numbers: cards, national identifiers, telephone numbers.

_RUN = lazy(r"[0-9](?<![0-9A-Za-z].)(?:[ \-./()+_]{0,3}[0-9])*+")
_GROUP = lazy(r"[0-9]+")
_RANKS = {"card": 0.0, "national_id": 1.0, "phone": 2.0}
"""What proves more comes first; a telephone number with + is between card and identifier."""
_FORMS = tuple(lazy(one) for one, _ in LETTERED)
_LETTERED = lazy(
    r"(?i)(?<![0-9A-Za-z])(?=[A-Z]{0,6}[ -]?[0-9])(?:"
    + "|".join(f"({one})" for one, _ in LETTERED)
    + r")(?![0-9A-Za-z])"
)
_FIRST_DIGIT = lazy(r"[0-9](?<![0-9].)")
_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_OF_WORDS = _LETTERS | frozenset("0123456789")
_JOINTS = ("-", ".", "/")
"""What holds groups of one number together; after groups that blanks hold together, another number begins there."""
_BETWEEN = (" / ", " - ")
_SPACED = lazy(r"[ ./]")
_EXTENSION = lazy(r"(?i) ?(?:ext(?:ension)?\.?|x|durchwahl|#) ?[0-9]{1,6}(?![0-9])")
_LINK = (
    r"[^0-9A-Za-z]{0,4}(?:(?:is|no|nr|num|numbers?|nummer|n[uú]mero|at|me|us|on|him|her|them|my|new|home|work|office"
    r"|mobile|private|direct|code|card|ist|est|es|lautet|unter)[^0-9A-Za-z]{1,3}){0,3}\(?\+?$"
)
_PHONE_WORDS = (
    r"(?:tel|phone|mobile|mobil|cell|fax|call|dial|whatsapp|handy|mob|sms|telefono|teléfono|telefon|telephone|tél|ph"
    r"|téléphone|telefone|celular|telefoon|puhelin|telefonnummer|rufnummer|hotline|signal|cellulare|ring|text)"
)
_PHONE_BEFORE = lazy(rf"(?i)(?<![a-z]){_PHONE_WORDS}s?{_LINK}|phone{_LINK}|wa\.me/$|tel:$")
_ID_WORDS = (
    r"(?:ssn|itin|tin|nino|bsn|nif|nie|dni|cpf|curp|pesel|aadhaar|aadhar|personnummer|passport|nhs|tfn|sin|oib|egn|ahv"
    r"|social security|national insurance|national id|tax id|tax file|id card|identity card"
    r"|steuer-?id|steuer-?nummer|pps|idnr|rut|cnp|cuil|cuit|rfc|cnic|nric|nik|kennitala|cpr|hetu|amka|emso|jmbg|snils"
    r"|cedula|cédula|codice fiscale"
    r"|individual number|my number card|svnr|sozialversicherungsnummer|reisepass|ausweis|isikukood|personal id"
    r"|henkilötunnus|rodn[eé] č[ií]slo|tckn|tc kimlik|passeport|pasaporte|sécurité sociale|burgerservicenummer)"
)
_ID_BEFORE = lazy(rf"(?i)(?<![a-z]){_ID_WORDS}{_LINK}")
_ASCII_WORDS = lazy("[a-z]+")
_BEGINNINGS = tuple(
    dict.fromkeys(
        word[:3] if word[:3].isalpha() else word[:2]
        for words in (_PHONE_WORDS, _ID_WORDS)
        for word in words[3:-1].split("|")
        if word[:2].isascii()
    )
)
"""How the words above begin; those with an accent in the first three letters occur only in texts that have accents."""
_AND = lazy(r"(?i) ?(?:[,;/&|]|or|and|und|oder|et|ou|y|o|e) ?\(?\+?")
"""Between two numbers that one word announces."""
_PHONE_GROUPS = frozenset([(1, 3, 3, 4), (3, 3, 4), (3, 4, 4), (2, 5, 4), (2, 4, 4), (3, 4)])
_SPACED_GROUPS = frozenset([(3, 4, 4), (2, 5, 4), (2, 4, 4)])
_MOST_GROUPS = 9
_MOST_DIGITS = 20


class _Group(NamedTuple):
    start: int
    end: int
    before: str  # what is between this group and the one before it


class _Shape(NamedTuple):
    """What groups of digits can be by their lengths and what is between them; ``national``: their checks."""

    card: bool
    fours: bool
    national: tuple[Check, ...]
    proved: bool  # one of these
    labelled: bool
    phone: bool
    form: bool  # a telephone number by its groups alone


def _numbers(text: str, wanted: frozenset[str]) -> list[tuple[int, int, str]]:
    """The most certain ones first, then the longer ones."""
    dates = {match.start(): match.end() for match in _DATES.finditer(text)}
    found: list[tuple[float, int, int, str]] = []
    announced, announced_end = "", -1
    for run in _RUN.finditer(text):
        start, end = run.span()
        if end - start < 7 or dates.get(start, 0) >= end:
            continue
        said = _said(text, start)
        if not said and 0 <= start - announced_end <= 6 and _AND.fullmatch(text, announced_end, start):
            said = announced
        announced, announced_end = said, end
        number = run[0]
        if number.isdigit():
            if not said and len(number) < 11 and text[start - 1 : start] != "+":
                continue
            groups = [_Group(start, end, "")]
        else:
            groups = _groups(text, start, end)
        if text[end : end + 1].isalpha() and not _EXTENSION.match(text, end):
            groups.pop()
        found += _in_run(text, groups, wanted, said, dates)
    if "national_id" in wanted:
        for match in _lettered(text):
            if _is_lettered(match[0].upper(), match.lastindex or 1):
                found.append((_RANKS["national_id"], match.start() - match.end(), match.start(), "national_id"))
    found.sort()
    return [(start, start - size, kind) for _, size, start, kind in found]


def _lettered(text: str) -> Iterator[re.Match[str]]:
    """What has the form of an identifier with letters. Each begins with digits, or with six letters at most before
    the first digit: only there is the pattern tried."""
    position = 0
    for digit in _FIRST_DIGIT.finditer(text):
        at = digit.start()
        if at < position:
            continue
        match = None
        before = text[at - 1] if at else ""
        if before in _LETTERS or before in (" ", "-"):
            first = start = at if before in _LETTERS else at - 1
            least = max(position, first - 6)
            while start > least and text[start - 1] in _LETTERS:
                start -= 1
            if start < first and not (start and text[start - 1] in _OF_WORDS):
                match = _LETTERED.match(text, start)
        if match is None and before not in _LETTERS:
            match = _LETTERED.match(text, at)
        if match is not None:
            yield match
            position = match.end()


def _is_lettered(written: str, first: int) -> bool:
    """``first``: the form that it has; several forms may look alike, and one check suffices."""
    plain = _SPACED.sub("", written)
    forms = zip(LETTERED[first - 1 :], _FORMS[first - 1 :], strict=True)
    return any(form.fullmatch(written) is not None and check(plain) for (_, check), form in forms)


def _groups(text: str, start: int, end: int) -> list[_Group]:
    groups: list[_Group] = []
    position = start
    for part in _GROUP.finditer(text, start, end):
        low, high = part.span()
        groups.append(_Group(low, high, text[position:low]))
        position = high
    return groups


def _may_announce(near: str) -> bool:
    """Whether a word of ``near`` begins as one that announces a number: most do not."""
    if not near.isascii():
        return True
    near = near.lower()
    for word in _ASCII_WORDS.findall(near):
        if word.startswith(_BEGINNINGS):
            return True
    return "phone" in near or near.endswith(("wa.me/", "tel:"))


def _said(text: str, start: int) -> str:
    """The kind that the words before ``start`` announce."""
    near = text[max(0, start - 40) : start]
    if not _may_announce(near):
        return ""
    if near.rstrip(" :=.-'\"#+([{<>/\\*_`\t")[-1:].isalpha() or near.endswith("wa.me/"):
        if _PHONE_BEFORE.search(near):
            return "phone"
        if _ID_BEFORE.search(near):
            return "national_id"
    return ""


def _in_run(
    text: str, groups: list[_Group], wanted: frozenset[str], said: str, dates: dict[int, int]
) -> Iterator[tuple[float, int, int, str]]:
    """Rank, minus the length, start and kind of every number that begins with one of the groups."""
    sizes = tuple(one.end - one.start for one in groups)
    joints = tuple(one.before for one in groups)
    proved = not wanted.isdisjoint(("card", "national_id"))
    for first, head in enumerate(groups):
        start = head.start
        begun = dates.get(start, 0)
        least, most = (7, _MOST_DIGITS) if said else _dialled(text, groups, first)
        size = 0
        for last in range(first, min(first + _MOST_GROUPS, len(groups))):
            size += sizes[last]
            if size > _MOST_DIGITS:
                break
            if size < 7 or begun >= groups[last].end:
                continue
            shape = _shape(sizes[first : last + 1], joints[first + 1 : last + 1])
            if shape is not None and (least <= size <= most or shape.form or (proved and shape.proved)):
                after = groups[last + 1].before if last + 1 < len(groups) else ""
                yield from _read(text, groups[first : last + 1], after, shape, wanted, said, begun)
        said = ""


def _dialled(text: str, groups: list[_Group], first: int) -> tuple[int, int]:
    """How many digits a telephone number may have that is recognized by its beginning: +, an area code, 0."""
    start, end, _ = groups[first]
    ahead = text[start - 1] if start else ""
    if ahead == "+" or (ahead == "(" and text[start - 2 : start - 1] == "+"):
        return 7, 15
    if ahead == "(" and first + 1 < len(groups) and ")" in groups[first + 1].before:
        return 8, 12
    if text[start] == "0" and end - start > 1:
        return (10, 16) if text[start + 1] == "0" else (9, 12)
    return 1, 0


def _read(
    text: str,
    groups: list[_Group],
    after: str,
    shape: _Shape,
    wanted: frozenset[str],
    said: str,
    begun: int,
) -> Iterator[tuple[float, int, int, str]]:
    """What ``groups`` are. ``after``: what is between them and the next group; ``said``: what the words before them
    announce; ``begun``: the end of a date that begins there."""
    start, end = groups[0].start, groups[-1].end
    inner = [one.before for one in groups[1:]]
    apart = (after not in _JOINTS or after in inner) and groups[0].before not in _JOINTS
    digits = "".join([text[low:high] for low, high, _ in groups])
    listed = "/" not in inner and {after, groups[0].before} <= {"", "/"}  # one number of several
    if (apart or listed) and "card" in wanted and ((shape.card and is_card(digits)) or (shape.fours and LUHN(digits))):
        yield _RANKS["card"], start - end, start, "card"
    if "national_id" in wanted:
        proved = apart and _is_national_id(digits, shape.national) and not _EXTENSION.match(text, end)
        if proved or (said == "national_id" and shape.labelled):
            yield _RANKS["national_id"], start - end, start, "national_id"
    if not shape.phone or "phone" not in wanted or begun:
        return
    if said == "phone" or _is_phone(text, start, digits, [high - low for low, high, _ in groups], inner):
        yield _phone(text, start, end, digits)


def _is_national_id(digits: str, checks: tuple[Check, ...]) -> bool:
    return any(check(digits) for check in checks)


def _phone(text: str, start: int, end: int, digits: str) -> tuple[float, int, int, str]:
    """A telephone number with its plus and its extension."""
    extension = _EXTENSION.match(text, end)
    low = _phone_start(text, start, end)
    high = extension.end() if extension else end
    plus = "+" in text[max(0, low - 1) : low + 1]
    rank = _RANKS["phone"] if not plus else 0.4 if _is_international(digits) else 0.5
    return rank, low - high, low, "phone"


@lru_cache(maxsize=65536)
def _shape(lengths: tuple[int, ...], before: tuple[str, ...]) -> _Shape | None:
    size = sum(lengths)
    even = len(set(before)) <= 1
    tight = even and (not before or (len(before[0].strip()) <= 1 and before[0].strip() not in ("(", ")", "+")))
    card = 12 <= size <= 19 and tight and (not before or min(lengths[:-1]) >= 3)
    fours = lengths == (4, 4, 4, 4)
    national = _national_checks(lengths, before)
    phone = size <= 16 and not any(len(one) > 3 or "+" in one or "_" in one for one in before)
    phone = phone and all(sum(lengths[: at + 1]) <= 6 for at, one in enumerate(before) if one in _BETWEEN)
    labelled = size <= 18 and even
    proved = card or fours or bool(national)
    if not (proved or phone or labelled):
        return None
    bracketed = size == 11 and lengths[0] == 1 and bool(before) and before[0].endswith("(")
    return _Shape(card, fours, national, proved, labelled, phone, phone and (lengths in _PHONE_GROUPS or bracketed))


def _national_checks(lengths: tuple[int, ...], before: tuple[str, ...]) -> tuple[Check, ...]:
    """The checks of national identifiers that are written in such groups."""
    if not before:
        return BARE.get(sum(lengths), ())
    key = "-".join(map(str, lengths))
    allowed = SEPARATORS.get(key, " -.")
    return GROUPED.get(key, ()) if all(len(one) == 1 and one in allowed for one in before) else ()


@lru_cache(maxsize=4096)
def _is_international(digits: str) -> bool:
    """Whether there is such a telephone number (``digits`` without +): where one ends is not written."""
    import phonenumbers

    try:
        return bool(phonenumbers.is_valid_number(phonenumbers.parse(f"+{digits}")))
    except phonenumbers.NumberParseException:
        return False


def _is_phone(text: str, start: int, digits: str, lengths: list[int], before: list[str]) -> bool:
    """Whether digits are a telephone number that no word announces: by what is before them, or by their groups."""
    size = len(digits)
    ahead = text[start - 1 : start] if start else ""
    if ahead == "+" or (ahead == "(" and text[start - 2 : start - 1] == "+"):
        return size <= 15 and digits[0] != "0"
    before_that = text[start - 2] if start > 1 else ""
    if (ahead == "." and before_that.isdigit()) or (ahead and ahead in "-/_" and before_that.isalnum()):
        return False  # the tail of an identifier; a number may follow the full stop of a sentence
    if digits.startswith("00"):
        return size >= 10 and digits[2] != "0" and (bool(before) or size >= 12)
    if ahead == "(" and before and ")" in before[0]:
        return 8 <= size <= 12 and lengths[0] <= 5
    if digits[0] == "0":
        return bool(before) and 9 <= size <= 12 and digits[1] != "0" and lengths[0] > 1 and before != ["."]
    return _is_grouped_phone(digits, tuple(lengths), before)


def _is_grouped_phone(digits: str, lengths: tuple[int, ...], before: list[str]) -> bool:
    """Whether digits without an area code or a plus are in groups in which telephone numbers are written."""
    if len(digits) == 11 and lengths[0] == 1 and digits[0] in "178" and before[0].endswith("("):
        return True
    if digits[0] == "1" and lengths == (1, 3, 3, 4):
        return digits[1] in "23456789"
    if lengths == (3, 3, 4):
        return digits[0] in "23456789"
    if lengths == (3, 4):
        return digits.startswith("555") and before == ["-"]
    return lengths in _SPACED_GROUPS and all(len(one) == 1 and one in " -" for one in before)


def _phone_start(text: str, start: int, end: int) -> int:
    if start and text[start - 1] == "(" and ")" in text[start:end]:
        start -= 1
    if start and text[start - 1] == "+":
        start -= 1
    return start


_IP = lazy(
    r"(?<![0-9A-Za-z.:])(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7})(?![0-9A-Za-z:])"
)


def _ips(text: str) -> Iterator[tuple[int, int]]:
    for match in _IP.finditer(text):
        try:
            ipaddress.ip_address(match[0])
        except ValueError:
            continue
        yield match.span()


# One value.

_PHONE_FORM = lazy(r"(?i)(?:tel:)?\+?[0-9 ()\-./\u00a0]{5,30}(?: ?(?:ext\.?|x|#) ?[0-9]{1,6})?")


def confirm(kind: str, value: str) -> bool:
    """Whether ``value`` as a whole has the form of ``kind``; true for kinds that have none (names, addresses)."""
    value = value.strip()
    if kind == "phone":
        folded = normalize(value).text
        return _PHONE_FORM.fullmatch(folded) is not None and 5 <= sum(map(str.isdigit, folded)) <= 21
    if kind not in FOUND:
        return bool(value)
    if kind == "card":
        digits = re.sub(r"[ \-]", "", normalize(value).text)
        return digits.isascii() and digits.isdigit() and 12 <= len(digits) <= 19 and LUHN(digits)
    return find(value, (kind,)) == [Span(0, len(value), kind)]
