"""The CRM probe: no hints, credentials by environment, a login that nobody describes as one."""

from __future__ import annotations

import json
import sys
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from support.generated import call, engine, generate, rows, walk
from support.services import Service, free_port, launch, plain_environ

from adaptgen.model.tables import LOCAL
from adaptgen.runtime.engine import Engine

pytestmark = [pytest.mark.asyncio]


@pytest.fixture
def probe(testdata: Path, tmp_path: Path) -> Iterator[Service]:
    port = free_port()
    service = launch(
        "probe",
        [sys.executable, str(testdata / "probe" / "legacy_crm.py"), str(port)],
        url=f"http://127.0.0.1:{port}",
        ready="/stats",
        environ=plain_environ(tmp_path),
        folder=tmp_path,
        seconds=20,
    )
    yield service
    service.stop()


@pytest_asyncio.fixture
async def tools(probe: Service, testdata: Path, tmp_path: Path) -> AsyncIterator[Engine]:
    package = generate(tmp_path, "crm", {"crm.json": (testdata / "probe" / "crm.json").read_bytes()})
    made = engine(package, {"CRM_BASE_URL": probe.url, "CRM_USERNAME": "svc", "CRM_PASSWORD": "pw"})
    yield made
    await made.aclose()


def seen(probe: Service) -> dict[str, int]:
    with urllib.request.urlopen(probe.url + "/stats") as answer:
        found: dict[str, int] = json.load(answer)
    return found


async def test_all_customers_once_in_few_bytes_with_one_login(tools: Engine, probe: Service) -> None:
    (contract,) = tools.list(LOCAL)
    items, sizes = await walk(tools, contract.name)
    assert [item["id"] for item in items] == list(range(1, 251))
    assert all({"id", "name", "status"} <= item.keys() for item in items)
    assert len(sizes) <= 10
    assert sum(sizes) <= 25_000
    assert sizes[0] <= 3_000
    assert seen(probe)["logins"] == 1


async def test_neither_login_nor_secret_is_seen(tools: Engine) -> None:
    (contract,) = tools.list(LOCAL)
    shown = json.dumps(contract.input_schema) + contract.description
    answer, _ = await call(tools, contract.name)
    shown += json.dumps(answer)
    assert "login" not in contract.name
    assert not any(word in shown.lower() for word in ("password", "token", "tok-", "session"))
    assert "123-45" not in shown


async def test_what_the_view_leaves_out_comes_by_fields(tools: Engine) -> None:
    (contract,) = tools.list(LOCAL)
    answer, _ = await call(tools, contract.name, limit=1, fields=["id", "legacy_udf_03", "audit.row_hash"])
    assert rows(answer) == [{"id": 1, "legacy_udf_03": "N/A", "audit.row_hash": "0" * 64}]
