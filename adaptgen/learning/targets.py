"""Which operations can be tried: reads whose required inputs are known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from adaptgen.building.result import BuildResult
from adaptgen.learning.probe import Probe
from adaptgen.learning.records import Samples
from adaptgen.model.evidence import Row, Table
from adaptgen.model.tables import Json, Paging, Tool, value
from adaptgen.plan.document.envelope import names_several
from adaptgen.plan.document.operation import PLACEHOLDER, Operation, Parameter
from adaptgen.plan.document.reader import operations
from adaptgen.plan.document.schemas import shape
from adaptgen.plan.facts import OperationFacts, read_facts
from adaptgen.plan.paging.parameter_signals import CURSOR, LIMIT, OFFSET, PAGE
from adaptgen.source import Document
from adaptgen.syntax.field_paths import MISSING
from adaptgen.syntax.identifiers import vocabulary, words
from adaptgen.views.vocabulary import identifies

PARENTS = 6
"""Records of a list above that are tried, until one has something below it: the first, the last, and some between."""


@value()
class Target:
    """An operation to try. ``page``: how the build reads it, None where it is not known as a list; ``query``: values
    for what it requires, as the document has them; ``missing``: required inputs without a known value."""

    facts: OperationFacts
    tool: Tool | None
    query: Mapping[str, str]
    headers: Mapping[str, str]
    missing: tuple[str, ...] = ()
    uses: int = 0

    @property
    def operation(self) -> Operation:
        return self.facts.operation

    @property
    def key(self) -> str:
        return self.facts.operation.key

    @property
    def page(self) -> Paging | None:
        return self.tool.page if self.tool is not None else None

    @property
    def is_list(self) -> bool:
        """Whether the build knows it as a list, or its address names several: below a record only where the answer is
        not described, as `/dags/{dag_id}/details` is a record."""
        facts = self.facts
        described = bool(shape(facts.document, facts.schema).properties)
        whole = not self.placeholders and facts.subject == facts.resource
        return self.page is not None or (names_several(facts.operation) and (whole or not described))

    @property
    def placeholders(self) -> list[str]:
        return PLACEHOLDER.findall(self.operation.path)


def find_targets(result: BuildResult, probe: Probe) -> tuple[list[Target], list[Target]]:
    """The lists that may be read, those first that most operations are about, and the records; both without what the
    build hides or a login sends."""
    document = result.document
    tools: dict[str, Tool] = {}
    for tool in result.plan.server.tools:
        if tool.call is not None and not tool.steps:
            tools.setdefault(tool.source, tool)
    known = list(operations(document)[0])
    paths = [one.path.rstrip("/") for one in known]
    lists: list[Target] = []
    records: list[Target] = []
    for operation in known:
        served = tools.get(operation.pointer)
        if served is None or operation.method == "HEAD" or not probe.may_read(operation):
            continue
        target = _target(document, operation, served, paths)
        if target.page is not None or _may_be_list(target):
            lists.append(target)
        else:
            records.append(target)
    order = lambda one: (not one.is_list, len(one.placeholders), -one.uses)  # noqa: E731
    return sorted(lists, key=order), sorted(records, key=lambda one: (len(one.placeholders), -one.uses))


def _target(document: Document, operation: Operation, tool: Tool, paths: list[str]) -> Target:
    facts = read_facts(document, operation)
    query: dict[str, str] = {}
    headers: dict[str, str] = {}
    missing: list[str] = []
    positions = OFFSET | PAGE
    for one in operation.parameters:
        if one.place not in ("query", "header") or not one.required:
            continue
        given = _declared_value(document, one)
        folded = next((place.folded[one.name] for place in facts.page_inputs if one.name in place.folded), "")
        if given is None and folded in positions | LIMIT:
            given = "20" if folded in LIMIT else "1" if folded in PAGE else "0"
        if given is None:
            if folded not in CURSOR:
                missing.append(one.name)
        elif one.place == "query":
            query[one.name] = given
        elif one.name.lower() not in ("authorization", "cookie", "accept", "content-type"):
            headers[one.name] = given
    if facts.body is not None and any(slot.required and slot.made is None for slot in facts.body.slots):
        missing += [slot.name for slot in facts.body.slots if slot.required]
    own = operation.path.rstrip("/")
    uses = sum(path == own or path.startswith(f"{own}/") for path in paths)
    return Target(facts, tool, query, headers, tuple(missing), uses)


def _may_be_list(target: Target) -> bool:
    """Whether the address names several records, or nothing is said of the answer."""
    facts = target.facts
    if facts.names_record:
        return False
    known = shape(facts.document, facts.schema)
    return not known.properties or names_several(facts.operation)


def _declared_value(document: Document, one: Parameter) -> str | None:
    """A value that the document itself has: the default, the only or first of several, an example."""
    known = shape(document, one.schema)
    raw: Mapping[str, Any] = one.raw if isinstance(one.raw, Mapping) else {}
    schema = known.raw if isinstance(known.raw, Mapping) else {}
    options = [
        schema.get("default", MISSING),
        *(known.enum or ())[:1],
        raw.get("example", MISSING),
        schema.get("example", MISSING),
    ]
    for option in options:
        if isinstance(option, bool):
            return "true" if option else "false"
        if isinstance(option, (str, int, float)) and option != "":
            return str(option)
    return None


def addresses(target: Target, samples: Samples) -> Iterator[dict[str, Json]]:
    """Values for the placeholders of the address, from the records of the lists above it. Nothing where one cannot be
    filled."""
    document = target.facts.document
    declared = {one.name: one for one in target.operation.parameters if one.place == "path"}
    assigned: list[dict[str, Json]] = [{}]
    for name in target.placeholders:
        prefix = target.operation.path.partition("{" + name + "}")[0]
        following = []
        for known in assigned:
            for sample in samples.under(prefix):
                field = identity_field(sample.records, name)
                ids = [record[field] for record in _spread(sample.records)] if field is not None else []
                following += [{**known, **sample.path, name: one} for one in ids]
        if not following and name in declared:
            given = _declared_value(document, declared[name])
            following = [{**known, name: given} for known in assigned] if given is not None else []
        assigned = following
    yield from assigned[:PARENTS]


def _spread(records: list[Json]) -> list[Json]:
    """Some records from all over a list: those next to each other are often alike."""
    count = len(records)
    if count <= PARENTS:
        return records
    places = dict.fromkeys(round(place * (count - 1) / (PARENTS - 1)) for place in range(PARENTS))
    return [records[place] for place in places]


@value()
class _Key:
    """A field whose values differ in all records. ``wanted``: what an identity is called, folded."""

    name: str
    wanted: str

    @property
    def said(self) -> tuple[str, ...]:
        return words(self.name)


_SURE = vocabulary("id uuid guid pk oid")
_CODES = vocabulary("key code slug number no ref identifier sku")

IDENTITY: Table[_Key] = Table(
    "which field identifies a record?",
    Row(50, "it is called as the placeholder of the record", lambda k: k.wanted and "".join(k.said) == k.wanted),
    Row(40, "it is called an id and nothing else", lambda k: len(k.said) == 1 and k.said[0] in _SURE),
    Row(30, "it is called a key or a code", lambda k: k.said[-1:] and k.said[-1] in _CODES),
    Row(20, "it is the id of something", lambda k: k.said[-1:] and k.said[-1] in _SURE),
    Row(10, "it has a name that identifies", lambda k: identifies(k.name)),
)


def identity_fields(records: list[Json], name: str = "") -> list[str]:
    """The fields whose values differ in all ``records``, the likeliest identity first. ``name``: what the placeholder
    of one record is called."""
    objects = [one for one in records if isinstance(one, dict)]
    if not objects or len(objects) < len(records):
        return []
    ranked: list[tuple[int, int, str]] = []
    for position, key in enumerate(objects[0]):
        values = [one.get(key) for one in objects]
        fit = all(isinstance(one, (str, int)) and not isinstance(one, bool) and one != "" for one in values)
        row = IDENTITY.strongest(_Key(str(key), "".join(words(name))))
        if fit and row is not None and len({str(one) for one in values}) == len(values):
            ranked.append((-row.weight, position, str(key)))
    return [key for _, _, key in sorted(ranked)]


def identity_field(records: list[Json], name: str = "") -> str | None:
    """The likeliest identity."""
    return next(iter(identity_fields(records, name)), None)
