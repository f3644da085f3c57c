"""What a host or a URL is, judged by how it is written, in every spelling that a resolver or a client understands. No
name server is asked.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, unquote, urlsplit

from adaptgen.model.frozen import lazy

_LOCAL = tuple(
    ip_network(one)
    for one in (
        "169.254.0.0/16",  # RFC 3927; AWS with ECS and EKS, Azure, Google Cloud, Oracle, and more
        "fe80::/10",  # RFC 4291, 2.5.6
        "fd00:ec2::/32",  # AWS
        "fd20:ce::/32",  # Google Cloud
        "100.100.100.200/32",  # Alibaba Cloud
        "168.63.129.16/32",  # Azure
        "192.0.0.192/32",  # Oracle Cloud
    )
)
_NAMES = frozenset(
    {
        "metadata",
        "metadata.google.internal",
        "metadata.goog",
        "metadata.azure.internal",
        "metadata.azure.com",
        "metadata.tencentyun.com",
        "metadata.platformequinix.com",
        "metadata.packet.net",
        "instance-data",
        "instance-data.ec2.internal",
        "rancher-metadata",
    }
)
_EMBEDDING = (".nip.io", ".sslip.io", ".xip.io")
"""Public domains whose names stand for the address that is written in them."""
_EMBEDDED = lazy(r"(?:^|[.-])([0-9]{1,3}(?:[.-][0-9]{1,3}){3})$")
_NUMBER = lazy(r"0[xX][0-9a-fA-F]*|[0-9]+")
_TRANSLATED = IPv6Network("64:ff9b::/96")  # RFC 6052
_COMPATIBLE = IPv6Network("::/96")  # RFC 4291, 2.5.5.1
_ENDING = (_TRANSLATED, _COMPATIBLE, IPv6Network("::ffff:0:0:0/96"), IPv6Network("64:ff9b:1::/48"))
"""Those whose last 32 bits are an IPv4 address: translated by the network (RFC 6052; RFC 7915; RFC 8215, in the form
with a prefix of 96 bits), or of a time when IPv6 was new."""
_ISATAP = 0x5EFE
"""Before an IPv4 address in the second half of an address (RFC 5214, 6.1), with or without the bit for `global`."""

_UNICAST = IPv6Network("2000::/3")
"""All that is given out of IPv6 (RFC 4291, 2.4; IANA). The rest is local, reserved, or translated by the network."""
_NOT_PUBLIC = tuple(
    ip_network(one)
    for one in (
        "2001::/32",  # Teredo, RFC 4380
        "2001:db8::/32",  # documentation, RFC 3849
        "3fff::/20",  # documentation, RFC 9637
        "192.0.0.0/24",  # of protocols, RFC 6890
        "192.88.99.0/24",  # relays of 6to4, RFC 7526
    )
)
"""What is not public, whatever the tables of the interpreter say."""


class UrlProblem(StrEnum):
    """Why a URL must not be used, as the end of a sentence about it."""

    MALFORMED = "is not a URL"
    RELATIVE = "is not an absolute http or https URL"
    CREDENTIALS = "holds credentials"
    FRAGMENT = "holds a fragment"
    METADATA = "is a link-local address or that of a metadata service"
    INSECURE = "is not https, and the host is not loopback"


def split_url(url: str) -> SplitResult:
    """The parts of a URL whose host is to be compared, or of ``//HOST:PORT``.

    Raises:
        ValueError: it is malformed, or there is a ``%`` in its host: some clients decode what others take as it is, so
            that one would go to another host than the one that was judged.
    """
    parts = urlsplit(url)
    _ = parts.port  # raises ValueError where it is none
    if _holds_percent(parts.netloc.rpartition("@")[2]):
        raise ValueError("there is a % in the host")
    return parts


def _holds_percent(host: str) -> bool:
    return "%" in unicodedata.normalize("NFKC", host)


def read_origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an absolute http or https URL (RFC 6454, 4). ValueError for anything else, and as
    :func:`split_url`."""
    parts = split_url(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("not an absolute http or https URL")
    return parts.scheme, parts.hostname.lower(), parts.port or (443 if parts.scheme == "https" else 80)


def read_host(header: str | None) -> str | None:
    """The host that a Host header names, in lower case and without its port; None where it names none, and where
    :func:`split_url` finds fault with it."""
    try:
        parts = split_url(f"//{header or ''}")
    except ValueError:
        return None
    is_plain = parts.netloc == header and "@" not in parts.netloc
    return parts.hostname if is_plain else None


def is_address(host: str) -> bool:
    """Whether a host is written as an address. No name server is asked for it, so it cannot be pointed elsewhere (DNS
    rebinding)."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return not _holds_percent(host)


def find_problem(url: str) -> UrlProblem | None:
    """Why requests with or for credentials must not go to ``url``; None where they may: https, or http on loopback."""
    try:
        parts = split_url(url)
    except ValueError:
        return UrlProblem.MALFORMED
    host = parts.hostname
    if parts.scheme not in ("https", "http") or not host or re.search(r"[\s\x00-\x1f\x7f\\]", url):
        return UrlProblem.RELATIVE
    if "@" in parts.netloc:
        return UrlProblem.CREDENTIALS
    if parts.fragment:
        return UrlProblem.FRAGMENT
    if parts.scheme == "http" and not is_loopback(host):
        return UrlProblem.INSECURE
    return UrlProblem.METADATA if is_metadata(host) else None


def is_metadata_url(url: str) -> bool:
    """Whether the host of ``url`` is link-local, or that of a metadata service; also of a URL that is malformed
    otherwise.
    """
    rest = re.sub(r"^[^/\\]*[/\\]{2,}", "", url.strip())
    authority = re.split(r"[/\\?#]", rest, maxsplit=1)[0].rpartition("@")[2]
    bracketed = re.match(r"\[[^\]]*\]", authority)
    return is_metadata(bracketed[0] if bracketed else authority.partition(":")[0])


def is_loopback(host: str) -> bool:
    """Whether ``host``, a name or an address of a URL or a socket, is this machine and no other can reach it."""
    host = host.removeprefix("[").removesuffix("]").rstrip(".").lower()
    if host == "localhost":
        return True
    return is_address(host) and ip_address(host).is_loopback


def is_metadata(host: str) -> bool:
    """Whether ``host`` is a link-local address or one where a machine finds its own credentials."""
    name = _normalized(host)
    if name in _NAMES:
        return True
    address = _address(name)
    return address is not None and any(
        candidate in network
        for candidate in carried_addresses(address)
        for network in _LOCAL
        if candidate.version == network.version
    )


def _normalized(host: str) -> str:
    """As clients see it: percent-decoded, compatibility forms folded (UTS 46), without brackets, zone and last dots."""
    text = unicodedata.normalize("NFKC", unquote(host)).replace("\u3002", ".").replace("\u00ad", "")
    text = "".join(one for one in text if unicodedata.category(one) != "Cf").casefold().strip()
    text = text.removeprefix("[").removesuffix("]").partition("%")[0]
    return text.rstrip(".")


def _address(name: str) -> IPv4Address | IPv6Address | None:
    if ":" in name:
        try:
            return IPv6Address(name)
        except ValueError:
            return None
    ending = next((one for one in _EMBEDDING if name.endswith(one)), "")
    if ending:
        embedded = _EMBEDDED.search(name.removesuffix(ending))
        return _ipv4(embedded[1].replace("-", ".")) if embedded else None
    return _ipv4(name)


def _ipv4(name: str) -> IPv4Address | None:
    """An IPv4 address as inet_aton reads it: one to four numbers, each decimal, octal or hexadecimal."""
    parts = name.split(".")
    if len(parts) > 4 or not all(len(one) <= 64 and _NUMBER.fullmatch(one) for one in parts):
        return None
    values = []
    for part in parts:
        try:
            digits = part[2:] or "0" if part[:2] == "0x" else part
            base = 16 if part[:2] == "0x" else 8 if part[0] == "0" and len(part) > 1 else 10
            values.append(int(digits, base))
        except ValueError:  # 08: no octal number; decimal to those who are lenient
            values.append(int(part))
    *first, last = values
    if any(one > 255 for one in first) or last >= 256 ** (5 - len(values)):
        return None
    number = last
    for at, one in enumerate(first):
        number += one << 8 * (3 - at)
    return IPv4Address(number)


def carried_addresses(address: IPv4Address | IPv6Address) -> list[IPv4Address | IPv6Address]:
    """The address, and the IPv4 address that an IPv6 address carries."""
    if isinstance(address, IPv4Address):
        return [address]
    carried = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if _is_isatap(address) or any(address in one for one in _ENDING):
        carried.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return [address, *(one for one in carried if one is not None)]


def _is_isatap(address: IPv6Address) -> bool:
    return int(address) >> 32 & 0xFDFFFFFF == _ISATAP


def is_public(address: str) -> bool:
    """Whether an address is one of the public internet, and carries none that is not (IPv4 inside of IPv6)."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address):
        if parsed in _TRANSLATED:  # how networks without IPv4 reach it
            return is_public(str(IPv4Address(int(parsed) & 0xFFFFFFFF)))
        if parsed not in _UNICAST or _is_isatap(parsed):
            return False
    return all(_is_global(one) for one in carried_addresses(parsed)) and not is_metadata(address)


def _is_global(address: IPv4Address | IPv6Address) -> bool:
    # is_global is False for private, loopback, link-local, shared (CGNAT), documentation and reserved ones, and True
    # for multicast.
    listed = any(address in one for one in _NOT_PUBLIC if one.version == address.version)
    return address.is_global and not address.is_multicast and not listed


def leads_here(host: str) -> bool:
    """Whether a browser may take ``host`` for the machine it runs on, in any spelling. Where that permits something,
    :func:`is_loopback` is to be asked, which knows fewer."""
    name = _normalized(host)
    if name == "localhost" or name.endswith(".localhost"):  # RFC 6761, 6.3
        return True
    address = _address(name)
    return address is not None and any(one.is_loopback or one.is_unspecified for one in carried_addresses(address))


def base_url(resource: str) -> str:
    """The URL under which the pages of a server lie, without a slash at its end: its resource without ``/mcp``. It is
    the issuer of its tokens, too."""
    parts = urlsplit(resource)
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/').removesuffix('/mcp')}"


_SPECIAL = (
    "localhost", "invalid", "test", "example", "example.com", "example.net", "example.org",  # RFC 2606; RFC 6761
    "local",  # RFC 6762
    "internal",  # ICANN, resolution 2024.07.29.06
    "home.arpa",  # RFC 8375
    "onion",  # RFC 7686
)  # fmt: skip
"""Names that stand for this machine or its network, or for examples, with all below them."""


def is_public_host(host: str) -> bool:
    """Whether a host can be a service of the internet: no loopback or private address, however it is written, no name
    that is reserved for examples or local networks, and no name without a dot."""
    name = _normalized(host)
    address = _address(name)
    if address is not None:
        return is_public(str(address))
    if _holds_percent(host) or name in _NAMES or "." not in name:
        return False
    return not any(name == special or name.endswith(f".{special}") for special in _SPECIAL)
