"""Finds phrases that a native engineer would not write, in every text that a user or a model reads.

``python docs/words.py [PATH...]`` prints each as ``file:line: "phrase" in context: what to write instead``, and exits
with 1 if there are any. Without a path it reads the package's strings and docstrings, the templates, the docs and the
generated files.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
READ = (
    "adaptgen",
    "templates",
    "docs",
    "generated",
    "specs",
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
)
LEFT_OUT = (ROOT / "docs" / "decisions",)
"""Notes of the time when something was decided."""
KINDS = {".py", ".md", ".j2", ".json", ".yaml"}

PHRASES: Mapping[str, str] = {
    r"(is|are|was|were|be|as) none(?! of)": "say what it is not: 'not a …', 'there is no …'",
    r"(?<![Tt]here )(?<![Tt]hat )(is|was) no (?!longer|more|less|different|better|one\b|such)\w+": "'is not a …'",
    r"(?<![Tt]here )(are|were) no (?!longer|more|less|different|better|such)\w+": "'are not …'",
    r"(?<!care )whoever": "'anyone who'",
    r"(gives|gave|give)\b(?! (up|way|them|it|you)\b)": "'returns', 'has', 'provides'",
    r"(?<!`)(?<!can )(tells|tell)\b(?! you\b)": "'says', 'shows'",
    r"(is|are|was|were|be|not|been) told": "'the caller knows', 'is stated', 'is declared'",
    r"mend(s|ed|ing)?": "'fix'",
    r"(?<!`)beside(?!s|`)": "'next to', 'in addition to'",
    r"belongs? into": "'keep … in'",
    r"(stands?|stood)\b(?!-| for\b| ready\b)": "'is', 'occurs'",
    r"called so": "'named X'",
    r"spoken of": "'mentioned'",
    r"speaks? of": "'mentions', 'is about'",
    r"(the|an|its) (answer|call|page|request|line|step) before": "'the previous …'",
    r"does too": "'you can also …'",
    r"[Ww]hat (may|a person may)": "name the thing",
    r"not anymore": "'no longer'",
    r"(that|which|where) nobody": "say who or what: 'unseen', 'unused'",
    r"[Ww]hose(soever)? is": "say what owns it",
    r"is (a|no) text\b": "'is a string'",
    r"[Oo]f (servers|tools|what) (that|which)? ?(are|is) not": "'of third parties'",
    r"nothing is (believed|lost of)": "say what is not trusted",
    r"so many\b": "'that many', 'as many'",
    r"(an|the) own\b": "'its own'",
    r"lies? in\b": "'is in'",
    r"be it\b": "'whether'",
    r"wherein|whereof|thereof|hereof|therein|thereby": "a short word",
}
"""A regular expression of a phrase -> what to write instead."""

_ANY = re.compile("|".join(rf"(?P<p{number}>\b(?:{phrase}))" for number, phrase in enumerate(PHRASES)))
_INSTEAD = tuple(PHRASES.values())


class Finding(NamedTuple):
    """A phrase in a text: ``line`` from 1."""

    path: str
    line: int
    phrase: str
    context: str
    instead: str

    def __str__(self) -> str:
        return f'{self.path}:{self.line}: "{self.phrase}" in "{self.context}": {self.instead}'


def find_phrases(text: str) -> Iterator[tuple[int, str, str, str]]:
    """Offset, phrase, its surroundings and what to write instead, of each phrase in ``text``."""
    for match in _ANY.finditer(text):
        context = " ".join(text[max(0, match.start() - 60) : match.end() + 40].split())
        yield match.start(), " ".join(match[0].split()), context, _INSTEAD[int((match.lastgroup or "p0")[1:])]


def python_texts(source: str) -> Iterator[tuple[int, str]]:
    """Line and text of each string of more than two words in a module, docstrings included; an f-string has ``{}``
    where a value goes."""
    tree = ast.parse(source)
    parts: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("vocabulary", "word_set"):
            parts.update(node.args)  # words that documents use
        if isinstance(node, ast.JoinedStr):
            parts.update(node.values)
            text = "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in parts:
            text = node.value
        else:
            continue
        if len(text.split()) > 2:
            yield node.lineno, text


def findings(paths: Iterable[Path]) -> list[Finding]:
    """The phrases in the files ``paths``."""
    found = []
    for path in paths:
        source = path.read_text("utf-8")
        for first, text in python_texts(source) if path.suffix == ".py" else [(1, source)]:
            for offset, phrase, context, instead in find_phrases(text.replace("\n    ", " \n   ")):
                line = first + text.count("\n", 0, offset)
                found.append(Finding(path.relative_to(ROOT).as_posix(), line, phrase, context, instead))
    return found


def files_below(names: Iterable[str]) -> list[Path]:
    """The files of the kinds that are read, at or below ``names``."""
    found = []
    for name in names:
        path = (ROOT / name).resolve()
        below = [path] if path.is_file() else sorted(path.rglob("*"))
        found += [file for file in below if file.suffix in KINDS and "__pycache__" not in file.parts]
    skipped = (Path(__file__).resolve(), *LEFT_OUT)
    return [file for file in found if not any(file.is_relative_to(path) for path in skipped)]


def main(names: list[str]) -> int:
    """Prints what is found below ``names``."""
    found = findings(files_below(names or READ))
    for finding in found:
        print(finding)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
