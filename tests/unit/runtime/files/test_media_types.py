"""Whether the first bytes of a file fit its declared type."""

from __future__ import annotations

import gzip
import io
import zipfile

import pytest

from adaptgen.runtime.files.media_types import agree, sniff

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
PDF = b"%PDF-1.7\n"


def archive() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        file.writestr("a", "b")
    return made.getvalue()


@pytest.mark.parametrize(
    ("declared", "head", "fits"),
    [
        ("image/png", PNG, True),
        ("IMAGE/PNG; x=1", PNG, True),
        ("image/jpeg", PNG, False),
        ("image/png", b"id,email\n1,ada@example.com", False),
        ("image/png", b"", True),
        ("text/csv", b"id,email\n", True),
        ("text/csv", b"id\0\0", False),
        ("text/plain", "hä".encode("utf-16"), True),
        ("text/plain", PDF, False),
        ("application/pdf", PDF, True),
        ("application/pdf", b"junk before\n" + PDF, True),
        ("application/pdf", b"no", False),
        ("application/octet-stream", PNG, True),
        ("", PDF, True),
        ("application/zip", archive(), True),
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", archive(), True),
        ("application/pdf", archive(), False),
        ("application/gzip", gzip.compress(b"a", mtime=0), True),
        ("application/x-unheard-of", b"anything", True),
        ("application/x-unheard-of", PNG, False),
        ("image/webp", b"RIFF\0\0\0\0WEBPVP8 ", True),
        ("audio/wav", b"RIFF\0\0\0\0WEBPVP8 ", False),
    ],
)
def test_agreement(declared: str, head: bytes, fits: bool) -> None:
    assert agree(declared, head) is fits


def test_what_bytes_look_like() -> None:
    assert [sniff(one) for one in (PNG, PDF, archive(), b"text")] == ["image/png", "application/pdf",
                                                                     "application/zip", ""]  # fmt: skip
