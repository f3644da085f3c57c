"""Logins whose answer is not called a token: what it returns is known by where it goes.

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
from adaptgen.plan.auth.security_schemes import PLACES, SendPlace
from adaptgen.plan.document.reader import Operation, Parameter
from adaptgen.plan.document.schemas import Leaf, shape
from adaptgen.syntax.identifiers import vocabulary, words
from adaptgen.syntax.templates import escape

if TYPE_CHECKING:
    from adaptgen.source import Document

_SECRET = vocabulary("token key secret session sid auth access ticket jwt signature authorization credential")
_RETURNED = re.compile(r"\b(?:returned|obtained|received|given|generated) (?:by|from|in|with|at|during)\b([^.]{0,80})")
_SHOWN = re.compile(r"['\"`](Bearer|Token|JWT) |\b(Bearer|Token|JWT) [<{\[]")


@value()
class ParameterValue:
    """A parameter (``place``, ``name``) that takes what the answer has at JSONPath ``path``, with ``before`` in front.
    ``mentioned``: the login's description names the parameter."""

    place: SendPlace
    name: str
    path: str
    before: str
    mentioned: bool


TakenParameters = Mapping[tuple[SendPlace, str], tuple[Parameter, int]]
"""(place, name) of a parameter -> the parameter as one operation declares it, and how many operations take it."""


def values_from_description(
    document: Document, operation: Operation, taken: TakenParameters, others: int
) -> tuple[ParameterValue, ...]:
    """What the answer of ``operation`` has for parameters that most of the ``others`` take, or whose description
    names the operation; empty where nothing says so. ``taken``: what all operations take."""
    own = {(each.place, each.name) for each in operation.parameters}
    common = [
        (key, parameter)
        for key, (parameter, count) in taken.items()
        if (count - (key in own)) * 2 >= others or (count > 1 and _returned_by(parameter, operation))
    ]
    if not common:
        return ()
    leaves = [leaf for leaf in answer_leaves(document, operation) if leaf.type in {"string", None} and leaf.path]
    text = f"{operation.summary}\n{operation.description}"
    values = []
    for (place, name), parameter in common:
        if not _SECRET & {*words(name), *words(parameter.description)}:
            continue
        mentioned = len(name) > 3 and bool(re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text))
        path = _path_of(document, operation, parameter, leaves, mentioned)
        if path is not None:
            raw: Mapping[str, Any] = parameter.raw if parameter.raw is not None else {}
            word = word_before(f"{parameter.description} {raw.get('example', '')}")
            values.append(ParameterValue(place, name, path, word, mentioned))
    return tuple(values) if len({each.path for each in values}) == len(values) else ()


def _path_of(
    document: Document, operation: Operation, parameter: Parameter, leaves: Sequence[Leaf], mentioned: bool
) -> str | None:
    """Where the answer has the value of ``parameter``: in the field of its name, as the whole text, or in the only
    field."""
    name = parameter.name
    if _SECRET & set(words(name)):
        for leaf in leaves:
            if _folded(leaf.name) == _folded(name):
                return jsonpath(leaf.path)
    if _answers_text(document, operation) and _returned_by(parameter, operation):
        return "$"
    return _only_path(document, operation, [leaf.path for leaf in leaves], name) if mentioned else None


def _answers_text(document: Document, operation: Operation) -> bool:
    answer = operation.success()
    return answer is not None and answer.schema is not None and shape(document, answer.schema).type == "string"


def _returned_by(parameter: Parameter, operation: Operation) -> bool:
    """Whether a parameter's description says that the operation returns it: "the token returned from the /session POST
    call"."""
    last = [part for part in operation.path.split("/") if part and not part.startswith("{")][-1:]
    returned = _RETURNED.search(parameter.description)
    return bool(last and returned and last[0].lower() in returned[1].lower())


def taken_parameters(operations: Sequence[Operation]) -> TakenParameters:
    """What ``operations`` take in headers, query and cookies."""
    counts: Counter[tuple[SendPlace, str]] = Counter()
    first: dict[tuple[SendPlace, str], Parameter] = {}
    for operation in operations:
        for each in operation.parameters:
            if place := PLACES.get(each.place):
                counts[(place, each.name)] += 1
                first.setdefault((place, each.name), each)
    return {key: (first[key], counts[key]) for key in sorted(counts)}


def _only_path(document: Document, operation: Operation, paths: list[str], name: str) -> str | None:
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
