"""A recording of Kinto, an API full of personal data and opaque tokens: it is written, scrubbed, and it replays."""

from __future__ import annotations

import urllib.request
from pathlib import Path

import pytest
from integration.test_kinto import HINTS
from support.generated import generate
from support.kinto import records
from support.services import Service

from adaptgen.cli import main
from adaptgen.readiness.replay import cases, replay

pytestmark = pytest.mark.slow


def test_kinto_is_recorded_without_its_secrets_and_replays(
    kinto_service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with urllib.request.urlopen(kinto_service.url + kinto_service.facts["document"]) as answer:
        document = answer.read()
    package = generate(tmp_path, "kinto", {"kinto.json": document}, HINTS)
    monkeypatch.setenv("KINTO_BASE_URL", kinto_service.url)
    monkeypatch.setenv("KINTO_USERNAME", kinto_service.facts["username"])
    monkeypatch.setenv("KINTO_PASSWORD", kinto_service.facts["password"])
    out = tmp_path / "cassettes"
    assert main(["record", str(package), "--out", str(out)]) == 0
    text = "".join(path.read_text() for path in sorted(out.iterdir()))
    assert "list_records" in {path.stem for path in out.iterdir()}
    for record in records(500):
        assert not [value for value in (record["email"], record["phone"], record["ssn"]) if value and value in text]
    assert kinto_service.facts["password"] not in text
    for name in ("KINTO_BASE_URL", "KINTO_USERNAME", "KINTO_PASSWORD"):
        monkeypatch.delenv(name)
    recorded = cases(package, out)
    assert recorded
    for case in recorded:
        replay(case)
