"""Customers and contacts: pages with reference data, entity tags on the one, full replacement on both; customers as a
spreadsheet, with semicolons, decimal commas and the code page of the old desktop client."""

from __future__ import annotations

import csv
import hashlib
import io

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from adaptgen.demo.crm import fields
from adaptgen.demo.crm.errors import CrmError, invalid
from adaptgen.demo.crm.query import Query, body_of, check_version, etag, one, whole
from adaptgen.demo.crm.records import each
from adaptgen.demo.crm.sessions import USER_ID, USERNAME
from adaptgen.demo.crm.state import State

_SORTS = {"name": "name", "-name": "name DESC", "customerNo": "customer_no", "-modifiedAt": "modified_at DESC"}

_COLUMNS = (
    "CustomerNo", "Company", "Status", "Segment", "Street", "Zip", "City", "Country", "Phone", "Fax", "Email", "VatId",
    "Iban", "CreditLimit", "Currency", "OwnerFullName", "Remarks",
)  # fmt: skip


async def list_customers(state: State, request: Request) -> Response:
    given = request.query_params
    page, size = whole(given, "page", 1, 1), whole(given, "pageSize", 50, 1, 100)
    query = Query("customers", given)
    query.contains("name", "name", "legal_name")
    query.equal("customerNo", "customer_no")
    query.equal("status", "status")
    query.equal("segment", "segment")
    query.equal("country", "country_code")
    query.owner("ownerId", "owner_id")
    if tag := given.get("tag"):
        query.add("tags LIKE ?", f'%"{tag}"%')
    order = _SORTS.get(given.get("sort", "customerNo"))
    if order is None:
        raise invalid("Invalid query parameter.", {"sort": f"must be one of {', '.join(_SORTS)}"})
    total = query.count(state.database)
    rows = query.rows(state.database, order, size, (page - 1) * size)
    paging = {"page": page, "pageSize": size, "totalRecords": total, "totalPages": -(-total // size)}
    answer = {"success": True, "data": each(rows, state.records.customer), "paging": paging}
    return JSONResponse({**answer, "refData": state.records.reference_data()})


async def get_customer(state: State, request: Request) -> Response:
    row = one(state.database, "customers", request.path_params["customerId"], "Customer")
    answer = {"success": True, "data": state.records.customer(row), "refData": state.records.reference_data()}
    return JSONResponse(answer, headers={"ETag": etag(row)})


async def create_customer(state: State, request: Request) -> Response:
    body = await body_of(request)
    values = fields.check(state.database, fields.CUSTOMER, body, whole=True)
    number = state.database.execute("SELECT max(id) FROM customers").fetchone()[0] + 1
    row = state.insert(
        "customers",
        {
            **values,
            "id": number,
            "customer_no": f"C-{number + 9000}",
            "owner_id": values["owner_id"] or USER_ID,
            "udf": fields.user_defined(body, None, whole=True),
        },
    )
    location = f"{request.url.path}/{row['id']}"
    answer = {"success": True, "data": state.records.customer(row)}
    return JSONResponse(answer, 201, headers={"Location": location, "ETag": etag(row)})


async def replace_customer(state: State, request: Request) -> Response:
    row = one(state.database, "customers", request.path_params["customerId"], "Customer")
    check_version(row, request.headers.get("if-match"))
    body = await body_of(request)
    values = fields.check(state.database, fields.CUSTOMER, body, whole=True)
    values["udf"] = fields.user_defined(body, row["udf"], whole=True)
    row = state.update("customers", row["id"], values)
    return JSONResponse({"success": True, "data": state.records.customer(row)}, headers={"ETag": etag(row)})


async def delete_customer(state: State, request: Request) -> Response:
    one(state.database, "customers", request.path_params["customerId"], "Customer")
    raise CrmError(403, "AUT-0510", "Function CUSTOMER_DELETE is not permitted for profile SALES.")


async def credit_score(state: State, request: Request) -> Response:
    """Asks a credit agency that is not always there: every third request is refused, the first one too."""
    row = one(state.database, "customers", request.path_params["customerId"], "Customer")
    if state.stats.by_operation["GET /customers/{customerId}/creditScore"] % 3 == 1:
        raise CrmError(503, "EXT-0503", "The credit agency does not answer.", headers={"Retry-After": "1"})
    score = int(hashlib.sha256(row["customer_no"].encode()).hexdigest(), 16) % 500 + 100
    answer = {"customerId": row["id"], "score": score, "scale": "100-600", "limit": row["credit_limit"]}
    return JSONResponse({**answer, "ratedAt": "2026-02-13", "agency": "Example Credit Agency"})


async def customer_contacts(state: State, request: Request) -> Response:
    row = one(state.database, "customers", request.path_params["customerId"], "Customer")
    query = Query("contacts", request.query_params)
    query.add("customer_id = ?", row["id"])
    return JSONResponse(each(query.rows(state.database), state.records.contact))


async def customer_notes(state: State, request: Request) -> Response:
    row = one(state.database, "customers", request.path_params["customerId"], "Customer")
    query = Query("notes", request.query_params)
    query.add("customer_id = ?", row["id"])
    rows = query.rows(state.database, "created_at DESC, id DESC")
    return JSONResponse({"success": True, "data": each(rows, state.records.note)})


async def add_note(state: State, request: Request) -> Response:
    row = one(state.database, "customers", request.path_params["customerId"], "Customer")
    body = await body_of(request)
    text = body.get("text") if isinstance(body, dict) else None
    if not isinstance(text, str) or not text.strip():
        raise invalid("The note could not be saved.", {"text": "is required"})
    values = {"customer_id": row["id"], "author_id": USER_ID, "text": text, "created_at": state.now()}
    note = state.insert("notes", values, audited=False)
    return JSONResponse({"success": True, "data": state.records.note(note)}, 201)


async def customer_attachments(state: State, request: Request) -> Response:
    row = one(state.database, "customers", request.path_params["customerId"], "Customer")
    query = Query("attachments", request.query_params)
    query.add("customer_id = ?", row["id"])
    return JSONResponse(each(query.rows(state.database), state.records.attachment))


async def upload(state: State, request: Request) -> Response:
    row = one(state.database, "customers", request.path_params["customerId"], "Customer")
    async with request.form() as form:
        file, category, description = form.get("file"), form.get("category"), form.get("description")
        if not isinstance(file, UploadFile) or not file.filename:
            raise invalid("The attachment could not be saved.", {"file": "is required"})
        if category not in ("CONTRACT", "MINUTES", "OFFER"):
            raise invalid("The attachment could not be saved.", {"category": "must be CONTRACT, MINUTES or OFFER"})
        content = await file.read()
        values = {
            "customer_id": row["id"],
            "file_name": file.filename,
            "media_type": file.content_type or "application/octet-stream",
            "size": len(content),
            "category": category,
            "description": description or None,
            "sha256": hashlib.sha256(content).hexdigest(),
            "uploaded_by": USERNAME,
            "uploaded_at": state.now(),
            "content": content,
        }
    return JSONResponse(state.records.attachment(state.insert("attachments", values, audited=False)), 201)


async def download(state: State, request: Request) -> Response:
    row = one(state.database, "attachments", request.path_params["attachmentId"], "Attachment")
    name = row["file_name"].replace('"', "")
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(row["content"], media_type=row["media_type"], headers=disposition)


async def list_contacts(state: State, request: Request) -> Response:
    given = request.query_params
    limit, offset = whole(given, "limit", 20, 1, 200), whole(given, "offset", 0)
    query = Query("contacts", given)
    query.contains("q", "first_name || ' ' || last_name", "email")
    query.equal("email", "email")
    query.customer("customer_id", "customer_name")
    query.flag("primary", "is_primary")
    total = query.count(state.database)
    rows = query.rows(state.database, "last_name, first_name, id", limit, offset)
    answer = {"items": each(rows, state.records.contact), "total": total, "limit": limit, "offset": offset}
    lookups = state.records.reference_data()
    return JSONResponse({**answer, "hasMore": offset + len(rows) < total, "countries": lookups["countries"]})


async def get_contact(state: State, request: Request) -> Response:
    row = one(state.database, "contacts", request.path_params["contactId"], "Contact")
    return JSONResponse(state.records.contact(row))


async def create_contact(state: State, request: Request) -> Response:
    body = await body_of(request)
    values = fields.check(state.database, fields.CONTACT, body, whole=True, modern=True)
    values["udf"] = fields.user_defined(body, None, whole=True)
    return JSONResponse(state.records.contact(state.insert("contacts", values)), 201)


async def replace_contact(state: State, request: Request) -> Response:
    row = one(state.database, "contacts", request.path_params["contactId"], "Contact")
    body = await body_of(request)
    values = fields.check(state.database, fields.CONTACT, body, whole=True, modern=True)
    values["udf"] = fields.user_defined(body, row["udf"], whole=True)
    return JSONResponse(state.records.contact(state.update("contacts", row["id"], values)))


async def delete_contact(state: State, request: Request) -> Response:
    row = one(state.database, "contacts", request.path_params["contactId"], "Contact")
    state.database.execute("DELETE FROM contacts WHERE id = ?", (row["id"],))
    state.database.commit()
    return Response(status_code=204)


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


ROUTES = (
    ("GET", "/customers/export.csv", export_customers),
    ("GET", "/customers", list_customers),
    ("POST", "/customers", create_customer),
    ("GET", "/customers/{customerId}", get_customer),
    ("PUT", "/customers/{customerId}", replace_customer),
    ("DELETE", "/customers/{customerId}", delete_customer),
    ("GET", "/customers/{customerId}/creditScore", credit_score),
    ("GET", "/customers/{customerId}/contacts", customer_contacts),
    ("GET", "/customers/{customerId}/notes", customer_notes),
    ("POST", "/customers/{customerId}/notes", add_note),
    ("GET", "/customers/{customerId}/attachments", customer_attachments),
    ("POST", "/customers/{customerId}/attachments", upload),
    ("GET", "/attachments/{attachmentId}/content", download),
    ("GET", "/contacts", list_contacts),
    ("POST", "/contacts", create_contact),
    ("GET", "/contacts/{contactId}", get_contact),
    ("PUT", "/contacts/{contactId}", replace_contact),
    ("DELETE", "/contacts/{contactId}", delete_contact),
)
