"""Safe methods that change something all the same (RFC 9110, 9.2.1 forbids it; legacy APIs do it)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from adaptgen.model.evidence import Row, Table
from adaptgen.model.frozen import lazy
from adaptgen.model.tables import value
from adaptgen.plan.document.operation import mapping
from adaptgen.plan.document.operation_words import OperationWords
from adaptgen.plan.effects.verbs import (
    ACTING_PAIRS,
    ACTIONS,
    ACTS,
    AGAIN,
    AIMS,
    ALONE,
    ANYWHERE,
    ASKED,
    ASKS,
    CHANGE,
    CLAIMED,
    DATES,
    DELETE,
    DETERMINERS,
    DOES,
    DOES_TOO,
    DONE,
    ENDS,
    FOREIGN_ACTS,
    FORGOT,
    ISSUED,
    LINKS,
    MAILED,
    NOUNS,
    ONCE,
    ONE_TIME,
    OWN,
    PARTS,
    PERFORM,
    PROCESSES,
    QUIET,
    READ,
    RETURNS,
    RUNS,
    SECRETS,
    SENDERS,
    STARTS,
    SWITCHED,
    SWITCHES,
    TAKES,
    THINGS,
    THIRD,
    VAGUE,
    WEAK,
)
from adaptgen.syntax.identifiers import singular, vocabulary, words

if TYPE_CHECKING:
    from adaptgen.plan.document.reader import Operation

_STRONG = CHANGE | DELETE
_READS = (READ | ASKS) - VAGUE
_PLAIN = _STRONG - THIRD - NOUNS
_ACTION = lazy(r"#(?:Action|X-Amz-Target)=(?:\w+\.)?(\w+)", re.IGNORECASE)
# "Send a domain to receive …": what is sent is the question.
_SENDING = vocabulary("send submit post enter pass provide")
_TO_GET = lazy(r" to (?:receive|get|retrieve|obtain|find|see|check|search) ")
_TAKING = vocabulary("dequeue pop consume")
_MAILS = SENDERS | ONE_TIME | {"code", "mail", "invitation", "link"}
# `deleteuser`, `sendtx`: written in one piece; `updated`, `senders` and `createmeta` are none.
_PIECE = lazy(
    r"(?:create|delete|remove|update|insert|send|print|cancel|enable|disable|activate|deactivate|unsubscribe)"
    r"(?!e?[drs]?(?:since|at|by|after|before|on|s|items|list|ids?|out)?$|er|ing|ion|ation|able|ment|meta|info|status"
    r"|history|logs?$|grid|lation|lations$)\w{2,}"
)
_HERE = r"(?:this|calling (?:this|it)|(?:this|the) (?:call|endpoint|method|request|operation|api|function|service))"
_DOES = lazy(
    rf"\b{_HERE} (?:will |also |immediately |automatically |permanently ){{0,3}}"
    r"(?:creates?|deletes?|removes?|resets?|cancels?|sends?|triggers?|invalidates?|revokes?|clears?|marks?|consumes?|"
    r"deactivates?|activates?|restarts?|terminates?|increments?|unsubscribes?|overwrites?|starts?|registers?)"
    r" (?:a|an|the|all|any|it|them|your|this)\b"
    r"|\bmark(?:s|ing)? (?:[\w']+ ){0,5}as (?:read|seen|delivered|used|processed|acknowledged|viewed|downloaded)\b"
    r"|\b(?:e-?mail|sms|text message|verification code|one[- ]time (?:password|code)) (?:is|will be|gets) sent\b"
    r"|\b(?:is|are|will be|gets) (?:e-?mailed|(?:sent|delivered) (?:by|via|per) (?:e-?mail|sms))\b"
    r"|\b(?:is|are|will be) (?:deleted|removed|consumed|invalidated) (?:after|once|upon|when) "
    r"(?:it|they|this|being|read|retriev\w+|the (?:call|request))\b",
    re.IGNORECASE,
)


@value()
class _Safe:
    """A call with a safe method, in its words. ``name`` and ``summary`` without "perform a" and the like; ``told``:
    the summary, else the description from its verb on; ``tells``: that begins with a verb of reading; ``reads``: that
    or the name does; ``described``: the description does."""

    operation: Operation
    said: OperationWords
    name: tuple[str, ...]
    summary: tuple[str, ...]
    told: tuple[str, ...]
    tells: bool
    reads: bool
    described: bool


def mutation(operation: Operation, said: OperationWords) -> tuple[str, str]:
    """The verb by which a safe method changes something, and where it is; empty if there is no such verb."""
    name, summary = performed(said.name), performed(said.summary)
    # "This function helps you to …" reads no more than it says.
    told = summary or said.tells
    tells = bool(told and (told[0] in _READS or _asks_by_sending(told)))
    reads = tells or bool(name and name[0] in _READS)
    described = bool(said.tells and said.tells[0] in _READS)
    call = _Safe(operation, said, name, summary, told, tells, reads, described)
    row = UNSAFE_GET.strongest(call)
    if row is None:
        return "", ""
    verb = row.when(call)
    return verb if isinstance(verb, tuple) else (verb, row.answer)


def _verb_of_name(call: _Safe) -> str:
    verbal = call.name and (_verb(call.name) or _PIECE.fullmatch(call.name[0]))
    return call.name[0] if verbal and not (call.tells and call.told[0] not in RETURNS) else ""


def _verb_told(call: _Safe) -> tuple[str, str] | None:
    told, name = call.told, call.name
    if not (_verb(told) or _inflected(told)) or _asks_by_sending(told):
        return None
    if name and name[0] in _READS and not _orders(name, call.said.last, told):
        return None
    return told[0], "the summary" if call.summary else "the description"


def _verb_besides(call: _Safe) -> str:
    rest = (_also(spoken, free=False) for spoken in (call.summary, call.said.described))
    return _also(call.name, free=True) or next(filter(None, rest), "")


def _what_it_sends(call: _Safe) -> str:
    return next((word for spoken in (call.name, call.said.last, call.summary) for word in _sends(spoken)), "")


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
    if word in THIRD and {*spoken[1:2]} & {"since", "of", "about"}:
        return False
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
    if not word.endswith("s") or "to" in spoken[2:6]:
        return False
    if spoken[1:2] and spoken[1] in DETERMINERS:
        return bool(_bases(word) & _STRONG)
    if spoken[1:2] == ("to",):
        return word in {"connects", "writes"}
    return bool(_bases(word) & _PLAIN)


def _bases(word: str) -> set[str]:
    """What a verb in the third person may be a form of."""
    return {word[:-1], word.removesuffix("es"), f"{word.removesuffix('ies')}y"}


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


def _called(call: _Safe) -> tuple[str, str] | None:
    """The verb of an API that calls procedures, whatever the method: ``/dialog.open``, ``/#Action=RebuildPool``. An
    action that does not begin with a verb of reading changes something."""
    if action := _ACTION.search(call.operation.key):
        verb = words(action[1])
        return None if verb and verb[0] in READ | ASKS else (verb[0] if verb else "an action", "the action")
    last = call.operation.path.rpartition("/")[2]
    noun, dot, tail = last.rpartition(".")
    verb = words(tail)
    if dot and noun and "{" not in last and verb and verb[0] in _STRONG - THIRD | WEAK - {"like"}:
        return verb[0], "the procedure"
    return None


def _last_segment(call: _Safe) -> str:
    """The verb that the last segment of the path is, or begins with."""
    name, last, reads = call.said.name, call.said.last, call.reads
    first = last[0] if last else ""
    if len(last) > 1:
        verbal = first in _STRONG - THIRD and last[-1] not in THINGS
        return first if verbal and not call.tells and (not reads or (name == last and not call.said.summary)) else ""
    if first in _STRONG - THIRD and not call.tells:
        # The ``get`` of a name may be the method that a tool has put there; a noun needs no more to be one.
        named = reads and (first in NOUNS or bool(call.said.summary)) and name[-1:] != last
        if not named and not (reads and first in NOUNS):
            return first
    return first if first and not reads and _PIECE.fullmatch(first) else ""


def _last_word(call: _Safe) -> str:
    """A verb that is never a noun at the end of the name or of the path, and one of taking where it may be."""
    name, last = call.said.name, call.said.last
    ends = {*name[-1:], *last[-1:]} & ANYWHERE or {*name[:1], *last[-1:]} & _TAKING
    if not ends and name[:1] == ("receive",) and {"message", "messages"} & set(name):
        ends = {"receive"}
    return min(ends) if ends and not call.reads else ""


def _any_segment(call: _Safe) -> str:
    path = call.operation.path.lower()
    if ended := next((word for word in ENDS if f"/{word}/" in f"{path}/"), ""):
        return ended
    return "" if call.reads else next((segment for segment in path.split("/") if segment in ANYWHERE), "")


def _also(spoken: tuple[str, ...], *, free: bool) -> str:
    """The verb of changing after ``and`` and before its object: "Returns the messages and marks them as read";
    ``free``: in a name, where nothing need follow (``getAndDelete``, ``getOrCreate``)."""
    possible = DOES | WEAK | {"link"} if spoken[1:2] and spoken[1] not in THINGS | DATES else ()
    for at, word in enumerate(spoken[:-1]):
        verb = spoken[at + 1]
        if 1 < at < 4 and word == "and" and spoken[0] in possible and verb in (_PLAIN | DOES_TOO) and spoken[at + 2 :]:
            return spoken[0]  # "Link device and generate a code"
        object = spoken[at + 2 : at + 3]
        named = free or bool(object and object[0] in DETERMINERS | {"it", "them"})
        if (
            at == 1
            and word in {"and", "then"}
            and spoken[0] in {"check", "checks"}
            and verb not in _READS - {"download"}
        ):
            return verb  # "Check and download the update"
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
    if spoken[:2] in ACTING_PAIRS and spoken[1] in {"in", "out", "up"} and {*spoken[2:3]} <= DETERMINERS | AIMS:
        return spoken[:1]
    makes = [word for word in spoken[:1] if word in {"generate", "issue", "request", "regenerate", "resend"}]
    if makes == ["generate"] and set(spoken[1:4]) & ISSUED:
        return tuple(makes)
    return tuple(makes) if set(spoken) & ONE_TIME else ()


def _weakly(call: _Safe) -> str:
    """A verb that could be a noun (``run``), where at least two of name, path, summary and description begin so."""
    said = call.said
    spoken = [call.name, said.last if len(said.last) == 1 else (), call.summary, said.tells]
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


def _weak_alone(call: _Safe) -> str:
    """Such a verb by itself, where its place says that it is one: before an object ("Start the server"), after a
    record (``/jobs/{id}/run``); and what a summary names at its end ("Order cancellation")."""
    operation, said, told = call.operation, call.said, call.told
    if call.reads or call.described:
        return ""
    if len(told) > 1 and told[0] in ACTS and told[1] not in THINGS | DATES:
        return told[0]
    if len(told) > 1 and {told[0], *_bases(told[0])} & WEAK - {"request"} and told[1] in DETERMINERS - {"all"}:
        aim = operation.description.startswith(("To ", "to ")) and not said.summary
        return "" if aim or "token" in told else told[0]
    if re.search(r"\}/[^/{}]+$", operation.path) and len(said.last) == 1 and said.last[0] in WEAK - ALONE:
        return "" if said.last[0].endswith("s") else said.last[0]
    if len(said.last) > 1 and said.last[0] in (WEAK - ALONE) | DOES_TOO and said.last[:1] == said.summary[:1]:
        return said.last[0]
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


# What only the description, an input, an answer or the form of the path gives away.


def _described_act(call: _Safe) -> str:
    tells = call.said.tells
    aim = call.operation.description.lstrip().startswith(("To ", "to "))
    strong = _STRONG | {"links", "associates", "binds", "link"} | RUNS
    acts = len(tells) > 1 and tells[0] in strong and tells[1] in DETERMINERS
    return tells[0] if acts and not call.reads and not aim else ""


def deed(spoken: tuple[str, ...]) -> str:
    """The verb before an object that the words begin with, where it is none of reading: "Books a room", "Poke a
    friend"; "Statuses the user has set" begins with a noun."""
    if len(spoken) < 3 or spoken[1] not in OWN | {"the", "this", "it", "them", "one", "what"}:
        return ""
    verb = spoken[0]
    if {verb, *_bases(verb)} & QUIET or verb.endswith(("ing", "ed")) or not verb.isalpha():
        return ""
    return "" if verb.endswith("s") and {"has", "have", "had", "is"} & {*spoken[2:5]} else verb


