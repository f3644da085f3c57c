"""Nothing tells the values behind tokens: not searches by a part, not guesses, not orders, ranges or expressions."""

from __future__ import annotations

import asyncio
import json
import string
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.generated import generate
from support.governing import EVERYTHING, ask, governed, settings
from support.watched import WAYS, watched

from adaptgen.demo.crm import PASSWORD, USERNAME, Crm, running
from adaptgen.model.tables import Caller
from adaptgen.transports.load import load_server

ROOT = Path(__file__).parents[2]
ADA = Caller("ada", "bank")
READ = 'permit (principal, action in Action::"read", resource);'
"""Every tool that reads, and no right to detokenize."""
KINDS = ["email", "phone", "card", "iban", "national_id", "name", "birth_date"]

PEOPLE: list[dict[str, Any]] = [
    {"id": 1, "first_name": "Zelda", "last_name": "Quillfeather", "email": "zelda.q@corvid.example", "city": "Bonn",
     "birth_date": "1980-03-31", "amount": 5, "status": "open", "remarks": "met in Bonn"},
    {"id": 2, "first_name": "Ann", "last_name": "Moss", "email": "ann@moss.example", "city": "Ulm",
     "birth_date": "1991-07-02", "amount": 9, "status": "open", "remarks": ""},
    {"id": 3, "first_name": "Anna", "last_name": "Mossop", "email": "anna@moss.example", "city": "Ulm",
     "birth_date": "1975-01-20", "amount": 7, "status": "closed", "remarks": "abcdefghijklmnopqrstuvwxyz@."},
]  # fmt: skip
HIDDEN = ("first_name", "last_name", "email", "birth_date")
TEXT: dict[str, Any] = {"type": "string"}


def _parameter(name: str, description: str = "", **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema or TEXT, "description": description}


SEARCHES = ("q", "search", "keyword", "term", "text", "fulltext", "suche")
"""Search texts, by their names."""
TOLD = {"who": "Part of the name or of the e-mail address", "input": "Free text, matched against last name and e-mail"}
"""Search texts, by their descriptions."""
PARTIAL = ("last_name_like", "email__icontains", "first_name_starts_with", "email_domain", "emailContains")
EXACT = ("last_name", "email")
RANGES = ("birth_date_from", "birth_date_to", "min_age")
EXPRESSIONS = ("filter", "$filter", "rsql")
ORDERS = ("order_by", "ordering", "sortBy")

PERSON = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "first_name": TEXT,
        "last_name": TEXT,
        "email": {"type": "string", "format": "email"},
        "birth_date": {"type": "string", "format": "date"},
        "city": TEXT,
        "amount": {"type": "number"},
        "status": TEXT,
        "remarks": TEXT,
    },
}
PAGE = {
    "type": "object",
    "properties": {"total": {"type": "integer"}, "items": {"type": "array", "items": PERSON}},
}


def _get(name: str, answer: Any, *parameters: dict[str, Any]) -> dict[str, Any]:
    content = {"application/json": {"schema": answer}}
    responses = {"200": {"description": "ok", "content": content}}
    return {"operationId": name, "summary": name, "parameters": list(parameters), "responses": responses}


DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Staff", "version": "1"},
    "servers": [{"url": "https://staff.example"}],
    "paths": {
        "/contacts": {
            "get": _get(
                "list_contacts",
                PAGE,
                *(_parameter(name) for name in (*SEARCHES, *PARTIAL, *EXACT, *EXPRESSIONS, *ORDERS)),
                *(_parameter(name, said) for name, said in TOLD.items()),
                _parameter("birth_date_from", format="date", type="string"),
                _parameter("birth_date_to", format="date", type="string"),
                _parameter("min_age", type="integer"),
                _parameter("sort"),
                _parameter("city"),
                _parameter("remark", "Part of the remarks"),
                _parameter("limit", type="integer"),
                _parameter("offset", type="integer"),
            )
        },
        "/contacts/{id}": {
            "get": _get("get_contact", PERSON, {"name": "id", "in": "path", "required": True, "schema": TEXT})
        },
        "/contacts/by-email/{email}": {
            "get": _get("find_contact", PERSON, {"name": "email", "in": "path", "required": True, "schema": TEXT})
        },
        "/contacts/lookup": {"get": _get("lookup_contact", PERSON, _parameter("name", "Part of the name"))},
        "/products": {
            "get": _get(
                "list_products",
                {
                    "type": "object",
                    "properties": {
                        "total": {"type": "integer"},
                        "items": {"type": "array", "items": {"type": "object", "properties": {
                            "id": {"type": "integer"}, "title": TEXT, "price": {"type": "number"}}}},
                    },
                },
                _parameter("q"),
                _parameter("sort"),
                _parameter("filter"),
                _parameter("limit", type="integer"),
                _parameter("offset", type="integer"),
            )
        },
    },
}  # fmt: skip


class Api:
    """An API that answers every search as such APIs do: by parts, whatever the case."""

    def __init__(self) -> None:
        self.people = [dict(one) for one in PEOPLE]
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        path, asked = request.url.path, dict(request.url.params)
        if path == "/products":
            body: Any = {"total": 1, "items": [{"id": 1, "title": asked.get("q", "spoon"), "price": 2}]}
        elif path == "/contacts":
            found = self._found(asked)
            start, most = int(asked.get("offset", 0)), int(asked.get("limit", 100))
            body = {"total": len(found), "items": found[start : start + most]}
        else:
            named = asked.get("name", path.rsplit("/", 1)[-1]).lower()
            hits = [one for one in self.people if named in json.dumps(one).lower()]
            if not hits:
                return httpx.Response(404, json={"detail": "not found"})
            body = hits[0]
        content = httpx.ByteStream(json.dumps(body).encode())
        return httpx.Response(200, headers={"content-type": "application/json"}, stream=content)

    def _found(self, asked: Mapping[str, str]) -> list[dict[str, Any]]:
        found = self.people
        for name, value in asked.items():
            low = value.lower()
            if name in (*SEARCHES, *TOLD):
                found = [one for one in found if low in _searched(one)]
            elif name in (*PARTIAL, *EXACT):
                key = next(key for key in HIDDEN if key.split("_")[0] in name.lower())
                found = [one for one in found if low in str(one[key]).lower()]
            elif name == "birth_date_from":
                found = [one for one in found if one["birth_date"] >= value]
            elif name == "city":
                found = [one for one in found if one["city"].lower() == low]
            elif name == "remark":
                found = [one for one in found if low in one["remarks"].lower()]
        return found


def _searched(one: Mapping[str, Any]) -> str:
    return " ".join(str(one[key]) for key in HIDDEN).lower()


class Desk:
    """A governed server in this process. ``told``: all that agents got."""

    def __init__(self, package: Path, folder: Path, policies: str, **given: Any) -> None:
        self.api = Api()
        self.told: list[str] = []
        self._server = load_server(package)
        given.setdefault("tokenize", {"kinds": KINDS})
        self._settings = settings(folder, policies, **given)

    def __call__(self, tool: str = "list_contacts", **arguments: Any) -> tuple[str, bool]:
        return self.all([(tool, arguments)])[0]

    def all(self, calls: list[tuple[str, Mapping[str, Any]]], caller: Caller = ADA) -> list[tuple[str, bool]]:
        """Several calls of one process."""

        async def run() -> list[tuple[str, bool]]:
            transport = httpx.MockTransport(self.api)
            found = []
            async with governed(self._settings, server=self._server, transport=transport) as made:
                for tool, arguments in calls:
                    result = await ask(made, caller, "tools/call", {"name": tool, "arguments": dict(arguments)})
                    found.append((result["content"][0]["text"], bool(result.get("isError"))))
            return found

        answers = asyncio.run(run())
        self.told += [text for text, _ in answers]
        return answers

    def tokens(self) -> dict[int, dict[str, str]]:
        """What stands for the values of each person."""
        text, failed = self(fields=["id", *HIDDEN])
        assert not failed, text
        told = json.loads(text)
        return {row[0]: dict(zip(told["fields"], row, strict=True)) for row in told["items"]}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    document = json.dumps(DOCUMENT).encode()
    return generate(tmp_path_factory.mktemp("staff"), "staff", {"staff.json": document})


