"""How people say in everyday English what is to be done or known: verbs, patterns, and what they stand for."""

DEEDS = {
    "list": "enumerate",
    "read": """ascertain double-check doublecheck gauge glimpse identify learn peek read recall recheck see view
               discover eyeball sniff trace track uncover work""",
    "create": """assemble begin bring commission compose design devise erect form found generate grant initiate
                 inject introduce jot issue launch mail offer open originate pen print produce record
                 register ring scribble send share ship start supply text trigger wire""",
    "update": """amplify bend bump calibrate cut edit halve improve insist lift loosen mend mutate
                 organise organize patch perfect pin polish promote protect reconfigure redo reduce reform
                 regenerate relabel remap repair rephrase reprice reroute reshape retitle retune reword rework set
                 silence snooze strengthen suspend tune weaken anonymise anonymize bar mute""",
    "delete": """banish bury clean cut deregister disconnect dispose expunge free obliterate oust
                 rid rip scratch scrub shred strike thin uproot void vacate weed""",
    "run": "fire nudge prod pulse reprocess synchronise synchronize",
}
"""Verbs beside those of ``words_of_apis.VERBS``, by what they do."""

LEADS = {
    "create run": "alert begin do notify mail message phone ring text warn dial",
    "create update": """begin bring calm commission grant guard insist lend offer inject introduce reserve sign
                        supply teach""",
    "create update read": "keep",
    "create read run": "act ask double-check doublecheck prove test try",
    "delete update": "bar cut free hold mute silence snooze suspend unlock",
    "delete run update": "log",
    "update create run": "forget reset",
}
"""Verbs that begin what is to be done and leave open which of several acts serves it."""

APART = {
    "back": {"up": "create"},
    "bring": {"back": "update create", "down": "delete update", "in": "create update", "into": "create update"},
    "call": {"off": "delete update"},
    "cut": {"off": "delete update"},
    "hand": {"in": "create", "out": "create update", "over": "update create", "back": "delete update"},
    "let": {"go": "delete", "in": "create update", "out": "delete"},
    "lock": {"out": "update delete"},
    "log": {"out": "delete create run", "off": "delete create run"},
    "look": {"up": "read list create"},
    "roll": {"back": "update create run"},
    "send": {"back": "create update"},
    "sign": {"out": "delete create run", "up": "create", "off": "delete create update", "me": "create"},
    "strike": {"off": "delete", "out": "delete"},
    "swap": {"out": "update"},
    "switch": {"off": "update delete", "on": "update create"},
    "take": {"offline": "delete"},
    "try": {"out": "create run read"},
    "undo": {"it": "delete update"},
    "write": {"down": "create"},
    "wipe": {"out": "delete"},
}
"""Verbs whose particle may stand apart from them: switch the pump off."""

SWITCHED = {"off": ("disable", "stop", "suspend", "deactivate"), "on": ("enable", "start", "activate", "resume")}
"""What a particle of ``APART`` says by itself."""
REACHING = frozenset(("mail", "email", "call", "ring", "phone", "text", "write", "contact", "send", "message"))
"""What one never wants done to somebody again: who is to be left alone is put on a list."""
SPEAKERS: tuple[list[str], ...] = (["i"], ["we"], ["you"], ["it"], [])
MAY = ("access", "permission", "review", "authorization", "role")
"""What a question that begins with ``may`` is about, unless one of ``SPEAKERS`` asks for himself."""

