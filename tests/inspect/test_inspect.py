"""``adaptgen inspect``: what it finds, that its fixes mend it, what it scores, and that its page is self-contained."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from adaptgen.cli import main

INT, TEXT = {"type": "integer"}, {"type": "string"}
PERSON = {"type": "object", "properties": {"id": INT, "name": TEXT, "email": TEXT, "state": TEXT}}


def answer(schema: Any) -> dict[str, Any]:
    return {"responses": {"200": {"description": "ok", "content": {"application/json": {"schema": schema}}}}}


def listed(schema: Any) -> dict[str, Any]:
    return answer({"type": "object", "properties": {"items": {"type": "array", "items": schema}}})


PAGES = [{"name": name, "in": "query", "description": "x", "schema": INT} for name in ("limit", "offset")]
GOOD: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Club", "version": "1"},
    "servers": [{"url": "https://club.example"}],
    "security": [{"key": []}],
    "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}},
    "paths": {
        "/clubs": {
            "get": {
                "operationId": "listClubs", "summary": "List clubs", "parameters": PAGES,
                **listed({"type": "object", "properties": {"id": INT, "state": TEXT}}),
            }
        }
    },
}  # fmt: skip
BAD: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Club", "version": "1"},
    "servers": [{"url": "https://club.example"}],
    "paths": {
        "/members": {"get": {"parameters": [{"name": "top", "in": "query", "schema": INT}], **listed(PERSON)}},
        "/clubs": {"get": {"operationId": "listClubs", "summary": "Clubs", **listed({"type": "object"})}},
        "/members/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": INT}],
            "put": {
                "operationId": "saveMember",
                "summary": "Save",
                "requestBody": {"content": {"application/json": {"schema": PERSON}}},
                "responses": {"204": {"description": "ok"}},
            },
        },
        "/lookup": {
            "post": {"operationId": "lookup", "summary": "Look up", "responses": {"200": {"description": "ok"}}}
        },
        "/reset": {"get": {"operationId": "resetAll", "summary": "Reset everything", **answer(TEXT)}},
    },
}


def inspected(folder: Path, spec: Any, capsys: pytest.CaptureFixture[str], hints: str = "") -> dict[str, Any]:
    (folder / "club").mkdir(exist_ok=True)
    (folder / "club.yaml").write_text(yaml.safe_dump(spec, sort_keys=False))
    if hints:
        (folder / "club" / "hints.yaml").write_text(hints)
    assert main(["inspect", str(folder / "club.yaml"), "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def of(report: dict[str, Any], rule: str) -> list[dict[str, Any]]:
    return [one for one in report["findings"] if one["rule"] == rule]


def test_an_api_without_faults_has_every_point(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = inspected(tmp_path, GOOD, capsys)
    assert (report["score"], report["findings"]) == (100, [])


@pytest.mark.parametrize(
    ("rule", "subject", "severity", "place"),
    [
        ("auth", "credentials", "high", "1:1"),
        ("paging", "list_members", "high", None),
        ("paging", "list_clubs", "medium", None),
        ("words", "list_members", "medium", None),
        ("replace", "replace_member", "high", None),
        ("effect", "lookup", "low", None),
        ("effect", "reset_all", "low", None),
        ("personal data", "server", "high", None),
    ],
)
def test_what_is_found(
    rule: str, subject: str, severity: str, place: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (found,) = (one for one in of(inspected(tmp_path, BAD, capsys), rule) if one["subject"] == subject)
    assert (found["severity"], bool(found["because"]), bool(found["fix"])) == (severity, True, True)
    assert re.fullmatch(rf"{re.escape(str(tmp_path))}/club.yaml:{place or '[0-9]+:[0-9]+'}", found["where"])


def test_the_score_falls_with_what_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = inspected(tmp_path, BAD, capsys)
    assert report["score"] < 70
    assert round(sum(part["points"] for part in report["parts"])) == report["score"]
    assert sum(part["of"] for part in report["parts"]) == 100


def test_every_fix_that_is_a_hint_mends_its_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = inspected(tmp_path, BAD, capsys)
    fixes = [one for one in before["findings"] if re.match(r"(tools|auth|server): ", one["fix"])]
    assert {one["rule"] for one in fixes} >= {"auth", "paging", "words", "effect"}
    for one in fixes:
        after = inspected(tmp_path, BAD, capsys, one["fix"].replace("better_name", "members"))
        left = [found for found in of(after, one["rule"]) if found["subject"] == one["subject"]]
        assert left == [], one


def test_settings_beside_the_document_take_care_of_personal_data(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert of(inspected(tmp_path, BAD, capsys), "personal data")
    (tmp_path / "club" / "governance.yaml").write_text("adaptgen: 1\n")
    assert not of(inspected(tmp_path, BAD, capsys), "personal data")


def test_a_put_beside_a_patch_is_no_trap(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = json.loads(json.dumps(BAD))
    spec["paths"]["/members/{id}"]["patch"] = {**spec["paths"]["/members/{id}"]["put"], "operationId": "changeMember"}
    assert not of(inspected(tmp_path, spec, capsys), "replace")


def test_a_put_that_adds_to_a_list_or_stores_a_file_is_no_trap(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = json.loads(json.dumps(BAD))
    put = spec["paths"]["/members/{id}"].pop("put")
    spec["paths"]["/members"]["put"] = put
    file = {"requestBody": {"content": {"image/png": {}}}, "responses": {"204": {"description": "ok"}}}
    spec["paths"]["/members/{id}"]["put"] = file

    assert not of(inspected(tmp_path, spec, capsys), "replace")


@pytest.mark.parametrize(
    ("tools", "points", "because"),
    [(3, 10, "the list of tools takes"), (60, 9, "60 tools are listed in short"), (300, 8, "300 tools are searched")],
)
def test_large_lists_are_told_as_agents_see_them(
    tools: int, points: int, because: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = json.loads(json.dumps(GOOD))
    club = spec["paths"].pop("/clubs")["get"]
    for number in range(tools):
        one = {**club, "operationId": f"list{number}", "description": "Gives clubs. " + "More of them. " * 20}
        spec["paths"][f"/clubs{number}"] = {"get": one}

    report = inspected(tmp_path, spec, capsys)

    part = next(one for one in report["parts"] if one["name"] == "Small enough")
    assert (part["points"], part["because"].startswith(because)) == (points, True), part
    assert report["estimates"][0]["after"] < 32_000


def test_one_tool_per_endpoint_holds_each_schema_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A chain of schemas where each has the next one twice: in full it would double at every level."""
    spec = json.loads(json.dumps(BAD))
    link = [{"$ref": f"#/components/schemas/A{number}"} for number in range(41)]
    schemas: dict[str, Any] = {f"A{n}": {"properties": {"a": link[n + 1], "b": link[n + 1]}} for n in range(40)}
    spec["components"] = {"schemas": {**schemas, "A40": {"type": "string"}}}
    spec["paths"]["/members/{id}"]["put"]["requestBody"]["content"]["application/json"]["schema"] = link[0]

    tools = inspected(tmp_path, spec, capsys)["estimates"][0]

    assert tools["what"] == "the list of tools"
    assert 40 * 60 < tools["before"] < 40 * 200


