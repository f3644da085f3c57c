"""What numbers are counted in: fields next to an amount that name its currency or unit.

A sum over amounts in several currencies is a number that means nothing. The evidence that a field names the currency:
its name says so, or all of its values are codes of ISO 4217. The answer then says that there are several; nothing is
converted and nothing is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from adaptgen.model.tables import Json
from adaptgen.runtime.queries.filters import Field
from adaptgen.syntax import field_paths as fields
from adaptgen.syntax.identifiers import words

_WORDS: Final = frozenset(
    ("currency", "currencies", "ccy", "waehrung", "währung", "valuta", "devise", "moneda", "divisa", "moeda", "uom")
)
_NAMES: Final = frozenset({("unit",), ("unit", "code"), ("unit", "of", "measure"), ("measure", "unit"), ("curr",)})
_TEXT: Final = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF "
    "CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG "
    "HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA "
    "MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD "
    "RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX "
    "USD UYU UZS VED VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG"
)
_CODES: Final = frozenset(_TEXT.split())
"""ISO 4217, active codes of currencies that people are paid in."""
_LONGEST: Final = 12
_MOST: Final = 6
"""Different values that are remembered and shown."""


class UnitFields:
    """The fields next to the values of ``field`` that may name a currency or a unit."""

    def __init__(self, field: Field) -> None:
        self._segments = field.segments
        self._seen: dict[str, dict[str, None]] = {}
        self._others: set[str] = set()
        self._closed = False

    def look(self, item: Json) -> None:
        """Remember the units of an item."""
        for path, value in self._siblings(item):
            if path in self._others:
                continue
            known = self._seen.get(path)
            if known is None:
                if self._closed:
                    continue
                known = self._seen[path] = {}
            code = value.strip()
            if code in _CODES or (_says_unit(path) and len(code) <= _LONGEST):
                if len(known) < _MOST:
                    known[code] = None
            else:
                del self._seen[path]
                self._others.add(path)

    def _siblings(self, item: Json) -> Iterator[tuple[str, str]]:
        here = item
        path: tuple[str, ...] = ()
        for segment in self._segments:
            if isinstance(here, Mapping):
                for key, value in here.items():
                    if isinstance(value, str) and value:
                        yield (fields.text((*path, key)) if path else key), value
            elif isinstance(here, list):
                for element in here:
                    inner = (
                        [one for one in element.items() if isinstance(one[1], str) and one[1]]
                        if isinstance(element, Mapping)
                        else ()
                    )
                    yield from ((fields.text((*path, key)), value) for key, value in inner)
                return
            if not isinstance(segment, str) or not isinstance(here, Mapping):
                return
            here = here.get(segment)
            path = (*path, segment)

    def note(self, grouped: frozenset[str]) -> str:
        """What is said where there are several units, unless the answer is ``grouped`` by them."""
        for path, values in self._seen.items():
            if len(values) > 1 and path not in grouped:
                shown = [one for one in values if one in _CODES]
                named = f" ({', '.join(sorted(shown))})" if len(shown) == len(values) else ""
                return (
                    f"The items have several values of `{path}`{named}: amounts in different units are mixed. Group by "
                    "it, or choose one with `where`."
                )
        return ""

    def partial(self) -> Json:
        """What was seen, for a cursor."""
        return {path: list(values) for path, values in self._seen.items() if values}

    def resume(self, part: Json) -> None:
        """Continue from what :meth:`partial` returned."""
        self._seen = {path: dict.fromkeys(values) for path, values in part.items()}
        self._closed = True


@lru_cache(maxsize=4096)
def _says_unit(path: str) -> bool:
    name = fields.keys_of(path)[-1]
    said = words(name)
    return bool(_WORDS & set(said)) or said in _NAMES
