"""Nothing personal reaches the model: classified values, found values, free text, tables, media and what is around."""

from __future__ import annotations

import base64
import copy
import re
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.shielding import ANNA, BEN, EVE, KEY, OTHER_KEY, answer, restore, run, shield, tokenizer, tool

from adaptgen.govern.settings.keys import KeyRing
from adaptgen.govern.settings.model import ToolRule
from adaptgen.govern.tokenization.content_blocks import OWN_FILE
from adaptgen.mcp.protocol import META_FOUND, META_SENSITIVE, META_STATUS
from adaptgen.runtime.core.answer import ToolError

TAKES = tool({"email": "email", "phone": "phone", "name": "name", "card": "card"}, schema={"email": {}, "phone": {}})


def back(token: Any, kind: str = "email") -> Any:
    """What the API gets for a token."""
    return restore(tokenizer(), {"x": token}, tool({"x": kind}))["x"]


# ------------------------------------------------------------------------------------------------------ positions


def test_classified_positions_become_tokens_of_their_kind() -> None:
    value = {"fields": ["id", "a", "b"], "items": [[1, "ada@example.com", "Ada"], [2, "ben@example.com", "Ben"]]}
    places = {"/items/*/1": "email", "/items/*/2": "name"}
    shown = shield(tokenizer(), value, tool(trusted=True), **{META_SENSITIVE: places})
    assert shown["fields"] == ["id", "a", "b"]
    assert [row[0] for row in shown["items"]] == [1, 2]
    assert [back(row[1]) for row in shown["items"]] == ["ada@example.com", "ben@example.com"]
    assert [back(row[2], "name") for row in shown["items"]] == ["Ada", "Ben"]


def test_positions_with_odd_keys() -> None:
    value = {"*": "Ada", "a/b": "Ben", "c~d": ["Cid", "Dora"], "plain": "text", "1": "Eve"}
    places = {"/~2": "name", "/a~1b": "name", "/c~0d/*": "name", "/1": "name"}
    shown = shield(tokenizer(), value, tool(trusted=True), **{META_SENSITIVE: places})
    assert shown["plain"] == "text"
    assert [back(one, "name") for one in (shown["*"], shown["a/b"], *shown["c~d"], shown["1"])] == [
        "Ada",
        "Ben",
        "Cid",
        "Dora",
        "Eve",
    ]


def test_numbers_and_lists_and_objects_below_a_position() -> None:
    value = {"a": 5551234567, "b": [5551234567, None, True, ""], "c": {"d": "x", "e": 1.5}}
    places = {"/a": "phone", "/b": "phone", "/c": "name"}
    shown = shield(tokenizer(), value, tool(trusted=True), **{META_SENSITIVE: places})
    assert back(shown["a"], "phone") == 5551234567
    assert back(shown["b"][0], "phone") == 5551234567
    assert shown["b"][1:] == [None, True, ""]
    assert (back(shown["c"]["d"], "name"), back(shown["c"]["e"], "name")) == ("x", 1.5)


def test_kinds_that_are_not_chosen_stay() -> None:
    value = {"email": "ada@example.com", "note": "ada@example.com"}
    assert shield(tokenizer(kinds=("phone",)), value) == value


def test_what_a_server_of_ours_says_is_not_personal_stays() -> None:
    value = {"customer_name": "Widgets Ltd", "note": "call +1 202 555 0172"}
    shown = shield(tokenizer(), value, tool(trusted=True), **{META_STATUS: 200})
    assert shown["customer_name"] == "Widgets Ltd"
    assert "555" not in shown["note"]
    assert shield(tokenizer(), value)["customer_name"] != "Widgets Ltd"


def test_paths_that_a_person_declared_for_a_third_party() -> None:
    rule = {"people[*].alias": "name", "/0/code": "account", "nick": "name", "$.x.full": "name"}
    value = [{"code": "A-77", "people": [{"alias": "The Countess", "nick": "AL"}], "x": {"full": "Ada"}, "full": "no"}]
    shown = shield(tokenizer(kinds=("name", "account")), value, tool(sensitive=rule))[0]
    assert back(shown["people"][0]["alias"], "name") == "The Countess"
    assert back(shown["people"][0]["nick"], "name") == "AL"
    assert back(shown["x"]["full"], "name") == "Ada"
    assert shown["full"] == "no"
    assert "A-77" not in orjson.dumps(shown).decode()


# ---------------------------------------------------------------------------------------------- names, text, nesting


