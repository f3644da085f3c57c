"""Tokens give back exactly what they were made from, and only where they belong."""

from __future__ import annotations

import base64
import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.shielding import ANNA, BEN, EVE, KEY, OTHER_KEY, RING

from adaptgen.govern.settings.keys import KeyRing
from adaptgen.govern.tokenization.token_formats import MalformedToken, Tokens, base32, scope, scope_of
from adaptgen.runtime.pii.tagged_values import token_length

KINDS = ("email", "phone", "card", "iban", "national_id", "name")
ACME = scope("tenant", "acme", "", "")
values = st.text(min_size=1).filter(lambda one: bool(one))


def opened(tokens: Tokens, token: str, where: bytes = ACME) -> str:
    (found,) = tokens.find(token)
    return tokens.open(where, found).text


@given(values, st.sampled_from(KINDS), st.booleans())
def test_round_trip_is_exact(value: str, kind: str, number: bool) -> None:
    tokens = Tokens(RING, KINDS)
    token = tokens.seal(ACME, kind, value, number)
    (found,) = tokens.find(token)
    given_back = tokens.open(ACME, found)
    assert (given_back.kind, given_back.text, given_back.number) == (kind, value, number)


@given(values, st.sampled_from(KINDS))
def test_length_is_known_beforehand(value: str, kind: str) -> None:
    token = Tokens(RING, KINDS).seal(ACME, kind, value)
    assert len(token) == token_length(kind, len(value.encode()))
    assert re.fullmatch(r"tok_[a-z_]+_k1[a-z2-7]+", token)


@given(values)
def test_the_same_value_has_the_same_token_in_one_scope(value: str) -> None:
    tokens = Tokens(RING, KINDS)
    assert tokens.seal(ACME, "name", value) == tokens.seal(ACME, "name", value)
    assert tokens.seal(ACME, "name", value) != tokens.seal(ACME, "email", value).replace("email", "name")
    assert tokens.seal(ACME, "name", value) != tokens.seal(scope_of("tenant", EVE, "crm"), "name", value)


@given(st.binary(max_size=70))
def test_base32_is_that_of_rfc_4648(data: bytes) -> None:
    assert base32(data) == base64.b32encode(data).decode().rstrip("=").lower()


@pytest.mark.parametrize("size", [0, 1, 16, 639, 640, 641, 645, 1281, 100_000])
def test_base32_of_long_values_is_that_of_rfc_4648(size: int) -> None:
    data = random.Random(size).randbytes(size)
    assert base32(data) == base64.b32encode(data).decode().rstrip("=").lower()


WRAPPED = ["`{}`", "**{}**", "_{}_", "'{}'", '"{}"', "<{}>", "[{}](mailto:{})", "({}).", "{},", "mailto:{}", "see {}!"]


@given(values, st.sampled_from(KINDS), st.sampled_from(WRAPPED), st.booleans(), st.booleans())
def test_it_is_found_in_capitals_and_markdown(value: str, kind: str, wrap: str, upper: bool, escaped: bool) -> None:
    tokens = Tokens(RING, KINDS)
    token = tokens.seal(ACME, kind, value)
    token = token.upper() if upper else token
    token = token.replace("_", "\\_") if escaped else token
    for found in tokens.find(wrap.replace("{}", token)):
        assert tokens.open(ACME, found).text == value


@given(values, st.data())
def test_a_changed_token_does_not_open(value: str, data: st.DataObject) -> None:
    tokens = Tokens(RING, KINDS)
    token = tokens.seal(ACME, "email", value)
    at = data.draw(st.integers(len("tok_email_k1"), len(token) - 1))
    other = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz234567").filter(lambda one: one != token[at]))
    cut = data.draw(st.integers(len("tok_email_k1"), len(token) - 1))
    for broken in (token[:at] + other + token[at + 1 :], token[:cut], token + "a", token.replace("email", "phone")):
        with pytest.raises(MalformedToken):
            [tokens.open(ACME, found) for found in tokens.find(broken)] or opened(tokens, token, b"nowhere")


def test_other_scopes_and_keys_do_not_open_it() -> None:
    tokens = Tokens(RING, KINDS)
    token = tokens.seal(scope_of("caller", ANNA, "crm"), "email", "ada@example.com")
    assert opened(tokens, token, scope_of("caller", ANNA, "billing")) == "ada@example.com"
    elsewhere = (scope_of("caller", BEN, "crm"), scope_of("tenant", ANNA, "crm"), scope_of("server", ANNA, "crm"))
    for other in elsewhere:
        with pytest.raises(MalformedToken):
            opened(tokens, token, other)
    with pytest.raises(MalformedToken):
        opened(Tokens(KeyRing("k1", {"k1": OTHER_KEY}), KINDS), token, scope_of("caller", ANNA, "crm"))


def test_scopes_do_not_run_into_each_other() -> None:
    assert scope("caller", "a", "bc", "") != scope("caller", "ab", "c", "")
    assert scope("tenant", "a", "b", "") == scope("tenant", "a", "other", "crm")


def test_ids_say_nothing_of_keys_or_values() -> None:
    assert "k1" in repr(RING)
    assert KEY.hex() not in repr(RING)