def test_the_estimates_say_what_is_saved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wide = {"type": "object", "properties": {"id": INT, "name": TEXT, **{f"field_{n}": TEXT for n in range(38)}}}
    spec = {**GOOD, "paths": {"/rows": {"get": {"summary": "Rows", "parameters": PAGES, **listed(wide)}}}}
    estimates = {one["what"]: one for one in inspected(tmp_path, spec, capsys)["estimates"]}
    # 25 rows of 40 fields: a name of 7 to 8 characters with quotes and colon, a text of 18 bytes.
    assert 20_000 < estimates["list_rows"]["before"] < 35_000
    assert estimates["list_rows"]["after"] < estimates["list_rows"]["before"] / 3
    assert estimates["turns to the answer among 250 records"]["before"] == 10


def test_the_bar_for_ci(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inspected(tmp_path, BAD, capsys)
    assert main(["inspect", str(tmp_path / "club.yaml"), "--fail-under", "100"]) == 1
    assert main(["inspect", str(tmp_path / "club.yaml"), "--fail-under", "10"]) == 0


def test_the_terminal_shows_parts_findings_and_fixes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inspected(tmp_path, BAD, capsys)
    assert main(["inspect", str(tmp_path / "club.yaml")]) == 0
    text = capsys.readouterr().out
    for expected in ("of 100", "Reading to the end", "high: paging (1)", "fix: tools: {list_members:"):
        assert expected in text


HOSTILE = "<script>alert(1)</script>\"'><img src=http://evil.example/x onerror=alert(1)>\x1b[31m\u202e"


class Links(HTMLParser):
    """Everything of a page that would be fetched or run."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "img", "link", "iframe", "object", "embed", "base", "form"):
            self.found.append(tag)
        self.found += [name for name, _ in attrs if name.startswith("on") or name in ("src", "href")]


def test_the_page_needs_nothing_and_escapes_what_the_document_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = json.loads(json.dumps(BAD))
    spec["info"]["title"] = HOSTILE
    spec["paths"][f"/{HOSTILE}"] = {"get": {"operationId": HOSTILE, **listed(PERSON)}}
    inspected(tmp_path, spec, capsys)
    assert main(["inspect", str(tmp_path / "club.yaml"), "--html", str(tmp_path / "out" / "page.html")]) == 0
    text = (tmp_path / "out" / "page.html").read_text()
    links = Links()
    links.feed(text)
    assert links.found == []
    assert text.count("<svg") > 5
    assert "\x1b" not in capsys.readouterr().out


def _documents(folder: Path) -> Iterator[Path]:
    return iter(sorted((folder / "corpus" / "specs").glob("a*/*.gz"))[:12])


def test_real_documents_have_a_score(testdata: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import gzip

    for path in _documents(testdata):
        target = tmp_path / path.name.removesuffix(".gz")
        target.write_bytes(gzip.decompress(path.read_bytes()))
        assert main(["inspect", str(target), "--json"]) == 0
        assert 0 <= json.loads(capsys.readouterr().out)["score"] <= 100


def test_a_tool_that_providers_refuse_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    long = "list_every_club_of_every_country_and_of_every_league"
    hints = f"tools:\n  {long}:\n    call: GET /clubs\n"
    (found,) = of(inspected(tmp_path, GOOD, capsys, hints), "provider")
    assert found["subject"] == long
    assert f"{len(long)} characters" in found["message"]
    assert of(inspected(tmp_path, GOOD, capsys, hints.replace(long, "list_clubs")), "provider") == []
