"""Kinto: a JSON store that describes itself in Swagger 2.0; its login and its ``Next-Page`` are undeclared."""

from __future__ import annotations

import base64
import random
from pathlib import Path
from typing import Any

from support.services import Service, environment, free_port, launch, plain_environ, python

RECORDS = "/buckets/crm/collections/contacts/records"
USER, PASSWORD = "admin", "kinto-pw"
BASIC = {"Authorization": "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()}

SETTINGS = """\
[server:main]
use = egg:waitress#main
host = 127.0.0.1
port = {port}
threads = 8

[app:main]
use = egg:kinto
kinto.includes = kinto.plugins.accounts kinto.plugins.flush
kinto.storage_backend = kinto.core.storage.memory
kinto.cache_backend = kinto.core.cache.memory
kinto.permission_backend = kinto.core.permission.memory
kinto.userid_hmac_secret = 00000000000000000000000000000001
multiauth.policies = account
multiauth.policy.account.use = kinto.plugins.accounts.AccountsPolicy
kinto.account_create_principals = system.Everyone
kinto.account_write_principals = account:{user}
kinto.bucket_create_principals = account:{user}
kinto.paginate_by = 50
"""


def records(count: int) -> list[dict[str, Any]]:
    """Contacts with the personal data that such stores hold; the same every time."""
    dice = random.Random(7)
    names = ("Ada", "Bela", "Chidi", "Dana", "Emil", "Femi", "Greta", "Hugo")
    return [
        {
            "id": f"contact-{n:04d}",
            "first_name": (first := dice.choice(names)),
            "last_name": (last := dice.choice(("Alder", "Birch", "Cedar", "Elm"))),
            "email": f"{first}.{last}.{n}@example.com".lower(),
            "phone": f"+1-555-{n:04d}",
            "ssn": f"900-00-{n:04d}",
            "address": {"street": f"{n} Test Street", "city": "Sampleton"},
            "stage": dice.choice(("lead", "open", "won", "lost")),
            "notes": "x" * 300,
            "audit": [{"at": f"2026-01-{day:02d}", "by": f"clerk{day}@example.com"} for day in range(1, 5)],
        }
        for n in range(count)
    ]


def start(folder: Path, count: int = 500) -> Service:
    """Kinto with ``count`` contacts in bucket ``crm``; the store is in memory, so every start is fresh."""
    bin_ = environment("kinto", python((3, 11)))
    port = free_port()
    settings = folder / "kinto.ini"
    settings.write_text(SETTINGS.format(port=port, user=USER))
    service = launch(
        "kinto",
        [str(bin_ / "kinto"), "start", "--ini", str(settings)],
        url=f"http://127.0.0.1:{port}/v1",
        ready="/__heartbeat__",
        environ=plain_environ(folder),
        folder=folder,
        seconds=60,
    )
    service.facts = {"username": USER, "password": PASSWORD, "document": "/__api__"}
    service.json("PUT", f"/accounts/{USER}", {"data": {"password": PASSWORD}})
    service.json("PUT", "/buckets/crm", {"data": {}}, BASIC)
    service.json("PUT", "/buckets/crm/collections/contacts", {"data": {}}, BASIC)
    rows = records(count)
    for at in range(0, count, 25):
        requests = [{"path": f"{RECORDS}/{row['id']}", "body": {"data": row}} for row in rows[at : at + 25]]
        done = service.json("POST", "/batch", {"defaults": {"method": "PUT"}, "requests": requests}, BASIC)
        if any(one["status"] not in (200, 201) for one in done["responses"]):
            raise AssertionError(done)
    return service
