"""The CRM itself: logging in, the CSRF token that writes need, and the reference data that other answers repeat."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from adaptgen.demo.crm.database import BUSINESS_DATE
from adaptgen.demo.crm.errors import CrmError, invalid
from adaptgen.demo.crm.query import Query, body_of, one
from adaptgen.demo.crm.records import each
from adaptgen.demo.crm.sessions import USER_ID, Session
from adaptgen.demo.crm.state import State


async def login(state: State, request: Request) -> Response:
    body = await body_of(request)
    if not isinstance(body, dict) or not body.get("userName") or not body.get("password"):
        raise invalid("userName and password are required.")
    try:
        session = state.sessions.login(body["userName"], body["password"])
    except CrmError:
        state.stats.failed_logins += 1
        raise
    state.stats.logins += 1
    user = state.records.owner(USER_ID)
    answer = {"success": True, "data": {**_tokens(state, session), "user": user, "passwordExpiresInDays": 41}}
    return JSONResponse(answer)


async def refresh(state: State, request: Request) -> Response:
    body = await body_of(request)
    token = body.get("refreshToken") if isinstance(body, dict) else None
    try:
        session = state.sessions.refresh(token)
    except CrmError as problem:
        state.stats.reused_refreshes += problem.code == "SEC-0411"
        raise
    state.stats.refreshes += 1
    return JSONResponse({"success": True, "data": _tokens(state, session)})


async def csrf(state: State, request: Request) -> Response:
    return JSONResponse({"headerName": "X-CSRF-Token", "csrfToken": request.state.session.csrf})


async def logout(state: State, request: Request) -> Response:
    state.sessions.logout(request.state.session)
    return Response(status_code=204)


def _tokens(state: State, session: Session) -> dict[str, object]:
    return {"sessionId": session.id, "refreshToken": session.refresh, "expiresIn": int(state.sessions.ttl)}


async def list_users(state: State, request: Request) -> Response:
    return JSONResponse({"success": True, "data": state.records.reference_data()["users"]})


async def list_countries(state: State, request: Request) -> Response:
    return JSONResponse(state.records.reference_data()["countries"])


async def list_tags(state: State, request: Request) -> Response:
    return JSONResponse(state.records.reference_data()["tags"])


async def list_products(state: State, request: Request) -> Response:
    query = Query("products", request.query_params)
    query.equal("family", "family")
    query.flag("active", "active")
    return JSONResponse({"Products": each(query.rows(state.database), state.records.product)})


async def get_product(state: State, request: Request) -> Response:
    row = one(state.database, "products", request.path_params["Sku"], "Product", "sku")
    return JSONResponse(state.records.product(row))


async def system_info(state: State, request: Request) -> Response:
    return JSONResponse({"product": "Corvid CRM", "release": "6.2.14", "businessDate": BUSINESS_DATE, "node": "crm01"})


async def flush_cache(state: State, request: Request) -> Response:
    return JSONResponse({"flushed": True})


ROUTES = (
    ("POST", "/auth/login", login),
    ("POST", "/auth/refresh", refresh),
    ("GET", "/auth/csrf", csrf),
    ("POST", "/auth/logout", logout),
    ("GET", "/users", list_users),
    ("GET", "/countries/", list_countries),
    ("GET", "/tags/", list_tags),
    ("GET", "/products", list_products),
    ("GET", "/products/{Sku}", get_product),
    ("GET", "/system/info", system_info),
    ("POST", "/system/flushCache", flush_cache),
)
