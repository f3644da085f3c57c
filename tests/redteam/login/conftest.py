"""Servers with ``login`` on which the honest login works; an attack is a change of that."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.login_scene import Client, Scene, scene


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with scene(tmp_path_factory.mktemp("server"), login={"registrations": "6000/m"}) as made:
        yield made


@pytest.fixture
def it(started: Scene) -> Scene:
    """A server on which nothing has happened that this test could see."""
    started.reset()
    return started


@pytest.fixture
def client(it: Scene) -> Client:
    """An honest client, that of the victim."""
    return it.client()
