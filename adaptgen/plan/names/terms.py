"""Words that names of tools are made of: verbs, nouns that are spelled like verbs, words that say nothing."""

from __future__ import annotations

from adaptgen.syntax.identifiers import singular, vocabulary

VERBS = vocabulary("""
    abort accept acknowledge activate add adjust aggregate allocate analyse analyze answer append apply approve
    archive assign associate assume attach authenticate authorize autocomplete ban batch begin block blur book
    broadcast browse bulk calculate call cancel capture categorize change charge check checkout classify clear clone
    close commit compare complete compress compute configure confirm connect convert copy count create crop
    deactivate deauthorize decline decode decrypt define delete deliver deny deploy describe destroy detach detect
    determine
    disable disassociate disconnect discover dismiss dispatch download draw duplicate edit embed empty enable encode
    encrypt end enqueue enrich enroll enter estimate evaluate exchange execute exit expand expire explain export
    extend extract favorite fetch fill filter find finish flag flush follow force forecast format forward generate
    geocode geolocate get give grant hide identify impersonate import improve index initialize initiate insert
    inspect install invalidate invite invoke issue join kick kill launch leave like link list load lock login logout
    lookup mark match measure merge migrate minify modify monitor move mute normalize notify open optimize order
    parse patch pause pay perform pin ping post predict prepare preview process promote provision publish purchase
    purge push put query rate read reassign rebuild recalculate receive recognize recommend recover redact redeem
    refresh refund refuse regenerate register reindex reject release reload remove rename render renew reopen
    reorder replace replay reply report request resend reserve reset resize resolve restart restore resume retrieve
    retry return reverse revert review revoke rollback rotate run save scale scan schedule score scrape search seek
    select send set share shorten show sign simulate skip split star start stop store stream submit subscribe
    suggest summarize suspend swap switch sync synchronize tag terminate test toggle track train transcribe transfer
    transform translate trigger unarchive unassign unban unblock undelete undo unfavorite unfollow uninstall unlike
    unlink unlock unmute unpin unpublish unregister unstar unsubscribe update upgrade upload upsert validate verify
    view void vote watch withdraw write
    attest bind cleanup clone collect compile compose concatenate deauthenticate deduplicate defer delegate demote
    deprovision deregister dequeue deselect disassemble disconnect downgrade eject emit evict exclude failover finalize
    fork freeze halt impersonate include infer inject install interpolate interrupt listen locate lookup mint navigate
    negotiate normalise obtain override persist poll populate prune pull quit reactivate reboot recalc reclaim
    reconcile reconfigure reconnect redeploy redirect redo reencrypt regenerate reinstall reinstate relocate remind
    repair replicate reprocess requeue rescan reschedule reset restock resubmit resync retire retract retrain reuse
    revalidate rewind sanitize serialize shutdown snooze solve spawn squash stringify synthesize tokenize trash truncate
    unassociate unban unbind uncancel undeploy unenroll unfreeze unhide uninstall unload unmark unmount unpause
    unregister unset unsnooze unsuspend untag unwatch upvote downvote wake wipe
""")
# Verbs that name records at least as often: `/orders`, `customerReport`, `/tag_groups`.
RECORDS = vocabulary("""
    block book broadcast call capture categorize change charge checkout exchange favorite flag forecast
    format index invite issue like link match measure order pin post process purchase rate refund reply report
    request review schedule score share star stream tag transfer view vote
""")
STRONG = VERBS - RECORDS
STRONG |= {f"{again}{verb}" for again in ("re", "un") for verb in STRONG} - {"remark", "research"}
VERBS |= STRONG
# Of these, the verbs that rarely begin the name of a record: `/changePassword`.
RATHER_VERBS = frozenset(("categorize", "capture", "change", "measure"))
# Verbs of frameworks that have a plainer word in tool names.
FRAMEWORK = {"read": "get", "retrieve": "get", "destroy": "delete", "insert": "create"}
FRAMEWORKS = frozenset(("list", "create", "update", "delete", *FRAMEWORK))
# Verbs that mean no more than the role of the operation, so that tools are called alike.
USUAL = {
    "list": ("get", "read", "fetch", "retrieve", "show"),
    "create": ("post",),
    "update": ("patch", "put", "modify", "edit", "save", "replace"),
    "replace": ("update", "put", "save", "modify", "edit"),
    "get": ("read", "retrieve", "fetch", "show"),
    "search": ("read",),
    "delete": ("destroy",),
}
GLUED = ("get", "list", "create", "update", "delete", "remove", "add", "set", "send", "search", "find", "cancel",
          "check", "upload", "download")  # fmt: skip
