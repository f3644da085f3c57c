"""The data of the CRM: the same rows in every process, on every platform.

Personal data is synthetic and recognisably so: addresses under example.com, numbers with 555, national ids of the
never issued area 000, IBANs with the check digits 00 (ISO 13616 starts them at 02).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import Any, TypeVar

from adaptgen.demo.crm import words
from adaptgen.demo.crm.sessions import USER_ID

T = TypeVar("T")

TODAY = date(2026, 2, 16)


class Dice:
    """Choices from ``Random.random`` alone, the one method whose sequence Python promises to keep."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311  no secret comes of it

    def number(self, low: int, high: int) -> int:
        return low + int(self._random.random() * (high - low + 1))

    def pick(self, values: Sequence[T]) -> T:
        return values[self.number(0, len(values) - 1)]

    def chance(self, share: float) -> bool:
        return self._random.random() < share

    def day(self, first: date, days: int) -> date:
        return first + timedelta(days=self.number(0, days))


def udf(dice: Dice) -> str:
    return json.dumps(
        {f"udf_{n:02d}": dice.pick((None, None, "N/A", "", "0", "migr.", "X", str(n * 37))) for n in range(1, 13)}
    )


def audit(dice: Dice) -> tuple[Any, ...]:
    created = dice.day(date(2009, 11, 14), 5000)
    changed = created + timedelta(days=dice.number(0, (TODAY - created).days))
    who = (f"u{dice.number(1, 24):03d}", f"u{dice.number(1, 24):03d}")
    return udf(dice), 1, who[0], f"{created}T08:15:00Z", who[1], f"{changed}T16:40:00Z"


def iban(dice: Dice, country: str) -> str:
    return f"{country}00" + "".join(str(dice.number(0, 9)) for _ in range(18))


def phone(dice: Dice) -> str:
    return f"+1-555-{dice.number(0, 9999):04d}"


def national_id(dice: Dice) -> str:
    return f"000-{dice.number(10, 99)}-{dice.number(1000, 9999)}"


Row = tuple[Any, ...]
CUSTOMERS = 520


def rows() -> dict[str, list[Row]]:
    """Table name -> rows in column order (see ``database``)."""
    dice = Dice(2012)
    made: dict[str, list[Row]] = _reference(dice)
    made["customers"] = _customers(dice)
    made["contacts"] = _contacts(dice, made["customers"])
    made["opportunities"] = _opportunities(dice)
    made["contracts"] = _contracts(dice, made["customers"])
    made["invoices"], made["payments"] = _invoices(dice, made["contracts"])
    made["tickets"], made["comments"] = _tickets(dice, made["contacts"])
    made["tasks"] = _tasks(dice)
    made["notes"] = _notes(dice)
    made["attachments"] = _attachments(dice)
    return made


def _reference(dice: Dice) -> dict[str, list[Row]]:
    regions = ("EMEA", "APAC", "AMER")
    users: list[Row] = []
    for n in range(1, 25):
        first, last = words.FIRST[n * 2 % 50], words.LAST[n * 7 % 50]
        role = "ADMIN" if n == 1 else "SERVICE" if n % 6 == 0 else "SALES"
        mail = f"{first}.{last}@crm.example.com".lower()
        team = words.TEAMS[n % len(words.TEAMS)]
        users.append((n, f"u{n:03d}", f"{first} {last}", mail, phone(dice), role, team, int(n % 11 != 0)))
    return {
        "countries": [(c, n, regions[i % 3], f"+{100 + i}", 1) for i, (c, n) in enumerate(words.countries())],
        "users": users,
        "tags": [(n, name, f"#{dice.number(0, 0xFFFFFF):06x}") for n, name in enumerate(words.TAGS, 1)],
        "products": [
            (
                n,
                f"PRD-{n:04d}",
                f"{words.COMPANY[n * 3 % 70]} {words.FAMILIES[n % 5]} {n}",
                words.FAMILIES[n % 5],
                float(dice.number(4, 400) * 50),
                "EUR",
                int(n % 9 != 0),
            )
            for n in range(1, 61)
        ],
    }


