"""Plays the blocks of a page as its reader would: commands in one shell, files where they are named.

A block without a language (or ``sh``) has commands. A block that begins with a comment that is a path
(``# specs/crm/hints.yaml``, ``// front.cedar``) is that file. A block behind ``<!-- output -->`` shows what the last
commands print, ``<!-- output: FIRST | LAST -->`` some lines of it. Each command behind ``<!-- fails -->`` ends with an
error; those behind ``<!-- network -->`` run only where they may use it. Anything else is only read. A how-to guide goes
on where the tutorial ended.

A command that ends with ``&`` runs until the page ends, and the next one waits for its port. A server in the foreground
runs until it listens.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

BLOCK = re.compile(
    r"(?:<!-- (?P<mark>\w+)(?:: (?P<what>.+?))? -->\n)?^```(?P<language>\w*)\n(?P<body>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)
FILE = re.compile(r"(?:#|//) (\S+\.(?:yaml|cedar|json))\n(.*)", re.DOTALL)
SERVES = ("adaptgen serve", "adaptgen proxy")
PORT = re.compile(r"(?<=127\.0\.0\.1:)\d{4}\b|(?<=--(?:port|http) )\d{4}\b")
INSTALL = 'pip install "adaptgen @ git+<repository>"'
"""The first line of a page that starts from nothing."""
_MARK = "\x1e"
_TERMINAL = re.compile(r"[^\n\x1e]*\r\x1b\[K|\x1b\[[\d;]*m|^calling \w+…(?=adaptgen trace)", re.MULTILINE)
"""What a terminal does not keep: progress that was written over, colours."""
_RANDOM = re.compile(r'("next_cursor":"|cursor=|\btok_[a-z_]+?_(?=k)|/documents/)\w{16,}|\d+(?= ms\b)')


class Failed(Exception):
    """The commands of a block ended with an error; the text has them and what they printed."""


@dataclass(frozen=True)
class Block:
    """``kind``: ``commands``, ``file`` (``name`` is its path), ``output`` (``name`` selects lines) or ``text``;
    ``span``: the offsets of ``body`` in the page; ``fails``: each command ends with an error."""

    kind: str
    body: str
    span: tuple[int, int]
    name: str = ""
    fails: bool = False

    @property
    def commands(self) -> list[str]:
        """The lines of a block of commands without their comments; those that go on are joined."""
        lines = (re.split(r"\s#(?:\s|$)", line)[0].strip() for line in self.body.replace("\\\n", " ").splitlines())
        return [line for line in lines if line and not line.startswith("#")]


def blocks(page: str, *, network: bool = False) -> list[Block]:
    """The blocks of the text of a page, in its order. ``network``: commands may use it."""
    marks = (None, "fails", "network") if network else (None, "fails")
    found = []
    for match in BLOCK.finditer(page):
        body, span = match["body"], match.span("body")
        file = FILE.match(body)
        if match["mark"] == "output":
            found.append(Block("output", body, span, match["what"] or ""))
        elif file is not None:
            found.append(Block("file", file[2], span, file[1]))
        elif match["language"] in ("", "sh") and match["mark"] in marks:
            found.append(Block("commands", body, span, fails=match["mark"] == "fails"))
        else:
            found.append(Block("text", body, span))
    return found


def left_running(page: list[Block]) -> Block:
    """The commands that a page leaves behind in its shell, for a page that goes on there: servers and variables."""
    lines = [line for block in page if block.kind == "commands" for line in block.commands]
    return Block(
        "commands", "\n".join(line for line in lines if line.endswith("&") or line.startswith("export ")), (0, 0)
    )


def free_ports(page: str) -> dict[str, str]:
    """The ports of the page -> free ones of as many digits, so that tables stay as wide as they are."""
    ports = dict.fromkeys(PORT.findall(page))
    free = iter(range(7100 + os.getpid() % 2000, 9990))
    # None that the page names itself: it would be taken for that one when outputs are read back.
    return {port: next(str(one) for one in free if str(one) not in ports and _is_free(one)) for port in ports}


def steady(text: str, instead: Mapping[str, str]) -> str:
    """What a command printed, as a page shows it: with the page's own texts for those ``instead`` of them, without
    random values."""
    for there, here in instead.items():
        text = text.replace(here, there)
    return _RANDOM.sub(lambda match: f"{match[1] or ''}…", text)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


@dataclass(frozen=True)
class Shell:
    """Where a page is played. ``instead``: texts of the page -> what takes their place on this machine; ``terminal``:
    commands print what they print on a terminal, not what they print into a pipe."""

    folder: Path
    environ: Mapping[str, str]
    instead: Mapping[str, str] = field(default_factory=dict)
    terminal: bool = False

    def play(self, page: list[Block], timeout: float = 300) -> list[str]:
        """What each block of commands prints, standard error included, in the order of the page.

        Raises:
            Failed: a command of a block ended with an error; no later one ran.
        """
        script = ["trap 'kill $(jobs -p) 2>/dev/null || true' EXIT"]
        played = []
        for number, block in enumerate(page):
            if block.kind == "file":
                path, end = self._here(block.name), f"END_{number}"
                script += [f'mkdir -p "$(dirname {path})"', f"cat > {path} <<'{end}'", self._here(block.body) + end]
            elif block.kind == "commands":
                lines = [_command(self._here(line)) for line in block.commands]
                script += [f"if {line}; then exit 9; fi" for line in lines] if block.fails else lines
                script.append(f"printf '{_MARK}'")
                played.append(block)
        parts, code = self._run("\n".join(script), timeout)
        if code or len(parts) != len(played) + 1:
            raise Failed(
                f"{played[len(parts) - 1].body if len(parts) <= len(played) else 'the end'}\n{parts[-1][-3000:]}"
            )
        return parts[:-1]

    def _here(self, text: str) -> str:
        for there, here in self.instead.items():
            text = text.replace(there, here)
        return text

    def _run(self, script: str, timeout: float) -> tuple[list[str], int]:
        read, write = os.openpty() if self.terminal else os.pipe()
        with subprocess.Popen(
            ["bash", "-ec", script], cwd=self.folder, env=dict(self.environ), stdin=subprocess.DEVNULL,
            stdout=write, stderr=write, start_new_session=True,
        ) as running:  # fmt: skip
            os.close(write)
            watch = threading.Timer(timeout, _end, (running.pid,))
            watch.start()
            out = bytearray()
            with suppress(OSError):  # a terminal that everybody left
                while part := os.read(read, 1 << 16):
                    out += part
            watch.cancel()
            os.close(read)
            _end(running.pid)
        text = _TERMINAL.sub("", out.decode().replace("\r\n", "\n"))
        return text.split(_MARK), running.returncode


def _end(group: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def _command(line: str) -> str:
    port = PORT.search(line)
    if line.endswith("&") and port is not None:
        probe = f"(exec 3<>/dev/tcp/127.0.0.1/{port[0]}) 2>/dev/null"
        # Bounded: what starts this shell may be gone by then.
        return f"{line} for n in $(seq 600); do {probe} && break; sleep 0.1; done; {probe}"
    if any(one in line for one in SERVES) and ("--http" in line or "adaptgen proxy" in line) and not line.endswith("&"):
        return (
            f"env {line} > served.txt 2>&1 & server=$!; for n in $(seq 60); do sleep 0.5; "
            "grep -q ' on http://' served.txt && break; done; kill $server 2>/dev/null || true; wait $server || true; "
            "cat served.txt; grep -q ' on http://' served.txt"
        )
    return line
