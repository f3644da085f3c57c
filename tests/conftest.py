"""What every test has: no network beyond loopback, and the test data's folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pytest_socket import socket_allow_hosts

LOOPBACK = ["127.0.0.1", "::1", "localhost"]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Sockets to other machines fail, whatever a test does."""
    socket_allow_hosts(LOOPBACK, allow_unix_socket=True)


@pytest.fixture(scope="session")
def testdata() -> Path:
    """The folder with real specs and services; tests that need it skip without it."""
    folder = os.environ.get("ADAPTGEN_TESTDATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("ADAPTGEN_TESTDATA names no folder with test data")
    return Path(folder).resolve()
