"""Results of steps put together from templates, in which classified values stay what they are."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from adaptgen.runtime.pii.tagged_values import Tagged, tag
from adaptgen.syntax.templates import Placeholder, Reference, fill, lookup, parse

_WORD = re.compile(r"\w")


def fill_result(template: Any, scope: Mapping[str, Any], resolve: Callable[[Reference], str]) -> Any:
    """As :func:`adaptgen.syntax.templates.fill`; a string made of nothing but values of one kind (``{first} {last}``)
    is of that kind too.

    Raises:
        KeyError: with the name of a placeholder that the scope does not have.
        TemplateError: for a malformed template.
    """
    if isinstance(template, Mapping):
        return {key: fill_result(one, scope, resolve) for key, one in template.items()}
    if isinstance(template, (list, tuple)):
        return [fill_result(one, scope, resolve) for one in template]
    made = fill(template, scope, resolve)
    if not isinstance(template, str) or not isinstance(made, str) or isinstance(made, Tagged):
        return made
    kinds: set[str] = set()
    for part in parse(template):
        if isinstance(part, Reference) or (isinstance(part, str) and _WORD.search(part)):
            return made
        if isinstance(part, Placeholder):
            value = lookup(scope, part.name)
            if value is not None and value != "":
                kinds.add(value.kind if isinstance(value, Tagged) else "")
    return tag(made, kinds.pop()) if len(kinds) == 1 and "" not in kinds else made
