"""What agents see of a tool never forbids a token where one is taken or given."""

from __future__ import annotations

import copy

import jsonschema
from support.shielding import restore, shield, tokenizer, tool

SCHEMA = {
    "email": {"type": "string", "format": "email", "maxLength": 40, "pattern": "@", "description": "Whose"},
    "phone": {"type": ["integer", "null"], "minimum": 1},
    "name": {"type": "string", "enum": ["Ada", "Ben"]},
    "tags": {"type": "array", "items": {"type": "string", "format": "email", "maxLength": 5}},
    "data": {"type": "object", "properties": {"mail": {"$ref": "#/$defs/Mail"}, "x": {"$ref": "#/$defs/Mail"}}},
    "either": {"anyOf": [{"type": "string", "maxLength": 3}, {"type": "null"}]},
    "note": {"type": "string", "maxLength": 10},
}
ARGUMENTS = {
    "email": "email",
    "phone": "phone",
    "name": "name",
    "tags": "email",
    "/data/mail": "email",
    "either": "iban",
}


def test_arguments_take_tokens() -> None:
    facts = tool(ARGUMENTS, schema=SCHEMA)
    facts.wire["inputSchema"]["$defs"] = {"Mail": {"type": "string", "format": "email", "maxLength": 9}}
    before = copy.deepcopy(facts.wire)
    one = tokenizer()
    listed = one.listed(facts)
    token = shield(one, {"email": "ada.lovelace@example.com"})["email"]
    validator = jsonschema.Draft202012Validator(listed["inputSchema"], format_checker=jsonschema.FormatChecker())
    validator.validate({"email": token, "name": token, "phone": token, "tags": [token], "data": {"mail": token}})
    validator.validate({"either": token})
    for wrong in ({"note": token}, {"data": {"x": token}}, {"email": 7}):
        assert not validator.is_valid(wrong)
    assert "tok_email_" in listed["inputSchema"]["properties"]["email"]["description"]
    assert listed["inputSchema"]["properties"]["email"]["description"].startswith("Whose. ")
    assert facts.wire == before
    assert one.listed(facts) is listed
    assert restore(one, {"email": token}, facts)["email"] == "ada.lovelace@example.com"


def test_a_tool_that_takes_none_is_the_very_same() -> None:
    facts = tool(schema=SCHEMA)
    assert tokenizer().listed(facts) is facts.wire
    assert tokenizer(kinds=("card",)).listed(tool(ARGUMENTS, schema=SCHEMA)) == tool(ARGUMENTS, schema=SCHEMA).wire
    assert tokenizer(direction="api").listed(facts) is facts.wire


def test_answers_that_are_tokenized_satisfy_their_schema() -> None:
    output = {
        "type": "object",
        "properties": {
            "people": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "email": {"type": "string", "maxLength": 40},
                        "phone": {"type": "integer"},
                        "code": {"type": "string", "enum": ["a", "b"]},
                        "alias": {"type": "string", "pattern": "^[A-Z]"},
                    },
                },
            }
        },
    }
    facts = tool(sensitive={"alias": "name"}, outputSchema=output)
    one = tokenizer()
    value = {"people": [{"email": "ada.lovelace@example.com", "phone": 4915112345678, "code": "a", "alias": "Ada"}]}
    shown = shield(one, value, facts)
    listed = one.listed(facts)
    jsonschema.Draft202012Validator(listed["outputSchema"]).validate(shown)
    assert listed["outputSchema"]["properties"]["people"]["items"]["properties"]["code"]["enum"] == ["a", "b"]
