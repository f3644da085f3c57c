"""Personal data in places and forms where it was overlooked, next to what must stay readable."""

from __future__ import annotations

import asyncio
import base64
import gc
import json
import quopri
import time
import unicodedata
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from support.shielding import ANNA, answer, run, tokenizer, tool

from adaptgen.mcp.protocol import META_FOUND
from adaptgen.pii import scan_budget
from adaptgen.runtime.core.answer import ToolError

KINDS = ["email", "phone", "card", "iban", "national_id", "name"]


def shown(value: Any, **meta: Any) -> str:
    """What an agent sees of an answer."""
    result = run(tokenizer(kinds=KINDS).result(ANNA, tool(), answer(value, **meta)))
    text = result.result["content"][0]["text"]
    assert isinstance(text, str)
    return text


# A1: one matcher.

FORMS = [
    "see ada_byron.pdf",
    "AdaByron",
    "ada.byron",
    "ADA-BYRON",
    "Ada%20Byron",
    "Ada&#32;Byron",
    "/files/adabyron/2024.pdf",
    "invoiceAdaByron2024",
    "Byron, Ada",
    "owner=Ada+Byron&x=1",
    "Ada\\u0020Byron",
]


@pytest.mark.parametrize("form", FORMS)
def test_a_classified_name_does_not_leave_in_another_text(form: str) -> None:
    text = shown({"owner_name": "Ada Byron", "note": f"x {form} y"}).lower()
    assert "byron" not in text
    assert "tok_name_" in text


@pytest.mark.parametrize("form", FORMS)
def test_a_name_that_the_view_hides_does_not_leave_in_another_text(form: str) -> None:
    """The value is not in the answer: the runtime names it as one that occurs."""
    from adaptgen.runtime.pii.token_sizes import find_repeated

    body = {"note": f"x {form} y"}
    found, _ = find_repeated(body, [("name", "Ada Byron")], None)
    assert found == [("name", "Ada Byron")]


@pytest.mark.parametrize("name", ["Zoë Müller", "José Nuñez", "Łukasz Wiśniewski"])
@pytest.mark.parametrize("form", ["NFC", "NFD", "bare", "percent", "capitals"])
def test_accents_hide_nothing(name: str, form: str) -> None:
    written = {
        "NFC": unicodedata.normalize("NFC", name),
        "NFD": unicodedata.normalize("NFD", name),
        "bare": unicodedata.normalize("NFD", name).replace("Ł", "L").encode("ascii", "ignore").decode(),
        "percent": quote(name),
        "capitals": name.upper(),
    }[form]
    assert written not in json.loads(shown({"full_name": name, "note": f"from {written}."}))["note"]


@pytest.mark.parametrize("key", ["Ada Byron", "ada_byron", "AdaByron.pdf"])
def test_map_keys_follow(key: str) -> None:
    value = json.loads(shown({"owner_name": "Ada Byron", "files": {key: 1, "size": 2}}))
    assert key not in value["files"]
    assert value["files"]["size"] == 2


@pytest.mark.parametrize("note", ["the rose is red", "we will see", "a byronic hero", "adaptation", "mark it, please"])
def test_ordinary_words_stay(note: str) -> None:
    people = [{"full_name": one, "note": note} for one in ("Rose Will", "Mark Seen", "Ada Byron")]
    assert [one["note"] for one in json.loads(shown(people))] == [note] * 3


# A4: what is in a sentence.


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("invoice no 12 paid from DE89 3704 0044 0532 0130 00", ["3704", "0130"]),
        ("DE89370400440532013000, then NO93 8601 1117 947 and GB82.WEST.1234.5698.7654.32.", ["3704", "8601", "WEST"]),
        ("de 12 at 5: AT611904300234573201", ["1904"]),
        ("card 4111\u00a01111\u00a01111\u00a01111/5555-5555-5555-4444", ["4111", "5555"]),
        ("(+34612345678;+4721234567)", ["612345678", "21234567"]),
        ("Tel. 91 123 45 67 or 612 34 56 78", ["123 45", "612 34"]),
        ("x@a.example,y%40b.example;z (at) c.example", ["a.example", "b.example", "c.example"]),
    ],
)
def test_every_value_of_a_sentence_is_found(text: str, hidden: list[str]) -> None:
    seen = shown({"note": text})
    assert [one for one in hidden if one in seen] == []


@pytest.mark.parametrize(
    "text",
    [
        "order 100234 of 2024-05-01 over 1,234.56",
        "550e8400-e29b-41d4-a716-446655440000 at 1700000000123",
        "version 12.4.1 build 20240501 commit 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
        "no 12 to de 44: rows 1 2 3 4 5 6 7 8 9 10",
    ],
)
def test_ordinary_numbers_stay(text: str) -> None:
    assert json.loads(shown({"note": text}))["note"] == text


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize("text", ["mail ada@example.com", '{"last_name": "Zuse"}', "Konrad Zuse called"])
def test_base64_of_text_is_read(text: str) -> None:
    value = json.loads(
        shown({"full_name": "Konrad Zuse", "data": _base64(text), "image": "iVBORw0KGgoAAAANSUhEUgAAAAE="})
    )
    inner = base64.b64decode(value["data"]).decode()
    assert "Zuse" not in inner
    assert "ada@" not in inner
    assert "tok_" in inner
    assert value["image"] == "iVBORw0KGgoAAAANSUhEUgAAAAE="


