"""The key that seals accounts which processes share: it must outlive the process that made it."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.own_accounts import KEY, NotesApi, Replica

from adaptgen.diagnostics import AdaptgenError
from adaptgen.govern.pipeline import assemble
from adaptgen.govern.pipeline.factory import ServingContext, TargetInputs
from adaptgen.govern.settings.keys import KeyMaterial
from adaptgen.govern.settings.source import source
from adaptgen.runtime.store.protocol import MemoryStore

pytestmark = pytest.mark.asyncio


class Shared(MemoryStore):
    local = False


@pytest.mark.parametrize(("store", "random", "refused"), [
    (Shared, ("cursors",), True), (Shared, (), False), (MemoryStore, ("cursors",), False),
])  # fmt: skip
async def test_shared_accounts_need_a_key_that_lasts(
    tmp_path: Path, store: type[MemoryStore], random: tuple[str, ...], refused: bool
) -> None:
    replica = Replica(tmp_path, NotesApi(), None)
    (tmp_path / "governance.yaml").write_text("adaptgen: 1\nmode: embedded\n")
    settings = await source(str(tmp_path / "governance.yaml"), {}).load()
    place = ServingContext(environ={})
    given = TargetInputs(settings, KeyMaterial(cursors=KEY, ephemeral=random), store(), place)
    make = assemble._engine_targets(replica.engine.server, place, [])
    if refused:
        with pytest.raises(AdaptgenError, match="AG073"):
            await make(given)
    else:
        await (await make(given)).aclose()
    await replica.engine.aclose()
