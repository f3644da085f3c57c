"""Texts that people change while a server runs: a file, an object in S3, a profile of AppConfig.

Reading blocks: call it from a thread. What has not changed since the last reading is not read again.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, TypeAlias
from urllib.parse import unquote, urlsplit

from adaptgen.text.files import explain

Clients: TypeAlias = Callable[[str], Any]
"""The name of an AWS service -> its client."""

MAX_BYTES = 2_000_000


Find: TypeAlias = Callable[[str], Mapping[str, str]]
"""A name in ``authorize.policies`` -> path relative to the settings -> text. Raises OSError or UnicodeError."""

SUFFIX = ".cedar"
MAX_POLICY_BYTES = 5_000_000
"""How large one policy file may be; what people write is far smaller."""


def files_next_to(folder: Path) -> Find:
    """Files and folders relative to the settings in ``folder``; of a folder every ``*.cedar`` file, at any depth."""

    def find(name: str) -> Mapping[str, str]:
        start = folder / name
        files = [start]
        if start.is_dir():
            files = sorted(one for one in start.rglob(f"*{SUFFIX}") if one.is_file())
        return {_relative(one, folder): policy_text(one.read_bytes()) for one in files}

    return find


def _relative(file: Path, folder: Path) -> str:
    return Path(os.path.relpath(file, folder)).as_posix()


def policy_text(data: bytes) -> str:
    """The text of one policy file; OSError where it is too large, UnicodeError where it is not UTF-8."""
    if len(data) > MAX_POLICY_BYTES:
        raise OSError(27, "the file is too large")
    return data.decode("utf-8-sig")


class Unreadable(Exception):
    """The text cannot be had now. The message says why in a few words, without anything of the text."""


class ConfigSource(Protocol):
    """One text, and the policy files next to it. What is not there, or cannot be reached, is :class:`Unreadable`."""

    name: str

    def read(self) -> bytes | None:
        """The text, or None where it has not changed since the last reading."""

    def policies(self, name: str) -> Mapping[str, str]:
        """The files that a name in ``authorize.policies`` stands for, by their names.

        Raises:
            OSError, UnicodeError: they do not exist, or are not UTF-8 text.
        """

    def stamp(self, names: tuple[str, ...]) -> Any:
        """What changes when the policy files of these names change; cheap enough to ask for every few seconds."""


class FileDocument:
    """A file. It is read again when its time, size or inode changes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.as_posix()
        self.policies = files_next_to(path.parent)
        self._seen: tuple[int, int, int] | None = None

    def read(self) -> bytes | None:
        try:
            seen = _stat(self.path)
            if seen == self._seen:
                return None
            data = self.path.read_bytes()
        except OSError as why:
            self._seen = None
            raise Unreadable(explain(self.path, why)[0]) from None
        self._seen = seen
        return data

    def stamp(self, names: tuple[str, ...]) -> Any:
        found: list[tuple[str, tuple[int, int, int]]] = []
        for name in names:
            start = self.path.parent / name
            try:
                files = sorted(start.rglob(f"*{SUFFIX}")) if start.is_dir() else [start]
                found += [(str(one), _stat(one)) for one in files]
            except OSError as why:
                found.append((str(start), (-1, why.errno or 0, 0)))
        return found


def _stat(path: Path) -> tuple[int, int, int]:
    found = os.stat(path)  # noqa: PTH116  (one call, not two objects)
    return found.st_mtime_ns, found.st_size, found.st_ino


class S3Document:
    """``s3://bucket/key``; policies lie under the same prefix. Conditional requests by ETag (RFC 9110, 13.1.2)."""

    def __init__(self, address: str, clients: Clients) -> None:
        parts = urlsplit(address)
        self.name = address
        self._bucket = parts.netloc
        self._key = unquote(parts.path.removeprefix("/"))
        self._folder = self._key.rpartition("/")[0]
        self._clients = clients
        self._etag = ""

    def read(self) -> bytes | None:
        condition = {"IfNoneMatch": self._etag} if self._etag else {}
        try:
            found = self._s3().get_object(Bucket=self._bucket, Key=self._key, **condition)
            data = _bounded(found)
        except Exception as problem:
            if _status(problem) == 304:
                return None
            self._etag = ""
            raise Unreadable(_failure(problem)) from None
        self._etag = str(found.get("ETag", ""))
        return data

    def policies(self, name: str) -> Mapping[str, str]:
        try:
            keys = self._listed(name)
            found = {key: _bounded(self._s3().get_object(Bucket=self._bucket, Key=key)) for key in keys}
        except Exception as problem:
            raise OSError(5, f"S3 does not give them ({_failure(problem)})") from None
        if not found:
            raise FileNotFoundError(2, "no such object")
        start = f"{self._folder}/" if self._folder else ""
        return {key.removeprefix(start): policy_text(data) for key, data in found.items()}

    def stamp(self, names: tuple[str, ...]) -> Any:
        try:
            return [self._listed(name) for name in names]
        except Exception as problem:
            raise Unreadable(_failure(problem)) from None

    def _listed(self, name: str) -> dict[str, str]:
        """Key -> ETag of the policy objects of one name: that key itself, or those below it."""
        # Keys are no paths: `..` has no meaning in them, and what lies elsewhere is named by no settings.
        own = "/".join(part for part in (self._folder, name.removeprefix("./").strip("/")) if part not in ("", "."))
        pages = self._s3().get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=own)
        found = {one["Key"]: one["ETag"] for page in pages for one in page.get("Contents", ())}
        return {
            key: etag
            for key, etag in sorted(found.items())
            if key == own or (key.startswith(f"{own}/") and key.endswith(SUFFIX))
        }

    def _s3(self) -> Any:
        return self._clients("s3")


