"""The audit trail: what a line says and never says, and that it is written or the call is refused."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import stat
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


def test_a_line_says_what_happened() -> None:
    sink = Lines()
    one = AuditLog(KEY, sink, settings="5e7", clock=lambda: 1_795_246_496.0625)  # type: ignore[arg-type]
    record = {
        "event": "decision",
        "request_id": "r1",
        **one.who(Caller("ada", "acme", ("sales",))),
        "server": "crm",
        "tool": "find",
        "args": one.digest({"name": "Lovelace"}),
        "decision": "permit",
        "policies": ["policy0"],
        "settings": "5e7",
        "tokens": ["tok_1"],
    }
    one.write(record)
    one.close()
    start, line, end = sink.all
    assert {name: line[name] for name in record} == record
    assert line["caller"] == {"sub": "ada", "tenant": "acme", "groups": ["sales"]}
    assert (line["v"], line["seq"], line["time"]) == (1, 1, "2026-11-21T07:34:56.062Z")
    assert len({one["chain"] for one in (start, line, end)}) == 1
    assert (start["event"], start["seq"], start["prev"], start["settings"]) == ("start", 0, "", "5e7")
    assert (line["prev"], end["prev"]) == (start["mac"], line["mac"])
    assert (end["event"], end["count"]) == ("end", 2)
    assert "Lovelace" not in sink.getvalue().decode()


def test_the_key_id_tells_nothing_of_the_key_and_the_chain_nothing_of_the_process() -> None:
    first, second = Lines(), Lines()
    AuditLog(KEY, first)  # type: ignore[arg-type]
    AuditLog(KEY, second)  # type: ignore[arg-type]
    assert first.all[0]["key"] == second.all[0]["key"]
    assert first.all[0]["key"] not in KEY.hex()
    assert first.all[0]["chain"] != second.all[0]["chain"]


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


def test_checkpoints_are_held_elsewhere() -> None:
    sink, copy, told = Lines(), Lines(), []
    one = AuditLog(KEY, sink, checkpoint=4, copy=copy, notify=told.append)  # type: ignore[arg-type]
    for number in range(6):
        one.write({"event": "decision", "n": number})
    one.close()
    assert [line["event"] for line in sink.all] == [
        "start", "decision", "decision", "decision", "checkpoint", "decision", "decision", "decision", "checkpoint",
        "end",
    ]  # fmt: skip
    held = [line for line in sink.all if line["event"] in ("start", "checkpoint", "end")]
    assert copy.all == held
    assert told == [{name: line[name] for name in ("chain", "seq", "event", "mac")} for line in held]
    assert held[1]["count"] == 4


# ------------------------------------------------------------------------------------------------------- the sinks


def test_a_file_belongs_to_its_owner_and_is_appended_to(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    for _ in range(2):
        one = AuditLog(KEY, FileSink(path))
        one.write({"event": "decision"})
        one.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(path.read_bytes().splitlines()) == 6
    assert verify([path], KEY) == []


def test_two_processes_share_a_file(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    first, second = AuditLog(KEY, FileSink(path)), AuditLog(KEY, FileSink(path))
    for number in range(5):
        first.write({"event": "decision", "n": number})
        second.write({"event": "decision", "n": number})
    first.close()
    second.close()
    assert verify([path], KEY) == []


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


def test_a_full_disk_refuses_and_the_trail_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "audit.jsonl"
    one = AuditLog(KEY, FileSink(path))
    real = os.write

    def full(file: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(audit_sink.os, "write", full)
    with pytest.raises(AuditError, match=r"^the audit trail cannot be written: No space left on device$"):
        one.write({"event": "decision", "tool": "lost"})
    monkeypatch.setattr(audit_sink.os, "write", real)
    one.write({"event": "decision", "tool": "kept"})
    one.close()
    assert verify([path], KEY) == []
    assert "lost" not in path.read_text()


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


def test_a_process_that_died_in_a_line_does_not_swallow_the_next_one(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    path.write_bytes(b'{"v":1,"chain":"half of')
    AuditLog(KEY, FileSink(path)).close()
    assert [one.where for one in verify([path], KEY)] == [Where(path.as_posix(), 1, 1)]


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


def test_a_file_that_may_only_be_written_will_do(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    path.touch(0o200)
    AuditLog(KEY, FileSink(path)).close()
    path.chmod(0o600)
    assert verify([path], KEY) == []


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


def test_the_file_lies_beside_the_settings(tmp_path: Path) -> None:
    one = trail(configured("{sink: audit.jsonl, copy: held.jsonl, checkpoint: 1}", tmp_path), KEY)
    assert one is not None
    one.close()
    assert verify([tmp_path / "audit.jsonl"], KEY, tmp_path / "held.jsonl") == []
    assert trail(configured("none", tmp_path), KEY) is None


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


def test_a_line_costs_microseconds(tmp_path: Path) -> None:
    import time

    one = AuditLog(KEY, FileSink(tmp_path / "audit.jsonl"), checkpoint=1_000_000)
    record = {"event": "decision", "request_id": "r1", **one.who(Caller("ada")), "args": "0" * 64, "policies": ["p1"]}

    def round_() -> float:
        began = time.process_time()
        for _ in range(500):
            one.write(record)
        return (time.process_time() - began) / 500

    best = min(round_() for _ in range(20))
    one.close()
    assert best < 50e-6  # 10 µs where nothing else runs
