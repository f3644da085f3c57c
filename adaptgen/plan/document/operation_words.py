"""What the document says that an operation does: the words of its name, its path, its summary and its description."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from adaptgen.model import tables as model
from adaptgen.syntax.identifiers import vocabulary, words

if TYPE_CHECKING:
    from adaptgen.plan.document.reader import Operation

_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z*`])|\n\s*\n")
# What stands in front of the verb: "This endpoint allows you to send …", "To send …, use", "The feed endpoint returns".
_WHAT = r"(?:endpoint|operation|method|function|api|call|service|resource|route|request|action)"
_LEADS = (
    re.compile(rf"(?i)^\W*(?:the|this)\b[\w\s'`/-]{{0,40}}?\b{_WHAT}\W+(?:can|is used to|will|allows you to)?\s*"),
    re.compile(rf"(?i)^\W*(?:you )?(?:can )?(?:use|call)\s+this\s+(?:api\s+)?(?:{_WHAT})?\s*(?:call\s+)?to\s+"),
    re.compile(
        r"(?i)^\W*(?:it\s+)?(?:allows?|lets?|enables?|used|serves?)\s+"
        r"(?:(?:a|an|the|you|your)\s*)?(?:clients?|users?|callers?|application|apps?)?\s*(?:to|for)\s+"
    ),
    re.compile(r"(?i)^\W*to\s+(?=\w)"),
    re.compile(r"(?i)^\W*(?:allows?|lets?)\s+you\s+to\s+"),
)
# "Handle GET request to run a test"
_HANDLES = re.compile(r"(?i)^\W*handles?\s+(?:the\s+)?(?:[a-z]+\s+)?requests?\s+(?:to|for)\s+")
_REQUEST = re.compile(r"(?i)\bsend(?:ing)?\s+an?\s+(?:[A-Z]+\s+)?request\b")
_HARMLESS = re.compile(
    r"(?i)\b(?:(?:does|do|will)\s+not|(?:does|do|wo)n['’]t|without)\s+(?:actually\s+)?(?:\w+ing\s+or\s+|\w+\s+or\s+)?"
    r"(?:creat|modif|chang|alter|stor|sav|persist|send)\w*\s+(?:an?|any|the|it|anything)\b"
)
_ACTIONS = vocabulary("action cmd command op operation method do act task func function")


@model.value()
class OperationWords:
    """Words in lower case. ``name``: of the operationId, from the first verb-like piece on. ``last``: of the last
    literal segment of the path (or of the query string that names the action). ``tells``: of the description's first
    sentence from its verb on. ``described``: of its first two sentences. ``harmless``: the description says that
    nothing is changed."""

    name: tuple[str, ...]
    last: tuple[str, ...]
    summary: tuple[str, ...]
    tells: tuple[str, ...]
    described: tuple[str, ...]
    harmless: bool


def read_words(operation: Operation) -> OperationWords:
    """What is said about ``operation``."""
    plain = re.sub(r"<[^>]{0,200}>|[*_`#]{2,}|`", " ", operation.description[:2000]).strip()
    sentences = [part.strip() for part in _SENTENCE.split(plain) if part.strip()]
    first = sentences[0] if sentences else ""
    return OperationWords(
        name=words(_name(operation.id or "")),
        last=words(_last(operation)),
        summary=words(_HANDLES.sub("", operation.summary)),
        tells=words(_from_verb(first)),
        described=words(_REQUEST.sub(" ", " ".join(sentences[:2]))),
        harmless=_HARMLESS.search(plain) is not None,
    )


def _name(id: str) -> str:
    """The operationId without the names of services and tags before it: ``Password_HasUserSetPassword``,
    ``compute.targetPools.getHealth``."""
    tail = re.split(r"[./]", id)[-1] or id
    head, _, rest = tail.partition("_")
    if head[:1].isupper() and rest[:1].isupper() and not head.isupper() and re.search(r"[a-z][A-Z]", rest):
        tail = rest
    return tail if words(tail) else id


def _last(operation: Operation) -> str:
    """The last literal segment of the path, ``:verb`` suffixes taken for themselves; ``?action=x`` names it too."""
    for name, value in operation.constants:
        if name.lower() in _ACTIONS and value:
            return value
    parts = [part for part in operation.path.split("/") if part and not (part.startswith("{") and part.endswith("}"))]
    return parts[-1].rpartition(":")[2] if parts else ""


def _from_verb(sentence: str) -> str:
    """The sentence from its verb on."""
    for _ in range(2):
        for lead in _LEADS:
            if found := lead.match(sentence):
                sentence = sentence[found.end() :]
                break
    return sentence
