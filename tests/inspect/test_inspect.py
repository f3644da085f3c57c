"""``adaptgen inspect``: what it finds, that its fixes mend it, what it scores, and that its page is self-contained."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.inspect_specs import BAD, GOOD, INT, PAGES, PERSON, TEXT, answer, listed, write_spec

from adaptgen.building.build import build
from adaptgen.cli import main
from adaptgen.readiness.inspection import inspect
from adaptgen.readiness.inspection.report import Finding


def inspected(folder: Path, spec: Any, capsys: pytest.CaptureFixture[str], hints: str = "") -> dict[str, Any]:
    write_spec(folder, spec)
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
        ("effect", "reset_everything", "low", None),
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
    points, most = (sum(part[key] for part in report["parts"]) for key in ("points", "of"))
    assert (round(100 * points / most), most) == (report["score"], 100)


def test_parts_with_nothing_to_judge_give_no_points(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = {"/ping": {"get": {"summary": "Ping", "responses": {"200": {"description": "ok"}}}}}
    report = inspected(tmp_path, {**GOOD, "paths": paths, "security": [], "components": {}}, capsys)
    parts = {part["name"]: (part["points"], part["of"]) for part in report["parts"]}
    assert parts["Reading to the end"] == parts["Safe to change"] == (0, 0)
    assert parts["Short answers"] == (0, 20)
    assert report["score"] == round(
        100 * sum(points for points, _ in parts.values()) / sum(of for _, of in parts.values())
    )


def test_every_fix_that_is_a_hint_mends_its_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = inspected(tmp_path, BAD, capsys)
    fixes = [one for one in before["findings"] if re.match(r"(tools|auth|server): ", one["fix"])]
    assert {one["rule"] for one in fixes} >= {"auth", "paging", "words", "effect"}
    for one in fixes:
        after = inspected(tmp_path, BAD, capsys, one["fix"].replace("better_name", "members"))
        left = [found for found in of(after, one["rule"]) if found["subject"] == one["subject"]]
        assert left == [], one


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["top"], "tools: {list_members: {page: {style: none}}}   # only if top can be as large as the list"),
        ([], "tools: {list_members: {page: {style: none}}}   # if an answer always holds the whole list"),
        (
            ["rows", "state"],
            "tools: {list_members: {page: {style: none}}}   # only if rows can be as large as the list",
        ),
        (["top", "startAt"], "tools: {list_members: {page: {style: offset, offset: startAt, limit: top}}}"),
        (["size", "page_no"], "tools: {list_members: {page: {style: page, page: page_no, size: size}}}"),
    ],
)
def test_a_fix_for_paging_names_only_declared_inputs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], names: list[str], expected: str
) -> None:
    """Positions that are declared as arrays are not taken for paging, and a person may know better."""
    kinds = {"startAt": {"type": "array", "items": INT}, "page_no": {"type": "array", "items": INT}, "state": TEXT}
    asked = [{"name": name, "in": "query", "schema": kinds.get(name, INT)} for name in names]
    report = inspected(
        tmp_path, {**GOOD, "paths": {"/members": {"get": {"parameters": asked, **listed(PERSON)}}}}, capsys
    )
    (found,) = of(report, "paging")
    assert found["fix"] == expected


def test_a_fix_for_an_answer_that_is_not_described_names_no_field(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = inspected(tmp_path, {**GOOD, "paths": {"/state": {"get": answer({})}}}, capsys)
    (found,) = of(report, "schema")
    assert found["fix"] == "view: with the fields that adaptgen call generated/club get_state shows"


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
        self.found += [name for name, _ in attrs if name.startswith("on") or name == "src"]
        self.found += [
            value or "" for name, value in attrs if name == "href" and not (value or "").startswith("#rule-")
        ]


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
    assert "do these three first" in text.lower()
    assert "\x1b" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("told", "hints", "link"),
    [
        ("https://docs.example/club?key=secret#x", "", ["https://docs.example/club"]),
        ("javascript:alert(1)", "", []),
        ("https://user:secret@docs.example/", "", []),
        ("https://docs.example", 'source: {url: "https://api.example/openapi.json?key=secret"}\n', ["https://api.example/openapi.json"]),
        ("", 'source: {url: "https://${env:HOST}/openapi.json"}\n', []),
    ],
)  # fmt: skip
def test_the_page_links_to_where_the_document_is(
    told: str, hints: str, link: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inspected(tmp_path, GOOD | {"externalDocs": {"url": told}}, capsys, hints)
    assert main(["inspect", str(tmp_path / "club.yaml"), "--html", str(tmp_path / "page.html")]) == 0
    links = Links()
    links.feed((tmp_path / "page.html").read_text())
    assert links.found == link


def test_the_page_has_the_days_of_the_document_and_of_the_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795478400")
    inspected(tmp_path, GOOD, capsys)
    spec, page = tmp_path / "club.yaml", tmp_path / "page.html"
    os.utime(spec, (1_700_000_000, 1_700_000_000))
    git = ["git", "-C", str(tmp_path), "-c", "user.name=x", "-c", "user.email=x@example.com"]
    days = []
    for change in ([], ["init", "-q"], ["add", "."], ["commit", "-qm", "x", "--date=2020-05-01T12:00:00Z"]):
        if change:
            subprocess.run([*git, *change], check=True, env=os.environ | {"GIT_COMMITTER_DATE": "2020-05-02T12:00:00Z"})
        assert main(["inspect", str(spec), "--html", str(page)]) == 0
        days.append(re.findall(r"\d+ [A-Z][a-z]+ \d{4}", page.read_text()))
    made = "24 November 2026"
    assert days == [["14 November 2023", made]] * 3 + [["2 May 2020", made]]


def _documents(folder: Path) -> Iterator[Path]:
    return iter(sorted((folder / "corpus" / "specs").glob("a*/*.gz"))[:12])


@pytest.mark.slow
def test_real_documents_have_a_score(testdata: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import gzip

    for path in _documents(testdata):
        target = tmp_path / path.name.removesuffix(".gz")
        target.write_bytes(gzip.decompress(path.read_bytes()))
        assert main(["inspect", str(target), "--json"]) == 0
        assert 0 <= json.loads(capsys.readouterr().out)["score"] <= 100


@pytest.mark.slow
def test_proposals_for_real_documents_apply_and_do_what_they_say(testdata: Path, tmp_path: Path) -> None:
    """One of each rule for each document: the hint is accepted, and its finding is gone."""
    import gzip

    tried: set[str] = set()
    for path in sorted(testdata.glob("corpus/specs/*/*.gz")):
        if not 3_000 < path.stat().st_size < 9_000 or int(hashlib.sha256(path.name.encode()).hexdigest(), 16) % 4:
            continue
        target = tmp_path / path.name.removesuffix(".gz")
        target.write_bytes(gzip.decompress(path.read_bytes()))
        first: dict[str, Finding] = {}
        for found in inspect(build(target, side_files=False)).findings:
            if re.match(r"(tools|auth|server): ", found.fix):
                first.setdefault(found.rule, found)
        for rule, found in first.items():
            hints = tmp_path / "hints.yaml"
            hints.write_text(found.fix.replace("better_name", "zz_better"))
            after = inspect(build(target, hints=hints, side_files=False)).findings
            assert not [one for one in after if (one.rule, one.subject) == (rule, found.subject)], (path, found)
            tried.add(rule)
    assert tried >= {"paging", "words", "name", "effect"}


def test_a_tool_that_providers_refuse_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    long = "list_every_club_of_every_country_and_of_every_league"
    hints = f"tools:\n  {long}:\n    call: GET /clubs\n"
    (found,) = of(inspected(tmp_path, GOOD, capsys, hints), "provider")
    assert found["subject"] == long
    assert f"{len(long)} characters" in found["message"]
    assert of(inspected(tmp_path, GOOD, capsys, hints.replace(long, "list_clubs")), "provider") == []


def test_a_login_that_is_only_likely_costs_points_and_stands_in_the_draft(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The document declares a key and shows a login whose answer it does not describe."""
    body = {"type": "object", "properties": {"username": TEXT, "password": TEXT}}
    login = {
        "security": [],
        "requestBody": {"content": {"application/json": {"schema": body}}},
        "responses": {"204": {"description": "ok"}},
    }
    spec = tmp_path / "club.json"
    spec.write_text(json.dumps({**GOOD, "paths": {**GOOD["paths"], "/login": {"post": login}}}))
    assert main(["inspect", str(spec), "--json"]) in (0, 1)
    report = json.loads(capsys.readouterr().out)
    (part,) = [one for one in report["parts"] if one["name"] == "Logging in"]
    assert (part["points"], part["of"]) == (9, 15)
    (finding,) = [one for one in report["findings"] if one["rule"] == "login"]
    assert (finding["severity"], "POST /login may log in" in finding["message"]) == ("high", True)
    assert main(["init", str(spec)]) == 0
    draft = (tmp_path / "club" / "hints.yaml").read_text().splitlines()
    start = draft.index("# #   club_session:")
    block = [line.removeprefix("# # ") for line in draft[start - 1 : start + 8] if line.startswith("# # ")]
    hint = yaml.safe_load("\n".join(block))["auth"]["club_session"]
    assert hint["chain"][0]["call"] == "POST /login"
    assert hint["send"][0] == {"header": "Authorization", "as": "Bearer {access}"}


def test_what_was_learned_is_scored_and_no_longer_a_question(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = inspected(tmp_path, BAD, capsys)
    (tmp_path / "club" / "learned.yaml").write_text(
        "auth:\n  key: {kind: api_key, header: X-Key}\n"
        "operations:\n  GET /members: {page: {style: offset, offset: skip, limit: top, in: query}}\n"
    )
    after = inspected(tmp_path, BAD, capsys)
    assert [one["subject"] for one in of(before, "auth")] == ["credentials"]
    assert of(after, "auth") == []
    assert "list_members" in [one["subject"] for one in of(before, "paging")]
    assert "list_members" not in [one["subject"] for one in of(after, "paging")]
    parts = {one["name"]: one["because"] for one in after["parts"]}
    assert parts["Logging in"] == "it was learned by trying"
    assert "1 of them learned by trying" in parts["Reading to the end"]
    assert after["score"] > before["score"]
