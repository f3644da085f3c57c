"""Lists for the spreadsheet: semicolons, decimal commas and the code page of the old desktop client."""

from __future__ import annotations

import csv
import io

from starlette.requests import Request
from starlette.responses import Response

from adaptgen.demo.crm.query import Query
from adaptgen.demo.crm.state import State

_COLUMNS = (
    "CustomerNo", "Company", "Status", "Segment", "Street", "Zip", "City", "Country", "Phone", "Fax", "Email", "VatId",
    "Iban", "CreditLimit", "Currency", "OwnerFullName", "Remarks",
)  # fmt: skip


async def export_customers(state: State, request: Request) -> Response:
    query = Query("customers", request.query_params)
    query.equal("status", "status")
    query.equal("segment", "segment")
    query.owner("ownerId", "owner_id")
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for row in query.rows(state.database, "customer_no"):
        owner = state.records.user(row["owner_id"]) or {}
        writer.writerow([
            row["customer_no"], row["name"], row["status"], row["segment"], row["street"], row["zip"], row["city"],
            row["country_code"], row["phone"], row["fax"], row["email"], row["vat_id"], row["iban"],
            f"{row['credit_limit'] or 0:.2f}".replace(".", ","), row["currency"], owner.get("full_name"),
            row["remarks"],
        ])  # fmt: skip
    disposition = {"Content-Disposition": f'attachment; filename="customers_{state.now()[:10]}.csv"'}
    content = text.getvalue().encode("cp1252", "replace")
    return Response(content, media_type="text/csv; charset=windows-1252", headers=disposition)


ROUTES = (("GET", "/customers/export.csv", export_customers),)
