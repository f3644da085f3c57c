"""Two thousand governed calls while everything that can happen happens; the benchmark makes a hundred thousand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support import redis
from support.services import Unavailable

pytestmark = [pytest.mark.slow, pytest.mark.network, pytest.mark.timeout(300)]

SOAK = Path(__file__).parents[2] / "benchmarks" / "soak.py"


def test_every_answer_is_right_or_specified_and_no_write_is_executed_twice(tmp_path: Path) -> None:
    try:
        redis.server()
    except Unavailable as reason:
        pytest.skip(f"Redis: {reason}")
    done = subprocess.run(
        [sys.executable, str(SOAK), "--calls", "2000", "--check", "--json", "--keep", str(tmp_path / "soak")],
        env={name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-4000:]
    figures = json.loads(done.stdout)
    assert figures["calls"]["ours"] >= 2000
    assert figures["events"]["ours"] == 7
    for seen in ("switched off", "401 while signing keys rotated", "old tokens resolved after the rotation"):
        assert figures[seen]["ours"] > 0, seen
