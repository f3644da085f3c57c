"""Short tokens stand for entries of the vault: sealed, with a lifetime, erasable."""

from __future__ import annotations

from typing import Any

import pytest
from support.shielding import ANNA, BEN, EVE, OTHER_KEY, restore, run, shield, tokenizer, tool

from adaptgen.govern.settings.keys import KeyRing
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.store.protocol import MemoryStore, StoreError

ADA = "ada.lovelace@example.com"
TAKES = tool({"email": "email", "phone": "phone"}, schema={"phone": {"type": "integer"}})


class Recording(MemoryStore):
    """A memory store that keeps what is written to it; ``broken`` refuses everything."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[tuple[str, bytes, float | None]] = []
        self.broken = False

    async def put(self, key: str, value: bytes, *, ttl: float | None = None) -> None:
        if self.broken:
            raise StoreError("the store cannot be reached")
        self.written.append((key, value, ttl))
        await super().put(key, value, ttl=ttl)

    async def get(self, key: str) -> bytes | None:
        if self.broken:
            raise StoreError("the store cannot be reached")
        return await super().get(key)


def short(store: MemoryStore, **chosen: Any) -> Any:
    return tokenizer(store=store, form="short", **chosen)


def test_short_tokens_come_back() -> None:
    store = Recording()
    shown = shield(short(store), {"email": ADA, "phone": 4915112345678})
    assert len(shown["email"]) == len("tok_email_k1") + 16
    assert restore(short(store), shown, TAKES, BEN) == {"email": ADA, "phone": 4915112345678}
    assert shield(short(store), shown) == shown


@pytest.mark.parametrize("by", ["token", "value"])
def test_erased_values_resolve_no_more(by: str) -> None:
    store = Recording()
    one = short(store)
    shown = shield(one, {"email": ADA})
    given = {"token": shown["email"]} if by == "token" else {"kind": "email", "value": ADA}
    run(one.erase(EVE, **given))
    assert restore(one, shown, TAKES)["email"] == ADA
    run(one.erase(ANNA, **given))
    with pytest.raises(ToolError, match="exactly as it was given"):
        restore(one, shown, TAKES)


def test_entries_end_and_others_cannot_read_them() -> None:
    store = Recording()
    shown = shield(short(store), {"email": ADA})
    with pytest.raises(ToolError):
        restore(short(store), shown, TAKES, EVE)
    with pytest.raises(ToolError):
        restore(short(store, ring=KeyRing("k1", {"k1": OTHER_KEY})), shown, TAKES)
    run(store.delete(store.written[0][0]))
    with pytest.raises(ToolError):
        restore(short(store), shown, TAKES)


def test_an_entry_put_in_the_place_of_another_is_not_believed() -> None:
    store = Recording()
    one = short(store)
    ada, ben = shield(one, {"email": ADA}), shield(one, {"email": "ben@example.com"})
    (first, _, _), (_, other, _) = store.written
    run(store.put(first, other))
    with pytest.raises(ToolError):
        restore(one, ada, TAKES)
    assert restore(one, ben, TAKES)["email"] == "ben@example.com"
