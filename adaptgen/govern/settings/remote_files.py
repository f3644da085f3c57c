"""Texts that people change while a server runs: a file, an object in S3, a profile of AppConfig.

Reading blocks: call it from a thread. What has not changed since the last reading is not read again.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar
from urllib.parse import quote, unquote, urlsplit

from adaptgen.text.files import explain

if TYPE_CHECKING:
    from adaptgen.runtime.aws.api import Answer, AwsApi
    from adaptgen.runtime.aws.s3 import Bucket

_T = TypeVar("_T")

Clients: TypeAlias = Callable[[str], "AwsApi"]
"""The name of an AWS service -> its API, for use in the background."""

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
        try:
            answer = self._wait(lambda s3: s3.get(self._key, etag=self._etag, most=MAX_BYTES))
        except Unreadable:
            self._etag = ""
            raise
        if answer.status == 304:
            return None
        self._etag = answer.headers.get("etag", "")
        return answer.body

    def policies(self, name: str) -> Mapping[str, str]:
        try:
            found = self._wait(lambda s3: self._contents(s3, name))
        except Unreadable as why:
            raise OSError(5, f"S3 does not give them ({why})") from None
        if not found:
            raise FileNotFoundError(2, "no such object")
        start = f"{self._folder}/" if self._folder else ""
        return {key.removeprefix(start): policy_text(data) for key, data in found.items()}

    def stamp(self, names: tuple[str, ...]) -> Any:
        return self._wait(lambda s3: self._all_listed(s3, names))

    async def _contents(self, s3: Bucket, name: str) -> dict[str, bytes]:
        keys = list(await self._listed(s3, name))
        answers = await asyncio.gather(*(s3.get(key, most=MAX_BYTES) for key in keys))
        return {key: answer.body for key, answer in zip(keys, answers, strict=True)}

    async def _all_listed(self, s3: Bucket, names: tuple[str, ...]) -> list[dict[str, str]]:
        return list(await asyncio.gather(*(self._listed(s3, name) for name in names)))

    async def _listed(self, s3: Bucket, name: str) -> dict[str, str]:
        """Key -> ETag of the policy objects of one name: that key itself, or those below it."""
        # Keys are no paths: `..` has no meaning in them, and what lies elsewhere is named by no settings.
        own = "/".join(part for part in (self._folder, name.removeprefix("./").strip("/")) if part not in ("", "."))
        return {
            key: etag
            for key, etag in sorted((await s3.list(own)).items())
            if key == own or (key.startswith(f"{own}/") and key.endswith(SUFFIX))
        }

    def _wait(self, ask: Callable[[Bucket], Coroutine[Any, Any, _T]]) -> _T:
        """What ``ask`` returns, which runs in the background; Unreadable where S3 does not answer."""
        from adaptgen.runtime.aws import background
        from adaptgen.runtime.aws.errors import AwsError
        from adaptgen.runtime.aws.s3 import Bucket

        try:
            bucket = Bucket(self._clients("s3"), self._bucket)
            return background.wait(lambda: ask(bucket))
        except AwsError as problem:
            raise Unreadable(_explain(problem)) from None


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
        from adaptgen.runtime.aws import background
        from adaptgen.runtime.aws.errors import AwsError

        try:
            api = self._clients("appconfigdata")
            answer = background.wait(lambda: self._latest(api, profile))
            profile.token = answer.headers["next-poll-configuration-token"]
            wait = float(answer.headers.get("next-poll-interval-in-seconds") or 0)
        except (AwsError, LookupError, ValueError) as problem:
            profile.token = ""  # a token that was sent is spent, and a session ends after 24 hours
            raise Unreadable(_explain(problem)) from None
        profile.due = time.monotonic() + wait
        if not answer.body or answer.body == profile.data:
            return False  # an empty answer: as before
        profile.data = answer.body
        profile.version += 1
        return True

    async def _latest(self, api: AwsApi, profile: _Profile) -> Answer:
        """The newest configuration, or an empty answer (AppConfig Data API, GetLatestConfiguration)."""
        from adaptgen.runtime.aws.api import read_json

        if not profile.token:
            wanted = {
                "ApplicationIdentifier": self._application,
                "EnvironmentIdentifier": self._environment,
                "ConfigurationProfileIdentifier": profile.name,
            }
            name = "StartConfigurationSession"
            begun = await api.send(
                "POST", "/configurationsessions", headers={"Content-Type": "application/json"},
                body=json.dumps(wanted).encode(), name=name,
            )  # fmt: skip
            profile.token = str(read_json(begun, name)["InitialConfigurationToken"])
        query = f"configuration_token={quote(profile.token, safe='-_.~')}"
        return await api.send("GET", "/configuration", query=query, name="GetLatestConfiguration", most=MAX_BYTES)


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
    """APIs of AWS in the region of an environment."""

    def get(service: str) -> AwsApi:
        from adaptgen.runtime.aws.background import shared_api

        return shared_api(service, environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or "")

    return get


def _explain(problem: Exception) -> str:
    from adaptgen.runtime.aws.errors import failure

    return failure(problem)
