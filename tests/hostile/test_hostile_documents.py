"""Whatever stands in a document, what is built of it keeps its shape and says nothing that hides or runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import hostile
from support.harmless import built, harmless
from support.hostile import DOCUMENTS, FORMS, TEXTS, Position, positions, with_texts


@dataclass(frozen=True)
class Attack:
    """A document with hostile texts at some of its strings."""

    version: str
    texts: dict[Position, str]

    @property
    def document(self) -> Any:
        return with_texts(DOCUMENTS[self.version], self.texts)


@st.composite
def attacks(draw: st.DrawFn) -> Attack:
    """One to all strings of a document are hostile."""
    version = draw(st.sampled_from(sorted(DOCUMENTS)))
    places = list(positions(DOCUMENTS[version]))
    chosen = draw(st.one_of(st.lists(st.sampled_from(places), min_size=1, max_size=30), st.just(values(places))))
    texts = draw(st.lists(hostile.hostile, min_size=1, max_size=12))
    return Attack(version, {place: texts[index % len(texts)] for index, place in enumerate(chosen)})


# Without these there is no document, or none of its operations.
_NEEDED = {"openapi", "swagger", "in", "type", "$ref", "style"}
_NAMES = {"paths", "properties", "securitySchemes", "securityDefinitions", "content", "headers", "variables"}


def values(places: list[Position]) -> list[Position]:
    """The values, and the keys that people choose."""
    return [
        place
        for place in places
        if (place.at[-2:-1] and place.at[-2] in _NAMES if place.key else place.at[-1] not in _NEEDED)
    ]


def check(document: Any, form: str) -> None:
    files = built(document, form)
    if files is not None:
        harmless(files)


@settings(max_examples=40, deadline=None)
@given(attack=attacks(), form=st.sampled_from(FORMS))
def test_a_hostile_document_gives_harmless_files(attack: Attack, form: str) -> None:
    check(attack.document, form)


@pytest.mark.slow
@settings(max_examples=1000, deadline=None)
@given(attack=attacks(), form=st.sampled_from(FORMS))
def test_many_hostile_documents_give_harmless_files(attack: Attack, form: str) -> None:
    check(attack.document, form)


def one_by_one() -> Iterator[tuple[Any, str]]:
    """Every string of every document in turn, each with the next of the texts."""
    number = 0
    for document in DOCUMENTS.values():
        for place in positions(document):
            number += 1
            yield with_texts(document, {place: TEXTS[number * 7 % len(TEXTS)]}), FORMS[number % len(FORMS)]


def test_every_string_is_attacked() -> None:
    """Quick, by sixteens: the places of one document share nothing."""
    number = 0
    for document in DOCUMENTS.values():
        places = values(list(positions(document)))
        for start in range(16):
            texts = {place: TEXTS[(number + index) % len(TEXTS)] for index, place in enumerate(places[start::16])}
            number += 7
            check(with_texts(document, texts), FORMS[number % len(FORMS)])


@pytest.mark.slow
def test_every_string_is_attacked_alone() -> None:
    for document, form in one_by_one():
        check(document, form)
