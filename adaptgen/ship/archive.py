"""A zip that is the same for the same files, whoever makes it and when."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

_TIME = (1980, 1, 1, 0, 0, 0)
"""The first time that a zip can name."""


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A zip of ``files``, sorted by path, with fixed times and modes: everyone may read, libraries may be executed."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path, _TIME)
            entry.create_system = 3
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o100755 if path.endswith(".so") or ".so." in path else 0o100644) << 16
            archive.writestr(entry, files[path])
    return made.getvalue()
