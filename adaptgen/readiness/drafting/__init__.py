"""Drafts of the side files that a person has not written yet, with the evidence for every line."""

from adaptgen.readiness.drafting.governance import starter_files
from adaptgen.readiness.drafting.hints import hints_draft
from adaptgen.readiness.drafting.lines import with_schema
from adaptgen.readiness.drafting.settings import settings_draft
from adaptgen.readiness.drafting.traffic import read_traffic

__all__ = ["hints_draft", "read_traffic", "settings_draft", "starter_files", "with_schema"]
