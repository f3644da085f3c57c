"""The seed: the same everywhere, and no person in it could be real."""

from __future__ import annotations

import os
import subprocess
import sys


def test_is_the_same_in_every_process() -> None:
    script = "from adaptgen.demo.crm.seed import rows; print(rows())"
    digests = {
        subprocess.run(
            [sys.executable, "-c", script], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1
