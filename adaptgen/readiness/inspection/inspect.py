"""From a planned document to its report: findings, score and estimates."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Literal, NamedTuple
from urllib.parse import urlsplit, urlunsplit

from adaptgen.mcp import tool_listing as brief
from adaptgen.mcp.advertised_schema import advertised_tool
from adaptgen.model.plan import Evidence, Plan
from adaptgen.model.tables import Tool, Unpaged
from adaptgen.model.toolsets import with_layout
from adaptgen.plan.document.reader import Operation, mapping, operations
from adaptgen.readiness.inspection.findings import BUDGET, Findings
from adaptgen.readiness.inspection.report import Estimate, Finding, Part, Report
from adaptgen.readiness.inspection.sizes import RECORDS, Sizes
from adaptgen.syntax.templates import references

if TYPE_CHECKING:
    from adaptgen.building.result import BuildResult
    from adaptgen.source import Document, Hints

_TASK = 250
"""Records of the list that the estimate of turns reads."""
_ANSWERS = 6
_MENU = 4_000
"""Bytes of the tools that search the others."""


def inspect(result: BuildResult, *, governed: bool = False, dated: date | None = None) -> Report:
    """The report on a build. ``governed``: governance settings lie next to its hints. ``dated``: the document's day."""
    document, hints, plan, diagnostics = result.document, result.hints, result.plan, result.diagnostics
    known = {one.pointer: one for one in operations(document)[0]}
    listed = _listing(plan)
    findings = Findings(document, plan, known, diagnostics, hints=hints, governed=governed, listed=listed.whole).find()
    return Report(
        title=plan.title,
        document=plan.source,
        version=document.version,
        operations=plan.operations,
        tools=len(plan.server.tools),
        parts=tuple(_parts(plan, known, hints, findings, listed)),
        findings=tuple(findings),
        estimates=tuple(_estimates(document, plan, known, listed)),
        dated=dated,
        link=_link(document, hints),
    )


def _link(document: Document, hints: Hints) -> str:
    """Where the document comes from, else where it says that its description is: a web address without a query, which
    may hold a key; else ""."""
    told = mapping(document.root.get("externalDocs")).get("url")
    for one in (hints.source.url if hints.source else "", told):
        if isinstance(one, str) and one.isprintable() and " " not in one and not references(one):
            try:
                parts = urlsplit(one)
            except ValueError:
                continue
            if parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc:
                return urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))
    return ""


class _Listing(NamedTuple):
    """The list of tools: its bytes ``whole`` and as it is ``shown``, and ``how`` agents see it."""

    whole: int
    shown: int
    how: Literal["whole", "in short", "searched"]


def _listing(plan: Plan) -> _Listing:
    known = {tool.name: tool for tool in with_layout(plan.server).tools}
    tools = [
        brief.listed(contract, known.get(name))
        for module in plan.modules
        for name, contract in module.contracts.items()
    ]
    whole = brief.ENVELOPE + sum(brief.size(advertised_tool(one)) for one in tools)
    if plan.server.surface == "list":
        return _Listing(whole, whole, "whole")
    step = None if plan.server.surface == "search" else brief.fitting(tools, brief.BUDGET, advertised_tool)
    if step is None:
        return _Listing(whole, _MENU, "searched")
    shown = brief.ENVELOPE + sum(brief.size(advertised_tool(brief.brief(one, step))) for one in tools)
    return _Listing(whole, shown, "in short" if step else "whole")


# ------------------------------------------------------------------------------------------------------------ score


def _parts(
    plan: Plan, known: Mapping[str, Operation], hints: Hints, findings: Sequence[Finding], listed: _Listing
) -> list[Part]:
    tools = [tool for tool in plan.server.tools if tool.source in known]
    counts: dict[str, int] = {}
    for one in findings:
        counts[one.rule] = counts.get(one.rule, 0) + 1
    return [
        _login(plan, counts, findings),
        _paging(tools, counts, {one.subject for one in plan.evidence if _is_learned(one, "paging")}),
        _answers(tools, counts),
        _words(tools, known, {name for name, hint in hints.tools.items() if hint.description}),
        _writes(tools, counts),
        _size(plan, listed),
        _soundness(plan, findings),
    ]


def _part(name: str, share: float, whole: float, of: int, because: str) -> Part:
    """A part of the score: ``share`` of ``whole`` things are right. Nothing to judge counts for nothing."""
    return Part(name, of * share / whole, of, because) if whole else Part(name, 0.0, 0, because)


def _login(plan: Plan, counts: Mapping[str, int], findings: Sequence[Finding]) -> Part:
    if counts.get("auth"):
        return Part("Logging in", 5, 15, "the document does not say how")
    if any(one.rule == "login" and one.severity != "low" for one in findings):
        return Part("Logging in", 9, 15, "a login is only likely, or needs a person")
    if counts.get("session"):
        return Part("Logging in", 13, 15, "one call logs in by itself; how a session ends is assumed")
    if not plan.server.auth:
        return Part("Logging in", 0, 0, "nothing is to be logged in to")
    learned = any(_is_learned(one, "login", "auth") for one in plan.evidence)
    return Part("Logging in", 15, 15, "it was learned by trying" if learned else "it is described")


