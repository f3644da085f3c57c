"""Whether the calls of generated tools are right: every request judged by validators made from the original document.

For each document of a corpus (``ADAPTGEN_TESTDATA/corpus``, or the folders given, where documents need not end in
``.gz``): build it, call its tools with synthesised arguments (required only, all, unicode, empty, long), and let
Prism's validator judge each request (method, path, query styles, headers, media type, body), openapi-core where Prism
objects or cannot say. The names of what is sent must be declared, and what a server reads from path, query and headers
must be what was given.

``--sample`` tools of each document, spread evenly (0: all). ``--vendors``: one document each of so many entries of the
first level of the folders, in the order of their hashes. ``--check`` holds the bars: 99.5 % of the operations become a
tool or serve the login, 99 % of the calls are valid, everything else is in ``validating/remainder.json`` and nothing
there is stale.
"""

from __future__ import annotations

import concurrent.futures
import hashlib
import json
import logging
import os
import sys
import tempfile
import time
import traceback
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))
sys.path.insert(0, str(HERE))

from corpus import entries, unpack  # noqa: E402
from figures import options  # noqa: E402
from support.services import Unavailable  # noqa: E402
from validating.capture import Sent, catch  # noqa: E402
from validating.oracles import installed, judge  # noqa: E402
from validating.remainder import BEYOND, Remainder  # noqa: E402

COVERED, VALID = 0.995, 0.99
QUICK = 25


@dataclass
class Result:
    """What became of one document. ``wrong``: each call that is not valid (tool, manner, operation, faults)."""

    path: str
    operations: int = 0
    tools: int = 0
    covered: int = 0
    calls: int = 0
    valid: int = 0
    opened: int = 0
    overruled: int = 0
    unread: str = ""
    seconds: float = 0.0
    left_out: list[str] = field(default_factory=list)
    wrong: list[dict[str, Any]] = field(default_factory=list)
    refused: bool = False


def one(path: Path, sample: int) -> Result:
    """Build, call and judge one document."""
    logging.disable(logging.CRITICAL)
    begun, name = time.monotonic(), f"{path.parent.parent.name}/{path.parent.name}/{path.name.removesuffix('.gz')}"
    result = Result(name)
    with tempfile.TemporaryDirectory() as own:
        folder = Path(own)
        try:
            spec = unpack(path, folder)
            caught = catch(spec, folder / "generated" / "server", sample)
            judged = judge(spec, [request for sent in caught.calls for request in sent.requests], folder)
        except Exception:
            result.wrong.append({"tool": "", "manner": "", "operation": "", "faults": [traceback.format_exc()[-600:]]})
            return result
    result.refused = bool(caught.refused)
    result.operations = caught.operations - caught.hidden
    result.tools, result.covered, result.left_out = caught.tools, caught.covered + caught.login, caught.left_out
    result.unread = judged.unread
    verdicts = iter(judged.verdicts)
    for sent in caught.calls if not judged.unread else ():
        result.calls += 1
        result.opened += sent.opened > 0
        faults = [f"contract: {sent.unfit}"] if sent.unfit else [f"refused: {sent.refused}"] if sent.refused else []
        for _ in sent.requests:
            verdict = next(verdicts)
            faults += verdict.faults or [f"unjudged: {why}" for why in verdict.unjudged]
            result.overruled += bool(verdict.overruled)
        if faults:
            result.wrong.append(_example(sent, faults))
        else:
            result.valid += 1
    result.seconds = time.monotonic() - begun
    return result


def documents(folders: list[str], vendors: int = 0) -> list[Path]:
    """The documents in some folders; with ``vendors`` one document each of so many entries of the folders' first level,
    in the order of their hashes."""
    found: dict[str, dict[str, Path]] = defaultdict(dict)
    for root in map(Path, folders):
        for path in sorted(root.rglob("*")):
            name = path.relative_to(root)
            if path.is_file() and path.suffix in (".gz", ".json", ".yaml", ".yml"):
                found[name.parts[0]][hashlib.sha256(str(name).encode()).hexdigest()] = path
    if not vendors:
        return [path for one in found.values() for path in one.values()]
    chosen = sorted(found, key=lambda name: hashlib.sha256(name.encode()).hexdigest())[:vendors]
    return [found[name][min(found[name])] for name in chosen]


def _example(sent: Sent, faults: list[str]) -> dict[str, Any]:
    about = sent.requests[-1]["operation"] if sent.requests else {"method": "", "path": ""}
    return {
        "tool": sent.tool,
        "manner": sent.manner,
        "operation": f"{about['method']} {about['path']}".strip(),
        "faults": faults[:12],
    }


