"""Paging as the hints say it: ``page: {style: offset, limit: limit, offset: offset, items: $.results}``.

What a hint leaves out is taken from inference where both mean the same style.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from adaptgen.diagnostics import Where, did_you_mean, error
from adaptgen.model.tables import Cursor, Link, NextHeader, NextUrl, Offset, PageNumber, Paging, Place, Unpaged
from adaptgen.plan.document.operation import PLACEHOLDER, sendable
from adaptgen.plan.document.schemas import shape
from adaptgen.syntax import field_paths as fields

if TYPE_CHECKING:
    from adaptgen.plan.document.envelope import Envelope
    from adaptgen.plan.facts import OperationFacts
    from adaptgen.source.hints.model import PageHint

_STYLES = {
    "offset": Offset,
    "page": PageNumber,
    "cursor": Cursor,
    "link": Link,
    "header": NextHeader,
    "next_url": NextUrl,
    "none": Unpaged,
}
_NEEDS = {
    "offset": ("offset",),
    "page": ("page",),
    "cursor": ("cursor", "next"),
    "header": ("header",),
    "next_url": ("next",),
}


_RESERVED = frozenset({
    "host", "content-length", "content-type", "transfer-encoding", "connection", "upgrade", "te", "trailer", "accept",
    "accept-encoding", "authorization", "proxy-authorization", "cookie", "expect",
})  # fmt: skip
"""Headers that belong to the connection, to the content or to the session (RFC 9110, 7.6.1)."""
_NAMES = ("offset", "page", "cursor", "limit", "size")


def hinted(
    facts: OperationFacts,
    hint: PageHint,
    envelope: Envelope | None,
    inferred: Paging | None,
    where: Callable[..., Where] | None,
) -> tuple[Paging, tuple[str, ...]]:
    """The paging that ``hint`` describes, and the names of the inputs that it supplies.

    Raises:
        AdaptgenError: as in ``find_paging``.
    """
    reader = _Reader(facts, hint, envelope, inferred, where)
    return reader.read()


class _Reader:
    def __init__(
        self,
        facts: OperationFacts,
        hint: PageHint,
        envelope: Envelope | None,
        inferred: Paging | None,
        where: Callable[..., Where] | None,
    ) -> None:
        self.document, self.operation = facts.document, facts.operation
        self.hint, self.envelope, self.where = hint, envelope, where
        style = self.style(inferred)
        self.style_name = style
        self.total = getattr(inferred, "total", None)
        same = inferred if isinstance(inferred, _STYLES[style]) else None
        self.spaces = facts.page_inputs
        self.place_name, self.inside = self.places(same)
        there = (getattr(same, "place", "query"), getattr(same, "inside", ""))
        self.known = same if there == (self.place_name, self.inside) else None

    def style(self, inferred: Paging | None) -> str:
        hint = self.hint
        if hint.style is not None:
            if hint.style not in _STYLES:
                raise error(
                    "AG031", f"the paging style {hint.style!r} is unknown", self.place("style"), _known_styles()
                )
            return hint.style
        for style, key in (("cursor", "cursor"), ("offset", "offset"), ("page", "page"), ("header", "header")):
            if getattr(hint, key) is not None:
                return style
        if hint.rel is not None:
            return "link"
        if hint.next is not None:
            return "next_url"
        return next((name for name, made in _STYLES.items() if type(inferred) is made), "none")

    def places(self, inferred: Paging | None) -> tuple[Place, str]:
        """Where the values go: as said, else where the names are declared, else as inferred."""
        hint = self.hint
        if hint.inside is not None:
            return self.holder(hint.inside)
        if hint.place is not None:
            self.addressed()
            return hint.place, ""
        names = [name for key in _NAMES if (name := getattr(hint, key)) is not None]
        if not names:
            return getattr(inferred, "place", "query"), getattr(inferred, "inside", "")
        for space in self.spaces:
            if not space.inside and all(name in space.queries for name in names):
                return space.place, ""
        return self.elsewhere(), ""

    def elsewhere(self) -> Place:
        """Where the position is declared that the query does not have: in a header, or in the address."""
        name = getattr(self.hint, self.style_name, None)
        declared = {one.place for one in self.operation.parameters if one.name == name}
        if "header" in declared and "query" not in declared:
            return "header"
        return "path" if "path" in declared and self.style_name in ("offset", "page") else "query"

    def addressed(self) -> None:
        """Refuse ``in: path`` for what has no value on the first page, or no place in the address."""
        if self.hint.place != "path":
            return
        if self.style_name not in ("offset", "page"):
            message = f"paging by {self.style_name} cannot be in the address"
            raise error("AG031", message, self.place("in"), "only an offset or the number of a page can")
        name = getattr(self.hint, self.style_name)
        known = PLACEHOLDER.findall(self.operation.path)
        if name is not None and name not in known:
            message = f"the address of {self.operation.key} has no {{{name}}}"
            raise error("AG034", message, self.place(self.style_name), did_you_mean(name, known))

    def holder(self, inside: str) -> tuple[Place, str]:
        """The place of the parameter or property that holds the values."""
        if self.hint.place == "body":
            return "body", _keyed(inside, self.properties())
        declared = [one.name for one in self.operation.parameters if one.place in ("query", "header")]
        if self.hint.place == "query" or inside in declared:
            return "query", inside
        if inside in self.properties():
            return "body", _keyed(inside, self.properties())
        message = f"{self.operation.key} declares no parameter or property {inside!r}"
        help = did_you_mean(inside, declared) or "if the API takes it all the same, add in: query or in: body"
        raise error("AG034", message, self.place("inside"), help)

    def properties(self) -> frozenset[str]:
        """The names of the declared properties at the root of the body."""
        if self.operation.body is None:
            return frozenset()
        return frozenset(shape(self.document, self.operation.body.schema).properties)

    def place(self, *keys: str) -> Where | None:
        return self.where(*keys) if self.where else None

    def read(self) -> tuple[Paging, tuple[str, ...]]:
        values: dict[str, Any] = {"items": self.items(), "total": self.path("total") or self.total}
        if self.style_name == "none":
            return self.unpaged(values), ()
        for key in _NEEDS.get(self.style_name, ()):
            values[key] = self.value(key)
            if values[key] is None:
                message = f"paging by {self.style_name} needs {key!r}"
                raise error("AG031", message, self.place(), f"add {key}: to page: of {self.operation.key}")
        size = "size" if self.style_name == "page" else "limit"
        values[size] = next(
            (each for each in (self.hint.size, self.hint.limit, self.before(size)) if each is not None), None
        )
        values["max_size"] = self.value("max_size")
        if self.style_name in {"offset", "page"}:
            first = self.value("first")
            values["first"] = int(self.style_name == "page") if first is None else first
        if self.style_name == "cursor":
            values["more"] = self.path("more") or self.before("more")
            values["single_use"] = bool(self.hint.single_use)
        if self.style_name == "link" and self.hint.rel:
            values["rel"] = self.hint.rel
        if self.style_name in {"cursor", "next_url"}:
            self.check("next", values["next"])
        named = [key for key in ("offset", "page", "cursor", size) if values.get(key)]
        names = tuple(values[key] for key in named)
        self.declared(names)
        if self.place_name in ("header", "path"):
            values |= {"place": self.place_name, **self.spelt(values, named, size)}
        elif self.place_name != "query" or self.inside:
            values |= {"place": self.place_name, "inside": self.inside}
            own = self.properties() if self.place_name == "body" and not self.inside else frozenset()
            values |= {key: _keyed(values[key], own) for key in named if values[key] != self.before(key)}
        return _STYLES[self.style_name](**values), names

    def unpaged(self, values: dict[str, Any]) -> Unpaged:
        """A list whose way on is not known, or that ends with its only page because the hint says so."""
        before = self.known if isinstance(self.known, Unpaged) else Unpaged()
        size: dict[str, Any] = {"size_argument": before.size_argument, "size_default": before.size_default}
        return Unpaged(**values, **size, whole=self.hint.style == "none")

    def spelt(self, values: dict[str, Any], named: list[str], size: str) -> dict[str, Any]:
        """The names as they are declared, which headers are in any case, and whether the size is a query parameter:
        it stays where it is declared, and goes to the query where the address has no place for it.

        Raises:
            AdaptgenError: AG031 for a name that no header of a value can have.
        """
        declared = {one.name.lower(): one.name for one in self.operation.parameters if one.place == "header"}
        queries = {one.name for one in self.operation.parameters if one.place == "query"}
        header = self.place_name == "header"
        made: dict[str, Any] = {}
        for key in named:
            name = values[key]
            there = name.lower() in declared if header else name in PLACEHOLDER.findall(self.operation.path)
            if key == size and not there and (name in queries or not header):
                made["size_in_query"] = True
            elif header and (not sendable("header", name) or name.lower() in _RESERVED):
                message = f"{name!r} is not a header that can hold a value of paging"
                raise error("AG031", message, self.place(key), "name a header of the API, such as X-Next-Token")
            elif header:
                made[key] = declared.get(name.lower(), name)
        return made

    def items(self) -> str:
        if self.hint.items is not None:
            self.check("items", self.hint.items)
            return self.hint.items
        return self.envelope.items if self.envelope else "$"

    def path(self, key: str) -> str | None:
        value: str | None = getattr(self.hint, key)
        if value is not None:
            self.check(key, value)
        return value

    def value(self, key: str) -> Any:
        """What the hint says, else what is inferred."""
        hinted = getattr(self.hint, key)
        return hinted if hinted is not None else self.before(key)

    def before(self, key: str) -> Any:
        return getattr(self.known, key, None)

    def check(self, key: str, value: str) -> None:
        header = value.startswith("header:") and len(value) > 7 and key in {"next", "total"}
        if header or value == "$" or value.startswith(("$.", "$[")):
            return
        also = " or header:<Name>" if key in {"next", "total"} else ""
        message = f"{key}: {value!r} is not a JSONPath of the body"
        raise error("AG036", message, self.place(key), f"write a path that starts with $.{also}")

    def declared(self, names: tuple[str, ...]) -> None:
        if self.hint.place is not None or self.place_name != "query" or self.inside:
            return
        known = {one.name for one in self.operation.parameters if one.place == "query"}
        known |= {name for name, _ in self.operation.constants}
        for name in names:
            if name not in known:
                key = next((key for key in _NAMES if getattr(self.hint, key) == name), "")
                message = f"{self.operation.key} declares no query parameter {name!r}"
                help = "if the API takes it all the same, add in: query" + (" or in: body" if self.spaces[1:] else "")
                raise error("AG034", message, self.place(key), help)


def _keyed(name: str, declared: frozenset[str]) -> str:
    """``name`` as a path in an object: a property of that name, else the path that it is, else a key."""
    if name in declared:
        return fields.text((name,))
    try:
        segments = fields.parse(name)
    except fields.PathError:
        return fields.text((name,))
    keys = [key for key in segments if isinstance(key, str)]
    return fields.text(keys if len(keys) == len(segments) else (name,))


def _known_styles() -> str:
    return "known: " + ", ".join(_STYLES)