@pytest.fixture
def reader(package: Path, tmp_path: Path) -> Desk:
    """A caller who may read, and not detokenize."""
    return Desk(package, _folder(tmp_path, "reader"), READ)


@pytest.fixture
def trusted(package: Path, tmp_path: Path) -> Desk:
    """A caller who may detokenize."""
    return Desk(package, _folder(tmp_path, "trusted"), EVERYTHING)


def _folder(above: Path, name: str) -> Path:
    (above / name).mkdir()
    return above / name


def refused(said: tuple[str, bool]) -> str:
    text, failed = said
    assert failed, text
    return text


def answered(said: tuple[str, bool]) -> Any:
    text, failed = said
    assert not failed, text
    return json.loads(text)


def ids(told: Any) -> list[int]:
    return [row[told["fields"].index("id")] if "fields" in told else row["id"] for row in told["items"]]


# --------------------------------------------------------------------------------------- (a) searches by a part


@pytest.mark.parametrize("name", [*SEARCHES, *TOLD, *PARTIAL, *EXACT])
def test_clear_text_is_refused_without_the_right(reader: Desk, name: str) -> None:
    name = name.replace("__", "_") if f'"{name}"' not in _names(reader) else name
    said = refused(reader(**{name: "zel"}, count=True))
    assert "pass a token" in said
    assert not reader.api.requests, "it is refused before anything is read"


def _names(desk: Desk) -> str:
    calls = [tool.call for tool in desk._server.tools if tool.call is not None]
    return json.dumps([one.name for call in calls for one in call.query])


def _count(answer: Any) -> int:
    return int(answer.get("count", len(answer.get("items", []))))


LETTERS = string.ascii_lowercase + "@.-_" + string.digits


def recover(answers: Callable[[list[str]], list[bool]], most: int = 40) -> str:
    """What a search tells letter by letter: the longest text that still finds something."""
    known = ""
    while len(known) < most:
        found = answers([known + letter for letter in LETTERS])
        if not any(found):
            return known
        known += LETTERS[found.index(True)]
    return known


@pytest.mark.parametrize("more", [{"count": True}, {"limit": 1}, {"count": True, "where": {"id": 1}}])
def test_an_address_is_not_recovered_letter_by_letter(reader: Desk, more: dict[str, Any]) -> None:
    def finds(texts: list[str]) -> list[bool]:
        told = reader.all([("list_contacts", {"q": text, **more}) for text in texts])
        return [not failed and _count(json.loads(said)) > 0 for said, failed in told]

    assert recover(finds) == ""
    assert not reader.api.requests


@pytest.mark.parametrize("more", [{"count": True}, {"fields": ["id"]}, {"distinct": "city"}, {"sort": "id"}])
def test_partial_matches_are_dropped_for_those_who_may(trusted: Desk, more: dict[str, Any]) -> None:
    """Also with the right: a part of a value finds what nothing finds."""
    parts = ["zel", "quill", "@corvid", "zelda.q", "oss", "e", "1980", "z"]
    told = trusted.all([("list_contacts", {"q": part, **more}) for part in [*parts, "nothing at all"]])
    assert set(told) == {told[-1]}
    assert trusted.api.requests


@pytest.mark.parametrize("text", ["Ann", "ann", "Ann Moss", "moss", "ann@moss.example", "ANN@MOSS.EXAMPLE"])
def test_a_whole_value_or_a_word_of_a_name_is_found(trusted: Desk, text: str) -> None:
    assert ids(answered(trusted(q=text, fields=["id"]))) == [2]
    assert answered(trusted(q=text, count=True))["count"] == 1


