"""The secret stores of a stage: what is there, what is missing, and keys made for what is missing.

A value that is there is never replaced. No value is printed, logged or part of an error; errors name the secret, its
member and the code of AWS.
"""

from __future__ import annotations

import json
import shlex
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from adaptgen.diagnostics import AdaptgenError, Diagnostic, error
from adaptgen.govern.settings.keys import check_key, new_key
from adaptgen.model.frozen import value
from adaptgen.runtime.aws import clients as aws
from adaptgen.ship.fleet.needed_secrets import NeededSecret

_NOT_FOUND = frozenset(("ResourceNotFoundException", "ParameterNotFound"))
_DENIED = frozenset(("AccessDeniedException", "AccessDenied"))
_THERE = frozenset(("ResourceExistsException", "ParameterAlreadyExists"))
_CHANGED = frozenset(("InvalidParameterException", "ResourceNotFoundException", "InvalidRequestException"))
"""Codes of AWS where the current version is not the one that was read, or the new one is gone."""
_NEXT = "ADAPTGEN_NEXT"
"""The label of a version that is not current yet. One label: the version of a run that was interrupted loses it."""
_ATTEMPTS = 5


@value()
class SecretReport:
    """``keys``: missing ones that adaptgen makes. ``credentials``: missing ones that people know. ``unread``: what
    cannot be checked, because this caller may not read it."""

    keys: tuple[NeededSecret, ...] = ()
    credentials: tuple[NeededSecret, ...] = ()
    unread: tuple[NeededSecret, ...] = ()


class SecretStore:
    """Secrets Manager and the Parameter Store of one account and region."""

    def __init__(
        self, secrets: Any, parameters: Any, *, kms_key: str = "", tags: Mapping[str, str] | None = None
    ) -> None:
        """``secrets``, ``parameters``: clients of ``secretsmanager`` and ``ssm``. ``kms_key``: encrypts what is made
        here, "" for the key of AWS."""
        self._secrets = secrets
        self._parameters = parameters
        self._kms_key = kms_key
        self._tags = [{"Key": name, "Value": text} for name, text in sorted((tags or {}).items())]

    def __repr__(self) -> str:
        return "SecretStore()"

    def check(self, needed: Iterable[NeededSecret]) -> SecretReport:
        """What of ``needed`` is missing. AG118 for keys of a wrong form, every one at once; AG093 where AWS cannot be
        asked."""
        keys: list[NeededSecret] = []
        credentials: list[NeededSecret] = []
        unread: list[NeededSecret] = []
        errors: list[Diagnostic] = []
        for (store, name), group in _grouped(needed):
            try:
                found = self._read(store, name)
            except _Unreadable:
                unread += group
                continue
            for one in group:
                try:
                    text = _value_of(one, found[0] if found else None)
                    if text is not None and one.key:
                        check_key(one.key, text)
                except ValueError as why:
                    errors.append(Diagnostic("AG118", f"{one.shown}: {why}", one.where, _replace(one)))
                    continue
                if text is None:
                    (keys if one.key else credentials).append(one)
        if errors:
            raise AdaptgenError(*errors)
        return SecretReport(tuple(keys), tuple(credentials), tuple(unread))

    def read(self, one: NeededSecret) -> str:
        """Its value. AG118 where it is missing or may not be read."""
        try:
            found = self._read(one.store, one.name)
        except _Unreadable:
            help = f"permit {'ssm:GetParameter' if one.store == 'ssm' else 'secretsmanager:GetSecretValue'} on it"
            raise error("AG118", f"{one.shown} may not be read by who deploys", one.where, help) from None
        try:
            text = _value_of(one, found[0] if found else None)
        except ValueError as why:
            raise error("AG118", f"{one.shown}: {why}", one.where) from None
        if text is None:
            raise error("AG118", f"{one.shown} is missing", one.where)
        return text

    def make_keys(self, missing: Iterable[NeededSecret], say: Callable[[str], None]) -> None:
        """Make every key of ``missing``; one that somebody else made in the meantime stays. ``say`` gets their names.

        Interrupted at any point, it can be called again.
        """
        for (store, name), group in _grouped(missing):
            made = self._add(store, name, {one: new_key(one.key).strip() for one in group})
            for one in made:
                say(f"made the key {one.shown}")

    def put_credentials(self, values: Mapping[NeededSecret, str], say: Callable[[str], None]) -> None:
        """Write what a person has typed, where there is still no value."""
        for (store, name), group in _grouped(values):
            for one in self._add(store, name, {one: values[one] for one in group}):
                say(f"wrote {one.shown}")

    # ------------------------------------------------------------------------------------------------------ inside

    def _read(self, store: str, name: str) -> tuple[str, str] | None:
        """Text and version of a secret; None where it does not exist."""
        try:
            if store == "ssm":
                found = aws.call(self._parameters, "get_parameter", Name=name, WithDecryption=True)["Parameter"]
                return str(found["Value"]), ""
            found = aws.call(self._secrets, "get_secret_value", SecretId=name, VersionStage="AWSCURRENT")
        except aws.AwsError as why:
            if why.code in _NOT_FOUND:
                return None
            if why.code in _DENIED:
                raise _Unreadable from None
            if why.code == "InvalidRequestException":
                help = f"aws secretsmanager restore-secret --secret-id {shlex.quote(name)}, or wait until it is deleted"
                raise error("AG118", f"{name} is to be deleted, and cannot be read", help=help) from None
            raise error("AG093", f"{name}: {why}") from None
        text = found.get("SecretString")
        if text is None:
            raise error("AG118", f"{name} is binary, and a text is needed", help="store it as SecretString")
        return str(text), str(found.get("VersionId", ""))

    def _add(self, store: str, name: str, values: Mapping[NeededSecret, str]) -> list[NeededSecret]:
        """Add values to one secret; those that were written."""
        for _ in range(_ATTEMPTS):
            try:
                found = self._read(store, name)
                text = found[0] if found else None
                missing = {one: made for one, made in values.items() if _value_of(one, text) is None}
                if not missing:
                    return []
                if self._write(store, name, found, missing):
                    return list(missing)
            except _Unreadable:
                raise error("AG118", f"{name} may not be read, so nothing can be added to it",
                            help="permit secretsmanager:GetSecretValue on it") from None  # fmt: skip
        raise error("AG118", f"{name} is changed by others all the time", help="deploy again")

    def _write(self, store: str, name: str, found: tuple[str, str] | None, missing: Mapping[NeededSecret, str]) -> bool:
        """Whether it was written; False where the secret is no longer as it was found."""
        (whole, *_) = missing.values()
        if store == "ssm":
            return self._call(
                self._parameters, "put_parameter", name, _THERE, Name=name, Value=whole, Type="SecureString",
                Overwrite=False, Tags=self._tags, **({"KeyId": self._kms_key} if self._kms_key else {}),
            )  # fmt: skip
        if any(one.member for one in missing):
            members = json.loads(found[0]) if found else {}
            whole = json.dumps(members | {one.member: made for one, made in missing.items()})
        if found is None:
            encrypted = {"KmsKeyId": self._kms_key} if self._kms_key else {}
            # A name that exists is refused: nothing is overwritten.
            made = self._call(
                self._secrets, "create_secret", name, _THERE, Name=name, SecretString=whole, Tags=self._tags,
                Description="Made by adaptgen deploy", **encrypted,
            )  # fmt: skip
            # The name may exist without a value: Terraform makes such secrets.
            return made or (self._read(store, name) is None and self._add_version(name, whole, ""))
        return self._add_version(name, whole, found[1])

    def _add_version(self, name: str, text: str, current: str) -> bool:
        """Add a version, and make it the current one in the place of ``current`` ("": no version is current). Whether
        it was done; False where another version is current by now: that one stays."""
        version = str(uuid.uuid4())
        self._call(
            self._secrets, "put_secret_value", name, frozenset(), SecretId=name, ClientRequestToken=version,
            SecretString=text, VersionStages=[_NEXT],
        )  # fmt: skip
        if not current and self._is_current(name, version):
            return True  # AWS makes the first version of a secret the current one
        # AWS moves the label only from the version that was read, and gives it without one only where nobody has it.
        # A change in between is not overwritten.
        return self._call(
            self._secrets, "update_secret_version_stage", name, _CHANGED, SecretId=name, VersionStage="AWSCURRENT",
            MoveToVersionId=version, **({"RemoveFromVersionId": current} if current else {}),
        )  # fmt: skip

    def _is_current(self, name: str, version: str) -> bool:
        found = self._read("secret", name)
        return found is not None and found[1] == version

    def _call(self, client: Any, operation: str, name: str, expected: frozenset[str], **arguments: Any) -> bool:
        """Whether AWS did it; False for the codes ``expected``."""
        try:
            aws.call(client, operation, **arguments)
        except aws.AwsError as why:
            if why.code in expected:
                return False
            raise error("AG093", f"{name}: {why}", help=_PERMISSIONS) from None
        return True


