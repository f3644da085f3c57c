"""The audit trail: one JSON line an event, each bound to the one before it by a MAC.

A *chain* is what one process writes: it begins with a ``start`` line, every line carries a sequence number and, in
``prev``, the MAC of the previous line, and it ends with an ``end`` line. At intervals a ``checkpoint`` is
signed (:mod:`adaptgen.govern.settings.audit_signing`) and copied to a second place: a tail that is cut there later is
missed. Any edit, gap or swap breaks a MAC or the sequence (:mod:`adaptgen.govern.audit.verify`). Refused requests
beyond the first of their kind are counted (:mod:`adaptgen.govern.audit.refused_calls`).

No line holds a value of an argument or of an answer. ``args`` is an HMAC of the arguments as they came: it shows that
two calls were the same, and with the key and a guess what they were. ``sub`` identifies callers and stays readable,
but where it holds an e-mail address it is an HMAC too (``hmac:…``), and so are a tenant and groups that do.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson

from adaptgen.diagnostics import Where, error
from adaptgen.govern.audit.refused_calls import RefusalWindow
from adaptgen.govern.audit.sinks import FileSink, Sink, StreamSink
from adaptgen.govern.settings.audit_signing import Signer, SigningError, derived_signer, signed
from adaptgen.govern.settings.model import Audit, Settings
from adaptgen.model.tables import Caller, Json
from adaptgen.runtime.core.caches import LruCache

VERSION = 1
MARK = b',"mac":"'
"""Precedes the MAC, the last member of a line; the MAC covers everything before it, and ``}``."""

_CALLERS = 4096


class AuditError(Exception):
    """The line could not be written, so its event must not happen. The text contains no part of the line."""


def derived(key: bytes, label: str) -> bytes:
    """32 bytes for one purpose: HKDF-SHA256 (RFC 5869) without salt."""
    extracted = hmac.digest(bytes(32), key, "sha256")
    return hmac.digest(extracted, f"adaptgen audit {label}".encode() + b"\x01", "sha256")


def mac_key(key: bytes) -> tuple[str, bytes]:
    """The id of an audit key, which its lines carry and which reveals nothing, and the key of their MACs."""
    return derived(key, "id").hex()[:8], derived(key, "lines")


def with_mac(body: bytes, key: bytes) -> tuple[bytes, str]:
    """The line (without its newline) of a JSON object, and its MAC."""
    mac = hmac.digest(key, body, hashlib.sha256).hex()
    return b"".join((body[:-1], MARK, mac.encode(), b'"}')), mac


class AuditLog:
    """What one process writes. Lines are whole and in order whatever thread writes them. What writes a line raises
    AuditError where the line is not on record."""

    def __init__(
        self,
        key: bytes,
        sink: Sink,
        *,
        checkpoint: int = 100,
        copy: Sink | None = None,
        settings: str = "",
        signer: Signer | None = None,
        refusals: int = 10,
        notify: Callable[[Mapping[str, Json]], None] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Begin a chain.

        ``settings`` is the hash of the settings; ``copy`` and ``notify`` get the start, every checkpoint and the end:
        the first as lines, the second as chain, number and MAC (for a span event). ``signer`` signs these lines; by
        default with a key that is derived from ``key``. ``refusals``: lines in full for refused requests of one caller,
        tool and reason in a minute.
        """
        self._id, self._key = mac_key(key)
        self._arguments = derived(key, "arguments")
        self._people = derived(key, "callers")
        self._signer = signer if signer is not None else derived_signer(derived(key, "checkpoints"))
        self._refusals = RefusalWindow(refusals)
        self._sink = sink
        self._copy = copy
        self._notify = notify
        self._clock = clock
        self._checkpoint = checkpoint
        self._settings = settings
        self._lock = threading.Lock()
        self._who: LruCache[Caller, dict[str, Json]] = LruCache(_CALLERS)
        self._second = -1
        self._stamp = ""
        self._closed = False
        with self._lock:
            self._begin()

    # ---------------------------------------------------------------------------------------------------- what to say

    def who(self, caller: Caller) -> dict[str, Json]:
        """The members that identify a caller, and the client that acts for it."""
        found = self._who.get(caller)
        if found is None:
            found = {"sub": self._name(caller.sub)}
            if caller.tenant:
                found["tenant"] = self._name(caller.tenant)
            if caller.groups:
                found["groups"] = [self._name(one) for one in caller.groups]
            found = self._who.put(caller, {"caller": found})
        return {**found, "client": self._name(caller.client)} if caller.client else found

    def _name(self, text: str) -> str:
        if "@" not in text:
            return text[:256]
        return f"hmac:{hmac.digest(self._people, text.encode(errors='surrogatepass'), hashlib.sha256).hex()[:32]}"

    def digest(self, arguments: Mapping[str, Json]) -> str:
        """HMAC-SHA256, in hex, of arguments in a form that does not depend on the order of their keys."""
        try:
            text = orjson.dumps(arguments, option=orjson.OPT_SORT_KEYS)
        except TypeError:  # integers beyond 64 bits, lone surrogates
            text = json.dumps(arguments, sort_keys=True, separators=(",", ":")).encode()
        return hmac.digest(self._arguments, text, hashlib.sha256).hex()

    # -------------------------------------------------------------------------------------------------------- writing

    def write(self, record: Mapping[str, Json]) -> None:
        """Append one line. ``record`` says the ``event`` and all that is to be known of it."""
        with self._lock:
            self._ready()
            self._line(record)

    def refuse(self, record: Mapping[str, Json]) -> None:
        """Append the line of a request that was refused, or count it with others of its kind (in ``refusals``)."""
        with self._lock:
            self._ready()
            if self._refusals.admits(record, self._clock()):
                self._line(record)

    def settle(self) -> None:
        """Write the counts of refused requests that are due: before a process sleeps, which may never wake up."""
        with self._lock:
            if not self._closed:
                self._ready()

    def _ready(self) -> None:
        if self._closed:
            raise AuditError("the audit trail is closed")
        if self._process != os.getpid():
            self._refusals = RefusalWindow(self._refusals.full)  # the other process counts its own
            self._begin()  # a fork: two processes must not go on with one chain
        if self._refusals.ended(self._clock()):
            self._drain()

    def _drain(self) -> None:
        for record in self._refusals.drain():
            self._line(record)

    def _line(self, record: Mapping[str, Json]) -> None:
        self._append(record)
        if self._seq % self._checkpoint == 0:
            self._hold({"event": "checkpoint", "count": self._seq})
            self._sync()

    def reloaded(self, settings: str) -> None:
        """Note that other settings hold from here on."""
        self._settings = settings
        self.write({"event": "reload", "settings": settings})

    def renew(self) -> None:
        """End this chain and begin another one: after a snapshot was restored, of which there may be several."""
        with self._lock:
            self._begin()

    def close(self) -> None:
        """End the chain and close the sink. Nothing can be written after it."""
        with self._lock:
            if self._closed:
                return
            try:
                if self._process == os.getpid():
                    self._drain()
                    self._hold({"event": "end", "count": self._seq})
            finally:
                self._closed = True
                for sink in (self._sink, self._copy):
                    if sink is not None:
                        self._guarded(sink.close)

    def _begin(self) -> None:
        self._process = os.getpid()
        self._chain = secrets.token_hex(16)
        self._head = f'{{"v":{VERSION},"chain":"{self._chain}","key":"{self._id}","seq":'
        self._seq = 0
        self._prev = ""
        self._hold({"event": "start", "settings": self._settings})

    def _append(self, record: Mapping[str, Json], *, sign: bool = False) -> bytes:
        members = _ascii(record)
        body = f'{self._head}{self._seq},"time":"{self._time()}","prev":"{self._prev}",'.encode() + members[1:]
        if sign:
            try:
                body = signed(body, self._signer)
            except SigningError as why:
                raise AuditError(f"the audit trail cannot be signed: {why}") from None
        line, mac = with_mac(body, self._key)
        line += b"\n"
        self._guarded(self._sink.write, line)
        self._prev = mac
        self._seq += 1
        return line

    def _hold(self, record: Mapping[str, Json]) -> None:
        """A line that is also held elsewhere."""
        seq = self._seq
        line = self._append(record, sign=True)
        if self._copy is not None:
            self._guarded(self._copy.write, line)
        if self._notify is not None:
            self._notify({"chain": self._chain, "seq": seq, "event": record["event"], "mac": self._prev})

    def _sync(self) -> None:
        for sink in (self._sink, self._copy):
            if sink is not None:
                self._guarded(sink.sync)

    def _guarded(self, act: Callable[..., None], *given: Any) -> None:
        try:
            act(*given)
        except (OSError, ValueError) as why:
            reason = why.strerror if isinstance(why, OSError) and why.strerror else type(why).__name__
            raise AuditError(f"the audit trail cannot be written: {reason}") from None

    def _time(self) -> str:
        """Now, as RFC 3339 in UTC with milliseconds."""
        now = self._clock()
        second = int(now)
        if second != self._second:
            self._second, self._stamp = second, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        return f"{self._stamp}.{int((now - second) * 1000):03d}Z"


