"""The words by which a call tells what it does to the service: verbs of changing, of reading and of asking."""

from __future__ import annotations

from adaptgen.syntax.identifiers import vocabulary

DELETE = vocabulary("delete remove destroy purge erase wipe deletes removes destroys purges erases")
# Verbs that are hardly ever nouns; the second set counts only where nothing says that the call reads.
CHANGE = vocabulary(
    "create creates add adds insert update updates modify modifies edit save saves set sets reset resets replace send "
    "sends resend submit submits cancel cancels abort approve approves reject rejects confirm confirms activate "
    "activates deactivate deactivates reactivate enable disable disables revoke revokes restore restores archive "
    "archives unarchive publish publishes unpublish subscribe unsubscribe logout signout logoff signoff unlink "
    "unassign assign assigns attach detach restart restarts reboot reboots terminate terminates invoke trigger "
    "triggers execute executes exec connect disconnect regenerate rotate increment increments decrement decrements "
    "mark marks unmark lock unlock suspend suspends unsuspend resume pause unpause register unregister deregister "
    "invite accept accepts decline declines expire expires ban unban mute unmute follow unfollow clear clears flush "
    "flushes rename renames move merge upgrade downgrade install installs uninstall uninstalls charge refund toggle "
    "toggles shorten notify notifies write snooze evict calibrate reprocess requeue resync promote demote failover "
    "optin optout initiate initiates dismiss dismisses acknowledge reopen reopens reassign withdraw withdraws enroll "
    "unenroll provision deprovision append appends copy clone clones duplicate fork forks recover restarting shutdown "
    "poweroff undo redo invalidate invalidates impersonate redeem redeems unblock unhide undelete recreate recreates"
)
THIRD = frozenset(word for word in CHANGE | DELETE if word.endswith("s") and not word.endswith("ss"))
"""In a path these are nouns."""
WEAK = vocabulary(
    "run runs rerun retry start starts stop stops post posts request sync pay pin unpin vote rate like apply switch "
    "launch close open share claim join leave kill dispatch release schedule reload rebuild reindex import refresh "
    "transfer buy sell deposit dial ring play skip wake arm disarm turn press put change deploy checkout reply tweet "
    "mint burn settle capture void flag silence blink drain rollback migrate commit recalculate reconcile block "
    "purchase upload process"
)
READ = vocabulary(
    "get gets list lists read reads fetch fetches retrieve retrieves return returns show shows find finds search "
    "searches query queries lookup view views describe describes count counts check checks download downloads export "
    "exports index browse display provides provide obtain obtains this gives give is has exists represents information "
    "details gettext see select filter retrive can whether"
)
VAGUE = vocabulary("this information details has is gettext select filter")
"""Words of ``READ`` that say nothing in a sentence."""
SEARCH_PATH = vocabulary("search find filter lookup query")
JOINS = vocabulary("and or then also")
SEARCH_VERB = vocabulary(
    "search searches find finds query queries filter filters lookup list lists get gets retrieve retrieves return "
    "returns fetch fetches"
)
# What a POST does that leaves nothing behind; two of its name, its summary and its description must say so.
ASKS = SEARCH_VERB | vocabulary(
    "read reads show shows view views count counts check checks validate validates calculate calculates compute "
    "computes estimate estimates preview previews compare compares determine determines diff inspect inspects "
    "translate translates parse parses detect detects recognize recognizes aggregate aggregates provides provide gives "
    "give tells lists"
)
COMPUTES = vocabulary(
    "predict predicts analyze analyzes analyse analyses classify classifies render renders lint lints geocode evaluate "
    "evaluates tokenize summarize summarizes"
)
"""Asks as well, where no record is named in the path. Not ``convert``: a quote is converted to an order."""
OWN_LIST = vocabulary("get gets retrieve retrieves returns search searches fetch fetches find finds")
"""What needs no second witness where the answer is a list."""
PERFORM = vocabulary("perform performs execute executes run runs do does make makes")
ASKED = vocabulary("search query lookup calculation comparison estimation validation check")
CODES = vocabulary("code otp mfa pin passcode verification")
RETURNS = vocabulary("return returns gives provides")
"""What a call gives back says little about what it does before: "Returns the created session"."""
RUNS = vocabulary("run runs start starts stop stops reload reloads rebuild rebuilds retry retries sync syncs")
TESTS = vocabulary("validate check")
"""What may answer by its status alone."""
LASTING = vocabulary("created creating updated updating saved saving stored stores store persist persists persisted")
CONSUMES = vocabulary("dequeue consume consumed consumes acknowledged ingested duplicate duplicates pop pops lease")
TAKES = vocabulary("next pop dequeue receive poll lease take")
# Inputs by which a call that reads leaves something behind.
KEEPS = vocabulary(
    "mark store save delete remove create update send notify persist commit consume ack acknowledge subscribe publish"
)
SWITCHES = vocabulary("mark ack acknowledge delete remove clear reset purge consume pop")
"""Boolean inputs of a GET by which it changes what it gives."""
# Verbs of changing that are nouns as well: "Update history", "Archive of articles".
NOUNS = vocabulary(
    "archive register set sets lock mark charge refund trigger update updates upgrade clear reset follow approved "
    "cancel move pause copy fork duplicate merge invite write append provision add subscribe edit exec connect"
)
ALONE = vocabulary(
    "schedule release share vote rate import request pin change transfer deposit open close capture flag reply play "
    "press checkout post like block purchase upload process void"
)
"""Verbs that name a resource as well: ``/schedule``, called ``Schedule``."""
# What follows a verb that is none: "change log", "update status".
THINGS = vocabulary(
    "log logs status statuses state history info information list lists type types rule rules code codes count counts "
    "groups metrics requests request meta options option form forms point points key keys url urls reasons reason set "
    "sets windows window events event stats settings policy policies schedule schedules template templates data on ons "
    "notes note fields field fee fees details batches sessions jobs job results up ups"
)
PARTS = vocabulary(
    "fee fees reason reasons meta metadata form forms up ups history histories statuses stats statistics"
)
"""What follows a verb in a sentence that is none: "Cancel fee of a ride"."""
ANYWHERE = vocabulary(
    "create delete remove destroy cancel send resend unsubscribe logout signout activate deactivate enable disable "
    "revoke approve reject"
)
"""Verbs that are none but verbs, wherever they stand in a path."""
SENDERS = vocabulary("webhook webhooks notification notifications email sms message alert hook")
ENDS = ("logout", "signout", "unsubscribe", "reboot", "restart", "shutdown", "optout", "opt-out", "sign-out")
ONE_TIME = vocabulary("otp pin passcode")
LINKS = vocabulary("verify confirm activate unsubscribe accept redeem approve optin optout")
"""What a link in a mail does."""
ONCE = vocabulary("token code key hash signature secret nonce")
FORGOT = vocabulary("forgot forget forgotten lost")
SECRETS = vocabulary("password pin username pass login")
ACTIONS = vocabulary("action command cmd")
DETERMINERS = vocabulary("a an the all this these your one any every each its their")
MANY = vocabulary("batch bulk mass multi multiple")
CLAIMED = vocabulary(
    "reset cancellation deletion removal otp code verification refund callback payout withdrawal permission access "
    "invitation pairing erasure"
)
"""What is not there before it is requested: "Request a refund" changes something, "Request the list of nodes" not."""

DONE = vocabulary("logout deletion cancellation activation deactivation unsubscription removal termination reset")
"""What a summary names at its end: "Order cancellation"."""
MAILED = LINKS | vocabulary("verification activation confirmation unsubscription")
SEEN = vocabulary("read reads view views seen fetch fetches")
"""Of a record, these are acts: ``POST /notifications/{id}/read`` marks it."""
ACTS = vocabulary("join leave kill reload rebuild retry rerun sync launch dispatch deploy start stop restart")
"""Verbs of ``WEAK`` that are rarely nouns before another word: "Start server"."""
DATES = vocabulary("date dates time times page here point points area areas position value")
ISSUED = vocabulary("key secret invoice link wallet voucher ticket backup")
"""What stays after it was generated."""
