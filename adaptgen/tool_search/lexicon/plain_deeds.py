"""Plain words: verbs of questions."""

PLAIN = """
adjust calibrate tweak: update setting configuration
answerable: comment owner reply assignee response post message
ask: request query search send
attempt: test run
await outstanding undecided: pending open request
banish: suspend block ban
bar: suspend block disable ban
begin: create start
call-off: cancel
calm: silence mute
cleared: deleted
confirm: approve verify validation accept
copy: replica fork pod clone instance duplicate backup
cut: remove fee reduce commission split
demand insist: require enforce protection
double-check doublecheck: verify validate check
duplicate: copy clone merge fork dedupe backup
erase: delete purge
expunge scrub: delete erase purge
forget: delete clear reset recovery
free: delete availability slot remaining freebusy
freed: delete available remaining
halt: stop pause cancel suspend disable
handover: transfer
hush: mute silence notification
jot pen scribble: create note comment
keep: save retention bookmark store
lend: access share grant
liable: owner assignee
mail: email send campaign smtp newsletter list single message singlesend broadcast
mistype wrong: failed brute attempt
pause: suspend disable
plan: schedule subscription upcoming event
postpone put-off: reschedule
produce: generate create
prove proven: verify validate check confirm
queueing: pending
quieten: mute silence
rename retitle reword: update name
repeat: resend retry
resend: retry
revert: rollback restore undo
revoke: delete
run: execute
silence: subscription lock ignore mute notification suspend
spare: available remaining backup
start-over: reset
start: create
stop: cancel pause suspend disable
suspend: disable
swap: replace update
tried-out: test run attempt
tries try: test run verify attempt trial
tune: update track setting song configuration
typed: failed presence brute status attempt
unblock: unlock clear delete
undo: rollback revert restore delete
unlock: unblock clear delete
verify: validation confirm
waits: pending queue open request
withdrew: unsubscribe debit cancel suppression payout opt transfer mandate
wrote: language log contributor author output create
"""
"""Each line: words of questions, and the words of APIs that they may stand for, the likeliest first."""