def _is_learned(one: Evidence, *aspects: str) -> bool:
    return one.basis == "learned" and one.aspect in aspects


def _paging(tools: Sequence[Tool], counts: Mapping[str, int], learned: Collection[str]) -> Part:
    lists = [tool for tool in tools if tool.page is not None and tool.effect == "read"]
    paged = sum(not isinstance(tool.page, Unpaged) for tool in lists)
    open_ends = min(counts.get("paging", 0), len(lists) - paged)
    because = f"{paged} of {len(lists)} lists say how to go on" if lists else "there are no lists"
    tried = sum(tool.name in learned for tool in lists)
    because += f", {tried} of them learned by trying" if tried else ""
    return _part("Reading to the end", len(lists) - 0.6 * open_ends, len(lists), 20, because)


def _answers(tools: Sequence[Tool], counts: Mapping[str, int]) -> Part:
    reads = [tool for tool in tools if tool.effect == "read"]
    unknown = counts.get("schema", 0)
    because = f"{len(reads) - unknown} of {len(reads)} reading tools have an answer that is described"
    return _part("Short answers", len(reads) - unknown, len(reads), 20, because)


def _words(tools: Sequence[Tool], known: Mapping[str, Operation], told: Collection[str]) -> Part:
    said = sum(
        tool.name in told or bool(f"{known[tool.source].summary}{known[tool.source].description}".strip())
        for tool in tools
    )
    inputs = [one for tool in tools for one in known[tool.source].parameters]
    described = sum(bool(one.description.strip()) for one in inputs)
    # Two thirds for the operations; all of it where they take nothing that could be described.
    share = 2 * said / (3 * len(tools)) + described / (3 * len(inputs)) if inputs else said / max(1, len(tools))
    because = f"{said} of {len(tools)} operations and {described} of {len(inputs)} parameters are described"
    return _part("Said in words", share * len(tools), len(tools), 15, because)


def _writes(tools: Sequence[Tool], counts: Mapping[str, int]) -> Part:
    writes = [tool for tool in tools if tool.effect != "read"]
    blind = counts.get("replace", 0)
    because = f"{blind} of {len(writes)} writes replace what an agent has not seen" if writes else "nothing is written"
    return _part("Safe to change", len(writes) - blind, len(writes), 15, because)


def _size(plan: Plan, listed: _Listing) -> Part:
    if listed.how == "searched":
        return Part("Small enough", 8, 10, f"{len(plan.server.tools):,} tools are searched, not listed")
    if listed.how == "in short":
        return Part("Small enough", 9, 10, f"{len(plan.server.tools):,} tools are listed in short")
    points = 10 if listed.whole <= BUDGET else max(1.0, 10 * BUDGET / listed.whole)
    return Part("Small enough", points, 10, f"the list of tools takes {listed.whole:,} bytes")


def _soundness(plan: Plan, findings: Sequence[Finding]) -> Part:
    wrong = sum(one.rule.startswith("AG") and one.severity != "low" for one in findings)
    because = f"{wrong} places do not follow the specification" if wrong else "nothing had to be read leniently"
    return Part("Sound document", max(0.0, 5 - 50 * wrong / max(plan.operations, 10)), 5, because)


# -------------------------------------------------------------------------------------------------------- estimates


def _estimates(document: Document, plan: Plan, known: Mapping[str, Operation], listed: _Listing) -> list[Estimate]:
    sizes = Sizes(document)
    before = sum(map(sizes.endpoint, known.values()))
    found = [Estimate("the list of tools", before, listed.shown, "bytes")]
    budget = plan.server.max_bytes
    answers: list[Estimate] = []
    for tool in plan.server.tools:
        operation = known.get(tool.source)
        if operation is None or tool.call is None or tool.effect != "read":
            continue
        raw = sizes.answer(operation)
        if raw > 200:
            answers.append(Estimate(tool.name, raw, sizes.shown(operation, tool, raw, budget), "bytes"))
    answers.sort(key=lambda one: (-one.before, one.what))
    found += answers[:_ANSWERS]
    logins = max((len(auth.chain) for auth in plan.server.auth), default=0)
    lists = [tool for tool in plan.server.tools if tool.page is not None and tool.effect == "read"]
    if lists:
        pages = -(-_TASK // RECORDS) if any(not isinstance(tool.page, Unpaged) for tool in lists) else 1
        found.append(Estimate("turns to a first list", logins + 1, 1, "turns"))
        found.append(Estimate(f"turns to the answer among {_TASK} records", logins + pages, 1, "turns"))
    elif logins:
        found.append(Estimate("turns to a first answer", logins + 1, 1, "turns"))
    return found
