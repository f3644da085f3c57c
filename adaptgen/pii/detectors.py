"""Personal data in free text: e-mail addresses, telephone numbers, payment cards, IBANs, national identifiers, IPs.

Text is read as a person reads it: full-width and other Unicode digits, blanks that do not break, zero-width characters
and percent-encoding (RFC 3986, 2.1) change nothing. Every pattern is bounded, so the time grows with the text alone.
A name cannot be found in this way; ``adaptgen.pii.field_kinds`` knows fields that hold one.
"""

from __future__ import annotations

import ipaddress
import re
from bisect import bisect_left
from collections.abc import Collection, Iterator
from typing import NamedTuple

from adaptgen.pii.check_digits import BARE, GROUPED, IBAN_LENGTHS, LETTERED, SEPARATORS, card, iban, luhn
from adaptgen.pii.normalize import normalize

FOUND = ("email", "iban", "card", "national_id", "phone", "ip_address")
"""The kinds that can be found; the first is the most certain."""


class Span(NamedTuple):
    """``text[start:end]`` is a value of ``kind``."""

    start: int
    end: int
    kind: str


_NEAR = re.compile(r"[0-9](?:[^0-9]{0,6}[0-9]){5}|[0-9]{4}[A-Za-z]")
_AMOUNT = re.compile(r"-?[0-9]{1,10}(?:\.[0-9]{1,4})?")
_STAMP = re.compile(
    r"[12]\d{3}-[01]\d-[0-3]\d(?:[T ][0-2]\d:[0-5]\d(?::[0-6]\d(?:\.\d{1,9})?)?(?:Z| ?[-+]\d\d:?\d\d)?)?"
)
_UUID = re.compile(r"(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_DATES = re.compile(
    r"[0-9](?<![0-9A-Za-z].)(?:\d{3}([-./])[01]?\d\1[0-3]?\d|\d?([-./])[0-3]?\d\2(?:19|20)\d\d)"
    r"(?:[T ,]{1,2}[0-2]?\d[:.][0-5]\d(?:[:.][0-6]\d(?:\.\d{1,9})?)?)?(?![0-9A-Za-z])"
)


def find(text: str, kinds: Collection[str]) -> list[Span]:
    """The values of these kinds in ``text``, in order; they do not overlap. Unknown kinds are passed over.

    Where two readings overlap, the one whose form proves more wins (:data:`FOUND`), then the longer one.
    """
    if len(text) < 6:
        return []
    ascii_only = text.isascii()
    if ascii_only and _AMOUNT.fullmatch(text):
        return []
    odd = not ascii_only or "%" in text or "&" in text or "\\" in text
    at = "@" in text or odd or _hidden_at(text)
    near = odd or _NEAR.search(text) is not None
    if not (at or near) and not ("ip_address" in kinds and ":" in text):
        return []
    if ascii_only and (_STAMP.fullmatch(text) or _UUID.fullmatch(text)):
        return []
    if not odd:
        return _spans(text, kinds)
    read = normalize(text)
    return [Span(*read.span(one.start, one.end), one.kind) for one in _spans(read.text, kinds)]


def _spans(text: str, kinds: Collection[str]) -> list[Span]:
    taken: list[Span] = []
    if "email" in kinds and ("@" in text or _hidden_at(text)):
        for start, end in _emails(text):
            _keep(taken, start, end, "email")
    if _NEAR.search(text) is not None:
        if "iban" in kinds:
            for start, end in _ibans(text):
                _keep(taken, start, end, "iban")
        wanted = [kind for kind in ("card", "national_id", "phone") if kind in kinds]
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
    "at)",
    "at]",
    "at}",
    "at>",
    "at )",
    "at ]",
    " at ",
    "AT)",
    "AT]",
    "AT}",
    " AT ",
    "(@",
    "[@",
    "arroba",
    "ät",
)


def _hidden_at(text: str) -> bool:
    if "at" not in text and "AT" not in text and "ät" not in text and "(@" not in text and "[@" not in text:
        return "arroba" in text
    return any(word in text for word in _AT_WORDS)


