"""Which hosts and origins may be named: a page in a browser must not reach a server on the reader's own machine
under a name of its own (DNS rebinding).
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Guard:
    """Checks Host and Origin. ``hosts``: names, with a port or for every port, beside loopback; ``origins``: whole
    origins (``https://app.example``) beside loopback's. ``*`` among them switches the check off.
    """

    def __init__(self, hosts: Iterable[str] = (), origins: Iterable[str] = ()) -> None:
        self._hosts = frozenset(one.lower() for one in (*_LOOPBACK, *hosts))
        self._origins = frozenset(one.lower().rstrip("/") for one in origins)
        self._known: set[str] = set()

    def host(self, given: str | None) -> bool:
        """Whether ``Host: given`` may be served."""
        if "*" in self._hosts:
            return True
        if not given:
            return False
        if given in self._known:
            return True
        name = _name(given)
        if name is None or not (name in self._hosts or given.lower() in self._hosts):
            return False
        if len(self._known) < 64:  # a loopback client may name as many ports as it likes
            self._known.add(given)
        return True

    def origin(self, given: str | None) -> bool:
        """Whether ``Origin: given`` may ask; programs send none."""
        if given is None or "*" in self._origins:
            return True
        if given.lower() in self._origins:
            return True
        try:
            parts = urlsplit(given)
            return parts.scheme in ("http", "https") and not parts.path and parts.hostname in _LOOPBACK
        except ValueError:
            return False


def _name(host: str) -> str | None:
    """The host without its port."""
    try:
        parts = urlsplit(f"//{host}")
        if parts.netloc != host or parts.username is not None or parts.path or parts.query or parts.fragment:
            return None
        _ = parts.port
        return parts.hostname
    except ValueError:
        return None