def _deed_told(call: _Safe) -> str:
    verb = "" if call.reads or call.described else deed(call.told)
    return verb if {verb, *_bases(verb)} & DOES else ""


def _started(call: _Safe) -> str:
    """What the last segment starts, takes or switches, where no word says that it reads: ``/scan/start``,
    ``/light/on``, ``/player/play`` that "plays"; a noun goes before it. The ``get`` of ``get_scan_start`` is the
    method where the summary begins with the verb."""
    parts, last, told, name = call.operation.path.strip("/").split("/"), call.said.last, call.told, call.name
    if call.tells or call.described or not last or len(parts) < 2 or words(parts[-1]) != last or told[1:2] == ("of",):
        return ""
    says = told[:1] in {last[:1], (f"{last[0]}s",)} and not {*told[1:2]} & (THINGS | DATES | {"for", "from", "by"})
    if call.reads and not (says and len(told) > 1 and name[:1] == ("get",) and name[-1:] == last):
        return ""
    if len(last) == 1 and (last[0] in SWITCHED or (last[0] in STARTS and (says or not told))):
        return last[0]
    return last[0] if last[0] == "take" and says else ""


def _processed(call: _Safe) -> str:
    """What is done again, whatever the rest is called (``/recompute-access``), or to a record that an input names by
    its id and that is not the answer: ``/convert_video`` with ``video_id``."""
    last, named = call.said.last, [words(one.name) for one in call.operation.parameters]
    if len(last) < 2 or last[-1] in THINGS:
        return ""
    if last[0] in AGAIN:
        return last[0]
    of_record = any(name[-1:] == ("id",) and name[-2:-1] in ((), last[-1:]) for name in named)
    told = [mapping(one.schema) for one in call.operation.responses if one.status[:1] == "2"]
    shown = any(schema.keys() - {"type"} or schema.get("type", "object") != "object" for schema in told)
    return last[0] if last[0] in PROCESSES and of_record and not shown and not call.reads else ""


