"""What a server or a proxy reads from secret stores: keys that adaptgen can make, and credentials that people know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import field, replace

from adaptgen.diagnostics import AdaptgenError, Diagnostic, Where
from adaptgen.govern.settings.model import Keys, Settings
from adaptgen.model.frozen import value
from adaptgen.ship.bundles.shipment import NOT_TEMPLATES, Deployable
from adaptgen.syntax.templates import Reference, TemplateError, parse, references_in

_PAIRS = ("handover", "checkpoints")
"""Keys with a form of their own; all others are 32 random bytes and can share one."""


@value()
class NeededSecret:
    """One value of a secret store. ``store``: ``secret`` or ``ssm``. ``member``: of the JSON object that the secret
    ``name`` holds; "" where its whole text is the value. ``key``: which key of the settings it is (``cursors``, …), ""
    for a credential. ``readers``: the servers that read it."""

    store: str
    name: str
    member: str
    key: str
    readers: tuple[str, ...]
    where: Where | None = field(default=None, compare=False)

    @property
    def shown(self) -> str:
        """As settings refer to it."""
        return f"{self.name}#{self.member}" if self.member else self.name


def find_needed(deployables: Iterable[Deployable]) -> tuple[NeededSecret, ...]:
    """Everything that they read, each once, ordered by its name.

    Raises:
        AdaptgenError: AG118 for a value that is to be two different things.
    """
    found: dict[tuple[str, str, str], NeededSecret] = {}
    errors: list[Diagnostic] = []
    for deployable in deployables:
        for needed in _of(deployable):
            at = (needed.store, needed.name, needed.member)
            known = found.get(at)
            if known is None:
                found[at] = needed
                continue
            if _form(known.key) != _form(needed.key):
                message = f"{needed.shown} is {_noun(known.key)} and also {_noun(needed.key)}"
                errors.append(Diagnostic("AG118", message, needed.where or known.where, "use two different names"))
            readers = known.readers if set(needed.readers) <= set(known.readers) else (*known.readers, *needed.readers)
            found[at] = replace(known, readers=readers)
    for one in found.values():
        if one.key and not one.member and any(n == one.name and m for _, n, m in found):
            message = f"{one.name} is the key {one.key} as a whole, and an object of several values"
            errors.append(Diagnostic("AG118", message, one.where, f'"${{secret:{one.name}#{one.key}}}"'))
    if errors:
        raise AdaptgenError(*errors)
    return tuple(found[at] for at in sorted(found))


def key_templates(settings: Settings) -> Iterator[tuple[str, str, Where | None]]:
    """Every key that the settings name: its kind (``tokens``, ``cursors``, …), its template and its place."""
    keys = settings.keys
    for identity, template in keys.tokens.all.items() if keys.tokens is not None else ():
        yield "tokens", template, settings.where("keys", "tokens", "all", identity)
    for name in ("surrogates", "cursors", "handover", "audit", "checkpoints", "pins"):
        if template := getattr(keys, name):
            yield name, template, settings.where("keys", name)


def handover_reference(settings: Settings) -> Reference | None:
    """Where the key is with which a proxy signs identities; None where it is not one value of a secret store."""
    found = _only(settings.keys.handover)
    return found if found is not None and found.kind != "env" else None


def _of(one: Deployable) -> Iterator[NeededSecret]:
    settings = one.settings
    for name, template, where in key_templates(settings):
        reference = _only(template)
        if reference is not None and reference.kind != "env":
            yield _needed(reference, name, one.name, where)
            continue
        # Parts of a template cannot be made: nobody knows how they are divided.
        for part in references_in(template):
            if part.kind != "env":
                yield _needed(part, "", one.name, where)
    rest = replace(settings, keys=Keys())
    for part in (*references_in(rest, NOT_TEMPLATES), *references_in(one.server, NOT_TEMPLATES)):
        if part.kind != "env":
            yield _needed(part, "", one.name, None)


def _needed(reference: Reference, key: str, reader: str, where: Where | None) -> NeededSecret:
    name, _, member = reference.name.partition("#") if reference.kind == "secret" else (reference.name, "", "")
    return NeededSecret(reference.kind, name, member, key, (reader,), where)


def _only(template: str) -> Reference | None:
    """The reference that a template consists of; None for any other."""
    try:
        parts = parse(template)
    except TemplateError:
        return None
    part = parts[0] if len(parts) == 1 else None
    return part if isinstance(part, Reference) else None


def _form(key: str) -> str:
    return key if key in ("", *_PAIRS) else "symmetric"


def _noun(key: str) -> str:
    return f"the key {key}" if key else "a credential"
