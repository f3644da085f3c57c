"""Texts that agents read: cleaned of what hides or shouts, short, and made up where the document has none."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

from adaptgen.model.frozen import lazy
from adaptgen.plan.document.reader import Operation

TITLE = 80
DESCRIPTION = 400
ARGUMENT = 240
MOST_TAGS = 32

# The elements of HTML, those of older versions too, but `data`, `time` and the like, which documents use as
# placeholders (<address>) more often than as markup.
_TAGS = (
    "a abbr acronym applet area article aside audio b base basefont bdi bdo bgsound big blink blockquote body br "
    "button canvas caption center cite code col colgroup datalist dd del details dfn dialog dir div dl dt em "
    "embed fieldset figcaption figure font footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr "
    "html i iframe image img input ins isindex kbd keygen label legend li link listing main map mark marquee math "
    "menu menuitem meta meter multicol nav nextid nobr noembed noframes noscript object ol optgroup option output "
    "p param picture plaintext pre progress q rb rp rt rtc ruby s samp script search section select slot small "
    "source spacer span strike strong style sub summary sup svg table tbody td template textarea tfoot th thead "
    "title tr track tt u ul var video wbr xmp"
).replace(" ", "|")
_HTML = lazy(
    rf"</?(?:{_TAGS})(?:[\s/][^<>]*)?>|</[a-z][\w.:-]*\s*>|<[a-z][\w.:-]*[\s/][^<>]*=[^<>]*>|<!\[CDATA\[|\]\]>|-->",
    re.IGNORECASE,
)
# What models are trained to read as the turns of a conversation.
_TURN = lazy(
    r"<\|[\w ]{1,40}\|>|</?(?:system|assistant|instructions?|important|function_calls?|tool_calls?|tool_results?)>"
    r"|\[/?INST\]|<{1,2}/?SYS>{1,2}",
    re.IGNORECASE,
)
# What is left of a tag that no other rule takes whole: its first character goes, so that nothing reads it as one.
_OPEN = lazy(
    rf"<(?=/[a-z]|[!?]|(?:{_TAGS})(?:[\s/>]|$)[^>]{{0,2000}}>|[a-z][\w.:-]*[\s/][^<>]{{0,2000}}=)", re.IGNORECASE
)
_AUTOLINK = lazy(r"<([a-z][a-z0-9+.-]{1,31}:[^\s<>]{0,2000}|[^\s<>@]{1,200}@[^\s<>]{1,200})>", re.IGNORECASE)
_BLOCK = lazy(r"<(script|style|svg)\b|<!--", re.IGNORECASE)
_DATA_URL = lazy(r"data:[a-z0-9.+-]+/[a-z0-9.+-]+(?:;[a-z0-9=-]+)*,[A-Za-z0-9+/=%_-]*", re.IGNORECASE)
_TARGET = r"\((?:<[^<>\n]{0,500}>|(?:[^()\s]|\([^()\s]{0,500}\)){0,500})(?:\s(?:\"[^\"\n]{0,300}\"|'[^'\n]{0,300}'))?\)"
_IMAGE = lazy(r"!\[[^\]\n]{0,200}\](?:\([^)\n]{0,500}\)|\[[^\]\n]{0,100}\])")
_LINK = lazy(rf"\[([^\]\n]{{1,200}})\](?:{_TARGET})")
_DEFINITION = lazy(r"^\[([^\]]{1,200})\]:")
# Control characters but line ends, and what shows nothing: format and bidirectional controls, zero-width, tag and
# filler characters, variation selectors (Unicode, Default_Ignorable_Code_Point), private use, lone surrogates,
# characters that are none.
_HIDDEN = lazy(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u2800\u3164\ud800-\uf8ff\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff\U000f0000-\U0010ffff"
    f"{''.join(f'{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}' for plane in range(0x10000, 0xE0000, 0x10000))}]"
)
_BREAKS = lazy("[\u2028\u2029]")
# One line, its blanks already single: a rule, the line below the head of a table, a heading, a quote; fences, stress.
_RULE = lazy(r"(?m)^(?:[-=*_]{3,}|\|?[ :|-]{5,}\|?)$|^#{1,6} |```\w*|^> ?(?:\[!\w+\])?|\*\*")
# Nothing here is markup, and a line of it that begins with a letter is no rule.
_SIMPLE = lazy(r"[A-Za-z][ !\"$%'()+,\-./0-9:;=?@A-Z_a-z{}~]*")
_ROUNDS = 8


_SENTENCE = lazy(r"(?<=[.!?])\s+(?=[A-Z`'\"])")


@lru_cache(maxsize=16384)
def clean(text: str, cap: int = DESCRIPTION) -> str:
    """``text`` in one line of at most ``cap`` characters: no markup, no images, no invisible characters."""
    return shorten(plain(text[: 40 * cap + 4000]), cap)


def plain(text: str) -> str:
    """``text`` in one line, without HTML, images, the addresses of links and what a reader does not see.

    What is taken out may bring together what was apart (``<scr<b>ipt>``), so it is done until nothing is left. Time
    grows with the length of the text, whatever it holds.
    """
    if _SIMPLE.fullmatch(text) and "data:" not in text:
        return " ".join(text.split())
    if "&" in text:
        import html  # its table of 2,231 names is for the texts that have any

        text = html.unescape(text)
    for _ in range(_ROUNDS):
        before = text
        text = _HIDDEN.sub("", text)
        if "<" in text:
            text = _AUTOLINK.sub(r"\1", _HTML.sub(" ", _without_blocks(_TURN.sub(" ", text))))
        if "INST]" in text:
            text = _TURN.sub(" ", text)
        if "](" in text or "![" in text:
            text = _LINK.sub(r"\1", _IMAGE.sub(" ", text))
        if "data:" in text:
            text = _DATA_URL.sub(" ", text)
        text = "\n".join(" ".join(line.split()) for line in text.split("\n"))
        text = " ".join(_RULE.sub(" ", text).split())
        if text == before or not ("<" in text or "[" in text):
            break
    if "<" in text:
        text = _OPEN.sub(" ", text)
    if "](" in text or "]:" in text:
        text = _DEFINITION.sub(r"\1:", text.replace("](", "] ("))
    return text


def _without_blocks(text: str) -> str:
    """Without comments, and without scripts, styles and drawings from their first tag to their last."""
    kept: list[str] = []
    at = 0
    lower = text.lower()
    open_ended: set[str] = set()  # what ends nowhere behind is not looked for again
    while (found := _BLOCK.search(text, at)) is not None:
        end = f"</{found[1].lower()}" if found[1] else "-->"
        stop = -1 if end in open_ended else lower.find(end, found.end())
        kept.append(text[at : found.start()])
        if stop < 0:
            open_ended.add(end)
            kept.append(" " if end == "-->" else found[0])
            at = found.end()
            continue
        close = text.find(">", stop)
        kept.append(" ")
        at = len(text) if close < 0 else close + 1
    return "".join(kept) + text[at:] if kept else text


def hides(value: object) -> bool:
    """Whether a text holds characters that a reader does not see."""
    return isinstance(value, str) and (_HIDDEN.search(value) is not None or _BREAKS.search(value) is not None)


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


# What somebody who calls the API must send, and how they get it.
_CREDENTIAL = (
    r"(?:api[ _-]?keys?|(?:(?:access|bearer|session|auth\w*|csrf|xsrf|refresh|jwt|security)[ _-]?)?tokens?|jwts?"
    r"|session[ _-]?(?:ids?|keys?|cookies?)|credentials?|passwords?|client secrets?|auth\w* (?:headers?|cookies?)"
    r"|x-[a-z-]+)"
)
_LOGIN_ADVICE = (
    # Log in with …; authenticate by …; you must be authenticated; authentication is required
    r"(?:^|[;:,] |\b(?:to|must|please|first|then|should|and|can|before you) )(?:log|sign)[ -]?(?:in|on)\b",
    r"(?:^|\b(?:to|must|please|first|then|should|and) )(?:authenticate|authorize|authorise)\b",
    r"\b(?:be|is|are|being) (?:authenticated|authorized|authorised|logged in)\b",
    r"\b(?:authentication|authorization|login|log-in)\b[^.]{0,60}"
    r"\b(?:required|needed|necessary|performed|done|uses?|using|via|through|with|by|works?|happens?|header)\b",
    r"\b(?:requires?|needs?|uses?|supports?|expects?|via|using) [^.]{0,40}"
    r"\b(?:authentication|authorization|oauth ?2?|basic auth)\b",
    # send the token with every request; obtain a token; a token is valid for …
    rf"\b(?:send|pass|includ|provid|supply|attach|add|put|set|present|transmit|specif)\w*\b[^.]{{0,80}}\b{_CREDENTIAL}\b",
    rf"\b(?:requires?|needs?|must have|expects?)\b[^.]{{0,60}}\b{_CREDENTIAL}\b",
    r"^(?:get|obtain|request|retrieve|fetch|acquire|generate|create|copy|use) (?:an?|your|the|this) [^.]{0,40}"
    rf"\b{_CREDENTIAL}\b",
    rf"\b(?:obtain|retrieve|acquire)(?:ed|s|ing)?\b[^.]{{0,60}}\b{_CREDENTIAL}\b",
    rf"\b{_CREDENTIAL}\b[^.]{{0,60}}\b(?:headers?|cookies?|every request|each request|all requests|query string)\b",
    rf"\b(?:sessions?|{_CREDENTIAL})\b[^.]{{0,60}}\b(?:ends?|ended|expires?|expired|valid|lifetime|times? out|last)\b",
)
_ADVICE = lazy("|".join(_LOGIN_ADVICE), re.IGNORECASE)


def about_api(text: str, absorbed: Collection[str], cap: int) -> str:
    """What a document says of its API, for agents: whole sentences, without those on how to log in or what to send
    for it, at most ``cap`` characters.

    ``absorbed``: names and paths of what the server sends by itself.
    """
    said = ""
    for sentence in _SENTENCE.split(without(plain(text), absorbed)):
        if _ADVICE.search(sentence):
            continue
        longer = f"{said} {sentence}".lstrip()
        if len(longer) > cap:
            break
        said = longer
    return said


def words(name: str) -> str:
    """A tool name as plain words."""
    return name.replace("_", " ").replace("-", " ")


def title(operation: Operation, name: str) -> str:
    """The human title of a tool (MCP, ToolAnnotations.title)."""
    return clean(operation.summary, TITLE).rstrip(".") or words(name).capitalize()


def tags(operation: Operation) -> tuple[str, ...]:
    """The first ``MOST_TAGS`` tags of an operation as people read them."""
    return tuple(dict.fromkeys(filter(None, (clean(tag, TITLE) for tag in operation.tags))))[:MOST_TAGS]


def answers(view: tuple[str, ...] | None, listed: bool) -> str:
    """One line on what an answer holds and how to get the rest of it."""
    if view is None:
        return "`fields` returns other fields than the default ones." if listed else ""
    if not view:
        return ""
    # A name that hides or marks something up can be asked for, but is not read out.
    shown = ", ".join(path for path in view[:10] if plain(path) == path)
    if not shown:
        return answers(None, True)
    return f'{"Each item has" if listed else "Returns"} {shown}; `fields` returns others instead, ["*"] all.'
