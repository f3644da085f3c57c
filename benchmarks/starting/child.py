"""The process of a function: run by the interpreter of the bundle, which has nothing of this checkout.

Arguments: the variant, then one JSON object: ``task`` (folder of the bundle), ``platform`` (what Lambda brings),
``event`` (a call), ``warm`` (how many), ``contact`` (the API's answer to it), ``trace`` (whether to say where time
goes). The first line printed is the answer to the event; the last one holds what was measured.
"""

import importlib
import json
import os
import sys
import time

BEGUN = time.perf_counter()
OPEN_FOLDER = "generated/crm"
WARMING = 20
TRACED = {
    "adaptgen.transports.load": ("load_server",),
    "adaptgen.govern.settings.source": ("Source._load",),
    "adaptgen.govern.settings.keys": ("material",),
    "adaptgen.govern.settings.references": ("open_store", "resolve"),
    "adaptgen.govern.pipeline.factory": ("new_authorizer", "ComponentFactory.new_target"),
    "adaptgen.govern.pipeline.pipeline": ("Pipeline.request",),
    "adaptgen.govern.authorization.cedar_engine": ("CedarAuthorizer._made",),
    "adaptgen.govern.identity.authenticator": ("Authenticator.start",),
    "adaptgen.govern.audit.trail": ("trail",),
    "adaptgen.runtime.engine": ("Engine.__init__", "Engine.call"),
    "adaptgen.transports.aws_lambda.handler": ("Handler._open",),
    "adaptgen.runtime.store.dynamodb": ("DynamoStore._ask",),
    "adaptgen.runtime.http.client": ("Client.send",),
    "adaptgen.runtime.core.connections": ("shared_context",),
}


class Hook:
    """Wraps functions of modules as they are imported, and notes when each call began and ended."""

    def __init__(self):
        self.spans = []
        self._busy = set()

    def find_spec(self, name, path=None, target=None):
        if name not in TRACED or name in self._busy:
            return None
        self._busy.add(name)
        spec = importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            return None
        run = spec.loader.exec_module

        def exec_module(module):
            run(module)
            for dotted in TRACED[name]:
                owner = module
                *outer, last = dotted.split(".")
                for part in outer:
                    owner = getattr(owner, part)
                setattr(owner, last, self._wrapped(f"{name.rpartition('.')[2]}.{dotted}", getattr(owner, last)))

        spec.loader.exec_module = exec_module
        return spec

    def _wrapped(self, name, function):
        import functools
        import inspect

        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def around(*given, **more):
                began = time.perf_counter()
                try:
                    return await function(*given, **more)
                finally:
                    self.spans.append((name, began - BEGUN, time.perf_counter() - BEGUN))
        else:

            @functools.wraps(function)
            def around(*given, **more):
                began = time.perf_counter()
                try:
                    return function(*given, **more)
                finally:
                    self.spans.append((name, began - BEGUN, time.perf_counter() - BEGUN))

        return around


def deployed(given):
    """As Lambda does it."""
    return importlib.import_module("generated.crm.lambda_handler").handler


def ungoverned(given):
    """Our engine and our transport without governance: nobody deploys this, it is what can be compared."""
    import asyncio
    from pathlib import Path

    from adaptgen.govern.pipeline.ungoverned import UngovernedHandler
    from adaptgen.runtime.engine import Engine
    from adaptgen.transports import settle
    from adaptgen.transports.aws_lambda import event
    from adaptgen.transports.aws_lambda.handler import response
    from adaptgen.transports.load import load_server
    from adaptgen.transports.streamable_http.server import StreamableHttpServer

    settle()
    engine = Engine(load_server(Path(OPEN_FOLDER)), cursor_key=bytes(32))
    loop = asyncio.new_event_loop()
    server = StreamableHttpServer(UngovernedHandler(engine), hosts=("*",))

    async def answered(asked):
        request = event.read(asked, 30.0)
        return response(await server.handle(request.http), request)

    def handler(asked, context):
        return loop.run_until_complete(answered(asked))

    handler.engine, handler.loop = engine, loop
    return handler


def fastmcp(given):
    """FastMCP and Mangum over the same tools."""
    import asyncio
    import logging
    from pathlib import Path

    from mangum import Mangum

    from adaptgen.runtime.engine import Engine
    from adaptgen.transports.fastmcp import front
    from adaptgen.transports.load import load_server

    logging.disable(logging.WARNING)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    engine = Engine(load_server(Path(OPEN_FOLDER)), cursor_key=bytes(32))
    app = front(engine).http_app(path="/mcp", json_response=True, stateless_http=True, host_origin_protection=False)
    mangum = Mangum(app, lifespan="auto")

    class Context:
        aws_request_id = "r"

    def handler(asked, context):
        return mangum(asked, Context())

    handler.engine, handler.loop = engine, loop
    return handler


def warm(handler, given):
    """Milliseconds of a warm call over an API that answers at once, and of the bare request; medians."""
    import httpx

    content, address = given["contact"].encode(), os.environ["CRM_BASE_URL"]
    send = httpx.AsyncHTTPTransport.handle_async_request

    class Body(httpx.AsyncByteStream):
        async def __aiter__(self):
            yield content

    async def at_once(transport, request):
        if not str(request.url).startswith(address):
            return await send(transport, request)
        return httpx.Response(200, headers={"content-type": "application/json"}, stream=Body())

    httpx.AsyncHTTPTransport.handle_async_request = at_once
    loop = getattr(handler, "loop", None) or handler._loop
    client = httpx.AsyncClient()

    async def bare():
        return await client.get(f"{address}/contacts/7")

    taken = []
    for number in range(given["warm"] + WARMING):
        begun = time.perf_counter()
        answer = handler(given["event"], None)
        between = time.perf_counter()
        loop.run_until_complete(bare())
        ended = time.perf_counter()
        assert answer["statusCode"] == 200, answer
        assert '"isError":true' not in answer["body"], answer
        if number >= WARMING:
            taken.append((between - begun, ended - between))
    return [sorted(one[at] for one in taken)[len(taken) // 2] * 1000 for at in (0, 1)]


def main():
    """One start, and then calls of a process that runs."""
    variant, given = sys.argv[1], json.loads(sys.argv[2])
    hook = Hook()
    if given["trace"]:
        importlib.import_module("importlib.util")
        sys.meta_path.insert(0, hook)
    os.chdir(given["task"])
    sys.path.insert(0, given["task"])
    sys.path.append(given["platform"])
    handler = {"deployed": deployed, "ungoverned": ungoverned, "fastmcp": fastmcp}[variant](given)
    made = time.perf_counter() - BEGUN
    answer = handler(given["event"], None)
    answered = time.perf_counter() - BEGUN
    print(json.dumps(answer), flush=True)
    measured = {
        "made": made * 1000,
        "answered": answered * 1000,
        "work": time.process_time() * 1000,
        "spans": hook.spans,
        "modules": sorted(sys.modules) if given["trace"] else [],
    }
    if given["warm"]:
        measured["call"], measured["bare"] = warm(handler, given)
    with open("/proc/self/status") as status:  # noqa: PTH123  (pathlib is an import that a start may not make)
        measured["memory"] = next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024
    print(json.dumps(measured), flush=True)


if __name__ == "__main__":
    main()