class _Unreadable(Exception):
    """This caller may not read it."""


_PERMISSIONS = (
    "who deploys needs secretsmanager:GetSecretValue, CreateSecret, PutSecretValue, UpdateSecretVersionStage and "
    "TagResource, and kms:GenerateDataKey and kms:Decrypt for a key of your own"
)


def explain_missing(credentials: Sequence[NeededSecret], region: str) -> list[str]:
    """For each secret without its credentials: the command that sets it. The value is read from standard input, so
    that it is in no history of a shell."""
    lines = []
    for (store, name), group in _grouped(credentials):
        quoted = shlex.quote(name)
        what = ", ".join(one.member or "the whole text" for one in group)
        if store == "ssm":
            command = f"aws ssm put-parameter --type SecureString --name {quoted} --value file:///dev/stdin"
        else:
            command = f"aws secretsmanager create-secret --name {quoted} --secret-string file:///dev/stdin"
        more = (
            f" (all of its members with put-secret-value --secret-id {quoted}, if it exists)"
            if store == "secret"
            else ""
        )
        lines.append(f"{name} ({what}): {command} --region {region}{more}")
    return lines


def _grouped(needed: Iterable[NeededSecret]) -> list[tuple[tuple[str, str], list[NeededSecret]]]:
    def place(one: NeededSecret) -> tuple[str, str]:
        return one.store, one.name

    return [(at, list(group)) for at, group in groupby(sorted(needed, key=place), key=place)]


def _value_of(one: NeededSecret, text: str | None) -> str | None:
    """The value in the text of its secret; None where it is missing. ValueError, without any part of the text, where
    the secret cannot hold it."""
    if text is None or not one.member:
        return text or None
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ValueError("the secret is not a JSON object, so it has no members")
    member = found.get(one.member)
    if member is None or member == "":
        return None
    return member if isinstance(member, str) else json.dumps(member)


def _replace(one: NeededSecret) -> str:
    return f"correct {one.shown} by hand: a value that is there is never replaced" if one.key else ""
