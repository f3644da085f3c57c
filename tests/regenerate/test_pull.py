"""``adaptgen pull``: what is fetched, kept, refused and said."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from regenerate import year
from support.web import Asked, Said, Web, web

from adaptgen.cli import main
from adaptgen.readiness import fetch
from adaptgen.readiness.normalize_text import normalize

SPEC = Path("specs/orders.yaml")
HINTS = Path("specs/orders/hints.yaml")
LOCK = Path("specs/orders/source.lock")
SECRET = "s3cr3t-of-the-source"


class Source:
    """The place that the document comes from."""

    def __init__(self) -> None:
        self.body = year.BASE.encode()
        self.etag = '"1"'
        self.said: Said | None = None

    def answer(self, asked: Asked) -> Said:
        if self.said is not None:
            return self.said
        if asked.headers.get("authorization") != f"Bearer {SECRET}":
            return Said(status=401)
        if self.etag and asked.headers.get("if-none-match") == self.etag:
            return Said(status=304, headers={"Content-Length": "0"})
        return Said(self.body, headers={"ETag": self.etag} if self.etag else {})


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Source, Web]]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOURCE_TOKEN", SECRET)
    source = Source()
    with web(source.answer) as server:
        HINTS.parent.mkdir(parents=True)
        hint(f"{server.url}/openapi.yaml")
        yield source, server


def hint(url: str) -> None:
    headers = '{Authorization: "Bearer ${env:SOURCE_TOKEN}"}'
    HINTS.write_text(f'adaptgen: 1\nsource: {{url: "{url}", headers: {headers}}}\n')


def test_the_first_pull_writes_the_document(place: tuple[Source, Web], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pull"]) == 0
    assert SPEC.read_text() == year.BASE
    assert "orders: a new server with 7 tools" in capsys.readouterr().out
    assert main(["build", "--quiet"]) == 0
    assert sorted(path.name for path in SPEC.parent.iterdir()) == ["orders", "orders.yaml"]


def test_the_path_of_an_address_may_hold_spaces(place: tuple[Source, Web]) -> None:
    _, server = place
    hint(f"{server.url}/our api.yaml?version=1 2#top")
    assert main(["pull"]) == 0
    assert server.seen[0].target == "/our%20api.yaml?version=1%202"


def test_a_document_that_is_the_same_is_not_sent_again(
    place: tuple[Source, Web], capsys: pytest.CaptureFixture[str]
) -> None:
    source, server = place
    assert main(["pull"]) == 0
    source.body = b"this would be another document"
    before = SPEC.stat().st_mtime_ns, LOCK.read_bytes()
    assert main(["pull", "--check"]) == 0
    assert "specs/orders.yaml is unchanged" in capsys.readouterr().out
    assert server.seen[-1].headers["if-none-match"] == '"1"'
    assert (SPEC.stat().st_mtime_ns, LOCK.read_bytes()) == before
    assert SECRET not in LOCK.read_text()


def test_a_document_that_was_edited_here_is_fetched_anew(place: tuple[Source, Web]) -> None:
    assert main(["pull"]) == 0
    SPEC.write_text(f"{year.BASE}# mine\n")
    assert main(["pull", "--check"]) == 1
    assert main(["pull"]) == 0
    assert SPEC.read_text() == year.BASE


def test_a_change_is_shown_for_agents(place: tuple[Source, Web], capsys: pytest.CaptureFixture[str]) -> None:
    source, _ = place
    assert main(["pull"]) == 0
    source.body, source.etag = year.BASE.replace("minimum: 1}", "minimum: 5}").encode(), '"2"'
    before = SPEC.read_bytes()
    capsys.readouterr()
    assert main(["pull", "--check"]) == 1
    assert SPEC.read_bytes() == before
    said = capsys.readouterr().out
    assert "specs/orders.yaml would change" in said
    assert "create_order: the argument quantity: minimum 1 → 5" in said
    line = next(n for n, text in enumerate(year.BASE.splitlines(), 1) if "quantity: {type" in text)
    assert f"specs/orders.yaml:{line}:" in said
    assert main(["pull", "specs/orders.yaml"]) == 0
    assert SPEC.read_bytes() == source.body


def test_a_changed_identifier_renames_no_tool(place: tuple[Source, Web], capsys: pytest.CaptureFixture[str]) -> None:
    """The next build keeps the names, so a pull does not say that they change."""
    source, _ = place
    assert main(["pull"]) == 0
    source.body, source.etag = (
        year.BASE.replace("operationId: listOrders", "operationId: listPurchases").encode(),
        '"2"',
    )
    capsys.readouterr()
    assert main(["pull", "--check"]) == 1
    assert "nothing changed for agents" in capsys.readouterr().out


def test_hints_that_no_longer_fit_are_said_and_the_document_is_written(
    place: tuple[Source, Web], capsys: pytest.CaptureFixture[str]
) -> None:
    source, _ = place
    assert main(["pull"]) == 0
    HINTS.write_text(f"{HINTS.read_text()}tools:\n  search_reports: {{call: POST /reports/search, effect: read}}\n")
    gone = year.tree(year.without("/reports/search", "post"))
    source.body, source.etag = gone(year.BASE).encode(), '"2"'
    capsys.readouterr()
    assert main(["pull"]) == 0
    assert "search_reports: the hints of this tool no longer fit the document" in capsys.readouterr().out
    assert SPEC.read_bytes() == source.body


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (Said(b"<html>sign in</html>"), "AG004"),
        (Said(b"\xff\xfe\x00"), "AG056"),
        (Said(status=404), "AG056"),
        (Said(status=500), "AG056"),
        (Said(status=302, headers={"Location": "https://elsewhere.example/openapi.yaml"}), "another origin"),
        (Said(status=302, headers={"Location": "/again"}), "redirects again and again"),
        (Said(gzip.compress(b" " * 300_000), headers={"Content-Encoding": "gzip"}), "larger than"),
        (Said(b"not gzip", headers={"Content-Encoding": "gzip"}), "AG056"),
    ],
    ids=["page", "no-text", "404", "500", "elsewhere", "loop", "bomb", "broken"],
)
def test_what_is_no_document_changes_nothing(
    place: tuple[Source, Web],
    said: Said,
    why: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source, _ = place
    assert main(["pull"]) == 0
    monkeypatch.setattr(fetch, "LARGEST", 200_000)
    source.said = said
    before = {path: path.read_bytes() for path in Path("specs").rglob("*") if path.is_file()}
    capsys.readouterr()
    assert main(["pull"]) == 2
    err = capsys.readouterr().err
    assert why in err
    assert SECRET not in err
    assert {path: path.read_bytes() for path in Path("specs").rglob("*") if path.is_file()} == before


def test_the_line_that_is_shown_is_that_of_the_answer(
    place: tuple[Source, Web], capsys: pytest.CaptureFixture[str]
) -> None:
    source, _ = place
    assert main(["pull"]) == 0
    source.said = Said(b"openapi: [3.0.3\npaths: {}\n")
    capsys.readouterr()
    assert main(["pull"]) == 2
    assert capsys.readouterr().err.splitlines()[1] == "    | openapi: [3.0.3"


@pytest.mark.parametrize("url", ["http://orders.example/openapi.yaml", "file:///etc/passwd", "//x", "https://"])
def test_only_https_and_loopback_are_fetched(
    place: tuple[Source, Web], url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    hint(url)
    assert main(["pull"]) == 2
    assert "specs/orders/hints.yaml:2:" in capsys.readouterr().err
    assert not SPEC.exists()


def test_a_missing_variable_is_named(
    place: tuple[Source, Web], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SOURCE_TOKEN")
    assert main(["pull"]) == 2
    assert "SOURCE_TOKEN" in capsys.readouterr().err
    assert place[1].seen == []


def test_without_a_source_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["pull"]) == 0
    assert main(["pull", "specs/crm.yaml"]) == 2
    assert "specs/crm/hints.yaml" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b'{"b":1,"a":[true,1.5]}', '{\n  "b": 1,\n  "a": [\n    true,\n    1.5\n  ]\n}\n'),
        (b'\xef\xbb\xbf{"a": 1}\r\n', '{\n  "a": 1\n}\n'),
        ('{"a": "ä"}'.encode("utf-16"), '{\n  "a": "ä"\n}\n'),
        (b'{"a":1,"a":2}', '{"a":1,"a":2}\n'),
        (b'{"a":0.10000000000000000001}', '{"a":0.10000000000000000001}\n'),
        (b'{"a":1e999}', '{"a":1e999}\n'),
        (b'{"a":12345678901234567890123}', '{\n  "a": 12345678901234567890123\n}\n'),
        (b"a: 1\r\nb: 2 # two\r\n\r\n", "a: 1\nb: 2 # two\n"),
    ],
)
def test_a_document_is_made_readable_and_stays_the_same(body: bytes, text: str) -> None:
    assert normalize(body) == text
    assert normalize(text.encode()) == text


def test_json_keeps_its_meaning_and_the_order_of_its_keys() -> None:
    document: Any = dict(reversed(yaml.safe_load(year.BASE).items()))
    again = json.loads(normalize(json.dumps(document).encode()))
    assert again == document
    assert list(again) == list(document)
