"""One CRM for all tests of the demo, reset before each."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from adaptgen.demo.crm import PASSWORD, USERNAME, Crm, Running, running


@pytest.fixture(scope="session")
def serving() -> Iterator[Running]:
    with running(Crm(slow=0.0)) as crm:
        yield crm


@pytest.fixture
def crm(serving: Running) -> Running:
    serving.crm.state.reset()
    return serving


@pytest.fixture
def anonymous(crm: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=crm.url, verify=False) as client:
        yield client


@pytest.fixture
def client(anonymous: httpx.Client) -> httpx.Client:
    """A client that is logged in and holds a CSRF token."""
    tokens = anonymous.post("/auth/login", json={"userName": USERNAME, "password": PASSWORD}).json()["data"]
    anonymous.headers["X-CRM-Session"] = tokens["sessionId"]
    anonymous.headers["X-CSRF-Token"] = anonymous.get("/auth/csrf").json()["csrfToken"]
    return anonymous
