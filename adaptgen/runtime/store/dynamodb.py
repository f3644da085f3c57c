"""State in a DynamoDB table.

The table has the partition key ``key`` (String). An item holds ``value`` (Binary), ``number`` (a counter), ``full``
(a token bucket) or a row of counters whose names begin with ``c.``, and ``ends``, in seconds since the epoch, where it
has a lifetime. DynamoDB removes expired items days late, by ``expires`` (whole seconds) where that is made the table's
time-to-live attribute; so every condition looks at ``ends`` itself.
"""

from __future__ import annotations

import base64
import math
import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from adaptgen.runtime.core.caches import LruCache
from adaptgen.runtime.store.protocol import OutageLog

if TYPE_CHECKING:
    from adaptgen.runtime.aws.api import AwsApi

_TRIES: Final = 20
_LONGEST_DEBT: Final = 7 * 86_400.0
"""Seconds that a bucket stays after the moment at which this process thinks that it is full: others may take more."""
_NAMES: Final = {"#k": "key", "#v": "value", "#n": "number", "#f": "full", "#e": "ends", "#x": "expires"}
_GONE: Final = "(attribute_not_exists(#k) OR #e <= :now)"
_THERE: Final = "(attribute_exists(#k) AND (attribute_not_exists(#e) OR #e > :now))"
_FAILED: Final = "ConditionalCheckFailedException"
_BUCKETS: Final = 4096
"""Buckets whose state is remembered, so that the next request says the right thing."""
_COUNTERS: Final = 100
"""Counters that one request adds to: an expression has at most 4 KB."""
_COUNTER: Final = "c."
"""Begins the attributes of a row of counters."""


