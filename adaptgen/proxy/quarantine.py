"""What differs between a server and its pins, what is pinned at once, and what is not served until it is accepted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from adaptgen.model.frozen import value
from adaptgen.proxy.pin_store import TOOLS

if TYPE_CHECKING:
    from adaptgen.govern.settings.model import Upstream
    from adaptgen.proxy.pin_store import PinState


@value()
class Comparison:
    """``due``: what is to be pinned as it is now, by kind and name; ``differing``: kind -> names of what has changed,
    or is new and not accepted."""

    due: Mapping[str, Mapping[str, str]]
    differing: Mapping[str, frozenset[str]]


def mode_of(settings: Upstream, kind: str) -> str:
    """What happens to what differs: that which an operator says, and for what our servers add nothing."""
    return (settings.resources if kind in ("resources", "templates") else "") or settings.changed


def compare(now: Mapping[str, Mapping[str, str]], pins: PinState, settings: Upstream, *, ours: bool) -> Comparison:
    """Compare what a server lists (``now``: kind -> name -> hash) with its pins. ``ours``: a generated server."""
    due: dict[str, dict[str, str]] = {}
    differing: dict[str, frozenset[str]] = {}
    for kind, named in now.items():
        if ours and kind != TOOLS:
            continue  # what a server of ours says of itself is trusted
        known, mode = pins.of(kind), mode_of(settings, kind)
        trusted = ours or (known is None and settings.unpinned == "accept")
        changed = {name for name, one in named.items() if known is not None and known.get(name, one) != one}
        new = {name for name in named if name not in (known or {})}
        accepted = named.keys() if mode == "accept" else new if trusted else set()
        due[kind] = {name: named[name] for name in accepted}
        left = (changed | new) - set(accepted)
        if left:
            differing[kind] = frozenset(left)
    return Comparison(due, differing)


def describe(server: str, kind: str, name: str, pins: PinState | None, mode: str) -> str:
    """What differs, as a sentence."""
    served = "is not served" if mode == "quarantine" else "is served"
    if kind == "instructions":
        return f"the instructions of the server {server} have changed since they were pinned, or are new; it {served}"
    known = (pins.of(kind) if pins is not None else None) or {}
    what = "has changed since it was pinned" if name in known else "is new and not accepted"
    return f"the {kind.removesuffix('s')} {name} of the server {server} {what}; it {served}"
