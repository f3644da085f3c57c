"""``adaptgen doctor`` against the bundled CRM, and against everything that can be wrong with an API."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from adaptgen.cli import main
from adaptgen.demo.crm import PASSWORD, USERNAME, Crm, running

CRM = Path(__file__).parents[2] / "generated" / "crm"


@pytest.fixture(scope="module")
def crm() -> Iterator[str]:
    with running(Crm()) as api:
        yield api.url


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch, crm: str) -> pytest.MonkeyPatch:
    for name, value in (("CRM_BASE_URL", crm), ("CRM_USERNAME", USERNAME), ("CRM_PASSWORD", PASSWORD)):
        monkeypatch.setenv(name, value)
    return monkeypatch


def examined(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = main(["doctor", str(CRM), *arguments])
    said = capsys.readouterr()
    assert said.err == ""
    return code, said.out


def test_all_is_well(environ: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = examined(capsys)
    assert code == 0, text
    for expected in ("ok     login        POST", "/auth/login: 200", "ok     read", "bytes from the API"):
        assert expected in text
    assert PASSWORD not in text


def test_a_tool_can_be_named(environ: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert "list_users: GET" in examined(capsys, "--tool", "list_users")[1]


def test_a_missing_variable(environ: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    environ.delenv("CRM_PASSWORD")
    code, text = examined(capsys)
    assert (code, "not set: CRM_PASSWORD" in text, "connection" in text) == (1, True, False)


def test_a_token_to_begin_with_may_be_missing(
    environ: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The chain fetches one; the server's README.md calls the variable optional."""
    shutil.copytree(CRM, tmp_path / "crm")
    auth = tmp_path / "crm" / "auth.py"
    text = auth.read_text()
    auth.write_text(text.replace("    chain=(", '    start={"session": "${env:CRM_TOKEN}"},\n    chain=(', 1))
    assert auth.read_text() != text

    code = main(["doctor", str(tmp_path / "crm")])

    assert (code, "wrong" in capsys.readouterr().out) == (0, False)


