"""Safe methods that change something all the same (RFC 9110, 9.2.1 forbids it; legacy APIs do it)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from adaptgen.plan.document.operation import mapping
from adaptgen.plan.document.operation_words import OperationWords
from adaptgen.plan.effects.verbs import (
    ACTIONS,
    ACTS,
    ALONE,
    ANYWHERE,
    ASKED,
    ASKS,
    CHANGE,
    CLAIMED,
    DATES,
    DELETE,
    DETERMINERS,
    DONE,
    ENDS,
    FORGOT,
    ISSUED,
    LINKS,
    MAILED,
    NOUNS,
    ONCE,
    ONE_TIME,
    PARTS,
    PERFORM,
    READ,
    RETURNS,
    RUNS,
    SECRETS,
    SENDERS,
    SWITCHES,
    TAKES,
    THINGS,
    THIRD,
    VAGUE,
    WEAK,
)
from adaptgen.syntax.identifiers import singular, vocabulary, words
from adaptgen.syntax.lazy_regex import lazy

if TYPE_CHECKING:
    from adaptgen.plan.document.reader import Operation

_STRONG = CHANGE | DELETE
_READS = (READ | ASKS) - VAGUE
_PLAIN = _STRONG - THIRD - NOUNS
_ACTION = lazy(r"#(?:Action|X-Amz-Target)=(?:\w+\.)?(\w+)", re.IGNORECASE)
# "Send a domain to receive …": what is sent is the question.
_SENDING = vocabulary("send submit post enter pass provide")
_TO_GET = lazy(r" to (?:receive|get|retrieve|obtain|find|see|check|search) ")
_MAILS = SENDERS | ONE_TIME | {"code", "mail", "invitation", "link"}
# `deleteuser`, `sendtx`: written in one piece; `updated`, `senders` and `createmeta` are none.
_PIECE = lazy(
    r"(?:create|delete|remove|update|insert|send|cancel|enable|disable|activate|deactivate|unsubscribe)"
    r"(?!e?[drs]?(?:since|at|by|after|before|on|s|items|list|ids?)?$|er|ing|ion|ation|able|ment|meta|info|status"
    r"|history|logs?$|grid|lation|lations$)\w{2,}"
)
_HERE = r"(?:this|calling (?:this|it)|(?:this|the) (?:call|endpoint|method|request|operation|api|function|service))"
_DOES = lazy(
    rf"\b{_HERE} (?:will |also |immediately |automatically |permanently ){{0,3}}"
    r"(?:creates?|deletes?|removes?|resets?|cancels?|sends?|triggers?|invalidates?|revokes?|clears?|marks?|consumes?|"
    r"deactivates?|activates?|restarts?|terminates?|increments?|unsubscribes?|overwrites?|starts?|registers?)"
    r" (?:a|an|the|all|any|it|them|your|this)\b"
    r"|\bmarks? (?:[\w']+ ){0,5}as (?:read|seen|delivered|used|processed|acknowledged|viewed|downloaded)\b"
    r"|\b(?:e-?mail|sms|text message|verification code|one[- ]time (?:password|code)) (?:is|will be|gets) sent\b"
    r"|\b(?:is|are|will be) (?:deleted|removed|consumed|invalidated) (?:after|once|upon|when) "
    r"(?:it|they|this|being|read|retriev\w+|the (?:call|request))\b",
    re.IGNORECASE,
)


def mutation(operation: Operation, said: OperationWords) -> tuple[str, str]:
    """The verb by which a safe method changes something, and where it stands; empty where there is none."""
    name, summary, last = performed(said.name), performed(said.summary), said.last
    # "This function helps you to …" reads no more than it says.
    told = summary or said.tells
    tells = bool(told and (told[0] in _READS or _asks_by_sending(told)))
    reads = tells or bool(name and name[0] in _READS)
    if called := _called(operation):
        return called
    if name and (_verb(name) or _PIECE.fullmatch(name[0])) and not (tells and told[0] not in RETURNS):
        return name[0], "operationId"
    asked = bool(name and name[0] in _READS) and not _orders(name, last, told)
    if (_verb(told) or _inflected(told)) and not _asks_by_sending(told) and not asked:
        return told[0], "the summary" if summary else "the description"
    if verb := _in_path(operation, said, tells, reads):
        return verb, "the path"
    for spoken in (name, summary, said.described):
        if also := _also(spoken, free=spoken is name):
            return also, "what is told besides"
    if once := next((word for spoken in (name, last, summary) for word in _sends(spoken)), ""):
        return once, "what it sends"
    if verb := _weakly(said):
        return verb, "more than one name"
    if verb := _weak_alone(operation, said, told, reads):
        return verb, "one name, with what it is done to,"
    return _told(operation, said, reads)


def performed(spoken: tuple[str, ...]) -> tuple[str, ...]:
    """The words without ``perform a`` and the like before what is asked for."""
    rest = spoken[1:]
    while rest and rest[0] in DETERMINERS:
        rest = rest[1:]
    return rest if spoken[:1] and spoken[0] in PERFORM and rest and singular(rest[0]) in ASKED else spoken


def _verb(spoken: tuple[str, ...]) -> bool:
    """Whether the words begin with a verb of changing: ``unblock`` and ``resubmit`` do too, "Cancel fee" does not."""
    if not spoken or (len(spoken) > 1 and spoken[1] in PARTS):
        return False
    if len(spoken) > 1 and spoken[0] in PERFORM and singular(spoken[1]) in ASKED:
        return False
    word = spoken[0]
    base = word.removeprefix("un").removeprefix("re")
    return word in _STRONG or (word not in {base, "remark", "remarks", "report", "record"} and base in _PLAIN)


def _inflected(spoken: tuple[str, ...]) -> bool:
    """Whether a sentence begins with another form of such a verb: "Flushes the cache", "Deleting a user"; "Enables a
    user to find …" lets somebody do something else."""
    word = spoken[0] if spoken else ""
    if word.endswith("ing") and len(word) > 6:
        stem = word[:-3]
        bases = {stem, f"{stem}e", stem[:-1] if stem[-1] == stem[-2] else stem}
        return bool(bases & (_PLAIN | {"add", "update", "subscribe", "insert"})) and spoken[1:2] != ("by",)
    if word.endswith("s") and "to" not in spoken[1:6]:
        return bool({word[:-1], word.removesuffix("es")} & _PLAIN)
    return False


def _orders(name: tuple[str, ...], last: tuple[str, ...], told: tuple[str, ...]) -> bool:
    """Whether the verb that the summary begins with counts against a name that begins with ``get``: where the name or
    the path has it too, a tool has put the method before the name (``get_session_create``)."""
    if name[:1] != ("get",) or not told:
        return False
    stem = {told[0], told[0].removesuffix("s"), told[0].removesuffix("es")}
    if not stem & {
        *name[1:],
        *last,
        *(piece for piece in ("send", "create", "delete") if last[:1] and last[0].startswith(piece)),
    }:
        return False
    return told[0] not in NOUNS or (len(told) > 1 and told[1] in DETERMINERS)


def _asks_by_sending(spoken: tuple[str, ...]) -> bool:
    return bool(spoken and spoken[0] in _SENDING and _TO_GET.search(" ".join(spoken)) and not _MAILS & set(spoken[1:4]))


def _called(operation: Operation) -> tuple[str, str] | None:
    """The verb of an API that calls procedures, whatever the method: ``/dialog.open``, ``/#Action=RebuildPool``. An
    action that does not begin with a verb of reading changes something."""
    if action := _ACTION.search(operation.key):
        verb = words(action[1])
        return None if verb and verb[0] in READ | ASKS else (verb[0] if verb else "an action", "the action")
    last = operation.path.rpartition("/")[2]
    noun, dot, tail = last.rpartition(".")
    verb = words(tail)
    if dot and noun and "{" not in last and verb and verb[0] in _STRONG - THIRD | WEAK - {"like"}:
        return verb[0], "the procedure"
    return None


