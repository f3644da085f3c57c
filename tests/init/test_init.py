"""``adaptgen init``: drafts that change nothing until a line is wanted, and what recorded answers teach."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.governing import FakeTarget, ask, fact, governed

from adaptgen.building.build import build
from adaptgen.cli import main
from adaptgen.govern.settings.load import parse
from adaptgen.model.tables import Caller

ROOT = Path(__file__).parents[2]
CASSETTES = ROOT / "specs" / "crm" / "cassettes"
INT, TEXT = {"type": "integer"}, {"type": "string"}
ROW = {"type": "object", "properties": {"id": INT, "name": TEXT, "state": TEXT, "code": TEXT, "flag": TEXT}}


def built(spec: Path, out: Path) -> dict[str, str]:
    assert main(["build", str(spec), "--out", str(out), "--quiet"]) == 0
    (folder,) = (one for one in out.iterdir() if one.is_dir())
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "adaptgen.lock"
    }


@pytest.fixture
def crm(tmp_path: Path) -> Path:
    (tmp_path / "specs").mkdir()
    return Path(shutil.copy(ROOT / "specs" / "crm.yaml", tmp_path / "specs" / "crm.yaml"))


def drafted(spec: Path, *more: str) -> str:
    assert main(["init", str(spec), *more]) == 0
    return (spec.with_suffix("") / "hints.yaml").read_text()


def counting(text: str) -> str:
    """The draft with every line that was inferred."""
    return "".join(re.sub(r"^# (?!#)", "", line) for line in text.splitlines(keepends=True)[4:])


def test_the_untouched_draft_changes_nothing(crm: Path, tmp_path: Path) -> None:
    before = built(crm, tmp_path / "one")
    drafted(crm)
    assert built(crm, tmp_path / "two") == before


def test_saying_what_was_inferred_changes_nothing(crm: Path, tmp_path: Path) -> None:
    before = built(crm, tmp_path / "one")
    text = counting(drafted(crm))
    hints = yaml.safe_load(text)
    assert len(hints["tools"]) > 30
    (crm.with_suffix("") / "hints.yaml").write_text(text)
    after = built(crm, tmp_path / "two")
    # A GET or a hint makes no difference to what a tool is; comments may name another module for it.
    tables = [name for name in before if name.startswith("tools/")]
    assert {name: before[name] for name in tables} == {name: after[name] for name in tables}


def test_every_line_has_its_evidence(crm: Path) -> None:
    for line in drafted(crm).splitlines():
        if re.match(r"# {5}(effect|view|page|sensitive): ", line):
            assert "  ## " in line, line


def test_every_question_can_be_answered_with_yes(crm: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = ""
    for line in drafted(crm, "--traffic", str(CASSETTES)).splitlines():
        asked = re.match(r"# {5}# ((?:page|view|sensitive|effect): .*?)(?:  ## .*)?$", line)
        if asked is None:
            tool = re.match(r"# {3}(\w+):", line)
            name = tool[1] if tool else name
            continue
        (crm.with_suffix("") / "hints.yaml").write_text(f"tools:\n  {name}:\n    {asked[1]}\n")
        assert main(["build", str(crm), "--out", str(tmp_path / "out"), "--quiet"]) == 0, (
            line,
            capsys.readouterr().err,
        )


def test_what_is_there_is_left_alone(crm: Path) -> None:
    folder = crm.with_suffix("")
    folder.mkdir()
    (folder / "hints.yaml").write_text("adaptgen: 1\n")
    (folder / "governance.yaml").write_text("mine\n")
    drafted(crm)
    assert (folder / "hints.yaml").read_text() == "adaptgen: 1\n"
    assert (folder / "governance.yaml").read_text() == "mine\n"
    assert "tools:" in (folder / "hints.draft.yaml").read_text()
    assert not (folder / "governance.draft.yaml").exists()


def test_the_drafted_settings_are_settings(crm: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drafted(crm)
    text = (crm.with_suffix("") / "governance.draft.yaml").read_text()
    monkeypatch.setenv("CRM_ISSUER", "https://idp.example/")
    said = crm.with_name("said.yaml")
    said.write_text("".join(re.sub(r"^# (?!#)", "", line) for line in text.splitlines(keepends=True)[4:]))
    for path in (crm.with_suffix("") / "governance.draft.yaml", said):
        parse(path.read_bytes(), str(path), lambda _: {"all.cedar": "permit (principal, action, resource);"})
    assert "email" in yaml.safe_load(said.read_text())["tokenize"]["kinds"]


@pytest.mark.parametrize(
    ("authorize", "http", "seen"),
    [
        ("", False, "read write"),
        ("", True, ""),
        ("authorize: {}\n", False, ""),
        ("authorize: {}\n", True, ""),
        ("authorize: {default: none}\n", True, ""),
        ("authorize: {default: read}\n", False, "read"),
        ("authorize: {default: read}\n", True, "read"),
    ],
)
def test_what_the_drafted_settings_say_of_callers_without_policies(
    authorize: str, http: bool, seen: str, crm: Path
) -> None:
    """ "without authorize: the caller on stdio may call every tool, and no caller over HTTP may call any"."""
    drafted(crm)
    path = crm.with_suffix("") / "governance.draft.yaml"
    path.write_text(path.read_text() + authorize)
    target = FakeTarget(fact("read"), fact("write", effect="write"))

    async def tools() -> str:
        async with governed(path, target, http=http) as made:
            listed = await ask(made, Caller("ann"), "tools/list", {})
            return " ".join(tool["name"] for tool in listed["tools"])

    assert asyncio.run(tools()) == seen


# --------------------------------------------------------------------------------------------------------- traffic


def recorded(folder: Path, name: str, url: str, body: Any, **headers: str) -> None:
    folder.mkdir(exist_ok=True)
    one = {
        "request": {"method": "GET", "uri": url, "body": None, "headers": {}},
        "response": {
            "status": {"code": 200, "message": ""},
            "headers": {key.replace("_", "-"): [value] for key, value in headers.items()},
            "body": {"string": json.dumps(body)},
        },
    }
    (folder / f"{name}.yaml").write_text(yaml.safe_dump({"version": 1, "interactions": [one]}))


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    answer = {"type": "object", "properties": {"items": {"type": "array", "items": ROW}, "total": INT}}
    content = {"application/json": {"schema": answer}}
    ok = {"200": {"description": "ok", "content": content}}
    parameters = [{"name": name, "in": "query", "schema": INT} for name in ("limit", "offset")]
    spec = {
        "openapi": "3.0.3",
        "info": {"title": "T", "version": "1"},
        "paths": {
            "/rows": {"get": {"parameters": parameters, "responses": ok}},
            "/open": {"get": {"responses": ok}},
        },
    }
    (tmp_path / "t.yaml").write_text(yaml.safe_dump(spec))
    return tmp_path / "t.yaml"


def some(count: int) -> list[dict[str, Any]]:
    return [
        {"id": n, "name": f"n{n}", "state": "NEW", "code": None, "flag": "x" * (n % 2), "mail": f"u{n}@example.org"}
        for n in range(count)
    ]


def test_what_answers_teach(rows: Path, tmp_path: Path) -> None:
    answer = {"items": some(8), "total": 50}
    recorded(tmp_path / "seen", "rows", "https://api.example/v1/rows?limit=100", answer)
    text = drafted(rows, "--traffic", str(tmp_path / "seen"))
    section = text[text.index("list_rows:") :]
    for expected in (
        "max_size: 8",
        "limit=100 was answered with 8 items and more to come",
        "not declared: mail",
        "sensitive: {mail: email}",
        "8 of 8 values have the form",
        "always empty: code; always the same: state",
    ):
        assert expected in section
    assert "u1@example.org" not in text


def test_a_field_that_changes_is_not_called_constant(rows: Path, tmp_path: Path) -> None:
    recorded(tmp_path / "seen", "rows", "https://api.example/rows", {"items": some(8), "total": 8})
    section = drafted(rows, "--traffic", str(tmp_path / "seen"))
    assert not re.search(r"always[^\n]*\b(name|flag)\b", section)


def test_few_records_say_nothing_of_always(rows: Path, tmp_path: Path) -> None:
    recorded(tmp_path / "seen", "rows", "https://api.example/rows", {"items": some(3), "total": 3})
    assert "always" not in drafted(rows, "--traffic", str(tmp_path / "seen"))


@pytest.mark.parametrize("key", ["Ann Lovelace", "ann@example.com", "+44 20 7946 0958", "C-10044", "Lovelace"])
def test_keys_of_maps_are_data_and_stay_out_of_the_draft(rows: Path, tmp_path: Path, key: str) -> None:
    """They may be names of people; what most records have is a field."""
    records: list[dict[str, Any]] = some(8)
    for number, one in enumerate(records):
        one["owners"] = {key if number == 3 else f"{key} {number}": {"role": "x"}}
        one["colour"] = number
    recorded(tmp_path / "seen", "rows", "https://api.example/rows", {"items": records, "total": 8})
    recorded(tmp_path / "seen", "by-one", "https://api.example/rows", {key: records})
    recorded(tmp_path / "seen", "by-another", "https://api.example/rows", {"Turing": records})
    text = drafted(rows, "--traffic", str(tmp_path / "seen"))
    assert key not in text
    assert "not declared: colour, mail" in text


def test_another_envelope(rows: Path, tmp_path: Path) -> None:
    recorded(tmp_path / "seen", "rows", "https://api.example/rows", {"data": {"rows": some(2)}})
    assert "items: $.data.rows" in drafted(rows, "--traffic", str(tmp_path / "seen"))


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Link": '<https://api.example/open?page=2>; rel="next"'}, "page: {style: link}"),
        ({"Next_Page": "https://api.example/open?p=2"}, "page: {style: header, header: "),
    ],
)
def test_paging_that_only_headers_show(rows: Path, tmp_path: Path, headers: dict[str, str], expected: str) -> None:
    recorded(tmp_path / "seen", "open", "https://api.example/open", {"items": some(2)}, **headers)
    assert expected in drafted(rows, "--traffic", str(tmp_path / "seen"))


def test_http_archives_are_read(rows: Path, tmp_path: Path) -> None:
    content = {"text": json.dumps({"items": some(8), "total": 8}), "mimeType": "application/json"}
    entry = {
        "request": {"method": "GET", "url": "https://api.example/rows"},
        "response": {"status": 200, "headers": [], "content": content},
    }
    (tmp_path / "seen.har").write_text(json.dumps({"log": {"version": "1.2", "entries": [entry]}}))
    assert "not declared: mail" in drafted(rows, "--traffic", str(tmp_path / "seen.har"))


def test_a_folder_without_answers(rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert main(["init", str(rows), "--traffic", str(tmp_path / "empty")]) == 2
    assert "AG067" in capsys.readouterr().err
    assert not (tmp_path / "t").exists()


# ------------------------------------------------------------------------------------------------- real documents


@pytest.mark.slow
def test_drafts_of_real_documents_say_what_was_inferred(testdata: Path, tmp_path: Path) -> None:
    """Taking a draft as it stands changes no tool, and its block of the login is accepted."""
    logins = 0
    for path in sorted(testdata.glob("corpus/specs/*/*.gz")):
        if not 3_000 < path.stat().st_size < 9_000 or int(hashlib.sha256(path.name.encode()).hexdigest(), 16) % 4 != 1:
            continue
        spec = tmp_path / path.stem / path.name.removesuffix(".gz")
        spec.parent.mkdir()
        spec.write_bytes(gzip.decompress(path.read_bytes()))
        server = build(spec, side_files=False).plan.server
        text = drafted(spec)
        hints = spec.with_suffix("") / "hints.yaml"
        hints.write_text(counting(text))
        assert build(spec, hints=hints).plan.server.tools == server.tools, path
        if server.auth and not server.instead:
            hints.write_text(re.sub(r"^# # (?!#)", "", text, flags=re.MULTILINE))
            taken = build(spec, hints=hints).plan.server
            assert [len(auth.chain) for auth in taken.auth] == [len(auth.chain) for auth in server.auth], path
            logins += any(auth.chain for auth in taken.auth)
    assert logins
