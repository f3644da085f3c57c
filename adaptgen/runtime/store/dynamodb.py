"""State in a DynamoDB table.

The table has the partition key ``key`` (String). An item holds ``value`` (Binary), ``number`` (a counter) or ``full``
(a token bucket), and ``ends``, in seconds since the epoch, where it has a lifetime. DynamoDB removes expired items
days late, by ``expires`` (whole seconds) where that is made the table's time-to-live attribute; so every condition
looks at ``ends`` itself.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from typing import Any, Final

from adaptgen.runtime.store.protocol import StoreError

_THREADS: Final = 16
_TRIES: Final = 20
_NAMES: Final = {"#k": "key", "#v": "value", "#n": "number", "#f": "full", "#e": "ends", "#x": "expires"}
_GONE: Final = "(attribute_not_exists(#k) OR #e <= :now)"
_THERE: Final = "(attribute_exists(#k) AND (attribute_not_exists(#e) OR #e > :now))"
_FAILED: Final = "ConditionalCheckFailedException"


class DynamoStore:
    """Values in the table ``table``; keys begin with ``prefix`` and ``:``. ``endpoint`` replaces AWS's own address.

    boto3 blocks, so every request runs in one of a few threads. Its retries mean that an increment whose answer was
    lost may count twice, and that ``add`` and ``swap`` may deny what they have done; who cares looks with ``get``.
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
        self._client: Any = None
        self._threads: ThreadPoolExecutor | None = None
        self._making = asyncio.Lock()

    def __repr__(self) -> str:
        return f"DynamoStore({self._table!r})"

    async def get(self, key: str) -> bytes | None:
        item = await self._item(key)
        if item is None:
            return None
        if "value" in item:
            return bytes(item["value"]["B"])
        number = item.get("number")
        return None if number is None else f"{float(number['N']):.17g}".encode()

    async def _item(self, key: str) -> Mapping[str, Any] | None:
        """The item as it is now, None if it is missing or has ended."""
        found = await self._ask("get_item", Key=self._key(key), ConsistentRead=True)
        item: Mapping[str, Any] | None = found.get("Item")
        if item is None or ("ends" in item and float(item["ends"]["N"]) <= self._clock()):
            return None
        return item

    async def put(self, key: str, value: bytes, *, ttl: float | None = None) -> None:
        await self._ask("put_item", Item=self._made(key, {"value": {"B": value}}, ttl))

    async def add(self, key: str, value: bytes, *, ttl: float | None = None) -> bool:
        return await self._when(_GONE, "put_item", Item=self._made(key, {"value": {"B": value}}, ttl))

    async def swap(self, key: str, old: bytes | None, new: bytes | None, *, ttl: float | None = None) -> bool:
        if old is None and new is None:
            return await self._item(key) is None
        condition, values = (_GONE, {}) if old is None else (f"{_THERE} AND #v = :old", {":old": {"B": old}})
        if new is None:
            return await self._when(condition, "delete_item", values, Key=self._key(key))
        return await self._when(condition, "put_item", values, Item=self._made(key, {"value": {"B": new}}, ttl))

    async def delete(self, key: str) -> None:
        await self._ask("delete_item", Key=self._key(key))

    async def increment(self, key: str, by: float = 1, *, ttl: float | None = None) -> float:
        update = "SET #n = if_not_exists(#n, :zero) + :by"
        values = {":by": {"N": _number(by)}, ":zero": {"N": "0"}}
        if ttl is not None:
            update += ", #e = if_not_exists(#e, :ends), #x = if_not_exists(#x, :expires)"
            values |= {f":{name}": value for name, value in self._ends(ttl).items()}
        for _ in range(_TRIES):
            counted = await self._try(
                "(attribute_not_exists(#e) OR #e > :now)", "update_item", values,
                Key=self._key(key), UpdateExpression=update, ReturnValues="UPDATED_NEW",
            )  # fmt: skip
            if counted is not None:
                return float(counted["Attributes"]["number"]["N"])
            fresh = self._made(key, {"number": {"N": _number(by)}}, ttl)
            if await self._when(_GONE, "put_item", Item=fresh):
                return by
        raise StoreError(f"{self._name} is too busy")

    async def take(self, key: str, *, rate: float, burst: float, cost: float = 1) -> float:
        # All of a bucket is the moment at which it will be full again (GCRA). A bucket in use takes one conditional
        # update, whatever else updates it; only one that is full, or empty, needs a second look.
        costs, size = cost / rate, burst / rate
        for _ in range(_TRIES):
            now = self._clock()
            last = now + size - costs + 1e-6
            taken = await self._try(
                "#f > :now AND #f <= :last", "update_item",
                {":cost": {"N": _number(costs)}, ":last": {"N": _number(last)}, ":expires": {"N": _whole(now + size)}},
                now=now, Key=self._key(key), UpdateExpression="SET #f = #f + :cost, #x = :expires",
            )  # fmt: skip
            if taken is not None:
                return 0.0
            found = await self._ask("get_item", Key=self._key(key), ConsistentRead=True)
            full = float(found.get("Item", {}).get("full", {"N": "0"})["N"])
            if full > last:
                return full + costs - now - size
            if costs > size:
                return costs - size
            if full <= now and await self._when(
                "(attribute_not_exists(#k) OR #f <= :now)", "put_item", now=now,
                Item=self._key(key) | {"full": {"N": _number(now + costs)}, "expires": {"N": _whole(now + size)}},
            ):  # fmt: skip
                return 0.0
        raise StoreError(f"{self._name} is too busy")

    async def aclose(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None
        if self._threads is not None:
            self._threads.shutdown(wait=False)
            self._threads = None

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
        return await self._try(condition, operation, values, **parameters) is not None

    async def _try(
        self,
        condition: str,
        operation: str,
        values: Mapping[str, Any] | None = None,
        now: float | None = None,
        **parameters: Any,
    ) -> Mapping[str, Any] | None:
        """The answer, or None where the condition does not hold."""
        given = {":now": {"N": _number(self._clock() if now is None else now)}, **(values or {})}
        text = f"{condition} {parameters.get('UpdateExpression', '')}"
        answer: Mapping[str, Any] | None = await self._ask(
            operation,
            ConditionExpression=condition,
            ExpressionAttributeNames={short: name for short, name in _NAMES.items() if short in text},
            ExpressionAttributeValues={name: value for name, value in given.items() if name in text},
            **parameters,
        )
        return answer

    async def _ask(self, operation: str, **parameters: Any) -> Any:
        from adaptgen.runtime.aws import clients as aws

        async with self._making:
            if self._threads is None:
                self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="dynamodb")
        run = partial(asyncio.get_running_loop().run_in_executor, self._threads)
        try:
            async with self._making:
                if self._client is None:
                    make = partial(aws.client, "dynamodb", self._region, self._endpoint, timeout=self._timeout)
                    self._client = await run(make)
            return await run(partial(aws.call, self._client, operation, TableName=self._table, **parameters))
        except aws.AwsError as problem:
            if problem.code == _FAILED:
                return None
            raise StoreError(f"{self._name} cannot be used: {problem}") from None


def _number(number: float) -> str:
    return format(Decimal(repr(float(number))), "f")


def _whole(moment: float) -> str:
    return str(math.ceil(moment))
