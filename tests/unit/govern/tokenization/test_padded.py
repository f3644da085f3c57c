"""Padded tokens: their length tells steps of 16 bytes; they may end; tokens of older keys keep their form."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.shielding import ANNA, KEY, OTHER_KEY, always, run, shield, tool

from adaptgen.govern.settings.keys import KeyMaterial, KeyRing
from adaptgen.govern.settings.model import Settings, Tokenize
from adaptgen.govern.tokenization.token_formats import Expired, MalformedToken, Tokens
from adaptgen.govern.tokenization.tokenizer import Tokenizer
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.pii.tagged_values import token_length
from adaptgen.runtime.store.protocol import MemoryStore

OLD = KeyRing("k1", {"k1": KEY})
NEW = KeyRing("k2", {"k1": KEY, "k2": OTHER_KEY}, frozenset({"k2"}))
SCOPE = b"scope"


def opened(tokens: Tokens, token: str, scope: bytes = SCOPE) -> Any:
    found = tokens.whole(token)
    assert found is not None
    return tokens.open(scope, found)


def tokenizer(ring: KeyRing, **chosen: Any) -> Tokenizer:
    return Tokenizer(Settings(tokenize=Tokenize(**chosen)), KeyMaterial(tokens=ring), MemoryStore())


@given(st.text(min_size=1, max_size=80), st.booleans())
def test_what_is_sealed_opens_as_it_was(text: str, number: bool) -> None:
    tokens = Tokens(NEW, ["name"])
    token = tokens.seal(SCOPE, "name", text, number)
    assert token == tokens.seal(SCOPE, "name", text, number), "the same value is the same token"
    one = opened(tokens, token)
    assert (one.text, one.number) == (text, number)
    assert len(token) == token_length("name", len(text.encode()), padded=True)
    for scope in (b"other", b""):
        with pytest.raises(MalformedToken):
            opened(tokens, token, scope)


def test_a_value_has_one_token_within_an_epoch_and_the_token_ends() -> None:
    now = [1_000_000.0]
    tokens = Tokens(NEW, ["email"], epoch=3600, clock=lambda: now[0])
    first = tokens.seal(SCOPE, "email", "ada@example.org")
    start = now[0] // 3600 * 3600
    now[0] = start + 3599
    assert tokens.seal(SCOPE, "email", "ada@example.org") == first
    now[0] = start + 3600
    assert tokens.seal(SCOPE, "email", "ada@example.org") != first
    assert opened(tokens, first).text == "ada@example.org", "it resolves in the epoch after"
    now[0] = start + 7200
    with pytest.raises(Expired):
        opened(tokens, first)
    with pytest.raises(MalformedToken):
        opened(tokens, first, b"other")


def test_an_expired_token_says_to_read_the_record_again(monkeypatch: pytest.MonkeyPatch) -> None:
    one = tokenizer(NEW, epoch=60.0)
    facts = tool({"email": "email"}, trusted=True)
    token = shield(one, {"email": "ada@example.org"}, facts)["email"]
    assert run(one.arguments(ANNA, facts, {"email": token}, always)).arguments == {"email": "ada@example.org"}
    import time

    later = time.time() + 200
    monkeypatch.setattr(one._tokens, "_clock", lambda: later)
    with pytest.raises(ToolError, match="has expired: read the record again"):
        asyncio.run(one.arguments(ANNA, facts, {"email": token}, always))


@pytest.mark.parametrize(("chosen", "form"), [({}, "padded"), ({"form": "short"}, "short")])
def test_the_form_is_told_to_those_who_measure(chosen: dict[str, Any], form: str) -> None:
    assert tokenizer(NEW, **chosen).form == form
    assert tokenizer(OLD).form == "sealed"
    assert tokenizer(OLD, epoch=60.0).form == "padded"


@pytest.mark.parametrize("ring", [OLD, NEW])
@pytest.mark.parametrize("chosen", [{}, {"form": "short"}])
def test_what_is_measured_before_is_what_leaves(ring: KeyRing, chosen: dict[str, Any]) -> None:
    """A budget counts the bytes that agents get, with tokens of the form that they will have."""
    import json

    from adaptgen.runtime.pii.call_pii import PiiTracker
    from adaptgen.runtime.pii.classifier import Classifier

    one = tokenizer(ring, **chosen)
    record = {"email": "ada@example.org", "full_name": "Ada Lovelace", "id": 7, "note": "write to bob@example.org"}
    marks = PiiTracker(Classifier({"email": "email", "full_name": "name"}), kinds={"email", "name"}, form=one.form)
    measured = marks.size(marks.mark(record))
    shown = shield(one, record, tool(sensitive={"email": "email", "full_name": "name"}))
    assert measured == len(json.dumps(shown, separators=(",", ":")))
