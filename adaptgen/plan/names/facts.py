"""What is understood of one operation that needs a name."""

from __future__ import annotations

import re
from functools import cached_property

from adaptgen.model.tables import value
from adaptgen.plan.document.operation_words import read_words
from adaptgen.plan.document.reader import Operation
from adaptgen.plan.document.tool_names import placeholders, plural, segments, snake
from adaptgen.plan.names import identifier, path, terms
from adaptgen.plan.names import summary as summaries
from adaptgen.syntax.identifiers import singular

_MANY = re.compile(r"(?:\w+ )?(?:an? |the |your )*(?:\w+ )?(?:lists? of|all)\b")


@value()
class Wanted:
    """An operation that needs a name. ``role``: ``list``, ``get``, ``search``, ``update``, ``replace``, ``create``,
    ``delete``, … as the passes found it. ``wish``: what the document calls its tool. ``reads``: it only reads."""

    operation: Operation
    role: str = ""
    wish: str = ""
    reads: bool = False


class NameFacts:
    """What is understood of one operation that needs a name. ``server``: the name of the server, which no name
    repeats."""

    wanted: Wanted
    operation: Operation
    role: str
    on_item: bool
    fixed: list[int]

    def __init__(self, wanted: Wanted, server: str) -> None:
        self.wanted, self.operation = wanted, wanted.operation
        self.server = snake(server)
        self.parts = segments(self.operation.path)
        self.on_item = bool(self.parts) and self.parts[-1] == "{}"
        words = [index for index, part in enumerate(self.parts) if part != "{}"]
        self.fixed = [index for index in words if not self._is_glue(index)] or words
        self.role = "list" if wanted.role == "get" and self.asks_for_many else wanted.role

    def _is_glue(self, index: int) -> bool:
        """Whether a segment only joins the others: ``/dweets/for/{thing}``, ``/orders/{id}/actions/cancel``."""
        part, after = self.parts[index], self.parts[index + 1 : index + 2]
        more = any(one != "{}" for one in self.parts[index + 1 :])
        if part in terms.LINKING or not index:
            return part in terms.LINKING
        return more and (
            (part in terms.KEYS and after == ["{}"] != self.parts[index - 1 : index])
            or (part in terms.ACTS and after != ["{}"])
        )

    @cached_property
    def asks_for_many(self) -> bool:
        """Whether the summary asks for a list of what the path ends with: ``Gets a list of all orders``."""
        if self.on_item or self.operation.method != "GET" or not self.fixed:
            return False
        said = self.stated[0] or self.stated[1]
        last = singular(self.last[-1])
        known = {last, "list", *(singular(word) for word in self.parts[self.fixed[-1] - 1].split("_"))}
        many = _MANY.match(" ".join(said)) or (said and terms.base_verb(said[0]) == "list")
        return bool(many) and any(plural(word) and (last == "list" or singular(word) in known) for word in said)

    @cached_property
    def last(self) -> list[str]:
        """The words of the last fixed segment of the path."""
        words = self.parts[self.fixed[-1]].split("_") if self.fixed else []
        return [*self.unglued(words[0]), *words[1:]] if words else []

    @cached_property
    def path_words(self) -> frozenset[str]:
        """All words of the path, in the singular."""
        return frozenset(singular(word) for word in re.split(r"[_\W]+", snake(self.operation.path)) if word)

    @cached_property
    def stated(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The words of the summary, and those of the description's first sentence from its verb on."""
        said = read_words(self.operation)
        return summaries.without_own_name(self, said.summary), summaries.without_own_name(self, said.tells)

    def unglued(self, word: str) -> list[str]:
        """``getuser`` in two words, where the path or the summary knows the second; else ``word``."""
        for verb in terms.GLUED:
            rest = word.removeprefix(verb)
            if rest == word or len(rest) < 4 or word in terms.VERBS:
                continue
            said = {*self.stated[0], *self.stated[1], *self.path_words} - {word, singular(word)}
            if any(len(known) > 3 and rest.startswith(known) for known in said):
                return [verb, rest]
        return [word]

    @cached_property
    def nested(self) -> bool:
        """Whether a placeholder precedes the last fixed segment: what is above it is one record."""
        return len(self.fixed) > 1 and self.fixed[-2] + 1 < self.fixed[-1]

    @cached_property
    def identified(self) -> str:
        """The name from the operationId; "" where it is missing, generated from the path, or says nothing."""
        name = identifier.name_of_identifier(self)
        verb, _, rest = name.partition("_")
        creates = self.role == "create" and self.operation.method == "PUT" and verb in ("update", "replace", "put")
        return f"create_{rest}" if creates and rest else name

    @cached_property
    def summarized(self) -> str:
        """The name from the summary, of an operation whose path has no word."""
        return summaries.name_of_summary(self)

    @cached_property
    def stated_verb(self) -> str:
        """The verb that the summary begins with, where it says more than the method; that of the description where
        there is no summary, or where it is one of reading under a summary without a verb."""
        summary, tells = self.stated
        if summary and (terms.base_verb(summary[0]) in terms.VERBS or summaries.verb_of(self, summary)):
            return summaries.verb_of(self, summary)
        verb = summaries.verb_of(self, tells)
        return verb if not summary or (self.wanted.reads and verb in terms.ASKS | terms.SAYS_READ) else ""

    @cached_property
    def framework_verb(self) -> str:
        """The verb of ``orders_destroy`` and the like, where the rest of the identifier only repeats the path."""
        word = snake(self.operation.id or "").rpartition("_")[2]
        if word not in terms.FRAMEWORKS or self.operation.method not in ("GET", "DELETE"):
            return ""
        return terms.FRAMEWORK.get(word, word)

    @cached_property
    def acts(self) -> bool:
        """Whether the last segment of the path is what is done: ``/orders/{id}/cancel``, ``/getUserList``."""
        return bool(self.fixed) and path.is_action(self)

    @cached_property
    def kindred(self) -> bool:
        """Whether the path ends with what is like a record: ``/songs/{id}/related``."""
        return self.nested and not self.on_item and len(self.last) == 1 and self.last[0] in terms.KINDRED

    @cached_property
    def filters(self) -> bool:
        """Whether the path ends with what its records are looked up by: ``/atms/postcode/{postcode}``."""
        if self.operation.method == "POST" or not self.on_item or self.nested or len(self.fixed) < 2:
            return False
        named = placeholders(self.operation.path)
        said = "_".join(self.stated[0])
        return bool(named) and (
            snake(named[-1]).replace("_", "").endswith("".join(self.last)) or f"_by_{'_'.join(self.last)}" in said
        )

    @cached_property
    def led(self) -> bool:
        """Whether the segment before the last is what is done: ``/decrypt/pkcs1``, ``/search/issues``."""
        if self.on_item and self.operation.method != "GET":
            return False
        if len(self.fixed) < 2 or self.fixed[-2] + 1 != self.fixed[-1] or self.operation.method not in ("GET", "POST"):
            return False
        before = self.parts[self.fixed[-2]]
        said = self.says(before, clearly=True) or (
            self.operation.method == "POST" and self.stated[0][:2] == (before, self.last[0])
        )
        return before in terms.VERBS and not self.acts and (before in terms.ASKS or said)

    def says(self, verb: str, clearly: bool = False) -> bool:
        """Whether the summary or the description begins with ``verb``, in any of its forms. ``clearly``: with an
        article after it, so that it is not a noun."""
        begun = (words for words in self.stated if len(words) > 1 and terms.base_verb(words[0]) == verb)
        named = snake("_".join(placeholders(self.operation.path)))
        others = terms.DETERMINERS | {"if", "whether", *named.split("_")}
        others |= {word for part in self.parts[:-1] for word in part.split("_")}
        return any(not clearly or bool({words[1], singular(words[1])} & others) for words in begun)
