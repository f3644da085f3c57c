"""The read that shows whether a caller is logged in: it fails without credentials, and succeeds with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from adaptgen.building.result import BuildResult
from adaptgen.learning.live import LiveProbe
from adaptgen.learning.model import Confidence, Disagreement, Experiment, Notebook
from adaptgen.learning.replies import Came
from adaptgen.model.tables import Tool, Unpaged
from adaptgen.plan.document.operation import Operation
from adaptgen.plan.document.reader import operations
from adaptgen.runtime.http.expected_answer import expected_body
from adaptgen.runtime.http.logged_out import Sign, find_sign, redirect_sign

TRIES: Final = 6
"""Reads that are tried without credentials."""
WITHOUT: Final = "login.without"
"""The question that a read without credentials answers."""
WITNESSES: Final = 4
"""Reads that are refused without credentials, after which no more are tried."""
_AWAY: Final = 2
"""Reads without any answer after which the API is taken to be away."""
_DENIED: Final = frozenset({401, 403, 407, 419, 440, 498})

Verdict: TypeAlias = Literal["denied", "open", "unclear"]


@dataclass(frozen=True, slots=True)
class Witness:
    """``sign``: what its answer without credentials means by, where it says so."""

    operation: Operation
    tool: Tool
    came: Came
    sign: Sign | None


def judge(came: Came, tool: Tool) -> Verdict:
    """Whether an answer is that of a caller who is not logged in."""
    if came.failed == "redirect":
        return "denied" if find_its_sign(came, tool) is not None else "unclear"
    if came.response is None or came.failed:
        return "unclear"
    if came.response.status in _DENIED or find_its_sign(came, tool) is not None:
        return "denied"
    return "open" if 200 <= came.response.status < 300 else "unclear"


def find_its_sign(came: Came, tool: Tool) -> Sign | None:
    """What in an answer says that the caller is not logged in."""
    if came.failed == "redirect":
        return redirect_sign(came.status or 302, came.target, tool.call.path if tool.call else "")
    return find_sign(came.response, expected_body(tool)) if came.response is not None else None


def describe(came: Came) -> str:
    """An answer in a word: its status, or why there is no answer."""
    return str(came.response.status) if came.response is not None else came.failed or "no answer"


def free_reads(result: BuildResult, readable: Mapping[str, Tool]) -> list[tuple[Operation, Tool]]:
    """The reads that need no input, the likeliest to need a login first; of each resource one before its others."""
    contracts = {name: one for module in result.plan.modules for name, one in module.contracts.items()}
    found: list[tuple[Operation, Tool]] = []
    for operation in operations(result.document)[0]:
        tool = readable.get(operation.pointer)
        if tool is None or "{" in operation.path or operation.method != "GET":
            continue
        contract = contracts.get(tool.name)
        if contract is not None and not contract.input_schema.get("required"):
            found.append((operation, tool))
    found.sort(key=_rank)
    return [*_spread(found)]


def _rank(row: tuple[Operation, Tool]) -> tuple[bool, bool, bool, int, str]:
    operation, tool = row
    unpaged = tool.page is None or isinstance(tool.page, Unpaged)
    return (not tool.auth or tool.anonymous, tool.page is None, unpaged, operation.path.count("/"), operation.key)


def _spread(found: list[tuple[Operation, Tool]]) -> Iterator[tuple[Operation, Tool]]:
    """The first read of each resource before its others."""
    first: dict[str, tuple[Operation, Tool]] = {}
    for row in found:
        first.setdefault(row[0].path.rstrip("/").rpartition("/")[2], row)
    yield from first.values()
    yield from (row for row in found if row not in first.values())


async def find_witnesses(result: BuildResult, probe: LiveProbe, notebook: Notebook) -> list[Witness]:
    """Reads that are refused without credentials: several, since an account may be forbidden one of them."""
    found: list[Witness] = []
    away = 0
    home = {pointer: tool for pointer, tool in probe.tools.items() if probe.is_home(tool)}
    for operation, tool in free_reads(result, home)[:TRIES]:
        came = await probe.send(operation, credentials="none")
        verdict = judge(came, tool)
        if verdict == "denied":
            note(notebook, operation, came, "it is refused without credentials", "certain")
            if operation.security == ():
                _disagree(notebook, operation, "no security", f"{describe(came)} without credentials")
            found.append(Witness(operation, tool, came, find_its_sign(came, tool)))
            if len(found) == WITNESSES:
                break
            continue
        sentence = "it is answered without credentials" if verdict == "open" else "it shows nothing about logins"
        note(notebook, operation, came, sentence, "certain" if verdict == "open" else "unknown")
        away += came.failed in ("connection", "timeout")
        if away == _AWAY:
            break
        if verdict == "open" and operation.security:
            _disagree(notebook, operation, "credentials are needed", f"{describe(came)} without credentials")
    return found


def note(notebook: Notebook, operation: Operation, came: Came, conclusion: str, confidence: Confidence) -> None:
    """The row of one read without credentials."""
    if notebook.find(operation.key, WITHOUT) is None:
        row = Experiment(
            operation.key,
            WITHOUT,
            f"{operation.key} without credentials",
            {"answer": describe(came)},
            conclusion,
            confidence,
        )
        notebook.experiments.append(row)


def _disagree(notebook: Notebook, operation: Operation, declared: str, observed: str) -> None:
    pointer = f"{operation.pointer}/security" if "security" in operation.raw else "#/security"
    found = Disagreement(operation.key, pointer, declared, observed)
    if found not in notebook.disagreements:
        notebook.disagreements.append(found)
