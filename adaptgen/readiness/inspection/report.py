"""The values of an inspection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from adaptgen.diagnostics import Where

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

    def to_json(self) -> dict[str, Any]:
        """As a JSON value."""
        return {
            "rule": self.rule,
            "severity": self.severity,
            "subject": self.subject,
            "message": self.message,
            "because": self.because,
            "fix": self.fix,
            "where": str(self.where) if self.where else "",
        }


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the score: ``points`` of ``of``, and why."""

    name: str
    points: float
    of: int
    because: str

    def to_json(self) -> dict[str, Any]:
        """As a JSON value."""
        return {"name": self.name, "points": round(self.points, 1), "of": self.of, "because": self.because}


@dataclass(frozen=True, slots=True)
class Estimate:
    """What something costs an agent, ``before`` (one tool per endpoint) and ``after``. ``unit``: bytes or turns."""

    what: str
    before: int
    after: int
    unit: Literal["bytes", "turns"]

    def to_json(self) -> dict[str, Any]:
        """As a JSON value."""
        return {"what": self.what, "before": self.before, "after": self.after, "unit": self.unit}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The whole inspection. ``estimates``: the sizes of answers are estimated from their schemas."""

    title: str
    document: str
    version: str
    operations: int
    tools: int
    parts: tuple[Part, ...]
    findings: tuple[Finding, ...]
    estimates: tuple[Estimate, ...]

    @property
    def score(self) -> int:
        """0 to 100."""
        return round(sum(part.points for part in self.parts))

    def to_json(self) -> dict[str, Any]:
        """As a JSON value, in a stable order."""
        return {
            "adaptgen": 1,
            "document": self.document,
            "title": self.title,
            "version": self.version,
            "operations": self.operations,
            "tools": self.tools,
            "score": self.score,
            "parts": [part.to_json() for part in self.parts],
            "findings": [finding.to_json() for finding in self.findings],
            "estimates": [estimate.to_json() for estimate in self.estimates],
        }
