"""The generated server of the people API, and a proxy before it: built and started once."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.generated import generate
from support.governing import KEYS
from support.handing import Chain, chained
from support.people import HINTS, document, person

from adaptgen.cli import main
from adaptgen.transports import address

QUICK = {"test_handover.py", "test_threats.py", "test_threats_upstreams.py", "test_asking.py"}
QUICK |= {"test_canaries_forms.py", "test_canaries_written.py"}
"""What `make test` runs of this folder; the rest drives every tool, key and record, and takes minutes."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The others are slow."""
    for item in items:
        if item.path.parent == Path(__file__).parent and item.path.name not in QUICK:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the generated server."""
    return generate(tmp_path_factory.mktemp("people"), "people", {"people.json": document()}, HINTS)


@pytest.fixture(scope="module")
def started(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """Agent, proxy, tap, server and API: started once."""
    with chained(tmp_path_factory.mktemp("chain"), package) as chain:
        yield chain


@pytest.fixture
def chain(started: Chain) -> Iterator[Chain]:
    """The processes, with empty logs, and answering as they do by themselves."""
    for one in (started.api, started.tap, started.issuer.web):
        one.seen.clear()
    through, given = started.tap.answer, started.issuer.web.answer
    yield started
    started.tap.answer, started.issuer.web.answer = through, given
    started.people.on.clear()
    started.people.people = [person()]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The ports that were opened."""
    ports: list[int] = []
    really = address.listening

    def listening(host: str, port: int) -> socket.socket:
        made = really(host, port)
        ports.append(made.getsockname()[1])
        return made

    monkeypatch.setattr(address, "listening", listening)
    return ports


@pytest.fixture
def run(
    package: Path, opened: list[int], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., str]:
    """What a command says that must end with 2 before any port is open: ``run("serve", path)``."""
    for name, key in KEYS.items():
        monkeypatch.setenv(name, key)

    def run(command: str, named: Path, http: str = "127.0.0.1:0") -> str:
        capsys.readouterr()
        if command == "serve":
            arguments = ["serve", str(package), "--http", http, "--governance", str(named)]
        else:
            arguments = ["proxy", str(named), "--http", http]
        code = main(arguments)
        out, errors = capsys.readouterr()
        assert (code, out, opened) == (2, "", []), errors
        assert "internal error" not in errors
        assert "Traceback" not in errors
        return errors

    return run
