"""A token is restored in an argument of its own kind, for whoever may, and nowhere else."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.shielding import restore, shield, tokenizer, tool

from adaptgen.runtime.core.answer import ToolError

ADA = "ada.lovelace@example.com"
WRITES = tool(
    {
        "email": "email",
        "phone": "phone",
        "name": "name",
        "/data/contacts/*/mail": "email",
        "/body/email": "email",
        "emails": "email",
    },
    schema={
        "email": {"type": "string", "format": "email"},
        "phone": {"type": "integer"},
        "name": {"type": "string"},
        "note": {"type": "string"},
        "data": {"type": "object"},
        "emails": {"type": "array"},
        "body": {"type": "string"},
    },
)


def token(value: Any = ADA, key: str = "email", **chosen: Any) -> str:
    """What an agent gets to see."""
    shown = shield(tokenizer(**chosen), {key: value})[key]
    assert isinstance(shown, str)
    assert shown != value
    return shown


def refusal(arguments: dict[str, Any], **more: Any) -> str:
    with pytest.raises(ToolError) as problem:
        restore(tokenizer(), arguments, WRITES, **more)
    assert ADA not in problem.value.text
    return problem.value.text


def test_deep_arguments_lists_and_json_in_text() -> None:
    one = token()
    restored = restore(
        tokenizer(),
        {
            "data": {"contacts": [{"mail": one, "x": 1}, {"mail": "plain@example.com"}]},
            "emails": [one, "b@example.com"],
            "body": orjson.dumps({"email": one, "n": 1}).decode(),
        },
        WRITES,
    )
    assert restored["data"] == {"contacts": [{"mail": ADA, "x": 1}, {"mail": "plain@example.com"}]}
    assert restored["emails"] == [ADA, "b@example.com"]
    assert orjson.loads(restored["body"]) == {"email": ADA, "n": 1}


@pytest.mark.parametrize("given", ["Ada <{0}>", "{0}, {1}", "{0} {1}", "x{0}", "to {0}"])
def test_a_token_stands_alone(given: str) -> None:
    text = given.format(token(), token("b@example.com"))
    with pytest.raises(ToolError, match="`email`: a token must be the whole argument") as refused:
        restore(tokenizer(), {"email": text}, WRITES)
    assert ADA not in str(refused.value)


@pytest.mark.parametrize(
    "arguments",
    [
        {"note": "please write to {} today"},
        {"data": {"contacts": [{"other": "{}"}]}},
        {"data": {"mail": "{}"}},
        {"data": '{"contacts":[{"note":"{}"}]}'},
        {"unheard_of": ["{}"]},
        {"data": {"{}": 1}},
        {"note": "{}".upper()},
    ],
    ids=str,
)
def test_anywhere_else_it_is_refused(arguments: dict[str, Any]) -> None:
    text = orjson.dumps(arguments).decode().replace('"{}"', f'"{token()}"').replace("{}", token())
    if '\\"{}' in orjson.dumps(arguments).decode():
        text = orjson.dumps({"data": '{"contacts":[{"note":"' + token() + '"}]}'}).decode()
    refusal(orjson.loads(text))


def test_mangled_cut_and_split_tokens_say_what_to_do() -> None:
    one = token()
    for broken in (one[:-4], one[:30] + " " + one[30:], one[:-1] + ("a" if one[-1] != "a" else "b"), one + "s"):
        assert "exactly as it was given" in refusal({"email": broken})


WRAPS = ["{}", " {}\n", "`{}`", "**{}**", "__{}__", "'{}'", "<{}>", "[{}]({})", "[{}](mailto:{})", "mailto:{}", "{}."]
values = st.text(min_size=1, max_size=40).filter(lambda one: "tok_" not in one)


@settings(deadline=None)
@given(values, st.sampled_from(WRAPS), st.booleans(), st.booleans())
def test_round_trip_is_exact_however_the_model_writes_it(value: str, wrap: str, upper: bool, escaped: bool) -> None:
    shown = token(value, "first_name")
    shown = shown.upper() if upper else shown
    shown = shown.replace("_", "\\_") if escaped else shown
    assert restore(tokenizer(), {"name": wrap.replace("{}", shown)}, WRITES)["name"] == value


@settings(deadline=None)
@given(st.text(max_size=60))
def test_text_without_tokens_stays(text: str) -> None:
    assert restore(tokenizer(), {"note": text, "email": text}, WRITES) == {"note": text, "email": text}
