"""Server-sent events (WHATWG HTML, 9.2.6) from bytes that come in pieces."""

from __future__ import annotations

from adaptgen.model.frozen import value


@value()
class Event:
    """``data``: the lines of data, joined; ``id`` and ``retry`` (milliseconds) where the event had them."""

    data: bytes
    id: str | None = None
    retry: int | None = None


class Events:
    """Reads events; one of them may take ``limit`` bytes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._left = bytearray()
        self._data: list[bytes] = []
        self._size = 0
        self._id: str | None = None
        self._retry: int | None = None

    def feed(self, chunk: bytes) -> list[Event]:
        """The events that ``chunk`` completes; those without data only where they carry an id or a delay. ValueError
        where an event exceeds the limit."""
        left = self._left
        left += chunk
        if b"\r" in left:
            return self._slow()
        end = left.rfind(b"\n")
        if end < 0:
            self._check(len(left))
            return []
        lines = bytes(left[:end]).split(b"\n")
        del left[: end + 1]
        return self._lines(lines)

    def _slow(self) -> list[Event]:
        """Lines that may end in CR, LF or both. A CR at the very end waits: an LF may follow."""
        left = self._left
        kept = b"\r" if left.endswith(b"\r") else b""
        whole = bytes(left[: len(left) - len(kept)]).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        end = whole.rfind(b"\n")
        self._left = bytearray(whole[end + 1 :] + kept)
        if end < 0:
            self._check(len(whole))
            return []
        return self._lines(whole[:end].split(b"\n"))

    def _check(self, more: int) -> None:
        if self._size + more > self._limit:
            raise ValueError("the event is too large")

    def _lines(self, lines: list[bytes]) -> list[Event]:
        found: list[Event] = []
        for line in lines:
            if not line:
                if self._data or self._id is not None or self._retry is not None:
                    found.append(Event(b"\n".join(self._data), self._id, self._retry))
                self._data, self._size, self._id, self._retry = [], 0, None, None
                continue
            name, _, value = line.partition(b":")
            value = value.removeprefix(b" ")
            self._check(len(value))
            if name == b"data":
                self._data.append(value)
                self._size += len(value)
            elif name == b"id" and b"\0" not in value:
                self._id = value[:1024].decode("utf-8", "replace")
            elif name == b"retry" and value.isdigit():
                self._retry = int(value[:9])
        self._check(len(self._left))
        return found
