"""Fresh processes of a function, and what each of them took."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CHILD = Path(__file__).parent / "child.py"
NAME = "Ada Abel"
"""The contact that is asked for. No governed answer shows it."""
CONTACT = 5833
FIELDS = {"id": CONTACT, "full_name": NAME, "first_name": "Ada", "email": "ada.abel5833@larch-foods.example.com"}


@dataclass
class Variant:
    """A way to serve. ``code``: a function of ``child.py``; ``task``: the folder of its bundle.

    What its runs took: milliseconds from the start of the process to the first answered call, on the clock and of the
    processor; of a warm call and of the bare request; megabytes at most; requests to AWS of a start and a call.
    """

    code: str
    task: Path
    environ: Mapping[str, str]
    governed: bool = False
    start: list[float] = field(default_factory=list)
    work: list[float] = field(default_factory=list)
    call: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)

    def run(self, python: str, platform: Path, event: Mapping[str, Any], warm: int) -> None:
        """One process."""
        took, measured = self._one(python, platform, event, warm, ())
        self.start.append(took)
        self.work.append(measured["work"])
        self.memory.append(measured["memory"])
        if warm:
            self.call.append(measured["call"])
            self.bare.append(measured["bare"])

    def trace(self, python: str, platform: Path, event: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
        """What one process says of itself, and its ``-X importtime``."""
        with tempfile.TemporaryFile("w+") as log:
            _, measured = self._one(python, platform, event, 0, ("-X", "importtime"), log)
            log.seek(0)
            return measured, log.read()

    def forget(self) -> None:
        """Drop what was measured: the first run of each warms the disk."""
        for taken in (self.start, self.work, self.call, self.bare, self.memory):
            taken.clear()

    def _one(
        self, python: str, platform: Path, event: Mapping[str, Any], warm: int, flags: tuple[str, ...], log: Any = None
    ) -> tuple[float, dict[str, Any]]:
        given = {
            "task": str(self.task),
            "platform": str(platform),
            "event": event,
            "warm": warm,
            "contact": json.dumps(FIELDS),
            "trace": bool(flags),
        }
        # -I -S: nothing of this machine's packages and variables; bytecode is there and is not written.
        command = [python, "-I", "-S", "-B", *flags, str(CHILD), self.code, json.dumps(given)]
        environ = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ} | dict(self.environ)
        printed: list[str] = []
        with tempfile.TemporaryFile("w+") as own:
            begun = time.perf_counter()
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log or own, env=environ, text=True) as child:
                assert child.stdout is not None
                for line in child.stdout:
                    printed.append(line)
                    if line.startswith('{"statusCode"'):
                        break
                took = (time.perf_counter() - begun) * 1000
                rest = child.stdout.read().splitlines()
            if child.returncode or not rest:
                (log or own).seek(0)
                raise RuntimeError((log or own).read()[-4000:])
        self._check(printed)
        measured: dict[str, Any] = json.loads(rest[-1])
        return took, measured

    def _check(self, printed: list[str]) -> None:
        """That the call was answered, and where it is governed, that it was audited and shows tokens."""
        body = json.loads(json.loads(printed[-1])["body"])
        text = body["result"]["content"][0]["text"]
        assert text.startswith("{"), text
        shown = json.loads(text)
        assert not body["result"].get("isError"), text
        assert shown["id"] == CONTACT, text
        assert (NAME in text) != self.governed, text
        events = [json.loads(line).get("event") for line in printed[:-1]]
        assert not self.governed or {"decision", "result"} <= set(events), events
