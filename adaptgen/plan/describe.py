"""Texts that agents read: cleaned of what hides or shouts, short, and made up where the document has none."""

from __future__ import annotations

import html
import re
from collections.abc import Collection
from functools import lru_cache

from adaptgen.plan.operations import Operation

TITLE = 80
DESCRIPTION = 400
ARGUMENT = 240

_TAGS = (
    "a abbr article b big blockquote body br button caption center cite code col dd del details div dl dt em font "
    "footer h1 h2 h3 h4 h5 h6 head header hr html i iframe img input ins kbd label li link main mark meta nav object "
    "ol p pre q s samp script section small span strike strong style sub summary sup svg table tbody td th thead tr "
    "tt u ul var video"
).replace(" ", "|")
_HTML = re.compile(rf"</?(?:{_TAGS})(?:\s[^<>]*)?/?>|<!--.*?-->|<!\[CDATA\[|\]\]>", re.IGNORECASE | re.DOTALL)
_SCRIPT = re.compile(r"<(script|style|svg)\b[^<>]*>.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_DATA_URL = re.compile(r"data:[a-z0-9.+-]+/[a-z0-9.+-]+(?:;[a-z0-9=-]+)*,[A-Za-z0-9+/=%_-]*", re.IGNORECASE)
_IMAGE = re.compile(r"!\[[^\]\n]{0,200}\](?:\([^)\n]{0,500}\)|\[[^\]\n]{0,100}\])")
_LINK = re.compile(r"\[([^\]\n]{1,200})\](?:\((?:[^()\s]|\([^()\s]*\)){0,500}(?:\s\"[^\"\n]*\")?\))")
# Control characters but line ends, bidirectional controls, zero-width and tag characters, lone surrogates.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)
_RULE = re.compile(r"(?m)^\s*(?:[-=*_]{3,}|\|?[\s:|-]{5,}\|?)\s*$|^#{1,6}\s+|```\w*|^\s*>\s?(?:\[!\w+\])?|\*\*")


_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z`'\"])")


@lru_cache(maxsize=16384)
def clean(text: str, cap: int = DESCRIPTION) -> str:
    """``text`` in one line of at most ``cap`` characters: no markup, no images, no invisible characters."""
    text = text[: 40 * cap + 4000]
    if "<" in text:
        text = _HTML.sub(" ", _SCRIPT.sub(" ", text))
    if "&" in text:
        text = html.unescape(text)
        if "<" in text:
            text = _HTML.sub(" ", text)
    if "](" in text or "![" in text:
        text = _LINK.sub(r"\1", _IMAGE.sub(" ", text))
    if "data:" in text:
        text = _DATA_URL.sub(" ", text)
    text = " ".join(_RULE.sub(" ", _HIDDEN.sub("", text)).split())
    return shorten(text, cap)


def hides(value: object) -> bool:
    """Whether a text holds characters that a reader does not see."""
    return isinstance(value, str) and _HIDDEN.search(value) is not None


def shorten(text: str, cap: int) -> str:
    """At most ``cap`` characters, cut behind a sentence where one ends in the second half, else between words."""
    if len(text) <= cap:
        return text
    stop = max(text.rfind(end, 0, cap + 1) for end in (". ", "! ", "? "))
    if stop >= cap // 2:
        return text[: stop + 1]
    head = text[: cap - 1]
    space = head.rfind(" ")
    return (head[:space] if space >= cap // 2 else head).rstrip(" ,;:(") + "…"


def summary(operation: Operation, name: str, absorbed: Collection[str] = ()) -> tuple[str, bool]:
    """What the operation does, and whether the document says so (else it is put together from the tool's name).

    ``absorbed``: the names of what agents neither send nor see; sentences of the description about them are left out.
    """
    short, long = clean(operation.summary, 300), without(clean(operation.description), absorbed)
    if not short and not long:
        return f"{words(name).capitalize()}.", False
    if not long or long.lower().startswith(short.rstrip(".").lower()):
        text = long or short
    elif short:
        text = shorten(f"{short if short[-1] in '.!?:' else f'{short}.'} {long}", DESCRIPTION)
    else:
        text = long
    return text if text[-1] in ".!?…:" else f"{text}.", True


def without(text: str, names: Collection[str]) -> str:
    """``text`` without the sentences that name one of ``names``. A name that is a plain word, such as ``page``, counts
    only where it is marked as a name: quoted, given a value, or called a parameter."""
    patterns = []
    for name in filter(None, names):
        one = re.escape(name)
        if re.fullmatch(r"[A-Za-z]?[a-z]*", name):
            patterns.append(rf"[`'\"]{one}[`'\"]|[?&]?\b{one}=|\b{one} (?:query )?param|\bparameters? {one}\b")
        else:
            patterns.append(rf"(?<![\w-]){one}(?![\w-])")
    if not patterns:
        return text
    about = re.compile("|".join(patterns))
    return " ".join(one for one in _SENTENCE.split(text) if not about.search(one))


def words(name: str) -> str:
    """A tool name as plain words."""
    return name.replace("_", " ").replace("-", " ")


def title(operation: Operation, name: str) -> str:
    """The human title of a tool (MCP, ToolAnnotations.title)."""
    return clean(operation.summary, TITLE).rstrip(".") or words(name).capitalize()


def answers(view: tuple[str, ...] | None, listed: bool) -> str:
    """One line on what an answer holds and how to get the rest of it."""
    if view is None:
        return "`fields` chooses other fields than the ones given by default." if listed else ""
    if not view:
        return ""
    shown = ", ".join(view[:10])
    return f'{"Each item has" if listed else "Gives"} {shown}; `fields` adds others, ["*"] all.'
