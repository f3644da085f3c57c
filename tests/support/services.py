"""Real services to run generated servers against: installed once from the registry, started on a free loopback port.

Each is installed with pinned versions into a cached environment (``ADAPTGEN_CACHE``, else ``~/.cache/adaptgen``), runs
on data of its own below a temporary folder, and is stopped by its pid.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import venv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PINS = Path(__file__).parent / "pins"


class Unavailable(Exception):
    """The service cannot run on this machine; the text says why."""


def cache() -> Path:
    """The folder of installed environments."""
    return Path(os.environ.get("ADAPTGEN_CACHE") or Path.home() / ".cache" / "adaptgen") / "services"


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def python(minimum: tuple[int, int]) -> str:
    """An interpreter of at least ``minimum``.

    Raises:
        Unavailable: when the machine has none.
    """
    if sys.version_info >= minimum:
        return sys.executable
    roots = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    names = [f"python{minimum[0]}.{minor}" for minor in range(minimum[1], minimum[1] + 4)]
    found = [path for name in names if (path := shutil.which(name)) is not None]
    found += [str(path) for name in names for path in sorted(roots.glob(f"*/bin/{name}"))]
    for path in found:
        if subprocess.run([path, "-c", "import venv, sqlite3"], capture_output=True, check=False).returncode == 0:
            return path
    raise Unavailable(f"needs Python {minimum[0]}.{minimum[1]} or later")


def environment(name: str, interpreter: str) -> Path:
    """The ``bin`` folder of an environment with the pinned packages of ``pins/<name>.txt``, made at first use."""
    pins = PINS / f"{name}.txt"
    version = subprocess.run([interpreter, "-V"], capture_output=True, text=True, check=True).stdout
    mark = hashlib.sha256((pins.read_text() + version).encode()).hexdigest()[:12]
    folder = cache() / f"{name}-{mark}"
    if not (folder / "ready").exists():
        shutil.rmtree(folder, ignore_errors=True)
        if interpreter == sys.executable:
            venv.create(folder, with_pip=True)
        else:
            subprocess.run([interpreter, "-m", "venv", str(folder)], check=True)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-deps", "-r", str(pins)]
        done = subprocess.run(pip, capture_output=True, text=True, check=False)
        if done.returncode:
            shutil.rmtree(folder, ignore_errors=True)
            raise Unavailable(f"the packages of {pins.name} cannot be installed: {done.stderr.strip()[-400:]}")
        (folder / "ready").touch()
    return folder / "bin"


@dataclass
class Service:
    """A running service: ``url`` as clients see it, credentials and paths in ``facts``."""

    name: str
    url: str
    facts: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    log: Path | None = None

    def stop(self) -> None:
        """Ends the process group, gently and then surely."""
        if self.process is None:
            return
        for sign in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, sign)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(10)
                break
        self.process = None

    def json(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Any:
        """One plain HTTP request, for seeding and for looking at the service behind the tool's back."""
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(
            self.url + path, data, {"Content-Type": "application/json", **(headers or {})}, method=method
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            text = answer.read()
        return json.loads(text) if text else None


def launch(
    name: str, command: list[str], *, url: str, ready: str, environ: Mapping[str, str], folder: Path, seconds: float
) -> Service:
    """Starts ``command`` and waits until ``url + ready`` answers.

    Raises:
        Unavailable: with the end of the log, when it does not come up.
    """
    log = folder / f"{name}.log"
    with log.open("ab") as out:
        process = subprocess.Popen(
            command,
            stdout=out,
            stderr=out,
            stdin=subprocess.DEVNULL,
            env=dict(environ),
            start_new_session=True,
            cwd=folder,
        )
    service = Service(name, url, process=process, log=log)
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(urllib.error.URLError, OSError):
            urllib.request.urlopen(url + ready, timeout=3).close()
            return service
        time.sleep(0.1)
    service.stop()
    raise Unavailable(f"{name} did not come up: {log.read_text(errors='replace')[-600:]}")


@contextlib.contextmanager
def running(start: Callable[..., Service], *args: Any, **options: Any) -> Iterator[Service]:
    """A service for the length of a ``with`` block."""
    service = start(*args, **options)
    try:
        yield service
    finally:
        service.stop()


def plain_environ(folder: Path, **more: str) -> dict[str, str]:
    """The environment of a service: this one's, without what would steer it, at home in ``folder``."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "ADAPTGEN", "COV_"))}
    return {**kept, "HOME": str(folder), "PYTHONWARNINGS": "ignore", **more}
