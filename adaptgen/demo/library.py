"""``python -m adaptgen.demo.library``: the API of the tutorial, a library's lending system with 250 members.

It has what legacy APIs have: a login that returns a ticket, records of many fields with personal data, short names,
pages, and an update that replaces the whole record. Everything is in memory; every process starts with the same rows.
Invented people: addresses under example.com, numbers with 555, IBANs with the check digits 00.
"""

from __future__ import annotations

import argparse
import sys
from datetime import date, timedelta
from functools import wraps
from secrets import token_hex
from typing import TYPE_CHECKING, Any, cast

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from adaptgen.demo.crm import words
from adaptgen.demo.crm.seed import Dice, iban, phone
from adaptgen.demo.crm.serving import listen

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    Handler = Callable[[Request], Awaitable[Response]]

USERNAME, PASSWORD = "clerk", "ex-libris"
MEMBERS, LOANS = 250, 900
TODAY = date(2026, 3, 2)
_TITLES = (
    "The Glass Harbour", "A Winter of Maps", "Soil and Salt", "The Ninth Bridge", "Letters from Ostra",
    "The Quiet Engine", "An Atlas of Rain", "Clockwork Orchard", "Below the Weir", "The Paper Coast",
)  # fmt: skip


class Library:
    """The rows and the tickets of one process."""

    def __init__(self) -> None:
        dice = Dice(7)
        self.members = {number: _member(dice, number) for number in range(1001, 1001 + MEMBERS)}
        self.loans = {number: _loan(dice, number) for number in range(1, 1 + LOANS)}
        self.tickets: set[str] = set()


def _member(dice: Dice, number: int) -> dict[str, Any]:
    first, last = dice.pick(words.FIRST), dice.pick(words.LAST)
    country = dice.pick(tuple(words.CITIES))
    joined = dice.day(date(2009, 1, 5), 6000)
    return {
        "mbrNo": number,
        "fullNm": f"{first} {last}",
        "emailAddr": f"{first}.{last}{number}@example.com".lower(),
        "phoneNo": phone(dice),
        "birthDt": str(dice.day(date(1941, 1, 1), 23000)),
        "streetLn": f"{dice.number(1, 180)} {dice.pick(words.COMPANY)} Street",
        "cityNm": dice.pick(words.CITIES[country]),
        "ctryCd": country,
        "ibanNo": iban(dice, country),
        "grpCd": dice.pick(("ADULT", "ADULT", "STUDENT", "SENIOR", "STAFF")),
        "brnchCd": dice.pick(("MAIN", "EAST", "DOCKS")),
        "stsCd": dice.pick(("ACTIVE", "ACTIVE", "ACTIVE", "BLOCKED", "LEFT")),
        "feeAmt": dice.number(0, 40) / 2,
        "maxLoanCnt": 10,
        "joinDt": str(joined),
        "rnwlDt": str(joined.replace(year=2026 + dice.number(0, 1), day=1)),
        "ntcFlg": dice.pick(("Y", "N")),
        "lngCd": "en",
        "rmkTxt": "",
        "crdSeq": dice.number(1, 4),
        "migrFlg": "Y",
        "updUsr": f"u{dice.number(1, 9):02d}",
        "updTs": f"{dice.day(joined, (TODAY - joined).days)}T08:15:00Z",
        "recVrsn": dice.number(1, 12),
    }


def _loan(dice: Dice, number: int) -> dict[str, Any]:
    lent = dice.day(TODAY - timedelta(60), 60)
    due = lent + timedelta(28)
    status = dice.pick(("RETURNED", "OPEN", "OPEN"))
    return {
        "loanNo": number,
        "mbrNo": dice.number(1001, 1000 + MEMBERS),
        "itemNo": f"B-{dice.number(10000, 99999)}",
        "ttlTxt": dice.pick(_TITLES),
        "lentDt": str(lent),
        "dueDt": str(due),
        "stsCd": "OVERDUE" if status == "OPEN" and due < TODAY else status,
        "rnwlCnt": dice.number(0, 3),
        "updTs": f"{lent}T10:00:00Z",
    }


# --------------------------------------------------------------------------------------------------------- requests


def _refusal(status: int, code: str, text: str) -> Response:
    return JSONResponse({"errCd": code, "errTxt": text}, status)


