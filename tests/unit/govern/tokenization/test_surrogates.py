"""The API gets surrogates that its own schema accepts, never a value; what comes back is restored."""

from __future__ import annotations

import re
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.check_digits import iban_digits
from support.shielding import ANNA, BEN, EVE, always, answer, run, tokenizer, tool

from adaptgen.govern.tokenization.tokenizer import Restored, Tokenizer
from adaptgen.pii.detectors import is_iban
from adaptgen.pii.national_ids import LUHN
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.store.protocol import MemoryStore

ALL = ("email", "phone", "card", "iban", "national_id", "name", "birth_date", "account")
VALUES = {
    "email": "ada.lovelace@example.com",
    "phone": "+49 30 1234567",
    "card": "4111 1111 1111 1111",
    "iban": "DE89 3704 0044 0532 0130 00",
    "national_id": "078-05-1120",
    "name": "Ada Lovelace",
    "birth_date": "1815-12-10",
    "account": "00-77-123",
}
SCHEMA: dict[str, Any] = {
    "email": {"type": "string", "format": "email", "maxLength": 80},
    "phone": {"type": "string", "pattern": r"^\+?[0-9]{7,15}$"},
    "card": {"type": "string", "pattern": "^[0-9]{16}$"},
    "iban": {"type": "string", "maxLength": 22},
    "national_id": {"type": "string", "pattern": r"^\d{3}-\d{2}-\d{4}$"},
    "name": {"type": "string", "maxLength": 40},
    "birth_date": {"type": "string", "format": "date"},
    "account": {"type": "string"},
    "note": {"type": "string"},
}
WRITE = tool({kind: kind for kind in ALL}, schema=SCHEMA)


def api(store: MemoryStore | None = None, **chosen: Any) -> Tokenizer:
    return tokenizer(direction="api", kinds=ALL, store=store or MemoryStore(), **chosen)


def sent(one: Tokenizer, arguments: dict[str, Any], caller: Any = ANNA, facts: Any = WRITE) -> Any:
    restored: Restored = run(one.arguments(caller, facts, arguments, always))
    return restored.arguments


def back(one: Tokenizer, value: Any, caller: Any = ANNA) -> Any:
    shown = run(one.result(caller, WRITE, answer(value))).result["content"][0]["text"]
    return shown if isinstance(value, str) else orjson.loads(shown)


def test_surrogates_pass_the_checks_of_their_kind() -> None:
    gone = sent(api(), VALUES)
    assert gone["email"].endswith("@token.invalid") or gone["email"].endswith(".token.invalid")
    assert len(gone["email"].partition("@")[0]) <= 64
    assert gone["phone"].startswith("+999")
    assert LUHN(gone["card"])
    assert len(gone["card"]) == 16
    assert is_iban(gone["iban"])
    assert re.fullmatch(r"99\d-\d\d-\d{4}", gone["national_id"])
    assert gone["birth_date"].startswith("9")


def test_the_same_value_is_the_same_surrogate_and_tenants_are_apart() -> None:
    store = MemoryStore()
    one, other = api(store), api(store)
    assert sent(one, VALUES) == sent(other, VALUES, BEN)
    strange = sent(other, VALUES, EVE)
    assert all(strange[kind] != value for kind, value in sent(one, VALUES).items())
    assert back(other, strange, ANNA) == strange
    assert back(other, strange, EVE) == VALUES


def test_free_text_and_undeclared_arguments_are_swept() -> None:
    one = api()
    note = {"note": "mail ada@example.com, card 4111111111111111", "data": {"owner_email": "x@y.example", "n": [1]}}
    gone = sent(one, note)
    text = orjson.dumps(gone).decode()
    assert not [value for value in ("ada@", "4111", "x@y") if value in text]
    assert gone["data"]["n"] == [1]
    assert back(one, gone) == note
    nested = {"note": '{"email":"ada@example.com"}'}
    gone = sent(one, nested)
    assert "ada@" not in gone["note"]
    assert back(one, gone) == nested


def test_numbers_stay_numbers() -> None:
    facts = tool({"phone": "phone"}, schema={"phone": {"type": "integer"}})
    one = api()
    gone = sent(one, {"phone": 4930123456789}, facts=facts)
    assert isinstance(gone["phone"], int)
    assert gone["phone"] != 4930123456789
    assert back(one, gone) == {"phone": 4930123456789}


@pytest.mark.parametrize("most", [30, 40, 64, 100, 254])
def test_e_mails_fit_the_room_there_is(most: int) -> None:
    facts = tool({"email": "email"}, schema={"email": {"type": "string", "maxLength": most}})
    one = api()
    gone = sent(one, {"email": "augusta.ada.king.countess.of.lovelace@a-rather-long-domain.example"}, facts=facts)
    assert len(gone["email"]) <= most
    assert back(one, {"x": gone["email"].upper()})["x"].startswith("augusta")


@pytest.mark.parametrize(
    ("kind", "schema"),
    [
        ("email", {"maxLength": 20}),
        ("name", {"enum": ["Ada"]}),
        ("card", {"pattern": "^4"}),
        ("name", {"maxLength": 5}),
    ],
)
def test_where_no_surrogate_fits_the_call_is_refused(kind: str, schema: dict[str, Any]) -> None:
    facts = tool({"x": kind}, schema={"x": {"type": "string", **schema}})
    with pytest.raises(ToolError, match="`x` cannot hold a surrogate"):
        sent(api(), {"x": VALUES[kind]}, facts=facts)


def test_what_is_no_surrogate_stays() -> None:
    value = {
        "a": "someone@token.invalid",
        "b": "999 bottles, 9991234567, 9999999999999995",
        "c": "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567@TOKEN.INVALID",
        "d": "9123-01-02 and 99-12, ZZTOP, sur_aaaaaaaaaaaaaaaa",
        "e": 9991234567,
        "f": "DE89370400440532013000",
    }
    assert back(api(), value) == value


def test_handles_taken_by_other_values_are_not_shared() -> None:
    one = api()
    facts = tool({"p": "phone"}, schema={"p": {"type": "string", "pattern": "^[0-9]{9}$"}})
    gone = {sent(one, {"p": f"+49 30 {number:07d}"}, facts=facts)["p"]: number for number in range(300)}
    assert len(gone) == 300
    for surrogate, number in gone.items():
        assert back(one, {"p": surrogate}) == {"p": f"+49 30 {number:07d}"}


@settings(deadline=None)
@given(st.text(min_size=1, max_size=60), st.sampled_from(["email", "name", "account"]))
def test_round_trip_of_any_text(value: str, kind: str) -> None:
    one = api()
    gone = sent(one, {kind: value}, facts=tool({kind: kind}, schema={kind: {"type": "string"}}))
    if value not in "@.tokeninvalidsur_":
        assert value not in gone[kind] or len(value) < 4
    assert back(one, {"deep": [f"<{gone[kind]}>"]}) == {"deep": [f"<{value}>"]}


@settings(deadline=None)
@given(
    st.text(alphabet="0123456789", min_size=18, max_size=18), st.text(alphabet="0123456789", min_size=7, max_size=12)
)
def test_round_trip_of_digits(account: str, digits: str) -> None:
    one = api()
    value = {"iban": f"DE{iban_digits('DE', account)}{account}", "phone": f"+49{digits}", "national_id": digits}
    gone = sent(one, value, facts=tool({kind: kind for kind in value}))
    assert is_iban(gone["iban"])
    assert all(gone[kind] != value[kind] for kind in value)
    assert back(one, gone) == value
