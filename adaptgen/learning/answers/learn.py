"""What the answers of an API really hold, from the records that were read and a few more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from adaptgen.building.result import BuildResult
from adaptgen.learning.answers.disagreements import compare
from adaptgen.learning.answers.fields import BULKY, Values, declared_leaves, is_covered, read_fields
from adaptgen.learning.answers.identity import Identity, find_detail, find_identity, place_of
from adaptgen.learning.answers.personal import Personal, find_personal
from adaptgen.learning.answers.references import find_names, find_references, to_hint
from adaptgen.learning.answers.views import better_view, within_answer
from adaptgen.learning.lists.observe import find_place
from adaptgen.learning.model import Confidence, Experiment, Line, Notebook
from adaptgen.learning.probe import BudgetSpent, Probe, ReadInputs
from adaptgen.learning.records import Sample, samples_of
from adaptgen.learning.targets import Target, addresses, find_targets
from adaptgen.model.tables import Json
from adaptgen.plan.document.schemas import forget
from adaptgen.syntax import field_paths
from adaptgen.syntax import hint_jsonpath as jsonpath
from adaptgen.views.vocabulary import is_wrapper_word

DONE = "answers.fields"
"""The question of every operation: with its answer the operation is done."""
_SHOWN = 12
_SINGLES = 20
"""Operations that are read for one record each and belong to no list."""


async def learn_answers(result: BuildResult, probe: Probe, notebook: Notebook) -> None:
    """Look at the records of every list, and of the operations that read one record, and write down what they show.
    Where the budget ends, the rest is not known."""
    try:
        await _Answers(result, probe, notebook).run()
    finally:
        forget(result.document)


@dataclass(slots=True)
class _Read:
    """What is known of one list."""

    target: Target
    sample: Sample
    found: Mapping[str, Values]
    identity: Identity | None = None
    detail: Target | None = None
    personal: list[Personal] = field(default_factory=list)


class _Answers:
    def __init__(self, result: BuildResult, probe: Probe, notebook: Notebook) -> None:
        self.result, self.probe, self.notebook = result, probe, notebook
        self.lists, self.records = find_targets(result, probe)
        self.samples = samples_of(probe)
        self.read: dict[str, _Read] = {}

    async def run(self) -> None:
        spent = False
        known = [target for target in self.lists if target.key in self.samples.lists]
        for target in [*known, *(one for one in self.lists if one not in known)]:
            sample = self.samples.lists.get(target.key)
            try:
                if sample is None and not spent:
                    sample = await self._sample(target)
            except BudgetSpent:
                spent = True
            if sample is None or not sample.records:
                continue
            one = _Read(target, sample, read_fields(target, sample.records, sample.place))
            self.read[target.key] = one
            try:
                await self._identify(one, ask=not spent)
            except BudgetSpent:
                spent = True
            self._look(one)
        self._names()
        if not spent:
            await self._singles()

    async def _sample(self, target: Target) -> Sample | None:
        """Read a list that was done in an earlier run: its records were not kept."""
        if target.missing or (self.notebook.find(target.key, DONE) is not None and not self._is_pointed_to(target)):
            return None
        path = next(addresses(target, self.samples), None)
        if path is None:
            return None
        reply = await self.probe.read(target.operation, ReadInputs(path, target.query, target.headers))
        declared = target.page.items if target.page is not None else "$"
        found = self._place(target, reply.json, declared) if reply.ok and reply.json is not None else None
        if found is None:
            return None
        sample = Sample(target.operation, list(found[1]), found[0], path, target.query, body=reply.json)
        self.samples.keep(sample)
        return sample

    @staticmethod
    def _place(target: Target, body: Json, declared: str) -> tuple[str, list[Json]] | None:
        return find_place(body, declared, target.facts.resource, is_list=target.is_list)

    @staticmethod
    def _is_pointed_to(target: Target) -> bool:
        return not target.placeholders

    # --------------------------------------------------------------------------------------------------------- one list

    async def _identify(self, one: _Read, *, ask: bool) -> None:
        known = self.notebook.find(one.target.key, "answers.identity")
        one.detail = find_detail(one.target, self.records)
        if known is not None and isinstance(known.seen.get("field"), str):
            one.identity = Identity(str(known.seen["field"]), known.confidence, known.conclusion)
            return
        one.identity = await find_identity(one.target, one.sample, one.detail if ask else None, self.probe)
        if one.identity is None or not ask:
            return
        found = one.identity
        seen: dict[str, Json] = {"field": found.field, "records": len(one.sample.records), "status": found.status}
        request = one.detail.key if one.detail is not None and found.status else one.target.key
        said = f"{found.field} identifies a record: {found.because}"
        self._note(one.target.key, "answers.identity", request, seen, said, found.confidence)
        if found.record is not None and one.detail is not None:
            self._payload(one.detail, found)

    def _payload(self, detail: Target, found: Identity) -> None:
        """Where a detail operation has its record."""
        wanted = dict(found.path).get(detail.placeholders[-1])
        place = place_of(found.record, found.field, wanted)
        tool = detail.tool
        if place is None or tool is None or tool.page is not None:
            return
        here = jsonpath.first(tool.payload, found.record)
        seen: dict[str, Json] = {"status": found.status, "place": place}
        self._note(detail.key, "answers.record", detail.key, seen, f"the record is at {place}", "certain")
        if place != tool.payload and not (isinstance(here, dict) and found.field in here):
            because = f"the record with this identity is at {place}, not at {tool.payload}"
            beside = [key for key, one in found.record.items() if one and not is_wrapper_word(key, of_list=True)]
            # What is next to the record goes with the line: people should see it.
            sure: Confidence = "certain" if len(beside) <= 1 else "likely"
            self._line(("operations", detail.key, "answer"), place, because, sure)

    def _look(self, one: _Read) -> None:
        target, found, sample = one.target, one.found, one.sample
        tool = target.tool
        self._describe(target, found, sample)
        inside = tool is not None and tool.page is None and sample.place != tool.payload
        moved = inside or (tool is not None and tool.page is not None and sample.place != tool.page.items)
        read_there = not moved or self._is_read_at(target, sample.place)
        known = tool.sensitive if tool is not None and not moved else {}
        resource = target.facts.holder
        plain = {*(tool.not_sensitive if tool is not None else ())}
        one.personal = [
            each for each in find_personal(found, known, resource, moved=moved) if not _is_plain(each.path, plain)
        ]
        within = within_answer(sample.place) if inside and not read_there else ""
        self._sensitive(target, one.personal, within)
        self._pass_on(one)
        identity = one.identity.field if one.identity is not None else None
        kinds = {**known, **{each.path: each.kind for each in one.personal}}
        view = better_view(tool, sample.place, sample.records, found, identity, kinds) if tool is not None else None
        if not read_there:
            view = None  # nothing was found out of its paging, and the tool has its records elsewhere
        if view is not None:
            paths, because = view
            self._line(("operations", target.key, "view"), paths, because, "likely")
        for said in compare(target, found, declared_leaves(target, sample.place), sample.place):
            if said not in self.notebook.disagreements:
                self.notebook.disagreements.append(said)

    def _describe(self, target: Target, found: Mapping[str, Values], sample: Sample) -> None:
        """Say what the fields hold: names, forms and counts."""
        if self.notebook.find(target.key, DONE) is not None:
            return
        null = [path for path, one in found.items() if one.is_null]
        constant = [path for path, one in found.items() if one.is_constant]
        declared = declared_leaves(target, sample.place)
        new = [path for path in found if declared is not None and not is_covered(path, declared)]
        bulky = [path for path, one in found.items() if one.bytes > BULKY]
        forms = {path: one.form for path, one in found.items() if one.form}
        seen: dict[str, Json] = {
            "records": len(sample.records), "fields": len(found), "empty": null[:_SHOWN], "same": constant[:_SHOWN],
            "undeclared": new[:_SHOWN], "bulky": bulky[:_SHOWN], "forms": dict(list(forms.items())[:40]),
        }  # fmt: skip
        parts = [
            f"always empty: {_few(null)}" if null else "",
            f"always the same: {_few(constant)}" if constant else "",
            f"not declared: {_few(new)}" if new else "",
            f"bulky: {_few(bulky)}" if bulky else "",
        ]
        said = "; ".join(part for part in parts if part) or "every field has values of its own"
        self._note(target.key, DONE, target.key, seen, said, "likely")

    def _is_read_at(self, target: Target, place: str) -> bool:
        """Whether what was learned makes the tool read its records at ``place``."""
        keys = ("operations", target.key, "page")
        said = [one.value for one in self.notebook.lines if one.keys == keys]
        return any(isinstance(one, dict) and one.get("items") == place for one in said)

    def _sensitive(self, target: Target, personal: Sequence[Personal], within: str) -> None:
        """Keep the fields that are personal. ``within``: where the records are, if the tool answers what is around
        them."""
        for one in personal:
            keys = ("operations", target.key, "sensitive", field_paths.join(within, one.path))
            self._line(keys, one.kind, one.because, one.confidence)
            seen: dict[str, Json] = {"field": one.path, "kind": one.kind}
            self._note(target.key, "answers.personal", target.key, seen, one.because, one.confidence)

    def _pass_on(self, one: _Read) -> None:
        """What is personal in the records of a list is so in the record that is read alone."""
        detail = one.detail
        if detail is None or detail.tool is None:
            return
        for each in one.personal:
            if each.path not in detail.tool.sensitive:
                because = f"as in {one.target.key}: {each.because}"
                self._line(("operations", detail.key, "sensitive", each.path), each.kind, because, each.confidence)

    # ------------------------------------------------------------------------------------------------------------ names

    def _names(self) -> None:
        rows = {
            key: (
                one.target,
                one.sample,
                one.identity.field if one.identity is not None else None,
                one.found,
                [
                    *(one.target.tool.sensitive if one.target.tool is not None else ()),
                    *(each.path for each in one.personal),
                ],
            )
            for key, one in self.read.items()
        }
        values = [(key, one.found) for key, one in self.read.items()]
        by_source = {}
        targets = [*self.lists, *self.records]
        for target in targets:
            if target.tool is not None:
                by_source[target.tool.name] = target.key
        tools = [one for one in self.result.plan.server.tools if one.call is not None]
        for reference in find_references(tools, find_names(rows), values):
            call = reference.tool.call
            if call is None:
                continue
            key = by_source.get(reference.tool.name, f"{call.method} {call.path}")
            keys = ("operations", key, "arguments", reference.argument)
            self._line(keys, to_hint(reference), reference.because, reference.confidence)
            seen: dict[str, Json] = {"argument": reference.argument, "records": len(reference.names.ids)}
            self._note(key, "answers.names", reference.names.target.key, seen, reference.because, reference.confidence)

    # -------------------------------------------------------------------------------------------------- single records

    async def _singles(self) -> None:
        """Read one record of the operations that belong to no list."""
        details = {one.detail.key for one in self.read.values() if one.detail is not None}
        asked = 0
        for target in self.records:
            if target.key in details or target.missing or self.notebook.find(target.key, DONE) is not None:
                continue
            if asked >= _SINGLES or self.probe.remaining <= 0:
                return
            path = next(addresses(target, self.samples), None)
            if path is None or target.tool is None:
                continue
            asked += 1
            try:
                reply = await self.probe.read(target.operation, ReadInputs(path, target.query, target.headers))
            except BudgetSpent:
                return
            if not reply.ok or not isinstance(reply.json, dict):
                continue
            record = jsonpath.first(target.tool.payload, reply.json)
            if isinstance(record, dict):
                sample = Sample(target.operation, [record], target.tool.payload, path, target.query)
                self._look(_Read(target, sample, read_fields(target, [record], target.tool.payload)))

    # ------------------------------------------------------------------------------------------------------------ notes

    def _note(
        self, subject: str, question: str, request: str, seen: Mapping[str, Json], conclusion: str, sure: Confidence
    ) -> None:
        one = Experiment(subject, question, request, seen, conclusion, sure)
        if one not in self.notebook.experiments:
            self.notebook.experiments.append(one)

    def _line(self, keys: tuple[str, ...], said: Json, because: str, confidence: Confidence) -> None:
        self.notebook.lines[:] = [one for one in self.notebook.lines if one.keys != keys]
        self.notebook.lines.append(Line(keys, said, because, confidence))


def _is_plain(path: str, plain: set[str]) -> bool:
    """Whether hints say that a field is not personal."""
    return path in plain or f"$..{path.replace('[*]', '').rpartition('.')[2]}" in plain


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