def main() -> int:
    parser = options(__doc__ or "")
    parser.add_argument("folders", nargs="*")
    parser.add_argument("--only", default="", help="only documents whose path holds this")
    parser.add_argument(
        "--vendors", type=int, default=0, help="one document each of so many vendors; default: all of all"
    )
    parser.add_argument("--sample", type=int, default=QUICK, help=f"tools of each document, 0: all; default: {QUICK}")
    parser.add_argument("--all", action="store_true", help="all tools of all documents")
    given = parser.parse_args()
    try:
        installed()
    except Unavailable as why:
        print(f"skipped: {why}")
        return 0
    sample = 0 if given.all else given.sample
    corpus = [path for path, kind in entries([]).items() if kind != "cases"]
    paths = [path for path in documents(given.folders, given.vendors) or corpus if given.only in str(path)]
    paths.sort(key=lambda path: -path.stat().st_size)
    with concurrent.futures.ProcessPoolExecutor(os.cpu_count()) as pool:
        results = sorted(pool.map(one, paths, [sample] * len(paths)), key=lambda found: found.path)
    remainder = Remainder()
    groups: dict[str, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
    for result in results:
        for call in result.wrong:
            known = remainder.known(result.path, [f"{call['operation']}: {fault}" for fault in call["faults"]])
            groups[f"{known['kind']}: {known['reason']}" if known else "UNKNOWN"].append((result.path, call))
    if given.json:
        print(json.dumps([vars(result) for result in results], indent=1))
    else:
        table(results, groups)
    whole = not given.folders and not given.only and (given.all or given.sample >= QUICK)
    missed = judged_by_bars(results, groups, remainder if whole else None, share=not given.only)
    for line in missed if given.check else ():
        print(f"missed: {line}", file=sys.stderr)
    return int(bool(missed) and given.check)


def table(results: list[Result], groups: dict[str, list[tuple[str, dict[str, Any]]]]) -> None:
    """One line per document, the totals, and the remainder by reason with an example for each document."""
    print("operations  tools  covered  calls  valid    s  document")
    for one in results:
        if one.refused:
            continue
        part = f"{100 * one.covered / one.operations:.1f} %" if one.operations else "-"
        share = f"{100 * one.valid / one.calls:.1f} %" if one.calls else "-"
        print(f"{one.operations:>10} {one.tools:>6} {part:>8} {one.calls:>6} {share:>7} {one.seconds:4.0f}  {one.path}")
        for why in [*([f"not read by the validator: {one.unread}"] if one.unread else []), *one.left_out]:
            print(f"             {why[:160]}")
    calls, valid = sum(one.calls for one in results), sum(one.valid for one in results)
    operations, covered = sum(one.operations for one in results), sum(one.covered for one in results)
    unread = sum(bool(one.unread) and not one.refused for one in results)
    tools = sum(one.tools for one in results)
    print(f"\n{operations:,} operations, {tools:,} tools, covered {_share(covered, operations)}; "
          f"documents that the validator cannot read, and whose calls are not counted: {unread}")  # fmt: skip
    beyond = _beyond(groups)
    print(f"{calls:,} calls, valid {_share(valid, calls)}; without the {beyond:,} that no request can help "
          f"{_share(valid, calls - beyond)}")  # fmt: skip
    print(f"  of these {sum(one.overruled for one in results):,} where openapi-core overrules Prism; "
          f"{sum(one.opened for one in results):,} with values that the published schema leaves open")  # fmt: skip
    for reason, found in sorted(groups.items(), key=lambda pair: -len(pair[1])):
        print(f"\n{len(found):>5}  {reason}")
        documents = Counter(path for path, _ in found)
        for path, count in documents.most_common(None if reason == "UNKNOWN" else 3):
            call = next(call for other, call in found if other == path)
            about = f"{call['operation'] or call['tool']} ({call['manner']})"
            print(f"         {count} {path}: {about}: {call['faults'][0][:150]}")


def judged_by_bars(
    results: list[Result],
    groups: dict[str, list[tuple[str, dict[str, Any]]]],
    remainder: Remainder | None,
    *,
    share: bool,
) -> list[str]:
    """What is missed. ``remainder``: to be checked for stale entries. ``share``: whether the share of valid calls is
    held; in a part of the corpus a single document moves it."""
    calls, valid = sum(one.calls for one in results), sum(one.valid for one in results)
    operations, covered = sum(one.operations for one in results), sum(one.covered for one in results)
    missed = []
    if operations and covered / operations < COVERED:
        missed.append(f"{_share(covered, operations)} of the operations are covered, at least {COVERED:.1%} must be")
    judged_calls = calls - _beyond(groups)
    if share and judged_calls and valid / judged_calls < VALID:
        missed.append(f"{_share(valid, judged_calls)} of the calls are valid, at least {VALID:.0%} must be")
    missed += [
        f"{path}: {call['tool']} ({call['manner']}): {'; '.join(call['faults'])[:200]}"
        for path, call in groups.get("UNKNOWN", [])
    ]
    missed += [f"nothing meets the entry {one} any more" for one in (remainder.stale() if remainder else ())]
    return missed


def _beyond(groups: dict[str, list[tuple[str, dict[str, Any]]]]) -> int:
    """How many calls no request can help: nothing satisfies the document, or no validator can read what is right."""
    return sum(len(found) for reason, found in groups.items() if reason.partition(":")[0] in BEYOND)


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f} %" if whole else "-"


if __name__ == "__main__":
    raise SystemExit(main())
