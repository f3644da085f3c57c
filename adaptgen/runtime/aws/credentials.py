"""Credentials: what ``${env:…}``, ``${secret:…}`` and ``${ssm:…}`` stand for, looked up at first use, never shown."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from typing import TypeAlias

from adaptgen.runtime.core.answer import ToolError
from adaptgen.syntax.templates import Reference

_Stored: TypeAlias = tuple[str, str]
"""``secret`` or ``ssm``, and the name there."""

LIFETIME = 300.0
"""Seconds for which a value from AWS is used without asking again."""


class Missing(ToolError):
    """Environment variables are not set."""


class Credentials:
    """Resolves references. Environment variables are read anew each time, values from AWS are kept for a while: each
    secret is read once, however many of its members are referred to."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._kept: dict[_Stored, tuple[float, str]] = {}
        self._reading: dict[_Stored, Future[str]] = {}
        self._picked: dict[Reference, str] = {}

    def __repr__(self) -> str:
        return "Credentials()"

    @property
    def region(self) -> str:
        """The region that the environment names, "" for none."""
        return self._environ.get("AWS_REGION") or self._environ.get("AWS_DEFAULT_REGION") or ""

    def begin(self, references: Iterable[Reference]) -> None:
        """Begin to read what AWS keeps of ``references``, without waiting; :meth:`prepare` waits, and says what is
        wrong."""
        for one in _stored(references):
            if one not in self._kept:
                self._begin(one)

    def missing(self, references: Iterable[Reference]) -> list[str]:
        """The environment variables among ``references`` that are unset or empty, ordered."""
        return sorted({one.name for one in references if one.kind == "env" and not self._environ.get(one.name)})

    async def prepare(self, references: Iterable[Reference], purpose: str) -> None:
        """Make sure that :meth:`resolve` can answer for every one of ``references``.

        Raises:
            Missing: naming every environment variable that is not set, and its ``purpose`` ("‘crm’ logs in with").
            ToolError: AWS does not return a value.
        """
        references = list(references)
        absent = self.missing(references)
        if absent:
            many = len(absent) > 1
            raise Missing(
                f"The environment variable{'s' if many else ''} {' and '.join(absent)}, which {purpose}, "
                f"{'are' if many else 'is'} not set. Nothing was sent."
            )
        stale = {stored: one for stored, one in _stored(references).items() if self._stale(stored)}
        if stale:
            await asyncio.gather(*(self._read(*one) for one in stale.items()))
        for one in references:
            self._value(one)

    def _stale(self, stored: _Stored) -> bool:
        kept = self._kept.get(stored)
        return kept is None or time.monotonic() - kept[0] > LIFETIME

    def _begin(self, stored: _Stored) -> Future[str]:
        future = self._reading.get(stored)
        if future is None:
            future = self._reading[stored] = begin_reading(stored, self.region)
        return future

    async def _read(self, stored: _Stored, reference: Reference) -> None:
        from adaptgen.runtime.aws.errors import AwsError

        future = self._begin(stored)
        try:
            text = await asyncio.shield(asyncio.wrap_future(future))
        except AwsError as problem:
            raise ToolError(f"AWS does not return {reference}: {problem.code or problem}.") from None
        finally:
            if future.done() and self._reading.get(stored) is future:
                del self._reading[stored]
        self._kept[stored] = (time.monotonic(), text)
        self._picked.clear()

    def forget(self) -> bool:
        """Ask AWS again at the next :meth:`prepare`; False if nothing was kept."""
        kept = bool(self._kept)
        self._kept.clear()
        self._reading.clear()
        self._picked.clear()
        return kept

    def resolve(self, reference: Reference) -> str:
        """The value of a prepared reference, without the white space that files and shells add at its ends.

        Raises:
            Missing: it is not set.
        """
        if reference.kind == "env":
            value = self._environ.get(reference.name)
            if not value:
                raise Missing(f"The environment variable {reference.name} is not set.")
            return value.strip()
        if _place(reference) not in self._kept:
            raise ToolError(f"{reference} is not available.")
        return self._value(reference).strip()

    def fingerprint(self, references: Iterable[Reference]) -> str:
        """A hash of what the references stand for, to notice that a credential was changed."""
        hashed = hashlib.sha256()
        for one in sorted(set(references), key=str):
            hashed.update(f"{one}\0{self._value(one)}\0".encode())
        return hashed.hexdigest()

    def values(self, references: Iterable[Reference]) -> list[str]:
        """The values behind ``references`` that are known now, for scrubbing."""
        return [value.strip() for one in references if (value := self._value(one))]

    def _value(self, reference: Reference) -> str:
        """The value that is known now; "" for none."""
        if reference.kind == "env":
            return self._environ.get(reference.name, "")
        value = self._picked.get(reference)
        if value is None:
            kept = self._kept.get(_place(reference))
            if kept is None:
                return ""
            value = self._picked[reference] = pick(reference, kept[1])
        return value


def _place(reference: Reference) -> _Stored:
    return reference.kind, stored_name(reference)


def _stored(references: Iterable[Reference]) -> dict[_Stored, Reference]:
    """The secrets and parameters that these references name, each once, and one that names it."""
    return {_place(one): one for one in references if one.kind != "env"}


def begin_reading(stored: _Stored, region: str) -> Future[str]:
    """Begin to read a secret or a parameter."""
    from adaptgen.runtime.aws import background

    return background.start(lambda: background.read_stored(*stored, region))


def stored_name(reference: Reference) -> str:
    """The name under which AWS keeps the value of a reference: of ``name#key``, the part before ``#``."""
    return reference.name if reference.kind == "ssm" else reference.name.partition("#")[0]


def pick(reference: Reference, text: str) -> str:
    """What ``reference`` stands for in the ``text`` of its secret: all of it, or the member after ``#``.

    Raises:
        ToolError: the secret has no member of this name; nothing of the secret is shown.
    """
    key = "" if reference.kind == "ssm" else reference.name.partition("#")[2]
    if not key:
        return text
    try:
        member = json.loads(text)[key]
    except (ValueError, KeyError, TypeError):
        raise ToolError(f"{reference}: the secret is not a JSON object with the key {key!r}.") from None
    return member if isinstance(member, str) else json.dumps(member)
