"""Verbs that names of tools begin with."""

VERBS = """
add: put give new create
approve: allow accept confirm grant
archive: freeze mothball
assign: give hand put charge
block: ban keep away
cancel: stop abort halt
check:
compare: difference between
create: add new start open give set put
delete: remove get rid throw away destroy take down never stop retire clean
disable: turn deactivate stop
dismiss: throw reject outdated
dispatch: trigger start kick fire hand
download: get save
enable: turn activate allow
export: download take backup
follow: keep
fork: copy
generate: write produce
get: show read details
import: bring load
invite: ask join bring
list: show
lock: stop arguing freeze
merge: accept land combine take
publish: release public
redeliver: retry send once
remove: take away throw kick
rename: call new name
render: format preview
replace: change set edit overwrite instead pause update modify
rerun: retry once repeat
restore: bring undelete recover undo
resume: continue
revoke: take away withdraw invalidate
search: find
set: choose put change
star: favourite bookmark
start: launch turn begin wake
stop: shut down turn halt
suspend: pause stop temporarily
transfer: give away hand move
unblock: forgive
unlock: reopen allow
update: change set edit modify adjust instead pause rename
upload: put attach
"""
"""Each line: a verb, and what people say instead."""
