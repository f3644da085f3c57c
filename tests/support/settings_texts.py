"""Texts of governance settings, and what is wrong with one."""

from __future__ import annotations

import pytest

from adaptgen.diagnostics import AdaptgenError
from adaptgen.govern.settings.load import parse

DESIGN = """\
adaptgen: 1
mode: proxy                              # or embedded
listen: {http: "0.0.0.0:8000", resource: https://mcp.bank.example/mcp}
upstreams: {crm: {url: "${env:CRM_URL}", auth: sigv4}, billing: {url: "https://billing.example/mcp", auth: {kind: oauth2, grant: client_credentials, token_url: "https://idp.example/token", client_id: m2m, client_secret: "${secret:m2m}"}}}
authenticate: {issuer: https://idp.example/, audience: https://mcp.bank.example/mcp, caller: {sub: sub, tenant: org, groups: "cognito:groups"}}
authorize: {engine: cedar, default: read, policies: [policies/], mode: enforce}
limits: [{per: [group, tool], rate: 60/m}, {per: [sub], rate: 600/h}]
tokenize: {direction: model, kinds: [email, phone, card, iban, national_id, name], scope: tenant, form: sealed}
keys: {tokens: {current: k2, all: {k1: "${secret:tok#k1}", k2: "${secret:tok#k2}"}}, cursors: "${secret:cur}", handover: "${secret:ho}", audit: "${secret:aud}"}
state: {store: dynamodb, table: adaptgen}
trace: {otlp: "${env:OTEL_EXPORTER_OTLP_ENDPOINT}"}
audit: {sink: stdout}
"""  # noqa: E501

PROXY = """\
adaptgen: 1
mode: proxy
upstreams: {crm: {url: "https://crm.example/mcp"}}
"""

BEHIND = """\
adaptgen: 1
mode: behind
accept: {issuer: https://mcp.bank.example/mcp, audience: crm, jwks: https://mcp.bank.example/jwks}
keys: {cursors: "${secret:cur}"}
"""


def refused(text: str) -> list[tuple[str, int, int, str, str]]:
    """(code, line, column, message, help) of every error, in the order of their places."""
    with pytest.raises(AdaptgenError) as caught:
        parse(text.encode(), "governance.yaml")
    found = []
    for one in caught.value.diagnostics:
        assert one.where is not None
        assert one.where.file == "governance.yaml"
        found.append((one.code, one.where.line, one.where.column, one.message, one.help))
    return sorted(found, key=lambda one: one[1:3])
