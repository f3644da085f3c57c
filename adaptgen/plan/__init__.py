"""DOCUMENT + HINTS -> MODEL: small pure passes, one noun per file."""

from adaptgen.plan.assemble import plan

__all__ = ["plan"]
