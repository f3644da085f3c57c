"""A registry of people that says too much: tables, nested JSON, headers, and errors in every form that APIs have."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from support.canaries import Canaries
from support.canary_crm import file_of, prose, table, told, undeclared
from support.web import Asked, Said

FIELDS = {
    "email": "email", "phone": "phone", "iban": "iban", "card_number": "card", "national_id": "national_id",
    "full_name": "name",
}  # fmt: skip
"""Members of a person -> their kind."""
_TEXT = {"type": "string"}
PERSON = {"type": "object", "properties": {"id": {"type": "integer"}, **dict.fromkeys(FIELDS, _TEXT), "note": _TEXT}}
GIVEN = {"type": "object", "properties": {**dict.fromkeys(FIELDS, _TEXT), "note": _TEXT, "color": _TEXT}}
BATCH = {"type": "object", "properties": {"people": {"type": "array", "items": GIVEN}, "note": _TEXT}}


def _operation(name: str, answer: Any, *parameters: str, media: str = "application/json", body: Any = None) -> Any:
    made: dict[str, Any] = {
        "operationId": name,
        "summary": name.replace("_", " "),
        "parameters": [
            {"name": one.strip("{}"), "in": "path" if "{" in one else "query", "required": "{" in one, "schema": _TEXT}
            for one in parameters
        ],
        "responses": {"200": {"description": "ok", "content": {media: {"schema": answer}}}},
    }
    if body is not None:
        made["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return made


_PAGE = {"type": "object", "properties": {"count": {"type": "integer"}, "results": {"type": "array", "items": PERSON}}}
DOCUMENT = {
    "openapi": "3.0.3",
    "info": {"title": "Registry", "version": "1"},
    "servers": [{"url": "https://registry.example"}],
    "paths": {
        "/people": {
            "get": _operation("list_people", _PAGE, "limit", "offset", *FIELDS),
            "post": _operation("save_person", PERSON, body=GIVEN),
        },
        "/people/{id}": {"get": _operation("get_person", PERSON, "{id}")},
        "/batches": {"post": _operation("save_people", BATCH, body=BATCH)},
        "/mailboxes/{email}": {"get": _operation("get_mailbox", PERSON, "{email}")},
        "/files/{number}": {"get": _operation("get_file", _TEXT, "{number}", media="text/plain")},
        "/broken/{how}": {
            "get": _operation("get_broken", PERSON, "{how}"),
            "post": _operation("break_it", PERSON, "{how}", body=GIVEN),
        },
    },
}


def document() -> bytes:
    """The OpenAPI document."""
    return json.dumps(DOCUMENT).encode()


class Registry:
    """Answers for :func:`support.web.web`. ``people``: the records; ``kept``: what was written."""

    def __init__(self, canaries: Canaries, count: int) -> None:
        self.canaries = canaries
        self.people = [person(canaries, at) for at in range(count)]
        self.kept: list[Any] = []
        self.files = [file_of(canaries, at) for at in range(24)]
        self.broken = broken(canaries)

    def __call__(self, asked: Asked) -> Any:
        """The answer to one request."""
        path = asked.path
        last = unquote(path.rpartition("/")[2])
        if path.startswith("/broken/"):
            return self.broken[last]
        if asked.method == "POST":
            given = asked.json()
            self.kept.append(given)
            if given.get("color") == "quiet":
                return Said(b"", 201, {"Location": f"/people/{quote(self.canaries.email())}", "X-User": "x"})
            return Said({"id": len(self.kept), **given}, 201)
        if path == "/people":
            return self._page(asked)
        if path.startswith("/mailboxes/"):
            return Said({"id": 1, "email": last})
        if path.startswith("/files/"):
            media, name, content = self.files[int(last)]
            return Said(content, 200, {"Content-Type": media, "Content-Disposition": f'attachment; filename="{name}"'})
        return next((one for one in self.people if str(one["id"]) == last), Said({"detail": "not found"}, 404))

    def _page(self, asked: Asked) -> Any:
        given = {key: values[0] for key, values in parse_qs(urlsplit(asked.target).query).items()}
        start, size = int(given.pop("offset", 0)), int(given.pop("limit", 1000))
        known = [*self.people, *({"id": 1000 + at, **one} for at, one in enumerate(self.kept))]
        found = [one for one in known if all(one.get(key) == value for key, value in given.items())]
        return {"count": len(found), "results": found[start : start + size]}


def person(c: Canaries, at: int) -> dict[str, Any]:
    """One record with values everywhere."""
    first, last = c.name(), c.name()
    card: Any = c.card_number() if at % 3 == 0 else c.card()
    return {
        "id": at + 1,
        "full_name": f"{first} {last}",
        "email": c.email(),
        "phone": c.phone(),
        "iban": c.iban(),
        "card_number": card,
        "national_id": c.national_id(),
        "note": f"{told(c, first, last, at)} {prose(c)}",
        **undeclared(c, at),
    }


def broken(c: Canaries) -> dict[str, Said]:
    """Failures in all their forms: name -> answer."""
    made: dict[str, Said] = {}
    kinds: Mapping[str, Callable[[], Any]] = {
        "email": c.email,
        "phone": lambda: c.phone(silent=True),
        "card": c.card,
        "iban": c.iban,
        "national": c.national_id,
    }
    for kind, make in kinds.items():
        for how, form in FORMS.items():
            made[f"{how}-{kind}"] = form(c, make)
    made[HELD] = Said({"error": f"{c.email()} and {c.phone()} asked too often"}, 429, {"Retry-After": "7"})
    return made


HELD = "held"
"""The failure after which nothing is sent for seconds: it is asked for last."""


Make = Callable[[], Any]
_PLAIN = {"Content-Type": "text/plain; charset=utf-8"}
_PROBLEM = {"Content-Type": "application/problem+json"}


def _named(c: Canaries, make: Make) -> dict[str, Any]:
    first, last = c.name(), c.name()
    words = f"{last.upper()}'s record conflicts, {first} {last}: {make()}"
    return {"message": words, "record": {"first_name": first, "last_name": last}, "code": 7}


def _echoed(c: Canaries, make: Make) -> dict[str, Any]:
    value = make()
    found = {"type": "value_error", "loc": ["body", value], "msg": f"Value error, {value} is taken", "input": value}
    return {"detail": [found, {"loc": ["query", "x"], "msg": str(make()), "ctx": {"given": make()}}]}


def _page(c: Canaries, make: Make) -> Said:
    words = html.escape(str(make()))
    text = f"<html><head><title>{make()}</title></head><body><h1>Error {words}</h1><!-- {make()} --></body></html>"
    return Said(text.encode(), 500, {"Content-Type": "text/html"})


FORMS: Mapping[str, Callable[[Canaries, Make], Said]] = {
    "text": lambda c, make: Said(f"There is no customer {make()}".encode(), 404, _PLAIN),
    "lines": lambda c, make: Said(f"Error:\n  at {make()}\n{make()}".encode(), 400, _PLAIN),
    "page": _page,
    "problem": lambda c, make: Said(
        {
            "type": "https://x.example/p",
            "title": f"No {make()}",
            "detail": f"{make()} exists; ask {make()}",
            "instance": f"/people/{quote(str(make()))}",
            "invalid-params": [{"name": "email", "reason": f"{make()} is taken"}],
        },
        409,
        _PROBLEM,
    ),
    "echo": lambda c, make: Said(_echoed(c, make), 422),
    "fields": lambda c, make: Said({"errors": {str(make()): [f"{make()} is wrong"], "email": [f"{make()}"]}}, 422),
    "named": lambda c, make: Said(_named(c, make), 409),
    "fine": lambda c, make: Said({"success": False, "errors": [{"message": f"{make()} unknown", "path": [make()]}]}),
    "trace": lambda c, make: Said({"message": f'Traceback: File "x" {make()}', "debug": {"sql": f"'{make()}'"}}, 500),
    "headers": lambda c, make: Said(
        {"message": "no"},
        400,
        {"X-User": quote(str(make())), "Location": f"/x/{quote(str(make()))}", "ETag": f'"{quote(str(make()))}"'},
    ),
    "away": lambda c, make: Said(b"", 302, {"Location": f"https://login.example/?user={quote(str(make()))}"}),
    "busy": lambda c, make: Said({"error": f"{make()} asked too often"}, 429),
    "nojson": lambda c, make: Said(f'{{"message": "{make()}", oops'.encode(), 400),
    "badjson": lambda c, make: Said(f'{{"email": "{make()}", "x": {make()}'.encode()),
    "odd": lambda c, make: Said({"x": 1}, 200, {"Content-Type": f"application/{quote(str(make()))}"}),
    "nested": lambda c, make: Said(
        {"error": {"message": json.dumps({"inner": {"who": make()}}), "details": [make()]}}, 400
    ),
    "string": lambda c, make: Said(json.dumps(f"{make()} is not allowed").encode(), 403),
    "list": lambda c, make: Said([f"{make()} is wrong", {"message": f"and {make()}"}], 400),
    "csv": lambda c, make: Said(table(["error"], [[str(make())]], ",").encode(), 400, {"Content-Type": "text/csv"}),
    "long": lambda c, make: Said({"message": f"{'x' * 190} {make()} {'y' * 190} {make()}"}, 400),
    "escaped": lambda c, make: Said({"message": f"user {quote(str(make()))} &lt;{html.escape(str(make()))}&gt;"}, 400),
}
