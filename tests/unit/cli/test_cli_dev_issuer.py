"""``adaptgen dev issuer``: the tokens that it prints are those that a server accepts."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from adaptgen.cli import main

COMMAND = [sys.executable, "-m", "adaptgen", "dev", "issuer"]


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADAPTGEN_STATE", str(tmp_path / "state"))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def issuing(*options: str) -> Iterator[list[str]]:
    """What the command prints on stdout until it serves."""
    with subprocess.Popen([*COMMAND, *options], stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        assert process.stdout is not None
        try:
            yield [process.stdout.readline().rstrip() for _ in range(7 if "--sub" in options else 4)]
        finally:
            process.terminate()


def test_what_it_prints_and_what_print_token_makes_is_signed_with_the_keys_that_it_serves(
    capsys: pytest.CaptureFixture[str],
) -> None:
    port = free_port()
    caller = ["--http", f"127.0.0.1:{port}", "--sub", "bob", "--groups", "interns,staff", "--groups", "night"]
    with issuing(*caller, "--ttl", "10m") as lines:
        url = f"http://127.0.0.1:{port}"
        assert lines[:4] == [
            "authenticate:",
            f"  issuer: {url}",
            "  audience: http://127.0.0.1:8000/mcp",
            "  caller: {groups: groups}",
        ]
        assert (
            main(["dev", "issuer", "--print-token", *caller, "--audience", "https://a.example", "--claim", "org=x"])
            == 0
        )
        alone = capsys.readouterr().out
        keys = KeySet.import_key_set(httpx.get(f"{url}/jwks").json())
        printed = jwt.decode(lines[6], keys).claims
        made = jwt.decode(alone.strip(), keys).claims
        fetched = httpx.post(f"{url}/token", data={"grant_type": "client_credentials"}).json()
        assert jwt.decode(fetched["access_token"], keys).claims["sub"] == "bob"
    assert alone.count("\n") == 1
    assert {name: printed[name] for name in ("iss", "aud", "sub", "groups")} == {
        "iss": url,
        "aud": "http://127.0.0.1:8000/mcp",
        "sub": "bob",
        "groups": ["interns", "staff", "night"],
    }
    assert printed["exp"] - printed["iat"] == 600 == fetched["expires_in"]
    assert (made["aud"], made["org"], made["iss"]) == ("https://a.example", "x", url)


def test_without_a_caller_it_serves_keys_and_no_token() -> None:
    port = free_port()
    with issuing("--http", str(port)) as lines:
        assert lines[1] == f"  issuer: http://127.0.0.1:{port}"
        answer = httpx.post(f"http://127.0.0.1:{port}/token", data={"grant_type": "client_credentials"})
        assert answer.status_code == 400


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--print-token"], "--print-token needs --sub"),
        (["--print-token", "--sub", "bob", "--http", "0.0.0.0:9000"], "0.0.0.0 is not loopback"),
        (["--print-token", "--sub", "bob", "--http", "0"], "with port 0 nobody knows where the issuer is"),
        (["--print-token", "--sub", "bob", "--ttl", "soon"], "--ttl cannot be 'soon'"),
        (["--print-token", "--sub", "bob", "--ttl", "500ms"], "--ttl cannot be '500ms'"),
        (["--print-token", "--sub", "bob", "--claim", "org"], "--claim cannot be 'org'"),
        (["--print-token", "--sub", "bob", "--claim", "iss=x"], "the claim 'iss' is set by the issuer"),
        (["--print-token", "--sub", "b\nb"], "no server would accept this caller"),
    ],
)
def test_what_it_does_not_sign(options: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dev", "issuer", *options]) == 2
    seen = capsys.readouterr()
    assert seen.out == ""
    assert said in seen.err
