"""Logging in, and the CSRF token that writes need."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from adaptgen.demo.crm.errors import CrmError, invalid
from adaptgen.demo.crm.query import body_of
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


ROUTES = (
    ("POST", "/auth/login", login),
    ("POST", "/auth/refresh", refresh),
    ("GET", "/auth/csrf", csrf),
    ("POST", "/auth/logout", logout),
)
