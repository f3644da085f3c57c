"""A draft of ``governance.yaml`` for what the tools answer and do."""

from __future__ import annotations

from adaptgen.model.plan import Plan
from adaptgen.readiness.drafting.governance import DEFAULT_KINDS, personal_kinds
from adaptgen.readiness.drafting.lines import Draft, flow

NAME = "governance.draft.yaml"
"""Not ``governance.yaml``: a server that is built next to settings does not start without what they ask for."""


def settings_draft(plan: Plan) -> str:
    """The text; every line in it is a comment but the two that every settings file has."""
    kinds = personal_kinds(plan)
    name = plan.server.name
    writes = sorted(tool.name for tool in plan.server.tools if tool.effect != "read")
    draft = Draft(
        "# Who may do what with the tools, and what of the answers an agent may see. Rename it to governance.yaml once",
        "# it says what you want, and build again: the server then does not start without it. docs/governance.md",
        f"# explains every key. To try it out at once, with policies, keys and callers: adaptgen govern init {name}",
        "adaptgen: 1",
        "mode: embedded",
    )
    draft.blank()
    draft.say("on stdio there is one caller; over HTTP callers bring a JWT")
    draft.add(0, "local: {groups: [everybody]}")
    draft.add(0, 'listen: {http: "127.0.0.1:8000", resource: "http://127.0.0.1:8000/mcp"}')
    issuer = f"${{env:{name.upper()}_ISSUER}}"
    draft.add(0, f"authenticate: {flow({'issuer': issuer, 'audience': 'http://127.0.0.1:8000/mcp'})}")
    draft.blank()
    draft.say(f"{len(writes)} of {len(plan.server.tools)} tools change something")
    draft.say("without authorize: the caller on stdio may call every tool, and no caller over HTTP may call any")
    draft.say("with it: every call needs a permit; default: read permits those that only read, unless a policy forbids")
    draft.add(0, "authorize: {engine: cedar, default: read, policies: [policies/]}")
    if writes:
        pattern = flow([f"{name}/{one}" for one in writes[:4]])
        draft.add(0, f"limits: [{{per: [sub], rate: 600/m}}, {{per: [sub, tool], rate: 60/m, tools: {pattern}}}]")
    else:
        draft.add(0, "limits: [{per: [sub], rate: 600/m}]")
    draft.blank()
    draft.say("a token can be used by the caller who got it; scope: tenant lets callers of a tenant hand tokens on")
    if kinds:
        counts = ", ".join(f"{kind} in {len(tools)}" for kind, tools in kinds.items())
        draft.say(f"personal data by the names and formats of fields: {counts} tools")
        draft.add(0, f"tokenize: {flow({'direction': 'model', 'kinds': list(kinds), 'scope': 'caller'})}")
    else:
        draft.say("no field is named like personal data; texts are swept all the same where this is on")
        draft.add(0, f"tokenize: {flow({'direction': 'model', 'kinds': DEFAULT_KINDS, 'scope': 'caller'})}")
    draft.add(0, "audit: {sink: stderr}")
    draft.blank()
    draft.say("random on stdio and loopback; everywhere else they are required (openssl rand -base64 32):")
    secret = f"{name}-governance"
    keys = {"current": "k1", "all": {"k1": f"${{secret:{secret}#k1}}"}, "padded": ["k1"]}
    draft.suggest(0, "keys:")
    draft.suggest(2, f"tokens: {flow(keys)}")
    draft.suggest(2, f"cursors: {flow(f'${{secret:{secret}#cursors}}')}")
    draft.suggest(2, f"audit: {flow(f'${{secret:{secret}#audit}}')}")
    return draft.text()
