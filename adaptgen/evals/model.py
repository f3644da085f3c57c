"""The vocabulary of evaluation: cases, checks and results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from adaptgen.diagnostics import Where
from adaptgen.model.tables import Caller, Json, value

Layer: TypeAlias = Literal["L0", "L1", "L2", "L3"]
LAYERS: tuple[Layer, ...] = ("L0", "L1", "L2", "L3")
State: TypeAlias = Literal["passed", "failed", "stale", "not run"]
"""``stale``: a recording was made for other tools, another case, model or settings. It is never a pass."""


@value()
class ExpectedCall:
    """One call that answers the question. ``arguments``: name -> a matcher (:mod:`adaptgen.evals.matchers`); an
    argument that is not named must be absent, unless ``more_arguments``. ``instead``: other calls that are as good.

    ``keep``: a name for its answer, which the arguments of later calls take values from (``{$from:
    found.items[0].id}``). ``error``: a matcher of the text of an error, where the right thing is that the call fails
    so. ``permitted``: of a call that must not happen, that the policies allow it all the same: only what a model does
    (L3) shows it."""

    tool: str
    arguments: Mapping[str, Json]
    more_arguments: bool = False
    instead: tuple[ExpectedCall, ...] = ()
    keep: str = ""
    error: Json = None
    permitted: bool = False
    where: Where | None = None


@value()
class Case:
    """One question. ``calls`` in this order where ``ordered``; none are expected where the right thing is to refuse or
    to ask. (L2 makes them in the order of the file.) ``never``: calls that must not happen. ``answer``: a matcher of
    the last answer (L2) and facts that the model's text must hold (L3). ``state``: calls and matchers that show the
    change in the API afterwards. ``refused_for``: callers whom the policy refuses the expected calls. ``draft``: nobody
    has reviewed it. ``where``: its place in the file."""

    id: str
    question: str
    caller: Caller
    calls: tuple[ExpectedCall, ...] = ()
    ordered: bool = False
    never: tuple[ExpectedCall, ...] = ()
    answer: Json = None
    state: tuple[tuple[ExpectedCall, Json], ...] = ()
    refused_for: tuple[Caller, ...] = ()
    max_turns: int | None = None
    max_bytes: int | None = None
    draft: bool = False
    where: Where | None = None


@value()
class Check:
    """One thing that was checked. ``subject``: the id of a case, or the name of a tool (L0). ``name``: a stable dotted
    name, such as ``oracle.answer``. ``message``: what is wrong, empty where it passed; ``help``: what to do."""

    layer: Layer
    subject: str
    name: str
    state: State
    message: str = ""
    where: Where | None = None
    help: str = ""


@value()
class CaseScore:
    """What one case cost and how good it was; None where the layer that measures it did not run. ``tools``: (expected,
    called) names in pairs, for the confusion matrix; ``trials``: passes and runs, for pass^k."""

    case: str
    precision: float | None = None
    recall: float | None = None
    arguments: float | None = None
    turns: int | None = None
    bytes: int | None = None
    tokens: int | None = None
    cost: float | None = None
    tools: tuple[tuple[str, str], ...] = ()
    trials: tuple[int, int] | None = None


@value()
class EvalResult:
    """One run. ``layers``: those that ran. ``surface``: SHA-256 of the list of tools as a client sees it."""

    server: str
    layers: tuple[Layer, ...]
    cases: tuple[Case, ...]
    checks: tuple[Check, ...]
    scores: tuple[CaseScore, ...] = ()
    surface: str = ""

    @property
    def share(self) -> float:
        """The share of checks that passed, from 0 to 1; 1 for none. What is stale or did not run has not passed."""
        return sum(one.state == "passed" for one in self.checks) / len(self.checks) if self.checks else 1.0
