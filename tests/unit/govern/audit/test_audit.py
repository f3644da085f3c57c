"""The audit trail: what a line says and never says, and that it is written or the call is refused."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
from pathlib import Path
from typing import Any

import pytest

from adaptgen.diagnostics import AdaptgenError, Where
from adaptgen.govern.audit import sinks as audit_sink
from adaptgen.govern.audit.sinks import FileSink, StreamSink
from adaptgen.govern.audit.trail import AuditError, AuditLog, trail
from adaptgen.govern.audit.verify import verify
from adaptgen.govern.settings.load import parse
from adaptgen.model.tables import Caller

KEY = hashlib.sha256(b"audit").digest()


class Lines(io.BytesIO):
    """A sink in memory."""

    def sync(self) -> None:
        pass

    def close(self) -> None:
        pass

    @property
    def all(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.getvalue().splitlines()]


def test_arguments_are_told_apart_without_their_values() -> None:
    one, other = AuditLog(KEY, Lines()), AuditLog(bytes(reversed(KEY)), Lines())  # type: ignore[arg-type]
    same = one.digest({"a": 1, "b": {"c": [1], "d": None}})
    assert one.digest({"b": {"d": None, "c": [1]}, "a": 1}) == same
    assert one.digest({"a": 1, "b": {"c": [1], "d": 0}}) != same
    assert other.digest({"a": 1, "b": {"c": [1], "d": None}}) != same
    assert len(same) == 64
    assert one.digest({"huge": 2**80, "odd": "\ud800"}) != one.digest({"huge": 2**80 + 1, "odd": "\ud800"})


def test_callers_that_are_e_mail_addresses_are_not_written_down() -> None:
    one = AuditLog(KEY, Lines())  # type: ignore[arg-type]
    found = one.who(Caller("ada@acme.example", "acme", ("sales@acme.example",)))
    assert "ada" not in json.dumps(found)
    assert "sales" not in json.dumps(found)
    assert found == one.who(Caller("ada@acme.example", "acme", ("sales@acme.example",)))
    assert found != one.who(Caller("bob@acme.example", "acme", ("sales@acme.example",)))
    assert found["caller"]["tenant"] == "acme"


@pytest.mark.parametrize("text", ["a\nb", "a\r\n{}", "\x1b[2J", "\x9b31m", "\u2028", "\u2029", "\u202e", "\x7f", "\x00",
                                  '"}', "\ud800", "é"])  # fmt: skip
def test_no_text_can_end_a_line_or_reach_a_terminal(text: str, tmp_path: Path) -> None:
    sink = Lines()
    one = AuditLog(KEY, sink)  # type: ignore[arg-type]
    one.write({"event": "decision", "tool": text})
    one.close()
    written = sink.getvalue()
    assert all(0x20 <= byte < 0x7F or byte == 0x0A for byte in written)
    assert written.count(b"\n") == 3
    assert sink.all[1]["tool"] == text
    (tmp_path / "a.jsonl").write_bytes(written)
    assert verify([tmp_path / "a.jsonl"], KEY) == []


# ------------------------------------------------------------------------------------------------------- the sinks


def test_a_fork_begins_a_chain_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "audit.jsonl"
    one = AuditLog(KEY, FileSink(path))
    one.write({"event": "decision"})
    own = os.getpid()
    monkeypatch.setattr(os, "getpid", lambda: own + 1)
    one.write({"event": "decision"})
    one.close()
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    assert [(line["event"], line["seq"]) for line in lines[2:]] == [("start", 0), ("decision", 1), ("end", 2)]
    assert lines[2]["chain"] != lines[1]["chain"]


def test_a_restored_snapshot_begins_a_chain_of_its_own() -> None:
    sink = Lines()
    one = AuditLog(KEY, sink)  # type: ignore[arg-type]
    one.renew()
    assert [line["seq"] for line in sink.all] == [0, 0]
    assert len({line["chain"] for line in sink.all}) == 2


def test_a_line_that_was_written_in_part_does_not_swallow_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "audit.jsonl"
    one = AuditLog(KEY, FileSink(path))
    real = os.write
    calls = iter([lambda file, data: real(file, data[:20]), lambda file, data: 0])
    monkeypatch.setattr(audit_sink.os, "write", lambda file, data: next(calls)(file, data))
    with pytest.raises(AuditError, match="only a part"):
        one.write({"event": "decision"})
    monkeypatch.setattr(audit_sink.os, "write", real)
    one.write({"event": "decision"})
    one.close()
    (finding,) = verify([path], KEY)
    assert finding.where == Where(path.as_posix(), 2, 1)
    assert finding.message == "this is not a line of an audit trail"


def test_a_file_that_is_rotated_goes_on_under_its_name(tmp_path: Path) -> None:
    path, old = tmp_path / "audit.jsonl", tmp_path / "audit.jsonl.1"
    one = AuditLog(KEY, FileSink(path), checkpoint=3)
    for number in range(8):
        if number == 4:
            path.rename(old)
        one.write({"event": "decision", "n": number})
    one.close()
    assert path.stat().st_size > 0
    assert verify([old, path], KEY) == []
    assert verify([path], KEY) != []


def test_flushing_to_the_disk_fails_with_the_next_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sink = FileSink(tmp_path / "audit.jsonl")
    one = AuditLog(KEY, sink, checkpoint=2)

    def broken(file: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(audit_sink.os, "fsync", broken)
    one.write({"event": "decision"})
    assert sink._syncing is not None
    sink._syncing.exception()
    with pytest.raises(AuditError, match="Input/output error"):
        one.write({"event": "decision"})
    monkeypatch.undo()
    one.close()


def test_nothing_is_written_after_the_end() -> None:
    one = AuditLog(KEY, Lines())  # type: ignore[arg-type]
    one.close()
    one.close()
    with pytest.raises(AuditError, match="closed"):
        one.write({"event": "decision"})


def test_a_stream_gets_whole_lines() -> None:
    reader, writer = os.pipe()
    one = AuditLog(KEY, StreamSink(writer))
    os.close(writer)
    one.close()
    with os.fdopen(reader, "rb") as file:
        assert [json.loads(line)["event"] for line in file] == ["start", "end"]


# ----------------------------------------------------------------------------------------------------- the settings


def configured(text: str, path: Path) -> Any:
    return parse(f"adaptgen: 1\naudit: {text}\n".encode(), (path / "governance.yaml").as_posix())


@pytest.mark.parametrize(
    ("text", "stdio", "message"),
    [
        ("{sink: nowhere/audit.jsonl}", False, "nowhere/audit.jsonl cannot be written: no such file or directory"),
        ("{sink: stdout}", True, "on stdio, standard output belongs to the protocol"),
    ],
)
def test_a_sink_that_cannot_be_used_is_located(tmp_path: Path, text: str, stdio: bool, message: str) -> None:
    with pytest.raises(AdaptgenError) as caught:
        trail(configured(text, tmp_path), KEY, stdio=stdio)
    (one,) = caught.value.diagnostics
    assert (one.code, one.where) == ("AG077", Where((tmp_path / "governance.yaml").as_posix(), 2, 9))
    assert message in one.message
