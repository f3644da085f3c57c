"""The OpenAPI document of a mock API, which partly contradicts what it does."""

from __future__ import annotations

import re
from typing import Any

from learning.behaviour import Api, Field, Listing
from learning.service import put

TEXT: dict[str, Any] = {"type": "string"}
OTHER = {"offset": ("page", "per_page"), "page": ("offset", "limit"), "cursor": ("page", "pageSize")}
"""What a document that was never true declares."""

TYPES: dict[str, dict[str, Any]] = {
    "number": {"type": "number"}, "flag": {"type": "boolean"}, "date": {"type": "string", "format": "date"},
    "time": {"type": "string", "format": "date-time"},
    "nested": {"type": "object", "properties": {"street": TEXT, "city": TEXT}},
}  # fmt: skip


def document(api: Api) -> dict[str, Any]:
    """The document as a value."""
    paths: dict[str, Any] = {}
    for one in api.lists:
        paths.setdefault(one.path, {})["get"] = list_operation(one)
        if not one.parent:
            paths[one.path]["post"] = write(f"create_{one.singular}", f"Create a {one.singular}", record_schema(one))
            paths[f"{one.path}/{{{one.singular}_id}}"] = details(one)
    paths["/status"] = {"get": {"operationId": "get_status", "summary": "Health of the service", "security": [],
                                "responses": answer({"type": "object", "properties": {"status": TEXT}})}}  # fmt: skip
    for key in api.unsafe:
        path = key.partition(" ")[2]
        name = path.strip("/").replace("/", "_")
        said = {"logout": "Log out and end the session", "jobs_start": "Start a new job"}.get(name, "Purge all records")
        paths[path] = {"get": {"operationId": name, "summary": said, "responses": answer({"type": "object"})}}
    made: dict[str, Any] = {
        "openapi": "3.1.0" if api.seed % 3 == 0 else "3.0.3",
        "info": {"title": f"Mock {api.seed}", "version": "1.0"},
        "servers": [{"url": f"https://mock{api.seed}.example.com{api.base}"}],
        "paths": paths,
    }
    declare_login(api, made)
    return made


def answer(schema: Any) -> dict[str, Any]:
    """The responses of an operation."""
    return {"200": {"description": "OK", "content": {"application/json": {"schema": schema}}}}


def write(name: str, summary: str, schema: Any) -> dict[str, Any]:
    """An operation that changes something."""
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    return {"operationId": name, "summary": summary, "requestBody": body, "responses": answer(schema)}


def details(one: Listing) -> dict[str, Any]:
    """What is below one record."""
    key = {"name": f"{one.singular}_id", "in": "path", "required": True, "schema": id_schema(one)}
    schema = record_schema(one)
    gone = {"operationId": f"delete_{one.singular}", "summary": f"Delete a {one.singular}"}
    return {
        "parameters": [key],
        "get": {"operationId": f"get_{one.singular}", "summary": f"One {one.singular}", "responses": answer(schema)},
        "delete": {**gone, "responses": {"204": {"description": "Deleted"}}},
    }


def id_schema(one: Listing) -> dict[str, Any]:
    """The type of the ids of a list."""
    whole = not one.records or isinstance(one.records[0][one.identity], int)
    return {"type": "integer"} if whole else dict(TEXT)


def record_schema(one: Listing) -> dict[str, Any]:
    """The declared form of a record: some members are missing, and in some documents a type is wrong."""
    properties = {}
    for at, member in enumerate(one.fields):
        if not member.declared:
            continue
        schema = member_schema(one, member)
        if one.declared.fields == "wrong" and member.kind in ("number", "flag", "time") and at % 2:
            schema = {"type": "integer"} if member.kind != "number" else dict(TEXT)
        properties[member.name] = schema
    return {"type": "object", "properties": properties}


def member_schema(one: Listing, member: Field) -> dict[str, Any]:
    """The true type of a member."""
    if member.kind == "id":
        return id_schema(one)
    if member.kind in ("ref", "constant"):
        value = next((record[member.name] for record in one.records), "")
        kinds = {bool: "boolean", int: "integer"}
        return {"type": kinds.get(type(value), "string")}
    return dict(TYPES.get(member.kind, TEXT))


def list_operation(one: Listing) -> dict[str, Any]:
    """The operation of a list, as far as the document tells."""
    names = [{"name": name, "in": "query", "schema": filter_schema(one, name)} for name in one.filters]
    keys = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in re.findall(r"{(\w+)}", one.path)]  # fmt: skip
    made: dict[str, Any] = {"operationId": f"list_{one.name}", "summary": f"List {one.name.replace('_', ' ')}"}
    if parameters := [*keys, *names, *paging_parameters(one)]:
        made["parameters"] = parameters
    return {**made, "responses": answer(envelope(one))}


def filter_schema(one: Listing, name: str) -> dict[str, Any]:
    """The type of a filter: that of the member."""
    return member_schema(one, next(member for member in one.fields if member.name == name))


