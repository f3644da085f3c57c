"""Servers that are started or called too early, wrongly, or without what they need."""

from __future__ import annotations

from mistakes.notes_project import SPEC, Mistake

_KEY = {"NOTES_API_KEY": "k"}

RUNS = [
    Mistake("a server is started before it is built", "serve generated/notes", place="generated/notes", built=False),
    Mistake(
        "a tool is called before the build", "call generated/notes list_notes", place="generated/notes", built=False
    ),
    Mistake("the name of a server is misspelt", "serve generated/note", place="generated/note"),
    Mistake("a folder of documents is served", "serve specs", place="specs"),
    Mistake("a tool is misspelt", "call generated/notes list_note"),
    Mistake("a tool does not exist", "call generated/notes send_mail"),
    Mistake("a tool that is explained does not exist", "explain generated/notes get_notes"),
    Mistake("an argument is misspelt", "call generated/notes list_notes limt=5"),
    Mistake("an argument has no name", "call generated/notes get_note 5"),
    Mistake("an argument is of the wrong type", "call generated/notes get_note id=five"),
    Mistake(
        "an argument is not one of the allowed words",
        "call generated/notes list_notes state=opne",
        env=_KEY,
        code=1,
        answered=True,
    ),
    Mistake("an argument of a call is missing", "call generated/notes get_note", env=_KEY, code=1, answered=True),
    Mistake("the arguments are broken JSON", "call generated/notes get_note '{\"id\": 5'"),
    Mistake("the arguments are a JSON list", "call generated/notes get_note -", stdin="[5]"),
    Mistake("a value is broken JSON", "call generated/notes list_notes 'fields:=[title'"),
    Mistake("a credential is missing", "call generated/notes list_notes", code=1, answered=True),
    Mistake(
        "nobody listens at the address of the API",
        "call generated/notes list_notes",
        code=1,
        answered=True,
        env={**_KEY, "NOTES_BASE_URL": "http://{refused}"},
    ),
    Mistake(
        "the host of the API does not exist",
        "call generated/notes list_notes",
        code=1,
        answered=True,
        env={**_KEY, "NOTES_BASE_URL": "https://notes.invalid"},
    ),
    Mistake(
        "the address of the API has no scheme",
        "call generated/notes list_notes",
        code=1,
        answered=True,
        env={**_KEY, "NOTES_BASE_URL": "notes.example"},
    ),
    Mistake(
        "the address of the API answers 404",
        "call generated/notes list_notes",
        code=1,
        answered=True,
        env={**_KEY, "NOTES_BASE_URL": "http://{web}/v0"},
    ),
    Mistake(
        "the address of the API is that of a web page",
        "call generated/notes list_notes",
        code=1,
        answered=True,
        env={**_KEY, "NOTES_BASE_URL": "http://{web}/page"},
    ),
    Mistake("the port is taken", "serve generated/notes --http {taken}"),
    Mistake("the address to listen on is no address", "serve generated/notes --http 127.0.0.1:http"),
    Mistake("a server without governance is opened to others", "serve generated/notes --http 0.0.0.0:8000"),
    Mistake("a tag does not exist", "serve generated/notes --tag note"),
    Mistake("a tag is given over HTTP", "serve generated/notes --http 127.0.0.1:0 --tag notes"),
    Mistake(
        "a generated server was damaged",
        "serve generated/notes",
        {"generated/notes/auth.py": "auth = (\n"},
        "generated/notes/auth.py:1:",
    ),
    Mistake(
        "a generated server is of a newer version",
        "serve generated/notes",
        {"generated/notes/server.py": "from adaptgen.runtime import Server\nserver = Server(\n    format=99,\n)\n"},
        "generated/notes",
    ),
    Mistake("the key for cursors is too short", "serve generated/notes", env={"ADAPTGEN_CURSOR_KEY": "short"}),
    Mistake(
        "doctor finds nobody there",
        "doctor generated/notes",
        code=1,
        answered=True,
        env={**_KEY, "NOTES_BASE_URL": "http://{refused}"},
    ),
    Mistake("doctor finds no credential", "doctor generated/notes", code=1, answered=True),
    Mistake("doctor is to read with a tool that does not exist", "doctor generated/notes --tool list_note"),
    Mistake(
        "nothing can be recorded",
        "record generated/notes",
        env={**_KEY, "NOTES_BASE_URL": "http://{refused}"},
        place="generated/notes",
    ),
    Mistake("there is no traffic to learn from", "init specs/notes.yaml --traffic recorded", place="recorded"),
    Mistake(
        "the document of a server has moved",
        "explain generated/notes",
        {"specs/notes.yaml": None},
        "generated/notes",
    ),
    Mistake("recording is not installed", "record generated/notes", env=_KEY, without=("vcr",)),
    Mistake("writes are allowed to a generated server", "serve generated/notes --allow-writes"),
    Mistake(
        "the document of a call has no tool of that name",
        "call specs/notes.yaml create_note",
        {"specs/notes.yaml": SPEC},
    ),
    Mistake(
        "a server is installed before it is built",
        "install generated/notes --client cursor --dry-run",
        place="generated/notes",
        built=False,
    ),
]
