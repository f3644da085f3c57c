"""What is known of one list while it is tried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from adaptgen.learning.lists.asking import Asker, Values
from adaptgen.learning.lists.candidates import Knob
from adaptgen.learning.lists.counting import Known
from adaptgen.learning.lists.observe import Member, Seen
from adaptgen.learning.model import Confidence, Disagreement, Experiment, Notebook
from adaptgen.learning.targets import Target
from adaptgen.model.tables import Json, value

Order = Literal["unknown", "stable", "volatile", "unstable"]


@value()
class Way:
    """How a list goes on. ``style`` as in the hints; ``knob``: the input of the position or of the token; ``first``:
    where positions begin; ``source``: where the next token or URL is; ``guess``: it could not be proved, because of
    ``why``."""

    style: Literal["offset", "page", "cursor", "link", "header", "next_url"]
    knob: Knob | None = None
    first: int = 0
    source: str = ""
    guess: bool = False
    why: str = ""


@value()
class Habit:
    """What was certain for one list of the API, and is the first thing to try with others. ``bounded``: the largest
    page is known, or there is no bound; ``totals``: where lists of this way have their number; ``ignored``: names of
    sizes that are."""

    way: Way
    size: Knob | None
    max_size: int | None
    total: str | None
    subject: str
    more: str | None = None
    single_use: bool = False
    bounded: bool = False
    totals: frozenset[str] = frozenset()
    ignored: frozenset[str] = frozenset()


@dataclass(slots=True)
class ListState:
    """``first``: the answer to a request without any value of paging; ``size``: the input that is honoured as a size
    (``proved``: in this list), with the smallest that it takes in ``least``; ``largest``: the most records that came at
    once, and ``cut``: there are others; ``moved_by``: what changed the answer, although it is not known how;
    ``strict``: names that are not declared are refused."""

    target: Target
    asker: Asker
    notebook: Notebook
    first: Seen | None = None
    known: Known = field(default_factory=Known)
    by_identity: bool = False
    order: Order = "unknown"
    size: Knob | None = None
    proved: bool = False
    least: int = 1
    max_size: int | None = None
    largest: int = 0
    cut: bool = False
    size_ignored: list[Knob] = field(default_factory=list)
    ignored: list[Knob] = field(default_factory=list)
    moved_by: list[Knob] = field(default_factory=list)
    strict: bool = False
    total: Member | None = None
    total_because: str = ""
    more: Member | None = None
    end: str = ""
    goes_on: str = ""

    def marks(self, seen: Seen) -> tuple[bytes, ...] | None:
        """The records of ``seen`` for comparison; None where it has no list."""
        return seen.marks(self.by_identity) if seen.records is not None else None

    @property
    def is_unstable(self) -> bool:
        """Whether two identical reads were answered with other records."""
        return self.order == "unstable"

    @property
    def count(self) -> int:
        """How many records came without any value of paging."""
        return self.first.count if self.first is not None else 0

    async def check_order(self) -> Order:
        """Whether the same request is answered with the same records in the same order."""
        if self.order != "unknown" or self.first is None:
            return self.order
        again = await self.asker.ask({}, again=True)
        if again.records is None:
            return "unknown"
        if again.marks(False) == self.first.marks(False):
            self.order = "stable"
        elif again.marks(True) == self.first.marks(True) and again.marks(True) != again.marks(False):
            # The records are the same; something in them changes with every answer.
            self.order = "volatile"
            self.by_identity = True
            self.known.marks = self.first.marks(True)
            self.known.tried.clear()
        else:
            self.order = "unstable"
        if self.order in ("stable", "volatile"):
            self.known.surprise += self.known.chance(len(self.known.marks))
        said = {
            "stable": "two identical reads are answered alike",
            "volatile": "two identical reads have the same records, in which something changes",
            "unstable": "two identical reads are answered with other records, or in another order",
        }[self.order]
        seen: dict[str, Json] = {"status": again.reply.status, "records": again.count, "same": self.order != "unstable"}
        self.note("list.order", self.asker.show() + ", twice", seen, said, "certain")
        return self.order

    def note(
        self,
        question: str,
        request: Values | str,
        seen: Seen | Mapping[str, Json],
        conclusion: str,
        confidence: Confidence,
    ) -> None:
        """Write an experiment down."""
        text = request if isinstance(request, str) else self.asker.show(request)
        shape = seen.shape() if isinstance(seen, Seen) else dict(seen)
        self.notebook.experiments.append(Experiment(self.target.key, question, text, shape, conclusion, confidence))

    def disagree(self, pointer: str, declared: str, observed: str) -> None:
        """Write down that the document says something else."""
        found = Disagreement(self.target.key, pointer, declared, observed)
        if found not in self.notebook.disagreements:
            self.notebook.disagreements.append(found)

    def pointer(self, name: str) -> str:
        """Where the document declares an input."""
        operation = self.target.operation
        found = next((one.pointer for one in operation.parameters if one.name == name), "")
        return found or operation.pointer