@pytest.mark.parametrize("name", ["last_name_like", "last_name", "who", "fulltext"])
def test_every_searching_argument_finds_whole_values(trusted: Desk, name: str) -> None:
    assert ids(answered(trusted(**{name: "moss"}, fields=["id"]))) == [2]


@pytest.mark.parametrize("name", ["q", "last_name", "last_name_like", "who"])
def test_a_token_is_searched_for_by_those_who_may(trusted: Desk, name: str) -> None:
    token = trusted.tokens()[2]["last_name"]
    assert ids(answered(trusted(**{name: token}, fields=["id"]))) == [2]
    assert trusted.api.requests[-1].url.params[name] == "Moss"


def test_tokens_of_each_kind_that_is_searched_are_taken(trusted: Desk) -> None:
    known = trusted.tokens()[1]
    for kind in ("email", "first_name", "last_name"):
        assert ids(answered(trusted(q=known[kind], fields=["id"]))) == [1]


def test_the_budget_of_guesses_is_by_caller_field_and_hour(package: Path, tmp_path: Path) -> None:
    desk = Desk(package, tmp_path, EVERYTHING, tokenize={"kinds": KINDS, "guesses": 5})
    token = desk.tokens()[2]["last_name"]
    guesses: list[tuple[str, Mapping[str, Any]]] = [("list_contacts", {"last_name": f"guess{n}"}) for n in range(5)]
    again = [guesses[0], ("list_contacts", {"last_name": " GUESS1 "})]
    over: list[tuple[str, Mapping[str, Any]]] = [
        ("list_contacts", {"last_name": "one more"}),
        ("list_contacts", {"where": {"last_name": "one more"}, "count": True}),
        ("list_contacts", {"last_name_like": "one more"}),
        ("list_contacts", {"q": "one more"}),
    ]
    fine: list[tuple[str, Mapping[str, Any]]] = [
        ("list_contacts", {"last_name": token}),
        ("list_contacts", {"email": "ann@moss.example"}),
        ("list_contacts", {"where": {"last_name": {"in": [token]}}}),
    ]
    told = desk.all([*guesses, *again, *over, *over, *fine])
    assert [failed for _, failed in told] == [False] * 7 + [True] * 8 + [False] * 3
    assert "5 different clear-text values an hour" in told[7][0]
    assert [failed for _, failed in desk.all(guesses[:1], Caller("bob", "bank"))] == [False]


def test_no_guess_at_all_where_the_budget_is_none(package: Path, tmp_path: Path) -> None:
    desk = Desk(package, tmp_path, EVERYTHING, tokenize={"kinds": KINDS, "guesses": 0})
    refused(desk(q="Ann"))
    refused(desk(where={"email": "ann@moss.example"}, count=True))
    assert ids(answered(desk(q=desk.tokens()[2]["email"], fields=["id"]))) == [2]


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("find_contact", {"email": "ann@moss.example"}),
        ("find_contact", {"email": "ann"}),
        ("lookup_contact", {"name": "Ann"}),
        ("lookup_contact", {"name": "An"}),
    ],
)
def test_a_record_is_not_found_by_clear_text_without_the_right(
    reader: Desk, tool: str, arguments: dict[str, Any]
) -> None:
    assert "pass a token" in refused(reader(tool, **arguments))
    assert not reader.api.requests


def test_a_record_that_matches_in_part_is_not_shown(trusted: Desk) -> None:
    token = trusted.tokens()[2]
    assert answered(trusted("lookup_contact", name="Ann"))["id"] == 2
    assert answered(trusted("lookup_contact", name=token["first_name"]))["id"] == 2
    assert answered(trusted("find_contact", email=token["email"]))["id"] == 2
    for part in ("zel", "Quill", "moss.exa"):
        assert "whole value" in refused(trusted("lookup_contact", name=part))


