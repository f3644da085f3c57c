"""What changed for agents in one tool."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from adaptgen.compare import answers, extent
from adaptgen.compare.model import Change, Level, ToolSnapshot
from adaptgen.compare.schemas import Way, differences
from adaptgen.model.tables import Call, Param, Tool, calls_of, walk_steps

_RANK = {"read": 0, "write": 1, "delete": 2}
_WAYS: Mapping[Way, tuple[Level, str]] = {
    "narrowed": ("breaking", "argument-narrowed"),
    "replaced": ("breaking", "argument-narrowed"),
    "widened": ("additive", "argument-widened"),
    "meaning": ("review", "argument-default"),
    "words": ("unchanged", "argument-words"),
}


def changes(old: ToolSnapshot, new: ToolSnapshot) -> list[Change]:
    """The changes of a tool that both sides have, under the name that it has now."""
    return [*_arguments(old, new), *_answer(old, new), *_reach(old, new), *_words(old, new)]


def _change(new: ToolSnapshot, level: Level, kind: str, text: str, argument: str = "") -> Change:
    where = new.arguments.get(argument, new.where)
    return Change(level, new.tool.name, kind, text, where, new.tool.source)


# ----------------------------------------------------------------------------------------------------------- arguments


def _arguments(old: ToolSnapshot, new: ToolSnapshot) -> Iterator[Change]:
    before, after = old.contract.input_schema, new.contract.input_schema
    old_properties, new_properties = _properties(before), _properties(after)
    for name in sorted(old_properties.keys() | new_properties.keys()):
        needed = name in after.get("required", ())
        if name not in new_properties:
            where = old.arguments.get(name) if old.where.file == new.where.file else None
            change = _change(new, "breaking", "argument-gone", f"the argument {name} is gone")
            yield dataclasses.replace(change, where=where or change.where)
        elif name not in old_properties:
            level: Level = "breaking" if needed else "additive"
            kind, word = ("argument-required", "required") if needed else ("argument-new", "optional")
            yield _change(new, level, kind, f"the argument {name} is new and {word}", name)
        else:
            if needed != (name in before.get("required", ())):
                level, word = ("breaking", "is required now") if needed else ("additive", "is optional now")
                kind = "argument-required" if needed else "argument-optional"
                yield _change(new, level, kind, f"the argument {name} {word}", name)
            for one in differences(old_properties[name], new_properties[name], before, after):
                level, kind = _WAYS[one.way]
                yield _change(new, level, kind, f"the argument {_inner(name, one.path)}: {one.text}", name)


def _properties(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    found = schema.get("properties")
    return found if isinstance(found, Mapping) else {}


def _inner(name: str, path: str) -> str:
    return f"{name}{path}" if path.startswith("[") or not path else f"{name}.{path}"


# ----------------------------------------------------------------------------------------------------------- the answer


def _answer(old: ToolSnapshot, new: ToolSnapshot) -> Iterator[Change]:
    before, after = old.tool, new.tool
    if (before.page is None) != (after.page is None):
        text = "the answer is no longer a list" if after.page is None else "the answer is a list now, in pages"
        yield _change(new, "breaking", "answer-form", text)
    if before.layout != after.layout:
        text = f"the form of the answer: {before.layout or 'chosen by size'} → {after.layout or 'chosen by size'}"
        yield _change(new, "breaking", "answer-form", text)
    if before.result != after.result:
        yield _change(new, "breaking", "answer-form", "the answer of its steps is put together differently")
    elif before.page is None and after.page is None and before.payload != after.payload:
        # What agents get of it depends on the view.
        yield _change(new, "unchanged", "answer-place", f"the API answers at {after.payload}, not at {before.payload}")
    if before.page is not None and after.page is not None and before.page != after.page:
        kinds = dict.fromkeys(type(one.page).__name__ for one in (before, after))
        text = f"the API is paged differently ({' → '.join(kinds)}); agents page as before"
        yield _change(new, "unchanged", "paging", text)
    yield from _view(old, new)
    yield from _steps(before, new)
    for word in ("page_size", "max_bytes"):
        if getattr(before, word) != getattr(after, word):
            text = f"{word}: {_default(getattr(before, word))} → {_default(getattr(after, word))}"
            yield _change(new, "unchanged", "answer-size", text)


def _default(value: int | None) -> str:
    return "the server's" if value is None else str(value)


def _view(old: ToolSnapshot, new: ToolSnapshot) -> Iterator[Change]:
    before, after = old.tool.view, new.tool.view
    if before is not None and after is None:
        yield _change(new, "breaking", "field-gone", "the fields of the answer are no longer declared")
    elif before is None and after is not None:
        yield _change(new, "additive", "field-new", f"the answer has declared fields: {_listed(after)}")
    told: set[str] = set()
    if before is not None and after is not None:
        for change, path in _paths(old, new, before, after):
            told.add(path)
            yield change
        if before != after and set(before) == set(after):
            yield _change(new, "unchanged", "field-order", "the fields of the answer come in another order")
    yield from _types(old, new, told)


def _paths(
    old: ToolSnapshot, new: ToolSnapshot, before: tuple[str, ...], after: tuple[str, ...]
) -> Iterator[tuple[Change, str]]:
    """The changes of the paths that a view has, or had, each with its path."""
    for path in sorted(set(before) - set(after)):
        still = new.answers is not None and new.complete and answers.declares(new.answers.get("", {}), path)
        where = "; agents can still ask for it with `fields`" if still else ""
        yield _change(new, "breaking", "field-gone", f"the field {path} is gone from the answer{where}"), path
    for path in after:
        if path not in before:
            yield _change(new, "additive", "field-new", f"the answer also has {path}"), path


def _types(old: ToolSnapshot, new: ToolSnapshot, told: set[str]) -> Iterator[Change]:
    """What the answers themselves became, also that of each step. ``told``: the paths that views gained or lost."""
    if old.answers is None or new.answers is None:
        return
    views = {one.id: one.view for one in walk_steps(old.tool.steps)} | {"": old.tool.view}
    more: dict[str, list[str]] = {}
    for part in sorted(old.answers.keys() & new.answers.keys()):
        if not part and (old.tool.page is None) != (new.tool.page is None):
            continue  # an item of a list and a whole answer: that says all
        before, after = answers.comparable(old.answers[part], old.complete, new.answers[part], new.complete)
        for level, kind, path, text in answers.judge(before, after, views.get(part)):
            if kind == "field-new":
                more.setdefault(part, []).append(path)
            elif part or path not in told:
                yield _change(new, level, kind, f"{_field(part, path)}: {text}")
        if old.complete and new.complete and (text := extent.describe_rest(old.answers[part], new.answers[part])):
            yield _change(new, "review", "answers", f"{_field(part, '')}: {text}")
    for part, paths in more.items():
        if found := [path for path in paths if part or path not in told]:
            yield _change(new, "additive", "field-new", f"agents can ask for more fields: {_listed(found)}")


def _field(part: str, path: str) -> str:
    step = f" of step {part}" if part else ""
    return f"the field {path} of the answer{step}" if path else f"the answer{step}"


def _steps(before: Tool, new: ToolSnapshot) -> Iterator[Change]:
    yield from _rules(before, new)
    views = {one.id: one.view for one in before.steps}
    for step in new.tool.steps:
        if step.id in views and views[step.id] != step.view:
            gone = sorted(set(views[step.id] or ()) - set(step.view or ()))
            level: Level = "breaking" if gone else "additive"
            text = f"step {step.id} keeps other fields" + (f"; gone: {_listed(gone)}" if gone else "")
            yield _change(new, level, "field-gone" if gone else "field-new", text)


_RULES: Mapping[str, str] = {
    "when": "runs under another condition",
    "each": "goes through another list",
    "until": "waits for something else, or for another time",
    "max_items": "reads another number of items",
    "on_error": "does something else with a failure",
    "success": "counts as done under other conditions",
    "then": "is followed by something else",
    "otherwise": "is followed by something else where it fails",
}


def _rules(before: Tool, new: ToolSnapshot) -> Iterator[Change]:
    """How the steps run: agents get other answers from the same calls."""
    known = {one.id: one for one in walk_steps(before.steps)}
    for step in walk_steps(new.tool.steps):
        was = known.get(step.id)
        if was is None:
            continue
        for name, text in _RULES.items():
            if getattr(was, name) != getattr(step, name):
                yield _change(new, "review", "steps", f"step {step.id} {text}")
        if (was.page is None) != (step.page is None):
            text = "reads every page" if step.page is not None else "reads one page only"
            yield _change(new, "review", "steps", f"step {step.id} {text}")


def _listed(paths: Any) -> str:
    names = list(paths)
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")


# ------------------------------------------------------------------------------------------- effect, auth, destination


def _reach(old: ToolSnapshot, new: ToolSnapshot) -> Iterator[Change]:
    before, after = old.tool, new.tool
    if before.effect != after.effect:
        worse = _RANK.get(after.effect, 2) > _RANK.get(before.effect, 0)
        text = f"its effect: {before.effect} → {after.effect}"
        yield _change(new, "breaking" if worse else "review", "effect", text)
    if before.auth != after.auth:
        text = f"authenticates by {', '.join(after.auth) or 'nothing'}, not by {', '.join(before.auth) or 'nothing'}"
        yield _change(new, "review", "auth", text)
    yield from _sensitive(old, new)
    old_calls, new_calls = _targets(before), _targets(after)
    if old_calls != new_calls:
        text = f"calls {', '.join(new_calls)}, not {', '.join(old_calls)}"
        yield _change(new, "review", "destination", text)
    elif _requests(before) != _requests(after) and _names(old) == _names(new):
        # With other arguments the request differs by itself.
        yield _change(new, "unchanged", "request", "the request to the API is put together differently")


def _targets(tool: Tool) -> list[str]:
    found = [f"{call.method} {f'[{call.base}] ' if call.base else ''}{call.path}" for call in calls_of(tool)]
    return list(dict.fromkeys(found))


def _names(seen: ToolSnapshot) -> set[str]:
    return set(_properties(seen.contract.input_schema))


def _requests(tool: Tool) -> tuple[Any, ...]:
    calls = [_ordered(one) for one in calls_of(tool)]
    return (
        calls,
        tool.update,
        tuple((one.id, one.save, one.items, one.auth, one.replace) for one in walk_steps(tool.steps)),
    )


def _ordered(call: Call) -> Call:
    """The order of parameters says nothing."""
    return dataclasses.replace(
        call,
        path_params=_by_name(call.path_params),
        query=_by_name(call.query),
        headers=_by_name(call.headers),
        cookies=_by_name(call.cookies),
        body=dataclasses.replace(call.body, params=_by_name(call.body.params)) if call.body else None,
    )


def _by_name(params: tuple[Param, ...]) -> tuple[Param, ...]:
    return tuple(sorted(params, key=lambda one: (one.name, one.arg or "")))


def _sensitive(old: ToolSnapshot, new: ToolSnapshot) -> Iterator[Change]:
    for kind, noun, before, after in (
        ("sensitivity", "the field", old.tool.sensitive, new.tool.sensitive),
        ("sensitivity", "the argument", old.tool.sensitive_arguments, new.tool.sensitive_arguments),
    ):
        for path in sorted(before.keys() | after.keys()):
            was, now = before.get(path), after.get(path)
            if was != now:
                text = f"{noun} {path}: personal data of kind {was or 'none'} → {now or 'none'}"
                yield _change(new, "review", kind, text, path.split("/")[0] if noun == "the argument" else "")
    for name in sorted(old.tool.searches.keys() | new.tool.searches.keys()):
        was_searched, now_searched = (sorted(one.tool.searches.get(name, ())) for one in (old, new))
        if was_searched != now_searched:
            nothing = "no classified field"
            text = f"argument {name}: searches {_listed(was_searched) or nothing} → {_listed(now_searched) or nothing}"
            yield _change(new, "review", "sensitivity", text, name)
    if set(old.tool.not_sensitive) != set(new.tool.not_sensitive):
        yield _change(new, "review", "sensitivity", "hints declare other fields as not personal")


# ---------------------------------------------------------------------------------------------------------------- words


def _words(old: ToolSnapshot, new: ToolSnapshot) -> Iterator[Change]:
    if old.contract.description != new.contract.description:
        yield _change(new, "unchanged", "description", "agents read another description")
    before, after = dict(old.contract.annotations), dict(new.contract.annotations)
    effects = ("readOnlyHint", "destructiveHint")
    if any(before.get(word) != after.get(word) for word in before.keys() | after.keys() if word not in effects):
        yield _change(new, "unchanged", "description", "its annotations differ")
