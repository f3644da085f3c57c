"""What is wrong with one call that was made, or with what a case cost.

A verdict is a sentence for a report that others read: it shows what the case expects, and nothing of an answer that may
be personal.
"""

from __future__ import annotations

from adaptgen.evals.matchers import mismatch
from adaptgen.evals.model import Case, Check, ExpectedCall
from adaptgen.evals.surface import Called
from adaptgen.model.tables import Caller


def check_limit(case: Case, name: str, figure: int, most: int | None, unit: str) -> Check:
    """The check of a figure against its limit; without one it has passed."""
    if most is None or figure <= most:
        return Check("L2", case.id, name, "passed", where=case.where)
    help = "narrow the view or the arguments; or raise the limit of the case"
    return Check("L2", case.id, name, "failed", f"{figure:,} {unit}, at most {most:,}", case.where, help)


def call_problem(call: ExpectedCall, made: Called) -> tuple[str, str]:
    """What is wrong with a call that was made: it failed, or it should have."""
    if call.error is None:
        problem = f"{call.tool} answers with an error: {redacted(made.text)}" if made.is_error else ""
        return problem, "adaptgen doctor DIR checks address and login" if problem else ""
    if not made.is_error:
        return f"{call.tool} is executed, and should be refused", "forbid it in the policies, or correct the case"
    problem = mismatch(call.error, made.text)
    return (f"{call.tool} is refused for another reason: {problem}", "correct the error of the case") if problem else (
        "", "")  # fmt: skip


def redacted(text: str) -> str:
    """The beginning of the text of an error, without what detectors take for personal data or a secret: the API may
    have written it."""
    from adaptgen.pii.detectors import FOUND, find
    from adaptgen.pii.secret_formats import find_secrets

    spans = [(one.start, one.end) for one in find(text, FOUND)] + [(one.start, one.end) for one in find_secrets(text)]
    for start, end in sorted(spans, reverse=True):
        text = f"{text[:start]}…{text[end:]}"
    return text[:200]


def kinds_in_clear(made: Called, kinds: frozenset[str]) -> list[str]:
    """The kinds of personal data that can be read in an answer."""
    from adaptgen.pii.detectors import FOUND, find
    from adaptgen.pii.matcher import KnownValue, ValueMatcher
    from adaptgen.runtime.pii.tagged_values import canonical

    wanted = {canonical(kind) for kind in kinds}
    known = [KnownValue(canonical(kind), text) for kind, text in made.personal if canonical(kind) in wanted]
    found = {one.known.kind for one in ValueMatcher(known).find(made.text)}
    found |= {one.kind for one in find(made.text, tuple(kind for kind in FOUND if kind in wanted))}
    return sorted(found)


def name_of(caller: Caller) -> str:
    """A caller as people name it."""
    name = f"{caller.tenant}/{caller.sub}" if caller.tenant else caller.sub
    return f"{name} [{', '.join(caller.groups)}]"
