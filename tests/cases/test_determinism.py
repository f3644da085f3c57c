"""The same document gives the same bytes, whatever the hash seed and the order of its keys."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from adaptgen import plan, render, source
from adaptgen.diagnostics import AdaptgenError

HERE = Path(__file__).parent
SPECS = sorted(path for path in HERE.glob("*/spec.*") if path.is_file())
ALL = """
import hashlib, sys
from pathlib import Path
from adaptgen import plan, render, source
from adaptgen.diagnostics import AdaptgenError
for spec in map(Path, sys.argv[1:]):
    hints = spec.with_name("hints.yaml")
    try:
        read = source.read_hints(hints) if hints.exists() else source.EMPTY
        planned, _ = plan.plan(source.read_under(spec, read), read, "case")
        files = render.render(planned, spec="spec", side="side")
    except AdaptgenError as problem:
        files = {"error": str(problem)}
    print(spec, hashlib.sha256(repr(files).encode()).hexdigest())
"""


def test_the_hash_seed_does_not_matter() -> None:
    command = [sys.executable, "-c", ALL, *map(str, SPECS)]
    first, second = (
        subprocess.run(
            command, env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    )
    assert first == second
    assert len(first.splitlines()) == len(SPECS)


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.parent.name)
def test_the_order_of_keys_does_not_matter(spec: Path, tmp_path: Path) -> None:
    text = spec.read_text(encoding="utf-8")
    document = json.loads(text) if spec.suffix == ".json" else yaml.safe_load(text)
    given = tmp_path / "given" / "spec.json"
    turned = tmp_path / "turned" / "spec.json"
    for path, content in ((given, document), (turned, reversed_keys(document))):
        path.parent.mkdir()
        path.write_text(json.dumps(content), encoding="utf-8")

    assert built(turned) == built(given)


def reversed_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: reversed_keys(value[key]) for key in reversed(value)}
    return [reversed_keys(item) for item in value] if isinstance(value, list) else value


def built(spec: Path) -> dict[str, str]:
    try:
        planned, _ = plan.plan(source.read(spec), source.EMPTY, "case")
    except AdaptgenError as problem:
        pytest.skip(f"the document alone is refused: {problem}")
    return render.render(planned, spec="spec", side="side")
