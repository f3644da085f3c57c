"""What a call does to the service: read, write or delete (RFC 9110, 9.2.1, and what people do instead).

A safe method may still change things in a legacy API (``GET /cancel``), and a POST may only search. Both need
evidence, and where it is thin the call counts as a write: taking a write for a read is the error that harms.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from adaptgen.model import Effect
from adaptgen.patterns import lazy
from adaptgen.plan.said import Said, said_of
from adaptgen.plan.schemas import shape
from adaptgen.planned import Evidence
from adaptgen.words import singular, vocabulary, words

if TYPE_CHECKING:
    from adaptgen.plan.operations import Operation
    from adaptgen.source import Document
    from adaptgen.source.hints import ToolHint

_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_DELETE = vocabulary("delete remove destroy purge erase wipe deletes removes destroys purges erases")
# Verbs that are hardly ever nouns; the second set counts only where nothing says that the call reads.
_CHANGE = vocabulary(
    "create creates add adds insert insert update updates modify modifies edit save saves set sets reset resets "
    "replace send sends resend submit submits cancel cancels abort approve approves reject rejects confirm confirms "
    "activate activates deactivate deactivates reactivate enable enables disable disables revoke revokes restore "
    "restores archive archives unarchive publish publishes unpublish subscribe unsubscribe logout signout logoff "
    "unlink unassign assign assigns attach detach restart reboot terminate invoke trigger triggers execute executes "
    "exec connect disconnect regenerate rotate increment decrement mark unmark lock unlock suspend unsuspend resume "
    "pause unpause register unregister deregister invite accept decline expire ban unban mute unmute follow unfollow "
    "destroy clear clears flush rename move merge upgrade downgrade install uninstall charge refund toggle toggles "
    "shorten notify notifies write snooze evict calibrate reprocess requeue resync promote demote failover optin "
    "optout "
    "initiate dismiss acknowledge reopen reassign withdraw enroll unenroll provision deprovision"
)
_THIRD = frozenset(word for word in _CHANGE | _DELETE if word.endswith("s"))  # in a path these are nouns
_WEAK = vocabulary(
    "run runs rerun retry start starts stop stops post posts request sync pay pin unpin vote rate like apply switch "
    "launch close open share claim join leave kill dispatch release schedule reload rebuild reindex import starts "
    "refresh transfer buy sell deposit dial ring play skip wake arm disarm turn press put change deploy checkout reply "
    "tweet mint burn settle capture void flag silence blink drain rollback migrate commit recalculate reconcile"
)
_READ = vocabulary(
    "get gets list lists read reads fetch fetches retrieve retrieves return returns show shows find finds search "
    "searches query queries lookup view views describe describes count counts check checks download downloads "
    "export exports index browse display provides provide obtain obtains this gives give is has exists "
    "information details gettext see select filter"
)
_SEARCH_PATH = vocabulary("search find filter lookup query")
_JOINS = vocabulary("and or then also")
_SEARCH_VERB = vocabulary(
    "search searches find finds query queries filter filters lookup list lists get gets retrieve retrieves return "
    "returns fetch fetches"
)
_FIRST_SEARCH = {(word,) for word in _SEARCH_VERB}
# What a POST does that leaves nothing behind; two of its name, its summary and its description must say so.
_ASKS = _SEARCH_VERB | vocabulary(
    "read reads show shows view views count counts check checks validate validates calculate calculates compute "
    "computes estimate estimates preview previews compare compares determine determines diff "
    "inspect inspects translate translates parse parses detect detects recognize recognizes aggregate aggregates "
    "provides provide gives give tells lists"
)
_PERFORM = vocabulary("perform performs execute executes run runs do does make makes")
_ASKED = vocabulary("search query lookup calculation comparison estimation validation check")
_CODES = vocabulary("code otp mfa pin passcode verification")
_RUNS = vocabulary("run runs start starts stop stops reload reloads rebuild rebuilds retry retries sync syncs")
_TESTS = vocabulary("validate check")  # what may answer by its status alone
_LASTING = vocabulary("created creating updated updating saved saving stored stores store persist persists persisted")
_CONSUMES = vocabulary("dequeue consume consumed consumes acknowledged ingested duplicate duplicates pop pops lease")
_TAKES = vocabulary("next pop dequeue receive poll lease take")
# Inputs by which a call that reads leaves something behind.
_KEEPS = vocabulary(
    "mark store save delete remove create update send notify persist commit consume ack acknowledge subscribe publish"
)
_VAGUE = vocabulary("this information details has is gettext select filter")
# Verbs of changing that are nouns as well: "Update history", "Archive of articles".
_NOUNS = vocabulary(
    "archive register set sets lock mark charge refund trigger update updates upgrade clear reset follow approved "
    "cancel move pause"
)
# What follows a verb that is none: "change log", "update status".
_THINGS = vocabulary(
    "log logs status statuses state history info information list lists type types rule rules code codes count counts "
    "groups metrics requests request meta options option form forms point points key keys url urls reasons reason set "
    "sets windows window events event stats settings policy policies schedule schedules template templates data on "
    "ons notes note fields fee fees details batches sessions jobs job results"
)
_SENDERS = vocabulary("webhook webhooks notification notifications email sms message alert hook")
_ENDS = ("logout", "signout", "unsubscribe", "reboot", "restart", "shutdown", "optout", "opt-out", "sign-out")
_ONE_TIME = vocabulary("otp pin passcode")
_ACTION = lazy(r"#(?:Action|X-Amz-Target)=(?:\w+\.)?(\w+)", re.IGNORECASE)
_LINKS = vocabulary("verify confirm activate unsubscribe accept redeem approve optin optout")  # in a mail
_ONCE = vocabulary("token code key hash signature secret nonce")
_DETERMINERS = vocabulary("a an the all this these your one any every each its their")
_MANY = vocabulary("batch bulk mass multi multiple")


def find_effect(
    operation: Operation,
    hint: ToolHint | None = None,
    *,
    answers_list: bool = False,
    document: Document | None = None,
) -> tuple[Effect, Evidence]:
    """The effect of ``operation`` and why. ``answers_list``: its declared answer is a list of records, the second
    half of the evidence that a POST only reads. ``document``: where the schema of its
    body leads; what it asks to keep is evidence too."""
    hinted = hint.effect if hint is not None else None
    if hinted in {"read", "write", "delete"}:
        return hinted, _evidence(operation, hinted, "the hints say so")
    effect, because = _inferred(operation, answers_list, _sent(operation, document))
    return effect, _evidence(operation, effect, because)


def _inferred(operation: Operation, answers_list: bool, sent: tuple[str, ...]) -> tuple[Effect, str]:
    method, said = operation.method, said_of(operation)
    if method in _SAFE:
        verb, source = _mutation(operation, said)
        if verb:
            return ("delete" if verb in _DELETE else "write"), f"{method}, but {source} says {verb!r}"
        return "read", method
    if method == "DELETE":
        return "delete", method
    if method == "POST":
        if answers_list and _only_searches(said):
            return "read", "POST that searches: its path and its name say so, and it answers a list"
        if because := _only_asks(operation, said, sent):
            return "read", because
    for spoken in (said.name or said.summary, said.last):
        for word in spoken[: 2 if spoken and spoken[0] in _MANY else 1]:
            if word in _DELETE:
                return "delete", f"{method}, and its name says {word!r}"
    return "write", method


# ------------------------------------------------------------------------------------------- safe methods that change


def _mutation(operation: Operation, said: Said) -> tuple[str, str]:
    """The verb by which a safe method changes something, and where it stands; empty where there is none."""
    name, summary, last = _performed(said.name), _performed(said.summary), said.last
    # "This function helps you to …" reads no more than it says.
    tells = bool(summary and summary[0] in _READ - _VAGUE)
    reads = tells or bool(name and name[0] in _READ - _VAGUE)
    strong = _CHANGE | _DELETE
    if called := _called(operation, strong):
        return called
    if name and name[0] in strong and not tells and not _asking(name):
        return name[0], "operationId"
    told = summary or said.tells
    if told and told[0] in strong and not (_asking(name) and not _orders(name, told)):
        return told[0], "the summary" if summary else "the description"
    if (
        last
        and last[0] in strong - _THIRD
        and len(last) == 1
        and not (tells or (reads and summary and name[-1:] != last))
    ):
        return last[0], "the path"
    if (
        len(last) > 1
        and last[0] in strong - _THIRD
        and not (reads and (summary or name != last))
        and last[-1] not in _THINGS
    ):
        return last[0], "the path"
    if ended := next((word for word in _ENDS if f"/{word}/" in f"{operation.path.lower()}/"), ""):
        return ended, "the path"
    for spoken in (name, summary, said.described):
        if also := _also(spoken, strong, free=spoken is name):
            return also, "what is told besides"
    if once := next((word for spoken in (name, last, summary) for word in _sends_once(spoken)), ""):
        return once, "what it makes for one use"
    if verb := _weakly(said, strong):
        return verb, "more than one name"
    if last and last[0] in _DELETE - _THIRD and not reads:
        return last[0], "the path"
    return _told(operation, said, reads)


def _performed(spoken: tuple[str, ...]) -> tuple[str, ...]:
    """The words without ``perform a`` and the like before what is asked for."""
    rest = spoken[1:]
    while rest and rest[0] in _DETERMINERS:
        rest = rest[1:]
    return rest if spoken[:1] and spoken[0] in _PERFORM and rest and singular(rest[0]) in _ASKED else spoken


def _called(operation: Operation, strong: frozenset[str]) -> tuple[str, str] | None:
    """The verb of an API that calls procedures, whatever the method: ``/dialog.open``, ``/#Action=RebuildPool``. An
    action that does not begin with a verb of reading changes something."""
    if action := _ACTION.search(operation.key):
        verb = words(action[1])
        return None if verb and verb[0] in _READ else (verb[0] if verb else "an action", "the action")
    last = operation.path.rpartition("/")[2]
    noun, dot, tail = last.rpartition(".")
    verb = words(tail)
    if dot and noun and "{" not in last and verb and verb[0] in strong - _THIRD | _WEAK - {"like"}:
        return verb[0], "the procedure"
    return None


def _orders(name: tuple[str, ...], told: tuple[str, ...]) -> bool:
    """Whether the verb that the summary begins with is none that a name beginning with ``get`` only mentions: tools
    put the method in front of a name (``get_session_create``)."""
    if name[:1] != ("get",):
        return False
    return told[0] not in _NOUNS or (len(told) > 1 and told[1] in _DETERMINERS)


def _also(spoken: tuple[str, ...], strong: frozenset[str], *, free: bool) -> str:
    """The verb of changing after ``and`` and before its object: "Returns the messages and marks them as read";
    ``free``: in a name, where nothing need follow (``getAndDelete``)."""
    for at, word in enumerate(spoken[:-1]):
        verb = spoken[at + 1]
        object = spoken[at + 2 : at + 3]
        named = free or bool(object and object[0] in _DETERMINERS | {"it", "them"})
        if word in {"and", "then"} and verb in strong - _NOUNS and named:
            return verb
    return ""


def _sends_once(spoken: tuple[str, ...]) -> tuple[str, ...]:
    """``generate`` where a code or a password for one use is made, which is sent to somebody; ``test`` of a sender."""
    if spoken[:1] == ("test",) and set(spoken) & _SENDERS:
        return spoken[:1]
    makes = [word for word in spoken[:1] if word in {"generate", "issue", "request", "regenerate", "resend"}]
    return tuple(makes) if set(spoken) & _ONE_TIME else ()


def _weakly(said: Said, strong: frozenset[str]) -> str:
    """A verb that could be a noun (``run``), where at least two of name, path, summary and description begin so."""
    spoken = [_performed(said.name), said.last if len(said.last) == 1 else (), _performed(said.summary), said.tells]
    if any(one and one[0] in _READ for one in spoken):
        return ""
    found = [one[0] for one in spoken if one and one[0] in _WEAK | strong]
    nouns = {one[0] for one in (said.name, said.last) if len(one) == 1 and one[0] in _WEAK and one[0].endswith("s")}
    return found[0] if len(found) > 1 and not set(found) <= nouns else ""


def _told(operation: Operation, said: Said, reads: bool) -> tuple[str, str]:
    """What only the description, an input or the form of the path gives away."""
    tells = said.tells
    strong = _CHANGE | _DELETE | {"links", "associates", "binds", "link"}
    if len(tells) > 1 and tells[0] in strong | _RUNS and tells[1] in _DETERMINERS and not reads:
        return tells[0], "the description"
    if (said.last == ("callback",) or said.name[-1:] == ("callback",)) and not reads:
        return "callback", "the path"
    parts = [part for part in operation.path.split("/") if part]
    if len(parts) > 1 and parts[-1].startswith("{") and set(words(parts[-1])) & _ONCE:
        verb = words(parts[-2])[:1]
        if verb and verb[0] in _LINKS:
            return verb[0], "the path, before a token,"
        if said.name and said.name[0] in _LINKS:
            return said.name[0], "operationId, of a token,"
    if said.last[:1] and said.last[-1] in _TAKES and "queue" in {*said.summary, *said.described}:
        return said.last[-1], "the path of a queue"
    for name, value in operation.constants:
        verb = words(value)[:1]
        if verb and verb[0] in (_CHANGE | _DELETE) - _THIRD:
            return verb[0], f"the query {name}={value}"
    return "", ""


# --------------------------------------------------------------------------------------------- POST that only asks


def _only_searches(said: Said) -> bool:
    last = said.last
    verb = said.name[:1] or said.summary[:1]
    named = bool(last) and (last[0] in _SEARCH_PATH or last[-1] in _SEARCH_PATH or last == ("list",))
    searches = bool(verb) and (verb[0] in _SEARCH_VERB or verb[0] in last)
    # `reviewList`, `Tickets_Query`: the name ends in what the path ends in, or the summary tells.
    searches = searches or said.name[-len(last) :] == last or said.summary[:1] in _FIRST_SEARCH
    return named and searches and not (_changes(said.summary) | _changes(said.name))


def _changes(spoken: tuple[str, ...]) -> set[str]:
    """The verbs of changing among the words; ``sends`` after another word is a noun, but not after ``and``."""
    alone = {word for before, word in pairwise(("and", *spoken)) if before in _JOINS or word not in _THIRD}
    return alone & (_CHANGE | _DELETE)


def _only_asks(operation: Operation, said: Said, sent: tuple[str, ...]) -> str:
    """Why a POST only reads: what it is called and what is told about it agree that it asks, nothing speaks of a
    change, no input asks to keep something, and it answers 200 with a body. Empty where that is not so."""
    if "".join(said.last) == "dryrun":
        return "POST that is a dry run"
    if set(said.last[-1:]) & _PERFORM or singular("".join(said.last[-1:])) == "return":
        return ""  # `/checks/perform` does it, `/payments/{id}/returns` gives it back
    if _TESTS & {*said.name[:1], *said.summary[:1], *said.last[:1]} and _CODES & {
        *said.name,
        *said.last,
        *said.summary,
    }:
        return ""  # a code for one use is spent by being checked
    said = replace(said, summary=_performed(said.summary), tells=_performed(said.tells))
    called = next(filter(None, map(_asking, (said.name, said.last))), "")
    told = list(filter(None, map(_asking, (said.summary, said.tells))))
    if len(told) + bool(called) + said.harmless < 2:
        return ""
    change = _CHANGE | _DELETE | _LASTING | _CONSUMES
    for spoken in (said.name, said.last, said.summary, () if said.harmless else said.described):
        if set(spoken) & change or {("check", "in"), ("check", "out")} & set(pairwise(spoken)):
            return ""
    if any(one and one[0] in _WEAK for one in (said.name, said.last, said.summary, said.tells)):
        return ""
    answer = operation.success()
    if answer is None or (answer.schema is None and called not in _TESTS):
        return ""
    if answer.status not in ({"200", "204"} if called in _TESTS else {"200", "2XX", "default"}):
        return ""
    if any(one.status in {"201", "202"} for one in operation.responses):
        return ""
    if any(words(name)[:1] and words(name)[0] in _KEEPS for name in sent):
        return ""
    if called in _TESTS and "{" in operation.path and operation.body is None:
        return ""  # what is stored is tested, and its state with it
    return f"POST that only asks: {' and '.join(dict.fromkeys([called, *told] if called else told))} say so"


def _asking(spoken: tuple[str, ...]) -> str:
    """The verb of asking that the words begin with, through ``perform`` and the like; empty where there is none."""
    if len(spoken) > 1 and spoken[0] in _PERFORM and singular(spoken[1]) in _ASKED:
        return spoken[1]
    return spoken[0] if spoken and spoken[0] in _ASKS else ""


def _sent(operation: Operation, document: Document | None) -> tuple[str, ...]:
    """The names of what is sent."""
    names = [one.name for one in operation.parameters]
    if document is not None and operation.body is not None:
        names += shape(document, operation.body.schema).properties
    return tuple(names)


def _evidence(operation: Operation, effect: str, because: str) -> Evidence:
    return Evidence(operation.key, "effect", effect, because, operation.pointer)
