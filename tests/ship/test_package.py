"""``adaptgen package``: what is in a bundle, what is refused, and that two builds are one."""

from __future__ import annotations

import ast
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
from support.shipping import BEHIND, EMBEDDED, PROXY, ROOT, governed, write

from adaptgen.diagnostics import AdaptgenError
from adaptgen.model.tables import Auth, Body, Call, Connection, Login, Param, Server
from adaptgen.ship.bundles import compiling, shipment, wheels
from adaptgen.ship.bundles.package import Bundle, roots, serving_files, unpack_wheels, zip_files
from adaptgen.ship.bundles.target import Target
from adaptgen.ship.stack.variables import readable_secrets


def said(problem: pytest.ExceptionInfo[AdaptgenError]) -> list[tuple[str, str]]:
    return [(one.code, one.message) for one in problem.value.diagnostics]


# --------------------------------------------------------------------------------------------------- what is shipped


def test_settings_are_carried_as_json_with_all_that_they_name(tmp_path: Path) -> None:
    settings = EMBEDDED | {"switch": {"source": "switch.yaml"}, "hooks": {"before": [{"call": "own:look"}]}}
    server = governed(tmp_path, settings)
    (tmp_path / "specs/crm/switch.yaml").write_text("tools: [crm/delete_contact]\n")
    (tmp_path / "specs/crm/own.py").write_text("def look(call): return None\n")
    found = shipment.read_deployable(server)
    assert (found.folder, found.governance) == ("generated/crm", "specs/crm/governance.json")
    assert json.loads(found.files["specs/crm/governance.json"]) == settings
    assert json.loads(found.files["specs/crm/switch.yaml"]) == {"tools": ["crm/delete_contact"]}
    assert found.files["specs/crm/own.py"] == b"def look(call): return None\n"
    assert b"permit" in found.files["specs/crm/policies/all.cedar"]
    assert "generated/crm/tools/contacts.json" in found.files
    assert not any("__pycache__" in path or path.endswith(("adaptgen.lock", "README.md")) for path in found.files)


def test_other_settings_than_the_servers_own_lie_beside_it(tmp_path: Path) -> None:
    server = governed(tmp_path)
    other = write(tmp_path / "prod", BEHIND)
    found = shipment.read_deployable(server, other)
    assert found.governance == "governance/governance.json"
    assert found.settings.mode == "behind"
    assert "governance/jwks.json" in found.files


