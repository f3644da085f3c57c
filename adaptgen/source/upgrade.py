"""Swagger 2.0 to the shape of OpenAPI 3.0, as one pass from tree to tree.

Follows the Swagger 2.0 and OpenAPI 3.0.3 specifications; where they do not meet (bodies as parameters,
``collectionFormat``, ``consumes`` and ``produces``), the comment says what was chosen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from adaptgen.source.document import FILES
from adaptgen.source.upgrade_schemas import Schemas
from adaptgen.source.upgrade_security import flows, servers
from adaptgen.syntax import json_pointer as pointers

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_JSON = "application/json"

# What a parameter says of its value; in 3.0 it moves into its schema.
_NO_OBJECT = ("string", "integer", "number", "boolean", "array")
_VALUE = frozenset(
    (
        "default", "enum", "exclusiveMaximum", "exclusiveMinimum", "format", "items", "maxItems", "maxLength",
        "maximum", "minItems", "minLength", "minimum", "multipleOf", "pattern", "type", "uniqueItems",
    )
)  # fmt: skip

_SEPARATED = {"ssv": "a space", "tsv": "a tab", "pipes": "a vertical bar (|)"}

At = list[str]


@dataclass(frozen=True)
class Finding:
    """Something that does not follow Swagger 2.0; ``at`` is the path in the document as it was written."""

    code: str
    message: str
    at: At
    help: str = ""


@dataclass
class Upgraded:
    """The new root, and for every node that moved, its old place."""

    root: dict[str, Any]
    findings: list[Finding] = field(default_factory=list)
    moved: dict[tuple[str, ...], At] = field(default_factory=dict)

    def original(self, at: At) -> At:
        """The path in the document as it was written of a path in the new one."""
        for length in range(len(at), 0, -1):
            origin = self.moved.get(tuple(at[:length]))
            if origin is not None:
                return [*origin, *at[length:]]
        return at


def upgrade(root: dict[str, Any]) -> Upgraded:
    """An OpenAPI 3.0 document that says what a Swagger 2.0 document says. Never raises: what cannot be understood is
    kept as it is, or left out with a finding. ``root`` is not changed.
    """
    return _Upgrade(root).run()


class _Upgrade:
    def __init__(self, root: dict[str, Any]) -> None:
        self.old = root
        self.result = Upgraded({"openapi": "3.0.3"})
        self.schemas = Schemas(root)
        self.consumes = _media(root.get("consumes"))
        self.produces = _media(root.get("produces"))

    def run(self) -> Upgraded:
        new = self.result.root
        kept = ("info", "tags", "externalDocs", "security")
        for key, value in self.old.items():
            if key in kept or (key.startswith("x-") and key != FILES):
                new[key] = value
        found = servers(self.old)
        if found:
            new["servers"] = found
            self.result.moved[("servers",)] = ["host"] if "host" in self.old else ["basePath"]
        self.components(new)
        paths = self.old.get("paths")
        if isinstance(paths, dict):
            new["paths"] = {key: self.path_item(item, ["paths", key]) for key, item in paths.items()}
        if FILES in self.old:
            # Schemas of other files are referred to where they are. Parameters, responses and path items of other
            # files were read into the place of the reference.
            new[FILES] = {name: self.schemas.convert(value) for name, value in self.old[FILES].items()}
        done: set[str] = set()
        while missing := self.schemas.hoisted.keys() - done:  # converting one may hoist another
            for name in sorted(missing):
                pointer = self.schemas.hoisted[name]
                new["components"]["schemas"][name] = self.schemas.convert(pointers.resolve(self.old, pointer))
                self.result.moved[("components", "schemas", name)] = pointers.split(pointer)
            done |= missing
        return self.result

    def say(self, code: str, message: str, at: At, help: str = "") -> None:
        self.result.findings.append(Finding(code, message, at, help))

    def components(self, new: dict[str, Any]) -> None:
        components: dict[str, Any] = {}
        new["components"] = components
        components["schemas"] = {
            name: self.schemas.convert(schema) for name, schema in _mapping(self.old, "definitions")
        }
        components["parameters"] = {
            name: self.parameter(raw, ["parameters", name])
            for name, raw in _mapping(self.old, "parameters")
            if isinstance(raw, dict) and raw.get("in") not in ("body", "formData")
        }
        components["responses"] = {
            name: self.response(raw, self.produces) for name, raw in _mapping(self.old, "responses")
        }
        components["securitySchemes"] = {name: flows(raw) for name, raw in _mapping(self.old, "securityDefinitions")}
        moves = {"schemas": "definitions", "parameters": "parameters", "responses": "responses",
                 "securitySchemes": "securityDefinitions"}  # fmt: skip
        self.result.moved.update({("components", new_name): [old] for new_name, old in moves.items()})

    def deref(self, node: Any) -> Any:
        """What a reference leads to; the reference itself if it leads nowhere."""
        seen = node
        for _ in range(pointers.CHAIN):
            ref = seen.get("$ref") if isinstance(seen, dict) else None
            if not isinstance(ref, str):
                return seen
            try:
                seen = pointers.resolve(self.old, ref)
            except LookupError:
                return node
        return node

    # ------------------------------------------------------------------------------------------------ operations

    def path_item(self, raw: Any, at: At) -> Any:
        if at[-1].startswith("x-"):
            return raw
        item = raw
        if isinstance(raw, dict) and isinstance(raw.get("$ref"), str):
            target = self.deref(raw)
            if target is raw or not isinstance(target, dict):
                return raw
            item = {**target, **{key: value for key, value in raw.items() if key != "$ref"}}
        if not isinstance(item, dict):
            return item
        shared = item.get("parameters")
        common = [(one, [*at, "parameters", str(index)]) for index, one in enumerate(_list(shared))]
        new: dict[str, Any] = {}
        for key, value in item.items():
            if key == "parameters":
                continue
            if key.lower() in METHODS and isinstance(value, dict):
                new[key] = self.operation(value, common, [*at, key])
            else:
                new[key] = value
        plain = self.parameters(common, at)
        if plain:
            new["parameters"] = plain
        return new

    def operation(self, raw: dict[str, Any], common: list[tuple[Any, At]], at: At) -> dict[str, Any]:
        dropped = ("consumes", "parameters", "produces", "responses", "schemes")
        new = {key: value for key, value in raw.items() if key not in dropped}
        declared = raw.get("parameters")
        if declared is not None and not isinstance(declared, list):
            self.say("AG022", "parameters is not a list", [*at, "parameters"], "write a list of parameters")
        own = [(one, [*at, "parameters", str(index)]) for index, one in enumerate(_list(declared))]
        plain = self.parameters(own, at)
        if plain:
            new["parameters"] = plain
        body = self.body(own, common, _media(raw["consumes"]) if "consumes" in raw else self.consumes, at)
        if body is not None:
            new["requestBody"] = body
        produces = _media(raw["produces"]) if "produces" in raw else None
        responses = raw.get("responses")
        if isinstance(responses, dict):
            new["responses"] = {code: self.answer(one, produces) for code, one in responses.items()}
        elif responses is not None:
            new["responses"] = responses
        schemes = raw.get("schemes")
        if isinstance(schemes, list) and schemes != self.old.get("schemes") and "host" in self.old:
            found = servers({**self.old, "schemes": schemes})
            if found and found != self.result.root.get("servers"):
                new["servers"] = found
        return new

    def parameters(self, listed: list[tuple[Any, At]], at: At) -> list[Any]:
        """Those that stay parameters."""
        new: list[Any] = []
        place = (*at, "parameters")
        for raw, origin in listed:
            target = self.deref(raw)
            if isinstance(target, dict) and target.get("in") in ("body", "formData"):
                continue
            self.result.moved[(*place, str(len(new)))] = origin
            ref = raw.get("$ref") if isinstance(raw, dict) else None
            if isinstance(ref, str) and (ref.startswith("#/parameters/") or target is raw):
                new.append({"$ref": self.schemas.ref(ref)})
            else:
                new.append(self.parameter(target, origin))
        return new

    def parameter(self, raw: Any, at: At) -> Any:
        """A path, query, header or cookie parameter."""
        if not isinstance(raw, dict):
            return raw
        new = {
            key: value for key, value in raw.items() if key not in _VALUE and key not in ("collectionFormat", "schema")
        }
        schema = self.value(raw)
        if "schema" in raw:  # not allowed here, but what is meant is plain
            self.say("AG020", f"the parameter {raw.get('name')!r} has a schema, which only a body may have", at)
            given = self.schemas.convert(raw["schema"])
            schema = {**given, **schema} if isinstance(given, dict) else given
        new["schema"] = schema
        if raw.get("type") == "array":
            place = raw.get("in")
            layout = self.layout(raw, place == "query", at)
            if layout is None:
                new["schema"], new["description"] = _joined(raw)
            else:
                new.update(layout)
        return new

    def value(self, raw: dict[str, Any]) -> dict[str, Any]:
        """The schema of a parameter or header that describes its value itself."""
        value = {key: item for key, item in raw.items() if key in _VALUE or key == "x-nullable"}
        schema: dict[str, Any] = self.schemas.convert(value)
        return schema

    def layout(self, raw: dict[str, Any], query: bool, at: At) -> dict[str, Any] | None:
        """``style`` and ``explode`` of an array; None where 3.0 has no style that sends it so."""
        listed = raw.get("collectionFormat", "csv")
        if listed == "multi" and query:
            return {"style": "form", "explode": True}
        if listed in ("csv", "multi"):
            return {"style": "form", "explode": False} if query else {"style": "simple"}
        if query and listed in ("ssv", "pipes"):
            return {"style": "spaceDelimited" if listed == "ssv" else "pipeDelimited", "explode": False}
        if isinstance(listed, str) and listed in _SEPARATED:
            return None
        help = "csv, ssv, tsv, pipes and multi exist; csv was taken"
        self.say("AG020", f"the collectionFormat {listed!r} does not exist", [*at, "collectionFormat"], help)
        return {"style": "form", "explode": False} if query else {"style": "simple"}

    # ---------------------------------------------------------------------------------------------------- bodies

    def body(
        self, own: list[tuple[Any, At]], common: list[tuple[Any, At]], consumes: list[str], at: At
    ) -> dict[str, Any] | None:
        bodies: list[tuple[dict[str, Any], At]] = []
        fields: dict[str, tuple[dict[str, Any], At]] = {}
        # The operation's own parameters replace those of the path by name and place (section "Path Item Object").
        for listed, inherited in ((common, True), (own, False)):
            found: list[tuple[dict[str, Any], At]] = []
            for raw, origin in listed:
                target = self.deref(raw)
                if not isinstance(target, dict):
                    continue
                if target.get("in") == "body":
                    found.append((target, origin))
                elif target.get("in") == "formData":
                    name = target.get("name")
                    if not isinstance(name, str):
                        self.say("AG022", "a form parameter has no name", origin, "give it a name")
                        continue
                    if not inherited and name in fields and fields[name][1][: len(at)] == at:
                        self.say("AG022", f"the form parameter {name!r} occurs twice; the last one is read", origin)
                    fields[name] = (target, origin)
            bodies = found or bodies
        key = (*at, "requestBody")
        if bodies:
            first, origin = bodies[0]
            if members := self.members(bodies):
                for media in consumes or [_JSON]:
                    prefix = (*key, "content", media, "schema", "properties")
                    self.result.moved.update({(*prefix, raw["name"]): place for raw, place in bodies})
                first, bodies = members, bodies[:1]
            for _, other in bodies[1:]:
                self.say("AG022", "an operation has one body; this further one is not read", other, "remove it")
            for name, (_, other) in fields.items():
                what = f"an operation has a body or a form; the form parameter {name!r} is not read"
                self.say("AG022", what, other, "put it into the body, or into the query")
            self.result.moved[key] = origin
            return self.whole(first, consumes)
        if fields:
            self.result.moved[key] = next(iter(fields.values()))[1]
            return self.form(fields, consumes, at)
        return None

    def members(self, bodies: list[tuple[dict[str, Any], At]]) -> dict[str, Any] | None:
        """One body for several bodies of plain values: their author meant the members of one object."""
        schemas: dict[str, Any] = {}
        for raw, _ in bodies:
            schema = raw.get("schema", {key: raw[key] for key in raw if key in _VALUE})
            name, kind = raw.get("name"), schema.get("type") if isinstance(schema, dict) else None
            if not isinstance(name, str) or kind not in _NO_OBJECT:
                return None
            about = raw.get("description")
            schemas[name] = {**({"description": about} if isinstance(about, str) else {}), **schema}
        if len(bodies) < 2 or len(schemas) < len(bodies):
            return None
        what = f"an operation has one body; these {len(bodies)} are read as the members of one object"
        self.say("AG022", what, bodies[1][1], "declare one body, whose schema is an object with these properties")
        required = [raw["name"] for raw, _ in bodies if raw.get("required") is True]
        schema = {"type": "object", "properties": schemas, **({"required": required} if required else {})}
        return {"schema": schema, "required": bool(required)}

    def whole(self, raw: dict[str, Any], consumes: list[str]) -> dict[str, Any]:
        schema = self.schemas.convert(raw.get("schema", {}))
        new: dict[str, Any] = {key: value for key, value in raw.items() if key.startswith("x-") or key == "description"}
        if isinstance(raw.get("name"), str):
            new["x-body-name"] = raw[
                "name"
            ]  # the one thing that 3.0 has no place for; de facto name of swagger2openapi
        new["content"] = {media: {"schema": schema} for media in consumes or [_JSON]}
        if raw.get("required") is True:
            new["required"] = True
        return new

    def form(self, fields: dict[str, tuple[dict[str, Any], At]], consumes: list[str], at: At) -> dict[str, Any]:
        properties: dict[str, Any] = {}
        encoding: dict[str, Any] = {}
        for name, (raw, origin) in fields.items():
            schema = self.value(raw)
            if raw.get("type") == "array":
                layout = self.layout(raw, True, origin)
                if layout is None:
                    schema, schema["description"] = _joined(raw)
                else:
                    encoding[name] = layout
            if isinstance(raw.get("description"), str):
                schema.setdefault("description", raw["description"])
            schema.update({key: value for key, value in raw.items() if key.startswith("x-") and key != "x-nullable"})
            properties[name] = schema
        required = [name for name, (raw, _) in fields.items() if raw.get("required") is True]
        files = any(raw.get("type") == "file" for raw, _ in fields.values())
        # Files need multipart; without consumes, or with one that cannot carry a form, the plainer form is meant.
        media = ["multipart/form-data"] if files else [one for one in consumes if _base(one) in _FORMS] or [_FORMS[0]]
        schema = {"type": "object", "properties": properties}
        if required:
            schema["required"] = required
        content: dict[str, Any] = {}
        for one in media:
            content[one] = {"schema": schema, **({"encoding": encoding} if encoding else {})}
            prefix = (*at, "requestBody", "content", one, "schema", "properties")
            for name, (_, origin) in fields.items():
                self.result.moved[(*prefix, name)] = origin
        return {"content": content, **({"required": True} if required else {})}

    # --------------------------------------------------------------------------------------------------- answers

    def answer(self, raw: Any, produces: list[str] | None) -> Any:
        """A response of an operation. A shared one is read into its place where the operation produces other types."""
        ref = raw.get("$ref") if isinstance(raw, dict) else None
        if not isinstance(ref, str):
            return self.response(raw, self.produces if produces is None else produces)
        target = self.deref(raw)
        if (ref.startswith("#/responses/") and produces in (None, self.produces)) or target is raw:
            return {"$ref": self.schemas.ref(ref)}
        return self.response(target, self.produces if produces is None else produces)

    def response(self, raw: Any, produces: list[str]) -> Any:
        if not isinstance(raw, dict):
            return raw
        if isinstance(raw.get("$ref"), str):
            return {"$ref": self.schemas.ref(raw["$ref"])}
        new = {key: value for key, value in raw.items() if key not in ("examples", "headers", "schema")}
        headers = raw.get("headers")
        if isinstance(headers, dict):
            new["headers"] = {name: self.header(header) for name, header in headers.items()}
        examples = raw.get("examples")
        examples = examples if isinstance(examples, dict) else {}
        content: dict[str, Any] = {}
        if "schema" in raw:
            schema = raw["schema"]
            file = isinstance(schema, dict) and schema.get("type") == "file"
            media = produces or ([] if examples else ["application/octet-stream" if file else _JSON])
            converted = self.schemas.convert(schema)
            content = {one: {"schema": converted} for one in [*media, *(key for key in examples if "/" in key)]}
        for media_type, example in examples.items():
            if "/" in media_type:  # others are no media types: people wrote the example itself
                content.setdefault(media_type, {})["example"] = example
        if "schema" in raw and not content:
            content = {_JSON: {"schema": self.schemas.convert(raw["schema"])}}
        if content:
            new["content"] = content
        return new

    def header(self, raw: Any) -> Any:
        if not isinstance(raw, dict):
            return raw
        new = {key: value for key, value in raw.items() if key not in _VALUE and key != "collectionFormat"}
        return {**new, "schema": self.value(raw)}


def _joined(raw: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """An array that 3.0 cannot send as it must be sent: one string that the caller joins."""
    said = raw.get("description")
    by = _SEPARATED[raw["collectionFormat"]]
    text = f"{said.rstrip('. ')}. " if isinstance(said, str) and said.strip() else ""
    return {"type": "string"}, f"{text}Several values are separated by {by}."


def _base(media: str) -> str:
    return media.partition(";")[0].strip().lower()


def _media(raw: Any) -> list[str]:
    return list(dict.fromkeys(one for one in _list(raw) if isinstance(one, str) and "/" in one))


def _list(raw: Any) -> list[Any]:
    return raw if isinstance(raw, list) else []


def _mapping(root: dict[str, Any], key: str) -> Iterator[tuple[str, Any]]:
    value = root.get(key)
    return iter(value.items()) if isinstance(value, dict) else iter(())
