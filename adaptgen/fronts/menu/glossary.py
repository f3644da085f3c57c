"""A glossary of what APIs are about: a term, and the plain words in which people speak of it.

Each line is ``term: words``; a term of several words is one that a tool must name in full, where ``create``, ``list``,
``read``, ``update`` and ``delete`` are what it does. A term may take several lines. General knowledge of the domains:
identity, storage, messages, tickets, customers, payments, shops, money, calendars, documents, networks, monitoring,
people, travel, media; those of :mod:`~adaptgen.fronts.menu.glossary_code` and
:mod:`~adaptgen.fronts.menu.glossary_clusters` have files of their own.
"""

from __future__ import annotations

from adaptgen.fronts.menu import glossary_clusters, glossary_code

_OTHERS = """
access: may allowed who reach enter
account: company customer client profile
activity: what happened call meeting
admin enforce: rules hold for bosses too
agent: support employee representative
agent task: job given to ai
alarm: warning threshold
analysis delete: throw away scan
analysis list: which scans were made
annotation: notes found in lines remarks
api group: which kinds of functions exist
api resource: what kinds of objects exist supported
api resource list: which kinds of objects are known
api service: extension own api server aggregated plug answers part of
api service list: which extra servers answer part of api
api version: which versions are spoken supported what does server speak
appointment: booking date visit
approve: let allow accept okay
archive: download zip tarball whole copy backup
assign: give hand
assignment: homework task students
assignment accepted: who took homework
assignment grade: marks of students
assignment list: homework given
attachment: file enclosed
attempt: try earlier previous run once
attendee: guest participant who comes
audience: people group
author: who wrote creator
automated security fix: repair vulnerable libraries by itself
availability: free when possible
backup: copy safe restore
balance: how much money left
bank account: iban where money goes
booking: reservation
bucket: storage container files
bypass: exception allowed anyway around rule circumvent
bypass list: who may do it all the same
calendar: schedule agenda dates
calendar event: appointment
cancel: stop abort halt kill running
candidate: applicant job seeker
cart: basket shopping
certificate: tls https encryption
certificate approval: decide sign
certificate create: apply for certificate
certificate renew: longer valid
channel: room group chat
channel archive: close room
channel create: new room
charge: pay money card
charge refund: money back
collection: all many every at once several
combined: overall all together
comment: remark reply answer respond say note discuss
community: healthy welcoming
community profile: healthy welcoming checklist
concurrency: at the same time parallel simultaneous
config: settings options
config map: settings file configuration values application options properties key value parameters environment
config map create: keep settings apart from image
config map delete: throw settings away
config map list: settings files that applications read
config map read: current settings of app
config map update: change one value in settings
contact: person people address book acquaintance
conversation: chat thread talk
convert: turn into
coupon: discount voucher promotion
create file: add write save document
creation cap: how many somebody may open
credential revoke: leaked key make useless report exposed
credit: money balance left
custom image: own picture of build machine operating system
custom property: own attribute metadata tag projects with attributes
custom resource definition: new kind of object teach own type extend vocabulary
custom resource definition create: teach cluster new kind of object
custom resource definition delete: forget own kind of object
custom resource definition list: own kinds of objects that were added
custom role: own self-made rights
customer: client buyer account patron
customer create: new client
customer search: find client by name
dashboard: overview charts
dashboard share: show others
database backup: safe copy
database restore: bring back
deal: opportunity sale business
default setup: scan code by itself automatic
delete file: remove document
department: division team
dependencies blocked: must be finished before waits start first prerequisite depend
devcontainer: configuration of cloud environment
directory: folder place
disable: turn off stop forbid deactivate
discount: cheaper reduction rebate
discussion: talk forum conversation
dismiss: throw out ignore not relevant reject
dispatch create: send own signal trigger
dispatch event: custom trigger own
dispute: chargeback complaint contested
dns: domain name health
dns record: name to address
document: file paper text
domain: website name dns
download: get save copy locally zip
draft: not finished yet early
email: mail address contact
email add: new address of mine
email list: my mail addresses
email visibility: hide show address
employee: staff worker person
enable: turn on start allow activate
endpoint: addresses behind service backends targets ip
endpoint slice: backends
enterprise: whole company business corporation
event: what happened went wrong activity history lately recent occurred problems warnings recently trouble failures
event: reasons
event attendee: who comes
event list: what went wrong lately has been going on
event public: what is going on everywhere
event read: what went wrong once
event type: kind
event warning: what went wrong
export: takeout download everything
external group: directory identity provider group of
external name: alias
feature flag: toggle switch
feed: news rss atom
feed list: news streams to subscribe
file: document upload text
file share: give others access
file version: earlier copy
firewall rule: who may reach port
flag: toggle switch
flight: plane trip
folder: directory place
folder share: give others access
form: questionnaire
fulfillment: shipping delivery
generate: write make automatically produce
grant: allowed permission given
group: team
hash algorithm: how are changes fingerprinted
health: alive ready working ok
hotel: stay room
import: bring over move from elsewhere load
import author: map people
import author map: who is after bringing over
import cancel: stop bringing over
import large file: big files when bringing over
import source: bring over
import start: bring project over from elsewhere
incident: outage problem emergency
instance: server machine vm copy
instance resize: bigger smaller machine
instance start: turn on machine
instance stop: turn off machine
inventory: stock how many left warehouse
invoice: bill owe charge due
invoice send: mail bill
invoice void: cancel bill
lead: prospect interested potential buyer
leave: vacation holiday absence
limit create: default size for containers
limit range: default maximum minimum per container size memory cpu biggest smallest
limit range create: give containers default memory if nobody said
limit range list: default sizes
load balancer: spread traffic
lock: freeze stop further
log: output printed console messages wrote
log list: log files of server itself
log stream: output
login: sign in
login history: when signed in
logout: sign out
macro: canned reply
markdown: render format html text formatted
markdown render: convert formatted text to page
meeting: appointment call session
message: text chat mail say write
message delete: take back
message send: write somebody
metric: measurement number graph usage
metric query: numbers over time
monitor: watch check alarm
network configuration: private network connect
network policy: firewall rules between applications traffic isolate block who may talk to whom wall allow deny
network policy: connections
network policy create: who may talk to whom shut traffic off only let isolate
network policy delete: open firewall let them talk again
network policy list: firewall rules between applications
networking: network connect
notification: inbox unread news told happened mentions
notification list: what is new for me inbox unread
notification mark: i have seen everything read all
notification mark read: everything seen empty inbox
object: file
on call: who is responsible tonight
opportunity: deal sale business chance
order: purchase bought sale
order cancel: stop purchase
order refund: money back
password: credential
password reset: forgot
path: most read pages popular
pattern: own expression detect find
payment: pay money charge paid transaction
payment capture: take money
payment intent: about to pay
payment method: card bank how to pay
payout: money transferred bank earnings
payroll: salary wages pay
permission: rights access who may share
personal access token: own credential developer
personal access token request: asks for approval credential developer
pipeline: stages process funnel
plan: price tier subscription
playlist: songs music
policy: rules allowed forbid
preference: wish choice setting
price: cost amount tariff
private reporting enable: let people tell of weakness in confidence
product: item article goods catalogue
product variant: size colour
profile: about me bio name picture
property: attribute custom field metadata
property schema: which attributes projects can have
property value: attributes of projects
proxy: web page open internal through reach
push restriction: only these may write to line
queue: backlog waiting messages
rate limit: how many calls requests may still make left hour remaining quota throttle i this
received event: what people i follow do
record: entry row dns
refund: money back return reimburse
reminder: alarm remember
remove token: take own build machine off
rename: call otherwise new name
render: format html preview
reply: answer
report: summary numbers overview
required signature: only signed changes
reservation: booking
response: answer
restore: bring back undelete recover
restriction: only certain people may forbid limit
retention: how long kept days stored expire before thrown away keep build output only ten
role: rights set of permissions may allowed what developer admin function bundle developers do
role assign: give rights
role create: define set of rights bundle what may be done
role delete: rights no longer exist
role list: which sets of rights exist
role read: what does this set of rights allow
role update: allow more less
runtime class: sandbox which engine runs containers
schema: definition structure shape
scim: provision accounts directory
search: find look for with many containing
security: safe safety holes
security configuration: bundle of safety settings for projects
security configuration attach: apply safety settings to projects
security configuration default: safety settings for new projects
security manager: team that looks after safety
segment: audience group
server reboot: restart machine
service: stable address internal load balancer reach expose port network name virtual ip each other discovery
service: backend
service account: robot identity program machine user bot non-human for that talks to api log in
service account create: new robot identity for program
service account delete: robot no longer has identity
service account list: robots identities of programs
service account token: robot credential login
service create: give app stable address internal make reachable
service delete: take address away unreachable
service list: stable addresses balancers internal names
service proxy: web page internal open through that app serves
service read: which address and ports has
service update: change port of address
session: login signed in
share: give access others
shipment: parcel delivery sent package
signature: signed genuine proof
snapshot: backup point copy
snapshot create: safe copy
social account: links other networks
social account create: link other network to profile
stack: pile of proposals
stock level: how many left
storage class: kinds of disk on offer fast ssd slow type tier tiers which disks can be had default
storage class create: offer new kind of disk
storage class read: about kind of disk
subscriber: who follows watches
subscription: follow watch notify notified ignore mute silence plan keep me posted
subscription cancel: stop plan
subscription delete: stop being told about project
subscription list: which projects i am kept posted about
subscription pause: hold plan
subscription plan: recurring membership
suggestion: proposal
summary: overview short
survey: questionnaire poll
sync: bring up to date catch upstream
tax: vat duty
template: blueprint start from starter
thread: conversation notification
thread mark: done with seen
thread read: conversation in inbox
thread subscription: mute ignore stop hearing silence follow from conversation
ticket: issue case complaint request help
ticket assign: give to agent
ticket reply: answer customer
timeline: history what happened story
timesheet: hours worked
token: key credential access pass
track: song
transaction: payment booking movement
transfer: give away hand over another account move owner
two factor: second
unfollow: stop keeping up with person
unlock: reopen allow again
update file: change edit save document
vacation: leave holiday absence
variable: setting value parameter configuration constant plain for builds
variant analysis: query across many
version: release of software which build
video: film clip movie
view: visits visitors seen looked
visibility: public private who can see
watch: follow live changes stream as they happen
watch event: follow what happens live
"""