def test_the_variables_and_secrets_of_settings_and_server_are_known(tmp_path: Path) -> None:
    found = shipment.read_deployable(governed(tmp_path))
    assert found.variables == ("CRM_BASE_URL", "CRM_PASSWORD", "CRM_USERNAME", "PUBLIC_URL")
    named = {str(one) for one in found.references if one.kind != "env"}
    assert named == {"${secret:crm-governance#k1}", "${secret:crm-governance#cursors}", "${ssm:/crm/audit}"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"audit": {"sink": "audit.jsonl"}}, "audit.sink is a file"),
        (
            {"authorize": {"default": "read", "policies": ["../shared.cedar"]}},
            "../shared.cedar lies outside the folder",
        ),
        ({"hooks": {"before": [{"call": "elsewhere:look"}]}}, "the module 'elsewhere' of a hook"),
        ({"metrics": "0.0.0.0:9464"}, "nothing can scrape a port there"),
        ({"files": {"max_bytes": "1MB"}}, "files need a store there"),
        ({"state": {"store": "dynamodb", "table": "crm-${env:STAGE}"}}, "cannot know the name of the table"),
    ],
)
def test_settings_that_cannot_work_there_are_refused_at_their_place(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs/shared.cedar").write_text("permit (principal, action, resource);")
    with pytest.raises(AdaptgenError) as problem:
        shipment.read_deployable(governed(tmp_path, EMBEDDED | change))
    (one,) = problem.value.diagnostics
    assert one.code == ("AG107" if "files" in change else "AG090")
    assert message in one.message
    assert one.where is not None
    assert one.where.line > 0


def test_a_server_that_others_reach_needs_its_keys(tmp_path: Path) -> None:
    with pytest.raises(AdaptgenError) as problem:
        shipment.read_deployable(governed(tmp_path, EMBEDDED | {"keys": {}}))
    assert {code for code, _ in said(problem)} == {"AG073"}


def test_a_refresh_token_that_rotates_needs_a_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = governed(tmp_path)
    renewal = Login(
        id="refresh",
        call=Call("POST", "/refresh", body=Body(params=(Param("token", value="{refresh}"),))),
        save={"refresh": "$.refresh"},
    )
    auth = Auth(name="kept", kind="session", start={"refresh": "${secret:kept#refresh}"}, refresh=renewal)
    loaded = shipment.load_server

    def rotating(path: Path) -> Server:
        return replace(loaded(path), auth=(auth,))

    monkeypatch.setattr(shipment, "load_server", rotating)
    with pytest.raises(AdaptgenError) as problem:
        shipment.read_deployable(folder)
    ((code, message),) = said(problem)
    assert code == "AG090"
    assert message.startswith("every renewal of kept changes what it starts from")
    # One whose renewal keeps the token may stay in memory.
    auth = replace(auth, refresh=replace(renewal, save={"access": "$.access"}))
    shipment.read_deployable(folder)


def test_a_private_ca_is_carried_and_a_private_key_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = governed(tmp_path)
    (tmp_path / "specs/crm/corp.pem").write_text("a certificate")
    loaded = shipment.load_server
    said = Connection(ca="../../specs/crm/corp.pem", client_cert="${secret:crm-mtls}")

    def connected(path: Path) -> Server:
        return replace(loaded(path), connection=said)

    monkeypatch.setattr(shipment, "load_server", connected)
    found = shipment.read_deployable(folder)
    assert found.files["specs/crm/corp.pem"] == b"a certificate"
    assert "${secret:crm-mtls}" in {str(one) for one in found.references}
    said = replace(said, client_cert="../../specs/crm/client.pem")
    with pytest.raises(AdaptgenError, match="holds no private key"):
        shipment.read_deployable(folder)


def test_the_settings_of_the_documents_can_be_shipped() -> None:
    found = shipment.read_deployable(ROOT / "generated/crm", ROOT / "specs/crm/deployed.yaml")
    assert found.warnings == ()
    assert "governance/policies/tenants.cedar" in found.files


# ---------------------------------------------------------------------------------------------------------- contents


def test_a_bundle_holds_what_its_settings_use(tmp_path: Path) -> None:
    behind = shipment.read_deployable(governed(tmp_path, BEHIND))
    proxy = shipment.read_deployable(write(tmp_path / "specs/proxy", PROXY | {"trace": {"otlp": "${env:OTLP}"}}))
    assert "cedarpy" not in roots(behind, Target())
    assert {"cedarpy", "opentelemetry-sdk"} <= set(roots(proxy, Target()))
    assert "uvicorn" in roots(proxy, Target("agentcore"))
    assert not any("boto3" in roots(proxy, Target(kind)) for kind in ("lambda", "agentcore"))


def test_a_bundle_holds_what_was_generated_and_nothing_else_that_lies_there(tmp_path: Path) -> None:
    folder = governed(tmp_path, BEHIND)
    for name in (".env", "id_rsa", "keys/server.pem", ".git/config", "notes.txt", "tools/spare.py"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("SECRET-CANARY")
    files = shipment.read_deployable(folder).files
    assert [path for path, content in files.items() if b"SECRET-CANARY" in content] == []
    assert any(path.endswith("/server.py") for path in files)
    (folder / "adaptgen.lock").unlink()
    with pytest.raises(AdaptgenError, match=r"adaptgen\.lock is missing"):
        shipment.read_deployable(folder)


def test_who_can_read_a_secret_variable_is_said(tmp_path: Path) -> None:
    found = shipment.read_deployable(ROOT / "generated/crm", ROOT / "specs/crm/deployed.yaml")
    notes = {one.message: one.help for one in readable_secrets(Bundle(found, Target(), "", {}))}
    assert notes["CRM_PASSWORD is a secret, and everybody who may call lambda:GetFunctionConfiguration reads it"] == (
        'keep it in Secrets Manager, and write "${secret:crm#password}" in place of "${env:CRM_PASSWORD}"'
    )
    assert not any("CRM_USERNAME" in message for message in notes)


SOMETIMES = {
    "Authlib", "Jinja2", "MarkupSafe",
    "PyYAML", "boto3", "botocore", "cedarpy", "prometheus_client", "redis", "requests", "snapshot-restore-py",
    "uvicorn",
}  # fmt: skip
"""Imported where settings, a store or the platform need it."""


def test_a_bundle_has_what_its_modules_import_and_nothing_else(tmp_path: Path) -> None:
    known = packages_distributions()
    imported: set[str] = set()
    for path, data in serving_files().items():
        for node in ast.walk(ast.parse(data if path.endswith(".py") else b"")):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            tops = {name.partition(".")[0] for name in names} - sys.stdlib_module_names - {"adaptgen"}
            imported |= {one for top in tops for one in known[top] if not one.startswith("opentelemetry-")}
    held = roots(shipment.read_deployable(governed(tmp_path, BEHIND)), Target())
    assert {wheels.normalised(one) for one in imported - SOMETIMES} == set(held)


def test_the_generator_is_not_shipped() -> None:
    files = serving_files()
    assert "adaptgen/govern/pipeline/pipeline.py" in files
    assert "adaptgen/transports/streamable_http/server.py" in files
    unwanted = (
        "building", "plan", "render", "source", "cli", "clients", "demo", "ship", "compare", "evals", "learning",
        "readiness",
    )  # fmt: skip
    assert not [path for path in files if path.split("/")[1] in unwanted or path.endswith("fastmcp.py")]


def test_wheels_are_pruned_and_keep_their_licences(tmp_path: Path) -> None:
    path = tmp_path / "thing-1.0-py3-none-any.whl"
    names = [
        "thing/__init__.py", "thing/core.pyi", "thing/py.typed", "thing/tests/test_core.py", "thing/data/test.json",
        "thing-1.0.dist-info/METADATA", "thing-1.0.dist-info/RECORD", "thing-1.0.dist-info/licenses/LICENSE",
        "thing-1.0.data/purelib/other.py", "thing-1.0.data/scripts/thing",
    ]  # fmt: skip
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    found = unpack_wheels([wheels.Wheel("thing", "1.0", path, "")])
    assert sorted(found) == [
        "other.py", "thing-1.0.dist-info/METADATA", "thing-1.0.dist-info/licenses/LICENSE", "thing/__init__.py",
        "thing/data/test.json",
    ]  # fmt: skip


def test_a_wheel_that_was_changed_in_the_cache_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "thing-1.0-py3-none-any.whl"
    path.write_bytes(b"as it was")
    pin = wheels.Pin("thing", "1.0", frozenset({hashlib.sha256(b"as it was").hexdigest()}))
    assert wheels._cached(pin, tmp_path) is not None
    path.write_bytes(b"as somebody left it")
    assert wheels._cached(pin, tmp_path) is None
    assert not path.exists()


def test_what_the_lock_does_not_pin_is_refused(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text("httpx==0.28.1 \\\n    --hash=sha256:" + "0" * 64 + "\n")
    with pytest.raises(AdaptgenError) as problem:
        wheels.gather(["orjson"], Target(), tmp_path, lock)
    assert said(problem) == [("AG091", "orjson is not pinned")]


def test_a_zip_depends_on_its_files_alone() -> None:
    files = {"b.py": b"1", "a/lib.so": b"2"}
    data = zip_files(files)
    assert data == zip_files(dict(reversed(files.items())))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = [(one.filename, one.date_time, one.external_attr >> 16) for one in archive.infolist()]
    assert entries == [("a/lib.so", (1980, 1, 1, 0, 0, 0), 0o100755), ("b.py", (1980, 1, 1, 0, 0, 0), 0o100644)]


@pytest.mark.parametrize("version", ["3.11", "3.99", "2.7", "3"])
def test_a_python_without_a_runtime_is_refused(version: str) -> None:
    with pytest.raises(AdaptgenError) as problem:
        Target(python=version)
    assert said(problem)[0][0] == "AG090"


def test_without_the_interpreter_of_the_target_nothing_is_compiled() -> None:
    with pytest.raises(AdaptgenError) as problem:
        compiling.find_interpreter(Target(python="3.12"), given="/bin/false")
    (one,) = problem.value.diagnostics
    assert one.code == "AG092"
    assert "--no-compile" in one.help


def test_everyone_may_read_a_bundle_and_libraries_may_be_executed() -> None:
    data = zip_files({"a/one.py": b"", "a/_x.cpython-312-x86_64-linux-gnu.so": b"", "l/libssl.so.3": b""})
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        modes = {one.filename: one.external_attr >> 16 for one in archive.infolist()}
    # No folders: Lambda makes them itself.
    assert modes == {
        "a/one.py": 0o100644, "a/_x.cpython-312-x86_64-linux-gnu.so": 0o100755, "l/libssl.so.3": 0o100755,
    }  # fmt: skip


# ------------------------------------------------------------------------------------------------------- whole builds


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, python: str) -> tuple[Path, Path]:
    """Two builds of one server: another folder, umask, locale, time zone, user, home, seed of hashes."""
    cache = str(tmp_path_factory.mktemp("cache"))
    made = []
    # The sources as they are now: in a checkout they may change between two builds.
    source = tmp_path_factory.mktemp("source")
    for name in ("adaptgen", "templates"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "requirements.lock", source)
    for user, umask, more in (
        ("ada", 0o022, {"LC_ALL": "C", "TZ": "UTC", "PYTHONHASHSEED": "1"}),
        ("grace", 0o077, {"LC_ALL": "C.UTF-8", "TZ": "Pacific/Auckland", "PYTHONHASHSEED": "4711"}),
    ):
        folder = tmp_path_factory.mktemp(user)
        server = governed(folder)
        os.utime(server / "server.py", (1_000_000_000, 1_000_000_000 + umask))
        environ = {"PATH": os.environ["PATH"], "HOME": str(folder), "USER": user, "XDG_CACHE_HOME": cache}
        environ |= {"PYTHONPATH": str(source), **more}
        environ |= {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
        command = [sys.executable, "-m", "adaptgen", "package", "generated/crm", "--interpreter", python]
        done = subprocess.run(
            command, cwd=folder, env=environ, umask=umask, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        made.append(folder / "dist" / "crm.zip")
    return made[0], made[1]


@pytest.mark.slow
@pytest.mark.network
def test_two_builds_are_the_same_bytes(built: tuple[Path, Path]) -> None:
    one, other = (path.read_bytes() for path in built)
    assert hashlib.sha256(one).hexdigest() == hashlib.sha256(other).hexdigest()
    assert len(one) <= 26_000_000


@pytest.mark.slow
@pytest.mark.network
def test_the_manifest_names_every_file_by_its_hash(built: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(built[0]) as archive:
        said = json.loads(archive.read("BUNDLE.json"))
        assert set(archive.namelist()) == {*said["files"], "BUNDLE.json"}
        for path, sha256 in said["files"].items():
            assert hashlib.sha256(archive.read(path)).hexdigest() == sha256
    assert said["handler"] == "generated.crm.lambda_handler.handler"
    assert "fastmcp-slim" not in said["wheels"]
    pinned = wheels.pins(ROOT / "requirements.lock")
    assert all(pinned[name].version == one["version"] for name, one in said["wheels"].items())


@pytest.mark.slow
@pytest.mark.network
def test_the_bundle_runs_its_server_from_its_own_bytecode(
    built: tuple[Path, Path], tmp_path: Path, python: str
) -> None:
    with zipfile.ZipFile(built[0]) as archive:
        archive.extractall(tmp_path)
    program = (
        "import sys; sys.path[:0] = ['.']; sys.dont_write_bytecode = True\n"
        "from pathlib import Path; import adaptgen.govern.pipeline.assemble, cedarpy\n"
        "import adaptgen.transports.streamable_http.server\n"
        "from adaptgen.transports.load import load_server; from adaptgen.govern.settings.load import read\n"
        "print(load_server(Path('generated/crm')).name, read(Path('specs/crm/governance.json')).mode)\n"
        "print(adaptgen.govern.pipeline.assemble.__cached__, 'yaml' in sys.modules)\n"
    )
    done = subprocess.run(
        [python, "-I", "-S", "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert first == "crm embedded"
    assert second.endswith("assemble.cpython-312.pyc False")