def _with_ticket(handler: Handler) -> Handler:
    @wraps(handler)
    async def checked(request: Request) -> Response:
        if request.headers.get("x-desk-ticket") not in _library(request).tickets:
            return _refusal(401, "E17", "no valid ticket")
        return await handler(request)

    return checked


def _library(request: Request) -> Library:
    return cast("Library", request.app.state.library)


def _page(request: Request, rows: list[dict[str, Any]]) -> Response:
    try:
        page, size = int(request.query_params.get("page", 1)), int(request.query_params.get("rows", 25))
    except ValueError:
        return _refusal(400, "E03", "page and rows are numbers")
    size = max(1, min(size, 50))
    first = (max(page, 1) - 1) * size
    return JSONResponse({"data": rows[first : first + size], "page": page, "rows": size, "rowCount": len(rows)})


def _matching(request: Request, rows: Mapping[int, dict[str, Any]], *names: str) -> list[dict[str, Any]]:
    wanted = {name: request.query_params[name] for name in names if name in request.query_params}
    return [row for row in rows.values() if all(str(row[name]) == value for name, value in wanted.items())]


async def _log_in(request: Request) -> Response:
    body = await request.json()
    if (body.get("userNm"), body.get("passwd")) != (USERNAME, PASSWORD):
        return _refusal(401, "E11", "unknown user or password")
    ticket = token_hex(16)
    _library(request).tickets.add(ticket)
    return JSONResponse({"ticket": ticket, "validSec": 1200})


@_with_ticket
async def _members(request: Request) -> Response:
    rows = _matching(request, _library(request).members, "stsCd", "brnchCd")
    name = request.query_params.get("fullNm", "").lower()
    return _page(request, [row for row in rows if name in row["fullNm"].lower()])


@_with_ticket
async def _member_of(request: Request) -> Response:
    members, number = _library(request).members, request.path_params["mbrNo"]
    if number not in members:
        return _refusal(404, "E04", f"no member {number}")
    if request.method == "PUT":  # what the body leaves out is lost, as with many a PUT
        body = await request.json()
        members[number] = {name: body.get(name) for name in members[number]} | {"mbrNo": number}
    return JSONResponse(members[number])


@_with_ticket
async def _loans(request: Request) -> Response:
    return _page(request, _matching(request, _library(request).loans, "mbrNo", "stsCd"))


@_with_ticket
async def _renewal(request: Request) -> Response:
    loans, number = _library(request).loans, request.path_params["loanNo"]
    if number not in loans:
        return _refusal(404, "E04", f"no loan {number}")
    if loans[number]["stsCd"] == "RETURNED":
        return _refusal(409, "E21", "this loan was returned")
    loans[number]["rnwlCnt"] += 1
    loans[number]["dueDt"] = str(date.fromisoformat(loans[number]["dueDt"]) + timedelta(28))
    return JSONResponse(loans[number])


async def _document(request: Request) -> Response:
    found = document(str(request.base_url).rstrip("/"))
    if request.app.state.undeclared:
        del found["security"], found["components"]["securitySchemes"]
    return JSONResponse(found)


# -------------------------------------------------------------------------------------------------------- the document


def _query(name: str, type_: str, text: str, *values: str) -> dict[str, Any]:
    schema = {"type": type_, **({"enum": list(values)} if values else {})}
    return {"name": name, "in": "query", "description": text, "schema": schema}


def _answer(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"200": {"description": "Done", "content": {"application/json": {"schema": schema}}}}


def _pages(of: str) -> dict[str, Any]:
    counts = {name: {"type": "integer"} for name in ("page", "rows", "rowCount")}
    rows = {"type": "array", "items": {"$ref": f"#/components/schemas/{of}"}}
    return _answer({"type": "object", "properties": {"data": rows, **counts}})


def _schema(row: Mapping[str, Any]) -> dict[str, Any]:
    types = {int: "integer", float: "number", str: "string"}
    properties = {name: {"type": types[type(value)]} for name, value in row.items()}
    for name, value in row.items():
        if name.endswith("Dt"):
            properties[name]["format"] = "date"
        elif isinstance(value, str) and name.endswith("Ts"):
            properties[name]["format"] = "date-time"
    return {"type": "object", "properties": properties}


