"""The validators that are asked, and where they are installed: Prism's (npm) for everything, openapi-core (PyPI) where
Prism objects or cannot say."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from support.npm import packages
from support.services import Unavailable, environment

HERE = Path(__file__).parent
VALIDATORS = {
    "@stoplight/prism-cli": "5.14.2",
    "@stoplight/prism-http": "5.12.0",
    "swagger2openapi": "7.0.8",
}

LIFE = 25
"""Documents after which a validator is started anew: it keeps what it made of them."""
OPENING, ASKING = 300.0, 60.0
"""Seconds a validator may take for a document, for a request."""


@dataclass(frozen=True)
class Verdict:
    """What the validators say of one request: nothing, faults, or that they cannot judge it."""

    faults: list[str] = field(default_factory=list)
    unjudged: list[str] = field(default_factory=list)
    overruled: list[str] = field(default_factory=list)

    @property
    def valid(self) -> bool:
        """Whether a validator found it right and none that could judge it found it wrong."""
        return not self.faults and not self.unjudged


@dataclass(frozen=True)
class Judged:
    """The verdicts in the order of the requests; ``unread``: why the document could not be read at all."""

    verdicts: list[Verdict]
    unread: str = ""


def installed() -> tuple[Path, Path]:
    """``node_modules`` and the Python of the second validator.

    Raises:
        Unavailable: there is no node or npm, or the packages cannot be had.
    """
    if shutil.which("node") is None:
        raise Unavailable("the validators need node")
    return packages("validators", VALIDATORS), environment("openapi-core", sys.executable) / "python"


class Oracle:
    """A validator in a process of its own that answers each JSON line with one, for many documents."""

    def __init__(self, command: list[str]) -> None:
        self._command = command
        self._process: subprocess.Popen[str] | None = None
        self._documents = 0

    def open(self, **given: str) -> dict[str, Any]:
        """A document; ``unread`` in the answer says why it cannot be read."""
        self._documents += 1
        if self._documents > LIFE:
            self.close()
        return self.ask(given, OPENING)

    def ask(self, given: dict[str, Any], seconds: float = ASKING) -> dict[str, Any]:
        """What the validator answers; ``unread`` where it ended or was ended after so many seconds."""
        if self._process is None:
            self._process, self._documents = _started(self._command), 0
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        timer = threading.Timer(seconds, self._process.kill)
        timer.start()
        try:
            self._process.stdin.write(json.dumps(given) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            timer.cancel()
        if not line:
            self.close()
            return {"unread": "the validator ended without a word", "faults": [], "unjudged": ["the validator ended"]}
        answer: dict[str, Any] = json.loads(line)
        if "unread" in answer and "operation" in given:
            return {"faults": [], "unjudged": [answer["unread"]]}
        return answer

    def close(self) -> None:
        """Ends the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def _started(command: list[str]) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True, encoding="utf-8")


@cache
def _oracles() -> tuple[Oracle, Oracle]:
    """Prism and openapi-core. They end with this process: their input ends."""
    modules, python = installed()
    prism = ["node", "--max-old-space-size=6000", str(HERE / "prism.cjs"), str(modules)]
    return Oracle(prism), Oracle([str(python), str(HERE / "core.py")])


def judge(spec: Path, requests: list[dict[str, Any]], folder: Path) -> Judged:
    """Every request against the document ``spec`` as it was written.

    A request is wrong where both validators object. Where Prism objects and openapi-core does not, the objection is
    kept as ``overruled``: what Prism 5.12 cannot read (multipart lists, nested queries) is known.
    """
    prism, core = _oracles()
    bundled = folder / "bundled.json"
    opened = prism.open(open=str(spec), bundled=str(bundled))
    if "unread" in opened:
        return Judged([], unread=opened["unread"])
    answers = [prism.ask(one) for one in requests]
    doubtful = [index for index, one in enumerate(answers) if one["faults"] or one["unjudged"]]
    again: dict[int, dict[str, Any]] = {}
    document = _converted(prism, bundled) if doubtful else None
    if document is not None and "unread" not in core.open(open=str(document)):
        again = {index: core.ask(requests[index]) for index in doubtful}
    return Judged([_verdict(one, again.get(index)) for index, one in enumerate(answers)])


def _verdict(prism: dict[str, Any], core: dict[str, Any] | None) -> Verdict:
    # Names and values that arrive are compared by us with what the document and the arguments say: never overruled.
    own = [_text(one) for one in prism["faults"] if one["code"] in ("undeclared", "arrived", "path")]
    faults = [_text(one) for one in prism["faults"] if one["code"] not in ("undeclared", "arrived", "path")]
    if own:
        return Verdict(own + faults)
    if core is None or core["unjudged"]:
        return Verdict(faults, [] if faults else [*prism["unjudged"], *(core["unjudged"] if core else ())])
    if core["faults"]:
        return Verdict(faults or [_text(one) for one in core["faults"]])
    return Verdict(overruled=faults)


def _text(fault: dict[str, Any]) -> str:
    return f"{fault['code']}: {fault['message']}"


def _converted(prism: Oracle, bundled: Path) -> Path | None:
    """The document as OpenAPI 3; a Swagger 2.0 document by way of swagger2openapi."""
    if "swagger" not in json.loads(bundled.read_bytes()):
        return bundled
    made = bundled.with_name("converted.json")
    return None if "unread" in prism.ask({"convert": str(bundled), "to": str(made)}, OPENING) else made
