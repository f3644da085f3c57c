"""Opportunities behind an opaque cursor, contracts behind ``Link`` headers, and the slow pipeline report."""

from __future__ import annotations

import asyncio
import base64
import binascii
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from adaptgen.demo.crm import fields
from adaptgen.demo.crm.errors import invalid
from adaptgen.demo.crm.query import Query, body_of, check_version, etag, one, whole
from adaptgen.demo.crm.records import each
from adaptgen.demo.crm.state import State


async def list_opportunities(state: State, request: Request) -> Response:
    given = request.query_params
    size = whole(given, "size", 30, 1, 60)
    query = Query("opportunities", given)
    query.equal("stage", "stage")
    query.owner("ownerId", "owner_id")
    query.customer()
    query.between("close_date", "closeFrom", "closeTo")
    if minimum := whole(given, "minAmount", 0):
        query.add("amount >= ?", minimum)
    if cursor := given.get("cursor"):
        query.add("id > ?", _position(cursor))
    rows = query.rows(state.database, "id", size + 1)
    more = len(rows) > size
    rows = rows[:size]
    answer = {"result": {"rows": each(rows, state.records.opportunity), "rowCount": len(rows)}}
    lookups = state.records.reference_data()
    stages = [{"code": code, "sort": n} for n, code in enumerate(("QUALIFY", "NEEDS", "PROPOSAL", "NEGOTIATION"), 1)]
    return JSONResponse(
        {
            **answer,
            "nextCursor": _cursor(rows[-1]["id"]) if more else "",
            "lookups": {"users": lookups["users"], "stages": stages},
        }
    )


def _cursor(last: int) -> str:
    return base64.urlsafe_b64encode(f"opp:{last}".encode()).decode()


def _position(cursor: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(cursor).decode().removeprefix("opp:"))
    except (ValueError, binascii.Error) as problem:
        raise invalid("Invalid query parameter.", {"cursor": "is not valid"}) from problem


async def get_opportunity(state: State, request: Request) -> Response:
    row = one(state.database, "opportunities", request.path_params["oppId"], "Opportunity")
    return JSONResponse({"result": state.records.opportunity(row)})


async def change_opportunity(state: State, request: Request) -> Response:
    row = one(state.database, "opportunities", request.path_params["oppId"], "Opportunity")
    body = await body_of(request)
    values = fields.check(state.database, fields.OPPORTUNITY, body, whole=False)
    values["udf"] = fields.user_defined(body, row["udf"], whole=False)
    return JSONResponse({"result": state.records.opportunity(state.update("opportunities", row["id"], values))})


async def list_contracts(state: State, request: Request) -> Response:
    given = request.query_params
    size, page = whole(given, "perPage", 25, 1, 100), whole(given, "page", 1, 1)
    query = Query("contracts", given)
    query.customer()
    query.equal("status", "status")
    query.owner("ownerId", "owner_id")
    query.between("renewal_date", "renewalFrom", "renewalTo")
    query.flag("autoRenew", "auto_renew")
    total = query.count(state.database)
    rows = query.rows(state.database, "renewal_date, id", size, (page - 1) * size)
    links = {"first": 1, "last": max(1, -(-total // size))}
    if page * size < total:
        links["next"] = page + 1
    if page > 1:
        links["prev"] = page - 1
    base = str(request.url.replace(query=""))
    kept = {key: value for key, value in given.items() if key not in ("page", "perPage")}
    header = ", ".join(
        f'<{base}?{urlencode({**kept, "perPage": size, "page": number})}>; rel="{rel}"' for rel, number in links.items()
    )
    headers = {"Link": header, "X-Total-Count": str(total)}
    return JSONResponse(each(rows, state.records.contract), headers=headers)


async def get_contract(state: State, request: Request) -> Response:
    row = one(state.database, "contracts", request.path_params["contractId"], "Contract")
    return JSONResponse(state.records.contract(row), headers={"ETag": etag(row)})


async def replace_contract(state: State, request: Request) -> Response:
    row = one(state.database, "contracts", request.path_params["contractId"], "Contract")
    check_version(row, request.headers.get("if-match"))
    body = await body_of(request)
    values = fields.check(state.database, fields.CONTRACT, body, whole=True)
    values["udf"] = fields.user_defined(body, row["udf"], whole=True)
    row = state.update("contracts", row["id"], values)
    return JSONResponse(state.records.contract(row), headers={"ETag": etag(row)})


async def pipeline(state: State, request: Request) -> Response:
    """Sums the open opportunities by stage. Written in 2013, never indexed."""
    await asyncio.sleep(state.slow)
    sql = (
        "SELECT stage, count(*) AS n, sum(amount) AS amount, sum(amount * probability / 100.0) AS weighted"
        " FROM opportunities WHERE stage NOT IN ('WON', 'LOST') GROUP BY stage ORDER BY min(probability)"
    )
    lines = [
        {"stage": row["stage"], "deals": row["n"], "amount": row["amount"], "weightedAmount": round(row["weighted"], 2)}
        for row in state.database.execute(sql)
    ]
    return JSONResponse({"report": "PIPELINE", "currency": "EUR", "asOf": "2026-02-16", "lines": lines})


ROUTES = (
    ("GET", "/opportunities", list_opportunities),
    ("GET", "/opportunities/{oppId}", get_opportunity),
    ("PATCH", "/opportunities/{oppId}", change_opportunity),
    ("GET", "/contracts", list_contracts),
    ("GET", "/contracts/{contractId}", get_contract),
    ("PUT", "/contracts/{contractId}", replace_contract),
    ("GET", "/reports/pipeline", pipeline),
)
