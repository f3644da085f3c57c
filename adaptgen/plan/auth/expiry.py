"""When the token of a login ends, by what its answer declares."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from adaptgen.model.tables import Expires
from adaptgen.plan.auth.field_roles import answer_leaves, jsonpath
from adaptgen.plan.document.reader import Operation
from adaptgen.syntax.identifiers import words

if TYPE_CHECKING:
    from adaptgen.source import Document

_SPAN = {("expires", "in"), ("expire", "in"), ("expires",), ("ttl",), ("expiration",), ("lifetime",), ("validity",),
         ("valid", "for"), ("expires", "in", "seconds"), ("expiry",), ("expire",), ("access", "expires", "in"),
         ("max", "age"), ("timeout",), ("duration",), ("expiresin",), ("access", "token", "expires", "in"),
         ("token", "expires", "in"), ("validity", "period"), ("session", "timeout"), ("exp", "in")}  # fmt: skip
_MOMENT = {("expires", "at"), ("expires", "on"), ("expiration", "date"), ("expiry", "date"), ("expires",), ("expiry",),
           ("expiration",), ("exp",), ("valid", "until"), ("expire", "at"), ("expiration", "time"), ("expires", "date"),
           ("token", "expiry"), ("access", "token", "expires", "at"), ("token", "expires", "at"), ("expire", "date"),
           ("expired", "at"), ("access", "expires", "at"), ("token", "expiration"), ("valid", "to"), ("expire",),
           ("expires", "utc"), ("expiry", "time"), ("expire", "time")}  # fmt: skip


def find_expiry(document: Document, operation: Operation) -> Expires | None:
    """When the token of an answer ends, by its declared fields. A number is seconds unless its description says
    otherwise (RFC 6749, 5.1)."""
    for one in answer_leaves(document, operation):
        said = words(one.name)
        if "refresh" in said or any("refresh" in words(key) for key in one.path.split(".")[:-1]):
            continue
        path, text = jsonpath(one.path), f"{one.name} {one.description}".lower()
        number = one.type in {"integer", "number"}
        if said in _MOMENT and (one.format == "date-time" or (one.type == "string" and said not in _SPAN)):
            return Expires(at=path, unit="iso")
        epoch = (
            said == ("exp",)
            or bool(re.search(r"epoch|unix|timestamp", text))
            or said[-1:] in {("at",), ("until",), ("on",)}
        )
        unit: Any = "ms" if re.search(r"milli|\bms\b", text) else "min" if re.search(r"\bminutes?\b", text) else "s"
        if number and said in _MOMENT and epoch:
            return Expires(at=path, unit=unit)
        if said in _SPAN and (number or (one.type in {"string", None} and said[-1] in {"in", "seconds", "ttl"})):
            return Expires(after=path, unit=unit)
    return None
