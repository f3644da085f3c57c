"""A thousand hostile connections at the deployed proxy. How long a call takes meanwhile says the benchmark."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

HOSTILE = Path(__file__).parents[2] / "benchmarks" / "hostile.py"


def test_strangers_cost_little_and_callers_are_answered() -> None:
    done = subprocess.run(
        [sys.executable, str(HOSTILE), "--seconds", "3", "--json"],
        env={name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr[-4000:] + done.stdout[-4000:]
    figures = json.loads(done.stdout)
    assert len(figures) == 30
    memory = {name: figure["ours"] for name, figure in figures.items() if name.endswith("memory above rest")}
    assert len(memory) == 10
    assert max(memory.values()) <= 100, memory  # MB; every call was answered, or the benchmark would have ended
