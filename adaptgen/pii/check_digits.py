"""Numbers that carry their own proof: payment cards, bank accounts and national identifiers.

Sources: ISO/IEC 7812-1 annex B (Luhn), ISO 13616 (IBAN, mod 97-10 of ISO 7064), and for national identifiers the
rules that their issuers publish. Every check takes the characters without separators.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

_IBANS = {
    15: "NO",
    16: "BE",
    18: "DK FI FK FO GL NL SD",
    19: "MK SI",
    20: "AT BA EE KZ LT LU MN XK",
    21: "CH HR LI LV",
    22: "BG BH CR DE GB GE IE ME RS VA",
    23: "AE GI IL IQ OM SO TL",
    24: "AD CZ ES MD PK RO SA SE SK TN VG",
    25: "LY PT ST",
    26: "IS TR",
    27: "BI DJ FR GR IT MC MR SM",
    28: "AL AZ BY CY DO GT HU LB NI PL SV",
    29: "BR EG PS QA UA",
    30: "JO KW MU YE",
    31: "MT SC",
    32: "LC",
    33: "RU",
}
IBAN_LENGTHS = {country: size for size, countries in _IBANS.items() for country in countries.split()}
"""Country -> characters of its IBANs (SWIFT IBAN registry)."""

_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of the others (ISO/IEC 7812-1, annex B)."""
    numbers = [ord(one) - 48 for one in digits]
    return (sum(numbers[-1::-2]) + sum(_DOUBLED[one] for one in numbers[-2::-2])) % 10 == 0


def luhn_digit(digits: str) -> str:
    """The check digit that belongs behind ``digits``."""
    numbers = [ord(one) - 48 for one in digits]
    total = sum(_DOUBLED[one] for one in numbers[-1::-2]) + sum(numbers[-2::-2])
    return str(-total % 10)


def card(digits: str) -> bool:
    """Whether 12 to 19 digits are a payment card's: the ranges that networks use, and Luhn."""
    size, first, two = len(digits), digits[0], digits[:2]
    match size:
        case 16:
            known = first in "23456"
        case 15:
            known = two in ("34", "37")
        case 14:
            known = two in ("30", "36", "38", "39")
        case 13:
            known = first == "4"
        case 12:
            known = two in ("50", "56", "57", "58")
        case 17 | 18 | 19:
            known = (first == "4" and size == 19) or two in ("50", "56", "57", "58", "62", "63", "64", "65", "67", "81")
        case _:
            known = False
    return known and luhn(digits) and len(set(digits)) > 1


def iban(text: str) -> bool:
    """Whether ``text``, in capitals without separators, is an IBAN (ISO 13616)."""
    if IBAN_LENGTHS.get(text[:2]) != len(text) or not text[2:4].isdigit():
        return False
    return int("".join(str(int(one, 36)) for one in text[4:] + text[:4])) % 97 == 1


def iban_digits(country: str, account: str) -> str:
    """The two check digits of an IBAN of ``country`` and ``account`` (capitals and digits)."""
    number = int("".join(str(int(one, 36)) for one in account + country + "00"))
    return f"{98 - number % 97:02d}"


def _weighted(digits: str, weights: Sequence[int]) -> int:
    return sum((ord(one) - 48) * weight for one, weight in zip(digits, weights, strict=False))


