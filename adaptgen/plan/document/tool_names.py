"""Legal names: of arguments, of modules, and the words of paths that names of tools are made of (``name_rules``)."""

from __future__ import annotations

import hashlib
import keyword
import re
import unicodedata
from functools import lru_cache

from adaptgen.model.contract_file import OWN_ARGUMENTS
from adaptgen.syntax.identifiers import singular

_READ = 500
"""Characters of a text that are read for a name: far more than a name has."""

NOISE = frozenset(
    (
        "api",
        "apis",
        "rest",
        "restapi",
        "services",
        "service",
        "public",
        "json",
        "index",
        "v",
        "ws",
        "util",
        "utils",
        "utilities",
    )
)
VERSION = re.compile(
    r"v?\d+([._-]\d+)*(alpha|beta|rc)?\d*|v\d+[a-z0-9]*|latest|unstable|stable|beta|alpha", re.IGNORECASE
)
EXTENSION = re.compile(r"\.(json|xml|php|aspx?|jsp|do|cgi|html?|action|ashx|svc)$", re.IGNORECASE)
PLACEHOLDER = re.compile(r"\{[^{}]*\}")


_JOINED = re.compile(r"OpenAPI|[oO]penApi|OAuth|oAuth")
_FORM = re.compile(r"\.\w{2,5}")
"""The end of a segment that is a placeholder otherwise: ``{id}.rdf``."""


@lru_cache(maxsize=16384)
def snake(text: str) -> str:
    """Lower-case words of letters and digits, joined by ``_``: ``getHTTPUser-List`` -> ``get_http_user_list``."""
    text = unicodedata.normalize("NFKD", text[:_READ]).encode("ascii", "ignore").decode()
    text = re.sub(r"([vV]\d+)(?=[A-Z])", r"\1_", text)
    text = re.sub(r"([A-Z]{2,})s(?![a-z])", lambda found: f"{found[1].capitalize()}s", text)  # `IDs`
    text = _JOINED.sub(lambda found: found[0].capitalize(), text)
    text = re.sub(r"([a-z]|[0-9](?=[A-Z][a-z]))([A-Z])", r"\1_\2", text)
    text = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", text)
    return re.sub(r"[^a-zA-Z0-9]+", "_", text).strip("_").lower()


def plural(word: str) -> bool:
    """Whether the word looks like an English plural."""
    return singular(word) != word


@lru_cache(maxsize=4096)
def argument(name: str) -> str:
    """The legal argument name nearest to the name of an input: ``filter[name]`` -> ``filter_name``.

    The result matches ``[a-zA-Z_][a-zA-Z0-9_-]{0,63}`` and is none of the reserved ones.
    """
    text = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    text = re.sub(r"[^a-zA-Z0-9_-]+", "_", text)
    trimmed = text.strip("_-") if text != name else text.lstrip("-")
    text = trimmed or "value"
    if text[0].isdigit():
        text = f"_{text}"
    if len(text) > 64:
        text = f"{text[:57]}_{digest(name)}"
    return f"api_{text}" if text in OWN_ARGUMENTS else text


def digest(text: str) -> str:
    """Six hexadecimal digits that stand for ``text``."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:6]


def module(text: str) -> str:
    """A legal file name for a Python module."""
    name = snake(text)[:40].strip("_") or "other"
    if name[0].isdigit():
        name = f"n{name}"
    return f"{name}_" if keyword.iskeyword(name) or keyword.issoftkeyword(name) or name == "init" else name


def segments(path: str) -> list[str]:
    """The words of each fixed segment of a path, placeholders as ``{}``; without versions, ``api`` and extensions."""
    found = []
    path = re.sub(r"^https?://[^/]+", "", path)
    # `things/{id}:restore` and `things:search` are custom methods: segments of their own.
    path = EXTENSION.sub("", path.split("?")[0].split("#")[0].rstrip("/"))
    # So are those of `/admin.conversations.invite`.
    parts = re.sub(r":(?=[A-Za-z]+(?:/|$))|(?<=[a-z])\.(?=[a-z][A-Za-z_]*$)", "/", path).split("/")
    for segment, after in zip(parts, [*parts[1:], "{"], strict=True):
        if not segment:
            continue
        fixed = PLACEHOLDER.sub("", segment)
        word = snake(fixed)
        if not word or (fixed != segment and _FORM.fullmatch(fixed)):
            found.append("{}")
        elif (word not in NOISE or (word == "services" and "{" in after)) and (
            not VERSION.fullmatch(fixed) or (word.isalpha() and found)
        ):
            found.append(word)
    if set(found) <= {"{}"} and (last := path.rpartition("/")[2]).isalpha():
        found.append(snake(last))  # `/v2/latest`
    while found and found[0] == "{}" and any(part != "{}" for part in found[1:]):
        del found[0]  # tenants and versions in front of everything
    return found


def legal(name: str, mark: str = "") -> str:
    """``name`` as a tool name of at most 64 characters that is a Python identifier too."""
    name = re.sub(r"[^a-zA-Z0-9_]+", "_", name).strip("_") or "call"
    if name[0].isdigit():
        name = f"call_{name}"
    if keyword.iskeyword(name) or keyword.issoftkeyword(name):
        name = f"{name}_it"
    if mark:
        return f"{name[:57].rstrip('_')}_{mark}"
    return name if len(name) <= 64 else f"{name[:57].rstrip('_')}_{digest(name)}"


def placeholders(path: str) -> list[str]:
    """The names in braces of a path."""
    return [found[1:-1] for found in PLACEHOLDER.findall(path)]


def singular_words(text: str) -> str:
    """``text`` with its last word in the singular."""
    head, _, tail = text.rpartition("_")
    return f"{head}_{singular(tail)}" if head else singular(tail)
