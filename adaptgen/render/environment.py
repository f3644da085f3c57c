"""The templates and the environment that fills them in: nothing but safe text passes."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adaptgen.render.safe import MarkdownText, PythonText, Safe

if TYPE_CHECKING:
    from jinja2 import Environment

_ALLOWED: dict[str, type[Safe]] = {".py.j2": PythonText, ".md.j2": MarkdownText}


def templates() -> Path:
    """The folder of the templates: inside the package where it is installed, beside it in a checkout."""
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
