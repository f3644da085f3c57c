"""Whoever names a credential does not choose where it goes: documents call themselves after services, and name hosts
of their own. Nothing is sent before a person has named the address, and everything works afterwards."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from adaptgen.cli import main
from adaptgen.net.addresses import is_public_host

SECRET = "s3cret-of-the-shell"
OK: dict[str, Any] = {"200": {"description": "ok", "content": {"application/json": {"schema": {"type": "object"}}}}}


class Service:
    """An API that answers everything, and remembers what it was sent."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.document: dict[str, Any] = {}
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
                service.requests.append(f"{self.command} {self.path} {self.headers} {body}")
                fetched = self.path.startswith("/openapi.json")
                answer = json.dumps(service.document if fetched else {"access_token": "t0ken-of-api", "id": 1}).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_POST = do_GET  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def asked(self, path: str) -> list[str]:
        """The requests for a path."""
        return [request for request in self.requests if f" {path} " in request]


@pytest.fixture
def service() -> Iterator[Service]:
    service = Service()
    yield service
    service.server.shutdown()
    service.server.server_close()


SCHEMES: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "bearer": ({"type": "http", "scheme": "bearer"}, ("TOKEN",)),
    "key": ({"type": "apiKey", "in": "header", "name": "X-Api-Key"}, ("API_KEY",)),
    "query": ({"type": "apiKey", "in": "query", "name": "key"}, ("API_KEY",)),
    "basic": ({"type": "http", "scheme": "basic"}, ("PASSWORD", "USERNAME")),
    "client": (
        {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "/token", "scopes": {}}}},
        ("CLIENT_ID", "CLIENT_SECRET"),
    ),
}


def describe(title: str, server: str, scheme: dict[str, Any]) -> dict[str, Any]:
    return {
        "openapi": "3.0.3", "info": {"title": title, "version": "1"}, "servers": [{"url": server}],
        "security": [{"api": []}], "components": {"securitySchemes": {"api": scheme}},
        "paths": {"/item": {"get": {"operationId": "getItem", "summary": "Get the item", "responses": OK}}},
    }  # fmt: skip


def build(folder: Path, document: dict[str, Any], name: str, hints: str = "") -> Path:
    spec = folder / f"{name}.json"
    spec.write_text(json.dumps(document))
    if hints:
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "hints.yaml").write_text(hints)
    assert main(["build", str(spec), "-o", str(folder / "out")]) == 0
    return folder / "out" / name


def shown_secret(service: Service) -> list[str]:
    return [request for request in service.requests if SECRET in request or "s3cret" in request]


