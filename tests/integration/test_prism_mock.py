"""Generated servers against a mock of the API that Prism makes of the original document, over HTTP."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.npm import packages
from support.services import Service, Unavailable, free_port, plain_environ

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from validating.capture import catch
from validating.oracles import VALIDATORS

pytestmark = [pytest.mark.slow, pytest.mark.network]

SWAGGER = {
    "swagger": "2.0",
    "info": {"title": "Desk", "version": "1"},
    "basePath": "/v1",
    "consumes": ["application/json"],
    "produces": ["application/json"],
    "securityDefinitions": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}},
    "security": [{"key": []}],
    "paths": {
        "/people/{name}": {
            "get": {
                "parameters": [
                    {"name": "name", "in": "path", "required": True, "type": "string"},
                    {"name": "tags", "in": "query", "type": "array", "items": {"type": "string"},
                     "collectionFormat": "multi"},
                    {"name": "since", "in": "query", "required": True, "type": "string", "format": "date"},
                    {"name": "X-Trace", "in": "header", "required": True, "type": "integer"},
                ],
                "responses": {"200": {"description": "ok", "schema": {"type": "object"}}},
            },
            "put": {
                "consumes": ["application/x-www-form-urlencoded"],
                "parameters": [
                    {"name": "name", "in": "path", "required": True, "type": "string"},
                    {"name": "age", "in": "formData", "required": True, "type": "integer", "minimum": 3},
                    {"name": "note", "in": "formData", "type": "string"},
                ],
                "responses": {"200": {"description": "ok"}},
            },
            "delete": {
                "parameters": [
                    {"name": "name", "in": "path", "required": True, "type": "string"},
                    {"name": "body", "in": "body", "required": True,
                     "schema": {"type": "object", "properties": {"force": {"type": "boolean"}}}},
                ],
                "responses": {"200": {"description": "ok"}},
            },
        }
    },
}  # fmt: skip
CORPUS = ("specs/traccar/Traccar.yaml.gz", "specs/adafruit/Adafruit_IO_REST_API.yaml.gz")


@pytest.fixture(scope="module")
def prism() -> Path:
    try:
        return packages("validators", VALIDATORS) / ".bin" / "prism"
    except Unavailable as why:
        pytest.skip(str(why))


@pytest.fixture(params=["swagger", *CORPUS])
def spec(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "api.json"
    if request.param == "swagger":
        path.write_text(json.dumps(SWAGGER), "utf-8")
        return path
    data = os.environ.get("ADAPTGEN_TESTDATA")
    if not data:
        pytest.skip("ADAPTGEN_TESTDATA names no folder with test data")
    path = tmp_path / Path(request.param).name.removesuffix(".gz")
    path.write_bytes(gzip.decompress((Path(data) / "corpus" / request.param).read_bytes()))
    return path


@pytest.fixture
def mock(prism: Path, spec: Path, tmp_path: Path) -> Iterator[str]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [str(prism), "mock", "--port", str(port), "--host", "127.0.0.1", str(spec)]
    with (tmp_path / "prism.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            env=plain_environ(tmp_path),
            start_new_session=True,
        )
    service = Service("prism", url, process=process)
    end = time.monotonic() + 90
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        time.sleep(0.1)
    else:
        service.stop()
        pytest.skip(f"Prism did not come up: {(tmp_path / 'prism.log').read_text('utf-8', 'replace')[-400:]}")
    yield url
    service.stop()


def violations(sent: dict[str, Any]) -> list[str]:
    """What the mock says against a request."""
    status, headers = sent["mocked"]
    said = json.loads(headers.get("sl-violations", "[]"))
    found = [one["message"] for one in said if one["location"][0] == "request" and one["severity"] == "Error"]
    # Prism 5.14 takes an empty query value for an absent one.
    found = [one for one in found if "query must have required property" not in one or "=&" not in f"{sent['query']}&"]
    return found or ([f"status {status}"] if status in (401, 404, 405, 415) else [])


def test_the_mock_accepts_every_request(spec: Path, mock: str, tmp_path: Path) -> None:
    caught = catch(spec, tmp_path / "generated" / "server", 40, mock=mock)
    wrong = [
        f"{call.tool} ({call.manner}): {call.unfit or call.refused or said}"
        for call in caught.calls
        for said in [violations(request) for request in call.requests] or [[]]
        if said or call.unfit or call.refused
    ]
    assert len(caught.calls) >= 10
    assert not wrong, "\n".join(wrong[:20])


def test_every_operation_of_a_part_of_the_corpus_is_covered_and_every_wrong_call_has_a_known_reason(
    testdata: Path,
) -> None:
    command = [sys.executable, "benchmarks/valid.py", "--only", "specs/a", "--sample", "8", "--check"]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=root, timeout=900)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
