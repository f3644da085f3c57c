"""The generated server of an API of files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.file_api import FileApi, document, serving
from support.generated import generate
from support.web import Web


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the generated server."""
    return generate(tmp_path_factory.mktemp("files"), "files", {"files.json": document()})


@pytest.fixture
def api() -> Iterator[tuple[Web, FileApi]]:
    """The API."""
    with serving() as made:
        yield made
