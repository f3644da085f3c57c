"""JSON Pointers (RFC 6901), their form in a URL fragment (``#/paths/~1pets/get``), and patterns of them.

A pattern is a pointer in which ``*`` stands for every member or element; ``~2`` is a literal asterisk.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from adaptgen.model.frozen import lazy

# No "-1", no "+1", no "01" (RFC 6901, section 4).
_INDEX = lazy(r"0|[1-9][0-9]{0,8}", re.ASCII)


def join(*tokens: str | int) -> str:
    """``#`` followed by the escaped tokens: ``join("paths", "/pets", "get")`` is ``#/paths/~1pets/get``."""
    return "#" + "".join(f"/{escape(str(token))}" for token in tokens)


def escape(token: str) -> str:
    """One token as a pointer writes it. No percent-encoding: pointers of this project are read by people."""
    return token.replace("~", "~0").replace("/", "~1") if "~" in token or "/" in token else token


def unescape(token: str) -> str:
    """The key that a token stands for (RFC 6901, section 4)."""
    return token.replace("~1", "/").replace("~0", "~") if "~" in token else token


def split(pointer: str) -> list[str]:
    """The tokens of a pointer, with or without ``#``; not percent-decoded. LookupError for a pointer that neither is
    empty nor begins with a slash (an anchor, RFC 6901 section 3)."""
    text = pointer.removeprefix("#")
    if not text:
        return []
    if text[0] != "/":
        raise LookupError(f"{pointer!r} is not JSON Pointer")
    return [unescape(token) for token in text[1:].split("/")]


def follow(root: Any, tokens: Iterable[str]) -> Any:
    """The value at ``tokens``, else LookupError. A token that is not a key as written is tried percent-decoded (RFC
    6901, section 6)."""
    here = root
    for token in tokens:
        if type(here) is dict or isinstance(here, Mapping):
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
    return unescape(text) if "%7e" in token.lower() else text


def local(root: Any, reference: str) -> Any:
    """What a reference into the same document (``#/$defs/A``) names, None where there is nothing."""
    try:
        return follow(root, split(reference)) if reference.startswith("#/") else None
    except LookupError:
        return None


CHAIN = 64
"""How many references may lead to one another before the chain counts as endless."""


def resolve(root: Any, pointer: str) -> Any:
    """The value at a pointer; a pointer that goes *through* references follows them. LookupError where nothing is
    found, or the references on the way have no end."""
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
    """The reference that ``ref`` leads to."""
    try:
        node = resolve(root, ref)
    except LookupError:
        return None
    following = node.get("$ref") if isinstance(node, dict) else None
    return following if isinstance(following, str) and following.startswith("#") else None


# ---------------------------------------------------------------------------------------------------------- patterns


def escape_key(key: str) -> str:
    """One key as a pattern writes it."""
    return "~2" if key == "*" else escape(key)


def pattern_of(steps: Iterable[str]) -> str:
    """The pattern that goes through ``steps``, of which ``*`` is every member or element."""
    return "".join("/*" if one == "*" else f"/{escape(one)}" for one in steps)


def pattern(text: str) -> tuple[str | None, ...]:
    """The keys of a pattern, None for every member or element. What does not begin with a slash is one key."""
    if not text.startswith("/"):
        return (text,)
    return tuple(None if one == "*" else unescape(one.replace("~2", "*")) for one in text[1:].split("/"))


def matching(value: Any, keys: Sequence[str | None]) -> Iterator[Any]:
    """What ``value`` holds at a pattern. A list that the pattern does not mention is looked into."""
    if not keys:
        yield value
    elif isinstance(value, (list, tuple)):
        if keys[0] is not None and _INDEX.fullmatch(keys[0]):
            yield from matching(value[int(keys[0])], keys[1:]) if int(keys[0]) < len(value) else ()
            return
        for element in value:
            yield from matching(element, keys[1:] if keys[0] is None else keys)
    elif isinstance(value, Mapping):
        inner = value.values() if keys[0] is None else [value[keys[0]]] if keys[0] in value else []
        for member in inner:
            yield from matching(member, keys[1:])