_AT = re.compile(r"(?i) ?[(\[{<] ?(?:@|at|arroba|ät) ?[)\]}>] ?| at (?=[\w-]{1,63} (?:dot|punkt) [a-z])| ?@ ?")
_LOCAL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}")
_LOCAL_NEAR = re.compile(r"[A-Za-z0-9_.!#$%&'*+/=?^`{|}~\u00a1-\u2e7f-]{1,64}")
_DOT = r"(?:\.| ?[(\[{] ?(?:dot|punkt|\.) ?[)\]}] ?| dot | punkt )"
_HOST = re.compile(
    rf"(?i)[a-z0-9_-]{{1,63}}(?:{_DOT}[a-z0-9_-]{{1,63}}){{0,8}}?{_DOT}(?:xn--[a-z0-9-]{{2,59}}|[a-z]{{2,24}}(?![a-z0-9]))(?:{_DOT}[a-z]{{2,24}}(?![a-z0-9@])){{0,4}}"
)
_HOST_WIDE = re.compile(rf"(?i)[\w-]{{1,63}}(?:{_DOT}[\w-]{{1,63}}){{0,8}}{_DOT}[^\W\d_]{{2,24}}")
_HOST_LITERAL = re.compile(r"\[(?:\d{1,3}(?:\.\d{1,3}){3}|IPv6:[0-9A-Fa-f:.]{2,45})\]")


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


# IBANs.

_IBAN = re.compile(r"(?i)(?<![0-9A-Za-z])[A-Z]{2}[ -]?[0-9]{2}(?:[ -]{0,2}[0-9A-Z]){11,30}")
_IBAN_GROUPS = re.compile(r"[ -]+")


def _ibans(text: str) -> Iterator[tuple[int, int]]:
    for match in _IBAN.finditer(text):
        plain = ""
        ends: list[int] = []
        for at in range(match.start(), match.end()):
            if text[at] not in " -":
                plain += text[at].upper()
                ends.append(at + 1)
        size = _iban_size(plain)
        if size and (ends[size - 1] >= len(text) or not text[ends[size - 1]].isalnum()):
            yield match.start(), ends[size - 1]


def _iban_size(plain: str) -> int:
    size = IBAN_LENGTHS.get(plain[:2], 0)
    return size if size and len(plain) >= size and iban(plain[:size]) else 0


# Numbers: cards, national identifiers, telephone numbers.

_RUN = re.compile(r"[0-9](?<![0-9A-Za-z].)(?:[ \-./()+]{0,3}[0-9])*+")
_GROUP = re.compile(r"[0-9]+")
_RANKS = {"card": 0.0, "national_id": 1.0, "phone": 2.0}
"""What proves more comes first; a telephone number with + stands between card and identifier."""
_FORMS = tuple(re.compile(one) for one, _ in LETTERED)
_LETTERED = re.compile(
    r"(?i)(?<![0-9A-Za-z])(?=[A-Z]{0,6}[ -]?[0-9])(?:"
    + "|".join(f"({one})" for one, _ in LETTERED)
    + r")(?![0-9A-Za-z])"
)
_JOINTS = ("-", ".", "/")
"""What holds groups of one number together; after groups that blanks hold together, another number begins there."""
_BETWEEN = (" / ", " - ")
_SPACED = re.compile(r"[-+ ./]")
_EXTENSION = re.compile(r"(?i) ?(?:ext(?:ension)?\.?|x|durchwahl|#) ?[0-9]{1,6}(?![0-9])")
_LINK = r"[^0-9A-Za-z]{0,4}(?:(?:is|no|nr|num|numbers?|nummer|n[uú]mero|at|me|us|on)[^0-9A-Za-z]{1,3}){0,3}\(?\+?$"
_PHONE_WORDS = (
    r"(?:tel|phone|mobile|mobil|cell|fax|call|dial|whatsapp|handy|mob|sms|telefono|teléfono|telefon|telephone|tél|ph)"
)
_PHONE_BEFORE = re.compile(rf"(?i)(?<![a-z]){_PHONE_WORDS}s?{_LINK}|phone{_LINK}|wa\.me/$|tel:$")
_ID_WORDS = (
    r"(?:ssn|itin|tin|nino|bsn|nif|nie|dni|cpf|curp|pesel|aadhaar|aadhar|personnummer|passport|nhs|tfn|sin|oib|egn|ahv"
    r"|social security|national insurance|national id|tax id|tax file|id card|identity card"
    r"|steuer-?id|pps|idnr|rut|cnp)"
)
_ID_BEFORE = re.compile(rf"(?i)(?<![a-z]){_ID_WORDS}{_LINK}")


