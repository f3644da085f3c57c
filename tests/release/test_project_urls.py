"""A package has the addresses of the repository that released it, and none where nothing says which that is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def metadata(**environ: str) -> dict[str, Any]:
    plain = {key: value for key, value in os.environ.items() if key != "ADAPTGEN_REPOSITORY"}
    command = [sys.executable, "-m", "hatchling", "metadata"]
    done = subprocess.run(command, cwd=ROOT, env=plain | environ, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def test_the_addresses_lead_to_the_repository_that_releases() -> None:
    repository = "https://git.example/team/adaptgen"
    urls = metadata(ADAPTGEN_REPOSITORY=f"{repository}/")["urls"]
    assert urls["Repository"] == repository
    assert urls["Changelog"] == f"{repository}/blob/HEAD/CHANGELOG.md"
    assert urls["Security"] == f"{repository}/security/policy"


def test_without_a_repository_there_is_no_address() -> None:
    assert not metadata().get("urls")
