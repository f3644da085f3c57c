"""``--json``: one JSON object on stdout with the keys of docs/commands.md, for what is wrong too."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
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


def test_build_says_what_it_wrote(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (same,) = printed(capsys, "build", "specs/notes.json")["servers"]
    assert (same["state"], same["files"]["created"], same["files"]["changed"]) == ("up_to_date", [], [])
    assert same["tools"] == ["delete_note", "get_note", "list_notes"]
    assert "NOTES_BASE_URL" in [one["name"] for one in same["variables"]]
    text = Path("specs/notes.json").read_text().replace("List notes", "List all notes")
    Path("specs/notes.json").write_text(text)
    stale = printed(capsys, "build", "--check", code=1)
    assert stale["servers"][0]["state"] == "stale"
    assert "+" in stale["servers"][0]["diff"]
    assert [one["code"] for one in stale["diagnostics"]] == ["AG052"]
    (written,) = printed(capsys, "build")["servers"]
    assert written["state"] == "written"
    assert "tools/notes.json" in written["files"]["changed"]


def test_doctor_lists_its_checks(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = printed(capsys, "doctor", BUILT)
    assert (found["server"], found["ok"]) == ("notes", True)
    assert {"name", "ok", "text", "fix"} == found["checks"][0].keys()
    assert "read" in [one["name"] for one in found["checks"]]


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


@pytest.mark.parametrize(
    ("words", "code", "file", "help"),
    [
        (("build", "specs/gone.json"), "AG001", "specs/gone.json", ""),
        (("tools", "generated/gone"), "AG061", "generated/gone", "adaptgen build"),
        (("call", BUILT, "get_notes"), "AG063", None, "get_note"),
        (("bild",), "AG058", None, "did you mean 'build'?"),
        (("doctor",), "AG058", None, "DIR is a generated server"),
    ],
)
def test_what_is_wrong_is_an_object_too(
    built: Path, words: tuple[str, ...], code: str, file: str | None, help: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--json"]) == 2
    said = capsys.readouterr()
    (found,) = json.loads(said.out)["diagnostics"]
    assert said.err == ""
    assert found.keys() == {"code", "severity", "message", "file", "line", "column", "pointer", "help"}
    assert (found["code"], found["severity"], found["file"]) == (code, "error", file)
    assert help in found["help"]


def test_the_place_of_an_error_is_counted_from_one(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("specs/notes/hints.yaml").write_text("adaptgen: 1\nbogus: 1\n")
    (found,) = printed(capsys, "build", code=2)["diagnostics"]
    assert (found["file"], found["line"], found["column"]) == ("specs/notes/hints.yaml", 2, 1)


def test_the_place_of_an_error_in_a_long_line_is_a_pointer_too(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = Path("specs/notes.json").read_text()
    minified = json.dumps(json.loads(text) | {"x-long": "x" * 500}, separators=(",", ":"))
    Path("specs/notes.json").write_text(minified.replace('"title":"Notes"', '"title" "Notes"'))
    (found,) = printed(capsys, "build", code=2)["diagnostics"]
    assert (found["line"], found["pointer"]) == (1, "#/info/title")


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


def test_the_commands_that_are_proposed_work_as_they_are(
    workplace: Path, api: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NOTES_BASE_URL", api)
    monkeypatch.setenv("ADAPTGEN_STATE", str(workplace / "state"))
    monkeypatch.setenv("HOME", str(workplace / "home"))
    waiting, done = ["adaptgen inspect specs/notes.json"], []
    while waiting:
        command = waiting.pop(0)
        words = shlex.split(command)[1:]
        done.append(" ".join(words[:2] if words[0] == "govern" else words[:1]))
        if words[0] == "serve":
            subprocess.run([sys.executable, "-m", "adaptgen", *words], stdin=subprocess.DEVNULL, check=True)
            continue
        assert main(words) == 0, command
        said = capsys.readouterr()
        assert "next:" not in said.out or words[0] == "govern"
        waiting += [one for one in steps(said.err) if one.startswith("adaptgen ")]
    assert done == ["inspect", "init", "build", "govern init", "tools", "doctor", "serve", "install"]


def test_variables_that_are_needed_first_are_named(
    workplace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = json.loads(Path("specs/notes.json").read_text())
    spec["components"] = {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}}
    Path("specs/notes.json").write_text(json.dumps(spec | {"security": [{"key": []}]}))
    assert main(["build", "specs/notes.json"]) == 0
    assert "next, once NOTES_API_KEY is set:\n  adaptgen tools" in capsys.readouterr().err
    monkeypatch.setenv("NOTES_API_KEY", "k")
    assert main(["build", "specs/notes.json", "-o", "again"]) == 0
    assert "next:\n" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["inspect"], ["build"], ["init"]])
def test_quiet_proposes_nothing(command: list[str], workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command, "specs/notes.json", "-q"]) == 0
    assert "next:" not in capsys.readouterr().err


def test_verbose_says_what_was_inferred_though_nothing_has_changed(
    workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["build", "specs/notes.json"]) == 0
    first = capsys.readouterr().out
    assert main(["build", "specs/notes.json"]) == 0
    assert capsys.readouterr().out == "generated/notes is up to date\n"
    assert main(["build", "specs/notes.json", "--verbose"]) == 0
    again = capsys.readouterr()
    assert again.out.splitlines()[0] == first.splitlines()[0] == "notes: Notes  (OpenAPI 3.0.3, specs/notes.json)"
    assert "4 declared inputs" in again.out
    assert again.out.splitlines()[-1].endswith("files unchanged")
    assert "next:" not in again.err
    assert main(["build", "specs/notes.json", "--verbose", "--check"]) == 0
    assert "4 declared inputs" in capsys.readouterr().out
    assert main(["build", "--verbose", "--quiet"]) == 2
