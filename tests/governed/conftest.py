"""The generated server of the people API, and a proxy before it: built and started once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.generated import generate
from support.handing import Chain, chained
from support.people import HINTS, document, person

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


@pytest.fixture(scope="session")
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
