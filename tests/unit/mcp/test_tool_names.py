"""Names that clients take, for generated tools and those behind the proxy; the longer ones are served on."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from adaptgen.mcp.provider_rules import short_name


@given(st.text(max_size=120))
def test_a_short_name_is_one(name: str) -> None:
    short = short_name(name)
    assert short == short_name(name)
    assert 0 < len(short) <= 48
    assert set(short) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