TERMS = f"{_OTHERS.strip()}\n{glossary_code.TERMS.strip()}\n{glossary_clusters.TERMS.strip()}"
"""Every term."""

QUALITIES = """
pending: waiting not answered yet open outstanding unanswered
latest: newest most recent current last
failed: broken red went wrong unsuccessful
public: everyone visible open world
private: hidden confidential internal secret
archived: frozen old retired
starred: favourite liked bookmarked
enabled: on active
disabled: off inactive
default: standard usual normal unless
required: must needed mandatory
blocked: banned
assigned: given responsible
subscribed: follow watch
installed: added set up
verified: genuine proven
expired: old ended lapsed run out
active: live running now
recent: lately newest last
selected: chosen picked some
available: free offered possible choice
scheduled: planned later timed
nested: inside child
associated: belongs related linked
"""
"""Words that say which of the things a tool is about, and how people say it."""

VERBS = """
merge: accept land combine take
dismiss: throw out reject outdated
lock: stop arguing freeze
unlock: reopen allow
transfer: give away hand over move
rerun: again retry once more repeat
redeliver: again retry send once more
dispatch: trigger start kick fire by hand
approve: allow accept let confirm grant
cancel: stop abort halt
restore: bring back undelete recover undo
rename: call new name
enable: turn on activate allow
disable: turn off deactivate stop
suspend: pause stop temporarily
resume: continue go on
revoke: take away withdraw invalidate
assign: give hand put in charge
invite: ask join bring in
remove: take away take out off throw out kick
block: ban keep away
unblock: forgive let back
follow: keep up with
star: favourite like bookmark
fork: copy own
archive: freeze mothball
publish: release make public
export: download take out backup
import: bring over load
generate: write produce make
render: format preview
compare: difference between
replace: change set edit overwrite instead pause update modify
update: change set edit modify adjust instead pause rename
create: add make new start open give let set put
delete: remove get rid throw away destroy take down never again stop retire clean
add: put give new create
set: choose put change
list: which what all show
get: what which show read details
check: is whether does
search: find which
download: get save
upload: put attach
stop: shut down turn off halt
start: launch turn on begin wake
"""
"""Verbs of tools, and what people say instead."""
