"""Effects against the labels: what is taken for what. A write taken for a read harms; a read taken for a write only
costs a confirmation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from inferring.drafted import drafted, labels, verdicts

from adaptgen.source import Document

KINDS = ("read", "write", "delete")


def measure(half: str | None) -> list[tuple[str, str]]:
    """The figures of one half ("held", "develop") or of both (None)."""
    counts = Counter((label["effect"], taken) for label, taken in verdicts("effects", half))
    total = counts.total()
    harmful = counts["write", "read"] + counts["delete", "read"]
    shy = counts["read", "write"] + counts["read", "delete"]
    reads = sum(counts["read", kind] for kind in KINDS)
    rows = [
        ("operations", f"{total}"),
        ("writes and deletes taken for reads", f"{harmful} of {total - reads} (bar 0)"),
        ("reads taken for writes or deletes", f"{shy} of {reads} ({_share(shy, reads)})"),
        ("taken for what they are", _share(sum(counts[kind, kind] for kind in KINDS), total)),
    ]
    rows += [(f"{meant} taken for {taken}", f"{counts[meant, taken]}") for meant in KINDS for taken in KINDS]
    return rows


def missed(half: str | None) -> list[str]:
    """The bar that does not hold: no write or delete may be taken for a read."""
    harmful = sum(label["effect"] != "read" and taken == "read" for label, taken in verdicts("effects", half))
    return [f"{harmful} writes and deletes are taken for reads"] if harmful else []


def misses(half: str | None) -> list[str]:
    """One line for each that is taken for something else, the harmful first."""
    found = [(label, taken) for label, taken in verdicts("effects", half) if label["effect"] != taken]
    found.sort(key=lambda pair: pair[1] != "read")
    return [
        f"{label['effect']} taken for {taken}: {label['document']} {label['operation']}: {label['reason']}"
        for label, taken in found
    ]


def labels_of(half: str | None) -> list[dict[str, Any]]:
    return labels("effects", half)


def judged(document: Document, given: Iterable[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], str]]:
    """Each label with what its operation is taken for."""
    for label, draft in drafted(document, given):
        yield label, draft.effect if draft is not None else "missing"


def shares(found: Iterable[tuple[dict[str, Any], str]]) -> dict[str, tuple[int, int]]:
    """The figures as parts of wholes, the higher the better."""
    pairs = [(label["effect"], taken) for label, taken in found]
    writes = [taken for meant, taken in pairs if meant != "read"]
    reads = [taken for meant, taken in pairs if meant == "read"]
    return {
        "writes not taken for reads": (sum(taken != "read" for taken in writes), len(writes)),
        "reads taken for reads": (reads.count("read"), len(reads)),
    }


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"
