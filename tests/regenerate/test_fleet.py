"""``specs/adaptgen.yaml``: many APIs build together, inherit, and only what changed is built."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from regenerate import year

from adaptgen.cli import main
from adaptgen.model.tables import Server
from adaptgen.source import workspace
from adaptgen.transports.load import load_server

FLEET = """\
adaptgen: 1
apis:
  orders: {spec: orders.yaml}
  returns: {spec: returns.yaml, auth: []}
auth:
  corp: {kind: bearer, token: "${env:CORP_TOKEN}"}
defaults: {page_size: 40, max_bytes: 7000}
"""

# Commands of the workflow are processes of their own, so the rules for addresses hold here, too.
pytestmark = pytest.mark.addresses


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    specs = tmp_path / "specs"
    specs.mkdir()
    for name in ("orders", "returns"):
        (specs / f"{name}.yaml").write_text(year.BASE)
    (specs / "adaptgen.yaml").write_text(FLEET)
    return tmp_path


def server(name: str) -> Server:
    return load_server(Path("generated") / name)


def test_a_build_without_spec_builds_the_fleet(workplace: Path) -> None:
    (workplace / "specs" / "other.yaml").write_text(year.BASE)  # no API of the fleet
    assert main(["build", "--quiet"]) == 0
    assert sorted(path.name for path in Path("generated").iterdir()) == ["orders", "returns"]
    assert main(["build", "specs/adaptgen.yaml", "--check"]) == 0


def test_what_is_shared_is_inherited_and_the_own_word_wins(workplace: Path) -> None:
    hints = workplace / "specs" / "returns" / "hints.yaml"
    hints.parent.mkdir()
    hints.write_text("adaptgen: 1\ndefaults: {page_size: 10}\n")
    assert main(["build", "--quiet"]) == 0
    orders, returns = server("orders"), server("returns")
    assert ([one.name for one in orders.auth], orders.page_size, orders.max_bytes) == (["corp"], 40, 7000)
    assert ([one.name for one in returns.auth], returns.page_size, returns.max_bytes) == (["key"], 10, 7000)


def test_shared_governance_is_for_servers_without_their_own(workplace: Path) -> None:
    for path in ("specs/shared.yaml", "specs/returns/governance.yaml"):
        Path(path).parent.mkdir(exist_ok=True)
        Path(path).write_text("adaptgen: 1\nmode: embedded\n")
    Path("specs/adaptgen.yaml").write_text(f"{FLEET}governance: shared.yaml\n")
    assert main(["build", "--quiet"]) == 0
    assert server("orders").governance == "../../specs/shared.yaml"
    assert server("returns").governance == "../../specs/returns/governance.yaml"


def test_only_what_changed_is_built(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", "--quiet"]) == 0
    capsys.readouterr()
    assert main(["build", "--quiet"]) == 0
    assert capsys.readouterr().out.splitlines() == ["generated/orders is up to date", "generated/returns is up to date"]
    # Another API and another comment concern neither of the two; the shared token concerns one.
    Path("specs/more.yaml").write_text(year.BASE)
    text = FLEET.replace("auth:\n", "  more: {spec: more.yaml}  # new\nauth:\n", 1)
    Path("specs/adaptgen.yaml").write_text(text)
    assert main(["build", "--quiet"]) == 0
    said = capsys.readouterr().out
    assert "generated/orders is up to date" in said
    assert "generated/returns is up to date" in said
    assert "generated/more: 7 tools" in said
    Path("specs/adaptgen.yaml").write_text(text.replace("CORP_TOKEN", "OTHER_TOKEN"))
    assert main(["build", "--check"]) == 1
    assert main(["build", "--quiet"]) == 0
    said = capsys.readouterr().out
    assert "generated/returns is up to date" in said
    assert "generated/orders: 7 tools; 4 files changed" in said


def test_a_comparison_of_documents_knows_the_fleet(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("earlier").mkdir()
    for path in Path("specs").iterdir():
        Path("earlier", path.name).write_text(path.read_text())
    Path("specs/adaptgen.yaml").write_text(FLEET.replace("CORP_TOKEN", "OTHER_TOKEN"))
    assert main(["diff", "earlier/orders.yaml", "specs/orders.yaml", "--json"]) == 0
    changes = json.loads(capsys.readouterr().out)["changes"]
    assert [(one["level"], one["subject"]) for one in changes] == [("review", "auth corp")]
    assert main(["diff", "earlier/returns.yaml", "specs/returns.yaml", "--fail-on", "additive"]) == 0


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("apis:", "api:", "specs/adaptgen.yaml:2:1"),
        ("orders.yaml}", "nowhere.yaml}", "nowhere.yaml"),
        ("auth: []", "auth: [crop]", "'corp'"),
        ("returns.yaml", "orders.yaml", "AG039"),
        ("orders.yaml}", "../orders.yaml}", "next to this file"),
        ('"${env:CORP_TOKEN}"', "{a: b}", "specs/adaptgen.yaml:6:"),
        ("page_size: 40", "page_size: many", "specs/adaptgen.yaml:7:"),
        ("adaptgen: 1", "governance: nowhere.yaml", "nowhere.yaml cannot be read"),
    ],
)
def test_what_is_wrong_is_located(
    workplace: Path, old: str, new: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert old in FLEET
    Path("specs/adaptgen.yaml").write_text(FLEET.replace(old, new))
    assert main(["build"]) == 2
    assert said in capsys.readouterr().err
    assert not Path("generated").exists()


def test_the_published_schema_is_the_table() -> None:
    published = Path(__file__).parents[2] / "docs" / "fleet.schema.json"
    assert published.read_text() == workspace.schema_text(), "schema_text() of adaptgen.source.workspace"
    schema: Any = json.loads(published.read_text())
    jsonschema.validate(yaml.safe_load(FLEET), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"apis": {"a": {}}}, schema)
