"""The verifier: any edit, deletion, insertion or swap shows, and any tail that was cut before a held checkpoint."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adaptgen.cli import main
from adaptgen.govern.audit.trail import AuditLog
from adaptgen.govern.audit.verify import verify

KEY = hashlib.sha256(b"audit").digest()
NEXT_KEY = hashlib.sha256(b"audit, rotated").digest()


class Sink(io.BytesIO):
    def sync(self) -> None:
        pass

    def close(self) -> None:
        pass


def written(*events: int, key: bytes = KEY, end: bool = True, checkpoint: int = 4) -> tuple[list[bytes], bytes]:
    """The lines of several chains that were written in turns, and the copies of their checkpoints."""
    sink, copy = Sink(), Sink()
    trails = [AuditLog(key, sink, checkpoint=checkpoint, copy=copy) for _ in events]
    left = list(events)
    while any(left):
        for index, one in enumerate(trails):
            if left[index]:
                left[index] -= 1
                one.write({"event": "decision", "tool": "find", "n": left[index]})
    for one in trails:
        if end:
            one.close()
    return sink.getvalue().splitlines(keepends=True), copy.getvalue()


def findings(
    lines: list[bytes], folder: Path, held: bytes | None = None, *keys: bytes, running: bool = False
) -> list[str]:
    path = folder / "audit.jsonl"
    path.write_bytes(b"".join(lines))
    checkpoints = None
    if held is not None:
        checkpoints = folder / "held.jsonl"
        checkpoints.write_bytes(held)
    found = verify([path], keys or (KEY,), checkpoints, running=running)
    assert all(one.code == "AG079" and one.where is not None for one in found)
    return [f"{one.where.line if one.where else 0}: {one.message}" for one in found]


def shown(line: bytes) -> str:
    return str(json.loads(line)["chain"])[:12]


def test_empty_evidence_is_a_finding(tmp_path: Path) -> None:
    lines, held = written(5)
    assert findings([], tmp_path) == ["0: the trail is empty: a server writes a line when it starts"]
    assert findings([], tmp_path, b"")[1:] == ["0: the trail is empty: a server writes a line when it starts"]
    said = "0: no checkpoint is held here, so nothing shows whether a tail was cut"
    assert findings(lines, tmp_path, b"") == [said]
    assert findings(lines, tmp_path, held) == []
    (tmp_path / "a.jsonl").write_bytes(b"".join(lines))
    (tmp_path / "b.jsonl").write_bytes(b"")
    found = verify([tmp_path / "a.jsonl", tmp_path / "b.jsonl"], KEY)
    assert [one.where.file for one in found if one.where] == [(tmp_path / "b.jsonl").as_posix()]
    assert [one.message for one in verify([], KEY)] == ["the trail is empty: a server writes a line when it starts"]


def test_an_edit_shows_once_where_it_is(tmp_path: Path) -> None:
    lines, _ = written(3)
    chain = shown(lines[0])
    lines[2] = lines[2].replace(b"find", b"fund")
    assert findings(lines, tmp_path) == [f"3: line 2 of chain '{chain}' was edited"]


def test_a_line_that_stands_twice_shows(tmp_path: Path) -> None:
    lines, _ = written(3)
    chain = shown(lines[0])
    assert findings([*lines[:3], lines[1], *lines[3:]], tmp_path) == [
        f"4: line 1 of chain {chain} is out of order or repeated"
    ]
    assert findings([*lines, lines[1]], tmp_path)


def test_two_futures_of_one_chain_show(tmp_path: Path) -> None:
    """A snapshot that runs twice would write two lines of one number; whoever has the key could splice them."""
    sink, fork = Sink(), Sink()
    one = AuditLog(KEY, sink)
    one.write({"event": "decision", "n": 1})
    fork.write(sink.getvalue())
    one.write({"event": "decision", "n": 2})
    one.write({"event": "decision", "n": 3})
    kept = sink.getvalue().splitlines(keepends=True)
    one._sink, one._seq, one._prev = fork, 2, json.loads(kept[1])["mac"]
    one.write({"event": "decision", "n": 4})
    other = fork.getvalue().splitlines(keepends=True)
    assert findings([*kept[:2], other[2], kept[3]], tmp_path, running=True) == [
        f"4: line 3 of chain {shown(kept[0])} does not follow the previous line"
    ]


def test_a_tail_that_was_cut_shows_by_what_is_held_elsewhere(tmp_path: Path) -> None:
    lines, held = written(9)
    chain = shown(lines[0])
    events = [json.loads(line)["event"] for line in lines]
    last = len(events) - 1 - events[::-1].index("checkpoint")
    number = sum(event in ("start", "checkpoint") for event in events)
    until_then = b"".join(held.splitlines(keepends=True)[:number])
    assert findings(lines[: last + 1], tmp_path, until_then, running=True) == []
    assert findings(lines[:last], tmp_path, until_then, running=True) == [
        f"{number}: chain {chain} was cut or changed: this line {last} of it is held elsewhere"
    ]
    assert findings([], tmp_path, until_then) == [
        f"{number}: chain {chain} is missing: this line of it is held elsewhere"
    ]


@pytest.mark.parametrize("cut", [1, 2, 40, 100])
def test_a_last_line_that_is_cut_off_shows(tmp_path: Path, cut: int) -> None:
    lines, _ = written(3)
    lines[-1] = lines[-1][:-cut]
    assert f"{len(lines)}: the last line is cut off" in findings(lines, tmp_path)


def test_keys_rotate(tmp_path: Path) -> None:
    old, _ = written(3)
    new, _ = written(3, key=NEXT_KEY)
    assert findings(old + new, tmp_path, None, KEY, NEXT_KEY) == []
    unknown = "this line was written with a key that was not given, or its key was edited"
    assert findings(old + new, tmp_path) == [f"{number}: {unknown}" for number in range(7, 13)]


# ---------------------------------------------------------------------------------------------------------- any change

LINES, HELD = written(9, 5)
CHANGES = st.sampled_from(["edit", "delete", "insert", "swap", "cut"])


@settings(max_examples=300, deadline=None)
@given(data=st.data(), change=CHANGES)
def test_any_change_is_found(data: st.DataObject, change: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    lines = list(LINES)
    index = st.integers(0, len(lines) - 1)
    at = data.draw(index)
    if change == "edit":
        text = bytearray(b"".join(lines))
        place = data.draw(st.integers(0, len(text) - 1))
        old = text[place]
        text[place] = data.draw(st.integers(0, 255).filter(lambda byte: byte != old))
        lines = [bytes(text)]
    elif change == "delete":
        del lines[at : at + data.draw(st.integers(1, 4))]
    elif change == "insert":
        made = data.draw(st.one_of(st.sampled_from(LINES), st.binary(max_size=60).map(lambda text: text + b"\n")))
        lines.insert(at, made)
    elif change == "swap":
        other = data.draw(index.filter(lambda one: one != at))
        lines[at], lines[other] = lines[other], lines[at]
        if _same_chains(lines):
            return  # chains are independent: which process wrote first is not what a chain says
    else:
        lines = [b"".join(lines)[: data.draw(st.integers(0, sum(map(len, lines)) - 1))]]
    assert findings(lines, tmp_path_factory.mktemp("trail"), HELD)


def _same_chains(lines: list[bytes]) -> bool:
    def chains(some: list[bytes]) -> dict[str, list[bytes]]:
        found: dict[str, list[bytes]] = {}
        for line in some:
            found.setdefault(shown(line), []).append(line)
        return found

    return chains(lines) == chains(LINES)


@settings(max_examples=100, deadline=None)
@given(length=st.integers(0, 200))
def test_any_tail_cut_at_or_before_the_last_held_checkpoint_is_found(
    length: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Also where the cut looks like a running process."""
    lines, held = written(9, end=False)
    events = [json.loads(line)["event"] for line in lines]
    last = len(events) - 1 - events[::-1].index("checkpoint")
    text = b"".join(lines[: last + 1])
    cut = text[: max(0, len(text) - 1 - length * 7)]
    assert findings([cut], tmp_path_factory.mktemp("trail"), held, running=True)


