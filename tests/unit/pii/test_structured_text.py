"""Pieces of base64 in text: told without a search that reads every character many times."""

from __future__ import annotations

import base64

import pytest

from adaptgen.pii.structured_text import holds_base64, rewrite_base64


def encoded(text: str, *, url: bool = False, bare: bool = False) -> str:
    data = (base64.urlsafe_b64encode if url else base64.b64encode)(text.encode()).decode()
    return data.rstrip("=") if bare else data


@pytest.mark.parametrize(
    "text",
    [
        encoded("Ada Byron, Bergstr. 9"),
        encoded("Ada Byron, Bergstr. 9", bare=True),
        f"é {encoded('Zoë?>~ Müller', url=True)}, then",
        f'{{"payload": "{encoded("ada@mail.example")}"}}',
        encoded("Nick Byro"),
        f"token={encoded('Ada B. C.')};",
    ],
)
def test_text_in_base64_is_read(text: str) -> None:
    assert holds_base64(text)
    assert rewrite_base64(text, lambda inner: "x" * 12) != text
