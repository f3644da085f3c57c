"""Verbs: what a question or the name of a tool wants done."""

from __future__ import annotations

from collections.abc import Mapping

from adaptgen.tool_search.stemmer import stem

_VERBS = {
    "list": """
        browse display enumerate itemise itemize list show view
    """,
    "read": """
        audit calculate check compare compute convert count decode describe determine download estimate examine
        explain export fetch find get inspect know look lookup measure monitor parse preview query read render
        retrieve review search see summarise summarize tell test validate verify
    """,
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
        halt kill leave nuke purge quit remove revoke sack scrap strip terminate tidy toss trash unassign undo
        unfollow unfriend uninstall unlink unlock unpin unstar unsubscribe wipe withdraw
    """,
    "run": """
        analyse analyze connect crawl dispatch execute force invoke launch perform ping process reboot redeliver
        refresh relaunch replay rerun resume retrigger retry scan simulate sync trigger wake
    """,
}
"""By what they do. Where a question begins with one that is also in ``_LEADS``, that says more."""
_SPOKEN = {
    "read": """
        ascertain discover eyeball gauge glimpse identify learn peek recall recheck sniff trace uncover work
    """,
    "create": """
        assemble design devise erect form found initiate issue jot originate pen print produce scribble ship wire
    """,
    "update": """
        amplify anonymise anonymize bend calibrate halve improve lift mend mutate organise organize perfect polish
        reconfigure reform regenerate relabel remap repair rephrase reprice reroute reshape retitle retune reword
        rework strengthen tune weaken
    """,
    "delete": """
        banish bury deregister disconnect dispose expunge obliterate oust rid rip scratch scrub shred strike thin
        uproot vacate void weed
    """,
    "run": """
        nudge prod pulse reprocess synchronise synchronize
    """,
}
"""Those of questions alone: in the name of a tool they would be nouns (a form, a record, a share)."""
_LEADS = {
    "create": """
        answer ask clone connect copy evict file grant like link log notify plug propose react record reply report
        reserve say submit suggest teach thank tip vote warn
    """,
    "create delete update": """
        deny ignore take turn
    """,
    "create read": """
        check prove
    """,
    "create read run": """
        act double-check doublecheck execute test verify
    """,
    "create read run update": """
        open
    """,
    "create run": """
        alert build dial do fire launch mail message phone rebuild redo repeat rerun ring run send tell text
    """,
    "create run update": """
        call deploy go let refresh reset restart roll start sync
    """,
    "create update": """
        accept allow approve assign attach ban begin block bring calm cap commission convert drain enable encrypt
        expose extend follow forbid freeze give group guard hand have hire inject insist install introduce isolate
        join keep label lend limit lock make move no nobody offer only permit pin plan point prevent prohibit
        protect publish put raise recreate recruit release rename rent require restore rotate save schedule seal
        separate set share sign silence split star store subscribe supply switch tag transfer trust upload use write
    """,
    "delete": """
        clean empty forget kick leave quit retire throw
    """,
    "delete run update": """
        stop
    """,
    "delete update": """
        bar close cut decline disable dismiss expire free hold never refuse reject shut snooze suspend unblock undo
        unlock
    """,
    "run": """
        try
    """,
    "run update": """
        force
    """,
    "update": """
        change combine complete degrade demote double fewer finish grow hide less loosen lower mark merge more mute
        pause reopen replace resolve scale shrink skip sort swap tighten upgrade
    """,
}
"""Words that begin what is to be done and leave open which of several acts serves it."""

VERBS: Mapping[str, str] = {stem(word): act for act, words in _VERBS.items() for word in words.split()}
"""Stem of a verb -> what it does."""
BASE: Mapping[str, str] = {
    word: act for table in (_SPOKEN, _VERBS) for act, words in table.items() for word in words.split()
}
"""Verb of a question -> what it does."""
LEADS: Mapping[str, frozenset[str]] = {
    word: frozenset(acts.split()) for acts, words in _LEADS.items() for word in words.split()
}
"""Word that begins a question -> what may serve it."""
APART: Mapping[str, Mapping[str, str]] = {
    "back": {"up": "create"},
    "bring": {"back": "update create", "down": "delete update", "in": "create update", "into": "create update"},
    "call": {"off": "delete update"},
    "cut": {"off": "delete update"},
    "give": {"back": "delete update", "up": "delete"},
    "hand": {"back": "delete update", "in": "create", "out": "create update", "over": "update create"},
    "let": {"go": "delete", "in": "create update", "out": "delete"},
    "lock": {"out": "update delete"},
    "log": {"off": "delete create run", "out": "delete create run"},
    "look": {"up": "read list create"},
    "put": {"back": "update create", "down": "create", "off": "update"},
    "roll": {"back": "update create run"},
    "send": {"back": "create update"},
    "shut": {"down": "update delete run"},
    "sign": {"me": "create", "off": "delete create update", "out": "delete create run", "up": "create"},
    "strike": {"off": "delete", "out": "delete"},
    "swap": {"out": "update"},
    "switch": {"off": "update delete", "on": "update create"},
    "take": {
        "away": "delete",
        "back": "delete update",
        "down": "delete",
        "from": "delete",
        "off": "delete",
        "offline": "delete",
        "out": "delete",
    },
    "tear": {"down": "delete"},
    "throw": {"away": "delete", "out": "delete"},
    "try": {"out": "create run read"},
    "turn": {"off": "update delete", "on": "update create"},
    "undo": {"it": "delete update"},
    "wipe": {"out": "delete"},
    "write": {"down": "create"},
}
"""Verbs whose particle may stand apart from them: switch the pump off. What the two do."""
SWITCHED: Mapping[str, tuple[str, ...]] = {
    "off": ("disable", "stop", "suspend", "deactivate"),
    "on": ("enable", "start", "activate", "resume"),
}
"""What a particle of ``APART`` says by itself."""
METHODS: Mapping[str, frozenset[str]] = {
    "GET": frozenset(("read", "list")),
    "HEAD": frozenset(("read",)),
    "POST": frozenset(("create", "run")),
    "PUT": frozenset(("update", "create")),
    "PATCH": frozenset(("update",)),
    "DELETE": frozenset(("delete",)),
}
"""What a request may do by its method, where no verb says more (RFC 9110, section 9.3)."""
