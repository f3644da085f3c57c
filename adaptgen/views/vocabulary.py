"""The words that say what a field of a record is: an id, a name, a status, an amount, a date, a reference;
and which optional inputs of a read choose the record, or how much of it is shown."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from adaptgen.syntax.identifiers import singular, vocabulary, words

# Objects that only hold the fields of the record (JSON:API, FHIR-like and Kubernetes-like envelopes).
WRAPPERS = vocabulary("attributes metadata properties fields data resource node _source record result body")

ID = vocabulary("id uuid guid pk urn uid oid rid arn sid gid identifier identification")
# With the words for name, title and label in other languages that write them as names of fields.
LABELS = vocabulary(
    "name title subject label headline heading caption username login fullname displayname surname forename "
    "designation nom nome nombre naam navn namn nazwa prenom vorname nachname cognome apellido sobrenome "
    "titel titre titulo titolo tytul bezeichnung libelle intitule denominacion denominazione denominacao"
)
_ENDS_IN_NAME = ("name", "bezeichnung")  # `productname`: names that their authors write in one piece
NAME_PARTS = vocabulary(
    "first last given family middle full display rendered text value raw plain formatted en default name title official"
)
_SAID_AS = vocabulary("original highlighted localized localised translated raw text short long full en english")
STATUS_WORDS = vocabulary("status state stage phase lifecycle")
GRADES = vocabulary("priority severity condition outcome result health conclusion")
FLAGS = vocabulary(
    "active enabled disabled archived paused closed open paid published suspended locked completed done failed "
    "cancelled canceled running available online draft read resolved approved"
)
KINDS = vocabulary("type kind category")
AMOUNT_WORDS = vocabulary(
    "amount price balance cost subtotal revenue salary fee budget sum value quantity qty score rate total payment "
    "discount turnover margin probability duration"
)
DATE_WORDS = vocabulary("date time datetime at on deadline due start end expires expiry begin timestamp when day")
MADE = vocabulary("created creation create inserted added registered joined")
CHANGED = vocabulary("updated update modified modification changed change edited synced accessed viewed indexed")
OLD = vocabulary("deprecated obsolete")
AUDIT = vocabulary("audit rowversion lockversion etag revision rev checksum")
REFERENCE_WORDS = vocabulary(
    "code sku number ref reference slug key no nr num nbr isbn issn ean gtin upc asin vin symbol ticker isin "
    "abbreviation iata icao iso nummer numero numer codigo codice handle"
)
TEXT = vocabulary(
    "description body content text notes note comment comments remark remarks bio about html markdown readme message "
    "details summary snippet excerpt instructions script query data payload raw xml json config configuration "
    "settings metadata template diff patch log logs trace stacktrace doc docs md"
)
LINK = vocabulary(
    "url urls uri href link links self thumbnail avatar image images icon logo photo photos picture gravatar src "
    "permalink endpoint website webpage homepage"
)
HASH = vocabulary("hash sha sha1 sha256 md5 digest signature fingerprint salt crc")
ID_WORDS = {(word,) for word in ID}


def said_as(word: str) -> bool:
    """Whether the second word of ``name_en`` or ``title_raw`` says in which language or form the name is."""
    return word in _SAID_AS or (len(word) == 2 and word.isalpha() and word not in {"id", "no", "nr", "by"})


NAMES = {("name",), ("title",), ("subject",), ("display", "name"), ("full", "name"), ("label",), ("login",)}
_PARTS = {(one, "name") for one in ("first", "last", "given", "family", "company", "f", "l")}
SHORT = {("fname",), ("lname",), ("name", "f"), ("name", "l"), ("name", "first"), ("name", "last")}
_SAYINGS = vocabulary("subject label headline heading caption login designation username")


def is_label(word: str) -> bool:
    """Whether the last word of a name says that the value is a name, a title or a label."""
    return word in LABELS or (len(word) > 5 and word.endswith(_ENDS_IN_NAME))


def label_order(spoken: tuple[str, ...]) -> int:
    """How well the words of a name say that it is what the record is called: 0 best, 3 least."""
    if spoken in NAMES:
        return 0
    last = spoken[-1]
    if spoken in _PARTS or (len(spoken) == 1 and last in LABELS and last not in _SAYINGS):
        return 1
    own = last in {"name", "title"} or last not in _SAYINGS
    return 2 if own and len(spoken) <= 3 and "file" not in spoken and last != "hostname" else 3


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
    """Whether a member called ``name`` only wraps what is next to it: a record, or a list (``of_list``)."""
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
    """Whether a member called ``name`` says which record it is in."""
    return len(words(name)) == 1 and words(name)[0] in _IDENTITY


# Inputs of a read. A record that is read in order to be written back must be whole, and must be the record that is
# written: a selection of fields must not reach that read, and a language or a tenant must.
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
