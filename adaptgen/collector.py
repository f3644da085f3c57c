"""Building and loading without garbage collection."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def gc_paused() -> Iterator[None]:
    """No collection while the block runs.

    Reading a large document, planning and loading a server make many objects and no garbage; each full collection
    meanwhile walks through all of them and everything that the process has imported, which takes longer than the work.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
