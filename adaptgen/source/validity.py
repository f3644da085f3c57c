"""Whether a document keeps to OpenAPI, as openapi-pydantic reads it. A finding is a warning, never a gate.

Real documents break the specification often and are served all the same, so a build does not ask; a person who may
mend the document can.
"""

from __future__ import annotations

from typing import Any

from adaptgen.diagnostics import Diagnostic
from adaptgen.source.document import Document
from adaptgen.syntax.json_pointer import join

MOST = 50
"""Findings that are told one by one."""


def violations(document: Document) -> tuple[Diagnostic, ...]:
    """One AG020 warning for each place that breaks OpenAPI 3.0 or 3.1, in document order, at most :data:`MOST`.

    A Swagger 2.0 document is judged by what it says in OpenAPI 3.0.
    """
    from openapi_pydantic.v3 import v3_0, v3_1
    from pydantic import ValidationError

    model = v3_1.OpenAPI if document.version.startswith("3.1") else v3_0.OpenAPI
    try:
        model.model_validate(document.root)
    except ValidationError as broken:
        found = broken.errors(include_url=False, include_context=False, include_input=False)
    else:
        return ()
    said: dict[str, Diagnostic] = {}
    for one in found:
        if "Reference" in one["loc"]:
            continue  # every object that may be a reference is tried as one too
        pointer = _place(document.root, one["loc"])
        missing = f"{one['loc'][-1]}: " if one["type"] == "missing" else ""
        message = f"{missing}{one['msg'][:1].lower()}{one['msg'][1:]}"
        help = "adaptgen reads it leniently; correct the document if it is yours"
        said.setdefault(pointer + missing, Diagnostic("AG020", message, document.where(pointer), help, "warning"))
    told = list(said.values())[:MOST]
    if len(said) > MOST:
        told.append(Diagnostic("AG020", f"{len(said) - MOST} more places break OpenAPI", None, "", "warning"))
    return tuple(told)


def _place(root: Any, steps: tuple[int | str, ...]) -> str:
    """The JSON pointer (RFC 6901) of an error's place.

    Between keys and indexes an error names the models that were tried; these are no part of the document.
    """
    node, tokens = root, []
    for step in steps:
        inside = step < len(node) if isinstance(node, list) and isinstance(step, int) else False
        if inside or (isinstance(node, dict) and step in node):
            node = node[step]
            tokens.append(step)
    return join(*tokens)
