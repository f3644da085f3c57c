"""Values that must never be seen: made from a seed, each of them once, and looked for in whatever form they appear."""

from __future__ import annotations

import base64
import html
import random
import re
import string
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from support.check_digits import iban_digits, luhn_digit

from adaptgen.pii.detectors import iban_sizes
from adaptgen.pii.national_ids import BARE, CHILE, GROUPED, SEPARATORS, SWITZERLAND, Check
from adaptgen.pii.national_ids import LETTERED as LETTERED_IDS

TOKEN = re.compile(r"(?i)tok_(email|phone|card|iban|national_id|name|address|birth_date)_([a-z0-9]{2}[a-z2-7]{16,})")
"""A token as agents see it."""

_PROBE = 8
_SYLLABLES = tuple(one + two for one in "bdfgklmnprstvz" for two in ("a", "e", "i", "o", "u", "ei", "au"))
_ODD = {"a": "á", "e": "ë", "o": "ö", "u": "ü", "l": "ł", "s": "š", "n": "ñ"}
_CYRILLIC = "бвгджзклмнпрстфх"
_HAN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉萍红娥玲芬燕彩兰凤洁梅琳素云莲真环雪荣爱妹月莺媛瑞凡佳嘉琼"


@dataclass(frozen=True)
class Phone:
    """How a country writes numbers: ``x`` is any digit, ``n`` one of 2 to 9."""

    form: str
    said: bool = False
    """Whether nothing but a word before it shows that it is a telephone number."""


PHONES = (
    Phone("+1-nxx-nxx-xxxx"),
    Phone("(nxx) nxx-xxxx"),
    Phone("nxx-nxx-xxxx"),
    Phone("nxx.nxx.xxxx"),
    Phone("1-nxx-nxx-xxxx"),
    Phone("+1nxxnxxxxxx"),
    Phone("+44 20 7xxx xxxx"),
    Phone("+44 (0)20 7xxx xxxx"),
    Phone("020 7xxx xxxx"),
    Phone("07nxx nxxxxx"),
    Phone("01xxx nxxxxx"),
    Phone("+49 30 nxxxxxxx"),
    Phone("+49 (0) 89 / nxxxxxx"),
    Phone("030/nxxxxxxx"),
    Phone("0nx-nxxxxxx-xx"),
    Phone("0049 151 nxxxxxxx"),
    Phone("+33 6 xx xx xx xx"),
    Phone("06.xx.xx.xx.xx"),
    Phone("01 nx xx xx xx"),
    Phone("+34 6nx xxx xxx"),
    Phone("6nx xxx xxx", said=True),
    Phone("+39 0n xxxx xxxx"),
    Phone("+31 6 nxxxxxxx"),
    Phone("020-nxx xxxx"),
    Phone("+32 4nx xx xx xx"),
    Phone("+41 44 nxx xx xx"),
    Phone("044 nxx xx xx"),
    Phone("+43 1 nxxxxxx"),
    Phone("+48 nxx xxx xxx"),
    Phone("+420 nxx xxx xxx"),
    Phone("+46 8 nxx xxx xx"),
    Phone("08-nxx xxx xx"),
    Phone("+47 nx xx xx xx"),
    Phone("nx xx xx xx", said=True),
    Phone("+45 nx xx xx xx"),
    Phone("+358 40 nxx xxxx"),
    Phone("+351 9nx xxx xxx"),
    Phone("+30 21n xxx xxxx"),
    Phone("+353 1 nxx xxxx"),
    Phone("+91 9nxxx xxxxx"),
    Phone("+91-9nxxxxxxxx"),
    Phone("+81 3-nxxx-xxxx"),
    Phone("03-nxxx-xxxx"),
    Phone("090-nxxx-xxxx"),
    Phone("+86 13x nxxx xxxx"),
    Phone("13x nxxx xxxx"),
    Phone("+55 11 9nxxx-xxxx"),
    Phone("(11) 9nxxx-xxxx"),
    Phone("+52 55 nxxx xxxx"),
    Phone("+61 4nx xxx xxx"),
    Phone("04nx xxx xxx"),
    Phone("(02) 9xxx xxxx"),
    Phone("+27 8n xxx xxxx"),
    Phone("08n xxx xxxx"),
    Phone("+90 5nx xxx xx xx"),
    Phone("0 5nx xxx xx xx", said=True),
    Phone("+972 5n-nxx-xxxx"),
    Phone("+82 10-nxxx-xxxx"),
    Phone("010-nxxx-xxxx"),
    Phone("+65 nxxx xxxx"),
    Phone("+7 9nx nxx-xx-xx"),
    Phone("8 (9nx) nxx-xx-xx"),
    Phone("+380 50 nxx xx xx"),
    Phone("+971 50 nxx xxxx"),
    Phone("nxx-nxx-xxxx ext. 12"),
)

