"""Files in a bucket of S3: clients send and fetch them by signed URLs, past this server.

Nothing is kept here: a reference holds what was declared, sealed for its caller, so any process of the server can use
it. Objects are left to the lifecycle rule of the bucket.
"""

from __future__ import annotations

import json
import os
import secrets
import string
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from typing import Any, Final
from urllib.parse import quote, urlsplit

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from adaptgen.model.tables import Caller
from adaptgen.runtime.aws.api import AwsApi, Upload
from adaptgen.runtime.aws.errors import AwsError
from adaptgen.runtime.aws.s3 import Bucket
from adaptgen.runtime.core.answer import FileLink, ToolError
from adaptgen.runtime.files import media_types
from adaptgen.runtime.files.content import CHUNK, Spool, StoredFile
from adaptgen.runtime.files.rules import UNKNOWN_SLOT, UPLOAD, FileRules, SlotOffer

_OTHER_SIZE: Final = "The file in this upload slot does not have the declared size."
_TIMEOUT: Final = 60.0
_LONGEST: Final = 8192
_LETTERS: Final = "abcdefghijklmnop"
"""One for each half of a byte: text of digits now and then looks like a telephone number."""


class S3Slots:
    """``key``: 32 bytes that seal references, the same in every process of the server. ``clock``: seconds since the
    epoch."""

    def __init__(self, rules: FileRules, key: bytes | None, clock: Callable[[], float] = time.time) -> None:
        store = urlsplit(rules.store)
        self._rules = rules
        self._bucket = store.netloc
        self._prefix = f"{store.path.strip('/')}/".lstrip("/")
        self._clock = clock
        self._siv = AESSIV(blake2b(key or os.urandom(32), digest_size=64, person=b"adaptgen upload").digest())
        self._made: Bucket | None = None

    def __repr__(self) -> str:
        return "S3Slots()"

    async def create(self, caller: Caller, name: str, size: int, media_type: str) -> SlotOffer:
        """A slot for one file of that size and type.

        Raises:
            ToolError: the store cannot be asked.
        """
        key = f"{self._prefix}up/{_random()}"
        state = {"k": key, "n": size, "m": media_type, "f": name, "e": int(self._clock() + self._rules.expires)}
        headers = {"Content-Type": media_type, "If-None-Match": "*"}
        with _refused():
            url = await self._s3().presign(
                "PUT", key, int(self._rules.expires), headers | {"Content-Length": str(size)}
            )
        return SlotOffer(url, UPLOAD + self._seal(caller, state), headers, self._rules.expires)

    async def take(self, caller: Caller, reference: str) -> StoredFile:
        """The file in a slot of the caller. The reader closes it.

        Raises:
            ToolError: nothing was sent to it, or not the declared file.
        """
        state = self._open(caller, reference.removeprefix(UPLOAD))
        size = int(state["n"])
        spool = Spool(size)

        def write(data: bytes) -> None:
            if spool.size + len(data) > size:
                raise ToolError(_OTHER_SIZE)
            spool.write(data)

        try:
            with _refused():
                await self._s3().get(state["k"], sink=write, most=size + CHUNK)
            if spool.size != size:
                raise ToolError(_OTHER_SIZE)
        except BaseException:
            spool.close()
            raise
        return spool.finish(str(state["f"]), str(state["m"]))

    async def hand_out(self, caller: Caller, file: StoredFile) -> FileLink:
        """A link to ``file``: a URL that ends by itself.

        Raises:
            ToolError: the store does not take it.
        """
        key = f"{self._prefix}down/{_random()}"
        headers = {
            "Content-Type": file.media_type or media_types.OCTETS,
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name, safe='')}",
            "Cache-Control": "private, no-store",
        }
        with _refused():
            await self._s3().put(key, Upload(file.stream, file.size, file.sha256), headers)
            url = await self._s3().presign("GET", key, int(self._rules.expires))
        return FileLink(url, file.media_type, file.size, file.name)

    async def aclose(self) -> None:
        """Close the connections; the bucket keeps its files."""
        if self._made is not None:
            await self._made.aclose()

    # --------------------------------------------------------------------------------------------------------- inside

    def _s3(self) -> Bucket:
        if self._made is None:
            api = AwsApi("s3", self._rules.region, self._rules.endpoint, timeout=_TIMEOUT)
            self._made = Bucket(api, self._bucket)
        return self._made

    def _seal(self, caller: Caller, state: dict[str, Any]) -> str:
        data = self._siv.encrypt(json.dumps(state).encode(), [caller.key.encode(errors="surrogatepass")])
        return "".join(_LETTERS[byte >> 4] + _LETTERS[byte & 15] for byte in data)

    def _open(self, caller: Caller, text: str) -> dict[str, Any]:
        try:
            if len(text) > _LONGEST:
                raise ValueError
            halves = [_LETTERS.index(letter) for letter in text]
            data = bytes(high << 4 | low for high, low in zip(halves[::2], halves[1::2], strict=True))
            plain = self._siv.decrypt(data, [caller.key.encode(errors="surrogatepass")])
            state: dict[str, Any] = json.loads(plain)
        except (ValueError, InvalidTag):
            raise ToolError(UNKNOWN_SLOT) from None
        if state["e"] <= self._clock():
            raise ToolError(UNKNOWN_SLOT)
        return state


@contextmanager
def _refused() -> Iterator[None]:
    """What a caller reads where S3 refuses."""
    try:
        yield
    except AwsError as problem:
        if problem.code in ("NoSuchKey", "404", "AccessDenied"):
            raise ToolError(
                "Nothing was sent to this upload slot yet, or the server may not read it: PUT the file to its URL "
                "first."
            ) from None
        raise ToolError(f"The store of files cannot be used ({problem.code or 'no connection'}).") from None


def _random() -> str:
    return "".join(secrets.choice(string.ascii_lowercase) for _ in range(40))