def paging_parameters(one: Listing) -> list[dict[str, Any]]:
    """What the document says of paging."""
    paging, said = one.paging, one.declared
    position, size = paging.position, paging.size
    if said.paging == "missing" or (paging.mechanics == "none" and said.paging != "invented"):
        return []
    if said.paging in ("renamed", "invented"):
        position, size = OTHER.get(paging.mechanics, ("page", "limit"))
    number = {"type": "integer"}
    kind = TEXT if paging.mechanics == "cursor" and said.paging != "renamed" else number
    found = []
    urls = paging.announce in ("url", "link", "header") and paging.mechanics == "cursor"
    if position and not (said.paging == "partly" and size) and not urls:
        text = {"description": f"Page number, starting at {said.first}"} if said.first is not None else {}
        found.append({"name": position, "in": "query", "schema": dict(kind), **text})
    if size:
        most = {"maximum": said.maximum} if said.maximum else {}
        found.append({"name": size, "in": "query", "schema": {**number, **most}})
    return found


def envelope(one: Listing) -> dict[str, Any]:
    """The declared form of the answer."""
    rows = {"type": "array", "items": record_schema(one)}
    said = one.declared.envelope
    if said == "untyped":
        return {"type": "object"}
    if said == "bare" or (one.items == "$" and said == "right"):
        return rows
    if said == "renamed":
        return {"type": "object", "properties": {"records" if one.items != "$.records" else "rows": rows}}
    if one.items == "$":
        return rows
    values: dict[str, Any] = {}
    put(values, one.items, rows)
    for place, kind in one.extras.items():
        put(values, place, extra_schema(kind))
    if one.total.startswith("$"):
        put(values, one.total, {"type": "integer"})
    if one.paging.announce and one.paging.next.startswith("$"):
        put(values, one.paging.next, {"type": "string", "nullable": True})
    return as_schema(values)


def extra_schema(kind: str) -> dict[str, Any]:
    """The type of another member of the envelope."""
    if kind in ("pages", "size", "count"):
        return {"type": "integer"}
    if kind in ("list", "names"):
        return {"type": "array", "items": TEXT}
    if kind == "links":
        return {"type": "array", "items": {"type": "object", "properties": {"rel": TEXT, "href": TEXT}}}
    return {"type": "boolean"} if kind == "true" else dict(TEXT)


def as_schema(values: dict[str, Any]) -> dict[str, Any]:
    """An object schema of members that are schemas, or objects of schemas."""
    made = {}
    for name, value in values.items():
        leaf = isinstance(value.get("type"), str)
        made[name] = value if leaf else as_schema(value)
    return {"type": "object", "properties": made}


def declare_login(api: Api, made: dict[str, Any]) -> None:
    """The login operation, and the security that the document declares, if it does."""
    login, said = api.login, api.declared.security
    if login.kind == "session":
        made["paths"][login.path] = {"post": login_operation(api)}
    if login.kind == "none" or said == "missing":
        return
    scheme = declared_scheme(api)
    if said == "wrong":
        wrong = {"type": "http", "scheme": "bearer"}
        scheme = wrong if scheme != wrong else {"type": "apiKey", "in": "header", "name": "X-Token"}
    made["components"] = {"securitySchemes": {"auth": scheme}}
    made["security"] = [{"auth": []}]


def declared_scheme(api: Api) -> dict[str, Any]:
    """The true scheme."""
    sent = api.login.sent
    if api.login.kind == "basic":
        return {"type": "http", "scheme": "basic"}
    if sent.startswith("query "):
        return {"type": "apiKey", "in": "query", "name": sent[6:]}
    if sent.startswith("cookie:"):
        return {"type": "apiKey", "in": "cookie", "name": sent[7:]}
    name, _, template = sent.removeprefix("header ").partition(": ")
    if (name, template) == ("Authorization", "Bearer {token}"):
        return {"type": "http", "scheme": "bearer"}
    return {"type": "apiKey", "in": "header", "name": name}


def login_operation(api: Api) -> dict[str, Any]:
    """The operation that mints the token."""
    login = api.login
    names = {login.user: TEXT, login.password: TEXT}
    media = "application/x-www-form-urlencoded" if login.form else "application/json"
    body = {"type": "object", "required": list(names), "properties": names}
    schema: Any = {"type": "object"}
    if login.token == "$":
        schema = TEXT
    elif login.token.startswith("$"):
        values: dict[str, Any] = put({}, login.token, TEXT)
        if login.lifetime:
            values["expires_in"] = {"type": "integer"}
        schema = as_schema(values)
    if api.declared.login == "untyped":
        schema = {"type": "object"}
    responses = answer(schema)
    if login.token.startswith("header:") and api.declared.login != "untyped":
        responses["200"]["headers"] = {login.token[7:]: {"schema": TEXT}}
    content = {media: {"schema": body}}
    return {
        "operationId": "log_in",
        "summary": "Log in with a user and a password",
        "security": [],
        "requestBody": {"required": True, "content": content},
        "responses": responses,
    }
