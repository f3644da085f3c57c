"""Files in a bucket of S3: clients send and fetch them by signed URLs, past this server.

Nothing is kept here: a reference holds what was declared, sealed for its caller, so any process of the server can use
it. Objects are left to the lifecycle rule of the bucket.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import secrets
import string
import threading
import time
from collections.abc import Callable
from hashlib import blake2b
from typing import Any, Final
from urllib.parse import quote, urlsplit

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from adaptgen.model.tables import Caller
from adaptgen.runtime.aws.clients import AwsError, call, client
from adaptgen.runtime.core.answer import FileLink, ToolError
from adaptgen.runtime.files import media_types
from adaptgen.runtime.files.content import CHUNK, Spool, StoredFile
from adaptgen.runtime.files.rules import UNKNOWN_SLOT, UPLOAD, FileRules, SlotOffer

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
        self._lock = threading.Lock()
        self._client: Any = None

    def __repr__(self) -> str:
        return "S3Slots()"

    async def create(self, caller: Caller, name: str, size: int, media_type: str) -> SlotOffer:
        """A slot for one file of that size and type.

        Raises:
            ToolError: the store cannot be asked.
        """
        key = f"{self._prefix}up/{_random()}"
        state = {"k": key, "n": size, "m": media_type, "f": name, "e": int(self._clock() + self._rules.expires)}
        wanted = {"ContentType": media_type, "ContentLength": size, "IfNoneMatch": "*"}
        url = await self._asked(lambda: self._signed("put_object", key, **wanted))
        headers = {"Content-Type": media_type, "If-None-Match": "*"}
        return SlotOffer(url, UPLOAD + self._seal(caller, state), headers, self._rules.expires)

    async def take(self, caller: Caller, reference: str) -> StoredFile:
        """The file in a slot of the caller. The reader closes it.

        Raises:
            ToolError: nothing was sent to it, or not the declared file.
        """
        state = self._open(caller, reference.removeprefix(UPLOAD))
        file: StoredFile = await self._asked(lambda: self._fetched(state))
        return file

    async def hand_out(self, caller: Caller, file: StoredFile) -> FileLink:
        """A link to ``file``: a URL that ends by itself.

        Raises:
            ToolError: the store does not take it.
        """
        key = f"{self._prefix}down/{_random()}"
        url = await self._asked(lambda: self._put(key, file))
        return FileLink(url, file.media_type, file.size, file.name)

    async def aclose(self) -> None:
        """The bucket keeps its files."""

    # --------------------------------------------------------------------------------------------------------- inside

    async def _asked(self, ask: Callable[[], Any]) -> Any:
        try:
            return await asyncio.to_thread(ask)
        except AwsError as problem:
            if problem.code in ("NoSuchKey", "404", "AccessDenied"):
                raise ToolError(
                    "Nothing was sent to this upload slot yet, or the server may not read it: PUT the file to its URL "
                    "first."
                ) from None
            raise ToolError(f"The store of files cannot be used ({problem.code or 'no connection'}).") from None

    def _s3(self) -> Any:
        with self._lock:
            if self._client is None:
                endpoint = self._rules.endpoint
                self._client = client("s3", self._rules.region, endpoint, timeout=_TIMEOUT, signature="s3v4")
            return self._client

    def _signed(self, operation: str, key: str, **parameters: Any) -> str:
        given = {"Bucket": self._bucket, "Key": key, **parameters}
        made = call(self._s3(), "generate_presigned_url", ClientMethod=operation, Params=given,
                    ExpiresIn=int(self._rules.expires))  # fmt: skip
        return str(made)

    def _fetched(self, state: dict[str, Any]) -> StoredFile:
        found = call(self._s3(), "get_object", Bucket=self._bucket, Key=state["k"])
        body = found["Body"]
        spool = Spool(int(state["n"]))
        try:
            if found["ContentLength"] != state["n"]:
                raise ToolError("The file in this upload slot does not have the declared size.")
            while data := body.read(CHUNK):
                spool.write(data)
            if spool.size != state["n"]:
                raise ToolError("The file in this upload slot could not be read to its end.")
        except ToolError:
            spool.close()
            raise
        except Exception as problem:  # of botocore, urllib3: their texts hold URLs
            spool.close()
            raise AwsError("the file cannot be read", type(problem).__name__) from None
        finally:
            body.close()
        return spool.finish(str(state["f"]), str(state["m"]))

    def _put(self, key: str, file: StoredFile) -> str:
        named = f"attachment; filename*=UTF-8''{quote(file.name, safe='')}"
        call(
            self._s3(), "put_object", Bucket=self._bucket, Key=key, Body=io.BufferedReader(_Reader(file), CHUNK),
            ContentLength=file.size, ContentType=file.media_type or media_types.OCTETS, ContentDisposition=named,
            CacheControl="private, no-store",
        )  # fmt: skip
        return self._signed("get_object", key)

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


class _Reader(io.RawIOBase):
    """A stored file as boto3 reads it."""

    def __init__(self, file: StoredFile) -> None:
        self._stored = file
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + (0, self._at, self._stored.size)[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, into: Any) -> int:
        data = self._stored.piece(self._at, len(into)) if self._at < self._stored.size else b""
        into[: len(data)] = data
        self._at += len(data)
        return len(data)


def _random() -> str:
    return "".join(secrets.choice(string.ascii_lowercase) for _ in range(40))
