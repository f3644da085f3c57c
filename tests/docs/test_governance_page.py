"""The commands of docs/governance-quick.md, in their order and in an empty folder, do what the page says they do."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "governance-quick.md").read_text("utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
COMMANDS = [text for language, text in BLOCK.findall(PAGE) if language == "sh"]


def free_ports(number: int) -> list[int]:
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(number)]
        return [probe.getsockname()[1] for probe in probes]


def test_the_page_shows_the_commands_that_govern_init_prints() -> None:
    from adaptgen.cli.govern.init import next_commands
    from adaptgen.govern.settings.model import Audit, Authenticate, Keys, Settings

    settings = Settings(
        path="specs/library/governance.yaml",
        authenticate=Authenticate(issuer="http://127.0.0.1:9000", audience=("http://127.0.0.1:8000/mcp",)),
        audit=Audit(sink="local/audit.jsonl"),
        keys=Keys(audit="${file:local/audit.key}"),
    )
    shown = "".join(COMMANDS)
    lines = list(next_commands(Path("specs/library.json"), Path("generated/library"), settings, "renew_loan"))
    assert len(lines) == 8
    assert [line for line in lines if f"{line}\n" not in shown] == []


@pytest.mark.slow
def test_every_command_of_the_page_works_in_its_order(tmp_path: Path) -> None:
    library, server, issuer = free_ports(3)
    # The ports of the page may be taken: each is another one here.
    here = {
        "8090": str(library),
        "127.0.0.1:8000": f"127.0.0.1:{server}",
        "govern init library": f"govern init library --http {server} --issuer http://127.0.0.1:{issuer}",
        "dev issuer": f"dev issuer --http {issuer} --audience http://127.0.0.1:{server}/mcp",
    }
    script = "\n".join(COMMANDS)
    for there, one in here.items():
        script = script.replace(there, one)
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("LIBRARY_", "ADAPTGEN_"))}
    environ |= {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "ADAPTGEN_STATE": str(tmp_path / "state"),
    }
    folder, said = tmp_path / "empty", tmp_path / "said.txt"
    folder.mkdir()
    with said.open("w") as out, subprocess.Popen(
        ["bash", "-ec", script], cwd=folder, env=environ, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
        start_new_session=True,
    ) as running:  # fmt: skip
        try:
            code = running.wait(120)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)
    text = said.read_text()
    assert code == 0, text[-3000:]
    assert "bob [interns] does not see renew_loan and may not call it: no policy permits it" in text
    assert "There is no tool `renew_loan`" in text
    assert "the trail holds" in text
    assert "eve [guests] sees 0 of 5 tools" in text
    assert "this call is permitted by admins-change" in text
    shown = next(block for language, block in BLOCK.findall(PAGE) if language == "text" and "trace:" in block)
    for line in shown.splitlines():
        # The times differ.
        assert re.search(re.sub(r"\d+ ms", r"\\d+ ms", re.escape(line).replace(r"\ ", " ")), text), (line, text)