def _customers(dice: Dice) -> list[Row]:
    made: list[Row] = []
    codes = list(words.LEGAL)
    for n in range(CUSTOMERS):
        # Every pair of words once: 72 and 40 share the factor 8, so the second index moves on after each round.
        name = f"{words.COMPANY[n % 72]} {words.BUSINESS[(n + n // 72 * 3) % 40]}"
        country = dice.pick(codes)
        slug = name.lower().replace(" ", "-")
        tags = sorted({dice.pick(words.TAGS) for _ in range(dice.number(0, 3))})
        made.append(
            (
                1001 + n,
                f"C-{10001 + n}",
                name,
                f"{name} {words.LEGAL[country]}",
                dice.pick(words.STATUSES),
                dice.pick(words.SEGMENTS),
                dice.pick(words.INDUSTRIES),
                country,
                f"{dice.pick(words.LAST)} Street {dice.number(1, 180)}",
                dice.pick(words.CITIES[country]),
                f"{dice.number(10000, 99999)}",
                phone(dice),
                phone(dice),
                f"office@{slug}.example.com",
                f"https://{slug}.example.com/",
                f"{country}000{dice.number(100000, 999999)}",
                iban(dice, country),
                national_id(dice) if dice.chance(0.15) else None,
                float(dice.number(1, 80) * 1000),
                "USD" if country == "US" else "GBP" if country == "GB" else "EUR",
                dice.pick((14, 30, 30, 45, 60)),
                USER_ID if dice.chance(0.25) else dice.number(2, 24),
                int(dice.chance(0.05)),
                json.dumps(tags),
                dice.pick(words.REMARKS),
                *audit(dice),
            )
        )
    return made


def _contacts(dice: Dice, customers: list[Row]) -> list[Row]:
    made: list[Row] = []
    for customer in customers:
        host = customer[13].partition("@")[2]
        for position in range(dice.number(1, 4)):
            first, last = dice.pick(words.FIRST), dice.pick(words.LAST)
            made.append(
                (
                    5001 + len(made),
                    customer[0],
                    dice.pick(("Ms", "Mr", "Dr", "Mx")),
                    first,
                    last,
                    dice.pick(words.TITLES),
                    dice.pick(words.DEPARTMENTS),
                    f"{first}.{last}{5001 + len(made)}@{host}".lower(),
                    phone(dice),
                    phone(dice) if dice.chance(0.6) else None,
                    str(dice.day(date(1955, 1, 1), 17000)),
                    national_id(dice),
                    int(position == 0),
                    int(dice.chance(0.5)),
                    dice.pick(("en", "de", "fr", "es")),
                    customer[8],
                    customer[9],
                    customer[10],
                    customer[7],
                    dice.pick(words.REMARKS),
                    *audit(dice),
                )
            )
    return made


def _opportunities(dice: Dice) -> list[Row]:
    made: list[Row] = []
    for n in range(640):
        stage = dice.pick(words.STAGES)
        made.append(
            (
                3001 + n,
                f"OPP-{20001 + n}",
                f"{dice.pick(words.FAMILIES)} for {dice.pick(words.DEPARTMENTS)}",
                dice.number(1001, 1000 + CUSTOMERS),
                dice.number(1, 60),
                stage,
                float(dice.number(2, 400) * 500),
                "EUR",
                {"QUALIFY": 10, "NEEDS": 25, "PROPOSAL": 50, "NEGOTIATION": 75, "WON": 100, "LOST": 0}[stage],
                str(dice.day(date(2025, 10, 1), 365)),
                dice.number(2, 24),
                dice.pick(words.SOURCES),
                dice.pick(words.CHORES),
                "PRICE" if stage == "LOST" else None,
                dice.pick(words.REMARKS),
                *audit(dice),
            )
        )
    return made


def _contracts(dice: Dice, customers: list[Row]) -> list[Row]:
    made: list[Row] = []
    for n in range(430):
        customer = customers[n * 7 % CUSTOMERS]
        renewal = dice.day(date(2026, 1, 1), 364)
        product = dice.number(1, 60)
        made.append(
            (
                7001 + n,
                f"K-{dice.number(2012, 2024)}-{1001 + n}",
                f"{words.FAMILIES[product % 5]} agreement",
                customer[0],
                product,
                dice.pick(("ACTIVE", "ACTIVE", "ACTIVE", "ACTIVE", "CANCELLED", "DRAFT")),
                str(renewal - timedelta(days=365 * dice.number(1, 5))),
                str(renewal - timedelta(days=1)),
                str(renewal),
                dice.pick((30, 60, 90)),
                int(dice.chance(0.5)),
                float(dice.number(6, 240) * 500),
                "EUR",
                dice.pick(("YEARLY", "QUARTERLY", "MONTHLY")),
                dice.pick(("TRANSFER", "DEBIT")),
                customer[16],
                f"{dice.pick(words.FIRST)} {dice.pick(words.LAST)}",
                customer[21],
                f"General terms of {dice.pick((2011, 2014, 2018))} with annex {dice.pick('ABCD')}.",
                dice.pick(words.REMARKS),
                *audit(dice),
            )
        )
    return made


