"""Which charset bytes are in, by what declares it and what they are."""

from __future__ import annotations

import pytest

from adaptgen.syntax.charsets import decode

PAGE = "<html><head><meta charset=windows-1251></head>Москва"
EQUIV = '<meta http-equiv="Content-Type" content="text/html; charset=euc-jp">東京'
XML = "<?xml version='1.0' encoding='ISO-8859-2'?><city>Łódź</city>"


@pytest.mark.parametrize(
    ("content", "content_type", "text"),
    [
        ("ä".encode(), "", "ä"),
        ("ä".encode("latin-1"), "text/csv; charset=ISO-8859-1", "ä"),
        ("ä €".encode("cp1252"), "", "ä €"),
        ("ä €".encode("cp1252"), "text/csv; charset=utf-8", "ä €"),
        ("ä €".encode("cp1252"), "text/csv; charset=us-ascii", "ä €"),
        ("ä €".encode("cp1252"), "text/csv; Charset='latin1'", "ä €"),
        ("ä €".encode(), "text/csv; charset=us-ascii", "ä €"),
        (b"\xef\xbb\xbfid", "text/csv; charset=latin-1", "id"),
        ("\ufeffid;ä".encode("utf-16-le"), "", "id;ä"),
        ("\ufeffid;ä".encode("utf-16-be"), "", "id;ä"),
        ("\ufeffid;ä".encode("utf-32-le"), "", "id;ä"),
        (b"a\x81", "text/csv; charset=nonsense", "a\x81"),
        ("Привет".encode("koi8-r"), "text/plain; charset=KOI8-R", "Привет"),
        ("東京".encode("shift_jis"), "text/plain; charset=Shift_JIS", "東京"),
        ("東京".encode("shift_jis") + b"\xff", "text/plain; charset=Shift_JIS", "東京\\xff"),
        (PAGE.encode("cp1251"), "text/html", PAGE),
        (EQUIV.encode("euc-jp"), "text/html", EQUIV),
        (XML.encode("iso8859-2"), "application/xml", XML),
        (XML.encode("cp1250"), "application/xml; charset=windows-1250", XML),
        (b"+ADw-script+AD4-", "text/html; charset=utf-7", "+ADw-script+AD4-"),
        (b"\\x3cb", "text/html; charset=unicode_escape", "\\x3cb"),
        (b"6162", "text/plain; charset=hex", "6162"),
        (b"", "", ""),
    ],
)
def test_charsets(content: bytes, content_type: str, text: str) -> None:
    assert decode(content, content_type) == text


def test_the_first_bytes_of_a_large_file_may_end_within_a_character() -> None:
    content = ("ä" * 10).encode()[:-1]
    assert decode(content, cut=True) == "ä" * 9
    assert decode(content) == content.decode("cp1252")