class DynamoStore:
    """Values in the table ``table``; keys begin with ``prefix`` and ``:``. ``endpoint`` replaces AWS's own address.

    A request whose answer was lost is sent again: an increment may then count twice, and ``add`` and ``swap`` may deny
    what they have done; who cares looks with ``get``.
    Lifetimes follow the clocks of the processes: keep these within a second of each other.
    """

    def __init__(
        self,
        table: str,
        region: str = "",
        endpoint: str = "",
        prefix: str = "adaptgen",
        *,
        timeout: float = 3.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._table = table
        self._region = region
        self._endpoint = endpoint
        self._prefix = f"{prefix}:"
        self._timeout = timeout
        self._clock = clock
        self._name = f"the DynamoDB table {table!r}"
        self._outages = OutageLog()
        self._api: AwsApi | None = None
        self._full: LruCache[str, float] = LruCache(_BUCKETS)

    def __repr__(self) -> str:
        return f"DynamoStore({self._table!r})"

    async def get(self, key: str) -> bytes | None:
        item = await self._item(key)
        if item is None:
            return None
        if "value" in item:
            return base64.b64decode(item["value"]["B"])
        number = item.get("number")
        return None if number is None else f"{float(number['N']):.17g}".encode()

    async def _item(self, key: str) -> Mapping[str, Any] | None:
        """The item as it is now, None if it is missing or has ended."""
        found = await self._ask("GetItem", Key=self._key(key), ConsistentRead=True)
        item: Mapping[str, Any] | None = found.get("Item")
        if item is None or ("ends" in item and float(item["ends"]["N"]) <= self._clock()):
            return None
        return item

    async def put(self, key: str, value: bytes, *, ttl: float | None = None) -> None:
        await self._ask("PutItem", Item=self._made(key, {"value": _blob(value)}, ttl))

    async def add(self, key: str, value: bytes, *, ttl: float | None = None) -> bool:
        return await self._when(_GONE, "PutItem", Item=self._made(key, {"value": _blob(value)}, ttl))

    async def swap(self, key: str, old: bytes | None, new: bytes | None, *, ttl: float | None = None) -> bool:
        if old is None and new is None:
            return await self._item(key) is None
        condition, values = (_GONE, {}) if old is None else (f"{_THERE} AND #v = :old", {":old": _blob(old)})
        if new is None:
            return await self._when(condition, "DeleteItem", values, Key=self._key(key))
        return await self._when(condition, "PutItem", values, Item=self._made(key, {"value": _blob(new)}, ttl))

    async def delete(self, key: str) -> None:
        await self._ask("DeleteItem", Key=self._key(key))

    async def increment(self, key: str, by: float = 1, *, ttl: float | None = None) -> float:
        update = "SET #n = if_not_exists(#n, :zero) + :by"
        values = {":by": {"N": _number(by)}, ":zero": {"N": "0"}}
        if ttl is not None:
            update += ", #e = if_not_exists(#e, :ends), #x = if_not_exists(#x, :expires)"
            values |= {f":{name}": value for name, value in self._ends(ttl).items()}
        for _ in range(_TRIES):
            counted = await self._try(
                "(attribute_not_exists(#e) OR #e > :now)", "UpdateItem", values,
                Key=self._key(key), UpdateExpression=update, ReturnValues="UPDATED_NEW",
            )  # fmt: skip
            if counted is not None:
                return float(counted["Attributes"]["number"]["N"])
            fresh = self._made(key, {"number": {"N": _number(by)}}, ttl)
            if await self._when(_GONE, "PutItem", Item=fresh):
                return by
        raise self._outages.error(f"{self._name} is too busy")

    async def count(self, key: str, counts: Mapping[str, float]) -> None:
        pairs = iter(counts.items())
        while chunk := dict(islice(pairs, _COUNTERS)):
            fields = {f"#c{n}": f"{_COUNTER}{name}" for n, name in enumerate(chunk)}
            await self._ask(
                "UpdateItem", Key=self._key(key),
                UpdateExpression="ADD " + ", ".join(f"{short} :{short[1:]}" for short in fields),
                ExpressionAttributeNames=fields,
                ExpressionAttributeValues={f":c{n}": {"N": _number(by)} for n, by in enumerate(chunk.values())},
            )  # fmt: skip

    async def counts(self, key: str) -> dict[str, float]:
        item = await self._item(key) or {}
        return {name.removeprefix(_COUNTER): float(one["N"]) for name, one in item.items() if name.startswith(_COUNTER)}

    async def take(self, key: str, *, rate: float, burst: float, cost: float = 1) -> float:
        # All of a bucket is the moment at which it will be full again (GCRA). A bucket in use, and one that is full,
        # take different updates; which of them is tried first is guessed from what this process saw last. A condition
        # that fails tells what is there.
        costs, size = cost / rate, burst / rate
        full = self._full.get(key) or 0.0
        for _ in range(_TRIES):
            now = self._clock()
            last = now + size - costs + 1e-6
            busy = full > now
            # A debt is taken from a bucket without a bottom, which would be full again in 190 years.
            values = {":expires": {"N": _whole(min(now + size, max(full, now) + costs + _LONGEST_DEBT))}}
            if busy:
                condition, update = "#f > :now AND #f <= :last", "SET #f = #f + :cost, #x = :expires"
                values |= {":cost": {"N": _number(costs)}, ":last": {"N": _number(last)}}
            else:
                condition, update = "attribute_not_exists(#f) OR #f <= :now", "SET #f = :full, #x = :expires"
                values |= {":full": {"N": _number(now + costs)}}
            try:
                if now > last:  # more than the bucket holds
                    raise _ConditionFailed(None)
                taken = await self._update(
                    condition, update, values, now, Key=self._key(key), ReturnValues="UPDATED_NEW"
                )
            except _ConditionFailed as failed:
                item = failed.item
                if item is None and (not busy or now > last):
                    item = (await self._ask("GetItem", Key=self._key(key), ConsistentRead=True)).get("Item")
                full = float((item or {}).get("full", {"N": "0"})["N"])
                self._full.put(key, full)
                if max(full, now) > last:
                    return max(full, now) + costs - now - size
                continue
            self._full.put(key, float(taken["Attributes"]["full"]["N"]))
            return 0.0
        raise self._outages.error(f"{self._name} is too busy")

    async def aclose(self) -> None:
        if self._api is not None:
            await self._api.aclose()
            self._api = None

    # ------------------------------------------------------------------------------------------------------- asking

    def _key(self, key: str) -> dict[str, Any]:
        return {"key": {"S": self._prefix + key}}

    def _made(self, key: str, content: Mapping[str, Any], ttl: float | None) -> dict[str, Any]:
        return {**self._key(key), **content, **({} if ttl is None else self._ends(ttl))}

    def _ends(self, ttl: float) -> dict[str, Any]:
        ends = self._clock() + ttl
        return {"ends": {"N": _number(ends)}, "expires": {"N": _whole(ends)}}

    async def _when(
        self, condition: str, operation: str, values: Mapping[str, Any] | None = None, **parameters: Any
    ) -> bool:
        """Whether the condition held, and the operation was done."""
        return await self._try(condition, operation, values, **parameters) is not None

    async def _try(
        self, condition: str, operation: str, values: Mapping[str, Any] | None = None, **parameters: Any
    ) -> Mapping[str, Any] | None:
        """The answer, or None where the condition does not hold."""
        given = {":now": {"N": _number(self._clock())}, **(values or {})}
        try:
            return await self._ask(operation, **_expressions(condition, given, parameters))
        except _ConditionFailed:
            return None

    async def _update(
        self, condition: str, update: str, values: Mapping[str, Any], now: float, **parameters: Any
    ) -> Mapping[str, Any]:
        """The answer to an update; _ConditionFailed, with what is there, where the condition does not hold."""
        given = {":now": {"N": _number(now)}, **values}
        parameters |= {"UpdateExpression": update, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        return await self._ask("UpdateItem", **_expressions(condition, given, parameters))

    async def _ask(self, operation: str, **parameters: Any) -> dict[str, Any]:
        from adaptgen.runtime.aws.api import AwsApi
        from adaptgen.runtime.aws.errors import AwsError

        try:
            if self._api is None:
                self._api = AwsApi("dynamodb", self._region, self._endpoint, timeout=self._timeout)
            return await self._api.call(operation, {"TableName": self._table, **parameters})
        except AwsError as problem:
            if problem.code == _FAILED:
                raise _ConditionFailed(problem.item) from None
            raise self._outages.error(f"{self._name} cannot be used: {problem}") from None


class _ConditionFailed(Exception):
    """A condition does not hold. ``item``: what is there, where DynamoDB said so."""

    def __init__(self, item: Mapping[str, Any] | None) -> None:
        super().__init__("the condition does not hold")
        self.item = item


def _expressions(condition: str, values: Mapping[str, Any], parameters: dict[str, Any]) -> dict[str, Any]:
    """``parameters`` with the condition, and the names and values that it and the update use."""
    text = f"{condition} {parameters.get('UpdateExpression', '')}"
    made = {
        **parameters,
        "ConditionExpression": condition,
        "ExpressionAttributeNames": {short: name for short, name in _NAMES.items() if short in text},
    }
    used = {name: value for name, value in values.items() if name in text}
    return made | ({"ExpressionAttributeValues": used} if used else {})


def _blob(data: bytes) -> dict[str, str]:
    return {"B": base64.b64encode(data).decode("ascii")}


def _number(number: float) -> str:
    return format(Decimal(repr(float(number))), "f")


def _whole(moment: float) -> str:
    return str(math.ceil(moment))