def test_names_of_keys_classify_what_nobody_declared() -> None:
    value = {
        "results": [{"firstName": "Ada", "emails": ["a@example.com"], "phones": [{"number": "5551234567"}]}],
        "customers": [{"name": "Ben Ito", "country": {"name": "Japan"}}],
        "msisdn": 4915112345678,
    }
    shown = shield(tokenizer(), value)
    text = orjson.dumps(shown).decode()
    assert not [one for one in ("Ada", "a@example", "5551234567", "Ben", "4915112345678") if one in text]
    assert shown["customers"][0]["country"]["name"] == "Japan"


def test_columns_that_nobody_declared_are_classified_by_their_names() -> None:
    value = {"fields": ["id", "customer.name", "email"], "items": [[7, "Ada Byron", None], [8, "Ben", "x@y.example"]]}
    shown = shield(tokenizer(), value)
    assert shown["fields"] == value["fields"]
    assert shown["items"][0][0] == 7
    assert shown["items"][0][2] is None
    assert [back(row[1], "name") for row in shown["items"]] == ["Ada Byron", "Ben"]


def test_free_text_is_swept() -> None:
    shown = shield(tokenizer(), {"note": "Ask ada@example.com or +49 30 1234567; card 4111 1111 1111 1111."})
    assert not [one for one in ("ada@", "1234567", "4111") if one in shown["note"]]
    assert shown["note"].startswith("Ask tok_email_k1")
    assert shown["note"].endswith(".")


def test_names_are_found_in_other_text_of_their_record_only() -> None:
    value = [
        {"first_name": "Grace", "last_name": "Ito", "note": "GRACE   Ito wrote; grace-ito.pdf; disgrace"},
        {"first_name": "Ben", "last_name": "Li", "note": "with good grace. Call Li, not the lithium one"},
    ]
    one, two = shield(tokenizer(), value)
    assert "ito" not in one["note"].lower().replace("tok_", "")[:5]
    assert one["note"].count("tok_name_") >= 3
    assert one["note"].endswith("; disgrace")
    assert two["note"].startswith("with good grace. Call tok_name_k1")
    assert two["note"].endswith(", not the lithium one")


def test_names_of_what_holds_a_list_are_found_in_it() -> None:
    value = {"customer_name": "Ada Byron", "notes": [{"text": "Ada Byron called"}, {"text": "ada byron again"}]}
    text = orjson.dumps(shield(tokenizer(), value)).decode()
    assert "byron" not in text.lower()


def test_found_values_are_searched_everywhere() -> None:
    value = {"a": ["x Ada Byron y"], "b": "ADA BYRON", "c": "Adam Byrons", "d": "李雷来了", "e": "Zo\u0065\u0308 said"}
    found = [["name", "Ada Byron"], ["name", "李雷"], ["name", "Zoë"], ["secret", "Adam"]]
    shown = shield(tokenizer(), value, tool(trusted=True), **{META_FOUND: found})
    assert shown["a"][0].startswith("x tok_name_")
    assert back(shown["b"], "name") == "ADA BYRON"
    assert shown["c"] == "Adam Byrons"
    assert shown["d"].startswith("tok_name_")
    assert shown["e"].startswith("tok_name_")


def test_many_found_values() -> None:
    found = [["name", f"Person Nr{number}x"] for number in range(200)]
    value = {"note": "It was person nr7x, then Person_Nr8x and person Nr9."}
    note = shield(tokenizer(), value, tool(trusted=True), **{META_FOUND: found})["note"]
    assert note.count("tok_name_") == 2
    assert note.endswith("person Nr9.")


def test_the_words_of_a_name_are_found_alone() -> None:
    value = {"contact_name": "Dr. Lara van Weber", "note": "Weber's copy, WEBER, Frau Lara. A weber in a van; Webers."}
    note = shield(tokenizer(), value)["note"]
    assert re.sub(r"tok_name_\w+", "*", note) == "*'s copy, *, Frau *. A weber in a van; Webers."


def test_the_words_of_a_firm_are_not() -> None:
    value = {"contact_name": "Weber Support Team", "note": "Our Support; Weber Support Team"}
    note = shield(tokenizer(), value)["note"]
    assert re.sub(r"tok_name_\w+", "*", note) == "Our Support; *"


def test_values_do_not_replace_parts_of_tokens() -> None:
    value = {"customer_name": "tok", "contact_name": "email", "note": "tok email a@example.com"}
    note = shield(tokenizer(), value)["note"].split(" ")
    assert back(note[2]) == "a@example.com"
    assert (back(note[0], "name"), back(note[1], "name")) == ("tok", "email")


