"""Names of tools, arguments and modules: guessable (``list_contacts``), legal, unique, and stable.

Stable means: a name depends on its own operation, and on others only where two would be the same. Then the one with
the shorter path keeps the name and the others are distinguished by their parents on the path, never by counting.
"""

from __future__ import annotations

import hashlib
import keyword
import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from adaptgen.mcp.provider_rules import short_name
from adaptgen.model.contract_file import OWN_ARGUMENTS
from adaptgen.model.tables import value
from adaptgen.plan.document.reader import Operation
from adaptgen.syntax.identifiers import singular

RESERVED_TOOLS = frozenset(("search_tools", "describe_tool", "call_read_tool", "call_write_tool"))
LONGEST = 48
_READ = 500
"""Characters of a text that are read for a name: far more than a name has."""
_PARENTS = 8
"""Segments of a path that may be added to tell equal names apart; a digest does the rest."""

_VERB_WORDS = """
    accept acknowledge activate add allocate analyze append apply approve archive assign attach authorize ban batch
    block book browse bulk calculate cancel capture change charge check clear clone close commit compare complete
    compute configure confirm connect convert copy count create deactivate decline define delete deny deploy
    describe destroy detach detect disable disconnect dismiss dispatch download duplicate edit enable end enqueue
    enroll estimate evaluate exchange execute expire explain export extract fetch fill filter find finish follow
    force forward generate get give grant import index initiate insert inspect install invite invoke issue join
    kill launch leave link list load lock login logout lookup mark match merge migrate modify monitor move mute
    notify open order parse patch pause pay perform ping post predict preview process promote provision publish
    purchase purge push put query read rebuild receive recover redeem refresh refund register reject release reload
    remove rename render renew reopen reorder replace replay report request resend reserve reset resolve restart
    restore resume retrieve retry return revert review revoke rollback rotate run save scan schedule search seek
    select send set share show sign simulate skip split start stop store submit subscribe suggest suspend swap
    switch sync tag terminate test toggle track train transfer translate trigger unarchive unassign unblock
    undelete unfollow uninstall unlink unlock unmute unpublish unsubscribe update upgrade upload upsert validate
    verify view void vote watch withdraw write
"""
_VERBS = frozenset(_VERB_WORDS.split())
# Verbs that name records at least as often: `/orders`, `customerReport`, `/tag_groups`.
_RECORDS = frozenset(
    ("order", "report", "issue", "book", "review", "tag", "request", "link", "transfer", "charge", "refund", "schedule",
     "process", "purchase", "post", "vote", "match", "share", "view", "invite", "index", "capture", "change",
     "exchange", "block")
)  # fmt: skip
_STRONG = _VERBS - _RECORDS
# Verbs of frameworks that have a plainer word in tool names.
_FRAMEWORK = {"read": "get", "retrieve": "get", "destroy": "delete", "insert": "create"}
# Verbs that mean no more than the role of the operation, so that tools are called alike.
_USUAL = {
    "list": ("get", "read", "fetch", "retrieve", "show"),
    "create": ("post",),
    "update": ("patch", "put", "modify", "edit", "save", "replace"),
    "replace": ("update", "put", "save", "modify", "edit"),
    "get": ("read", "retrieve", "fetch", "show"),
    "delete": ("destroy",),
}
_LINKING = frozenset(("for", "in", "by", "of", "from", "to", "with", "on", "and", "or", "as", "at"))
_NOISE = frozenset(("api", "apis", "rest", "restapi", "services", "service", "public", "json", "index", "v", "ws"))
_VERSION = re.compile(
    r"v?\d+([._-]\d+)*(alpha|beta|rc)?\d*|v\d+[a-z0-9]*|latest|unstable|stable|beta|alpha", re.IGNORECASE
)
_EXTENSION = re.compile(r"\.(json|xml|php|aspx?|jsp|do|cgi|html?|action|ashx|svc)$", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")
_NAMED = re.compile(r"\{([^{}]*)\}")
_SPRING = re.compile(r"_?using_?(get|post|put|delete|patch|head|options)(_\d+)?$", re.IGNORECASE)


@lru_cache(maxsize=16384)
def snake(text: str) -> str:
    """Lower-case words of letters and digits, joined by ``_``: ``getHTTPUser-List`` -> ``get_http_user_list``."""
    text = unicodedata.normalize("NFKD", text[:_READ]).encode("ascii", "ignore").decode()
    text = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", text)
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
    path = _EXTENSION.sub("", path.split("?")[0].split("#")[0].rstrip("/"))
    for segment in re.sub(r":(?=[A-Za-z]+(?:/|$))", "/", path).split("/"):
        if not segment:
            continue
        fixed = _PLACEHOLDER.sub("", segment)
        word = snake(fixed)
        if not word:
            found.append("{}")
        elif not (_VERSION.fullmatch(fixed) or word in _NOISE):
            found.append(word)
    while found and found[0] == "{}" and any(part != "{}" for part in found[1:]):
        del found[0]  # tenants and versions in front of everything
    return found


@value()
class Wanted:
    """An operation that needs a name. ``role``: ``list``, ``get``, ``search``, ``update``, ``replace``, ``create``,
    ``delete``, … as the passes found it. ``wish``: what the document calls its tool."""

    operation: Operation
    role: str = ""
    wish: str = ""


@dataclass(slots=True)
class Names:
    """Gives names that are unique regardless of case. ``taken`` maps the folded name to who has it."""

    server: str
    taken: dict[str, str] = field(default_factory=dict)
    longer: dict[str, str] = field(default_factory=dict)
    """Name -> the longer one that it had before 0.2, which is served on."""

    def reserve(self, name: str, owner: str) -> str | None:
        """Take ``name`` for ``owner``; returns the owner that has it already, if there is one."""
        known = self.taken.get(name.lower())
        if known is None:
            self._take(name, owner)
        return known

    def _take(self, name: str, owner: str) -> None:
        self.taken[name.lower()] = owner

    def give(self, wanted: Sequence[Wanted], keep: Collection[str] = ()) -> dict[str, str]:
        """Pointer of each operation -> its name; those of ``keep`` may be longer than clients take."""
        given: dict[str, str] = {}
        order = sorted(
            wanted, key=lambda one: (one.operation.path.count("/"), one.operation.key, one.operation.pointer)
        )
        # Names meant for tools first, then identifiers: whoever wrote a good one meant it.
        named = [(one, one.wish or identified(one.operation, one.role, self.server)) for one in order]
        named.sort(key=lambda pair: (not pair[0].wish, not pair[1]))
        for one, name in named:
            for candidate in self.candidates(one, name):
                folded = candidate.lower()
                if folded not in self.taken and folded not in RESERVED_TOOLS:
                    self._take(candidate, one.operation.pointer)
                    given[one.operation.pointer] = candidate
                    break
        return {pointer: name if name in keep else self.short(name) for pointer, name in given.items()}

    def short(self, name: str) -> str:
        """``name``, or a shorter one where clients would refuse it; what it was is remembered."""
        short = short_name(name)
        if short == name or self.reserve(short, name) not in (None, name):
            return name
        self.longer[short] = name
        return short

    def candidates(self, one: Wanted, name: str) -> Iterable[str]:
        if name:
            yield name
        parts = segments(one.operation.path)
        for parents in range(min(len(parts), _PARENTS) + 1):
            yield legal(synthesised(one.operation, one.role, parents))
        # The same words on both paths: versions, parameters and methods tell them apart, at last a digest.
        base, path = name or synthesised(one.operation, one.role), one.operation.path
        if (part := snake(one.operation.written.partition("#")[2])) and len(part) <= 24:
            yield legal(f"{base}_{part}")
        versions = [snake(part) for part in path.split("/") if _VERSION.fullmatch(part)]
        if versions:
            yield legal(f"{base}_{versions[-1]}")
        named = [snake(found) for found in _NAMED.findall(path)]
        if named and snake(named[-1]):
            yield legal(f"{base}_by_{named[-1]}")
            yield legal(f"{base}_by_{'_and_'.join(named)}")
        yield legal(f"{base}_by_{one.operation.method.lower()}")
        yield legal(name or synthesised(one.operation, one.role, 0), digest(one.operation.key))
        yield legal(name or synthesised(one.operation, one.role, 0), digest(one.operation.pointer + one.operation.key))


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


def identified(operation: Operation, role: str, server: str) -> str:
    """The tool name that the operationId gives; "" where it is missing, generated from the path, or says nothing."""
    if not operation.id:
        return ""
    text = re.sub(r"^\d+[\s._)-]+", "", _SPRING.sub("", operation.id.strip()))
    if dumped(operation, snake(text).split("_")):
        return ""
    text = without_path(operation, text)
    found = [word for word in snake(text).split("_") if word]
    own = snake(server)
    while len(found) > 2 and (found[0] in _NOISE or found[0] == own or re.fullmatch(r"v\d+", found[0])):
        del found[0]
    while len(found) > 2 and re.fullmatch(r"v\d+", found[-1]):
        del found[-1]
    if len(found) > 2 and found[0] == operation.method.lower() and found[1] in _VERBS:
        del found[0]  # `post-listRecurringDetails`
    if not 2 <= len(found) <= 9 or found[-1].isdigit() or dumped(operation, found):
        return ""
    worded = verb_first(found, role)
    if not worded and operation.method == "GET" and role in ("get", "list"):
        worded = [role, *found]  # `pipelineReport`
    found = worded
    if not found or found[0].split("_")[0] not in _VERBS:
        return ""
    name = "_".join(found)
    return legal(name) if len(name) <= LONGEST and not re.search(r"[0-9a-f]{16}", name) else ""


def verb_first(found: list[str], role: str) -> list[str]:
    """The words of an identifier with the verb in front: ``contacts_partial_update`` -> ``update_contact``,
    ``issues_list_for_repo`` -> ``list_issues_for_repo``. [] where there is no verb."""
    found = [word for word in found if word not in ("a", "an", "the", "controller")]
    strong = next((index for index, word in enumerate(found) if word in _STRONG), None)
    if found and found[0] in _RECORDS and strong is None:
        strong = 0  # `report_pipeline`, where nothing else is a verb
    if strong is None:
        return []
    before, (verb, rest) = found[:strong], _whole_verb(found[strong], found[strong + 1 :])
    if before[-1:] == ["partial"]:
        before = before[:-1]
    if before:
        verb = _FRAMEWORK.get(verb, verb)
        before = _nouns_before(before, verb, rest)
    if verb in _USUAL.get(role, ()):
        verb = role
        if role == "create" and rest:
            rest = [*rest[:-1], singular(rest[-1])]
    return [verb, *before, *rest]


def _whole_verb(verb: str, rest: list[str]) -> tuple[str, list[str]]:
    """The verb with what belongs to it: ``create_or_update``, ``batch_delete``."""
    if rest[:1] == ["or"] and rest[1:2] and rest[1] in _VERBS:
        return f"{verb}_or_{rest[1]}", rest[2:]
    if verb in ("batch", "bulk") and rest and rest[0] in _VERBS:
        return f"{verb}_{rest[0]}", rest[1:]
    return verb, rest


def _nouns_before(before: list[str], verb: str, rest: list[str]) -> list[str]:
    """What an identifier says before its verb, where it is not said again after it."""
    nouns = {singular(word) for word in rest}
    if all(singular(word) in nouns for word in before):
        return []  # `teams/list-team-members`
    if verb not in ("list", "search") or (rest and rest[0] not in _LINKING):
        return [*before[:-1], singular(before[-1])]
    return before


def without_path(operation: Operation, identifier: str) -> str:
    """What was chosen of an identifier that a framework ends with path and method (FastAPI's default:
    ``create_variable_variables__post`` of ``POST /variables/``)."""
    end = f"{re.sub(r'[^0-9a-zA-Z]', '_', operation.path)}_{operation.method.lower()}"
    return identifier.removesuffix(end) if len(identifier) > len(end) else identifier


def dumped(operation: Operation, found: Collection[str]) -> bool:
    """Whether the identifier only repeats method and path, as generators do when nobody chose one."""
    path = _EXTENSION.sub("", operation.path)
    fixed = snake(_PLACEHOLDER.sub("", path)).replace("_", "")
    whole = snake(path).replace("_", "")
    joined = "".join(found)
    deep = len([part for part in operation.path.split("/") if part]) > 1
    return deep and any(len(one) > 8 and one in joined for one in (fixed, whole))


def synthesised(operation: Operation, role: str, parents: int = 0) -> str:
    """``verb_resource`` from method and path: ``GET /posts/{id}/comments`` -> ``list_post_comments``.

    A parent that is one record (followed by a placeholder) always belongs to the name; ``parents`` more segments are
    added to tell equal names apart.
    """
    parts = segments(operation.path)
    fixed = [index for index, part in enumerate(parts) if part != "{}"]
    if not fixed:
        return f"{role or operation.method.lower()}_{'item' if parts else 'root'}"
    last = fixed[-1]
    on_item = last < len(parts) - 1
    resource = parts[last]
    words = resource.split("_")
    above = fixed[:-1]
    nested = bool(above) and above[-1] + 1 < last  # a placeholder stands between: the parent is one record
    verb = role or _METHOD_VERBS[operation.method]
    if above and parts[above[-1]] in ("search", "find", "query") and verb in ("list", "get", "search"):
        verb, above = parts[above[-1]], above[:-1]
        nested = False
    context = [singular_words(parts[above[-1]])] if nested else []
    extra = [singular_words(parts[index]) for index in above[: len(above) - len(context)]]
    extra = extra[len(extra) - parents :] if parents else []
    if not on_item and _is_action(operation.method, words, nested=nested):
        # An action: `/orders/{id}/cancel`, `/getUserList`, `/login`.
        if len(words) > 1:
            return "_".join([*words, *context, *extra])
        noun = context or ([parts[above[-1]]] if above else [])
        rest = extra if context else extra[: max(0, len(extra) - 1)]
        return "_".join([words[0], *rest, *noun])
    listed = verb in ("list", "search", "find", "query") or (
        not on_item and verb in ("replace", "update", "delete", "get")
    )
    noun = [resource if listed else singular_words(resource)]
    return "_".join([verb, *extra, *context, *noun])


_METHOD_VERBS = {
    "GET": "get", "POST": "create", "PUT": "replace", "PATCH": "update", "DELETE": "delete", "HEAD": "check",
    "OPTIONS": "describe", "TRACE": "trace",
}  # fmt: skip


def _is_action(method: str, words: list[str], *, nested: bool) -> bool:
    """Whether the last segment of a path is what is done. Of the verbs that are nouns too, only a single one below a
    record is an action: ``/orders/{id}/refund``."""
    plain = words[0] not in _RECORDS or (len(words) == 1 and nested and method != "GET")
    return words[0] in _VERBS and plain and method in ("POST", "GET", "PUT", "PATCH")


def singular_words(text: str) -> str:
    """``text`` with its last word in the singular."""
    head, _, tail = text.rpartition("_")
    return f"{head}_{singular(tail)}" if head else singular(tail)