def _abroad(call: _Safe) -> str:
    """A verb of doing in another language, which the path ends in or the summary begins with."""
    told = {*call.said.summary[:1], *call.said.name[:1], *(call.said.last if len(call.said.last) == 1 else ())}
    return "" if call.reads else next(iter(sorted(told & FOREIGN_ACTS)), "")


def _callback(call: _Safe) -> str:
    names = (call.said.last, call.said.name[-1:])
    return "callback" if ("callback",) in names and not call.reads else ""


def _of_queue(call: _Safe) -> str:
    said = call.said
    return said.last[-1] if set(said.last[-1:]) & TAKES and "queue" in {*said.summary, *said.described} else ""


def _does(call: _Safe) -> str:
    done = _DOES.search(" ".join(call.operation.description[:1500].split()))
    return done[0][-60:] if done else ""


def _silent(call: _Safe) -> str:
    statuses = {response.status for response in call.operation.responses if response.status[:1] == "2"}
    silent = bool(statuses) and statuses <= {"201", "202", "204", "205"}
    return min(statuses) if silent and not call.reads and not call.described and "is" not in call.said.name else ""


def _link(call: _Safe) -> tuple[str, str] | None:
    """The verb of a link in a mail: before a token at the end of the path, or with one in the query."""
    operation, said = call.operation, call.said
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


