"""How Python expressions are laid out: the form that ``ruff format`` would give them.

An expression that fits stays on its line; else each of its parts gets a line of its own and a trailing comma, so that
a change of one part is a change of one line. The result is a fixed point of the formatter at its default width and at
every larger one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from adaptgen.model.tables import value

WIDTH = 88
_INDENT = 4


@value()
class Node:
    """An expression: ``flat`` is the whole of it on one line. Without ``parts`` it cannot be broken.

    ``parts`` are (prefix, node) pairs between ``opening`` and ``closing``: elements, ``name=`` arguments, ``key: ``
    members. ``single``: a tuple of one element, whose trailing comma does not keep it broken.
    """

    flat: str
    parts: tuple[tuple[str, Node], ...] = ()
    opening: str = ""
    closing: str = ""
    single: bool = False


def atom(text: str) -> Node:
    """An expression that stays on one line."""
    return Node(text)


def group(opening: str, parts: list[tuple[str, Node]], closing: str, *, single: bool = False) -> Node:
    """A call, tuple, list or dictionary."""
    inner = ", ".join([prefix + node.flat for prefix, node in parts])
    return Node(f"{opening}{inner}{',' if single else ''}{closing}", tuple(parts), opening, closing, single)


def groups(node: Node) -> Iterator[tuple[str, Node]]:
    """The parts of ``node``, and of its parts, that have parts themselves."""
    for prefix, part in node.parts:
        if part.parts:
            yield prefix, part
            yield from groups(part)


def with_names(node: Node, names: Mapping[str, str]) -> Node:
    """``node`` with the groups whose text has one of ``names`` printed as that name."""
    if name := names.get(node.flat):
        return atom(name)
    parts = [(prefix, with_names(part, names) if part.parts else part) for prefix, part in node.parts]
    if all(new is part for (_, new), (_, part) in zip(parts, node.parts, strict=True)):
        return node
    return group(node.opening, parts, node.closing, single=node.single)


def width(text: str) -> int:
    """At least the columns that a formatter counts for ``text``: two for a character that may be a wide one."""
    return 2 * len(text) - len(text.encode("ascii", "ignore"))


def lay_out(node: Node, *, prefix: str = "", broken: bool = False) -> str:
    """``prefix`` and the expression; ``broken`` breaks it even if it fits."""
    lines: list[str] = []
    _print(lines, prefix, node, "", 0, broken)
    return "\n".join(lines)


def _print(lines: list[str], prefix: str, node: Node, suffix: str, indent: int, broken: bool) -> None:
    margin = " " * indent
    if not node.parts or (not broken and indent + width(prefix) + width(node.flat) + len(suffix) <= WIDTH):
        lines.append(f"{margin}{prefix}{node.flat}{suffix}")
        return
    lines.append(f"{margin}{prefix}{node.opening}")
    if node.single and not node.parts[0][1].parts:
        # A comment is the one thing that keeps a tuple of one plain element broken at every width.
        lines.append(f"{margin}{' ' * _INDENT}# the only one")
    for name, part in node.parts:
        _print(lines, name, part, ",", indent + _INDENT, node.single)
    lines.append(f"{margin}{node.closing}{suffix}")
