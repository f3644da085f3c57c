"""What a command loads: a small document costs little more than the imports."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

CODE = """
import sys
from adaptgen.cli import main
assert main(sys.argv[1:]) == 0
late = ("plan.workflows.arazzo", "plan.workflows.steps", "transports", "govern", "proxy", "runtime.engine", "readiness",
        "ship", "compare")
print([name for name in late if "adaptgen." + name in sys.modules], file=sys.stderr)
"""


def test_a_build_loads_nothing_of_workflows_serving_and_shipping_that_it_does_not_need(tmp_path: Path) -> None:
    spec = tmp_path / "api.json"
    paths = {"/orders": {"get": {"responses": {"200": {"description": "Them"}}}}}
    document = {"openapi": "3.0.3", "info": {"title": "A", "version": "1"}, "paths": paths}
    spec.write_text(json.dumps({**document, "servers": [{"url": "https://api.example.com"}]}), "utf-8")
    command = [sys.executable, "-c", CODE, "build", str(spec), "--out", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "[]"
