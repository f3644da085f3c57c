"""Where a pipeline can install the adaptgen that runs here, as a requirement (PEP 508).

The installation says where it came from (PEP 610, ``direct_url.json``): a repository and its commit, an archive, or a
folder; without it, it came from an index. A folder is of use to another machine if it is a checkout whose commit is on
a remote.
"""

from __future__ import annotations

import json
import re
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from packaging.version import Version

from adaptgen.compare.revisions import published_commit
from adaptgen.diagnostics import AdaptgenError, error

# What a shell takes as it is between double quotes, and what addresses consist of.
_PLAIN = re.compile(r"[A-Za-z0-9:/@.,_~+%#=\[\]?&-]+")
# git@host:owner/name.git
_SCP = re.compile(r"(?P<user>[\w.-]+)@(?P<host>[\w.-]+):(?P<path>(?!//).+)")


def install_lines(own: Distribution | None = None) -> str:
    """Shell lines that install what runs here, with what replays recorded answers where there are contract tests.

    ``own``: the installation; default: that of adaptgen.

    Raises:
        AdaptgenError: AG059, no other machine could install it.
    """
    named = f"adaptgen$extra{find_requirement(own or distribution('adaptgen'))}"
    return (
        'extra=""\n'
        "for project in ${PROJECTS:-.}; do # contract tests replay recorded answers\n"
        '  if ls "$project"/generated/*/tests >/dev/null 2>&1; then extra="[record]"; fi\n'
        "done\n"
        f'python -m pip install "{named}"'
    )


def find_requirement(own: Distribution) -> str:
    """What follows the name: ``==1.2.3`` or `` @ ADDRESS``.

    Raises:
        AdaptgenError: AG059, no other machine could install it.
    """
    text = own.read_text("direct_url.json")
    if text is None:
        if Version(own.version).local:
            raise _nowhere(f"version {own.version} is on no index")
        return f"=={own.version}"
    said: dict[str, Any] = json.loads(text)
    url = str(said["url"])
    if "vcs_info" in said:
        address = _remote(url, str(said["vcs_info"]["commit_id"]), str(said["vcs_info"]["vcs"]))
    elif "archive_info" in said:
        digest = (said["archive_info"].get("hashes") or {}).get("sha256")
        address = _without_password(url) + (f"#sha256={digest}" if digest else "")
    else:
        folder = Path(unquote(urlsplit(url).path))
        origin, commit = published_commit(folder)
        if not origin:
            raise _nowhere("it was installed from a folder that is not a clone of a repository")
        if not commit:
            raise _nowhere("it was installed from a clone whose commit was not pushed")
        address = _remote(origin, commit, "git")
    if address.startswith("file:") or not re.match(r"(\w+\+)?(https?|ssh|git)://", address):
        raise _nowhere("it was installed from this machine")
    if not _PLAIN.fullmatch(address):
        raise _nowhere("the address that it was installed from cannot be written in a shell line")
    return f" @ {address}"


def _remote(url: str, commit: str, system: str) -> str:
    found = _SCP.fullmatch(url)
    address = f"ssh://{found['user']}@{found['host']}/{found['path']}" if found else _without_password(url)
    return f"{system}+{address}@{commit}"


def _without_password(url: str) -> str:
    """The address without user and password; an SSH address keeps its user (`git`)."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    if parts.scheme == "ssh" and parts.username:
        host = f"{parts.username}@{host}"
    return urlunsplit(parts._replace(netloc=host))


def _nowhere(why: str) -> AdaptgenError:
    message = f"a pipeline cannot install the adaptgen that runs here: {why}"
    return error("AG059", message, help='say how: --install "python -m pip install …"')
