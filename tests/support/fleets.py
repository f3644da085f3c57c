"""A proxy and servers behind it, in a folder of their own, with stage files: what ``deploy --all`` takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from adaptgen import build

SERVERS = ("billing", "crm", "hr")
DOCUMENT = """\
openapi: 3.0.3
info: {{title: {name}, version: "1"}}
servers: [{{url: "https://{name}.example"}}]
security: [{{token: []}}]
components: {{securitySchemes: {{token: {{type: http, scheme: bearer}}}}}}
paths:
  /items:
    get:
      operationId: list_items
      summary: All items
      responses: {{"200": {{description: ok, content: {{application/json: {{schema:
        {{type: array, items: {{type: object, properties: {{id: {{type: string}}, name: {{type: string}}}}}}}}}}}}}}}}
"""
HINTS = """\
adaptgen: 1
auth: {{token: {{kind: bearer, send: [{{header: Authorization, as: "Bearer ${{secret:{name}-api#token}}"}}]}}}}
"""
UPSTREAM: dict[str, Any] = {"auth": "sigv4", "ours": True}
STAGE: dict[str, Any] = {
    "adaptgen": 1, "account": "123456789012", "region": "eu-central-1", "bucket": "bundles",
}  # fmt: skip


def behind(name: str) -> dict[str, Any]:
    """The settings of a server behind the proxy."""
    return {
        "adaptgen": 1,
        "mode": "behind",
        "accept": {
            "issuer": "${env:PROXY_RESOURCE}",
            "audience": name,
            "jwks": "${env:PROXY_JWKS}",
            "principal": "${env:PROXY_ROLE}",
        },
        "keys": {"cursors": f"${{secret:{name}-governance#cursors}}"},
        "state": {"store": "dynamodb", "table": "${env:STATE_TABLE}"},
    }


def proxy(servers: Sequence[str]) -> dict[str, Any]:
    """The settings of a proxy in front of ``servers``."""
    return {
        "adaptgen": 1,
        "mode": "proxy",
        "listen": {"resource": "${env:PROXY_RESOURCE}"},
        "upstreams": {
            name: {**UPSTREAM, "url": f"${{env:{name.upper()}_URL}}", "handover": name} for name in servers
        },
        "authenticate": {
            "issuer": "https://idp.example/", "audience": "${env:PROXY_RESOURCE}", "caller": {"sub": "sub"},
        },
        "authorize": {"default": "read", "policies": ["policies/"]},
        "tokenize": {"kinds": ["email"]},
        "keys": {
            "tokens": {"current": "k1", "all": {"k1": "${secret:proxy-governance#k1}"}},
            "handover": "${secret:proxy-governance#handover}",
            "audit": "${secret:proxy-governance#audit}",
        },
        "state": {"store": "dynamodb", "table": "${env:STATE_TABLE}"},
        "audit": {"sink": "stdout"},
    }  # fmt: skip


def write_fleet(
    folder: Path, servers: Sequence[str] = SERVERS, stage: str = "dev", changed: Mapping[str, Any] | None = None
) -> Path:
    """``specs`` with documents, settings and stages, and ``generated`` next to it; ``specs``. ``changed``: keys of the
    settings of the proxy."""
    specs = folder / "specs"
    for name in servers:
        write_server(folder, name, stage)
    side = specs / "proxy"
    (side / "policies").mkdir(parents=True, exist_ok=True)
    (side / "policies" / "all.cedar").write_text("permit (principal, action, resource);\n")
    write_yaml(side / "governance.yaml", proxy(servers) | (changed or {}))
    write_yaml(side / "stages" / f"{stage}.yaml", STAGE)
    return specs


def write_server(folder: Path, name: str, stage: str = "dev") -> Path:
    """One server behind the proxy, built; its folder of side files."""
    side = folder / "specs" / name
    side.mkdir(parents=True, exist_ok=True)
    spec = side.with_suffix(".yaml")
    spec.write_text(DOCUMENT.format(name=name))
    (side / "hints.yaml").write_text(HINTS.format(name=name))
    build(spec, out=folder / "generated").write()
    write_yaml(side / "behind.yaml", behind(name))
    said = STAGE | {
        "governance": "../behind.yaml", "parameters": {f"{name.upper()}_BASE_URL": f"https://{name}.example"},
    }  # fmt: skip
    write_yaml(side / "stages" / f"{stage}.yaml", said)
    return side


def write_yaml(path: Path, content: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(dict(content), sort_keys=False))
