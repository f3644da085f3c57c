"""Judges requests by openapi-core; runs in an environment of its own.

    python core.py <document.json> < requests.ndjson > verdicts.ndjson

The document is OpenAPI 3.0 or 3.1. One line per request: ``{"faults": [{code, message}], "unjudged": [message]}``.
"""

from __future__ import annotations

import base64
import json
import re
import sys
import warnings
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

warnings.simplefilter("ignore")

from jsonschema_path import SchemaPath  # noqa: E402
from openapi_core.datatypes import RequestParameters  # noqa: E402
from openapi_core.validation.exceptions import ValidationError  # noqa: E402
from openapi_core.validation.request.validators import V30RequestValidator, V31RequestValidator  # noqa: E402
from werkzeug.datastructures import Headers, ImmutableMultiDict  # noqa: E402


class Request:
    """What the validator reads of a request."""

    def __init__(self, given: dict[str, Any], template: str) -> None:
        self.host_url, self.path, self.method = "http://mock.test", given["path"], given["method"].lower()
        headers = given["headers"]
        self.content_type = headers.get("content-type", "")
        self.body = base64.b64decode(given["body"]) or None
        names = re.findall(r"\{([^{}]+)\}", template)
        pattern = "".join("(.*?)" if i % 2 else re.escape(p) for i, p in enumerate(re.split(r"\{([^{}]+)\}", template)))
        found = re.fullmatch(pattern, given["path"])
        values = [unquote(one) for one in found.groups()] if found else []
        cookies = SimpleCookie(headers.get("cookie", ""))
        self.parameters = RequestParameters(
            # Values of label and matrix style are looked up by the names that RFC 6570 writes.
            path={
                f"{sign}{name}{star}": value
                for name, value in zip(names, values, strict=False)
                for sign in ("", ".", ";")
                for star in ("", "*")
            },
            query=ImmutableMultiDict(parse_qsl(given["query"], keep_blank_values=True)),
            header=Headers(headers),
            cookie=ImmutableMultiDict({name: one.value for name, one in cookies.items()}),
        )


_UNCAST = re.compile(r"is not of type '(integer|number|boolean)'")


def causes(problem: BaseException) -> str:
    """What is behind an error, down to the schema's own words."""
    texts: list[str] = []
    seen: BaseException | None = problem
    while seen is not None and len(texts) < 4:
        errors = getattr(seen, "schema_errors", None)
        if errors:
            first = next(iter(errors))
            texts.append(f"{'.'.join(map(str, first.absolute_path))}: {first.message}"[:160])
            break
        texts.append(str(seen)[:120])
        seen = seen.__cause__
    return " / ".join(texts)


def main() -> None:
    root = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    path = SchemaPath.from_dict(root)
    kind = V31RequestValidator if str(root.get("openapi", "")).startswith("3.1") else V30RequestValidator
    validator = kind(path, spec_validator_cls=None)
    for line in sys.stdin:
        given = json.loads(line)
        key, method = given["operation"]["path"], given["operation"]["method"].lower()
        faults, unjudged = [], []
        try:
            item = path / "paths" / key
            operation = item / method
            request = Request(given, key.partition("?")[0])
            errors = list(validator._iter_parameters_errors(request, operation, item))
            if "requestBody" in operation:
                errors += validator._iter_body_errors(request, operation)
            multipart = given["headers"].get("content-type", "").startswith("multipart/")
            if multipart and any(_UNCAST.search(causes(one)) for one in errors):
                # openapi-core 0.23 leaves the numbers and booleans of multipart parts as text.
                errors, unjudged = [], ["numbers in multipart parts"]
            faults = [{"code": type(one).__name__, "message": causes(one)} for one in errors]
        except (ValidationError, Exception) as problem:
            unjudged.append(f"{type(problem).__name__}: {problem}"[:160])
        print(json.dumps({"faults": faults, "unjudged": unjudged}), flush=True)


main()
