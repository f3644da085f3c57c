"""Operations: what a document offers, read leniently into plain frozen values.

Follows the Paths Object, Path Item, Operation, Parameter, Request Body and Responses of OpenAPI 3.1 (sections
4.8.8-4.8.17). What the specification forbids but people write (a query string in a path key, parameters that the
template names and nobody declares, `:name` placeholders, ...) is understood where it can be and reported as AG020.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from adaptgen.diagnostics import Diagnostic
from adaptgen.model.plan import LeftOut
from adaptgen.plan.document.operation import (
    PLACEHOLDER,
    Operation,
    Parameter,
    RequestBody,
    Response,
    accepted,
    answer_rank,
    base_media,
    body_rank,
    is_json,
    mapping,
    sendable,
    text,
)
from adaptgen.plan.document.schemas import shape
from adaptgen.plan.document.shapes import Shape
from adaptgen.syntax.json_pointer import escape

if TYPE_CHECKING:
    from adaptgen.source import Document

__all__ = [
    "PLACEHOLDER", "Operation", "Parameter", "RequestBody", "Response", "accepted", "base_media",
    "is_json", "mapping", "operations", "sendable", "server_urls", "text",
]  # fmt: skip

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_FIELDS = frozenset(("$ref", "summary", "description", "servers", "parameters", *METHODS))
"""What a path item has (OpenAPI 3.1, 4.8.9)."""
PLACES = ("path", "query", "header", "cookie")
LONGEST_PATH = 8000
"""Characters of a path; no server has to take a longer one (RFC 9110, section 4.1)."""
_LONGEST_ID = 1000
_LONGEST_METHOD = 60
_GREEDY = re.compile(r"^[+*]|[+*]$|\.\.\.$|:(?:path|\.[*+]|.*/)")
"""A placeholder of several segments: ``{+path}`` (RFC 6570, 3.2.3), and as frameworks write it: ``{path+}``,
``{path*}``, ``{*path}``, ``{path...}``, ``{path:path}``, ``{path:.*}``."""
_VARIABLE = re.compile(r"\{([^{}]*)\}")
# Keywords of a schema that old or careless documents put straight into the parameter.
_SCHEMA_KEYS = ("type", "format", "enum", "items", "default", "minimum", "maximum", "pattern", "minLength", "maxLength")


def operations(document: Document) -> tuple[list[Operation], list[LeftOut], list[Diagnostic]]:
    """Every operation of the document by path and method, those that cannot be understood, and what was odd."""
    reader = _Reader(document)
    found: list[Operation] = []
    for key, item, pointer in reader.path_items():
        for method in METHODS:
            if (raw := item.get(method)) is None:
                continue
            operation = reader.operation(method, key, item, raw, f"{pointer}/{method}")
            if operation:
                found.append(operation)
        reader.unread_fields(key, item, pointer)
    return found, reader.left_out, reader.diagnostics


class _Reader:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.left_out: list[LeftOut] = []
        self.diagnostics: list[Diagnostic] = []
        self.security = _security(document.root.get("security"))

    def note(self, code: str, message: str, pointer: str, help: str = "") -> None:
        where = self.document.where(pointer)
        self.diagnostics.append(Diagnostic(code, message, where, help, "warning"))

    def deref(self, node: Any, pointer: str) -> Any:
        try:
            return self.document.deref(node)
        except LookupError:
            self.note("AG010", f"the reference {text(mapping(node).get('$ref'))!r} leads nowhere", pointer)
            return None

    def path_items(self) -> Iterator[tuple[str, Mapping[str, Any], str]]:
        paths = self.document.root.get("paths")
        for key, node in _by_key(paths):
            if key.startswith("x-"):
                continue
            pointer = f"#/paths/{escape(key)}"
            if len(key) > LONGEST_PATH:
                message = f"the path {key[:60]!r}… has {len(key):,} characters and was left out"
                self.note("AG021", message, pointer, f"no server takes more than {LONGEST_PATH:,} characters for sure")
                continue
            item = self.deref(node, pointer)
            if not isinstance(item, dict):
                if item is not None:
                    self.note("AG021", f"the path {key!r} is not an object and was left out", pointer)
                continue
            if isinstance(node, dict) and node is not item and len(node) > 1:
                item = {**item, **{name: value for name, value in node.items() if name != "$ref"}}
            yield key, item, pointer

    def unread_fields(self, key: str, item: Mapping[str, Any], pointer: str) -> None:
        """Notes the operations under other names than methods of OpenAPI 3.1: those of 3.2 (``query`` and
        ``additionalOperations`` of a Path Item Object), of extensions, and misspelt ones."""
        for name, node in item.items():
            if name in _FIELDS or not isinstance(node, dict) or (name.startswith("x-") and "responses" not in node):
                continue
            several = name == "additionalOperations"
            for method in node if several else (name,):
                at = f"{pointer}/{escape(name)}" + (f"/{escape(method)}" if several else "")
                method = method[:_LONGEST_METHOD]
                self.left_out.append(LeftOut(f"{method} {key}", at, "broken", "its method is not one that tools call"))
                help = "write it as get, put, post, delete or patch, in an overlay if the document is not yours"
                self.note(
                    "AG021", f"{method} {key} was left out: its method is not one of {', '.join(METHODS)}", at, help
                )

    def operation(self, method: str, key: str, item: Mapping[str, Any], node: Any, pointer: str) -> Operation | None:
        raw = self.deref(node, pointer)
        name = f"{method.upper()} {key}"
        if not isinstance(raw, dict):
            self.left_out.append(LeftOut(name, pointer, "broken", "the operation is not an object"))
            self.note("AG021", f"{name} is not an object and was left out", pointer)
            return None
        path, pairs = _split(key.strip())
        path = path.rstrip()  # white space at the end of a path is a slip of the pen, and another path for servers
        parameters = self.parameters(item.get("parameters"), raw.get("parameters"), pointer)
        body = self.body(raw.get("requestBody"), f"{pointer}/requestBody", name)
        parameters, body = self.strays(parameters, body, pointer)
        parameters = self.exploded(parameters)
        path, parameters = self.template(path, parameters, pointer)
        constants, parameters = self.query(pairs, parameters, pointer)
        identifier = raw.get("operationId")
        tags = raw.get("tags")
        security = _security(raw.get("security"))
        return Operation(
            method=method.upper(),
            path=path,
            pointer=pointer,
            written=key,
            id=identifier if isinstance(identifier, str) and 0 < len(identifier.strip()) <= _LONGEST_ID else None,
            summary=text(raw.get("summary")) or text(item.get("summary")),
            description=text(raw.get("description")) or text(item.get("description")),
            tags=tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else (),
            parameters=parameters,
            body=body,
            responses=self.responses(raw.get("responses"), f"{pointer}/responses"),
            security=security if security is not None else self.security,
            servers=server_urls(raw.get("servers")) or server_urls(item.get("servers")),
            deprecated=raw.get("deprecated") is True,
            constants=constants,
            raw=raw,
        )

    # ------------------------------------------------------------------------------------------------ parameters

    def parameters(self, shared: Any, own: Any, pointer: str) -> tuple[Parameter, ...]:
        """Of the path item and of the operation; the latter override by name and place (OpenAPI 3.1, 4.8.10)."""
        merged: dict[tuple[str, str], Parameter] = {}
        above = pointer.rpartition("/")[0]
        for nodes, base in ((shared, f"{above}/parameters"), (own, f"{pointer}/parameters")):
            level: dict[tuple[str, str], Parameter] = {}
            for index, node in enumerate(nodes if isinstance(nodes, list) else ()):
                parameter = self.parameter(node, f"{base}/{index}")
                if parameter is None:
                    continue
                # Header names do not depend on case (RFC 9110, 5.1).
                folded = parameter.name.lower() if parameter.place == "header" else parameter.name
                if (folded, parameter.place) in level:
                    self.note("AG020", f"the parameter {parameter.name!r} occurs twice", parameter.pointer)
                    continue
                level[folded, parameter.place] = parameter
            merged.update(level)
        return tuple(merged.values())

    def parameter(self, node: Any, pointer: str) -> Parameter | None:
        raw = self.deref(node, pointer)
        if raw is None:
            return None
        if not isinstance(raw, dict) or not isinstance(raw.get("name"), (str, int)) or raw.get("name") == "":
            self.note("AG022", "a parameter without a name was ignored", pointer)
            return None
        place = text(raw.get("in")).lower()
        schema, content = raw.get("schema"), None
        if schema is None and isinstance(raw.get("content"), dict) and raw["content"]:
            content = min(map(str, raw["content"]), key=lambda media: (not is_json(media), media))
            schema = mapping(self.deref(raw["content"][content], pointer)).get("schema")
        if schema is None:
            schema = {name: raw[name] for name in _SCHEMA_KEYS if name in raw}
        style, explode = raw.get("style"), raw.get("explode")
        return Parameter(
            # A colon or a blank at the end of a header name is a slip of the pen.
            name=str(raw["name"]).strip(" :") or str(raw["name"]) if place == "header" else str(raw["name"]),
            place=place,
            required=raw.get("required") is True or place == "path",
            schema=schema,
            description=text(raw.get("description")),
            style=style if isinstance(style, str) else None,
            explode=explode if isinstance(explode, bool) else None,
            content=content,
            reserved=raw.get("allowReserved") is True,
            deprecated=raw.get("deprecated") is True,
            pointer=pointer,
            raw=raw,
        )

    def strays(
        self, parameters: tuple[Parameter, ...], body: RequestBody | None, pointer: str
    ) -> tuple[tuple[Parameter, ...], RequestBody | None]:
        """Parameters in places that OpenAPI 3 does not know: ``body`` and ``formData`` of 2.0 become the body."""
        kept, fields = [], {}
        for one in parameters:
            if one.place in PLACES:
                kept.append(one)
            elif one.place == "body" and body is None:
                body = RequestBody(one.required, "application/json", one.schema, {}, one.description, one.pointer)
            elif one.place == "formdata":
                fields[one.name] = one
            else:
                self.note("AG020", f"the parameter {one.name!r} is in {one.place!r}; read as query", one.pointer)
                kept.append(replace(one, place="query"))
        if fields and body is None:
            schema = {
                "type": "object",
                "properties": {name: one.schema for name, one in fields.items()},
                "required": [name for name, one in fields.items() if one.required],
            }
            binary = any(mapping(one.schema).get("type") == "file" for one in fields.values())
            media = "multipart/form-data" if binary else "application/x-www-form-urlencoded"
            body = RequestBody(bool(schema["required"]), media, schema, {}, "", pointer)
        return tuple(kept), body

    def exploded(self, parameters: tuple[Parameter, ...]) -> tuple[Parameter, ...]:
        """With the properties of an object in the query as parameters of their own, which they are in a request
        (``style: form`` with ``explode``, the defaults: OpenAPI 3.1, 4.8.12.2). A parameter with the name of a property
        stands for it."""
        parts = [self.properties_of(one) for one in parameters]
        declared = {one.name for one, own in zip(parameters, parts, strict=True) if one.place == "query" and not own}
        kept: list[Parameter] = []
        for one, own in zip(parameters, parts, strict=True):
            if not own:
                kept.append(one)
            kept += [part for name, part in own.items() if name not in declared]
            declared |= own.keys()
        return tuple(kept)

    def properties_of(self, parameter: Parameter) -> dict[str, Parameter]:
        """What an exploded object puts into the query; empty for all else, and for objects within objects, whose
        form OpenAPI leaves open."""
        if (
            parameter.place != "query"
            or parameter.content is not None
            or parameter.explode is False
            or parameter.style not in (None, "form")
        ):
            return {}
        holder = shape(self.document, parameter.schema)
        if holder.type != "object" or holder.variants or holder.additional is not False:
            return {}
        properties: dict[str, Parameter] = {}
        for name, schema in holder.properties.items():
            if not self.is_flat(shape(self.document, schema)):
                return {}
            properties[name] = Parameter(
                name=name,
                place="query",
                required=parameter.required and name in holder.required,
                schema=schema,
                deprecated=parameter.deprecated,
                reserved=parameter.reserved,
                pointer=parameter.pointer,
            )
        return properties

    def is_flat(self, one: Shape) -> bool:
        """Whether a value is plain, or a list of plain values."""
        if one.variants or one.properties or "object" in (one.type, *one.types):
            return False
        if one.items is None:
            return True
        item = shape(self.document, one.items)
        return item.items is None and self.is_flat(item)

    def template(self, path: str, parameters: tuple[Parameter, ...], pointer: str) -> tuple[str, tuple[Parameter, ...]]:
        """The path with placeholders that have exactly the names of the declared path parameters, and the parameters
        with those added that only the template names."""
        declared = {one.name: one for one in parameters if one.place == "path"}
        loose = {_loose(name): name for name in declared}
        added: dict[str, Parameter] = {}
        greedy: set[str] = set()

        def rename(match: re.Match[str]) -> str:
            name = match[1]
            if name in declared or name in added:
                return match[0]
            if name.startswith(("?", "&")):  # RFC 6570 form expansion: these are query parameters
                known = {one.name for one in parameters if one.place == "query"}
                for part in filter(None, (part.strip(" *") for part in name[1:].split(","))):
                    if part not in known:
                        added[f"?{part}"] = Parameter(part, "query", schema={}, pointer=pointer)
                return ""
            bare = name.split(":")[0].strip(" +*/").removesuffix("...")
            bare = loose.get(_loose(bare)) or bare
            if not bare:
                return match[0]
            if _GREEDY.search(name):
                greedy.add(bare)
            if bare not in declared and bare not in added:
                self.note("AG020", f"the path parameter {bare!r} is not declared", pointer, "read as a required string")
                added[bare] = Parameter(
                    bare,
                    "path",
                    True,
                    {"type": "string"},
                    pointer=pointer,
                )
            return f"{{{bare}}}"

        path = PLACEHOLDER.sub(rename, path)
        names = set(PLACEHOLDER.findall(path))
        for name in declared:
            if name not in names and f"/:{name}" in path:
                path = re.sub(rf"/:{re.escape(name)}(?=/|$)", lambda _: f"/{{{name}}}", path)  # noqa: B023
        every = (*parameters, *added.values())
        return path, tuple(
            replace(one, reserved=True) if one.place == "path" and one.name in greedy else one for one in every
        )

    def query(
        self, pairs: list[tuple[str, str]], parameters: tuple[Parameter, ...], pointer: str
    ) -> tuple[tuple[tuple[str, str], ...], tuple[Parameter, ...]]:
        """The query string of a path key: constants, and parameters where a value is a placeholder."""
        constants: list[tuple[str, str]] = []
        kept = list(parameters)
        for name, value in pairs:
            placeholder = re.fullmatch(r"\{([^{}]+)\}", value)
            if not placeholder:
                if not any(one.name == name and one.place == "query" for one in kept):
                    constants.append((name, value))
                continue
            known = next((one for one in kept if one.name in (placeholder[1], name) and one.place != "header"), None)
            if known:
                kept[kept.index(known)] = replace(known, name=name, place="query", style=None, explode=None)
            else:
                kept.append(Parameter(name, "query", True, {"type": "string"}, pointer=pointer))
        return tuple(constants), tuple(kept)

    # ------------------------------------------------------------------------------------------ bodies, responses

    def body(self, node: Any, pointer: str, operation: str) -> RequestBody | None:
        raw = self.deref(node, pointer) if node is not None else None
        if not isinstance(raw, dict):
            return None
        content = {
            str(media): mapping(self.deref(entry, pointer)) for media, entry in mapping(raw.get("content")).items()
        }
        if not content:
            self.note("AG020", f"the body of {operation} has no media type", pointer, "read as a JSON body")
            content = {"application/json": {}}
        media = self.choose(content)
        return RequestBody(
            required=raw.get("required") is True,
            media=media,
            schema=content[media].get("schema", {}),
            encoding=mapping(content[media].get("encoding")),
            description=text(raw.get("description")),
            pointer=f"{pointer}/content/{escape(media)}",
            alternatives=tuple(sorted(other for other in content if other != media)),
            optional=raw.get("required") is False,
        )

    def choose(self, content: Mapping[str, Mapping[str, Any]]) -> str:
        """JSON before forms before the rest; multipart first where JSON could not carry a declared file."""
        ranked = sorted(content, key=lambda media: (body_rank(media), media))
        best = ranked[0]
        multipart = next((media for media in ranked if base_media(media) == "multipart/form-data"), None)
        if multipart and multipart != best and body_rank(best) < body_rank(multipart):
            files, required = self.files(content[multipart].get("schema"))
            if files & (required | self.files(content[best].get("schema"))[0]):
                return multipart
        return best

    def files(self, schema: Any) -> tuple[set[str], set[str]]:
        """The top-level properties that are files, and those that are required."""
        found = shape(self.document, schema)
        files = set()
        for name, node in found.properties.items():
            one = shape(self.document, node)
            inner = shape(self.document, one.items) if one.type == "array" else one
            if inner.format == "binary":
                files.add(name)
        return files, set(found.required)

    def responses(self, node: Any, pointer: str) -> tuple[Response, ...]:
        found = []
        for status, entry in _by_key(self.deref(node, pointer)):
            if status.startswith("x-"):
                continue
            here = f"{pointer}/{escape(status)}"
            raw = mapping(self.deref(entry, here))
            content = {str(name): entry for name, entry in mapping(raw.get("content")).items()}
            media = min(content, key=lambda one: (answer_rank(one), one), default=None)
            schema = mapping(self.deref(content[media], here)).get("schema") if media is not None else None
            if schema is None and media is not None and is_json(media):
                # One spelling of JSON may have the example only, and another the schema.
                also = (
                    mapping(self.deref(content[one], here)).get("schema") for one in sorted(content) if is_json(one)
                )
                schema = next((one for one in also if one is not None), None)
            headers = {}
            for name, header in sorted(mapping(raw.get("headers")).items(), key=lambda pair: str(pair[0])):
                declared = mapping(self.deref(header, here))
                headers[str(name)] = declared.get("schema", {})
            found.append(
                Response(
                    status.upper() if status[1:].lower() == "xx" else status,
                    media,
                    schema,
                    headers,
                    text(raw.get("description")),
                    here,
                )
            )
        return tuple(found)


def server_urls(node: Any) -> tuple[str, ...]:
    """The URLs of a ``servers`` list with the defaults of their variables filled in (OpenAPI 3.1, 4.8.5)."""
    urls = []
    for entry in node if isinstance(node, list) else ():
        url = text(mapping(entry).get("url")).strip()
        variables = mapping(mapping(entry).get("variables"))
        # In one pass: a default that names a variable is no reference to it.
        url = _VARIABLE.sub(partial(_default, variables), url)
        if url:
            urls.append(url)
    return tuple(urls)


def _default(variables: Mapping[str, Any], found: re.Match[str]) -> str:
    variable = mapping(variables.get(found[1]))
    options = variable.get("enum")
    default = variable.get("default", options[0] if isinstance(options, list) and options else None)
    return found[0] if default is None else str(default)


def _by_key(node: Any) -> list[tuple[str, Any]]:
    """The members of a mapping by name: results must not depend on the order of keys."""
    return sorted(((str(key), value) for key, value in mapping(node).items()), key=lambda pair: pair[0])


def _security(node: Any) -> tuple[Mapping[str, list[str]], ...] | None:
    if not isinstance(node, list):
        return None
    return tuple(
        {
            str(name): [scope for scope in scopes if isinstance(scope, str)] if isinstance(scopes, list) else []
            for name, scopes in entry.items()
        }
        for entry in node
        if isinstance(entry, dict)
    )


def _loose(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _split(key: str) -> tuple[str, list[tuple[str, str]]]:
    """A path key without its query string and fragment, and the pairs of the former. Braces hide ``?`` and ``#``."""
    depth, cut, hash_at = 0, len(key), len(key)
    for index, char in enumerate(key):
        depth += (char == "{") - (char == "}")
        if depth == 0 and char == "#":
            hash_at = index
            break
        if depth == 0 and char == "?" and cut == len(key):
            cut = index
    path, query = key[: min(cut, hash_at)], key[cut + 1 : hash_at] if cut < hash_at else ""
    pairs = []
    for part in filter(None, query.split("&")):
        name, _, value = part.partition("=")
        pairs.append((unquote_plus(name), unquote_plus(value)))
    if not path.startswith(("/", "http://", "https://")):
        path = f"/{path}"
    return path, pairs