def test_json_in_strings_of_json() -> None:
    inner = orjson.dumps({"payload": orjson.dumps({"email": "a@b.example", "last_name": "Ito"}).decode()}).decode()
    shown = shield(tokenizer(), {"raw": inner, "text": "Ito"})
    nested = orjson.loads(orjson.loads(shown["raw"])["payload"])
    assert back(nested["email"]) == "a@b.example"
    assert back(nested["last_name"], "name") == "Ito"
    assert shown["text"] != "Ito"


def test_a_key_that_stands_twice_hides_nothing() -> None:
    shown = shield(tokenizer(), {"raw": '{"x":"call a@b.example","x":"1"}'})
    assert "a@b.example" not in shown["raw"]
    assert "a@b.example" not in shield(tokenizer(), '{"x":"call a@b.example","x":"1"}')


def test_keys_that_are_personal() -> None:
    shown = shield(tokenizer(), {"by": {"z": 0, "ada@example.com": 1, "+49 30 1234567": 2, "last": 3}})
    keys = list(shown["by"])
    assert (keys[0], keys[3]) == ("z", "last")
    assert back(keys[1]) == "ada@example.com"
    assert list(shown["by"].values()) == [0, 1, 2, 3]


def test_the_text_below_a_personal_key_is_searched_too() -> None:
    value = {"email": "ada@example.com", "by": {"to ben@example.com": "Ada@Example.com wrote"}}
    shown = shield(tokenizer(), value)
    ((key, said),) = shown["by"].items()
    assert "ben@example.com" not in key
    assert "ada" not in said.lower()


def test_numbers_that_are_cards() -> None:
    shown = shield(tokenizer(), {"n": 4111111111111111, "m": 4111111111111112, "t": 1700000000000})
    assert back(shown["n"], "card") == 4111111111111111
    assert (shown["m"], shown["t"]) == (4111111111111112, 1700000000000)


def test_numbers_beyond_64_bits_survive() -> None:
    text = '{"n":123456789012345678901234567890,"email":"a@b.example"}'
    shown = shield(tokenizer(), text)
    assert '"n":123456789012345678901234567890' in shown
    assert "a@b" not in shown


def test_deep_answers_are_refused_not_let_through() -> None:
    deep = "[" * 900 + '"a@b.example"' + "]" * 900
    for text in (deep, '{"x":' * 600 + deep + "}" * 600):
        try:
            shown = shield(tokenizer(), text)
        except ToolError:
            continue
        assert "a@b" not in shown


# ----------------------------------------------------------------------------------------------------- other forms


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_tables_in_text(delimiter: str) -> None:
    rows = [["id", "last_name", "email", "note"], ["1", "Ito", "i@b.example", "Ito came"], ["2", 'O"Hara', "", "x"]]
    text = "\r\n".join(delimiter.join(f'"{c.replace(chr(34), chr(34) * 2)}"' for c in row) for row in rows) + "\r\n"
    shown = shield(tokenizer(), text)
    lines = [line.split(delimiter) for line in shown.split("\r\n")]
    assert lines[0] == rows[0]
    assert (back(lines[1][1], "name"), back(lines[1][2]), lines[1][3].split(" ")[1]) == ("Ito", "i@b.example", "came")
    assert "Ito" not in shown
    assert (back(lines[2][1], "name"), lines[2][2:]) == ('O"Hara', ["", "x"])
    assert lines[3] == [""]


def test_lines_with_labels() -> None:
    text = (
        "# Contact\n\n- **Customer name:** Ada Byron\nEmail: none\nPhone: 5551234567\nStatus: open\n\nAda Byron came."
    )
    shown = shield(tokenizer(), text)
    lines = shown.split("\n")
    assert lines[:2] == ["# Contact", ""]
    assert lines[2].startswith("- **Customer name:** tok_name_k1")
    assert (lines[3], lines[5]) == ("Email: none", "Status: open")
    assert lines[4].startswith("Phone: tok_phone_k1")
    assert lines[7].startswith("tok_name_k1")
    assert lines[7].endswith(" came.")
    assert "Ada Byron" in shield(tokenizer(), text, tool(trusted=True), **{META_STATUS: 200})


def test_json_line_by_line() -> None:
    shown = shield(tokenizer(), '{"email":"a@b.example"}\n{"last_name":"Ito"}\n')
    assert [list(orjson.loads(line)) for line in shown.splitlines()] == [["email"], ["last_name"]]
    assert "Ito" not in shown
    assert "a@b" not in shown


