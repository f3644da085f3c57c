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
    What was made counts as old afterwards, so that the first collection behind the block does not walk it either.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            if not gc.get_freeze_count():  # what somebody else has frozen stays so
                gc.freeze()
                gc.unfreeze()  # into the oldest generation
            gc.enable()
