"""Values in every form that text gives them: joined, cased, accented, encoded; in every place of structured text."""

from __future__ import annotations

import base64
import html.entities
import json
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from support.canaries import Canaries, without_accents
from support.canary_api import DOCUMENT, FIELDS, PERSON
from support.web import Asked, Said

_NAMED = {ord(text): name for name, text in html.entities.html5.items() if len(text) == 1 and name.endswith(";")}
_NAMED |= {at: f"{name};" for at, name in html.entities.codepoint2name.items()}


def _camel(*words: str) -> str:
    return "".join(word[:1].upper() + word[1:] for text in words for word in text.split())


JOINED: Mapping[str, Callable[[str, str], str]] = {
    "spaced": lambda first, last: f"{first} {last}",
    "camel": _camel,
    "snake": lambda first, last: f"{first}_{last}".replace(" ", "_").lower(),
    "dotted": lambda first, last: f"{first}.{last}".replace(" ", ".").lower(),
    "kebab, capitals": lambda first, last: f"{first}-{last}".replace(" ", "-").upper(),
    "turned": lambda first, last: f"{last},{first}".lower(),
    "turned, blank": lambda first, last: f"{last}, {first}",
    "together": lambda first, last: f"{first}{last}".replace(" ", "").lower(),
    "plus": lambda first, last: f"{first}+{last}".replace(" ", "+"),
    "identifier": lambda first, last: f"invoice{_camel(first, last)}2026",
    "path": lambda first, last: f"{first}/{last}".lower(),
    "capitals": lambda first, last: f"{first}_{last}".replace(" ", "_").upper(),
    "turned, capitals": lambda first, last: f"{last.upper()} {first}",
}
"""Ways to join the two names of a person."""


def _regrouped(text: str, joint: str) -> str:
    bare = "".join(one for one in text if one.isalnum())
    return joint.join(bare[at : at + 4] for at in range(0, len(bare), 4))


NUMBERS: Mapping[str, Callable[[str], str]] = {
    "as is": str,
    "compact": lambda text: _regrouped(text, ""),
    "blanks": lambda text: _regrouped(text, " "),
    "hyphens": lambda text: _regrouped(text, "-"),
    "dots": lambda text: _regrouped(text, "."),
    "underscores": lambda text: _regrouped(text, "_"),
    "small": str.lower,
}
"""Ways to group the digits of cards, IBANs and identifiers."""

ADDRESSES: Mapping[str, Callable[[str], str]] = {
    "as is": str,
    "capitals": str.upper,
    "title": str.title,
    "mailto": "mailto:{}".format,
    "angled": "<{}>".format,
}
"""Ways to write an address."""

ENCODED: Mapping[str, Callable[[str], str]] = {
    "as is": str,
    "NFC": lambda text: unicodedata.normalize("NFC", text),
    "NFD": lambda text: unicodedata.normalize("NFD", text),
    "without accents": lambda text: without_accents(text),
    "percent": lambda text: quote(text, safe=""),
    "percent, small": lambda text: "".join(f"%{one:02x}" for one in text.encode()),
    "percent, capitals": lambda text: "".join(f"%{one:02X}" for one in text.encode()),
    "decimal": lambda text: "".join(f"&#{ord(one)};" for one in text),
    "hexadecimal": lambda text: "".join(f"&#x{ord(one):x};" for one in text),
    "hexadecimal, capitals": lambda text: "".join(f"&#X{ord(one):04X};" for one in text),
    "named": lambda text: "".join(f"&{_NAMED[ord(one)]}" if ord(one) in _NAMED else one for one in text),
    "escaped": lambda text: "".join(f"\\u{ord(one):04x}" for one in text),
    "escaped, capitals": lambda text: "".join(f"\\u{ord(one):04X}" for one in text),
}
"""Ways to encode a text."""


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


PLACES: Mapping[str, Callable[[str], Any]] = {
    "text": "see {}, thanks".format,
    "file name": "/files/{}.pdf".format,
    "key": lambda text: {text: 1},
    "file name as key": lambda text: {"seen": {f"{text}.pdf": True}},
    "nested JSON": lambda text: json.dumps({"inner": json.dumps({"note": f"of {text} there"})}),
    "list in JSON": lambda text: json.dumps([[text], {"x": text}]),
    "base64": lambda text: _base64(f"a note on {text} here"),
    "base64 of JSON": lambda text: _base64(json.dumps({"note": text, "deep": [text]})),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(f"{{see}} <{text}>?".encode()).decode().rstrip("="),
    "element": "<r><remark>{}</remark></r>".format,
    "pair": lambda text: {"key": "remark", "value": text},
    "column": 'id;remark;n\r\n1;"{}";2\r\n'.format,
    "deep": lambda text: [{"a": {"b": [f"({text})"]}}],
}
"""Where a form of a value is that another field of the record classifies."""

