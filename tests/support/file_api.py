"""An API of files on loopback: takes them as a form or as bytes, and sends them; it answers what it got by SHA-256."""

from __future__ import annotations

import email.parser
import email.policy
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from support.web import Asked, Said, Web, web

FILE = {"type": "string", "format": "binary"}
GOT = {"200": {"description": "What came", "content": {"application/json": {"schema": {"type": "object"}}}}}


def document() -> bytes:
    """Its OpenAPI document."""
    form = {"type": "object", "properties": {"title": {"type": "string"}, "file": FILE}, "required": ["file"]}
    paths = {
        "/documents": {
            "post": {
                "operationId": "uploadDocument",
                "summary": "Upload a document",
                "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": form}}},
                "responses": GOT,
            }
        },
        "/raw": {
            "put": {
                "operationId": "putRaw",
                "summary": "Replace the raw content",
                "requestBody": {"required": True, "content": {"application/octet-stream": {"schema": FILE}}},
                "responses": GOT,
            }
        },
        "/documents/{name}/content": {
            "get": {
                "operationId": "downloadDocument",
                "summary": "Download a document",
                "parameters": [
                    {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}},
                    {"name": "size", "in": "query", "schema": {"type": "integer"}},
                ],
                "responses": {"200": {"description": "It", "content": {"application/pdf": {"schema": FILE}}}},
            }
        },
        "/notes": {
            "get": {
                "operationId": "getNote",
                "responses": {"200": {"description": "It", "content": {"application/json": {"schema": {
                    "type": "object", "properties": {"text": {"type": "string"}}}}}}},
            }
        },
    }  # fmt: skip
    return json.dumps(
        {
            "openapi": "3.1.0",
            "info": {"title": "Files", "version": "1"},
            "servers": [{"url": "https://files.example.com"}],
            "paths": paths,
        }
    ).encode()


def content(size: int, kind: bytes = b"%PDF-1.7\n") -> bytes:
    """The same bytes for the same size, with no two blocks alike."""
    blocks = b"".join(hashlib.sha256(n.to_bytes(4, "big")).digest() * 64 for n in range(size // 2048 + 1))
    return (kind + blocks)[:size]


def sha(data: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()


class FileApi:
    """``sent`` holds what was answered to downloads."""

    def __init__(self) -> None:
        self.media = "application/pdf"
        self.kind = b"%PDF-1.7\n"

    def __call__(self, asked: Asked) -> Any:
        if asked.method == "GET" and asked.path == "/notes":
            return {"text": "ok"}
        if asked.method == "GET":
            name = asked.path.split("/")[2]
            head = {"Content-Type": self.media, "Content-Disposition": f'attachment; filename="{name}"'}
            return Said(content(int(asked.query.get("size", 1000)), self.kind), headers=head)
        body, title, named, kind = asked.body, None, None, asked.headers.get("content-type")
        if asked.path == "/documents":
            head = f"Content-Type: {kind}\r\n\r\n".encode()
            message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
            for part in message.iter_parts():  # type: ignore[attr-defined]
                if part.get_filename() is None:
                    title = part.get_payload(decode=True).decode()
                else:
                    body, named, kind = part.get_payload(decode=True), part.get_filename(), part.get_content_type()
        length = asked.headers.get("content-length")
        return {"sha256": sha(body), "size": len(body), "title": title, "named": named, "type": kind,
                "chunked": "transfer-encoding" in asked.headers or length is None}  # fmt: skip


@contextmanager
def serving() -> Iterator[tuple[Web, FileApi]]:
    """The API while the block runs."""
    api = FileApi()
    with web(api) as made:
        yield made, api
