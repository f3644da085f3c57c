"""State files: what a session must remember beyond its process, such as a single-use refresh token.

One file per session, mode 0600, sealed (AES-SIV, RFC 5297, bound to its name) under a key that lies elsewhere: a copy
of the folder shows no token, and no key that a person entered. It is written to a new file that replaces the old one,
so that a killed process leaves either. A lock file next to it makes sure that one process at a time renews. A strict
file is an account: who writes or removes one says what it has read, and finds out that it is another one now. A second
lock file, held for a moment, makes that one step.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import os
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final, Protocol

from adaptgen.model.tables import Json
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.core.seals import KEY_SIZE, read_key_file, read_or_make_key
from adaptgen.runtime.paging.cursor import KEY_VARIABLE, KeyFormatError, read_key
from adaptgen.text.files import config_folder

if os.name == "nt":  # pragma: no cover
    import msvcrt
else:
    import fcntl


_PATIENCE: Final = 10.0
"""Seconds to wait for another process that replaces or removes a file, which takes it a moment."""


class SessionStore(Protocol):
    """Where one session is kept for other processes, and held against them while it is renewed."""

    async def read(self) -> dict[str, Json] | None:
        """What was written last, or None."""

    async def write(self, value: Mapping[str, Json]) -> None:
        """Replace what was read last; it is safe when this returns.

        Raises:
            LeaseLost: another process has written since.
        """

    async def remove(self) -> bool:
        """Remove what was read last; whether it was still there."""

    async def acquire(self) -> bool:
        """Try to hold the session; a holder that is killed lets go."""

    async def release(self) -> None:
        """Let it go."""

    async def failure(self) -> dict[str, Json] | None:
        """Why the last renewal by any process failed, while that counts."""

    async def fail(self, why: Mapping[str, Json], seconds: float) -> None:
        """Tell the other processes, for so long."""


class LeaseLost(Exception):
    """Another process has renewed the session in the meantime."""


class StateKeys:
    """What seals state files: a key of the settings, else that of ``ADAPTGEN_CURSOR_KEY``, else one in the user's
    folder of configuration, which is made at first use. Each of them opens."""

    def __init__(self, environ: Mapping[str, str], key: bytes | None = None) -> None:
        self._environ = environ
        self._key = key
        self._sivs: list[Any] = []

    def __repr__(self) -> str:
        return "StateKeys()"

    def seal(self, name: str, value: Mapping[str, Json]) -> bytes:
        """The content of the file ``name``. ToolError: there is no key, and none can be made."""
        sealed: bytes = self._ciphers()[0].encrypt(json.dumps(value).encode(), [name.encode()])
        return _BEGIN + base64.b64encode(sealed)

    def open(self, name: str, content: bytes) -> dict[str, Json] | None:
        """What was sealed, or None where it is not ours. ToolError as :meth:`seal`."""
        from cryptography.exceptions import InvalidTag

        if not content.startswith(_BEGIN):
            return None
        for siv in self._ciphers():
            with suppress(InvalidTag, ValueError):
                value = json.loads(siv.decrypt(base64.b64decode(content[len(_BEGIN) :]), [name.encode()]))
                return value if isinstance(value, dict) else None
        return None

    def _ciphers(self) -> list[Any]:
        if not self._sivs:
            from cryptography.hazmat.primitives.ciphers.aead import AESSIV

            self._sivs = [
                AESSIV(hashlib.blake2b(key, digest_size=64, person=b"adaptgen file").digest())
                for key in self._find_keys()
            ]
        return self._sivs

    def _find_keys(self) -> list[bytes]:
        keys = [self._key] if self._key is not None else []
        path = config_folder(self._environ) / "state.key"
        try:
            if self._environ.get(KEY_VARIABLE, "").strip():
                keys.append(read_key(self._environ))
            own = read_key_file(path) if keys else read_or_make_key(path)
        except (OSError, KeyFormatError) as why:
            if keys:
                return keys
            reason = getattr(why, "strerror", None) or str(why)
            raise ToolError(
                f"There is no key to seal sessions and accounts with ({path}: {reason}), so they are not kept. "
                f"Set {KEY_VARIABLE} to 32 random bytes in base64. Nothing was sent."
            ) from None
        return [*keys, own] if len(own) == KEY_SIZE else keys


_BEGIN: Final = b"adaptgen sealed 1\n"


class StateFiles:
    """The state files of one folder. ``keys``: what seals them (default: of the environment of this process)."""

    def __init__(self, folder: Path, keys: StateKeys | None = None) -> None:
        self.folder = folder
        self._keys = keys or StateKeys(os.environ)

    def file(self, label: str, key: str, *, strict: bool = False) -> StateFile:
        """The file of what ``key`` names; other keys are other files. ``strict``: what is gone was deleted, and a
        renewal does not bring it back."""
        path = self.folder / f"{_safe(label)}-{hashlib.sha256(key.encode()).hexdigest()[:16]}.json"
        return StateFile(path, self._keys, strict=strict)

    def all(self, label: str, *, strict: bool = False) -> list[StateFile]:
        """The files that exist under ``label``."""
        begin = f"{_safe(label)}-"
        found = self.folder.glob(f"{begin}*.json")
        return [
            StateFile(path, self._keys, strict=strict) for path in sorted(found) if len(path.stem) == len(begin) + 16
        ]


def _safe(label: str) -> str:
    return "".join(char if char.isalnum() or char in "-_" else "_" for char in label)[:60]


class StateFile:
    """One JSON object on disk."""

    def __init__(self, path: Path, keys: StateKeys, *, strict: bool = False) -> None:
        self._lock: int | None = None
        self._path = path
        self._keys = keys
        self._strict = strict
        self._seen: bytes | None = None
        self._unreadable = False

    def __repr__(self) -> str:
        return f"StateFile({self._path.name!r})"

    async def read(self) -> dict[str, Json] | None:
        """The object, or None where it does not exist or cannot be read."""
        self._seen = self._bytes()
        found = self._keys.open(self._path.name, self._seen) if self._seen is not None else None
        self._unreadable = found is None and self._seen is not None
        return found

    def _bytes(self) -> bytes | None:
        """What is in the file now; None without one."""
        try:
            return self._path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError:
            return b""  # there is something

    @property
    def unreadable(self) -> bool:
        """Whether what was read last was not sealed here."""
        return self._unreadable

    async def write(self, value: Mapping[str, Json]) -> None:
        """Replace the object; it is on the disk when this returns.

        Raises:
            ToolError: the state folder cannot be written. LeaseLost: what was read is not there any more.
        """
        content = self._keys.seal(self._path.name, value)
        new = self._written(content)
        if not self._strict:
            self._replace(new)
            return
        try:
            async with self._alone():
                if self._bytes() != self._seen:
                    raise LeaseLost
                self._replace(new)
        finally:
            new.unlink(missing_ok=True)
        self._seen = content

    async def put(self, value: Mapping[str, Json]) -> None:
        """Set the object, whatever was there. ToolError: the state folder cannot be written."""
        new = self._written(self._keys.seal(self._path.name, value))
        try:
            async with self._alone():
                self._replace(new)
        finally:
            new.unlink(missing_ok=True)

    def _written(self, content: bytes) -> Path:
        """A new file that holds ``content``."""
        new = self._path.with_name(f"{self._path.name}.{secrets.token_hex(4)}.new")
        try:
            self._make_folder()
            handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
            except BaseException:
                new.unlink(missing_ok=True)
                raise
        except OSError as problem:
            raise self._unwritable(problem) from None
        return new

    def _replace(self, new: Path) -> None:
        try:
            new.replace(self._path)
        except OSError as problem:
            new.unlink(missing_ok=True)
            raise self._unwritable(problem) from None

    async def remove(self) -> bool:
        """Delete the object, a strict one only if it is what was read last; whether it was there.

        Raises:
            ToolError: it cannot be deleted.
        """
        if not self._strict:
            return self._unlink()
        async with self._alone():
            return self._seen is not None and self._bytes() == self._seen and self._unlink()

    async def delete(self) -> None:
        """Delete the object, whatever it is. ToolError: it cannot be deleted."""
        async with self._alone():
            self._unlink()

    def _unlink(self) -> bool:
        try:
            self._path.unlink()
        except FileNotFoundError:
            return False
        except OSError as problem:
            raise self._unwritable(problem) from None
        return True

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """No other process replaces or removes the file meanwhile. This is not the lock of a renewal, which is held as
        long as the API takes: nobody waits for that to disconnect.

        Raises:
            ToolError: the folder cannot be written, or another process holds the file for too long.
        """
        ends = time.monotonic() + _PATIENCE
        while (handle := self._locked(".guard")) is None:
            if time.monotonic() > ends:
                raise ToolError(f"Another process holds {self._path.name} in {self._path.parent}. Try again.")
            await asyncio.sleep(0.01)
        try:
            yield
        finally:
            os.close(handle)

    def _locked(self, suffix: str) -> int | None:
        """A lock file next to the file, open and locked; None where another holds it."""
        try:
            self._make_folder()
            handle = os.open(self._path.with_suffix(suffix), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as problem:
            raise self._unwritable(problem) from None
        if try_lock(handle):
            return handle
        os.close(handle)
        return None

    def _make_folder(self) -> None:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _unwritable(self, problem: OSError) -> ToolError:
        reason = problem.strerror or type(problem).__name__
        return ToolError(
            f"The session cannot be kept in {self._path.parent} ({reason}); set ADAPTGEN_STATE to a folder."
        )

    async def acquire(self) -> bool:
        """Try to hold the session against other processes; a killed holder lets go.

        Raises:
            ToolError: the folder cannot be written.
        """
        self._lock = self._locked(".lock")
        return self._lock is not None

    async def release(self) -> None:
        """Let it go."""
        if self._lock is not None:
            handle, self._lock = self._lock, None
            os.close(handle)

    async def failure(self) -> dict[str, Json] | None:
        """A file keeps no failures: the processes of one machine start and end as people want."""
        return None

    async def fail(self, why: Mapping[str, Json], seconds: float) -> None:
        """Nothing is kept."""


def try_lock(handle: int) -> bool:
    """Lock an open file against every other handle of it; whether it is locked now. Closing the handle unlocks it."""
    try:
        if os.name == "nt":  # pragma: no cover
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