def test_every_part_of_a_result_is_swept() -> None:
    leak = "a@b.example"
    person = orjson.dumps({"last_name": "Ito"}).decode()
    result: dict[str, Any] = {
        "content": [
            {"type": "text", "text": f"mail {leak}", "annotations": {"title": leak}, "_meta": {"x/y": [leak]}},
            {"type": "text", "text": person},
            {"type": "resource", "resource": {"uri": f"crm://{leak}", "mimeType": "application/json", "text": person}},
            {"type": "resource", "resource": {"uri": "x:y", "mimeType": "text/csv", "text": "last_name\nIto\n"}},
            {"type": "resource_link", "uri": f"mailto:{leak}", "name": leak, "description": f"of {leak}"},
            {"type": "unheard_of", "value": {"last_name": "Ito", "x": leak}},
        ],
        "structuredContent": {"people": [{"last_name": "Ito", "note": leak}]},
        "isError": True,
        "_meta": {"vendor/x": {"contact": leak}},
        "unknown": {"email": leak},
    }
    before = copy.deepcopy(result)
    shown = run(tokenizer().result(ANNA, tool(), result)).result
    text = orjson.dumps(shown).decode()
    assert leak not in text
    assert "Ito" not in text
    assert result == before
    assert list(shown) == list(result)
    assert shown["isError"] is True
    assert [one["type"] for one in shown["content"]] == [one["type"] for one in before["content"]]


@pytest.mark.parametrize("trusted", [True, False])
@pytest.mark.parametrize(
    "uri", ["https://x.example/a.pdf", " HTTPS://x.example/a", "file:///tmp/a.pdf", "data:text/plain,a", "s3://b/k"]
)
def test_links_that_clients_fetch_past_the_server_are_withheld(uri: str, trusted: bool) -> None:
    """The type that a server behind a proxy gives its own file proves nothing, whatever is released."""
    about = {"type": "resource_link", "name": "a", "mimeType": "application/pdf"}
    result = {"content": [{**about, "uri": uri}, {**about, "uri": "notes://1"}]}
    shown = run(tokenizer(release=("application/pdf",)).result(ANNA, tool(trusted=trusted), result)).result
    assert [one["type"] for one in shown["content"]] == ["text", "resource_link"]
    assert "x.example" not in str(shown)


def test_a_link_to_a_file_of_this_server_needs_a_released_type() -> None:
    links = [{"type": "resource_link", "uri": OWN_FILE, "name": "a", "mimeType": one} for one in ("a/b", "image/png")]
    shown = run(tokenizer(release=("image/*",)).result(ANNA, tool(), {"content": links})).result
    assert [one["type"] for one in shown["content"]] == ["text", "resource_link"]


def test_both_copies_say_the_same() -> None:
    value = {"email": "a@b.example"}
    result = answer(value) | {"structuredContent": dict(value)}
    shown = run(tokenizer().result(ANNA, tool(), result)).result
    assert orjson.loads(shown["content"][0]["text"]) == shown["structuredContent"] != value


def test_positions_hold_for_structured_content() -> None:
    result: dict[str, Any] = {
        "content": [],
        "structuredContent": {"result": [{"x": "Ada"}]},
        "_meta": {META_SENSITIVE: {"/*/x": "name"}},
    }
    shown = run(tokenizer().result(ANNA, tool(trusted=True), result)).result
    assert back(shown["structuredContent"]["result"][0]["x"], "name") == "Ada"
    assert "_meta" not in shown


def test_prompts_resources_errors_and_texts() -> None:
    one = tokenizer()
    prompt = {"messages": [{"role": "user", "content": {"type": "text", "text": "mail a@b.example"}}]}
    resource = {"contents": [{"uri": "x:y", "mimeType": "application/json", "text": '{"last_name":"Ito"}'}]}
    for value in (prompt, resource, {"data": {"detail": ["a@b.example"]}}, {"data": "a@b.example"}, {"data": None}):
        shown = orjson.dumps(run(one.other(ANNA, "crm", value)).result).decode()
        assert "a@b" not in shown
        assert "Ito" not in shown
    assert run(one.text(ANNA, "No a@b.example.")).startswith("No tok_email_")
    assert run(one.other(ANNA, "crm", prompt)).result["messages"][0]["role"] == "user"


# ----------------------------------------------------------------------------------------------------------- media