# -------------------------------------------------------------------------------------- (b) guesses in `where`

SURNAMES = [f"Name{n}" for n in range(498)] + ["Moss", "Quillfeather"]


@pytest.mark.parametrize(
    "condition",
    [
        {"in": SURNAMES},
        SURNAMES,
        "Moss",
        {"=": "moss"},
        {"!=": "Moss"},
        {"$eq": "MOSS"},
        {"in": ["Moss", None]},
        {"not_in": ["Moss"]},
        {"=": "Moss", "!=": None},
    ],
)
@pytest.mark.parametrize("more", [{"count": True}, {"count": "last_name"}, {"limit": 1}, {"distinct": "last_name"}])
def test_guesses_tell_nothing_without_the_right(reader: Desk, condition: Any, more: dict[str, Any]) -> None:
    refused(reader(where={"last_name": condition}, **more))


@pytest.mark.parametrize("path", ["last_name", '["last_name"]', "last_name[*]", "['last_name']", "email", "work_email"])
def test_guesses_are_refused_however_the_path_is_written(reader: Desk, path: str) -> None:
    said = refused(reader(where={path: "Moss"}, count=True))
    assert "compare it with a token" in said
    assert not reader.api.requests


@pytest.mark.parametrize(
    "where",
    [
        {"birth_date": "1980-03"},
        {"birth_date": {">=": "1980-01-01"}},
        {"birth_date": {"<": "1990-01-01"}},
        {"last_name": {">": "m"}},
        {"last_name": {"contains": "oss"}},
        {"email": {"contains": "@moss"}},
        {"email": {"starts_with": "a"}},
        {"email": {"regex": "^a"}},
        {"email": {"like": "a%"}},
    ],
)
def test_nothing_but_equality(reader: Desk, trusted: Desk, where: dict[str, Any]) -> None:
    refused(reader(where=where, count=True))
    text, failed = trusted(where=where, count=True)
    assert failed or json.loads(text)["count"] == 0


def test_tokens_are_compared_without_the_right(reader: Desk) -> None:
    known = reader.tokens()
    assert ids(answered(reader(where={"last_name": known[2]["last_name"]}, fields=["id"]))) == [2]
    both = {"in": [known[1]["email"], known[3]["email"]]}
    assert ids(answered(reader(where={"email": both}, fields=["id"]))) == [1, 3]
    assert ids(answered(reader(where={"first_name": {"!=": known[1]["first_name"]}}, fields=["id"]))) == [2, 3]
    assert answered(reader(where={"email": {"!=": None}}, count=True))["count"] == 3
    assert not any("moss" in str(request.url).lower() for request in reader.api.requests), "the API gets none of it"


def test_500_guesses_are_more_than_the_budget(trusted: Desk) -> None:
    refused(trusted(where={"last_name": {"in": SURNAMES}}, count=True))
    assert ids(answered(trusted(where={"last_name": {"in": SURNAMES[-60:]}}, fields=["id"]))) == [1, 2]


# ------------------------------------------------------------------------------------------------- (c) orders


@pytest.mark.parametrize("name", ["api_sort", *ORDERS])
@pytest.mark.parametrize(
    "value",
    ["last_name", "-last_name", "+email", "lastName:desc", "last_name desc", "city,-email", "EMAIL_ASC", "name",
     '{"last_name": "asc"}', '[{"field": "email", "direction": "desc"}]', "birthDate", "alphabetical",
     "first_name.asc"],
)  # fmt: skip
def test_no_order_of_a_hidden_field_is_passed_on(trusted: Desk, name: str, value: str) -> None:
    """Not for those who may detokenize either: an order tells about every value at once."""
    said = refused(trusted(**{name: value}))
    assert "orders by" in said
    assert not trusted.api.requests


@pytest.mark.parametrize("path", ["last_name", "-email", ["city", "birth_date"], '["email"]'])
def test_nothing_is_sorted_here_either(trusted: Desk, path: Any) -> None:
    refused(trusted(sort=path))


