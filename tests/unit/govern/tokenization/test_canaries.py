"""10,000 seeded values, in every place where an answer can hold one: none is seen, all of them come back."""

from __future__ import annotations

import csv
import io
import random
import re
from typing import Any

import orjson
import pytest
from support.check_digits import iban_digits, luhn_digit
from support.shielding import ANNA, answer, run, tokenizer, tool

from adaptgen.govern.tokenization.tokenizer import Tokenizer
from adaptgen.mcp.protocol import META_FOUND, META_SENSITIVE

RECORDS = 1250
FIRST = ("Ada", "Grace", "Alan", "José", "Zoë", "Łukasz", "Björk", "李雷", "Дарья", "Søren", "Chloé", "Nguyễn")
LAST = [
    "Lovelace",
    "Hopper",
    "Turing",
    "Shelley",
    "García",
    "Nowak",
    "Guðmunds",
    "王芳",
    "Иванова",
    "Yılmaz",
    "Kierkegaard",
    "Ørsted",
    "Okafor",
    "Silva",
]


def _digits(chance: random.Random, size: int) -> str:
    return "".join(chance.choice("0123456789") for _ in range(size))


def _phone(chance: random.Random) -> str:
    area, last = chance.randint(201, 989), _digits(chance, 4)
    forms = (
        f"+1-{area}-{chance.randint(200, 999)}-{last}",
        f"({area}) {chance.randint(200, 999)}-{last}",
        f"{area}-{chance.randint(200, 999)}-{last}",
        f"+49 {chance.randint(30, 999)} {chance.randint(100000, 9999999)}",
        f"+44 20 {chance.randint(1000, 9999)} {last}",
        f"+33 {chance.randint(1, 9)} {' '.join(_digits(chance, 2) for _ in range(4))}",
        f"0{chance.randint(30, 999)}/{chance.randint(1000000, 9999999)}",
        f"+91{chance.randint(6, 9)}{_digits(chance, 9)}",
    )
    return chance.choice(forms)


def _card(chance: random.Random) -> str:
    body = chance.choice(("4", "51", "55", "2221", "6011", "62"))
    body += _digits(chance, 15 - len(body))
    number = body + luhn_digit(body)
    return chance.choice(("", " ", "-")).join(number[at : at + 4] for at in range(0, 16, 4))


def _iban(chance: random.Random) -> str:
    country, head, size = chance.choice(
        (("DE", "", 18), ("GB", "WEST", 14), ("NO", "", 11), ("FR", "", 23), ("NL", "ABNA", 10))
    )
    account = head + _digits(chance, size)
    number = country + iban_digits(country, account) + account
    return " ".join(number[at : at + 4] for at in range(0, len(number), 4)) if chance.random() < 0.5 else number


def _national(chance: random.Random) -> str:
    number = chance.randint(1, 99_999_999)
    forms = (
        f"{chance.randint(1, 665):03d}-{chance.randint(1, 99):02d}-{chance.randint(1, 9999):04d}",
        f"{number:08d}{'TRWAGMYFPDXBNJZSQVHLCKE'[number % 23]}",
        f"{chance.choice('ABCEHJ')}{chance.choice('ABCEHJ')}{_digits(chance, 6)}{chance.choice('ABCD')}",
    )
    return chance.choice(forms)


def _person(chance: random.Random, number: int) -> dict[str, str]:
    first, last = chance.choice(FIRST) + f"q{number}", chance.choice(LAST) + f"z{number}"
    host = chance.choice(("example.com", "mail.example.co.uk", "straße.example", "x-y.example"))
    return {
        "first_name": first,
        "last_name": last,
        "full_name": f"{first} {last}",
        "email": f"{chance.choice(('u', 'u.v+', 'U_'))}{number}@{host}",
        "phone": _phone(chance),
        "card_number": _card(chance),
        "iban": _iban(chance),
        "national_id": _national(chance),
    }


def _record(chance: random.Random, person: dict[str, str], number: int) -> dict[str, Any]:
    """Some of the values in fields, all of them in other places."""
    said = ", ".join((person["email"], person["phone"], person["card_number"], person["iban"], person["national_id"]))
    wrapped = chance.choice(("{}", "**{}**", "<{}>", "({})", '"{}"', "{}.", "see {}!", "a\u00a0{}\u00a0b"))
    inner = orjson.dumps({"raw": orjson.dumps(person).decode(), "id": number}).decode()
    return {
        "id": number,
        "created_at": "2026-11-20T10:11:12Z",
        **person,
        "note": f"{person['full_name']} wrote: {said}",
        "log": [wrapped.format(person[key]) for key in ("email", "phone", "card_number", "iban", "national_id")],
        "payload": inner,
        "history": [{"text": f"asked for {person['last_name'].upper()} and for {person['first_name']}"}],
        "by_mail": {person["email"]: {"seen": True}},
        "status": "open",
    }


def _forms(records: list[dict[str, Any]]) -> list[Any]:
    """One set of records in the forms that answers have."""
    columns = list(records[0])
    table = io.StringIO()
    writer = csv.writer(table)
    people = [key for key in columns if isinstance(records[0][key], (str, int))]
    writer.writerow(people)
    writer.writerows([record[key] for key in people] for record in records)
    return [
        records,
        {"data": {"customers": records}, "total": len(records)},
        {"fields": columns, "items": [[record[key] for key in columns] for record in records]},
        table.getvalue(),
        "\n".join(orjson.dumps(record).decode() for record in records),
    ]


def _plain(text: str) -> str:
    """Text without tokens, in small letters."""
    return re.sub(r"tok_[a-z_]+_k1[a-z2-7]+", " ", text).lower()


def _leaks(shown: str, people: list[dict[str, str]]) -> list[str]:
    plain = _plain(shown)
    return [value for person in people for value in person.values() if value.lower() in plain]


def _shown(one: Tokenizer, value: Any, **meta: Any) -> str:
    facts = tool(trusted=bool(meta))
    return str(run(one.result(ANNA, facts, answer(value, **meta))).result["content"][0]["text"])


@pytest.mark.slow
def test_none_of_ten_thousand_values_is_seen() -> None:
    chance = random.Random(20261121)
    one = tokenizer()
    people = [_person(chance, number) for number in range(RECORDS)]
    assert sum(len(set(person.values())) for person in people) >= 10_000
    for start in range(0, RECORDS, 25):
        some = people[start : start + 25]
        records = [_record(chance, person, start + at) for at, person in enumerate(some)]
        for value in _forms(records):
            shown = _shown(one, value)
            assert _leaks(shown, some) == []
            assert shown.count("tok_") >= 25 * 8


def test_none_is_seen_where_our_own_servers_say_what_is_classified() -> None:
    chance = random.Random(99)
    one = tokenizer()
    for start in range(0, 100, 25):
        people = [_person(chance, start + at) for at in range(25)]
        records = [_record(chance, person, start + at) for at, person in enumerate(people)]
        places = {f"/items/*/{key}": kind for key, kind in (("first_name", "name"), ("last_name", "name"))}
        places |= {"/items/*/full_name": "name", "/items/*/email": "email", "/items/*/phone": "phone"}
        places |= {"/items/*/card_number": "card", "/items/*/iban": "iban", "/items/*/national_id": "national_id"}
        found = [["name", person[key]] for person in people for key in ("first_name", "last_name", "full_name")]
        shown = _shown(one, {"items": records}, **{META_SENSITIVE: places, META_FOUND: found})
        assert _leaks(shown, people) == []
