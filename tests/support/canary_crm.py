"""The bundled CRM filled with canaries, in every place where an old CRM keeps what it should not; and its own log."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from starlette.types import Message, Receive, Scope, Send
from support.canaries import Canaries

from adaptgen.demo.crm import Crm

KEPT = {"contacts": 560, "customers": 240, "invoices": 200, "contracts": 160, "opportunities": 120, "tickets": 160}
KEPT |= {"tasks": 60, "notes": 160, "attachments": 60, "users": 24}
"""Rows of the full CRM; a smaller one has a part of each."""


class WatchedCrm(Crm):
    """``asked``: every request as it came, with its body; ``said``: the bodies of its answers."""

    def __init__(self) -> None:
        super().__init__(slow=0.0)
        self.asked: list[str] = []
        self.said: list[bytes] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        head = f"{scope['method']} {scope['raw_path'].decode()}?{scope['query_string'].decode()}"
        lines = [head, *(f"{name.decode()}: {value.decode('latin-1')}" for name, value in scope["headers"])]
        parts: list[bytes] = []

        async def taken() -> Message:
            message = await receive()
            parts.append(message.get("body", b""))
            return message

        async def given(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.asked.append("\n".join([*lines, b"".join(parts).decode("utf-8", "replace")]))
            if message["type"] == "http.response.body":
                self.said.append(message.get("body", b""))
            await send(message)

        await super().__call__(scope, taken, given)

    def stored(self) -> str:
        """Everything in the database, as text."""
        database = self.state.database
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = [str(tuple(row)) for table in tables for row in database.execute(f"SELECT * FROM {table}")]
        return "\n".join(rows)


def fill(database: sqlite3.Connection, canaries: Canaries, share: float = 1.0) -> None:
    """Keep ``share`` of :data:`KEPT` rows, and put canaries into all that is left."""
    for table, count in KEPT.items():
        keep = max(int(count * share), 12)
        database.execute(f"DELETE FROM {table} WHERE rowid NOT IN (SELECT rowid FROM {table} LIMIT ?)", (keep,))
    for table in ("contacts", "invoices", "contracts", "opportunities", "tickets", "tasks", "notes", "attachments"):
        database.execute(f"UPDATE {table} SET customer_id = (SELECT min(id) + {table}.rowid % count(*) FROM customers)")
    database.execute("DELETE FROM comments WHERE ticket_id NOT IN (SELECT id FROM tickets)")
    database.execute("DELETE FROM payments WHERE invoice_id NOT IN (SELECT id FROM invoices)")
    for table, owner in (("customers", "owner_id"), ("opportunities", "owner_id"), ("contracts", "owner_id")):
        database.execute(f"UPDATE {table} SET {owner} = 1 + rowid % (SELECT count(*) FROM users)")
    database.execute("UPDATE tickets SET assignee_id = 1 + rowid % (SELECT count(*) FROM users)")
    database.execute("UPDATE notes SET author_id = 1 + rowid % (SELECT count(*) FROM users)")
    fillers = {
        "users": _user, "customers": _customer, "contacts": _contact, "opportunities": _opportunity,
        "contracts": _contract, "invoices": _invoice, "tickets": _ticket, "tasks": _task, "notes": _note,
        "attachments": _attachment, "products": _product, "tags": _tag, "payments": _payment, "comments": _comment,
    }  # fmt: skip
    people = {}
    for table, filler in fillers.items():
        for row in database.execute(f"SELECT rowid AS here, * FROM {table}").fetchall():
            known = {**dict(row), "_people": people}
            changes = filler(canaries, known)
            if table == "users":
                people[row["id"]] = changes["full_name"]
            sets = ", ".join(f"{column} = ?" for column in changes)
            database.execute(f"UPDATE {table} SET {sets} WHERE rowid = ?", [*changes.values(), row["here"]])
    database.commit()


def _user(c: Canaries, row: dict[str, Any]) -> dict[str, Any]:
    return {"full_name": f"{c.name()} {c.name()}", "email": c.email(), "phone": c.phone()}


def _customer(c: Canaries, row: dict[str, Any]) -> dict[str, Any]:
    owner = row["_people"][row["owner_id"]]
    return {
        "name": row["name"] if row["id"] % 5 else f"{row['name']} c/o {c.email()}",
        "phone": c.phone(),
        "fax": c.phone(),
        "email": c.email(),
        "iban": c.iban(),
        "national_id": c.national_id(),
        "website": f"https://shop.example/?contact={quote(c.email(), safe='')}" if row["id"] % 3 else row["website"],
        "tags": json.dumps(["vip", c.email()]),
        "remarks": f"Owner {owner.upper()} knows them. {prose(c)}",
        "udf": json.dumps(undeclared(c, row["id"])),
    }


def _contact(c: Canaries, row: dict[str, Any]) -> dict[str, Any]:
    if row["id"] % 40 == 0:
        han = c.han()
        first, last = han[1:], han[0]
        said = f"{han} 来电"
    else:
        first, last = c.name(), c.name()
        said = told(c, first, last, row["id"])
    return {
        "first_name": first,
        "last_name": last,
        "email": c.email(),
        "phone": c.phone(),
        "mobile": c.phone(),
        "national_id": c.national_id(),
        "remarks": f"{said} {prose(c)}",
        "udf": json.dumps({**undeclared(c, row["id"]), "udf_names": f'{{"text": "{last} called"}}'})
        if row["id"] % 40
        else row["udf"],
    }


def told(c: Canaries, first: str, last: str, at: int) -> str:
    """A sentence that says a name as people say it."""
    forms = (
        f"{first}'s order was late.",
        f"{first.upper()} {last.upper()} called.",
        f"Wants {last}\u2019s invoice.",
        f"Mr {last}, {first}: asked.",
        f"**{first}** and _{last}_ wrote.",
        f"({first.lower()} {last.lower()}) signed.",
        f"Ask {first}\u00a0{last}!",
        f'"{first}" <{c.email()}>',
        f"<b>{last}</b>&nbsp;left.",
        f"{first}/{last} agreed; {first}-Team too.",
    )
    return forms[at % len(forms)]


def _opportunity(c: Canaries, row: dict[str, Any]) -> dict[str, Any]:
    return {
        "next_step": f"Call {c.phone()}",
        "lost_reason": f"IBAN {c.iban()} refused",
        "remarks": prose(c),
        "udf": json.dumps(undeclared(c, row["id"])),
    }


def _contract(c: Canaries, row: dict[str, Any]) -> dict[str, Any]:
    first, last = c.name(), c.name()
    return {
        "debit_iban": c.iban(),
        "signed_by": f"{first} {last}",
        "terms": f"Signed by {first.upper()}; {last}'s copy is with us.",
        "remarks": prose(c),
        "udf": json.dumps(undeclared(c, row["id"])),
    }


def _invoice(c: Canaries, row: dict[str, Any]) -> dict[str, Any]:
    return {"billing_email": c.email(), "remarks": prose(c), "udf": json.dumps(undeclared(c, row["id"]))}


def _ticket(c: Canaries, row: dict[str, Any]) -> dict[str, Any]:
    person = row["_people"][row["assignee_id"]]
    return {
        "subject": f"Mail from {c.email()}",
        "description": f"{person}'s ticket. {prose(c)}",
        "resolution": f"Called {c.phone(silent=True)} back.",
        "udf": json.dumps(undeclared(c, row["id"])),
    }


def _task(c: Canaries, row: dict[str, Any]) -> dict[str, Any]:
    return {"subject": f"Ask {c.email()}", "remarks": prose(c), "udf": json.dumps(undeclared(c, row["id"]))}


def _note(c: Canaries, row: dict[str, Any]) -> dict[str, Any]:
    return {"text": f"{row['_people'][row['author_id']]} wrote: {prose(c)}"}


def _product(c: Canaries, row: dict[str, Any]) -> dict[str, Any]:
    return {"family": f"{row['family']} ({c.email()})"} if row["id"] % 10 == 0 else {"sku": row["sku"]}


def _tag(c: Canaries, row: dict[str, Any]) -> dict[str, Any]:
    return {"name": f"for {c.phone(silent=True)}"} if row["id"] % 5 == 0 else {"name": row["name"]}


def _payment(c: Canaries, row: dict[str, Any]) -> dict[str, Any]:
    return {"reference": f"SEPA {c.iban()}"} if row["id"] % 10 == 0 else {"reference": row["reference"]}


def _comment(c: Canaries, row: dict[str, Any]) -> dict[str, Any]:
    return {"text": prose(c)} if row["id"] % 10 == 0 else {"text": row["text"]}


def _attachment(c: Canaries, row: dict[str, Any]) -> dict[str, Any]:
    media, name, content = file_of(c, row["id"])
    return {
        "file_name": name,
        "media_type": media,
        "size": len(content),
        "description": prose(c),
        "content": content,
    }


def file_of(c: Canaries, at: int) -> tuple[str, str, bytes]:
    """Media type, file name and content of a file about people."""
    first, last, email, phone, iban, card = c.name(), c.name(), c.email(), c.phone(), c.iban(), c.card()
    national = c.national_id()
    record = {"first_name": first, "last_name": last, "email": email, "phone": phone, "x": [iban, {"y": card}]}
    rows = [[first, last, email, phone, iban, f"{last.upper()}'s card is {card}"]]
    head = ["First Name", "Last Name", "E-Mail", "Phone", "IBAN", "Remarks"]
    forms: tuple[tuple[str, str, str], ...] = (
        ("text/csv", "people.csv", table(head, rows, ",")),
        ("text/csv", "leute.csv", table(["Vorname", "Nachname", "Mail", "Telefon", "Konto", "Notiz"], rows, ";")),
        ("text/plain", f"minutes-{email}.txt", f"Minutes\n{email}; {iban} / {card}\nTel: {phone}\nID {national}\n"),
        ("application/json", "person.json", json.dumps(record)),
        ("application/x-ndjson", "people.ndjson", f"{json.dumps(record)}\n{json.dumps({'note': f'{card} {iban}'})}\n"),
        ("text/html", "p.html", f"<p title='{card}'>Mail <a href='mailto:{email}'>us</a> {iban} tel {phone}</p>"),
        (
            "application/xml",
            "p.xml",
            f"<r><mail>{email}</mail><iban>{iban}</iban><card>{card}</card><id>{national}</id></r>",
        ),
        ("application/x-yaml", "p.yaml", f"email: {email}\niban: {iban}\nphone: '{phone}'\ncard: \"{card}\"\n"),
        ("text/vcard", "p.vcf", f"BEGIN:VCARD\nFN:{first} {last}\nEMAIL:{email}\nEND:VCARD\n"),
        ("application/pdf", f"{email}.pdf", f"%PDF-1.4 {email} {iban}"),
        ("image/png", "photo.png", f"\x89PNG {email}"),
        ("text/tab-separated-values", "p.tsv", table(head, rows, "\t")),
    )
    media, name, text = forms[at % len(forms)]
    return media, name, text.encode()


def table(head: list[str], rows: list[list[str]], separator: str) -> str:
    """A table as programs write it."""
    lines = [separator.join(head)]
    lines += [separator.join(f'"{cell}"' if separator in cell or " " in cell else cell for cell in row) for row in rows]
    return "\r\n".join(lines) + "\r\n"


def undeclared(c: Canaries, at: int) -> dict[str, Any]:
    """Members that no document knows: three of many kinds, which turn from record to record."""
    forms = (
        lambda: {"udf_01": c.email(), "zz_tel": c.phone()},
        lambda: {"raw": json.dumps({"mail": c.email(), "deep": json.dumps({"a": [c.card(), c.iban()]})})},
        lambda: {"list_x": [c.email(), c.phone(silent=True), c.iban(), c.national_id()]},
        lambda: {"seen": {c.email(): {"at": 1}, c.iban(): True}},
        lambda: {"pan_x": c.card_number(), "nested": {"deep": {"er": [{"v": c.card()}]}}},
        lambda: {"url": f"https://x.example/u/{quote(c.email(), safe='')}?p={quote(c.iban())}"},
        lambda: {"html": f'<a href="mailto:{c.email()}?subject=Hi">x</a>&nbsp;{c.email().replace("@", "&#64;")}'},
        lambda: {"line": f"id;name;mail\n1;x;{c.email()}\n2;y;{c.email()}", "b": f"{c.card()},{c.iban()}"},
        lambda: {"escaped": json.dumps(json.dumps([c.email(), c.national_id()])), "q": f"tel:{c.phone(silent=True)}"},
        lambda: {"wide": wide(c.card()), "zero": hidden(c.email())},
    )
    found: dict[str, Any] = {}
    for step in (0, 3, 7):
        found |= forms[(at + step) % len(forms)]()
    return found


def wide(text: str) -> str:
    """``text`` in full-width digits."""
    return "".join(chr(ord(one) + 0xFEE0) if one.isdigit() else one for one in text)


def hidden(text: str) -> str:
    """``text`` with a zero-width blank in it."""
    return f"{text[:3]}\u200b{text[3:]}"


def prose(c: Canaries) -> str:
    """A sentence with one value of a kind that takes its turn."""
    return next(_PROSE.setdefault(id(c), _sentences(c)))


_PROSE: dict[int, Iterator[str]] = {}


def _sentences(c: Canaries) -> Iterator[str]:
    while True:
        yield f"Reach them at {c.email()} or Tel. {c.phone()}."
        yield f"Paid with {c.card()}, exp. 12/29; ID card {c.national_id()}."
        yield f"Account {c.iban()} is closed."
        yield f"See mailto:{c.email()} <{c.email()}>, phone {c.phone()}"
        yield f"{c.phone(silent=True)} / {c.phone(silent=True)} (office), not {c.email().upper()}"
        yield f"**{c.email()}**, `{c.iban()}`, _{c.card()}_"
        yield f"Contact:{c.email()},{c.email()};Fax={c.phone(silent=True)}"
        yield f"\u201e{c.email()}\u201c \u2013 {c.national_id()} \u2013 {c.card()}"
