from types import SimpleNamespace
from typing import Any

from adaptgen.plan.paging import find_paging
from adaptgen.plan.sensitive import find_sensitive
from adaptgen.source.hints import EMPTY, Hints, ToolHint

TEXT = {"type": "string"}


def obj(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def sensitive(
    api: SimpleNamespace,
    path: str,
    schema: Any,
    arguments: Any = (),
    hints: Hints = EMPTY,
    tool: ToolHint | None = None,
) -> tuple[dict[str, str], dict[str, str]]:
    made, found = api.document({path: {"get": api.answer(schema)}})
    operation = found[f"GET {path}"]
    return find_sensitive(made, operation, find_paging(made, operation).page, arguments, hints, tool)


def listed(**properties: Any) -> dict[str, Any]:
    return {"type": "array", "items": obj(**properties)}


def test_paths_are_relative_to_one_item(api: SimpleNamespace) -> None:
    schema = listed(id=TEXT, mail=TEXT, contacts=listed(phone=TEXT), address=obj(street=TEXT))
    assert sensitive(api, "/orders", schema)[0] == {
        "mail": "email", "contacts[*].phone": "phone", "address.street": "address",
    }  # fmt: skip


def test_a_name_is_personal_where_a_person_holds_it(api: SimpleNamespace) -> None:
    schema = listed(name=TEXT, product=obj(name=TEXT), author=obj(name=TEXT))
    assert sensitive(api, "/customers", schema)[0] == {"name": "name", "author.name": "name"}
    assert sensitive(api, "/products", schema)[0] == {"author.name": "name"}
    assert sensitive(api, "/users", listed(name=TEXT, username=TEXT))[0] == {"name": "name"}


def test_arguments_have_kinds_too(api: SimpleNamespace) -> None:
    given = {"email": TEXT, "limit": {"type": "integer"}, "email_verified": {"type": "boolean"}}
    assert sensitive(api, "/orders", listed(id=TEXT), given)[1] == {"email": "email"}


def test_hints_add_override_and_take_back(api: SimpleNamespace) -> None:
    hints = Hints(sensitive={"$..customer_code": "national_id", "$..mail": "none"})
    tool = ToolHint(sensitive={"owner.handle": "name"})
    schema = listed(mail=TEXT, customer_code=TEXT, inner=obj(customer_code=TEXT))
    fields, arguments = sensitive(api, "/orders", schema, ["customer_code", "mail"], hints, tool)
    assert fields == {
        "customer_code": "national_id", "inner.customer_code": "national_id", "owner.handle": "name",
    }  # fmt: skip
    assert arguments == {"customer_code": "national_id"}
