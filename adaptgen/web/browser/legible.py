"""What of a text a reader would not see, or would take for something else, by the properties of Unicode: characters
that show nothing, strokes through other characters (UAX 44), and words of several scripts (UTS 39, 5)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import regex

from adaptgen.model.frozen import value

_SCRIPTS: Final = (
    "Latin", "Cyrillic", "Greek", "Arabic", "Armenian", "Bengali", "Bopomofo", "Devanagari", "Ethiopic", "Georgian",
    "Gujarati", "Gurmukhi", "Han", "Hangul", "Hebrew", "Hiragana", "Kannada", "Katakana", "Khmer", "Lao", "Malayalam",
    "Myanmar", "Oriya", "Sinhala", "Tamil", "Telugu", "Thaana", "Thai", "Tibetan",
)  # fmt: skip
"""The scripts that languages of today are commonly written in (UAX 31, table 5)."""
_TOGETHER: Final = (("Latin", "Han", "Hiragana", "Katakana"), ("Latin", "Han", "Bopomofo"), ("Latin", "Han", "Hangul"))
"""Scripts that one word may have together ("Highly Restrictive", UTS 39, 5.2)."""
_BLANKS: Final = r"\u2800\ufffc\ufffd\U0001d159\U00013441\U00013442"
"""Shapes without ink or of no meaning, which no property has."""
_MARK: Final = r"[\p{Mn}\p{Me}]"


@value()
class Finding:
    """``start`` to ``end`` of a text are not shown as they are: ``name`` replaces them. An empty range: it is added."""

    start: int
    end: int
    name: str


def find_illegible(text: str) -> list[Finding]:
    """What is to be named in ``text``, in order."""
    if text.isascii() and text.isprintable() and " " * 8 not in text:
        return []
    found = [_describe(match) for match in _unseen().finditer(text)]
    for word in _words().finditer(text):
        seen = _unseen().sub("", word[0])
        name = _describe_mix(seen) if seen and not seen.isascii() else ""
        if name:
            found.append(Finding(word.end(), word.end(), name))
    return sorted(found, key=lambda finding: (finding.start, finding.end))


def without_stacks(text: str) -> str:
    """``text`` without more combining marks on a letter than any language has: they would cover other lines."""
    return str(_stacks().sub("", text))


def _describe(match: Any) -> Finding:
    name = f"U+{ord(match[0][0]):04X}"
    if match["stacked"]:
        name = f"{len(match[0])} more marks"
    elif match[0][0] == " ":
        name = f"{len(match[0])} blanks"
    return Finding(match.start(), match.end(), name)


def _describe_mix(word: str) -> str:
    """How a word mixes scripts, or digits of several systems (UTS 39, 5.3); "" where it does not."""
    if _unmixed().fullmatch(word) is None:
        return f"mixed scripts: {', '.join(_list_scripts(word))}"
    zeros = {ord(char) - unicodedata.decimal(char) for char in word if unicodedata.decimal(char, None) is not None}
    if len(zeros) > 1:
        others = dict.fromkeys(
            char for char in word if not char.isascii() and unicodedata.decimal(char, None) is not None
        )
        return f"mixed digits: {' '.join(f'U+{ord(char):04X}' for char in others)}"
    return ""


def _list_scripts(word: str) -> Iterator[str]:
    """The scripts of a word, the main one first; of the others with their characters."""
    characters: dict[str, dict[str, int]] = {}
    for char in word:
        script = _script(char)
        if script:
            counts = characters.setdefault(script, {})
            counts[char] = counts.get(char, 0) + 1
    ordered = sorted(characters, key=lambda script: -sum(characters[script].values()))
    for index, script in enumerate(ordered):
        points = " ".join(f"U+{ord(char):04X}" for char in characters[script])
        yield f"{script} {points}" if index else script


@cache
def _script(char: str) -> str:
    """The script of a character; "" where it goes with every script."""
    if regex.fullmatch(r"[\p{scx=Common}\p{scx=Inherited}]", char):
        return ""
    return next((script for script in _SCRIPTS if regex.fullmatch(rf"\p{{scx={script}}}", char)), "another script")


@cache
def _unseen() -> Any:
    overlay = r"[\p{ccc=Overlay}\p{Me}]"
    hidden = rf"[[\p{{Default_Ignorable_Code_Point}}\p{{C}}\p{{Z}}{_BLANKS}]--[ \n\t]]"
    return regex.compile(rf"(?V1)(?<=[^\n ]) {{8,}}|{hidden}|{overlay}|(?P<stacked>(?<={_MARK}{{4}}){_MARK}+)")


@cache
def _stacks() -> Any:
    return regex.compile(rf"(?<={_MARK}{{4}}){_MARK}+")


@cache
def _words() -> Any:
    return regex.compile(r"[\p{L}\p{M}\p{Nd}]+")


@cache
def _unmixed() -> Any:
    sets = [*((script,) for script in _SCRIPTS), *_TOGETHER]
    classes = ["".join(rf"\p{{scx={script}}}" for script in scripts) for scripts in sets]
    allowed = [rf"[\p{{scx=Common}}\p{{scx=Inherited}}{members}]+" for members in classes]
    rare = f"[^{''.join(classes[: len(_SCRIPTS)])}]+"
    return regex.compile("|".join((*allowed, rare)))
