"""What surrogates look like, so that the API's own schema and checks accept them.

An e-mail address lies under ``token.invalid`` (RFC 2606, 2): sealed where there is room, else a handle of 16
characters. A telephone number begins with 999, which ITU-T E.164 assigns to nobody; a card with 9, which ISO/IEC
7812-1 leaves to national use, with its Luhn digit; an IBAN keeps country, length and kinds of characters, with valid
check digits; a national identifier keeps its form and begins with 99 or ZZ; a date lies between the years 9000 and
9999. Everything else is text: ``sur_`` and a handle.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from adaptgen.govern.tokenization.token_formats import base32
from adaptgen.model.frozen import lazy, value
from adaptgen.pii.detectors import find, iban_sizes
from adaptgen.pii.national_ids import LUHN

DOMAIN: Final = "token.invalid"
_LOCAL: Final = 60
"""Characters of the local part; RFC 5321, 4.5.3.1.1 allows 64. The rest becomes labels of at most 63 (RFC 1035)."""
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@value()
class Form:
    """``shape``: email, phone, card, iban, id, date or text; ``size``: digits of a phone or card; ``least`` and
    ``most``: characters that the schema allows."""

    shape: str
    size: int = 0
    plus: bool = False
    least: int = 0
    most: int = 1 << 20
    pattern: str = ""

    @property
    def sealed(self) -> bool:
        """Whether the value may be sealed in it."""
        return self.shape == "email"

    def fits(self, text: str) -> bool:
        if not self.least <= len(text) <= self.most:
            return False
        if not self.pattern:
            return True
        try:
            return re.search(self.pattern, text) is not None
        except re.error:
            return True

    def write(self, name: bytes, value: str) -> str:
        """The surrogate of a handle of 32 bytes; ``value`` lends its shape."""
        number = int.from_bytes(name, "big")
        match self.shape:
            case "email":
                return f"{base32(name[:10])}@{DOMAIN}"
            case "phone":
                return f"{'+' if self.plus else ''}999{number % 10 ** (self.size - 3):0{self.size - 3}d}"
            case "card":
                body = f"9{number % 10 ** (self.size - 2):0{self.size - 2}d}"
                return body + _luhn_digit(body)
            case "iban":
                return _iban(number, value)
            case "id":
                return _identifier(number, value)
            case "date":
                return f"{9000 + number % 1000}-{number // 1000 % 12 + 1:02d}-{number // 12000 % 28 + 1:02d}"
            case _:
                return f"sur_{base32(name[:10])}"


def form(kind: str, value: str, schema: Mapping[str, Any], *, number: bool) -> Form | None:
    """A form of surrogates for a value of this kind that the schema of the argument allows, or None."""
    least, most = _bound(schema.get("minLength"), 0), _bound(schema.get("maxLength"), 1 << 20)
    pattern = str(schema.get("pattern") or "")
    if "enum" in schema or "const" in schema:
        return None
    for one in _forms(kind, value, str(schema.get("format") or ""), number=number):
        made = Form(one.shape, one.size, one.plus, least, most, pattern)
        if made.fits(made.write(bytes(32), value)) and made.fits(made.write(b"\xa7" * 32, value)):
            return made
    return None


def _forms(kind: str, value: str, format: str, *, number: bool) -> Iterator[Form]:
    if format == "date":
        yield Form("date")
    elif number or kind == "phone":
        if not number:
            yield Form("phone", 15, True)
            yield Form("phone", 12, True)
        digits = sum(map(str.isdigit, value))
        for size in dict.fromkeys((*((digits,) if 9 <= digits <= 15 else ()), 15, 12, 11, 10, 9)):
            yield Form("phone", size)
    elif kind == "email" or format in ("email", "idn-email"):
        yield Form("email")
    elif kind == "card":
        for size in (16, 15, 14, 13, 19):
            yield Form("card", size)
    elif kind == "iban" and iban_sizes().get(value[:2].upper()):
        yield Form("iban")
    elif kind == "national_id" and sum(map(str.isalnum, value)) >= 7:
        yield Form("id")
    else:
        yield Form("text")


def _bound(value: Any, default: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def _iban(number: int, value: str) -> str:
    plain = "".join(one for one in value.upper() if one.isascii() and one.isalnum())
    account = ""
    for one in plain[4:]:
        base = 10 if one.isdigit() else 26
        number, rest = divmod(number, base)
        account += str(rest) if base == 10 else _LETTERS[rest]
    from stdnum import iban

    return f"{plain[:2]}{iban.calc_check_digits(f'{plain[:2]}00{account}')}{account}"


def _luhn_digit(digits: str) -> str:
    from stdnum import luhn

    return str(luhn.calc_check_digit(digits))


def _identifier(number: int, value: str) -> str:
    """The form of ``value``: digits for digits, letters for letters; blanks become hyphens."""
    written: list[str] = []
    seen = 0
    for one in value:
        if not one.isalnum():
            if written and written[-1] != "-":
                written.append(one if one in "-./" else "-")
            continue
        digit = one.isdecimal()
        if seen < 2:
            written.append("9" if digit else "Z")
        else:
            number, rest = divmod(number, 10 if digit else 26)
            written.append(str(rest) if digit else _LETTERS[rest])
        seen += 1
    text = "".join(written).rstrip("-./")
    digits = [at for at, one in enumerate(text) if one.isdigit()]
    if len(digits) > 9 and len(digits) == sum(map(str.isalnum, text)):
        text = text[: digits[-1]] + _luhn_digit("".join(text[at] for at in digits[:-1])) + text[digits[-1] + 1 :]
    return text


def sealed_email(data: bytes) -> str:
    text = base32(data)
    local, rest = text[:_LOCAL], text[_LOCAL:]
    labels = [rest[at : at + 63] for at in range(0, len(rest), 63)]
    return f"{local}@{'.'.join((*labels, DOMAIN))}"


def unsealed(surrogate: str) -> str | None:
    """The base32 in a sealed e-mail surrogate; None for every other form."""
    local, at, host = surrogate.lower().partition("@")
    if not at or not host.endswith(DOMAIN) or len(local) <= 16:
        return None
    return local + host.removesuffix(DOMAIN).replace(".", "")


_CANDIDATE = lazy(
    r"(?i)(?P<email>(?<![a-z0-9])[a-z2-7]{16,60}@(?:[a-z2-7]{1,63}\.){0,8}token\.invalid)"
    r"|(?P<text>sur_[a-z2-7]{16})(?![a-z2-7])"
    r"|(?<![0-9])(?P<phone>\+?999(?:[ ().-]{0,2}[0-9]){6,12})(?![0-9])"
    r"|(?<![0-9])(?P<date>9[0-9]{3}-[01][0-9]-[0-3][0-9])(?![0-9])"
    r"|(?<![0-9])(?P<card>9(?:[ -]?[0-9]){12,18})(?![0-9])"
    r"|(?<![0-9a-z])(?P<id>(?:99|ZZ|9Z|Z9|9[-./]?9)[0-9a-z]*(?:[-./][0-9a-z]+){0,8})(?![0-9a-z])"
)


def candidates(text: str) -> Iterator[tuple[int, int]]:
    """Where something in ``text`` looks like a surrogate; where several readings overlap, all of them, in order."""
    found: list[tuple[int, int]] = []
    for match in _CANDIDATE.finditer(text):
        found.append(match.span())
        if match.lastgroup in ("phone", "card"):
            inner = _IDENTIFIER.match(text, match.start())
            if inner is not None and inner.span() != match.span():
                found.append(inner.span())
            if match.lastgroup == "phone" and match.end() - match.start() < 20:
                longer = _CARD.match(text, match.start())
                if longer is not None and LUHN(normal(longer[0])):
                    found.append(longer.span())
    found += [(one.start, one.end) for one in find(text, ("iban",))]
    yield from sorted(set(found))


_IDENTIFIER = lazy(r"(?i)(?:99|ZZ)[0-9a-z]*(?:[-./][0-9a-z]+){0,8}(?![0-9a-z])")
_CARD = lazy(r"9(?:[ -]?[0-9]){12,18}(?![0-9])")


def normal(surrogate: str) -> str:
    """A surrogate without what an API may change in it: case, blanks and punctuation."""
    low = surrogate.lower()
    return low if "@" in low or "_" in low else "".join(one for one in low if one.isalnum())
