"""Logins whose answer is not called a token: what it gives is known by where it goes.

A field of the answer that has the name of a parameter which most other operations take is that parameter's value; so is
what a login's description promises for such a parameter by name ("use it as the X-Session value").
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from adaptgen.model.tables import value
from adaptgen.plan.auth.field_roles import answer_leaves, jsonpath
from adaptgen.plan.document.reader import Operation, Parameter
from adaptgen.plan.document.schemas import shape
from adaptgen.syntax.identifiers import vocabulary, words
from adaptgen.syntax.templates import escape

if TYPE_CHECKING:
    from adaptgen.source import Document

_SECRET = vocabulary("token key secret session sid auth access ticket jwt signature authorization credential")
_RETURNED = re.compile(r"\b(?:returned|obtained|received|given|generated) (?:by|from|in|with|at|during)\b([^.]{0,80})")
_SHOWN = re.compile(r"['\"`](Bearer|Token|JWT) |\b(Bearer|Token|JWT) [<{\[]")


@value()
class Told:
    """A parameter (``place``, ``name``) that takes what the answer has at JSONPath ``path``, with ``before`` in front.
    ``mentioned``: the login's description names the parameter."""

    place: str
    name: str
    path: str
    before: str
    mentioned: bool


Taken = Mapping[tuple[str, str], tuple[Parameter, int]]
"""(place, name) of a parameter -> the parameter as one operation declares it, and how many operations take it."""


def told(document: Document, operation: Operation, taken: Taken, others: int) -> tuple[Told, ...]:
    """What the answer of ``operation`` gives for parameters that most of the ``others`` take, or whose description
    names the operation; empty where nothing says so. ``taken``: what all operations take."""
    own = {(one.place, one.name) for one in operation.parameters}
    common = {
        key: found
        for key, found in taken.items()
        if (found[1] - (key in own)) * 2 >= others or (found[1] > 1 and _returned_by(found[0], operation))
    }
    if not common:
        return ()
    leaves = [one for one in answer_leaves(document, operation) if one.type in {"string", None} and one.path]
    text = f"{operation.summary}\n{operation.description}"
    found = []
    for (place, name), (parameter, _) in common.items():
        if not _SECRET & {*words(name), *words(parameter.description)}:
            continue
        same = [one for one in leaves if _folded(one.name) == _folded(name) and _SECRET & set(words(name))]
        mentioned = len(name) > 3 and bool(re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text))
        path = jsonpath(same[0].path) if same else None
        if path is None and _answers_text(document, operation) and _returned_by(parameter, operation):
            path = "$"
        if path is None and mentioned:
            path = _only(document, operation, [one.path for one in leaves], name)
        if path is not None:
            raw: Mapping[str, Any] = parameter.raw if parameter.raw is not None else {}
            word = word_before(f"{parameter.description} {raw.get('example', '')}")
            found.append(Told(place, name, path, word, mentioned))
    return tuple(found) if len({one.path for one in found}) == len(found) else ()


def _answers_text(document: Document, operation: Operation) -> bool:
    answer = operation.success()
    return answer is not None and answer.schema is not None and shape(document, answer.schema).type == "string"


def _returned_by(parameter: Parameter, operation: Operation) -> bool:
    """Whether a parameter's description says that the operation returns it: "the token returned from the /session POST
    call"."""
    last = [part for part in operation.path.split("/") if part and not part.startswith("{")][-1:]
    found = _RETURNED.search(parameter.description)
    return bool(last and found and last[0].lower() in found[1].lower())


def parameters(operations: Sequence[Operation]) -> Taken:
    """What ``operations`` take in headers, query and cookies."""
    counts: Counter[tuple[str, str]] = Counter()
    shown: dict[tuple[str, str], Parameter] = {}
    for operation in operations:
        for one in operation.parameters:
            if one.place in {"header", "query", "cookie"}:
                counts[(one.place, one.name)] += 1
                shown.setdefault((one.place, one.name), one)
    return {key: (shown[key], counts[key]) for key in sorted(counts)}


def _only(document: Document, operation: Operation, paths: list[str], name: str) -> str | None:
    """The only text of an answer, or the member ``name`` of the only object in it whose members are not declared."""
    answer = operation.success()
    one = shape(document, answer.schema) if answer else None
    if one is None:
        return None
    open_objects = [
        key
        for key, node in one.properties.items()
        if (inner := shape(document, node)).type == "object" and not inner.properties
    ]
    if len(open_objects) == 1:
        return jsonpath(f"{open_objects[0]}.{name}")
    return jsonpath(paths[0]) if len(paths) == 1 and not open_objects else None


def word_before(text: str) -> str:
    """The word that a parameter's description or example wants before the credential, with a space; escaped."""
    shown = _SHOWN.search(text)
    return f"{escape(shown[1] or shown[2])} " if shown else ""


def _folded(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
