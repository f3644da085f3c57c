"""Operations: what a document offers, read leniently into plain frozen values.

Follows the Paths Object, Path Item, Operation, Parameter, Request Body and Responses of OpenAPI 3.1 (sections
4.8.8-4.8.17). What the specification forbids but people write (a query string in a path key, parameters that the
template names and nobody declares, `:name` placeholders, ...) is understood where it can be and reported as AG020.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from adaptgen.diagnostics import Diagnostic
from adaptgen.model import Json, LeftOut

if TYPE_CHECKING:
    from adaptgen.source import Document

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
PLACES = ("path", "query", "header", "cookie")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
# Keywords of a schema that old or careless documents put straight into the parameter.
_SCHEMA_KEYS = ("type", "format", "enum", "items", "default", "minimum", "maximum", "pattern", "minLength", "maxLength")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One declared parameter. ``schema`` is as written (it may hold a ``$ref``); ``content`` the media type of a
    parameter that is sent as text of that type instead of by ``style``."""

    name: str
    place: str
    required: bool = False
    schema: Json = None
    description: str = ""
    style: str | None = None
    explode: bool | None = None
    content: str | None = None
    reserved: bool = False
    deprecated: bool = False
    pointer: str = ""
    raw: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class RequestBody:
    """A request body in the media type that was chosen among ``alternatives`` (the others). ``optional``: it says
    ``required: false``, where most documents that leave ``required`` out mean a body that is needed."""

    required: bool
    media: str
    schema: Json
    encoding: Mapping[str, Any]
    description: str = ""
    pointer: str = ""
    alternatives: tuple[str, ...] = ()
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Response:
    """One declared answer. ``status`` is ``200``, ``2XX`` or ``default``; ``headers`` name -> schema."""

    status: str
    media: str | None
    schema: Json | None
    headers: Mapping[str, Json]
    description: str = ""
    pointer: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. ``path`` is the template as sent, ``written`` the key of the Paths Object it stands under;
    ``constants`` the query string that was part of that key. ``security`` has the document's default applied (None:
    nothing is declared anywhere, empty: declared public). ``servers`` are URLs of this operation alone."""

    method: str
    path: str
    pointer: str
    written: str
    id: str | None
    summary: str
    description: str
    tags: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    body: RequestBody | None
    responses: tuple[Response, ...]
    security: tuple[Mapping[str, list[str]], ...] | None
    servers: tuple[str, ...]
    deprecated: bool
    constants: tuple[tuple[str, str], ...]
    raw: Mapping[str, Any]

    @property
    def key(self) -> str:
        """``GET /api/contacts/``: how people and hints name the operation."""
        return f"{self.method} {self.written}"

    def success(self) -> Response | None:
        """The answer of a call that went well: the best of 2xx, ``2XX`` and ``default``."""
        good = [one for one in self.responses if one.status[:1] == "2" or one.status == "default"]
        return min(good, key=_preference, default=None)


def _preference(response: Response) -> tuple[int, int, str]:
    group = 2 if response.status == "default" else 1 if response.status.endswith("X") else 0
    empty = response.media is None or response.status in ("204", "205")
    return (group if not empty else group + 1 if group < 2 else 2, int(response.status != "200"), response.status)


def escape_pointer(key: str) -> str:
    """One reference token of a JSON Pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")


def text(value: Any) -> str:
    """``value`` if it is a string, else nothing."""
    return value if isinstance(value, str) else ""


