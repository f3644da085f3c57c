"""The customers of the API: known to whoever checks its answers, without asking."""

from __future__ import annotations

from typing import Any

COUNT, CITIES = 400, 40
DOMAIN = "mail.example"
"""Whoever sees this has seen an e-mail address."""


def email(n: int) -> str:
    """The address of one customer."""
    return f"customer.{letters(n)}@{DOMAIN}"


def city(n: int) -> str:
    """Where a customer lives; ten live in each city."""
    return f"City {letters(n % CITIES)}"


def person(n: int) -> dict[str, Any]:
    """One customer; the address stands in the note, too."""
    note = f"Write to {email(n)} in the morning" if n % 3 else "Comes by"
    return {"id": n, "full_name": f"Ada {letters(n).title()}son", "email": email(n), "city": city(n), "note": note}


def letters(n: int) -> str:
    """A number in letters, of which no pattern of personal data is made."""
    made = ""
    while True:
        n, digit = divmod(n, 20)
        made = "bcdfghjklmnpqrstvwxz"[digit] + "aeiou"[digit % 5] + made
        if not n:
            return made


PEOPLE = [person(n) for n in range(COUNT)]
