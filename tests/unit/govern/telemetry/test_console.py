"""``trace: console``: a line that people can read for each request, and no value, person or escape sequence."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from support.governing import FakeTarget, ask, fact, governed, settings

from adaptgen.diagnostics import AdaptgenError
from adaptgen.govern.settings.load import parse
from adaptgen.govern.telemetry import tracer
from adaptgen.govern.telemetry.console import ConsoleTracer
from adaptgen.mcp.protocol import META_STATUS, Challenge, Context, RpcError
from adaptgen.model.tables import Caller

ADA = Caller("ada", "bank", ("staff",))
EVE = Caller("eve", "bank", ("guests",))
POLICIES = """
@id("staff") permit (principal in Group::"bank/staff", action in [Action::"read", Action::"write"], resource)
unless { context.input has text && context.input.text == "s3cret-value" };
@id("guests") permit (principal in Group::"bank/guests", action == Action::"fake__read_note", resource);
"""
REAL = "adaptgen: 1\nauthenticate: {issuer: 'https://idp.example', audience: a}\ntrace: console\n"


def traced(tmp_path: Path, capsys: pytest.CaptureFixture[str], *calls: tuple[Caller, str, dict[str, Any]]) -> list[str]:
    """The lines of these requests, without their times."""
    answer = {
        "content": [{"type": "text", "text": "Mail ada.byron@mail.example"}],
        "_meta": {META_STATUS: 200},
    }
    target = FakeTarget(fact("read_note"), fact("write_note", effect="write"), answers={"read_note": answer})

    async def session() -> None:
        path = settings(tmp_path, POLICIES, trace="console")
        async with governed(path, target, http=True) as made:
            for who, name, arguments in calls:
                params = {"name": name, "arguments": arguments} if name else {}
                await ask(made, who, "tools/call" if name else "tools/list", params)

    asyncio.run(session())
    return re.sub(r"\d+ ms", "N ms", capsys.readouterr().err).splitlines()


def test_a_line_says_who_what_how_and_what_was_withheld(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = traced(
        tmp_path,
        capsys,
        (ADA, "read_note", {"text": "harmless-value"}),
        (EVE, "write_note", {"text": "harmless-value"}),
        (ADA, "write_note", {"text": "s3cret-value"}),
        (ADA, "no_such_tool", {}),
        (EVE, "", {}),
    )
    assert found == [
        "adaptgen trace: bank/ada [staff] tools/call read_note: permitted by default-read, staff, ok, N ms, "
        "HTTP 200, 1 tokenized",
        "adaptgen trace: bank/eve [guests] tools/call write_note: refused (hidden), N ms",
        "adaptgen trace: bank/ada [staff] tools/call write_note: refused (denied), N ms",
        "adaptgen trace: bank/ada [staff] tools/call: refused (unknown), N ms",
        "adaptgen trace: bank/eve [guests] tools/list: N ms, 1 of 2 tools",
    ]


def test_callers_of_a_real_issuer_are_numbers() -> None:
    lines: list[str] = []
    made = ConsoleTracer(parse(REAL.encode(), "g.yaml"), lines.append)
    with made.request("tools/list", "", Context(request_id="1")) as span:
        span.caller(Caller("ada@bank.example", "bank", ("user:ada@bank.example",)))
    assert re.fullmatch(r"adaptgen trace: caller [0-9a-f]{3} tools/list: \d+ ms\n", lines[0])
    made.adopt(parse(REAL.replace("https://idp.example", "http://127.0.0.1:9000").encode(), "g.yaml"))
    assert made.name_of(Caller("bob", groups=("interns",))) == "bob [interns]"


def test_nothing_in_a_line_moves_the_cursor_or_is_a_second_line() -> None:
    lines: list[str] = []
    made = ConsoleTracer(parse(b"adaptgen: 1\n", "g.yaml"), lines.append)
    span = made.request("x\x1b[2J\n", "tool\x1b[31m\u202e\n", Context(request_id="1"))
    span.caller(Caller("bob\n\x1b]0;x\x07", groups=("g\u2028", *map(str, range(20)))))
    span.__exit__(RpcError, RpcError(-32601, "no\nsecret"), None)
    made.challenged(Challenge(401, "Bearer", "the token\nhas expired"))
    assert len(lines) == 2
    assert all(line.endswith("\n") and line[:-1].isprintable() for line in lines)
    assert "secret" not in "".join(lines)
    assert "an unknown method" in lines[0]


def test_a_closed_standard_error_stops_no_request(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with (tmp_path / "closed").open("w") as stream:
        monkeypatch.setattr("sys.stderr", stream)
    with ConsoleTracer(parse(b"adaptgen: 1\n", "g.yaml")).request("tools/list", "", Context(request_id="1")):
        pass


def test_the_console_needs_no_opentelemetry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "opentelemetry", None)
    assert isinstance(tracer(parse(b"adaptgen: 1\ntrace: console\n", "g.yaml")), ConsoleTracer)


@pytest.mark.parametrize(
    ("text", "message", "help"),
    [
        ("trace: consle", "trace: 'consle' is neither the URL of a collector nor console", "did you mean 'console'?"),
        ("trace: {otlp: console, sample: 0.5}", "trace.sample is for collectors, and has no effect on the console", ""),
    ],
)
def test_what_the_console_cannot_mean_is_an_error(text: str, message: str, help: str) -> None:
    with pytest.raises(AdaptgenError) as caught:
        parse(f"adaptgen: 1\n{text}\n".encode(), "g.yaml")
    assert [(one.message, one.help) for one in caught.value.diagnostics] == [(message, help)]
