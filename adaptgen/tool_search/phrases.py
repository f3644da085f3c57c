"""Phrases of questions."""

PHRASES = """
about me, my own details: me current user profile account
access token, api key, api token: token key
act as, log in as, sign in as, in the name of: impersonation impersonate
address book: contact
alert us, alert me, warn us, warn me, inform us: create + webhook notification alert hook budget
all over: everywhere
am i allowed, can i, may i, allowed to: create + access review permission
am i logged, i logged in: authenticated + user
ask for, ask someone, ask somebody: request
at the same time, in parallel: concurrency
back up, safe copy, safety copy: backup archive export migration snapshot
bank details: bank account
behind closed doors, kept secret: private secret
belongs to: member owner
bigger machine, stronger machine, more power, more muscle: scale machine size
bill of materials: sbom dependency
black list, block list: block
blow up, falls over, dies, die: crash failed event log
build machines, build robots, build servers, build agent: runner
by accident, accidentally: mistake leaked
by hand, manually: dispatch manual trigger
by itself, by themselves, on its own, without me: automatically auto
by mail: email
by name, look up: get search
call my server, tell my server, call my url, notify my system, tell my system: create + webhook
call off: cancel delete
can we reach, can i reach, can it reach: test connection
chat room: channel
code of conduct: conduct
come by: pickup visit schedule
config map: config + map
cost more, costs run, spending limit: budget billing
could not be delivered, not delivered, never arrived, did not arrive: bounce failed undelivered delivery
credit card: card payment method
custom resource: custom + resource
cut the connection, cut the link, break the link: remove unlink detach
data center: site datacenter location
day off, time off: leave vacation absence
deploy key: deploy + key
distribution list: list recipient contact
does not exist, cannot exist: invalid
due date: milestone deadline
eat all, eats up, uses up, hog: quota limit usage
every night, every day, every hour, every week, each night, at midnight, at night: cron schedule
everything that is running, everything that runs, what is running: list + instance pod process job run active
false alarm: dismiss alert
feature switches, feature toggle: feature flag config
first come first served: queue
for a while, for now, for the time being: temporarily suspend pause
for good, once and for all, forever: permanently delete
forgot my password, forgot password, forgot how to log in, forgot my passphrase: recovery reset + password
free of charge: billing
from scratch: new create
front page, cover page: readme homepage
get notified, be told, let me know, tell me when, tell us when: create + webhook subscription notification alert hook
get rid of, throw away, take away, wipe out, clean up, tear down, take down, take out, do away with: delete remove
give access, grant access, let in, give permission: add + permission access role collaborator
go back to, return to, switch back: rollback revert restore
going live, goes live, live site, in production: deployment environment release production
green or red, passed or failed: status check conclusion
hand in, turn in: submit submission
hand over, pass on, give away: transfer
has been said, was said, point out: comment
hide from, keep hidden: visibility private hide
hold off: pause
hook up: connect create integration attach
how big, how large: size
how did it go, how is it going, how far, how are things, out of office: status
how far has, how far is, how far did, how far along: progress status
how fast, how quickly: performance rate
how frequently: stat count frequency
how long: duration retention usage
how many more, how much more, how many left: remaining credit quota limit balance
how many: list count
how much money, how much cash, how much do we have: balance amount
how much: get usage
how often, how many times, number of times: count statistics
how popular: star traffic statistic
how well, still there, still alive: health status
in bulk, all at once, in one go: bulk batch collection
in charge of: owner
in line with, catch up with, in step with: sync merge upstream update
in the whole cluster, in all namespaces, across the cluster, hold everywhere, everywhere: all cluster global
inside the company, in the company, in our company, our firm, our company: organization org internal
is down, went down, broken down: health status failed
is it allowed, are allowed, is allowed, is permitted: permission policy check
is it on, is it enabled: status setting enabled
is over, are over: past finished completed
join code, sign up code: registration token invitation
keep an eye on, stay informed, keep me informed, keep me posted, hear about: subscribe watch subscription notification
keep for later, save for later: bookmark save favorite
keep from, keeps me from, prevents me from: block protection budget
key ring: keys
kick off, set off, fire off: dispatch create trigger run
kick out, throw out, boot out, push out: remove delete
left behind, leave behind: artifact output remaining
left over, what is left, how much is left, is left: remaining quota limit
load balancer: service
log everyone out, log everybody out, log me out, sign me out, throw everybody out: logout session delete
log in from, sign in from, get in from: access ip address whitelist login
log in, sign in: login session
log out, sign out: logout session
login data, login details: credential secret
look at, take a look at: get
looks after, take care of: maintain maintainer owner manage
lost phone, new phone: device factor credential
machine user, service account: service + account
mail server: smtp server
mailing list: list audience
make private, lock down: visibility private update
make public, open up: visibility public update
make sure, ensure that: rule protection policy
may look, may see, may read, may use: access review permission
may push, can push, may write, can write: push + collaborator permission access
merge conflict: merge
more room, more space, out of space, running out of space: storage volume quota
network policy: network + policy
new hire, new starter, new colleague, new employee: member invitation user employee teammate
nice name, proper name, web address, domain name: hostname domain ingress
no longer want, do not want any more: unsubscribe cancel
nobody should, nobody may, no one may, no one should, keep people from, keep anyone from: protection rule policy
    forbid
of my company, of our company, company account, the company account: organization org account member
on behalf of: impersonate
on the fly: dynamic
on the go: mobile
on the shelf, in stock, left in stock: inventory stock
once only, just once, one time only, one time, a single time: job once
one after the other: sequence
one time code: factor otp mfa verification
open to everyone, visible to all, show to everyone: visibility public publish
opt out, do not want our mail, want no mail: unsubscribe suppression opt
out in the open, in the open, in public: public leaked exposed
out of date, too old, past its date: outdated stale deprecated
out of reach: ignore
over and over: repeat schedule
own machines, own build machines, own computers: self hosted + runner
password store: secret
pay back, money back: refund
pay in: deposit top credit
pay out: payout transfer
percent off: discount coupon promotion
persistent disk, persistent storage: persistent + volume
phone home: webhook
phone numbers: phone number
planning board, task board, kanban board: project
point in time: snapshot
point of sale, card reader: terminal
price list: price
public key: public + key
pull request, merge request: pull + request
pull the plug: stop delete suspend disable
put in charge, in charge: assign assignee owner
put on hold, on hold: suspend pause
ran out, no longer valid: expire expired
rate limit: rate + limit
read me: readme
right now, at the moment, just now: current active
roll back: rollback revert
safe copy of everything: backup
safe place: vault secret backup
same on every, one on each, on every machine, on every box, on all machines, on each machine: daemon + set
say something, have my say, chime in: create + comment
says no, turn away: reject decline deny
says yes, give my blessing: approve accept approval
second factor, two factor: two + factor
security hole, weak spot, weak point, known holes: vulnerability advisory alert
share fairly, fair share: quota limit
shopping cart: cart
shut down, close down: delete stop close
sick note: absence leave
side by side, next to each other: compare
sign me up, open an account, create an account: create + account user
sign off, give the green light, green light, give the go ahead, wave through: approve approval
sign up, set up, bring up, spin up, put up, stand up, start up: create add
single sign on: saml sso
small amount: limit
small change, tiny change: patch update
small print, fine print, legal terms, terms of use: license terms
source code: repository content
start over, try again, run again, once more, do over, one more time: rerun retry redeliver
starting point, jumping off point: template
status checks: status + check
step by step: job steps workflow
still open, not done, not finished: open pending incomplete
stop hearing, no longer hear, leave me alone, stop bothering, no more mail: unsubscribe mute ignore subscription
storage class: storage + class
take back what, take back my: delete + comment
take back: revoke delete
take offline, bring down: delete disable stop
takes part: participant member collaborator
talk to each other, who may talk, allowed to talk: network policy
text messages: sms message
the outside, from outside, outside world, the internet, on the web, the public: ingress public external
the rest: other
third parties: dependency external
time sheet, hours worked: timesheet time entry
to do: issue task
top up: add fund deposit credit
try out: test
turn off, switch off, shut off: disable delete
turn on, switch on: enable set update
typo, fill in, up to date: update
up and running, is up, are up: running status health ready
voice mail: voicemail recording
web name, site name: domain dns
what changed, has changed, was changed, what differs: diff compare change commit
what happened, what has happened, what went on, what is going on, what became of: event activity log status history
what is inside, what's inside, what is in: content list files
what is new, what's new, anything new: notification changelog release
what may, what can: permission role scope mapping
what went wrong, gone wrong: failed error event log
when does, when is, when will, when are: schedule date time event
where do they come from, come from: referrer source
where does it live, where is: location path
white list, allow list: allow ip list
who am i: get + authenticated user self subject
who complained, who has complained: spam complaint report
who did what, paper trail: audit log
who did, who has done, who has changed, who changed, who touched, who deleted: audit log event change history
who else: list + member
who has access, who can see, who may see, who can get in: list + collaborator permission access role binding
who has what, who may do what: role binding permission
who may, who can, who is allowed, who are allowed: permission role access collaborator member
who pays, who has paid: payment invoice customer
who work, who is employed: list + employee member staff
who wrote, who has written, people who wrote: contributor author
whole group: team group
with the load, under load, busy hours, rush hour, peak hours: autoscaler scale
works for, works at, employed by: member org employee
works on: assignee
write down: create
wrong password, wrong passphrase: brute force failed login
"""
"""Each line: phrases, and what they stand for: alternatives by spaces, the likeliest first; several things by ``+``."""