@pytest.mark.parametrize("value", ["city", "-amount", "amount:desc", "status,-city", "relevance", "created_at"])
def test_other_orders_are_passed_on(reader: Desk, value: str) -> None:
    answered(reader(api_sort=value))
    assert reader.api.requests[-1].url.params["sort"] == value
    answered(reader(sort="-amount"))


# --------------------------------------------------------------------------------------- ranges and expressions


@pytest.mark.parametrize(
    "arguments",
    [{"birth_date_from": "1980-01-01"}, {"birth_date_to": "1990-01-01"}, {"min_age": 40}],
)
def test_ranges_are_refused(reader: Desk, trusted: Desk, arguments: dict[str, Any]) -> None:
    for desk in (reader, trusted):
        assert "before or behind" in refused(desk(**arguments, count=True))
        assert not desk.api.requests
    token = trusted.tokens()[1]["birth_date"]
    refused(trusted(birth_date_from=token, count=True))


@pytest.mark.parametrize("name", ["filter", "rsql"])
@pytest.mark.parametrize(
    "value",
    [
        "startswith(last_name,'Q')",
        "email eq 'ann@moss.example'",
        "last_name=='Q*'",
        "status==open;email==a*",
        "email:a*",
        "ann",
        "status:open ann",
        '{"email": {"$regex": "^a"}}',
        '{"$where": "this.email > 1"}',
        '[{"field": "last_name", "operator": "contains", "value": "a"}]',
        '{"$or": [{"status": "open"}, {"lastName": {"$gt": "m"}}]}',
        "status eq 'open' or 1 eq 1 and substringof('a', email)",
        "not (email lt 'm')",
        "birth_date ge 1980-01-01",
        "status eq 'open' and status ne email",
    ],
)
def test_expressions_about_hidden_fields_are_refused(trusted: Desk, name: str, value: str) -> None:
    said = refused(trusted(**{name: value}, count=True))
    assert "expression" in said
    assert not trusted.api.requests


@pytest.mark.parametrize(
    "value",
    ["status eq 'open'", "status==open;amount=gt=5", "city:Ulm amount:>5", '{"status": {"$in": ["open"]}}',
     '[{"field": "city", "operator": "eq", "value": "Ulm"}]', "contains(city,'Ul') and amount ge 3"],
)  # fmt: skip
def test_expressions_about_other_fields_are_passed_on(reader: Desk, value: str) -> None:
    answered(reader(filter=value))
    assert reader.api.requests[-1].url.params["filter"] == value


# ----------------------------------------------------------------------------------------------- legitimate uses


def test_what_searches_nothing_hidden_is_searched_as_ever(reader: Desk) -> None:
    assert ids(answered(reader(city="ulm", fields=["id"]))) == [2, 3]
    answered(reader("list_products", q="spo", sort="title", filter="anything at all"))
    assert reader.api.requests[-1].url.params["q"] == "spo"


def test_hints_say_that_nothing_hidden_is_searched(tmp_path: Path) -> None:
    hints = "adaptgen: 1\ntools:\n  list_contacts:\n    arguments: {q: {searches: []}, who: {searches: [city]}}\n"
    package = generate(tmp_path, "staff", {"staff.json": json.dumps(DOCUMENT).encode()}, hints)
    (tmp_path / "g").mkdir()
    desk = Desk(package, tmp_path / "g", READ)
    answered(desk(q="an", fields=["id"]))
    answered(desk(who="an", fields=["id"]))
    refused(desk(search="an"))


def test_hints_name_what_is_searched(tmp_path: Path) -> None:
    hints = "adaptgen: 1\ntools: {list_contacts: {arguments: {city: {searches: [email, city]}}}}\n"
    package = generate(tmp_path, "staff", {"staff.json": json.dumps(DOCUMENT).encode()}, hints)
    (tmp_path / "g").mkdir()
    assert "pass a token" in refused(Desk(package, tmp_path / "g", READ)(city="Ulm"))
    assert ids(answered(Desk(package, tmp_path / "g", EVERYTHING)(city="Ulm", fields=["id"]))) == [2, 3]


