"""An error shows the line that it is about, with a caret under the column; never a secret that stands in it."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from adaptgen.cli import terminal
from adaptgen.cli.excerpt import Excerpts
from adaptgen.diagnostics import Diagnostic, Where

SECRETS = ("hunter2", "hunter 2", "p{ss, w[rd", "s3cr3t")


def excerpt(
    path: Path, line: int, column: int, message: str = "wrong", code: str = "AG002", wide: int = 80
) -> list[str]:
    return Excerpts(wide, "utf-8").of(Diagnostic(code, message, Where(str(path), line, column)))


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "d.yaml"
    path.write_text(
        "openapi: 3.0.3\n"
        "info: {title: 日本語, version: x}\n"
        "\tpaths: {}\n"
        f"long: {'a' * 300}X{'b' * 300}\n"
        "x: a\u202eb\u200bc d\n"
        "e: e\u0301e f\n"
        "servers: [{url: 'https://ada:hunter2@api.example/v1'}]\n"
        "token: eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl\n",
        "utf-8",
    )
    return path


def test_the_caret_stands_under_the_column(document: Path) -> None:
    assert excerpt(document, 1, 10) == ["    | openapi: 3.0.3", "    |          ^"]
    assert excerpt(document, 1, 99) == ["    | openapi: 3.0.3", "    |               ^"]


def test_wide_and_combining_characters_and_tabs_do_not_move_it(document: Path) -> None:
    assert excerpt(document, 2, 20) == ["    | info: {title: 日本語, version: x}", f"    | {' ' * 22}^"]
    assert excerpt(document, 3, 2) == ["    | →   paths: {}", "    |     ^"]
    assert excerpt(document, 6, 7) == ["    | e: e\u0301e f", "    |      ^"]


def test_what_a_terminal_does_not_show_is_escaped(document: Path) -> None:
    assert excerpt(document, 5, 9) == [r"    | x: a\u202eb\u200bc d", f"    | {' ' * 18}^"]


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_stream_that_has_few_characters_keeps_the_alignment(
    document: Path, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(written, encoding))
    terminal.diagnostics([Diagnostic("AG002", "wrong", Where(str(document), 2, 20))])
    sys.stderr.flush()
    _, line, caret, _ = written.getvalue().decode(encoding).splitlines()
    assert line[caret.index("^")] == "v"


@pytest.mark.parametrize(
    ("text", "line", "shown"),
    [
        ("auth:\n  password: hunter2\n", 2, "  password: …"),
        ("auth:\n  passwrd: hunter2 # s3cr3t\n", 2, "  passwrd: …"),
        ("keys: {tokens: hunter2, n: 5, on: true, ref: '{env:KEY}'}", 1,
         "keys: {tokens: …, n: 5, on: true, ref: '{env:KEY}'}"),
        ('{"keys": {"tokens": "hunter2", "previous": ["hunter2", "s3cr3t"]}, "n": 1}', 1,
         '{"keys": {"tokens": …, "previous": […, …]}, "n": 1}'),
        ('  "token": "hunter2",', 1, '  "token": …,'),
        ("keys:\n  - hunter2\n", 2, None),
        ("keys:\n  - {value: 'hunter 2'}\n", 2, "  - {value: …}"),
        ("password: p{ss, w[rd: hunter2\n", 1, "password: …"),
        ("password:hunter2\n", 1, None),
        ("key: |\n  hunter2: s3cr3t\n", 2, None),
        ("key: >-\n  one\n    hunter2: s3cr3t\n", 3, None),
        ("hunter2\n", 1, None),
        ("# hunter2: s3cr3t\n", 1, None),
        ("url: https://ada:hunter2@host/?token=s3cr3t\n", 1, "url: …"),
        ("a: &anchor hunter2\n", 1, "a: …"),
        ('{"a": "x" "hunter2": 1}', 1, '{"a": … ……}'),
        ("tools: {'GET /notes/{id}': {efect: s3cr3t}}", 1, "tools: {'GET /notes/{id}': {efect: …}}"),
        ("  GET /notes/{id}: {efect: s3cr3t}", 1, "  GET /notes/{id}: {efect: …}"),
        ("x: {call: GET /notes/{id}, view: [id, name], pasword: s3cr3t}", 1,
         "x: {call: GET /notes/{id}, view: [id, name], pasword: …}"),
        ("sink: ghp_0123456789abcdefghij0123", 1, "sink: …"),
        ("limit: 9fJ2kQx7Lm4ZpR8sTv1W", 1, "limit: …"),
    ],
)  # fmt: skip
def test_hints_and_settings_show_keys_and_no_value(tmp_path: Path, text: str, line: int, shown: str | None) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text(text)
    for column in range(1, 12):
        found = excerpt(path, line, column)
        assert [one.removeprefix("    | ") for one in found[:1]] == ([] if shown is None else [shown])
        assert not any(secret in one for one in found for secret in SECRETS)


def test_a_long_line_hides_its_secrets_wherever_it_is_cut(tmp_path: Path) -> None:
    secret = "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiJhZGEifQ" * 300 + ".c2lnbmF0dXJl"
    path = tmp_path / "d.json"
    line = f'{{"openapi":"3.0.3","x":"{"a" * 50_000}","t":"{secret}","y":"{"b" * 50_000}"}}'
    path.write_text(line)
    shown, caret = excerpt(path, 1, line.index('"y"') + 1)
    assert shown[caret.index("^") :].startswith('"y"')
    assert "sdWIi" not in shown
    path.write_text(line.replace("openapi", "adaptgen"))
    assert excerpt(path, 1, line.index('"y"') + 1) == []


def test_thousands_of_errors_show_some_of_their_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "d.yaml"
    path.write_text("openapi: 3.0.3\n" * 1000)
    terminal.diagnostics(Diagnostic("AG003", "twice", Where(str(path), line, 1)) for line in range(1, 1001))
    lines = capsys.readouterr().err.splitlines()
    assert (sum("AG003" in one for one in lines), sum("^" in one for one in lines)) == (1000, 40)


def test_a_value_that_the_message_quotes_is_not_shown_where_it_holds_a_secret(tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text("url: https://ada:hunter2@host/\n")
    assert excerpt(path, 1, 6, "url: 'https://ada:hunter2@host/' holds credentials")[0] == "    | url: …"


def test_an_error_of_the_settings_hides_them_whatever_the_file_looks_like(document: Path) -> None:
    assert excerpt(document, 1, 1, code="AG070")[0] == "    | openapi: …"


def test_a_place_without_a_line_shows_none(document: Path, tmp_path: Path) -> None:
    assert excerpt(document, 0, 0) == excerpt(document, 99, 1) == excerpt(tmp_path, 1, 1) == []
    assert excerpt(tmp_path / "nothing.yaml", 1, 1) == []
