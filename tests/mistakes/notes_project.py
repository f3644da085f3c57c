"""A small project that each mistake begins with: a document, its hints, settings and policies, and a server built from
it. ``Mistake`` is one thing that a user does wrong there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

SPEC = """\
openapi: 3.0.3
info: {title: Notes, version: "1"}
servers: [{url: "http://127.0.0.1:9"}]
security: [{key: []}]
paths:
  /notes:
    get:
      summary: List notes
      tags: [notes]
      parameters:
        - {name: limit, in: query, schema: {type: integer}}
        - {name: offset, in: query, schema: {type: integer}}
        - {name: state, in: query, schema: {type: string, enum: [open, done]}}
      responses: {"200": {description: ok, content: {application/json: {schema: {type: object, properties: {
        results: {type: array, items: {$ref: "#/components/schemas/Note"}}, count: {type: integer}}}}}}}
    post:
      summary: Create a note
      tags: [notes]
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Note"}}}}
      responses: {"201": {description: created}}
  /notes/{id}:
    parameters:
      - {name: id, in: path, required: true, schema: {type: integer}}
    get:
      summary: Get a note
      tags: [notes]
      responses: {"200": {description: ok, content: {application/json: {schema: {$ref: "#/components/schemas/Note"}}}}}
components:
  securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}
  schemas:
    Note:
      type: object
      properties: {id: {type: integer}, title: {type: string}, author_email: {type: string}}
"""
HINTS = """\
adaptgen: 1
tools:
  list_notes: {call: GET /notes, view: [id, title]}
"""
SETTINGS = """\
adaptgen: 1
mode: embedded
local: {groups: [staff]}
authorize: {engine: cedar, default: read, policies: [policies/]}
audit: {sink: stderr}
"""
POLICY = """\
@id("staff-read")
permit (principal, action in Action::"read", resource)
when { principal.groups.contains("staff") };
"""
FILES: Mapping[str, str | bytes | None] = {
    "specs/notes.yaml": SPEC,
    "specs/notes/hints.yaml": HINTS,
}
GOVERNED = {"specs/notes/governance.yaml": SETTINGS, "specs/notes/policies/staff.cedar": POLICY}


@dataclass(frozen=True)
class Mistake:
    """``line``: the command line without ``adaptgen``. ``files``: texts over those of the project, None for one that is
    not there. ``place``: what has to be named. ``prepare``: what else is done in the folder. ``without``: packages that
    are not installed. ``built``: the project was built before ``files`` came. ``answered``: what is printed is
    the answer of a tool or a report, which has no code. {web}, {refused} and {taken} in a text are the address of a
    web server, of a port without one, and of a port that is taken."""

    title: str
    line: str
    files: Mapping[str, str | bytes | None] = field(default_factory=dict)
    place: str = ""
    code: int = 2
    env: Mapping[str, str] = field(default_factory=dict)
    stdin: str = ""
    prepare: Callable[[Path], None] | None = None
    without: tuple[str, ...] = ()
    built: bool = True
    answered: bool = False


def write(folder: Path, files: Mapping[str, str | bytes | None]) -> None:
    """The files in ``folder``; those that are None are deleted."""
    for name, text in files.items():
        path = folder / name
        if text is None:
            path.unlink(missing_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
