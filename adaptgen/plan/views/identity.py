"""The fields that the path of an operation mentions: those that identify a record, and those that only repeat it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from itertools import pairwise
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from adaptgen.plan.document.reader import PLACEHOLDER
from adaptgen.plan.document.schemas import shape
from adaptgen.syntax.identifiers import singular, vocabulary, words
from adaptgen.views.vocabulary import ID

if TYPE_CHECKING:
    from adaptgen.model.tables import Json
    from adaptgen.plan.document.reader import Operation
    from adaptgen.plan.facts import OperationFacts
    from adaptgen.source import Document


def repeats(facts: OperationFacts, paths: Collection[str]) -> Callable[[str], bool]:
    """Whether a field repeats only what the caller passed: all records of ``/dags/{dag_id}/runs`` have the same
    ``dag_id`` and ``dag_display_name``. A placeholder that is not called after its collection says nothing about a
    field."""
    parts = [part for part in facts.operation.path.split("/") if part]
    given: set[tuple[str, ...]] = set()
    for collection, part in pairwise(parts[:-1]):
        above = tuple(map(singular, words(collection)))
        for name in PLACEHOLDER.findall(part):
            if words(name)[:-1] == above and above and above != facts.resource:
                given.add(words(name))
                # Without that id beside it the name is of another: `/users/{user_id}/followers` have a `username`.
                if any(words(path) == words(name) for path in paths):
                    given |= {(*above, *end) for end in (("name",), ("display", "name"), ("title",))}
    return lambda path: bool(given) and words(path) in given


def identifying(facts: OperationFacts, record: Json = None) -> frozenset[str]:
    """Names of fields that identify the records: ``<resource>_id``, also where the resource is what the schema of a
    ``record`` is called, and the path parameters of child paths."""
    names: set[str] = set()
    document, resource = facts.document, facts.subject
    for said in (resource, called(document, record)):
        names |= _names_of(said)
    path = facts.operation.path.rstrip("/")
    if facts.names_record:
        names |= set(PLACEHOLDER.findall(path))
    else:
        names |= _children(document).get(path, set())
        # `/analyses/search` answers what `/analyses/{webId}` takes.
        names |= _children(document).get("/".join(resource), set()) if resource else set()
    # `/workspaces/{workspaceNamespace}` takes the `namespace` of a workspace.
    placed = [words(name) for name in names if resource]
    names |= {
        "_".join(spoken[1:])
        for spoken in placed
        if len(spoken) == 2 and spoken[0] == resource[-1] and spoken[1] not in ID
    }
    # `/orders/{orderIdentifiers}` takes several of what a record has one of.
    return frozenset({*names, *("_".join(map(singular, words(name))) for name in names if name[-1:] == "s")})


def identifying_records(document: Document, record: Json, path: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """The same for the records that a result holds at ``path``, and the words of what they are: what the last member
    is called, else their schema."""
    member = tuple(map(singular, words(path.replace("[*]", "").rpartition(".")[2])))
    said = called(document, record)
    return frozenset(_names_of(member) | _names_of(said)), said or member


def _names_of(resource: tuple[str, ...]) -> set[str]:
    found: set[str] = set()
    if resource:
        found = {f"{start}_{end}" for end in _ENDS for start in ("_".join(resource), resource[-1])}
        found |= {"_".join(("id", *resource)), f"id_{resource[-1]}"}
    return found


_ENDS = (
    "id",
    "uuid",
    "guid",
    "key",
    "number",
    "no",
    "nr",
    "num",
    "nbr",
    "code",
    "ref",
    "slug",
    "identifier",
    "sid",
    "gid",
)
# Last segments that say how a resource is shown, not what it is.
_MANNER = vocabulary(
    "full all detail details detailed info information summary latest current recent new active extended overview json "
    "xml export paged paginated simple basic brief"
)
# Words of schema names that say what a schema is for.
_FOR = vocabulary(
    "response result dto model view resource object item entity data info detail details out output read schema record "
    "list get api payload body type base full summary simple basic public private response200 representation bean vo "
    "entry resp res retrieve definition 1 2 3 4 v v1 v2 v3 properties"
)


def resource_of_path(operation: Operation, resource: tuple[str, ...]) -> tuple[str, ...]:
    """The words of what the path asks for: its last ``resource``, but of ``/orders/{id}/full`` the orders."""
    if len(resource) == 1 and resource[0] in _MANNER:
        for part in reversed([part for part in operation.path.split("/") if part and not part.startswith("{")][:-1]):
            if above := tuple(map(singular, words(part))):
                return above
    return resource


def called(document: Document, record: Json) -> tuple[str, ...]:
    """The words of what the schema of a record is called, without those that say what the schema is for."""
    if record is None:
        return ()
    name = shape(document, record).name
    said = list(map(singular, words(name.rpartition(".")[2])))
    while said and said[-1] in _FOR:
        said.pop()
    while said and said[0] in _FOR:
        said.pop(0)
    return tuple(said)


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
