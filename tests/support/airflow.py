"""Airflow's API server: OpenAPI 3.1, the login in a second document, limits that are clamped without a word."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from support.services import Service, environment, free_port, launch, plain_environ, python

USER, PASSWORD = "admin", "airflow-pw"
DAG = "example_bash_operator"
RUNS = 12
FAILED = ("runme_0", "runme_2")

HINTS = """\
adaptgen: 1
auth:
  airflow_session:
    kind: session
    chain:
      - id: login
        call: POST /token
        document: login.json
        with: {username: "${env:AIRFLOW_USERNAME}", password: "${env:AIRFLOW_PASSWORD}"}
        save: {access: $.access_token}
    send: [{header: Authorization, as: "Bearer {access}"}]
    refused: [401, 403]
"""
"""How it logs in."""


def start(folder: Path, token_seconds: int = 86400) -> Service:
    """Airflow with its example DAGs; runs of one of them, the last with two failed task instances."""
    bin_ = environment("airflow", python((3, 11)))
    port = free_port()
    passwords = folder / "passwords.json"
    passwords.write_text(json.dumps({USER: PASSWORD}))
    environ = plain_environ(
        folder,
        AIRFLOW_HOME=str(folder),
        AIRFLOW__CORE__LOAD_EXAMPLES="True",
        AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS=f"{USER}:admin",
        AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE=str(passwords),
        AIRFLOW__API_AUTH__JWT_SECRET="0" * 48,
        AIRFLOW__API__SECRET_KEY="1" * 48,
        AIRFLOW__API_AUTH__JWT_EXPIRATION_TIME=str(token_seconds),
        PATH=f"{bin_}:{plain_environ(folder)['PATH']}",
    )
    fresh = not (folder / "airflow.db").exists()
    if fresh:
        for command in (["db", "migrate"], ["dags", "reserialize"]):
            subprocess.run(
                [str(bin_ / "airflow"), *command], env=environ, check=True, capture_output=True, cwd=folder, timeout=300
            )
    service = launch(
        "airflow",
        [str(bin_ / "airflow"), "api-server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"],
        url=f"http://127.0.0.1:{port}",
        ready="/api/v2/monitor/health",
        environ=environ,
        folder=folder,
        seconds=180,
    )
    service.facts = {
        "username": USER,
        "password": PASSWORD,
        "document": "/openapi.json",
        "login_document": "/auth/openapi.json",
        "dag": DAG,
        "last_run": f"run-{RUNS - 1:02d}",
    }
    if fresh:
        _seed(service)
    return service


def bearer(service: Service) -> dict[str, str]:
    """Headers of a logged-in request, made without adaptgen."""
    token = service.json("POST", "/auth/token", {"username": USER, "password": PASSWORD})["access_token"]
    return {"Authorization": f"Bearer {token}"}


def _seed(service: Service) -> None:
    headers = bearer(service)
    for n in range(RUNS):
        run = {"dag_run_id": f"run-{n:02d}", "logical_date": f"2026-02-{n + 1:02d}T00:00:00Z", "conf": {}}
        service.json("POST", f"/api/v2/dags/{DAG}/dagRuns", run, headers)
    last = f"/api/v2/dags/{DAG}/dagRuns/run-{RUNS - 1:02d}/taskInstances"
    for task in FAILED:
        service.json("PATCH", f"{last}/{task}", {"new_state": "failed"}, headers)
