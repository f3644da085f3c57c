"""The governance proxy before one server, as a program: everything on but authentication, which the suite cannot do.

``python conformance_proxy.py PORT URL [REDIS]`` listens on the loopback port. The settings are written into the working
folder. With Redis it is one of several replicas, which have the same keys.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from adaptgen.cli import main as adaptgen

KEY = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY="
SETTINGS = {
    "adaptgen": 1,
    "mode": "proxy",
    "authorize": {"default": "read", "policies": ["all.cedar"]},
    "limits": [{"per": ["sub", "tool"], "rate": "1000/s"}],
    # The suite's tools answer with images and sound, which nobody can search.
    "tokenize": {"release": ["image/png", "audio/wav", "application/octet-stream"]},
    "audit": {"sink": "audit.jsonl"},
}


def main(port: str, url: str, redis: str = "") -> int:
    """Serve until the process ends."""
    Path("all.cedar").write_text("permit (principal, action, resource);")
    settings = {**SETTINGS, "upstreams": {"fixture": {"url": url, "prefix": ""}}}
    if redis:
        for name in ("A", "T"):
            os.environ[name] = KEY
        settings["keys"] = {"audit": "${env:A}", "tokens": {"current": "k1", "all": {"k1": "${env:T}"}}}
        settings["state"] = {"store": "redis", "url": redis}
    Path("governance.yaml").write_text(json.dumps(settings))
    return adaptgen(["proxy", "governance.yaml", "--http", f"127.0.0.1:{port}"])


if __name__ == "__main__":
    sys.path.pop(0)  # the folder of this file, where redis is another module
    raise SystemExit(main(*sys.argv[1:4]))
