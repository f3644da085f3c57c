"""JSON Pointers (RFC 6901) and their form in a URL fragment (``#/paths/~1pets/get``)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

# No "-1", no "+1", no "01" (RFC 6901, section 4).
_INDEX = re.compile(r"0|[1-9][0-9]{0,8}", re.ASCII)


def join(*tokens: str | int) -> str:
    """``#`` followed by the escaped tokens: ``join("paths", "/pets", "get")`` is ``#/paths/~1pets/get``."""
    return "#" + "".join(f"/{escape(str(token))}" for token in tokens)


def escape(token: str) -> str:
    """One token as it stands in a pointer. No percent-encoding: pointers of this project are read by people."""
    return token.replace("~", "~0").replace("/", "~1")


def split(pointer: str) -> list[str]:
    """The tokens of a pointer, with or without ``#``; not percent-decoded.

    Raises:
        LookupError: if the pointer is neither empty nor begins with a slash (an anchor, RFC 6901 section 3).
    """
    text = pointer.removeprefix("#")
    if not text:
        return []
    if text[0] != "/":
        raise LookupError(f"{pointer!r} is no JSON Pointer")
    return [token.replace("~1", "/").replace("~0", "~") if "~" in token else token for token in text[1:].split("/")]


def follow(root: Any, tokens: Iterable[str]) -> Any:
    """The value at ``tokens``. A token that is no key as written is tried percent-decoded (RFC 6901, section 6).

    Raises:
        LookupError: if there is none.
    """
    here = root
    for token in tokens:
        if isinstance(here, dict):
            here = here[token] if token in here else here[_decoded(token)]
        elif isinstance(here, list):
            if not _INDEX.fullmatch(token):
                raise LookupError(token)
            here = here[int(token)]
        else:
            raise LookupError(token)
    return here


def _decoded(token: str) -> str:
    text = unquote(token)
    # %7E1 is an escaped slash once the percent-encoding is taken off.
    return text.replace("~1", "/").replace("~0", "~") if "~" in text and "%7e" in token.lower() else text


CHAIN = 64
"""How many references may lead to one another before the chain counts as endless."""


def resolve(root: Any, pointer: str) -> Any:
    """The value at a pointer; a pointer that goes *through* references follows them.

    Raises:
        LookupError: if there is none, or the references on the way have no end.
    """
    try:
        return follow(root, split(pointer))
    except LookupError:
        return _through(root, pointer, [CHAIN])


def _through(root: Any, pointer: str, budget: list[int]) -> Any:
    here = root
    for token in split(pointer):
        while True:
            try:
                here = follow(here, [token])
                break
            except LookupError:
                ref = here.get("$ref") if isinstance(here, dict) else None
                if not isinstance(ref, str) or not ref.startswith("#") or budget[0] <= 0:
                    raise
                budget[0] -= 1
                here = _through(root, ref, budget)
    return here


def endless(root: Any, refs: Iterable[str]) -> set[str]:
    """The references whose chain comes back to itself. Every chain is followed once, however many lead into it."""
    known: dict[str, bool] = {}
    for ref in refs:
        trail: dict[str, None] = {}
        while ref not in known and ref not in trail:
            trail[ref] = None
            following = _following(root, ref)
            if following is None:
                known[ref] = False
                break
            ref = following
        # The chain ends in what is known, or in itself.
        known.update(dict.fromkeys(trail, known.get(ref, True)))
    return {ref for ref, it_is in known.items() if it_is}


def _following(root: Any, ref: str) -> str | None:
    """The reference that stands where ``ref`` leads."""
    try:
        node = resolve(root, ref)
    except LookupError:
        return None
    following = node.get("$ref") if isinstance(node, dict) else None
    return following if isinstance(following, str) and following.startswith("#") else None
