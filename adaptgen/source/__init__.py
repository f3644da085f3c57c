"""Text to document: loading, upgrading, references, hints, and line numbers."""

from adaptgen.source.document import FILES, Document
from adaptgen.source.hints.load import read_hints, read_under
from adaptgen.source.hints.model import EMPTY, Hints
from adaptgen.source.read import read
from adaptgen.source.workspace import Workspace, fleet_of

__all__ = [
    "EMPTY",
    "FILES",
    "Document",
    "Hints",
    "Workspace",
    "fleet_of",
    "read",
    "read_hints",
    "read_under",
]