GENERIC = frozenset(("get", "list", "create", "post", "put"))
LINKING = frozenset(("for", "in", "by", "of", "from", "to", "with", "on", "and", "or", "as", "at"))
# Verbs that hardly ever begin a name of something, and what follows them where they do.
SURE = vocabulary("""
    calculate cancel delete disable enable generate remove request reset send update upload validate verify
""")
THINGS = vocabulary("and fee history info log logs or policy reason request requests settings state status type types")
# What stands before an article in a summary and says nothing of what is done.
NO_ACTS = vocabulary("""
    allow also contain do enable ensure every from give handle help into let make need only perform provide
    represent require support take this under upon used uses when where whether which whose with without
""")
# A collection of acts, above the act itself: `/droplets/{id}/actions/reboot`.
ACTS = vocabulary("action actions command commands cmd rpc do operation operations")
# What a record is looked up by, before its placeholder: `/profiles/name/{name}/resources`.
KEYS = vocabulary("id name key uuid uid code slug")
# Parents that are no records: `/settings/about`.
NAMESPACES = vocabulary("settings tools utils resources functions integrations internals")
JOINTS = vocabulary("through using via based into against that which if whether per over within")
DETERMINERS = vocabulary("a an the all any your this these that one each every its their new given multiple")
# What a summary says of an operation that only does what its method says.
SAYS_READ = vocabulary("""
    access browse describe display enumerate fetch find get give index list load obtain provide query read receive
    retrieve return show view
""")
SAYS_SAME = {
    "GET": SAYS_READ,
    "HEAD": SAYS_READ | {"check"},
    "POST": vocabulary("create add insert post make register submit save store put define provide enter write"),
    "PUT": vocabulary("update modify edit change replace put save set patch create store write configure upsert"),
    "PATCH": vocabulary("update modify edit change replace put save set patch partially write"),
    "DELETE": vocabulary("delete remove destroy clear drop erase"),
}
# What a DELETE may do; other verbs after it are nouns, as in `deleteBlockList`.
UNDOING = vocabulary("""
    cancel clear deactivate destroy detach disable disassociate disconnect erase leave purge remove revoke stop
    terminate unassign unban unblock unfavorite unfollow uninstall unlike unlink unlock unmute unpin unpublish
    unregister unstar unsubscribe
""")
# What nothing does that only reads: a noun there, as in `UpdateMetrics` of a GET.
CHANGES = vocabulary("add create delete destroy insert remove replace update upsert")
# What a GET may be said to do instead of getting something.
ASKS = vocabulary("""
    analyse analyze authenticate autocomplete calculate check compare compute confirm convert count decode decrypt
    detect determine download encode encrypt estimate evaluate export filter generate geocode identify login logout
    lookup ping predict preview recommend resolve scrape search subscribe suggest test translate unsubscribe
    validate verify
""")
# What only names the page or the state of it where a GET gets it: "Returns the login strategy".
SESSIONS = vocabulary("login logout authenticate subscribe unsubscribe")
# What needs no article after it, and what is said of many at once.
READS = vocabulary("get list retrieve fetch return calculate validate")
MANY = frozenset(("batch", "bulk"))
# Of a POST whose summary begins with one of these, the name begins with the other.
READ_BY_POST = {"retrieve": "get", "fetch": "get", "return": "get", "show": "get", "read": "get", "obtain": "get"}
# What a record is, at the end of the path of such records: `/movies/upcoming`.
ADJECTIVES = vocabulary("""
    active all archived available closed current daily default deleted disabled enabled expired favorite favorites
    featured hidden hourly inactive individual installed latest live local missing monthly nearby new online open
    overdue own pending popular private public random recent related similar top trending unread upcoming volatile
    weekly yearly
""")
# What is like a record, at the end of its path: `/songs/{id}/related`.
KINDRED = frozenset(("related", "similar"))
# Nouns whose plural is their singular.
SAME_NUMBER = frozenset(("series", "species"))
# Nouns that say nothing without what they belong to, at the end of a path or alone in an identifier.
VAGUE = ADJECTIVES | vocabulary("""
    bulk by data detail details full history id ids info information item items list lists me meta metadata one
    result results self settings statistics stats status summary total totals type types value values
""")
# Words at the end of an identifier that speak of the code behind it; `by_id` and the like are dropped elsewhere.
CODE = frozenset(
    ("async", "default", "endpoint", "handler", "resource", "view", "viewset", "method", "operation", "api", "v")
)
METHOD_VERBS = {
    "GET": "get", "POST": "create", "PUT": "replace", "PATCH": "update", "DELETE": "delete", "HEAD": "check",
    "OPTIONS": "describe", "TRACE": "trace",
}  # fmt: skip


def base_verb(word: str) -> str:
    """The verb of ``cancels``, ``searches``, ``applies``; other words stay as they are."""
    if word in VERBS:
        return word
    forms = (singular(word), word.removesuffix("s"), word.removesuffix("es"))
    return next((form for form in forms if form in VERBS), word)
