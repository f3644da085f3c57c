"""Why the pass from Swagger 2.0 to OpenAPI 3.0 differs from two others, difference by difference."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from upgrade.comparable import Facts

FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}
BOTH = ("scalar", "swagger2openapi")


@dataclass(frozen=True)
class Difference:
    """One fact in which two converters differ. ``old``: the document that they converted."""

    key: tuple[str, ...]
    ours: Any
    theirs: Any
    all_ours: Facts
    all_theirs: Facts
    old: Mapping[str, Any]

    @property
    def kind(self) -> str:
        return self.key[0]

    def at(self, *path: str) -> Any:
        """A node of the old document, or {}."""
        node: Any = self.old
        for token in path:
            node = node.get(token, {}) if isinstance(node, Mapping) else {}
        return node

    @property
    def operation(self) -> Any:
        return self.at("paths", *self.key[1:3])

    @property
    def produces(self) -> Any:
        return self.operation.get("produces", self.old.get("produces"))

    def media(self, facts: Facts) -> set[str]:
        """The media types of the answer or body that the fact is about."""
        kind = "response media" if self.kind.startswith("response") else "body media"
        length = 4 if kind == "response media" else 3
        return set(json.loads(facts.get((kind, *self.key[1:length])) or "[]"))


_BOUNDS = (
    "collectionFormat", "format", "items", "maxItems", "maxLength", "maximum", "minItems", "minLength", "minimum",
    "pattern",
)  # fmt: skip

Rule = tuple[tuple[str, ...], Callable[[Difference], bool], str]


def _answer(one: Difference) -> bool:
    return one.kind in ("response media", "response schema")


def _body(one: Difference) -> bool:
    return one.kind in ("body media", "body schema")


def _without(text: Any, *keys: str) -> Any:
    """The value of a fact without these keywords, wherever they stand."""

    def drop(node: Any) -> Any:
        if isinstance(node, list):
            return [drop(one) for one in node]
        return {k: drop(v) for k, v in node.items() if k not in keys} if isinstance(node, dict) else node

    return drop(json.loads(text)) if isinstance(text, str) else text


def _same_but(*keys: str) -> Callable[[Difference], bool]:
    return lambda one: (
        one.ours is not None and one.theirs is not None and _without(one.ours, *keys) == _without(one.theirs, *keys)
    )


def _urls(text: Any) -> list[str]:
    return json.loads(text) if isinstance(text, str) else []


RULES: tuple[Rule, ...] = (
    (
        ("swagger2openapi",),
        lambda one: (
            one.kind == "operation servers"
            and one.ours is None
            and set(_urls(one.theirs)) == set(_urls(one.all_ours["servers",]))
        ),
        "servers of an operation are only written where they are not those of the document",
    ),
    (
        ("swagger2openapi",),
        lambda one: _answer(one) and not one.produces and one.media(one.all_theirs) == {"*/*"},
        "an answer without `produces` is read as JSON, which it nearly always is; they say */*",
    ),
    (
        ("scalar",),
        lambda one: _answer(one) and not one.produces and not one.media(one.all_theirs),
        "an answer without `produces` is read as JSON; they lose its schema",
    ),
    (
        ("swagger2openapi",),
        lambda one: _answer(one) and "$ref" in one.at("paths", *one.key[1:3], "responses", one.key[3]),
        "a shared response has the media types of the operation that refers to it; they unite those of all",
    ),
    (
        ("scalar",),
        lambda one: _answer(one) and bool(one.operation.get("produces")),
        "`produces` of an operation replaces that of the document (2.0, Operation Object); they unite both",
    ),
    (
        BOTH,
        lambda one: "_get_responses_" in f"{one.key}{one.ours}" or bool(re.fullmatch(r"schema\d+", one.key[-1])),
        "a schema that is referred to inside of a path gets a name of its own; theirs differs, or points nowhere",
    ),
    (
        ("swagger2openapi",),
        lambda one: one.kind == "schema" and _same_but("items")(one),
        "an array without `items` is any array; they write `items: {}`",
    ),
    (
        BOTH,
        lambda one: one.kind == "servers" and "schemes" not in one.old and _urls(one.ours)[0].startswith("https://"),
        "without `schemes` the host is asked over https; they take no scheme, or http",
    ),
    (
        BOTH,
        lambda one: _same_but("nullable")(one),
        "`x-nullable` is null allowed; they do not read it everywhere",
    ),
    (
        ("swagger2openapi",),
        lambda one: (
            _body(one) and one.media(one.all_ours) >= FORMS and one.media(one.all_theirs) < one.media(one.all_ours)
        ),
        "a form that may be sent in two ways may be sent in two ways",
    ),
    (
        BOTH,
        lambda one: one.kind == "body required" and one.ours is True and one.theirs is False,
        "a form with a required field is required",
    ),
    (
        BOTH,
        lambda one: one.kind == "encoding" and one.theirs is None,
        "`collectionFormat` of a form field is its encoding; they lose it",
    ),
    (
        ("scalar",),
        lambda one: one.kind.startswith("body") and ("body", *one.key[1:3]) not in one.all_theirs,
        "a body or form field behind a reference to `parameters` is read; they lose it",
    ),
    (
        ("scalar",),
        lambda one: _body(one) and not one.media(one.all_theirs),
        "a body without `consumes` is JSON; they lose its schema",
    ),
    (
        ("scalar",),
        lambda one: _body(one) and bool(FORMS & (one.media(one.all_ours) ^ one.media(one.all_theirs))),
        "a body is JSON or what `consumes` says, a form is a form: each where it can be; they give forms both",
    ),
    (
        ("scalar",),
        lambda one: one.kind == "body schema" and _same_but("enum", "default", *_BOUNDS)(one),
        "what restricts a form field stays with its schema; they lose it",
    ),
    (
        ("swagger2openapi",),
        lambda one: one.kind == "servers" and "x-servers" in one.old,
        "`x-servers` is an extension of others; they read it",
    ),
    (
        ("swagger2openapi",),
        lambda one: one.kind == "servers" and "{{" in str(one.ours),
        "2.0 has no variables in a host: braces stand as they are written; they make one variable of them",
    ),
    (
        ("swagger2openapi",),
        lambda one: _answer(one) and any("/" not in str(media) for media in one.produces or ()),
        "what is no media type (`xls`) is not taken for one; they write it into the answer",
    ),
    (
        ("swagger2openapi",),
        lambda one: _answer(one) and one.media(one.all_theirs) - one.media(one.all_ours) == {"*/*"},
        "examples under their media types say what an answer without `produces` is; they put the schema beside them",
    ),
    (
        ("scalar",),
        lambda one: _same_but("collectionFormat")(one),
        "`collectionFormat` is no word of 3.0; they leave that of items in place",
    ),
)


def explain(oracle: str, one: Difference) -> int | None:
    """The index of the first rule that explains the difference, or None."""
    for index, (oracles, holds, _) in enumerate(RULES):
        if oracle in oracles and holds(one):
            return index
    return None
