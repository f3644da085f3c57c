"""``connection`` in the hints: checked, and rendered so that the server finds its files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from adaptgen.cli import main
from adaptgen.model.tables import Connection
from adaptgen.transports.load import load_server

SPEC = {
    "openapi": "3.0.3",
    "info": {"title": "Things", "version": "1"},
    "servers": [{"url": "https://things.example"}],
    "paths": {"/thing": {"get": {"responses": {"200": {"description": "ok"}}}}},
}


@pytest.fixture
def specs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "specs"
    (folder / "things").mkdir(parents=True)
    (folder / "things.json").write_text(json.dumps(SPEC))
    monkeypatch.chdir(tmp_path)
    return folder


def build(specs: Path, hints: str) -> int:
    (specs / "things" / "hints.yaml").write_text(hints)
    return main(["build", "specs/things.json", "--quiet"])


def test_what_is_said_reaches_the_server(specs: Path) -> None:
    (specs / "things" / "corp.pem").write_text("x")
    hints = (
        'connection: {ca: corp.pem, client_cert: "${secret:things-mtls}", proxy: "${env:EGRESS}", timeout: 10s, '
        "concurrency: 20, rate: 50/s}\n"
    )
    assert build(specs, hints) == 0
    server = load_server(specs.parent / "generated" / "things")
    assert server.timeout == 10.0
    assert server.connection == Connection(
        ca="../../specs/things/corp.pem",
        client_cert="${secret:things-mtls}",
        proxy="${env:EGRESS}",
        concurrency=20,
        rate="50/s",
    )
    assert "EGRESS" in (specs.parent / "generated" / "things" / "README.md").read_text()


@pytest.mark.parametrize(
    ("said", "place", "message"),
    [
        ("ca: corp.pem", ":1:14", "AG001: connection.ca: there is no file 'corp.pem'"),
        ("client_cert: me.pem", ":1:14", "AG001: connection.client_cert: there is no file 'me.pem'"),
        ("rate: 50", ":1:14", "AG031: connection.rate must be a text, not the number 50"),
        ("rate: 50/d", ":1:14", "AG031: connection.rate: '50/d' is not a rate such as 50/s"),
        ("concurrency: 0", ":1:14", "AG031: connection.concurrency must be at least 1, not 0"),
        ("proxi: x", ":1:14", "AG030: unknown key 'proxi' under connection"),
    ],
)
def test_what_is_wrong_is_located(
    specs: Path, capsys: pytest.CaptureFixture[str], said: str, place: str, message: str
) -> None:
    assert build(specs, f"connection: {{{said}}}\n") == 2
    assert f"specs/things/hints.yaml{place}: error {message}" in capsys.readouterr().err
