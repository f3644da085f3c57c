"""The words of a person's name that name the person alone: of "Dr. Lara van Weber" these are "Lara" and "Weber"."""

from __future__ import annotations

from functools import lru_cache

from adaptgen.model.frozen import lazy
from adaptgen.syntax.identifiers import vocabulary

_MOST = 5
"""Words of a person's name; more of them are a sentence."""
_NONE = vocabulary(
    "mr mrs ms miss mx dr prof sir dame lady lord rev herr frau fräulein monsieur madame mme mlle señor señora "
    "don doña sig signor signora van von der den del della dela des dos das zu zur zum bin bint ibn abu san santa "
    "saint and und jun junior sen senior phd msc mba"
)
_FIRMS = frozenset(
    [
        "gmbh",
        "ag",
        "kg",
        "ohg",
        "ug",
        "ltd",
        "limited",
        "llc",
        "llp",
        "inc",
        "corp",
        "corporation",
        "company",
        "plc",
        "srl",
        "spa",
        "sas",
        "sarl",
        "oy",
        "oyj",
        "ab",
        "aps",
        "nv",
        "bv",
        "pty",
        "kft",
        "team",
        "group",
        "gruppe",
        "support",
        "service",
        "services",
        "office",
        "sales",
        "finance",
        "department",
        "desk",
        "bank",
        "university",
    ]
)
_WORD = lazy(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*")


@lru_cache(maxsize=16384)
def name_parts(name: str) -> tuple[str, ...]:
    """The words of ``name`` that stand for its bearer, as they are written; none for one word, and for a firm's."""
    words = name.split()
    if not 2 <= len(words) <= _MOST:
        return ()
    found: list[str] = []
    for word in words:
        plain = word.strip(',;:()"“”„')
        low = plain.lower().rstrip(".")
        if low in _FIRMS:
            return ()
        if len(plain) >= 3 and low not in _NONE and plain[:1].lower() != plain[:1] and _WORD.fullmatch(plain):
            found.append(plain)
    return tuple(dict.fromkeys(found))


def said(part: str) -> tuple[str, str]:
    """How a part of a name is found in text: as written, and in capitals. In small letters it may be any word."""
    return part, part.upper()
