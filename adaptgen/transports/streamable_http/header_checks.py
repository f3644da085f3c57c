"""What the headers of a request must say.

Headers of revision 2026-07-28 repeat what the body says, and must say the same (Transports, Standard Headers;
SEP-2243, custom headers from parameters): who routes by the header and who executes the body must see one request.
Host and Origin name this server: a page in a browser must not reach a server on the reader's own machine under a name
of its own (DNS rebinding).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from adaptgen.mcp.headers import PREFIX, HeaderParameter, decode_value, header_parameters, scalar_text
from adaptgen.mcp.json_text import as_object
from adaptgen.mcp.jsonrpc import HEADER_MISMATCH, INVALID_PARAMS, UNSUPPORTED_VERSION, Request
from adaptgen.mcp.protocol import RpcError
from adaptgen.mcp.revisions import CAPABILITIES_KEY, MODERN, NAMED, SUPPORTED, VERSION_KEY
from adaptgen.model.frozen import lazy
from adaptgen.model.tables import Json
from adaptgen.net.addresses import read_host, split_url
from adaptgen.runtime.core.caches import IdentityCache

_DECIMAL = lazy(r"-?[0-9]+(\.[0-9]+)?")


def envelope(request: Request, headers: Mapping[str, str]) -> None:
    """Check a request of 2026-07-28 against its headers.

    Raises:
        RpcError: -32602 for a missing ``_meta``, -32020 for a header that disagrees, -32022 for a revision that is
            not served this way.
    """
    meta = as_object(request.params.get("_meta"))
    missing = [key for key in (VERSION_KEY, CAPABILITIES_KEY) if key not in meta]
    if missing:
        raise RpcError(INVALID_PARAMS, f"params._meta lacks {' and '.join(missing)}")
    version = meta[VERSION_KEY]
    if headers.get("mcp-protocol-version") != version:
        raise RpcError(HEADER_MISMATCH, "the MCP-Protocol-Version header does not match params._meta")
    if headers.get("mcp-method") != request.method:
        raise RpcError(HEADER_MISMATCH, "the Mcp-Method header does not match the method")
    key = NAMED.get(request.method)
    if key is not None:
        named = request.params.get(key)
        if named is not None and decode_value(headers.get("mcp-name")) != named:
            raise RpcError(HEADER_MISMATCH, f"the Mcp-Name header does not match params.{key}")
    served(version)


def served(version: Json) -> None:
    """Raise RpcError (-32022) unless ``version`` is one of those that are spoken without handshake."""
    if version not in MODERN:
        requested = version[:40] if isinstance(version, str) else ""
        data: Json = {"supported": list(SUPPORTED), "requested": requested}
        raise RpcError(UNSUPPORTED_VERSION, "Unsupported protocol version", data)


class Parameters:
    """Compares Mcp-Param headers with arguments; what a schema asks for is worked out once per schema."""

    def __init__(self) -> None:
        self._rows: IdentityCache[Mapping[str, Json], tuple[HeaderParameter, ...]] = IdentityCache(
            4096, header_parameters
        )

    def check(self, schema: Mapping[str, Json], arguments: Mapping[str, Json], request: Mapping[str, str]) -> None:
        """Raise RpcError (-32020) where a header and its argument disagree, or one of both is missing."""
        for one in self._rows.get(schema):
            _check(one, one.value_in(arguments), request.get(PREFIX + one.token.lower()))


def _check(one: HeaderParameter, value: Json, raw: str | None) -> None:
    name, where = f"Mcp-Param-{one.token}", ".".join(one.path)
    said = None if value is None else scalar_text(value)
    if said is None:
        if raw is not None:
            raise RpcError(HEADER_MISMATCH, f"the {name} header has no argument {where!r} in the body")
        return
    if raw is None:
        raise RpcError(HEADER_MISMATCH, f"the {name} header is missing, but the argument {where!r} is not")
    given = decode_value(raw)
    if given is None or not _same(one.kind, value, said, given):
        raise RpcError(HEADER_MISMATCH, f"the {name} header does not match the argument {where!r}")


def _same(kind: str, value: Json, said: str, given: str) -> bool:
    """Integers by value (``42`` is ``42.0``), everything else as text."""
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    if kind == "integer" and whole and not isinstance(value, bool) and _DECIMAL.fullmatch(given):
        number, _, fraction = given.partition(".")
        return len(number) <= 400 and not fraction.strip("0") and int(number) == int(value)
    return given == said


def check_types(request: Request) -> None:
    """Raise RpcError (-32602) unless the name, the arguments, the cursor and ``_meta`` of a request have the right
    types."""
    params = request.params
    key = NAMED.get(request.method)
    if key is not None and not isinstance(params.get(key), str):
        raise RpcError(INVALID_PARAMS, f"params.{key} must be a string")
    for name, kind, text in (
        ("arguments", dict, "an object"),
        ("_meta", dict, "an object"),
        ("cursor", str, "a string"),
    ):
        given = params.get(name)
        if given is not None and not isinstance(given, kind):
            raise RpcError(INVALID_PARAMS, f"params.{name} must be {text}")
    token = as_object(params.get("_meta")).get("progressToken")
    if token is not None and (isinstance(token, bool) or not isinstance(token, int | str)):
        raise RpcError(INVALID_PARAMS, "the progress token must be a string or an integer")


_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Guard:
    """Checks Host and Origin. ``hosts``: names, with a port or for every port, in addition to loopback; ``origins``:
    whole origins (``https://app.example``), likewise. ``*`` among them switches the check off.
    """

    def __init__(self, hosts: Iterable[str] = (), origins: Iterable[str] = ()) -> None:
        self._hosts = frozenset(one.lower() for one in (*_LOOPBACK, *hosts))
        self._origins = frozenset(one.lower().rstrip("/") for one in origins)
        self._known: set[str] = set()

    def host(self, given: str | None) -> bool:
        if "*" in self._hosts:
            return True
        if not given:
            return False
        if given in self._known:
            return True
        name = read_host(given)
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
            parts = split_url(given)
            return parts.scheme in ("http", "https") and not parts.path and parts.hostname in _LOOPBACK
        except ValueError:
            return False
