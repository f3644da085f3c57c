"""JSONPath as RFC 9535 has it (jsonpath-rfc9535), and regular expressions whose search has an end (regex).

``compiled("$[?count(@.pets) > 0]").values(body)`` returns the list of values. Importing this module costs 0.1 s, so
those that serve import it where a query is more than a plain path.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, ClassVar, Final

import regex
from iregexp_check import check
from jsonpath_rfc9535 import JSONPathEnvironment, JSONPathError, JSONPathNode, JSONPathRecursionError
from jsonpath_rfc9535.function_extensions import ExpressionType, FilterFunction

Location = tuple[str | int, ...]

_NODES: Final = 100_000
"""Nodes that a query may come by in one value."""
_LONGEST: Final = 10_000
"""Characters of a text that a pattern looks at."""
_SECONDS: Final = 0.1
"""How long one search may take; what takes longer is not found."""
_DOTS = regex.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|\.", regex.DOTALL)


class QueryError(ValueError):
    """The text is not a JSONPath query, or not a regular expression."""


class TooMuchError(ValueError):
    """A value nests deeper, or has more nodes, than a query looks at."""


class Query:
    """A query that can be asked of many values."""

    def __init__(self, text: str) -> None:
        try:
            self._segments = _ENVIRONMENT.compile(text).segments
        except JSONPathError as wrong:
            raise QueryError(f"{text!r} is not a JSONPath: {' '.join(str(wrong).split())}") from None
        except RecursionError:
            raise QueryError(f"{text!r} is not a JSONPath: it nests too deep") from None

    def values(self, value: Any) -> list[Any]:
        """What the query selects of a value, 100,000 nodes at most; nothing where :meth:`locations` would raise."""
        try:
            return [node.value for node in self._nodes(value, _NODES)]
        except (TooMuchError, TimeoutError):
            return []

    def locations(self, value: Any) -> list[Location]:
        """The places of the nodes that the query selects, each once; TooMuchError where they are too deep or too
        many."""
        return list(dict.fromkeys(node.location for node in self._nodes(value, 100 * _NODES)))

    def _nodes(self, value: Any, most: int) -> list[JSONPathNode]:
        nodes: Any = [_Node(value, most)]
        for segment in self._segments:
            nodes = segment.resolve(nodes)
        try:
            return list(nodes)
        except (JSONPathRecursionError, RecursionError):
            raise TooMuchError("it nests too deep") from None


@lru_cache(maxsize=1024)
def compiled(text: str) -> Query:
    """The query of a text; QueryError where it is not well-formed, or not valid (RFC 9535, 2.1)."""
    return Query(text)


@lru_cache(maxsize=1024)
def pattern(text: str) -> Any:
    """A regular expression for :func:`found`; QueryError where it cannot be read."""
    try:
        return regex.compile(text)
    except (regex.error, RecursionError, OverflowError) as wrong:
        raise QueryError(f"the pattern {text!r} cannot be read: {wrong}") from None


def found(text: str, about: str) -> bool:
    """Whether a pattern (as :func:`pattern`) is found in the first 10,000 characters of a text within 0.1 s."""
    try:
        return pattern(text).search(about[:_LONGEST], timeout=_SECONDS) is not None
    except TimeoutError:
        return False


class _Node(JSONPathNode):
    """A node that counts those made from it: a query that multiplies them (``$..*..*``) has an end."""

    __slots__ = ("_left",)

    def __init__(self, value: Any, most: int) -> None:
        super().__init__(value=value, location=(), parent=None, root=value)
        self._left = [most]

    def new_child(self, value: Any, key: int | str, parent: JSONPathNode | None) -> JSONPathNode:
        self._left[0] -= 1
        if self._left[0] < 0:
            raise TooMuchError("the query comes by too many nodes")
        made = _Node.__new__(_Node)
        JSONPathNode.__init__(made, value=value, location=(*self.location, key), parent=parent, root=self.root)
        made._left = self._left
        return made


class _Looks(FilterFunction):
    """``match()`` and ``search()`` of RFC 9535 (2.4.6 and 2.4.7, patterns of RFC 9485), with an end: a search that
    takes too long ends the query."""

    arg_types: ClassVar = [ExpressionType.VALUE, ExpressionType.VALUE]
    return_type = ExpressionType.LOGICAL

    def __init__(self, whole: bool) -> None:
        self._whole = whole

    def __call__(self, text: object, looked_for: object) -> bool:
        if not isinstance(text, str) or not isinstance(looked_for, str):
            return False
        made = _iregexp(looked_for)
        if made is None:
            return False
        look = made.fullmatch if self._whole else made.search
        return look(text[:_LONGEST], timeout=_SECONDS) is not None


@lru_cache(maxsize=512)
def _iregexp(text: str) -> Any:
    """A pattern of RFC 9485, whose dot is neither a line feed nor a carriage return; None if it is invalid."""
    if not check(text):
        return None
    return regex.compile(_DOTS.sub(lambda one: r"[^\n\r]" if one[0] == "." else one[0], text))


class _Environment(JSONPathEnvironment):
    max_recursion_depth = 300

    def setup_function_extensions(self) -> None:
        super().setup_function_extensions()
        self.function_extensions["match"] = _Looks(True)
        self.function_extensions["search"] = _Looks(False)


_ENVIRONMENT: Final = _Environment()
