"""The address to listen on. Without governance a server listens on loopback only."""

from __future__ import annotations

import socket
from ipaddress import ip_address

from adaptgen.diagnostics import error

_HELP = "without governance a server listens on loopback only: 127.0.0.1:8000, localhost:8000 or [::1]:8000"
_GOVERNED_HELP = "name an address of this machine: 0.0.0.0:8000, [::]:8000 or 127.0.0.1:8000"


def parse(text: str, governed: bool = False) -> tuple[str, int]:
    """Host and port of ``HOST:PORT``, ``[IPV6]:PORT`` or ``PORT`` (then 127.0.0.1); port 0 lets the system choose.

    ``governed``: the server authenticates its callers, so it may listen on any address of the machine.

    Raises:
        AdaptgenError: AG062 for a malformed address, and without ``governed`` for any host that is not loopback.
    """
    host, colon, port = text.rpartition(":")
    if not colon:
        host = "127.0.0.1"
    if not (port.isascii() and port.isdigit() and int(port) <= 65535):
        help = _GOVERNED_HELP if governed else "write it as --http 127.0.0.1:8000"
        raise error("AG062", f"{text!r} is not an address HOST:PORT", help=help)
    host = host.removeprefix("[").removesuffix("]")
    if host == "localhost":
        return "127.0.0.1", int(port)
    try:
        address = ip_address(host)
    except ValueError:
        address = None
    if governed:
        if address is None:
            raise error("AG062", f"{host!r} is not an IP address", help=_GOVERNED_HELP)
        return host, int(port)
    if address is None or not address.is_loopback:
        help = f"{_HELP}; adaptgen govern init writes settings that say who may call"
        raise error("AG062", f"{host or 'every address'} is not loopback", help=help)
    return host, int(port)


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens on ``host``.

    It is made with IPPROTO_TCP: asyncio sets TCP_NODELAY on accepted connections only then, and without it Nagle's
    algorithm and delayed acknowledgements cost 40 ms an answer.

    Raises:
        AdaptgenError: AG062 when the address is taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except OSError as why:
        listener.close()
        reason = (why.strerror or type(why).__name__).lower()
        help = f"choose another port; --http {f'[{host}]' if ':' in host else host}:0 takes one that is free"
        raise error("AG062", f"cannot listen on {host}:{port}: {reason}", help=help) from why
    return listener


def url(listener: socket.socket) -> str:
    """The URL of the MCP server on ``listener``."""
    host, port = listener.getsockname()[:2]
    return f"{origin(host, port)}/mcp"


def origin(host: str, port: int) -> str:
    """``http://HOST:PORT``."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
