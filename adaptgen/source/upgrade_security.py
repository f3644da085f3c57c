"""Servers and security schemes of Swagger 2.0 in the shape of OpenAPI 3.0."""

from __future__ import annotations

from typing import Any

_FLOWS = {
    "accessCode": "authorizationCode",
    "application": "clientCredentials",
    "implicit": "implicit",
    "password": "password",
}
_URLS = ("authorizationUrl", "tokenUrl", "refreshUrl")


def servers(root: dict[str, Any]) -> list[dict[str, Any]]:
    """``schemes``, ``host`` and ``basePath`` as servers, https first. Without a host the server is relative to where
    the document was found, as section "Swagger Object" says; empty without any of them.
    """
    path = root.get("basePath")
    path = path.strip().rstrip("/") if isinstance(path, str) else ""
    if path and not path.startswith("/"):
        path = f"/{path}"
    host, extra = root.get("host"), {}
    template = root.get("x-ms-parameterized-host")
    if isinstance(template, dict) and isinstance(template.get("hostTemplate"), str):
        host, extra = template["hostTemplate"], _variables(template)
    if not isinstance(host, str) or not host.strip(" /"):
        return [{"url": path}] if path else []
    host = host.strip().rstrip("/")
    if "://" in host:  # a host has no scheme, but many write one
        scheme, _, host = host.partition("://")
        return [{"url": f"{scheme}://{host}{path}", **extra}]
    listed = root.get("schemes")
    schemes = [one for one in listed if one in ("http", "https")] if isinstance(listed, list) else []
    # The scheme of a document that declares none is that of its own URL, which a file does not have.
    ordered = sorted(dict.fromkeys(schemes), reverse=True) or ["https"]
    return [{"url": f"{scheme}://{host}{path}", **extra} for scheme in ordered]


def _variables(template: dict[str, Any]) -> dict[str, Any]:
    listed = template.get("parameters")
    found: dict[str, Any] = {}
    for one in listed if isinstance(listed, list) else []:
        if isinstance(one, dict) and isinstance(one.get("name"), str):
            found[one["name"]] = {key: one[key] for key in ("default", "enum", "description") if key in one}
    return {"variables": found} if found else {}


def flows(raw: Any) -> Any:
    """A security scheme: ``basic`` becomes an HTTP scheme, the one OAuth 2 flow one of ``flows``."""
    if not isinstance(raw, dict):
        return raw
    if raw.get("type") == "basic":
        return {**raw, "type": "http", "scheme": "basic"}
    if raw.get("type") != "oauth2":
        return dict(raw)
    new = {key: value for key, value in raw.items() if key not in ("flow", "scopes", *_URLS)}
    declared = raw.get("flow")
    scopes = raw.get("scopes")
    flow = {key: raw[key] for key in _URLS if isinstance(raw.get(key), str)}
    name = _FLOWS.get(declared, declared) if isinstance(declared, str) else None
    new["flows"] = {name: {**flow, "scopes": scopes if isinstance(scopes, dict) else {}}} if name else {}
    return new
