"""Nothing personal reaches the model: classified values, found values, free text, tables, media and what is around."""

from __future__ import annotations

import base64
import re
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st
from support.shielding import ANNA, KEY, OTHER_KEY, restore, run, shield, tokenizer, tool

from adaptgen.govern.settings.keys import KeyRing
from adaptgen.govern.settings.model import ToolRule
from adaptgen.govern.tokenization.content_blocks import OWN_FILE
from adaptgen.mcp.protocol import META_FOUND, META_SENSITIVE
from adaptgen.runtime.core.answer import ToolError

TAKES = tool({"email": "email", "phone": "phone", "name": "name", "card": "card"}, schema={"email": {}, "phone": {}})


def back(token: Any, kind: str = "email") -> Any:
    """What the API gets for a token."""
    return restore(tokenizer(), {"x": token}, tool({"x": kind}))["x"]


# ------------------------------------------------------------------------------------------------------ positions


def test_numbers_and_lists_and_objects_below_a_position() -> None:
    value = {"a": 5551234567, "b": [5551234567, None, True, ""], "c": {"d": "x", "e": 1.5}}
    places = {"/a": "phone", "/b": "phone", "/c": "name"}
    shown = shield(tokenizer(), value, tool(trusted=True), **{META_SENSITIVE: places})
    assert back(shown["a"], "phone") == 5551234567
    assert back(shown["b"][0], "phone") == 5551234567
    assert shown["b"][1:] == [None, True, ""]
    assert (back(shown["c"]["d"], "name"), back(shown["c"]["e"], "name")) == ("x", 1.5)


# ---------------------------------------------------------------------------------------------- names, text, nesting


def test_columns_that_nobody_declared_are_classified_by_their_names() -> None:
    value = {"fields": ["id", "customer.name", "email"], "items": [[7, "Ada Byron", None], [8, "Ben", "x@y.example"]]}
    shown = shield(tokenizer(), value)
    assert shown["fields"] == value["fields"]
    assert shown["items"][0][0] == 7
    assert shown["items"][0][2] is None
    assert [back(row[1], "name") for row in shown["items"]] == ["Ada Byron", "Ben"]


def test_found_values_are_searched_everywhere() -> None:
    value = {"a": ["x Ada Byron y"], "b": "ADA BYRON", "c": "Adam Byrons", "d": "李雷来了", "e": "Zo\u0065\u0308 said"}
    found = [["name", "Ada Byron"], ["name", "李雷"], ["name", "Zoë"], ["secret", "Adam"]]
    shown = shield(tokenizer(), value, tool(trusted=True), **{META_FOUND: found})
    assert shown["a"][0].startswith("x tok_name_")
    assert back(shown["b"], "name") == "ADA BYRON"
    assert shown["c"] == "Adam Byrons"
    assert shown["d"].startswith("tok_name_")
    assert shown["e"].startswith("tok_name_")


def test_the_words_of_a_firm_are_not() -> None:
    value = {"contact_name": "Weber Support Team", "note": "Our Support; Weber Support Team"}
    note = shield(tokenizer(), value)["note"]
    assert re.sub(r"tok_name_\w+", "*", note) == "Our Support; *"


def test_numbers_that_a_double_does_not_hold_survive_and_are_classified() -> None:
    text = '{"n":123456789012345678901234567890,"m":12345678901234567.89,"email":"a@b.example"'
    text += ',"phone":4915112345678.12345}'
    shown = shield(tokenizer(), text)
    assert '"n":123456789012345678901234567890,"m":12345678901234567.89,' in shown
    assert "a@b" not in shown
    assert "4915112345678" not in shown


def test_deep_answers_are_refused_not_let_through() -> None:
    deep = "[" * 900 + '"a@b.example"' + "]" * 900
    for text in (deep, '{"x":' * 600 + deep + "}" * 600):
        try:
            shown = shield(tokenizer(), text)
        except ToolError:
            continue
        assert "a@b" not in shown


# ----------------------------------------------------------------------------------------------------- other forms


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


def test_json_line_by_line() -> None:
    shown = shield(tokenizer(), '{"email":"a@b.example"}\n{"last_name":"Ito"}\n')
    assert [list(orjson.loads(line)) for line in shown.splitlines()] == [["email"], ["last_name"]]
    assert "Ito" not in shown
    assert "a@b" not in shown


def test_a_link_to_a_file_of_this_server_needs_a_released_type() -> None:
    links = [{"type": "resource_link", "uri": OWN_FILE, "name": "a", "mimeType": one} for one in ("a/b", "image/png")]
    shown = run(tokenizer(release=("image/*",)).result(ANNA, tool(), {"content": links})).result
    assert [one["type"] for one in shown["content"]] == ["text", "resource_link"]


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
