"""What a file is that is no OpenAPI document, and what to do then: by its first bytes, or by the keys of its root."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

HELP: Final = "adaptgen reads Swagger 2.0 and OpenAPI 3.0 and 3.1"
_FETCH: Final = "name the address of the document itself, often /openapi.json, /v3/api-docs or /swagger/v1/swagger.json"
_CONVERT: Final = f"convert it to OpenAPI 3.0 first; {HELP}"
_SUFFIXES: Final = {
    ".graphql": "a GraphQL schema", ".gql": "a GraphQL schema", ".proto": "a file of Protocol Buffers",
}  # fmt: skip
_BEGINNINGS: Final = (
    ("#%raml", "a RAML file", _CONVERT),
    ("format: 1a", "an API Blueprint", _CONVERT),
    ('syntax = "proto', "a file of Protocol Buffers", HELP),
)
_XML: Final = {
    "definitions": ("a WSDL file", "SOAP services are not supported; adaptgen reads OpenAPI and Swagger"),
    "application": ("a WADL file", _CONVERT),
    "Edmx": ("the metadata of an OData service", _CONVERT),
}
"""Local names of root elements."""
_ROOT: Final = re.compile(r"<(?:[\w.-]{1,40}:)?([A-Za-z_][\w.-]{0,40})")
_ASIDE: Final = {"<?": "?>", "<!--": "-->", "<!": ">"}
"""How what comes before the root element begins and ends (XML 1.0, 2.8)."""
_NAMED: Final = re.compile(
    r"""\b(?:url|configUrl|spec-?url|apiDescriptionUrl|data-url|swaggerUrl)["']?\s*[:=]\s*["']([\w./:?&=%~+,;@-]{2,300})["']""",
    re.IGNORECASE,
)
"""How Swagger UI, Redoc, Elements and Scalar name the document that they show."""
_NO_DOCUMENT: Final = (".js", ".css", ".html", ".htm", ".png", ".svg", ".ico")
LOOK: Final = 200_000
"""Characters of a file that are looked at."""
_SAMPLE: Final = 4_000
_BASE64: Final = re.compile(r"(?:data:[\w/+.;=-]{0,80},)?([A-Za-z0-9+/\s]{40,}={0,2})")


def describe_text(text: str, path: Path | None = None) -> tuple[str, str]:
    """What a text is that is neither a mapping nor a list, and what to do; ("", "") where nothing says it."""
    stripped = text.lstrip("\ufeff \t\r\n")
    begin = stripped[:2000].lower()
    if begin.startswith(("<!doctype html", "<html")):
        return "a web page", _say_addresses(stripped[:LOOK])
    if begin.startswith("<"):
        what, help = _XML.get(_root_element(stripped[:_SAMPLE]), ("", ""))
        if what:
            return what, help
        return ("a web page", _say_addresses(stripped[:LOOK])) if "<body" in begin else ("XML or HTML", _FETCH)
    for mark, what, help in _BEGINNINGS:
        if begin.startswith(mark):
            return what, help
    if _is_base64(stripped[:_SAMPLE]):
        return "base64", "decode it first: base64 -d FILE > openapi.yaml"
    what = _SUFFIXES.get(path.suffix.lower(), "") if path is not None else ""
    return what, HELP if what else ""


def _root_element(text: str) -> str:
    """The local name of the first element; "" without."""
    while True:
        end = next((end for begin, end in _ASIDE.items() if text.startswith(begin)), None)
        if end is None:
            root = _ROOT.match(text)
            return root[1] if root is not None else ""
        text = text.partition(end)[2].lstrip()


def _say_addresses(page: str) -> str:
    addresses = [
        address for address in _NAMED.findall(page) if not address.partition("?")[0].lower().endswith(_NO_DOCUMENT)
    ]
    if not addresses:
        return _FETCH
    return f"fetch the document that the page names: {', '.join(dict.fromkeys(addresses[:3]))}"


def _is_base64(text: str) -> bool:
    """Whether a text is the base64 of a document or an archive."""
    match = _BASE64.fullmatch(text.rstrip())
    if match is None:
        return False
    head = re.sub(r"\s", "", match[1][:400])
    try:
        content = base64.b64decode(head[: len(head) // 4 * 4])
    except binascii.Error:
        return False
    return content.lstrip().startswith((b"{", b"openapi", b"swagger", b'"', b"<", b"---", b"#", b"PK", b"\x1f\x8b"))


def _is_mapping(value: Any) -> bool:
    return isinstance(value, dict)


def _is_postman(value: Any) -> bool:
    return isinstance(value, dict) and ("_postman_id" in value or "getpostman" in str(value.get("schema")))


_OTHERS: Mapping[str, tuple[Callable[[Any], bool], str, str]] = {
    "asyncapi": (lambda value: True, "an AsyncAPI document", HELP),
    "info": (_is_postman, "a Postman collection", _CONVERT),
    "log": (_is_mapping, "a recording of a browser (HAR)", "adaptgen init SPEC --traffic DIR learns from recordings"),
    "adaptgen": (lambda value: True, "hints or settings of adaptgen", "name the document that they belong to"),
    "arazzo": (lambda value: True, "an Arazzo description", "name it in the hints of its document; see docs/steps.md"),
    "overlay": (lambda value: True, "an OpenAPI overlay", "name it in the hints of its document: overlays: […]"),
    "discoveryVersion": (lambda value: True, "a Google discovery document", f"convert it to OpenAPI first; {HELP}"),
    "FORMAT": (lambda value: str(value) == "1A", "an API Blueprint", _CONVERT),
    "$schema": (lambda value: True, "a JSON Schema", HELP),
}
"""Keys of other formats, by which they are recognized: whether the value fits, the format, what to do."""


def describe_mapping(root: Mapping[str, Any]) -> tuple[str, str, str] | None:
    """The key by which another format is recognized, the format, and what to do."""
    for key, (is_other, what, help) in _OTHERS.items():
        if key in root and is_other(root[key]):
            return key, what, help
    return None
