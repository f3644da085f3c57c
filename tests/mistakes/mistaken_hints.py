"""Hints that do not fit, hand edits, and what is in the way of the output."""

from __future__ import annotations

from pathlib import Path

from mistakes.notes_project import SPEC, Mistake

_BUILD = "build specs/notes.yaml"
_FILE = "specs/notes/hints.yaml"


def _hints(text: str) -> dict[str, str | bytes | None]:
    return {_FILE: f"adaptgen: 1\n{text}"}


def _tool(text: str) -> dict[str, str | bytes | None]:
    return _hints(f"tools:\n  list_notes: {{call: GET /notes, {text}}}\n")


def _edited(folder: Path) -> None:
    server = folder / "generated" / "notes" / "server.py"
    server.write_text(server.read_text() + "\n# mine\n")


def _file_as_folder(folder: Path) -> None:
    (folder / "out").write_text("a file\n")


HINTS = [
    Mistake("a key of the hints is misspelt", _BUILD, _hints("tols: {}\n"), f"{_FILE}:2:1"),
    Mistake("a key of a tool is misspelt", _BUILD, _tool("veiw: [id]"), f"{_FILE}:3:"),
    Mistake(
        "a key of the hints is at the wrong level", _BUILD, _hints("base_url: https://notes.example\n"), f"{_FILE}:2:1"
    ),
    Mistake(
        "hints name an operation that there is not", _BUILD, _hints("tools:\n  x: {call: GET /note}\n"), f"{_FILE}:3:"
    ),
    Mistake("hints name a tool without its call", _BUILD, _hints("tools:\n  list_note: {view: [id]}\n"), f"{_FILE}:3:"),
    Mistake(
        "hints name an argument that there is not", _BUILD, _tool("arguments: {limt: {hide: true}}"), f"{_FILE}:3:"
    ),
    Mistake("a text is given for true or false", _BUILD, _tool("arguments: {state: {hide: maybe}}"), f"{_FILE}:3:"),
    Mistake("a key of the hints is one of further up", _BUILD, _tool("hide: [deprecated]"), f"{_FILE}:3:"),
    Mistake("one of some words is misspelt in the hints", _BUILD, _tool("effect: raed"), f"{_FILE}:3:"),
    Mistake("a way of paging does not exist", _BUILD, _tool("page: {style: offest}"), f"{_FILE}:3:"),
    Mistake(
        "a number is a text in the hints",
        _BUILD,
        _tool("page: {style: offset, limit: limit, offset: offset, max_size: many}"),
        f"{_FILE}:3:",
    ),
    Mistake("a list is given for a mapping", _BUILD, _hints("tools:\n  - list_notes\n"), f"{_FILE}:2:"),
    Mistake("the hints are a list", _BUILD, {_FILE: "- tools\n"}, f"{_FILE}:1:1"),
    Mistake("the hints are of a later version", _BUILD, {_FILE: "adaptgen: 2\n"}, f"{_FILE}:1:1"),
    Mistake("a key occurs twice in the hints", _BUILD, _hints("tools: {}\ntools: {}\n"), f"{_FILE}:3:1"),
    Mistake("a tab indents hints", _BUILD, _hints("tools:\n\tlist_notes: {call: GET /notes}\n"), f"{_FILE}:3:1"),
    Mistake(
        "a password is written into the hints",
        _BUILD,
        _hints("auth:\n  key: {kind: api_key, header: X-Key, value: hunter2}\n"),
        f"{_FILE}:3:",
    ),
    Mistake(
        "the name of a password is misspelt in the hints",
        _BUILD,
        _hints("auth:\n  key: {kind: basic, username: ada, pasword: hunter2}\n"),
        f"{_FILE}:3:",
    ),
    Mistake("a template is not closed", _BUILD, _tool("arguments: {state: {value: '${env:STATE'}}"), f"{_FILE}:3:"),
    Mistake(
        "a step refers to one that there is not",
        _BUILD,
        _hints(
            "tools:\n  copy:\n    steps:\n      - {id: one, call: 'GET /notes/{id}', with: {id: 1}}\n"
            "      - {id: two, call: POST /notes, with: {title: '{on.title}'}}\n"
        ),
        f"{_FILE}:6:",
    ),
    Mistake(
        "overrides are not Python",
        _BUILD,
        {"specs/notes/overrides.py": "from adaptgen.runtime import Overrides\noverrides = Overrides(\n"},
        "specs/notes/overrides.py:2:",
    ),
    Mistake(
        "overrides name a tool that there is not",
        _BUILD,
        {
            "specs/notes/overrides.py": "from adaptgen.runtime import Overrides\n\noverrides = Overrides()\n\n\n"
            "@overrides.request('list_note')\ndef changed(request):\n    return request\n"
        },
        "specs/notes/overrides.py:6:",
    ),
    Mistake(
        "hints of an operation are under its path",
        _BUILD,
        _hints("tools:\n  GET /notes: {view: [id]}\n"),
        f"{_FILE}:3:",
    ),
    Mistake("a value is a date in the hints", _BUILD, _hints("server: {name: 2026}\n"), f"{_FILE}:2:"),
    Mistake("a name of a server has a blank", _BUILD, _hints("server: {name: my notes}\n"), f"{_FILE}:2:"),
    Mistake(
        "an address in the hints is not http",
        _BUILD,
        _hints('server: {base_url: "ftp://notes.example"}\n'),
        f"{_FILE}:2:",
    ),
    Mistake(
        "a login names a call that there is not",
        _BUILD,
        _hints("auth:\n  login:\n    kind: session\n    call: POST /login\n    save: {token: $.token}\n"),
        f"{_FILE}:",
    ),
    Mistake(
        "a path into an answer is wrong",
        _BUILD,
        _tool("page: {style: offset, offset: offset, limit: limit, items: results}"),
        f"{_FILE}:3:",
    ),
    # ---- output
    Mistake(
        "a generated file was edited",
        _BUILD,
        {"specs/notes.yaml": SPEC.replace("List notes", "List all notes")},
        "generated/notes/server.py",
        prepare=_edited,
    ),
    Mistake(
        "the output is stale",
        f"{_BUILD} --check",
        {"specs/notes.yaml": SPEC.replace("List notes", "List all notes")},
        "generated/notes",
        code=1,
    ),
    Mistake("the output folder is a file", f"{_BUILD} --out out", place="out", prepare=_file_as_folder),
    Mistake(
        "the output folder holds something else", f"{_BUILD} --out out", {"out/notes/mine.txt": "mine\n"}, "out/notes"
    ),
    Mistake(
        "a report cannot be written",
        "inspect specs/notes.yaml --html out/page.html",
        place="out/page.html",
        prepare=_file_as_folder,
    ),
    Mistake("a side of a comparison does not exist", "diff specs/old.yaml specs/notes.yaml", place="specs/old.yaml"),
]
