"""Request bodies as inputs: one per top-level property where the body is an object, else one for the whole.

Follows the Media Type and Encoding Objects of OpenAPI 3.1 (4.8.14, 4.8.15) and RFC 7578 for multipart forms.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from adaptgen.model.frozen import value
from adaptgen.model.tables import Json, Param
from adaptgen.plan.document.descriptions import clean
from adaptgen.plan.document.reader import RequestBody, base_media, is_json, mapping
from adaptgen.plan.document.schemas import Shape, shape
from adaptgen.plan.document.shapes import undeclared

if TYPE_CHECKING:
    from adaptgen.source import Document

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
_STYLES = ("form", "spaceDelimited", "pipeDelimited", "deepObject")

_MEDIA = re.compile(r"[a-z0-9!#$&^_.+-]{1,60}/(?:\*|[a-z0-9!#$&^_.+-]{1,90})")

FILE: Mapping[str, Json] = {
    "type": "object",
    "description": "A file: `text`, or `base64` for other bytes",
    "properties": {
        "filename": {"type": "string"},
        "media_type": {"type": "string"},
        "text": {"type": "string"},
        "base64": {"type": "string"},
    },
    "additionalProperties": False,
}


@value()
class Slot:
    """One input of a request, before anything is decided about it.

    ``param`` says how it is sent (name, style, encoding). ``made`` is a ready JSON Schema that replaces
    ``schema`` (files). ``wish`` is the argument name to prefer. ``example`` is next to the schema.
    """

    place: str
    param: Param
    schema: Json
    required: bool = False
    description: str = ""
    pointer: str = ""
    read_only: bool = False
    made: Json = None
    wish: str = ""
    deprecated: bool = False
    example: Json = None

    @property
    def name(self) -> str:
        return self.param.name


@value()
class BodyInputs:
    """A body as inputs: ``slots`` of its properties (inside the property ``inside``), or one ``whole``.

    ``extra`` is the slot of additional properties.
    """

    media: str
    slots: tuple[Slot, ...] = ()
    whole: Slot | None = None
    inside: str | None = None
    extra: Slot | None = None
    pointer: str = ""

    def all(self) -> tuple[Slot, ...]:
        """Every slot."""
        return (*self.slots, *([self.whole] if self.whole else []), *([self.extra] if self.extra else []))


def read_body(document: Document, body: RequestBody) -> BodyInputs:
    """The inputs of ``body`` in its media type."""
    media, one = base_media(body.media), shape(document, body.schema)
    needed = body.required or (not body.optional and not one.nullable)
    if is_json(media):
        return _json(document, body, one, needed)
    if media in (FORM, MULTIPART) and (flat(document, one) or not one.variants):
        if flat(document, one):
            slots = [_field(document, body, one, name, node, media, needed) for name, node in members(one).items()]
            return BodyInputs(body.media, tuple(slots), extra=_extra(one, body), pointer=body.pointer)
        return BodyInputs(body.media, whole=_whole(body, one, "data", body.required), pointer=body.pointer)
    if media in (FORM, MULTIPART):
        return BodyInputs(body.media, whole=_whole(body, one, "data", body.required), pointer=body.pointer)
    if _texts(media):
        text: dict[str, Json] = {"type": "string", "description": f"The body as {clean(body.media, 80)} text"}
        counts = ((name, one.constraints.get(name)) for name in ("minLength", "maxLength") if one.type == "string")
        text |= {name: count for name, count in counts if type(count) is int and count >= 0}
        slot = replace(_whole(body, one, "body", body.required), made=text)
        return BodyInputs(body.media, whole=slot, pointer=body.pointer)
    slot = _whole(body, one, "file", body.required)
    slot = replace(slot, made=_file(body.media, one), param=Param("file", encode="file"))
    return BodyInputs(body.media, whole=slot, pointer=body.pointer)


def is_form(media: str) -> bool:
    """Whether a body of this type is fields of text."""
    return base_media(media) in (FORM, MULTIPART)


def flat(document: Document, one: Shape) -> bool:
    """An object whose properties are all declared at its top: alternatives may only differ in what they require."""
    if not one.properties or one.type not in ("object", None):
        return False
    return all(not _substantial(shape(document, variant)) for variant in one.variants)


def members(one: Shape) -> dict[str, Json]:
    """The properties of an object, those included that it requires and does not declare: they may be anything."""
    return {**one.properties, **({} if one.variants else {name: {} for name in undeclared(one)})}


def _substantial(variant: Shape) -> bool:
    return bool(variant.properties or variant.variants or variant.items or variant.enum) or (
        variant.type not in ("object", None)
    )


def _json(document: Document, body: RequestBody, one: Shape, needed: bool) -> BodyInputs:
    media = body.media if base_media(body.media) not in ("*/*", "application/*") else "application/json"
    if not flat(document, one):
        open_object = one.type == "object" or (one.type is None and not one.types and not one.variants)
        wish = "data" if open_object and not one.variants and one.items is None else "body"
        whole = _whole(body, one, wish, body.required)
        if wish == "data" and one.type is None:
            whole = replace(whole, made={"description": "The JSON body"})
        return BodyInputs(media, whole=whole, pointer=body.pointer)
    inside, path = None, ""
    if (inner := _wrapped(document, one)) is not None:
        inside = next(iter(one.properties))
        needed = (needed and inside in one.required) or (body.required and not one.required)
        one, path = inner, f"/properties/{inside}"
    slots = tuple(
        Slot(
            "body",
            Param(name),
            node,
            needed and name in one.required,
            pointer=f"{body.pointer}/schema{path}/properties/{name}",
            read_only=shape(document, node).read_only,
            wish=name,
        )
        for name, node in members(one).items()
    )
    return BodyInputs(media, slots, inside=inside, extra=_extra(one, body), pointer=body.pointer)


def _wrapped(document: Document, one: Shape) -> Shape | None:
    """The only property of a body, where it is an object whose properties can be arguments instead."""
    if len(one.properties) != 1 or one.additional is not False:
        return None
    inner = shape(document, next(iter(one.properties.values())))
    again = (inner.pointer or id(inner)) == (one.pointer or id(one))  # a chain of itself, which has no inside
    least = inner.constraints.get("minProperties")
    counted = isinstance(least, int) and least > len(inner.required)  # which arguments side by side cannot say
    usable = flat(document, inner) and not inner.read_only and not inner.nullable
    return inner if usable and not again and not counted else None


def _whole(body: RequestBody, one: Shape, wish: str, required: bool) -> Slot:
    description = body.description or one.description
    return Slot("body", Param(wish), body.schema, required, description, body.pointer, wish=wish)


def _extra(one: Shape, body: RequestBody) -> Slot | None:
    if one.additional is False:
        return None
    values = {} if one.additional is True else one.additional
    schema = {"type": "object", "additionalProperties": values, "description": "Further properties, by name"}
    return Slot("body", Param("extra"), schema, False, "", body.pointer, wish="extra")


def _field(document: Document, body: RequestBody, one: Shape, name: str, node: Json, media: str, needed: bool) -> Slot:
    """One field of a form, with its Encoding Object."""
    inner = shape(document, node)
    items = shape(document, inner.items) if inner.type == "array" and inner.items is not None else None
    said: Mapping[str, Any] = mapping(mapping(body.encoding).get(name))
    kind = said.get("contentType") if isinstance(said.get("contentType"), str) else None
    style = said.get("style") if said.get("style") in _STYLES else None
    explode = said.get("explode") if isinstance(said.get("explode"), bool) else None
    encode = _encoding(inner, items, kind, multipart=media == MULTIPART, styled=bool(style) or explode is not None)
    made = None
    if encode == "file":
        file = _file(kind or "", inner if items is None else items)
        made = file if items is None else {"type": "array", "items": file}
    param = Param(
        name,
        style=style if style != "form" else None,
        explode=explode if explode is not None and explode != (style in (None, "form", "deepObject")) else None,
        encode=encode,
        reserved=said.get("allowReserved") is True,
    )
    pointer = f"{body.pointer}/schema/properties/{name}"
    return Slot("body", param, node, needed and name in one.required, "", pointer, inner.read_only, made, name)


_ANY_FILE = frozenset({"application/octet-stream", "application/binary", "*/*", "application/*"})
"""Types that say nothing."""


def _file(kinds: str, one: Shape) -> dict[str, Json]:
    """The schema of a file argument, with what the document says of the file: its media types, its bytes at most.
    ``kinds``: media types, separated by commas; else those of the schema (``contentMediaType``)."""
    said = mapping(one.raw).get("contentMediaType")
    named = [base_media(kind) for kind in (kinds or (said if isinstance(said, str) else "")).split(",")]
    known = [] if _ANY_FILE & set(named) else [kind for kind in dict.fromkeys(named) if _MEDIA.fullmatch(kind)]
    made: dict[str, Json] = dict(FILE)
    if known:
        made["description"] = f"A file ({', '.join(known[:6])}): `text`, or `base64` for other bytes"
        made["x-media-types"] = known
    most = one.constraints.get("maxLength")
    if type(most) is int and most > 0:
        made["x-max-bytes"] = most
    return made


def _encoding(inner: Shape, items: Shape | None, kind: str | None, *, multipart: bool, styled: bool) -> str | None:
    """How a field is written: as a file, as JSON, or as text of the media type ``kind``."""
    shapes = [inner] if items is None else [inner, items]
    if multipart and (any(one.binary for one in shapes) or _is_file(kind, inner)):
        return "file"
    # OpenAPI 3.1, 4.8.15.1: objects, and arrays of them, are sent as JSON unless a style is given.
    if (kind and is_json(kind)) or (not styled and any(one.type == "object" for one in shapes)):
        return "json"
    return kind if kind and "," not in kind and multipart else None


def _is_file(kind: str | None, inner: Shape) -> bool:
    """A part that is declared with the media type of a file."""
    if not kind or inner.type not in ("string", None):
        return False
    first = base_media(kind.split(",")[0])
    return (
        first.startswith(("image/", "video/", "audio/", "application/")) and not is_json(first) and "xml" not in first
    )


def _texts(media: str) -> bool:
    """Whether bodies of this type are text that an agent can write."""
    named = ("xml", "yaml", "javascript", "graphql", "x-ndjson", "ndjson", "jsonl", "toml", "sql", "csv", "html")
    kind, _, subtype = media.partition("/")
    return kind == "text" or subtype.rpartition("+")[2] in named or subtype in ("x-yaml", "sparql-query", "jwt")
