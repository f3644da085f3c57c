from types import SimpleNamespace
from typing import Any

from support.passes import find_paging, find_sensitive

from adaptgen.plan.tools.pii import find_plain
from adaptgen.source.hints.model import EMPTY, Hints, ToolHint

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


def test_a_hint_for_a_member_that_is_no_longer_opened_still_holds(api: SimpleNamespace) -> None:
    schema = obj(success=TEXT, data=obj(id=TEXT, note=TEXT, more=obj(label=TEXT)), refData=obj(code=TEXT))
    hint = ToolHint(sensitive={"note": "national_id", "more.label": "name", "refData.code": "card"})
    found, _ = sensitive(api, "/customers/{id}", schema, tool=hint)
    assert (found["data.note"], found["data.more.label"], found["refData.code"]) == ("national_id", "name", "card")


def test_what_stands_inside_an_argument_is_named_by_its_pointer(api: SimpleNamespace) -> None:
    given = {
        "contact": obj(email=TEXT, note=TEXT, phones=listed(number=TEXT), **{"a/b": obj(name=TEXT), "id": TEXT}),
        "people": listed(name=TEXT, last_name=TEXT),
        "emails": {"type": "array", "items": TEXT},
    }
    assert sensitive(api, "/orders", listed(id=TEXT), given)[1] == {
        "/contact/email": "email",
        "/contact/phones/*/number": "phone",
        "/people/*/last_name": "name",
        "/people/*/name": "name",
        "emails": "email",
    }


def test_what_hints_call_not_personal_is_known_at_run_time(api: SimpleNamespace) -> None:
    hints = Hints(sensitive={"$..customerName": "none", "mail": "email"})
    assert find_plain(hints, ToolHint(sensitive={"owner.name": "none"})) == ("$..customerName", "owner.name")


def test_a_text_that_is_described_as_a_private_key_is_a_secret(api: SimpleNamespace) -> None:
    key = {"type": "string", "description": "The private key in PEM format"}
    kind = {**key, "enum": ["RSA", "EC"]}
    assert sensitive(api, "/pairs", listed(pem=key, kind=kind, zone=TEXT))[0] == {"pem": "secret"}
