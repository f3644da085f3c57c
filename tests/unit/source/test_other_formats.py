"""Files that are no OpenAPI document are recognized, and the next step is named."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from adaptgen import source
from adaptgen.diagnostics import AdaptgenError
from adaptgen.source.other_formats import describe_text

UI = """<!DOCTYPE html>
<html><head><link rel="stylesheet" href="/ui.css"></head><body><div id="swagger-ui"></div><script>
window.ui = SwaggerUIBundle({ %s, dom_id: '#swagger-ui', deepLinking: true })
</script></body></html>
"""
DOCUMENT = '{"openapi": "3.0.3", "info": {"title": "Notes", "version": "1"}, "paths": {}}'
POSTMAN = {"info": {"name": "Notes", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"}}


@pytest.mark.parametrize(
    ("content", "what", "help"),
    [
        (UI % 'url: "/v3/api-docs"', "a web page", "the page names: /v3/api-docs"),
        (UI % "'configUrl': '/v3/api-docs/swagger-config'", "a web page", "names: /v3/api-docs/swagger-config"),
        (UI % 'urls: [{url: "a.yaml", name: "A"}, {"url": "/b?v=2"}]', "a web page", "names: a.yaml, /b?v=2"),
        ("<html><redoc spec-url='api/openapi.json'></redoc></html>", "a web page", "names: api/openapi.json"),
        ('<!doctype html>\n<script id="api-reference" data-url="/spec">', "a web page", "names: /spec"),
        ('\ufeff\n<HTML><script src="url.js"></script>a: b: c</HTML>', "a web page", "often /openapi.json"),
        (UI % 'url: "${location}/x", icon: {url: "/a.png"}', "a web page", "often /openapi.json"),
        ('<?xml version="1.0"?>\n<!-- a: b: c -->\n<wsdl:definitions>', "a WSDL file", "SOAP"),
        ("<application xmlns='http://wadl.dev.java.net/2009/02'>", "a WADL file", "convert"),
        ('<edmx:Edmx Version="4.0">', "OData", "convert"),
        ("<rss>a: b: c</rss>", "XML or HTML", "address of the document"),
        (base64.b64encode(DOCUMENT.encode()).decode(), "base64", "base64 -d"),
        (base64.encodebytes(b"openapi: 3.0.3\n" * 20).decode(), "base64", "base64 -d"),
        (f"data:application/json;base64,{base64.b64encode(DOCUMENT.encode()).decode()}", "base64", "base64 -d"),
        (json.dumps(DOCUMENT), "a text that holds a document", "quotes"),
        ("#%RAML 1.0\ntitle: Notes\nbaseUri: x: y\n", "a RAML file", "convert"),
        ("FORMAT: 1A\n\n# Notes: a: b\n", "an API Blueprint", "convert"),
        ('syntax = "proto3";\nmessage Note {}\n', "Protocol Buffers", "OpenAPI"),
        (json.dumps(POSTMAN), "a Postman collection", "convert"),
    ],
)
def test_another_format_is_named_with_the_next_step(tmp_path: Path, content: str, what: str, help: str) -> None:
    path = tmp_path / "notes.yaml"
    path.write_text(content)
    with pytest.raises(AdaptgenError) as problem:
        source.read(path)
    (diagnostic,) = problem.value.diagnostics
    assert diagnostic.code == "AG004"
    assert what in diagnostic.message
    assert help in diagnostic.help


@pytest.mark.timeout(20)
@pytest.mark.parametrize("unit", ["<??>", "<!---->", "<!", "<? ", " ", "url = ", "A "])
@pytest.mark.parametrize("begin", ["<a: b: c", "<?xml?>", "<html>url", "A" * 50])
def test_nothing_takes_long_to_recognize(begin: str, unit: str) -> None:
    describe_text(begin + unit * 50_000 + "!")


@pytest.mark.parametrize(
    "content",
    [
        '{"openapi": "3.0.3", "paths": {',
        "openapi: 3.0.3\npaths: a: b\n",
        "QWxsIGlzIHdlbGwsIGFuZCBub3RoaW5nIGlzIG5l: a: b",
    ],
)
def test_a_broken_document_is_shown_where_it_breaks(tmp_path: Path, content: str) -> None:
    path = tmp_path / "notes.yaml"
    path.write_text(content)
    with pytest.raises(AdaptgenError) as problem:
        source.read(path)
    assert problem.value.diagnostics[0].code == "AG002"
