"""What every test has: no network beyond loopback, and the test data's folder."""

from __future__ import annotations

import functools
import gc
import os
import ssl
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from httpx import create_ssl_context
from httpx._transports import default as httpx_transport
from hypothesis import settings
from pytest_socket import socket_allow_hosts

from adaptgen.net.addresses import is_public_host
from adaptgen.plan.document import base_urls

LOOPBACK = ["127.0.0.1", "::1", "localhost"]

# A change is judged by the same examples each time: new ones are searched on purpose, and what they find is mended
# where it is found (ADAPTGEN_FUZZ=1). How long one example takes says more of the machine than of the code.
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("search", derandomize=False, deadline=None)
settings.load_profile("search" if os.environ.get("ADAPTGEN_FUZZ") else "same")

# What every client of httpx does anew takes a fifth of the time of all tests: looking for sniffio several times a
# request where it is not installed (servers settle that too, transports.process_setup), and reading 140 certificates.
if find_spec("sniffio") is None:
    sys.modules["sniffio"] = None  # type: ignore[assignment]


@functools.cache
def _shared_context(file: str | None, folder: str | None) -> ssl.SSLContext:
    """The context of clients that are told nothing, by the variables that name certificates."""
    return create_ssl_context()


def _context(verify: ssl.SSLContext | str | bool = True, cert: Any = None, trust_env: bool = True) -> ssl.SSLContext:
    if verify is True and cert is None and trust_env:
        return _shared_context(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
    return create_ssl_context(verify=verify, cert=cert, trust_env=trust_env)


httpx_transport.create_ssl_context = _context


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Sockets to other machines fail, whatever a test does."""
    socket_allow_hosts(LOOPBACK, allow_unix_socket=True)


def pytest_collection_finish() -> None:
    """Collections are rare: each full one walks the thousands of tests that were collected."""
    gc.collect()
    gc.set_threshold(20_000, 20, 100)


def pytest_runtest_teardown() -> None:
    """What a command or server of the test has frozen is garbage now; and to count it at each parse takes its time."""
    gc.unfreeze()


@pytest.fixture(scope="session", autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Folders of their own for cache, state and configuration; only what is downloaded comes from the user's cache."""
    user = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    cache = tmp_path_factory.mktemp("cache")
    (cache / "adaptgen").mkdir()
    wheels = user / "adaptgen" / "wheels"
    if wheels.is_dir():
        (cache / "adaptgen" / "wheels").symlink_to(wheels)
    with pytest.MonkeyPatch.context() as patch:
        for variable, name in (("UV_CACHE_DIR", "uv"), ("PIP_CACHE_DIR", "pip")):
            patch.setenv(variable, os.environ.get(variable) or str(user / name))
        patch.setenv("XDG_CACHE_HOME", str(cache))
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        yield


@pytest.fixture(scope="session")
def testdata() -> Path:
    """The folder with real specs and services; tests that need it skip without it."""
    folder = os.environ.get("ADAPTGEN_TESTDATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("ADAPTGEN_TESTDATA names no folder with test data")
    return Path(folder).resolve()


@pytest.fixture(scope="session", autouse=True)
def example_addresses() -> Iterator[None]:
    """The documents of tests may name example and loopback addresses as their servers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(base_urls, "is_public_host", lambda host: True)
        yield


@pytest.fixture(autouse=True)
def addresses_of_users(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that are marked with ``addresses`` see what users see."""
    if request.node.get_closest_marker("addresses") is not None:
        monkeypatch.setattr(base_urls, "is_public_host", is_public_host)
