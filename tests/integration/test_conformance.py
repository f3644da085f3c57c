"""The conformance suite of the Model Context Protocol: against a server that passes it, and through the proxy before
that server.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from support.services import Service, Unavailable, cache, free_port, launch, plain_environ

pytestmark = [pytest.mark.slow, pytest.mark.network, pytest.mark.timeout(600)]

SUITE = "0.2.0-alpha.12"
NODE = "24"
SUPPORT = Path(__file__).parents[1] / "support"
REQUIRED = {"2026-07-28": 37, "2025-11-25": 30}

CANNOT: dict[str, dict[str, str]] = {"2026-07-28": {}, "2025-11-25": {}}
"""Required scenarios that cannot pass through the proxy, with the reason. One that passes must not stand here."""


@pytest.fixture(scope="session")
def suite() -> Path:
    """The folder in which the suite and its Node.js are installed, once."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("the conformance suite needs npm")
    folder = cache() / f"conformance-{SUITE}-node{NODE}"
    if not (folder / "ready").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        packages = [f"node@{NODE}", f"@modelcontextprotocol/conformance@{SUITE}"]
        command = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(folder), *packages]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
        if done.returncode:
            pytest.skip(f"the conformance suite cannot be installed: {done.stderr.strip()[-400:]}")
        (folder / "ready").touch()
    return folder


def _start(name: str, folder: Path, *arguments: str) -> Service:
    port = free_port()
    environ = plain_environ(folder, PYTHONPATH=f"{SUPPORT.parent}:{SUPPORT.parents[1]}")
    command = [sys.executable, str(SUPPORT / f"{name}.py"), str(port), *arguments]
    url = f"http://127.0.0.1:{port}"
    try:
        return launch(name, command, url=url, ready="/healthz", environ=environ, folder=folder, seconds=60)
    except Unavailable as reason:
        pytest.fail(str(reason))


@pytest.fixture(scope="module")
def direct(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The fixture server."""
    service = _start("conformance_server", tmp_path_factory.mktemp("conformance"))
    yield service
    service.stop()


@pytest.fixture(scope="module")
def proxied(direct: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The proxy before it."""
    service = _start("conformance_proxy", tmp_path_factory.mktemp("proxy"), f"{direct.url}/mcp")
    yield service
    service.stop()


def _failing(suite: Path, url: str, revision: str) -> set[str]:
    """The required scenarios that fail or did not run."""
    package = suite / "node_modules" / "@modelcontextprotocol" / "conformance"
    required = set(yaml.safe_load((package / "requirements" / f"{revision}.yaml").read_text())["server"])
    assert len(required) == REQUIRED[revision]
    node = suite / "node_modules" / ".bin" / "node"
    command = [str(node), "dist/index.js", "server", "--url", url, "--requirements", revision]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=package, timeout=300)
    summary = done.stdout.partition("=== SUMMARY ===")[2]
    passed = set(re.findall(r"^✓ ([\w-]+): \d+ passed, 0 failed", summary, re.MULTILINE))
    return required - passed


@pytest.mark.parametrize("revision", REQUIRED)
def test_the_fixture_server_passes_directly(suite: Path, direct: Service, revision: str) -> None:
    assert _failing(suite, f"{direct.url}/mcp", revision) == set()


@pytest.mark.parametrize("revision", REQUIRED)
def test_the_proxy_before_it_passes(suite: Path, proxied: Service, revision: str) -> None:
    assert _failing(suite, f"{proxied.url}/mcp", revision) == set(CANNOT[revision])
