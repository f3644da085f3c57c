"""An issuer of ES256 tokens and a collector of spans, both on loopback, in threads of this process."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey

AUDIENCE = "http://127.0.0.1/mcp"


class Issuer:
    """``url`` is the issuer, its keys lie under ``/jwks``; spans may be sent to ``/v1/traces``."""

    def __init__(self) -> None:
        self.url = ""
        self.generation = 0
        self.rotate()

    def rotate(self) -> None:
        """Sign with a new key from now on; the old one is published no more."""
        self.generation += 1
        self.key: Any = ECKey.generate_key("P-256", {"kid": f"bench-{self.generation}", "use": "sig", "alg": "ES256"})

    def keys(self) -> bytes:
        """The JWK Set."""
        return json.dumps({"keys": [self.key.as_dict(private=False)]}).encode()

    def token(self, sub: str, *groups: str, **claims: Any) -> str:
        """An access token for an hour."""
        now = int(time.time())
        payload = {"iss": self.url, "aud": AUDIENCE, "sub": sub, "org": "bench", "groups": list(groups)}
        payload |= {"iat": now, "exp": now + 3600, **claims}
        return str(jwt.encode({"alg": "ES256", "kid": self.key.kid}, payload, self.key))


@contextmanager
def issuer() -> Iterator[Issuer]:
    """Runs for the length of a block."""
    made = Issuer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            self._answer(made.keys())

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            self._answer(b"")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        made.url = f"http://127.0.0.1:{server.server_address[1]}"
        yield made
    finally:
        server.shutdown()
        server.server_close()