# --------------------------------------------------------------------------------------------------------- the command

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ADAPTGEN_AUDIT_KEY", KEY.hex())

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(["audit", "verify", *arguments])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


def test_the_command_says_that_a_trail_holds(tmp_path: Path, run: Run) -> None:
    lines, held = written(3)
    (tmp_path / "audit.jsonl").write_bytes(b"".join(lines))
    (tmp_path / "held.jsonl").write_bytes(held)
    expected = "the trail holds: 6 lines in 1 chain\n"
    assert run("audit.jsonl", "--checkpoints", "held.jsonl") == (0, expected, "")


def test_the_command_says_where_it_does_not_and_gives_1(tmp_path: Path, run: Run) -> None:
    lines, _ = written(3)
    lines[2] = lines[2].replace(b"find", b"fund")
    (tmp_path / "audit.jsonl").write_bytes(b"".join(lines))
    code, out, err = run("audit.jsonl")
    assert (code, out) == (1, "1 finding: 6 lines in 1 chain\n")
    place, help = err.splitlines()
    assert place == f"audit.jsonl:3:1: error AG079: line 2 of chain '{shown(lines[0])}' was edited"
    assert help.startswith("    help: ")


@pytest.mark.parametrize(
    ("arguments", "key", "said"),
    [
        (["nowhere.jsonl"], KEY.hex(), "AG001: the audit trail cannot be read: there is no such file"),
        (["audit.jsonl"], "", "AG071: the environment variable ADAPTGEN_AUDIT_KEY"),
        (["audit.jsonl"], "c2hvcnQ", "AG073: the audit key: it is too short: 5 bytes, and 32 are needed"),
        (["audit.jsonl", "--key", KEY.hex()], "", "AG073: --key must refer to the key and not hold it"),
    ],
)
def test_the_command_gives_2_for_what_it_cannot_use(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch, arguments: list[str], key: str, said: str
) -> None:
    (tmp_path / "audit.jsonl").write_bytes(b"")
    monkeypatch.setenv("ADAPTGEN_AUDIT_KEY", key)
    code, _, err = run(*arguments)
    assert code == 2
    assert said in err
    assert KEY.hex() not in err
