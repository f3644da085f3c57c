"""``python -m adaptgen.demo.crm --port 0``: serve the CRM until interrupted; prints the base URL of its API."""

from __future__ import annotations

import argparse
import sys

from adaptgen.demo.crm.app import PREFIX, Crm
from adaptgen.demo.crm.serving import listen, server
from adaptgen.demo.crm.sessions import PASSWORD, USERNAME


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m adaptgen.demo.crm", description="The bundled legacy CRM.")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one (default)")
    parser.add_argument("--ttl", type=float, default=1800.0, help="seconds a session lives (default 1800)")
    options = parser.parse_args(argv)
    listening = listen(options.port)
    url = f"http://127.0.0.1:{listening.getsockname()[1]}{PREFIX}"
    sys.stdout.write(f"{url}\n")
    sys.stdout.flush()
    sys.stderr.write(f"log in as {USERNAME} with {PASSWORD}; stop with Ctrl+C\n")
    server(Crm(ttl=options.ttl)).run(sockets=[listening])
    return 0


if __name__ == "__main__":
    sys.exit(main())
