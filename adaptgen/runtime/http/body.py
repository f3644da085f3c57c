"""Request bodies: JSON, forms (WHATWG URL, 5.2), multipart (RFC 7578), text and bytes."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from adaptgen.model.tables import Body, Json, Param
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.http.parameters import encode_value, form, is_json, scalar, to_json

MISSING: Any = object()
"""A parameter without a value."""

Get = Callable[[Param], Json]
"""The value of a parameter, or MISSING."""

FORM = "application/x-www-form-urlencoded"


def collect(body: Body, get: Get, extra: Json = MISSING) -> Json:
    """The body as a value, before it is wrapped and encoded; MISSING where no argument was given for it.

    A file is base64 text (RFC 4648) wherever the media type has no parts for files.

    ``extra`` is the value of the argument ``body.extra``.
    """
    if body.whole is not None:
        return get(body.whole)
    values: dict[str, Json] = {}
    if isinstance(extra, Mapping):
        values |= extra
    structured = is_json(body.media)
    for param in body.params:
        value = get(param)
        if value is MISSING:
            continue
        if param.encode == "file" and not body.media.lower().startswith("multipart/"):
            content, _, _ = read_file(value, param.arg or param.name)
            values[param.name] = base64.b64encode(content).decode()
        else:
            values[param.name] = encode_value(value, param.encode) if structured else value
    return values or MISSING


def wrap(body: Body, value: Json) -> Json:
    """``value`` inside the wrapping property of the body, where it has one."""
    return {body.inside: value} if body.inside is not None else value


def encode(body: Body, value: Json) -> tuple[bytes, str]:
    """The bytes of a body and its content type. ``value`` is complete and wrapped.

    Raises:
        ToolError: the value does not fit the media type, or a file argument cannot be read.
    """
    media = body.media.partition(";")[0].strip().lower()
    if body.whole is not None and (body.whole.encode == "file" or _is_file(value, media)):
        content, _, kind = read_file(value, body.whole.arg or body.whole.name)
        return content, body.media if "*" not in body.media else kind
    if is_json(media) or "*" in media:
        return to_json(value), body.media if "*" not in media else "application/json"
    known = {param.name: param for param in body.params}
    if media == FORM and isinstance(value, Mapping):
        items = [pair for name, one in value.items() for pair in form(known.get(name) or Param(name), one)]
        return "&".join(items).encode(), body.media
    if media.startswith("multipart/") and isinstance(value, Mapping):
        return _multipart(value, known, media)
    if isinstance(value, (Mapping, list)):
        return to_json(value), body.media
    return scalar(value).encode(), body.media


def _is_file(value: Json, media: str) -> bool:
    binary = not media.startswith("text/") and not is_json(media) and media != FORM and not media.endswith("xml")
    return binary and isinstance(value, Mapping) and ("base64" in value or "text" in value)


# -------------------------------------------------------------------------------------------------------- multipart


def _multipart(values: Mapping[str, Json], known: Mapping[str, Param], media: str) -> tuple[bytes, str]:
    boundary = f"adaptgen-{secrets.token_hex(16)}"
    parts: list[bytes] = []
    for name, value in values.items():
        param = known.get(name) or Param(name)
        for one in value if isinstance(value, list) and param.encode is None else [value]:
            if one is not None:
                parts.append(_part(boundary, param, one))
    parts.append(f"--{boundary}--\r\n".encode())
    return b"".join(parts), f"{media}; boundary={boundary}"


def _part(boundary: str, param: Param, value: Json) -> bytes:
    disposition = f'form-data; name="{_quoted(param.name)}"'
    kind = ""
    if param.encode == "file" or (param.encode and not is_json(param.encode) and _is_file(value, param.encode)):
        if isinstance(value, list):
            return b"".join(_part(boundary, param, one) for one in value)
        content, filename, kind = read_file(value, param.arg or param.name)
        disposition += f'; filename="{_quoted(filename)}"'
    elif param.encode is not None:
        kind = "application/json" if param.encode == "json" else param.encode
        content = scalar(encode_value(value, param.encode)).encode()
    elif isinstance(value, (Mapping, list)):
        content, kind = to_json(value), "application/json"
    else:
        content = scalar(value).encode()
    head = f"--{boundary}\r\nContent-Disposition: {disposition}\r\n" + (f"Content-Type: {kind}\r\n" if kind else "")
    return head.encode() + b"\r\n" + content + b"\r\n"


def _quoted(name: str) -> str:
    """As HTML (multipart/form-data encoding algorithm) escapes names and file names."""
    return name.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")


def read_file(value: Json, argument: str) -> tuple[bytes, str, str]:
    """The content, the name and the media type of a file argument ``{filename, media_type?, text | base64}``.

    The name keeps no folders and no control characters.

    Raises:
        ToolError: the argument is not such an object, or its base64 is broken.
    """
    if isinstance(value, str):
        value = {"text": value}
    if not isinstance(value, Mapping) or ("text" in value) == ("base64" in value):
        raise ToolError(
            f"Argument `{argument}` is a file: pass an object with `filename` and either `text` or `base64`."
        )
    name = str(value.get("filename") or "file").replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(char for char in name if char.isprintable()).strip() or "file"
    if "text" in value:
        content, kind = scalar(value["text"]).encode(), _media_type(name, "text/plain")
        kind = f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
    else:
        try:
            content = base64.b64decode("".join(str(value["base64"]).split()), validate=True)
        except (binascii.Error, ValueError):
            raise ToolError(f"Argument `{argument}`: `base64` is not valid base64 (RFC 4648).") from None
        kind = _media_type(name, "application/octet-stream")
    given = value.get("media_type")
    if isinstance(given, str) and "/" in given and given.isascii() and given.isprintable():
        kind = given
    return content, "file" if name in (".", "..") else name, kind


def _media_type(name: str, default: str) -> str:
    """The media type that the end of a file name stands for, the same on every machine."""
    return _ENDINGS.get(name.rpartition(".")[2].lower(), default) if "." in name else default


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
