"""A private certificate authority, for servers on loopback that speak TLS."""

from __future__ import annotations

import contextlib
import datetime as dt
import ipaddress
import json
import ssl
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

START = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
END = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


class Authority:
    """Signs certificates; ``ca`` is its own, as PEM."""

    def __init__(self, name: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        made = self._start(self._name, self._key).add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        usage = dict.fromkeys(("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False)
        usage |= dict.fromkeys(("encipher_only", "decipher_only"), False)
        made = made.add_extension(
            x509.KeyUsage(digital_signature=True, key_cert_sign=True, crl_sign=True, **usage), True
        )
        known = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        self._known = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(known)
        self.ca = (
            made.add_extension(known, False).sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        )

    def _start(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        made = x509.CertificateBuilder(issuer_name=self._name, subject_name=subject, public_key=key.public_key())
        return made.serial_number(x509.random_serial_number()).not_valid_before(START).not_valid_after(END)

    def certificate(self, name: str) -> bytes:
        """Certificate and key for loopback, as PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        host = x509.SubjectAlternativeName([
            x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost"),
        ])  # fmt: skip
        made = self._start(subject, key).add_extension(host, False).add_extension(self._known, False)
        return made.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM) + _pem(key)


@contextlib.contextmanager
def serving(certificate: Path, documents: Mapping[str, object]) -> Iterator[str]:
    """A server of JSON documents (path -> content) on loopback; its URL. ``documents`` may change meanwhile."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = documents.get(self.path)
            data = b"" if found is None else json.dumps(found).encode()
            self.send_response(404 if found is None else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield f"https://127.0.0.1:{server.server_port}"
        server.shutdown()
