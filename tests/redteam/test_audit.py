"""Attacks on the audit trail: requests that leave no trace, floods that bury it or fill the disk, and edits."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from support.governing import KEYS, FakeTarget, ask, fact, governed, settings

from adaptgen.diagnostics import AdaptgenError
from adaptgen.govern.audit import refused_calls as audit_refusals
from adaptgen.govern.audit.refused_calls import RefusalWindow
from adaptgen.govern.audit.sinks import FileSink
from adaptgen.govern.audit.trail import AuditLog, derived, mac_key, with_mac
from adaptgen.govern.audit.verify import verify
from adaptgen.govern.settings.audit_signing import Ed25519Signer, derived_signer, key_id
from adaptgen.govern.settings.keys import symmetric
from adaptgen.mcp.protocol import Challenge, Context
from adaptgen.model.tables import Caller

ADA = Caller("ada", "bank", ("staff",))
EVE = Caller("eve", "bank", ("guests",))
POLICIES = """
@id("staff") permit (principal in Group::"bank/staff", action, resource);
@id("no-guests") forbid (principal in Group::"bank/guests", action, resource)
unless { action == Action::"fake__read_note" };
"""
KEY = symmetric(KEYS["T_AUDIT"])
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SIGNERS = {key_id(PRIVATE.public_key()): PRIVATE.public_key()}


def written(folder: Path, *events: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in (folder / "audit.jsonl").read_text().splitlines()]
    return [line for line in lines if line["event"] in events]


def session(path: Path, act: Callable[[Any], Any], **given: Any) -> Any:
    target = FakeTarget(fact("read_note"), fact("write_note", effect="write"), fact("pay", effect="delete"))

    async def run() -> Any:
        async with governed(path, target, http=True, **given) as made:
            return await act(made)

    return asyncio.run(run())


# ---------------------------------------------------------------------------------------------- nothing without a trace


@pytest.mark.parametrize("tool", ["write_note", "pay"])
def test_a_hidden_tool_is_on_record_with_the_policy_and_the_caller_learns_nothing(tmp_path: Path, tool: str) -> None:
    async def act(made: Any) -> Any:
        return await ask(made, EVE, "tools/call", {"name": tool, "arguments": {"text": "x"}})

    answer = session(settings(tmp_path, POLICIES), act)
    assert answer["content"][0]["text"].startswith(f"There is no tool `{tool}`")
    (line,) = written(tmp_path, "decision")
    assert (line["decision"], line["reason"], line["tool"]) == ("refuse", "hidden", tool)
    assert line["policies"] == ["no-guests"]
    assert line["caller"]["sub"] == "eve"


def test_a_permitted_call_is_on_record_as_before(tmp_path: Path) -> None:
    async def act(made: Any) -> Any:
        return await ask(made, ADA, "tools/call", {"name": "write_note", "arguments": {"text": "x"}})

    session(settings(tmp_path, POLICIES), act)
    assert [line["event"] for line in written(tmp_path, "decision", "result")] == ["decision", "result"]
    assert written(tmp_path, "decision")[0]["decision"] == "permit"


@pytest.mark.parametrize(
    "headers",
    [{}, {"authorization": "Bearer not.a.token"}, {"authorization": "Basic YTpi"}, {"authorization": "Bearer a, b"}],
)
def test_a_request_that_does_not_authenticate_is_on_record_without_its_token(
    tmp_path: Path, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: Any) -> None:
        return None

    monkeypatch.setattr("adaptgen.govern.identity.jwks.KeySource.start", never)
    rules = {"issuer": "https://idp.example/", "audience": "https://mcp.example/mcp", "jwks": "https://idp.example/k"}

    async def act(made: Any) -> Any:
        with pytest.raises(Challenge) as refused:
            await made.handler.authenticate(headers, Context(request_id="r1"))
        return refused.value

    refused = session(settings(tmp_path, POLICIES, authenticate=rules), act)
    (line,) = written(tmp_path, "challenge")
    assert (line["status"], line["request_id"]) == (refused.status, "r1")
    text = (tmp_path / "audit.jsonl").read_text()
    assert "not.a.token" not in text
    assert "YTpi" not in text


# --------------------------------------------------------------------------------------------------------------- floods


def test_a_flood_of_one_caller_is_counted(tmp_path: Path) -> None:
    async def act(made: Any) -> None:
        for _ in range(500):
            await ask(made, EVE, "tools/call", {"name": "pay", "arguments": {}})
        await ask(made, ADA, "tools/call", {"name": "read_note", "arguments": {}})

    session(settings(tmp_path, POLICIES), act)
    refused = [line for line in written(tmp_path, "decision") if line["decision"] == "refuse"]
    (counted,) = written(tmp_path, "refusals")
    assert len(refused) == 10
    assert counted["count"] == 490
    assert counted["caller"]["sub"] == "eve"
    assert counted["tool"] == "pay"
    assert counted["policies"] == ["no-guests"]
    assert [line["caller"]["sub"] for line in written(tmp_path, "decision") if line["decision"] == "permit"] == ["ada"]
    assert verify([tmp_path / "audit.jsonl"], KEY) == []


@pytest.mark.parametrize("what", ["callers", "tools", "reasons"])
def test_a_flood_of_many_forms_is_counted(what: str) -> None:
    window = RefusalWindow(10)

    def record(n: int) -> dict[str, Any]:
        return {
            "event": "decision",
            "caller": {"sub": f"c{n}" if what == "callers" else "c"},
            "tool": f"t{n}" if what == "tools" else "t",
            "reason": f"r{n}" if what == "reasons" else "r",
        }

    full = sum(window.admits(record(n % 5000), 1000.0 + n / 10_000) for n in range(50_000))
    counts = list(window.drain())
    assert full <= audit_refusals.TOTAL
    assert len(counts) <= audit_refusals.GROUPS + 1
    assert full + sum(line["count"] for line in counts) == 50_000


def test_the_next_minute_is_written_in_full_again() -> None:
    window = RefusalWindow(2)
    record = {"event": "challenge", "status": 401, "reason": "an access token is needed"}
    assert [window.admits(record, now) for now in (0.0, 1.0, 2.0, 59.0)] == [True, True, False, False]
    assert not window.ended(59.9)
    assert window.ended(60.0)
    assert list(window.drain()) == [{**record, "event": "refusals", "count": 2}]
    assert window.admits(record, 61.0)
    assert window.ended(0.0), "a clock that went back must not keep counting for ever"


def test_counts_are_written_when_the_window_ends_and_before_a_process_sleeps(tmp_path: Path) -> None:
    now = [1000.0]
    trail = AuditLog(KEY, FileSink(tmp_path / "audit.jsonl"), refusals=1, clock=lambda: now[0])
    for _ in range(3):
        trail.refuse({"event": "challenge", "status": 401, "reason": "no token"})
    trail.settle()
    assert written(tmp_path, "refusals") == []
    now[0] += 60
    trail.settle()
    assert [line["count"] for line in written(tmp_path, "refusals")] == [2]
    trail.refuse({"event": "challenge", "status": 401, "reason": "no token"})
    trail.refuse({"event": "challenge", "status": 401, "reason": "no token"})
    now[0] += 60
    trail.write({"event": "decision"})
    assert [line["count"] for line in written(tmp_path, "refusals")] == [2, 1]


# ---------------------------------------------------------------------------------------------------------------- edits


def trail_of(folder: Path, *, signer: Any = None) -> Path:
    path = folder / "audit.jsonl"
    trail = AuditLog(KEY, FileSink(path), checkpoint=4, signer=signer or Ed25519Signer(PRIVATE))
    for n in range(10):
        trail.write({"event": "decision", "n": n})
    trail.close()
    return path


def test_a_signed_trail_holds(tmp_path: Path) -> None:
    path = trail_of(tmp_path)
    assert verify([path], KEY, signers=SIGNERS) == []
    assert verify([path], KEY) == []  # who has no public key checks the rest


@pytest.mark.parametrize("content", [b"", b"\n", None])
def test_an_emptied_trail_does_not_verify(tmp_path: Path, content: bytes | None) -> None:
    path = trail_of(tmp_path)
    if content is None:
        path.unlink()
        with pytest.raises(AdaptgenError):
            verify([path], KEY, signers=SIGNERS)
        return
    path.write_bytes(content)
    assert verify([path], KEY)
    assert verify([path], KEY, signers=SIGNERS, running=True)


def test_a_trail_rewritten_with_the_mac_key_does_not_verify(tmp_path: Path) -> None:
    """Who may verify MACs can write a new trail, but cannot sign it."""
    for signer in (derived_signer(KEY), derived_signer(bytes(32)), None):
        path = tmp_path / "audit.jsonl"
        path.unlink(missing_ok=True)
        forged = AuditLog(KEY, FileSink(path), signer=signer)
        forged.write({"event": "decision", "n": 1})
        forged.close()
        messages = [found.message for found in verify([path], KEY, signers=SIGNERS)]
        assert messages
        assert all("is signed with a key that was not given" in message for message in messages)


def test_a_trail_without_signatures_does_not_verify_where_they_are_demanded(tmp_path: Path) -> None:
    path = trail_of(tmp_path)
    whole = path.read_bytes()
    # The same members without signer and sig, with MACs that fit.
    _, key = mac_key(KEY)
    made, before = [], ""
    for line in whole.splitlines():
        read = json.loads(line)
        body = {name: read[name] for name in read if name not in ("mac", "signer", "sig")}
        body["prev"] = before
        text, before = with_mac(json.dumps(body, separators=(",", ":")).encode(), key)
        made.append(text)
    path.write_bytes(b"\n".join(made) + b"\n")
    assert derived(KEY, "lines") == key
    assert verify([path], KEY) == []
    assert all(found.message.endswith("is not signed") for found in verify([path], KEY, signers=SIGNERS))
    assert len(verify([path], KEY, signers=SIGNERS)) == sum(json.loads(x)["event"] != "decision" for x in made)


def test_settings_name_the_signing_key(tmp_path: Path) -> None:
    form = serialization.PrivateFormat.PKCS8
    text = PRIVATE.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()
    path = settings(tmp_path, POLICIES)
    made = json.loads(path.read_text())
    made["keys"]["checkpoints"] = "${env:T_SIGN}"
    path.write_text(json.dumps(made))

    async def act(made: Any) -> Any:
        return await ask(made, ADA, "tools/call", {"name": "read_note", "arguments": {}})

    session(path, act, environ={"T_SIGN": text})
    assert verify([tmp_path / "audit.jsonl"], KEY, signers=SIGNERS) == []
    assert "PRIVATE KEY" not in (tmp_path / "audit.jsonl").read_text()
    with pytest.raises(AdaptgenError, match=r"keys\.checkpoints"):
        session(path, act, environ={"T_SIGN": "hunter2"})


def test_a_server_that_others_can_reach_signs_and_says_where_the_signature_is_weak(tmp_path: Path) -> None:
    async def act(made: Any) -> Any:
        return made.notices

    rules = {"issuer": "https://idp.example/", "audience": "https://mcp.example/mcp", "jwks": "https://idp.example/k"}
    path = settings(tmp_path, POLICIES, authenticate=rules)

    async def never(*_: Any) -> None:
        return None

    with patch("adaptgen.govern.identity.jwks.KeySource.start", never):
        notices = session(path, act, loopback=False)
    assert any("derived from keys.audit" in notice for notice in notices)
    assert all("sig" in line for line in written(tmp_path, "start", "checkpoint", "end"))
    assert verify([tmp_path / "audit.jsonl"], KEY) == []
