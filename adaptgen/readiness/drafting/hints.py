"""A draft of ``hints.yaml``: what was inferred and may be said otherwise, what was not, and what traffic showed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeAlias

from adaptgen.model.plan import Evidence, Plan
from adaptgen.model.tables import Auth, Json, Paging, Tool, Unpaged
from adaptgen.plan.auth.consent import offered_flows
from adaptgen.plan.auth.security_schemes import identifier, reference
from adaptgen.plan.auth.written_hint import auth_hint
from adaptgen.readiness.drafting.lines import Draft, flow
from adaptgen.readiness.inspection.report import Finding

if TYPE_CHECKING:
    from adaptgen.source import Document

_STYLES = {
    "Offset": "offset", "PageNumber": "page", "Cursor": "cursor", "Link": "link", "NextHeader": "header",
    "NextUrl": "next_url", "Unpaged": "none",
}  # fmt: skip
Lines: TypeAlias = Mapping[str, Sequence[tuple[str, str]]]
_MANY = 200
"""Tools beyond which only those are drafted of which there is something to say."""


def hints_draft(document: Document, plan: Plan, findings: Sequence[Finding], learned: Lines, shown: str) -> str:
    """The text. ``learned``: tool -> lines that recorded answers justify, with their evidence; ``shown``: how the
    document is named."""
    draft = Draft(
        f"# What adaptgen understood of {shown}, and what only a person knows. Nothing here counts until the",
        '# "# " at the begin of its line is taken away; what follows ## is the evidence. A second # marks what',
        "# is a question, not a finding. Every key is explained in docs/hints.md.",
        "adaptgen: 1",
    )
    evidence = plan.first_evidence()
    _server(draft, plan, evidence)
    _auth(draft, plan, evidence)
    _accounts(draft, document, plan)
    _tools(draft, document, plan, evidence, findings, learned)
    return draft.text()


def _server(draft: Draft, plan: Plan, evidence: Mapping[tuple[str, str], Evidence]) -> None:
    base = plan.server.bases[0]
    variable = base.env or f"{plan.server.name.upper()}_BASE_URL"
    url = f"${{env:{variable}}}"
    because = evidence.get(("server", "base"))
    draft.blank()
    draft.add(0, f"server: {flow({'name': plan.server.name})}")
    draft.suggest(0, f"server: {flow({'name': plan.server.name, 'base_url': url})}", because.because if because else "")


# ------------------------------------------------------------------------------------------------------------- auth


def _auth(draft: Draft, plan: Plan, evidence: Mapping[tuple[str, str], Evidence]) -> None:
    _auths(draft, plan.server.auth, evidence)
    if plan.server.instead:
        draft.blank()
        draft.say("If the API refuses what is declared, take this login instead; adaptgen doctor tries it:")
        _auths(draft, plan.server.instead, evidence)


def _accounts(draft: Draft, document: Document, plan: Plan) -> None:
    """Where the document offers consent for each person, the hint with which callers act in their own name."""
    if any(auth.consent is not None for auth in plan.server.auth):
        return
    for consented in offered_flows(document):
        name = identifier(consented.scheme)
        client = {f"client_{one}": reference(plan.server.name, f"CLIENT_{one.upper()}") for one in ("id", "secret")}
        said = {"kind": "oauth2", "grant": "authorization_code", "per": "caller", **client}
        draft.say(f"{consented.scheme} has authorizationCode: each caller could connect an account of its own, with")
        draft.say(f"auth: {flow({name: said})}")


def _auths(draft: Draft, auths: Sequence[Auth], evidence: Mapping[tuple[str, str], Evidence]) -> None:
    if not auths:
        return
    draft.blank()
    for auth in auths:
        because = evidence.get((auth.name, "auth")) or evidence.get((auth.name, "login"))
        draft.say(f"{auth.name}: {because.decision}; {because.because}" if because else auth.name)
    served = [auth for auth in auths if auth.kind != "unserved"]
    if served:
        draft.question(0, "auth:")
    for auth in served:
        draft.question(2, f"{auth.name}:")
        for key, value in auth_hint(auth).items():
            if key != "chain":
                draft.question(4, f"{key}: {flow(value)}")
                continue
            draft.question(4, "chain:")
            for login in value:
                draft.question(6, f"- {flow(login)}")


# ------------------------------------------------------------------------------------------------------------ tools


def _tools(
    draft: Draft,
    document: Document,
    plan: Plan,
    evidence: Mapping[tuple[str, str], Evidence],
    findings: Sequence[Finding],
    learned: Lines,
) -> None:
    questions: dict[str, list[Finding]] = {}
    for one in findings:
        if one.fix.startswith("tools: {"):
            questions.setdefault(one.subject, []).append(one)
    wanted = [tool for tool in plan.server.tools if tool.call is not None]
    if len(wanted) > _MANY:
        told = {*learned, *(name for name, ones in questions.items() if any(one.severity != "low" for one in ones))}
        wanted = [tool for tool in wanted if tool.name in told]
    if not wanted:
        return
    draft.blank()
    draft.add(0, "tools:")
    for tool in wanted:
        draft.add(2, f"{tool.name}:", str(document.where(tool.source)) if len(wanted) <= _MANY else tool.source)
        for key, value in tool_hint(tool).items():
            because = evidence.get((tool.name, {"page": "paging"}.get(key, key)))
            draft.add(4, f"{key}: {flow(value)}", because.because if because else _BECAUSE.get(key, ""))
        for line, why in learned.get(tool.name, ()):
            draft.suggest(4, line, why)
        for one in questions.get(tool.name, ()):
            draft.suggest(4, _inner(one.fix), f"{one.message}; {one.because}" if one.because else one.message)


_BECAUSE = {"sensitive": "by the names and the formats of its fields"}


def tool_hint(tool: Tool) -> dict[str, Any]:
    """What was inferred of a tool and can be said in hints. There is always something: a mapping must not be empty."""
    said: dict[str, Any] = {"effect": tool.effect}
    if tool.view is not None:
        said["view"] = list(tool.view)
    if tool.page is not None and not isinstance(tool.page, Unpaged):
        said["page"] = page_hint(tool.page)
    if tool.payload != "$":
        said["answer"] = tool.payload
    if tool.sensitive:
        said["sensitive"] = dict(tool.sensitive)
    return said


def page_hint(page: Paging) -> dict[str, Json]:
    """The hint that says how a list pages."""
    said: dict[str, Json] = {"style": _STYLES[type(page).__name__]}
    for one in fields(page):
        value = getattr(page, one.name)
        if value != one.default or one.name == "items":
            said[{"place": "in"}.get(one.name, one.name)] = value
    if said.get("items") is None:
        del said["items"]
    return said


def _inner(fix: str) -> str:
    """``tools: {name: {page: …}}   # note`` -> ``page: …``: the draft has the name already."""
    body = fix.partition("   # ")[0]
    inner = body.removeprefix("tools: {").partition(": {")[2]
    return inner[:-2] if inner.endswith("}}") else inner
