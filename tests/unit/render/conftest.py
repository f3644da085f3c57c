"""A plan in which every kind of value of the model occurs, with every string position filled."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from adaptgen.model.plan import Evidence, Input, LeftOut, Module, Plan, Variable
from adaptgen.model.tables import (
    Auth,
    Base,
    Body,
    Call,
    Contract,
    Cursor,
    Expires,
    Link,
    Login,
    NextHeader,
    NextUrl,
    Offset,
    PageNumber,
    Paging,
    Param,
    Refused,
    Send,
    Server,
    Step,
    Tool,
    Unpaged,
    Update,
)

Renamer = Callable[[Callable[[], str], Plan], Plan]


@pytest.fixture(scope="session")
def full_plan() -> Plan:
    call = Call(
        "GET",
        "/contacts/{id}",
        path_params=(Param("id", style="label", explode=True),),
        query=(Param("q", arg="search", encode="json"), Param("order", value="-created")),
        headers=(Param("X-Request-Id", fill="uuid"),),
        cookies=(Param("lang", value={"deep": ["de", 1, 2.5, None, True]}),),
        body=Body(media="text/plain", params=(Param("name"),), whole=Param("all"), inside="contact", extra="more"),
        base="second",
        accept="text/csv",
    )
    pages: tuple[Paging, ...] = (
        Offset(offset="offset", limit="limit", items="$.items", total="$.total", max_size=50),
        PageNumber(page="page", size="size", first=0, items="$.items", total="$.total"),
        Cursor(cursor="cursor", next="$.next", limit="limit", items="$.i", total="$.t", more="$.m", single_use=True),
        Link(rel="more", limit="limit", items="$.items", total="$.total"),
        NextHeader(header="Next-Page", limit="limit", items="$.items", total="$.total"),
        NextUrl(next="$.next", limit="limit", items="$.items", total="$.total"),
        Unpaged(items="$.items", total="$.total"),
    )
    lists = tuple(
        Tool(name=f"find_{number}", call=call, page=page, view=("id",), source="#/paths/~1contacts/get")
        for number, page in enumerate(pages)
    )
    rich = Tool(
        name="update_contact",
        call=call,
        auth=("session", "key"),
        view=("id", "name", "tags[*].name"),
        payload="$.data",
        update=Update(read=call, answer="$.result", accepts=("id", "name"), patch=True),
        layout="objects",
        page_size=10,
        max_bytes=5000,
        sensitive={"email": "email", "phone": "phone"},
        sensitive_arguments={"email": "email"},
        effect="write",
        source="#/paths/~1contacts~1{id}/put",
        aliases=("put_contact",),
    )
    stepped = Tool(
        name="overview",
        steps=(
            Step(id="account", call=call, auth=("session",), save={"org": "$.org"}, view=("id",), effect="write"),
            Step(id="invoices", call=call, items="$.items"),
        ),
        result={"account": "{account}", "invoices": ["{invoices}"]},
        source="#/x",
    )
    auth = (
        Auth(
            name="session",
            kind="session",
            send=(Send("header", "X-Token", "{token}", basic=True, only="write"),),
            chain=(
                Login(
                    id="login",
                    call=call,
                    send=(Send("query", "key", "${env:KEY}"),),
                    save={"token": "$.token"},
                    expires=Expires("$.after", "$.at", "ms"),
                    cookies=True,
                ),
            ),
            start={"refresh": "${env:REFRESH}"},
            refresh=Login(id="refresh", call=call, save={"token": "$.token"}),
            then=("csrf",),
            refused=(Refused(401), Refused(403, {"detail": "*login*"}, replay=False)),
            store="file",
        ),
        Auth(name="key", kind="api_key", send=(Send("header", "X-Key", "${env:KEY}"),)),
    )
    schema = {
        "type": "object",
        "description": "what",
        "properties": {"b": {"type": "string", "enum": ["x"]}, "a": {"default": {"k": "v"}}},
        "required": ["b"],
    }

    def module(name: str, *tools: Tool) -> Module:
        contracts = {
            tool.name: Contract(
                name=tool.name, description="Does a thing. Well.", input_schema=schema, annotations={"title": "x"}
            )
            for tool in tools
        }
        return Module(name=name, title=f"The {name}", tools=tools, contracts=contracts)

    return Plan(
        server=Server(
            name="crm",
            title="CRM",
            bases=(Base("https://crm.example", "CRM_BASE_URL"), Base("https://two.example", "", "second")),
            auth=auth,
            page_size=10,
            max_bytes=1000,
            timeout=2.5,
            contracts=Path("tools"),
        ),
        modules=(module("lists", *lists), module("accounts", rich, stepped)),
        inputs=(
            Input("GET /contacts", "query", "q", "argument", "find_0.q"),
            Input("GET /contacts", "query", "page", "absorbed", "cursor"),
            Input("GET /contacts", "query", "debug", "hidden", "hint"),
        ),
        evidence=(Evidence("find_0", "paging", "offset", "two parameters"),),
        left_out=(LeftOut("POST /login", "#/paths/~1login/post", "login", "it logs in"),),
        variables=(Variable("CRM_KEY", "the key", secret=True), Variable("CRM_BASE_URL", "where", required=False)),
        operations=10,
        title="Legacy CRM",
        source="specs/crm.yaml",
        notes=("a note",),
    )


@pytest.fixture(scope="session")
def with_strings() -> Renamer:
    """``with_strings(next_string, plan)``: the plan with every string in it, keys too, replaced by a next one."""

    def replaced(value: Any, following: Callable[[], str]) -> Any:
        if isinstance(value, str):
            return following()
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            fields = [field.name for field in dataclasses.fields(value)]
            return dataclasses.replace(value, **{name: replaced(getattr(value, name), following) for name in fields})
        if isinstance(value, (tuple, list)):
            return type(value)([replaced(item, following) for item in value])
        if isinstance(value, Mapping):
            result: dict[str, Any] = {}
            for item in value.values():
                key = following()
                while key in result:
                    key += "'"
                result[key] = replaced(item, following)
            return result
        return value

    def with_contracts(following: Callable[[], str], plan: Plan) -> Plan:
        found: Plan = replaced(plan, following)
        modules = tuple(
            dataclasses.replace(
                module,
                contracts={
                    tool.name: dataclasses.replace(contract, name=tool.name)
                    for tool, contract in zip(module.tools, module.contracts.values(), strict=False)
                },
            )
            for module in found.modules
        )
        return dataclasses.replace(found, modules=modules)

    return with_contracts