@pytest.mark.parametrize("title", ["github", "openai", "acme"])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_document_gets_no_credential_by_its_name(
    title: str, scheme: str, service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    declared, suffixes = SCHEMES[scheme]
    variables = [f"{title.upper()}_{suffix}" for suffix in suffixes]
    for variable in variables:
        monkeypatch.setenv(variable, SECRET)
    document = describe(title, service.url, declared)
    out = build(tmp_path, document, title)
    capsys.readouterr()
    assert main(["call", str(out), "get_item"]) == 1
    said = capsys.readouterr()
    assert service.requests == []
    line = ", ".join(f'{variable}: "{service.url}"' for variable in variables)
    assert f"server: {{credentials: {{{line}}}}}" in said.out + said.err

    out = build(tmp_path, document, title, f"server: {{credentials: {{{line}}}}}\n")
    assert main(["call", str(out), "get_item"]) == 0
    assert service.asked("/item") or service.asked(f"/item?key={SECRET}")


def test_a_base_url_names_the_address(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    document = describe("acme", service.url, SCHEMES["bearer"][0])
    monkeypatch.setenv("ACME_TOKEN", SECRET)
    monkeypatch.setenv("ACME_BASE_URL", service.url)
    assert main(["call", str(build(tmp_path, document, "acme")), "get_item"]) == 0
    monkeypatch.delenv("ACME_BASE_URL")
    hinted = build(tmp_path, document, "acme", f"server: {{base_url: '{service.url}'}}\n")
    assert main(["call", str(hinted), "get_item"]) == 0
    assert len(shown_secret(service)) == 2


HINT_OF_VARIABLE = 'auth: {api: {kind: bearer, token: "${env:GITHUB_TOKEN}"}}\n'


@pytest.mark.parametrize(
    ("hints", "environ", "sent"),
    [
        ("", {"GITHUB_BASE_URL": "{url}"}, False),
        ("server: {base_url: '{url}'}\n", {}, False),
        (HINT_OF_VARIABLE, {}, False),
        ("server: {base_url: '{url}'}\n" + HINT_OF_VARIABLE, {}, True),
        ("server: {credentials: {GITHUB_TOKEN: 'https://api.github.com'}}\n", {}, False),
        ("server: {credentials: {GITHUB_TOKEN: ['{url}', 'https://api.github.com']}}\n", {}, True),
    ],
)
def test_a_well_known_variable_needs_a_hint_that_names_both(
    hints: str, environ: dict[str, str], sent: bool, service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", SECRET)
    for name, value in environ.items():
        monkeypatch.setenv(name, value.replace("{url}", service.url))
    document = describe("GitHub", service.url, SCHEMES["bearer"][0])
    out = build(tmp_path, document, "github", hints.replace("{url}", service.url))
    assert main(["call", str(out), "get_item"]) == (0 if sent else 1)
    assert bool(shown_secret(service)) == sent


def test_a_token_url_elsewhere_is_an_address_of_its_own(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    thief = Service()
    flows = {"clientCredentials": {"tokenUrl": f"{thief.url}/token", "scopes": {}}}
    document = describe("acme", service.url, {"type": "oauth2", "flows": flows})
    for suffix in ("CLIENT_ID", "CLIENT_SECRET"):
        monkeypatch.setenv(f"ACME_{suffix}", SECRET)
    monkeypatch.setenv("ACME_BASE_URL", service.url)
    assert main(["call", str(build(tmp_path, document, "acme")), "get_item"]) == 1
    assert thief.requests == []
    assert service.requests == []
    trusting = build(tmp_path, document, "acme", f"server: {{trusted_origins: ['{thief.url}']}}\n")
    assert main(["call", str(trusting), "get_item"]) == 0
    thief.server.shutdown()
    thief.server.server_close()


@pytest.mark.addresses
@pytest.mark.parametrize("title", ["Stripe", "Acme"])
@pytest.mark.parametrize("command", ["call", "learn", "doctor"])
def test_the_url_of_a_document_names_no_address_for_credentials(
    title: str, command: str, service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{title.upper()}_API_KEY", SECRET)
    monkeypatch.chdir(tmp_path)
    service.document = describe(title, "/", SCHEMES["key"][0])
    if command == "call":
        main(["call", f"{service.url}/openapi.json", "get_item"])
    else:
        assert main(["pull", f"{service.url}/openapi.json"]) == 0
        spec = f"specs/{title.lower()}.json"
        assert main(["build", spec]) == 0
        main([command, spec if command == "learn" else f"generated/{title.lower()}"])
    assert shown_secret(service) == []
    assert service.requests


@pytest.mark.addresses
@pytest.mark.parametrize(
    "host",
    [
        "localhost", "api.localhost", "127.0.0.1", "0x7f.1", "2130706433", "[::1]", "[::ffff:10.0.0.1]", "10.1.2.3",
        "172.16.0.9", "192.168.1.1", "[fd12::1]", "example.com", "api.example.org",
        "crm.example", "crm.test", "crm.invalid", "10.0.0.1.nip.io", "backend", "API.EXAMPLE.COM.", "nas.local",
    ],
)  # fmt: skip
def test_a_local_private_or_example_server_counts_as_none(
    host: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not is_public_host(host)
    document = describe("Acme", f"http://{host}:8080/v1", SCHEMES["bearer"][0])
    del document["security"]
    out = build(tmp_path, document, "acme")
    assert "AG025" in capsys.readouterr().err
    assert main(["call", str(out), "get_item"]) == 1
    assert "ACME_BASE_URL" in "".join(capsys.readouterr())


@pytest.mark.parametrize("host", ["api.acme.com", "example.dev", "localhost.acme.com", "8.8.8.8", "[2606:4700::1111]"])
def test_a_public_server_is_taken(host: str) -> None:
    assert is_public_host(host)


@pytest.mark.addresses
def test_a_person_may_name_this_machine(service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = describe("Acme", "http://localhost:1", SCHEMES["bearer"][0])
    monkeypatch.setenv("ACME_TOKEN", SECRET)
    monkeypatch.setenv("ACME_BASE_URL", service.url)
    assert main(["call", str(build(tmp_path, document, "acme")), "get_item"]) == 0
    assert len(shown_secret(service)) == 1


def test_a_base_url_with_a_password_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = tmp_path / "acme.json"
    spec.write_text(json.dumps(describe("Acme", "/", SCHEMES["bearer"][0])))
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "hints.yaml").write_text("server: {base_url: 'https://ada:hunter2@api.acme.com/v1'}\n")
    assert main(["build", str(spec), "-o", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert "holds a user or a password" in said
    assert "hunter2" not in said
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