def document(url: str) -> dict[str, Any]:
    """The OpenAPI document of the service at ``url``."""
    body = {"required": True, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Member"}}}}
    inputs = {"userNm": {"type": "string"}, "passwd": {"type": "string", "format": "password"}}
    login = {"type": "object", "required": list(inputs), "properties": inputs}
    ticket = {"type": "object", "properties": {"ticket": {"type": "string"}, "validSec": {"type": "integer"}}}
    number = [{"name": "mbrNo", "in": "path", "required": True, "schema": {"type": "integer"}}]
    loan = [{"name": "loanNo", "in": "path", "required": True, "schema": {"type": "integer"}}]
    paging = [_query("page", "integer", "From 1"), _query("rows", "integer", "At most 50")]
    member, ref = {"operationId": "member", "tags": ["Members"]}, _answer({"$ref": "#/components/schemas/Member"})
    loans = {"tags": ["Loans"], "responses": _answer({"$ref": "#/components/schemas/Loan"})}
    return {
        "openapi": "3.0.3",
        "info": {"title": "Library", "version": "4.2"},
        "servers": [{"url": url}],
        "security": [{"ticket": []}],
        "paths": {
            "/desk/login": {"post": {
                "operationId": "login", "summary": "Log in", "security": [], "responses": _answer(ticket),
                "requestBody": {"required": True, "content": {"application/json": {"schema": login}}}}},
            "/members": {"get": {
                "operationId": "listMembers", "tags": ["Members"], "summary": "Find members",
                "parameters": [
                    _query("fullNm", "string", "A part of the name"),
                    _query("stsCd", "string", "State", "ACTIVE", "BLOCKED", "LEFT"),
                    _query("brnchCd", "string", "Branch", "MAIN", "EAST", "DOCKS"), *paging],
                "responses": _pages("Member")}},
            "/members/{mbrNo}": {
                "get": {**member, "operationId": "getMember", "summary": "Read a member", "parameters": number,
                        "responses": ref},
                "put": {**member, "operationId": "updateMember", "summary": "Replace a member", "parameters": number,
                        "requestBody": body, "responses": ref}},
            "/loans": {"get": {
                "operationId": "listLoans", "tags": ["Loans"], "summary": "Find loans",
                "parameters": [
                    _query("mbrNo", "integer", "Number of the member"),
                    _query("stsCd", "string", "State", "OPEN", "OVERDUE", "RETURNED"), *paging],
                "responses": _pages("Loan")}},
            "/loans/{loanNo}/renewal": {"post": {
                **loans, "operationId": "renewLoan", "summary": "Renew a loan by four weeks", "parameters": loan}},
        },
        "components": {
            "securitySchemes": {"ticket": {"type": "apiKey", "in": "header", "name": "X-Desk-Ticket"}},
            "schemas": {"Member": _schema(_member(Dice(7), 1)), "Loan": _schema(_loan(Dice(7), 1))}},
    }  # fmt: skip


def app(*, undeclared: bool = False) -> Starlette:
    """The service with its own rows. ``undeclared``: its document does not say where the ticket goes."""
    made = Starlette(routes=[
        Route("/openapi.json", _document),
        Route("/desk/login", _log_in, methods=["POST"]),
        Route("/members", _members),
        Route("/members/{mbrNo:int}", _member_of, methods=["GET", "PUT"]),
        Route("/loans", _loans),
        Route("/loans/{loanNo:int}/renewal", _renewal, methods=["POST"]),
    ])  # fmt: skip
    made.state.library, made.state.undeclared = Library(), undeclared
    return made


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m adaptgen.demo.library", description="The API of the tutorial.")
    parser.add_argument("--port", type=int, default=8080, help="port on 127.0.0.1; 0 takes a free one (default 8080)")
    parser.add_argument("--undeclared", action="store_true", help="a document that does not say where the ticket goes")
    options = parser.parse_args(argv)
    listening = listen(options.port)
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    sys.stdout.write(f"{url}/openapi.json   log in as {USERNAME} with {PASSWORD}; stop with Ctrl+C\n")
    sys.stdout.flush()
    config = uvicorn.Config(
        app(undeclared=options.undeclared), log_level="error", access_log=False, lifespan="off", ws="none", http="h11"
    )
    uvicorn.Server(config).run(sockets=[listening])
    return 0


if __name__ == "__main__":
    sys.exit(main())
