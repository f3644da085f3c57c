"""Request bodies: JSON, forms (WHATWG URL, 5.2), multipart (RFC 7578), text and bytes."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from adaptgen.model.tables import Body, Json, Param
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.core.call_context import opened_files
from adaptgen.runtime.files import media_types
from adaptgen.runtime.files.content import BodyStream, StoredFile
from adaptgen.runtime.http.parameters import encode_value, form, is_json, scalar, to_json

MISSING: Any = object()
"""A parameter without a value."""

Get = Callable[[Param], Json]
"""The value of a parameter, or MISSING."""

FORM = "application/x-www-form-urlencoded"
_INSIDE = 8_000_000
"""Bytes of a file that becomes base64 inside another body: that is made in memory."""


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
            values[param.name] = base64.b64encode(_whole(content, param)).decode()
        else:
            values[param.name] = encode_value(value, param.encode) if structured else value
    return values or MISSING


def wrap(body: Body, value: Json) -> Json:
    """``value`` inside the wrapping property of the body, where it has one."""
    return {body.inside: value} if body.inside is not None else value


def encode(body: Body, value: Json) -> tuple[bytes | BodyStream, str]:
    """The bytes of a body, or a stream of them where it holds files on disk, and its content type. ``value`` is
    complete and wrapped.

    Raises:
        ToolError: the value does not fit the media type, or a file argument cannot be read.
    """
    media = body.media.partition(";")[0].strip().lower()
    if body.whole is not None and (body.whole.encode == "file" or _is_file(value, media)):
        content, _, kind = read_file(value, body.whole.arg or body.whole.name)
        whole = BodyStream([content]) if isinstance(content, StoredFile) else content
        return whole, body.media if "*" not in body.media else kind
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


_CONTENT = ("source", "base64", "text")
"""Members of a file argument that hold the content, of which it has one."""


def _whole(content: bytes | StoredFile, param: Param) -> bytes:
    """The bytes of a file that a body holds as text.

    Raises:
        ToolError: it is too large for that.
    """
    if not isinstance(content, StoredFile):
        return content
    if content.size > _INSIDE:
        raise ToolError(
            f"Argument `{param.arg or param.name}`: the API takes this file inside of other data, and there it may "
            f"have {_INSIDE // 1_000_000} MB at most. Nothing was sent."
        )
    return content.read()


def _is_file(value: Json, media: str) -> bool:
    binary = not media.startswith("text/") and not is_json(media) and media != FORM and not media.endswith("xml")
    if not binary or not isinstance(value, Mapping):
        return False
    # An object of the API may have a `source` too: that of a file is one that the call has opened.
    source = value.get("source")
    return "base64" in value or "text" in value or (isinstance(source, str) and source in opened_files.get())


# -------------------------------------------------------------------------------------------------------- multipart


def _multipart(values: Mapping[str, Json], known: Mapping[str, Param], media: str) -> tuple[bytes | BodyStream, str]:
    boundary = f"adaptgen-{secrets.token_hex(16)}"
    parts: list[bytes | StoredFile] = []
    for name, value in values.items():
        param = known.get(name) or Param(name)
        for one in value if isinstance(value, list) and param.encode is None else [value]:
            if one is not None:
                parts += _part(boundary, param, one)
    parts.append(f"--{boundary}--\r\n".encode())
    kind = f"{media}; boundary={boundary}"
    plain = [one for one in parts if isinstance(one, bytes)]
    return (b"".join(plain) if len(plain) == len(parts) else BodyStream(parts)), kind


def _part(boundary: str, param: Param, value: Json) -> list[bytes | StoredFile]:
    disposition = f'form-data; name="{_quoted(param.name)}"'
    kind = ""
    content: bytes | StoredFile
    if param.encode == "file" or (param.encode and not is_json(param.encode) and _is_file(value, param.encode)):
        if isinstance(value, list):
            return [piece for one in value for piece in _part(boundary, param, one)]
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
    return [head.encode() + b"\r\n", content, b"\r\n"]


def _quoted(name: str) -> str:
    """As HTML (multipart/form-data encoding algorithm) escapes names and file names."""
    return name.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")


def read_file(value: Json, argument: str) -> tuple[bytes | StoredFile, str, str]:
    """The content, the name and the media type of a file argument: ``{filename, media_type?, text | base64 | source}``.

    The name keeps no folders and no control characters. ``source`` refers to a file that the call has opened.

    Raises:
        ToolError: the argument is not such an object, or its base64 is broken.
    """
    if isinstance(value, str):
        value = {"text": value}
    if not isinstance(value, Mapping) or sum(value.get(one) is not None for one in _CONTENT) != 1:
        # `source` is named only where it is taken: then the contract has it.
        raise ToolError(
            f"Argument `{argument}` is a file: pass an object with `filename` and either `text` or `base64`."
        )
    name = str(value.get("filename") or "file").replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(char for char in name if char.isprintable()).strip() or "file"
    content: bytes | StoredFile
    if value.get("source") is not None:
        content = _opened(value["source"], argument)
        name = name if value.get("filename") else content.name
        kind = content.media_type
    elif value.get("text") is not None:
        content, kind = scalar(value["text"]).encode(), media_types.of_name(name, "text/plain")
        kind = f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
    else:
        try:
            content = base64.b64decode("".join(str(value["base64"]).split()), validate=True)
        except (binascii.Error, ValueError):
            raise ToolError(f"Argument `{argument}`: `base64` is not valid base64 (RFC 4648).") from None
        kind = media_types.of_name(name, media_types.OCTETS)
    given = value.get("media_type")
    if isinstance(given, str) and "/" in given and given.isascii() and given.isprintable():
        kind = given
    return content, "file" if name in (".", "..") else name, kind


def _opened(reference: Json, argument: str) -> StoredFile:
    found = opened_files.get().get(reference) if isinstance(reference, str) else None
    if found is None:
        raise ToolError(f"Argument `{argument}`: this server takes no `source`; pass `text` or `base64`.")
    return found
