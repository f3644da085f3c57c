"""The failed logins of an hour, kept between two runs of the doctor: whoever tries again and again locks no account.

A file holds when a credential failed, by a salted hash that takes work to compute; nothing tells which credential.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from adaptgen.runtime.auth.login_attempts import Attempts
from adaptgen.runtime.auth.session import Session


class FailedLogins:
    """Those of one server, in ``folder``."""

    def __init__(self, folder: Path, server: str) -> None:
        self._path = folder / f"failed-logins-{hashlib.sha256(server.encode()).hexdigest()[:16]}.json"

    def load(self, sessions: Iterable[Session], attempts: Attempts) -> None:
        """Let ``attempts`` know what earlier runs tried with the credentials of ``sessions``."""
        try:
            known: dict[str, Any] = json.loads(self._path.read_bytes())
            salt = bytes.fromhex(known["salt"])
            for session in sessions:
                times = known["failed"].get(_digest(session.credential(), salt))
                if isinstance(times, list):
                    attempts.remember({session.credential(): [float(one) for one in times]})
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return  # nothing is known

    def save(self, attempts: Attempts) -> None:
        """Keep what failed; a folder that cannot be written keeps nothing."""
        known = attempts.known()
        try:
            if not known:
                self._path.unlink(missing_ok=True)
                return
            salt = secrets.token_bytes(16)
            text = json.dumps({"salt": salt.hex(), "failed": {_digest(one, salt): at for one, at in known.items()}})
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            new = self._path.with_suffix(f".{secrets.token_hex(4)}.new")
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(text)
            new.replace(self._path)
        except OSError:
            return


def _digest(credential: str, salt: bytes) -> str:
    return hashlib.scrypt(credential.encode(), salt=salt, n=2**13, r=8, p=1, dklen=32).hex()