class _Group(NamedTuple):
    start: int
    end: int
    before: str  # what stands between this group and the one before it


def _numbers(text: str, wanted: list[str]) -> list[tuple[int, int, str]]:
    """The most certain ones first, then the longer ones."""
    dates = {match.start(): match.end() for match in _DATES.finditer(text)}
    found: list[tuple[float, int, int, str]] = []
    for run in _RUN.finditer(text):
        start, end = run.span()
        if end - start < 7 or dates.get(start, 0) >= end:
            continue
        said = _said(text, start)
        number = run[0]
        if number.isdigit():
            if not said and len(number) < 11:
                continue
            groups = [_Group(start, end, "")]
        else:
            groups = _groups(text, start, end)
        if text[end : end + 1].isalpha() and not _EXTENSION.match(text, end):
            groups.pop()
        for first, last, kind in _in_run(text, groups, wanted, said, dates):
            plus = kind == "phone" and "+" in text[max(0, first - 1) : first + 1]
            found.append((0.5 if plus else _RANKS[kind], first - last, first, kind))
    if "national_id" in wanted:
        for match in _LETTERED.finditer(text):
            if _is_lettered(match[0].upper(), match.lastindex or 1):
                found.append((_RANKS["national_id"], match.start() - match.end(), match.start(), "national_id"))
    found.sort()
    return [(start, start - size, kind) for _, size, start, kind in found]


def _is_lettered(written: str, first: int) -> bool:
    """``first``: the form that it has; several forms may look alike, and one check suffices."""
    plain = _SPACED.sub("", written)
    forms = zip(LETTERED[first - 1 :], _FORMS[first - 1 :], strict=True)
    return any(form.fullmatch(written) is not None and check(plain) for (_, check), form in forms)


def _groups(text: str, start: int, end: int) -> list[_Group]:
    groups: list[_Group] = []
    position = start
    for part in _GROUP.finditer(text, start, end):
        groups.append(_Group(part.start(), part.end(), text[position : part.start()]))
        position = part.end()
    return groups


def _said(text: str, start: int) -> str:
    """The kind that the words before ``start`` announce."""
    near = text[max(0, start - 40) : start]
    if near.rstrip(" :=.-'\"#+([{<>/\\*_`\t")[-1:].isalpha() or near.endswith("wa.me/"):
        if _PHONE_BEFORE.search(near):
            return "phone"
        if _ID_BEFORE.search(near):
            return "national_id"
    return ""


def _in_run(
    text: str, groups: list[_Group], wanted: list[str], said: str, dates: dict[int, int]
) -> Iterator[tuple[int, int, str]]:
    for first, head in enumerate(groups):
        date_end = dates.get(head.start, 0)
        digits = ""
        lengths: list[int] = []
        before: list[str] = []
        for last in range(first, min(first + 9, len(groups))):
            group = groups[last]
            if last > first:
                before.append(group.before)
            digits += text[group.start : group.end]
            lengths.append(group.end - group.start)
            if len(digits) > 20:
                break
            if len(digits) < 7 or date_end >= group.end:
                continue
            joined = groups[last + 1].before if last + 1 < len(groups) else ""
            apart = (joined not in _JOINTS or joined in before) and (not first or head.before not in _JOINTS)
            if "card" in wanted and apart and _is_card(digits, lengths, before):
                yield head.start, group.end, "card"
            if "national_id" in wanted and (
                (apart and _is_national(digits, lengths, before) and not _EXTENSION.match(text, group.end))
                or (said == "national_id" and first == 0 and len(digits) <= 18 and len(set(before)) <= 1)
            ):
                yield head.start, group.end, "national_id"
            if "phone" not in wanted or date_end or not _form(digits, lengths, before):
                continue
            if (said == "phone" and first == 0) or _is_phone(text, head.start, digits, lengths, before):
                extension = _EXTENSION.match(text, group.end)
                start = _phone_start(text, head.start, group.end)
                yield start, extension.end() if extension else group.end, "phone"
        said = ""


