"""The story of the demo, told once for all tests here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from adaptgen.demo.story import Story, tell
from adaptgen.demo.tasks import TASKS


@pytest.fixture(scope="module")
def story() -> Story:
    return tell()


def test_only_the_usual_way_shows_secrets_to_the_model(story: Story) -> None:
    assert (story.before.password_in_text, story.before.session_in_text) == (True, True)
    assert (story.after.password_in_text, story.after.session_in_text) == (False, False)


def test_one_login_serves_the_whole_session(story: Story) -> None:
    assert (story.before.logins, story.after.logins) == (len(TASKS), 1)


def test_personal_data_stays_behind(story: Story) -> None:
    assert story.before.personal["national ids"] > 0
    assert story.before.personal["bank accounts"] > 0
    kinds = ("e-mail addresses", "national ids", "bank accounts", "birth dates", "phone numbers")
    assert [story.after.personal[kind] for kind in kinds] == [0, 0, 0, 0, 0]


def test_an_address_that_the_agent_never_saw_is_written(story: Story) -> None:
    assert story.written


def test_paging_reaches_every_ticket(story: Story) -> None:
    assert (story.before.tickets, story.after.tickets, story.tickets) == (100, 900, 900)


def test_a_list_that_is_cut_without_a_word_is_counted_right(story: Story) -> None:
    assert story.before.waiting == 100
    assert story.after.waiting == story.waiting != 100


def test_the_table_fits_a_terminal(story: Story) -> None:
    text = story.text()
    assert all(task.title in text for task in TASKS)
    assert max(map(len, text.splitlines())) <= 110


def test_tells_the_same_again_and_writes_nothing(story: Story, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "adaptgen", "demo", "--json"]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True, timeout=60)
    assert json.loads(told.stdout) == json.loads(story.json())
    assert list(tmp_path.iterdir()) == []
