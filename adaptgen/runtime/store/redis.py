"""State in Redis (5 or later, or what speaks its protocol and runs Lua scripts)."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from adaptgen.runtime.store.protocol import OutageLog, StoreError

_ATTEMPTS: Final = 4
_PAUSE: Final = 0.08
"""Seconds before the second attempt; twice as long before each further one. A restart takes a moment."""

_SWAP: Final = """
local now = redis.call('GET', KEYS[1])
if ARGV[1] == '1' then
  if now ~= ARGV[2] then return 0 end
elseif now then
  return 0
end
if ARGV[3] == '0' then
  redis.call('DEL', KEYS[1])
elseif ARGV[5] == '0' then
  redis.call('SET', KEYS[1], ARGV[4])
else
  redis.call('SET', KEYS[1], ARGV[4], 'PX', ARGV[5])
end
return 1
"""
_INCREMENT: Final = """
local new = redis.call('EXISTS', KEYS[1]) == 0
local value = redis.call('INCRBYFLOAT', KEYS[1], ARGV[1])
if new and ARGV[2] ~= '0' then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return value
"""
_COUNT: Final = """
for n = 1, #ARGV, 2 do redis.call('HINCRBYFLOAT', KEYS[1], ARGV[n], ARGV[n + 1]) end
return 0
"""
# The moment at which the bucket will be full again, in microseconds, is all of its state (GCRA).
_TAKE: Final = """
if redis.replicate_commands then redis.replicate_commands() end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local full = tonumber(redis.call('GET', KEYS[1]) or '0')
if full < now then full = now end
full = full + tonumber(ARGV[1])
local wait = full - now - tonumber(ARGV[2])
if wait > 1 then return string.format('%.0f', wait) end
if full <= now then
  redis.call('DEL', KEYS[1])
  return '0'
end
redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', string.format('%.0f', math.ceil((full - now) / 1000) + 1))
return '0'
"""


class RedisStore:
    """Values in Redis. ``url``: ``redis://``, ``rediss://`` (TLS) or ``unix://``; keys begin with ``prefix`` and ``:``.

    Connections are made at first use, and again after Redis was away. A command whose answer is lost is sent again: an
    increment may then count twice, and ``add`` and ``swap`` may deny what they have done; who cares looks with
    ``get``. ``timeout``: seconds for one attempt.
    """

    def __init__(self, url: str, prefix: str = "adaptgen", *, timeout: float = 2.0) -> None:
        self._url = url
        self._prefix = f"{prefix}:"
        self._timeout = timeout
        self._client: Any = None
        parts = urlsplit(url)
        self._name = f"Redis at {parts.hostname or parts.path}{f':{parts.port}' if parts.port else ''}"
        self._outages = OutageLog()

    def __repr__(self) -> str:
        return f"RedisStore({self._name!r})"

    async def get(self, key: str) -> bytes | None:
        found = await self._ask("GET", self._prefix + key)
        return None if found is None else bytes(found)

    async def put(self, key: str, value: bytes, *, ttl: float | None = None) -> None:
        await self._ask("SET", self._prefix + key, value, *_lifetime(ttl))

    async def add(self, key: str, value: bytes, *, ttl: float | None = None) -> bool:
        return await self._ask("SET", self._prefix + key, value, "NX", *_lifetime(ttl)) is not None

    async def swap(self, key: str, old: bytes | None, new: bytes | None, *, ttl: float | None = None) -> bool:
        done = await self._ask(
            "EVAL", _SWAP, 1, self._prefix + key,
            int(old is not None), old or b"", int(new is not None), new or b"", _milliseconds(ttl),
        )  # fmt: skip
        return bool(done)

    async def delete(self, key: str) -> None:
        await self._ask("DEL", self._prefix + key)

    async def increment(self, key: str, by: float = 1, *, ttl: float | None = None) -> float:
        return float(await self._ask("EVAL", _INCREMENT, 1, self._prefix + key, repr(by), _milliseconds(ttl)))

    async def count(self, key: str, counts: Mapping[str, float]) -> None:
        pairs = [part for name, by in counts.items() for part in (name, repr(by))]
        await self._ask("EVAL", _COUNT, 1, self._prefix + key, *pairs)

    async def counts(self, key: str) -> dict[str, float]:
        found = await self._ask("HGETALL", self._prefix + key)
        pairs = found.items() if isinstance(found, dict) else zip(found[::2], found[1::2], strict=True)
        return {name.decode(): float(number) for name, number in pairs}

    async def take(self, key: str, *, rate: float, burst: float, cost: float = 1) -> float:
        costs, bucket = repr(cost / rate * 1e6), repr(burst / rate * 1e6)
        return float(await self._ask("EVAL", _TAKE, 1, self._prefix + key, costs, bucket)) / 1e6

    async def aclose(self) -> None:
        if self._client is not None:
            client, self._client = self._client, None
            await client.aclose()

    def _connected(self) -> Any:
        if self._client is None:
            try:
                from redis.asyncio import Redis
                from redis.asyncio.retry import Retry
                from redis.backoff import NoBackoff
            except ImportError:
                raise StoreError(
                    f'{self._name} needs the package redis, which is not installed: pip install "adaptgen[redis]"'
                ) from None
            try:
                make: Any = Redis.from_url  # its stubs lack what it takes
                self._client = make(
                    self._url,
                    protocol=2,
                    decode_responses=False,
                    socket_timeout=self._timeout,
                    socket_connect_timeout=self._timeout,
                    socket_keepalive=True,
                    max_connections=1000,
                    retry=Retry(NoBackoff(), 0),
                )
            except ValueError:  # its text repeats the URL
                raise StoreError(f"{self._name}: the address must begin with redis://, rediss:// or unix://") from None
        return self._client

    async def _ask(self, *command: Any) -> Any:
        client = self._connected()
        from redis.exceptions import AuthenticationError, ConnectionError, RedisError, TimeoutError

        pause = _PAUSE
        for attempt in range(_ATTEMPTS):
            try:
                return await client.execute_command(*command)
            except AuthenticationError:
                raise self._outages.error(f"{self._name} does not accept the credentials") from None
            except (ConnectionError, TimeoutError, OSError) as problem:
                if attempt + 1 == _ATTEMPTS:
                    raise self._outages.error(f"{self._name} cannot be reached ({type(problem).__name__})") from None
            except RedisError as problem:  # its text may repeat what was sent
                raise self._outages.error(f"{self._name} refuses ({type(problem).__name__})") from None
            await asyncio.sleep(pause)
            pause *= 2
        raise AssertionError


def _milliseconds(ttl: float | None) -> int:
    """0 for no end; what ends at once still has to be set."""
    return 0 if ttl is None else max(1, math.ceil(ttl * 1000))


def _lifetime(ttl: float | None) -> tuple[object, ...]:
    return () if ttl is None else ("PX", _milliseconds(ttl))
