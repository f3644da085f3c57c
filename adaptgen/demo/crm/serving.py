"""Serves the CRM over HTTP."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn

from adaptgen.demo.crm.app import PREFIX, Crm
from adaptgen.demo.crm.state import Stats


@dataclass(frozen=True, slots=True)
class Running:
    """A CRM that answers. ``origin`` is ``http://127.0.0.1:<port>``, ``url`` the base URL of its API."""

    origin: str
    crm: Crm

    @property
    def url(self) -> str:
        return self.origin + PREFIX

    @property
    def stats(self) -> Stats:
        return self.crm.state.stats


def listen(port: int = 0) -> socket.socket:
    """A listening socket on loopback. Made with the protocol named, else TCP_NODELAY is not set on what it accepts."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", port))
        listening.listen(128)
    except BaseException:
        listening.close()
        raise
    return listening


def server(crm: Crm) -> uvicorn.Server:
    """A quiet uvicorn for the CRM."""
    config = uvicorn.Config(crm, log_level="error", access_log=False, lifespan="off", ws="none", http="h11")
    return uvicorn.Server(config)


@contextmanager
def running(crm: Crm | None = None, *, port: int = 0, start_timeout: float = 10.0) -> Iterator[Running]:
    """Serve in a thread while the block runs; TimeoutError without an answer within ``start_timeout`` seconds."""
    crm = crm or Crm()
    listening = listen(port)
    serving = server(crm)
    thread = threading.Thread(target=serving.run, kwargs={"sockets": [listening]}, name="crm", daemon=True)
    thread.start()
    try:
        end = time.monotonic() + start_timeout
        while not serving.started:
            if time.monotonic() > end or not thread.is_alive():
                raise TimeoutError("the CRM did not start")
            time.sleep(0.005)
        yield Running(f"http://127.0.0.1:{listening.getsockname()[1]}", crm)
    finally:
        serving.should_exit = True
        thread.join(timeout=10)
        listening.close()
