"""What ``python docs/dist.py`` has built: complete, the same when built again, and of use where nothing else is."""

from __future__ import annotations

import importlib.metadata
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from functools import cache
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
ENVIRONMENT = ROOT / "build" / "environment"
DOCUMENT = """\
openapi: 3.1.0
info: {title: Orders, version: "1"}
servers: [{url: "http://127.0.0.1:9"}]
paths:
  /orders/{id}:
    get:
      operationId: getOrder
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses:
        "200":
          description: An order.
          content: {application/json: {schema: {type: object, properties: {id: {type: string}}}}}
"""

pytestmark = pytest.mark.slow


@cache
def version() -> str:
    """That of the sources as they are now."""
    command = [sys.executable, "-m", "hatchling", "version"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def built(pattern: str) -> Path:
    found = [path for path in ROOT.glob(pattern) if f"-{version()}" in path.name]
    if not found:  # `make dist` has just built it
        (pytest.fail if "ADAPTGEN_DIST" in os.environ else pytest.skip)("not built of these sources: make dist")
    (path,) = found
    return path


@pytest.fixture
def wheel() -> Path:
    return built("dist/*.whl")


@pytest.fixture
def sdist() -> Path:
    return built("dist/*.tar.gz")


@pytest.fixture
def bill() -> Path:
    return built("build/*.cdx.json")


def tracked(*folders: str) -> set[str]:
    listing = subprocess.run(["git", "ls-files", *folders], cwd=ROOT, capture_output=True, text=True, check=True)
    return {line for line in listing.stdout.splitlines() if (ROOT / line).is_file()}


def run(folder: Path, *arguments: str, stdin: str = "") -> str:
    """What the installed command prints, with no other program and no setting in reach."""
    command = [str(ENVIRONMENT / "bin" / "adaptgen"), *arguments]
    environ = {"HOME": str(folder), "PATH": ""}
    done = subprocess.run(
        command, cwd=folder, env=environ, input=stdin, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_holds_the_package_and_the_files_that_its_commands_read(wheel: Path) -> None:
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    files = tracked("adaptgen") | {"adaptgen/_version.py", "adaptgen/requirements.lock"}
    files |= {f"adaptgen/{name}" for name in tracked("templates")}
    files |= {f"adaptgen/demo/{name}" for name in tracked("specs/crm.yaml", "specs/crm")}
    assert names == files


def test_the_sdist_holds_what_is_tracked_and_nothing_else(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert names == tracked() | {"PKG-INFO", "adaptgen/_version.py"}


def test_the_index_takes_the_metadata_and_can_show_the_readme(wheel: Path, sdist: Path) -> None:
    command = [sys.executable, "-m", "twine", "check", "--strict", str(wheel), str(sdist)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_sdist_builds_the_same_wheel(wheel: Path, sdist: Path, tmp_path: Path) -> None:
    with tarfile.open(sdist) as archive:
        # Python 3.11.0 to 3.11.3 have no filters, and 3.12 warns without one.
        archive.extractall(tmp_path, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
    (folder,) = tmp_path.iterdir()
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=folder, capture_output=True, check=True)
    again = zipfile.ZipFile(tmp_path / wheel.name)
    first = zipfile.ZipFile(wheel)
    assert {name: again.read(name) for name in again.namelist()} == {
        name: first.read(name) for name in first.namelist()
    }


def test_the_bill_of_materials_is_valid(bill: Path) -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill.read_text("utf-8")) is None


def test_the_bill_of_materials_names_every_installed_distribution(bill: Path, wheel: Path) -> None:
    (site,) = ENVIRONMENT.glob("lib/python*/site-packages")
    installed = {
        (canonicalize_name(one.name), one.version) for one in importlib.metadata.distributions(path=[str(site)])
    }
    said = json.loads(bill.read_text("utf-8"))
    parts = [said["metadata"]["component"], *said["components"]]
    assert {(canonicalize_name(one["name"]), one["version"]) for one in parts} == installed
    assert parts[0]["version"] == wheel.name.split("-")[1]


def test_the_installed_command_is_of_the_version_of_the_wheel(wheel: Path, tmp_path: Path) -> None:
    assert run(tmp_path, "--version") == f"adaptgen {wheel.name.split('-')[1]}\n"


def test_the_demo_runs_where_nothing_else_is(wheel: Path, tmp_path: Path) -> None:
    tasks = json.loads(run(tmp_path, "demo", "--json"))["tasks"]
    assert tasks
    assert all(task["after"]["bytes"] < task["before"]["bytes"] for task in tasks)


def test_a_document_is_built_and_served_where_nothing_else_is(wheel: Path, tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "orders.yaml").write_text(DOCUMENT)
    run(tmp_path, "build", "specs/orders.yaml")
    client = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    lines = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": client},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/list"},
    ]
    said = run(tmp_path, "serve", "generated/orders", stdin="".join(f"{json.dumps(line)}\n" for line in lines))
    answers = {answer["id"]: answer for answer in map(json.loads, said.splitlines())}
    assert [tool["name"] for tool in answers[2]["result"]["tools"]] == ["get_order"]
