"""A tool of several calls that waits: the answer that says so, and the state in which it goes on."""

from __future__ import annotations

from dataclasses import dataclass, field

from adaptgen.model.tables import Json, Step, Tool
from adaptgen.runtime.answers.layout import Secrets
from adaptgen.runtime.answers.projection import view
from adaptgen.runtime.core.answer import Answer, Text
from adaptgen.runtime.core.text import encode
from adaptgen.runtime.pii.call_pii import PiiTracker
from adaptgen.runtime.workflow.polling import Pending
from adaptgen.runtime.workflow.scope import Scope, find_tagged, names_of
from adaptgen.syntax.templates import placeholders


@dataclass(slots=True)
class RunState:
    """How far the steps of a call came. ``at``: the step of the tool that runs; ``notes``: step -> what is missing of
    it, and why; ``written``: what was changed; ``left``: steps that are nowhere in the result; ``unknown``: whether a
    change that was gone over may have been carried out."""

    at: int = 0
    notes: dict[str, str] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)
    left: set[str] = field(default_factory=set)
    unknown: bool = False


def pack_state(tool: Tool, scope: Scope, run: RunState) -> Json:
    """What the steps from the one that waits on need, as a JSON value."""
    wanted: set[str] = set(placeholders(tool.result))
    if tool.result is None:
        wanted.add(tool.steps[-1].id)
    for step in tool.steps[run.at :]:
        wanted |= names_of(step)
        if step.when is not None:
            wanted |= placeholders(step.when.value)
    values: dict[str, Json] = {}
    marked: dict[str, Json] = {}
    for name in sorted(wanted):
        key = name if name in scope.values else name.partition(".")[0]
        if key in scope.values and key not in scope.arguments:
            values[key], marked[key] = scope.values[key], scope.known[key]
    kept = {
        "at": run.at,
        "values": values,
        "marked": find_tagged(marked),
        "empty": scope.empty,
        "without": scope.without,
    }
    kept |= {"written": run.written, "notes": run.notes, "left": sorted(run.left), "unknown": run.unknown}
    return {name: value for name, value in kept.items() if value}


def restore_state(kept: Json, scope: Scope, run: RunState, marks: PiiTracker) -> None:
    """Put back what a cursor carried."""
    if kept is None:
        return
    scope.values |= kept.get("values", {})
    if scope.known is not scope.values:
        scope.known |= marks.restore(kept.get("values", {}), kept.get("marked", ()))
    scope.empty |= kept.get("empty", {})
    scope.without |= kept.get("without", {})
    run.written += kept.get("written", ())
    run.notes |= kept.get("notes", {})
    run.left |= set(kept.get("left", ()))
    run.unknown = kept.get("unknown", False)
    run.at = int(kept.get("at", 0))


def answer_pending(
    tool: Tool, waiting: Pending, scope: Scope, run: RunState, cursor: str | None, max_bytes: int, marks: PiiTracker
) -> Answer:
    """``{"pending": {"step", "state"}, "saved": {step: {name: value}}, "next_cursor", "omitted", "note"}``."""
    step = tool.steps[run.at]
    soon = f" in {max(1, round(waiting.after))} s" if waiting.after else ""
    note = f"The API is not done after {round(waiting.waited)} s. "
    if cursor is not None:
        note += (
            f"Call the tool again{soon} with the same arguments and `cursor` set to next_cursor to go on waiting; the "
            "steps before are not repeated."
        )
    else:
        note += "The results of the earlier steps are too large for a cursor, so the tool cannot continue from here."
    body: dict[str, Json] = {"pending": {"step": step.id, "state": waiting.state}}
    if saved := _saved(tool.steps[: run.at], scope):
        body["saved"] = saved
    if cursor is not None:
        body["next_cursor"] = cursor
    if run.notes:
        body["omitted"] = run.notes
    body["note"] = note
    (body,) = Secrets(tool.sensitive, view(("*",))).hide([marks.mark(body)])
    if "saved" in body and marks.whole(body) > max_bytes:
        body["saved"] = "too large to be shown"
    return marks.finish(Answer((Text(encode(body).decode()),), unknown=run.unknown), body)


def _saved(steps: tuple[Step, ...], scope: Scope) -> dict[str, Json]:
    found = {
        step.id: {name: scope.known[key] for name in step.save if (key := f"{step.id}.{name}") in scope.known}
        for step in steps
        if step.id not in scope.without
    }
    return {name: values for name, values in found.items() if values}
