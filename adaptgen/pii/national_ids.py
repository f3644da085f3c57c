"""National identifiers of people: how they are written, and which check of python-stdnum proves each of them.

A number in a row proves itself by its check digits alone, so few kinds are looked for in that form; groups and
letters prove more. ``form`` is what a number must look like before its check is loaded and called: the day of birth
that many hold leaves few candidates. Identifiers without check digits, or that python-stdnum does not know, have their
form alone.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, Final

from adaptgen.model.frozen import lazy

Check = Callable[[str], bool]

_DAY = "(?:0[1-9]|[12][0-9]|3[01])"
_MONTH = "(?:0[1-9]|1[0-2])"


class StdnumCheck:
    """The check of a module of python-stdnum, which is imported when a number has its form for the first time."""

    __slots__ = ("_form", "_module", "_valid")

    def __init__(self, module: str, form: str = "") -> None:
        self._module = module
        self._form = lazy(form) if form else None
        self._valid: Callable[[str], bool] | None = None

    def __call__(self, number: str) -> bool:
        """Whether ``number`` (capitals and digits, no separators) is valid. Digits that are all the same are not."""
        if (self._form is not None and self._form.fullmatch(number) is None) or len(set(number)) == 1:
            return False
        if self._valid is None:
            module: Any = importlib.import_module(f"stdnum.{self._module}")
            self._valid = module.is_valid
        try:
            return self._valid(number)
        except (LookupError, ArithmeticError, ValueError):  # a table without an entry: the form counts
            return True

    def __repr__(self) -> str:
        return f"StdnumCheck({self._module!r})"


class FormCheck:
    """A form without check digits."""

    __slots__ = ("_form",)

    def __init__(self, form: str) -> None:
        self._form = lazy(form)

    def __call__(self, number: str) -> bool:
        return self._form.fullmatch(number) is not None


LUHN = StdnumCheck("luhn")


def _nric(number: str) -> bool:
    """Singapore, which python-stdnum does not know: mod 11."""
    weighted = sum(int(one) * weight for one, weight in zip(number[1:8], (2, 7, 6, 5, 4, 3, 2), strict=True))
    total = weighted + {"T": 4, "G": 4, "M": 3}.get(number[0], 0)
    table = {"S": "JZIHGFEDCBA", "T": "JZIHGFEDCBA", "M": "KLJNPQRTUWX"}.get(number[0], "XWUTRQPNMLK")
    return (table[::-1][10 - total % 11] if number[0] == "M" else table[total % 11]) == number[8]


def _taiwanese(number: str) -> bool:
    """Taiwan, which python-stdnum does not know: the letter counts as two digits."""
    letter = "ABCDEFGHJKLMNPQRSTUVXYWZIO".index(number[0]) + 10
    weights = (8, 7, 6, 5, 4, 3, 2, 1, 1)
    rest = sum(int(one) * weight for one, weight in zip(number[1:], weights, strict=True))
    return (letter // 10 + letter % 10 * 9 + rest) % 10 == 0


def _snils(number: str) -> bool:
    """Russia, which python-stdnum does not know: mod 101."""
    total = sum(int(one) * (9 - at) for at, one in enumerate(number[:9])) % 101 % 100
    return int(number[9:]) == total


BRAZIL = StdnumCheck("br.cpf")
POLAND = StdnumCheck("pl.pesel", rf"[0-9]{{2}}(?:[02468][1-9]|[13579][0-2]){_DAY}[0-9]{{5}}")
BELGIUM = StdnumCheck("be.nn", rf"[0-9]{{2}}{_MONTH}{_DAY}[0-9]{{5}}")
BELGIUM_BIS = StdnumCheck("be.bis", rf"[0-9]{{2}}[0-5][0-9]{_DAY}[0-9]{{5}}")
NORWAY = StdnumCheck("no.fodselsnummer", r"[0-7][0-9][0-5][0-9][0-9]{7}")
TURKEY = StdnumCheck("tr.tckimlik", r"[1-9][0-9]{9}[02468]")
ESTONIA = StdnumCheck("ee.ik", rf"[1-8][0-9]{{2}}{_MONTH}{_DAY}[0-9]{{4}}")
LITHUANIA = StdnumCheck("lt.asmens", rf"[1-8][0-9]{{2}}{_MONTH}{_DAY}[0-9]{{4}}")
GREECE = StdnumCheck("gr.amka", rf"{_DAY}{_MONTH}[0-9]{{7}}")
GERMANY = StdnumCheck("de.idnr", r"[1-9][0-9]{10}")
SOUTH_AFRICA = StdnumCheck("za.idnr", rf"[0-9]{{2}}{_MONTH}{_DAY}[0-9]{{4}}[012][0-9]{{2}}")
ROMANIA = StdnumCheck("ro.cnp", rf"[1-9][0-9]{{2}}{_MONTH}{_DAY}[0-9]{{6}}")
SWITZERLAND = StdnumCheck("ch.ssn", r"756[0-9]{10}")
YUGOSLAVIA = StdnumCheck("si.emso", rf"{_DAY}{_MONTH}[09][0-9]{{8}}")
FRANCE = StdnumCheck("fr.nir", r"[123478][0-9]{4}[0-9AB][0-9AB][0-9]{8}")
# The county is not looked at: counties come and go.
CHINA = StdnumCheck("iso7064.mod_11_2", rf"[1-9][0-9]{{5}}(?:19|20)[0-9]{{2}}{_MONTH}{_DAY}[0-9]{{3}}[0-9X]")
CANADA = StdnumCheck("ca.sin", r"[1-79][0-9]{8}")
ENGLAND = StdnumCheck("gb.nhs")
INDIA = StdnumCheck("in_.aadhaar", r"[2-9][0-9]{11}")
JAPAN = StdnumCheck("jp.in_")
SWEDEN = StdnumCheck("se.personnummer")
CZECHIA = StdnumCheck("cz.rc")
THAILAND = StdnumCheck("th.pin", r"[1-9][0-9]{12}")
AUSTRIA = StdnumCheck("at.vnr", r"[1-9][0-9]{9}")
ARGENTINA = StdnumCheck("ar.cuit", r"(?:20|23|24|25|26|27)[0-9]{9}")
CHILE = StdnumCheck("cl.rut")
MALAYSIA = StdnumCheck("my.nric", rf"[0-9]{{2}}{_MONTH}{_DAY}[0-9]{{6}}")
PAKISTAN = StdnumCheck("pk.cnic", r"[1-7][0-9]{12}")
DOMINICAN_REPUBLIC = StdnumCheck("do.cedula")
NETHERLANDS = StdnumCheck("nl.bsn")
LATVIA = StdnumCheck("lv.pvn", rf"{_DAY}{_MONTH}[0-9]{{7}}")
UNITED_STATES = FormCheck(
    r"(?!000|666)(?:[0-8][0-9]{2}(?!00)[0-9]{2}|9[0-9]{2}(?:5[0-9]|6[0-5]|[7-9][0-9]))(?!0000)[0-9]{4}"
)
KOREA = FormCheck(rf"[0-9]{{2}}{_MONTH}{_DAY}[1-8][0-9]{{6}}")
DATED = FormCheck(rf"{_DAY}{_MONTH}[0-9]{{6}}")
"""Day of birth and four digits, as in Denmark, Iceland and Latvia."""


BARE: dict[int, tuple[Check, ...]] = {
    11: (BRAZIL, POLAND, BELGIUM, BELGIUM_BIS, NORWAY, TURKEY, ESTONIA, LITHUANIA, GREECE, GERMANY),
    13: (SOUTH_AFRICA, ROMANIA, SWITZERLAND, YUGOSLAVIA),
    15: (FRANCE,),
    18: (CHINA,),
}
"""Digits in a row -> checks that prove enough without grouping."""

GROUPED: dict[str, tuple[Check, ...]] = {
    "3-2-4": (UNITED_STATES,),
    "3-3-3": (CANADA,),
    "3-3-4": (ENGLAND,),
    "4-4-4": (INDIA, JAPAN),
    "3-3-3-2": (BRAZIL, _snils),
    "2-3-3-3": (GERMANY,),
    "2-2-2-3-2": (BELGIUM, BELGIUM_BIS),
    "6-3-2": (BELGIUM, BELGIUM_BIS, NORWAY),
    "6-5": (NORWAY, GREECE, LATVIA),
    "6-4": (SWEDEN, CZECHIA, DATED),
    "6-3": (CZECHIA,),
    "8-4": (SWEDEN,),
    "6-7": (KOREA,),
    "3-4-4-2": (SWITZERLAND,),
    "1-4-5-2-1": (THAILAND,),
    "4-6": (AUSTRIA,),
    "2-8-1": (ARGENTINA,),
    "8-1": (CHILE,),
    "7-1": (CHILE,),
    "2-3-3-1": (CHILE,),
    "1-3-3-1": (CHILE,),
    "1-2-2-2-3-3-2": (FRANCE,),
    "13-2": (FRANCE,),
    "6-8-4": (CHINA,),
    "6-2-4": (MALAYSIA,),
    "5-7-1": (PAKISTAN,),
    "3-7-1": (DOMINICAN_REPUBLIC,),
    "4-2-3": (NETHERLANDS,),
}
"""Lengths of groups of digits -> checks for numbers written in that way."""

SEPARATORS: dict[str, str] = {
    "6-4": "-+/",
    "6-3": "/",
    "8-4": "-+",
    "6-7": "-",
    "6-5": "-",
    "4-6": " ",
    "8-1": "-",
    "7-1": "-",
    "13-2": " ",
    "2-8-1": "- ",
    "6-2-4": "-",
    "5-7-1": "-",
    "3-7-1": "-",
    "4-2-3": ".",
}
"""What is between the groups; for others a blank, a hyphen or a full stop."""

LETTERED: tuple[tuple[str, Check], ...] = (
    (
        r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d\d ?\d\d ?\d\d ?[A-D]",
        FormCheck(r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-Z0-9]+"),
    ),
    (r"(?:\d\d\.?\d{3}\.?\d{3})[- ]?[A-HJ-NP-TV-Z]", StdnumCheck("es.dni")),
    (r"[XYZ][- ]?\d{7}[- ]?[A-HJ-NP-TV-Z]", StdnumCheck("es.nie")),
    (
        r"[A-Z]{3} ?[A-Z]{3} ?[0-9L-NP-V]{2}[A-EHLMPRST][0-9L-NP-V]{2} ?[A-Z][0-9L-NP-V]{3}[A-Z]",
        StdnumCheck("it.codicefiscale"),
    ),
    (r"\d{6}[-+A-FU-Y]\d{3}[A-FHJ-NPR-Y]", StdnumCheck("fi.hetu")),
    (r"[A-Z]{4}\d{6}[HMX][A-Z]{5}[0-9A-Z]\d", StdnumCheck("mx.curp")),
    (r"[STFGM]\d{7}[A-Z]", _nric),
    (r"[A-Z][1289]\d{8}", _taiwanese),
    (r"\d{7}[A-W][A-IW]?", StdnumCheck("ie.pps")),
    (r"[A-Z]{3}P[A-Z]\d{4}[A-Z]", StdnumCheck("in_.pan")),
    (r"[123478] ?\d\d ?\d\d ?2[AB] ?\d{3} ?\d{3} ?\d\d", FRANCE),
    (r"\d{17}X", CHINA),
    (r"\d{1,2}\.?\d{3}\.?\d{3}-?K", CHILE),
    (r"\d{8} ?\d ?[A-Z][A-Z0-9]\d", StdnumCheck("pt.cc")),
)
"""Forms with letters and their checks: United Kingdom, Spain, Italy, Finland, Mexico, Singapore, Taiwan, Ireland, India
(PAN of persons), Corsica, China, Chile, Portugal."""

CARD_RANGES: Final[dict[int, tuple[str, ...]]] = {
    12: ("50", "56", "57", "58"),
    13: ("4",),
    14: ("30", "36", "38", "39"),
    15: ("34", "37"),
    16: ("2", "3", "4", "5", "6"),
    17: ("50", "56", "57", "58", "62", "63", "64", "65", "67", "81"),
    18: ("50", "56", "57", "58", "62", "63", "64", "65", "67", "81"),
    19: ("4", "50", "56", "57", "58", "62", "63", "64", "65", "67", "81"),
}
"""Digits of a payment card -> how its number begins (ISO/IEC 7812, the ranges that networks use)."""


def is_card(digits: str) -> bool:
    """Whether 12 to 19 digits are a payment card's: the ranges that networks use, and Luhn."""
    ranges = CARD_RANGES.get(len(digits))
    return ranges is not None and digits.startswith(ranges) and LUHN(digits)
