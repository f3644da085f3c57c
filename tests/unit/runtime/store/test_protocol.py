"""What is in the log while a store is away."""

from __future__ import annotations

import pytest

from adaptgen.runtime.store import protocol
from adaptgen.runtime.store.protocol import StoreError, insist


@pytest.mark.asyncio
async def test_what_was_begun_is_tried_until_the_store_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "_PAUSE", 0.0)
    answers = iter([StoreError("away"), StoreError("away"), 7])

    async def attempt() -> int:
        found = next(answers)
        if isinstance(found, StoreError):
            raise found
        return found

    assert await insist(attempt, 5.0) == 7

    async def never() -> int:
        raise StoreError("away")

    with pytest.raises(StoreError):
        await insist(never, 0.0)
