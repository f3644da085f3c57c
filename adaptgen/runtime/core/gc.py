"""Loading without garbage collection, for a process that then serves."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused() -> Iterator[None]:
    """No collection while the block runs.

    Loading a server makes many objects and no garbage; each full collection meanwhile walks through everything that
    the process has imported, which takes longer than the loading itself.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