def _day(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _short_day(year: str, month: str, day: str) -> bool:
    """A day of an unknown century; 2000 had a 29 February."""
    return _day(2000 + int(year), int(month), int(day)) or (month == "02" and day == "29" and int(year) % 4 == 0)


def _ssn(n: str) -> bool:
    """United States: area, group and serial as the Social Security Administration gives them; ITINs too."""
    if n[3:5] == "00" or n[5:] == "0000":
        return False
    if n[0] == "9":
        return 50 <= int(n[3:5]) <= 65 or 70 <= int(n[3:5]) <= 99
    return n[:3] not in ("000", "666")


def _nir(n: str) -> bool:
    """France: 97 minus the remainder; Corsica counts as 19 and 18."""
    plain = n.replace("2A", "19").replace("2B", "18")
    return plain.isdigit() and n[0] in "123478" and 97 - int(plain[:13]) % 97 == int(plain[13:])


def _cpf(n: str) -> bool:
    """Brazil."""
    checked = (_weighted(n[:size], range(size + 1, 1, -1)) * 10 % 11 % 10 == int(n[size]) for size in (9, 10))
    return len(set(n)) > 1 and all(checked)


def _pesel(n: str) -> bool:
    """Poland: the century is in the month."""
    month = int(n[2:4])
    century = (1900, 2000, 2100, 2200, 1800)[month // 20]
    check = -_weighted(n[:10], (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)) % 10
    return _day(century + int(n[:2]), month % 20, int(n[4:6])) and check == int(n[10])


def _belgian(n: str) -> bool:
    """Belgium: mod 97, with a 2 in front for those born since 2000."""
    if not (int(n[2:4]) % 20 <= 12 and int(n[4:6]) <= 31 and n[6:9] != "000"):
        return False
    return int(n[9:]) in (97 - int(n[:9]) % 97, 97 - int("2" + n[:9]) % 97)


def _norwegian(n: str) -> bool:
    """Norway: two check digits mod 11; D numbers add 40 to the day, H numbers to the month."""
    day, month = int(n[:2]) % 40, int(n[2:4]) % 40
    return (
        1 <= day <= 31
        and 1 <= month <= 12
        and _weighted(n, (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)) % 11 == 0
        and _weighted(n, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0
    )


def _turkish(n: str) -> bool:
    """Turkey."""
    d = [int(one) for one in n]
    return d[0] != 0 and (sum(d[0:9:2]) * 7 - sum(d[1:8:2])) % 10 == d[9] and sum(d[:10]) % 10 == d[10]


def _baltic(n: str) -> bool:
    """Estonia and Lithuania: two rounds of weights mod 11."""
    if not ("1" <= n[0] <= "8" and _short_day(n[1:3], n[3:5], n[5:7])):
        return False
    check = _weighted(n[:10], (1, 2, 3, 4, 5, 6, 7, 8, 9, 1)) % 11
    if check == 10:
        check = _weighted(n[:10], (3, 4, 5, 6, 7, 8, 9, 1, 2, 3)) % 11 % 10
    return check == int(n[10])


def _amka(n: str) -> bool:
    """Greece: day of birth and Luhn."""
    return _short_day(n[4:6], n[2:4], n[:2]) and luhn(n)


def _steuer_id(n: str) -> bool:
    """Germany: ISO 7064 mod 11,10; one digit of the first ten stands twice or three times."""
    counts = sorted((n[:10].count(one) for one in set(n[:10])), reverse=True)
    if n[0] == "0" or counts[0] not in (2, 3) or (len(counts) > 1 and counts[1] > 1):
        return False
    return _mod_11_10(n)


def _mod_11_10(n: str) -> bool:
    product = 10
    for one in n[:-1]:
        total = (int(one) + product) % 10 or 10
        product = total * 2 % 11
    return (11 - product) % 10 == int(n[-1])


def _chinese(n: str) -> bool:
    """China: ISO 7064 mod 11-2."""
    check = "10X98765432"[_weighted(n[:17], (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)) % 11]
    return _day(int(n[6:10]), int(n[10:12]), int(n[12:14])) and check == n[17]


def _south_african(n: str) -> bool:
    """South Africa."""
    return _short_day(n[:2], n[2:4], n[4:6]) and n[10] in "012" and luhn(n)


def _romanian(n: str) -> bool:
    """Romania."""
    if n[0] == "0" or not _short_day(n[1:3], n[3:5], n[5:7]):
        return False
    check = _weighted(n[:12], (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)) % 11
    return (1 if check == 10 else check) == int(n[12])


def _swiss(n: str) -> bool:
    """Switzerland: the check digit of an EAN-13."""
    return n.startswith("756") and -_weighted(n[:12], (1, 3) * 6) % 10 == int(n[12])


def _thai(n: str) -> bool:
    """Thailand."""
    return n[0] != "0" and (11 - _weighted(n[:12], range(13, 1, -1)) % 11) % 10 == int(n[12])


_VERHOEFF_D = (
    "0123456789",
    "1234067895",
    "2340178956",
    "3401289567",
    "4012395678",
    "5987604321",
    "6598710432",
    "7659821043",
    "8765932104",
    "9876543210",
)
_VERHOEFF_P = (
    "0123456789",
    "1576283094",
    "5803796142",
    "8916043527",
    "9453126870",
    "4286573901",
    "2793806415",
    "7046913258",
)


def _aadhaar(n: str) -> bool:
    """India: Verhoeff."""
    check = 0
    for position, one in enumerate(reversed(n)):
        check = int(_VERHOEFF_D[check][int(_VERHOEFF_P[position % 8][int(one)])])
    return n[0] not in "01" and check == 0


def _personnummer(n: str) -> bool:
    """Sweden: Luhn over the last ten; coordination numbers add 60 to the day."""
    ten = n[-10:]
    return _short_day(ten[:2], ten[2:4], f"{int(ten[4:6]) % 60:02d}") and luhn(ten)


def _sin(n: str) -> bool:
    """Canada."""
    return n[0] not in "08" and luhn(n)


def _rut(n: str) -> bool:
    """Chile: mod 11, K for 10."""
    check = 11 - sum(int(one) * (2 + at % 6) for at, one in enumerate(reversed(n[:-1]))) % 11
    return n[-1].upper() == {11: "0", 10: "K"}.get(check, str(check))


def _cuit(n: str) -> bool:
    """Argentina."""
    return n[:2] in ("20", "23", "24", "25", "26", "27") and _weighted(n, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0


def _dni(n: str) -> bool:
    """Spain: DNI and NIE, the letter is the remainder by 23."""
    number = n[:-1].replace("X", "0").replace("Y", "1").replace("Z", "2")
    return "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23] == n[-1]


_ODD = dict(zip("0123456789ABCDEFGHIJ", (1, 0, 5, 7, 9, 13, 15, 17, 19, 21) * 2, strict=True))
_ODD |= dict(zip("KLMNOPQRSTUVWXYZ", (2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23), strict=True))


def _codice_fiscale(n: str) -> bool:
    """Italy: odd places by table, even ones by their value, mod 26."""
    total = sum(_ODD[one] for one in n[0:15:2]) + sum(int(one, 36) - (0 if one.isdigit() else 10) for one in n[1:15:2])
    return chr(65 + total % 26) == n[15]


def _hetu(n: str) -> bool:
    """Finland: mod 31."""
    check = "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(n[:6] + n[-4:-1]) % 31]
    return _short_day(n[4:6], n[2:4], n[:2]) and check == n[-1]


def _curp(n: str) -> bool:
    """Mexico."""
    letters = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ"
    return -sum(letters.index(one) * (18 - at) for at, one in enumerate(n[:17])) % 10 == int(n[17])


def _nric(n: str) -> bool:
    """Singapore."""
    total = _weighted(n[1:8], (2, 7, 6, 5, 4, 3, 2)) + {"T": 4, "G": 4, "M": 3}.get(n[0], 0)
    table = {"S": "JZIHGFEDCBA", "T": "JZIHGFEDCBA", "M": "KLJNPQRTUWX"}.get(n[0], "XWUTRQPNMLK")
    return (table[::-1][(10 - total % 11)] if n[0] == "M" else table[total % 11]) == n[8]


def _taiwanese(n: str) -> bool:
    """Taiwan: the letter counts as two digits."""
    number = "ABCDEFGHJKLMNPQRSTUVXYWZIO".index(n[0]) + 10
    return (number // 10 + number % 10 * 9 + _weighted(n[1:], (8, 7, 6, 5, 4, 3, 2, 1, 1))) % 10 == 0


def _ppsn(n: str) -> bool:
    """Ireland: mod 23, the second letter counts nine times."""
    total = _weighted(n[:7], (8, 7, 6, 5, 4, 3, 2)) + (9 * (ord(n[8]) - 64) if len(n) > 8 and n[8] != "W" else 0)
    return "WABCDEFGHIJKLMNOPQRSTUV"[total % 23] == n[7]


def _birth_number(n: str) -> bool:
    """Czechia and Slovakia: divisible by 11; women add 50 to the month, later ones another 20."""
    month = int(n[2:4]) % 50
    day = 1 <= (month - 20 if month > 20 else month) <= 12 and 1 <= int(n[4:6]) <= 31
    return day and (len(n) == 9 or int(n) % 11 == 0 or (int(n[:9]) % 11 == 10 and n[9] == "0"))


def _svnr(n: str) -> bool:
    """Austria."""
    return n[0] != "0" and _weighted(n, (3, 7, 9, 0, 5, 8, 4, 2, 1, 6)) % 11 == int(n[3]) and int(n[4:6]) <= 31


def _nhs(n: str) -> bool:
    """England: mod 11."""
    return (11 - _weighted(n[:9], range(10, 1, -1)) % 11) % 11 == int(n[9])


Check = Callable[[str], bool]

BARE: dict[int, tuple[Check, ...]] = {
    11: (_cpf, _pesel, _belgian, _norwegian, _turkish, _baltic, _amka, _steuer_id),
    13: (_south_african, _romanian, _swiss),
    15: (_nir,),
    18: (_chinese,),
}
"""Digits in a row -> checks that prove enough without grouping."""

GROUPED: dict[str, tuple[Check, ...]] = {
    "3-2-4": (_ssn,),
    "3-3-3": (_sin,),
    "3-3-4": (_nhs,),
    "4-4-4": (_aadhaar,),
    "3-3-3-2": (_cpf,),
    "2-3-3-3": (_steuer_id,),
    "2-2-2-3-2": (_belgian,),
    "6-3-2": (_belgian, _norwegian),
    "6-5": (_norwegian, _amka),
    "6-4": (_personnummer, _birth_number, lambda n: _short_day(n[4:6], n[2:4], n[:2])),
    "6-3": (_birth_number,),
    "8-4": (_personnummer,),
    "6-7": (lambda n: _short_day(n[:2], n[2:4], n[4:6]) and n[6] in "12345678",),
    "3-4-4-2": (_swiss,),
    "1-4-5-2-1": (_thai,),
    "4-6": (_svnr,),
    "2-8-1": (_cuit,),
    "8-1": (_rut,),
    "7-1": (_rut,),
    "2-3-3-1": (_rut,),
    "1-3-3-1": (_rut,),
    "1-2-2-2-3-3-2": (_nir,),
    "13-2": (_nir,),
    "6-8-4": (_chinese,),
}
"""Lengths of groups of digits -> checks for numbers written in that way."""

LETTERED: tuple[tuple[str, Check], ...] = (
    (
        r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d\d ?\d\d ?\d\d ?[A-D]",
        lambda n: n[:2] not in ("BG", "GB", "NK", "KN", "TN", "NT", "ZZ"),
    ),
    (r"(?:\d\d\.?\d{3}\.?\d{3}|[XYZ][- ]?\d{7})[- ]?[A-HJ-NP-TV-Z]", _dni),
    (r"[A-Z]{3} ?[A-Z]{3} ?[0-9L-NP-V]{2}[A-EHLMPRST][0-9L-NP-V]{2} ?[A-Z][0-9L-NP-V]{3}[A-Z]", _codice_fiscale),
    (r"\d{6}[-+A-FU-Y]\d{3}[A-FHJ-NPR-Y]", _hetu),
    (r"[A-Z]{4}\d{6}[HMX][A-Z]{5}[0-9A-Z]\d", _curp),
    (r"[STFGM]\d{7}[A-Z]", _nric),
    (r"[A-Z][1289]\d{8}", _taiwanese),
    (r"\d{7}[A-W][A-IW]?", _ppsn),
    (r"[A-Z]{3}P[A-Z]\d{4}[A-Z]", lambda n: True),
    (r"[123478] ?\d\d ?\d\d ?2[AB] ?\d{3} ?\d{3} ?\d\d", _nir),
    (r"\d{17}X", _chinese),
    (r"\d{1,2}\.?\d{3}\.?\d{3}-?K", _rut),
)
"""Forms with letters and their checks (capitals, no separators): United Kingdom, Spain, Italy, Finland, Mexico,
Singapore, Taiwan, Ireland, India (PAN of persons), Corsica, China, Chile."""

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
}
"""What stands between the groups; for others a blank, a hyphen or a full stop."""
