"""What the CRM does not have: files in many formats, headers, and failures in every form that APIs have."""

from __future__ import annotations

import asyncio
import contextlib
import io
from pathlib import Path

import pytest
from support.canaries import TOKEN, Canaries
from support.canary_api import HELD, Registry, document
from support.generated import generate
from support.watched import HEAVY, logs, watched
from support.web import web


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The generated server of the registry."""
    return generate(tmp_path_factory.mktemp("registry"), "registry", {"registry.json": document()})


@pytest.mark.parametrize("way", HEAVY)
def test_no_value_is_seen_in_files_headers_and_failures(way: str, registry: Path, tmp_path: Path) -> None:
    canaries = Canaries()
    api = Registry(canaries, 20)

    async def whole() -> dict[str, str]:
        with web(api) as served, logs() as log, contextlib.redirect_stderr(io.StringIO()) as stderr:
            async with watched(way, tmp_path, registry, {"REGISTRY_BASE_URL": served.url}) as at:
                agent = at.agent()
                await agent.rows("list_people", fields=["*"])
                for one in api.people:
                    await agent.call("get_person", {"id": str(one["id"]), "fields": ["*"]})
                for number in range(len(api.files)):
                    text, failed = await agent.call("get_file", {"number": str(number)})
                    assert not failed, text
                for how in api.broken:
                    if how == HELD:
                        continue
                    await agent.call("get_broken", {"how": how})
                    if how.endswith("-email"):
                        await agent.call("update_broken", {"how": how, "note": "x"})
                text, _ = await agent.call("save_person", {"note": "x", "color": "quiet"})
                assert TOKEN.search(text), "the address in the Location header is a token"
                asked = {one.path.rpartition("/")[2] for one in served.seen if one.path.startswith("/broken/")}
                assert asked == {*api.broken} - {HELD}, "a failure that was never asked for shows nothing"
                await agent.call("get_broken", {"how": HELD})
                text, failed = await agent.call("get_broken", {"how": HELD})
                assert failed
                assert "Nothing was sent" in text
                left = at.left()
        return {"agent": "\n".join(at.seen), **left, "logs": "\n".join(log.lines), "stderr": stderr.getvalue()}

    places = asyncio.run(whole())
    found = {place: canaries.leaks(text) for place, text in places.items()}
    assert {place: values for place, values in found.items() if values} == {}
    assert len(canaries) > 700
