"""``adaptgen serve`` and ``adaptgen proxy`` as processes: started until they listen, or until they refuse to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.services import plain_environ
from support.web import Said, post

ROOT = Path(__file__).parents[2]
MODERN = "2026-07-28"


@dataclass
class Serving:
    """A process that serves MCP at ``url``; ``lines`` is what it has said on stderr."""

    url: str
    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)
    token: str = ""

    def rpc(self, method: str, params: Mapping[str, Any], token: str | None = None, **headers: str) -> Said:
        """One request of 2026-07-28 with all that the revision demands."""
        return post(self.url, *request(method, params, self.token if token is None else token, **headers))

    def call(self, tool: str, arguments: Mapping[str, Any], token: str | None = None) -> tuple[str, bool]:
        """The text of a tool's answer, and whether it is an error."""
        said = self.rpc("tools/call", {"name": tool, "arguments": dict(arguments)}, token)
        result = json.loads(said.data())["result"]
        return "".join(block["text"] for block in result["content"]), bool(result.get("isError"))


def request(
    method: str, params: Mapping[str, Any], token: str = "", meta: Mapping[str, Any] | None = None, **more: str
) -> tuple[bytes, dict[str, str]]:
    """Body and headers of one request."""
    own = {"io.modelcontextprotocol/protocolVersion": MODERN, "io.modelcontextprotocol/clientCapabilities": {}}
    given = {**params, "_meta": {**own, **(meta or {})}}
    headers = {
        "content-type": "application/json",
        "accept": "application/json, text/event-stream",
        "mcp-protocol-version": MODERN,
        "mcp-method": method,
        **({"authorization": f"Bearer {token}"} if token else {}),
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    named = params.get("uri" if method == "resources/read" else "name")
    if isinstance(named, str) and "mcp-name" not in headers:
        headers["mcp-name"] = named
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": given}).encode()
    return body, headers


def environment(folder: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of a command: nothing of this process's own settings."""
    made = plain_environ(folder, PYTHONPATH=str(ROOT), **environ)
    del made["PYTHONWARNINGS"]
    return made


def command(*arguments: str | Path) -> list[str]:
    """The command line."""
    return [sys.executable, "-m", "adaptgen", *map(str, arguments)]


@contextmanager
def serving(folder: Path, *arguments: str | Path, **environ: str) -> Iterator[Serving]:
    """The process from the moment that it listens until it has ended.

    Raises:
        AssertionError: it does not come so far; with all that it said.
    """
    pipe = subprocess.PIPE
    made = environment(folder, environ)
    with subprocess.Popen(
        command(*arguments), env=made, cwd=folder, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True
    ) as process:
        assert process.stderr is not None
        assert process.stdout is not None
        lines: list[str] = []
        url = ""
        for line in process.stderr:
            lines.append(line)
            if " on http://" in line:
                url = line.partition(" on ")[2].split()[0].rstrip(";")
                break
        reading = [
            threading.Thread(target=lines.extend, args=(process.stderr,), daemon=True),
            threading.Thread(target=lines.extend, args=(process.stdout,), daemon=True),
        ]
        for one in reading:
            one.start()
        try:
            if not url:
                raise AssertionError("".join(lines))
            yield Serving(url, process, lines)
        finally:
            process.terminate()
            process.wait(30)
            for one in reading:
                one.join()


def refused(folder: Path, *arguments: str | Path, **environ: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command that must end by itself."""
    done = subprocess.run(
        command(*arguments),
        env={**environment(folder, environ), "PATH": os.environ["PATH"]},
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr
