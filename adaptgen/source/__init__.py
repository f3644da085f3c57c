"""Text to document: loading, upgrading, references, hints, and line numbers."""

from adaptgen.source.document import FILES, Document
from adaptgen.source.fleet import Fleet, fleet_of
from adaptgen.source.hints import EMPTY, Hints
from adaptgen.source.read import read
from adaptgen.source.read_hints import read_hints, read_under, side_file

__all__ = ["EMPTY", "FILES", "Document", "Fleet", "Hints", "fleet_of", "read", "read_hints", "read_under", "side_file"]
