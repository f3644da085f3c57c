"""The words of what wraps an answer: how the call went, and of lists where they go on.

Known at build time, where the records are looked for in a schema, and at run time, where no schema tells. What a
wrapper word names may stand next to what is unwrapped; anything else is a property of a record.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from adaptgen.syntax.identifiers import vocabulary, words

_CALL: Final = vocabulary(
    "status success successful succeeded ok code message messages msg error errors warning warnings notice notices "
    "exception exceptions meta metadata links link usage time timestamp took elapsed duration exec execution "
    "request requests response trace correlation debug statuscode"
)
"""How the call went: next to a record and next to a list."""
_PAGES: Final = vocabulary(
    "total totals count counts page pages per size limit limited offset next previous prev first last cursor cursors "
    "token tokens pagination paging paginator pager skip top start end begin from to has more number num index max min "
    "returned available remaining matched displayed current range sort order sorting filter filters truncated complete "
    "incomplete results result records items rows entries elements objects empty marker continuation continue scroll "
    "timed out window self server version api etag kind object type query took sync href url uri context hits list is "
    "of by in"
)
"""Where a list goes on, and what was asked for: next to a list only."""
_NUMBERS: Final = vocabulary("count counts total totals")
_BLOCKS: Final = vocabulary("info information details data state summary")
_IDENTITY: Final = vocabulary("id uuid guid name title")
_CALLS: Final = vocabulary("request trace correlation session response call")


@lru_cache(maxsize=16384)
def is_wrapper_word(name: str, *, of_list: bool = False) -> bool:
    """Whether a member called ``name`` only wraps what stands next to it: a record, or a list (``of_list``)."""
    said = words(name)
    if name.startswith(("_", "@", "$")) and not set(said) & _IDENTITY:
        return True
    if len(said) == 2 and said[0] in _CALLS and said[1] == "id":
        return True
    if said == ("api", "version"):
        return True
    if of_list and said and (said[-1] in _NUMBERS or (said[0] in _PAGES and said[1:] and set(said[1:]) <= _BLOCKS)):
        return True
    known = _CALL | _PAGES if of_list else _CALL
    return bool(said) and all(word in known or word.isdigit() for word in said)


def identifies(name: str) -> bool:
    """Whether a member called ``name`` tells which record it stands in."""
    return len(words(name)) == 1 and words(name)[0] in _IDENTITY