_LABELS = {"email": "email", "phone": "phone", "iban": "iban", "card": "card_number", "national_id": "national_id"}
_LABELS["name"] = "last_name"

CLASSIFIED: Mapping[str, Callable[[str, str], Any]] = {
    "pair": lambda label, text: {"key": label, "value": text},
    "named pair": lambda label, text: [{"name": label, "value": text}, {"name": "color", "value": "red"}],
    "element": lambda label, text: f"<r><{label}>{text}</{label}></r>",
    "attribute": lambda label, text: f'<r><who {label}="{text}"/></r>',
    "column": lambda label, text: f'id,{label},n\r\n1,"{text}",2\r\n',
    "JSON": lambda label, text: json.dumps({"x": json.dumps({label: text})}),
    "base64 of JSON": lambda label, text: _base64(json.dumps({label: text, "n": 1})),
    "base64 of XML": lambda label, text: _base64(f"<r><{label}>{text}</{label}></r>"),
    "base64 of CSV": lambda label, text: _base64(f'id,{label}\r\n1,"{text}"\r\n2,""\r\n'),
}
"""What classifies a value that no field of the record has, by the name that it gives it."""


def forms() -> Iterator[tuple[str, str, str, str]]:
    """Every combination of a kind, a way to write it, an encoding and a place."""
    for kind in FIELDS.values():
        for way in _ways(kind):
            for encoded in ENCODED:
                for place in PLACES:
                    yield kind, way, encoded, place


def _ways(kind: str) -> Mapping[str, Any]:
    return {"name": JOINED, "email": ADDRESSES, "phone": {"as is": str}}.get(kind, NUMBERS)


class People:
    """An API whose records repeat their own values in text. ``people``: the records; ``kept``: what was written.

    Of all forms every ``step``-th from ``first`` on is in one record or another.
    """

    def __init__(self, canaries: Canaries, count: int, step: int, first: int = 0) -> None:
        self.forms = list(forms())[first::step]
        self.each = -(-len(self.forms) // count)
        self.taken = 0
        self.people = [self._person(canaries, at) for at in range(count)]
        self.kept: list[Any] = []

    def __call__(self, asked: Asked) -> Any:
        """The answer to one request."""
        if asked.method == "POST":
            given = asked.json()
            self.kept.append(given)
            return Said(given, 201)
        last = asked.path.rpartition("/")[2]
        if last.isdigit():
            person = self.people[int(last) - 1]
            return Said({"message": "taken", "errors": person["more"], "record": person}, 409)
        asks = {key: values[0] for key, values in parse_qs(urlsplit(asked.target).query).items()}
        start, size = int(asks.get("offset", 0)), int(asks.get("limit", 100))
        return {"count": len(self.people), "results": self.people[start : start + size]}

    def _person(self, c: Canaries, at: int) -> dict[str, Any]:
        first, last = c.name(), c.name()
        values = {"email": c.email(), "phone": c.phone(), "iban": c.iban(), "card": c.card()}
        values["national_id"] = c.national_id()
        values["name"] = f"{first} {last}"
        more: dict[str, Any] = {}
        for _ in range(self.each):
            kind, way, encoded, place = self.forms[self.taken % len(self.forms)]
            self.taken += 1
            write = _ways(kind)[way]
            text = write(first, last) if kind == "name" else write(values[kind])
            more[f"{place} {len(more)}"] = PLACES[place](ENCODED[encoded](text))
        labelled = list(CLASSIFIED)
        for step, (kind, label) in enumerate(_LABELS.items()):
            place = labelled[(at + step) % len(labelled)]
            made = c.name() if kind == "name" else str(getattr(c, kind)())
            more[f"labelled {place} {kind}"] = CLASSIFIED[place](label, made)
        return {"id": at + 1, **{name: values[kind] for name, kind in FIELDS.items()}, "more": more}


def document() -> bytes:
    """The OpenAPI document."""
    text = json.dumps(DOCUMENT).replace(json.dumps(PERSON), json.dumps(_PERSON))
    made = json.loads(text)
    made["paths"] = {path: made["paths"][path] for path in ("/people", "/people/{id}", "/batches")}
    return json.dumps(made).encode()


_PERSON = {**PERSON, "properties": {**PERSON["properties"], "more": {"type": "object", "additionalProperties": True}}}