STANDS_FOR = """
adjust tweak tune calibrate: update setting configuration
answerable liable: owner assignee
ask asks asked: request query send
attempt attempts try tries tried tried-out: test run attempt
await awaits waits wait waiting undecided outstanding: pending open request
bar bars barred banish: suspend block ban
begin begins began start: create start
calm: silence mute
call-off: cancel
cleared: cleared deleted
copy copies duplicate: copy clone fork duplicate backup
cut cuts: remove reduce
double-check doublecheck prove proves proven: verify validate check
erase erases expunge scrub: delete erase purge
forget forgets forgotten: delete clear reset recovery
freed free: delete available remaining
halt halts stop stops: stop cancel pause suspend disable
handover: transfer
hush quieten: mute silence
insist insists demand demands: require required enforce protection
jot scribble pen: create note comment
keep keeps keeping: save retention bookmark store
lend lent: share grant
mail mails mailed: send mail email
mistype typed wrong: failed brute attempt
pause pauses halt: pause suspend disable
plan planned plans: schedule plan scheduled
produce: generate create
put-off postpone: reschedule
rename retitle reword: update name
resend repeat again: resend retry
reset resets: reset
revoke revoked: revoke delete
run runs: execute run execution
silence silences: silence mute suspend
spare spares: available remaining backup
start-over: reset
suspend bar: suspend disable
swap: replace
undo undone revert: revert restore rollback undo
unlock unblock: unlock unblock clear delete
verify confirm confirms: verify verification confirm
wait queueing: queue pending
withdrew: withdrawn cancel
wrote write writes: contributor author create
"""
"""As ``words_of_apis.STANDS_FOR``: verbs of questions."""

PHRASES = """
who may, who can, who is allowed, who are allowed: permission role access collaborator member
what may, what can: permission role scope mapping
may look, may see, may read, may use: access review permission
who did, who has done, who has changed, who changed, who touched, who deleted: audit log event change history
who am i, about me, my own details: me current user profile account
who complained, who has complained: spam complaint report
who pays, who has paid: payment invoice customer
who wrote, who has written, people who wrote: contributor author
act as, log in as, sign in as, in the name of: impersonation impersonate
what happened, what has happened, what went on, what is going on, what became of: event activity log status history
how many more, how much more, how many left: remaining credit quota limit balance
how often, how frequently: stat count frequency
is it allowed, are allowed, is allowed, is permitted: permission policy check
is it on, is it enabled, turned on: status setting enabled
when does, when is, when will, when are: schedule date time event
get notified, be told, let me know, tell me when, tell us when: create + webhook subscription notification alert hook
alert us, alert me, warn us, warn me, inform us: create + webhook notification alert hook budget
make public, open to everyone, visible to all, show to everyone: visibility public publish
hide from, keep hidden: visibility private hide
can we reach, can i reach, can it reach: test connection
everything that is running, everything that runs, what is running: list + instance pod process job run active
build machine, own machine, own machines, own build machines, own computers: self hosted + runner
log everyone out, log everybody out, log me out, sign me out, throw everybody out: logout session delete
sign me up, open an account, create an account: create + account user
log in from, sign in from, get in from: access ip address whitelist login
opted out, opt out, do not want our mail, want no mail: unsubscribe suppression opt
do not exist, does not exist, cannot exist: invalid
could not be delivered, not delivered, never arrived, did not arrive: bounce failed undelivered delivery
mailing list, distribution list: list recipient contact
mail server: smtp server
web name, site name: domain dns
data centre, data centres, data center: site datacenter location
try out: test
lost phone, new phone: device factor credential
safe place: vault secret backup
on the go: mobile
safe copy of everything: backup
on the shelf, in stock, left in stock: inventory stock
in the whole cluster, in all namespaces, across the cluster, hold everywhere, everywhere: all cluster global
of my company, of our company, company account, the company account: organization org account member
new hire, new starter, new colleague, new employee: member invitation user employee teammate
whole group: team group
cost more, costs run, spending limit: budget billing
keep for later, save for later: bookmark save favorite
put on hold: suspend pause
take offline, bring down: delete disable stop
by mail: email
point of sale, card reader: terminal
phone number, phone numbers: phone number
text message, text messages: sms message
voice mail: voicemail recording
pay in, top up: deposit top credit
pay out: payout transfer
time sheet, hours worked: timesheet time entry
sick note, days off, day off: absence leave
second factor, one time code: factor otp mfa verification
forgot my password, forgot password, forgot how to log in, forgot my passphrase: recovery reset + password
wrong password, wrong passphrase: brute force failed login
small amount: limit
"""
"""As ``words_of_apis.PHRASES``."""