CARDS = (
    ("4", 16),
    ("51", 16),
    ("55", 16),
    ("2221", 16),
    ("6011", 16),
    ("65", 16),
    ("3528", 16),
    ("62", 16),
    ("34", 15),
)
CARDS += (("37", 15), ("36", 14), ("30", 14), ("4", 13), ("4", 19), ("62", 19), ("5018", 12))
LETTERED = (
    ("AA999999D", "United Kingdom"),
    ("99999999?", "Spain"),
    ("X9999999?", "Spain, foreigners"),
    ("LLLLLL99C99L999?", "Italy"),
    ("DDMMYY-999?", "Finland"),
    ("LLLL990911HLLLLL0?", "Mexico"),
    ("S9999999?", "Singapore"),
    ("A199999999", "Taiwan"),
    ("9999999?", "Ireland"),
    ("LLLPL9999L", "India"),
    ("K", "Chile"),
)


def plain(text: str) -> str:
    """``text`` as a suspicious reader reads it: decoded, without tokens, small."""
    text = _MACHINE.sub(" ", TOKEN.sub(" ", text))
    text = "\n".join([text, *map(_bytes, _BASE64.findall(text)), *map(_hex, _DIGEST.findall(text))])
    text = _DIGEST.sub(" ", text)
    for _ in range(3):
        text = html.unescape(unquote(text))
    if "\\" in text:
        text = re.sub(r"\\+u([0-9a-fA-F]{4})", lambda one: chr(int(one[1], 16)), text)
        text = re.sub(r"\\+[nrt]", "\n", text).replace("\\", "")
    return without_accents(unicodedata.normalize("NFKC", text)).lower()


def without_accents(text: str) -> str:
    """``text`` in letters that have none."""
    if text.isascii():
        return text
    apart = unicodedata.normalize("NFD", text).replace("ł", "l").replace("Ł", "L")
    return apart.translate({ord(one): None for one in set(apart) if unicodedata.combining(one)})


# Eight digits of a telephone number are found by chance in enough digests, clocks and fractions, which hold no value.
_DIGEST = re.compile(r"(?<![0-9A-Za-z])(?=[0-9]*[a-f])(?:[0-9a-f]{2}){8,}(?![0-9A-Za-z])")
_MACHINE = re.compile(
    r'"(?:start_)?time_unix_nano": \d{19}(?!\d)|'
    r"(?<![0-9A-Za-z])(?:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
    r"|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z?)(?![0-9A-Za-z])"
    r"|(?<=[:\[,] )\d+\.\d+(?:e-?\d+)?(?=[,\n\]}])|(?<=[:\[,])\d+\.\d+(?:e-?\d+)?(?=[,\n\]}])"
)


def _hex(text: str) -> str:
    """What is written in hexadecimal digits, if it is text."""
    return bytes.fromhex(text).decode("utf-8", "replace")


_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")


def _bytes(text: str) -> str:
    """What is written in base64, if it is."""
    try:
        data = base64.b64decode(
            text.replace("-", "+").replace("_", "/").rstrip("=") + "=" * (-len(text.rstrip("=")) % 4)
        )
    except ValueError:
        return ""
    return data.decode("utf-8", "ignore")


def skeleton(text: str) -> str:
    """``text`` of :func:`plain` without what separates the groups of one value; commas, quotes and lines stay."""
    return _JOINTS.sub("", text)


_JOINTS = re.compile(r"(?<=\w)[ \-./()+_\u00a0\u2010-\u2015\u200b]{1,4}(?=\w)")


