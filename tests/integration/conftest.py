"""The three real services, each started once a session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support import airflow, bottlecrm, kinto
from support.services import Service, Unavailable, running


def _folder(factory: pytest.TempPathFactory, name: str) -> Path:
    return factory.mktemp(name)


@pytest.fixture(scope="session")
def kinto_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Kinto with 500 contacts."""
    try:
        with running(kinto.start, _folder(tmp_path_factory, "kinto")) as service:
            yield service
    except Unavailable as reason:
        pytest.skip(f"Kinto: {reason}")


@pytest.fixture(scope="session")
def airflow_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Airflow with its example DAGs."""
    try:
        with running(airflow.start, _folder(tmp_path_factory, "airflow")) as service:
            yield service
    except Unavailable as reason:
        pytest.skip(f"Airflow: {reason}")


@pytest.fixture(scope="session")
def bottlecrm_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where BottleCRM keeps its data, so that a second start finds the same records."""
    return _folder(tmp_path_factory, "bottlecrm")


@pytest.fixture
def bottlecrm_service(bottlecrm_folder: Path, request: pytest.FixtureRequest) -> Iterator[Service]:
    """BottleCRM with 500 contacts; the parameter is the lifetime of access tokens in seconds."""
    seconds = getattr(request, "param", 3600)
    try:
        with running(bottlecrm.start, bottlecrm_folder, access_seconds=seconds) as service:
            yield service
    except Unavailable as reason:
        pytest.skip(f"BottleCRM: {reason}")
