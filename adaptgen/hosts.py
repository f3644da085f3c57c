"""Which hosts are this machine."""

from __future__ import annotations

from ipaddress import ip_address


def loopback(host: str) -> bool:
    """Whether ``host``, a name or an address of a URL or a socket, is this machine and no other can reach it. No name
    server is asked.
    """
    host = host.removeprefix("[").removesuffix("]").rstrip(".").lower()
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
