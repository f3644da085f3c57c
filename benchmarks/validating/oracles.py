"""The validators that are asked, and where they are installed: Prism's (npm) for everything, openapi-core (PyPI) where
Prism objects or cannot say."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
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
    operations: int = 0
    unread: str = ""


def installed() -> tuple[Path, Path]:
    """``node_modules`` and the Python of the second validator.

    Raises:
        Unavailable: there is no node or npm, or the packages cannot be had.
    """
    if shutil.which("node") is None:
        raise Unavailable("the validators need node")
    return packages("validators", VALIDATORS), environment("openapi-core", sys.executable) / "python"


def judge(spec: Path, requests: list[dict[str, Any]], folder: Path) -> Judged:
    """Every request against the document ``spec`` as it was written.

    A request is wrong where both validators object. Where Prism objects and openapi-core does not, the objection is
    kept as ``overruled``: what Prism 5.12 cannot read (multipart lists, nested queries) is known.
    """
    modules, python = installed()
    bundled = folder / "bundled.json"
    first = _run(
        ["node", "--max-old-space-size=6000", str(HERE / "prism.cjs"), str(modules), str(spec), str(bundled)], requests
    )
    if not first or "unread" in first[0]:
        return Judged([], unread=first[0]["unread"] if first else "the validator ended without a word")
    answers = first[1:]
    doubtful = [index for index, one in enumerate(answers) if one["faults"] or one["unjudged"]]
    again: dict[int, dict[str, Any]] = {}
    if doubtful and (document := _converted(modules, bundled)) is not None:
        second = _run([str(python), str(HERE / "core.py"), str(document)], [requests[index] for index in doubtful])
        again = dict(zip(doubtful, second, strict=False))
    verdicts = [_verdict(one, again.get(index)) for index, one in enumerate(answers)]
    return Judged(verdicts, len(first[0]["operations"]))


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


def _converted(modules: Path, bundled: Path) -> Path | None:
    """The document as OpenAPI 3; a Swagger 2.0 document by way of swagger2openapi."""
    with bundled.open("rb") as file:
        if b'"swagger"' not in file.read(4000) and "swagger" not in json.loads(bundled.read_bytes()):
            return bundled
    made = bundled.with_name("converted.json")
    command = ["node", str(HERE / "convert.cjs"), str(modules), str(bundled), str(made)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    return made if done.returncode == 0 else None


def _run(command: list[str], requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    text = "\n".join(map(json.dumps, requests))
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False, timeout=1200)
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
