"""Text that is safe in a generated file. Spec text is hostile: a template accepts nothing but these types.

Each type says what one place of a file can hold, and is made only by the function that makes any text safe for that
place. The jinja2 environment refuses every other value, so an unescaped string cannot be printed by mistake.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adaptgen.model.tables import value

if TYPE_CHECKING:
    from jinja2 import Environment


@value()
class Safe:
    """Text that is safe where its type says."""

    text: str


class PythonText(Safe):
    """Python: an expression, a name, a docstring or the text of a comment."""

    __slots__ = ()


class MarkdownText(Safe):
    """Markdown: inline text, a code span or a fenced block."""

    __slots__ = ()


# The Unicode version that every Python has: a file is the same whichever Python generates it.
_category = unicodedata.ucd_3_2_0.category
_PICTOGRAPHS = range(0x1F300, 0x1FB00)
# Letters, marks and symbols that show nothing (Unicode, Default_Ignorable_Code_Point; U+2800 is the blank of braille;
# Unicode 3.2 took the soft hyphen for a dash).
_BLANK = frozenset(
    (0xAD, 0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x2800, 0x3164, 0xFFA0)
) | frozenset(range(0xFE00, 0xFE10))


def is_visible(char: str) -> bool:
    """Whether ``char`` shows itself: no control, format, bidi, zero-width, surrogate, private or unassigned character,
    and no space but U+0020."""
    code = ord(char)
    if code < 0x7F:
        return code >= 0x20
    if code in _PICTOGRAPHS:
        return True
    return _category(char)[0] in "LMNPS" and code not in _BLANK


_UNUSUAL = re.compile(r"[^ -~]")


def show(text: str, escape: Callable[[str], str]) -> str:
    """``text`` with every invisible character replaced by what ``escape`` makes of it."""
    if text.isascii() and text.isprintable():
        return text
    return _UNUSUAL.sub(lambda found: found[0] if is_visible(found[0]) else escape(found[0]), text)


def python_escape(char: str) -> str:
    r"""The escape sequence of ``char`` in Python: ``\n``, ``\x1b``, ``\u202e``, ``\U000e0001``."""
    code = ord(char)
    if short := _SHORT.get(char):
        return short
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def one_line(text: str, limit: int = 0) -> str:
    """``text`` as one line to be read: white space collapsed, invisible characters escaped, cut to ``limit``."""
    line = show(" ".join(text.split()), python_escape)
    return line[: limit - 1].rstrip() + "…" if limit and len(line) > limit else line


# ----------------------------------------------------------------------------------------------------------- templates

_ALLOWED: dict[str, type[Safe]] = {".py.j2": PythonText, ".md.j2": MarkdownText}


def templates() -> Path:
    """The folder of the templates: inside the installed package, next to it in a checkout."""
    package = Path(__file__).parent.parent
    inside = package / "templates"
    return inside if inside.is_dir() else package.parent / "templates"


def fill(template: str, **variable: Any) -> str:
    """The text of ``template`` with its one variable.

    Raises:
        TypeError: a value that is not safe text of the kind that the file holds.
    """
    suffix = template[template.index(".") :]
    return _environment(suffix).get_template(template).render(variable)


@cache
def _environment(suffix: str) -> Environment:
    # Here, because an unchanged build must not pay for it.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(  # noqa: S701 - HTML escaping would be wrong here; finalize refuses unescaped text
        loader=FileSystemLoader(templates()),
        finalize=only(_ALLOWED[suffix]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def only(allowed: type[Safe]) -> Callable[[object], str]:
    """A ``finalize`` that lets nothing pass but ``allowed``."""

    def finalize(value: object) -> str:
        if not isinstance(value, allowed):
            raise TypeError(f"a template may print {allowed.__name__}, not {type(value).__name__}")
        return value.text

    return finalize
