"""Redis, from the machine or unpacked from Debian's packages into the cache; no root is needed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

from support.services import Service, Unavailable, cache, free_port, plain_environ

PACKAGES = ("redis-server", "redis-tools", "liblzf1", "libjemalloc2")


def server() -> tuple[str, str]:
    """The program and the folder of its libraries ("" for the machine's own).

    Raises:
        Unavailable: neither the machine nor Debian's archive has it.
    """
    found = shutil.which("redis-server")
    if found:
        return found, ""
    folder = cache() / f"redis-{hashlib.sha256(' '.join(PACKAGES).encode()).hexdigest()[:12]}"
    if not (folder / "ready").exists():
        _unpack(folder)
    libraries = [str(path.parent) for path in (folder / "root" / "usr" / "lib").glob("*/liblzf.so.1")]
    return str(folder / "root" / "usr" / "bin" / "redis-server"), ":".join(libraries)


def _unpack(folder: Path) -> None:
    if not (shutil.which("apt-get") and shutil.which("dpkg")):
        raise Unavailable("there is no redis-server, and this is no Debian")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    got = subprocess.run(["apt-get", "download", *PACKAGES], cwd=folder, capture_output=True, text=True, check=False)
    if got.returncode:
        raise Unavailable(f"Debian's packages cannot be downloaded: {got.stderr.strip()[-300:]}")
    for package in folder.glob("*.deb"):
        subprocess.run(["dpkg", "-x", str(package), str(folder / "root")], check=True, capture_output=True)
    (folder / "ready").touch()


def start(folder: Path, port: int = 0, *, durable: bool = False, seconds: float = 20) -> Service:
    """A Redis on ``port`` (0: a free one); a ``durable`` one finds in ``folder`` what it held before."""
    program, libraries = server()
    port = port or free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    command += ["--appendonly", "yes", "--appendfsync", "always"] if durable else ["--appendonly", "no"]
    log = folder / "redis.log"
    environ = plain_environ(folder, **({"LD_LIBRARY_PATH": libraries} if libraries else {}))
    with log.open("ab") as out:
        process = subprocess.Popen(
            command,
            stdout=out,
            stderr=out,
            stdin=subprocess.DEVNULL,
            env=environ,
            start_new_session=True,
            cwd=folder,
        )
    service = Service("redis", f"redis://127.0.0.1:{port}/0", process=process, log=log, facts={"port": str(port)})
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1) as probe:
            probe.sendall(b"PING\r\n")
            if probe.recv(7) == b"+PONG\r\n":
                return service
        time.sleep(0.05)
    service.stop()
    raise Unavailable(f"Redis did not come up: {log.read_text(errors='replace')[-400:]}{os.linesep}")
