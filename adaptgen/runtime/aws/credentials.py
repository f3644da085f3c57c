"""Credentials: what ``${env:…}``, ``${secret:…}`` and ``${ssm:…}`` stand for, looked up at first use, never shown."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Iterable, Mapping

from adaptgen.runtime.core.answer import ToolError
from adaptgen.syntax.templates import Reference

LIFETIME = 300.0
"""Seconds for which a value from AWS is used without asking again."""


class Missing(ToolError):
    """Environment variables are not set."""


class Credentials:
    """Resolves references. Environment variables are read anew each time, values from AWS are kept for a while."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._kept: dict[Reference, tuple[float, str]] = {}

    def __repr__(self) -> str:
        return "Credentials()"

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
        for one in references:
            if one.kind != "env" and self._stale(one):
                from adaptgen.runtime.aws import clients as aws

                self._kept[one] = (time.monotonic(), await asyncio.to_thread(aws.read_reference, one, self._environ))

    def _stale(self, reference: Reference) -> bool:
        kept = self._kept.get(reference)
        return kept is None or time.monotonic() - kept[0] > LIFETIME

    def forget(self) -> bool:
        """Ask AWS again at the next :meth:`prepare`; False if nothing was kept."""
        kept = bool(self._kept)
        self._kept.clear()
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
        if reference not in self._kept:
            raise ToolError(f"{reference} is not available.")
        return self._kept[reference][1].strip()

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
        return self._kept.get(reference, (0.0, ""))[1]