BYTES = base64.b64encode(b"bytes").decode()
IMAGE = {"type": "image", "data": BYTES, "mimeType": "image/png"}
PDF = {"type": "resource", "resource": {"uri": "file:///a.pdf", "mimeType": "application/pdf", "blob": BYTES}}


def test_media_are_withheld_because_something_sensitive_may_be_in_them() -> None:
    for facts in (tool(), tool(trusted=True), tool(sensitive={"email": "email"}, trusted=True)):
        shown = run(tokenizer().result(ANNA, facts, {"content": [IMAGE, PDF]})).result["content"]
        assert [one["type"] for one in shown] == ["text", "text"]
        assert BYTES not in str(shown)
        assert "image/png" in shown[0]["text"]


def test_released_media() -> None:
    rules = {"crm/find_*": ToolRule(release=("application/pdf",))}
    shown = run(tokenizer(release=("image/*",), tools=rules).result(ANNA, tool(), {"content": [IMAGE, PDF]}))
    assert shown.result["content"] == [IMAGE, PDF]


def test_a_resource_that_is_read_is_withheld_too() -> None:
    read = {"contents": [{"uri": "x:y", "mimeType": "application/pdf", "blob": BYTES}]}
    shown = run(tokenizer().other(ANNA, "crm", read)).result["contents"][0]
    assert "blob" not in shown
    assert shown["mimeType"] == "text/plain"


# ------------------------------------------------------------------------------------------- properties and counting


def test_counts_and_ids() -> None:
    shielded = run(
        tokenizer().result(ANNA, tool(), answer({"email": "a@b.example", "note": "a@b.example, c@d.example"}))
    )
    assert (shielded.tokens, shielded.swept, len(shielded.ids)) == (3, 2, 2)
    assert all(len(one) == 10 for one in shielded.ids)


def test_tenants_get_different_tokens_and_callers_where_the_scope_says_so() -> None:
    value = {"email": "a@b.example"}
    one, by_caller = tokenizer(), tokenizer(scope="caller")
    assert shield(one, value) == shield(one, value, caller=BEN) != shield(one, value, caller=EVE)
    assert shield(by_caller, value) != shield(by_caller, value, caller=BEN)


def test_a_new_key_changes_nothing_for_old_tokens() -> None:
    old = shield(tokenizer(), {"email": "a@b.example"})["email"]
    rotated = tokenizer(ring=KeyRing("k2", {"k1": KEY, "k2": OTHER_KEY}))
    assert shield(rotated, {"email": old})["email"] == old
    assert restore(rotated, {"email": old}, TAKES)["email"] == "a@b.example"


def test_what_only_looks_like_a_token_is_replaced_where_it_is_classified() -> None:
    fake = "tok_name_k1" + "a" * 30
    shown = shield(tokenizer(), {"last_name": fake})["last_name"]
    assert shown != fake
    assert back(shown, "name") == fake


leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=30),
)
keys = st.one_of(st.text(max_size=10), st.sampled_from(["email", "first_name", "phone", "note", "items", "fields"]))
documents = st.recursive(leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4))


@settings(deadline=None)
@given(documents)
def test_tokenizing_twice_changes_nothing_more(value: Any) -> None:
    one = tokenizer()
    text = orjson.dumps(value).decode()
    once = shield(one, text)
    assert shield(one, once) == once


@settings(deadline=None)
@given(documents)
def test_the_form_of_an_answer_stays(value: Any) -> None:
    assert _form(orjson.loads(shield(tokenizer(), orjson.dumps(value).decode()))) == _form(value)


def _form(value: Any) -> Any:
    if isinstance(value, dict):
        return [_form(member) for member in value.values()]
    if isinstance(value, list):
        return [_form(element) for element in value]
    return None if value is None else isinstance(value, bool)


names = st.text(alphabet=st.characters(categories=["Lu", "Ll", "Lo"]), min_size=3, max_size=12)


@settings(deadline=None)
@given(names, names, st.text(max_size=20), st.sampled_from(["{} {}", "{1}, {0}", "{}-{}", "<b>{}</b> {}", "`{}` {}"]))
def test_nothing_classified_survives_in_its_record(first: str, last: str, around: str, form: str) -> None:
    clean = "".join(one for one in around if not one.isalnum())
    value = {"first_name": first, "last_name": last, "note": f"{clean} {form.format(first, last)} {clean}"}
    note = shield(tokenizer(), value)["note"]
    assert first not in note.replace("tok_name", "")
    assert last not in note.replace("tok_name", "")
