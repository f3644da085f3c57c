"""Airflow: OpenAPI 3.1, the login in a second document, limits clamped without a word."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from support import airflow
from support.airflow import DAG, FAILED
from support.generated import call, engine, generate, walk
from support.services import Service

from adaptgen.runtime.engine import Engine

pytestmark = [pytest.mark.slow, pytest.mark.asyncio]

HINTS = (
    airflow.HINTS
    + """\
tools:
  list_dags: {call: GET /api/v2/dags}
  failed_tasks_of_last_run:
    description: The failed task instances of the latest run of one DAG.
    arguments: {dag_id: {type: string, description: The DAG.}}
    steps:
      - id: runs
        call: GET /api/v2/dags/{dag_id}/dagRuns
        with: {dag_id: "{dag_id}", limit: 1, order_by: ["-logical_date"]}
        save: {run: "$.dag_runs[0].dag_run_id"}
      - id: tasks
        call: GET /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances
        with: {dag_id: "{dag_id}", dag_run_id: "{runs.run}", state: [failed]}
        view: [task_id, state, try_number]
    result: {run: "{runs.run}", failed: "{tasks}"}
"""
)


def fetch(url: str) -> bytes:
    with urllib.request.urlopen(url) as answer:
        return bytes(answer.read())


@pytest_asyncio.fixture
async def tools(airflow_service: Service, tmp_path: Path) -> AsyncIterator[Engine]:
    facts = airflow_service.facts
    documents = {
        "airflow.json": fetch(airflow_service.url + facts["document"]),
        "login.json": fetch(airflow_service.url + facts["login_document"]),
    }
    package = generate(tmp_path, "airflow", documents, HINTS)
    environ = {
        "AIRFLOW_BASE_URL": airflow_service.url,
        "AIRFLOW_USERNAME": facts["username"],
        "AIRFLOW_PASSWORD": facts["password"],
    }
    made = engine(package, environ)
    yield made
    await made.aclose()


async def test_every_dag_comes_exactly_once_although_limits_are_clamped(tools: Engine) -> None:
    items, _ = await walk(tools, "list_dags", limit=500)
    names = [item["dag_id"] for item in items]
    assert len(names) == len(set(names)) == 114


async def test_one_tool_tells_the_failed_tasks_of_the_last_run(tools: Engine, airflow_service: Service) -> None:
    log = airflow_service.log
    assert log is not None
    await call(tools, "list_dags", limit=1)
    before = log.read_text().count('"GET /api/v2/') + log.read_text().count("'/api/v2/")
    answer, size = await call(tools, "failed_tasks_of_last_run", dag_id=DAG)
    assert answer["run"] == airflow_service.facts["last_run"]
    assert sorted(task["task_id"] for task in answer["failed"]) == sorted(FAILED)
    assert size < 1000, json.dumps(answer)
    after = log.read_text().count('"GET /api/v2/') + log.read_text().count("'/api/v2/")
    assert after - before <= 3
