"""Where the time of a start goes: imports by package, and what was done when."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

_LINE = re.compile(r"import time:\s+(\d+) \|\s+(\d+) \| ( *)(\S+)$", re.MULTILINE)
_SHOWN = 24


def imports(log: str) -> Counter[str]:
    """Milliseconds that each package took for itself; those of adaptgen by their folder."""
    found: Counter[str] = Counter()
    for own, _, _, name in _LINE.findall(log):
        parts = name.split(".")
        found[".".join(parts[:2]) if parts[0] == "adaptgen" else parts[0].removeprefix("_")] += int(own)
    return Counter({name: taken / 1000 for name, taken in found.items()})


def lines(measured: Mapping[str, Any], log: str) -> Iterator[str]:
    """For people. Imports are timed by the interpreter, which makes each a little slower."""
    found = imports(log)
    yield f"imports: {len(_LINE.findall(log))} modules, {sum(found.values()):.0f} ms in all"
    for name, taken in found.most_common(_SHOWN):
        yield f"  {taken:7.1f} ms  {name}"
    yield "what was done when, in ms from the first line of the process (imports at first use included)"
    for name, began, ended in sorted(measured["spans"], key=lambda one: (one[1], -one[2])):
        yield f"  {began * 1000:7.1f} - {ended * 1000:7.1f}  {name}"
    yield f"  {measured['made']:7.1f}            the handler is made"
    yield f"  {measured['answered']:7.1f}            the first call is answered"
