"""Text as Markdown (CommonMark with GitHub's tables) that no text can break out of."""

from __future__ import annotations

import re

from adaptgen.render.safe import MarkdownText, one_line

# Everything that can start an emphasis, code, link, image, HTML, entity, heading, cell, strike or formula.
_SPECIAL = re.compile(r"[\\`*_{}\[\]<>#!|~&$]")
# Bare addresses become links on their own.
_ADDRESS = re.compile(r"(?i)(www)\.|:(?=//)|(mailto|xmpp):")
# What would start a list, or draw a line, at the beginning of a line.
_BULLET = re.compile(r"^(\d*)([-+.)])(?=[-\s]|$)")
_PLAIN_CODE = re.compile(r"[\w ./:{}$#~,;=?&%+\-\[\]()@\"'*<>^]+", re.ASCII)


def inline(text: str, limit: int = 0) -> MarkdownText:
    """Words in a paragraph, a heading, an item or a cell: one line, shown as they are."""
    escaped = _SPECIAL.sub(r"\\\g<0>", one_line(text, limit))
    escaped = _BULLET.sub(r"\1\\\2", escaped)
    return MarkdownText(_ADDRESS.sub(lambda found: found[0].replace(".", "\\.").replace(":", "\\:"), escaped))


def code(text: str) -> MarkdownText:
    """A code span; text that could end one, or a cell, is shown as words instead."""
    line = one_line(text)
    return MarkdownText(f"`{line}`") if _PLAIN_CODE.fullmatch(line) and line.strip() == line else inline(text)


def fenced(language: str, text: str) -> MarkdownText:
    """A fenced block, its fence longer than any in the text. ``language`` is a word of ours."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return MarkdownText(f"{fence}{language}\n{text}\n{fence}")


def count(number: int, one: str, many: str = "") -> MarkdownText:
    """``1 tool``, ``3 tools``. The words are ours."""
    return MarkdownText(f"{number:,} {one if number == 1 else many or one + 's'}")
