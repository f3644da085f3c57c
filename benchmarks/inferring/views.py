"""Default views against the labels: whether they keep what identifies a record, and how much they leave out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from inferring.drafted import DEEP, drafted, labels, verdicts

from adaptgen.plan.document import schemas
from adaptgen.plan.document.operation import is_json
from adaptgen.source import Document
from adaptgen.syntax import field_paths as fields

MANY = 30  # leaf fields above which a view must leave out most
LEFT_OUT = 0.7
APART = ("fresh",)  # labels that are no half of the others
READ = ("held", "fresh")  # measured blind once, developed with since: their misses are shown too
KEEPS = 0.98
Steps = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """One labelled operation under the view that the plan chooses; ``view`` None: chosen from the first answer."""

    label: dict[str, Any]
    view: tuple[str, ...] | None
    lost: tuple[str, ...]  # identifying fields that the view leaves out
    useful: int
    leafs: int
    left_out: float


def measure(half: str | None) -> list[tuple[str, str]]:
    """The figures of one half ("held", "develop"), of both (None), of the labels apart ("fresh"), or of a half of the
    directory ("directory held", "directory develop")."""
    seen = verdicts("views", half)
    chosen = [one for one in seen if one.view is not None]
    many = [one for one in chosen if one.leafs > MANY]
    told = sum(not one.lost for one in seen)
    over = sum(one.left_out >= LEFT_OUT for one in many)
    asked = sum(len(one.label["useful"]) for one in seen)
    return [
        ("operations", f"{len(seen)}, {len(seen) - len(chosen)} of them without a view of their schema"),
        ("views that keep what identifies", f"{told} of {len(seen)} ({_share(told, len(seen))}, bar 98 %)"),
        (f"leafs left out above {MANY}, median", f"{100 * median(one.left_out for one in many):.1f} % (bar 70 %)"),
        (f"views above {MANY} leafs that leave out 70 %", f"{over} of {len(many)} ({_share(over, len(many))})"),
        ("useful fields kept", _share(sum(one.useful for one in seen), asked)),
        ("paths of a view, median", f"{median(len(one.view or ()) for one in chosen):.0f}"),
    ]


def missed(half: str | None) -> list[str]:
    """The bars that do not hold."""
    seen = verdicts("views", half)
    many = [one.left_out for one in seen if one.view is not None and one.leafs > MANY]
    told = sum(not one.lost for one in seen) / len(seen)
    found = [f"{100 * told:.1f} % of the views keep what identifies"] if told < KEEPS else []
    return found + ([f"{100 * median(many):.1f} % of the leafs are left out"] if median(many) < LEFT_OUT else [])


def misses(half: str | None) -> list[str]:
    """One line for each view that loses what identifies, or that leaves out too little."""
    if half in ("directory held", "unseen held"):
        raise ValueError(f"misses of {half} are not shown: rules must not be fitted to them")
    found = []
    for one in verdicts("views", half):
        where = f"{one.label['document']} {one.label['operation']} [{one.label['item']}]"
        view = "no view" if one.view is None else ", ".join(one.view)
        if one.lost:
            found.append(f"loses {', '.join(one.lost)}: {where}: {view}")
        elif one.view is not None and one.leafs > MANY and one.left_out < LEFT_OUT:
            found.append(f"leaves out {100 * one.left_out:.0f} % of {one.leafs}: {where}: {view}")
    return found


def labels_of(half: str | None) -> list[dict[str, Any]]:
    return labels(f"views_{half}", None) if half in APART else labels("views", half)


def judged(document: Document, given: Iterable[dict[str, Any]]) -> Iterator[Seen]:
    """What the view of each labelled operation of ``document`` keeps."""
    for label, draft in drafted(document, given):
        answer = draft.operation.success() if draft is not None else None
        if answer is not None and answer.media and not is_json(answer.media):
            continue  # XML and the like have no view
        view = None if draft is None else draft.view.view
        item = _steps(label["item"])
        kept: list[Steps] = []
        if view is not None:
            page = draft.paging.page
            above = _json_steps(draft.view.answer if page is None else page.items)
            kept = [(*above, *(() if path == "*" else _steps(path))) for path in view]
        lost = []
        for entry in label["identify"]:
            either = [entry] if isinstance(entry, str) else entry
            if not any(_kept((*item, *_steps(path)), kept) for path in either):
                lost.append(" or ".join(either))
        useful = sum(_kept((*item, *_steps(path)), kept) for path in label["useful"])
        # Leafs as the labels count them: below the item, so many names deep.
        leaves = schemas.leaves(document, answer.schema, depth=8, limit=20000) if answer is not None else []
        paths = {_steps(leaf.path) for leaf in leaves}
        every = {path[: len(item) + DEEP] for path in paths if path[: len(item)] == item}
        out = sum(not any(path[: len(one)] == one for one in kept) for path in every)
        yield Seen(label, view, tuple(lost), useful, label["leafs"], out / len(every) if every else 0.0)


def shares(found: list[Seen]) -> dict[str, tuple[int, int]]:
    """The figures as parts of wholes, the higher the better."""
    return {
        "views that keep what identifies": (sum(not one.lost for one in found), len(found)),
        "useful fields": (sum(one.useful for one in found), sum(len(one.label["useful"]) for one in found)),
    }


def _kept(path: Steps, kept: Sequence[Steps]) -> bool:
    """Whether a view keeps the field, something around it, or something of it."""
    return any(path[: len(one)] == one or one[: len(path)] == path for one in kept)


def _steps(path: str) -> Steps:
    return tuple(step for step in fields.parse(path) if isinstance(step, str)) if path not in ("", "[*]") else ()


def _json_steps(path: str) -> Steps:
    """The members of a JSONPath: ``$.data.items`` -> ``("data", "items")``."""
    return _steps(path.removeprefix("$").removeprefix("."))


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"
