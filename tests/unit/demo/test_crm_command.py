"""``python -m adaptgen.demo.crm``."""

from __future__ import annotations

import gc
import subprocess
import sys

import httpx
import pytest

from adaptgen.demo.crm.serving import listen


def test_serves_on_a_free_port_and_says_where() -> None:
    command = [sys.executable, "-m", "adaptgen.demo.crm", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            answer = httpx.get(f"{url}/users", timeout=20)
        finally:
            process.terminate()
    assert url.startswith("http://127.0.0.1:")
    assert url.endswith("/crm/rest/v2")
    assert answer.status_code == 403


def test_a_taken_port_leaves_no_socket_open() -> None:
    with listen() as taken:
        with pytest.raises(OSError):
            listen(taken.getsockname()[1])
        gc.collect()  # what is left open is an error of this test, not of a later one
