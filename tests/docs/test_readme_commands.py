"""Every command of README.md runs as printed, in its order, in one clean environment made by its own install lines.

Addresses of the outside are those of :data:`HERE`.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
HERE = {
    "https://idp.example/": "http://127.0.0.1:8099/",
    "https://crm.example/mcp": "http://127.0.0.1:8098/mcp",
    "--bucket my-bundles": "--bucket my-bundles",  # a dry run reaches nothing
    "git+<repository>": f"file://{ROOT}",
    # The tests themselves: .ci/run begins with them.
    "make test": "make --dry-run test",
}
"""What README.md names -> what there is on this machine."""
MADE = Path(sys.prefix, ".installed")
"""What `make` leaves where it has installed everything: .ci/run begins with that too."""
if MADE.is_file() and all(
    MADE.stat().st_mtime > (ROOT / name).stat().st_mtime for name in ("requirements.lock", "pyproject.toml")
):
    HERE["make demo"] = f"make VENV={sys.prefix} demo"
SERVES = ("adaptgen serve", "adaptgen proxy")
COMMANDS = ("pip ", "adaptgen ", "make ", "python ", "export ", "CRM_")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FILE = re.compile(r"(?:#|//) (\S+\.(?:yaml|cedar))\n(.*)", re.DOTALL)


def blocks() -> list[list[str]]:
    """The commands of each block that has any."""
    found = [text.replace("\\\n", " ") for language, text in BLOCK.findall(README) if language in ("", "sh")]
    return [text.splitlines() for text in found]


def files() -> list[tuple[str, str]]:
    """The files that the commands read: blocks that begin with a name."""
    return [found.groups() for language, text in BLOCK.findall(README) if (found := FILE.match(text))]  # type: ignore[misc]


def test_every_block_without_a_language_is_one_of_commands() -> None:
    assert len(blocks()) >= 6
    assert [line for lines in blocks() for line in lines if not line.startswith(COMMANDS)] == []


def test_every_install_line_in_a_message_can_be_run() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    said = []
    for path in (ROOT / "adaptgen").rglob("*.py"):
        source = path.read_bytes()
        for one in ast.walk(ast.parse(source if b"install" in source else b"")):
            if isinstance(one, ast.Constant) and isinstance(one.value, str) and "install" in one.value:
                said += [(path.name, found) for found in re.findall(r"(\S+ install \S*adaptgen\S*)", one.value)]
    assert said
    for name, line in said:
        named = re.fullmatch(r'pip install ("adaptgen\[(\w+)\]"|adaptgen)\.?', line)
        assert named or line.endswith('"adaptgen['), (name, line)
        extra = re.search(r"\[(\w+)\]", line)
        assert extra is None or extra[1] in extras, (name, line)


# ------------------------------------------------------------------------------------------------- a clean environment


class Machine:
    """A clone, an environment of its own, and nothing else."""

    def __init__(self, folder: Path) -> None:
        self.clone = folder / "clone"
        self.empty = folder / "empty"
        self.empty.mkdir()
        files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
        for name in filter(None, files.decode().split("\0")):
            if not name.startswith("tests/") and (ROOT / name).exists():
                (self.clone / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, self.clone / name)
        subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
        kept = {key: one for key, one in os.environ.items() if not key.startswith(("CRM_", "ADAPTGEN_", "PYTHON"))}
        self.environ = kept | {"PATH": f"{folder / 'venv' / 'bin'}:/usr/bin:/bin", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        self.installed: set[str] = set()
        # Few of the installed modules are imported; pip reads its --no- options as "no" when they are to be used.
        self.environ["PIP_NO_COMPILE"] = "no"

    def run(self, lines: list[str], folder: Path | None = None, timeout: float = 900) -> tuple[int, str]:
        """What the lines print, run by one shell that ends with the first that fails; a server runs until it serves."""
        script = ["trap 'kill $(jobs -p) 2>/dev/null || true' EXIT"]
        for line in lines:
            command = line.partition(" #")[0].strip()
            if command in self.installed:
                continue
            for there, here in HERE.items():
                command = command.replace(there, here)
            if command.endswith("&"):
                command = f"{command} sleep 4"
            elif any(one in command for one in SERVES):
                command = served(command)
            script.append(command)
        with subprocess.Popen(
            ["bash", "-ec", "\n".join(script)], cwd=folder or self.clone, env=self.environ, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        ) as running:  # fmt: skip
            try:
                said = running.communicate(timeout=timeout)[0]
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(running.pid, signal.SIGKILL)
        if running.returncode == 0:  # the same line once more changes nothing, and builds everything anew
            self.installed.update(one for one in lines if one.startswith("pip install "))
        return running.returncode, said


def served(command: str) -> str:
    """A server of a README's line for some seconds: on stdio it ends with its input, over HTTP by the signal."""
    if "--http" not in command and "adaptgen proxy" not in command:
        return command
    return (
        f"env {command} > served.txt 2>&1 & server=$!; for n in $(seq 60); do sleep 0.5; "
        "grep -q ' on http://' served.txt && break; done; kill $server 2>/dev/null || true; wait $server || true; "
        "cat served.txt; grep -q ' on http://' served.txt"
    )


