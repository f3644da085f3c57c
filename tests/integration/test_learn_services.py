"""``adaptgen learn`` on real services, without hints: 200 requests at most and no write, watched by a proxy in front of
each, and afterwards every list is read to its end: each record of the service exactly once."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from support import airflow, kinto, pypi_services
from support.services import Service, Unavailable, running

from adaptgen.cli import main
from adaptgen.demo import crm
from adaptgen.model.tables import LOCAL, Tool
from adaptgen.runtime.engine import Engine
from adaptgen.transports.load import load_server

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from learning.server import serving
from support.recorder import Recorder, fetch

pytestmark = [pytest.mark.slow, pytest.mark.network]

BUDGET = 200
CALLS = 80


@dataclass(frozen=True)
class Reading:
    """A list to read. ``ids``: the true ids, read by hand; ``key``: the member that they are."""

    operation: str
    ids: Callable[[], list[Any]]
    key: str = "id"
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """A service as a person has it: document, address and credentials."""

    name: str
    document: bytes
    url: str
    environ: Mapping[str, str]
    lists: tuple[Reading, ...]
    logins: tuple[str, ...] = ()


def learn_and_read(case: Case, folder: Path, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Learns, builds, reads, and compares."""
    specs = folder / "specs"
    specs.mkdir()
    spec = specs / f"{case.name}.json"
    spec.write_bytes(case.document)
    prefix = case.name.upper()
    patch.setenv("ADAPTGEN_STATE", str(folder / "state"))
    patch.chdir(folder)
    for name, value in case.environ.items():
        patch.setenv(f"{prefix}_{name}", value)
    recorder = Recorder(case.url)
    with serving(recorder):  # type: ignore[arg-type]
        patch.setenv(f"{prefix}_BASE_URL", recorder.base)
        code = main(["learn", str(spec), "--requests", str(BUDGET)])
        said = capsys.readouterr()
        requests, writes = len(recorder.seen), recorder.writes(*case.logins)
        assert main(["build", str(spec), "--out", str(folder / "generated"), "--quiet"]) == 0
        capsys.readouterr()
        wrong = asyncio.run(read_all(case, folder / "generated" / case.name))
    learned = specs / case.name / "learned.yaml"
    print(f"{case.name}: exit {code}, {requests} requests, {len(writes)} writes, "
          f"{len(case.lists) - len(wrong)} of {len(case.lists)} lists exactly once")  # fmt: skip
    if os.environ.get("ADAPTGEN_SHOW_LEARNED"):
        print(learned.read_text() if learned.exists() else "nothing learned", said.out, said.err, sep="\n")
        print((specs / case.name / "learned.json").read_text())
    assert code == 0, said.err
    assert requests <= BUDGET
    assert writes == []
    assert wrong == {}


async def read_all(case: Case, package: Path) -> dict[str, str]:
    """The lists that were not read exactly once, and what was read."""
    server = load_server(package)
    tools = {f"{tool.call.method} {tool.call.path}": tool for tool in server.tools if tool.call is not None}
    engine = Engine(server, environ=dict(os.environ), cursor_key=bytes(range(32)))
    wrong = {}
    try:
        for reading in case.lists:
            expected = sorted(map(str, reading.ids()))
            try:
                read = sorted(map(str, await read_one(engine, tools[reading.operation], reading)))
            except (AssertionError, KeyError) as problem:
                wrong[reading.operation] = str(problem)[:300]
                continue
            if read != expected:
                wrong[reading.operation] = f"{len(read)} records, {len(set(read))} of {len(expected)}"
    finally:
        await engine.aclose()
    return wrong


async def read_one(engine: Engine, tool: Tool, reading: Reading) -> list[Any]:
    """The ids that the tool answers, over all pages."""
    found: list[Any] = []
    arguments = {**reading.arguments, "fields": [reading.key], "limit": 100}
    for _ in range(CALLS):
        answer = await engine.call(LOCAL, tool.name, arguments)
        text = "".join(getattr(block, "text", "") for block in answer.content)
        assert not answer.is_error, text
        body = json.loads(text)
        assert "items" in body, text[:200]
        if "fields" in body:
            found += [row[body["fields"].index(reading.key)] for row in body["items"]] if body["items"] else []
        else:
            found += [member(item, reading.key) for item in body["items"]]
        if not body.get("next_cursor"):
            return found
        arguments["cursor"] = body["next_cursor"]
    raise AssertionError(f"no end after {CALLS} calls")


