"""Conversations that are kept: ``specs/<name>/evals/transcripts/<hash>.json``, judged again without a model.

The hash is of what the model saw and what it was: the tools, the question and its caller, the model, the settings. What
is expected of it is not part of it: a recording is judged by the case as it is now. A recording that does not fit any
more is stale.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, Final, get_args

from adaptgen.diagnostics import Where, error
from adaptgen.evals.agent.conversation import Ending, Message, Recording, Run, Settings, ToolAnswer, ToolUse, Usage
from adaptgen.evals.agent.loop import PROMPT, REPEATS
from adaptgen.evals.agent.tools import digest
from adaptgen.evals.model import Case
from adaptgen.model.frozen import plain
from adaptgen.model.tables import Json, value
from adaptgen.output.write import write_file
from adaptgen.text.files import read_file

FORMAT: Final = 1
FOLDER: Final = "transcripts"
_CODE: Final = "AG105"
PARTS: Final[Mapping[str, str]] = {
    "tools": "the tools that this caller sees have changed",
    "case": "the question or its caller has changed",
    "model": "it is of another model",
    "settings": "the settings of the model, or of the conversation, have changed",
}
"""What a recording depends on, and what is said where it differs."""


def parts_of(tools: str, case: Case, model: str, settings: Settings) -> dict[str, str]:
    """The hashes of what a conversation depends on. ``tools``: that of the list."""
    caller = case.caller
    state = [[call.tool, call.arguments] for call, _ in case.state]
    seen = [case.id, case.question, caller.sub, caller.tenant, sorted(caller.groups), caller.claims, state]
    return {
        "tools": tools,
        "case": digest(seen),
        "model": digest(model),
        "settings": digest([FORMAT, PROMPT, REPEATS, plain(settings)]),
    }


def key_of(parts: Mapping[str, str]) -> str:
    """The name of a recording."""
    return digest([parts[name] for name in PARTS])


def record(
    parts: Mapping[str, str], case: Case, model: str, settings: Settings, runs: Sequence[Run], system: str = ""
) -> Recording:
    """The recording of some conversations."""
    return Recording(key_of(parts), dict(parts), case.id, model, settings, tuple(runs), system)


def differing(recording: Recording, parts: Mapping[str, str]) -> tuple[str, ...]:
    """Which parts are not what they were when it was made."""
    return tuple(name for name in PARTS if recording.parts.get(name) != parts[name])


# ---------------------------------------------------------------------------------------------------------------- files


def write_recording(folder: Path, recording: Recording) -> Path:
    """Write a recording, and remove those that it takes the place of: of the same case and model."""
    for path, other in read_recordings(folder):
        if (other.case, other.model) == (recording.case, recording.model) and other.key != recording.key:
            path.unlink(missing_ok=True)
    body = _to_json(recording)
    path = folder / f"{recording.key}.json"
    text = json.dumps({**body, "digest": digest(body)}, indent=1, ensure_ascii=False)
    write_file(path, f"{text}\n".encode("utf-8", "backslashreplace"))
    return path


def read_recordings(folder: Path) -> list[tuple[Path, Recording]]:
    """Every recording of a folder, by name.

    Raises:
        AdaptgenError: AG105, a file is not a recording or was changed by hand; AG001, AG005.
    """
    return [(path, _read(path)) for path in sorted(folder.glob("*.json"))]


def _read(path: Path) -> Recording:
    shown = path.as_posix()
    help = "delete it, and record the case again: adaptgen eval DIR --model NAME"
    try:
        body = json.loads(read_file(path, shown))
        given = dict(body)
        stated = given.pop("digest")
        recording = _from_json(given)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise error(_CODE, "this is not a recording of a model", Where(shown), help) from None
    if stated != digest(given) or recording.key != path.stem or key_of(recording.parts) != recording.key:
        raise error(_CODE, "the recording was changed after it was made", Where(shown), help)
    return recording


def _to_json(recording: Recording) -> dict[str, Json]:
    return {
        "format": FORMAT,
        "key": recording.key,
        "parts": dict(recording.parts),
        "case": recording.case,
        "model": recording.model,
        "settings": plain(recording.settings),
        "system": recording.system,
        "runs": [_run_to_json(run) for run in recording.runs],
    }


def _run_to_json(run: Run) -> dict[str, Json]:
    return {
        "ending": run.ending,
        "note": run.note,
        "turns": run.turns,
        "cost": run.cost,
        "usage": plain(run.usage),
        "state": list(run.state),
        "messages": [_message_to_json(one) for one in run.messages],
    }


def _message_to_json(message: Message) -> dict[str, Json]:
    found: dict[str, Json] = {"role": message.role}
    if message.text:
        found["text"] = message.text
    if message.uses:
        found["uses"] = [_written(use, skip=("extra",)) for use in message.uses]
    if message.answers:
        found["answers"] = [_written(answer) for answer in message.answers]
    return found


def _written(item: Any, skip: Iterable[str] = ()) -> dict[str, Json]:
    """The fields that say something."""
    return {name: one for name, one in plain(item).items() if name not in skip and (one or name in ("id", "text"))}


def _from_json(body: Mapping[str, Any]) -> Recording:
    if body["format"] != FORMAT or set(body["parts"]) != set(PARTS):
        raise ValueError
    settings = Settings(**_typed(body["settings"], Settings))
    runs = tuple(_run(one) for one in body["runs"])
    key, case, model = str(body["key"]), str(body["case"]), str(body["model"])
    return Recording(key, dict(body["parts"]), case, model, settings, runs, str(body["system"]))


def _run(given: Mapping[str, Any]) -> Run:
    if given["ending"] not in get_args(Ending):
        raise ValueError
    messages = tuple(_message(one) for one in given["messages"])
    usage = Usage(**_typed(given["usage"], Usage))
    state = tuple(str(one) for one in given["state"])
    cost = None if given["cost"] is None else float(given["cost"])
    return Run(messages, given["ending"], usage, int(given["turns"]), cost, state, str(given["note"]))


def _message(given: Mapping[str, Any]) -> Message:
    if given["role"] not in ("user", "assistant", "tool"):
        raise ValueError
    uses = tuple(ToolUse(**{"arguments": {}, **_typed(one, ToolUse)}) for one in given.get("uses", ()))
    answers = tuple(ToolAnswer(**{**_typed(one, ToolAnswer), "clear": ()}) for one in given.get("answers", ()))
    return Message(given["role"], str(given.get("text", "")), uses, answers)


def _typed(given: Mapping[str, Any], type_: type[Any]) -> dict[str, Any]:
    known = {one.name for one in fields(type_)}
    if not set(given) <= known:
        raise ValueError
    return dict(given)


# ------------------------------------------------------------------------------------------------------- personal data


@value()
class Finding:
    """A kind of personal data, or a secret, and where it is."""

    kind: str
    place: str

    def __str__(self) -> str:
        return f"{self.kind} in {self.place}"


def find_clear_text(case: Case, run: Run) -> tuple[Finding, ...]:
    """What must not be stored: personal data that the server classifies and does not tokenize, what the detectors find
    in any text, and secrets. What the question itself holds is in the file of the case already."""
    found: dict[Finding, None] = {}
    number = 0
    for message in run.messages:
        if message.role == "assistant":
            found |= dict.fromkeys(_in_text(message.text, f"reply {number + 1}", case.question))
        for use in message.uses:
            written = json.dumps(use.arguments, ensure_ascii=False)
            found |= dict.fromkeys(_in_text(written, f"the arguments of {_name(use.name)}", case.question))
        for answer in message.answers:
            number += 1
            place = f"the answer to call {number}"
            found |= dict.fromkeys(Finding(kind, place) for kind in answer.clear)
            found |= dict.fromkeys(_in_text(answer.text, place, case.question))
    for text in run.state:
        found |= dict.fromkeys(_in_text(text, "the state afterwards", case.question))
    return tuple(found)


def _in_text(text: str, place: str, known: str) -> list[Finding]:
    from adaptgen.pii.detectors import FOUND, find
    from adaptgen.pii.secret_formats import find_secrets

    spans = [(one.kind, text[one.start : one.end]) for one in find(text, FOUND)]
    spans += [("a secret", text[one.start : one.end]) for one in find_secrets(text) if "network" not in one.form]
    return list(dict.fromkeys(Finding(kind, place) for kind, part in spans if part not in known))


def _name(name: str) -> str:
    return "".join(char if char.isprintable() else " " for char in name)[:80]
