"""Typed answers of every tool of the CRM, Kinto and Airflow, validated by the clients' own validators."""

from __future__ import annotations

import asyncio
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from support import airflow
from support.generated import generate
from support.services import Service, cache
from support.typed import Found, Planned, by_fastmcp, by_mcp, by_typescript, plan_calls, summary

from adaptgen.demo.crm import PASSWORD, USERNAME, Running, running

from .conftest import Served, serving
from .test_clients_foreign import INSPECTOR, inspector

__all__ = ["inspector"]
pytestmark = [pytest.mark.slow]


def validate(name: str, served: Served, folder: Path, given: Mapping[str, Any]) -> tuple[Planned, dict[str, Found]]:
    """What each client says to the answers of all tools."""

    async def ask() -> tuple[Planned, dict[str, Found]]:
        planned = await plan_calls(served.url, given)
        return planned, {"fastmcp": await by_fastmcp(served.url, planned), "mcp": await by_mcp(served.url, planned)}

    planned, found = asyncio.run(ask())
    modules = cache() / f"inspector-{INSPECTOR.rpartition('@')[2]}"
    if (modules / "node_modules" / "@modelcontextprotocol" / "client").is_dir():
        found["typescript"] = by_typescript(served.url, planned, modules, folder)
    print("\n".join(summary(name, planned, found)))
    return planned, found


def expect_valid(planned: Planned, found: Mapping[str, Found], called: int) -> None:
    assert [tool.name for tool in planned.tools.values() if tool.output_schema is None] == []
    for one in found.values():
        assert one.refused == []
        assert one.typed == one.answers > 0
    assert len(planned.answered) >= called


def typed(served: Served, package: Path, **environ: str) -> Served:
    """The command that serves ``package`` with typed answers."""
    return Served([*served.command[:-1], "--result", "structured", str(package)], {**served.environ, **environ})


def known(crm: Running) -> dict[str, Any]:
    """What no list shows under the name of the argument."""
    database = crm.crm.state.database

    def first(column: str, table: str) -> Any:
        return next(iter(database.execute(f"SELECT {column} FROM {table} ORDER BY id").fetchone()))

    return {
        "oppId": first("id", "opportunities"),
        "attachmentId": first("id", "attachments"),
        "name": first("name", "customers"),
    }


def test_every_tool_of_the_crm(notes: Served, crm_package: Path, inspector: list[str], tmp_path: Path) -> None:
    with running() as crm:
        environ = {"CRM_BASE_URL": crm.url, "CRM_USERNAME": USERNAME, "CRM_PASSWORD": PASSWORD}
        with serving(typed(notes, crm_package, **environ)) as served:
            planned, found = validate("crm", served, tmp_path, known(crm))
    expect_valid(planned, found, 40)


def fetch(url: str) -> bytes:
    with urllib.request.urlopen(url) as answer:
        return bytes(answer.read())


def test_every_tool_of_kinto(kinto_service: Service, notes: Served, tmp_path: Path) -> None:
    facts = kinto_service.facts
    package = generate(tmp_path, "kinto", {"kinto.json": fetch(kinto_service.url + facts["document"])}, "adaptgen: 1\n")
    environ = {
        "KINTO_BASE_URL": kinto_service.url,
        "KINTO_USERNAME": facts["username"],
        "KINTO_PASSWORD": facts["password"],
    }
    given = {"bucket_id": "crm", "collection_id": "contacts"}
    with serving(typed(notes, package, **environ)) as served:
        planned, found = validate("kinto", served, tmp_path, given)
    expect_valid(planned, found, 15)


def test_every_tool_of_airflow(airflow_service: Service, notes: Served, tmp_path: Path) -> None:
    facts = airflow_service.facts
    documents = {
        "airflow.json": fetch(airflow_service.url + facts["document"]),
        "login.json": fetch(airflow_service.url + facts["login_document"]),
    }
    environ = {
        "AIRFLOW_BASE_URL": airflow_service.url,
        "AIRFLOW_USERNAME": facts["username"],
        "AIRFLOW_PASSWORD": facts["password"],
    }
    package = generate(tmp_path, "airflow", documents, airflow.HINTS + "server: {surface: list}\n")
    with serving(typed(notes, package, **environ)) as served:
        planned, found = validate("airflow", served, tmp_path, {"dag_id": airflow.DAG})
    expect_valid(planned, found, 50)
