"""How tokens for personal data fail elsewhere, tried on a proxy, a server and an API that run as processes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from support.command import Serving, serving
from support.handing import Chain, keys_of_proxy, proxying
from support.people import person
from support.web import Asked, Said

EMAIL, NAME, PHONE = "ada@example.org", "Ada Lovelace", "+49 30 901820"


def shown(chain: Chain, proxy: Serving | None = None) -> dict[str, str]:
    """Ada as an agent sees her."""
    text, failed = (proxy or chain.proxy).call("people__get_person", {"id": 1, "fields": ["*"]}, chain.proxy.token)
    assert not failed, text
    for value in (EMAIL, NAME, PHONE):
        assert value not in text
    found: dict[str, str] = json.loads(text)
    assert found["email"].startswith("tok_email_")
    assert found["full_name"].startswith("tok_name_")
    chain.api.seen.clear()
    return found


def written(chain: Chain) -> dict[str, Any]:
    """What the API was asked to write."""
    (asked,) = chain.api.of("POST")
    body: dict[str, Any] = asked.json()
    return body


@pytest.fixture(scope="module")
def second(started: Chain) -> Iterator[Serving]:
    """Another process of the same proxy, under the same keys."""
    folder = started.folder / "second"
    settings = proxying(folder, f"{started.tap.url}/mcp", started.issuer.url)
    with serving(folder, "proxy", settings, **keys_of_proxy(started.key)) as proxy:
        proxy.token = started.proxy.token
        yield proxy


# ------------------------------------------------------------------------------------------- the same value, always


def test_numbering_that_changes_between_turns(chain: Chain) -> None:
    """A value has one token, whatever else is in the answer, in which order, in how many turns."""
    first = shown(chain)["email"]
    others = [person(n, email=f"other{n}@example.org") for n in range(2, 6)]
    for people in ([*others, person()], [person(), *reversed(others)], [others[1], person(), person(9)]):
        chain.people.people = people
        text, _ = chain.proxy.call("people__list_people", {"fields": ["id", "email"]})
        answer = json.loads(text)
        tokens = {row[0]: row[1] for row in answer["items"]}
        assert tokens[1] == first
        assert len(set(tokens.values())) == len({one["email"] for one in people})


def test_a_map_kept_in_one_process_of_many(chain: Chain, second: Serving) -> None:
    """What one process sealed, another restores; both give the same token."""
    token = shown(chain)["email"]
    assert shown(chain, second)["email"] == token
    text, failed = second.call("people__create_note", {"text": "x", "email": token})
    assert not failed, text
    assert written(chain)["email"] == EMAIL


# ------------------------------------------------------------------------------------------------------- arguments


def test_arguments_left_untokenized(chain: Chain) -> None:
    """The API gets the value wherever the argument is classified: query and body."""
    token = shown(chain)["email"]
    assert chain.proxy.call("people__list_people", {"email": token})[1] is False
    assert chain.api.seen[0].query["email"] == EMAIL
    chain.api.seen.clear()
    assert chain.proxy.call("people__create_note", {"text": "x", "email": token})[1] is False
    assert written(chain) == {"text": "x", "email": EMAIL}
    assert "tok_" not in chain.api.log


@pytest.mark.parametrize(
    "wrap",
    [
        "{}",
        "`{}`",
        "**{}**",
        "*{}*",
        "__{}__",
        '"{}"',
        "'{}'",
        "“{}”",
        "<{}>",
        "({})",
        "[{}](mailto:{})",
        "mailto:{}",
        " {} ",
        "{}.",
        "{}\n",
        "```\n{}\n```",
        "&lt;{}&gt;",
    ],
)
@pytest.mark.parametrize("fold", [str, str.upper, str.title, str.swapcase], ids=lambda one: one.__name__)
def test_the_model_changes_case_quotes_or_markdown_around_a_token(chain: Chain, wrap: str, fold: Any) -> None:
    token = fold(shown(chain)["email"])
    text, failed = chain.proxy.call("people__create_note", {"text": "x", "email": wrap.replace("{}", token)})
    assert not failed, text
    assert written(chain)["email"] == EMAIL


def test_a_token_that_is_damaged_is_an_error_that_an_agent_can_act_on(chain: Chain) -> None:
    token = shown(chain)["email"]
    middle = len(token) // 2
    changed = token[:middle] + ("a" if token[middle] != "a" else "b") + token[middle + 1 :]
    for wrong in (token[:-1], token[:-7], changed, token[:middle] + " " + token[middle:], token.replace("_k1", "_k9")):
        text, failed = chain.proxy.call("people__create_note", {"text": "x", "email": wrong})
        assert failed, (wrong, text)
        assert "`email`" in text
        assert "Nothing was" in text
    assert chain.api.of("POST") == []


@pytest.mark.parametrize(
    "arguments",
    [
        {"text": "{email}"},
        {"text": "please write to {email} today"},
        {"text": '{"nested": {"deep": "{email}"}}'},
        {"text": "x", "email": "{name}"},
        {"text": "x", "phone": "{email}"},
        {"text": "x", "email": "a@b.example, {name}"},
        {"text": "x {EMAIL}"},
    ],
    ids=json.dumps,
)
def test_a_token_written_where_it_could_be_read_back(chain: Chain, arguments: dict[str, str]) -> None:
    """The oracle: a token in a field of another kind would be read back in clear. The call names the argument."""
    ada = shown(chain)
    marks = {"{email}": ada["email"], "{name}": ada["full_name"], "{EMAIL}": ada["email"].upper()}
    given = dict(arguments)
    for mark, token in marks.items():
        given = {name: value.replace(mark, token) for name, value in given.items()}
    text, failed = chain.proxy.call("people__create_note", given)
    assert failed, text
    assert EMAIL not in text
    assert any(f"`{name}`" in text for name in arguments)
    assert chain.api.seen == []


def test_a_tool_that_echoes_a_restored_value(chain: Chain) -> None:
    """It comes back as the token it was, in its own field, in text, and in an error."""
    token = shown(chain)["email"]

    def echo(asked: Asked) -> Said:
        given = asked.json()["email"]
        return Said(
            {"id": 7, "text": f"wrote to {given} <{given.upper()}>", "email": given, "copy": {"to": given}}, 201
        )

    chain.people.on["POST /notes"] = echo
    text, failed = chain.proxy.call("people__create_note", {"text": "x", "email": token})
    assert not failed, text
    assert EMAIL not in text.lower()
    assert json.loads(text)["email"] == token
    chain.people.on["POST /notes"] = lambda asked: Said({"detail": f"{asked.json()['email']} is taken"}, 409)
    text, failed = chain.proxy.call("people__create_note", {"text": "x", "email": token})
    assert failed
    assert EMAIL not in text
    assert token in text


# -------------------------------------------------------------------------------------------------- answers in part


@pytest.mark.parametrize("status", [400, 404, 409, 412, 422, 500, 503])
@pytest.mark.parametrize(
    "body",
    [
        {"detail": f"{EMAIL} exists"},
        {"errors": [{"field": "email", "message": "taken", "value": EMAIL}]},
        {"record": {"full_name": NAME, "email": EMAIL, "phone": PHONE}},
        {"message": json.dumps({"sql": f"INSERT INTO people VALUES ('{EMAIL}')"})},
        {EMAIL: ["is taken"]},
        f"<html><body>no: {EMAIL}</body></html>".encode(),
        f"plain text, {EMAIL}".encode(),
        f"Duplicate entry '{EMAIL}' for key".encode("utf-16"),
    ],
    ids=lambda body: str(body)[:30],
)
def test_error_bodies(chain: Chain, status: int, body: Any) -> None:
    chain.people.on["GET /people/1"] = lambda _: Said(body, status)
    text, failed = chain.proxy.call("people__get_person", {"id": 1})
    assert failed
    for value in (EMAIL, PHONE):
        assert value not in text
    if isinstance(body, dict) and "record" in body:
        assert NAME not in text


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_nested_json_strings(chain: Chain, depth: int) -> None:
    inner: Any = {"contact": {"email": EMAIL, "who": [NAME]}, "n": 1}
    for _ in range(depth):
        inner = json.dumps(inner)
    chain.people.people = [person(extra=inner)]
    text, _ = chain.proxy.call("people__get_person", {"id": 1, "fields": ["*"]})
    assert EMAIL not in text
    assert EMAIL.replace("@", "\\u0040") not in text
    assert NAME not in text


def test_second_copies(chain: Chain) -> None:
    """The name that a record classifies, and the address, in every other field of the answer too."""
    extra = f"{NAME} ({EMAIL}), also {EMAIL.upper()}; call {PHONE}"
    chain.people.people = [person(note=f"Dear {NAME}", extra=extra)]
    for tool, arguments in (("get_person", {"id": 1, "fields": ["*"]}), ("list_people", {"fields": ["*"]})):
        text, failed = chain.proxy.call(f"people__{tool}", arguments)
        assert not failed
        for value in (EMAIL, EMAIL.upper(), NAME, PHONE):
            assert value not in text


# -------------------------------------------------------------------------------------------------------- schemas


def test_format_pattern_maxlength_and_enum_in_schemas(chain: Chain) -> None:
    """What is advertised takes a token; what is called takes it too; the API's own rules hold for the value."""
    listed = json.loads(chain.proxy.rpc("tools/list", {}).data())["result"]["tools"]
    schemas = {tool["name"]: tool["inputSchema"] for tool in listed}
    ada = shown(chain)
    assert len(ada["email"]) > 40
    arguments = {"text": "x", "email": ada["email"], "phone": ada["phone"], "color": "red"}
    check = jsonschema.Draft202012Validator(
        schemas["people__create_note"], format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    check.validate(arguments)
    text, failed = chain.proxy.call("people__create_note", arguments)
    assert not failed, text
    assert written(chain) == {"text": "x", "email": EMAIL, "phone": PHONE, "color": "red"}
    # An enum that no token stands for is as it was.
    assert not check.is_valid({**arguments, "color": "blue"})


def test_the_rules_of_the_api_hold_for_what_a_token_stands_for(chain: Chain) -> None:
    long = f"{'a' * 50}@example.org"
    chain.people.people = [person(email=long)]
    text, _ = chain.proxy.call("people__get_person", {"id": 1, "fields": ["email"]})
    token = json.loads(text)["email"]
    chain.api.seen.clear()
    text, failed = chain.proxy.call("people__create_note", {"text": "x", "email": token})
    assert failed, text
    assert long not in text
    assert chain.api.seen == []
