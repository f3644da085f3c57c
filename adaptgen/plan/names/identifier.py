"""The name from an operationId, without names of services and code, versions, methods and repetitions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from adaptgen.model.evidence import Row, Table
from adaptgen.model.tables import value
from adaptgen.plan.document.tool_names import (
    EXTENSION,
    NOISE,
    PLACEHOLDER,
    VERSION,
    legal,
    placeholders,
    plural,
    singular_words,
    snake,
)
from adaptgen.plan.names import terms
from adaptgen.plan.names.summary import LONGEST, object_of
from adaptgen.syntax.identifiers import singular

if TYPE_CHECKING:
    from adaptgen.plan.document.reader import Operation
    from adaptgen.plan.names.facts import NameFacts


_SPRING = re.compile(r"_?using_?(get|post|put|delete|patch|head|options)(_\d+)?$", re.IGNORECASE)
_COUNTED = re.compile(r"(_\d+|\(\d+\))$")
_SERVICE = re.compile(r"([A-Z][A-Za-z0-9]*?)(?:Service|Controller|Api)?_([A-Z][A-Za-z0-9]*)")
_VERSION_WORD = re.compile(r"v\d+")


def name_of_identifier(it: NameFacts, whole: bool = False) -> str:
    """The name from the operationId. ``whole``: with what only repeats the parameters of the path."""
    operation, role = it.operation, it.role
    if not operation.id:
        return ""
    text = _COUNTED.sub("", re.sub(r"^\d+[\s._)-]+", "", _SPRING.sub("", operation.id.strip())))
    chosen = without_path(operation, text)
    versioned = re.match(rf"{operation.method}[-_ /]v\d", text, re.IGNORECASE)
    if chosen == text and (versioned or dumped(operation, snake(text).split("_"))):
        return ""
    words = [word for word in snake(_service_last(it, _without_modules(it, chosen))).split("_") if word]
    words = _whole_words(it, [part for word in words for part in it.unglued(word)])
    found = _clean(it, words, whole)
    if not 1 <= len(found) <= 9 or found[-1].isdigit() or (len(found) > 1 and dumped(operation, found)):
        return ""
    if len(found) == 1:
        return _with_noun(it, found[0])
    worded = verb_first(it, found)
    if not worded and operation.method == "GET" and role in ("get", "list") and not it.stated_verb:
        worded = [role, *found]  # `pipelineReport`
    return _joined(it, worded)


def _whole_words(it: NameFacts, found: list[str]) -> list[str]:
    """The words, where two that the path has as one are not taken for a verb: ``data set`` of ``/dataset``."""
    verb = next((word for word in found if word in terms.STRONG), "")
    for index, (one, other) in enumerate(pairwise(found)):
        if verb in (one, other) and singular(one + other) in it.path_words:
            return [*found[:index], one + other, *found[index + 2 :]]
    return found


def _without_modules(it: NameFacts, identifier: str) -> str:
    """``compute.regionDisks.list`` -> ``regionDisks.list``: without modules that the path does not know."""
    *owners, last = re.split(r"[./:]", identifier)
    known = [one for one in owners if {*map(singular, snake(one).split("_")), singular(snake(one))} & it.path_words]
    if {*snake(last).split("_")} <= terms.VERBS | {"all", "one"} and owners[-1:] != known[-1:]:
        known += owners[-1:]
    return ".".join([*known, last]) if owners and last else identifier


def _service_last(it: NameFacts, identifier: str) -> str:
    """``ApplicationSetService_Create`` -> ``create application set``, the verb of the method first."""
    parts = _SERVICE.fullmatch(identifier)
    done = snake(parts[2]).split("_") if parts else [""]
    if parts is None or done[0] not in terms.VERBS:
        return identifier if parts is None else f"{parts[1]}_{parts[2]}"
    acts = done[1:2] and done[1] in terms.STRONG and done[1] not in snake(parts[1]).split("_")
    if done[0] == it.operation.method.lower() != "get" and not it.stated_verb and not acts:
        done[0] = it.role or terms.METHOD_VERBS[it.operation.method]
    before = [word for word in snake(parts[1]).split("_") if word not in NOISE] or [""]
    owner = _nouns_before(it, before, done[0], done[1:])
    return "_".join([done[0], *owner, *done[1:]])


@value()
class Worded:
    """The words of an identifier, the verb first; () where nothing is left."""

    it: NameFacts
    verb: str
    nouns: tuple[str, ...]

    @property
    def done(self) -> str:
        """The single verb that the path ends with, where it says what is done."""
        return self.it.last[0] if self.it.acts and len(self.it.last) == 1 else ""


EMPTY: Table[Worded] = Table(
    "does an identifier say less than the path?",
    Row(90, "it has no noun", lambda one: set(one.nouns) <= terms.LINKING),
    Row(80, "it does not say whose details they are", lambda one: set(one.nouns) <= terms.VAGUE | terms.LINKING
        and (len(one.it.fixed) > 1 or [*map(singular, one.it.last)] != [*map(singular, one.nouns)])),
    Row(70, "it only names the parent", lambda one: one.verb in terms.GENERIC | {"update", "replace", "delete"}
        and _names_parent(one.it, one.nouns)),
    Row(65, "the path says first what is like it", lambda one: one.it.kindred and one.nouns[-1:] == (one.it.last[-1],)),
    Row(62, "it puts a verb before what is done", lambda one: one.verb in terms.GENERIC and one.it.acts
        and one.nouns[1:] and list(one.nouns) == one.it.last and one.it.operation.method != "GET"),
    Row(60, "the path says in order what is done", lambda one: one.verb in terms.GENERIC | {"replace"}
        and one.done in terms.STRONG - terms.GENERIC and one.done in one.nouns
        and (one.it.operation.method != "GET" or one.done in terms.ASKS)),
)  # fmt: skip


def _joined(it: NameFacts, worded: list[str]) -> str:
    """The name that the words make, the verb first; "" where it would say less than the path."""
    nouns = worded[1:]
    if nouns[:1] == ["by"] and singular(nouns[-1]) in it.path_words - terms.VAGUE:
        known = [it.parts[index] for index in it.fixed]
        owners = [part for part in known if singular(nouns[-1]) not in map(singular, part.split("_"))]
        nouns[:0] = owners[-1:]  # `getByTag` of `/faqs/tags/{tag}`
    nouns = collapse(nouns)
    if not worded or EMPTY.strongest(Worded(it, worded[0], tuple(nouns))) is not None:
        return ""
    records = {part for part, after in pairwise(it.parts) if after == "{}"}
    nouns[:-1] = [singular(word) if word in records else word for word in nouns[:-1]]
    single = it.on_item and it.parts[-2:-1] != ["{}"] and worded[0] in ("get", "update", "delete", "replace")
    if single and nouns[-1:] == it.last[-1:]:
        nouns[-1] = singular(nouns[-1])
    name = "_".join([worded[0], *nouns])
    return legal(name) if len(name) <= LONGEST and not re.search(r"[0-9a-f]{16}", name) else ""


def _names_parent(it: NameFacts, nouns: Sequence[str]) -> bool:
    """Whether an identifier only names what the last segment of the path is a part of: ``get-playlist-playlistId`` of
    ``/playlist/{playlistId}/songs``."""
    if it.on_item or not it.nested:
        return False
    above = "/".join(it.operation.path.rstrip("/").split("/")[:-1])
    known = {singular(word) for word in snake(above).split("_")}
    return all(singular(word) in known for word in nouns)


def _clean(it: NameFacts, found: list[str], whole: bool) -> list[str]:
    """The words of an identifier without names of services and code, versions, methods and repetitions."""
    while len(found) > 2 and (found[0] in NOISE or found[0] == it.server):
        if any(f"{found[0]}_{found[1]}" in part for part in it.parts):
            break  # `service_registers_create`
        del found[0]
    if len(found) > 2:
        found = [word for word in found if not _VERSION_WORD.fullmatch(word)] or found
    while found[-1:] and found[-1] in terms.CODE - it.path_words and (len(found) > 2 or found[0] not in terms.VERBS):
        del found[-1]
    found = [word for word in found if word not in ("a", "an", "the", "controller")]
    found = _without_number(it, _without_method(it, found))
    records = {singular(part) for part, after in pairwise(it.parts) if after == "{}"}
    inner = [index for index, word in enumerate(found[:-1]) if word == "id" and singular(found[index - 1]) in records]
    found = [word for index, word in enumerate(found) if index not in inner]  # `deleteCartIdPromotions`
    if not whole and it.on_item:
        found = _without_parameters(it, found)
    return collapse(found)


def _without_method(it: NameFacts, found: list[str]) -> list[str]:
    """``post-listDetails``, ``List_Vendors_GET`` -> ``list_details``, ``list_vendors``."""
    method = it.operation.method.lower()
    if len(found) == 2 and found[0] == method and found[1] in terms.STRONG and method != "get":
        return found[1:]  # `postRender`
    if len(found) > 2 and found[0] == method:
        verbs = {"get": terms.ASKS | {"list"}, "post": terms.STRONG, "delete": terms.UNDOING}.get(
            method, terms.STRONG - terms.ASKS - terms.SAYS_READ
        )
        records = {singular(word) for part in it.parts for word in part.split("_") if plural(word)}
        doing = {found[1]} - records
        if method == "get" and found[1] != "list" and not it.says(found[1]) and found[1] not in it.parts:
            doing = set()  # `getLoginAppearance`
        if method == "post":
            doing = {found[1], *set(found[2:]) - terms.ASKS - terms.SAYS_READ}
        found = found[1:] if doing & verbs else found
    if len(found) > 1 and found[-1] in (method, "get") and any(word in terms.STRONG for word in found[:-1]):
        found = found[:-1]
        while len(found) > 2 and found[-1] in terms.LINKING | terms.JOINTS:
            found = found[:-1]  # `exportToCsvViaPost`
    return found


def _without_number(it: NameFacts, found: list[str]) -> list[str]:
    """Without words that only say whether the answer is a list, and without a digit at the end."""
    if "list" in found[:2] and found[found.index("list") + 1 :][:1] == ["of"]:
        found = ["list", *found[found.index("list") + 2 :]]  # `get-a-list-of-playlists`
    if it.role == "list" and len(found) > 1 and "all" not in it.path_words:
        found = [word for index, word in enumerate(found) if word != "all" or found[index - 1] in terms.LINKING]
    if found[1:2] == ["new"] and found[0] in ("create", "add") and len(found) > 2:
        found = [found[0], *found[2:]]
    if it.role == "get" and len(found) > 2 and not {"one", "single"} & it.path_words:
        found = [word for word in found if word not in ("one", "single")]
    last = found[-1].rstrip("0123456789") if found else ""
    numbered = bool(found) and last != found[-1] and last[-1:] != "v"
    version = f"v{found[-1][len(last) :]}" if numbered else ""
    if numbered and (singular(last) in it.path_words or version in it.operation.path.split("/")):
        found = [*found[:-1], last]  # `GetAllDistricts2`
    return found


def _without_parameters(it: NameFacts, found: list[str]) -> list[str]:
    """``get_user_by_id`` of ``/users/{id}`` -> ``get_user``: what follows only names the parameters of the path."""
    named = {snake(name).replace("_", "") for name in placeholders(it.operation.path)}
    if len(found) > 2 and found[-1] == "id" and found[-2] not in ("by", "for", "and"):
        return found[:-1]  # `get-grants-id`
    for index in range(2, len(found)):
        if found[index] in ("by", "for") and found[index + 1 :]:
            rest = re.split(r"_(?:and|for|by)_", "_".join(found[index + 1 :]))
            resource = singular_words("_".join(it.last)).replace("_", "")
            known = named | {"id", "key", f"{resource}id"}
            if all(part.replace("_", "") in known for part in rest):
                return found[:index]
    return found


def collapse(found: list[str]) -> list[str]:
    """The words without those that the next one or two repeat: ``events event types`` -> ``event types``."""
    kept: list[str] = []
    for index, word in enumerate(found):
        after = found[index + 1 : index + 3]
        if kept and singular(word) == singular(kept[-1]) and plural(kept[-1]) and word in terms.VERBS:
            continue  # `Stops_StopDetails`
        repeated = after and singular(word) == singular(after[0]) and after[0] not in terms.VERBS
        if repeated or (len(after) == 2 and word == "".join(after)):
            continue
        kept.append(word)
    return kept


def verb_first(it: NameFacts, found: list[str]) -> list[str]:
    """The words of an identifier with the verb in front: ``contacts_partial_update`` -> ``update_contact``,
    ``issues_list_for_repo`` -> ``list_issues_for_repo``. [] where there is no verb."""
    if found[1:][-1:] == ["retrieve"] and found[0] in it.path_words and it.operation.method == "GET":
        found = ["get", *found[:-1]]  # `register_retrieve`
    at = _find_verb(it, found)
    if at is None:
        return []
    before, (verb, rest) = found[:at], _whole_verb(found[at], found[at + 1 :])
    if before[-1:] == ["partial"]:
        before = before[:-1]
    if rest and (rest[0] == verb or (len(rest) > 1 and rest[0] in terms.USUAL.get(verb, ()))):
        rest = rest[1:]  # `listGetMembers`
    if before:
        before, rest = _listed_last(it, before, rest)
        verb = (
            terms.FRAMEWORK.get(verb, verb)
            if it.operation.method == "GET" or verb not in ("read", "retrieve")
            else verb
        )
        before = _nouns_before(it, before, verb, rest)
    return _with_role(it, verb, before, rest)


def _find_verb(it: NameFacts, found: list[str]) -> int | None:
    """The index of the verb among the words of an identifier; of a GET rather a later one of reading."""
    posted = found[0] == "post" and it.role == "create" and "_".join(found[1:]) in it.parts
    if posted or found[0] == "let":
        return 0  # `post_movie_list` of `/movie_list`, `letBotLeaveChannel`
    at = next((index for index, word in enumerate(found) if word in terms.STRONG), None)
    if at is not None and it.operation.method == "GET" and found[at] not in terms.ASKS | terms.SAYS_READ:
        reads = it.wanted.reads and (at or (it.stated[0] and terms.base_verb(it.stated[0][0]) in terms.SAYS_READ))
        other = None if reads else at  # `gsiDispatch`, or "Get the status" of `prepareCommitsStatus`
        at = next((index for index in range(at, len(found)) if found[index] in terms.SAYS_READ), other) if at else other
    return 0 if at is None and _begins_with_noun_that_acts(it, found) else at


def _listed_last(it: NameFacts, before: list[str], rest: list[str]) -> tuple[list[str], list[str]]:
    """The nouns before and after the verb, what is listed at the end: ``reviewerListPullReq``."""
    own = {singular(word) for word in it.last}
    listed = it.role == "list" and rest and rest[0] not in terms.LINKING and {singular(before[-1])} == own
    return (rest, before) if listed and not own & {singular(word) for word in rest} else (before, rest)


def _begins_with_noun_that_acts(it: NameFacts, found: list[str]) -> bool:
    """Whether the first word is a verb although it is a noun too or not listed: ``report_pipeline``, where nothing else
    is a verb; ``AssociateApplications``, where the description says so: "Associate applications with …"."""
    if len(found) < 2 or it.operation.method == "GET":
        return found[:1] != [] and found[0] in terms.RECORDS
    told = it.stated[1]
    turned = [*map(singular, found)] == [*map(singular, reversed([it.parts[index] for index in it.fixed[-2:]]))]
    said = turned or it.says(found[0], clearly=True) or (len(told) > 3 and told[0] == found[0])
    return said or found[0] in terms.RECORDS


ROLE: Table[Worded] = Table(
    "which other verb do all names have in the place of that of the identifier?",
    Row(90, "its summary says what is posted", lambda one: one.verb == "post" and one.it.stated_verb,
        lambda one: one.it.stated_verb),
    Row(80, "one record is got", lambda one: one.it.on_item and (
            ((one.verb, one.it.role) == ("list", "get") and one.nouns and one.nouns[0] not in terms.LINKING)
            or (one.verb in terms.FRAMEWORK and one.it.role == "list")) and not plural((one.nouns or ("one",))[-1]),
        lambda _: "get"),  # `GET /zones/{id}`: `listZone`, `facilities_read`
    Row(70, "records are found", lambda one: (one.verb, one.it.role) == ("find", "list")
        and not set(one.nouns) & terms.LINKING, lambda _: "list"),  # `UsersController_findAll`
)  # fmt: skip


def _with_role(it: NameFacts, verb: str, before: list[str], rest: list[str]) -> list[str]:
    """The words with the verb that the role of the operation has in all names, where ``verb`` means no more."""
    role, words = it.role, [*before, *rest]
    if verb == role == "list" and (several := _plural_of(it, words or [""])):
        return [verb, *several]
    if (row := ROLE.strongest(Worded(it, verb, tuple(rest)))) is not None:
        return [row.answer(Worded(it, verb, tuple(rest))), *words]
    if verb not in terms.USUAL.get(role, ()) or (verb == "save" and not it.on_item):
        return [verb, *words]
    if role == "list":
        return _listed(it, words)
    if role == "create" and rest:
        words[-1] = singular(words[-1])
    return [role, *words]


def _listed(it: NameFacts, nouns: list[str]) -> list[str]:
    """The words for a list that an identifier calls with a verb of reading; ``get`` where it names one thing."""
    if len(nouns) > 1 and nouns[-1] == "list":
        nouns = nouns[:-1]  # `getAccountList`
    several = nouns
    if nouns and nouns[0] not in terms.LINKING and "all" not in snake(it.operation.id or "").split("_"):
        several = _plural_of(it, nouns)
    return ["list", *several] if several else ["get", *nouns]


def _plural_of(it: NameFacts, words: Sequence[str]) -> list[str]:
    """The words of an identifier in the plural, where they or the path mean several records; else []."""
    if not words:
        return []
    end = next((index for index in range(1, len(words)) if words[index] in terms.LINKING), len(words))
    if plural(words[end - 1]) or words[end - 1] in terms.SAME_NUMBER:
        return list(words)
    known = (*it.last, *(() if it.on_item else it.stated[0]))
    word = words[end - 1]
    last = next((one for one in known if singular(one) == word and plural(one)), "")
    own = it.last[-1] if it.last else ""
    if not last and plural(own) and "".join(words[:end]).endswith(singular(own)):
        last = own[len(singular(own)) - len(word) :]  # `policyType` of `/policytypes`
    return [*words[: end - 1], last, *words[end:]] if last else []


def _whole_verb(verb: str, rest: list[str]) -> tuple[str, list[str]]:
    """The verb with what belongs to it: ``create_or_update``, ``batch_delete``."""
    if rest[:1] == ["or"] and rest[1:2] and rest[1] in terms.VERBS:
        return f"{verb}_or_{rest[1]}", rest[2:]
    if verb in ("batch", "bulk") and rest and rest[0] in terms.VERBS:
        return f"{verb}_{rest[0]}", rest[1:]
    if verb in ("batch", "bulk") and rest and rest[-1] in terms.STRONG:
        return f"{verb}_{rest[-1]}", rest[:-1]
    return verb, rest


def _nouns_before(it: NameFacts, before: list[str], verb: str, rest: list[str]) -> list[str]:
    """What an identifier says before its verb, where it is not said again after it and the path knows it."""
    nouns = {singular(word) for word in rest}
    if all(singular(word) in nouns for word in before):
        return []  # `teams/list-team-members`
    tags = {singular(word) for tag in it.operation.tags for word in snake(tag).split("_")}
    if rest and rest[0] not in terms.LINKING and not {singular(word) for word in before} & (it.path_words | tags):
        return []  # `idGetSchedules`
    known = {singular(word) for word in before} & it.path_words
    if len(before) > 2 and known:
        before = [word for word in before if singular(word) in known]  # names of modules
    before = [word for word in before if word != "api" or word in it.path_words]
    listed = verb in ("list", "search") or it.role == "list"
    if before and (not listed or (rest and rest[0] not in terms.LINKING)):
        return [*before[:-1], singular(before[-1])]
    return _plural_of(it, before) or before if listed else before


def _with_noun(it: NameFacts, word: str) -> str:
    """The name of an operation whose identifier is a single verb: ``query`` of ``/content`` -> ``query_content``."""
    usual = {it.role, "list", "get", *terms.SAYS_SAME.get(it.operation.method, ()), *NOISE} - {"query", "display"}
    if word not in terms.STRONG - usual or not it.fixed or any(part.startswith(word[:6]) for part in it.path_words):
        return ""
    return legal("_".join([word, *(object_of(it, word) or [it.parts[it.fixed[-1]]])]))


def without_path(operation: Operation, identifier: str) -> str:
    """What was chosen of an identifier that a framework ends with path and method (FastAPI's default:
    ``create_variable_variables__post`` of ``POST /variables/``), below the prefix that an application is mounted at."""
    parts = operation.path.split("/")[1:]
    path, method = re.sub(r"[^0-9a-zA-Z]", "_", "/".join(parts)), operation.method.lower()
    begin, left, mounted = 0, len([*filter(None, parts)]), True
    for part in parts:
        if not mounted and left < 2:
            break
        if len(identifier) > len(path) - begin + len(method) + 2:
            end = f"_{path[begin:]}_{method}"
            if identifier.endswith(end):
                return identifier.removesuffix(end)
        mounted = mounted and (part in NOISE or VERSION.fullmatch(part) is not None)
        begin, left = begin + len(part) + 1, left - bool(part)
    return identifier


def dumped(operation: Operation, found: Sequence[str]) -> bool:
    """Whether the identifier only repeats method and path, as generators do when nobody chose one."""
    path = EXTENSION.sub("", operation.path)
    parts = [part for part in path.split("/") if not VERSION.fullmatch(part)]
    fixed = snake(PLACEHOLDER.sub("", "/".join(parts))).replace("_", "")
    parts = [part for part in parts if part and part not in NOISE]
    ends = ["/".join(parts[at:]) for at in range(max(len(parts) - 2, 1))] if "{" in path else []
    whole = [snake(end).replace("_", "") for end in ends if "{" in end]
    joined = "".join(found)
    chosen = {found[0], *(found[-1:] if found[-1] not in terms.FRAMEWORKS else ())} & terms.STRONG - {
        operation.method.lower()
    }
    if len([part for part in operation.path.split("/") if part]) < 2 or chosen - {*snake(path).split("_")}:
        return False
    return any(len(one) > 8 and one in joined for one in (fixed, *whole))
