"""OpenAPI 3.0 documents reduced to what two converters must agree on, and where they do not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
_SAID = frozenset(("description", "example", "examples", "title", "externalDocs", "xml", "summary", "deprecated"))
_DATA = frozenset(("default", "enum", "const"))
_MAPS = frozenset(("properties", "patternProperties", "definitions"))

Facts = dict[tuple[str, ...], Any]
"""Path of a fact -> its value, as JSON text where it is structured."""


def facts(root: Mapping[str, Any]) -> Facts:
    """What a document says, as flat facts: servers, security schemes, schemas, and every operation's parameters,
    bodies and responses with references to parameters, bodies, responses and headers followed."""
    found: Facts = {}
    servers = root.get("servers")
    urls = [str(one.get("url", "")).rstrip("/") for one in _list(servers) if isinstance(one, Mapping)]
    found["servers",] = _text(sorted(filter(None, urls)))
    components = _mapping(root.get("components"))
    for name, scheme in _mapping(components.get("securitySchemes")).items():
        found["scheme", component(name)] = _text(_bare(scheme))
    for name, one in _mapping(components.get("schemas")).items():
        found["schema", component(name)] = _text(schema(one))
    for key, item in _mapping(root.get("paths")).items():
        item = _follow(root, item)
        if not isinstance(item, Mapping) or key.startswith("x-"):
            continue
        for method in METHODS:
            if isinstance(item.get(method), Mapping):
                found |= _operation(root, item, item[method], (key, method))
    return found


def _operation(root: Mapping[str, Any], item: Mapping[str, Any], one: Mapping[str, Any], at: tuple[str, ...]) -> Facts:
    found: Facts = {("operation", *at): "present"}
    merged: dict[tuple[str, str], Any] = {}
    for listed in (item.get("parameters"), one.get("parameters")):
        for node in _list(listed):
            param = _follow(root, node)
            if isinstance(param, Mapping) and param.get("name") is not None:
                merged[str(param.get("in")), str(param["name"])] = param
    for (place, name), param in merged.items():
        style = param.get("style") or ("form" if place in ("query", "cookie") else "simple")
        where = (*at, place, name)
        found["parameter", *where] = "present"
        found["required", *where] = param.get("required") is True
        inner = schema(param.get("schema", {}))
        found["value", *where] = _text(inner)
        if isinstance(inner, Mapping) and inner.get("type") == "array":  # of scalars both mean nothing
            found["style", *where] = style
            found["explode", *where] = param.get("explode", style == "form")
    body = _follow(root, one.get("requestBody"))
    if isinstance(body, Mapping):
        found["body", *at] = "present"
        found["body required", *at] = body.get("required") is True
        found["body media", *at] = _text(sorted(_mapping(body.get("content"))))
        for media, entry in _mapping(body.get("content")).items():
            inner = schema(_mapping(entry).get("schema", {}))
            found["body schema", *at, media] = _text(inner)
            for name, how in _mapping(_mapping(entry).get("encoding")).items():
                style = how.get("style", "form")
                found["encoding", *at, media, name] = _text([style, how.get("explode", style == "form")])
    for status, node in _mapping(one.get("responses")).items():
        answer = _follow(root, node)
        if not isinstance(answer, Mapping) or str(status).startswith("x-"):
            continue
        where = (*at, str(status))
        found["response", *where] = "present"
        content = _mapping(answer.get("content"))
        found["response media", *where] = _text(sorted(content))
        for media, entry in content.items():
            found["response schema", *where, media] = _text(schema(_mapping(entry).get("schema", {})))
        for name, header in _mapping(answer.get("headers")).items():
            found["header", *where, name] = _text(schema(_mapping(_follow(root, header)).get("schema", {})))
    if "security" in one:
        found["security", *at] = _text([{component(k): v for k, v in dict(x).items()} for x in _list(one["security"])])
    if "servers" in one:
        found["operation servers", *at] = _text(sorted(str(x.get("url", "")).rstrip("/") for x in one["servers"]))
    return found


def schema(node: Any, *, names: bool = False) -> Any:
    """A schema without words for people, extensions and the order of what has none."""
    if isinstance(node, list):
        return [schema(one) for one in node]
    if not isinstance(node, Mapping):
        return node
    if names:
        return {str(name): schema(one) for name, one in sorted(node.items(), key=lambda pair: str(pair[0]))}
    if isinstance(node.get("$ref"), str):
        head, _, name = unquote(node["$ref"]).rpartition("/")
        return {"$ref": f"{head}/{component(name)}"}
    made: dict[str, Any] = {}
    for key, value in node.items():
        if key in _SAID or str(key).startswith("x-"):
            continue
        if key == "required":
            value = sorted(map(str, value)) if isinstance(value, list) else value
            if value in ([], False):
                continue
        made[str(key)] = value if key in _DATA else schema(value, names=key in _MAPS)
    kinds = made.get("type")
    if isinstance(kinds, list):  # the spelling of 3.1
        rest = [one for one in kinds if one != "null"]
        made |= {"nullable": True} if len(rest) < len(kinds) else {}
        made["type"] = rest[0] if len(rest) == 1 else rest
    if made.get("type") in ("null", []):
        del made["type"]
        made["nullable"] = True
    return dict(sorted(made.items()))


def component(name: str) -> str:
    """The name of a component as 3.0 allows it (4.7.7, Components Object), runs of what it forbids as one."""
    return re.sub(r"[^A-Za-z0-9.-]+", "_", unquote(name.replace("~1", "/").replace("~0", "~"))).strip("_")


def differences(ours: Facts, theirs: Facts) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    """Every fact that is not the same in both: its path, ours, theirs (None: absent)."""
    for key in sorted(ours.keys() | theirs.keys()):
        if ours.get(key) != theirs.get(key):
            yield key, ours.get(key), theirs.get(key)


def _bare(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {k: _bare(v) for k, v in sorted(node.items()) if k != "description" and not str(k).startswith("x-")}
    return node


def _follow(root: Mapping[str, Any], node: Any) -> Any:
    for _ in range(20):
        ref = node.get("$ref") if isinstance(node, Mapping) else None
        if not isinstance(ref, str) or not ref.startswith("#/"):
            return node
        target: Any = root
        for token in ref[2:].split("/"):
            token = unquote(token).replace("~1", "/").replace("~0", "~")
            if isinstance(target, list) and token.isdigit() and int(token) < len(target):
                target = target[int(token)]
            elif isinstance(target, Mapping) and token in target:
                target = target[token]
            else:
                return node
        node = target
    return node


def _mapping(node: Any) -> Mapping[str, Any]:
    return node if isinstance(node, Mapping) else {}


def _list(node: Any) -> list[Any]:
    return node if isinstance(node, list) else []


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
