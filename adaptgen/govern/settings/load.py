"""``governance.yaml`` from disk or from elsewhere: checked against the table, then made into values."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from adaptgen.config.checker import Checker
from adaptgen.config.types import KeyPath
from adaptgen.diagnostics import AdaptgenError, Where, error
from adaptgen.govern.settings import rules as settings_rules
from adaptgen.govern.settings.kinds import SETTINGS_DIALECT
from adaptgen.govern.settings.model import Settings, Switch
from adaptgen.govern.settings.remote_files import Find, files_next_to
from adaptgen.govern.settings.rules import advice, check_target
from adaptgen.govern.settings.table import SETTINGS, SWITCH, SWITCHED
from adaptgen.text.decode import Limits
from adaptgen.text.files import explain
from adaptgen.text.locations import SourceMap
from adaptgen.text.parse import parse_exactly

__all__ = ["advice", "check_target", "parse", "parse_kill_switch", "parse_switch", "plain", "read"]

MAX_BYTES = 1_000_000
_LIMITS = Limits(depth=41, expanded=20_000)
"""Far above what people write: the settings may come from elsewhere."""


def read(path: Path) -> Settings:
    """The settings in a file, with the policies that it names.

    Raises:
        AdaptgenError: AG001 to AG005 for the text itself, else every error at once with its place: AG070, AG071 for
            references, AG072 for policies, AG073 for keys, AG074 and AG078 for what others can reach.
    """
    try:
        data = path.read_bytes()
    except OSError as why:
        reason, help = explain(path, why)
        raise error("AG001", f"the settings cannot be read: {reason}", Where(path.as_posix()), help) from None
    return parse(data, path.as_posix(), files_next_to(path.parent))


def parse(text: bytes, name: str, policies: Find | None = None) -> Settings:
    """The settings in ``text``: YAML 1.2 or JSON. ``name`` stands for it in errors, which are those of :func:`read`,
    and becomes ``Settings.path``. ``policies`` maps a name in ``authorize.policies`` to its policy files; empty by
    default."""
    raw, places = _parse(text, name)
    if raw is None:
        help = "write adaptgen: 1 and mode: embedded; adaptgen govern init writes settings to begin with"
        raise error("AG070", "the settings are empty", Where(name, 1, 1), help)
    if isinstance(raw, dict) and not {"adaptgen", "mode"} & raw.keys() and {"openapi", "swagger"} & raw.keys():
        help = "name the settings; adaptgen govern init writes some to begin with"
        raise error("AG070", "this is an OpenAPI document, and not governance settings", Where(name, 1, 1), help)
    checker = Checker(places.where, SETTINGS_DIALECT)
    made = checker.read(raw, SETTINGS, ())
    if checker.errors:
        raise AdaptgenError(*checker.errors)
    hooks = made.pop("hooks", {})
    settings = Settings(path=name, where=places.where, **made, **hooks)
    settings_rules.check(settings, raw, checker)
    found: dict[str, str] = {}
    if settings.authorize is not None:
        listed = isinstance(raw["authorize"].get("policies"), list)
        for index, one in enumerate(settings.authorize.policies):
            at: KeyPath = ("authorize", "policies", index) if listed else ("authorize", "policies")
            found |= _policies(one, policies, at, checker)
    if checker.errors:
        raise AdaptgenError(*checker.errors)
    return replace(settings, hash=fingerprint(text, found), policies=dict(sorted(found.items())))


def plain(text: bytes, name: str) -> Any:
    """The value in ``text``, YAML 1.2 or JSON, as JSON has it; nothing is checked but its form (AG002 to AG005)."""
    return _parse(text, name)[0]


def parse_kill_switch(text: bytes, name: str) -> tuple[Switch | None, tuple[str, ...]]:
    """The kill switch and the names of the policies in ``text``, whatever else in it is wrong.

    None where there is no switch that can be understood. A text without the key switches nothing off.
    """
    try:
        raw, places = _parse(text, name)
    except AdaptgenError:
        return None, ()
    if not isinstance(raw, dict):
        return None, ()
    checker = Checker(places.where, SETTINGS_DIALECT)
    found = checker.read(raw.get("switch", {}), SWITCH, ("switch",))
    authorize = raw.get("authorize")
    policies = authorize.get("policies", []) if isinstance(authorize, dict) else []
    names = policies if isinstance(policies, list) else [policies]
    return found, tuple(one for one in names if isinstance(one, str))


def parse_switch(text: bytes, name: str) -> Switch:
    """What the source of a kill switch says: the keys of ``switch`` but ``source`` and ``every``; empty: nothing. Every
    error at its place: AG002 to AG005, AG070."""
    raw, places = _parse(text, name)
    checker = Checker(places.where, SETTINGS_DIALECT)
    found: Switch = checker.read({} if raw is None else raw, SWITCHED, ())
    if checker.errors:
        raise AdaptgenError(*checker.errors)
    return found


def _parse(text: bytes, name: str) -> tuple[Any, SourceMap]:
    return parse_exactly(text, name, MAX_BYTES, _LIMITS)


def _policies(name: str, find: Find | None, at: KeyPath, checker: Checker) -> Mapping[str, str]:
    try:
        if find is None:
            raise FileNotFoundError(2, "these settings have no files next to them")
        found = find(name)
    except (OSError, UnicodeError) as why:
        reason = "not UTF-8" if isinstance(why, UnicodeError) else (why.strerror or type(why).__name__).lower()
        checker.report(
            f"the policies {name!r} cannot be read: {reason}",
            at,
            "name a *.cedar file, or a folder with some, relative to the settings",
            "AG072",
        )
        return {}
    if not found or not any(text.strip() for text in found.values()):
        checker.report(f"no policy found in {name!r}", at, "a folder holds its policies in *.cedar files", "AG072")
    return found


def fingerprint(text: bytes, policies: Mapping[str, str]) -> str:
    """SHA-256, in hex, of the settings and of the policy files in the order of their names."""
    hashed = hashlib.sha256(b"adaptgen settings 1\0")
    for part in (text, *(part.encode() for item in sorted(policies.items()) for part in item)):
        hashed.update(len(part).to_bytes(8, "big"))
        hashed.update(part)
    return hashed.hexdigest()
