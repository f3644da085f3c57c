"""Numbers that a double does not hold: no digit is lost on the way to clients, to the API, and back in an update."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from support.generated import generate

from adaptgen.mcp import jsonrpc
from adaptgen.runtime import LOCAL
from adaptgen.runtime.engine import Engine
from adaptgen.transports.load import load_server

DOCUMENT = b"""
openapi: 3.0.3
info: {title: Bank, version: "1"}
servers: [{url: https://bank.example}]
components:
  responses:
    Account:
      description: ok
      content: {application/json: {schema: {$ref: "#/components/schemas/Account"}}}
    Accounts:
      description: ok
      content: {application/json: {schema: {type: array, items: {$ref: "#/components/schemas/Account"}}}}
  schemas:
    Account:
      type: object
      properties:
        number: {type: integer, format: int64}
        owner: {type: string}
        balance: {type: number}
        rates: {type: array, items: {type: number}}
        ceiling: {type: object, properties: {branch: {type: integer}, amount: {type: number}}}
paths:
  /accounts:
    get:
      operationId: listAccounts
      responses: {"200": {$ref: "#/components/responses/Accounts"}}
    post:
      operationId: openAccount
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Account"}}}}
      responses: {"201": {$ref: "#/components/responses/Account"}}
  /accounts/{number}:
    parameters: [{name: number, in: path, required: true, schema: {type: integer, format: int64}}]
    get:
      operationId: getAccount
      responses: {"200": {$ref: "#/components/responses/Account"}}
    put:
      operationId: updateAccount
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Account"}}}}
      responses: {"200": {$ref: "#/components/responses/Account"}}
"""
ANN = (
    '{"number": 1917043659912705297, "owner": "Ann", "balance": 12345678901234567.89,'
    ' "rates": [1.10, 1e400, -0.0, 5E-1], "ceiling": {"branch": 90071992547409931, "amount": 0.1234567890123456789}}'
)
BOB = (
    '{"number": 1917043659912705298, "owner": "Bob", "balance": 12345678901234567.90, "rates": [],'
    ' "ceiling": {"branch": 7, "amount": 2.5}}'
)
CLEO = '{"number": 12, "owner": "Cleo", "balance": 0.11, "rates": [], "ceiling": {"branch": 8, "amount": 1e-400}}'


class Bank:
    """The service; ``sent`` holds the requests."""

    def __init__(self) -> None:
        self.sent: list[httpx.Request] = []
        self.ann = ANN

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        if request.method in ("PUT", "POST"):
            self.ann = request.content.decode()
        shown = f"[{self.ann}, {BOB}, {CLEO}]" if request.url.path == "/accounts" else self.ann
        return httpx.Response(
            200, headers={"content-type": "application/json"}, stream=httpx.ByteStream(shown.encode())
        )


Call = Callable[..., Any]


@pytest.fixture
def bank() -> Bank:
    return Bank()


@pytest.fixture
def call(bank: Bank, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Calls a tool with arguments as JSON text, as clients send them; returns the text of the answer."""
    package = _built(tmp_path_factory)
    monkeypatch.setenv("BANK_BASE_URL", "https://bank.example")

    async def send(tool: str, arguments: str) -> str:
        body = f'{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"arguments":{arguments}}}}}'
        message = jsonrpc.message(jsonrpc.read(body.encode()))
        assert isinstance(message, jsonrpc.Request)
        engine = Engine(
            load_server(package),
            environ={"BANK_BASE_URL": "https://bank.example"},
            transport=httpx.MockTransport(bank),
            cursor_key=bytes(32),
        )
        answer = await engine.call(LOCAL, tool, message.params["arguments"])
        text = answer.content[0].text  # type: ignore[union-attr]
        assert not answer.is_error, text
        return text

    def call_now(tool: str, arguments: str | dict[str, Any]) -> str:
        return asyncio.run(send(tool, arguments if isinstance(arguments, str) else json.dumps(arguments)))

    return call_now


_packages: list[Path] = []


def _built(folders: pytest.TempPathFactory) -> Path:
    if not _packages:
        _packages.append(generate(folders.mktemp("bank"), "bank", {"bank.yaml": DOCUMENT}))
    return _packages[0]


def test_integers_beyond_2_to_the_53_and_long_decimals_leave_as_texts(call: Call) -> None:
    shown = json.loads(call("get_account", '{"number": 12, "fields": ["*"]}'))
    assert shown == {
        "number": "1917043659912705297",
        "owner": "Ann",
        "balance": "12345678901234567.89",
        "rates": [1.1, "1e400", 0.0, 0.5],
        "ceiling": {"branch": "90071992547409931", "amount": "0.1234567890123456789"},
    }


@pytest.mark.parametrize(
    "number", ['"1917043659912705297"', "1917043659912705297", "12", '"12"', '"-9007199254740993"']
)
def test_an_integer_argument_takes_digits_as_text_or_number(call: Call, bank: Bank, number: str) -> None:
    call("get_account", f'{{"number": {number}}}')
    assert bank.sent[-1].url.path == f"/accounts/{json.loads(number)}"


@pytest.mark.parametrize("quote", ["", '"'])
def test_the_api_gets_numbers_with_all_digits(call: Call, bank: Bank, quote: str) -> None:
    digits = {
        "number": "1917043659912705297",
        "balance": "12345678901234567.89",
        "rate": "0.12345678901234567890",
        "branch": "90071992547409931",
    }
    said = {name: f"{quote}{text}{quote}" for name, text in digits.items()}
    call(
        "open_account",
        f'{{"number": {said["number"]}, "balance": {said["balance"]}, "rates": [{said["rate"]}, 2],'
        f' "ceiling": {{"branch": {said["branch"]}}}, "owner": "12345678901234567.89"}}',
    )
    assert sorted(bank.sent[-1].content.decode()[1:-1].split(',"')) == sorted(
        (
            '"balance":12345678901234567.89',
            'number":1917043659912705297',
            'owner":"12345678901234567.89"',
            'ceiling":{"branch":90071992547409931}',
            'rates":[0.12345678901234567890,2]',
        )
    )


def test_an_update_sends_back_what_nobody_changed_as_it_was(call: Call, bank: Bank) -> None:
    call("update_account", {"number": 12, "owner": "Eve", "ceiling": {"branch": 3}})
    (written,) = [one.content.decode() for one in bank.sent if one.method == "PUT"]
    for part in (
        '"balance":12345678901234567.89',
        '"rates":[1.10,1e400,-0.0,5E-1]',
        '"ceiling":{"branch":3,"amount":0.1234567890123456789}',
        '"owner":"Eve"',
    ):
        assert part in written


@pytest.mark.parametrize(
    ("where", "owners"),
    [
        ({"number": "1917043659912705297"}, ["Ann"]),
        ({"number": 1917043659912705298}, ["Bob"]),
        ({"number": {">": "1917043659912705297"}}, ["Bob"]),
        ({"balance": "12345678901234567.89"}, ["Ann"]),
        ({"balance": {">": "12345678901234567.89"}}, ["Bob"]),
        ({"balance": {"<": "12345678901234567.8"}}, ["Cleo"]),
        ({"ceiling.amount": {">": 0, "<": "1e-300"}}, ["Cleo"]),
        ({"ceiling.amount": 2.5}, ["Bob"]),
    ],
)
def test_conditions_compare_all_digits(call: Call, where: Any, owners: list[str]) -> None:
    shown = json.loads(call("list_accounts", {"where": where, "fields": ["owner"]}))
    assert [row[0] for row in shown["items"]] == owners


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ({"sort": "-balance", "fields": ["owner"]}, {"items": [["Bob"], ["Ann"], ["Cleo"]]}),
        ({"sort": "number", "fields": ["owner"]}, {"items": [["Cleo"], ["Ann"], ["Bob"]]}),
        ({"sum": "balance"}, {"sum": {"balance": "24691357802469135.9"}}),
        ({"sum": "number"}, {"sum": {"number": "3834087319825410607"}}),
        ({"max": "balance", "min": "number"}, {"max": {"balance": "12345678901234567.9"}, "min": {"number": 12}}),
        ({"distinct": "balance"}, {"distinct": 3}),
    ],
)
def test_sums_and_order_stay_numeric(call: Call, question: Any, part: dict[str, Any]) -> None:
    shown = orjson.loads(call("list_accounts", question))
    assert {name: shown[name] for name in part} == part