def _in_path(operation: Operation, said: OperationWords, tells: bool, reads: bool) -> str:
    """The verb that a segment of the path is."""
    name, last = said.name, said.last
    first = last[0] if last else ""
    if len(last) == 1 and first in _STRONG - THIRD:
        # The ``get`` of a name may be the method that a tool has put there; a noun needs no more to be one.
        named = reads and (first in NOUNS or bool(said.summary)) and name[-1:] != last
        if not tells and not (named or (reads and first in NOUNS)):
            return first
    verbal = len(last) > 1 and first in _STRONG - THIRD and last[-1] not in THINGS
    if verbal and not tells and (not reads or (name == last and not said.summary)):
        return first
    if len(last) == 1 and not reads and _PIECE.fullmatch(first):
        return first
    if not reads and {*name[-1:], *last[-1:]} & ANYWHERE:
        return (name if name[-1:] and name[-1] in ANYWHERE else last)[-1]
    path = operation.path.lower()
    if ended := next((word for word in ENDS if f"/{word}/" in f"{path}/"), ""):
        return ended
    if not reads:
        for segment in path.split("/"):
            if segment in ANYWHERE:
                return segment
    return ""


def _also(spoken: tuple[str, ...], *, free: bool) -> str:
    """The verb of changing after ``and`` and before its object: "Returns the messages and marks them as read";
    ``free``: in a name, where nothing need follow (``getAndDelete``, ``getOrCreate``)."""
    for at, word in enumerate(spoken[:-1]):
        verb = spoken[at + 1]
        object = spoken[at + 2 : at + 3]
        named = free or bool(object and object[0] in DETERMINERS | {"it", "them"})
        if word in ({"and", "then", "or"} if at < 2 else {"and", "then"}) and verb in _STRONG - NOUNS and named:
            return verb
    return ""


def _sends(spoken: tuple[str, ...]) -> tuple[str, ...]:
    """``generate`` where a code or a password for one use is made, which is sent to somebody; ``test`` of a sender;
    ``forgot`` of a password; ``log`` of "log out"."""
    if spoken[:1] == ("test",) and set(spoken) & SENDERS:
        return spoken[:1]
    if spoken[:1] and spoken[0] in FORGOT and set(spoken) & SECRETS:
        return spoken[:1]
    if len(spoken) > 1 and spoken[0] in {"log", "logs", "sign", "signs"} and spoken[1] in {"out", "off"}:
        return spoken[:1]
    makes = [word for word in spoken[:1] if word in {"generate", "issue", "request", "regenerate", "resend"}]
    if makes == ["generate"] and set(spoken[1:4]) & ISSUED:
        return tuple(makes)
    return tuple(makes) if set(spoken) & ONE_TIME else ()


def _weakly(said: OperationWords) -> str:
    """A verb that could be a noun (``run``), where at least two of name, path, summary and description begin so."""
    spoken = [performed(said.name), said.last if len(said.last) == 1 else (), performed(said.summary), said.tells]
    if len(said.name) == 1 and said.name == said.last[:1]:
        spoken[1] = said.last  # `start` of `/monitor/startExposing`
    if any(one and one[0] in _READS for one in spoken):
        return ""
    begins = [one for one in spoken if one and _may(one)]
    found = [one[0] for one in begins]
    nouns = {one[0] for one in (said.name, said.last) if len(one) == 1 and one[0] in WEAK and one[0].endswith("s")}
    if all(len(one) == 1 and one[0] in ALONE for one in begins):
        return ""
    return found[0] if len(found) > 1 and not set(found) <= nouns else ""


def _weak_alone(operation: Operation, said: OperationWords, told: tuple[str, ...], reads: bool) -> str:
    """Such a verb by itself, where its place says that it is one: before an object ("Start the server"), after a
    record (``/jobs/{id}/run``); and what a summary names at its end ("Order cancellation")."""
    if reads or (said.tells and said.tells[0] in _READS):
        return ""
    if len(told) > 1 and told[0] in ACTS and told[1] not in THINGS | DATES:
        return told[0]
    if len(told) > 1 and told[0] in WEAK - {"request"} and told[1] in DETERMINERS - {"all"}:
        return told[0] if not operation.description.startswith(("To ", "to ")) or said.summary else ""
    if re.search(r"\}/[^/{}]+$", operation.path) and len(said.last) == 1 and said.last[0] in WEAK - ALONE:
        return "" if said.last[0].endswith("s") else said.last[0]
    before = re.search(r"/[^/{}]+/\{[^/]*$", operation.path)
    if before and len(said.last) == 1 and said.last[0] in ACTS - {"start", "stop"}:
        return said.last[0]
    return said.summary[-1] if 1 < len(said.summary) < 5 and said.summary[-1] in DONE else ""


