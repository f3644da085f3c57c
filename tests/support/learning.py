"""Documents and APIs in memory for the tests of learning."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx

from adaptgen.building.build import build
from adaptgen.building.result import BuildResult
from adaptgen.learning.live import LiveProbe
from adaptgen.plan.document.operation import Operation
from adaptgen.plan.document.reader import operations

URL = "http://127.0.0.1:9/api"
Answer = Callable[[httpx.Request], httpx.Response]


def list_operation(**more: Any) -> dict[str, Any]:
    """A GET that answers a list of objects with an id and a name."""
    item = {"type": "object", "properties": {"id": {"type": "integer"}, "name": {"type": "string"}}}
    schema = {"type": "array", "items": item}
    return {"responses": {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}, **more}


def make_result(
    folder: Path, paths: Mapping[str, Any], *, hints: str = "", name: str = "shop", **more: Any
) -> BuildResult:
    """The build of a document with these paths."""
    document = {"openapi": "3.0.3", "info": {"title": "Shop", "version": "1"}, "paths": paths, **more}
    spec = folder / "specs" / f"{name}.json"
    spec.parent.mkdir(exist_ok=True)
    spec.write_text(json.dumps(document))
    if hints:
        (spec.parent / name).mkdir(exist_ok=True)
        (spec.parent / name / "hints.yaml").write_text(hints)
    return build(spec, out=folder / "generated")


def operation_of(result: BuildResult, key: str) -> Operation:
    """The operation ``GET /things``."""
    return next(one for one in operations(result.document)[0] if one.key == key)


class Api:
    """An API in memory: ``seen`` has each request as ``GET /path?query``."""

    def __init__(self, answer: Answer) -> None:
        self.seen: list[str] = []
        self._answer = answer

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(f"{request.method} {request.url.raw_path.decode().removeprefix('/api')}")
        made = self._answer(request)
        headers = {name: value for name, value in made.headers.items() if name != "content-length"}
        return httpx.Response(made.status_code, headers=headers, stream=httpx.ByteStream(made.content))

    def probe(self, result: BuildResult, requests: int = 50, **environ: str) -> LiveProbe:
        """A probe of it."""
        values = {"SHOP_BASE_URL": URL, "XDG_STATE_HOME": str(result.spec.parent.parent / "state"), **environ}
        return LiveProbe(result, values, requests=requests, network=httpx.MockTransport(self))
