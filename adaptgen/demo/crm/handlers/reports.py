"""Reports, which run in the background: ordered, asked after, and fetched when they are done.

The job moves on each time somebody asks how far it is, so that everything happens without a clock.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from adaptgen.demo.crm.database import BUSINESS_DATE
from adaptgen.demo.crm.errors import CrmError, invalid, not_found
from adaptgen.demo.crm.query import body_of
from adaptgen.demo.crm.state import Job, State

_FIRST_YEAR = 2019
"""The year in which the archive begins."""
_STATES = ("PENDING", "RUNNING", "DONE")


async def order(state: State, request: Request) -> Response:
    body = await body_of(request)
    kind, year = (body.get("kind"), body.get("year")) if isinstance(body, dict) else (None, None)
    if kind not in _KINDS:
        raise invalid("Unknown report.", {"kind": f"must be one of {', '.join(_KINDS)}"})
    if year is not None and (isinstance(year, bool) or not isinstance(year, int)):
        raise invalid("The report could not be ordered.", {"year": "must be a year (yyyy)"})
    job = Job(9000 + len(state.jobs) + 1, kind, year or int(BUSINESS_DATE[:4]), state.now())
    state.jobs[job.number] = job
    return JSONResponse(_shown(job), 202, {"Location": f"/crm/rest/v2/reports/{job.number}"})


async def progress(state: State, request: Request) -> Response:
    job = _job(state, request)
    job.asked += 1
    return JSONResponse(_shown(job))


async def rows(state: State, request: Request) -> Response:
    job = _job(state, request)
    if _state(job) != "DONE":
        raise CrmError(409, "RPT-0409", f"Report {job.number} is not finished ({_state(job)}).")
    found = _KINDS[job.kind](state, job.year)
    return JSONResponse({"reportId": job.number, "rowCount": len(found), "rows": found})


def _job(state: State, request: Request) -> Job:
    key = request.path_params["reportId"]
    job = state.jobs.get(int(key)) if key.isdecimal() else None
    if job is None:
        raise not_found("Report", key)
    return job


def _state(job: Job) -> str:
    if job.year < _FIRST_YEAR and job.asked:
        return "FAILED"
    return _STATES[min(job.asked, len(_STATES) - 1)]


def _shown(job: Job) -> dict[str, Any]:
    where = _state(job)
    return {
        "reportId": job.number,
        "kind": job.kind,
        "year": job.year,
        "state": where,
        "percent": {"PENDING": 0, "RUNNING": 50}.get(where, 100),
        "message": f"The archive begins in {_FIRST_YEAR}." if where == "FAILED" else None,
        "orderedAt": job.ordered_at,
        "_links": {"self": {"href": f"/crm/rest/v2/reports/{job.number}"}},
    }


def _receivables(state: State, year: int) -> list[dict[str, Any]]:
    sql = """
        SELECT CASE WHEN due_date >= ? THEN 'NOT_DUE' WHEN due_date >= date(?, '-30 days') THEN 'UP_TO_30_DAYS'
                    WHEN due_date >= date(?, '-90 days') THEN 'UP_TO_90_DAYS' ELSE 'OVER_90_DAYS' END AS age,
               count(*), round(sum(amount_gross - amount_paid), 2)
        FROM invoices WHERE status IN ('OPEN', 'OVERDUE') AND substr(issue_date, 1, 4) = ?
        GROUP BY age ORDER BY min(due_date) DESC"""
    found = state.database.execute(sql, [BUSINESS_DATE] * 3 + [str(year)])
    return [{"age": age, "invoices": count, "amountOpen": amount} for age, count, amount in found]


def _revenue(state: State, year: int) -> list[dict[str, Any]]:
    sql = """
        SELECT customers.segment, count(DISTINCT customers.id), count(*), round(sum(contracts.annual_value), 2)
        FROM contracts JOIN customers ON customers.id = contracts.customer_id
        WHERE substr(contracts.start_date, 1, 4) <= ? AND substr(contracts.end_date, 1, 4) >= ?
        GROUP BY customers.segment ORDER BY 4 DESC"""
    found = state.database.execute(sql, [str(year)] * 2)
    return [
        {"segment": segment, "customers": customers, "contracts": contracts, "annualValue": value}
        for segment, customers, contracts, value in found
    ]


_KINDS: dict[str, Callable[[State, int], list[dict[str, Any]]]] = {
    "RECEIVABLES_BY_AGE": _receivables,
    "REVENUE_BY_SEGMENT": _revenue,
}

ROUTES = (
    ("POST", "/reports", order),
    ("GET", "/reports/{reportId}", progress),
    ("GET", "/reports/{reportId}/rows", rows),
)
