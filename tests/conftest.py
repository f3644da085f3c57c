"""What every test has: no network beyond loopback, and the test data's folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings
from pytest_socket import socket_allow_hosts

LOOPBACK = ["127.0.0.1", "::1", "localhost"]

# A change is judged by the same examples each time: new ones are searched on purpose, and what they find is mended
# where it is found (ADAPTGEN_FUZZ=1). How long one example takes says more of the machine than of the code.
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("search", derandomize=False, deadline=None)
settings.load_profile("search" if os.environ.get("ADAPTGEN_FUZZ") else "same")


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
