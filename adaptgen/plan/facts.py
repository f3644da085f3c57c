"""What is understood of one operation before anything is decided about it: one value, handed to every pass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from adaptgen.model.tables import Json, value
from adaptgen.plan.document.envelope import (
    Envelope,
    ends_in_placeholder,
    find_envelope,
    names_several,
    resource_words,
    segment_words,
)
from adaptgen.plan.document.operation import Operation, Response, is_json
from adaptgen.plan.document.operation_words import OperationWords, read_words
from adaptgen.plan.document.request_bodies import BodyInputs, read_body
from adaptgen.plan.document.schemas import shape
from adaptgen.plan.document.table_responses import read_rows, table_envelope
from adaptgen.plan.document.vendor_extensions import ExtensionHints, described, read_extensions
from adaptgen.plan.paging.parameter_signals import Parameters
from adaptgen.plan.paging.places import PagingLocation, spaces
from adaptgen.plan.paging.prose import list_told
from adaptgen.plan.paging.response_signals import PagingSignals
from adaptgen.plan.paging.vendor_extensions import said as paging_extension
from adaptgen.plan.views.identity import resource_of_path

if TYPE_CHECKING:
    from adaptgen.source import Document
    from adaptgen.source.hints.model import PageHint


@value()
class OperationFacts:
    """What is understood of ``operation``, which has the description and the tags that extensions give it.

    ``resource``: the words of what the last literal segment of the path names; ``subject``: the same, but of
    ``/orders/{id}/full`` the orders; ``names_record``: the path ends in a placeholder. ``answer``: the response of a
    call that went well, ``schema`` that of its JSON, or of the list of its rows where it is a table. ``page_inputs``:
    the places of inputs that may page; ``page_extension``: how an extension says that it pages, and its name;
    ``envelope``: how the answer holds a list, None if it is not a list.
    """

    document: Document
    operation: Operation
    extensions: ExtensionHints
    words: OperationWords
    resource: tuple[str, ...]
    subject: tuple[str, ...]
    names_record: bool
    answer: Response | None
    schema: Json | None
    body: BodyInputs | None
    page_inputs: tuple[PagingLocation, ...]
    page_extension: tuple[PageHint, str] | None
    envelope: Envelope | None

    @property
    def answers_list(self) -> bool:
        """Whether the answer is declared to be a list of records."""
        return self.envelope is not None or self.page_extension is not None

    @property
    def holds_several_lists(self) -> bool:
        """Whether the answer is declared as an object with several arrays of records, of which none is the list."""
        if self.answer is None or self.envelope is not None:
            return False
        members = [shape(self.document, one) for one in shape(self.document, self.answer.schema).properties.values()]
        return sum(bool(shape(self.document, one.items).properties) for one in members) > 1

    @property
    def says_part(self) -> bool:
        """Whether the answer says how many records there are in all, or whether there are more."""
        signs = PagingSignals(self.document, self.envelope, {}) if self.envelope is not None else None
        return signs is not None and (signs.total() or signs.more()) is not None

    @property
    def holder(self) -> str:
        """The last word of the resource, which says whose a field is."""
        return self.resource[-1] if self.resource else ""

    def paged_envelope(self) -> Envelope | None:
        """The envelope of an answer that is a list because a hint says so, although no input is about pages."""
        names_record = self.names_record
        paged = find_envelope(self.document, self.answer, self.resource, names_record=names_record, paged=True)
        return paged or self.envelope


def _find_onward(document: Document, answer: Response | None, places: Sequence[PagingLocation]) -> frozenset[str]:
    """The members of an answer that an input of the same name takes to go on, by its description."""
    members = shape(document, answer.schema).properties if answer is not None else {}
    names: set[str] = set()
    for place in places:
        inputs = Parameters(document, place.queries, folded=place.folded)
        names.update(name for name in place.queries if name in members and inputs.continues(name))
    return frozenset(names)


def read_facts(document: Document, operation: Operation) -> OperationFacts:
    """Compute every fact about ``operation`` of ``document`` once."""
    extensions = read_extensions(document, operation)
    operation = described(operation, extensions)
    resource, names_record = resource_words(operation), ends_in_placeholder(operation)
    answer = operation.success()
    rows = read_rows(document, operation, answer)
    body = read_body(document, operation.body) if operation.body else None
    page_inputs = tuple(spaces(document, operation, body))
    page_extension = paging_extension(document, operation, answer)
    onward = _find_onward(document, answer, page_inputs)
    paged = page_extension is not None or bool(onward) or any(place.signs for place in page_inputs)
    listed = list_told(f"{operation.summary}\n{operation.description}")
    several = names_several(operation) or (listed and not names_record)
    sized = any(place.is_sized or (several and place.tells_page) for place in page_inputs)
    told = listed or (not names_record and any(place.tells_size for place in page_inputs))
    envelope = find_envelope(
        document,
        answer,
        resource,
        segments=segment_words(operation),
        names_record=names_record,
        names_several=several,
        paged=paged,
        sized=sized,
        told=told,
        onward=onward,
    )
    if envelope is None and rows is not None:
        envelope = table_envelope(answer, rows)
    return OperationFacts(
        document=document,
        operation=operation,
        extensions=extensions,
        words=read_words(operation),
        resource=resource,
        subject=resource_of_path(operation, resource),
        names_record=names_record,
        answer=answer,
        schema=answer.schema if answer is not None and (answer.media is None or is_json(answer.media)) else rows,
        body=body,
        page_inputs=page_inputs,
        page_extension=page_extension,
        envelope=envelope,
    )