def test_kinds_that_agents_see_are_searched_as_ever(package: Path, tmp_path: Path) -> None:
    desk = Desk(package, tmp_path, READ, tokenize={"kinds": ["iban"]})
    assert ids(answered(desk(q="ann", fields=["id"]))) == [2, 3]
    answered(desk(api_sort="-last_name"))
    assert answered(desk(where={"last_name": {"contains": "moss"}}, count=True))["count"] == 2


def test_without_tokens_everything_is_searched_as_ever(package: Path, tmp_path: Path) -> None:
    desk = Desk(package, tmp_path, READ, tokenize=None)
    assert ids(answered(desk(q="ann", birth_date_from="1980-01-01", api_sort="last_name", fields=["id"]))) == [2]


STEPS = """
adaptgen: 1
tools:
  who_is:
    description: One person by the name.
    arguments: {person_name: {type: string}}
    steps:
      - {id: found, call: GET /contacts, with: {q: "{person_name}"}, view: [id, city]}
  first_of:
    description: The first person whom a text finds.
    arguments: {hint: {type: string}}
    steps:
      - {id: found, call: GET /contacts, with: {q: "{hint}"}, save: {id: "$.items[0].id"}}
      - {id: one, call: "GET /contacts/{id}", with: {id: "{found.id}"}, view: [id, city]}
"""


@pytest.mark.parametrize(("tool", "argument"), [("who_is", "person_name"), ("first_of", "hint")])
def test_tools_of_several_calls_are_guarded_too(tmp_path: Path, tool: str, argument: str) -> None:
    package = generate(tmp_path, "staff", {"staff.json": json.dumps(DOCUMENT).encode()}, STEPS)
    reader = Desk(package, _folder(tmp_path, "reader"), READ)
    assert "pass a token" in refused(reader(tool, **{argument: "zel"}))
    assert not reader.api.requests
    trusted = Desk(package, _folder(tmp_path, "trusted"), EVERYTHING)
    told = trusted.all([(tool, {argument: part}) for part in ("zel", "@corvid", "oss", "nothing at all")])
    assert len(set(told)) == 1
    text, failed = trusted(tool, **{argument: "Ann"})
    assert not failed, text
    assert "Ulm" in text
    assert "Bonn" not in text


@pytest.mark.parametrize(
    "value", ["owner($filter=startswith(email,'a'))", "owner($orderby=lastName)", "team($search=ann)"]
)
def test_expressions_inside_of_other_arguments(trusted: Desk, value: str) -> None:
    refused(trusted(city=value))
    assert not trusted.api.requests
    answered(trusted(city="owner"))


@pytest.mark.parametrize("wrap", ["{}", "<{}>", "**{}**", "mailto:{}", "`{}`"])
def test_a_token_is_one_however_it_is_wrapped(package: Path, tmp_path: Path, wrap: str) -> None:
    desk = Desk(package, tmp_path, EVERYTHING, tokenize={"kinds": KINDS, "guesses": 0})
    token = desk.tokens()[2]["email"]
    assert ids(answered(desk(q=wrap.format(token), fields=["id"]))) == [2]
    assert "pass a token" in refused(Desk(package, _folder(tmp_path, "r"), READ)(q=f"{token} ann"))


def test_agents_are_told_that_a_search_takes_tokens(package: Path, tmp_path: Path) -> None:
    async def run() -> dict[str, Any]:
        async with governed(settings(tmp_path, READ), server=load_server(package)) as made:
            return await ask(made, ADA, "tools/list", {})

    tools = {tool["name"]: tool["inputSchema"]["properties"] for tool in asyncio.run(run())["tools"]}
    assert "tok_email_… or tok_name_…" in tools["list_contacts"]["q"]["description"]
    assert "tok_" not in tools["list_products"]["q"].get("description", "")


