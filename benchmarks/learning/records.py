"""Records of the mock APIs, with personal data that must be found nowhere else."""

from __future__ import annotations

import random
import uuid
from collections.abc import Mapping
from typing import Any

from learning.behaviour import Field

FIRST = ("Ada", "Bela", "Chidi", "Dana", "Emil", "Femi", "Greta", "Hugo", "Ines", "Jonas", "Katja", "Liam")
LAST = (
    "Quistgaard",
    "Nyholmsen",
    "Vanderstraeten",
    "Okonkwobi",
    "Brzezicki",
    "Thorvaldsdal",
    "Miyazawara",
    "Lindqvister",
)
WORDS = ("amber", "basalt", "cobalt", "drift", "ember", "fjord", "granite", "harbour", "indigo", "juniper", "kelp")
PERSONAL = ("person", "email", "phone", "iban", "hidden")

THEMES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "customers": ("customer", ("title", "email", "phone", "ref:countries", "enum", "time", "constant")),
    "contacts": ("contact", ("person", "email", "phone", "ref:customers", "null", "time")),
    "employees": ("employee", ("person", "email", "date", "iban", "flag", "ref:departments")),
    "users": ("user", ("person", "email", "flag", "time", "constant", "null")),
    "orders": ("order", ("title", "ref:customers", "number", "enum", "date", "null", "nested")),
    "invoices": ("invoice", ("title", "ref:customers", "number", "date", "flag", "hidden")),
    "products": ("product", ("title", "ref:categories", "number", "bulky", "constant", "flag")),
    "projects": ("project", ("title", "ref:users", "date", "date", "enum", "constant")),
    "tasks": ("task", ("title", "ref:projects", "ref:users", "enum", "flag", "null", "time")),
    "tickets": ("ticket", ("title", "ref:users", "enum", "time", "bulky", "hidden")),
    "shipments": ("shipment", ("title", "ref:orders", "number", "nested", "enum", "time")),
    "vehicles": ("vehicle", ("title", "number", "date", "flag", "null", "constant")),
    "events": ("event", ("title", "time", "time", "nested", "enum")),
    "categories": ("category", ("title", "flag")),
    "countries": ("country", ("title",)),
    "departments": ("department", ("title", "constant")),
}
SMALL = ("categories", "countries", "departments")

NAMES = {
    "title": ("name", "title", "label"),
    "person": ("full_name", "contact_name", "display_name"),
    "email": ("email", "mail", "email_address"),
    "phone": ("phone", "phone_number", "mobile"),
    "iban": ("iban",),
    "hidden": ("reach", "extra", "col_seven", "field_x"),
    "constant": ("object", "kind", "tenant", "schema_version"),
    "null": ("archived_at", "deleted_at", "legacy_code", "remark"),
    "date": ("start_date", "due_date", "valid_until", "booked_on"),
    "time": ("created_at", "updated_at", "last_seen"),
    "number": ("amount", "price", "weight", "quantity"),
    "enum": ("status", "state", "priority"),
    "flag": ("active", "is_public", "paid"),
    "bulky": ("description", "html", "body"),
    "nested": ("address", "meta", "origin"),
}


def styled(name: str, style: str) -> str:
    """``name`` (with underscores) in the style of an API."""
    if style == "snake":
        return name
    head, *rest = name.split("_")
    return (head if style == "camel" else head.capitalize()) + "".join(part.capitalize() for part in rest)


def draw_fields(dice: random.Random, name: str, style: str, lists: list[str], identity: str) -> tuple[Field, ...]:
    """The members of the records of one list, ``lists`` being those that may be pointed to."""
    singular, kinds = THEMES[name]
    found = [Field(styled(f"{singular}_id" if identity == "own" else identity, style), "id")]
    used = {found[0].name}
    for kind in kinds:
        plain, _, target = kind.partition(":")
        if plain == "ref":
            if target in lists:
                found.append(Field(styled(f"{THEMES[target][0]}_id", style), "ref", target))
            continue
        free = [one for one in NAMES[plain] if styled(one, style) not in used]
        if free:
            found.append(Field(styled(dice.choice(free), style), plain, declared=dice.random() > 0.08))
            used.add(found[-1].name)
    return tuple(found)


def iban(number: int) -> str:
    """A German IBAN with right check digits."""
    account = f"37040044{number:010d}"
    return f"DE{98 - int(account + '131400') % 97:02d}{account}"


def draw_records(
    dice: random.Random, seed: int, name: str, fields: tuple[Field, ...], count: int, ids: Mapping[str, list[Any]],
    form: str,
) -> list[dict[str, Any]]:  # fmt: skip
    """``count`` records; ``ids`` are those of the lists before, ``form`` is that of the ids."""
    singular = THEMES[name][0]
    start = dice.randrange(1, 5000)
    constants = {one.name: dice.choice((singular, True, 3, "t-1")) for one in fields if one.kind == "constant"}
    hidden = dice.choice(("email", "iban"))
    states = dice.sample(("open", "closed", "draft", "done", "waiting", "lost"), 4)

    def make(field: Field, number: int) -> Any:
        mark = seed * 1000 + number
        person = f"{FIRST[number % len(FIRST)]} {LAST[(number + seed) % len(LAST)]}"
        if field.kind == "id":
            if form == "uuid":
                return str(uuid.UUID(int=dice.getrandbits(128), version=4))
            return f"{singular[:3].upper()}-{start + number:05d}" if form == "code" else start + number
        if field.kind == "ref":
            # Few parents have all the children, so that child lists are worth paging.
            return dice.choice(ids[field.of][: max(1, min(6, len(ids[field.of])))]) if ids[field.of] else None
        values = {
            "title": lambda: f"{WORDS[number % len(WORDS)].capitalize()} {WORDS[(number // 3) % len(WORDS)]} {number}",
            "person": lambda: person,
            "email": lambda: f"{person.replace(' ', '.').lower()}.{mark}@mail.example",
            "phone": lambda: f"+49 30 {77000000 + mark % 900000}",
            "iban": lambda: iban(mark),
            "hidden": lambda: iban(mark) if hidden == "iban" else f"{person.split()[1].lower()}{mark}@mail.example",
            "constant": lambda: constants[field.name],
            "null": lambda: None,
            "date": lambda: f"2025-{1 + number % 12:02d}-{1 + number % 28:02d}",
            "time": lambda: f"2025-{1 + number % 12:02d}-{1 + number % 28:02d}T{number % 24:02d}:15:00Z",
            "number": lambda: round(dice.uniform(1, 900), 2),
            "enum": lambda: states[number % len(states)],
            "flag": lambda: number % 3 == 0,
            "bulky": lambda: "Lorem ipsum dolor sit amet. " * 25,
            "nested": lambda: {"street": f"{number} Harbour Road", "city": WORDS[number % len(WORDS)].capitalize()},
        }
        return values[field.kind]()

    return [{field.name: make(field, number) for field in fields} for number in range(count)]


def canaries_of(fields: tuple[Field, ...], records: list[dict[str, Any]]) -> set[str]:
    """The personal values of some records."""
    names = [one.name for one in fields if one.kind in PERSONAL]
    return {str(record[name]) for record in records for name in names}
