"""What a call does to the service: read, write or delete (RFC 9110, 9.2.1, and what people do instead).

A safe method may still change things in a legacy API (``GET /cancel``), and a POST may only search. Both need
evidence, and where it is thin the call counts as a write: taking a write for a read is the error that harms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from adaptgen.model import Effect
from adaptgen.planned import Evidence
from adaptgen.words import vocabulary, words

if TYPE_CHECKING:
    from adaptgen.plan.operations import Operation
    from adaptgen.source.hints import ToolHint

_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_DELETE = vocabulary("delete remove destroy purge erase deletes removes destroys")
# Verbs that are hardly ever nouns; the second set counts only where nothing says that the call reads.
_CHANGE = vocabulary(
    "create creates add adds insert insert update updates modify modifies edit save saves set sets reset resets "
    "replace send sends submit submits cancel cancels approve approves reject rejects confirm confirms activate "
    "activates deactivate deactivates enable enables disable disables revoke revokes restore restores archive "
    "archives unarchive publish publishes unpublish subscribe unsubscribe logout signout unlink unassign assign "
    "assigns attach detach restart reboot terminate invoke trigger triggers execute executes regenerate rotate "
    "increment decrement mark unmark lock unlock suspend resume register unregister deregister invite accept "
    "decline expire ban unban mute unmute follow unfollow destroy clear clears flush rename move merge upgrade "
    "downgrade install uninstall charge refund"
)
_THIRD = frozenset(word for word in _CHANGE | _DELETE if word.endswith("s"))  # in a path these are nouns
_WEAK = vocabulary("run runs start starts stop stops post posts request sync pay pin unpin vote rate like apply")
_READ = vocabulary(
    "get gets list lists read reads fetch fetches retrieve retrieves return returns show shows find finds search "
    "searches query queries lookup view views describe describes count counts check checks download downloads "
    "export exports index browse display provides provide obtain obtains this gives give is has exists "
    "information details gettext see select filter"
)
_SEARCH_PATH = vocabulary("search find filter lookup query")
_SEARCH_VERB = vocabulary(
    "search searches find finds query queries filter filters lookup list lists get gets retrieve retrieves return "
    "returns fetch fetches"
)


def find_effect(
    operation: Operation, hint: ToolHint | None = None, *, answers_list: bool = False
) -> tuple[Effect, Evidence]:
    """The effect of ``operation`` and why. ``answers_list``: its declared answer is a list of records, the second
    half of the evidence that a POST only reads."""
    hinted = hint.effect if hint is not None else None
    if hinted in {"read", "write", "delete"}:
        return hinted, _evidence(operation, hinted, "the hints say so")
    effect, because = _inferred(operation, answers_list)
    return effect, _evidence(operation, effect, because)


def _inferred(operation: Operation, answers_list: bool) -> tuple[Effect, str]:
    method = operation.method
    if method in _SAFE:
        verb, source = _mutation(operation)
        if verb:
            return ("delete" if verb in _DELETE else "write"), f"{method}, but {source} says {verb!r}"
        return "read", method
    if method == "DELETE":
        return "delete", method
    spoken = words(operation.id or "") or words(operation.summary)
    if method == "POST" and answers_list and _only_searches(operation):
        return "read", "POST that searches: its path and its name say so, and it answers a list"
    for word in (*spoken[:1], *words(_last(operation))[:1]):
        if word in _DELETE:
            return "delete", f"{method}, and its name says {word!r}"
    return "write", method


def _mutation(operation: Operation) -> tuple[str, str]:
    """The verb by which a safe method changes something, and where it stands; empty where there is none."""
    name = words(operation.id or "")
    said = words(operation.summary)
    reads = bool(said and said[0] in _READ) or bool(name and name[0] in _READ)
    strong = _CHANGE | _DELETE
    if name and name[0] in strong and not (said and said[0] in _READ):
        return name[0], "operationId"
    if said and said[0] in strong:
        return said[0], "the summary"
    last = words(_last(operation))
    if last and last[0] in strong - _THIRD and len(last) == 1 and not reads:
        return last[0], "the path"
    if name and said and name[0] in _WEAK and said[0] in _WEAK | strong:
        return name[0], "operationId"
    if last and last[0] in _DELETE - _THIRD and not reads:
        return last[0], "the path"
    return "", ""


def _only_searches(operation: Operation) -> bool:
    last = words(_last(operation))
    verb = words(operation.id or "")[:1] or words(operation.summary)[:1]
    named = bool(last) and (last[0] in _SEARCH_PATH or last[-1] in _SEARCH_PATH)
    searches = bool(verb) and (verb[0] in _SEARCH_VERB or verb[0] in last)
    changes = (set(words(operation.summary)) | set(words(operation.id or ""))) & (_CHANGE | _DELETE)
    return named and searches and not changes


def _last(operation: Operation) -> str:
    """The last literal segment of the path, ``:verb`` suffixes taken for themselves."""
    parts = [part for part in operation.path.split("/") if part and not (part.startswith("{") and part.endswith("}"))]
    return parts[-1].rpartition(":")[2] if parts else ""


def _evidence(operation: Operation, effect: str, because: str) -> Evidence:
    return Evidence(operation.key, "effect", effect, because, operation.pointer)
