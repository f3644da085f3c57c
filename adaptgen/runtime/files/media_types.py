"""The media types of files: by their endings, by their first bytes, and whether the two can both be true."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Final

OCTETS: Final = "application/octet-stream"
"""Bytes of which nothing is known."""


def plain(media: str) -> str:
    """A media type without parameters, in lower case."""
    return media.partition(";")[0].strip().lower()


def of_name(name: str, default: str) -> str:
    """The media type that the end of a file name stands for, the same on every machine."""
    return _ENDINGS.get(name.rpartition(".")[2].lower(), default) if "." in name else default


def is_ending(ending: str) -> bool:
    """Whether this is the known end of file names."""
    return ending in _ENDINGS


def is_media_type(text: object) -> bool:
    """Whether ``text`` can be a media type."""
    return isinstance(text, str) and "/" in text and text.isascii() and text.isprintable() and len(text) <= 200


def matches(media: str, allowed: Iterable[str]) -> bool:
    """Whether a media type is among ``allowed``, which may end with ``/*``."""
    return any(fnmatchcase(plain(media), plain(one)) for one in allowed)


def sniff(head: bytes) -> str:
    """The media type that the first bytes of a file are a sign of; "" for none."""
    for row in _SIGNATURES:
        if _has(head, row):
            return row[2][0]
    return "application/pdf" if b"%PDF-" in head[:1024] else ""


def agree(declared: str, head: bytes) -> bool:
    """Whether a file that begins with ``head`` can be what was ``declared``.

    A type with a known signature needs it, a signature needs one of its types, and text holds no zero bytes.
    """
    media = plain(declared)
    if media in ("", OCTETS):
        return True
    for row in _SIGNATURES:
        if _has(head, row):
            return _takes(row[2], media)
    pdf = b"%PDF-" in head[:1024]
    if pdf or media == "application/pdf":
        return pdf and media == "application/pdf"
    if is_text(media):
        return b"\0" not in head or head[:2] in (b"\xff\xfe", b"\xfe\xff") or head[:4] == b"\0\0\xfe\xff"
    return not head or not any(media in row[2] for row in _SIGNATURES)


def is_text(media: str) -> bool:
    """Whether files of this type are text."""
    kind, _, subtype = plain(media).partition("/")
    if kind == "text" or subtype.endswith(("+xml", "+json", "+yaml")):
        return True
    return subtype in _TEXTUAL


_TEXTUAL: Final = frozenset({
    "json", "xml", "yaml", "toml", "javascript", "sql", "x-ndjson", "ndjson", "jsonl", "graphql", "rtf",
    "x-www-form-urlencoded", "x-yaml",
})  # fmt: skip

_Row = tuple[int, bytes, tuple[str, ...]]
_SIGNATURES: Final[tuple[_Row, ...]] = (
    (0, b"\x89PNG\r\n\x1a\n", ("image/png", "image/apng", "image/vnd.mozilla.apng")),
    (0, b"\xff\xd8\xff", ("image/jpeg", "image/jpg", "image/pjpeg")),
    (0, b"GIF87a", ("image/gif",)),
    (0, b"GIF89a", ("image/gif",)),
    (0, b"II*\0", ("image/tiff", "image/x-*", "image/dng")),
    (0, b"MM\0*", ("image/tiff", "image/x-*", "image/dng")),
    (8, b"WEBP", ("image/webp",)),
    (8, b"WAVE", ("audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave")),
    (8, b"AVI ", ("video/x-msvideo", "video/avi", "video/msvideo")),
    (4, b"ftyp", ("video/mp4", "video/quicktime", "video/3gpp*", "video/x-m4v", "audio/mp4", "audio/x-m4a",
                  "audio/m4a", "audio/aac", "image/heic", "image/heif", "image/avif")),
    (0, b"\x1aE\xdf\xa3", ("video/webm", "video/x-matroska", "video/matroska", "audio/webm", "audio/x-matroska")),
    (0, b"OggS", ("audio/ogg", "video/ogg", "application/ogg", "audio/opus", "audio/x-*")),
    (0, b"fLaC", ("audio/flac", "audio/x-flac")),
    (0, b"PK\x03\x04", ("application/zip", "application/*zip*", "application/vnd.*", "application/java-archive",
                        "application/x-java-archive", "application/x-xpinstall", "application/*+zip")),
    (0, b"PK\x05\x06", ("application/zip", "application/*zip*", "application/vnd.*", "application/java-archive")),
    (0, b"\x1f\x8b", ("application/gzip", "application/x-gzip", "application/x-tar", "application/x-gtar*",
                      "application/x-compressed*", "application/x-tgz")),
    (0, b"7z\xbc\xaf\x27\x1c", ("application/x-7z-compressed",)),
    (0, b"Rar!\x1a\x07", ("application/vnd.rar", "application/x-rar-compressed", "application/x-rar")),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ("application/x-ole-storage", "application/msword",
                                             "application/vnd.ms-*", "application/x-msi", "application/vnd.visio")),
    (0, b"\x7fELF", ("application/x-elf", "application/x-executable", "application/x-sharedlib",
                     "application/x-pie-executable")),
    (0, b"\0asm", ("application/wasm",)),
    (0, b"PAR1", ("application/vnd.apache.parquet", "application/x-parquet", "application/parquet")),
    (0, b"SQLite format 3\0", ("application/vnd.sqlite3", "application/x-sqlite3")),
)  # fmt: skip
"""Offset, bytes, and the types of the files that begin so, the plainest first."""


def _has(head: bytes, row: _Row) -> bool:
    at, magic, _ = row
    return head[at : at + len(magic)] == magic and (at != 8 or head[:4] == b"RIFF")


def _takes(types: Iterable[str], media: str) -> bool:
    return any(fnmatchcase(media, one) for one in types)


_ENDINGS: Mapping[str, str] = {
    ending: media
    for media, endings in (
        ("text/plain", "txt text log"),
        ("text/csv", "csv"),
        ("text/tab-separated-values", "tsv"),
        ("text/html", "html htm"),
        ("text/css", "css"),
        ("text/javascript", "js mjs"),
        ("text/markdown", "md markdown"),
        ("text/calendar", "ics"),
        ("text/vcard", "vcf"),
        ("application/json", "json"),
        ("application/x-ndjson", "ndjson jsonl"),
        ("application/xml", "xml xsd"),
        ("application/yaml", "yaml yml"),
        ("application/toml", "toml"),
        ("application/pdf", "pdf"),
        ("application/rtf", "rtf"),
        ("application/zip", "zip"),
        ("application/gzip", "gz tgz"),
        ("application/x-tar", "tar"),
        ("application/x-7z-compressed", "7z"),
        ("application/vnd.rar", "rar"),
        ("application/wasm", "wasm"),
        ("application/epub+zip", "epub"),
        ("application/msword", "doc"),
        ("application/vnd.ms-excel", "xls"),
        ("application/vnd.ms-powerpoint", "ppt"),
        ("application/vnd.ms-outlook", "msg"),
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
        ("application/vnd.openxmlformats-officedocument.presentationml.presentation", "pptx"),
        ("application/vnd.oasis.opendocument.text", "odt"),
        ("application/vnd.oasis.opendocument.spreadsheet", "ods"),
        ("application/vnd.apache.parquet", "parquet"),
        ("application/geo+json", "geojson"),
        ("message/rfc822", "eml"),
        ("image/png", "png"),
        ("image/jpeg", "jpg jpeg jpe"),
        ("image/gif", "gif"),
        ("image/webp", "webp"),
        ("image/svg+xml", "svg"),
        ("image/bmp", "bmp"),
        ("image/tiff", "tif tiff"),
        ("image/heic", "heic"),
        ("image/avif", "avif"),
        ("image/vnd.microsoft.icon", "ico"),
        ("audio/mpeg", "mp3"),
        ("audio/wav", "wav"),
        ("audio/ogg", "ogg oga"),
        ("audio/flac", "flac"),
        ("audio/mp4", "m4a"),
        ("video/mp4", "mp4 m4v"),
        ("video/webm", "webm"),
        ("video/quicktime", "mov"),
        ("video/mpeg", "mpg mpeg"),
        ("video/x-msvideo", "avi"),
    )
    for ending in endings.split()
}
"""Ending of a file name -> media type (IANA)."""
