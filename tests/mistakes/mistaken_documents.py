"""Documents that are not what they should be, or not where they should be."""

from __future__ import annotations

import json
from pathlib import Path

from mistakes.notes_project import SPEC, Mistake

_POSTMAN = {
    "info": {"name": "Notes", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
    "item": [{"name": "List notes", "request": {"method": "GET", "url": "https://notes.example/notes"}}],
}
_MINIFIED = json.dumps(
    {"openapi": "3.0.3", "info": {"title": "Notes", "version": "1"},
     "paths": {f"/notes/{at}": {"get": {"responses": {}}} for at in range(20)}}, separators=(",", ":"),
)  # fmt: skip


def _replaced(text: str) -> dict[str, str | bytes | None]:
    return {"specs/notes.yaml": text}


def _folder(path: Path) -> None:
    (path / "specs" / "orders.yaml").mkdir()


DOCUMENTS = [
    Mistake("the name of a document is misspelt", "build specs/note.yaml", place="specs/note.yaml"),
    Mistake("a program misspells a document", "build specs/note.yaml --json", place='"specs/note.yaml"', answered=True),
    Mistake("there is no document", "build", {"specs/notes.yaml": None}, "specs", built=False),
    Mistake("a folder is given for a document", "build specs", place="specs"),
    Mistake("a generated server is given for a document", "build generated/notes", place="generated/notes"),
    Mistake("hints are given for a document", "build specs/notes/hints.yaml", place="specs/notes/hints.yaml:1:1"),
    Mistake("a document is given for a server", "explain specs/notes.yaml", place="specs/notes.yaml"),
    Mistake("a document is empty", "build specs/notes.yaml", _replaced("\n"), "specs/notes.yaml"),
    Mistake(
        "a document is a web page",
        "build specs/notes.yaml",
        _replaced("<!DOCTYPE html>\n<html><title>Notes API</title></html>\n"),
        "specs/notes.yaml:1:1",
    ),
    Mistake(
        "a document is a WSDL file",
        "build notes.wsdl",
        {"notes.wsdl": '<?xml version="1.0"?>\n<definitions xmlns="http://schemas.xmlsoap.org/wsdl/"/>\n'},
        "notes.wsdl:1:1",
    ),
    Mistake(
        "a document is a Postman collection",
        "build notes.json",
        {"notes.json": json.dumps(_POSTMAN, indent=1)},
        "notes.json",
    ),
    Mistake(
        "a document is a recording of a browser",
        "build notes.har",
        {"notes.har": json.dumps({"log": {"version": "1.2", "entries": []}})},
        "notes.har",
    ),
    Mistake(
        "a document follows Swagger 1.2",
        "build specs/notes.yaml",
        _replaced('swaggerVersion: "1.2"\napis: []\n'),
        "specs/notes.yaml:1:1",
    ),
    Mistake(
        "a document follows a version that does not exist",
        "build specs/notes.yaml",
        _replaced(SPEC.replace("3.0.3", "30.3")),
        "specs/notes.yaml:1:1",
    ),
    Mistake(
        "a document does not say its version",
        "build specs/notes.yaml",
        _replaced(SPEC.partition("\n")[2]),
        "specs/notes.yaml",
    ),
    Mistake(
        "a document describes events",
        "build specs/notes.yaml",
        _replaced("asyncapi: 3.0.0\ninfo: {title: Notes, version: 1}\n"),
        "specs/notes.yaml:1:1",
    ),
    Mistake(
        "a document is a GraphQL schema",
        "build notes.graphql",
        {"notes.graphql": "type Query {\n  notes(first: Int): [Note!]!\n}\n"},
        "notes.graphql",
    ),
    Mistake(
        "a document is an image", "build notes.png", {"notes.png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0"}, "notes.png"
    ),
    Mistake("a document is an archive", "build notes.zip", {"notes.zip": b"PK\x03\x04\x14\0\0\0\x08\0ab"}, "notes.zip"),
    Mistake(
        "a document is UTF-16 without a mark",
        "build specs/notes.yaml",
        {"specs/notes.yaml": SPEC.encode("utf-16-le")},
        "specs/notes.yaml",
    ),
    Mistake(
        "a document is cut off",
        "build notes.json",
        {"notes.json": json.dumps(json.loads(_MINIFIED), indent=1)[:200]},
        "notes.json:",
    ),
    Mistake(
        "a tab indents YAML",
        "build specs/notes.yaml",
        _replaced(SPEC.replace("    get:\n      summary: List", "\tget:\n      summary: List")),
        "specs/notes.yaml:7:1",
    ),
    Mistake(
        "the blank after a colon is missing in YAML",
        "build specs/notes.yaml",
        _replaced(SPEC.replace("tags: [notes]", "tags:[notes]", 1)),
        "specs/notes.yaml:",
    ),
    Mistake(
        "a colon in a text is not quoted in YAML",
        "build specs/notes.yaml",
        _replaced(SPEC.replace("List notes", "Notes: list them")),
        "specs/notes.yaml:8:21",
    ),
    Mistake(
        "a bracket is not closed in YAML",
        "build specs/notes.yaml",
        _replaced(SPEC.replace("tags: [notes]", "tags: [notes", 1)),
        "specs/notes.yaml:",
    ),
    Mistake(
        "a comma is missing in minified JSON",
        "build notes.json",
        {"notes.json": _MINIFIED.replace('"1"},"paths"', '"1"}"paths"')},
        "notes.json:1:",
    ),
    Mistake(
        "a comma is missing in JSON",
        "build notes.json",
        {"notes.json": '{\n  "openapi": "3.0.3"\n  "paths": {}\n}\n'},
        "notes.json:3:3",
    ),
    Mistake(
        "a document has no operation",
        "build specs/notes.yaml",
        _replaced(SPEC.partition("paths:")[0] + "paths: {}\n"),
        "specs/notes/hints.yaml:3:16",
    ),
    Mistake(
        "an overlay is not there",
        "build specs/notes.yaml",
        {"specs/notes/hints.yaml": "adaptgen: 1\noverlays: [fixes.yaml]\n"},
        "fixes.yaml",
    ),
    Mistake("a document is a folder", "build", prepare=_folder, files={"specs/notes.yaml": None}, place="specs"),
    # ---- addresses
    Mistake("a URL is given for a document", "build https://notes.example/openapi.json"),
    Mistake("a draft is asked for a URL", "init https://notes.example/openapi.json"),
    Mistake("a URL is given for a server", "explain https://notes.example/openapi.json"),
    Mistake("a URL is compared", "diff https://notes.example/openapi.json specs/notes.yaml"),
    Mistake("a URL has no scheme", "pull notes.example/openapi.json", place="notes.example/openapi.json"),
    Mistake("a URL without a scheme is built", "build notes.example/openapi.json", place="notes.example/openapi.json"),
    Mistake("a URL has a misspelt scheme", "pull htps://notes.example/openapi.json"),
    Mistake("a URL is not https", "pull http://notes.example/openapi.json", place="http://notes.example/openapi.json"),
    Mistake("a URL leads to a metadata service", "inspect https://169.254.169.254/latest"),
    Mistake(
        "the host of a URL does not exist", "pull https://notes.invalid/openapi.json", place="https://notes.invalid"
    ),
    Mistake("nobody listens at a URL", "inspect http://{refused}/openapi.json", place="http://"),
    Mistake("a URL answers 404", "pull http://{web}/openapi.json", place="http://"),
    Mistake("a URL is that of a web page", "serve http://{web}/page", place="http://"),
    Mistake("a pull has no source", "pull specs/notes.yaml", place="specs/notes/hints.yaml"),
    Mistake("a document that is to be pulled is not there", "pull specs/note.yaml", place="specs/note.yaml"),
]
