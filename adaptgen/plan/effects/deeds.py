"""What a write does to its record: the one judgement that names, texts, merges and annotations read.

The first verb of the summary and a 201 say more than the method: there are APIs whose PUT creates and whose POST
updates.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from adaptgen.plan.document.operation_words import read_words
from adaptgen.plan.effects.verbs import (
    ACTS,
    ANYWHERE,
    CALLER,
    CHANGE,
    CHANGES_RECORD,
    DELETE,
    HOLDERS,
    MAKES,
    SEEN,
    THIRD,
    WEAK,
)
from adaptgen.syntax.identifiers import words

if TYPE_CHECKING:
    from adaptgen.plan.document.reader import Operation

Deed = Literal["create", "update", "act", ""]
"""``act``: its verb neither makes nor changes a whole record; "": no word says what it does."""

_KEEPS_REST = re.compile(
    r"(?i)\bpartial(?:ly)?\b|\b(?:left|leaves?|remains?|stays?|keeps?|kept|be)\s+(?:as\s+is|unchanged|untouched|intact)\b"
    r"|\bwill\s+not\s+be\s+(?:changed|modified|touched|affected)\b"
)
_ACTS = (CHANGE | DELETE | WEAK | ACTS | ANYWHERE) - MAKES - CHANGES_RECORD


def find_deed(operation: Operation) -> Deed:
    """What the words of ``operation`` and its status codes say that it does."""
    if operation.method not in ("POST", "PUT") or is_upsert(operation):
        return ""
    said = read_words(operation)
    told, named = _deed_of(said.summary), _deed_of(said.name)
    successes = {response.status for response in operation.responses if response.status[:1] == "2"}
    if told and named and told != named and "act" not in (told, named):
        # The document contradicts itself.
        return "create" if successes == {"201"} else ""
    if deed := told or named or (_deed_of(said.tells) if not said.summary else ""):
        return deed
    return "create" if successes == {"201"} else ""


def _deed_of(spoken: tuple[str, ...]) -> Deed:
    if not spoken:
        return ""
    if spoken[0] in MAKES:
        return "create"
    if spoken[0] in CHANGES_RECORD:
        return "update"
    if spoken[0] in _ACTS - THIRD or (spoken[0] in THIRD and spoken[1:]):
        return "act"
    # "Password change", "Profile update"
    ends_in_change = 1 < len(spoken) < 5 and spoken[-1] in {"update", "change", "modification"}
    return "update" if ends_in_change else ""


def is_upsert(operation: Operation) -> bool:
    """Whether the document says in its words that a write creates what it does not find: ``upsert``, ``create or
    update``, ``createOrReplace``, ``updates/creates``."""
    return any(_says_upsert(text) for text in (operation.id or "", operation.summary, operation.description))


def _says_upsert(text: str) -> bool:
    spoken = words(text[:2000])
    if "upsert" in spoken or "upserts" in spoken:
        return True
    for at, word in enumerate(spoken):
        if word in MAKES | CHANGES_RECORD:
            near = spoken[at + 1 : at + 4]
            wanted = CHANGES_RECORD if word in MAKES else MAKES
            joined = "or" in near or ("/" in text and len(near) > 0 and near[0] in wanted)
            if joined and any(other in wanted for other in near):
                return True
    return False


def keeps_rest(operation: Operation) -> bool:
    """Whether the document says that what is not given stays as it is."""
    return _KEEPS_REST.search(f"{operation.summary}\n{operation.description}") is not None


def marks_as(operation: Operation) -> str:
    """``read`` of ``POST /tasks/{id}/read``, which marks the task instead of reading it; "" elsewhere."""
    last = read_words(operation).last
    marks = operation.method in ("POST", "PUT", "PATCH") and len(last) == 1 and last[0] in SEEN | {"unread"}
    return last[0] if marks else ""


def tell_target(operation: Operation) -> str:
    """Whose record a DELETE without arguments deletes."""
    path = [word for part in operation.path.split("/") if "{" not in part for word in words(part)]
    if set(path) & (CALLER | HOLDERS) or set(read_words(operation).summary) & CALLER:
        return "It takes no arguments: what it deletes belongs to the caller."
    return f"It takes no arguments: what it deletes is `{operation.path}`." if path else ""
