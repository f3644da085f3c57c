"""Invoices, counted from page zero, and what was paid on them."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from adaptgen.demo.crm.errors import CrmError, invalid
from adaptgen.demo.crm.query import Query, body_of, one, whole
from adaptgen.demo.crm.records import each
from adaptgen.demo.crm.state import State


async def list_invoices(state: State, request: Request) -> Response:
    given = request.query_params
    size, page = whole(given, "rows", 40, 1, 200), whole(given, "pageNo", 0)
    query = Query("invoices", given)
    query.customer()
    query.equal("status", "status")
    query.between("due_date", "dueFrom", "dueTo")
    total = query.count(state.database)
    rows = query.rows(state.database, "due_date, id", size, page * size)
    return JSONResponse({"result": {"rows": each(rows, state.records.invoice), "rowCount": total, "pageNo": page}})


async def get_invoice(state: State, request: Request) -> Response:
    row = one(state.database, "invoices", request.path_params["invoiceId"], "Invoice")
    paid = state.database.execute("SELECT * FROM payments WHERE invoice_id = ? ORDER BY id", (row["id"],))
    payments = [
        {"id": one["id"], "amount": one["amount"], "paidOn": one["paid_on"], "reference": one["reference"]}
        for one in paid
    ]
    return JSONResponse({"result": {**state.records.invoice(row), "payments": payments}})


async def pay(state: State, request: Request) -> Response:
    row = one(state.database, "invoices", request.path_params["invoiceId"], "Invoice")
    body = await body_of(request)
    amount = body.get("amount") if isinstance(body, dict) else None
    if isinstance(amount, bool) or not isinstance(amount, (int, float)) or amount <= 0:
        raise invalid("The payment could not be booked.", {"amount": "must be greater than 0"})
    left = round(row["amount_gross"] - row["amount_paid"], 2)
    if row["status"] == "CANCELLED" or amount > left:
        raise CrmError(409, "FIN-0409", f"Amount exceeds the open amount of {left:.2f} {row['currency']}.")
    values = {
        "invoice_id": row["id"],
        "amount": amount,
        "paid_on": body.get("paidOn"),
        "reference": body.get("reference"),
    }
    state.insert("payments", values, audited=False)
    status = "PAID" if amount == left else row["status"]
    paid = round(row["amount_paid"] + amount, 2)
    row = state.update("invoices", row["id"], {"amount_paid": paid, "status": status})
    return JSONResponse({"result": state.records.invoice(row)}, 201)


ROUTES = (
    ("GET", "/invoices", list_invoices),
    ("GET", "/invoices/{invoiceId}", get_invoice),
    ("POST", "/invoices/{invoiceId}/payments", pay),
)
