"""Requests to AWS from code that may not await: a second event loop, in a thread of its own, runs them.

For what is read while modules are imported, and for what is called without a loop: settings that are looked at from a
thread, signatures of checkpoints, secrets. Connections stay open for the next request.
"""

from __future__ import annotations

import asyncio
import atexit
import base64
import threading
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from typing import Any, TypeVar

from adaptgen.runtime.aws.api import OWN_KEYS, AwsApi
from adaptgen.runtime.aws.errors import AwsError
from adaptgen.runtime.aws.sigv4 import AwsKeys

_T = TypeVar("_T")

_lock = threading.Lock()


class _Running:
    loop: asyncio.AbstractEventLoop | None = None
    thread: threading.Thread | None = None
    apis: dict[tuple[str, str, str], AwsApi] = {}  # noqa: RUF012  (one for the process)


def start(make: Callable[[], Coroutine[Any, Any, _T]]) -> Future[_T]:
    """Run a coroutine in the background."""
    return asyncio.run_coroutine_threadsafe(make(), _loop())


def wait(make: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
    """The result of a coroutine that runs in the background. Blocks."""
    return start(make).result()


async def ask(make: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
    """The result of a coroutine that runs in the background, over connections that outlive their users."""
    return await asyncio.wrap_future(start(make))


def shared_api(service: str, region: str = "", endpoint: str = "") -> AwsApi:
    """The API of a service for use in the background alone, the same each time.

    Raises:
        AwsError: no region is known.
    """
    made = AwsApi(service, region, endpoint)
    return _Running.apis.setdefault((service, made.region, made.endpoint), made)


def stop() -> None:
    """Close the connections and end the thread; the next request begins anew."""
    with _lock:
        loop, thread = _Running.loop, _Running.thread
        _Running.loop = _Running.thread = None
        apis, _Running.apis = _Running.apis, {}
    if loop is None or thread is None:
        return

    async def close() -> None:
        for one in apis.values():
            await one.aclose()

    asyncio.run_coroutine_threadsafe(close(), loop).result(5.0)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5.0)
    loop.close()


def _loop() -> asyncio.AbstractEventLoop:
    with _lock:
        if _Running.loop is None:
            loop = asyncio.new_event_loop()
            _Running.loop = loop
            _Running.thread = threading.Thread(target=loop.run_forever, name="adaptgen-aws", daemon=True)
            _Running.thread.start()
            atexit.register(stop)
        return _Running.loop


def read_own_keys() -> AwsKeys:
    """The keys of this process. Blocks.

    Raises:
        AwsError: they cannot be found.
    """
    return wait(OWN_KEYS.get)


async def read_stored(kind: str, name: str, region: str) -> str:
    """The whole text of the secret or parameter ``name``; runs in the background alone.

    Raises:
        AwsError: AWS does not return it.
    """
    if kind == "ssm":
        found = await shared_api("ssm", region).call("GetParameter", {"Name": name, "WithDecryption": True})
        return _text(_member(found, "Parameter").get("Value"))
    found = await shared_api("secretsmanager", region).call("GetSecretValue", {"SecretId": name})
    if found.get("SecretString") is not None:
        return _text(found["SecretString"])
    try:
        return base64.b64decode(_text(found.get("SecretBinary"))).decode("utf-8", "replace")
    except ValueError:
        raise AwsError("the secret cannot be read") from None


def _member(found: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    member = found.get(name)
    if not isinstance(member, dict):
        raise AwsError("the value cannot be read")
    return member


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise AwsError("the value cannot be read")
    return value
