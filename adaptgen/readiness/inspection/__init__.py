"""How ready an API is for agents: what they will meet in it, why, and what a person can say to make it better."""

from adaptgen.readiness.inspection.inspect import inspect
from adaptgen.readiness.inspection.report import Estimate, Finding, Part, Report

__all__ = ["Estimate", "Finding", "Part", "Report", "inspect"]
