"""The lines of a draft: a proposal, as a comment, and why, as a comment of a comment.

Taking ``# `` from the begin of a line makes it count. A line that is *suggested* is not what was inferred but what a
person may know better; it is a comment once more.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adaptgen.output.write import write_file

_PLAIN = re.compile(r"[A-Za-z_/$.][A-Za-z0-9_./$*\[\]-]*")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n", "~"})


def flow(value: Any) -> str:
    """A value in one line of YAML. Texts from the document are quoted unless they are plain words."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{flow(str(key))}: {flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, str):
        bare = _PLAIN.fullmatch(value) and value.lower() not in _WORDS and not set(value) & set("[]{}*")
        # JSON escapes everything that YAML would read otherwise, line ends and invisible characters too.
        return value if bare else json.dumps(value)
    return json.dumps(value)


class Draft:
    """Lines in the making."""

    def __init__(self, *head: str) -> None:
        self.lines: list[str] = list(head)

    def text(self) -> str:
        """The file."""
        return "\n".join(self.lines) + "\n"

    def blank(self) -> None:
        """An empty line."""
        self.lines.append("")

    def say(self, text: str) -> None:
        """A line for people."""
        self.lines.append(f"## {one_line(text)}")

    def add(self, indent: int, text: str, because: str = "") -> None:
        """A line that counts once its ``# `` is taken away."""
        self.lines.append(f"# {' ' * indent}{text}{_evidence(because)}")

    def question(self, indent: int, text: str) -> None:
        """A line of several that a person may want together."""
        self.lines.append(f"# # {' ' * indent}{text}")

    def suggest(self, indent: int, text: str, because: str = "") -> None:
        """A line that a person may want, and that stays a comment until it is wanted."""
        line = f"# {text}{_evidence(because)}" if text else f"## {one_line(because)}"
        self.lines.append(f"# {' ' * indent}{line}")


def _evidence(because: str) -> str:
    return f"  ## {one_line(because)}" if because else ""


def one_line(text: str) -> str:
    """Evidence may quote the document: one line, printable, not too long."""
    plain = "".join(one if one.isprintable() else " " for one in " ".join(text.split()))
    return plain if len(plain) <= 160 else f"{plain[:157]}…"


def with_schema(text: str, kind: str, schema: str, draft: Path, specs: Path) -> str:
    """The text of a draft after a line that leads editors to its JSON Schema.

    The schema is written to ``.schemas`` in ``specs``, the folder of the documents, unless it is there: the line then
    holds in every clone, without a network, and for the version of adaptgen that wrote the draft. The YAML language
    server (https://github.com/redhat-developer/yaml-language-server) of most editors reads the line.

    ``kind``: ``hints`` or ``governance``; ``schema``: the text of its schema.

    Raises:
        OSError: the schema cannot be written.
    """
    path = specs / ".schemas" / f"{kind}.schema.json"
    if not path.is_file() or path.read_bytes() != schema.encode():
        write_file(path, schema.encode())
    return f"# yaml-language-server: $schema={Path(os.path.relpath(path, draft.parent)).as_posix()}\n{text}"
