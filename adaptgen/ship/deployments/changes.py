"""What a change set would do, property by property, without the value of any secret."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, overload

from adaptgen.model.frozen import value
from adaptgen.pii.secret_formats import find_secrets
from adaptgen.ship.deployments.calls import printable
from adaptgen.ship.stack.resolving import resolve

HOLDS_DATA: Final = frozenset({
    "AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable", "AWS::Logs::LogGroup", "AWS::S3::Bucket", "AWS::KMS::Key",
    "AWS::SecretsManager::Secret", "AWS::SSM::Parameter", "AWS::SQS::Queue", "AWS::Cognito::UserPool",
    "AWS::ElastiCache::ReplicationGroup", "AWS::ElastiCache::ServerlessCache", "AWS::EFS::FileSystem",
    "AWS::RDS::DBInstance", "AWS::RDS::DBCluster",
})  # fmt: skip
"""Resources whose replacement begins without what they hold."""

HIDDEN: Final = "(hidden)"
_SECRET_NAME = re.compile(r"PASSWORD|PASSPHRASE|SECRET|TOKEN|KEY|CREDENTIAL|DSN", re.IGNORECASE)
_MARK = "\ue0f0"
"""A character for private use, which JSON does not escape."""
_REPLACED = {"True": "replaced", "Conditional": "perhaps replaced"}
_RECREATES = {"Always": "replaces", "Conditionally": "perhaps replaces"}


@value()
class PropertyChange:
    """``before`` and ``after``: None for no value, ``(hidden)`` for a secret. ``replaces``: ``replaces`` or
    ``perhaps replaces`` where this property makes the resource anew."""

    path: str
    before: str | None
    after: str | None
    replaces: str = ""


@value()
class Change:
    """One resource of a change set: ``action`` is ``Add``, ``Modify``, ``Remove`` and others of AWS; ``replaced``:
    ``replaced`` or ``perhaps replaced``, where it is made anew. ``kept``: AWS keeps the old one."""

    action: str
    name: str
    type: str
    replaced: str = ""
    properties: tuple[PropertyChange, ...] = ()
    kept: bool = False

    @property
    def loses_data(self) -> bool:
        """Whether what it holds is no longer used by the stack, or gone."""
        return self.type in HOLDS_DATA and (bool(self.replaced) or self.action == "Remove")


@dataclass(frozen=True, eq=True)
class Review(Sequence[Change]):
    """What is shown before it is carried out: a sequence of changes. ``parameters`` and ``tags``: those that change;
    ``after`` is None for one that is removed. ``notes``: lines for people."""

    changes: tuple[Change, ...] = ()
    parameters: tuple[PropertyChange, ...] = ()
    tags: tuple[PropertyChange, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def losing(self) -> tuple[Change, ...]:
        """The changes after which data is no longer there."""
        return tuple(one for one in self.changes if one.loses_data)

    @overload
    def __getitem__(self, index: int) -> Change: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Change]: ...
    def __getitem__(self, index: int | slice) -> Change | Sequence[Change]:
        return self.changes[index]

    def __len__(self) -> int:
        return len(self.changes)


def secret_mark(digest: str) -> str:
    """What takes the place of a secret in values that are compared."""
    return f"{_MARK}{digest}{_MARK}"


def resolved(template: Mapping[str, Any], values: Mapping[str, str]) -> Mapping[str, Mapping[str, Any]]:
    """The resources of a template with ``values``; none of one that adaptgen did not make."""
    try:
        return resolve(template, values)
    except (LookupError, TypeError, ValueError, AttributeError):
        return {}


def read_changes(
    said: Iterable[Mapping[str, Any]],
    before: Mapping[str, Mapping[str, Any]],
    after: Mapping[str, Mapping[str, Any]],
    secrets: Sequence[str] = (),
) -> list[Change]:
    """The changes that AWS announces. ``before`` and ``after``: the resolved resources of the old and the new template,
    which are compared where AWS does not say what changes in a resource. ``secrets``: values that are never shown."""
    found = []
    for one in said:
        change = one.get("ResourceChange")
        if change is None:
            continue
        name = change["LogicalResourceId"]
        told = list(_told(change, secrets))
        if not told and change["Action"] == "Modify":
            pair = before.get(name, {}).get("Properties", {}), after.get(name, {}).get("Properties", {})
            told = list(_differences(*pair, "", secrets))
        found.append(
            Change(
                change["Action"],
                name,
                change["ResourceType"],
                _REPLACED.get(change.get("Replacement", ""), ""),
                tuple(told),
                change.get("PolicyAction", "") in ("Retain", "ReplaceAndRetain"),
            )
        )
    return found


def changed_texts(
    before: Mapping[str, str], after: Mapping[str, str], hidden: Iterable[str] = ()
) -> tuple[PropertyChange, ...]:
    """The entries that differ, by name; the values of ``hidden`` names are not shown."""
    unseen = frozenset(hidden)
    found = []
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if old != new:
            first, second = (HIDDEN if name in unseen and one is not None else _shown(one, name, ())
                             for one in (old, new))  # fmt: skip
            found.append(PropertyChange(name, first, second))
    return tuple(found)


def _told(change: Mapping[str, Any], secrets: Sequence[str]) -> Iterator[PropertyChange]:
    """What AWS says itself; nothing where it names no paths. It repeats a path for each cause."""
    found: dict[str, PropertyChange] = {}
    for detail in change.get("Details", ()):
        target = detail.get("Target", {})
        path = _dotted(target.get("Path", ""))
        if not path:
            continue
        before, after = (_shown(target.get(key), path, secrets) for key in ("BeforeValue", "AfterValue"))
        if path in found and before is None and after is None:
            continue
        found[path] = PropertyChange(path, before, after, _RECREATES.get(target.get("RequiresRecreation", ""), ""))
    yield from found.values()


def _dotted(pointer: str) -> str:
    parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.strip("/").split("/")]
    return ".".join(parts[1:] if parts[0] == "Properties" else parts)


def _differences(old: Any, new: Any, path: str, secrets: Sequence[str]) -> Iterator[PropertyChange]:
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            yield from _differences(old.get(key), new.get(key), f"{path}.{key}" if path else key, secrets)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for at, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _differences(one, other, f"{path}.{at}", secrets)
    else:
        yield PropertyChange(path, _shown(old, path, secrets), _shown(new, path, secrets))


def _has(text: str, secret: str) -> bool:
    # A secret of a few letters is part of many texts.
    return bool(secret) and (text == secret or (len(secret) >= 6 and secret in text))


def _shown(written: Any, path: str, secrets: Sequence[str]) -> str | None:
    """A value as one line, None for none; secrets are hidden by name, by form, by value, and where AWS hides them."""
    if written is None:
        return None
    text = written if isinstance(written, str) else json.dumps(written, ensure_ascii=False, sort_keys=True)
    if _MARK in text or "****" in text or any(_has(text, one) for one in secrets):
        return HIDDEN
    variable = path.rpartition("Environment.Variables.")[2] if "Environment.Variables." in path else ""
    if (variable and _SECRET_NAME.search(variable)) or find_secrets(text):
        return HIDDEN
    line = printable(text)
    return line if len(line) <= 400 else f"{line[:399]}…"