def _may(spoken: tuple[str, ...]) -> bool:
    if spoken[0] == "request":
        return bool(set(spoken) & CLAIMED) and "list" not in spoken
    if spoken[0] in WEAK:
        return not {*spoken[1:2]} & (DATES | {"by"})
    return _verb(spoken)


def _told(operation: Operation, said: OperationWords, reads: bool) -> tuple[str, str]:
    """What only the description, an input, an answer or the form of the path gives away."""
    tells = said.tells
    strong = _STRONG | {"links", "associates", "binds", "link"}
    aim = operation.description.lstrip().startswith(("To ", "to "))
    if len(tells) > 1 and tells[0] in strong | RUNS and tells[1] in DETERMINERS and not reads and not aim:
        return tells[0], "the description"
    if (said.last == ("callback",) or said.name[-1:] == ("callback",)) and not reads:
        return "callback", "the path"
    if link := _link(operation, said):
        return link
    for taken in (said.name[:1], said.last[-1:]):
        if taken in {("dequeue",), ("pop",), ("consume",)} and not reads:
            return taken[0], "a name"
    if said.name[:1] == ("receive",) and {"message", "messages"} & set(said.name):
        return "receive", "operationId"
    if said.last[:1] and said.last[-1] in TAKES and "queue" in {*said.summary, *said.described}:
        return said.last[-1], "the path of a queue"
    if done := _DOES.search(" ".join(operation.description[:1500].split())):
        return done[0][-60:], "the description"
    statuses = {one.status for one in operation.responses if one.status[:1] == "2"}
    silent = bool(statuses) and statuses <= {"201", "202", "204", "205"}
    reads = reads or bool(tells and tells[0] in _READS)
    if silent and not reads and "is" not in said.name:
        return min(statuses), "its only answer"
    return _input(operation, reads)


def _link(operation: Operation, said: OperationWords) -> tuple[str, str] | None:
    """The verb of a link in a mail: before a token at the end of the path, or with one in the query."""
    parts = [part for part in operation.path.split("/") if part]
    if len(parts) > 1 and parts[-1].startswith("{") and set(words(parts[-1])) & ONCE:
        verb = words(parts[-2])[:1]
        if verb and verb[0] in MAILED:
            return verb[0], "the path, before a token,"
        if said.name and said.name[0] in LINKS:
            return said.name[0], "operationId, of a token,"
    tokens = {one.name.lower() for one in operation.parameters if one.place == "query"}
    for spoken in (said.name, said.last):
        if spoken and spoken[0] in LINKS and tokens & {"token", "code", "hash", "signature"}:
            return spoken[0], "a name, of a token in the query,"
    return None


def _input(operation: Operation, reads: bool) -> tuple[str, str]:
    """What is sent: a constant query, a parameter that names the action or the method, or one that lets it change."""
    for name, value in operation.constants:
        verb = words(value)[:1]
        if verb and verb[0] in _STRONG - THIRD:
            return verb[0], f"the query {name}={value}"
    for one in operation.parameters:
        called, schema = words(one.name), mapping(one.schema)
        options = schema.get("enum")
        if one.name in {"_method", "X-HTTP-Method-Override"}:
            return one.name, "a parameter"
        if len(called) == 1 and called[0] in ACTIONS:
            verbs = [words(str(value))[:1] for value in options] if isinstance(options, list) else []
            acts = any(verb and verb[0] in _PLAIN for verb in verbs) or (one.place == "path" and not verbs)
            if acts and not reads:
                return one.name, "a parameter"
        if called and called[0] in SWITCHES and one.place == "query" and schema.get("type") == "boolean":
            return one.name, "a parameter"
    return "", ""
