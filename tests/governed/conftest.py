"""The generated server of the people API, built once."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.generated import generate
from support.people import document


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the generated server."""
    return generate(tmp_path_factory.mktemp("people"), "people", {"people.json": document()})
