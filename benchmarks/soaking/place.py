"""The processes of the soak: Redis, the API, a generated server in ``mode: behind``, and the proxy before it."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from governed.issuer import Issuer
from support import redis
from support.services import Service, free_port, launch, plain_environ

from adaptgen.cli import main
from soaking import documents
from soaking.api import PASSWORD, USER

BENCHMARKS = Path(__file__).parents[1]


class Place:
    """``folder`` holds everything; each process says what it says into a file there."""

    def __init__(self, folder: Path, issuer: Issuer) -> None:
        self.folder = folder
        self.proxy_port = free_port()
        self._issuer = issuer
        self._server_port = free_port()
        self._api_port = free_port()
        self._redis_port = free_port()
        self._running: dict[str, Service] = {}
        environ = {name: secrets.token_hex(32) for name in documents.KEYS}
        environ |= {
            "HANDOVER": json.dumps(issuer.key.as_dict(private=True)),
            "REDIS": f"redis://127.0.0.1:{self._redis_port}/0",
            "SHOP_URL": f"http://127.0.0.1:{self._api_port}",
            "SHOP_USER": USER,
            "SHOP_PASSWORD": PASSWORD,
            "PYTHONPATH": str(BENCHMARKS),
        }
        self._environ = plain_environ(folder, **environ)
        # Warnings of a server are what its operators would see, so they are kept; bytecode is as in production.
        for name in ("PYTHONWARNINGS", "PYTHONDONTWRITEBYTECODE"):
            self._environ.pop(name, None)
        self._environ["PYTHONWARNINGS"] = "default"

    def start(self) -> None:
        """Everything, in the order in which one needs the other."""
        specs = self.folder / "specs"
        (specs / "shop").mkdir(parents=True)
        (specs / "shop.json").write_text(json.dumps(documents.document()))
        (specs / "shop" / "hints.yaml").write_text(documents.HINTS)
        if main(["build", str(specs / "shop.json"), "--out", str(self.folder / "generated")]):
            raise SystemExit("the server cannot be built")
        for name in ("front", "shop", "api", "redis"):
            (self.folder / name).mkdir()
        self.start_redis()
        self.start_api()
        front = self.folder / "front"
        (front / "policies.cedar").write_text(documents.POLICIES)
        self.switch("")
        self.govern("k1")
        keys = subprocess.run(
            self._adaptgen("proxy", front / "governance.yaml", "--jwks"),
            env=self._environ,
            capture_output=True,
            text=True,
            check=True,
        )
        settings = self.folder / "shop" / "governance.yaml"
        settings.write_text(json.dumps(documents.behind(json.loads(keys.stdout))))
        self._serve("shop", self._server_port, "serve", self.folder / "generated" / "shop", "--governance", settings)
        self._serve("front", self.proxy_port, "proxy", front / "governance.yaml")

    def _serve(self, name: str, port: int, *arguments: str | Path) -> None:
        folder = self.folder / name
        command = self._adaptgen(*arguments, "--http", f"127.0.0.1:{port}")
        url = f"http://127.0.0.1:{port}"
        self._running[name] = launch(
            name, command, url=url, ready="/healthz", environ=self._environ, folder=folder, seconds=60
        )

    @staticmethod
    def _adaptgen(*arguments: str | Path) -> list[str]:
        return [sys.executable, "-m", "adaptgen", *map(str, arguments)]

    # --------------------------------------------------------------------------------------------------------- events

    def start_api(self) -> None:
        """The API, on its port and its log."""
        command = [sys.executable, "-m", "soaking.api", str(self._api_port), "."]
        url = f"http://127.0.0.1:{self._api_port}"
        self._running["api"] = launch(
            "api", command, url=url, ready="/health", environ=self._environ, folder=self.folder / "api", seconds=60
        )

    def start_redis(self) -> None:
        """A Redis that remembers nothing of an earlier one."""
        self._running["redis"] = redis.start(self.folder / "redis", self._redis_port)

    def kill(self, name: str) -> None:
        """SIGKILL, in the middle of whatever it does."""
        process = self._running.pop(name).process
        assert process is not None
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def govern(self, current: str) -> None:
        """The settings of the proxy, which seals with the key ``current`` from then on."""
        text = json.dumps(documents.front(self._issuer.url, self._server_port, current))
        self._replace("governance.yaml", text)

    def switch(self, text: str) -> None:
        """The kill switch."""
        self._replace("switch.yaml", text)

    def _replace(self, name: str, text: str) -> None:
        path = self.folder / "front" / name
        new = path.with_suffix(".new")
        new.write_text(text)
        new.replace(path)

    # ---------------------------------------------------------------------------------------------------------- looks

    def memory(self, name: str) -> float:
        """MB that a process holds."""
        process = self._running[name].process
        assert process is not None
        pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def alive(self, name: str) -> bool:
        """Whether a process has not ended."""
        process = self._running[name].process
        return process is not None and process.poll() is None

    def said(self, name: str) -> str:
        """What a process said."""
        return (self.folder / name / f"{name}.log").read_text(errors="replace")

    def verified(self, name: str) -> str:
        """What ``adaptgen audit verify`` finds in an audit trail: "" for nothing."""
        folder = self.folder / name
        command = self._adaptgen(
            "audit", "verify", folder / "audit.jsonl", "--checkpoints", folder / "checkpoints.jsonl"
        )
        environ = {**self._environ, "ADAPTGEN_AUDIT_KEY": self._environ[f"{name.upper()}_AUDIT"]}
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
        return "" if done.returncode == 0 else done.stdout + done.stderr

    def stop(self) -> None:
        """End the proxy first, and what stands behind it last."""
        for name in ("front", "shop", "api", "redis"):
            service = self._running.pop(name, None)
            if service is not None:
                with suppress(ProcessLookupError):
                    service.stop()


@contextmanager
def running(folder: Path, issuer: Issuer) -> Iterator[Place]:
    """All processes for the length of a block."""
    place = Place(folder, issuer)
    try:
        place.start()
        yield place
    finally:
        place.stop()
