"""Real MCP clients that log in: the Python and TypeScript SDKs, the MCP Inspector, mcp-remote. All are driven alike.

    with PythonClient(url, folder, ann) as client:      # ann: a Browser; it does what the client asks a person for
        client.connect()                                # discovery, registration, login
        client.tools(), client.call("crm__get_customer", {"id": 3})
        client.tokens()                                 # what it keeps: access_token, refresh_token, client
        client.log_out()                                # revocation (RFC 7009)

``logins`` counts how often a person was asked. Clients run in processes of their own, which end with the block.
"""

from __future__ import annotations

import contextlib
import json
import os
import pty
import queue
import re
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import httpx
from support import npm
from support.npm import node_of
from support.scripted_browser import Browser
from support.services import environment, free_port, plain_environ

HERE = Path(__file__).parent
SDK = "1.32.2"
NEW_SDK = "2.4.0"
REMOTE = "0.15.1"
INSPECTOR = "2.12.0"
WAIT = 60.0


class ClientFailed(Exception):
    """What the client says of it."""


class LoginClient:
    """``url``: the MCP endpoint; ``folder``: where it keeps what it keeps; ``clock``: a file with the seconds by which
    the client's clock is ahead; ``metadata``: the URL of its Client ID Metadata Document."""

    name: ClassVar[str]
    redirect: ClassVar[str] = "/callback"
    """The path of its redirect URI."""
    documents: ClassVar[bool] = True
    """Whether it knows Client ID Metadata Documents."""

    def __init__(
        self, url: str, folder: Path, browser: Browser, *, clock: Path | None = None, metadata: str = "", port: int = 0
    ) -> None:
        folder.mkdir(exist_ok=True)
        self.url, self.folder, self.browser, self.clock = url, folder, browser, clock
        self.metadata, self.port = metadata, port or free_port()
        self.logins = 0
        self.asked: list[str] = []

    def connect(self) -> None:
        """Connect, and log in where the server wants it."""
        raise NotImplementedError

    def tools(self) -> list[str]:
        """The names of the tools."""
        raise NotImplementedError

    def call(self, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """``text`` and ``error`` of a result.

        Raises:
            ClientFailed: there was no result.
        """
        raise NotImplementedError

    def call_at_once(self, name: str, given: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """The results of several calls of a tool that are under way together."""
        raise NotImplementedError

    def tokens(self) -> dict[str, Any]:
        """The tokens it keeps, with ``client``: its registration."""
        raise NotImplementedError

    def log_out(self) -> None:
        """End the login at the server. None of these clients does it by itself (the Inspector forgets the tokens, and
        sends nothing): the request is sent for it, with what it keeps."""
        revoke(self.url, self.tokens())

    def close(self) -> None:
        """End its process."""

    def __enter__(self) -> LoginClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _authorize(self, url: str) -> None:
        self.asked.append(url)
        answer = self.browser.authorize(url, deliver=False)
        end = time.monotonic() + 10  # people are slow: some clients listen only after they have shown the URL
        while True:
            with contextlib.suppress(httpx.ConnectError):
                assert httpx.get(answer, trust_env=False, timeout=30).status_code < 400
                self.logins += 1
                return
            assert time.monotonic() < end, f"{self.name} does not listen at {answer}"
            time.sleep(0.05)

    def _environ(self, **more: str) -> dict[str, str]:
        """No desktop, so that no real browser opens."""
        kept = plain_environ(self.folder, BROWSER="true", NO_COLOR="1", **more)
        for name in [*kept]:
            if name.startswith(("XDG_", "DBUS_", "WAYLAND")) or name == "DISPLAY":
                del kept[name]
        return kept


def metadata_of(url: str) -> dict[str, Any]:
    """The authorization server's metadata, found as clients find it (RFC 9728, then RFC 8414)."""
    with httpx.Client(trust_env=False) as http:
        refused = http.post(url, json={})
        found = re.search(r'resource_metadata="([^"]+)"', refused.headers["www-authenticate"])
        assert refused.status_code == 401
        assert found
        issuer = httpx.URL(http.get(found[1]).json()["authorization_servers"][0])
        path = "" if issuer.path == "/" else issuer.path
        known = issuer.copy_with(path=f"/.well-known/oauth-authorization-server{path}")
        answer: dict[str, Any] = http.get(known).raise_for_status().json()
        return answer


def revoke(url: str, tokens: Mapping[str, Any], kind: str = "refresh_token") -> None:
    """The request of RFC 7009 that ends a login."""
    client = tokens["client"]
    form = {"token": tokens[kind], "token_type_hint": kind, "client_id": client["client_id"]}
    if client.get("client_secret"):
        form["client_secret"] = client["client_secret"]
    answer = httpx.post(metadata_of(url)["revocation_endpoint"], data=form, trust_env=False)
    assert answer.status_code == 200, (answer.status_code, answer.text)


class _Process:
    """A process that answers on its standard output, a line at a time; what it says besides is in ``log``."""

    def __init__(self, command: Sequence[str], environ: Mapping[str, str], folder: Path) -> None:
        self.said: queue.Queue[tuple[str, str | None]] = queue.Queue()
        self.log: list[str] = []
        self.process = subprocess.Popen(
            command, cwd=folder, env=dict(environ),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1,
        )  # fmt: skip
        for name in ("stdout", "stderr"):
            threading.Thread(target=self._read, args=(name,), daemon=True).start()

    def _read(self, name: str) -> None:
        for line in getattr(self.process, name):
            self.log.append(line)
            self.said.put((name, line.rstrip("\n")))
        self.said.put((name, None))

    def send(self, message: Mapping[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()

    def next(self) -> tuple[str, str]:
        """The next line, and where it was said."""
        try:
            name, line = self.said.get(timeout=WAIT)
        except queue.Empty:
            raise ClientFailed(f"says nothing for {WAIT:.0f} s: {self.text()}") from None
        if line is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(5)
            raise ClientFailed(f"ended: {self.text()}")
        return name, line

    def text(self) -> str:
        return "".join(self.log)[-3000:]

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            with contextlib.suppress(BrokenPipeError):
                assert stream is not None
                stream.close()


class _LineClient(LoginClient):
    """login_python.py and login_typescript.mjs."""

    _process: _Process | None = None

    def _command(self, given: str) -> list[str]:
        raise NotImplementedError

    def _given(self) -> dict[str, Any]:
        clock = {"clock": str(self.clock)} if self.clock else {}
        return {"url": self.url, "port": self.port, "metadata": self.metadata, **clock}

    def connect(self) -> None:
        self._process = _Process(self._command(json.dumps(self._given())), self._environ(), self.folder)
        self._answer()

    def tools(self) -> list[str]:
        found: list[str] = self._ask(do="list")
        return found

    def call(self, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = self._ask(do="call", name=name, arguments=arguments)
        return found

    def call_at_once(self, name: str, given: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._ask(do="many", calls=[{"name": name, "arguments": one} for one in given])
        return found

    def tokens(self) -> dict[str, Any]:
        found: dict[str, Any] = self._ask(do="tokens")
        return found

    def close(self) -> None:
        if self._process is not None:
            self._process.stop()

    def _ask(self, **command: Any) -> Any:
        assert self._process is not None
        self._process.send(command)
        return self._answer()

    def _answer(self) -> Any:
        assert self._process is not None
        while True:
            name, line = self._process.next()
            if name == "stderr" or not line:
                continue
            message = json.loads(line)
            if "authorize" in message:
                self._authorize(message["authorize"])
            elif "failed" in message:
                raise ClientFailed(message["failed"])
            else:
                return message["done"]


class PythonClient(_LineClient):
    """The SDK of this environment (2.x), in the newest revision."""

    name = "python-2"
    mode = "2026-07-28"

    def _given(self) -> dict[str, Any]:
        return {**super()._given(), "mode": self.mode}

    def _command(self, given: str) -> list[str]:
        return [sys.executable, str(HERE / "login_python.py"), given]


class OldPythonClient(PythonClient):
    """mcp 1.30, with the handshake."""

    name = "python-1"
    mode = "legacy"

    def _command(self, given: str) -> list[str]:
        return [str(environment("mcp1", sys.executable) / "python"), str(HERE / "login_python.py"), given]


class TypeScriptClient(_LineClient):
    """``@modelcontextprotocol/sdk``."""

    name = "typescript"

    def _command(self, given: str) -> list[str]:
        modules = npm.packages("login-typescript", {"@modelcontextprotocol/sdk": SDK})
        return [node_of(20), str(HERE / "login_typescript.mjs"), str(modules), given]


class NewTypeScriptClient(_LineClient):
    """``@modelcontextprotocol/client``, version 2 of the SDK, in the newest revision."""

    name = "typescript-2"

    def _given(self) -> dict[str, Any]:
        return {**super()._given(), "mode": {"pin": "2026-07-28"}}

    def _command(self, given: str) -> list[str]:
        modules = npm.packages("login-typescript-2", {"@modelcontextprotocol/client": NEW_SDK})
        return [node_of(20), str(HERE / "login_typescript.mjs"), str(modules), given]


class RemoteClient(LoginClient):
    """``mcp-remote``, which desktop clients start as a stdio server."""

    name = "mcp-remote"
    redirect = "/oauth/callback"
    _process: _Process | None = None

    def connect(self) -> None:
        modules = npm.packages("login-remote", {"mcp-remote": REMOTE})
        command = [node_of(20), str(modules / "mcp-remote" / "dist" / "proxy.js"), self.url, str(self.port)]
        command += ["--host", "127.0.0.1", "--transport", "http-only"]
        command += ["--client-metadata-url", self.metadata] if self.metadata else []
        environ = self._environ(MCP_REMOTE_CONFIG_DIR=str(self.folder / "mcp-auth"))
        self._process = _Process(command, environ, self.folder)
        self._number = 0
        about = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "desktop", "version": "1"}}
        self._ask("initialize", about)
        self._process.send({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def tools(self) -> list[str]:
        return [tool["name"] for tool in self._ask("tools/list", {})["tools"]]

    def call(self, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        return _result(self._ask("tools/call", {"name": name, "arguments": arguments}))

    def call_at_once(self, name: str, given: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        asked = [self._send("tools/call", {"name": name, "arguments": one}) for one in given]
        return [_result(one) for one in self._results(asked)]

    def tokens(self) -> dict[str, Any]:
        (folder,) = (self.folder / "mcp-auth").iterdir()
        found = {}
        for kind in ("tokens", "client_info"):
            (path,) = folder.glob(f"*_{kind}.json")
            found[kind] = json.loads(path.read_text())
        return {**found["tokens"], "client": found["client_info"]}

    def close(self) -> None:
        if self._process is not None:
            self._process.stop()

    def _ask(self, method: str, params: Mapping[str, Any]) -> Any:
        return self._results([self._send(method, params)])[0]

    def _send(self, method: str, params: Mapping[str, Any]) -> int:
        assert self._process is not None
        self._number += 1
        self._process.send({"jsonrpc": "2.0", "id": self._number, "method": method, "params": params})
        return self._number

    def _results(self, asked: Sequence[int]) -> list[Any]:
        assert self._process is not None
        found: dict[int, Any] = {}
        due = False
        while not found.keys() >= set(asked):
            name, line = self._process.next()
            if name == "stderr":
                if due and line.startswith("http"):
                    self._authorize(line.strip())
                due = line.startswith("Please authorize this client by visiting")
                continue
            message = json.loads(line) if line else {}
            if message.get("id") in asked and "method" not in message:
                if "error" in message:
                    raise ClientFailed(message["error"].get("message", ""))
                found[message["id"]] = message["result"]
        return [found[one] for one in asked]


def _result(result: Mapping[str, Any]) -> dict[str, Any]:
    return {"text": "".join(one.get("text", "") for one in result["content"]), "error": bool(result.get("isError"))}


class InspectorClient(LoginClient):
    """The MCP Inspector on the command line: one process for each request; what it knows is in ``folder``."""

    name = "inspector"
    redirect = "/oauth/callback"

    def connect(self) -> None:
        self.tools()

    def tools(self) -> list[str]:
        return [tool["name"] for tool in self._run("--method", "tools/list")["tools"]]

    def call(self, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        given = ["--tool-args-json", json.dumps(arguments)]
        return _result(self._run("--method", "tools/call", "--tool-name", name, *given))

    def tokens(self) -> dict[str, Any]:
        (state,) = self.folder.rglob("oauth.json")
        (secrets,) = self.folder.rglob("secrets.json")
        found: dict[str, Any] = {}
        for name, value in json.loads(secrets.read_text())["secrets"].items():
            if ":tokens:" in name:
                found |= json.loads(value)
        (server,) = json.loads(state.read_text())["servers"].values()
        return {**found, "client": server["byIssuer"][server["activeIssuer"]]["clientInformation"]}

    def _run(self, *words: str) -> Any:
        modules = npm.packages("login-inspector", {"@modelcontextprotocol/inspector": INSPECTOR})
        program = modules / "@modelcontextprotocol" / "inspector" / "clients" / "launcher" / "build" / "index.js"
        callback = f"http://127.0.0.1:{self.port}/oauth/callback"
        command = [node_of(20), str(program), "--cli", self.url, "--transport", "http", "--format", "json", *words]
        command += ["--callback-url", callback]
        command += ["--client-metadata-url", self.metadata] if self.metadata else []
        environ = self._environ(MCP_AUTO_OPEN_ENABLED="false", MCP_INSPECTOR_SECRET_STORE="file")
        ours, theirs = pty.openpty()  # it asks people only, who have a terminal
        process = subprocess.Popen(
            command, cwd=self.folder, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=theirs
        )
        os.close(theirs)
        said = ""
        try:
            with contextlib.suppress(OSError):  # the terminal is gone: the process ended
                while data := os.read(ours, 4096):
                    before, said = said, said + data.decode(errors="replace")
                    shown = re.search(r"navigate to: (http\S+)\r?\n", said)
                    if shown and not re.search(r"navigate to: (http\S+)\r?\n", before):
                        self._authorize(shown[1])
            out, _ = process.communicate(timeout=WAIT)
        finally:
            os.close(ours)
            if process.poll() is None:
                process.kill()
                process.wait()
            assert process.stdout is not None
            process.stdout.close()
        if process.returncode:
            raise ClientFailed(f"{process.returncode}: {said[-3000:]}")
        return json.loads(out)["result"] if b'"result"' in out[:20] else json.loads(out)


CLIENTS: tuple[type[LoginClient], ...] = (
    PythonClient, OldPythonClient, TypeScriptClient, NewTypeScriptClient, InspectorClient, RemoteClient,
)  # fmt: skip
