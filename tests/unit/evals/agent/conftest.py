"""The shop as a server."""

from __future__ import annotations

import pytest
from support.eval_shop import Api, document, make_server

from adaptgen.model.tables import Server


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Server:
    return make_server(tmp_path_factory.mktemp("shop"), document())


@pytest.fixture
def api() -> Api:
    return Api()
