"""The values of an inspection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from adaptgen.diagnostics import Where
from adaptgen.model.frozen import plain

Severity = Literal["high", "medium", "low"]
SEVERITIES: tuple[Severity, ...] = ("high", "medium", "low")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that an agent will stumble over.

    ``rule`` names the kind of finding (``paging``, ``schema``, …); ``subject`` the tool or auth; ``because`` is the
    evidence; ``fix`` what to write into the hints (YAML), or what else to do where hints cannot help.
    """

    rule: str
    severity: Severity
    subject: str
    message: str
    because: str = ""
    fix: str = ""
    where: Where | None = None


@dataclass(frozen=True, slots=True)
class Topic:
    """What findings of one rule have in common, for a reader who does not know the rules: what to do, why it matters,
    and the part of the score that they lower ("": none)."""

    title: str
    why: str
    part: str = ""


TOPICS: Mapping[str, Topic] = {
    "auth": Topic("Describe how requests log in", "A server without credentials is refused by the API.", "Logging in"),
    "login": Topic("Confirm the login", "The document does not describe it completely.", "Logging in"),
    "account": Topic("Let callers act in their own name", "Otherwise the API sees one user for everybody."),
    "session": Topic(
        "Describe how a session ends", "A session that ends in an unknown way looks like a failed call.", "Logging in"
    ),
    "paging": Topic(
        "Describe how lists are paged", "An agent may count or search only the first page.", "Reading to the end"
    ),
    "schema": Topic(
        "Describe the answers", "Without a schema, fields are chosen from the first answer.", "Short answers"
    ),
    "words": Topic("Describe the operations", "Agents choose tools by these descriptions.", "Said in words"),
    "name": Topic("Name the operations", "A name made from a path says less than one that a person chose."),
    "replace": Topic(
        "Make updates safe", "An update can overwrite data that the agent has not seen.", "Safe to change"
    ),
    "effect": Topic("Confirm which calls only read", "A call that counts as a write needs a permission."),
    "personal data": Topic("Protect personal data", "Without governance, the model reads it in clear text."),
    "size": Topic("Offer fewer tools", "The list of tools is part of every conversation.", "Small enough"),
    "provider": Topic("Shorten names", "Some model providers or clients refuse these tools."),
}
"""By the rule of a finding. Every other rule is the code of a diagnostic."""
_DOCUMENT = Topic("Correct the document", "It does not follow the specification here.", "Sound document")


@dataclass(frozen=True, slots=True)
class Group:
    """The findings of one rule, the gravest first. ``points``: what they cost of 100, at most."""

    rule: str
    topic: Topic
    findings: tuple[Finding, ...]
    points: float

    @property
    def severity(self) -> Severity:
        """That of the gravest."""
        return self.findings[0].severity

    @property
    def anchor(self) -> str:
        """An identifier for links in a page."""
        return f"rule-{self.rule.replace(' ', '-').lower()}"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the score: ``points`` of ``of`` (0: there is nothing to judge), and why."""

    name: str
    points: float
    of: int
    because: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """What something costs an agent, ``before`` (one tool per endpoint) and ``after``. ``unit``: bytes or turns."""

    what: str
    before: int
    after: int
    unit: Literal["bytes", "turns"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The whole inspection. ``estimates``: the sizes of answers are estimated from their schemas. ``dated``: the day of
    the document, if it is known; ``link``: the web address where it or its description is, or ""."""

    title: str
    document: str
    version: str
    operations: int
    tools: int
    parts: tuple[Part, ...]
    findings: tuple[Finding, ...]
    estimates: tuple[Estimate, ...]
    dated: date | None = None
    link: str = ""

    @property
    def score(self) -> int:
        """0 to 100: the points, of those of the parts with something to judge."""
        return round(100 * sum(part.points for part in self.parts) / (sum(part.of for part in self.parts) or 1))

    def groups(self) -> list[Group]:
        """The findings by rule, in the order in which to work on them: the gravest, then what costs the most points."""
        by_rule: dict[str, list[Finding]] = {}
        for one in self.findings:
            by_rule.setdefault(one.rule, []).append(one)
        whole = sum(part.of for part in self.parts) or 1
        lost = {part.name: 100 * (part.of - part.points) / whole for part in self.parts}
        groups = [
            Group(rule, topic, tuple(found), lost.get(topic.part, 0.0))
            for rule, found in by_rule.items()
            for topic in (TOPICS.get(rule, _DOCUMENT),)
        ]
        return sorted(groups, key=lambda one: (SEVERITIES.index(one.severity), -one.points, one.rule))

    def to_json(self) -> dict[str, Any]:
        """As JSON values: a table for every class of this module, under the names of its fields."""
        said = plain(replace(self, dated=None)) | {"dated": self.dated.isoformat() if self.dated else ""}
        for part in said["parts"]:
            part["points"] = round(part["points"], 1)
        for finding, row in zip(self.findings, said["findings"], strict=True):
            row["where"] = str(finding.where or "")
        return {"adaptgen": 1, "score": self.score, **said}
