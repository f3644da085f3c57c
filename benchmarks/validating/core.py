"""Judges requests by openapi-core; runs in an environment of its own.

Lives for many documents. One JSON line in, one out: ``{"open": <file>}`` gives ``{}`` or ``{"unread": <why>}`` (OpenAPI
3.0 or 3.1 as JSON); a request to the open document gives ``{"faults": [{code, message}], "unjudged": [message]}``.
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


class Opened:
    """One document."""

    def __init__(self, file: str) -> None:
        root = json.loads(Path(file).read_text("utf-8"))
        kind = V31RequestValidator if str(root.get("openapi", "")).startswith("3.1") else V30RequestValidator
        self._path = SchemaPath.from_dict(root)
        self._validator = kind(self._path, spec_validator_cls=None)

    def judge(self, given: dict[str, Any]) -> dict[str, Any]:
        """What is wrong with a request, and what cannot be said."""
        key, method = given["operation"]["path"], given["operation"]["method"].lower()
        try:
            item = self._path / "paths" / key
            operation = item / method
            request = Request(given, key.partition("?")[0])
            errors = list(self._validator._iter_parameters_errors(request, operation, item))
            if "requestBody" in operation:
                errors += self._validator._iter_body_errors(request, operation)
            multipart = given["headers"].get("content-type", "").startswith("multipart/")
            if multipart and any(_UNCAST.search(causes(one)) for one in errors):
                # openapi-core 0.23 leaves the numbers and booleans of multipart parts as text.
                return {"faults": [], "unjudged": ["numbers in multipart parts"]}
            return {"faults": [{"code": type(one).__name__, "message": causes(one)} for one in errors], "unjudged": []}
        except (ValidationError, Exception) as problem:
            return {"faults": [], "unjudged": [f"{type(problem).__name__}: {problem}"[:160]]}


def main() -> None:
    opened: Opened | None = None
    for line in sys.stdin:
        given = json.loads(line)
        answer: dict[str, Any] = {}
        if "open" in given:
            try:
                opened = Opened(given["open"])
            except Exception as problem:
                opened, answer = None, {"unread": f"{type(problem).__name__}: {problem}"[:160]}
        else:
            answer = opened.judge(given) if opened else {"faults": [], "unjudged": ["no document is open"]}
        print(json.dumps(answer), flush=True)


main()
