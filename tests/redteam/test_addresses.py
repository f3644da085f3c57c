"""Where a machine finds its own credentials is never where calls go, however the address is spelled."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from adaptgen.cli.entry import main
from adaptgen.diagnostics import AdaptgenError
from adaptgen.govern.identity.http_fetch import FetchError, trusted
from adaptgen.model.tables import Base, Server
from adaptgen.net.addresses import UrlProblem, find_problem, is_loopback, is_metadata, is_public_host, read_host
from adaptgen.proxy.http_client import address
from adaptgen.readiness.fetch import Unfetched, fetch
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.engine import check_base_urls
from adaptgen.runtime.http.request import origin
from adaptgen.transports.load import load_server
from adaptgen.transports.streamable_http.header_checks import Guard
from adaptgen.web.oauth import client_documents, redirects

METADATA = [
    "169.254.169.254",
    "169.254.170.2",
    "169.254.0.1",
    "169.254.169.254.",
    "169.254.169.254..",
    "2852039166",
    "0xA9FEA9FE",
    "0xa9.0xfe.0xa9.0xfe",
    "0251.0376.0251.0376",
    "0251.254.0xa9.254",
    "169.254.43518",
    "169.16689662",
    "[fe80::1]",
    "[fe80::1%25eth0]",
    "[febf::1]",
    "[::ffff:169.254.169.254]",
    "[::ffff:a9fe:a9fe]",
    "[0:0:0:0:0:ffff:a9fe:a9fe]",
    "[::169.254.169.254]",
    "[64:ff9b::a9fe:a9fe]",
    "[2002:a9fe:a9fe::]",
    "[fd00:ec2::254]",
    "[fd00:0ec2:0:0:0:0:0:23]",
    "metadata.google.internal",
    "METADATA.Google.Internal.",
    "metadata",
    "100.100.100.200",
    "0144.0144.0144.0310",
    "\uff11\uff16\uff19.254.169.254",
    "169\u3002254\u3002169\u3002254",
    "%31%36%39.254.169.254",
    "169.254.169.254.nip.io",
    "www.169-254-169-254.sslip.io",
]
OTHERS = [
    "api.example.com",
    "10.0.0.1",
    "192.168.169.254",
    "127.0.0.1",
    "169.253.169.254",
    "100.100.100.201",
    "localhost",
    "[::1]",
    "[fd00::1]",
    "[2001:db8::254]",
    "metadata.example.com",
    "data.example.io",
    "169.254.example.com",
    "169-254-169-254.example.com",
    "10.0.0.1.nip.io",
    "3232235777",
]


@pytest.mark.parametrize("host", METADATA)
def test_every_spelling_is_seen_wherever_addresses_are_judged(host: str) -> None:
    url = f"https://{host}/latest"
    assert is_metadata(host)
    assert find_problem(url) is not None
    with pytest.raises(FetchError):
        trusted(url)
    with pytest.raises(ValueError, match="it"):
        address(url)
    with pytest.raises(Unfetched):
        fetch(url, {})
    with pytest.raises(AdaptgenError) as caught:
        check_base_urls(Server(name="s", bases=(Base(f"http://{host}:80/latest", "S_BASE_URL"),)), {})  # type: ignore[call-arg]
    assert caught.value.diagnostics[0].code == "AG026"


@pytest.mark.parametrize("host", OTHERS)
def test_other_addresses_are_no_metadata(host: str) -> None:
    assert not is_metadata(host)
    assert find_problem(f"https://{host}/") is None
    assert trusted(f"https://{host}/") == f"https://{host}/"
    assert address(f"https://{host}/").origin.tls
    check_base_urls(Server(name="s", bases=(Base(f"http://{host}:8080/v1", "S_BASE_URL"),)), {})  # type: ignore[call-arg]


def test_what_is_no_address_has_a_reason() -> None:
    for url, problem in (
        ("https://user@api.example/", UrlProblem.CREDENTIALS),
        ("https://:pw@api.example/", UrlProblem.CREDENTIALS),
        ("https://api.example/#a", UrlProblem.FRAGMENT),
        ("ftp://api.example/", UrlProblem.RELATIVE),
        ("https://api.example\\@evil.example/", UrlProblem.RELATIVE),
        ("https://[::1", UrlProblem.MALFORMED),
        ("http://api.example/", UrlProblem.INSECURE),
        ("http://127.0.0.1:80/", None),
    ):
        assert find_problem(url) == problem


# ----------------------------------------------------------------------------------------------------- build and start


def document(folder: Path, server: str) -> Path:
    path = folder / "api.json"
    path.write_text(
        json.dumps(
            {
                "openapi": "3.1.0",
                "info": {"title": "Things", "version": "1"},
                "servers": [{"url": server}],
                "paths": {
                    "/things": {"get": {"operationId": "listThings", "responses": {"200": {"description": "ok"}}}}
                },
            }
        )
    )
    return path


@pytest.mark.parametrize("server", ["http://169.254.169.254/latest", "https://[fe80::1]/v1", "http://0xA9FEA9FE",
                                    "http://metadata.google.internal/computeMetadata/v1"])  # fmt: skip
def test_the_build_refuses_a_document_that_leads_there(
    tmp_path: Path, server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["build", str(document(tmp_path, server)), "--out", str(tmp_path / "out")]) == 2
    assert "AG026" in capsys.readouterr().err
    (tmp_path / "api").mkdir()
    (tmp_path / "api" / "hints.yaml").write_text("server: {base_url: https://api.example/v1}\n")
    assert main(["build", str(tmp_path / "api.json"), "--out", str(tmp_path / "out")]) == 0


def test_a_server_that_leads_there_does_not_start(tmp_path: Path) -> None:
    from adaptgen.runtime.engine import Engine

    assert main(["build", str(document(tmp_path, "https://api.example/v1")), "--out", str(tmp_path / "out")]) == 0
    changed = next(path for path in (tmp_path / "out").rglob("*.py") if "https://api.example/v1" in path.read_text())
    changed.write_text(changed.read_text().replace("https://api.example/v1", "http://169.254.169.254/latest"))
    server = load_server(changed.parent)
    with pytest.raises(AdaptgenError, match="metadata service"):
        Engine(server, environ={})
    env = server.bases[0].env
    Engine(server, environ={env: "https://api.example/v1"})  # what the operator says counts


@pytest.mark.parametrize(
    "host",
    [
        "api.ex%61mple.com",
        "API.EXAMPLE%2ECOM",
        "api.example.com%2f.evil.example",
        "api.example.com%00",
        "api.example.com%",
        "127.0.0.1%2eevil.example",
        "localhost%25",
        "[::1%25lo]",
        "api.ex\uff0561mple.com",
        "%6cocalhost",
    ],
)
def test_a_percent_sign_in_a_host_is_an_error_wherever_hosts_are_compared(host: str) -> None:
    for url in (f"https://{host}/a", f"http://{host}:8080/a"):
        assert find_problem(url) is UrlProblem.MALFORMED
        with pytest.raises(ToolError, match="no % in its host"):
            origin(url)
        assert redirects.find_problem(url) is not None
        assert client_documents.find_problem(url, local=True) is not None
        with pytest.raises(Unfetched):
            fetch(url, {})
    assert (read_host(host), read_host(f"{host}:80")) == (None, None)
    assert not is_loopback(host)
    assert not is_public_host(host)
    guard = Guard((host, host.lower()), ())
    assert not guard.host(host)
    assert not guard.origin(f"http://{host}")


def test_a_percent_sign_elsewhere_in_a_url_is_none_in_its_host() -> None:
    assert find_problem("https://api.example.com/a%20b?c=%2f") is None
    assert origin("https://us%40er:p%25w@API.example.com/a%20b") == ("https", "api.example.com", 443)
    assert redirects.find_problem("http://127.0.0.1:3000/a%20b") is None
    assert read_host("API.example.com:8080") == "api.example.com"
    assert read_host("[::1]:80") == "::1"
    assert is_public_host("api.acme.com")
