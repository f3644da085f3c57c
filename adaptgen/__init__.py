"""adaptgen: MCP servers for legacy HTTP APIs, generated from their OpenAPI documents."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

    from adaptgen.building.result import BuildResult
    from adaptgen.source import Hints

try:
    from adaptgen._version import version  # written when the package is built or installed
except ModuleNotFoundError:  # sources that were never installed
    version = "0+unknown"
__version__ = version


def build(spec: str | Path, *, hints: Hints | str | Path | None = None, out: str | Path = "generated") -> BuildResult:
    """Read, plan and render one document; write nothing.

    ``spec``: an OpenAPI 3.0 or 3.1 or Swagger 2.0 document. ``hints``: a hints file, or read hints; by default those
    next to the document (``specs/crm/hints.yaml`` for ``specs/crm.yaml``) under what its workspace shares, and
    ``adaptgen.source.EMPTY`` for none. ``out``: where the server's folder will lie, for the paths in its files.

    Raises:
        adaptgen.diagnostics.AdaptgenError: for everything that is wrong with the document, its hints and its side
            files, each with its place.
    """
    from pathlib import Path

    from adaptgen.building.build import build

    return build(Path(spec), hints=Path(hints) if isinstance(hints, str) else hints, out=Path(out))
