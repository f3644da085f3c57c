"""Servers and proxies with settings that others may reach, for bundles and templates."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from adaptgen.ship.bundles.package import Bundle
from adaptgen.ship.bundles.shipment import Deployable, read_deployable
from adaptgen.ship.bundles.target import Target
from adaptgen.ship.stack import resolving, stack

ROOT = Path(__file__).parents[2]
KEYS = {
    "tokens": {"current": "k1", "all": {"k1": "${secret:crm-governance#k1}"}},
    "cursors": "${secret:crm-governance#cursors}",
    "audit": "${ssm:/crm/audit}",
}
JWT = {
    "issuer": "https://idp.example/",
    "audience": "https://crm.example/mcp",
    "caller": {"sub": "sub", "tenant": "org"},
}
EMBEDDED: dict[str, Any] = {
    "adaptgen": 1,
    "listen": {"resource": "${env:PUBLIC_URL}"},
    "authenticate": JWT,
    "authorize": {"engine": "cedar", "default": "read", "policies": ["policies/"]},
    "tokenize": {"kinds": ["email"]},
    "keys": KEYS,
    "audit": {"sink": "stdout"},
}
BEHIND: dict[str, Any] = {
    "adaptgen": 1,
    "mode": "behind",
    "accept": {
        "issuer": "https://proxy.example/mcp",
        "audience": "crm",
        "jwks": "jwks.json",
        "principal": "${env:PROXY}",
    },
    "keys": {"cursors": "${secret:crm-governance#cursors}"},
    "state": {"store": "dynamodb", "table": "${env:STATE_TABLE}"},
}
PROXY: dict[str, Any] = {
    "adaptgen": 1,
    "mode": "proxy",
    "listen": {"http": "0.0.0.0:8000", "resource": "https://mcp.example/mcp"},
    "upstreams": {"crm": {"url": "${env:CRM_URL}", "auth": {"kind": "sigv4"}, "handover": "crm"}},
    "authenticate": JWT | {"audience": "https://mcp.example/mcp"},
    "authorize": {"default": "read", "policies": ["policies/"]},
    "keys": {"handover": "${secret:proxy#handover}", "audit": "${secret:proxy#audit}"},
    "audit": {"sink": "stdout"},
}

IAM = PROXY | {"authenticate": {"iam": True}}
RICH = EMBEDDED | {
    "authorize": {"engine": "verified_permissions", "store": "${env:POLICY_STORE}"},
    "tokenize": {"form": "short", "detectors": [{"kind": "comprehend"}, {"kind": "guardrail", "guardrail": "gr1"}]},
    "state": {"store": "dynamodb", "table": "adaptgen"},
    "switch": {"source": "s3://ops/switch/crm.yaml"},
    "trace": {"otlp": "${env:OTLP}"},
    "files": {"store": "s3://crm-files/agents"},
}
LOGIN = PROXY | {
    "login": {"client_id": "adaptgen", "client_secret": "${secret:proxy#login}"},
    "state": {"store": "dynamodb", "table": "${env:STATE_TABLE}"},
}
SETTINGS: dict[str, dict[str, Any]] = {
    "embedded": EMBEDDED, "behind": BEHIND, "proxy": PROXY, "iam": IAM, "rich": RICH, "login": LOGIN,
}  # fmt: skip

SHA = "0123456789abcdef" * 4
DOMAIN = {
    "DomainName": "mcp.crm.example",
    "CertificateArn": "arn:aws:acm:eu-central-1:123456789012:certificate/1",
}
HTTP = {"Gateway": "http"} | DOMAIN
REST = {"Gateway": "rest", "Waf": "true"} | DOMAIN


def governed(folder: Path, settings: dict[str, Any] | None = None, name: str = "crm") -> Path:
    """The bundled CRM's server in ``folder``, and its settings where it looks for them."""
    server = folder / "generated" / name
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "generated" / "crm", server, ignore=ignored, dirs_exist_ok=True)
    write(folder / "specs" / name, settings or EMBEDDED)
    return server


def write(folder: Path, settings: dict[str, Any]) -> Path:
    """``governance.yaml`` in ``folder``, with a policy and a set of public keys beside it."""
    (folder / "policies").mkdir(parents=True, exist_ok=True)
    (folder / "policies" / "all.cedar").write_text("permit (principal, action, resource);\n")
    (folder / "jwks.json").write_text('{"keys": []}')
    path = folder / "governance.yaml"
    path.write_text(yaml.safe_dump(settings, sort_keys=False))
    return path


def bundle(what: Path, **target: Any) -> Bundle:
    """A bundle without wheels and bytecode: enough for templates."""
    found: Deployable = read_deployable(what)
    handler = ".".join((*filter(None, found.folder.split("/")), "lambda_handler", "handler"))
    return Bundle(found, replace(Target(), **target), handler, {})


def bundle_of(kind: str, folder: Path, **target: Any) -> Bundle:
    """A bundle under one of ``SETTINGS``."""
    settings = SETTINGS[kind]
    what = write(folder / kind, settings) if settings.get("mode") == "proxy" else governed(folder / kind, settings)
    return bundle(what, **target)


def made_of(one: Bundle, parameters: dict[str, str]) -> dict[str, Any]:
    """The resources of a stack."""
    return resolving.resolve(stack.plain(one, SHA), parameters)


def of_type(resources: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [one["Properties"] for one in resources.values() if one["Type"] == kind]
