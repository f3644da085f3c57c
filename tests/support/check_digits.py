"""Check digits of numbers that tests make up."""

from __future__ import annotations

from stdnum import iban, luhn


def luhn_digit(digits: str) -> str:
    """The check digit that belongs behind ``digits`` (ISO/IEC 7812-1)."""
    return str(luhn.calc_check_digit(digits))


def iban_digits(country: str, account: str) -> str:
    """The two check digits of an IBAN of ``country`` and ``account`` (ISO 13616)."""
    return str(iban.calc_check_digits(f"{country}00{account}"))
