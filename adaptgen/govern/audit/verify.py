"""Whether an audit trail holds: lines by their MACs, chains by their numbers, checkpoints by their signatures, and
tails by checkpoints held elsewhere.

A file may hold several chains (processes, restarts); a chain may span several files (rotation), passed in order.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from adaptgen.diagnostics import Diagnostic, Where, error
from adaptgen.govern.audit.trail import MARK, derived, mac_key
from adaptgen.govern.settings import audit_signing
from adaptgen.model.frozen import value
from adaptgen.text.files import explain

_END = re.compile(re.escape(MARK) + rb'([0-9a-f]{64})"\}\Z')
_SHOWN = 12
_SIGNED = ("start", "checkpoint", "end")
MAX_LINE = 16_000_000


@value()
class _Line:
    chain: str
    seq: int
    prev: str
    mac: str
    event: str
    genuine: bool


@dataclass(slots=True)
class _Chain:
    next: int
    prev: str | None
    """None: the previous line was edited, and its original is unknown."""
    last: Where
    ended: bool = False


class Verifier:
    """Reads trails line by line. ``findings`` has what does not hold, ``lines`` and ``chains`` how much was read. A
    file that cannot be read is an AdaptgenError (AG001)."""

    def __init__(self, keys: Sequence[bytes], signers: Mapping[str, Any] | None = None) -> None:
        """``keys``: the audit keys. ``signers``: public keys
        (:func:`adaptgen.govern.settings.audit_signing.public_keys`), of which one must have signed every start,
        checkpoint and end; without them signatures are checked where they were made with a key derived from an audit
        key, and the others are left unchecked (``unchecked`` counts them).
        """
        self._keys = dict(map(mac_key, keys))
        self._demanded = signers is not None
        self._signers = (
            dict(signers)
            if signers is not None
            else audit_signing.derived_keys(derived(key, "checkpoints") for key in keys)
        )
        self.unchecked = 0
        self._chains: dict[str, _Chain] = {}
        self._held: dict[str, dict[int, tuple[str, Where]]] = {}
        self._empty: list[Where] = []
        self.findings: list[Diagnostic] = []
        self.lines = 0

    @property
    def chains(self) -> int:
        return len(self._chains)

    def say(self, message: str, where: Where) -> None:
        self.findings.append(Diagnostic("AG079", message, where))

    def hold(self, path: Path) -> None:
        """Read checkpoints that were held elsewhere. Before the trails."""
        is_empty = True
        for where, text, whole in _read(path):
            is_empty = False
            line = self._parsed(text, where, whole)
            if line is not None and line.genuine:
                self._held.setdefault(line.chain, {})[line.seq] = (line.mac, where)
        if is_empty:
            self.say("no checkpoint is held here, so nothing shows whether a tail was cut", Where(path.as_posix()))

    def trail(self, path: Path) -> None:
        """Read one file of a trail."""
        before = self.lines
        for where, text, whole in _read(path):
            self.lines += 1
            line = self._parsed(text, where, whole)
            if line is not None:
                self._follow(line, where)
        if self.lines == before:
            self._empty.append(Where(path.as_posix()))

    def finish(self, *, running: bool = False) -> list[Diagnostic]:
        """All findings. ``running``: a chain may still be open."""
        if self.lines or not self._held:  # else each chain that is held is said to be missing
            for where in self._empty or ([] if self.lines else [Where("audit trail")]):
                self.say("the trail is empty: a server writes a line when it starts", where)
        for name, chain in self._chains.items():
            if not chain.ended and not running:
                self.say(f"chain {name[:_SHOWN]} ends without an end: it was cut, or the process died", chain.last)
        for name, held in self._held.items():
            seq, (_, where) = max(held.items())
            known = self._chains.get(name)
            if known is None:
                self.say(f"chain {name[:_SHOWN]} is missing: this line of it is held elsewhere", where)
            else:
                self.say(f"chain {name[:_SHOWN]} was cut or changed: this line {seq} of it is held elsewhere", where)
        return self.findings

    # -------------------------------------------------------------------------------------------------------- a line

    def _parsed(self, text: bytes, where: Where, whole: bool) -> _Line | None:
        end = _END.search(text[-(64 + len(MARK) + 2) :])
        found = _json(text)
        if not whole:
            self.say("the last line is cut off", where)
        if end is None or not isinstance(found, dict):
            if whole:
                self.say("this is not a line of an audit trail", where)
            return None
        chain, seq, prev = found.get("chain"), found.get("seq"), found.get("prev")
        if not (isinstance(chain, str) and type(seq) is int and isinstance(prev, str)):
            self.say("this is not a line of an audit trail", where)
            return None
        key = self._keys.get(str(found.get("key")))
        mac = end[1].decode()
        body = text[: -(64 + len(MARK) + 2)] + b"}"
        genuine = whole and key is not None and hmac.compare_digest(hmac.digest(key, body, "sha256").hex(), mac)
        if key is None:
            self.say("this line was written with a key that was not given, or its key was edited", where)
        elif whole and not genuine:
            self.say(f"line {seq} of chain {chain[:_SHOWN]!r} was edited", where)
        event = str(found.get("event"))
        if genuine and event in _SIGNED:
            self._signature(body, f"line {seq} of chain {chain[:_SHOWN]}", where)
        return _Line(chain, seq, prev, mac, event, genuine)

    def _signature(self, body: bytes, name: str, where: Where) -> None:
        why = audit_signing.check(body, self._signers)
        if why is None:
            return
        if self._demanded or why == audit_signing.FORGED:
            self.say(f"{name} {why}", where)
        else:
            self.unchecked += 1

    def _follow(self, line: _Line, where: Where) -> None:
        chain = self._chains.get(line.chain)
        if not line.genuine:
            # Its number is only a claim. Where it fits, what follows can still be told from what is missing.
            if chain is not None and line.seq == chain.next:
                chain.next, chain.prev, chain.last = line.seq + 1, None, where
            return
        name = line.chain[:_SHOWN]
        if chain is None:
            chain = self._chains[line.chain] = _Chain(0, "", where)
        if chain.ended:
            self.say(f"chain {name} goes on after its end", where)
        if line.seq > chain.next:
            many = line.seq - chain.next
            self.say(f"{many} line{'s' if many > 1 else ''} before line {line.seq} of chain {name} "
                     f"{'are' if many > 1 else 'is'} missing or out of order", where)  # fmt: skip
        elif line.seq < chain.next:
            self.say(f"line {line.seq} of chain {name} is out of order or repeated", where)
            self._seen(line)
            return
        elif chain.prev is not None and line.prev != chain.prev:
            self.say(f"line {line.seq} of chain {name} does not follow the previous line", where)
        elif (line.event == "start") != (line.seq == 0):
            self.say(f"chain {name} does not begin with its start", where)
        chain.next, chain.prev, chain.last = line.seq + 1, line.mac, where
        chain.ended = line.event == "end"
        self._seen(line)

    def _seen(self, line: _Line) -> None:
        held = self._held.get(line.chain)
        if held is not None and held.get(line.seq, ("",))[0] == line.mac:
            del held[line.seq]
            if not held:
                del self._held[line.chain]


def verify(
    paths: Iterable[Path],
    key: bytes | Sequence[bytes],
    checkpoints: Path | None = None,
    *,
    signers: Mapping[str, Any] | None = None,
    running: bool = False,
) -> list[Diagnostic]:
    """What does not hold in a trail: AG079 at the line where it shows; nothing where everything holds.

    ``key``: the audit key, or all that were in use. ``checkpoints``: the copies that were held elsewhere; without
    them a tail that was cut looks like a process that died.
    ``signers``: as :class:`Verifier` takes them. ``running``: a chain may still be open.

    Raises:
        AdaptgenError: AG001, a file cannot be read.
    """
    verifier = Verifier([key] if isinstance(key, bytes) else key, signers)
    if checkpoints is not None:
        verifier.hold(checkpoints)
    for path in paths:
        verifier.trail(path)
    return verifier.finish(running=running)


def _json(text: bytes) -> object:
    try:
        return orjson.loads(text)
    except ValueError:
        pass
    try:
        return json.loads(text)  # lone surrogates
    except (ValueError, RecursionError):
        return None


def _read(path: Path) -> Iterator[tuple[Where, bytes, bool]]:
    """(place, line without its newline, whether it had one) of every line."""
    name = path.as_posix()
    try:
        with path.open("rb") as file:
            number = 0
            while text := file.readline(MAX_LINE):
                number += 1
                whole = text.endswith(b"\n")
                yield Where(name, number, 1), text[:-1] if whole else text, whole
    except OSError as why:
        reason, help = explain(path, why)
        raise error("AG001", f"the audit trail cannot be read: {reason}", Where(name), help) from None
