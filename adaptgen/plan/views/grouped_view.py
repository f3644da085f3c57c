"""The default view of a list whose entries are groups: the records lie inside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adaptgen.plan.document.schemas import join, shape
from adaptgen.plan.views.identity import identifying_records
from adaptgen.plan.views.record_view import candidates, under
from adaptgen.views.ranking import is_record, rank

if TYPE_CHECKING:
    from adaptgen.source import Document

Json = Any
_DEEP = 3  # groups around a record
_OF_A_GROUP = 2  # values of its own that a group may have


def grouped_view(document: Document, entry: Json) -> tuple[str, ...]:
    """Where the entries of a list have no value of their own and hold one list, perhaps of groups with little but
    another list (``{"brands": [{"name": "B", "atms": [{"id": 1}]}]}``): what is said of the groups, and the fields that
    tell the records; none for other entries."""
    prefix, here = "", entry
    shown: list[str] = []
    for level in range(_DEEP):
        own = [one for one in candidates(document, here) if "[*]" not in one.path]
        if len(own) > (_OF_A_GROUP if level else 0):
            break
        inner = {key: shape(document, node).items for key, node in shape(document, here).properties.items()}
        lists = [key for key, items in inner.items() if items is not None and shape(document, items).properties]
        if len(lists) != 1:
            break
        shown += [under(prefix, one.path) for one in own]
        prefix, here = under(prefix, join("", lists[0]) + "[*]"), inner[lists[0]]
    if not prefix:
        return ()
    found = [one for one in candidates(document, here) if "[*]" not in one.path]
    if not is_record(found, entry=True):
        return ()
    names, about = identifying_records(document, here, prefix)
    return (*shown, *(under(prefix, path) for path in rank(found, identifying=names, resource=about, entry=True)))
