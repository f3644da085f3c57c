"""Which optional inputs of a read choose the record, and which choose how much of it is shown.

A record that is read in order to be written back must be whole, and must be the record that is written: a selection of
fields must not reach that read, and a language or a tenant must.
"""

from __future__ import annotations

from adaptgen.syntax.identifiers import singular, vocabulary, words

_SHOWING = vocabulary(
    "field fieldset select selection selector projection expand expansion include exclude embed embedded attribute "
    "property prop column view mask only omit show hide depth populate relation relationship sparse partial fragment "
    "format shape summary brief compact verbose detail detailed minimal full representation with without part"
)
"""Words of inputs that choose what of a record is shown, and in which form."""
_CHOOSING = vocabulary(
    "locale lang language tenant realm site store workspace environment env branch namespace account organization "
    "organisation org region datacenter database partition shard cluster project company"
)
"""Words of inputs that choose the record."""


def is_projection(name: str) -> bool:
    """Whether an input of this name chooses what of a record is shown; ``fieldId`` names a record."""
    spoken = [singular(word) for word in words(name)]
    return spoken[-1:] != ["id"] and any(word in _SHOWING for word in spoken)


def is_selector(name: str) -> bool:
    """Whether an input of this name chooses the record."""
    return not is_projection(name) and any(singular(word) in _CHOOSING for word in words(name))