def _invoices(dice: Dice, contracts: list[Row]) -> tuple[list[Row], list[Row]]:
    invoices: list[Row] = []
    payments: list[Row] = []
    for n in range(1500):
        contract = dice.pick(contracts)
        issued = dice.day(date(2025, 1, 2), 400)
        due = issued + timedelta(days=dice.pick((14, 30, 45)))
        net = float(dice.number(4, 600) * 25)
        gross = round(net * 1.19, 2)
        if dice.chance(0.04):
            status, paid = "CANCELLED", 0.0
        elif dice.chance(0.9 if due < TODAY else 0.2):
            status, paid = "PAID", gross
        else:
            status, paid = ("OVERDUE" if due < TODAY else "OPEN"), (0.0 if dice.chance(0.7) else round(gross / 2, 2))
        number = 40001 + n
        invoices.append(
            (
                number,
                f"R{issued:%y}-{number}",
                contract[3],
                contract[0],
                status,
                str(issued),
                str(due),
                net,
                19.0,
                gross,
                paid,
                "EUR",
                dice.number(1, 3) if status == "OVERDUE" else 0,
                f"invoices{contract[3]}@example.com",
                dice.pick(words.REMARKS),
                *audit(dice),
            )
        )
        if paid:
            payments.append((len(payments) + 1, number, paid, str(due), f"SEPA {number}"))
    return invoices, payments


def _tickets(dice: Dice, contacts: list[Row]) -> tuple[list[Row], list[Row]]:
    tickets: list[Row] = []
    comments: list[Row] = []
    for n in range(900):
        contact = dice.pick(contacts)
        opened = dice.day(date(2025, 3, 1), 350)
        status = dice.pick(("NEW", "OPEN", "WAITING", "RESOLVED", "CLOSED", "CLOSED", "CLOSED"))
        done = status in ("RESOLVED", "CLOSED")
        tickets.append(
            (
                9001 + n,
                f"T-{60001 + n}",
                dice.pick(words.COMPLAINTS),
                f"{contact[3]} {contact[4]} ({contact[7]}, {contact[8]}) writes: {dice.pick(words.COMPLAINTS)}. "
                + "Please treat with the usual care. " * 4,
                contact[1],
                contact[0],
                status,
                dice.pick(words.PRIORITIES),
                dice.pick(words.CATEGORIES),
                dice.pick((6, 12, 18, 24)),
                f"{opened}T09:00:00Z",
                f"{min(opened + timedelta(days=dice.number(0, 30)), TODAY)}T17:00:00Z" if done else None,
                "Fixed with the customer on the phone." if done else None,
                *audit(dice),
            )
        )
        first_id = len(comments) + 1
        comments.extend(
            (first_id + i, 9001 + n, dice.pick((6, 12, 18, 24)), dice.pick(words.CHORES), f"{opened}T1{i}:00:00Z")
            for i in range(dice.number(0, 3))
        )
    return tickets, comments


def _tasks(dice: Dice) -> list[Row]:
    return [
        (
            12001 + n,
            dice.pick(words.CHORES),
            dice.number(1001, 1000 + CUSTOMERS),
            dice.number(2, 24),
            str(dice.day(date(2026, 1, 15), 90)),
            dice.pick(("OPEN", "OPEN", "DONE")),
            dice.pick(words.PRIORITIES),
            dice.pick(words.REMARKS),
            *audit(dice),
        )
        for n in range(260)
    ]


def _notes(dice: Dice) -> list[Row]:
    return [
        (
            15001 + n,
            dice.number(1001, 1000 + CUSTOMERS),
            dice.number(2, 24),
            f"{dice.pick(words.CHORES)}. {dice.pick(words.REMARKS)}",
            f"{dice.day(date(2024, 1, 1), 770)}T10:30:00Z",
        )
        for n in range(800)
    ]


def _attachments(dice: Dice) -> list[Row]:
    made: list[Row] = []
    for n in range(120):
        customer = dice.number(1001, 1000 + CUSTOMERS)
        content = f"Minutes of the visit at customer {customer}, page {n}.\n".encode() * dice.number(2, 40)
        made.append(
            (
                18001 + n,
                customer,
                f"minutes-{n:03d}.txt",
                "text/plain",
                len(content),
                dice.pick(("CONTRACT", "MINUTES", "OFFER")),
                "Scanned" if dice.chance(0.3) else None,
                hashlib.sha256(content).hexdigest(),
                f"u{dice.number(2, 24):03d}",
                f"{dice.day(date(2024, 1, 1), 770)}T11:00:00Z",
                content,
            )
        )
    return made
