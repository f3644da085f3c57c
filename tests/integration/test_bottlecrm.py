"""BottleCRM: single-use refresh tokens, 403 for a dead session, undeclared paging, a lot of noise."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from support import bottlecrm
from support.generated import call, engine, generate, rows, text, walk
from support.services import Service

from adaptgen.model.tables import LOCAL
from adaptgen.runtime.engine import Engine

pytestmark = [pytest.mark.slow, pytest.mark.asyncio]

HINTS = (
    bottlecrm.HINTS
    + """\
tools:
  find_contacts:
    call: GET /api/contacts/
    description: Find contacts by name, e-mail address or city.
    arguments: {email: {in: query, type: string, description: A part of the e-mail address.}}
    view: [id, first_name, last_name, email]
    page: {style: offset, limit: limit, offset: offset, in: query, items: $.results, total: $.count}
"""
)


def environ(service: Service) -> dict[str, str]:
    return {"BOTTLE_BASE_URL": service.url, "BOTTLE_REFRESH_TOKEN": service.facts["refresh_token"]}


def package(service: Service, folder: Path) -> Path:
    return generate(folder, "bottle", {"bottle.json": Path(service.facts["document"]).read_bytes()}, HINTS)


@pytest_asyncio.fixture
async def tools(bottlecrm_service: Service, tmp_path: Path) -> AsyncIterator[Engine]:
    made = engine(package(bottlecrm_service, tmp_path), environ(bottlecrm_service), tmp_path / "state")
    yield made
    await made.aclose()


def renewals(service: Service, start: int = 0) -> list[int]:
    """The status of every use of a refresh token, from the service's own access log."""
    log = Path(service.facts["access_log"]).read_text()[start:]
    return [int(status) for status in re.findall(r'"POST /api/auth/refresh-token/ HTTP/1.1" (\d+)', log)]


async def test_every_contact_comes_exactly_once(tools: Engine) -> None:
    items, _ = await walk(tools, "find_contacts")
    assert len(items) == len({item["id"] for item in items}) == 500


async def test_a_contact_is_found_by_its_address(tools: Engine) -> None:
    some, _ = await call(tools, "find_contacts", limit=3)
    wanted = rows(some)[2]
    answer, size = await call(tools, "find_contacts", email=wanted["email"])
    assert wanted in rows(answer)
    assert size <= 1500


@pytest.mark.parametrize("bottlecrm_service", [2], indirect=True)
async def test_sessions_that_live_two_seconds_are_renewed_once_each(tools: Engine, bottlecrm_service: Service) -> None:
    """20 s of calls at 10 concurrent: no error, every refresh token used once, at most 22 renewals."""
    start = Path(bottlecrm_service.facts["access_log"]).stat().st_size
    end = time.monotonic() + 20
    done = 0

    async def caller() -> None:
        nonlocal done
        while time.monotonic() < end:
            answer = await tools.call(LOCAL, "find_contacts", {"limit": 2})
            assert not answer.is_error, text(answer)
            done += 1

    await asyncio.gather(*(caller() for _ in range(10)))
    used = renewals(bottlecrm_service, start)
    assert done > 40
    assert set(used) == {200}
    assert 5 <= len(used) <= 22


CHILD = """\
import asyncio, json, os, sys
from pathlib import Path
from adaptgen.transports.load import load_server
from adaptgen.model.tables import LOCAL
from adaptgen.runtime.engine import Engine

async def main():
    engine = Engine(load_server(Path(sys.argv[1])), state=Path(sys.argv[2]))
    while True:
        answer = await engine.call(LOCAL, "find_contacts", {"limit": 1})
        print(json.dumps([answer.is_error, answer.content[0].text]), flush=True)

asyncio.run(main())
"""


@pytest.mark.parametrize("bottlecrm_service", [2], indirect=True)
async def test_a_killed_server_goes_on_with_the_stored_token(bottlecrm_service: Service, tmp_path: Path) -> None:
    made = package(bottlecrm_service, tmp_path)
    start = Path(bottlecrm_service.facts["access_log"]).stat().st_size
    for _ in range(3):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(made), str(tmp_path / "state")],
            stdout=subprocess.PIPE,
            env={"PATH": "/usr/bin:/bin", **environ(bottlecrm_service)},
        )
        assert child.stdout is not None
        begun = time.monotonic()
        while time.monotonic() - begun < 3:
            is_error, said = json.loads(child.stdout.readline())
            assert not is_error, said
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
    used = renewals(bottlecrm_service, start)
    assert len(used) >= 3
    assert set(used) == {200}
