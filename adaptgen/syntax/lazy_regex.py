"""Regular expressions that are compiled when they are first used.

A build of a small document needs few of the many patterns that the passes know; compiling the others would be a tenth
of its time.
"""

from __future__ import annotations

import re
from typing import Any, cast


class _Lazy:
    def __init__(self, text: str, flags: int) -> None:
        self._text, self._flags = text, flags

    def __getattr__(self, name: str) -> Any:
        # Called only for what the instance does not have; the methods of the pattern are kept on it, so that every
        # later use costs what an attribute costs.
        if name.startswith("_"):
            raise AttributeError(name)
        found = getattr(re.compile(self._text, self._flags), name)
        setattr(self, name, found)
        return found


def lazy(text: str, flags: int = 0) -> re.Pattern[str]:
    """``re.compile(text, flags)`` at the first use. It offers the methods of a pattern, and is none for ``re`` itself.

    An error in ``text`` shows at the first use as well, so that a test must come by there.
    """
    return cast("re.Pattern[str]", _Lazy(text, flags))
