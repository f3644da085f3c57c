"""Sessions of the CRM: what a login gives, and how it ends."""

from __future__ import annotations

import httpx

from adaptgen.demo.crm import PASSWORD, USERNAME, Running


def test_a_dead_session_answers_403(crm: Running, client: httpx.Client) -> None:
    assert client.get("/tags/").status_code == 200
    crm.crm.state.sessions.end_all()
    answer = client.get("/tags/")
    assert (answer.status_code, answer.json()["errorCode"]) == (403, "SEC-0403")
    assert crm.stats.refused == 1


def test_a_refresh_token_serves_once(crm: Running, anonymous: httpx.Client) -> None:
    first = anonymous.post("/auth/login", json={"userName": USERNAME, "password": PASSWORD}).json()["data"]
    second = anonymous.post("/auth/refresh", json={"refreshToken": first["refreshToken"]}).json()["data"]
    alive = {"X-CRM-Session": second["sessionId"]}
    assert anonymous.get("/users", headers=alive).status_code == 200
    assert anonymous.get("/users", headers={"X-CRM-Session": first["sessionId"]}).status_code == 403
    again = anonymous.post("/auth/refresh", json={"refreshToken": first["refreshToken"]})
    assert (again.status_code, again.json()["errorCode"]) == (403, "SEC-0411")
    assert anonymous.get("/users", headers=alive).status_code == 403, "a reused token ends every session"
    assert (crm.stats.logins, crm.stats.refreshes, crm.stats.reused_refreshes) == (1, 1, 1)


def test_wrong_credentials(crm: Running, anonymous: httpx.Client) -> None:
    answer = anonymous.post("/auth/login", json={"userName": USERNAME, "password": "no"})
    assert (answer.status_code, answer.json()["errorCode"]) == (401, "SEC-0401")
    assert crm.stats.failed_logins == 1


def test_a_write_needs_the_csrf_token_of_its_session(client: httpx.Client) -> None:
    good = client.headers.pop("X-CSRF-Token")
    for headers in ({}, {"X-CSRF-Token": "x"}):
        answer = client.post("/customers/1001/notes", json={"text": "n"}, headers=headers)
        assert (answer.status_code, answer.json()["errorCode"]) == (403, "SEC-0409")
    assert client.post("/customers/1001/notes", json={"text": "n"}, headers={"X-CSRF-Token": good}).status_code == 201


def test_logout_ends_the_session(client: httpx.Client) -> None:
    assert client.post("/auth/logout").status_code == 204
    assert client.get("/users").status_code == 403
