"""How the cost of ``build`` grows with the number of operations, and what every document of a corpus costs.

Synthetic documents of 10 to 10,000 operations (resources with shared schemas, parameters, bodies and pages) are built,
each in a fresh process; CPU seconds and peak memory are printed with the exponent of the fitted power law: 1 is
linear. ``--svg`` draws them. With ``ADAPTGEN_TESTDATA`` (or folders) the documents of a corpus are measured too, and
``--check`` holds the bars: 10 s and 500 MB each, the median five times the start of the command line at most.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from corpus import entries, unpack
from figures import Figure, options, report

SIZES = (10, 32, 100, 316, 1_000, 3_162, 10_000)
FIRST = 32
"""Below so many operations the start of the process is nearly all of the cost: the fit begins here."""
SECONDS, MEGABYTES, STARTS, EXPONENT = 10.0, 500.0, 5.0, 1.15

CHILD = (
    "import json, resource, subprocess, sys\n"
    "done = subprocess.run(sys.argv[1:], capture_output=True, text=True)\n"
    "use = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
    "print(json.dumps([done.returncode, use.ru_utime + use.ru_stime, use.ru_maxrss / 1024, done.stderr[-400:]]))"
)


def measure(*command: str, cwd: Path) -> tuple[float, float, int, str]:
    """CPU seconds, peak resident MB, exit code and the end of what it said of one process."""
    environ = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE" and not k.startswith("ADAPTGEN")}
    done = subprocess.run(
        [sys.executable, "-c", CHILD, *command], capture_output=True, text=True, check=True, cwd=cwd, env=environ
    )
    code, seconds, peak, said = json.loads(done.stdout)
    return seconds, peak, code, said


def build(spec: Path, folder: Path) -> tuple[float, float, int, str]:
    """``adaptgen build`` of one document into ``folder``."""
    return measure(sys.executable, "-m", "adaptgen", "build", str(spec), "--out", str(folder / "out"), cwd=folder)


def start(folder: Path, times: int = 5) -> float:
    """CPU seconds of ``adaptgen --version``, the median of some runs."""
    return statistics.median(
        measure(sys.executable, "-m", "adaptgen", "--version", cwd=folder)[0] for _ in range(times)
    )


# -------------------------------------------------------------------------------------------------------- documents


def document(operations: int) -> dict[str, Any]:
    """An API of so many operations: five for each resource, as generators of documents write them."""
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {
        "Error": {"type": "object", "properties": {"code": {"type": "string"}, "message": {"type": "string"}}},
        "Address": {
            "type": "object",
            "properties": {name: {"type": "string", "maxLength": 80} for name in ("street", "city", "zip", "country")},
        },
        "Person": {
            "type": "object",
            "required": ["id", "name"],
            "properties": {
                "id": {"type": "integer", "readOnly": True},
                "name": {"type": "string"},
                "email": {"type": "string", "format": "email"},
                "address": {"$ref": "#/components/schemas/Address"},
            },
        },
    }
    refused = {"$ref": "#/components/responses/Refused"}
    left, number = operations, 0
    while left > 0:
        number += 1
        noun = f"{NOUNS[number % len(NOUNS)]}{number}"
        schemas[noun.title()] = _resource(noun, number)
        body = {"required": True, "content": _json(f"#/components/schemas/{noun.title()}")}
        one = {"200": {"description": "It", "content": _json(f"#/components/schemas/{noun.title()}")}, "4XX": refused}
        page = {
            "type": "object",
            "properties": {
                "count": {"type": "integer"},
                "results": {"type": "array", "items": {"$ref": f"#/components/schemas/{noun.title()}"}},
            },
        }
        listed = {"200": {"description": "Them", "content": {"application/json": {"schema": page}}}, "4XX": refused}
        made = [
            ("get", f"/{noun}s", f"list{noun.title()}", {"parameters": _filters(number), "responses": listed}),
            ("post", f"/{noun}s", f"create{noun.title()}", {"requestBody": body, "responses": one}),
            ("get", f"/{noun}s/{{id}}", f"get{noun.title()}", {"parameters": [_ID], "responses": one}),
            ("put", f"/{noun}s/{{id}}", f"replace{noun.title()}",
             {"parameters": [_ID], "requestBody": body, "responses": one}),
            ("delete", f"/{noun}s/{{id}}", f"delete{noun.title()}",
             {"parameters": [_ID], "responses": {"204": {"description": "Gone"}}}),
        ]  # fmt: skip
        for method, path, name, rest in made[:left]:
            said = f"{method.title()} {noun}: what the desk knows of it, as of the last night."
            paths.setdefault(path, {})[method] = {"operationId": name, "tags": [noun], "summary": said, **rest}
        left -= len(made)
    refusal = {"description": "Refused", "content": _json("#/components/schemas/Error")}
    return {
        "openapi": "3.0.3",
        "info": {"title": f"{operations} operations", "version": "1"},
        "servers": [{"url": "https://api.example.com/v1"}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {"Refused": refusal},
            "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"}},
        },
    }


NOUNS = ("order", "invoice", "contact", "ticket", "shipment", "contract", "lead", "asset", "visit", "payment", "claim")
_ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}


def _json(ref: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": ref}}}


def _filters(number: int) -> list[dict[str, Any]]:
    named = ("status", "created_after", "owner", "region", "query")
    return [
        {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 100}},
        {"name": "offset", "in": "query", "schema": {"type": "integer", "minimum": 0}},
        *({"name": name, "in": "query", "description": f"Only with this {name}.", "schema": {"type": "string"}}
          for name in named[: 1 + number % len(named)]),
    ]  # fmt: skip


def _resource(noun: str, number: int) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "id": {"type": "integer", "readOnly": True},
        "name": {"type": "string", "description": f"What people call the {noun}."},
        "status": {"type": "string", "enum": ["open", "held", "closed"]},
        "owner": {"$ref": "#/components/schemas/Person"},
        "address": {"$ref": "#/components/schemas/Address"},
        "created_at": {"type": "string", "format": "date-time", "readOnly": True},
        "amount": {"type": "number", "minimum": 0},
        "tags": {"type": "array", "items": {"type": "string"}},
    }
    properties |= {f"field_{index}": {"type": "string", "maxLength": 200} for index in range(4 + number % 20)}
    return {"type": "object", "required": ["name"], "properties": properties}


# ------------------------------------------------------------------------------------------------------------- growth


def exponent(points: list[tuple[int, float]], base: float) -> float:
    """The slope of the cost above ``base``, that of one operation, on logarithmic axes, by least squares."""
    pairs = [(math.log(n), math.log(cost - base)) for n, cost in points if n >= FIRST and cost > base]
    x, y = [one for one, _ in pairs], [one for _, one in pairs]
    return statistics.linear_regression(x, y).slope


def growth(sizes: tuple[int, ...], folder: Path) -> list[tuple[int, float, float]]:
    """(operations, CPU seconds, peak MB) of each size."""
    found = []
    for size in sizes:
        spec = folder / f"api{size}.json"
        spec.write_text(json.dumps(document(size)), "utf-8")
        seconds, peak, code, said = build(spec, folder)
        if code:
            raise SystemExit(f"the document of {size} operations cannot be built: {said}")
        found.append((size, seconds, peak))
    return found


def plot(points: list[tuple[int, float, float]], width: int = 48) -> str:
    """Bars on a logarithmic scale."""
    rows = []
    for unit, column in (("s", 1), ("MB", 2)):
        low = math.log(min(one[column] for one in points) / 2)
        high = math.log(max(one[column] for one in points))
        for one in points:
            filled = round((math.log(one[column]) - low) / (high - low) * width)
            rows.append(f"{one[0]:>7,} {'#' * filled:<{width}} {one[column]:,.2f} {unit}")
        rows.append("")
    return "\n".join(rows)


def svg(points: list[tuple[int, float, float]], slopes: tuple[float, float]) -> str:
    """Both curves on logarithmic axes, with the line that is linear through the last point."""
    parts = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 340" font-family="sans-serif" font-size="12">']
    panels = ((1, "CPU seconds", slopes[0], 60), (2, "peak memory, MB", slopes[1], 440))
    for column, title, slope, left in panels:
        values = [one[column] for one in points]
        low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
        first, last = math.log10(points[0][0]), math.log10(points[-1][0])

        def at(n: float, value: float, left: int = left, low: int = low, high: int = high,
               first: float = first, last: float = last) -> str:  # fmt: skip
            x = left + (math.log10(n) - first) / (last - first) * 280
            y = 290 - (math.log10(value) - low) / (high - low) * 240
            return f"{x:.1f},{y:.1f}"

        parts.append(f'<text x="{left}" y="28" font-size="14">{title} (exponent {slope:.2f})</text>')
        for power in range(low, high + 1):
            x, y = at(points[0][0], 10**power).split(",")
            parts.append(f'<path d="M{x},{y}h280" stroke="#ddd"/>')
            parts.append(f'<text x="{left - 8}" y="{y}" text-anchor="end">{10**power:g}</text>')
        for n in (10, 100, 1_000, 10_000):
            x = at(n, 10**low).split(",")[0]
            parts.append(f'<text x="{x}" y="310" text-anchor="middle">{n:,}</text>')
        n, value = points[-1][0], values[-1]
        begin = max(points[0][0], n * 10**low / value)
        parts.append(f'<path d="M{at(begin, value * begin / n)} L{at(n, value)}" stroke="#bbb" stroke-dasharray="4"/>')
        line = " L".join(at(one[0], one[column]) for one in points)
        parts.append(f'<path d="M{line}" fill="none" stroke="#06c" stroke-width="2"/>')
    parts.append('<text x="380" y="332" text-anchor="middle">operations; dashed: linear</text></svg>')
    return "\n".join(parts) + "\n"


# ------------------------------------------------------------------------------------------------------------- corpus


def corpus(folders: list[str], only: str, folder: Path) -> list[tuple[str, float, float]]:
    """(document, CPU seconds, peak MB) of every document that can be built."""
    found = []
    for path, kind in entries(folders).items():
        if kind in ("edge-broken", "cases") or only not in str(path):
            continue
        with tempfile.TemporaryDirectory(dir=folder) as own:
            spec = unpack(path, Path(own))
            seconds, peak, code, _ = build(spec, Path(own))
        if code == 0:
            found.append((f"{kind}/{path.parent.name}/{path.name}", seconds, peak))
    return found


def main() -> int:
    parser = options(__doc__ or "")
    parser.add_argument("folders", nargs="*")
    parser.add_argument("--only", default="", help="only documents whose path holds this")
    parser.add_argument("--largest", type=int, default=SIZES[-1], help="the largest synthetic document")
    parser.add_argument("--no-corpus", action="store_true", help="only the synthetic documents")
    parser.add_argument("--svg", type=Path, metavar="F", help="draw the growth into F")
    given = parser.parse_args()
    return judge(given)


def judge(given: argparse.Namespace) -> int:
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as own:
        folder = Path(own)
        base = start(folder)
        growth(SIZES[:1], folder)  # writes the byte code
        ((_, *bare),) = growth((1,), folder)
        points = growth(tuple(size for size in SIZES if size <= given.largest), folder)
        listed = [] if given.no_corpus else corpus(given.folders, given.only, folder)
    slopes = (
        exponent([(n, seconds) for n, seconds, _ in points], bare[0]),
        exponent([(n, peak) for n, _, peak in points], bare[1]),
    )
    if given.svg:
        given.svg.write_text(svg(points, slopes), "utf-8")
    if not given.json:
        print("operations  CPU s   ms each   peak MB")
        for n, seconds, peak in points:
            print(f"{n:>10,} {seconds:6.2f} {1000 * seconds / n:9.2f} {peak:9.0f}")
        print(f"\n{plot(points)}")
        for name, seconds, peak in sorted(listed, key=lambda one: -one[1])[:8]:
            print(f"  {seconds:6.2f} s {peak:6.0f} MB  {name}")
        print(f"measured in {time.monotonic() - begun:.0f} s\n")
    figures = [
        Figure("growth of CPU time, exponent", slopes[0], "", bar=EXPONENT),
        Figure("growth of memory, exponent", slopes[1], "", bar=EXPONENT),
        Figure(f"{points[-1][0]:,} operations", points[-1][1], "s"),
    ]
    if listed:
        figures += [
            Figure("slowest document", max(one[1] for one in listed), "s", bar=SECONDS),
            Figure("largest document", max(one[2] for one in listed), "MB", bar=MEGABYTES),
            Figure("median document", statistics.median(one[1] for one in listed), "s", base, "adaptgen --version",
                   STARTS * base),
        ]  # fmt: skip
    return report(figures, given)


if __name__ == "__main__":
    raise SystemExit(main())
