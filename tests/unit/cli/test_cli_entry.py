"""Exit codes, and what is said when something goes wrong."""

from __future__ import annotations

import subprocess
import sys

import pytest

import adaptgen
from adaptgen.cli import main

HEAVY = "yaml jinja2 openapi_pydantic fastmcp mcp pydantic httpx orjson cryptography starlette uvicorn"


def test_version_and_help_end_with_zero(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert main(["--help"]) == 0
    said = capsys.readouterr().out
    assert f"adaptgen {adaptgen.__version__}" in said
    for command in ("build", "serve", "call", "explain", "demo"):
        assert f"\n  {command} " in said


@pytest.mark.parametrize("command", ["build", "serve", "call", "explain", "demo"])
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    assert f"usage: adaptgen {command}" in capsys.readouterr().out


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from adaptgen.cli import main; main(['--help']); "
        f"print([name for name in {HEAVY.split()} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def fail(monkeypatch: pytest.MonkeyPatch, problem: BaseException) -> None:
    def run(options: object) -> int:
        raise problem

    monkeypatch.setattr("adaptgen.demo.story.run", run)


def test_an_internal_error_is_no_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("ADAPTGEN_DEBUG", raising=False)
    fail(monkeypatch, RecursionError("too\ndeep"))
    assert main(["demo"]) == 2
    said = capsys.readouterr().err
    assert "internal error: RecursionError: too deep" in said
    assert "ADAPTGEN_DEBUG=1" in said
    assert "Traceback" not in said


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    fail(monkeypatch, ModuleNotFoundError("No module named 'uvicorn.config'", name="uvicorn.config"))
    assert main(["demo"]) == 2
    assert capsys.readouterr().err == (
        "error: uvicorn.config is not installed, and adaptgen demo needs it\n    help: pip install adaptgen\n"
    )


def test_details_of_an_internal_error_on_demand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADAPTGEN_DEBUG", "1")
    fail(monkeypatch, KeyError("x"))
    with pytest.raises(KeyError):
        main(["demo"])


def test_an_interrupt_is_no_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    fail(monkeypatch, KeyboardInterrupt())
    assert main(["demo"]) == 130
    assert capsys.readouterr().err == ""


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    code = (
        "import sys, adaptgen.demo.story as demo; from adaptgen.cli import main, terminal\n"
        "def run(options):\n    for _ in range(100000): terminal.say('x' * 100)\n    return 0\n"
        "demo.run = run; sys.exit(main(['demo']))"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(20) == 1