class Canaries:
    """``values``: kind -> every value that was made. What is made twice is made anew."""

    def __init__(self, seed: int = 20261121) -> None:
        self.chance = random.Random(seed)
        self.values: dict[str, list[str]] = {}
        self._made: set[str] = set()
        self._probes: dict[str, list[str]] = {}
        self._short: dict[str, list[str]] = {}
        self._turn: dict[str, int] = {}

    def __len__(self) -> int:
        return sum(map(len, self.values.values()))

    # ------------------------------------------------------------------------------------------------------- kinds

    def email(self, word: str = "") -> str:
        """An address in one of the forms that people have."""
        word = word or self._word(5)
        host = self._pick(("example.com", "mail.example.co.uk", "crm.example.org", "example.net", "sub.sub.example.eu"))
        forms: tuple[Callable[[], str], ...] = (
            lambda: f"{word}@{host}",
            lambda: f"{word.upper()}@{host.upper()}",
            lambda: f"{word}+{self._pick(('news', 'crm', '2026', 'a.b'))}@{host}",
            lambda: f"{word}.{self._word(2)}@{host}",
            lambda: f"{self._word(1)}_{word}{self.chance.randint(1, 99)}@{host}",
            lambda: f"{word}@b\u00fccher-{self._word(1)}.example",
            lambda: f"{word}@xn--bcher-kva.example",
            lambda: f"j\u00f6rg.{word}@{host}",
            lambda: f"{word.title()}@{host.title()}",
            lambda: f"{word}'o@{host}",
            lambda: f"{word}-x@{host}",
        )
        return self._new("email", forms, probe=word)

    def phone(self, *, silent: bool = False) -> str:
        """A number in one of the forms of many countries. ``silent``: one that needs no word before it."""
        forms = [one.form for one in PHONES if not (silent and one.said)]
        form = forms[self._next(f"phone {silent}", len(forms))]

        def make() -> str:
            number, extension, more = form.partition(" ext. ")
            digits = {"x": string.digits, "n": "23456789"}
            return "".join(self._pick(digits[one]) if one in digits else one for one in number) + extension + more

        return self._new("phone", (make,))

    def card(self) -> str:
        """A card number: bare, in groups with blanks, with hyphens."""
        head, size = CARDS[self._next("card", len(CARDS))]

        def make() -> str:
            body = head + self._digits(size - len(head) - 1)
            number = body + luhn_digit(body)
            cuts = (4, 10, 15) if size == 15 else (4, 10, 14) if size == 14 else (4, 8, 12, 16, 20)
            groups = [number[a:b] for a, b in zip((0, *cuts), cuts, strict=False) if number[a:b]]
            return self._pick(("", "", " ", "-")).join(groups)

        return self._new("card", (make,))

    def card_number(self) -> int:
        """A card number as an integer."""

        def make() -> str:
            body = self._pick(("4", "51", "6011")) + self._digits(14)
            body = body[:15]
            return body + luhn_digit(body)

        return int(self._new("card", (make,)))

    def iban(self) -> str:
        """An IBAN of every country in turn: compact, in groups, in small letters."""
        countries = sorted(iban_sizes())
        country = countries[self._next("iban", len(countries))]

        def make() -> str:
            letters = self._pick(("", "", "ABNA", "WEST"))
            account = letters + self._digits(iban_sizes()[country] - 4 - len(letters))
            number = country + iban_digits(country, account) + account
            spaced = " ".join(number[at : at + 4] for at in range(0, len(number), 4))
            return self._pick(
                (number, number, number.lower(), spaced, spaced, spaced.lower(), spaced.replace(" ", "-"))
            )

        return self._new("iban", (make,))

    def national_id(self) -> str:
        """A number of every country that has a check, in turn."""
        kinds = [*(("bare", size) for size in BARE), *(("grouped", key) for key in GROUPED)]
        kinds += [("lettered", form) for form, _ in LETTERED]
        kind, form = kinds[self._next("national_id", len(kinds))]
        if kind == "bare":
            return self._new("national_id", (lambda: self._checked(int(form), BARE[int(form)]),))
        if kind == "grouped":
            return self._new("national_id", (lambda: self._grouped(str(form)),))
        return self._new("national_id", (lambda: self._lettered(str(form)),))

    def name(self) -> str:
        """One word of a name, which nobody else has."""
        forms: tuple[Callable[[], str], ...] = (
            *(lambda: self._word(5).title(),) * 5,
            lambda: "".join(_ODD.get(one, one) if at == 2 else one for at, one in enumerate(self._word(5))).title(),
            lambda: f"{self._word(4).title()}-{self._word(4).title()}",
            lambda: f"O'{self._word(5).title()}",
            lambda: f"van {self._word(5).title()}",
            lambda: "".join(self._pick(_CYRILLIC) + self._pick("аеиоу") for _ in range(4)).title(),
            lambda: self._word(5).upper(),
        )
        return self._new("name", forms)

    def han(self) -> str:
        """A Chinese name: three characters without a blank."""
        return self._new("name", (lambda: "".join(self._pick(_HAN) for _ in range(3)),))

    # ------------------------------------------------------------------------------------------------------ looking

    def leaks(self, text: str, among: Iterable[str] | None = None) -> list[str]:
        """The values that stand in ``text``, whole or with a telling part, however they are written."""
        wanted = None if among is None else set(among)
        found: dict[str, None] = {}
        read = plain(text)
        for one in dict.fromkeys((read, skeleton(read))):
            probes = self._probes
            for at in [at for at in range(len(one) - _PROBE + 1) if one[at : at + _PROBE] in probes]:
                for value in probes[one[at : at + _PROBE]]:
                    if one.startswith(self._needles[value], at):
                        found[value] = None
            for word in re.findall(r"[\u4e00-\u9fff]{3,}", one):
                for at in range(len(word) - 2):
                    found |= dict.fromkeys(self._short.get(word[at : at + 3], ()))
        return [value for value in found if wanted is None or value in wanted]

    # ------------------------------------------------------------------------------------------------------- inside

    def _new(self, kind: str, forms: tuple[Callable[[], str], ...], probe: str = "") -> str:
        while True:
            value = forms[self._next(f"form {kind}", len(forms))]()
            needle = _needle(kind, probe or value)
            if needle not in self._made and not _CLOCK.fullmatch(needle):
                break
            probe = ""
        self._made.add(needle)
        self.values.setdefault(kind, []).append(value)
        if len(needle) >= _PROBE:
            self._probes.setdefault(needle[:_PROBE], []).append(value)
        else:
            self._short.setdefault(needle, []).append(value)
        self._needles[value] = needle
        return value

    @property
    def _needles(self) -> dict[str, str]:
        found: dict[str, str] = self.__dict__.setdefault("_found_needles", {})
        return found

    def _next(self, what: str, count: int) -> int:
        turn = self._turn.get(what, 0)
        self._turn[what] = turn + 1
        return turn % count

    def _pick(self, of: str | tuple[str, ...]) -> str:
        return self.chance.choice(of)

    def _digits(self, size: int) -> str:
        return "".join(self._pick(string.digits) for _ in range(size))

    def _word(self, syllables: int) -> str:
        return "".join(self._pick(_SYLLABLES) for _ in range(syllables))

    def _checked(self, size: int, checks: tuple[Check, ...]) -> str:
        check = checks[self._next(f"check {size}", len(checks))]
        while True:
            number = self._born(size) if size == 18 else self._digits(size)
            if size == 13 and check is SWITZERLAND:
                number = f"756{number[3:]}"
            if size == 15:
                number = f"1{number[1:]}"
            if (size != 18 or number[-1] != "X") and check(number):
                return number

    def _born(self, size: int) -> str:
        day = f"{self.chance.randint(1950, 2005)}{self.chance.randint(1, 12):02d}{self.chance.randint(1, 28):02d}"
        return self._digits(6) + day + self._digits(size - 14)

    def _grouped(self, key: str) -> str:
        sizes = [int(one) for one in key.split("-")]
        checks = GROUPED[key]
        check = checks[self._next(f"group {key}", len(checks))]
        while True:
            size = sum(sizes)
            digits = self._born(size) if size == 18 else self._digits(size)
            if sizes[0] == 6 and size in (9, 10, 11, 13) and self.chance.random() < 0.5:
                digits = self._dated(digits)
            if key == "3-4-4-2":
                digits = f"756{digits[3:]}"
            if check(digits):
                break
        allowed = SEPARATORS.get(key, " -.")
        joint = allowed[0] if key in SEPARATORS else "-"
        groups, at = [], 0
        for one in sizes:
            groups.append(digits[at : at + one])
            at += one
        return joint.join(groups)

    def _dated(self, digits: str) -> str:
        day = f"{self.chance.randint(1, 28):02d}{self.chance.randint(1, 12):02d}{self.chance.randint(1, 28):02d}"
        return day + digits[6:]

    def _lettered(self, form: str) -> str:
        if form == "K":
            while True:
                number = self._digits(8)
                if number[0] != "0" and CHILE(f"{number}K"):
                    return f"{number[:2]}.{number[2:5]}.{number[5:]}-K"
        day = f"{self.chance.randint(1, 28):02d}{self.chance.randint(1, 12):02d}{self.chance.randint(50, 99):02d}"
        while True:
            text = form.replace("DDMMYY", day)
            text = "".join(
                self._pick(string.digits)
                if one == "9"
                else self._pick("ABCEHJKLMPRST")
                if one == "L"
                else self._pick("ABCEHJ")
                if one == "A"
                else one
                for one in text
            )
            for last in (string.ascii_uppercase + string.digits) if "?" in text else " ":
                made = text.replace("?", last)
                bare = re.sub(r"[ ./]", "", made)
                for pattern, check in LETTERED_IDS:
                    if re.fullmatch(pattern, made) and check(bare):
                        return made


_CLOCK = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
"""Digits that are those of a day, which stand in many a text that holds no value."""


def _needle(kind: str, value: str) -> str:
    """What is looked for: of numbers the last digits, of addresses the word that nobody else has."""
    made = skeleton(plain(value))
    if kind == "email":
        return max(re.split(r"[^\w]+", plain(value)), key=len)
    if kind == "phone":
        digits = re.sub(r"\D", "", made.partition("ext")[0])
        return digits[-_PROBE:]
    if kind == "name":
        words = [one for one in re.split(r"[^\w]+", plain(value)) if len(one) > 3]
        return max(words, key=len) if words else plain(value)
    return re.sub(r"\W", "", made)[-12:]


def each(canaries: Canaries) -> Iterator[tuple[str, str]]:
    """Every value with its kind."""
    for kind, values in canaries.values.items():
        for value in values:
            yield kind, value
