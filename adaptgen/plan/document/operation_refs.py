"""Operations as hints name them: ``GET /api/contacts/``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from adaptgen.diagnostics import Where, did_you_mean, error
from adaptgen.plan.document.reader import Operation, operations

if TYPE_CHECKING:
    from adaptgen.source import Document
    from adaptgen.source.hints.model import CallHint, Hints


class Targets:
    """Finds the operation that a hint's call names, in the document or in one that the hints add."""

    def __init__(self, hints: Hints, found: Sequence[Operation]) -> None:
        self.hints = hints
        self.indexes: dict[str | None, dict[str, Operation]] = {None: _index(found)}
        self._every: dict[str | None, list[Operation]] = {None: list(found)}

    def every(self, document: str | None) -> list[Operation]:
        """All operations of the document, or of one that the hints add."""
        if document not in self._every:
            self._every[document] = operations(self.hints.documents[str(document)])[0]
        return self._every[document]

    def document(self, call: CallHint, main: Document) -> Document:
        """The document of the call."""
        return self.hints.documents[call.document] if call.document else main

    def find(self, call: CallHint, where: Where) -> Operation:
        """The operation. A path may differ in its trailing slash or in the names of its placeholders.

        Raises:
            AdaptgenError: AG033.
        """
        if call.document not in self.indexes:
            self.indexes[call.document] = _index(self.every(call.document))
        index = self.indexes[call.document]
        wanted = f"{call.method.upper()} {call.path}"
        for form in (wanted, _loose(wanted), _looser(wanted)):
            if form in index:
                return index[form]
        known = sorted({one.key for one in index.values()})
        other = [key.split(" ")[0] for key in known if key.split(" ", 1)[1] == call.path]
        help = f"{call.path} has {', '.join(other)}" if other else did_you_mean(wanted, known)
        raise error("AG033", f"there is no operation {wanted!r}", where, help or operations_help(known))


def operations_help(known: Sequence[str]) -> str:
    """The operations that there are, the first of them."""
    if not known:
        return "the document has no operations: its paths are empty"
    return f"its operations: {', '.join(known[:5])}{', …' if len(known) > 5 else ''}"


def _index(found: Sequence[Operation]) -> dict[str, Operation]:
    index: dict[str, Operation] = {}
    for form in (str, _loose, _looser):
        for one in found:
            index.setdefault(form(one.key), one)
            index.setdefault(form(f"{one.method} {one.path}"), one)
    return index


def _loose(key: str) -> str:
    return key.rstrip("/")


def _looser(key: str) -> str:
    return re.sub(r"\{[^{}]*\}", "{}", key.rstrip("/"))