def test_a_wrong_password(environ: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    environ.setenv("CRM_PASSWORD", "wrong-password-1")
    code, text = examined(capsys)
    assert (code, "wrong  login" in text, "check the credentials" in text) == (1, True, True)
    assert "wrong-password-1" not in text


def test_nobody_listens(environ: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        environ.setenv("CRM_BASE_URL", f"http://127.0.0.1:{free.getsockname()[1]}")
        code, text = examined(capsys)
    assert (code, "nothing answers at 127.0.0.1" in text) == (1, True)


def test_a_name_that_is_none(environ: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    environ.setenv("CRM_BASE_URL", "crm.example")
    code, text = examined(capsys)
    assert (code, "must be an absolute http or https URL" in text) == (1, True)


def test_https_where_there_is_none(environ: pytest.MonkeyPatch, crm: str, capsys: pytest.CaptureFixture[str]) -> None:
    environ.setenv("CRM_BASE_URL", crm.replace("http:", "https:"))
    code, text = examined(capsys)
    assert (code, "wrong  TLS" in text) == (1, True)


# ------------------------------------------------------------------------------------------------------ other faults


@contextmanager
def serving(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def reply(status: int, body: str, media: str = "application/json", **headers: str) -> Callable[..., None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response_only(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Type", media)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body.encode())

    return answer


@pytest.fixture
def plain(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    row = {"type": "object", "properties": {"id": {"type": "integer"}, "name": {"type": "string"}}}
    content = {"application/json": {"schema": {"type": "array", "items": row}}}
    spec = {
        "openapi": "3.0.3",
        "info": {"title": "T", "version": "1"},
        "paths": {"/rows": {"get": {"responses": {"200": {"description": "ok", "content": content}}}}},
    }
    (tmp_path / "things.yaml").write_text(yaml.safe_dump(spec))
    assert main(["build", str(tmp_path / "things.yaml"), "--out", str(tmp_path / "generated"), "--quiet"]) == 0
    capsys.readouterr()
    return tmp_path / "generated" / "things"


@pytest.mark.parametrize(
    ("answer", "code", "expected"),
    [
        (reply(200, '[{"id": 1, "name": "a"}]'), 0, "things can be called"),
        (reply(200, '[{"id": 1}]'), 0, "no record has name"),
        (reply(404, "{}"), 1, "the base URL may lack a part of the path"),
        (reply(401, "{}"), 1, "the credentials are not accepted here"),
        (reply(200, "<html><body>Sign in</body></html>", "text/html"), 1, "Check THINGS_BASE_URL"),
        (reply(503, "<html>down</html>", "text/html"), 1, "a web page came"),
        (reply(302, "", Location="/rows/purge"), 1, "redirects this read to another path"),
        (reply(200, "[]", Date="Thu, 01 Jan 2026 00:00:00 GMT"), 0, "clock is"),
    ],
)
def test_what_an_api_can_answer(
    answer: Callable[..., None],
    code: int,
    expected: str,
    plain: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with serving(answer) as url:
        monkeypatch.setenv("THINGS_BASE_URL", url)
        assert main(["doctor", str(plain)]) == code
    assert expected in capsys.readouterr().out


def test_a_scheme_that_cannot_be_served_gets_no_credential_and_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = {"200": {"description": "ok", "content": {"application/json": {"schema": {"type": "array", "items": {}}}}}}
    spec = {
        "openapi": "3.0.3",
        "info": {"title": "T", "version": "1"},
        "paths": {"/rows": {"get": {"responses": rows}}},
        "security": [{"digestAuth": []}],
        "components": {"securitySchemes": {"digestAuth": {"type": "http", "scheme": "digest"}}},
    }
    (tmp_path / "t.yaml").write_text(yaml.safe_dump(spec))
    assert main(["build", str(tmp_path / "t.yaml"), "--out", str(tmp_path / "generated")]) == 0
    assert "'digestAuth', which is HTTP Digest and cannot be served" in "".join(capsys.readouterr())
    sent: list[str | None] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        sent.append(handler.headers.get("Authorization"))
        reply(401, "{}")(handler)

    with serving(answer) as url, pytest.MonkeyPatch.context() as patch:
        for name, text in {"BASE_URL": url, "USERNAME": "ann", "PASSWORD": "hunter22", "TOKEN": "t-1"}.items():
            patch.setenv(f"T_{name}", text)
        assert main(["doctor", str(tmp_path / "generated" / "t")]) == 1
    text = capsys.readouterr().out
    assert "digest_auth cannot be served" in text
    assert "it wants 'digest_auth', which cannot be served" in text
    assert {*sent} == {None}


def test_a_post_is_not_tried_whatever_it_is_taken_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = {"200": {"description": "ok", "content": {"application/json": {"schema": {"type": "array", "items": {}}}}}}
    spec = {
        "openapi": "3.0.3",
        "info": {"title": "T", "version": "1"},
        "paths": {"/search": {"post": {"responses": rows}}},
    }
    hints = {"adaptgen": 1, "tools": {"find_rows": {"call": "POST /search", "effect": "read"}}}
    (tmp_path / "t.yaml").write_text(yaml.safe_dump(spec))
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "hints.yaml").write_text(yaml.safe_dump(hints))
    assert main(["build", str(tmp_path / "t.yaml"), "--out", str(tmp_path / "generated"), "--quiet"]) == 0
    asked: list[str] = []
    with serving(lambda handler: asked.append(handler.path)) as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("T_BASE_URL", url)
        main(["doctor", str(tmp_path / "generated" / "t")])
    assert "no tool reads without being given something" in capsys.readouterr().out
    assert asked == []


def test_credentials_in_a_path_and_in_answers_are_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    key = {"name": "key", "in": "path", "required": True, "schema": {"type": "string"}}
    ok = {"200": {"description": "ok", "content": {"application/json": {"schema": {"type": "object"}}}}}
    rows = {"200": {"description": "ok", "content": {"application/json": {"schema": {"type": "array", "items": {}}}}}}
    paths = {"/sessions/{key}": {"get": {"parameters": [key], "responses": ok}}, "/rows": {"get": {"responses": rows}}}
    spec = {"openapi": "3.0.3", "info": {"title": "T", "version": "1"}, "paths": paths}
    login = {"id": "in", "call": "GET /sessions/{key}", "with": {"key": "${env:KEY}"}, "save": {"token": "$.token"}}
    send = [{"header": "Authorization", "as": "Bearer {token}"}]
    hints = {"adaptgen": 1, "auth": {"s": {"kind": "session", "chain": [login], "send": send}}}
    (tmp_path / "t.yaml").write_text(yaml.safe_dump(spec))
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "hints.yaml").write_text(yaml.safe_dump(hints))
    assert main(["build", str(tmp_path / "t.yaml"), "--out", str(tmp_path / "generated"), "--quiet"]) == 0
    capsys.readouterr()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        if "sessions" in handler.path:
            reply(200, '{"token": "token-canary-1"}')(handler)
        else:
            reply(403, '{"message": "token-canary-1 of key canary/2 may not, nor may ann@example.org"}')(handler)

    monkeypatch.setenv("KEY", "key canary/2")
    with serving(answer) as url:
        monkeypatch.setenv("T_BASE_URL", url)
        code = main(["doctor", str(tmp_path / "generated" / "t")])
    text = "".join(capsys.readouterr())
    assert (code, "GET /sessions/[removed]: 200" in text, "credentials are not accepted" in text) == (1, True, True)
    assert [one for one in ("canary", "ann@") if one in text] == []


def test_a_tool_that_wants_what_its_document_does_not_require_makes_room_for_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    row = {"type": "object", "properties": {"id": {"type": "integer"}, "name": {"type": "string"}}}
    content = {"application/json": {"schema": {"type": "array", "items": row}}}
    listed = {"get": {"responses": {"200": {"description": "ok", "content": content}}}}
    spec = {"openapi": "3.0.3", "info": {"title": "T", "version": "1"}, "paths": {"/rows": listed, "/alleys": listed}}
    (tmp_path / "t.yaml").write_text(yaml.safe_dump(spec))
    assert main(["build", str(tmp_path / "t.yaml"), "--out", str(tmp_path / "generated"), "--quiet"]) == 0
    capsys.readouterr()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        wants = reply(422, '{"message": "town is missing"}')
        (reply(200, '[{"id": 1, "name": "a"}]') if "rows" in handler.path else wants)(handler)

    with serving(answer) as url:
        monkeypatch.setenv("T_BASE_URL", url)
        codes = [main(["doctor", str(tmp_path / "generated" / "t"), *more]) for more in ([], ["--tool", "list_alleys"])]
    text = capsys.readouterr().out
    assert codes == [0, 1]
    assert "note   read         list_alleys: The API answered 422" in text
    assert "ok     read         list_rows: GET /rows: 200" in text
