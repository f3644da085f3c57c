"""English words: how a text is split, what its words have in common, and what verbs ask for.

Imported by the first search. The stemmer is Snowball's for English (Porter's second algorithm).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import Stemmer

from adaptgen.model.frozen import lazy
from adaptgen.syntax.identifiers import words as name_words

_TEXT = lazy(r"[A-Za-z0-9]+(?:['’][a-z]+)?")
_BRITISH = lazy(r"(?<=[a-z]{3})is(?=(?:e|es|ed|er|ers|ing|ation|ations)$)")
"""``organise`` and ``organize``; a word that is never written with a z (``promise``) changes on both sides alike."""
_EXCEPTIONS = {"customer": "customer", "customers": "customer", "people": "person"}
"""Snowball takes a customer for custom, and people for another word than person."""
_snowball = Stemmer.Stemmer("english", 0)


def tokens(text: str) -> list[str]:
    """The words of a text in lower case; ``camelCase`` and ``snake_case`` are split."""
    result: list[str] = []
    for piece in _TEXT.findall(text):
        plain = piece.replace("’", "'")
        low = plain.lower()
        if "'" in low:
            result.append(low.removesuffix("'s"))
        elif plain.isalpha() and (plain.islower() or plain.isupper() or plain[1:].islower()):
            result.append(low)
        else:
            result += name_words(plain)
    return result


def text_stems(text: str) -> list[str]:
    """The stems of the words of a text."""
    return [stem(word) for word in tokens(text)]


@lru_cache(maxsize=16384)
def name_stems(text: str) -> tuple[str, ...]:
    """The stems of the words of an identifier."""
    return tuple(map(stem, name_words(text)))


@lru_cache(maxsize=32768)
def stem(word: str) -> str:
    """What a lower-case word shares with its inflections: ``deploying`` and ``deployed`` -> ``deploy``."""
    if word in _EXCEPTIONS:
        return _EXCEPTIONS[word]
    if len(word) <= 2 or not word.isascii() or not word.isalpha():
        return word
    stemmed: str = _snowball.stemWord(_BRITISH.sub("iz", word))
    return stemmed


_VERBS = {
    "list": """
        browse display enumerate itemise itemize list show view
    """,
    "read": """
        audit calculate check compare compute convert count decode describe determine download estimate examine
        explain export fetch find get inspect know look lookup measure monitor parse preview query read render
        retrieve review search see summarise summarize test validate verify""",
    "create": """
        add admit annotate announce append apply assign attach author bill book bookmark broadcast build buy charge
        compose congratulate craft create declare define deploy donate draft duplicate enable enrol enroll establish
        file follow fork fund generate hire import insert install introduce invite label log make mention mint new
        nominate onboard order pay plant post prepare propose provision publish recommend register remark request
        schedule seed set setup sign spin sponsor submit subscribe tag thank track upload welcome write
    """,
    "update": """
        activate adjust alter amend bump change close complete configure correct customise customize delay delegate
        downgrade edit enlarge escalate expand extend finish fix lengthen migrate minimize modify patch postpone
        prioritise prioritize promote reassign reduce refine relocate rename renew reopen reorder replace republish
        reschedule reset resize resolve restore revise rewrite rotate scale shorten switch toggle transfer translate
        tweak update upgrade
    """,
    "delete": """
        abandon abort ban bin block cancel chuck clean clear deactivate decommission delete demolish destroy detach
        disable disband discard dismantle dismiss dissolve ditch drop dump eject erase evict exclude expel fire flush
        halt kill leave nuke purge quit remove revoke sack scrap stop strip suspend terminate tidy toss trash unassign
        undo unfollow unfriend uninstall unlink unlock unpin unstar unsubscribe wipe withdraw
    """,
    "run": """
        analyse analyze connect crawl dispatch execute force invoke launch perform ping process reboot redeliver
        refresh relaunch replay rerun resume retrigger retry scan simulate sync trigger wake
    """,
}
VERBS: Mapping[str, str] = {stem(word): act for act, words in _VERBS.items() for word in words.split()}
"""Stem of a verb -> what it does."""
_SAME = """
    add create insert post register
    delete remove destroy erase drop
    update modify edit change patch alter
    list search find query
    disable deactivate stop suspend
    cancel abort terminate kill
    run execute invoke trigger launch
    upload import
"""
SAME: Mapping[str, frozenset[str]] = {
    stem(word): frozenset(map(stem, line.split())) for line in _SAME.strip().splitlines() for word in line.split()
}
"""Stem of a verb -> those that names of APIs use instead. Decision 31 has the worth of the list."""
METHODS: Mapping[str, frozenset[str]] = {
    "GET": frozenset(("read", "list")),
    "HEAD": frozenset(("read",)),
    "POST": frozenset(("create", "run")),
    "PUT": frozenset(("update", "create")),
    "PATCH": frozenset(("update",)),
    "DELETE": frozenset(("delete",)),
}
"""What a request does by its method, where no verb says more (RFC 9110, section 9.3)."""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


STOP = _set("""
    a an the this that these those there here it its i me my mine we us our ours you your yours he she they them their
    his her him is are was were be been being am do does did done can could would should will shall may might must
    have has had having of in on at by for from to into onto out off up with within without about as and or nor but if
    then than so such too very just only also any some each every all both few more most other another same own not no
    what which who whom whose where when why how please want wants wanted need needs needed like let lets let's
    there's i'm i'd i've we've we're don't doesn't isn't aren't won't can't cannot it's what's who's where's one ones
    thing things stuff something anything everything someone anyone everyone anybody everybody somebody currently now
    today right already yet still ever again first last next back over under via per across make sure able possible
    way ways kind sort lot many much whether while during after before until since because specific particular certain
    given existing actual various several single whole entire using use used go going goes gets got
""")  # fmt: skip
"""Words that say nothing about a tool."""
PLAIN = _set("""
    create add make new get list show view see find check set put let have take update change edit modify delete
    remove start stop open close keep use call mark turn try bring do act offer insist
""") | {"give", "tell"}  # fmt: skip
"""Common verbs, which count less than the noun."""
ASKING = _set("""
    am any are aren't did do does had has have how is isn't may was were what what's when where where's which who
    who's whom whose why will
""")  # fmt: skip
"""Words that begin a question: somebody wants to look at something."""
POLITE = _set("""
    also always can could first help hey i i'd just kindly let's like me must need now please quickly should then to
    want we we'd would you
""")  # fmt: skip
"""Words that may come before the request itself."""
JOINS = _set("""
    about across after among as at because before behind between by during for from if in inside into near of on onto
    outside per since so that to under until via when where whether which while who whose with within without
""")  # fmt: skip
"""Words between a thing and more about it."""
LIVE = _set("continuously follow live realtime streaming tail watch")
"""Words that ask to follow what happens."""
SUBJECTS = _set("i we you they he she it any there")
"""What follows ``do`` and ``have`` in a question."""
VIEWS = _set("list overview summary look report history count table view")
"""Nouns that are asked for to be seen: ``a list``, ``an overview``."""
