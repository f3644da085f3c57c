"""Which arguments search, compare or order by personal data.

An API that answers "the name begins with a" reveals a name letter by letter, and so does one that sorts by it. Such an
argument is as personal as the field. What it does is decided by the evidence of its name, its description and its
type; the rows of :data:`NAMES` and :data:`PHRASES` hold the evidence, and :data:`ENOUGH` is how much of it counts.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, Literal, TypeAlias

from adaptgen.model.contract_file import OWN_ARGUMENTS
from adaptgen.model.frozen import value
from adaptgen.pii.field_kinds import kind_of, kind_within, leans, names_person
from adaptgen.syntax import field_paths as fields
from adaptgen.syntax.identifiers import singular, vocabulary, words
from adaptgen.syntax.json_pointer import escape_key

Role: TypeAlias = Literal["search", "match", "range", "query", "order"]
"""``search``: free text; ``match``: one field, or a part of it; ``range``: what lies before or behind; ``query``: an
expression that names fields; ``order``: names fields to sort or group by."""

OWN: Final = frozenset({"cursor", "limit", "fields", "where", "sort", "count", "distinct", "dry_run"})
"""The arguments of the runtime; it guards them itself."""
ENOUGH: Final = 2


@value()
class SearchArgument:
    """``name``: an argument, or a JSON Pointer into one. ``fields``: the paths that it searches; a path that records
    do not have is classified by its words. ``because``: the evidence, for people."""

    name: str
    role: Role
    fields: tuple[str, ...]
    because: str


@value()
class Named:
    """A row of evidence: a name made of these ``words``, all of them; ``weight`` for ``role``."""

    role: Role
    weight: int
    words: frozenset[str]
    because: str


@value()
class Phrase:
    """A row of evidence: a description that matches ``pattern``."""

    role: Role
    weight: int
    pattern: str
    because: str


NAMES: Final = (
    Named("search", 2, vocabulary(
        "q query search searching searchterm searchtext searchstring searchquery searchkey searchword searchphrase "
        "keyword keywords term terms text phrase fulltext freetext querystring quicksearch autocomplete typeahead "
        "suggest lookup find s needle"), "its name is that of a search text"),
    Named("search", 2, vocabulary(
        "suche suchbegriff suchtext suchwort stichwort recherche rechercher buscar busqueda consulta pesquisa termo "
        "cerca ricerca zoek zoekterm zoeken sok sokord haku szukaj fraza poisk arama"), "its name means search"),
    Named("search", 2, vocabulary("prefix startswith beginswith contains letter initial initials alphabet like"),
          "its name is that of a part of a text"),
    Named("search", 1, vocabulary("input string value match matching pattern title label typed who anyone anything"),
          "its name may be that of a search text"),
    Named("query", 2, vocabulary(
        "filter filters filtering criteria criterion condition conditions predicate predicates where expression rsql "
        "fiql odata jql soql sosl cql kql spl lucene sql graphql mql aql dsl scim searchable having apply compute "
        "querydsl advanced restriction restrictions rule rules"), "its name is that of an expression"),
    Named("order", 2, vocabulary(
        "sort sorting sorted sorts sortby sortfield sortfields sortorder sortcolumn sortkey sortkeys orderby ordering "
        "orderings groupby facet facets grouping aggregate aggregates aggregation aggregations pivot"),
          "its name is that of an order or a grouping"),
)  # fmt: skip
PHRASES: Final = (
    Phrase("search", 1, r"\b(?:search(?:es|ed|ing)?|full[- ]?text|free[- ]?text|key ?words?|fuzzy|partial(?:ly)?|"
           r"part of|(?:sub)?string of|contain(?:s|ing|ed)?|(?:starts?|starting|begins?|beginning|ends?|ending) with|"
           r"prefix|suffix|look(?:s|ed|ing)? ?up|wild ?cards?|match(?:es|ed|ing)?|find|like|suche\w*|recherche\w*|"
           r"busca\w*)\b",
           "its description mentions searching"),
    Phrase("search", 2, r"(?:e-?mail|phone|telephone|iban|social security|passport|surname|"
           r"(?:first|last|full|family|given)[- ]?names?)",
           "its description names personal data"),
    Phrase("query", 2, r"\b(?:odata|rsql|fiql|jql|soql|lucene|scim|kql|cql|query (?:language|syntax|expression|dsl)|"
           r"filter (?:language|syntax|expression|query)|search (?:language|syntax|expression)|boolean expression|"
           r"(?:eq|ne|gt|lt|ge|le) operators?|field:value|key:value)\b", "its description names a query language"),
    Phrase("order", 2, r"\b(?:sort(?:ed|ing|s)? (?:by|order|field|key|column|on)|order(?:ed|ing)? (?:by|of the "
           r"results?)|(?:field|column|attribute|property)s? (?:to|by which to|for) (?:sort|order)|"
           r"group(?:ed|ing)? by)",
           "its description mentions an order"),
)  # fmt: skip

_CONTAINERS = vocabulary("api filter filters where q query search by find f criteria params param and or has any all")
_PARTIAL = vocabulary(
    "like ilike contain contains containing cont icontains start starts startswith istartswith begin begins beginswith "
    "with end ends endswith iendswith prefix suffix match matches matching regex regexp iregex fuzzy partial search "
    "substring includes include eq exact iexact equals equal is in of list one each term text value query not ne neq "
    "nin exclude excluding excluded without except isnot no nocase ci any all contained overlap"
)
_RANGES = vocabulary(
    "gt gte lt lte ge le from to min max minimum maximum before after since until between range start end greater less "
    "than over under above below older younger earlier later upper lower"
)
_PARTS = vocabulary(
    "domain host local part prefix suffix year month day initial initials letter letters first last digits digit "
    "last4 4 3 2 area code ending beginning tail head soundex phonetic hash length"
)
_GENERIC = vocabulary(
    "advanced quick global simple fuzzy general main basic free full natural smart inline everything multi wild card "
    "key word words string field box bar user typed request param parameter 1 2 "
    "clause clauses json custom extra additional raw complex dynamic string expr"
)
_AGES = vocabulary("age ages aged born birthday birthdays alter")
_SAYS = {
    "email": re.compile(r"e-?mail", re.IGNORECASE),
    "phone": re.compile(r"phone|mobile number", re.IGNORECASE),
    "name": re.compile(r"(?:sur|first|last|full|family|given|user'?s?|person'?s?|contact'?s?|'s)[- ]?names?|\bnames?\b",
                       re.IGNORECASE),
    "iban": re.compile(r"iban", re.IGNORECASE),
    "national_id": re.compile(r"social security|passport|national id|\bssn\b", re.IGNORECASE),
}  # fmt: skip
_ORDER_FILLERS = vocabulary("order by field fields column columns key keys clause results list items api in the group")
_DIRECTIONS = vocabulary("direction dir asc desc ascending descending reverse type mode")
_NO_TEXT = vocabulary("id uuid guid token format lang language locale")
_MOST: Final = 200


def find_search_arguments(
    arguments: Mapping[str, Any],
    sensitive: Mapping[str, str],
    *,
    holder: str = "",
    declared: Sequence[str] = (),
    classified: Mapping[str, str] = {},
    plain: Collection[str] = (),
    hinted: Mapping[str, tuple[str, ...]] = {},
    around: Mapping[str, tuple[str, str]] = {},
) -> dict[str, SearchArgument]:
    """The arguments that search, compare or order by classified fields, by name or by JSON Pointer into an argument.

    ``arguments``: name -> JSON Schema with its description; ``sensitive``: path -> kind of the fields of a record;
    ``declared``: all of its paths; ``holder``: what the records are, in one word; ``classified``: arguments that are
    classified already (the same names) -> kind; ``plain``: names that hints call not personal; ``hinted``: what
    a person says, name -> paths; ``around``: name -> the segment of the path before the argument, and what the call is
    said to do.
    """
    about = _About({path: kind for path, kind in sensitive.items() if kind != "secret"}, holder, tuple(declared))
    found: dict[str, SearchArgument] = {}
    for name, schema in _flat(arguments):
        key = name.rsplit("/", 1)[-1]
        given = _without(schema, plain)
        segment, call = around.get(name, ("", ""))
        kind = classified.get(name) or (_kind_of_segment(about, segment, key) if _takes_text(given) else None)
        one = (
            None if key in plain else _read(about, name, words(key), given, kind, f"{' '.join(words(segment))}. {call}")
        )
        if name in hinted:
            role = one.role if one is not None else "search"
            one = SearchArgument(name, role, hinted[name], "the hints say what it searches")
        if one is not None and (one.fields or name in hinted):
            found[name] = one
    for name in hinted.keys() - found.keys():
        found[name] = SearchArgument(name, "search", hinted[name], "the hints say what it searches")
    return found


@value()
class _About:
    sensitive: Mapping[str, str]
    holder: str
    declared: tuple[str, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        """The classified fields; where the records declare nothing and are people, what people have."""
        if self.sensitive or self.declared:
            return tuple(sorted(self.sensitive))
        return ("email", "full_name", "phone") if names_person(self.holder) else ()

    def of_kind(self, kind: str) -> tuple[str, ...]:
        return tuple(sorted(path for path, one in self.sensitive.items() if one == kind))


def _takes_text(schema: Mapping[str, Any]) -> bool:
    return "string" in _types(schema) and not _enum(schema) and not schema.get("format")


def _kind_of_segment(about: _About, segment: str, name: str) -> str | None:
    """The kind that the segment before an argument of a path says, as in ``/phone/{pattern}``, where the records have
    it: whatever the argument is called, unless as an id."""
    kind = kind_within(segment, about.holder, type="string") if segment and words(name)[-1:] else None
    return kind if kind in about.sensitive.values() and words(name)[-1] not in _NO_TEXT else None


def _read(
    about: _About, name: str, spoken: tuple[str, ...], schema: Mapping[str, Any], kind: str | None, call: str
) -> SearchArgument | None:
    types = _types(schema)
    if not spoken or (types <= {"boolean", "null"} and types):
        return None
    if kind == "secret":
        return None
    closed = bool(_enum(schema))
    if (ordered := _order(about, name, spoken, schema)) is not None:
        return ordered
    if not closed and (found := _match(about, name, spoken, kind)) is not None:
        return found
    if closed or (types and not types & {"string", "array", "object"}):
        return None
    description = str(schema.get("description") or "")
    role, because = _role(about, spoken, description, call, structured="object" in types)
    if role is None:
        return None
    said = _mentioned(about, description)
    if role == "query":
        hidden = about.fields or said
        return SearchArgument(name, role, _capped((*hidden, *about.declared)) if hidden else (), because)
    # What the description names is all that it searches; records that match elsewhere are dropped in any case.
    return SearchArgument(name, role, _capped(said or about.fields), because)


def _without(schema: Mapping[str, Any], plain: Collection[str]) -> Mapping[str, Any]:
    """The schema without the values that name fields that are not personal."""
    values = _enum(schema)
    kept = [one for one in values if str(one).lstrip("+-").partition(":")[0] not in plain]
    return schema if len(kept) == len(values) or not kept else {**schema, "enum": kept}


def _capped(paths: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(paths))[:_MOST]


def _role(
    about: _About, spoken: tuple[str, ...], description: str, call: str, *, structured: bool
) -> tuple[Role | None, str]:
    """The role with the most evidence, where that is enough. What the ``call`` is said to do counts for an argument
    whose own name may be that of a search."""
    weights: dict[Role, int] = {}
    reasons: dict[Role, list[str]] = {}
    ends = {spoken[0], spoken[-1], singular(spoken[-1]), "".join(spoken)}
    rows: list[tuple[Role, int, str]] = [
        (row.role, row.weight, row.because)
        for row in NAMES
        if row.role != "order" and row.words & ends and not _is_of_another(about, spoken, row)
    ]
    description = f"{description} {call}" if rows else description
    for phrase in PHRASES:
        if phrase.role != "order" and description and _pattern(phrase.pattern).search(description[:600]):
            rows.append((phrase.role, phrase.weight, phrase.because))
    if structured and any(role == "search" for role, _, _ in rows):
        rows.append(("query", 3, "it takes an object"))
    for role, weight, because in rows:
        weights[role] = weights.get(role, 0) + weight
        reasons.setdefault(role, []).append(because)
    if "query" in weights and weights["query"] >= ENOUGH:
        return "query", reasons["query"][0]
    if weights.get("search", 0) >= ENOUGH and spoken[-1] not in _NO_TEXT:
        return "search", reasons["search"][0]
    return None, ""


def _is_of_another(about: _About, spoken: tuple[str, ...], row: Named) -> bool:
    """Whether the name has the words of a row and others, which name something else: ``description_search``,
    ``search_mode``; not ``user_search``, ``quick_search``."""
    if "".join(spoken) in row.words:
        return False
    around = {singular(word) for word in words(about.holder)}
    every = frozenset().union(*(one.words for one in NAMES))
    return any(
        word not in every | _CONTAINERS | _PARTIAL | _GENERIC
        and singular(word) not in around
        and not names_person(word)
        for word in spoken
    )


def _match(about: _About, name: str, spoken: tuple[str, ...], kind: str | None) -> SearchArgument | None:
    """An argument that is called like a classified field, with what is done to it or which part of it."""
    ranged = bool(_RANGES & set(spoken))
    base = [word for at, word in enumerate(spoken) if not (at == 0 and word in _CONTAINERS and len(spoken) > 1)]
    bare = [word for word in base if word not in _PARTIAL | _RANGES] or base
    if "birth_date" in about.sensitive.values() and _AGES & set(spoken):
        return SearchArgument(name, "range", about.of_kind("birth_date"), "it is about the age")
    for candidate in (base, bare):
        if paths := tuple(path for path in about.sensitive if _is_called(tuple(candidate), path, about.holder)):
            role: Role = "range" if ranged and about.sensitive[paths[0]] == "birth_date" else "match"
            return SearchArgument(name, role, tuple(sorted(paths)), "it is called like a classified field")
    meant = kind if kind is not None else _kind_meant(about, base, bare)
    if meant is None or meant == "secret":
        return None
    role = "range" if ranged and meant == "birth_date" else "match"
    because = "it is classified" if kind is not None else "its name means a classified field"
    paths = tuple(path for path in about.of_kind(meant) if not _strangers(bare, _keys(path), about.holder))
    return SearchArgument(name, role, paths or ("_".join(bare),), because)


def _kind_meant(about: _About, base: list[str], bare: list[str]) -> str | None:
    """The kind of a classified field that the words of an argument mean; ``bare``: without what is done to it."""
    if len(base) == 1 and names_person(base[0]):
        return None
    kind = None
    for candidate in (base, bare, [word for word in bare if word not in _PARTS]):
        kind = kind_within(" ".join(candidate), about.holder, type="string") if candidate else None
        if kind and kind != "secret":
            break
    return kind if kind in about.sensitive.values() else None


def _order(about: _About, name: str, spoken: tuple[str, ...], schema: Mapping[str, Any]) -> SearchArgument | None:
    text = str(schema.get("description") or "")
    row = next(row for row in NAMES if row.role == "order")
    named = bool(row.words & set(spoken)) or spoken[-2:] in (("order", "by"), ("group", "by"))
    named = named or (set(spoken) - {"order"} <= _ORDER_FILLERS and "order" in spoken)
    phrase = next(one for one in PHRASES if one.role == "order")
    said = not named and bool(text) and _pattern(phrase.pattern).search(text[:600]) is not None and len(spoken) < 4
    if not (named or said) or _DIRECTIONS & set(spoken):
        return None
    values = _enum(schema)
    if values and not any(names_hidden(str(one), about.fields, about.holder, about.sensitive) for one in values):
        return None
    return SearchArgument(name, "order", _capped(about.fields), row.because if named else phrase.because)


def names_hidden(
    name: str, hidden: Sequence[str], holder: str = "", sensitive: Mapping[str, str] | None = None
) -> str | None:
    """The field of ``hidden`` that ``name`` names, however it is written; or ``name`` itself where its words are those
    of a kind that ``hidden`` holds."""
    spoken = tuple(
        one for one in words(name) if one not in ("asc", "desc", "ascending", "descending", "nulls", "az", "za")
    )
    if not spoken:
        return None
    for path in hidden:
        if _is_called(spoken, path, holder) or "".join(_keys(path.rsplit(".", 1)[-1])) == "".join(spoken):
            return path
    kinds = {(sensitive or {}).get(path) or kind_of(path, type="string") for path in hidden}
    kind = kind_within(" ".join(spoken), holder, type="string")
    if kind is not None and kind in kinds:
        return name
    if "name" in kinds and spoken[-1] in ("alphabetical", "alphabetically", "alphabetic", "alpha", "alphabet"):
        return name
    return name if "birth_date" in kinds and _AGES & set(spoken) else None


def _is_called(spoken: tuple[str, ...], path: str, holder: str) -> bool:
    """Whether ``spoken`` names the field at ``path``: all of its keys, the end of them, or the last one; a last key
    that says nothing by itself (``phones[*].number``) only among records of the same kind."""
    keys, last = _keys(path), words(path.rpartition(".")[2])
    if spoken == keys or (len(spoken) > 1 and keys[-len(spoken) :] == spoken):
        return True
    if not last or spoken[-len(last) :] != last:
        return False
    if len(spoken) == len(last) and not leans(" ".join(last)):
        return True
    if _strangers(spoken[: -len(last)], keys, holder):
        return False
    return kind_within(" ".join(spoken), holder, type="string") == (kind_of(path, type="string") or "")


def _strangers(spoken: Sequence[str], keys: Collection[str], holder: str) -> set[str]:
    """The words of a name that are of another person: ``assignee_email`` is not the ``contact.email`` of a task."""
    known = {singular(word) for word in (*keys, *words(holder))}
    return {word for word in spoken if names_person(word) and singular(word) not in known}


@lru_cache(maxsize=8192)
def _keys(path: str) -> tuple[str, ...]:
    """The words of the last key of a path, and of those that hold it before them."""
    return tuple(word for key in fields.keys_of(path) for word in words(key))


def _mentioned(about: _About, description: str) -> tuple[str, ...]:
    """The kinds that a description names, as paths of the record where it has them."""
    found: dict[str, None] = {}
    for kind, pattern in _SAYS.items():
        if pattern.search(description[:600]):
            if kind == "name" and not (about.of_kind("name") or names_person(about.holder)):
                continue
            found |= dict.fromkeys(about.of_kind(kind) or ({"name": "full_name"}.get(kind, kind),))
    return tuple(found)


def _flat(arguments: Mapping[str, Any], at: str = "", depth: int = 0) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The arguments, and what objects among them declare, as JSON Pointers."""
    for name, schema in arguments.items():
        if not isinstance(schema, Mapping) or (not at and (name in OWN or schema == OWN_ARGUMENTS.get(name))):
            continue
        here = f"{at}/{escape_key(name)}" if at else name
        members = schema.get("properties")
        inner = schema.get("items")
        if isinstance(members, Mapping) and members and depth < 4:
            yield from _flat(members, at=here if at else f"/{escape_key(name)}", depth=depth + 1)
        elif isinstance(inner, Mapping) and isinstance(inner.get("properties"), Mapping) and depth < 4:
            start = here if at else f"/{escape_key(name)}"
            yield here, schema
            yield from _flat(inner["properties"], at=f"{start}/*", depth=depth + 1)
        else:
            yield here, schema


def _types(schema: Mapping[str, Any]) -> set[str]:
    said = schema.get("type")
    if isinstance(said, str):
        return {said}
    if isinstance(said, (list, tuple)):
        return {str(one) for one in said}
    several = [one for key in ("anyOf", "oneOf") for one in schema.get(key) or () if isinstance(one, Mapping)]
    return {kind for one in several for kind in _types(one)}


def _enum(schema: Mapping[str, Any]) -> list[Any]:
    values = schema.get("enum")
    if values is None and isinstance(schema.get("items"), Mapping):
        values = schema["items"].get("enum")
    return list(values) if isinstance(values, (list, tuple)) else []


@lru_cache(maxsize=64)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)