class AppConfigDocument:
    """``appconfig://application/environment/profile``. A policy file is another profile of the same environment.

    A session's token is used once; the answer carries the next one and how long to wait (AppConfig Data API,
    GetLatestConfiguration). Polls before that are not sent: the last answer still holds.
    """

    def __init__(self, address: str, clients: Clients) -> None:
        self.name = address
        self._clients = clients
        parts = urlsplit(address)
        environment, _, profile = parts.path.removeprefix("/").partition("/")
        self._application = unquote(parts.netloc)
        self._environment = unquote(environment)
        self._main = _Profile(unquote(profile))
        self._others: dict[str, _Profile] = {}

    def read(self) -> bytes | None:
        return self._main.data if self._poll(self._main) else None

    def policies(self, name: str) -> Mapping[str, str]:
        profile = self._others.setdefault(name, _Profile(name))
        try:
            self._poll(profile)
        except Unreadable as why:
            raise OSError(5, f"AppConfig does not give them ({why})") from None
        return {name: policy_text(profile.data)}

    def stamp(self, names: tuple[str, ...]) -> Any:
        for name in names:
            self._poll(self._others.setdefault(name, _Profile(name)))
        return {name: self._others[name].version for name in names}

    def _poll(self, profile: _Profile) -> bool:
        if profile.token and time.monotonic() < profile.due:
            return False
        try:
            client = self._clients("appconfigdata")
            if not profile.token:
                begun = client.start_configuration_session(
                    ApplicationIdentifier=self._application,
                    EnvironmentIdentifier=self._environment,
                    ConfigurationProfileIdentifier=profile.name,
                )
                profile.token = begun["InitialConfigurationToken"]
            found = client.get_latest_configuration(ConfigurationToken=profile.token)
            data = found["Configuration"].read(MAX_BYTES + 1)
        except Exception as problem:
            profile.token = ""  # a token that was sent is spent, and a session ends after 24 hours
            raise Unreadable(_failure(problem)) from None
        profile.token = found["NextPollConfigurationToken"]
        profile.due = time.monotonic() + float(found.get("NextPollIntervalInSeconds", 0))
        if not data or data == profile.data:
            return False  # an empty answer: as before
        if len(data) > MAX_BYTES:
            raise Unreadable("it is too large")
        profile.data = data
        profile.version += 1
        return True


class _Profile:
    def __init__(self, name: str) -> None:
        self.name = name
        self.token = ""
        self.due = 0.0
        self.data = b""
        self.version = 0


def document(address: str, folder: Path, clients: Clients) -> ConfigSource:
    """The document of an address: ``s3://…``, ``appconfig://…``, or a file relative to ``folder``."""
    if address.startswith("s3://"):
        return S3Document(address, clients)
    if address.startswith("appconfig://"):
        return AppConfigDocument(address, clients)
    return FileDocument(folder / address)


def clients(environ: Mapping[str, str]) -> Clients:
    """AWS clients for the region of an environment, each made once."""
    made: dict[str, Any] = {}

    def get(service: str) -> Any:
        if service not in made:
            from adaptgen.runtime.aws import clients as aws

            made[service] = aws.client(service, environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or "")
        return made[service]

    return get


def _bounded(found: Mapping[str, Any]) -> bytes:
    data: bytes = found["Body"].read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise Unreadable("it is too large")
    return data


def _status(problem: Exception) -> int:
    response = getattr(problem, "response", None)
    return int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)) if isinstance(response, dict) else 0


def _failure(problem: Exception) -> str:
    from adaptgen.runtime.aws import clients as aws

    return str(problem) if isinstance(problem, Unreadable) else aws.failure(problem)
