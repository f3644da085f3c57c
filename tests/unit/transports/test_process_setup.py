"""What a serving process does without."""

from __future__ import annotations

import subprocess
import sys

PROCESS = """
import sys
from adaptgen.transports import settle
settle()
import httpx
print(httpx.AsyncClient.__name__, sorted({"click", "pygments", "rich"} & set(sys.modules)))
"""


def test_the_command_line_of_httpx_is_not_loaded() -> None:
    done = subprocess.run([sys.executable, "-c", PROCESS], capture_output=True, text=True, check=True)
    assert done.stdout == "AsyncClient []\n"
