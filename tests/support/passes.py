"""The passes over one operation, each with facts read for it alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from adaptgen.model.plan import Evidence
from adaptgen.model.tables import Effect, Paging
from adaptgen.plan.document.envelope import Envelope
from adaptgen.plan.document.reader import Operation
from adaptgen.plan.effects import infer as effects
from adaptgen.plan.facts import read_facts
from adaptgen.plan.paging import infer as paging
from adaptgen.plan.tools import pii
from adaptgen.plan.views import default_view
from adaptgen.source import Document
from adaptgen.source.hints.model import PageHint, ToolHint


def find_effect(
    document: Document, operation: Operation, hint: ToolHint | None = None, *, answers_list: bool = False
) -> tuple[Effect, Evidence]:
    """``answers_list``: as if the answer were declared to be a list."""
    facts = read_facts(document, operation)
    if answers_list:
        facts = replace(facts, envelope=facts.envelope or Envelope("$", {}, (), ""))
    return effects.find_effect(facts, hint)


def find_paging(
    document: Document, operation: Operation, hint: PageHint | None = None, *, where: Any = None, effect: Any = None
) -> paging.PagingPlan:
    facts = read_facts(document, operation)
    return paging.find_paging(facts, effect or effects.find_effect(facts)[0], hint, where=where)


def find_view(
    document: Document, operation: Operation, page: Paging | None, hint: ToolHint | None = None
) -> default_view.ViewPlan:
    return default_view.find_view(read_facts(document, operation), page, hint)


def find_sensitive(document: Document, operation: Operation, *given: Any) -> tuple[dict[str, str], dict[str, str]]:
    return pii.find_sensitive(read_facts(document, operation), *given)
