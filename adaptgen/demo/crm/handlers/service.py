"""Tickets, whose list is cut without a word in the manual, and tasks, which come all at once."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from adaptgen.demo.crm import fields
from adaptgen.demo.crm.errors import CrmError, invalid
from adaptgen.demo.crm.query import Query, body_of, one, whole
from adaptgen.demo.crm.records import each
from adaptgen.demo.crm.sessions import USER_ID
from adaptgen.demo.crm.state import State


async def list_tickets(state: State, request: Request) -> Response:
    given = request.query_params
    limit, offset = whole(given, "limit", 100, 1, 100), whole(given, "offset", 0)
    query = Query("tickets", given)
    query.customer()
    query.equal("ticketNo", "ticket_no")
    query.equal("status", "status")
    query.equal("priority", "priority")
    query.owner("assigneeId", "assignee_id")
    if given.get("open", "").lower() in ("true", "1"):
        query.add("status NOT IN ('RESOLVED', 'CLOSED')")
    total = query.count(state.database)
    rows = query.rows(state.database, "opened_at DESC, id", limit, offset)
    lookups = state.records.reference_data()
    answer = {"tickets": each(rows, state.records.ticket), "lookups": {"users": lookups["users"]}}
    return JSONResponse(answer, headers={"X-Total-Count": str(total)})


async def get_ticket(state: State, request: Request) -> Response:
    row = one(state.database, "tickets", request.path_params["ticketId"], "Ticket")
    said = state.database.execute("SELECT * FROM comments WHERE ticket_id = ? ORDER BY id", (row["id"],))
    comments = [
        {"id": c["id"], "authorId": c["author_id"], "text": c["text"], "createdAt": c["created_at"]} for c in said
    ]
    return JSONResponse({"ticket": {**state.records.ticket(row), "comments": comments}})


async def open_ticket(state: State, request: Request) -> Response:
    body = await body_of(request)
    values = fields.check(state.database, fields.TICKET, body, whole=True, modern=True)
    number = state.database.execute("SELECT max(id) FROM tickets").fetchone()[0] + 1
    values |= {"id": number, "ticket_no": f"T-{number + 51000}", "status": "NEW", "opened_at": state.now()}
    values["udf"] = fields.user_defined({}, None, whole=True)
    return JSONResponse({"ticket": state.records.ticket(state.insert("tickets", values))}, 201)


async def change_ticket(state: State, request: Request) -> Response:
    row = one(state.database, "tickets", request.path_params["ticketId"], "Ticket")
    values = fields.check(state.database, fields.TICKET_CHANGE, await body_of(request), whole=False, modern=True)
    if values.get("status") in ("RESOLVED", "CLOSED") and not (values.get("resolution") or row["resolution"]):
        raise CrmError(422, "VAL-0422", "Validation failed", {"resolution": "is needed to resolve or close a ticket"})
    if values.get("status") in ("RESOLVED", "CLOSED"):
        values["closed_at"] = state.now()
    return JSONResponse({"ticket": state.records.ticket(state.update("tickets", row["id"], values))})


async def comment(state: State, request: Request) -> Response:
    row = one(state.database, "tickets", request.path_params["ticketId"], "Ticket")
    body = await body_of(request)
    text = body.get("text") if isinstance(body, dict) else None
    if not isinstance(text, str) or not text.strip():
        raise CrmError(422, "VAL-0422", "Validation failed", {"text": "can't be blank"})
    values = {"ticket_id": row["id"], "author_id": USER_ID, "text": text, "created_at": state.now()}
    said = state.insert("comments", values, audited=False)
    answer = {"id": said["id"], "authorId": USER_ID, "text": text, "createdAt": said["created_at"]}
    return JSONResponse(answer, 201)


async def list_tasks(state: State, request: Request) -> Response:
    query = Query("tasks", request.query_params)
    query.owner("assignee_id", "assignee_id")
    query.equal("status", "status")
    query.between("due_date", "due_from", "due_to")
    return JSONResponse(each(query.rows(state.database, "due_date, id"), state.records.task))


async def create_task(state: State, request: Request) -> Response:
    body = await body_of(request)
    values = fields.check(state.database, fields.TASK, body, whole=True)
    values |= {"status": "OPEN", "udf": fields.user_defined({}, None, whole=True)}
    values["assignee_id"] = values["assignee_id"] or USER_ID
    return JSONResponse(state.records.task(state.insert("tasks", values)), 201)


async def complete_task(state: State, request: Request) -> Response:
    row = one(state.database, "tasks", request.path_params["taskId"], "Task")
    if row["status"] == "DONE":
        raise invalid("The task is already done.")
    return JSONResponse(state.records.task(state.update("tasks", row["id"], {"status": "DONE"})))


ROUTES = (
    ("GET", "/tickets", list_tickets),
    ("POST", "/tickets", open_ticket),
    ("GET", "/tickets/{ticketId}", get_ticket),
    ("PATCH", "/tickets/{ticketId}", change_ticket),
    ("POST", "/tickets/{ticketId}/comments", comment),
    ("GET", "/tasks", list_tasks),
    ("POST", "/tasks", create_task),
    ("POST", "/tasks/{taskId}/complete", complete_task),
)
