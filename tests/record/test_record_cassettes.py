"""``adaptgen record``: what it calls, what it writes and what it never writes, and what replays of it notice."""

from __future__ import annotations

import json
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from record.conftest import CANARIES, SECRETS

from adaptgen.cli import main
from adaptgen.demo.crm import PASSWORD, USERNAME, Crm, running
from adaptgen.diagnostics import AdaptgenError
from adaptgen.readiness.cassettes import refuse
from adaptgen.readiness.fake_values import Fakes
from adaptgen.readiness.replay import cases, replay

ROOT = Path(__file__).parents[2]


def recorded(place: Path, *more: str) -> Path:
    assert main(["record", "generated/people", *more]) == 0
    return place / "specs" / "people" / "cassettes"


def every(folder: Path) -> str:
    return "".join(path.read_text() for path in sorted(folder.iterdir()))


def test_every_tool_that_reads_is_called_once_and_none_that_writes(place: Path, api: Any) -> None:
    folder = recorded(place)
    assert sorted(path.name for path in folder.iterdir()) == ["get_person.yaml", "list_people.yaml", "recorded.json"]
    assert api.asked == ["POST /login", "GET /people", "GET /people/7"]


def test_a_tool_that_writes_is_called_where_it_is_named(place: Path, api: Any) -> None:
    assert (recorded(place, "--writes", "create_person") / "create_person.yaml").exists()
    assert api.asked[-1] == "POST /people"


def test_no_secret_and_no_personal_data_reaches_a_cassette(place: Path) -> None:
    text = every(recorded(place))
    folded = text.replace("\n", "").replace(" ", "")
    for one in (*SECRETS, *CANARIES):
        assert one not in text
        assert one.replace(" ", "") not in folded
    assert "127.0.0.1" not in text


def test_stand_ins_are_the_same_wherever_a_value_stands(place: Path) -> None:
    folder = recorded(place)
    listed = yaml.safe_load((folder / "list_people.yaml").read_text())["interactions"][-1]
    ada, grace = json.loads(listed["response"]["body"]["string"])["items"]
    assert ada["email"] in grace["note"]
    assert grace["email"] in ada["note"]
    assert ada["fullName"] in ada["note"]
    assert ada["id"] == 7


def test_two_recordings_of_the_same_answers_are_the_same(place: Path) -> None:
    first = every(recorded(place))
    assert every(recorded(place)) == first


def test_what_others_in_the_process_send_meanwhile_is_not_recorded(place: Path, api: Any) -> None:
    alone = every(recorded(place))

    def asking(person: dict[str, Any]) -> dict[str, Any]:
        httpx.post(f"{api.url}/login", json={"email": "fullName"})  # from the thread of the API
        return person

    api.change = lambda person: person if api.asked[-1] == "POST /login" else asking(person)
    assert every(recorded(place)) == alone
    assert api.asked.count("POST /login") > 3


def test_what_remains_is_refused_and_not_shown() -> None:
    fakes = Fakes()
    fakes.of("secret", "s3cret-value")
    refuse("t", "nothing of it", fakes)
    for text in ("x: my-s3cret-value", "write to someone@else.example"):
        with pytest.raises(AdaptgenError, match="AG068") as caught:
            refuse("t", text, fakes)
        assert "s3cret-value" not in str(caught.value)
        assert "someone" not in str(caught.value)


def test_contract_tests_pass_offline_on_what_was_recorded(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = recorded(place)
    for name in ("PEOPLE_BASE_URL", "PEOPLE_USER", "PEOPLE_PASSWORD"):
        monkeypatch.delenv(name)
    assert main(["build", "specs/people.json", "--quiet"]) == 0
    tests = place / "generated" / "people" / "tests" / "test_contract.py"
    opened: list[object] = []
    monkeypatch.setattr(socket.socket, "connect", lambda *given: opened.append(given))
    for case in cases(place / "generated" / "people", folder):
        replay(case)
    assert opened == []
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--import-mode=importlib", "-p", "no:cacheprovider", str(tests)],
        capture_output=True, text=True, cwd=place, check=False,
    )  # fmt: skip
    assert "2 passed" in done.stdout, done.stdout + done.stderr


