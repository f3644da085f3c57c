"""A thousand hostile connections at the deployed proxy; the benchmark has the bars."""

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
        [sys.executable, str(HOSTILE), "--seconds", "3", "--check", "--json"],
        env={name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr[-4000:] + done.stdout[-4000:]
    assert len(json.loads(done.stdout)) == 30
