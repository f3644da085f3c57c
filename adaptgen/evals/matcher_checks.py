"""What a matcher says, without a value to compare: what is wrong with it, which values it names."""

from __future__ import annotations

from adaptgen.config.checker import Checker, dotted
from adaptgen.config.types import KeyPath
from adaptgen.diagnostics import did_you_mean
from adaptgen.evals.matchers import MATCHERS, is_matcher, is_path
from adaptgen.model.tables import Json
from adaptgen.syntax import jsonpath


def facts(matcher: Json) -> tuple[Json, ...]:
    """The plain values that a matcher of an answer names, each once: what a text about the answer should hold."""
    found: list[Json] = []

    def collect(one: Json) -> None:
        if isinstance(one, dict) and is_matcher(one):
            for key, wanted in one.items():
                if key in ("$is", "$unordered", "$subset", "$date") or key not in MATCHERS:
                    collect(wanted)
                elif key == "$contains" and isinstance(wanted, str):
                    found.append(wanted)
                elif key == "$near":
                    found.append(wanted[0])
                elif key == "$rows":
                    collect(wanted["rows"])
        elif isinstance(one, (dict, list)):
            for each in one.values() if isinstance(one, dict) else one:
                collect(each)
        elif one is not None and not isinstance(one, bool):
            found.append(one)

    collect(matcher)
    return tuple(dict.fromkeys(found))


def names_from(matcher: Json) -> tuple[str, ...]:
    """The names of earlier answers that a matcher takes values from."""
    if isinstance(matcher, dict):
        own = [str(matcher["$from"]).partition(".")[0].partition("[")[0]] if "$from" in matcher else []
        return (*own, *(name for one in matcher.values() for name in names_from(one)))
    return tuple(name for one in matcher for name in names_from(one)) if isinstance(matcher, list) else ()


def check_matcher(checker: Checker, matcher: Json, at: KeyPath, code: str) -> None:
    """Report what is wrong with a matcher, at its place."""
    if isinstance(matcher, list):
        for index, one in enumerate(matcher):
            check_matcher(checker, one, (*at, index), code)
    if not isinstance(matcher, dict):
        return
    signed = [key for key in matcher if isinstance(key, str) and key.startswith("$")]
    if signed and len(signed) < len(matcher):
        help = "a literal key that begins with $ is written under {$is: …}"
        checker.report(f"{dotted(at)} mixes matchers ({signed[0]}) and members of an object", at, help, code)
        return
    for key, wanted in matcher.items():
        if not signed:
            check_matcher(checker, wanted, (*at, key), code)
        elif is_path(key):
            _check_path(checker, key, (*at, key), code)
            check_matcher(checker, wanted, (*at, key), code)
        elif key not in MATCHERS:
            help = did_you_mean(key, MATCHERS) or f"matchers: {', '.join(MATCHERS)}"
            checker.report(f"there is no matcher {key!r}", (*at, key), help, code)
        elif problem := MATCHERS[key].wrong(wanted):
            checker.report(f"{key} {problem}", (*at, key), f"{key}: {MATCHERS[key].about}", code)
        else:
            for below, one in MATCHERS[key].inside(wanted):
                check_matcher(checker, one, (*at, key, *below), code)


def _check_path(checker: Checker, path: str, at: KeyPath, code: str) -> None:
    try:
        jsonpath.compiled(path)
    except jsonpath.QueryError as broken:
        checker.report(str(broken), at, "write it like $.items[0].name", code)