def member(item: Any, path: str) -> Any:
    """The value at a dotted path, which may also be one name."""
    if not isinstance(item, Mapping) or path in item:
        return item.get(path) if isinstance(item, Mapping) else item
    for name in path.split("."):
        item = item[name]
    return item


def counted(
    url: str, headers: Mapping[str, str], items: str, size: int = 50, key: str = "id"
) -> Callable[[], list[Any]]:
    """The ids of a list with ``limit`` and ``offset``, read by hand."""

    def read() -> list[Any]:
        found: list[Any] = []
        while True:
            mark = "&" if "?" in url else "?"
            body, _ = fetch(f"{url}{mark}limit={size}&offset={len(found)}", headers)
            part = body[items] if items else body
            found += [one[key] for one in part]
            if len(part) < size:
                return found

    return read


def whole(url: str, headers: Mapping[str, str], items: str, key: str = "id") -> Callable[[], list[Any]]:
    """The ids of a list that comes at once."""

    def read() -> list[Any]:
        body, _ = fetch(url, headers)
        return [one[key] for one in (body[items] if items else body)]

    return read


Run = Callable[[Case], None]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return lambda case: learn_and_read(case, tmp_path, monkeypatch, capsys)


@pytest.fixture
def started(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Service]:
    """One of the services of the package index; the parameter is its name."""
    folder = tmp_path / "service"
    folder.mkdir()
    try:
        with running(getattr(pypi_services, f"start_{request.param}"), folder) as service:
            yield service
    except Unavailable as reason:
        pytest.skip(f"{request.param}: {reason}")


def document_of(service: Service) -> bytes:
    """The document that a service serves, or that its fixture found."""
    place = service.facts["document"]
    if Path(place).exists():
        return Path(place).read_bytes()
    return json.dumps(fetch(service.url + place)[0]).encode()


# ---------------------------------------------------------------------------------------------- the package index


@pytest.mark.parametrize("started", ["zenml"], indirect=True)
def test_zenml(started: Service, run: Run) -> None:
    url, headers = started.url, pypi_services.zenml_headers(started)

    def pages(path: str) -> Callable[[], list[Any]]:
        return whole(f"{url}{path}?size=1000", headers, "items")

    names = ("tags", "service_accounts", "pipelines", "flavors", "users", "projects", "stacks", "components", "models")
    lists = tuple(Reading(f"GET /api/v1/{name}", pages(f"/api/v1/{name}")) for name in names)
    environ = {"USERNAME": pypi_services.ZENML_USER, "PASSWORD": pypi_services.ZENML_PASSWORD}
    run(Case("zenml", document_of(started), url, environ, lists, ("/api/v1/login",)))


@pytest.mark.parametrize("started", ["jupyterhub"], indirect=True)
def test_jupyterhub(started: Service, run: Run) -> None:
    headers = {"Authorization": f"token {pypi_services.HUB_TOKEN}"}
    users = counted(f"{started.url}/users", headers, "", 100, key="name")
    groups = counted(f"{started.url}/groups", headers, "", 100, key="name")
    lists = (Reading("GET /users", users, "name"), Reading("GET /groups", groups, "name"))
    environ = {"TOKEN": pypi_services.HUB_TOKEN, "API_KEY": pypi_services.HUB_TOKEN}
    run(Case("hub", document_of(started), started.url, environ, lists))


@pytest.mark.parametrize("started", ["pygeoapi"], indirect=True)
def test_pygeoapi(started: Service, run: Run) -> None:
    path = "/collections/observations/items"
    lists = (
        Reading(f"GET {path}", counted(f"{started.url}{path}?f=json", {}, "features")),
        Reading("GET /collections", whole(f"{started.url}/collections?f=json", {}, "collections")),
    )
    run(Case("geo", document_of(started), started.url, {}, lists))


@pytest.mark.parametrize("started", ["phoenix"], indirect=True)
def test_phoenix(started: Service, run: Run) -> None:
    headers = {"Authorization": f"Bearer {pypi_services.PHOENIX_TOKEN}"}

    def follow(path: str) -> Callable[[], list[Any]]:
        def read() -> list[Any]:
            found, more = [], ""
            while True:
                body, _ = fetch(f"{started.url}{path}?limit=40{more}", headers)
                found += [one["id"] for one in body["data"]]
                if not body.get("next_cursor"):
                    return found
                more = f"&cursor={body['next_cursor']}"

        return read

    paths = ("/v1/projects", "/v1/dataset_labels", "/v1/datasets", "/v1/users", "/v1/annotation_configs", "/v1/prompts")
    lists = tuple(Reading(f"GET {path}", follow(path)) for path in paths)
    environ = {"TOKEN": pypi_services.PHOENIX_TOKEN, "API_KEY": pypi_services.PHOENIX_TOKEN}
    run(Case("phoenix", document_of(started), started.url, environ, lists))