def mapping(value: Any) -> Mapping[str, Any]:
    """``value`` if it is a mapping, else an empty one."""
    return value if isinstance(value, Mapping) else {}


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
            pointer = f"#/paths/{escape_pointer(key)}"
            item = self.deref(node, pointer)
            if not isinstance(item, Mapping):
                if item is not None:
                    self.note("AG021", f"the path {key!r} is no object and was left out", pointer)
                continue
            if isinstance(node, Mapping) and node is not item and len(node) > 1:
                item = {**item, **{name: value for name, value in node.items() if name != "$ref"}}
            yield key, item, pointer

    def operation(self, method: str, key: str, item: Mapping[str, Any], node: Any, pointer: str) -> Operation | None:
        raw = self.deref(node, pointer)
        name = f"{method.upper()} {key}"
        if not isinstance(raw, Mapping):
            self.left_out.append(LeftOut(name, pointer, "broken", "the operation is no object"))
            self.note("AG021", f"{name} is no object and was left out", pointer)
            return None
        path, pairs = _split(key)
        parameters = self.parameters(item.get("parameters"), raw.get("parameters"), pointer)
        body = self.body(raw.get("requestBody"), f"{pointer}/requestBody", name)
        parameters, body = self.strays(parameters, body, pointer)
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
            id=identifier if isinstance(identifier, str) and identifier.strip() else None,
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
                    self.note("AG020", f"the parameter {parameter.name!r} stands twice", parameter.pointer)
                    continue
                level[folded, parameter.place] = parameter
            merged.update(level)
        return tuple(merged.values())

    def parameter(self, node: Any, pointer: str) -> Parameter | None:
        raw = self.deref(node, pointer)
        if raw is None:
            return None
        if not isinstance(raw, Mapping) or not isinstance(raw.get("name"), (str, int)) or raw.get("name") == "":
            self.note("AG022", "a parameter without a name was ignored", pointer)
            return None
        place = text(raw.get("in")).lower()
        schema, content = raw.get("schema"), None
        if schema is None and isinstance(raw.get("content"), Mapping) and raw["content"]:
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

    def template(self, path: str, parameters: tuple[Parameter, ...], pointer: str) -> tuple[str, tuple[Parameter, ...]]:
        """The path with placeholders that have exactly the names of the declared path parameters, and the parameters
        with those added that only the template names."""
        declared = {one.name: one for one in parameters if one.place == "path"}
        loose = {_loose(name): name for name in declared}
        added: dict[str, Parameter] = {}

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
            bare = name.split(":")[0].strip(" +*/")
            bare = loose.get(_loose(bare)) or bare
            if not bare:
                return match[0]
            if bare not in declared and bare not in added:
                self.note("AG020", f"the path parameter {bare!r} is not declared", pointer, "read as a required string")
                added[bare] = Parameter(
                    bare,
                    "path",
                    True,
                    {"type": "string"},
                    reserved=name[:1] == "+" or name[-1:] in "+*",
                    pointer=pointer,
                )
            return f"{{{bare}}}"

        path = PLACEHOLDER.sub(rename, path)
        names = set(PLACEHOLDER.findall(path))
        for name in declared:
            if name not in names and f"/:{name}" in path:
                path = re.sub(rf"/:{re.escape(name)}(?=/|$)", lambda _: f"/{{{name}}}", path)  # noqa: B023
        return path, (*parameters, *added.values())

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
        if not isinstance(raw, Mapping):
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
            pointer=f"{pointer}/content/{escape_pointer(media)}",
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
        from adaptgen.plan.schemas import shape  # schemas reads this module's helpers

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
            here = f"{pointer}/{escape_pointer(status)}"
            raw = mapping(self.deref(entry, here))
            content = {str(name): entry for name, entry in mapping(raw.get("content")).items()}
            media = min(content, key=lambda one: (answer_rank(one), one), default=None)
            schema = mapping(self.deref(content[media], here)).get("schema") if media is not None else None
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


def sendable(place: str, name: str) -> bool:
    """Whether a header or cookie can have this name (token of RFC 9110, 5.6.2)."""
    return place not in ("header", "cookie") or bool(_TOKEN.fullmatch(name))


def base_media(media: str) -> str:
    """The media type without its parameters, in lower case (RFC 9110, 8.3.1)."""
    return media.partition(";")[0].strip().lower()


def is_json(media: str) -> bool:
    """JSON by name or by structured suffix (RFC 6839); ``*/*`` is read as JSON too."""
    base = base_media(media)
    return base in ("application/json", "text/json", "*/*", "application/*", "json") or base.endswith("+json")


def body_rank(media: str) -> int:
    """Lower is sent rather."""
    base = base_media(media)
    if base == "application/json":
        return 0
    if base in ("application/merge-patch+json",):
        return 1
    if is_json(base):
        return 3 if base == "application/json-patch+json" else 2
    return {"application/x-www-form-urlencoded": 4, "multipart/form-data": 5}.get(base, 6)


def answer_rank(media: str) -> int:
    """Lower is rather accepted."""
    base = base_media(media)
    if base == "application/json":
        return 0
    if is_json(base):
        return 1
    return {"text/csv": 2, "application/x-ndjson": 2, "text/plain": 3}.get(base, 4)


def accepted(operation: Operation) -> str | None:
    """The media type to ask for, None for JSON."""
    answer = operation.success()
    if answer is None or not answer.media or "*" in answer.media or answer.media == "application/json":
        return None
    # Header values must be plain ASCII; anything else in a media type is a mistake of the document.
    return answer.media if re.fullmatch(r"[!-~]+(?: ?; ?[!-~]+)*", answer.media) else None


def server_urls(node: Any) -> tuple[str, ...]:
    """The URLs of a ``servers`` list with the defaults of their variables filled in (OpenAPI 3.1, 4.8.5)."""
    urls = []
    for entry in node if isinstance(node, list) else ():
        url = text(mapping(entry).get("url")).strip()
        variables = mapping(mapping(entry).get("variables"))
        for name, variable in variables.items():
            options = mapping(variable).get("enum")
            default = mapping(variable).get("default", options[0] if isinstance(options, list) and options else None)
            if default is not None:
                url = url.replace(f"{{{name}}}", str(default))
        if url:
            urls.append(url)
    return tuple(urls)


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
        if isinstance(entry, Mapping)
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
