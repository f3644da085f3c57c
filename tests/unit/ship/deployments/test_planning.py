"""Plans of bundles: as a stage decides alone, or as a command line names."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from support.shipping import PROXY, write

from adaptgen.diagnostics import AdaptgenError
from adaptgen.ship.deployments.planning import check_account, open_stage

PLACE = 'adaptgen: 1\naccount: "123456789012"\nregion: eu-central-1\nbucket: bundles\n'


def stage_file(folder: Path, text: str) -> None:
    (folder / "stages").mkdir(parents=True, exist_ok=True)
    (folder / "stages" / "prod.yaml").write_text(PLACE + text)


def test_a_proxy_has_its_stages_next_to_its_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = write(tmp_path / "specs" / "front", PROXY)
    stage_file(settings.parent, "")
    stage = open_stage(Path("specs/front/governance.yaml"), "prod")
    assert (stage.stack, stage.file) == ("front-prod", "specs/front/stages/prod.yaml")


def test_another_account_is_an_error_of_the_stage_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "specs" / "front", PROXY)
    stage_file(tmp_path / "specs" / "front", "")
    stage = open_stage(Path("specs/front/governance.yaml"), "prod")
    check_account(SimpleNamespace(get_caller_identity=lambda: {"Account": "123456789012"}), stage)
    with pytest.raises(AdaptgenError) as failure:
        check_account(SimpleNamespace(get_caller_identity=lambda: {"Account": "999999999999"}), stage)
    (problem,) = failure.value.diagnostics
    assert (problem.code, str(problem.where)) == ("AG110", "specs/front/stages/prod.yaml:2:1")