@pytest.mark.parametrize(
    "value",
    [
        {"fields": [{"key": "last_name", "value": "Zuse"}]},
        {"fields": [{"name": "Customer name", "value": "Zuse"}]},
        {"answers": [{"question": "Last name", "answer": "Zuse"}]},
        {"xml": "<r><customer><name>Zuse</name></customer></r>"},
        {"xml": "<r><person last_name='Zuse'/><x></x></r>"},
        "<r><last_name><![CDATA[Zuse]]></last_name></r>",
        {"report": "id,last_name\n1,Zuse\n2,Zuse\n"},
        "id;last_name\n1;Zuse\n",
        '{"error": {"last_name": "Zuse", "message": "Zuse is not valid"}}',
    ],
)
def test_the_rules_of_fields_reach_structured_text(value: Any) -> None:
    assert "Zuse" not in shown(value)


@pytest.mark.parametrize(
    "value",
    [
        {"fields": [{"name": "Email", "value": "enabled"}, {"key": "color", "value": "red"}]},
        {"xml": "<r><country><name>Chile</name></country></r>"},
        {"report": "id,product\n1,Bike\n2,Car\n"},
    ],
)
def test_other_structured_text_stays(value: Any) -> None:
    assert json.loads(shown(value)) == value


# B: time.


@pytest.fixture
def without_collections() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