def test_a_field_of_the_view_that_the_api_no_longer_has_fails_its_contract_test(place: Path) -> None:
    folder = recorded(place)
    hints = place / "specs" / "people" / "hints.yaml"
    hints.write_text(hints.read_text() + "tools: {get_person: {call: 'GET /people/{id}', view: [id, nickname]}}\n")
    assert main(["build", "specs/people.json", "--quiet"]) == 0
    case = next(one for one in cases(place / "generated" / "people", folder) if one.name == "get_person")
    with pytest.raises(AssertionError, match="no record that get_person was answered has nickname"):
        replay(case)


def test_a_tool_that_asks_for_something_else_fails_its_contract_test(place: Path) -> None:
    folder = recorded(place)
    index = json.loads((folder / "recorded.json").read_text())
    index["calls"]["get_person"]["id"] = 9
    (folder / "recorded.json").write_text(json.dumps(index))
    case = next(one for one in cases(place / "generated" / "people", folder) if one.name == "get_person")
    with pytest.raises(AssertionError):
        replay(case)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda one: one, ""),
        (lambda one: {key: one[key] for key in one if key != "note"}, "field gone: $.items[*].note"),
        (lambda one: {**one, "city": "x"}, "new field: $.items[*].city (text)"),
        (lambda one: {**one, "note": 5}, "type changed: $.items[*].note was text, is number"),
        (lambda one: {**one, "note": None}, ""),
    ],
)
def test_a_new_recording_says_what_changed(
    place: Path, api: Any, capsys: pytest.CaptureFixture[str], change: Any, said: str
) -> None:
    recorded(place)
    before = every(place / "specs" / "people" / "cassettes")
    api.change = change
    capsys.readouterr()
    assert main(["record", "generated/people", "--check"]) == (1 if said else 0)
    assert (said or "the API answers as it did") in capsys.readouterr().out
    assert every(place / "specs" / "people" / "cassettes") == before


def test_a_field_of_the_view_that_no_answer_has_is_said_when_it_is_recorded(
    place: Path, api: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    api.change = lambda one: {key: one[key] for key in one if key != "fullName"}
    folder = recorded(place)
    assert "get_person keeps fullName, which no answer had" in capsys.readouterr().err
    for case in cases(place / "generated" / "people", folder):
        replay(case)


def test_new_paging_is_said(place: Path, api: Any, capsys: pytest.CaptureFixture[str]) -> None:
    recorded(place)
    api.headers = {"Link": f'<{api.url}/people?page=2>; rel="next"'}
    assert main(["record", "generated/people", "--check"]) == 1
    assert "new paging: header:link (text)" in capsys.readouterr().out


def test_the_cassettes_of_the_crm_are_what_the_crm_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_USERNAME", USERNAME)
    monkeypatch.setenv("CRM_PASSWORD", PASSWORD)
    with running(Crm(slow=0.0)) as crm:
        monkeypatch.setenv("CRM_BASE_URL", crm.url)
        assert main(["record", str(ROOT / "generated" / "crm"), "--out", str(tmp_path / "cassettes")]) == 0
    kept = ROOT / "specs" / "crm" / "cassettes"
    assert every(tmp_path / "cassettes") == every(kept)
    text = every(kept)
    assert PASSWORD not in text
    canaries = list(_personal(crm.crm.state.database))
    assert len(canaries) > 1000
    assert [one for one in canaries if one in text] == []


def _personal(database: sqlite3.Connection) -> Iterator[str]:
    """Every value of a column that holds personal data, by the names of the columns."""
    for (table,) in database.execute("select name from sqlite_master where type = 'table'").fetchall():
        for column in [row[1] for row in database.execute(f"pragma table_info({table})")]:
            if any(word in column.lower() for word in ("email", "phone", "iban", "national")):
                for (value,) in database.execute(f"select {column} from {table} where {column} is not null"):
                    if len(str(value)) >= 6:
                        yield str(value)
