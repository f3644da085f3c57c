"""The environment variables of a stack, and which of them are secrets.

The parameter of a secret is ``NoEcho``: neither AWS nor adaptgen shows it. A variable is a secret by its use (a
credential with which the server logs in, as its README says, a key, the URL of the state, what the proxy shows to a
server behind it) or by its name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from adaptgen.diagnostics import Diagnostic, Where
from adaptgen.plan.auth.security_schemes import variable
from adaptgen.plan.document.base_urls import prefix
from adaptgen.ship.bundles.package import Bundle
from adaptgen.ship.bundles.shipment import NOT_TEMPLATES, Deployable
from adaptgen.ship.stack.cloudformation import pascal
from adaptgen.ship.stack.data import table_variable
from adaptgen.syntax.templates import references_in

_RESERVED = re.compile(r"AWS_(?:REGION|DEFAULT_REGION|ACCESS_KEY.*|SECRET.*|SESSION_TOKEN|LAMBDA_.*|EXECUTION_ENV)|_.*")
"""Variables that Lambda sets itself and refuses from others."""
_NAMES = re.compile(
    r"PASSWORD|PASSWD|PASSPHRASE|PASSCODE|SECRET|TOKEN|CREDENTIAL|AUTHORIZATION|BEARER|WEBHOOK"
    r"|KEYS?(?![A-Z])|(?<![A-Z])(?:KEY(?:FILE|PAIR|RING|STORE|TAB)|PASS|PWD|PINS?|DSN|PEM)(?![A-Z])"
    # An address is no credential: CRM_AUTH_URL.
    r"|(?<![A-Z])(?:BASIC)?AUTH(?![A-Z]|_(?:URL|URI|HOST|SERVER|ISSUER|AUDIENCE|REALM|TYPE|MODE)(?![A-Z]))",
    re.IGNORECASE,
)
"""Short words count as whole words alone: ``CRM_PIN``, and not ``CRM_PINNED``."""
_NOT_CREDENTIALS = frozenset({*NOT_TEMPLATES, "sign"})
"""What signs by a role names a region and a role."""


def variables(bundle: Bundle) -> dict[str, str]:
    """Environment variables that are set by hand -> the parameter of each."""
    found: dict[str, str] = {}
    set_here = ("ADAPTGEN_GOVERNANCE", "ADAPTGEN_STAGE", "ADAPTGEN_SWITCH", table_variable(bundle))
    for name in bundle.shipment.variables:
        if not _RESERVED.fullmatch(name) and name not in set_here:
            found[name] = pascal(name)
    return found


def resource_variable(bundle: Bundle) -> str:
    """The variable that is the public URL of the server, "" where the settings name that themselves."""
    found = re.fullmatch(r"\$\{env:([^}]+)\}", bundle.shipment.settings.listen.resource)
    return found[1] if found and found[1] in variables(bundle) else ""


def secret_variables(shipment: Deployable) -> frozenset[str]:
    """The variables of ``shipment`` that are secrets."""
    by_name = {name for name in shipment.variables if _NAMES.search(name)}
    return frozenset((*by_name, *_of_settings(shipment), *_of_server(shipment)))


_READERS = {"lambda": "lambda:GetFunctionConfiguration", "agentcore": "bedrock-agentcore:GetAgentRuntime"}


def readable_secrets(bundle: Bundle) -> Iterator[Diagnostic]:
    """For each secret that is set as a variable who can read it, and what to write instead."""
    action, name = _READERS[bundle.target.kind], bundle.shipment.name
    for variable_name in sorted(secret_variables(bundle.shipment) & variables(bundle).keys()):
        key = variable_name.removeprefix(f"{prefix(name)}_").lower()
        message = f"{variable_name} is a secret, and everybody who may call {action} reads it"
        help = (
            f'keep it in Secrets Manager, and write "${{secret:{name}#{key}}}" in place of "${{env:{variable_name}}}"'
        )
        yield Diagnostic("AG123", message, Where(bundle.shipment.folder or bundle.shipment.governance), help, "note")


def _of_settings(shipment: Deployable) -> Iterator[str]:
    settings = shipment.settings
    for upstream in settings.upstreams.values():
        yield from _variables((upstream.auth.token, upstream.auth.client_secret))
    if settings.login is not None:
        yield from _variables(settings.login.client_secret)
    yield from _variables((settings.keys, settings.state.url))


def _of_server(shipment: Deployable) -> Iterator[str]:
    server = shipment.server
    if server is None:
        return
    bases = {base.env for base in server.bases} | set(_variables([base.url for base in server.bases]))
    for name in _variables((server.auth, server.instead)):
        if name not in bases and variable(name, server.name).secret:
            yield name
    if server.connection is not None:  # the URL of an egress proxy holds a password, if it has one
        yield from _variables((server.connection.client_cert, server.connection.proxy))


def _variables(where: Any) -> Iterator[str]:
    return (one.name for one in references_in(where, _NOT_CREDENTIALS) if one.kind == "env")
