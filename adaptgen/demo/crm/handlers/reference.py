"""What the other answers repeat, on its own."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from adaptgen.demo.crm.database import BUSINESS_DATE
from adaptgen.demo.crm.query import Query, one
from adaptgen.demo.crm.records import each
from adaptgen.demo.crm.state import State


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
    ("GET", "/users", list_users),
    ("GET", "/countries/", list_countries),
    ("GET", "/tags/", list_tags),
    ("GET", "/products", list_products),
    ("GET", "/products/{Sku}", get_product),
    ("GET", "/system/info", system_info),
    ("POST", "/system/flushCache", flush_cache),
)