def _input(call: _Safe) -> tuple[str, str] | None:
    """What is sent: a constant query, a parameter that names the action or the method, or one that lets it change."""
    for name, text in call.operation.constants:
        verb = words(text)[:1]
        if verb and verb[0] in _STRONG - THIRD:
            return verb[0], f"the query {name}={text}"
    for one in call.operation.parameters:
        called, schema = words(one.name), mapping(one.schema)
        options = schema.get("enum")
        if one.name in {"_method", "X-HTTP-Method-Override"}:
            return one.name, "a parameter"
        if len(called) == 1 and called[0] in ACTIONS:
            verbs = [words(str(option))[:1] for option in options] if isinstance(options, list) else []
            acts = any(verb and verb[0] in _PLAIN for verb in verbs) or (one.place == "path" and not verbs)
            if acts and not call.reads and not call.described:
                return one.name, "a parameter"
        if called and called[0] in SWITCHES and one.place == "query" and schema.get("type") == "boolean":
            return one.name, "a parameter"
    return None


UNSAFE_GET: Table[_Safe] = Table(
    "does a safe method change something?",
    Row(20, "its procedure or action is a verb of changing", _called),
    Row(19, "its operationId begins with such a verb", _verb_of_name, "operationId"),
    Row(18, "its summary or description begins with such a verb", _verb_told),
    Row(17, "the last segment of its path is or begins with such a verb", _last_segment, "the path"),
    Row(16, "its name or its path ends in what is only a verb, or takes something out", _last_word, "a name"),
    Row(15, "a segment of its path is only a verb", _any_segment, "the path"),
    Row(14, "such a verb follows after 'and'", _verb_besides, "the text after 'and'"),
    Row(13, "it sends something", _what_it_sends, "what it sends"),
    Row(12, "two of its names begin with a possible verb", _weakly, "more than one name"),
    Row(11, "a name may be a verb, in the place of a verb", _weak_alone, "one name, with what it is done to,"),
    Row(10, "its description says what it does", _described_act, "the description"),
    Row(9, "its words begin with a verb and its object", _deed_told, "its first word"),
    Row(9, "its path ends in what is started or switched", _started, "the path"),
    Row(9, "its path ends in what is done again, or to a record", _processed, "the path"),
    Row(9, "another language says that it does something", _abroad, "a word"),
    Row(9, "it is called back", _callback, "the path"),
    Row(8, "it is followed from a mail", _link),
    Row(5, "it takes the next of a queue", _of_queue, "the path of a queue"),
    Row(4, "a sentence of its description says so", _does, "the description"),
    Row(3, "it answers nothing", _silent, "its only answer"),
    Row(2, "an input names the action, or lets it change something", _input),
)
"""``when`` returns the verb, or the verb and where it is; ``answer``: where it is otherwise."""
