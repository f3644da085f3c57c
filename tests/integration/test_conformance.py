"""The conformance suite of the Model Context Protocol: against a server that passes it, and through the proxy before
that server.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import redis
from support.replicas import relayed
from support.scenarios import scenarios
from support.services import Service, Unavailable, free_port, launch, plain_environ

pytestmark = [pytest.mark.slow, pytest.mark.network, pytest.mark.timeout(600)]

SUPPORT = Path(__file__).parents[1] / "support"
REQUIRED = {"2026-07-28": 37, "2025-11-25": 30}

CANNOT: dict[str, dict[str, str]] = {"2026-07-28": {}, "2025-11-25": {}}
"""Required scenarios that cannot pass through the proxy, with the reason. One that passes must not stand here."""


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


@pytest.fixture
def spread(direct: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of three replicas of the proxy that share a Redis, each request to the next one."""
    services: list[Service] = []
    try:
        services.append(redis.start(tmp_path_factory.mktemp("redis")))
        for at in range(3):
            folder = tmp_path_factory.mktemp(f"replica{at}")
            services.append(_start("conformance_proxy", folder, f"{direct.url}/mcp", services[0].url))
        with relayed([int(one.url.rpartition(":")[2]) for one in services[1:]]) as relay:
            yield f"http://127.0.0.1:{relay.port}/mcp"
            assert min(relay.served[port] for port in relay.ports) > 10
    except Unavailable as reason:
        pytest.skip(f"Redis: {reason}")
    finally:
        for one in reversed(services):
            one.stop()


def _failing(url: str, revision: str) -> set[str]:
    """The required scenarios that fail or did not run."""
    try:
        passed, required = scenarios(url, revision)
    except Unavailable as reason:
        pytest.skip(str(reason))
    assert len(required) == REQUIRED[revision]
    return required - passed


@pytest.mark.parametrize("revision", REQUIRED)
def test_the_fixture_server_passes_directly(direct: Service, revision: str) -> None:
    assert _failing(f"{direct.url}/mcp", revision) == set()


@pytest.mark.parametrize("revision", REQUIRED)
def test_the_proxy_before_it_passes(proxied: Service, revision: str) -> None:
    assert _failing(f"{proxied.url}/mcp", revision) == set(CANNOT[revision])


@pytest.mark.parametrize("revision", REQUIRED)
def test_replicas_that_take_turns_pass(spread: str, revision: str) -> None:
    assert _failing(spread, revision) == set(CANNOT[revision])
