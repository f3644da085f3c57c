"""The vocabulary of learning: experiments, the lines they justify, and where a document and its API disagree.

Nothing here holds a value that an API answered: shapes, counts, names of fields and parameters, status codes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from adaptgen.model.tables import Json, value

Confidence: TypeAlias = Literal["certain", "likely", "unknown"]
"""``certain``: an experiment that had to fail
otherwise; ``likely``: everything seen fits, and something else would too; ``unknown``: it could not be tried, or the
answers contradict each other."""


@value()
class Experiment:
    """One question that was tried.

    ``subject``: the key of the operation (``GET /contacts``), or the name of an auth. ``question``: a stable dotted
    name, such as ``paging.size.honoured``. ``request``: what was sent, with the names of inputs and placeholders for
    values that came from the API. ``seen``: what came back in shape (status, counts, whether pages overlap).
    ``conclusion``: a sentence."""

    subject: str
    question: str
    request: str
    seen: Mapping[str, Json]
    conclusion: str
    confidence: Confidence


@value()
class Line:
    """One entry of ``learned.yaml``: ``value`` at ``keys``, and why. ``("operations", "GET /contacts", "page")``,
    ``("auth", "session")``, ``("sensitive", "$..ssn")``. Below ``operations`` the keys are those of a tool in the
    hints."""

    keys: tuple[str, ...]
    value: Json
    because: str
    confidence: Confidence


@value()
class Disagreement:
    """What the document says and the API does not do, for the owner of the API. ``pointer``: where in the document."""

    subject: str
    pointer: str
    declared: str
    observed: str


@dataclass(slots=True)
class Notebook:
    """Everything found so far. A question that has its experiment is not asked again when learning continues."""

    experiments: list[Experiment] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    disagreements: list[Disagreement] = field(default_factory=list)

    def find(self, subject: str, question: str) -> Experiment | None:
        """The experiment that answered ``question`` about ``subject``."""
        fitting = (one for one in self.experiments if (one.subject, one.question) == (subject, question))
        return next(fitting, None)
