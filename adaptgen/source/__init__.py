"""Text to document: loading, upgrading, references, hints, and line numbers."""

from adaptgen.source.document import FILES, Document
from adaptgen.source.read import read

__all__ = ["FILES", "Document", "read"]
