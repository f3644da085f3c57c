"""``--json``: one JSON object on stdout with the keys of docs/commands.md, for what is wrong too."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.shipping import bundle, governed
from support.web import Asked, Said, web

from adaptgen.cli import main, terminal

BUILT = "generated/notes"
PAGE = (Path(__file__).parents[3] / "docs" / "commands.md").read_text("utf-8")


@pytest.fixture(scope="module")
def api() -> Iterator[str]:
    """The API of ``specs/notes.json``."""

    def answer(asked: Asked) -> Said:
        note = {"id": 1, "title": "Plan", "author_email": "a@example.com"}
        return Said({"results": [note], "count": 1}, 404 if asked.path == "/notes/9" else 200)

    with web(answer) as made:
        yield made.url


@pytest.fixture
def built(workplace: Path, api: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    monkeypatch.setenv("NOTES_BASE_URL", api)
    monkeypatch.setenv("ADAPTGEN_STATE", str(workplace / "state"))
    Path("specs/notes/policies").mkdir(parents=True)
    Path("specs/notes/policies/a.cedar").write_text('@id("all") permit (principal, action, resource);')
    Path("specs/notes/front.yaml").write_text("adaptgen: 1\nauthorize: {default: read, policies: [policies/]}\n")
    assert main(["build", "specs/notes.json", "--quiet"]) == 0
    capsys.readouterr()
    return workplace


def printed(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> Any:
    assert main([*words, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def documented(command: str) -> set[str]:
    """The keys that the page names first for a command, of the object itself."""
    text = PAGE.partition(f"\n## adaptgen {command}\n")[2].partition("\n## ")[0]
    found = re.search(r"^With `--json`: (.*?)(?:\.\s|\.$|;)", text, re.DOTALL | re.MULTILINE)
    assert found, command
    return set(re.findall(r"`(\w+)`", re.sub(r"\([^()]*\)", "", found[1]).partition("each with")[0]))


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("build", ("build", "specs/notes.json")),
        ("explain", ("explain", BUILT)),
        ("doctor", ("doctor", BUILT)),
        ("tools", ("tools", BUILT)),
        ("tools", ("tools", "specs/notes.json")),
        ("policy check", ("policy", "check", "specs/notes/policies")),
        ("policy explain", ("policy", "explain", BUILT, "--governance", "specs/notes/front.yaml")),
    ],
)
def test_each_object_has_the_keys_that_are_documented(
    built: Path, command: str, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert printed(capsys, *words).keys() == documented(command)


def test_a_call_is_one_json_value_whatever_the_tool_answers(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listed = printed(capsys, "call", BUILT, "list_notes")
    assert (listed["fields"], listed["items"]) == (["id", "title", "author_email"], [[1, "Plan", "a@example.com"]])
    failed = printed(capsys, "call", BUILT, "get_note", "id=9", code=1)
    assert failed.keys() == {"error"}
    assert "404" in failed["error"]


def test_a_call_in_a_pipe_is_what_an_agent_reads_and_on_a_terminal_a_table(
    built: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["call", BUILT, "list_notes"]) == 0
    assert capsys.readouterr().out.startswith('{"fields":["id","title","author_email"],"items":[[1,')
    monkeypatch.setattr(terminal, "for_people", lambda: True)
    assert main(["call", BUILT, "list_notes"]) == 0
    assert capsys.readouterr().out.splitlines()[:3] == [
        "id  title  author_email",
        "1   Plan   a@example.com",
        "1 item",
    ]
    assert main(["call", BUILT, "get_note", "id=9"]) == 1
    assert "404" in capsys.readouterr().out


def test_a_package_says_what_it_wrote(
    built: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from adaptgen.cli.ship import package

    made = bundle(governed(built / "shipped"))
    monkeypatch.setattr(package, "make_bundle", lambda options, target: made)
    found = printed(capsys, "package", "shipped/generated/crm", "-o", "out/crm.zip")
    assert found.keys() == documented("package")
    assert (found["out"], found["target"], found["arch"]) == ("out/crm.zip", "lambda", "x86_64")
    assert found["bytes"] == Path("out/crm.zip").stat().st_size
    assert [Path(path).is_file() for path in found["templates"]] == [True, True]


def test_a_missing_package_and_an_internal_error_have_no_code(
    built: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from adaptgen.cli.understand import tools

    for problem, said in (
        (ModuleNotFoundError("No module named 'redis'", name="redis"), 'pip install "adaptgen[redis]"'),
        (ZeroDivisionError("no"), "ADAPTGEN_DEBUG=1"),
    ):

        def fail(options: object, problem: Exception = problem) -> int:
            raise problem

        monkeypatch.setattr(tools, "run", fail)
        (found,) = printed(capsys, "tools", BUILT, code=2)["diagnostics"]
        assert found["code"] is None
        assert said in found["help"]


# ------------------------------------------------------------------------------------------------------ next steps


def steps(said: str) -> list[str]:
    return [line.strip() for line in said.partition("next:\n")[2].splitlines()]