@contextmanager
def issuer(folder: Path) -> Iterator[None]:
    """The identity provider and the server behind the proxy, on loopback."""
    from joserfc.jwk import ECKey

    key = ECKey.generate_key("P-256", private=True).as_dict(private=False)
    (folder / ".well-known").mkdir(parents=True)
    base = HERE["https://idp.example/"]
    (folder / ".well-known" / "openid-configuration").write_text(
        json.dumps({"issuer": base, "jwks_uri": f"{base}jwks"})
    )
    (folder / "jwks").write_text(json.dumps({"keys": [{**key, "kid": "1", "use": "sig", "alg": "ES256"}]}))
    environ = {**os.environ, "CRM_BASE_URL": "http://127.0.0.1:9", "PYTHONPATH": str(ROOT)}
    serve = ["-m", "adaptgen", "serve", str(ROOT / "generated" / "crm"), "--no-governance", "--http", "127.0.0.1:8098"]
    files = ["-m", "http.server", "8099", "--bind", "127.0.0.1", "--directory", str(folder)]
    with subprocess.Popen([sys.executable, *serve], env=environ) as server, subprocess.Popen(
        [sys.executable, *files], env=environ, stderr=subprocess.DEVNULL
    ) as provider:  # fmt: skip
        for port in (8098, 8099):
            for _ in range(100):
                with suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
                    break
                time.sleep(0.1)
        try:
            yield
        finally:
            server.terminate()
            provider.terminate()


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    return Machine(tmp_path_factory.mktemp("machine"))


@pytest.mark.slow
@pytest.mark.network
@pytest.mark.timeout(3000)
def test_every_command_block_runs_as_printed(machine: Machine, tmp_path: Path) -> None:
    for name, text in files():
        for there, here in HERE.items():
            text = text.replace(there, here)
        (machine.clone / name).write_text(text)
    with issuer(tmp_path / "idp"):
        for lines in blocks():
            code, said = machine.run(lines)
            assert code == 0, "\n".join([*lines, said[-3000:]])


@pytest.mark.slow
@pytest.mark.network
@pytest.mark.timeout(3000)
def test_the_bare_package_builds_serves_governs_and_shows_the_demo(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    code, said = machine.run([f"pip install --quiet {machine.clone}"], machine.empty)
    assert code == 0, said
    generated, specs = machine.clone / "generated" / "crm", machine.clone / "specs"
    commands = [
        f"adaptgen serve {generated} --no-governance --http 127.0.0.1:8097",
        f"adaptgen policy check {specs / 'crm' / 'policies'} {generated}",
        f"adaptgen serve {generated} --no-governance",
        f"adaptgen build {specs / 'crm.yaml'} --out out",
        "adaptgen demo --json",
    ]
    for command in commands:
        code, said = machine.run([command], machine.empty)
        assert code == 0, f"{command}\n{said[-3000:]}"
