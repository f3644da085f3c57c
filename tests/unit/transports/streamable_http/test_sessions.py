"""Whose sessions there are, and which go when there are too many."""

from __future__ import annotations

import pytest

from adaptgen.model.tables import Caller
from adaptgen.transports.streamable_http import sessions as module
from adaptgen.transports.streamable_http.sessions import Session, Sessions

ANNA, ANNA_ELSEWHERE, BERT = Caller("anna", "a"), Caller("anna", "b"), Caller("bert", "a")


def opened(sessions: Sessions, caller: Caller) -> Session:
    session, _ = sessions.open(caller, "2025-11-25", {})
    assert session is not None
    return session


def busy(session: Session) -> None:
    session.running[1] = object()  # type: ignore[assignment]


def test_one_too_many_ends_the_longest_unused() -> None:
    sessions = Sessions(2, 2, 60)
    first, second = opened(sessions, ANNA), opened(sessions, BERT)
    sessions.find(first.id, ANNA)
    _, ended = sessions.open(ANNA_ELSEWHERE, "2025-11-25", {})
    assert ended == [second]
    assert len(sessions) == 2


def test_one_caller_pushes_out_nobody_but_itself() -> None:
    sessions = Sessions(10, 2, 60)
    berts = opened(sessions, BERT)
    first, _ = opened(sessions, ANNA), opened(sessions, ANNA)
    _, ended = sessions.open(ANNA, "2025-11-25", {})
    assert ended == [first]
    assert sessions.find(berts.id, BERT) is berts


def test_sessions_in_use_stay() -> None:
    sessions = Sessions(2, 2, 60)
    first, second = opened(sessions, ANNA), opened(sessions, BERT)
    busy(first)
    _, ended = sessions.open(Caller("carl"), "2025-11-25", {})
    assert ended == [second]
    busy(sessions.all()[-1])
    assert sessions.open(BERT, "2025-11-25", {}) == (None, [])


def test_idle_ones_end(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    sessions = Sessions(10, 10, 60)
    working, first, second = opened(sessions, BERT), opened(sessions, ANNA), opened(sessions, BERT)
    busy(working)
    now[0] += 59
    sessions.find(second.id, BERT)
    now[0] += 2
    _, ended = sessions.open(ANNA, "2025-11-25", {})
    assert ended == [first]
    assert sessions.find(second.id, BERT) is second


def test_places_come_back() -> None:
    sessions = Sessions(10, 1, 60)
    sessions.drop(opened(sessions, ANNA))
    assert len(sessions) == 0
    busy(opened(sessions, ANNA))
    assert sessions.open(ANNA, "2025-11-25", {})[0] is None