def _is_card(digits: str, lengths: list[int], before: list[str]) -> bool:
    if not 12 <= len(digits) <= 19 or not card(digits):
        return len(digits) == 16 and lengths == [4, 4, 4, 4] and luhn(digits) and len(set(digits)) > 1
    return not before or (min(lengths[:-1]) >= 3 and len(set(before)) == 1 and len(before[0]) == 1)


def _is_national(digits: str, lengths: list[int], before: list[str]) -> bool:
    if not before:
        return any(check(digits) for check in BARE.get(len(digits), ()))
    key = "-".join(map(str, lengths))
    if key not in GROUPED:
        return False
    allowed = SEPARATORS.get(key, " -.")
    return all(len(one) == 1 and one in allowed for one in before) and any(check(digits) for check in GROUPED[key])


def _form(digits: str, lengths: list[int], before: list[str]) -> bool:
    """Whether these groups can be one number: `` / `` stands behind an area code, or between two numbers."""
    if len(digits) > 16 or any(len(one) > 3 or "+" in one for one in before):
        return False
    return all(sum(lengths[: at + 1]) <= 6 for at, one in enumerate(before) if one in _BETWEEN)


def _is_phone(text: str, start: int, digits: str, lengths: list[int], before: list[str]) -> bool:
    size = len(digits)
    ahead = text[start - 1 : start] if start else ""
    if ahead == "+" or (ahead == "(" and text[start - 2 : start - 1] == "+"):
        return size <= 15 and digits[0] != "0"
    before_that = text[start - 2] if start > 1 else ""
    if (ahead == "." and before_that.isdigit()) or (ahead and ahead in "-/_" and before_that.isalnum()):
        return False  # the tail of an identifier; behind the full stop of a sentence stands a number
    if digits.startswith("00"):
        return size >= 10 and digits[2] != "0" and (bool(before) or size >= 12)
    if ahead == "(" and before and ")" in before[0]:
        return 8 <= size <= 12 and lengths[0] <= 5
    if digits[0] == "0":
        return bool(before) and 9 <= size <= 12 and digits[1] != "0" and lengths[0] > 1 and not _decimal(before)
    if size == 11 and lengths[0] == 1 and digits[0] in "178" and before[0].endswith("("):
        return True
    if digits[0] == "1" and lengths == [1, 3, 3, 4]:
        return digits[1] in "23456789"
    if lengths == [3, 3, 4]:
        return digits[0] in "23456789"
    if lengths in ([3, 4, 4], [2, 5, 4], [2, 4, 4]):
        return all(len(one) == 1 and one in " -" for one in before)
    return lengths == [3, 4] and digits.startswith("555") and before == ["-"]


def _decimal(before: list[str]) -> bool:
    return before == ["."]


def _phone_start(text: str, start: int, end: int) -> int:
    if start and text[start - 1] == "(" and ")" in text[start:end]:
        start -= 1
    if start and text[start - 1] == "+":
        start -= 1
    return start


_IP = re.compile(
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

_PHONE_FORM = re.compile(r"(?i)(?:tel:)?\+?[0-9 ()\-./\u00a0]{5,30}(?: ?(?:ext\.?|x|#) ?[0-9]{1,6})?")


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
        return digits.isascii() and digits.isdigit() and 12 <= len(digits) <= 19 and luhn(digits)
    return find(value, (kind,)) == [Span(0, len(value), kind)]
