"""Governance to begin with: settings that serve on this machine as they are, and two policies to change."""

from __future__ import annotations

from collections.abc import Mapping

from adaptgen.cedar_schema import quoted
from adaptgen.model.plan import Plan
from adaptgen.readiness.drafting.lines import flow

SETTINGS, READERS, ADMINS = "governance.yaml", "policies/readers.cedar", "policies/admins.cedar"
LOCAL = "local"
"""The folder, next to the settings, of what belongs to this machine and not into a repository."""
DEFAULT_KINDS = ("email", "phone", "name")

_SETTINGS = """\
# Who may do what with the tools of {name}, and what of the answers an agent may see. It works on this machine as it is.
# A server that others can reach needs an issuer with https, and keys from a secret store. docs/governance.md explains
# every key.
adaptgen: 1
mode: embedded
local: {{groups: [admins]}}                 # the one caller on stdio and of `adaptgen call`
listen: {{http: "{http}", resource: "{resource}"}}
authenticate:                             # over HTTP callers bring a token: adaptgen dev issuer
  issuer: "{issuer}"
  audience: "{resource}"
  caller: {{groups: groups}}
authorize: {{engine: cedar, default: read, policies: [policies/]}}   # without default: read, no policy means no
limits: [{{per: [sub], rate: 600/m}}]
tokenize: {{direction: model, kinds: {kinds}, scope: caller}}
audit: {{sink: {local}/audit.jsonl}}
trace: console                            # a line for each request on standard error
keys:                                     # files of this machine, which git ignores: adaptgen govern init makes them
  tokens: {{current: k1, all: {{k1: "${{file:{local}/tokens.key}}"}}, padded: [k1]}}
  cursors: "${{file:{local}/cursors.key}}"
  audit: "${{file:{local}/audit.key}}"
"""
_READERS = """\
// Tools that only read need no permit while governance.yaml says "default: read". So this policy forbids them to all
// but two groups.
@id("members-read")
forbid (principal, action in Action::"read", resource == Server::{server})
unless {{ principal.groups.containsAny(["interns", "admins"]) }};
"""
_ADMINS = """\
// One group may change and delete. Its agents may also pass on the tokens that stand for personal data.
@id("admins-change")
permit (
  principal,
  action in [Action::"write", Action::"delete", Action::"detokenize"],
  resource == Server::{server}
)
when {{ principal.groups.contains("admins") }};
"""


def starter_files(plan: Plan, http: str, issuer: str) -> dict[str, str]:
    """Path, relative to the folder of the side files -> text. ``http``: where the server will listen (``HOST:PORT``);
    ``issuer``: the URL of the issuer of its callers' tokens."""
    name = plan.server.name
    settings = _SETTINGS.format(
        name=name,
        http=http,
        resource=resource_at(http),
        issuer=issuer,
        kinds=flow(sorted({*DEFAULT_KINDS, *personal_kinds(plan)})),
        local=LOCAL,
    )
    server = quoted(name)
    return {SETTINGS: settings, READERS: _READERS.format(server=server), ADMINS: _ADMINS.format(server=server)}


def resource_at(http: str) -> str:
    """The URL of a server that listens on ``http``."""
    return f"http://{http}/mcp"


def personal_kinds(plan: Plan) -> Mapping[str, set[str]]:
    """Each kind of personal data in answers -> the tools that answer it."""
    kinds: dict[str, set[str]] = {}
    for tool in plan.server.tools:
        for kind in tool.sensitive.values():
            if kind != "secret":
                kinds.setdefault(kind, set()).add(tool.name)
    return dict(sorted(kinds.items()))
