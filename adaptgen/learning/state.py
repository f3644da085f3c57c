"""``learned.json``: every experiment as a row, for people who check it and for a run that continues.

No values of the API, no hashes of values and no tokens: questions, requests with placeholders, shapes, conclusions.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, get_args

from adaptgen.diagnostics import AdaptgenError, Diagnostic, Where
from adaptgen.learning.model import Disagreement, Experiment, Line, Notebook
from adaptgen.model.frozen import plain
from adaptgen.output.write import write_file

NAME = "learned.json"
FORMAT = 1

Status: TypeAlias = Literal["interrupted", "spent", "complete"]
_STATUSES: Final = get_args(Status)


@dataclass(slots=True)
class State:
    """A run and how far it came. ``document``: a digest of what was read from the disk; another document, or other
    hints, begin anew. ``spent``: the requests of a run that was interrupted."""

    document: str
    status: Status = "interrupted"
    spent: int = 0
    notebook: Notebook = field(default_factory=Notebook)

    def text(self) -> str:
        """The file."""
        notebook = self.notebook
        said = {
            "adaptgen": FORMAT,
            "document": self.document,
            "status": self.status,
            "requests": self.spent,
            "experiments": [plain(one) for one in notebook.experiments],
            "lines": [plain(one) for one in notebook.lines],
            "disagreements": [plain(one) for one in notebook.disagreements],
        }
        return json.dumps(said, indent=1, ensure_ascii=True) + "\n"

    def write(self, path: Path) -> None:
        """Write it as a whole, or not at all."""
        write_file(path, self.text().encode())


def withhold(notebook: Notebook, secrets: Sequence[str]) -> None:
    """Drop every row and line that holds one of ``secrets``, or a part of one: an API may call a field as it likes."""
    shown = [part for secret in secrets for part in _parts(secret)]

    def is_clean(one: object) -> bool:
        text = repr(one)
        return not any(part.search(text) for part in shown)

    if shown:
        notebook.experiments[:] = filter(is_clean, notebook.experiments)
        notebook.lines[:] = filter(is_clean, notebook.lines)
        notebook.disagreements[:] = filter(is_clean, notebook.disagreements)


_LONG: Final = 12
"""Characters of a credential that show that it is a part of it."""


def _parts(secret: str) -> Iterator[re.Pattern[str]]:
    """What shows a credential: all of it, as a word of its own where it is short, and any piece of a long one."""
    if not secret:
        return
    whole = re.escape(secret)
    yield re.compile(whole if len(secret) >= _LONG // 2 else rf"(?<![A-Za-z0-9]){whole}(?![A-Za-z0-9])")
    pieces = [piece for piece in re.split(r"[^A-Za-z0-9_-]", secret) if len(piece) > _LONG]
    starts = [piece[at : at + _LONG] for piece in pieces for at in range(len(piece) - _LONG + 1)]
    if starts:
        yield re.compile("|".join(map(re.escape, starts)))


def digest_of(inputs: dict[str, str]) -> str:
    """A digest of the files that were read; what was learned itself is not one of them."""
    kept = sorted((path, digest) for path, digest in inputs.items() if not path.endswith("/learned.yaml"))
    return hashlib.sha256(json.dumps(kept).encode()).hexdigest()


def read_state(path: Path) -> State | None:
    """The state of an earlier run, None without one.

    Raises:
        AdaptgenError: AG098, the file is not one that a run wrote.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as failure:
        raise _unreadable(path, failure.strerror or type(failure).__name__) from None
    try:
        said: dict[str, Any] = json.loads(data)
        if said["adaptgen"] != FORMAT or said["status"] not in _STATUSES or said["requests"] < 0:
            raise ValueError("it is of another version")
        notebook = Notebook(
            [Experiment(**one) for one in said["experiments"]],
            [Line(**{**one, "keys": tuple(one["keys"])}) for one in said["lines"]],
            [Disagreement(**one) for one in said["disagreements"]],
        )
        return State(str(said["document"]), said["status"], int(said["requests"]), notebook)
    except (ValueError, LookupError, TypeError, AttributeError):
        raise _unreadable(path, "it is not what adaptgen learn writes") from None


def _unreadable(path: Path, why: str) -> AdaptgenError:
    help = "begin anew: adaptgen learn SPEC --restart"
    message = f"the experiments cannot be continued: {why}"
    return AdaptgenError(Diagnostic("AG098", message, Where(path.as_posix()), help))
