"""The shared state or the provider is away, in each phase of a login: nothing is done by half, and nothing is lost."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from support.flaky_store import LOST, REFUSED, FlakyStore
from support.login_scene import LOOPBACK, Scene, scene

from adaptgen.runtime.auth import session_store


@pytest.fixture(scope="module")
def store() -> FlakyStore:
    return FlakyStore()


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory, store: FlakyStore) -> Iterator[Scene]:
    with scene(tmp_path_factory.mktemp("outages"), store=store) as one:
        yield one


@pytest.fixture(autouse=True)
def anew(here: Scene, store: FlakyStore) -> Iterator[None]:
    here.reset()
    yield
    store.down = False
    store.fail(-1)


@pytest.mark.parametrize("when", [REFUSED, LOST])
def test_a_code_is_exchanged_whichever_answer_of_the_state_is_lost(here: Scene, store: FlakyStore, when: str) -> None:
    """Without it the code was used and nothing was given for it, and the client that came again was a thief."""
    client = here.client()
    number, reached = 0, True
    while reached:
        code = client.authorize(here.browser())["code"]
        store.fail(number, when)
        answer = client.token(code=code)
        reached = len(store.seen) > number
        store.fail(-1)
        if answer.status_code != 200:
            assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")
            assert int(answer.headers["retry-after"]) > 0
            answer = client.token(code=code)
        assert answer.status_code == 200, (number, answer.text)
        assert here.call(answer.json()["access_token"]).status_code == 200
        number += 1
    assert number > 3


@pytest.mark.parametrize("when", [REFUSED, LOST])
def test_a_refresh_is_answered_whichever_answer_of_the_state_is_lost(
    here: Scene, store: FlakyStore, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_store, "LEASE", 0.2)  # one that could not be given up is waited for
    client = here.client()
    token = client.log_in()["refresh_token"]
    number, reached = 0, True
    while reached:
        store.fail(number, when)
        answer = client.refresh(token)
        reached = len(store.seen) > number
        store.fail(-1)
        if answer.status_code != 200:
            assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")
            answer = client.refresh(token)
        assert answer.status_code == 200, (number, answer.text)
        token = answer.json()["refresh_token"]
        number += 1
    assert number > 9


def test_without_the_state_clients_get_errors_that_they_know_and_it_recovers(here: Scene, store: FlakyStore) -> None:
    client = here.client()
    tokens = client.log_in()
    store.down = True
    answers = {
        "register": here.register(redirect_uris=[LOOPBACK]),
        "token": client.token(code="mcp_ac_" + "a" * 43),
        "refresh": client.refresh(tokens["refresh_token"]),
        "revoke": here.http.post(
            here.metadata["revocation_endpoint"], data={"client_id": client.id, "token": tokens["refresh_token"]}
        ),
    }
    for name, answer in answers.items():
        assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable"), name
        assert int(answer.headers["retry-after"]) > 0
        assert answer.headers["cache-control"] == "no-store"
    assert here.call(tokens["access_token"]).status_code == 503
    store.down = False
    assert here.call(tokens["access_token"]).status_code == 200
    assert client.refresh(tokens["refresh_token"]).status_code == 200


def test_a_body_that_is_too_large_is_an_error_that_clients_know(here: Scene) -> None:
    answer = here.http.post(here.metadata["token_endpoint"], data={"code": "a" * 40_000})
    assert (answer.status_code, answer.json()["error"]) == (413, "invalid_request")


def test_a_provider_that_is_down_loses_no_login_and_is_in_the_log(
    here: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    client = here.client()
    token = client.log_in()["refresh_token"]
    for answer in ((500, {}, {}), (200, {"Content-Type": "text/html"}, "<html>"), (503, {}, {})):
        here.provider.answers["/token"] = answer
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            refused = client.refresh(token)
        assert (refused.status_code, refused.json()["error"]) == (503, "temporarily_unavailable"), answer
        assert int(refused.headers["retry-after"]) > 0
        assert "a login cannot be renewed now: http://127.0.0.1" in caplog.text
        assert token not in caplog.text
    here.provider.answers.clear()
    assert client.refresh(token).status_code == 200
