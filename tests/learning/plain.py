"""Small APIs made by hand, for one fault each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from learning.behaviour import Api, Declared, Field, Listing, Login, Paging

PAGES = Paging(mechanics="page", position="page", size="per_page", first=1, default=10, maximum=50, above="clamped")
SESSION = Login(
    "session", "header Authorization: Bearer {token}", "/auth/login", "username", "password", token="$.token"
)
FIELDS = (Field("id", "id"), Field("name", "title"), Field("email", "email"), Field("createdAt", "time"))


def records(count: int, name: str = "customer") -> tuple[dict[str, Any], ...]:
    """Records with a personal value each."""
    return tuple(
        {
            "id": 100 + number,
            "name": f"{name} {number}",
            "email": f"quistgaard.{number}@mail.example",
            "createdAt": f"2025-01-01T00:{number % 60:02d}:00Z",
        }
        for number in range(count)
    )


def listing(name: str, count: int, paging: Paging = PAGES, **more: Any) -> Listing:
    """A list ``/name`` of ``count`` records."""
    values: dict[str, Any] = {"items": "$.data", "total": "$.total", **more}
    return Listing(name, name.removesuffix("s"), f"/{name}", FIELDS, records(count, name), paging, **values)


def api(*lists: Listing, login: Login | None = None, **more: Any) -> Api:
    """An API of these lists; of two lists of 73 and 38 records without any."""
    chosen = lists or (listing("customers", 73), listing("orders", 38))
    canaries = frozenset(str(record["email"]) for one in chosen for record in one.records)
    secrets = {"user": "svc", "password": "pw-6f1d0c2b9a7e4d55", "key": "key-0f9e8d7c6b5a4f3e2d1c0b9a"}
    made = Api(7, "mock7", "", login or Login(), chosen, "flat", False, (), secrets, canaries, Declared())
    return replace(made, **more)
