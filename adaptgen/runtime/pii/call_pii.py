"""What one call learns for governance: which of the values that it shows are personal data, and how the API answered.

Without governance nothing is marked, and a call costs what it cost before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from adaptgen.model.tables import Call, Json
from adaptgen.runtime.core.answer import Answer, Text
from adaptgen.runtime.core.text import clean, encode
from adaptgen.runtime.pii.tagged_values import canonical

if TYPE_CHECKING:
    from adaptgen.runtime.pii.classifier import Classifier
    from adaptgen.runtime.pii.token_sizes import Form


class PiiTracker:
    """Of one call. ``classifier`` knows the tool's records (None: nothing is marked); ``given``: classified values of
    the arguments, as kind and value; ``kinds``: those that tokens will replace (None: all of them), in tokens of
    ``form``.

    ``status`` becomes the API's last HTTP status.
    """

    __slots__ = ("_classifier", "_form", "_found", "_given", "_kinds", "enabled", "seen", "status")

    def __init__(
        self,
        classifier: Classifier | None = None,
        given: Iterable[tuple[str, str]] = (),
        kinds: Collection[str] | None = None,
        form: Form = "sealed",
    ) -> None:
        self._classifier = classifier
        self._kinds = kinds
        self._form = form
        self.enabled = classifier is not None
        self.seen: dict[tuple[str, str], None] = dict.fromkeys(given)
        self._given = dict(self.seen)
        self._found: list[tuple[str, str]] = []
        self.status: int | None = None

    def mark(self, value: Json, classifier: Classifier | None = None, *, cuts: bool = False) -> Json:
        """A copy of ``value`` with classified leaves marked, by the tool's classifier or another; ``value`` itself
        where nothing is to be marked. ``cuts``: parts of strings will be asked for, which must not split personal data.
        """
        if not self.enabled:
            return value
        known = classifier or self._classifier
        assert known is not None
        return known.mark(value, self.seen, guard=0) if cuts else known.mark(value, self.seen)

    def step(self, call: Call, body: Json) -> Json:
        """The body that the call of a step answered, marked by the names of its fields."""
        from adaptgen.runtime.pii.arguments import resource
        from adaptgen.runtime.pii.classifier import Classifier

        known = self._classifier
        return self.mark(body, Classifier({}, () if known is None else known.never, resource=resource(call)))

    def restore(self, values: Mapping[str, Json], pairs: Iterable[Sequence[str]]) -> dict[str, Json]:
        """``values`` that a cursor carried, with the values of ``pairs`` (kind, value) marked again."""
        from adaptgen.runtime.pii.classifier import mark_values

        given = [(kind, value) for kind, value in pairs]
        self.seen |= dict.fromkeys(given)
        return mark_values(values, given)

    def record(self, item: Json) -> tuple[Json, Mapping[tuple[str, str], None]]:
        """A copy of one record with classified leaves marked, and what was classified in it (kind, value). Nothing of
        it is learnt: it is looked at and not shown."""
        if self._classifier is None:
            return item, {}
        seen: dict[tuple[str, str], None] = {}
        return self._classifier.mark(item, seen), seen

    def will_tokenize(self, kind: str) -> bool:
        """Whether agents get tokens in place of values of ``kind``."""
        return self.enabled and (self._kinds is None or canonical(kind) in self._kinds)

    def kind_at(self, keys: Sequence[str]) -> str | None:
        """The kind of values in records under these keys: of a number, of a text, of a person's name."""
        from adaptgen.runtime.pii.tagged_values import Tagged

        for leaf in ("Ada Lovelace", 12345) if self.enabled else ():
            record: Json = leaf
            for key in reversed(keys):
                record = {key: record}
            found, _ = self.record(record)
            for key in keys:
                found = found[key]
            if isinstance(found, Tagged):
                return found.kind
        return None

    def without(self, text: str, personal: Iterable[tuple[str, str]], hole: str) -> str:
        """``text`` with ``hole`` in place of everything that tokens will replace in it: what patterns find, and
        the values of ``personal`` (kind, value)."""
        from adaptgen.runtime.pii.personal_text import find_personal

        text = str(text)
        cuts = find_personal(text, (one for one in personal if self.will_tokenize(one[0])), self._kinds)
        parts: list[str] = []
        at = 0
        for start, end in sorted(cuts):
            if end > at:
                parts += (text[at : max(start, at)], hole)
                at = end
        return "".join((*parts, text[at:]))

    def observe(self, body: Json, classifier: Classifier | None = None) -> None:
        """Learn the values of a record that is read and not shown: what is shown may repeat them. ``classifier`` knows
        the record; names alone decide where nothing does."""
        if self.enabled:
            from adaptgen.runtime.pii.classifier import Classifier

            known = classifier or Classifier({}, () if self._classifier is None else self._classifier.never)
            known.mark(body, self.seen)

    def arguments(self, arguments: Mapping[str, Json]) -> dict[str, Json]:
        """The arguments with classified values marked: a result may repeat them."""
        from adaptgen.runtime.pii.classifier import mark_values

        return mark_values(arguments, self._given)

    def values(self, body: Json) -> list[tuple[str, str]]:
        """Kind and value of what is classified in an error body by the names of its fields, the longest first."""
        from adaptgen.pii.matcher import SHORTEST
        from adaptgen.runtime.pii.classifier import Classifier

        found: dict[tuple[str, str], None] = {}
        Classifier({}).mark(body, found)
        return sorted((one for one in found if len(one[1]) >= SHORTEST), key=lambda one: -len(one[1]))

    def named(self, text: str) -> None:
        """Learn the values that text other than JSON has under names: elements, attributes, ``key: value``."""
        from adaptgen.runtime.pii.structured import find_named

        self.seen |= dict.fromkeys(find_named(clean(text)))

    def capped(self, text: str, most: int) -> str:
        """``text`` cut so that it takes at most ``most`` bytes with tokens in it, and says so."""
        from adaptgen.runtime.pii.personal_text import SliceSafeText

        whole = len(text.encode(errors="replace"))
        shown = text[: most + 1000].encode(errors="replace").decode()
        size = min(len(text), most)
        guarded = SliceSafeText(shown, list(self.seen))
        if size < len(text):
            shown = guarded[:size]
        for _ in range(8):
            taken = len(shown.encode()) + self.growth(shown) + self.repeated(shown)
            if taken <= most:
                break
            size = max(min(int(size * (most - 60) / taken), size - 1), 0)
            kept = guarded[:size]
            shown = f"{kept}\n… (the first {len(kept.encode())} of {whole} bytes)"
        return shown

    def growth(self, value: Json) -> int:
        """Bytes that tokens will add to the JSON of ``value``."""
        if not self.enabled:
            return 0
        from adaptgen.runtime.pii.token_sizes import added_bytes

        return added_bytes(value, self._kinds, self._form)

    def size(self, value: Json) -> int:
        """Bytes of the JSON of ``value`` with tokens in it."""
        return len(encode(value)) + self.growth(value)

    def whole(self, value: Json) -> int:
        """The same, also with tokens where classified values are repeated in other text of ``value``."""
        return self.size(value) + self.repeated(value)

    def repeated(self, shown: Json) -> int:
        """Bytes that tokens will add where classified values are repeated in other text of ``shown``."""
        if not self.enabled or not self.seen:
            return 0
        from adaptgen.runtime.pii.token_sizes import find_repeated

        self._found, growth = find_repeated(shown, self.seen, self._kinds, self._form)
        return growth

    def finish(self, answer: Answer, shown: Json = None, *, rows: int | None = None, measured: bool = False) -> Answer:
        """``answer`` with the positions in ``shown``, the JSON of its first text, and the values found elsewhere in it.

        ``rows``: the number of columns, where ``shown["items"]`` are rows. ``measured``: the last question about what
        is repeated was about this very answer.
        """
        if not self.enabled:
            return self.with_status(answer)
        from adaptgen.runtime.pii.pointers import columns, positions
        from adaptgen.runtime.pii.token_sizes import find_repeated

        sensitive: dict[str, str] = {}
        if shown is not None:
            if rows is not None:
                beside = {key: value for key, value in shown.items() if key != "items"}
                sensitive = {**columns(shown["items"], rows, "/items"), **positions(beside)}
            else:
                sensitive = positions(shown)
        if not measured:
            texts = [one.text for one in answer.content if isinstance(one, Text)] if shown is None else shown
            self._found, _ = find_repeated(texts, self.seen, self._kinds)
        found = tuple(self._found)
        if not sensitive and not found:
            return self.with_status(answer)
        return replace(self.with_status(answer), sensitive=sensitive, found=found)

    def with_status(self, answer: Answer) -> Answer:
        """``answer`` with the API's last status, where it has none of its own."""
        if answer.status is not None or self.status is None:
            return answer
        return replace(answer, status=self.status)
