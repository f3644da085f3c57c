"""Which fields the path of an operation speaks of: those that identify a record, and those that only repeat it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from adaptgen.plan.envelope import ends_in_placeholder, resource_words
from adaptgen.plan.operations import PLACEHOLDER
from adaptgen.words import singular, words

if TYPE_CHECKING:
    from adaptgen.plan.operations import Operation
    from adaptgen.source import Document


def repeats(operation: Operation) -> Callable[[str], bool]:
    """Whether a field says only what the caller gave: all records of ``/dags/{dag_id}/runs`` have the same ``dag_id``
    and ``dag_display_name``. A placeholder that is not called after its collection says nothing about a field."""
    parts = [part for part in operation.path.split("/") if part]
    given: set[tuple[str, ...]] = set()
    for collection, part in pairwise(parts[:-1]):
        above = tuple(map(singular, words(collection)))
        for name in PLACEHOLDER.findall(part):
            if words(name)[:-1] == above and above and above != resource_words(operation):
                given |= {words(name), *((*above, *end) for end in (("name",), ("display", "name"), ("title",)))}
    return lambda path: words(path) in given


def identifying(document: Document, operation: Operation) -> frozenset[str]:
    """Names of fields that identify the records: ``<resource>_id``, and the path parameters of child paths."""
    names: set[str] = set()
    resource = resource_words(operation)
    if resource:
        for end in ("id", "uuid", "guid", "key", "number", "no", "nr", "num", "code", "ref", "slug"):
            names |= {"_".join((*resource, end)), f"{resource[-1]}_{end}"}
    path = operation.path.rstrip("/")
    if ends_in_placeholder(operation):
        names |= set(PLACEHOLDER.findall(path))
    else:
        names |= _children(document).get(path, set())
        # `/analyses/search` answers what `/analyses/{webId}` takes.
        names |= _children(document).get("/".join(resource), set()) if resource else set()
    return frozenset(names)


_CHILDREN: WeakKeyDictionary[Document, dict[str, set[str]]] = WeakKeyDictionary()


def _children(document: Document) -> dict[str, set[str]]:
    """Path, and what its last segment names -> the placeholders that directly follow it in other paths."""
    if document in _CHILDREN:
        return _CHILDREN[document]
    found = _CHILDREN.setdefault(document, {})
    for path in document.root.get("paths") or {}:
        parts = str(path).split("/")
        for index, part in enumerate(parts):
            if "{" in part:
                named = PLACEHOLDER.findall(part)
                found.setdefault("/".join(parts[:index]), set()).update(named)
                if index and (said := "/".join(map(singular, words(parts[index - 1])))):
                    found.setdefault(said, set()).update(named)
    return found
