"""DOCUMENT + HINTS -> MODEL: small pure passes, one noun per file."""

from adaptgen.plan.names.rules import NameLock
from adaptgen.plan.planner import plan

__all__ = ["NameLock", "plan"]