# ------------------------------------------------------------------------------------------ those of other tests


def test_kinto(kinto_service: Service, run: Run) -> None:
    url = kinto_service.url
    place = {"bucket_id": "crm", "collection_id": "contacts"}
    path = "/buckets/{bucket_id}/collections"
    lists = (
        Reading(
            f"GET {path}/{{collection_id}}/records", lambda: [row["id"] for row in kinto.records(500)], arguments=place
        ),
        Reading("GET /buckets", whole(f"{url}/buckets", kinto.BASIC, "data")),
        Reading(
            f"GET {path}", whole(f"{url}/buckets/crm/collections", kinto.BASIC, "data"), arguments={"bucket_id": "crm"}
        ),
        Reading("GET /accounts", whole(f"{url}/accounts", kinto.BASIC, "data")),
    )
    facts = kinto_service.facts
    environ = {"USERNAME": facts["username"], "PASSWORD": facts["password"]}
    run(Case("kinto", document_of(kinto_service), url, environ, lists))


def test_airflow(airflow_service: Service, run: Run) -> None:
    url, headers = airflow_service.url, airflow.bearer(airflow_service)
    runs = f"/api/v2/dags/{airflow.DAG}/dagRuns"
    lists = (
        Reading("GET /api/v2/dags", counted(f"{url}/api/v2/dags", headers, "dags", key="dag_id"), "dag_id"),
        Reading("GET /api/v2/dags/{dag_id}/dagRuns", counted(url + runs, headers, "dag_runs", key="dag_run_id"),
                "dag_run_id", {"dag_id": airflow.DAG}),
        Reading("GET /api/v2/pools", counted(f"{url}/api/v2/pools", headers, "pools", key="name"), "name"),
        Reading("GET /api/v2/providers", counted(f"{url}/api/v2/providers", headers, "providers", key="package_name"),
                "package_name"),
        Reading("GET /api/v2/assets", counted(f"{url}/api/v2/assets", headers, "assets")),
        Reading("GET /api/v2/eventLogs", counted(f"{url}/api/v2/eventLogs", headers, "event_logs", key="event_log_id"),
                "event_log_id"),
    )  # fmt: skip
    token = headers["Authorization"].removeprefix("Bearer ")
    run(Case("airflow", document_of(airflow_service), url, {"TOKEN": token}, lists))


@pytest.mark.parametrize("bottlecrm_service", [3600], indirect=True)
def test_bottlecrm(bottlecrm_service: Service, run: Run) -> None:
    url = bottlecrm_service.url
    given = {"refresh": bottlecrm_service.facts["refresh_token"]}
    token = bottlecrm_service.json("POST", "/api/auth/refresh-token/", given)["access"]
    headers = {"Authorization": f"Bearer {token}"}
    lists = (
        Reading("GET /api/contacts/", counted(f"{url}/api/contacts/", headers, "results", 10)),
        Reading("GET /api/invoices/", counted(f"{url}/api/invoices/", headers, "results", 10)),
        Reading("GET /api/tasks/", counted(f"{url}/api/tasks/", headers, "tasks", 10)),
        Reading("GET /api/cases/", counted(f"{url}/api/cases/", headers, "cases", 10)),
        Reading("GET /api/opportunities/", counted(f"{url}/api/opportunities/", headers, "opportunities", 10)),
    )
    run(Case("bottle", document_of(bottlecrm_service), url, {"TOKEN": token}, lists))


def test_crm(run: Run) -> None:
    with crm.running() as running_crm:
        database = running_crm.crm.state.database
        tables = {"customers": "customers", "contracts": "contracts", "invoices": "invoices", "tickets": "tickets"}

        def rows(table: str) -> Callable[[], list[Any]]:
            return lambda: [row[0] for row in database.execute(f"SELECT id FROM {table}")]

        lists = tuple(Reading(f"GET /{name}", rows(table)) for name, table in tables.items())
        document = (Path(__file__).parents[2] / "specs" / "crm.yaml").read_bytes()
        environ = {"USERNAME": crm.USERNAME, "PASSWORD": crm.PASSWORD}
        run(Case("crm", document, running_crm.url, environ, lists, (f"{crm.PREFIX}/auth/login",)))