UNITS = ["7", "12 ", "a", "@", "tok_", "555-123-4567 ", "1.", "é", "<a ", "QWRh", "Ada Byron ", "(1)"]


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.usefixtures("without_collections")
def test_a_large_answer_does_not_hold_up_the_event_loop(unit: str) -> None:
    """A quarter of a megabyte; benchmarks/govern.py measures the whole one.

    Delays are in processor time of all threads of this process: the loop waits while another thread holds the
    interpreter, and the time that other processes take does not count. A collection of garbage stops every thread for
    as long as the heap of all tests is large, so there is none meanwhile.
    """
    text = unit * (250_000 // len(unit))
    delays: list[float] = []

    async def beat() -> None:
        while True:
            begun = time.process_time()
            await asyncio.sleep(0.005)
            delays.append(time.process_time() - begun)

    async def whole() -> None:
        beating = asyncio.create_task(beat())
        await asyncio.sleep(0.01)
        await tokenizer(kinds=KINDS).result(ANNA, tool(), answer(text))
        await asyncio.sleep(0.01)  # the beat that was under way is counted too
        beating.cancel()

    asyncio.run(whole())
    assert max(delays) < 0.25


def test_what_cannot_be_searched_in_time_is_withheld(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan_budget.ScanBudget.__init__, "__defaults__", (20.0, 50_000))
    with pytest.raises(ToolError, match="withheld: searching it for personal data takes too long"):
        run(tokenizer(kinds=KINDS).result(ANNA, tool(), answer({"note": "12 34 " * 20_000})))
    assert json.loads(shown({"note": "12 34 " * 20})) == {"note": "12 34 " * 20}


def test_what_the_view_hides_does_not_leave_in_the_keys_of_maps_of_lists() -> None:
    """The values are not in the answer: the runtime names those that occur."""
    items = [{"id": at, "more": {"seen": {f"{name}.pdf": True}}} for at, name in enumerate(("ada_byron", "Bob"))]
    found = [["name", "Ada Byron"], ["national_id", "EA448996D"]]
    items.append({"id": 3, "more": {"EA44-8996-D": 1, "color": "red"}})
    result = run(tokenizer(kinds=KINDS).result(ANNA, tool(), answer({"items": items}, **{META_FOUND: found})))
    text = result.result["content"][0]["text"]
    assert "byron" not in text.lower()
    assert "EA44" not in text
    assert '"color":"red"' in text
    assert "Bob.pdf" in text
    assert text.count("tok_") == 2


@pytest.mark.parametrize(
    "text",
    [
        '{"x": "{\\"last_name\\": \\"Byronova\\"}"}',
        'id,last_name\n1,"Byronova"',
        base64.b64encode(b'{"last_name": "Byronova", "n": 1}').decode(),
        f"see {base64.b64encode(b'this is for Byron there').decode()}",
        "last_name: Byronova",
    ],
)
def test_what_text_in_an_error_classifies_is_not_told(text: str) -> None:
    from support.canaries import plain

    from adaptgen.runtime.http.error_messages import Scrub, make_refusal
    from adaptgen.runtime.http.response import Response
    from adaptgen.runtime.pii.call_pii import PiiTracker
    from adaptgen.runtime.pii.classifier import Classifier

    body = {
        "message": "taken",
        "errors": {"remark": text, "limit": "at most 5 of them"},
        "record": {"last_name": "Byron"},
    }
    response = Response(409, {}, json.dumps(body).encode(), media_type="application/json")
    told = make_refusal(response, Scrub(marks=PiiTracker(Classifier({}))), reads=True).text
    assert "byron" not in plain(told)
    assert "taken" in told
    assert "limit: at most 5 of them" in told


@pytest.mark.parametrize(
    "form", ["cruz ana de la", "de la cruz, ana", "delacruzana", "de_la_cruz_ana.pdf", "cruz,ana de la"]
)
def test_a_name_with_particles_is_found_in_any_order(form: str) -> None:
    assert "cruz" not in shown({"owner_name": "Ana de la Cruz", "note": f"x {form} y"}).lower()


@pytest.mark.parametrize(
    "value",
    [
        {"fields": [{"Name": "surname", "Value": "Zuse"}]},
        {"Tags": [{"Key": "Last name", "Value": "Zuse"}]},
        {"attributes": [{"KEY": "family_name", "VALUE": "Zuse"}]},
        {"rows": [["surname", "Zuse"], ["city", "Ulm"]]},
        {"rows": [["last name", "Zuse"]]},
        [["id", 7], ["lastName", "Zuse"]],
        {"surnames": {"Zuse": 3, "Moss": 1}},
        {"by": {"lastName": {"Zuse": {"n": 2}}}},
        {"family_names": {"Zuse": None}},
        {"surnames": {"Zuse": "in Ulm"}},
        {"surnames": {"a1": "Zuse", "a2": "Moss"}},
        {"surnames": {"first": "Zuse"}},
        {"note": "refused: Last Name: Zuse"},
        {"note": "surname: Zuse"},
        {"note": "last_name = 'Zuse'; page 2"},
        {"note": "moved, family name: Konrad Zuse, paid"},
        {"link": "https://api.example/people?surname=Zuse&page=2"},
        {"link": "/people?page=2&last_name=Zuse"},
        {"note": "q=1&familyName=Konrad+Zuse"},
        {"detail": "Key (surname, street)=(Zuse, Ring 5) already exists."},
        {"detail": 'Key ("last_name")=(Zuse) already exists.'},
        {"detail": "DETAIL: (id, family_name) = (7, Zuse)"},
        {"xml": "<person surname='Zuse'/>"},
        {"xml": '<r><field name="surname">Zuse</field></r>'},
        {"xml": 'see <p id="1" last_name="Zuse"/>'},
        {"xml": '<list><p familyName="Zuse"/></list>'},
        {"xml": '<r><f name="surname" value="Zuse"/></r>'},
        {"xml": '<r><f Name="Last name" id="7" Value="Zuse">x</f></r>'},
        {"mail": quopri.encodestring("surname: Zuse, Straße".encode()).decode()},
        {"mail": "surname: =5A=75=73=65"},
        {"last_name": "Zuse", "mail": "call =5Ause=\n today"},
        {"data": b'{"last_name": "Zuse"}'.hex()},
        {"data": b"surname: Zuse".hex().upper()},
        {"last_name": "Zuse", "data": b"call Zuse today".hex()},
    ],
)
def test_a_name_next_to_a_value_classifies_it(value: Any) -> None:
    seen = shown(value)
    assert "Zuse" not in seen
    assert b"Zuse".hex() not in seen.lower()
    assert "tok_" in bytes.fromhex(json.loads(seen)["data"]).decode() if "data" in value else "tok_" in seen


@pytest.mark.parametrize(
    ("value", "secret"),
    [({"surnames": {"zuse": 3, "moss": 1}}, "zuse"), ({"phone": 123456}, "123456"), ({"mobile": 49301234}, "49301234")],
)
def test_names_in_small_letters_and_numbers_are_values_too(value: Any, secret: str) -> None:
    assert secret not in shown(value)


@pytest.mark.parametrize(
    "value",
    [
        {"note": "status: open, order: A-100234"},
        {"note": "last_name: This field may not be blank."},
        {"note": "surname: required"},
        {"last_name": {"type": "string", "required": True}},
        {"surnames": {"1": 3, "total": 4}},
        {"phones": 3, "emails": {"total": 5, "sent": 3}},
        {"phone": {"type": "mobile", "verified": "yes"}},
        {"note": "surname: unavailable"},
        {"note": "last_name: n/a"},
        {"xml": '<r><f name="color" value="red"/></r>'},
        {"note": "a=41&b=42 and x=3D"},
        {"note": "tel=739.95 for all=41da"},
        {"statuses": {"Open": 3, "Closed": 1}},
        {"link": "https://api.example/orders?sort=last_name&page=2"},
        {"detail": "Key (order_id, sku)=(7, A-1) already exists."},
        {"fields": [{"Name": "Color", "Value": "red"}, {"Name": "Email", "Value": "enabled"}]},
        {"rows": [["surname", "first_name"], ["color", "red"]]},
        {"sha1": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b", "order": "2024050112345678"},
        {"data": b"status: open, all is well".hex()},
        {"xml": '<order id="7" status="open"/>'},
    ],
)
def test_a_name_of_something_else_leaves_its_value(value: Any) -> None:
    assert json.loads(shown(value)) == value
