"""``adaptgen learn`` at a terminal."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.learning import list_operation, make_result
from support.web import Asked, Said, Web
from support.web import web as served

from adaptgen.cli import main
from adaptgen.source.hints.learned import read_learned

ROWS = [{"id": number, "name": f"n{number}"} for number in range(30)]
PATHS = {
    "/things": {"get": list_operation(parameters=[{"name": "limit", "in": "query", "schema": {"type": "integer"}}])},
}
SPEC = "specs/shop.json"
LEARNED, STATE = Path("specs/shop/learned.yaml"), Path("specs/shop/learned.json")


def answer(asked: Asked) -> Said:
    if asked.headers.get("x-api-key") != "key-123456":
        return Said({"message": "login required"}, 401)
    start, size = int(asked.query.get("offset", 0)), min(int(asked.query.get("limit", 10)), 12)
    return Said(ROWS[start : start + size])


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    make_result(tmp_path, PATHS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with served(answer) as api:
        monkeypatch.setenv("SHOP_BASE_URL", api.url)
        monkeypatch.setenv("SHOP_API_KEY", "key-123456")
        yield api


def test_what_was_learned_is_written_and_built(web: Web, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["learn", SPEC]) == 0
    told = capsys.readouterr()
    assert "specs/shop/learned.yaml" in told.out
    assert "adaptgen build specs/shop.json" in told.err
    text = LEARNED.read_text()
    assert 'api_key: {kind: api_key, header: X-API-Key, value: "${env:SHOP_API_KEY}"}' in text
    assert "key-123456" not in text + STATE.read_text() + told.out
    assert json.loads(STATE.read_text())["status"] == "complete"
    assert main(["build", SPEC, "-q"]) == 0
    assert main(["build", SPEC, "-q", "--check"]) == 0
    LEARNED.write_text(text.replace("X-API-Key", "X-Key"))
    assert main(["build", SPEC, "-q", "--check"]) == 1


def test_a_check_writes_nothing_and_shows_what_drifted(web: Web, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["learn", SPEC, "-q"]) == 0
    before, state = LEARNED.read_text(), STATE.read_bytes()
    assert main(["learn", SPEC, "--check"]) == 0
    assert "learned.yaml holds" in capsys.readouterr().out
    changed = before.replace("X-API-Key", "X-Key")
    LEARNED.write_text(changed)
    assert main(["learn", SPEC, "--check"]) == 1
    assert "differs: auth > api_key" in capsys.readouterr().out
    assert (LEARNED.read_text(), STATE.read_bytes()) == (changed, state)


def test_never_more_requests_than_the_budget(web: Web, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["learn", SPEC, "--requests", "7"]) == 0
    assert len(web.seen) == 7
    assert "the budget of 7 requests is spent" in capsys.readouterr().out
    assert json.loads(STATE.read_text())["status"] == "spent"


def test_a_signal_keeps_what_is_known_and_the_next_run_continues(
    tmp_path: Path, web: Web, capsys: pytest.CaptureFixture[str]
) -> None:
    count = 0

    def interrupting(asked: Asked) -> Said:
        nonlocal count
        count += 1
        if count == 9:
            os.kill(os.getpid(), signal.SIGTERM)
        return answer(asked)

    web.answer = interrupting
    assert main(["learn", SPEC]) == 130
    assert "the same command continues" in capsys.readouterr().err
    state = json.loads(STATE.read_text())
    assert (state["status"], state["requests"] >= 8, LEARNED.exists()) == ("interrupted", True, False)
    assert main(["learn", SPEC, "-q"]) == 0
    assert LEARNED.exists()


def test_a_dry_run_sends_nothing(web: Web, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["learn", SPEC, "--dry-run"]) == 0
    assert (web.seen, LEARNED.exists(), STATE.exists()) == ([], False, False)
    told = capsys.readouterr().out
    assert "GET /things without credentials" in told
    assert "200 requests at most" in told


def test_without_an_address_nothing_is_tried(
    web: Web, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SHOP_BASE_URL")
    assert main(["learn", SPEC]) == 2
    assert "AG097" in (told := capsys.readouterr().err)
    assert "SHOP_BASE_URL" in told


def test_a_state_that_cannot_be_read_is_an_error_with_a_fix(web: Web, capsys: pytest.CaptureFixture[str]) -> None:
    STATE.parent.mkdir(exist_ok=True)
    STATE.write_text("{}")
    assert main(["learn", SPEC]) == 2
    assert "--restart" in capsys.readouterr().err
    assert main(["learn", SPEC, "--restart", "-q"]) == 0


def test_an_api_that_is_away_changes_no_file(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["learn", SPEC, "-q"]) == 0
    before = LEARNED.read_text()
    web.answer = lambda _: None
    assert main(["learn", SPEC, "-q"]) == 1
    assert LEARNED.read_text() == before


def test_recorded_traffic_is_learned_from_without_an_api(
    tmp_path: Path, web: Web, capsys: pytest.CaptureFixture[str]
) -> None:
    body = json.dumps([{"id": 1, "email": "ada@example.com"}, {"id": 2, "email": "bob@example.com"}] * 3)
    entry = {
        "request": {"method": "GET", "url": "https://shop.example/api/things?limit=6", "headers": []},
        "response": {
            "status": 200,
            "headers": [{"name": "content-type", "value": "application/json"}],
            "content": {"text": body},
        },
    }
    Path("traffic").mkdir()
    Path("traffic/shop.har").write_text(json.dumps({"log": {"entries": [entry]}}))
    assert main(["learn", SPEC, "--offline", "traffic"]) == 0
    assert web.seen == []
    text = LEARNED.read_text()
    assert "email" in text
    assert "ada@example.com" not in text


def test_disagreements_are_a_table_for_the_owner(web: Web, capsys: pytest.CaptureFixture[str]) -> None:
    web.answer = lambda asked: Said(ROWS[:3])
    assert main(["learn", SPEC, "-q", "--report"]) == 0
    assert "# Shop: what the document says and the API does" in capsys.readouterr().out


def test_what_could_not_be_tried_again_is_kept_and_is_no_drift(
    web: Web, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["learn", SPEC, "-q"]) == 0
    before = read_learned(LEARNED).raw
    monkeypatch.delenv("SHOP_API_KEY")
    assert main(["learn", SPEC, "--check"]) == 0
    assert main(["learn", SPEC]) == 0
    assert "SHOP_API_KEY" in capsys.readouterr().out
    assert read_learned(LEARNED).raw == before
    assert "# likely: learned before; it could not be tried again" in LEARNED.read_text()


def test_what_the_api_no_longer_does_is_drift(web: Web, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["learn", SPEC, "-q"]) == 0
    web.answer = lambda asked: Said(ROWS) if answer(asked).status == 200 else answer(asked)
    assert main(["learn", SPEC, "--check"]) == 1
    assert "differs: operations > GET /things > page" in capsys.readouterr().out
