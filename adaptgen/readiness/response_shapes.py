"""The shape of what an API answered, and how it differs from what it answered before."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from adaptgen.model.tables import Json

_PAGING = frozenset({"next", "cursor", "nextcursor", "nextpage", "pagetoken", "nextpagetoken", "total", "totalcount"})
_HEADERS = frozenset({"link", "next-page", "x-next-page", "x-total-count", "x-total"})


def shape(cassette: Mapping[str, Any]) -> dict[str, set[str]]:
    """Path -> JSON types, of every answer in a cassette; the headers of paging as ``header:<name>``."""
    found: dict[str, set[str]] = {}
    for one in cassette.get("interactions", ()):
        response = one["response"]
        for name in response.get("headers", {}):
            if name.lower() in _HEADERS:
                found.setdefault(f"header:{name.lower()}", set()).add("text")
        try:
            body = json.loads(response["body"]["string"])
        except ValueError:
            continue
        _walk(body, "$", found)
    return found


def _walk(value: Json, path: str, found: dict[str, set[str]]) -> None:
    found.setdefault(path, set()).add(_type(value))
    if isinstance(value, dict):
        for name, member in value.items():
            _walk(member, f"{path}.{name}", found)
    elif isinstance(value, list):
        for member in value:
            _walk(member, f"{path}[*]", found)


def _type(value: Json) -> str:
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    if isinstance(value, (int, float)):
        return "number"
    return "text" if isinstance(value, str) else "list" if isinstance(value, list) else "object"


def differences(old: Mapping[str, set[str]], new: Mapping[str, set[str]]) -> list[str]:
    """What changed, a line each: fields gone, fields that are new, other types, other paging."""
    said: list[str] = []
    for path in sorted(old.keys() | new.keys()):
        paging = path.startswith("header:") or path.rpartition(".")[2].lower().replace("_", "") in _PAGING
        if path not in new:
            if path.startswith("header:") or "object" in new.get(_parent(path), ()):
                said.append(f"{'paging' if paging else 'field'} gone: {path}")
        elif path not in old:
            if path.startswith("header:") or "object" in old.get(_parent(path), ()):
                said.append(f"{'new paging' if paging else 'new field'}: {path} ({_said(new[path])})")
        elif (before := old[path] - {"null"}) and (after := new[path] - {"null"}) and before != after:
            said.append(f"type changed: {path} was {_said(before)}, is {_said(after)}")
    return said


def _parent(path: str) -> str:
    return path.rpartition(".")[0] if "." in path else ""


def _said(types: Iterable[str]) -> str:
    return " or ".join(sorted(types))


def compared(folder: Path, cassettes: Mapping[str, str]) -> dict[str, list[str]]:
    """Tool -> what its new cassette says otherwise than the one in ``folder``."""
    import yaml

    found: dict[str, list[str]] = {}
    for name, text in sorted(cassettes.items()):
        path = folder / f"{name}.yaml"
        if not path.is_file():
            found[name] = ["not recorded before"]
            continue
        lines = differences(shape(yaml.safe_load(path.read_text("utf-8"))), shape(yaml.safe_load(text)))
        if lines:
            found[name] = lines
    for path in sorted(folder.glob("*.yaml")):
        if path.stem not in cassettes:
            found[path.stem] = ["recorded before, and not now"]
    return found
