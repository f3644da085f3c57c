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
VERBS: Mapping[str, str] = {stem(word): act for act, words in _VERBS.items() for word in words.split()}
"""Stem of a verb -> what it does."""
METHODS: Mapping[str, frozenset[str]] = {
    "GET": frozenset(("read", "list")),
    "HEAD": frozenset(("read",)),
    "POST": frozenset(("create", "run")),
    "PUT": frozenset(("update", "create")),
    "PATCH": frozenset(("update",)),
    "DELETE": frozenset(("delete",)),
}
"""What a request may do by its method, where no verb says more (RFC 9110, section 9.3)."""