# --------------------------------------------------------------------------------------- the CRM, in both places


@pytest.mark.parametrize("way", WAYS)
def test_the_crm_tells_no_address(way: str, tmp_path: Path) -> None:
    """The attack of the issue: `q` of the contacts with `where` and `count` gave an e-mail address in 590 calls."""
    package = ROOT / "generated" / "crm"

    async def attack() -> tuple[str, str, list[bool]]:
        with running(Crm(slow=0.0)) as api:
            environ = {"CRM_BASE_URL": api.url, "CRM_USERNAME": USERNAME, "CRM_PASSWORD": PASSWORD}
            policies = ROOT / "specs" / "crm" / "policies"
            async with watched(way, tmp_path, package, environ, policies=policies) as at:
                outsider, seller = at.agent("eve"), at.agent("sam", "sales")
                rows = await seller.rows("list_contacts", fields=["id", "email", "last_name"], limit=100)
                row = next(one for one in rows if one["email"])
                found = []
                for agent in (outsider, seller):
                    known = ""
                    for letter in string.ascii_lowercase[: 26 if agent is outsider else 8]:
                        question = {"q": known + letter, "where": {"id": row["id"]}, "count": True}
                        text, failed = await agent.call("list_contacts", question)
                        if not failed and json.loads(text)["count"]:
                            known += letter
                    found.append(known)
                said = []
                text, failed = await seller.call("list_contacts", {"q": row["email"], "fields": ["id"]})
                assert not failed, text
                said.append(row["id"] in [one[0] for one in json.loads(text)["items"]])
                for agent in (outsider, seller):
                    where = {"where": {"last_name": row["last_name"]}, "fields": ["id"]}
                    text, failed = await agent.call("list_contacts", where)
                    assert not failed, text
                    said.append(row["id"] in [one[0] for one in json.loads(text)["items"]])
                text, failed = await outsider.call("list_contacts", {"where": {"last_name": {"in": SURNAMES}}})
                said.append(failed)
                text, failed = await seller.call("list_customers", {"sort": "email"})
                said.append(failed)
                text, failed = await seller.call("list_customers", {"api_sort": "-modifiedAt", "limit": 2})
                said.append(not failed)
                return found[0], found[1], said

    by_outsider, by_seller, said = asyncio.run(attack())
    assert by_outsider == ""
    assert by_seller == ""
    assert said == [True] * 6


def test_what_a_search_found_is_paged_and_sorted_and_counted(trusted: Desk) -> None:
    trusted.api.people = [{**PEOPLE[1], "id": n, "amount": 9 - n} for n in range(1, 8)] + [dict(PEOPLE[2])]
    found: list[int] = []
    more: dict[str, Any] = {}
    for _ in range(9):
        told = answered(trusted(q="Ann", limit=3, fields=["id"], **more))
        found += ids(told)
        if "next_cursor" not in told:
            break
        more = {"cursor": told["next_cursor"]}
    assert found == [1, 2, 3, 4, 5, 6, 7]
    assert ids(answered(trusted(q="Ann", sort="amount", limit=2, fields=["id"]))) == [7, 6]
    assert answered(trusted(q="Ann", where={"id": {">": 5}}, count=True))["count"] == 2
    text, _ = trusted(q="Ann", fields=["$.total"])
    assert "8" not in text


@pytest.mark.parametrize("kind", ["name", "email", ""])
def test_the_order_of_groups_says_nothing_about_personal_values(kind: str) -> None:
    from adaptgen.runtime.pii.tagged_values import tag
    from adaptgen.runtime.queries.aggregates import _Group, order_blindly

    names = [f"{letter}{more}" for letter in string.ascii_uppercase for more in "ab"]
    groups = [_Group([tag(name, kind) if kind else name], 0) for name in names]
    ordered = [str(group.values[0]) for group in order_blindly(groups)]
    assert sorted(ordered) == names
    assert (ordered == names) == (kind == "")