def _ascii(record: Mapping[str, Json]) -> bytes:
    """JSON in printable ASCII on one line: no text can end it, or reach the terminal of a reader."""
    try:
        found = orjson.dumps(record)
        if found.isascii():
            return found.replace(b"\x7f", b"\\u007f")
    except TypeError:
        pass
    try:
        return json.dumps(record, separators=(",", ":")).replace("\x7f", "\\u007f").encode()
    except (TypeError, ValueError):
        raise AuditError("the audit record holds what JSON does not have") from None


def trail(
    settings: Settings,
    key: bytes | None,
    *,
    signer: Signer | None = None,
    stdio: bool = False,
    notify: Callable[[Mapping[str, Json]], None] | None = None,
) -> AuditLog | None:
    """The trail that the settings describe, None where they describe none. Files are relative to the settings.

    ``stdio``: standard output belongs to the protocol.

    Raises:
        AdaptgenError: AG077, at its place, where it cannot be written.
    """
    audit = settings.audit
    if audit is None or audit.sink == "none":
        return None
    if key is None:
        raise error("AG073", "the audit trail has no key", settings.where("audit"), "keys: {audit: …}")
    sink = _sink(settings, audit, "sink", stdio)
    copy = _sink(settings, audit, "copy", stdio) if audit.copy else None
    try:
        return AuditLog(
            key,
            sink,
            checkpoint=audit.checkpoint,
            copy=copy,
            settings=settings.hash,
            signer=signer,
            refusals=audit.refusals,
            notify=notify,
        )
    except AuditError as why:
        raise error(
            "AG077", str(why), settings.where("audit", "sink"), "name a sink that takes what is written"
        ) from None


def _sink(settings: Settings, audit: Audit, name: str, stdio: bool) -> Sink:
    address: str = getattr(audit, name)
    where: Where | None = settings.where("audit", name)
    if address == "stdout" and stdio:
        help = "audit: {sink: stderr}, or a file"
        raise error("AG077", "on stdio, standard output belongs to the protocol", where, help)
    if address in ("stdout", "stderr"):
        return StreamSink(1 if address == "stdout" else 2)
    try:
        return FileSink((settings.folder or Path()) / address)
    except OSError as why:
        help = "name a file in a folder that exists and where this process may write; or stderr"
        raise error(
            "AG077", f"audit.{name}: {address} cannot be written: {(why.strerror or '').lower()}", where, help
        ) from None
