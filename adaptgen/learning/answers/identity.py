"""What identifies a record: unique in all of them, and the record is found by it."""

from __future__ import annotations

from collections.abc import Sequence

from adaptgen.learning.model import Confidence
from adaptgen.learning.probe import Probe, ReadInputs, Reply
from adaptgen.learning.records import Sample
from adaptgen.learning.targets import Target, identity_fields
from adaptgen.model.tables import Json, value
from adaptgen.plan.document.envelope import jsonpath as written
from adaptgen.plan.document.operation import PLACEHOLDER

_TRIES = 2


@value()
class Identity:
    """The field that identifies the records of a list. ``record``: what the detail operation answered for one."""

    field: str
    confidence: Confidence
    because: str
    status: int = 0
    record: Json = None
    path: tuple[tuple[str, Json], ...] = ()


def find_detail(target: Target, records: Sequence[Target]) -> Target | None:
    """The operation that reads one record of the list."""
    own = target.operation.path.rstrip("/")
    for one in records:
        rest = one.operation.path.rstrip("/").removeprefix(own)
        if rest != one.operation.path.rstrip("/") and rest.count("/") == 1 and PLACEHOLDER.fullmatch(rest[1:]):
            return one
    return None


async def find_identity(target: Target, sample: Sample, detail: Target | None, probe: Probe) -> Identity | None:
    """The field that identifies, proved by one read of a record where an operation reads one.

    Raises:
        BudgetSpent: no request is left.
    """
    placeholders = detail.placeholders if detail is not None else []
    several = len(sample.records) > 1
    names = identity_fields(sample.records, placeholders[-1] if placeholders else "") if several else []
    if not names:
        return None
    unique = f"different in all {len(sample.records)} records"
    if detail is None or detail.missing or not probe.may_read(detail.operation):
        sure: Confidence = "likely"
        return Identity(names[0], sure, f"{unique}; no operation reads one record by it")
    reply: Reply | None = None
    for name in names[:_TRIES]:
        chosen = sample.records[-1][name]
        path = {**sample.path, placeholders[-1]: chosen}
        reply = await probe.read(detail.operation, ReadInputs(path, detail.query, detail.headers))
        if reply.ok and contains(reply.json, name, chosen):
            because = f"{unique}; {detail.key} finds the record by it"
            return Identity(name, "certain", because, reply.status, reply.json, tuple(path.items()))
    because = f"{unique}; {detail.key} answers {reply.status if reply else 0} for it"
    return Identity(names[0], "likely", because, reply.status if reply else 0)


def contains(body: Json, name: str, wanted: Json, depth: int = 3) -> bool:
    """Whether a record of this identity is in an answer."""
    return place_of(body, name, wanted, depth) is not None


def place_of(body: Json, name: str, wanted: Json, depth: int = 3, keys: tuple[str, ...] = ()) -> str | None:
    """Where the record of this identity is in an answer."""
    if isinstance(body, list) and len(body) == 1 and depth:
        inner = place_of(body[0], name, wanted, depth - 1)
        return written(keys) + "[0]" + inner[1:] if inner is not None else None
    if not isinstance(body, dict):
        return None
    if name in body and str(body[name]) == str(wanted):
        return written(keys)
    if depth:
        for key, inner_body in body.items():
            if isinstance(inner_body, (dict, list)):
                found = place_of(inner_body, name, wanted, depth - 1, (*keys, str(key)))
                if found is not None:
                    return found
    return None
