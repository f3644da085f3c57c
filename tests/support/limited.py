"""A command with a limit on its time and memory, measured.

``python limited.py SECONDS ARGUMENTS…`` is the process between: a child starts with the peak memory of its parent, and
a test run is a large parent.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_ADDRESS_SPACE = 4 << 30


@dataclass(frozen=True, slots=True)
class Done:
    """``code`` is negative after a signal; ``seconds`` of processor time; ``megabytes`` of resident memory at most."""

    code: int
    said: str
    seconds: float
    megabytes: float


def limited(arguments: Sequence[str], folder: Path, seconds: int) -> Done:
    """``python`` with ``arguments`` in ``folder``, killed after ``seconds`` of processor time."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, __file__, str(seconds), *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return Done(**json.loads(done.stdout))


def build(folder: Path, name: str, data: bytes, seconds: int = 40) -> Done:
    """``adaptgen build`` of one document."""
    specs = folder / "specs"
    specs.mkdir(exist_ok=True)
    (specs / name).write_bytes(data)
    return limited(["-m", "adaptgen", "build", f"specs/{name}", "--out", "generated"], folder, seconds)


def run(seconds: int, arguments: Sequence[str]) -> dict[str, object]:
    """The fields of :class:`Done`."""

    def limits() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
        resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            preexec_fn=limits,
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        text = said.read().decode("utf-8", "replace")
    return {
        "code": process.returncode,
        "said": text,
        "seconds": used.ru_utime + used.ru_stime,
        "megabytes": used.ru_maxrss / 1024,
    }


if __name__ == "__main__":
    print(json.dumps(run(int(sys.argv[1]), sys.argv[2:])))
