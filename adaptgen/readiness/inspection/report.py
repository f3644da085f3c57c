"""The values of an inspection."""

from __future__ import annotations

from dataclasses import dataclass
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
        """0 to 100: the points, of those of the parts with something to judge."""
        return round(100 * sum(part.points for part in self.parts) / (sum(part.of for part in self.parts) or 1))

    def to_json(self) -> dict[str, Any]:
        """As JSON values: a table for every class of this module, under the names of its fields."""
        said = plain(self)
        for part in said["parts"]:
            part["points"] = round(part["points"], 1)
        for finding, row in zip(self.findings, said["findings"], strict=True):
            row["where"] = str(finding.where or "")
        return {"adaptgen": 1, "score": self.score, **said}
